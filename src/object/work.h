/* SPDX-License-Identifier: MIT */
#ifndef GD_WORK_H
#define GD_WORK_H
/*
 * How much work one file may make, whatever it claims. The largest library so
 * far, PyTorch's with two thousand bundles for twenty targets, comes to a sixth
 * of it. The limits of a single structure stand where that is read.
 */
#include "base/defs.h"

enum {
	/* Read and unpacked, all together. An index of 117 MB may have its solutions at the end. */
	GD_WORK_MAX_BYTES = 512 * 1024 * 1024,
	GD_WORK_MAX_BUNDLES = 16384,
	GD_WORK_MAX_ENTRIES = 262144, /* of bundles, and of an archive's list */
	/* How often a place that should hold a bundle, and does not, is passed: 256 MiB of a file. */
	GD_WORK_MAX_STEPS = 65536,
	GD_WORK_MAX_NAMES = 1024, /* of needed libraries, and of archives */
	GD_WORK_MAX_NAMES_BYTES = 256 * 1024, /* of all of them that are kept */
	GD_WORK_MAX_TARGETS = 256,
};

/* What was done so far; memory is kept for names and targets only. */
struct gd_work {
	uint64_t bytes;
	uint64_t bundles;
	uint64_t entries;
	uint64_t steps;
	uint64_t names_bytes;
};

/* One of the counts grows by `n`: false where that is more than `max`, and then it stays as it is. */
static inline bool gd_work_take(uint64_t *count, uint64_t n, uint64_t max)
{
	if (n > max || *count > max - n)
		return false;
	*count += n;
	return true;
}

#endif
