/* SPDX-License-Identifier: MIT */
/* Which variables are taken, and that nothing else is left of a file. */
#include "cmocka_all.h"

#include "base/buf.h"
#include "host/variables.h"

static bool is_kept(const char *name)
{
	return gd_variable_is_kept(name, strlen(name));
}

static void test_names(void **state)
{
	(void)state;
	assert_true(is_kept("HSA_OVERRIDE_GFX_VERSION"));
	assert_true(is_kept("HSA_OVERRIDE_GFX_VERSION_1"));
	assert_true(is_kept("ROCBLAS_TENSILE_LIBPATH"));
	assert_true(is_kept("OLLAMA_HOST"));
	assert_true(is_kept("GGML_VK_VISIBLE_DEVICES"));
	assert_false(is_kept("OLLAMA_API_KEY"));
	assert_false(is_kept("OLLAMA_AUTH"));
	assert_false(is_kept("GGML_REMOTE_PASSWORD"));
	assert_false(is_kept("OLLAMA_"));
	assert_false(is_kept("HF_TOKEN"));
	assert_false(is_kept("PATH"));
	assert_false(is_kept("HOME"));
	assert_false(is_kept("AWS_SECRET_ACCESS_KEY"));
	assert_false(is_kept("MY_HSA_OVERRIDE_GFX_VERSION"));
	assert_false(is_kept("hsa_override_gfx_version"));
	assert_false(is_kept(""));
	for (const char *const *name = gd_variable_names_peek(); *name; name++)
		assert_true(is_kept(*name));
}

/* What is left, and that a second time changes nothing. */
static void check(enum gd_settings_form form, const char *text, size_t len, const char *expected, size_t expected_len)
{
	gd_autobuf once = { 0 };
	gd_autobuf twice = { 0 };

	gd_settings_strip(form, text, len, &once);
	assert_int_equal(once.len, expected_len);
	assert_memory_equal(gd_buf_peek(&once), expected, expected_len);
	gd_settings_strip(form, gd_buf_peek(&once), once.len, &twice);
	assert_int_equal(twice.len, expected_len);
	assert_memory_equal(gd_buf_peek(&twice), expected, expected_len);
}

#define CHECK(form, text, expected) check(form, text, strlen(text), expected, strlen(expected))

/* Each stays in its line. */
static void test_files(void **state)
{
	static const char block[] = "PATH=/bin\0HSA_XNACK=1\0HF_TOKEN=hf_x\0";
	static const char left[] = "HSA_XNACK=1\0";

	(void)state;
	CHECK(GD_SETTINGS_ENV_FILE, "# secret\nHF_TOKEN=abc\nHSA_XNACK=1\n", "\n\nHSA_XNACK=\"1\"\n");
	CHECK(GD_SETTINGS_ENV_FILE, "PASSWORD=\"a\nHSA_XNACK=1\"\n", "");
	CHECK(GD_SETTINGS_PAM, "API_KEY=abc\nHSA_XNACK=1\n", "\nHSA_XNACK=\"1\"\n");
	CHECK(GD_SETTINGS_PAM_CONF, "API_KEY DEFAULT=abc\nHSA_XNACK DEFAULT=1\n", "\nHSA_XNACK OVERRIDE=\"1\"\n");
	CHECK(GD_SETTINGS_SHELL, "alias x=secret\nexport TOKEN=abc HSA_XNACK=1\n", "\nexport HSA_XNACK='1'\n");
	CHECK(GD_SETTINGS_SHELL, "export HSA_XNACK=$(cat secret)\n", "export HSA_XNACK=$\n");
	check(GD_SETTINGS_ENVIRON, block, sizeof(block) - 1, left, sizeof(left) - 1);
}

/* Of arguments stays what says which program it is. The first is the text, the second what is left of it. */
static void test_args(void **state)
{
#define ARGS(text, expected) { text, sizeof(text) - 1, expected, sizeof(expected) - 1 }
	static const struct {
		const char *text;
		size_t len;
		const char *expected;
		size_t expected_len;
	} cases[] = {
		ARGS("/usr/bin/llama-server\0-hft\0hf_secret\0-m\0/m\0", "/usr/bin/llama-server\0"),
		ARGS("llama-cli\0-p\0my prompt\0", "llama-cli\0"),
		ARGS("/usr/bin/ollama\0runner\0--port\0" "1\0", "/usr/bin/ollama\0"),
		ARGS("/opt/venv/bin/python3\0/opt/venv/bin/vllm\0serve\0--api-key\0x\0",
		     "/opt/venv/bin/python3\0/opt/venv/bin/vllm\0"),
		ARGS("python\0-u\0-m\0vllm.entrypoints\0--api-key\0x\0", "python\0-m\0vllm.entrypoints\0"),
		ARGS("python\0-X\0dev\0-W\0error\0serve.py\0secret\0", "python\0serve.py\0"),
		ARGS("python3\0-c\0print('secret')\0", "python3\0"),
		ARGS("python3\0serve", "python3\0"),
		ARGS("python3\0-m", "python3\0"),
		ARGS("ollama runner --token secret", "ollama runner"),
		ARGS("ollama runner --token secret\0\0\0", "ollama runner"),
		ARGS("/opt/LM Studio/lm-studio\0--x\0", "/opt/LM Studio/lm-studio\0"),
		ARGS("ollama", "ollama"),
		ARGS("\0", "\0"),
		ARGS("", ""),
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++)
		check(GD_SETTINGS_ARGS, cases[i].text, cases[i].len, cases[i].expected, cases[i].expected_len);
}

static void test_units(void **state)
{
	(void)state;
	/* Of a unit stays what says which files and programs it uses, arguments do not. */
	CHECK(GD_SETTINGS_UNIT,
	      "[Unit]\nDescription=the key is 123\n[Service]\nUser=joe\n"
	      "Environment=HF_TOKEN=abc HSA_XNACK=1 \"OLLAMA_API_KEY=x\"\n"
	      "EnvironmentFile=-/etc/default/x\nExecStart=/usr/bin/vllm serve --api-key abc\n",
	      "[Unit]\n\n[Service]\n\nEnvironment=\"HSA_XNACK=1\"\nEnvironmentFile=-/etc/default/x\n"
	      "ExecStart=\"/usr/bin/vllm\"\n");
	CHECK(GD_SETTINGS_UNIT, "[Service]\nExecStart=\"/bin/sh -c secret\"\n", "[Service]\nExecStart=\"/bin/sh\"\n");
	/* A reset stays a reset; a line that only set others is no reset. */
	CHECK(GD_SETTINGS_UNIT, "[Service]\nEnvironment=\nEnvironment=TOKEN=abc\nUnsetEnvironment=TOKEN HSA_XNACK\n",
	      "[Service]\nEnvironment=\n\nUnsetEnvironment=\"HSA_XNACK\"\n");
	/* What systemd refuses is refused again. */
	CHECK(GD_SETTINGS_UNIT, "[Service]\nEnvironment=TOKEN=abc\n[Service\nEnvironment=TOKEN=def\n",
	      "[Service]\n\n[\n");
	/* A secret behind an open quote is not taken along. */
	CHECK(GD_SETTINGS_UNIT, "[Service]\nEnvironment=HSA_XNACK=1 \"TOKEN=abc def\n",
	      "[Service]\nEnvironment=\"HSA_XNACK=1\" \"\n");
	CHECK(GD_SETTINGS_UNIT, "[Service]\nEnvironment=\"HSA_XNACK=1 TOKEN=abc\n",
	      "[Service]\nEnvironment=\"HSA_XNACK=\n");
	CHECK(GD_SETTINGS_UNIT, "[Manager]\nDefaultEnvironment=TOKEN=abc HSA_XNACK=1\nLogLevel=info\n",
	      "[Manager]\nDefaultEnvironment=\"HSA_XNACK=1\"\n");
	/* Sections of others hold nothing that is wanted. */
	CHECK(GD_SETTINGS_UNIT, "[X-Mine]\nEnvironment=HSA_XNACK=1\nToken=abc\n", "[X-Mine]\n");
}

#define AT "0-0 r--p 0 0:0 0 "

/* Of what a process has in its memory only libraries are left, each once, and not where they are. */
static void test_maps(void **state)
{
	(void)state;
	CHECK(GD_SETTINGS_MAPS,
	      "55d0c1a00000-55d0c1a02000 r--p 00000000 fd:01 1837                       /usr/bin/ollama\n"
	      "55d0c2000000-55d0c2021000 rw-p 00000000 00:00 0                          [heap]\n"
	      "7f0000000000-7f0000200000 r--s 00000000 fd:01 99                         /home/u/models/q4.gguf\n"
	      "7f2a40000000-7f2a40200000 r--p 00000000 fd:01 7001    /opt/rocm/lib/librocblas.so.5.2\n"
	      "7f2a40200000-7f2a40400000 r-xp 00200000 fd:01 7001    /opt/rocm/lib/librocblas.so.5.2\n"
	      "7f2a40400000-7f2a40401000 rw-p 00000000 00:00 0 \n"
	      "7f2a41000000-7f2a41200000 r--p 00000000 fd:01 7002                       /a b/libx.so (deleted)\n"
	      "7f2a42000000-7f2a42200000 r--p 00000000 fd:01 7003                       /a b/libx.so\n"
	      "7f2a43000000-7f2a43200000 r--p 00000000 fd:01 7001    /opt/rocm/lib/librocblas.so.5.2\n",
	      AT "/opt/rocm/lib/librocblas.so.5.2\n" AT "/a b/libx.so (deleted)\n" AT "/a b/libx.so\n");
	/* Names that only look like it, and a line without its end. */
	CHECK(GD_SETTINGS_MAPS,
	      "1-2 r--p 0 0:0 1 /var/list.sorted\n1-2 r--p 0 0:0 1 /lib.so.d/data\n1-2 r--p 0 0:0 1 x.so\n"
	      "1-2 r--p 0 0:0 1 /a.sox/b.sorted.so.1",
	      AT "/a.sox/b.sorted.so.1\n");
	CHECK(GD_SETTINGS_MAPS, "1-2 r--p 0 0:0 1\n1-2 r--p\n\n", "");
	CHECK(GD_SETTINGS_MAPS, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_args),
	};

	return cmocka_run_group_tests_name("variables", tests, NULL, NULL);
}
