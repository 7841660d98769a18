/* SPDX-License-Identifier: MIT */
/* What a recorder wrote down answers as the machine did. */
#include "tree_fixture.h"

#include "forward_fixture.h"
#include "host/capture.h"
#include "host/recorder.h"

static int is_server(const char *comm, const char *args, size_t len)
{
	if (!args && !strcmp(comm, "python3"))
		return -1;
	return !strcmp(comm, "server") || (args && memmem(args, len, "serve", strlen("serve") + 1));
}

/* What the door says to one question, as text; owned. */
static char *answer(struct gd_host *h, enum gd_verb verb, const char *path)
{
	gd_autobuf content = { 0 };
	gd_autostrv names = { 0 };
	gd_autofree text = NULL;
	struct gd_stat st = { 0 };
	gd_autoobject o = { 0 };
	int r = 0;

	switch (verb) {
	case GD_VERB_FILE:
		r = gd_host_read(h, path, &content);
		text = gd_buf_take(&content);
		break;
	case GD_VERB_DIR:
		r = gd_host_list(h, path, &names);
		text = gd_strv_join(&names, "/");
		break;
	case GD_VERB_LINK:
		r = gd_host_link(h, path, &text);
		break;
	case GD_VERB_ENV:
		r = gd_host_env(h, path, &text);
		break;
	case GD_VERB_SAID:
		r = gd_host_said(h, path, &content);
		text = gd_buf_take(&content);
		break;
	case GD_VERB_OBJECT:
		r = gd_host_object(h, path, &o);
		gd_object_print(&o, &content);
		text = gd_buf_take(&content);
		break;
	case GD_VERB_PROCESSES:
		r = gd_host_processes(h, path, is_server, &names);
		text = gd_strv_join(&names, "/");
		break;
	case GD_VERB_STAT:
	case GD_VERB_COUNT:
		r = gd_host_stat(h, path, &st);
		text = gd_xasprintf("%o %u:%u %d%d", st.mode, st.uid, st.gid, st.readable, st.writable);
		break;
	}
	return gd_xasprintf("%d %d %s: %s", verb, r, path, r < 0 ? "" : text);
}

struct question {
	enum gd_verb verb;
	const char *path;
};

/* Asks a recorder around the door, then a replay of what it wrote; takes the door. Returns the capture, owned. */
static char *same_again(struct gd_host *inner, const struct question *questions, size_t count)
{
	struct gd_host *recorder = gd_recorder_new(inner);
	struct gd_capture *c = NULL;
	struct gd_err err = { "" };
	gd_autobuf text = { 0 };
	struct gd_host *replay;

	for (size_t i = 0; i < count; i++) {
		gd_autofree plain = answer(inner, questions[i].verb, questions[i].path);
		gd_autofree recorded = answer(recorder, questions[i].verb, questions[i].path);

		assert_string_equal(recorded, plain);
	}
	gd_recorder_print(recorder, "test", &text);
	gd_host_close(recorder);
	if (gd_capture_parse("c", text.data, text.len, &c, &err) < 0)
		fail_msg("%s\n%s", err.text, text.data);
	replay = gd_capture_host(c);
	for (size_t i = 0; i < count; i++) {
		gd_autofree plain = answer(inner, questions[i].verb, questions[i].path);
		gd_autofree replayed = answer(replay, questions[i].verb, questions[i].path);

		assert_string_equal(replayed, plain);
	}
	gd_host_close(replay);
	gd_host_close(inner);
	return gd_buf_take(&text);
}

static void test_tree(void **state)
{
	static const struct question questions[] = {
		{ GD_VERB_FILE, "/sys/class/drm/card0/device/vendor" },
		{ GD_VERB_FILE, "/sys/devices/pci0000:00/0000:03:00.0/vendor" },
		{ GD_VERB_DIR, "/sys/class/drm/card0" },
		{ GD_VERB_DIR, "/sys/class/drm/card0/device" },
		{ GD_VERB_DIR, "/sys/class/drm/card0/device/" },
		{ GD_VERB_FILE, "/sys/class/drm/card0/device" },
		{ GD_VERB_LINK, "/sys/class/drm/card0/device" },
		{ GD_VERB_LINK, "/sys/class/drm/card0" },
		{ GD_VERB_LINK, "/sys/class/drm/card0/device/vendor" },
		{ GD_VERB_FILE, "/sys/class/drm/card0/device/device" },
		{ GD_VERB_STAT, "/sys/class/drm/card0/device/vendor" },
		{ GD_VERB_STAT, "/sys/class/drm/card0/device" },
		{ GD_VERB_STAT, "/missing" },
		{ GD_VERB_FILE, "/missing/x" },
		{ GD_VERB_DIR, "/missing" },
		{ GD_VERB_LINK, "/missing" },
		{ GD_VERB_FILE, "/loop" },
		{ GD_VERB_LINK, "/loop" },
		{ GD_VERB_DIR, "/loop/x" },
		{ GD_VERB_STAT, "/loop" },
		{ GD_VERB_FILE, "/dangling" },
		{ GD_VERB_LINK, "/dangling" },
		{ GD_VERB_STAT, "/dangling" },
		{ GD_VERB_FILE, "/fifo" },
		{ GD_VERB_STAT, "/fifo" },
		{ GD_VERB_FILE, "/standin/vendor" },
		{ GD_VERB_DIR, "/standin" },
		{ GD_VERB_LINK, "/standin" },
		{ GD_VERB_FILE, "/large" },
		{ GD_VERB_FILE, "/empty" },
		{ GD_VERB_FILE, "/a name/with blanks " },
		{ GD_VERB_DIR, "/a name" },
		{ GD_VERB_DIR, "/" },
		{ GD_VERB_OBJECT, "/usr/lib/liba.so.1" },
		{ GD_VERB_OBJECT, "/usr/lib/liba.so" },
		{ GD_VERB_FILE, "/usr/lib/liba.so" },
		{ GD_VERB_LINK, "/usr/lib/liba.so" },
		{ GD_VERB_LINK, "/usr/lib/liba.so.1" },
		{ GD_VERB_DIR, "/usr/lib/liba.so.1" },
		{ GD_VERB_OBJECT, "/usr/lib" },
		{ GD_VERB_OBJECT, "/usr/lib/liba.so.2" },
		{ GD_VERB_OBJECT, "/empty" },
		{ GD_VERB_OBJECT, "/large" },
		{ GD_VERB_OBJECT, "/fifo" },
		{ GD_VERB_OBJECT, "/loop" },
		{ GD_VERB_OBJECT, "/missing/x" },
		{ GD_VERB_PROCESSES, "servers" },
	};
	gd_autofree large = gd_xmalloc(GD_READ_MAX_BYTES + 1);
	gd_autofree capture = NULL;

	(void)state;
	memset(large, 'x', GD_READ_MAX_BYTES + 1);
	put_n("/large", large, GD_READ_MAX_BYTES + 1);
	put("/sys/devices/pci0000:00/0000:03:00.0/vendor", "0x1002\n");
	put_link("/sys/bus/pci/devices/0000:03:00.0", "../../../devices/pci0000:00/0000:03:00.0");
	put_link("/sys/class/drm/card0/device", "/sys/bus/pci/devices/0000:03:00.0");
	put_link("/loop", "loop");
	put_link("/dangling", "no/where");
	put_fifo("/fifo");
	put("/standin", "./sys/devices/pci0000:00/0000:03:00.0");
	put("/empty", "");
	put_n("/usr/lib/liba.so.1", "\177ELF cut off", 12);
	put_link("/usr/lib/liba.so", "liba.so.1");
	put("/a name/with blanks ", "x\ny");
	put("/proc/3/comm", "server\n");
	put("/proc/20/comm", "python3\n");
	put_n("/proc/20/cmdline", "python3\0serve", sizeof("python3\0serve"));
	put("/proc/21/comm", "python3\n");
	put("/proc/21/cmdline", "python3");
	put("/proc/x3/comm", "server\n");
	capture = same_again(open_tree(), questions, GD_COUNT(questions));
	assert_non_null(strstr(capture, "\norigin tree\n"));
	assert_non_null(strstr(capture, "\n# test\n"));
	/* Of the processes only those that were looked for are in it. */
	assert_non_null(strstr(capture, "\nprocesses servers\n|3\n|20\n"));
	assert_null(strstr(capture, "/proc/"));
}

/* What was taken out before the recorder saw it is not in the capture, and the probe has not seen it either. */
static void test_settings(void **state)
{
	static const char environ_text[] = "TOKEN=hush\0HSA_XNACK=1\0";
	static const char args_text[] = "/bin/llama-server\0-hft\0hush\0-p\0hush\0";
	struct gd_capture *c = NULL;
	struct gd_err err = { "" };
	gd_autobuf seen = { 0 };
	gd_autobuf replayed = { 0 };
	gd_autobuf out = { 0 };
	struct gd_host *inner;
	struct gd_host *host;

	(void)state;
	put("/etc/a.service", "[Service]\nEnvironment=TOKEN=hush HSA_XNACK=1\nExecStart=/bin/x --key hush\n");
	put_n("/proc/3/environ", environ_text, sizeof(environ_text) - 1);
	put("/proc/3/maps", "7f2a4000-7f2a5000 r--s 0 fd:01 99 /srv/hush.gguf\n"
			    "7f2a6000-7f2a7000 r--p 0 fd:01 98 /opt/libx.so\n");
	put_n("/proc/3/cmdline", args_text, sizeof(args_text) - 1);
	put("/proc/cmdline", "root=/dev/sda1\n");
	inner = open_tree();
	host = gd_recorder_new(inner);
	assert_int_equal(gd_host_read_settings(host, "/etc/a.service", GD_SETTINGS_UNIT, &seen), 0);
	assert_string_equal(seen.data, "[Service]\nEnvironment=\"HSA_XNACK=1\"\nExecStart=\"/bin/x\"\n");
	assert_int_equal(gd_host_read_settings(host, "/etc/none", GD_SETTINGS_UNIT, &seen), -GD_ENOTCAPTURED);
	/* Also where all of a tree is taken, processes are not taken whole. */
	assert_int_equal(gd_recorder_take_all(host, &err), 0);
	gd_recorder_print(host, NULL, &out);
	gd_host_close(host);
	gd_host_close(inner);
	assert_null(strstr(out.data, "hush"));
	assert_non_null(strstr(out.data, "HSA_XNACK=1\\x00"));
	assert_non_null(strstr(out.data, "/opt/libx.so"));
	assert_null(strstr(out.data, "7f2a"));
	assert_non_null(strstr(out.data, "/bin/llama-server\\x00"));
	assert_non_null(strstr(out.data, "root=/dev/sda1"));
	assert_int_equal(gd_capture_parse("c", out.data, out.len, &c, &err), 0);
	host = gd_capture_host(c);
	assert_int_equal(gd_host_read_settings(host, "/etc/a.service", GD_SETTINGS_UNIT, &replayed), 0);
	assert_string_equal(replayed.data, seen.data);
	gd_host_close(host);
}

static const char machine[] = "dir /sys\n|bus\n|class\n"
			      "link /sys/class/x -> ../bus/y\n"
			      "dir /sys/bus/y\n|file\n|secret\n|unread\n"
			      "file /sys/bus/y/file\n|1\n"
			      "error file /sys/bus/y/secret EACCES\n"
			      "error dir /sys/closed EPERM\n"
			      "error file /sys/bus/y/broken EIO\n"
			      "stat /dev/kfd char 0660 0:993 240:0 rw\n"
			      "absent /dev/nvidiactl\n"
			      "object /opt/liba.so\n|kind elf\n|size 7\n|needed a\\\\b\n|target gfx1103 1 5\n"
			      "error object /opt/libb.so EACCES\n"
			      "env HSA_OVERRIDE_GFX_VERSION = 11.0.0\n"
			      "env ODD = a = b \\\\ \\x0a\n"
			      "env EMPTY = \n"
			      "processes servers\n|7\n|12\n"
			      "error env ROCR_VISIBLE_DEVICES ENOENT\n"
			      "said vulkan\n|gpudoctor-facts 1\n|  a = \"\\\\x01\"\n|end\n";

static void test_live(void **state)
{
	static const struct question questions[] = {
		{ GD_VERB_FILE, "/sys/class/x/file" },
		{ GD_VERB_DIR, "/sys/class/x" },
		{ GD_VERB_LINK, "/sys/class/x" },
		{ GD_VERB_FILE, "/sys/class/x/secret" },
		{ GD_VERB_FILE, "/sys/class/x/absent" },
		{ GD_VERB_LINK, "/sys/class/x/absent" },
		{ GD_VERB_STAT, "/sys/class/x/absent" },
		{ GD_VERB_DIR, "/sys/closed" },
		{ GD_VERB_FILE, "/sys/bus/y/broken" },
		{ GD_VERB_STAT, "/dev/kfd" },
		{ GD_VERB_STAT, "/dev/nvidiactl" },
		{ GD_VERB_FILE, "/dev/nvidiactl" },
		{ GD_VERB_DIR, "/dev/nvidiactl/x" },
		{ GD_VERB_DIR, "/sys" },
		{ GD_VERB_FILE, "/sys/bus/y/unread" },
		{ GD_VERB_OBJECT, "/opt/liba.so" },
		{ GD_VERB_OBJECT, "/opt/libb.so" },
		{ GD_VERB_OBJECT, "/opt/libc.so" },
		{ GD_VERB_OBJECT, "/sys/class/x/file" },
		{ GD_VERB_OBJECT, "/sys/bus/y" },
		{ GD_VERB_OBJECT, "/dev/nvidiactl" },
		{ GD_VERB_ENV, "HSA_OVERRIDE_GFX_VERSION" },
		{ GD_VERB_ENV, "ODD" },
		{ GD_VERB_ENV, "EMPTY" },
		{ GD_VERB_ENV, "ROCR_VISIBLE_DEVICES" },
		{ GD_VERB_ENV, "vulkan" },
		{ GD_VERB_SAID, "vulkan" },
		{ GD_VERB_SAID, "hsa" },
		{ GD_VERB_SAID, "ODD" },
		{ GD_VERB_PROCESSES, "servers" },
	};
	struct forward f = { .inner = open_entries(machine) };
	gd_autofree capture = same_again(gd_host_new(&forward_ops, &f, true), questions, GD_COUNT(questions));

	(void)state;
	assert_non_null(strstr(capture, "\norigin live\n"));
	assert_non_null(strstr(capture, "\nerror file /sys/bus/y/secret EACCES\n"));
	assert_non_null(strstr(capture, "\nabsent /dev/nvidiactl\n"));
	/* What nobody asked for is not in it. */
	assert_null(strstr(capture, "file /sys/bus/y/unread"));
}

/* The answer that was given first is the one that is kept. */
static void test_changing_file(void **state)
{
	gd_autobuf out = { 0 };
	struct gd_host *inner;
	struct gd_host *recorder;

	(void)state;
	put("/load", "1\n");
	inner = open_tree();
	recorder = gd_recorder_new(inner);
	expect_read(recorder, "/load", "1\n");
	put("/load", "2\n");
	expect_read(recorder, "/load", "2\n");
	gd_recorder_print(recorder, NULL, &out);
	assert_string_equal(out.data, "gpudoctor-capture 1\norigin tree\nfile /load\n|1\nend 1\n");
	gd_host_close(recorder);
	gd_host_close(inner);
}

static void test_whole_tree(void **state)
{
	struct gd_capture *c = NULL;
	struct gd_err err = { "" };
	gd_autobuf out = { 0 };
	struct gd_host *inner;
	struct gd_host *recorder;
	struct gd_host *replay;
	struct gd_stat st;

	(void)state;
	put("/sys/a/b/c", "deep\n");
	put("/proc/x", "y");
	put_link("/sys/l", "a/b");
	put_link("/sys/a/up", "..");
	put_fifo("/run/fifo");
	put_n("/lib/liba.so", "\177ELF cut off", 12);
	put("/lib/empty", "");
	put_sparse("/lib/model", 17 << 20);
	inner = open_tree();
	recorder = gd_recorder_new(inner);
	assert_int_equal(gd_recorder_take_all(recorder, &err), 0);
	gd_recorder_print(recorder, NULL, &out);
	gd_host_close(recorder);
	gd_host_close(inner);
	assert_int_equal(gd_capture_parse("c", out.data, out.len, &c, &err), 0);
	replay = gd_capture_host(c);
	expect_list(replay, "/", "lib proc run sys");
	expect_read(replay, "/sys/l/c", "deep\n");
	expect_read(replay, "/sys/a/up/a/up/l/c", "deep\n");
	expect_read(replay, "/proc/x", "y");
	assert_int_equal(gd_host_stat(replay, "/run/fifo", &st), 0);
	assert_true(S_ISFIFO(st.mode));
	/* Of a binary file both; of what is too large to keep, that it is none. */
	assert_non_null(strstr(out.data, "\nobject /lib/liba.so\n|kind elf\n|size 12\n"));
	assert_non_null(strstr(out.data, "\nfile /lib/liba.so\n"));
	assert_null(strstr(out.data, "\nobject /lib/empty\n"));
	assert_non_null(strstr(out.data, "\nerror file /lib/model EFBIG\nobject /lib/model\n|kind other\n"
					 "|size 17825792\n"));
	gd_host_close(replay);
}

static void test_live_is_not_taken_whole(void **state)
{
	struct forward f = { .inner = open_entries(machine) };
	struct gd_host *live = gd_host_new(&forward_ops, &f, true);
	struct gd_host *recorder = gd_recorder_new(live);
	struct gd_err err = { "" };

	(void)state;
	assert_true(gd_host_is_live(recorder));
	assert_int_equal(gd_recorder_take_all(recorder, &err), -EOPNOTSUPP);
	assert_int_equal(f.asked, 0);
	gd_host_close(recorder);
	gd_host_close(live);
}

static void test_masked(void **state)
{
	gd_autobuf out = { 0 };
	struct gd_capture *c = NULL;
	struct gd_err err = { "" };
	struct gd_host *inner;
	struct gd_host *recorder;

	(void)state;
	put("/etc/hostname", "zephyr\n");
	put("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nmallory:x:1000:1000:Mallory:/home/mallory:/bin/sh\n");
	put("/sys/class/dmi/id/product_serial", "SN12345678\n");
	put("/home/mallory/models/list", "/home/mallory/models/a\n");
	put_link("/models", "/home/mallory/models");
	inner = open_tree();
	recorder = gd_recorder_new(inner);
	assert_int_equal(gd_recorder_take_all(recorder, &err), 0);
	/* The caller himself sees what is there. */
	expect_read(recorder, "/models/list", "/home/mallory/models/a\n");
	gd_recorder_print(recorder, NULL, &out);
	gd_host_close(recorder);
	gd_host_close(inner);
	assert_null(strcasestr(out.data, "mallory"));
	assert_null(strstr(out.data, "zephyr"));
	assert_null(strstr(out.data, "SN12345678"));
	assert_non_null(strstr(out.data, "/models/list\n"));
	/* What belongs together stays together. */
	assert_int_equal(gd_capture_parse("c", out.data, out.len, &c, &err), 0);
	inner = gd_capture_host(c);
	expect_list(inner, "/models", "list");
	gd_host_close(inner);
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_tree),
		cmocka_unit_test(test_live),
		TREE_TEST(test_changing_file),
		TREE_TEST(test_whole_tree),
		cmocka_unit_test(test_live_is_not_taken_whole),
		TREE_TEST(test_masked),
		TREE_TEST(test_settings),
	};

	return cmocka_run_group_tests_name("recorder", tests, NULL, NULL);
}
