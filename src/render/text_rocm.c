/* SPDX-License-Identifier: MIT */
/* The installs of ROCm, each in a line: where it is, and whose kernels it has. */
#include <string.h>

#include "base/alloc.h"
#include "render/term.h"
#include "render/text_report.h"

/* One word of the fact, and what it means to people. */
static void put_kernels(struct gd_buf *s, const struct gd_report_kernels *k)
{
	if (!k->rocblas)
		gd_buf_printf(s, "whether rocBLAS has kernels for %s is not known", k->isa);
	else if (!strcmp(k->rocblas, "none"))
		gd_buf_puts(s, "without rocBLAS");
	else if (!strcmp(k->rocblas, "tuned"))
		gd_buf_printf(s, "rocBLAS has kernels for %s", k->isa);
	else if (!strcmp(k->rocblas, "fallback"))
		gd_buf_printf(s, "for %s rocBLAS has untuned kernels only", k->isa);
	else if (!strcmp(k->rocblas, "empty"))
		gd_buf_puts(s, "rocBLAS is without its kernels");
	else if (!strcmp(k->rocblas, "partial"))
		gd_buf_printf(s, "rocBLAS lacks a part of its kernels for %s", k->isa);
	else
		gd_buf_printf(s, "rocBLAS has no kernels for %s", k->isa);
	if (k->hipblaslt && (!strcmp(k->hipblaslt, "tuned") || !strcmp(k->hipblaslt, "fallback")))
		gd_buf_puts(s, ", hipBLASLt too");
}

static void put_install(const struct gd_report_rocm *install, const char *label, const struct gd_view *view,
			struct gd_buf *out)
{
	gd_autobuf s = { 0 };

	if (install->version)
		gd_buf_printf(&s, "%s in ", install->version);
	gd_buf_puts(&s, install->folder);
	if (install->engine)
		gd_buf_printf(&s, " (%s)", install->engine);
	for (size_t i = 0; i < install->kernel_count; i++) {
		/* That is so for all of them. */
		if (i && install->kernels[i].rocblas && !strcmp(install->kernels[i].rocblas, "empty"))
			break;
		gd_buf_puts(&s, i ? "; " : ": ");
		put_kernels(&s, &install->kernels[i]);
	}
	gd_paragraph(out, view, label, s.data);
}

void gd_text_rocm(const struct gd_report *r, const struct gd_view *view, struct gd_buf *out)
{
	const char *label = "ROCm     ";

	for (size_t i = 0; i < r->rocm_count; i++) {
		/* Without an AMD GPU it serves nobody. */
		if (!r->rocm[i].kernel_count && view->verbosity < GD_VERBOSE)
			continue;
		put_install(&r->rocm[i], label, view, out);
		label = "         ";
	}
}
