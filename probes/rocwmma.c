/* SPDX-License-Identifier: MIT */
/*
 * The headers of rocWMMA beside each install of ROCm. Which ISAs they serve
 * stands in the compiler's macros that internal/config.hpp asks for
 * (__gfx1100__ …); for all others it ends the compilation.
 */
#include "probes/rocwmma.h"

#include <stdlib.h>
#include <string.h>

#include "object/target.h"
#include "probes/gpu_join.h"

#define HEADER "include/rocwmma/internal/config.hpp"

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The header that chooses by ISA." },
	{ .name = "install", .type = GD_TEXT, .help = "The install of ROCm that it lies beside: rocm_install.id." },
	{ .name = "isas", .type = GD_TEXT, .help = "The ISAs that it compiles for, with blanks between them." },
};

static const struct gd_table table = {
	.name = "rocwmma",
	.help = "The headers of rocWMMA, with which llama.cpp may be built (GGML_HIP_ROCWMMA_FATTN).",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

static const struct gd_column gpu_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The GPU and the header." },
	{ .name = "gpu", .type = GD_TEXT, .help = "The GPU: gpu.id." },
	{ .name = "header", .type = GD_TEXT, .help = "The header: rocwmma.id." },
	{ .name = "isa", .type = GD_TEXT, .help = "The ISA of the GPU." },
	{ .name = "served", .type = GD_BOOL, .help = "Whether the header compiles for it." },
};

static const struct gd_table gpu_table = {
	.name = "gpu_rocwmma",
	.help = "An AMD GPU and the headers of rocWMMA: whether they serve it.",
	.columns = gpu_columns,
	.column_count = GD_COUNT(gpu_columns),
};

/* Takes the ISA of "__gfx1151__" at `s`; returns behind it, or NULL where there is none. */
static const char *take_macro(const char *s, struct gd_strv *isas)
{
	size_t len = strspn(s + 2, "gfx0123456789abcdef");
	gd_autofree isa = NULL;

	if (strncmp(s, "__gfx", 5) != 0 || len < 6 || strncmp(s + 2 + len, "__", 2) != 0)
		return NULL;
	isa = gd_xasprintf("%.*s", (int)len, s + 2);
	if (!gd_strv_has(isas, isa))
		gd_strv_add(isas, isa);
	return s + 2 + len + 2;
}

static int compare(const void *a, const void *b)
{
	return gd_isa_compare(*(char *const *)a, *(char *const *)b);
}

void gd_rocwmma_isas(const char *header, struct gd_strv *isas)
{
	for (const char *s = strstr(header, "__gfx"); s; s = strstr(s, "__gfx")) {
		const char *behind = take_macro(s, isas);

		s = behind ? behind : s + 1;
	}
	if (isas->count)
		qsort(isas->items, isas->count, sizeof(*isas->items), compare);
}

/* One row for a header that is there. Returns false where nothing is known of it. */
static bool take_header(struct gd_ctx *ctx, const char *path, const char *install)
{
	gd_autobuf text = { 0 };
	gd_autostrv isas = { 0 };
	gd_autofree joined = NULL;
	int r = gd_host_read(ctx->host, path, &text);
	struct gd_row *row;

	if (gd_host_is_absence(r))
		return true;
	if (r == -GD_ENOTCAPTURED)
		return false;
	if (gd_facts_find(ctx->facts, table.name, path))
		return true;
	row = gd_facts_add(ctx->facts, table.name);
	gd_set_text(row, "id", path, path);
	gd_set_text(row, "install", install, "rocm_install");
	if (r < 0) {
		gd_take_error(ctx, row, "isas", path, r);
		return true;
	}
	gd_rocwmma_isas(gd_buf_peek(&text), &isas);
	joined = gd_strv_join(&isas, " ");
	if (isas.count)
		gd_set_text(row, "isas", joined, path);
	else
		gd_take_garbage(row, "isas", path, "it names no ISA");
	return true;
}

/* "/opt/rocm/include" for /opt/rocm/lib, "/usr/include" for /usr/lib/x86_64-linux-gnu. */
static bool look_beside(struct gd_ctx *ctx, const char *install)
{
	const char *parent = strrchr(install, '/');
	size_t len = parent ? (size_t)(parent - install) : 0;
	gd_autofree path = NULL;

	if (strstr(install, "/lib/") && len > 4 && !strncmp(install + len - 4, "/lib", 4))
		len -= 4;
	path = gd_xasprintf("%.*s/" HEADER, (int)len, install);
	return take_header(ctx, path, install);
}

static void add_gpu(struct gd_ctx *ctx, const struct gd_row *gpu, const struct gd_row *header)
{
	struct gd_row *row = gd_gpu_join_add(ctx, gpu_table.name, gpu, header);
	gd_autostrv isas = { 0 };

	gd_set_cell(row, "header", gd_get(header, "id"));
	gd_strv_split(&isas, gd_get_text(header, "isas", ""), " ");
	if (!gd_is_known(gpu, "isa"))
		gd_set_cell(row, "served", gd_get(gpu, "isa"));
	else if (!gd_is_known(header, "isas"))
		gd_set_cell(row, "served", gd_get(header, "isas"));
	else
		gd_set_bool(row, "served", gd_strv_has(&isas, gd_get_text(gpu, "isa", "")),
			    gd_get_text(header, "id", ""));
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *installs = gd_facts_table_peek(ctx->facts, "rocm_install");
	bool all = true;

	(void)err;
	for (size_t i = 0; installs && i < installs->count; i++)
		all &= look_beside(ctx, gd_get_text(installs->rows[i], "id", ""));
	if (!all)
		gd_facts_incomplete(ctx->facts, table.name, GD_GAP_NOT_CAPTURED,
				    "whether rocWMMA's headers are there was not captured",
				    gd_remedy_peek(-GD_ENOTCAPTURED));
	else if (installs && !installs->complete)
		gd_facts_incomplete(ctx->facts, table.name, installs->gap, installs->detail, installs->remedy);
	else
		gd_facts_complete(ctx->facts, table.name);
	gd_gpu_join(ctx, gpu_table.name, table.name, add_gpu);
	return 0;
}

const struct gd_probe gd_probe_rocwmma = {
	.name = "rocwmma",
	.help = "Reads which ISAs the installed headers of rocWMMA serve.",
	.tables = (const struct gd_table *const[]){ &table, &gpu_table, NULL },
	.needs = (const char *const[]){ "gpu", "rocm", NULL },
	.run = run,
};
