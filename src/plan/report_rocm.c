/* SPDX-License-Identifier: MIT */
/* The installs of ROCm in a report, and what each has for the GPUs here. */
#include <string.h>

#include "plan/report_parts.h"

static bool is_listed(const struct gd_report_rocm *install, const char *isa)
{
	for (size_t i = 0; i < install->kernel_count; i++)
		if (!strcmp(install->kernels[i].isa, isa))
			return true;
	return false;
}

/* "none" for what the install does not have. */
static const char *text_or_none(struct gd_report *r, const struct gd_row *row, const char *column)
{
	return gd_is_absent(row, column) ? "none" : gd_report_text(r, row, column);
}

/* GPUs of one ISA are served alike. */
static void fill_kernels(struct gd_report *r, struct gd_report_rocm *install, const struct gd_rows *rows)
{
	install->kernels = gd_xcalloc(rows->count, sizeof(*install->kernels));
	for (size_t i = 0; i < rows->count; i++) {
		const struct gd_row *row = rows->rows[i];
		const char *isa = gd_get_text(row, "isa", NULL);

		if (!isa || strcmp(gd_get_text(row, "install", ""), install->folder) || is_listed(install, isa))
			continue;
		install->kernels[install->kernel_count++] = (struct gd_report_kernels){
			.isa = gd_report_text(r, row, "isa"),
			.official = text_or_none(r, row, "official"),
			.hip_code = text_or_none(r, row, "hip_code"),
			.rocblas = text_or_none(r, row, "rocblas"),
			.hipblaslt = text_or_none(r, row, "hipblaslt"),
		};
	}
}

void gd_report_fill_rocm(struct gd_report *r, const struct gd_facts *facts)
{
	const struct gd_rows *installs = gd_facts_table_peek(facts, "rocm_install");
	const struct gd_rows *kernels = gd_facts_table_peek(facts, "gpu_rocm");

	r->rocm = gd_xcalloc(installs->count, sizeof(*r->rocm));
	for (size_t i = 0; i < installs->count; i++) {
		struct gd_report_rocm *install = &r->rocm[r->rocm_count++];

		install->folder = gd_report_text(r, installs->rows[i], "id");
		install->version = gd_report_text(r, installs->rows[i], "version");
		install->engine = gd_report_text(r, installs->rows[i], "engine");
		fill_kernels(r, install, kernels);
	}
	r->rocm_complete = installs->complete;
}
