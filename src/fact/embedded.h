/* SPDX-License-Identifier: MIT */
#ifndef GD_EMBEDDED_H
#define GD_EMBEDDED_H
/* Data files built into the program; tools/embed.awk writes the definitions. */
#include "base/defs.h"

struct gd_embedded {
	const char *name; /* the file's name without folder and ending; NULL ends a list */
	const char *file; /* as it stands in the source tree, for messages */
	const char *text;
	size_t len;
};

extern const struct gd_embedded gd_embedded_gpudb[]; /* data/gpu-db, *.csv */
extern const struct gd_embedded gd_embedded_rules[]; /* rules, *.rules */
extern const struct gd_embedded gd_embedded_demo[]; /* the capture shown by check --demo */

#endif
