/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_ROCM_RELEASE_H
#define GD_PROBE_ROCM_RELEASE_H
/* Looking up builds of ROCm in data/gpu-db/rocm-releases.csv, whose columns its README tells. */
#include "base/csv.h"
#include "base/defs.h"

/* The newest row of a packager whose releases span this one, or -1. A release may leave its last numbers out. */
int gd_rocm_release_find(const struct gd_csv *t, const char *packager, const char *version);
/* True where a column that holds a list with semicolons has this word in it. */
bool gd_csv_list_has(const struct gd_csv *t, size_t row, const char *column, const char *word);
/*
 * The builds that have kernels of rocBLAS for an ISA, the newest of each
 * packager: "TheRock 10.0, Debian experimental"; NULL where none is known. Owned.
 */
char *gd_rocm_release_builds(const struct gd_csv *t, const char *isa);
/* The last of AMD's builds that had them, where the newest known has not; NULL elsewhere. Borrowed. */
const char *gd_rocm_release_last_peek(const struct gd_csv *t, const char *isa);

#endif
