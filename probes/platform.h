/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_PLATFORM_H
#define GD_PROBE_PLATFORM_H
/* Parts of the probe `platform`. */
#include "probe/probe.h"

/* Sets `container`. */
void gd_platform_take_container(struct gd_ctx *ctx, struct gd_row *row);
/* Sets `virtual_machine`; vendor and product must have been set. */
void gd_platform_take_vm(struct gd_ctx *ctx, struct gd_row *row);

#endif
