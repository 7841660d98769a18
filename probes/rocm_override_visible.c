/* SPDX-License-Identifier: MIT */
/*
 * Which GPUs the variables of a scope leave to its programs.
 *
 * Sources: ROCR, amd_filter_device.cpp: ROCR_VISIBLE_DEVICES holds numbers of
 * GPUs in the order of the compute topology or starts of UUIDs, and ends where
 * one of them names none; empty, it leaves no GPU. HIP, rocdevice.cpp: of what
 * is left, HIP_VISIBLE_DEVICES or else CUDA_VISIBLE_DEVICES chooses again, and
 * does nothing where it is empty. AMD's manual says that GPU_DEVICE_ORDINAL
 * does so too, the source for OpenCL only.
 */
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "base/strv.h"
#include "probes/rocm_override.h"

/* Eight GPUs in eight partitions each. */
enum { NODES_MAX = 64 };

struct nodes {
	const struct gd_row *rows[NODES_MAX];
	size_t count;
};

static int64_t number_of(const struct gd_row *node)
{
	return gd_get_int(node, "node", -1);
}

/* In the order of their numbers, which the table need not have. */
static void insert(struct nodes *n, const struct gd_row *node)
{
	size_t at = n->count++;

	for (; at > 0 && number_of(n->rows[at - 1]) > number_of(node); at--)
		n->rows[at] = n->rows[at - 1];
	n->rows[at] = node;
}

/* False where the topology is not known in full. */
static bool list_nodes(const struct gd_ctx *ctx, struct nodes *ret)
{
	const struct gd_rows *nodes = gd_facts_table_peek(ctx->facts, "kfd_node");

	if (!nodes || !nodes->complete)
		return false;
	for (size_t i = 0; i < nodes->count; i++) {
		if (!gd_is_known(nodes->rows[i], "is_gpu") || ret->count == NODES_MAX)
			return false;
		if (gd_get_int(nodes->rows[i], "is_gpu", 0) == 1)
			insert(ret, nodes->rows[i]);
	}
	return true;
}

/* The node whose UUID starts so: 1; 0 where there is none, or more than one; -1 where that cannot be told. */
static int find_uuid(const struct nodes *n, const char *token, const struct gd_row **ret)
{
	int found = 0;

	for (size_t i = 0; i < n->count; i++) {
		const struct gd_cell *id = gd_get(n->rows[i], "unique_id");
		gd_autofree uuid = NULL;
		uint64_t number;

		if (id->state == GD_ABSENT)
			continue;
		if (id->state != GD_KNOWN)
			return -1;
		if (gd_parse_u64(id->value.s, 10, &number) < 0)
			continue;
		uuid = gd_xasprintf("GPU-%016llx", (unsigned long long)number);
		if (strncasecmp(uuid, token, strlen(token)) != 0)
			continue;
		*ret = n->rows[i];
		found++;
	}
	return found == 1;
}

/* What one entry of a list names: as above. */
static int find_entry(const struct nodes *n, const char *token, const struct gd_row **ret)
{
	int64_t index;

	if (!strncasecmp(token, "GPU-", strlen("GPU-")) && token[strlen("GPU-")])
		return find_uuid(n, token, ret);
	if (gd_parse_i64(token, 10, &index) < 0 || index < 0 || index >= (int64_t)n->count)
		return 0;
	*ret = n->rows[index];
	return 1;
}

static bool choose(const char *value, struct nodes *n)
{
	struct nodes chosen = { 0 };
	gd_autostrv tokens = { 0 };

	gd_strv_split(&tokens, value, ",");
	for (size_t i = 0; i < tokens.count && chosen.count < NODES_MAX; i++) {
		const struct gd_row *node = NULL;
		int found = find_entry(n, gd_trim(tokens.items[i]), &node);

		if (found < 0)
			return false;
		if (!found)
			break;
		chosen.rows[chosen.count++] = node;
	}
	*n = chosen;
	return true;
}

/* False where the variable has a value that is not known. */
static bool value_of(const struct gd_ctx *ctx, const char *scope, const char *variable, const char **ret)
{
	const struct gd_row *setting = gd_setting_peek(ctx, scope, variable);

	*ret = setting ? gd_get_text(setting, "value", NULL) : NULL;
	return !setting || *ret;
}

/* A GPU in partitions has several nodes, which follow each other. */
static bool holds_gpu(const struct gd_ctx *ctx, const struct nodes *n, int64_t first)
{
	const struct gd_rows *gpus = gd_facts_table_peek(ctx->facts, "gpu");
	int64_t end = INT64_MAX;

	for (size_t i = 0; i < gpus->count; i++) {
		int64_t other = gd_get_int(gpus->rows[i], "kfd_node", -1);

		if (other > first && other < end)
			end = other;
	}
	for (size_t i = 0; i < n->count; i++)
		if (number_of(n->rows[i]) >= first && number_of(n->rows[i]) < end)
			return true;
	return false;
}

enum gd_visible gd_override_sees(const struct gd_ctx *ctx, const struct gd_row *scope, const struct gd_row *gpu)
{
	static const char *const names[] = {
		"ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL",
	};
	const char *id = gd_get_text(scope, "id", "");
	int64_t node = gd_get_int(gpu, "kfd_node", -1);
	const char *values[GD_COUNT(names)];
	struct nodes nodes = { 0 };
	const char *hip;
	bool any = false;

	for (size_t i = 0; i < GD_COUNT(names); i++) {
		if (!value_of(ctx, id, names[i], &values[i]))
			return GD_VISIBLE_OPEN;
		any |= values[i] && (!i || *values[i]);
	}
	if (!any)
		return GD_VISIBLE;
	/* A container may have some of the GPUs only, and counts those. */
	if (gd_get_int(scope, "container", 0) == 1 || node < 0 || !list_nodes(ctx, &nodes))
		return GD_VISIBLE_OPEN;
	hip = values[1] && *values[1] ? values[1] : values[2];
	if ((values[0] && !choose(values[0], &nodes)) || (hip && *hip && !choose(hip, &nodes)))
		return GD_VISIBLE_OPEN;
	if (!holds_gpu(ctx, &nodes, node))
		return GD_VISIBLE_NOT;
	if (!values[3] || !*values[3])
		return GD_VISIBLE;
	return choose(values[3], &nodes) && holds_gpu(ctx, &nodes, node) ? GD_VISIBLE : GD_VISIBLE_OPEN;
}
