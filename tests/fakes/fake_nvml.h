/* SPDX-License-Identifier: MIT */
#ifndef GD_FAKE_NVML_H
#define GD_FAKE_NVML_H
/*
 * What the variable FAKE_NVML says: words KEY=VALUE with blanks between them.
 *
 *   card=h100        an H100 split into seven instances; else an RTX 3090
 *   count=N          so many GPUs (1)
 *   init=N           nvmlInit_v2 returns N
 *   lost=I           GPU I has fallen off the bus; late=1: once it has said its name
 *   handle=N         opening a GPU returns N
 *   pci=N            nvmlDeviceGetPciInfo_v3 returns N
 *   crash=F hang=F   in the function F
 *   noise=1          megabytes on standard output and error
 *   absurd=1         sizes and numbers that make no sense, texts without a NUL
 *   entry=N          bytes of one entry of a list of processes (24)
 *   processes=N      so many, 8 MiB each, in place of the usual ones
 *   list=N           listing processes or instances returns N
 *   ecc=N reasons=N mode=N   uncorrected errors, clock reasons, compute mode
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	OK = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, LOST = 15,
	VERSION = 25, MOST = 256, INSTANCES = 7,
};

#define MIB 1048576ULL

struct gpu {
	unsigned index;
	int instance; /* of MIG, or -1 */
	int named;
};

static struct gpu gpus[MOST];
static struct gpu instances[MOST][INSTANCES];

static inline const char *value_of(const char *key)
{
	static char value[128];
	const char *p = getenv("FAKE_NVML");
	size_t len = strlen(key);

	for (; p && *p; p += strcspn(p, " "), p += strspn(p, " ")) {
		if (strncmp(p, key, len) || p[len] != '=')
			continue;
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(p + len + 1, " "), p + len + 1);
		return value;
	}
	return NULL;
}

static inline long long number(const char *key, long long otherwise)
{
	const char *text = value_of(key);

	return text ? strtoll(text, NULL, 0) : otherwise;
}

static inline int is(const char *key, const char *wanted)
{
	const char *text = value_of(key);

	return text && !strcmp(text, wanted);
}

static inline int h100(void)
{
	return is("card", "h100");
}

static inline void enter(const char *function)
{
	if (is("crash", function)) {
		fprintf(stderr, "fake: crashing in %s\n", function);
		raise(SIGSEGV);
	}
	while (is("hang", function))
		pause();
}
#define ENTER enter(__func__)
#define EXPORT __attribute__((visibility("default")))

/* Whether a GPU answers; some are lost only after a while. */
static inline int state(const struct gpu *g)
{
	if (number("lost", -1) != (long long)g->index)
		return OK;
	return number("late", 0) && !g->named ? OK : LOST;
}
#define ENTER_GPU(g) \
	do { \
		ENTER; \
		if (!(g) || state(g) != OK) \
			return (g) ? LOST : INVALID_ARGUMENT; \
	} while (0)

static inline int give(char *text, unsigned length, const char *value)
{
	if (number("absurd", 0)) {
		memset(text, 'A', length);
		return OK;
	}
	if (strlen(value) >= length)
		return INSUFFICIENT_SIZE;
	memcpy(text, value, strlen(value) + 1);
	return OK;
}

static inline int set(unsigned *ret, unsigned value)
{
	*ret = number("absurd", 0) ? 0xfffffff0U : value;
	return OK;
}

#endif
