/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_GPU_JOIN_H
#define GD_PROBE_GPU_JOIN_H
/* For probes whose rows are pairs: an AMD GPU, and something on the disks that may serve it. */
#include "probe/probe.h"

/* Whether it is an AMD GPU that can compute. */
bool gd_gpu_join_takes(const struct gd_row *gpu);
/* Calls `add` for each AMD GPU that can compute and each row of the table, then closes `table` as both demand. */
void gd_gpu_join(struct gd_ctx *ctx, const char *table, const char *others,
		 void (*add)(struct gd_ctx *ctx, const struct gd_row *gpu, const struct gd_row *other));
/* A new row of `table` with key "<gpu> <other>", and the columns gpu and isa set. */
struct gd_row *gd_gpu_join_add(struct gd_ctx *ctx, const char *table, const struct gd_row *gpu,
			       const struct gd_row *other);

#endif
