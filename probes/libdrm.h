/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_LIBDRM_H
#define GD_PROBE_LIBDRM_H
/* What the two parts of the libdrm probe share: devices in general, and those of amdgpu. Both run in a child. */
#include "probe/library.h"

/* A render node that was opened. */
struct gd_libdrm_device {
	struct gd_row *row; /* in drm_device */
	int fd;		    /* -1: not opened */
};

/*
 * With more devices than this, what is known is told after all of them and not
 * after each: every telling repeats everything, and an answer has its limits.
 */
enum { GD_LIBDRM_FEW_DEVICES = 8 };

/* Columns of drm_device from this one on are filled by libdrm_amdgpu. */
#define GD_LIBDRM_FIRST_AMDGPU_COLUMN "family_id"

extern const struct gd_table gd_amdgpu_firmware_table;

/* Asks libdrm_amdgpu about each open device whose driver is amdgpu; -1 is nobody's descriptor. */
void gd_libdrm_ask_amdgpu(struct gd_answer *a, const struct gd_libdrm_device *devices, size_t count);

/* What the driver says of itself where that is a plain number: 0 says nothing, more than `most` makes no sense. */
void gd_libdrm_set_number(struct gd_row *row, const char *column, uint64_t value, uint64_t most, const char *source);

#endif
