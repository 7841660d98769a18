/* SPDX-License-Identifier: MIT */
#include "probes/engine.h"

#include <string.h>

/* The kernel cuts the short name of a process here. */
enum { COMM_MAX_BYTES = 15 };

static const struct {
	const char *engine;
	const char *names[6]; /* of programs; one with "*" at its end stands for all that start so */
	const char *units[4]; /* how the names of units start, up to a "-", "@", "_" or "." */
} engines[] = {
	{ "ollama", { "ollama" }, { "ollama" } },
	{ "llama.cpp", { "llama-*" }, { "llama", "llamacpp" } },
	{ "lemonade",
	  { "lemonade", "lemonade-server", "lemonade-server-dev", "lemonade-router", "lemond" },
	  { "lemonade", "lemond" } },
	{ "vllm", { "vllm", "VLLM::*", "vllm.entrypoints*" }, { "vllm" } },
	{ "koboldcpp", { "koboldcpp*" }, { "koboldcpp" } },
	{ "localai", { "local-ai", "localai" }, { "local-ai", "localai" } },
	{ "lm-studio", { "lms", "llmster", "lm-studio", "LM Studio" }, { "lmstudio", "lm-studio", "lms" } },
};

static bool fits(const char *name, const char *pattern, size_t most)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return !strncmp(name, pattern, n - 1);
	return n > most ? !strncmp(name, pattern, most) && !name[most] : !strcmp(name, pattern);
}

static const char *engine_named(const char *name, size_t most)
{
	for (size_t i = 0; i < GD_COUNT(engines); i++)
		for (size_t k = 0; k < GD_COUNT(engines[i].names) && engines[i].names[k]; k++)
			if (fits(name, engines[i].names[k], most))
				return engines[i].engine;
	return NULL;
}

const char *gd_engine_of_program_peek(const char *path)
{
	const char *slash = strrchr(path, '/');

	return engine_named(slash ? slash + 1 : path, SIZE_MAX);
}

const char *gd_engine_of_unit_peek(const char *name)
{
	for (size_t i = 0; i < GD_COUNT(engines); i++)
		for (size_t k = 0; k < GD_COUNT(engines[i].units) && engines[i].units[k]; k++) {
			size_t n = strlen(engines[i].units[k]);

			if (!strncmp(name, engines[i].units[k], n) && name[n] && strchr("-@_.", name[n]))
				return engines[i].engine;
		}
	return NULL;
}

/* "python3.12", and "pt_main_thread", as PyTorch calls itself. */
static bool is_interpreter(const char *comm)
{
	return !strncmp(comm, "python", strlen("python")) || !strcmp(comm, "pt_main_thread");
}

const char *gd_engine_script_peek(const char *args, size_t len)
{
	for (bool first = true; len; first = false) {
		size_t n = strnlen(args, len);

		/* What is not ended is not whole. */
		if (n == len)
			return NULL;
		if (!first && *args != '-')
			return args;
		args += n + 1;
		len -= n + 1;
	}
	return NULL;
}

const char *gd_engine_of_process_peek(const char *comm, const char *args, size_t len)
{
	const char *engine = engine_named(comm, COMM_MAX_BYTES);
	const char *script = !engine && is_interpreter(comm) ? gd_engine_script_peek(args, len) : NULL;

	return script ? gd_engine_of_program_peek(script) : engine;
}

int gd_engine_filter(const char *comm, const char *args, size_t len)
{
	if (!args && is_interpreter(comm))
		return -1;
	return gd_engine_of_process_peek(comm, args, len) != NULL;
}
