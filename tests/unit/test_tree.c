/* SPDX-License-Identifier: MIT */
/*
 * Directory trees and the live machine. Each case runs with openat2(), and once
 * more where a filter says that the kernel lacks it.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tree_fixture.h"

static void test_plain(void **state)
{
	struct gd_host *h;
	struct gd_stat st;

	(void)state;
	put("/proc/meminfo", "MemTotal: 1 kB\n");
	put("/proc/empty", "");
	put("/sys/d/card10", "");
	put("/sys/d/card2", "");
	put_dir("/sys/empty");
	h = open_tree();
	assert_false(gd_host_is_live(h));
	assert_string_equal(gd_host_kind_peek(h), "tree");
	expect_read(h, "/proc/meminfo", "MemTotal: 1 kB\n");
	expect_read(h, "//proc/./meminfo", "MemTotal: 1 kB\n");
	expect_read(h, "/proc/empty", "");
	expect_list(h, "/sys/d", "card2 card10");
	expect_list(h, "/sys/empty", "");
	expect_list(h, "/", "proc sys");
	expect_link_error(h, "/proc/meminfo", -EINVAL);
	expect_link_error(h, "/proc", -EINVAL);
	assert_int_equal(gd_host_stat(h, "/proc/meminfo", &st), 0);
	assert_true(S_ISREG(st.mode));
	assert_int_equal(st.mode & 07777, 0644);
	assert_true(st.readable);
	assert_int_equal(gd_host_stat(h, "/", &st), 0);
	assert_true(S_ISDIR(st.mode));
	gd_host_close(h);
}

static void test_links_stay_inside(void **state)
{
	struct gd_host *h;

	(void)state;
	put("/etc/passwd", "inside\n");
	put("/usr/lib/os-release", "ID=some\n");
	put_link("/etc/os-release", "/usr/lib/os-release");
	put_link("/up", "../../../../../../../../etc/passwd");
	put_link("/sys/up", "../../..");
	put_link("/abs", "/etc");
	put_link("/chain", "abs/../usr/lib");
	h = open_tree();
	expect_read(h, "/etc/os-release", "ID=some\n");
	expect_read(h, "/up", "inside\n");
	expect_read(h, "/../../../../etc/passwd", "inside\n");
	expect_read(h, "/sys/up/etc/passwd", "inside\n");
	expect_list(h, "/abs", "os-release passwd");
	expect_list(h, "/sys/up", "abs chain etc sys up usr");
	expect_read(h, "/chain/os-release", "ID=some\n");
	expect_link(h, "/up", "../../../../../../../../etc/passwd");
	expect_link(h, "/abs/os-release", "/usr/lib/os-release");
	expect_resolved(h, "/abs/os-release", "/usr/lib/os-release");
	expect_resolved(h, "/sys/up", "/");
	gd_host_close(h);
}

static void test_loops_and_dangling(void **state)
{
	gd_autobuf deep = { 0 };
	struct gd_host *h;

	(void)state;
	put_link("/a", "b");
	put_link("/b", "/a");
	put_link("/self", "self/x");
	put_link("/dangling", "nowhere/at/all");
	for (int i = 0; i < 45; i++) {
		gd_autofree path = gd_xasprintf("/chain/%d", i);
		gd_autofree next = gd_xasprintf("%d", i + 1);

		put_link(path, next);
	}
	put("/chain/45", "end\n");
	for (int i = 0; i < 300; i++)
		gd_buf_puts(&deep, "/0123456789abcdef");
	h = open_tree();
	expect_read_error(h, "/a", -ELOOP);
	expect_read_error(h, "/a/x", -ELOOP);
	expect_list_error(h, "/b", -ELOOP);
	expect_read_error(h, "/self", -ELOOP);
	expect_stat_error(h, "/a", -ELOOP);
	expect_link(h, "/a", "b");
	/* As the kernel: 40 are followed, and no more. */
	expect_read(h, "/chain/5", "end\n");
	expect_read_error(h, "/chain/4", -ELOOP);
	expect_read_error(h, "/dangling", -GD_ENOTCAPTURED);
	expect_stat_error(h, "/dangling", -GD_ENOTCAPTURED);
	expect_link(h, "/dangling", "nowhere/at/all");
	expect_resolved(h, "/dangling", "/nowhere/at/all");
	expect_read_error(h, deep.data, -ENAMETOOLONG);
	gd_host_close(h);
}

static void test_wrong_kinds(void **state)
{
	struct gd_host *h;
	struct gd_stat st;

	(void)state;
	alarm(20); /* ends the program where a FIFO holds it */
	put_fifo("/proc/fifo");
	put("/proc/file", "x\n");
	put_dir("/proc/dir");
	h = open_tree();
	expect_read_error(h, "/proc/fifo", -EINVAL);
	expect_list_error(h, "/proc/fifo", -GD_ENOTCAPTURED);
	expect_read_error(h, "/proc/fifo/x", -GD_ENOTCAPTURED);
	expect_link_error(h, "/proc/fifo", -EINVAL);
	assert_int_equal(gd_host_stat(h, "/proc/fifo", &st), 0);
	assert_true(S_ISFIFO(st.mode));
	expect_read_error(h, "/proc/dir", -EISDIR);
	expect_read_error(h, "/", -EISDIR);
	expect_read_error(h, "/proc/file/x", -GD_ENOTCAPTURED);
	expect_list_error(h, "/proc/file", -GD_ENOTCAPTURED);
	gd_host_close(h);
	alarm(0);
}

static void test_limits(void **state)
{
	char *text = gd_xmalloc(GD_READ_MAX_BYTES + 1);
	gd_autobuf out = { 0 };
	struct gd_host *h;

	(void)state;
	memset(text, '\n', GD_READ_MAX_BYTES + 1);
	put_n("/most", text, GD_READ_MAX_BYTES);
	put_n("/more", text, GD_READ_MAX_BYTES + 1);
	put("/ten", "123456789\n");
	free(text);
	h = open_tree();
	assert_int_equal(gd_host_read(h, "/most", &out), 0);
	assert_int_equal(out.len, GD_READ_MAX_BYTES);
	expect_read_error(h, "/more", -EFBIG);
	gd_buf_clear(&out);
	assert_int_equal(gd_host_read_max(h, "/ten", 10, &out), 0);
	assert_int_equal(gd_host_read_max(h, "/ten", 9, &out), -EFBIG);
	assert_string_equal(gd_buf_peek(&out), "123456789\n");
	assert_int_equal(gd_host_read_max(h, "/ten", 0, &out), -EFBIG);
	gd_host_close(h);
}

static void test_missing(void **state)
{
	gd_autofree there = place("/file");
	gd_autofree below = gd_xasprintf("%s/x", there);
	gd_autofree missing = gd_xasprintf("%s/missing/x", root);
	struct gd_err err = { "" };
	struct gd_host *h;

	(void)state;
	put("/file", "x\n");
	h = open_tree();
	expect_read_error(h, "/missing", -GD_ENOTCAPTURED);
	expect_list_error(h, "/missing", -GD_ENOTCAPTURED);
	expect_link_error(h, "/missing", -GD_ENOTCAPTURED);
	expect_stat_error(h, "/missing/x", -GD_ENOTCAPTURED);
	gd_host_close(h);
	assert_int_equal(gd_host_open_live(&h, &err), 0);
	assert_true(gd_host_is_live(h));
	assert_string_equal(gd_host_kind_peek(h), "live");
	expect_read(h, there, "x\n");
	expect_read_error(h, missing, -ENOENT);
	expect_list_error(h, missing, -ENOENT);
	expect_link_error(h, missing, -ENOENT);
	expect_stat_error(h, missing, -ENOENT);
	expect_read_error(h, below, -ENOTDIR);
	expect_list_error(h, there, -ENOTDIR);
	gd_host_close(h);
	assert_int_equal(gd_host_open_tree(missing, &h, &err), -ENOENT);
	assert_non_null(strstr(err.text, missing));
	assert_int_equal(gd_host_open_tree(there, &h, &err), -ENOTDIR);
}

/* What nobody in particular sees; the exit status is the number of the first surprise. */
static int look_as_nobody(void)
{
	gd_autobuf out = { 0 };
	gd_autostrv names = { 0 };
	struct gd_err err;
	struct gd_host *h;
	struct gd_stat st;
	int surprise = 0;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 1;
	if (gd_host_open_tree(root, &h, &err) < 0)
		return 2;
	if (gd_host_read(h, "/secret", &out) != -EACCES)
		surprise = 3;
	else if (gd_host_list(h, "/closed", &names) != -EACCES)
		surprise = 4;
	else if (gd_host_read(h, "/closed/x", &out) != -EACCES)
		surprise = 5;
	else if (gd_host_stat(h, "/closed/x", &st) != -EACCES)
		surprise = 6;
	else if (gd_host_stat(h, "/secret", &st) < 0 || st.readable || st.writable)
		surprise = 7;
	else if (gd_host_stat(h, "/open", &st) < 0 || !st.readable)
		surprise = 8;
	gd_host_close(h);
	return surprise;
}

static void test_unreadable(void **state)
{
	gd_autofree secret = place("/secret");
	gd_autofree closed = place("/closed");
	int status = -1;
	pid_t pid;

	(void)state;
	put("/secret", "x\n");
	put("/open", "x\n");
	put("/closed/x", "x\n");
	assert_int_equal(chmod(secret, 0), 0);
	assert_int_equal(chmod(closed, 0), 0);
	pid = fork();
	if (pid == 0)
		_exit(look_as_nobody());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	chmod(closed, 0700);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* The kernel's own answer for a system call that it does not have. */
static int block_openat2(void **state)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = GD_COUNT(code), .filter = code };

	if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
	return make_root(state);
}

static void test_no_openat2(void **state)
{
	(void)state;
	if (syscall(SYS_openat2, AT_FDCWD, "/", NULL, 0) != -1 || errno != ENOSYS) {
		print_message("# no filter takes openat2 away here: what follows runs as before\n");
		skip();
	}
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
#define WALKING(f) { #f "_walking", f, make_root, remove_root, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_plain),
		TREE_TEST(test_links_stay_inside),
		TREE_TEST(test_loops_and_dangling),
		TREE_TEST(test_wrong_kinds),
		TREE_TEST(test_limits),
		TREE_TEST(test_missing),
		TREE_TEST(test_unreadable),
		/* From here on there is no way back. */
		cmocka_unit_test_setup_teardown(test_no_openat2, block_openat2, remove_root),
		WALKING(test_plain),
		WALKING(test_links_stay_inside),
		WALKING(test_loops_and_dangling),
		WALKING(test_wrong_kinds),
		WALKING(test_limits),
		WALKING(test_missing),
		WALKING(test_unreadable),
	};

	return cmocka_run_group_tests_name("trees", tests, NULL, NULL);
}
