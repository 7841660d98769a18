/* SPDX-License-Identifier: MIT */
#ifndef GD_AMDGPU_ROW_H
#define GD_AMDGPU_ROW_H
/* What the parts of the amdgpu probe share; used by probes/amdgpu*.c only. */
#include "probe/probe.h"

struct gd_amdgpu {
	struct gd_ctx *ctx;
	struct gd_row *row;
	const char *dir; /* of the device in sysfs, without a slash at its end */
};

/* Reads DIR/FILE; *ret_path is set in any case. -EBADMSG where it is no text. */
int gd_amdgpu_read(const struct gd_amdgpu *d, const char *file, struct gd_buf *out, char **ret_path);
/* As gd_take_error(), with what EPERM and others mean for a file of this driver. */
void gd_amdgpu_take_error(const struct gd_amdgpu *d, const char *column, const char *path, int error);
/* One line of text as it is; an empty file is absent. */
void gd_amdgpu_take_line(const struct gd_amdgpu *d, const char *column, const char *file);

/* Clocks, sensors, power settings: whatever wakes the device when read. */
void gd_amdgpu_take_power(const struct gd_amdgpu *d);
/* Instead: says why none of these was read. */
void gd_amdgpu_skip_power(const struct gd_amdgpu *d, const char *detail, const char *remedy);

/* pp_dpm_*: either column may be NULL. */
void gd_amdgpu_take_clock(const struct gd_amdgpu *d, const char *current, const char *max, const char *file);
/* The name of the marked profile in pp_power_profile_mode, or NULL; owned. */
char *gd_amdgpu_marked_profile(const char *text);

#endif
