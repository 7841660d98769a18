/* SPDX-License-Identifier: MIT */
/* Units as systemd reads them from its folders: systemd.unit(5), systemd.exec(5). */
#include "tree_fixture.h"

#include "base/buf.h"
#include "probes/unit_file.h"

/* "NAME=VALUE" of what holds, in the order of the texts, joined by "|"; "?" for what is computed. Owned. */
static char *in_effect(const struct gd_unit *u)
{
	gd_autobuf out = { 0 };

	gd_buf_puts(&out, "");
	for (size_t i = 0; i < u->settings.count; i++) {
		const struct gd_setting *s = &u->settings.items[i];

		if (s->in_effect)
			gd_buf_printf(&out, "%s%s=%s", out.len ? "|" : "", s->name, s->value ? s->value : "?");
	}
	return gd_buf_take(&out);
}

/* Reads a unit of the tree; the caller frees it. */
static void read_unit(const char *name, struct gd_unit *u)
{
	gd_auto_unit_dirs dirs = { 0 };
	struct gd_host *h = open_tree();

	gd_unit_dirs_open_system(h, &dirs);
	gd_unit_read(h, &dirs, name, NULL, u);
	gd_host_close(h);
}

static void expect_unit(const char *name, const char *expected)
{
	gd_auto_unit u = { 0 };
	gd_autofree got = NULL;

	read_unit(name, &u);
	got = in_effect(&u);
	assert_string_equal(got, expected);
}

#define ETC "/etc/systemd/system/"
#define LIB "/usr/lib/systemd/system/"

static void test_assignments(void **state)
{
	gd_auto_unit u = { 0 };

	(void)state;
	put(LIB "a.service",
	    "[Unit]\nEnvironment=HSA_XNACK=9\n[Service]\nEnvironment=HSA_XNACK=1 OLLAMA_HOST=h \"OLLAMA_MODELS=/a b\"\n"
	    "Environment=HSA_XNACK=2\nEnvironment=GGML_A=50%% GGML_B=%h/x GGML_C=100% \"GGML_D=%Q\"\n"
	    "ExecStart=-/usr/bin/ollama serve\nExecStart=/bin/true\n");
	expect_unit("a.service", "OLLAMA_HOST=h|OLLAMA_MODELS=/a b|HSA_XNACK=2|GGML_A=50%|GGML_B=?|GGML_C=100%");
	read_unit("a.service", &u);
	assert_string_equal(u.program, "/usr/bin/ollama");
	assert_string_equal(u.fragment, LIB "a.service");
	assert_int_equal(u.settings.items[0].line, 4);
	assert_false(u.masked);
	assert_null(u.unread);
}

/* Drop-ins are read by their names, whatever folder they are in; of two with one name /etc wins. */
static void test_drop_ins(void **state)
{
	gd_auto_unit u = { 0 };

	(void)state;
	put(LIB "a.service", "[Service]\nEnvironment=HSA_XNACK=0\nExecStart=/bin/true\n");
	put(LIB "a.service.d/20-b.conf", "[Service]\nEnvironment=HSA_XNACK=20\n");
	put(ETC "a.service.d/10-a.conf", "[Service]\nEnvironment=HSA_XNACK=10 OLLAMA_HOST=ten\n");
	put(LIB "a.service.d/10-a.conf", "[Service]\nEnvironment=OLLAMA_HOST=hidden\n");
	put(ETC "a.service.d/30.txt", "[Service]\nEnvironment=HSA_XNACK=30\n");
	put(ETC "a.service.d/.40.conf", "[Service]\nEnvironment=HSA_XNACK=40\n");
	put(ETC "service.d/15.conf", "[Service]\nEnvironment=GGML_ALL=1\n");
	expect_unit("a.service", "OLLAMA_HOST=ten|GGML_ALL=1|HSA_XNACK=20");
	read_unit("a.service", &u);
	assert_int_equal(u.drop_ins.count, 3);
	assert_string_equal(u.drop_ins.items[0], ETC "a.service.d/10-a.conf");
	assert_string_equal(u.drop_ins.items[1], ETC "service.d/15.conf");
	assert_string_equal(u.drop_ins.items[2], LIB "a.service.d/20-b.conf");
}

/* An empty assignment takes back all before it, in a drop-in too; an empty file or /dev/null hides a drop-in. */
static void test_resets(void **state)
{
	(void)state;
	put(LIB "a.service", "[Service]\nEnvironment=HSA_XNACK=0 OLLAMA_HOST=h\nEnvironmentFile=/etc/never\n");
	put("/etc/never", "GGML_NEVER=1\n");
	put("/etc/later", "GGML_LATER=1\n");
	put(ETC "a.service.d/10.conf", "[Service]\nEnvironment=\nEnvironment=HSA_XNACK=1\nEnvironmentFile=\n"
				       "EnvironmentFile=/etc/later\n");
	put(LIB "a.service.d/20.conf", "[Service]\nEnvironment=HSA_XNACK=2\n");
	put_link(ETC "a.service.d/20.conf", "/dev/null");
	expect_unit("a.service", "HSA_XNACK=1|GGML_LATER=1");
}

/* systemd.exec(5): settings from these files override those made with Environment=; later files win. */
static void test_environment_files(void **state)
{
	(void)state;
	put(LIB "a.service", "[Service]\nEnvironmentFile=/etc/one\nEnvironmentFile=-/etc/two\nEnvironment=HSA_XNACK=0\n"
			     "EnvironmentFile=-/etc/none\n");
	put("/etc/one", "HSA_XNACK=1\nOLLAMA_HOST='one'\n");
	put("/etc/two", "# x\nOLLAMA_HOST=\"two\"\n");
	expect_unit("a.service", "HSA_XNACK=1|OLLAMA_HOST=two");
}

/* What could not be read may set anything. */
static void test_unread(void **state)
{
	gd_auto_unit missing = { 0 };
	gd_auto_unit pattern = { 0 };

	(void)state;
	put(LIB "a.service", "[Service]\nEnvironment=HSA_XNACK=0\nEnvironmentFile=/etc/none\n");
	put(LIB "b.service", "[Service]\nEnvironmentFile=/etc/*.env\n");
	read_unit("a.service", &missing);
	assert_string_equal(missing.unread, "/etc/none");
	assert_int_equal(missing.unread_error, -GD_ENOTCAPTURED);
	assert_true(missing.unread_is_environment);
	read_unit("b.service", &pattern);
	assert_int_equal(pattern.unread_error, -EOPNOTSUPP);
}

/* systemd.exec(5): applied last; a name takes any value away, an assignment only that one. */
static void test_unset(void **state)
{
	(void)state;
	put(LIB "a.service", "[Service]\nEnvironment=HSA_XNACK=0 OLLAMA_HOST=h GGML_A=1 GGML_B=2\n"
			     "EnvironmentFile=/etc/x\nUnsetEnvironment=HSA_XNACK OLLAMA_HOST=other GGML_A=1\n");
	put("/etc/x", "HSA_XNACK=5\n");
	expect_unit("a.service", "OLLAMA_HOST=h|GGML_B=2");
	put(ETC "a.service.d/z.conf", "[Service]\nUnsetEnvironment=\nUnsetEnvironment=GGML_B\n");
	expect_unit("a.service", "OLLAMA_HOST=h|GGML_A=1|HSA_XNACK=5");
}

/* systemd.exec(5): what the manager has is passed on, which only it knows; what the unit sets itself wins. */
static void test_passed(void **state)
{
	(void)state;
	put(LIB "a.service", "[Service]\nPassEnvironment=HSA_XNACK OLLAMA_HOST\nEnvironment=OLLAMA_HOST=h\n");
	expect_unit("a.service", "OLLAMA_HOST=h|HSA_XNACK=?");
	put(ETC "a.service.d/1.conf", "[Service]\nPassEnvironment=\n");
	expect_unit("a.service", "OLLAMA_HOST=h");
}

/* systemd-system.conf(5): the file, then its drop-ins by their names; an empty assignment takes back. */
static void test_defaults(void **state)
{
	gd_auto_settings found = { 0 };
	gd_autofree unread = NULL;
	struct gd_host *h;

	(void)state;
	put("/etc/systemd/system.conf", "[Manager]\nDefaultEnvironment=HSA_XNACK=0 GGML_A=1 TOKEN=x\n"
					"[Service]\nDefaultEnvironment=GGML_C=1\n");
	put("/usr/lib/systemd/system.conf.d/10.conf",
	    "[Manager]\nDefaultEnvironment=\nDefaultEnvironment=HSA_XNACK=1\n");
	put("/etc/systemd/system.conf.d/20.conf", "[Manager]\nDefaultEnvironment=\"GGML_B=a b\"\n");
	h = open_tree();
	assert_int_equal(gd_unit_read_defaults(h, "system", &found, &unread), 0);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.items[0].name, "HSA_XNACK");
	assert_string_equal(found.items[0].value, "1");
	assert_string_equal(found.items[0].file, "/usr/lib/systemd/system.conf.d/10.conf");
	assert_int_equal(found.items[0].line, 3);
	assert_string_equal(found.items[1].value, "a b");
	assert_int_equal(gd_unit_read_defaults(h, "user", &found, &unread), -GD_ENOTCAPTURED);
	gd_host_close(h);
}

static void test_masks(void **state)
{
	gd_auto_unit link = { 0 };
	gd_auto_unit empty = { 0 };
	gd_auto_unit broken = { 0 };

	(void)state;
	put(LIB "a.service", "[Service]\nEnvironment=HSA_XNACK=0\n");
	put_link(ETC "a.service", "/dev/null");
	put(LIB "b.service", "[Service]\nEnvironment=HSA_XNACK=0\n");
	put(ETC "b.service", "");
	put(LIB "c.service", "[Service]\nEnvironment=HSA_XNACK=0\n[Broken\n");
	read_unit("a.service", &link);
	assert_true(link.masked);
	read_unit("b.service", &empty);
	assert_true(empty.masked);
	read_unit("c.service", &broken);
	assert_false(broken.masked);
	assert_true(broken.broken);
}

/* foo@bar.service is its own file, or that of the template; drop-ins of both count. */
static void test_templates(void **state)
{
	gd_auto_unit u = { 0 };

	(void)state;
	put(LIB "vllm@.service", "[Service]\nEnvironment=HSA_XNACK=0 OLLAMA_HOST=%i\n");
	put(ETC "vllm@.service.d/10.conf", "[Service]\nEnvironment=HSA_XNACK=10 GGML_ALL=1\n");
	put(ETC "vllm@qwen.service.d/05.conf", "[Service]\nEnvironment=HSA_XNACK=5\n");
	expect_unit("vllm@qwen.service", "OLLAMA_HOST=?|HSA_XNACK=10|GGML_ALL=1");
	expect_unit("vllm@other.service", "OLLAMA_HOST=?|HSA_XNACK=10|GGML_ALL=1");
	read_unit("vllm@qwen.service", &u);
	assert_string_equal(u.fragment, LIB "vllm@.service");
	put(ETC "vllm@qwen.service", "[Service]\nEnvironment=OLLAMA_HOST=own\n");
	expect_unit("vllm@qwen.service", "OLLAMA_HOST=own|HSA_XNACK=10|GGML_ALL=1");
}

/* Of a-b-c.service the folders a-b-.service.d and a-.service.d count too, after its own of one name. */
static void test_prefixes(void **state)
{
	(void)state;
	put(LIB "llama-server-big.service", "[Service]\nEnvironment=HSA_XNACK=0\n");
	put(ETC "llama-.service.d/10.conf", "[Service]\nEnvironment=GGML_A=1 HSA_XNACK=10\n");
	put(ETC "llama-server-.service.d/20.conf", "[Service]\nEnvironment=GGML_B=1 HSA_XNACK=20\n");
	put(ETC "llama-server-big.service.d/10.conf", "[Service]\nEnvironment=GGML_C=1\n");
	expect_unit("llama-server-big.service", "GGML_C=1|GGML_B=1|HSA_XNACK=20");
}

static void test_names(void **state)
{
	(void)state;
	assert_true(gd_is_service_name("a.service"));
	assert_true(gd_is_service_name("vllm@.service"));
	assert_true(gd_is_service_name("a\\x2db.service"));
	assert_false(gd_is_service_name(".service"));
	assert_false(gd_is_service_name("@a.service"));
	assert_false(gd_is_service_name("a.socket"));
	assert_false(gd_is_service_name("a b.service"));
	assert_false(gd_is_service_name("../a.service"));
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_assignments), TREE_TEST(test_drop_ins), TREE_TEST(test_resets),
		TREE_TEST(test_environment_files), TREE_TEST(test_unread), TREE_TEST(test_unset),
		TREE_TEST(test_masks), TREE_TEST(test_templates), TREE_TEST(test_prefixes),
		TREE_TEST(test_passed), TREE_TEST(test_defaults),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("unit files", tests, NULL, NULL);
}
