/* SPDX-License-Identifier: MIT */
/* The door tells what a binary file holds: live, from a tree, from a capture, and through a recorder. */
#include "tree_fixture.h"

#include <sys/wait.h>

#include "forward_fixture.h"
#include "host/recorder.h"
#include "object_fixture.h"

#define LIB "/opt/rocm-6.4.1/lib/librocblas.so.4.4"

static const struct code codes[] = { { HOST, 0 }, { GPU "gfx1030", 900 }, { GPU "gfx1103", 100 } };
static const char expected[] = "kind bundle\nsize 12288\nbundles 1\ntarget gfx1030 1 900\ntarget gfx1103 1 100\n";

static void put_buf(const char *path, const struct gd_buf *b)
{
	put_n(path, b->data, b->len);
}

static void put_library(const char *path)
{
	gd_autobuf b = { 0 };

	put_bundle(&b, codes, GD_COUNT(codes));
	align(&b, 0, 4096);
	put_buf(path, &b);
}

static void expect_object(struct gd_host *h, const char *path, const char *text)
{
	gd_autoobject o = { 0 };
	gd_autobuf out = { 0 };
	int r = gd_host_object(h, path, &o);

	if (r < 0)
		fail_msg("%s: %s", path, gd_host_strerror_peek(r));
	gd_object_print(&o, &out);
	assert_string_equal(gd_buf_peek(&out), text);
}

static void expect_object_error(struct gd_host *h, const char *path, int error)
{
	gd_autoobject o = { 0 };
	int r = gd_host_object(h, path, &o);

	if (r != error)
		fail_msg("%s: %d, not %d", path, r, error);
	assert_null(o.fault);
}

static void test_live(void **state)
{
	gd_autofree real = place(LIB);
	gd_autofree missing = gd_xasprintf("%s/missing", root);
	gd_autofree below = gd_xasprintf("%s/x", real);
	struct gd_err err = { "" };
	struct gd_host *h;

	(void)state;
	put_library(LIB);
	assert_int_equal(gd_host_open_live(&h, &err), 0);
	expect_object(h, real, expected);
	expect_object_error(h, missing, -ENOENT);
	expect_object_error(h, below, -ENOTDIR);
	expect_object_error(h, root, -EISDIR);
	gd_host_close(h);
}

static void test_tree(void **state)
{
	struct gd_host *h;

	(void)state;
	put_library(LIB);
	put_link("/opt/rocm-6.4.1/lib/librocblas.so.4", "librocblas.so.4.4");
	put_link("/opt/rocm-6.4.1/lib/librocblas.so", "librocblas.so.4");
	put_link("/opt/rocm", "/opt/rocm-6.4.1");
	put_link("/outside", "../../../../../../../../etc/passwd");
	put("/etc/passwd", "inside, and longer than a link that became a file could be\n");
	put("/empty", "");
	h = open_tree();
	expect_object(h, LIB, expected);
	expect_object(h, "/opt/rocm/lib/librocblas.so", expected);
	expect_object(h, "/outside", "kind other\nsize 59\n");
	expect_object(h, "/empty", "kind empty\nsize 0\n");
	expect_object_error(h, "/opt/rocm/lib", -EISDIR);
	expect_object_error(h, "/opt/rocm/lib/libmissing.so", -GD_ENOTCAPTURED);
	expect_object_error(h, LIB "/x", -GD_ENOTCAPTURED);
	gd_host_close(h);
}

/* Copied without links: the file holds the target's name. */
static void test_standins(void **state)
{
	struct gd_host *h;

	(void)state;
	put_library(LIB);
	put("/opt/rocm-6.4.1/lib/librocblas.so.4", "librocblas.so.4.4");
	put("/opt/rocm-6.4.1/lib/librocblas.so", "librocblas.so.4");
	put("/opt/rocm", "rocm-6.4.1");
	put("/opt/loop", "./loop2");
	put("/opt/loop2", "./loop");
	h = open_tree();
	expect_object(h, "/opt/rocm-6.4.1/lib/librocblas.so", expected);
	expect_object(h, "/opt/rocm/lib/librocblas.so.4", expected);
	/* It leads nowhere in the end, and nothing hangs. */
	expect_object(h, "/opt/loop", "kind other\nsize 7\n");
	gd_host_close(h);
}

static void test_wrong_kinds(void **state)
{
	struct gd_err err = { "" };
	struct gd_host *h;

	(void)state;
	alarm(20);
	put_fifo("/lib/libfifo.so");
	put_link("/lib/loop", "loop");
	h = open_tree();
	expect_object_error(h, "/lib/libfifo.so", -EINVAL);
	expect_object_error(h, "/lib/loop", -ELOOP);
	gd_host_close(h);
	assert_int_equal(gd_host_open_live(&h, &err), 0);
	expect_object_error(h, "/dev/zero", -EINVAL);
	gd_host_close(h);
	alarm(0);
}

static int look_as_nobody(void)
{
	gd_autoobject o = { 0 };
	struct gd_err err;
	struct gd_host *h;
	int r;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 1;
	if (gd_host_open_tree(root, &h, &err) < 0)
		return 2;
	r = gd_host_object(h, LIB, &o);
	gd_host_close(h);
	return r == -EACCES ? 0 : 3;
}

static void test_unreadable(void **state)
{
	gd_autofree real = place(LIB);
	int status = -1;
	pid_t pid;

	(void)state;
	put_library(LIB);
	assert_int_equal(chmod(real, 0), 0);
	pid = fork();
	if (pid == 0)
		_exit(look_as_nobody());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_capture(void **state)
{
	static const char entries[] =
		"dir /opt\n|liba.so\n|libb.so\n|libc.so\n|libd.so\n|libe.so\n"
		"|empty.so\n|cut.so\n|secret.so\n|large.so\n|seen.so\n"
		"link /opt/liba.so -> /opt/libb.so\n"
		"object /opt/libb.so\n|kind elf\n|size 70\n|class 64\n|machine 62\n|runpath $ORIGIN/../lib\n"
		"error object /opt/libc.so EACCES\n"
		"file /opt/libe.so\n|text\n"
		"file /opt/empty.so\n"
		"file /opt/cut.so\n|\\x7fELF\\\n"
		"error file /opt/secret.so EACCES\n"
		"error file /opt/large.so EFBIG\n"
		"stat /opt/seen.so file 0644 0:0 0:0 r-\n"
		"absent /usr\n";
	static const char text[] = "kind elf\nsize 70\nclass 64\nmachine 62\nrunpath $ORIGIN/../lib\n";
	struct gd_host *h = open_entries(entries);
	struct gd_stat st;

	(void)state;
	expect_object(h, "/opt/libb.so", text);
	expect_object(h, "/opt/liba.so", text);
	expect_object_error(h, "/opt/libc.so", -EACCES);
	expect_object_error(h, "/opt/libd.so", -GD_ENOTCAPTURED);
	expect_object_error(h, "/opt/libf.so", -ENOENT);
	expect_object_error(h, "/opt", -EISDIR);
	expect_object_error(h, "/usr/lib/libx.so", -ENOENT);
	expect_object_error(h, "/home/libx.so", -GD_ENOTCAPTURED);
	/* Bytes that were kept tell the same. */
	expect_object(h, "/opt/libe.so", "kind other\nsize 5\n");
	expect_object(h, "/opt/empty.so", "kind empty\nsize 0\n");
	expect_object(h, "/opt/cut.so", "kind elf\nsize 4\nfault offset 0: the file is cut off in its header\n");
	expect_object_error(h, "/opt/secret.so", -EACCES);
	/* Of these there is no more than that they are there. */
	expect_object_error(h, "/opt/large.so", -GD_ENOTCAPTURED);
	expect_object_error(h, "/opt/seen.so", -GD_ENOTCAPTURED);
	/* It is a file, then; but its bytes were not kept. */
	expect_read_error(h, "/opt/libb.so", -GD_ENOTCAPTURED);
	expect_list_error(h, "/opt/libb.so", -ENOTDIR);
	expect_link_error(h, "/opt/libb.so", -EINVAL);
	assert_int_equal(gd_host_stat(h, "/opt/libb.so", &st), 0);
	assert_true(S_ISREG(st.mode) && st.readable);
	gd_host_close(h);
}

/* A door of another kind, which cannot look into files. */
static void test_other_door(void **state)
{
	struct gd_host_ops ops = forward_ops;
	struct forward f = { .inner = open_entries("object /a\n|kind empty\n|size 0\n") };
	struct gd_host *h;

	(void)state;
	ops.object = NULL;
	h = gd_host_new(&ops, &f, false);
	expect_object_error(h, "/a", -GD_ENOTCAPTURED);
	gd_host_close(h);
}

static void test_recorded(void **state)
{
	struct gd_capture *c = NULL;
	struct gd_err err = { "" };
	gd_autobuf text = { 0 };
	struct gd_host *inner;
	struct gd_host *recorder;
	struct gd_host *replay;

	(void)state;
	put_library(LIB);
	put_link("/opt/rocm", "rocm-6.4.1");
	put("/opt/libcut.so", "\177ELF");
	inner = open_tree();
	recorder = gd_recorder_new(inner);
	expect_object(recorder, "/opt/rocm/lib/librocblas.so.4.4", expected);
	expect_object(recorder, "/opt/libcut.so",
		      "kind elf\nsize 4\nfault offset 0: the file is cut off in its header\n");
	expect_object_error(recorder, "/opt/libmissing.so", -GD_ENOTCAPTURED);
	gd_recorder_print(recorder, NULL, &text);
	gd_host_close(recorder);
	gd_host_close(inner);
	/* As it reads in a diff. */
	assert_string_equal(text.data,
			    "gpudoctor-capture 1\norigin tree\n"
			    "object /opt/libcut.so\n|kind elf\n|size 4\n"
			    "|fault offset 0: the file is cut off in its header\n"
			    "link /opt/rocm -> rocm-6.4.1\n"
			    "object " LIB "\n|kind bundle\n|size 12288\n|bundles 1\n|target gfx1030 1 900\n"
			    "|target gfx1103 1 100\nend 3\n");
	assert_int_equal(gd_capture_parse("c", text.data, text.len, &c, &err), 0);
	replay = gd_capture_host(c);
	expect_object(replay, "/opt/rocm/lib/librocblas.so.4.4", expected);
	expect_object(replay, LIB, expected);
	gd_host_close(replay);
}

/* Somebody's own build names his home; and the words of the text are not taken for a person's name. */
static void test_masked(void **state)
{
	static const char entries[] =
		"file /etc/hostname\n|zephyr\n"
		"file /etc/passwd\n|mallory:x:1000:1000::/home/mallory:/bin/sh\n"
		"|needed:x:1001:1001::/home/needed:/bin/sh\n"
		"object /home/mallory/llama.cpp/libggml-hip.so\n|kind elf\n|size 70\n|soname libggml-hip.so\n"
		"|needed libamdhip64.so.6\n|needed /home/mallory/lib/libx.so\n"
		"|runpath $ORIGIN:/home/mallory/llama.cpp/build/bin:/opt/rocm/lib\n"
		"|archive /home/mallory/.kpack/a.kpack\n|target gfx1103 1 1\n|fault offset 0: /home/mallory/x\n";
	struct forward f = { .inner = open_entries(entries) };
	struct gd_host *inner = gd_host_new(&forward_ops, &f, true);
	struct gd_host *recorder = gd_recorder_new(inner);
	struct gd_capture *c = NULL;
	struct gd_err err = { "" };
	gd_autobuf text = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	assert_int_equal(gd_host_object(recorder, "/home/mallory/llama.cpp/libggml-hip.so", &o), 0);
	/* The caller himself sees what is there. */
	assert_string_equal(o.needed.items[1], "/home/mallory/lib/libx.so");
	gd_recorder_print(recorder, NULL, &text);
	gd_host_close(recorder);
	gd_host_close(inner);
	assert_null(strstr(text.data, "mallory"));
	assert_non_null(strstr(text.data, "/llama.cpp/libggml-hip.so\n|kind elf\n|size 70\n|soname libggml-hip.so\n"
					  "|needed libamdhip64.so.6\n|needed /home/"));
	assert_non_null(strstr(text.data, "/llama.cpp/build/bin:/opt/rocm/lib\n"));
	assert_int_equal(gd_capture_parse("c", text.data, text.len, &c, &err), 0);
	gd_capture_free(c);
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_live),
		TREE_TEST(test_tree),
		TREE_TEST(test_standins),
		TREE_TEST(test_wrong_kinds),
		TREE_TEST(test_unreadable),
		cmocka_unit_test(test_capture),
		cmocka_unit_test(test_other_door),
		TREE_TEST(test_recorded),
		cmocka_unit_test(test_masked),
	};

	return cmocka_run_group_tests_name("binary files through the door", tests, NULL, NULL);
}
