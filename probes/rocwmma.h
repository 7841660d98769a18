/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_ROCWMMA_H
#define GD_PROBE_ROCWMMA_H
/* For the probe rocwmma and its tests only. */
#include "base/strv.h"

/* Adds the ISAs whose macros (__gfx1151__) the header asks for, each once, sorted. */
void gd_rocwmma_isas(const char *header, struct gd_strv *isas);

#endif
