/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_ROCM_KERNELS_H
#define GD_PROBE_ROCM_KERNELS_H
/* What the parts of the rocm_kernels probe share; used by probes/rocm_kernels*.c and their tests only. */
#include "probe/probe.h"

/* When a folder becomes a row. */
enum gd_kernel_expected {
	GD_KERNELS_PERHAPS, /* where there are kernels in it */
	GD_KERNELS_USUAL, /* where it is there and has kernels, or where it may be and cannot be read */
	GD_KERNELS_NAMED, /* always, for something names it */
};

struct gd_kernel_folder {
	const char *path;
	const char *library; /* "rocblas", "hipblaslt" or "miopen" */
	const char *found_by; /* "install", or the name of a variable */
	const char *install; /* the id in rocm_install, or NULL */
	const char *archives; /* a folder of kpack archives that belong to it, or NULL */
	const char *version; /* of the library that looks there, where the path names one; or NULL */
	enum gd_kernel_expected expected;
	int error; /* why it could not be told where the folder is; then `path` is where it should be */
};

/*
 * Adds the rows of one folder, once for all of its names. The one in
 * kernel_library, borrowed; NULL where none came of it.
 */
const struct gd_row *gd_kernel_folder_add(struct gd_ctx *ctx, const struct gd_kernel_folder *f);

extern const struct gd_table gd_kernel_library_table;
extern const struct gd_table gd_kernel_isa_table;

#endif
