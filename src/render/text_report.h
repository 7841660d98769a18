/* SPDX-License-Identifier: MIT */
#ifndef GD_TEXT_REPORT_H
#define GD_TEXT_REPORT_H
#include "render/render.h"

/* The report of `check` as text for people. */
void gd_text_report(const struct gd_report *r, const struct gd_view *view, struct gd_buf *out);

/* Its lines about ROCm. */
void gd_text_rocm(const struct gd_report *r, const struct gd_view *view, struct gd_buf *out);

#endif
