/* SPDX-License-Identifier: MIT */
/* Paths and links as text, and links that became plain files. */
#include <errno.h>

#include "tree_fixture.h"

#include "host/resolve.h"
#include "host/standin.h"

static void test_normal_paths(void **state)
{
	static const char *const cases[][2] = {
		{ "/", "/" }, { "", "/" }, { "//", "/" }, { "/a/b", "/a/b" }, { "/a//b/", "/a/b" },
		{ "/a/./b/.", "/a/b" }, { "/a/../b", "/b" }, { "/..", "/" }, { "/../../a", "/a" },
		{ "/a/b/../../../../c", "/c" }, { "/a/...", "/a/..." }, { "/a/..b", "/a/..b" }, { "/.a", "/.a" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree is = gd_path_normal(cases[i][0]);

		assert_string_equal(is, cases[i][1]);
	}
}

static void test_below(void **state)
{
	(void)state;
	assert_true(gd_path_is_below("/opt/venv", "/opt/venv"));
	assert_true(gd_path_is_below("/opt/venv/lib", "/opt/venv"));
	assert_false(gd_path_is_below("/opt/venv2/lib", "/opt/venv"));
	assert_false(gd_path_is_below("/opt", "/opt/venv"));
}

/* Only these two say that nothing is there. */
static void test_absence(void **state)
{
	(void)state;
	assert_true(gd_host_is_absence(-ENOENT));
	assert_true(gd_host_is_absence(-ENOTDIR));
	assert_false(gd_host_is_absence(-EACCES));
	assert_false(gd_host_is_absence(-GD_ENOTCAPTURED));
	assert_false(gd_host_is_absence(0));
}

/* Pairs of a link and its target, NULL at the end. */
static int table_link(void *impl, const char *path, char **ret)
{
	for (const char *const *pair = impl; *pair; pair += 2)
		if (!strcmp(path, pair[0])) {
			*ret = gd_xstrdup(pair[1]);
			return 0;
		}
	return -EINVAL;
}

static void test_resolve(void **state)
{
	static const char *const links[] = {
		"/sys/bus/pci/devices/0000:03:00.0", "../../../devices/pci0000:00/0000:03:00.0",
		"/sys/class/drm/card0/device", "../../../bus/pci/devices/0000:03:00.0",
		"/abs", "/sys/class", "/root", "/", "/up", "../../..", "/empty", "", "/slash", "sys//",
		NULL,
	};
	static const struct {
		const char *path;
		enum gd_resolve_flags flags;
		const char *real;
	} cases[] = {
		{ "/sys/class/drm/card0/device/vendor", GD_RESOLVE_LAST,
		  "/sys/devices/pci0000:00/0000:03:00.0/vendor" },
		{ "/sys/class/drm/card0/device", GD_RESOLVE_LAST, "/sys/devices/pci0000:00/0000:03:00.0" },
		{ "/sys/class/drm/card0/device", GD_RESOLVE_PARENTS, "/sys/class/drm/card0/device" },
		{ "/sys/class/drm/card0/device/", GD_RESOLVE_PARENTS, "/sys/class/drm/card0/device" },
		{ "/abs/drm/card0/device/..", GD_RESOLVE_LAST, "/sys/devices/pci0000:00" },
		{ "/abs/drm/card0/device", GD_RESOLVE_PARENTS, "/sys/class/drm/card0/device" },
		{ "/root/root/abs", GD_RESOLVE_LAST, "/sys/class" },
		{ "/up/up/x", GD_RESOLVE_LAST, "/x" },
		{ "/slash/x", GD_RESOLVE_LAST, "/sys/x" },
		{ "/plain/./../x", GD_RESOLVE_LAST, "/x" },
		{ "/", GD_RESOLVE_LAST, "/" },
	};
	void *impl = (void *)(uintptr_t)links;

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree real = NULL;

		assert_int_equal(gd_resolve(table_link, impl, cases[i].path, cases[i].flags, &real), 0);
		assert_string_equal(real, cases[i].real);
	}
}

static void test_resolve_ends(void **state)
{
	static const char *const links[] = { "/a", "/b", "/b", "a", "/grow", "grow/grow/grow", NULL };
	void *impl = (void *)(uintptr_t)links;
	gd_autofree real = NULL;

	(void)state;
	assert_int_equal(gd_resolve(table_link, impl, "/a", GD_RESOLVE_LAST, &real), -ELOOP);
	assert_int_equal(gd_resolve(table_link, impl, "/b/x", GD_RESOLVE_PARENTS, &real), -ELOOP);
	assert_int_equal(gd_resolve(table_link, impl, "/grow", GD_RESOLVE_LAST, &real), -ELOOP);
	assert_null(real);
}

static void test_standin_on_the_way(void **state)
{
	struct gd_host *h;
	struct gd_stat st;

	(void)state;
	put("/sys/devices/pci0000:00/0000:03:00.0/vendor", "0x1002\n");
	put("/sys/bus/pci/devices/0000:03:00.0", "../../../devices/pci0000:00/0000:03:00.0");
	put("/sys/class/drm/card0/device", "../../../bus/pci/devices/0000:03:00.0");
	h = open_tree();
	expect_read(h, "/sys/bus/pci/devices/0000:03:00.0/vendor", "0x1002\n");
	expect_read(h, "/sys/class/drm/card0/device/vendor", "0x1002\n");
	expect_read_error(h, "/sys/class/drm/card0/device/device", -GD_ENOTCAPTURED);
	expect_list(h, "/sys/bus/pci/devices/0000:03:00.0", "vendor");
	expect_list(h, "/sys/class/drm/card0/device/", "vendor");
	expect_link(h, "/sys/class/drm/card0/device", "../../../bus/pci/devices/0000:03:00.0");
	expect_resolved(h, "/sys/class/drm/card0/device", "/sys/devices/pci0000:00/0000:03:00.0");
	assert_int_equal(gd_host_stat(h, "/sys/class/drm/card0/device/vendor", &st), 0);
	assert_true(S_ISREG(st.mode));
	assert_int_equal(gd_host_stat(h, "/sys/class/drm/card0/device", &st), 0);
	assert_true(S_ISDIR(st.mode));
	gd_host_close(h);
}

static void test_standin_as_file(void **state)
{
	struct gd_host *h;

	(void)state;
	put("/usr/lib/os-release", "ID=some\n");
	put("/etc/os-release", "../usr/lib/os-release");
	put("/etc/abs-release", "/usr/lib/os-release");
	put("/etc/here", "./there");
	put("/etc/there", "yes\n");
	put("/etc/lost", "../usr/lib/nothing");
	h = open_tree();
	expect_read(h, "/etc/os-release", "ID=some\n");
	expect_read(h, "/etc/abs-release", "ID=some\n");
	expect_read(h, "/etc/here", "yes\n");
	expect_read_error(h, "/etc/lost", -GD_ENOTCAPTURED);
	/* The second time it is known already. */
	expect_read(h, "/etc/os-release", "ID=some\n");
	gd_host_close(h);
}

/* The ip_discovery folder links names of blocks to their numbers. */
static void test_standin_of_a_number(void **state)
{
	struct gd_host *h;

	(void)state;
	put("/sys/d/ip_discovery/die/0/11/0/major", "11\n");
	put("/sys/d/ip_discovery/die/0/GC", "11");
	put("/sys/d/ip_discovery/die/0/num_ips", "12");
	h = open_tree();
	expect_read(h, "/sys/d/ip_discovery/die/0/GC/0/major", "11\n");
	expect_list(h, "/sys/d/ip_discovery/die/0/GC", "0");
	/* No block 12 is there: that is a number, whose newline was lost. */
	expect_read(h, "/sys/d/ip_discovery/die/0/num_ips", "12");
	gd_host_close(h);
}

static void test_plain_files_stay(void **state)
{
	struct gd_host *h;

	(void)state;
	put("/sys/a/enabled", "1");
	put("/sys/a/name", "name");
	put("/sys/a/words", "../a/name or not");
	put("/sys/a/line", "../a/name\n");
	put_n("/sys/a/bytes", "../a\0b", 6);
	put("/sys/a/nothing", "");
	h = open_tree();
	expect_read(h, "/sys/a/enabled", "1");
	expect_read(h, "/sys/a/name", "name"); /* leads to itself */
	expect_read(h, "/sys/a/words", "../a/name or not");
	expect_read(h, "/sys/a/line", "../a/name\n");
	expect_read(h, "/sys/a/nothing", "");
	expect_link_error(h, "/sys/a/enabled", -EINVAL);
	expect_link_error(h, "/sys/a/line", -EINVAL);
	expect_link_error(h, "/sys/a/bytes", -EINVAL);
	expect_read_error(h, "/sys/a/enabled/x", -GD_ENOTCAPTURED);
	expect_list_error(h, "/sys/a/line", -GD_ENOTCAPTURED);
	gd_host_close(h);
}

/* On the machine itself a file is a file. */
static void test_live_has_no_standins(void **state)
{
	gd_autofree file = place("/a/link");
	gd_autofree below = gd_xasprintf("%s/x", file);
	struct gd_err err;
	struct gd_host *h;

	(void)state;
	put("/a/link", "../b");
	put("/b/x", "y\n");
	assert_int_equal(gd_host_open_live(&h, &err), 0);
	expect_read(h, file, "../b");
	expect_read_error(h, below, -ENOTDIR);
	expect_link_error(h, file, -EINVAL);
	gd_host_close(h);
}

static void test_standins_in_a_circle(void **state)
{
	gd_autobuf out = { 0 };
	struct gd_host *h;

	(void)state;
	alarm(20);
	put("/a", "./b");
	put("/b", "./a");
	put("/deeper", "./deeper/deeper");
	h = open_tree();
	expect_list_error(h, "/a", -ELOOP);
	expect_read_error(h, "/a/x", -ELOOP);
	expect_stat_error(h, "/a", -ELOOP);
	/* That it ends is all that is asked here. */
	(void)!gd_host_read(h, "/a", &out);
	(void)!gd_host_read(h, "/deeper/x", &out);
	gd_host_close(h);
	alarm(0);
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normal_paths),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_absence),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_resolve_ends),
		TREE_TEST(test_standin_on_the_way),
		TREE_TEST(test_standin_as_file),
		TREE_TEST(test_standin_of_a_number),
		TREE_TEST(test_plain_files_stay),
		TREE_TEST(test_live_has_no_standins),
		TREE_TEST(test_standins_in_a_circle),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
