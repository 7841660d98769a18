/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_ROCM_OVERRIDE_H
#define GD_PROBE_ROCM_OVERRIDE_H
/* Overrides of the ISA, judged; used by probes/rocm_override*.c, rocm_setting.c and their tests only. */
#include "probe/probe.h"

/* The setting of a variable in a scope, or NULL; borrowed. */
const struct gd_row *gd_setting_peek(const struct gd_ctx *ctx, const char *scope, const char *variable);

/* An AMD GPU that ROCm's runtime may see: where the topology was read in full, only one that is in it. */
bool gd_override_is_candidate(const struct gd_ctx *ctx, const struct gd_row *gpu);

/* Whether the variables of a scope that choose GPUs leave this one to its programs. */
enum gd_visible { GD_VISIBLE, GD_VISIBLE_NOT, GD_VISIBLE_OPEN };
enum gd_visible gd_override_sees(const struct gd_ctx *ctx, const struct gd_row *scope, const struct gd_row *gpu);

/* "gfx90a" of "9.0.10", or "9.16.0" itself, which is no ISA; NULL where ROCm's runtime does not take it. Owned. */
char *gd_override_isa(const char *value);
/*
 * What two ISAs are to each other: "same", "sibling", "other-generation", or
 * "no-isa" where the second is none that is known. Borrowed.
 */
const char *gd_override_relation_peek(const struct gd_gpudb *db, const char *isa, const char *assumed);

/*
 * Sets rocblas_directory, directory_from, true_kernels and assumed_kernels: the
 * folder of rocBLAS's kernels that programs of this scope load, and what is in
 * it. `assumed` may be NULL.
 */
void gd_override_set_kernels(struct gd_ctx *ctx, struct gd_row *row, const char *scope, const char *isa,
			     const char *assumed);

/* What is known of the rocBLAS that the program of a scope loads. */
struct gd_override_program {
	const struct gd_row *install; /* the one that came with it, or NULL */
	const char *from; /* what brought that */
	bool own_first; /* it stands before the folders of LD_LIBRARY_PATH */
	bool packages; /* it is one of Python's packages */
	bool elsewhere; /* variables of the scope do not reach what loads it */
	const char *why; /* not NULL: what it loads is not known, for this reason */
	enum gd_gap gap;
};
void gd_override_find_program(const struct gd_ctx *ctx, const char *scope, struct gd_override_program *ret);

/* Sets first, shared and shared_by in all rows: they rest on all GPUs of a scope. */
void gd_override_set_shared(struct gd_facts *facts, const char *table);

#endif
