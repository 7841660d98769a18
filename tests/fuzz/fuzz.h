/* SPDX-License-Identifier: MIT */
#ifndef GD_FUZZ_H
#define GD_FUZZ_H
/*
 * A fuzz target: one function that is given bytes, in the form that libFuzzer
 * knows. Linked with driver.c it is an ordinary test that runs over its seeds
 * and a fixed series of mutations of them; linked with -fsanitize=fuzzer (make
 * fuzz) it searches on by itself.
 */
#include <stdio.h>

#include "base/defs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct gd_fuzz_target {
	const char *name;
	/* glob(3) patterns below the source tree, NULL-terminated. */
	const char *const *seeds;
	/* What the grammar knows, NULL-terminated: mutations put these in. */
	const char *const *words;
	unsigned runs; /* mutations in one `make check` */
	/* How the line starts that ends a file's head; NULL: the first line. A piece of a large seed keeps its head. */
	const char *head_end;
};

/* Each target defines its own. */
extern const struct gd_fuzz_target gd_fuzz_target;

/* A property that held for no input: says so and aborts, which both drivers report with the input. */
#define FUZZ_ASSERT(condition, ...) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
			fprintf(stderr, __VA_ARGS__); \
			fputc('\n', stderr); \
			abort(); \
		} \
	} while (0)

#endif
