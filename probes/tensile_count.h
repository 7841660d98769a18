/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_TENSILE_COUNT_H
#define GD_PROBE_TENSILE_COUNT_H
/* How many tuned kernels a folder of Tensile's has for one ISA, as its indices tell. */
#include "probe/probe.h"

/*
 * What counting has cost so far. Tensile writes the solutions first, so a real
 * index costs 16 KiB, and the largest folder has about 60 for one ISA. But who
 * owns the folder decides what is in it, and root looks into everybody's.
 */
struct gd_tensile_cost {
	uint64_t indices;
	uint64_t bytes; /* read and unpacked */
};

enum {
	GD_TENSILE_MAX_INDICES = 1024, /* of one folder and ISA */
	GD_TENSILE_MAX_BYTES = 64 * 1024 * 1024, /* before the last of them */
	/* All folders may take so many times as much. */
	GD_TENSILE_MAX_FOLDERS = 8,
};

/*
 * Sets an integer cell of the row: the kernels ("solutions") in all indices of
 * types for that ISA that are no fallback. Unknown where one index cannot be
 * read, and where they would cost too much, which is added to `total`.
 */
void gd_tensile_count(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *folder, const char *isa,
		      struct gd_tensile_cost *total);

#endif
