/* SPDX-License-Identifier: MIT */
/* The caller's environment, as far as it changes what ROCm's runtime reports of the GPUs. */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "probes/hsa.h"

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "Always \"caller\"." },
	{ .name = "override",
	  .type = GD_TEXT,
	  .help = "The ISA that ROCm shall take every GPU for: HSA_OVERRIDE_GFX_VERSION." },
	{ .name = "node_overrides",
	  .type = GD_TEXT,
	  .help = "The variables of that name with _ and the number of a node behind it, which win over it." },
	{ .name = "overridden", .type = GD_BOOL, .help = "Any of these is set." },
	{ .name = "override_valid",
	  .type = GD_BOOL,
	  .help = "All of them are three decimal numbers, as in 10.3.0; others keep the runtime from starting." },
	{ .name = "rocr_visible_devices",
	  .type = GD_TEXT,
	  .help = "ROCR_VISIBLE_DEVICES: the GPUs that the runtime shall show." },
	{ .name = "devices_chosen", .type = GD_BOOL, .help = "ROCR_VISIBLE_DEVICES is set, so GPUs may be hidden." },
	{ .name = "hip_visible_devices",
	  .type = GD_TEXT,
	  .help = "HIP_VISIBLE_DEVICES: the GPUs that HIP shall show of those." },
	{ .name = "xnack", .type = GD_TEXT, .help = "HSA_XNACK: whether page faults of the GPU are to be served." },
	{ .name = "enable_sdma", .type = GD_TEXT, .help = "HSA_ENABLE_SDMA: whether the copy engines may be used." },
};

static const struct gd_table table = {
	.name = "hsa_env",
	.help = "Variables of the environment that gpudoctor was started with, as ROCm's runtime reads them.",
	.singleton = true,
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

static const struct gd_table *const tables[] = { &table, NULL };

/* A variable that is set, or NULL. */
static char *variable(struct gd_host *h, const char *name)
{
	char *value = NULL;

	return gd_host_env(h, name, &value) == 0 ? value : NULL;
}

void gd_hsa_overrides_take(struct gd_host *h, struct gd_hsa_overrides *ret)
{
	ret->all = variable(h, GD_HSA_OVERRIDE);
	for (int n = 0; n < GD_HSA_NODES; n++) {
		gd_autofree name = gd_xasprintf(GD_HSA_OVERRIDE "_%d", n);

		ret->of_node[n] = variable(h, name);
	}
}

void gd_hsa_overrides_free(struct gd_hsa_overrides *o)
{
	free(o->all);
	for (int n = 0; n < GD_HSA_NODES; n++)
		free(o->of_node[n]);
}

bool gd_hsa_is_overridden(const struct gd_hsa_overrides *o)
{
	for (int n = 0; n < GD_HSA_NODES; n++)
		if (o->of_node[n])
			return true;
	return o->all != NULL;
}

const char *gd_hsa_override_peek(const struct gd_hsa_overrides *o, int64_t node)
{
	if (node >= 0 && node < GD_HSA_NODES && o->of_node[node])
		return o->of_node[node];
	return o->all;
}

/* Those of single nodes, behind what is there. */
static void add_of_nodes(const struct gd_hsa_overrides *o, struct gd_buf *out)
{
	for (int n = 0; n < GD_HSA_NODES; n++)
		if (o->of_node[n])
			gd_buf_printf(out, "%s" GD_HSA_OVERRIDE "_%d=%s", out->len ? " " : "", n, o->of_node[n]);
}

char *gd_hsa_overrides_text(const struct gd_hsa_overrides *o)
{
	gd_autobuf text = { 0 };

	if (o->all)
		gd_buf_printf(&text, GD_HSA_OVERRIDE "=%s", o->all);
	add_of_nodes(o, &text);
	return text.len ? gd_buf_take(&text) : NULL;
}

int gd_hsa_override_parse(const char *text, unsigned ret[GD_HSA_ISA_PARTS])
{
	static const uint64_t most[GD_HSA_ISA_PARTS] = { 63, 255, 255 };
	gd_autostrv parts = { 0 };

	text += strspn(text, " \t"); /* scanf() passes over these too */
	if (text[strspn(text, "0123456789.")] || strstr(text, "..") || *text == '.')
		return -EINVAL;
	gd_strv_split(&parts, text, ".");
	if (parts.count != GD_HSA_ISA_PARTS || text[strlen(text) - 1] == '.')
		return -EINVAL;
	for (size_t i = 0; i < GD_HSA_ISA_PARTS; i++) {
		uint64_t number;

		if (gd_parse_u64(parts.items[i], 10, &number) < 0 || number > most[i])
			return -EINVAL;
		ret[i] = (unsigned)number;
	}
	return 0;
}

bool gd_hsa_override_is_valid(const char *text)
{
	unsigned parts[GD_HSA_ISA_PARTS];

	return gd_hsa_override_parse(text, parts) == 0;
}

static bool are_valid(const struct gd_hsa_overrides *o)
{
	for (int n = 0; n < GD_HSA_NODES; n++)
		if (o->of_node[n] && !gd_hsa_override_is_valid(o->of_node[n]))
			return false;
	return !o->all || gd_hsa_override_is_valid(o->all);
}

static const char source[] = "the caller's environment";

/* Returns whether it is set. */
static bool take_variable(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *name)
{
	gd_autofree value = NULL;
	int r = gd_host_env(ctx->host, name, &value);

	if (r == 0)
		gd_set_text(row, column, value, name);
	else
		gd_take_error(ctx, row, column, name, r);
	return r == 0;
}

/* In a tree, which nobody was started in, no variable is known. */
static void take_overrides(struct gd_ctx *ctx, struct gd_row *row)
{
	GD_CLEANUP(gd_hsa_overrides_free) struct gd_hsa_overrides o = { 0 };
	const struct gd_cell *all = gd_get(row, "override");
	gd_autobuf of_nodes = { 0 };

	gd_hsa_overrides_take(ctx->host, &o);
	add_of_nodes(&o, &of_nodes);
	if (all->state == GD_UNKNOWN) {
		static const char *const columns_too[] = { "node_overrides", "overridden", "override_valid" };

		for (size_t i = 0; i < GD_COUNT(columns_too); i++)
			gd_set_unknown(row, columns_too[i], all->gap, all->detail, all->remedy);
		return;
	}
	if (of_nodes.len)
		gd_set_text(row, "node_overrides", of_nodes.data, source);
	else
		gd_set_absent(row, "node_overrides", source);
	gd_set_bool(row, "overridden", gd_hsa_is_overridden(&o), source);
	if (gd_hsa_is_overridden(&o))
		gd_set_bool(row, "override_valid", are_valid(&o), source);
	else
		gd_set_absent(row, "override_valid", source);
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	struct gd_row *row = gd_facts_add(ctx->facts, table.name);
	const struct gd_cell *chosen = gd_get(row, "rocr_visible_devices");

	(void)err;
	gd_set_text(row, "id", "caller", "gpudoctor");
	take_variable(ctx, row, "override", GD_HSA_OVERRIDE);
	take_overrides(ctx, row);
	take_variable(ctx, row, "rocr_visible_devices", "ROCR_VISIBLE_DEVICES");
	if (chosen->state == GD_UNKNOWN)
		gd_set_unknown(row, "devices_chosen", chosen->gap, chosen->detail, chosen->remedy);
	else
		gd_set_bool(row, "devices_chosen", chosen->state == GD_KNOWN, source);
	take_variable(ctx, row, "hip_visible_devices", "HIP_VISIBLE_DEVICES");
	take_variable(ctx, row, "xnack", "HSA_XNACK");
	take_variable(ctx, row, "enable_sdma", "HSA_ENABLE_SDMA");
	gd_facts_complete(ctx->facts, table.name);
	return 0;
}

const struct gd_probe gd_probe_hsa_env = {
	.name = "hsa_env",
	.help = "Variables of the caller's environment that change what ROCm reports.",
	.tables = tables,
	.run = run,
};
