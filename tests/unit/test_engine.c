/* SPDX-License-Identifier: MIT */
/* Engines by the names of programs, processes and units. */
#include "cmocka_all.h"

#include "probes/engine.h"

static void expect(const char *got, const char *wanted)
{
	if (!wanted)
		assert_null(got);
	else
		assert_string_equal(got ? got : "(none)", wanted);
}

static void test_programs(void **state)
{
	(void)state;
	expect(gd_engine_of_program_peek("/usr/local/bin/ollama"), "ollama");
	expect(gd_engine_of_program_peek("ollama"), "ollama");
	expect(gd_engine_of_program_peek("/opt/llama.cpp/build/bin/llama-server"), "llama.cpp");
	expect(gd_engine_of_program_peek("/usr/bin/koboldcpp-linux-x64"), "koboldcpp");
	expect(gd_engine_of_program_peek("/usr/bin/ollama-webui"), NULL);
	expect(gd_engine_of_program_peek("/ollama/bin/bash"), NULL);
	expect(gd_engine_of_program_peek(""), NULL);
}

static void test_units(void **state)
{
	(void)state;
	expect(gd_engine_of_unit_peek("ollama.service"), "ollama");
	expect(gd_engine_of_unit_peek("llama-server.service"), "llama.cpp");
	expect(gd_engine_of_unit_peek("vllm@qwen.service"), "vllm");
	expect(gd_engine_of_unit_peek("ollamax.service"), NULL);
	expect(gd_engine_of_unit_peek("sshd.service"), NULL);
}

#define ARGS(text) (text), sizeof(text) - 1

/* The kernel cuts short names at 15 bytes; Python is what its first argument names. */
static void test_processes(void **state)
{
	(void)state;
	expect(gd_engine_of_process_peek("ollama", ARGS("ollama\0serve\0")), "ollama");
	expect(gd_engine_of_process_peek("lemonade-server", NULL, 0), "lemonade");
	expect(gd_engine_of_process_peek("python3.12", ARGS("python3\0/opt/venv/bin/vllm\0serve\0")), "vllm");
	expect(gd_engine_of_process_peek("python3", ARGS("python3\0-m\0vllm.entrypoints.openai.api_server\0")), "vllm");
	expect(gd_engine_of_process_peek("python3", ARGS("python3\0/usr/bin/fail2ban\0--x\0ollama\0")), NULL);
	expect(gd_engine_of_process_peek("python3", ARGS("python3\0-m\0vllm.entrypoints")), NULL);
	expect(gd_engine_of_process_peek("bash", ARGS("bash\0/usr/bin/vllm\0")), NULL);
	assert_int_equal(gd_engine_filter("ollama", NULL, 0), 1);
	assert_int_equal(gd_engine_filter("python3", NULL, 0), -1);
	assert_int_equal(gd_engine_filter("sshd", NULL, 0), 0);
	assert_int_equal(gd_engine_filter("python3", ARGS("python3\0vllm\0")), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_processes),
	};

	return cmocka_run_group_tests_name("engines", tests, NULL, NULL);
}
