/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_TENSILE_COUNT_H
#define GD_PROBE_TENSILE_COUNT_H
/* How many tuned kernels a folder of Tensile's has for one ISA, as its indices tell. */
#include "probe/probe.h"

/*
 * Sets an integer cell of the row: the kernels ("solutions") in all indices of
 * types for that ISA that are no fallback. Unknown where one index cannot be read.
 */
void gd_tensile_count(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *folder, const char *isa);

#endif
