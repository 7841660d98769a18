/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_ROCM_H
#define GD_PROBE_ROCM_H
/* What the parts of the rocm probe share; used by probes/rocm*.c, process_*.c and their tests only. */
#include "probe/probe.h"
#include "probes/rocm_find.h"

/*
 * The ROCm release that the name of a library ends with: 70201 of
 * "libamdhip64.so.7.2.70201" is 7.2.1. 0 where it does not; HIP's own builds have
 * another number there, as in libamdhip64.so.6.4.43484.
 */
int64_t gd_rocm_release_number(const char *name);
/* "7.2.1" of 70201; owned. */
char *gd_rocm_release_text(int64_t number);
/* "5.2" of "librocblas.so.5.2.70201": the library's own version. Owned, or NULL where the name has none. */
char *gd_rocm_library_version(const char *name);
/* "7.2.1" at the start of "7.2.1-81"; owned, or NULL where it starts otherwise. */
char *gd_rocm_leading_version(const char *text);

/* The folders that the variables, the memory and the files of programs lead to, as far as other probes found them. */
void gd_rocm_look_by_programs(struct gd_ctx *ctx, struct gd_rocm_found *f);
/* Sets `loaded_by` of every row of rocm_install. */
void gd_rocm_set_loaded_by(struct gd_ctx *ctx);
/* The setting is one of a process in a container: the paths in it are not the machine's. */
bool gd_setting_is_of_container(const struct gd_facts *facts, const struct gd_row *setting);
/* The last component; borrowed. */
const char *gd_rocm_base_peek(const char *path);

/* What pacman has installed; read once, where it is. */
struct gd_rocm_packages {
	struct gd_strv pacman; /* names of folders: "rocblas-7.2.0-1" */
	int error; /* of reading them; -ENOENT where this is no machine with pacman */
	bool read;
};
void gd_rocm_packages_free(struct gd_rocm_packages *p);

/* Each sets its columns of a row of rocm_install. */
void gd_rocm_set_release(struct gd_ctx *ctx, struct gd_row *row, const struct gd_rocm_folder *d,
			 struct gd_rocm_packages *p);
void gd_rocm_set_owner(struct gd_ctx *ctx, struct gd_row *row, const struct gd_rocm_folder *d,
		       struct gd_rocm_packages *p);
/* The version of a package that pacman has, without its own release: "7.2.0". Owned, or NULL. */
char *gd_rocm_pacman_version(struct gd_ctx *ctx, struct gd_rocm_packages *p, const char *name);

#endif
