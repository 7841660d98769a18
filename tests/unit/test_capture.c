/* SPDX-License-Identifier: MIT */
/* The text form of captures, and what a door made from one answers. */
#include <sys/sysmacros.h>

#include "tree_fixture.h"

#include "host/capture.h"

#define HEAD "gpudoctor-capture 1\norigin live\n"
#define TREE "gpudoctor-capture 1\norigin tree\n"

static struct gd_host *open_text(const char *text)
{
	struct gd_capture *c = NULL;
	struct gd_err err = { "" };

	if (gd_capture_parse("c", text, strlen(text), &c, &err) < 0)
		fail_msg("%s", err.text);
	return gd_capture_host(c);
}

static void refuse_n(const char *text, size_t len, const char *place)
{
	gd_autofree copy = gd_xmalloc(len); /* its end is the end of an allocation */
	struct gd_capture *c = NULL;
	struct gd_err err = { "" };
	int r;

	memcpy(copy, text, len);
	r = gd_capture_parse("c", copy, len, &c, &err);
	assert_null(c);
	if (r != -EINVAL || strncmp(err.text, place, strlen(place)) != 0)
		fail_msg("<%.*s>: %d, <%s> instead of <%s>", (int)len, text, r, err.text, place);
}

static void refuse(const char *text, const char *place)
{
	refuse_n(text, strlen(text), place);
}

static void add_file(struct gd_capture *c, const char *path, const char *data, size_t len)
{
	struct gd_entry e = { .data = gd_xmalloc(len + 1), .len = len };

	memcpy(e.data, data, len);
	e.data[len] = '\0';
	assert_int_equal(gd_capture_add(c, path, GD_VERB_FILE, &e), 0);
}

static void add_error(struct gd_capture *c, const char *path, enum gd_verb verb, int error)
{
	struct gd_entry e = { .error = error };

	assert_int_equal(gd_capture_add(c, path, verb, &e), 0);
}

static void add_link(struct gd_capture *c, const char *path, const char *target)
{
	struct gd_entry e = { .data = gd_xstrdup(target), .len = strlen(target) };

	assert_int_equal(gd_capture_add(c, path, GD_VERB_LINK, &e), 0);
}

static void add_dir(struct gd_capture *c, const char *path, const char *names)
{
	struct gd_entry e = { 0 };

	gd_strv_split(&e.names, names, "/");
	assert_int_equal(gd_capture_add(c, path, GD_VERB_DIR, &e), 0);
}

static void add_stat(struct gd_capture *c, const char *path, mode_t mode, bool readable, bool writable)
{
	struct gd_entry e = { .stat = { .mode = mode, .uid = 1, .gid = 993, .rdev = makedev(226, 128),
					.readable = readable, .writable = writable } };

	assert_int_equal(gd_capture_add(c, path, GD_VERB_STAT, &e), 0);
}

/* Prints, reads and prints again; both texts must agree. Takes the capture. */
static struct gd_host *round_trip(struct gd_capture *c)
{
	struct gd_capture *again = NULL;
	struct gd_err err = { "" };
	gd_autobuf first = { 0 };
	gd_autobuf second = { 0 };

	gd_capture_print(c, "a comment\n\nof three lines", &first);
	if (gd_capture_parse("c", first.data, first.len, &again, &err) < 0)
		fail_msg("%s\n%s", err.text, first.data);
	assert_int_equal(again->partial, c->partial);
	gd_capture_print(again, "a comment\n\nof three lines", &second);
	assert_string_equal(first.data, second.data);
	for (const char *s = first.data; *s; s += strcspn(s, "\n"), s += *s == '\n')
		assert_true(strcspn(s, "\n") <= 4 * 200 + 3);
	gd_capture_free(c);
	return gd_capture_host(again);
}

static void test_every_kind(void **state)
{
	struct gd_capture *c = gd_capture_new(false);
	struct gd_host *h;
	struct gd_stat st;

	(void)state;
	add_file(c, "/f", "one\ntwo\n", 8);
	add_file(c, "/empty", "", 0);
	add_file(c, "/open", "no newline", 10);
	add_file(c, "/lines", "\n\n|x\n#y\nend 1\n\\\n", 16);
	add_dir(c, "/d", "b/a/with blank/#x/|y/.hidden");
	add_dir(c, "/nothing", "");
	add_link(c, "/l", "../f");
	add_link(c, "/arrow", "a -> b");
	add_stat(c, "/dev/dri/renderD128", S_IFCHR | 04660, true, false);
	add_stat(c, "/none", S_IFIFO, false, false);
	add_error(c, "/gone", GD_VERB_FILE, -ENOENT);
	add_error(c, "/shut", GD_VERB_FILE, -EACCES);
	add_error(c, "/shut", GD_VERB_DIR, -EPERM);
	add_error(c, "/shut", GD_VERB_LINK, -EINVAL);
	add_error(c, "/shut", GD_VERB_STAT, -EIO);
	h = round_trip(c);
	expect_read(h, "/f", "one\ntwo\n");
	expect_read(h, "/l", "one\ntwo\n");
	expect_read(h, "/empty", "");
	expect_read(h, "/open", "no newline");
	expect_read(h, "/lines", "\n\n|x\n#y\nend 1\n\\\n");
	expect_list(h, "/d", "#x .hidden a b with blank |y");
	expect_list(h, "/nothing", "");
	expect_link(h, "/arrow", "a -> b");
	expect_read_error(h, "/gone", -ENOENT);
	expect_read_error(h, "/shut", -EACCES);
	expect_list_error(h, "/shut", -EPERM);
	expect_link_error(h, "/shut", -EINVAL);
	expect_stat_error(h, "/shut", -EIO);
	assert_int_equal(gd_host_stat(h, "/dev/dri/renderD128", &st), 0);
	assert_int_equal(st.mode, S_IFCHR | 04660);
	assert_int_equal(st.uid, 1);
	assert_int_equal(st.gid, 993);
	assert_int_equal(st.rdev, makedev(226, 128));
	assert_true(st.readable && !st.writable);
	assert_int_equal(gd_host_stat(h, "/none", &st), 0);
	assert_true(!st.readable && !st.writable);
	gd_host_close(h);
}

static void test_all_bytes(void **state)
{
	struct gd_capture *c = gd_capture_new(true);
	char bytes[1024];
	char path[300] = "/";
	gd_autobuf out = { 0 };
	struct gd_host *h;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i < 256 ? i : i * 7919 >> 3);
	for (size_t i = 1; i < 256; i++)
		path[i] = (char)(i == '/' ? 'x' : i);
	add_file(c, "/bytes", bytes, sizeof(bytes));
	add_file(c, path, "x\n", 2);
	add_dir(c, "/d", path + 1);
	h = round_trip(c);
	assert_int_equal(gd_host_read(h, "/bytes", &out), 0);
	assert_int_equal(out.len, sizeof(bytes));
	assert_memory_equal(out.data, bytes, sizeof(bytes));
	expect_read(h, path, "x\n");
	expect_list(h, "/d", path + 1);
	gd_host_close(h);
}

/* Lines of every length around the fold, of characters of every width. */
static void test_folds(void **state)
{
	static const char *const characters[] = { "a", "\303\244", "\342\202\254", "\360\237\230\200", "\\", "\200" };

	(void)state;
	for (size_t k = 0; k < GD_COUNT(characters); k++)
		for (size_t n = 40; n < 420; n += n > 190 && n < 210 ? 1 : 7) {
			struct gd_capture *c = gd_capture_new(false);
			struct gd_host *h;
			gd_autobuf text = { 0 };
			gd_autobuf printed = { 0 };

			for (size_t i = 0; i < n; i++)
				gd_buf_puts(&text, characters[k]);
			add_file(c, "/open", text.data, text.len);
			gd_buf_putc(&text, '\n');
			add_file(c, "/line", text.data, text.len);
			gd_capture_print(c, NULL, &printed);
			/* No sequence is cut: nothing needs an escape. */
			if (k < 4)
				assert_null(strstr(printed.data, "\\x"));
			h = round_trip(c);
			expect_read(h, "/line", text.data);
			text.data[text.len - 1] = '\0';
			expect_read(h, "/open", text.data);
			gd_host_close(h);
		}
}

static void test_blanks_in_paths(void **state)
{
	struct gd_capture *c = gd_capture_new(false);
	struct gd_host *h;
	struct gd_stat st;

	(void)state;
	add_file(c, "/a b/c  d", "1\n", 2);
	add_file(c, "/ lead", "2\n", 2);
	add_file(c, "/trail ", "3\n", 2);
	add_link(c, "/li nk", "a b/c  d");
	add_stat(c, "/sta t 1 2", S_IFREG | 0600, true, true);
	add_error(c, "/err or", GD_VERB_DIR, -EACCES);
	add_error(c, "/err or ", GD_VERB_STAT, -EACCES);
	add_error(c, "/not here", GD_VERB_FILE, -ENOENT);
	h = round_trip(c);
	expect_read(h, "/a b/c  d", "1\n");
	expect_read(h, "/ lead", "2\n");
	expect_read(h, "/trail ", "3\n");
	expect_read(h, "/li nk", "1\n");
	assert_int_equal(gd_host_stat(h, "/sta t 1 2", &st), 0);
	expect_list_error(h, "/err or", -EACCES);
	expect_stat_error(h, "/err or ", -EACCES);
	expect_read_error(h, "/not here", -ENOENT);
	gd_host_close(h);
}

static const char whole[] = HEAD "# a comment\n\nfile /f\n|a\n|b\\\ndir /d\n|x\n|y\nlink /l -> f\n"
				 "stat /s char 0660 0:993 226:128 rw\nabsent /n\nerror dir /e EACCES\nend 6\n";

static void test_truncated(void **state)
{
	size_t len = strlen(whole);

	(void)state;
	gd_host_close(open_text(whole));
	/* At every byte, and so at every line; without its last newline it is whole. */
	for (size_t n = 0; n + 1 < len; n++)
		refuse_n(whole, n, "c:");
}

static void test_lost_lines(void **state)
{
	(void)state;
	for (const char *s = whole; *s; s += strcspn(s, "\n") + 1) {
		gd_autobuf text = { 0 };

		if (*s == '|' || *s == '#' || *s == '\n')
			continue; /* cannot be told */
		gd_buf_add(&text, whole, (size_t)(s - whole));
		gd_buf_puts(&text, s + strcspn(s, "\n") + 1);
		refuse(text.data, "c:");
	}
	refuse(HEAD "file /f\n|a\nend 2\n", "c:5:");
	refuse(HEAD "file /f\n|a\nend 0\n", "c:5:");
	refuse(HEAD "file /f\n|a\nend -1\n", "c:5:");
	refuse(HEAD "file /f\n|a\nend\n", "c:5:");
	refuse(HEAD "end 0\nfile /f\n", "c:4:");
}

static void test_foreign(void **state)
{
	(void)state;
	refuse("", "c:1: not a gpudoctor capture");
	refuse("\177ELF\2\1\1", "c:1: not a gpudoctor capture");
	refuse("gpudoctor-facts 1\nend\n", "c:1: not a gpudoctor capture");
	refuse("gpudoctor-capture 1\r\norigin live\r\nend 0\r\n", "c:1:");
	refuse("gpudoctor-capture 2\norigin live\nend 0\n", "c:1: a capture of another format version");
	refuse("gpudoctor-capture 1\norigin nowhere\nend 0\n", "c:2:");
	refuse("gpudoctor-capture 1\nend 0\n", "c:2:");
	refuse_n(HEAD "absent /a\0b\nend 1\n", strlen(HEAD) + 18, "c:3: a NUL byte");
}

static void test_bad_lines(void **state)
{
	static const char *const lines[] = {
		"file f\nend 1\n",
		"file\nend 1\n",
		"file \nend 1\n",
		"fil /f\nend 1\n",
		"absent f\nend 1\n",
		"|x\nend 0\n",
		"file /f\\\nend 1\n",
		"file /f\\x0\nend 1\n",
		"file /f\\x00\nend 1\n",
		"file /f\\xzz\nend 1\n",
		"file /f\\n\nend 1\n",
		"link /l\nend 1\n",
		"link /l -> \nend 1\n",
		"link /l->x\nend 1\n",
		"stat /s char 0660 0:993 226:128\nend 1\n",
		"stat /s char 0680 0:993 226:128 rw\nend 1\n",
		"stat /s char 10660 0:993 226:128 rw\nend 1\n",
		"stat /s char 0660 0:-1 226:128 rw\nend 1\n",
		"stat /s char 0660 0:4294967296 226:128 rw\nend 1\n",
		"stat /s door 0660 0:993 226:128 rw\nend 1\n",
		"error file /e\nend 1\n",
		"error file /e ENOSUCH\nend 1\n",
		"error read /e EACCES\nend 1\n",
		"object f\nend 1\n",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(lines); i++) {
		gd_autofree text = gd_xasprintf("%s%s", HEAD, lines[i]);

		refuse(text, "c:3:");
	}
}

static void test_bad_content(void **state)
{
	(void)state;
	refuse(HEAD "file /f\n|a\\nb\nend 1\n", "c:4:");
	refuse(HEAD "file /f\n|a\\xG0\nend 1\n", "c:4:");
	refuse(HEAD "file /f\n|a\\x4\nend 1\n", "c:4:");
	refuse(HEAD "dir /d\n|a/b\nend 1\n", "c:4:");
	refuse(HEAD "dir /d\n|\nend 1\n", "c:4:");
	refuse(HEAD "dir /d\n|a\\x00\nend 1\n", "c:4:");
	refuse(HEAD "dir /d\n|a\\\nend 1\n", "c:4:");
	refuse(HEAD "file /f\n|a\nfile /f\n|a\nend 2\n", "c:6:");
	refuse(HEAD "absent /f\nfile /f\n|a\nend 2\n", "c:5:");
	refuse(HEAD "dir /f\ndir /f\nend 2\n", "c:4:");
	refuse(HEAD "object /f\nend 1\n", "c:3: these lines do not tell what a binary file holds");
	refuse(HEAD "object /f\n|kind elf\n|size 7\n|target x 1 1\nend 1\n", "c:6: these lines do not tell");
	refuse(HEAD "object /f\n|kind elf\n|size 7\n|soname a\\x00\nend 1\n", "c:6: these lines do not tell");
	refuse(HEAD "object /f\n|kind elf\n|size 7\\\nend 1\n", "c:5: these lines do not tell");
}

static void test_absence(void **state)
{
	static const char entries[] = "dir /sys\n|a\n|b\nabsent /etc\nfile /sys/b\n|x\ndir /e\nend 4\n";
	gd_autofree live = gd_xasprintf("%s%s", HEAD, entries);
	gd_autofree tree = gd_xasprintf("%s%s", TREE, entries);
	struct gd_host *h = open_text(live);

	(void)state;
	/* Not in a folder that was listed: proved absent. In it, but never read: not known. */
	expect_read_error(h, "/sys/c", -ENOENT);
	expect_list_error(h, "/sys/c/d/e", -ENOENT);
	expect_link_error(h, "/sys/c", -ENOENT);
	expect_stat_error(h, "/sys/c", -ENOENT);
	expect_read_error(h, "/e/x", -ENOENT);
	expect_read_error(h, "/sys/a", -GD_ENOTCAPTURED);
	expect_read_error(h, "/sys/a/x", -GD_ENOTCAPTURED);
	expect_read_error(h, "/proc/x", -GD_ENOTCAPTURED);
	expect_read_error(h, "/etc", -ENOENT);
	expect_list_error(h, "/etc", -ENOENT);
	expect_read_error(h, "/etc/a/b", -ENOENT);
	gd_host_close(h);
	h = open_text(tree);
	expect_read_error(h, "/sys/c", -GD_ENOTCAPTURED);
	expect_list_error(h, "/sys/c/d/e", -GD_ENOTCAPTURED);
	expect_read_error(h, "/e/x", -GD_ENOTCAPTURED);
	/* Unless it is said in so many words. */
	expect_read_error(h, "/etc", -ENOENT);
	expect_read_error(h, "/etc/a/b", -ENOENT);
	gd_host_close(h);
}

static void test_kinds(void **state)
{
	struct gd_host *h = open_text(HEAD "dir /d\n|f\nfile /d/f\n|x\nlink /l -> d\nlink /loop -> loop\nend 4\n");
	struct gd_stat st;

	(void)state;
	expect_read_error(h, "/d", -EISDIR);
	expect_read_error(h, "/l", -EISDIR);
	expect_list_error(h, "/d/f", -ENOTDIR);
	expect_list(h, "/l", "f");
	expect_read(h, "/l/f", "x\n");
	expect_read(h, "/l/../d/./f", "x\n");
	expect_link_error(h, "/d/f", -EINVAL);
	expect_link_error(h, "/d", -EINVAL);
	expect_read_error(h, "/loop", -ELOOP);
	expect_read_error(h, "/loop/x", -ELOOP);
	/* What was listed or read is there. */
	assert_int_equal(gd_host_stat(h, "/l", &st), 0);
	assert_true(S_ISDIR(st.mode));
	assert_int_equal(gd_host_stat(h, "/d/f", &st), 0);
	assert_true(S_ISREG(st.mode));
	gd_host_close(h);
}

static void test_files(void **state)
{
	gd_autofree path = place("/c");
	gd_autofree missing = place("/missing");
	struct gd_err err = { "" };
	struct gd_host *h = NULL;

	(void)state;
	put("/c", whole);
	assert_int_equal(gd_host_open_capture(path, &h, &err), 0);
	expect_read(h, "/f", "a\nb");
	assert_false(gd_host_is_live(h));
	gd_host_close(h);
	put("/c", "");
	assert_int_equal(gd_host_open_capture(path, &h, &err), -EINVAL);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(gd_host_open_capture(missing, &h, &err), -ENOENT);
	assert_int_equal(gd_host_open_capture(root, &h, &err), -EISDIR);
	assert_non_null(strstr(err.text, "--root"));
}

static void test_nothing(void **state)
{
	struct gd_capture *c = gd_capture_new(true);
	gd_autobuf text = { 0 };

	(void)state;
	gd_capture_print(c, NULL, &text);
	assert_string_equal(text.data, TREE "end 0\n");
	gd_capture_free(c);
	gd_capture_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_all_bytes),
		cmocka_unit_test(test_folds),
		cmocka_unit_test(test_blanks_in_paths),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_lost_lines),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_bad_content),
		cmocka_unit_test(test_absence),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test_setup_teardown(test_files, make_root, remove_root),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
