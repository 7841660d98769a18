/* SPDX-License-Identifier: MIT */
#ifndef GD_REPORT_PARTS_H
#define GD_REPORT_PARTS_H
/* The parts that fill one report; for src/plan only. */
#include "plan/report.h"

/* The text of a known cell, kept by the report, or NULL. `row` may be NULL. */
const char *gd_report_text(struct gd_report *r, const struct gd_row *row, const char *column);
/* Moves an owned string into the report. */
const char *gd_report_keep(struct gd_report *r, char *owned);
/* What a row is called for people: a GPU's name and address, else the key; "" for a one-row table. */
const char *gd_report_subject(struct gd_report *r, const struct gd_row *row);

void gd_report_fill_rocm(struct gd_report *r, const struct gd_facts *facts);
void gd_report_fill_findings(struct gd_report *r, const struct gd_verdicts *verdicts, bool show_private);
void gd_report_fill_open(struct gd_report *r, const struct gd_facts *facts, const struct gd_verdicts *verdicts);

#endif
