/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_ROCM_BUILDS_H
#define GD_PROBE_ROCM_BUILDS_H
/* Looking up published builds of ROCm in the table rocm_release, where a packager's rows stand oldest first. */
#include "fact/fact.h"

/* The newest row of a packager whose releases span this one, or NULL. A release may leave its last numbers out. */
const struct gd_row *gd_rocm_build_find(const struct gd_facts *facts, const char *packager, const char *isa,
					const char *version);
/*
 * The builds that have kernels of rocBLAS for an ISA, the newest of each
 * packager: "TheRock 10.0 (inferred), Debian 13", as rocm_release.checked says;
 * NULL where none is known. Owned.
 */
char *gd_rocm_builds_with(const struct gd_facts *facts, const char *isa);
/* The last of AMD's builds that had them, where the newest known has not; NULL elsewhere. */
const struct gd_row *gd_rocm_build_dropped(const struct gd_facts *facts, const char *isa);

#endif
