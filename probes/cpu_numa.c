/* SPDX-License-Identifier: MIT */
/* NUMA nodes: CPUs, memory, and GPUs' memory that the kernel manages like its own. */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "cpu.h"

static const char sys_node[] = "/sys/devices/system/node";
static const char sys_pci[] = "/sys/bus/pci/devices";

enum { MAX_NODES = 1024 };

struct node {
	int64_t id;
	int has_cpus; /* 1, 0, or -1 where not known */
	int64_t memory_mib; /* -1 where not known */
};

/* "node12" as 12, or -1 for the other names in that directory. */
static int64_t node_id(const char *name)
{
	int64_t id;

	if (strncmp(name, "node", 4) || strspn(name + 4, "0123456789") != strlen(name + 4))
		return -1;
	return gd_parse_i64(name + 4, 10, &id) < 0 || id >= MAX_NODES ? -1 : id;
}

/* Without the list, the mask still shows whether there are any. */
static int cpus_by_map(struct gd_ctx *ctx, int64_t id)
{
	gd_autofree path = gd_xasprintf("%s/node%lld/cpumap", sys_node, (long long)id);
	gd_autobuf text = { 0 };

	if (gd_host_read(ctx->host, path, &text) < 0 || !text.len ||
	    strspn(text.data, "0123456789abcdef,\n") != text.len)
		return -1;
	return strcspn(text.data, "123456789abcdef") != text.len;
}

static void take_cpus(struct gd_ctx *ctx, struct gd_row *row, struct node *node)
{
	gd_autofree path = gd_xasprintf("%s/node%lld/cpulist", sys_node, (long long)node->id);
	gd_autobuf text = { 0 };
	struct gd_cpu_set set;
	char *list;

	node->has_cpus = -1;
	if (!gd_take_content(ctx, row, "cpus", path, &text)) {
		if (gd_is_absent(row, "cpus"))
			gd_cpu_unknown(row, "cpus", path, -ENOENT);
		node->has_cpus = cpus_by_map(ctx, node->id);
		return;
	}
	list = text.data ? gd_trim(text.data) : NULL;
	if (list && gd_cpu_parse_set(list, &set) < 0) {
		gd_take_garbage(row, "cpus", path, list);
		return;
	}
	node->has_cpus = list && *list;
	if (node->has_cpus)
		gd_set_text(row, "cpus", list, path);
	else
		gd_set_absent(row, "cpus", path);
}

/* "Node 0 MemTotal:       134204252 kB" */
static int64_t parse_total(const char *text, int64_t id)
{
	gd_autofree key = gd_xasprintf("Node %lld MemTotal", (long long)id);
	gd_autofree value = gd_line_value(text, key, ":");
	size_t len = value ? strlen(value) : 0;
	int64_t kib;

	if (len < 3 || strcmp(value + len - 2, "kB"))
		return -1;
	value[len - 2] = '\0';
	return gd_parse_i64(value, 10, &kib) < 0 || kib < 0 ? -1 : kib / 1024;
}

static void take_memory(struct gd_ctx *ctx, struct gd_row *row, struct node *node)
{
	gd_autofree path = gd_xasprintf("%s/node%lld/meminfo", sys_node, (long long)node->id);
	gd_autobuf text = { 0 };

	node->memory_mib = -1;
	if (!gd_take_content(ctx, row, "memory_mib", path, &text)) {
		if (gd_is_absent(row, "memory_mib"))
			gd_cpu_unknown(row, "memory_mib", path, -ENOENT);
		return;
	}
	node->memory_mib = parse_total(gd_buf_peek(&text), node->id);
	if (node->memory_mib < 0)
		gd_take_garbage(row, "memory_mib", path, gd_buf_peek(&text));
	else
		gd_set_int(row, "memory_mib", node->memory_mib, path);
}

static int read_hex(struct gd_ctx *ctx, const char *device, const char *file, int64_t *ret)
{
	gd_autofree path = gd_xasprintf("%s/%s/%s", sys_pci, device, file);
	gd_autobuf text = { 0 };
	int r = gd_host_read(ctx->host, path, &text);

	if (r < 0)
		return r;
	return gd_parse_i64(gd_buf_peek(&text), 16, ret) < 0 ? -EINVAL : 0;
}

/*
 * Whether a GPU is there whose memory shows as a node: an NVIDIA one beside an
 * Arm CPU (Grace and later), or AMD's MI300A. 1, 0 or the error.
 */
static int has_memory_gpu(struct gd_ctx *ctx, const struct gd_cpus *cpus)
{
	gd_autostrv devices = { 0 };
	int r = gd_host_list(ctx->host, sys_pci, &devices);
	int first = 0;

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < devices.count; i++) {
		int64_t vendor = 0;
		int64_t device = 0;
		int64_t class = 0;

		r = read_hex(ctx, devices.items[i], "vendor", &vendor);
		if (!r && vendor == 0x10de)
			r = read_hex(ctx, devices.items[i], "class", &class);
		if (!r && vendor == 0x1002)
			r = read_hex(ctx, devices.items[i], "device", &device);
		if ((class >> 16 == 3 && gd_cpuinfo_is_arm(&cpus->info)) || device == 0x74a0)
			return 1;
		first = first ? first : r;
	}
	return first;
}

static void take_gpu_memory(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus, const struct node *node)
{
	gd_autofree dir = gd_xasprintf("%s/node%lld", sys_node, (long long)node->id);
	gd_autofree source = NULL;
	int r;

	if (node->has_cpus == 1 || node->memory_mib == 0) {
		gd_set_bool(row, "gpu_memory", false, dir);
		return;
	}
	if (node->has_cpus < 0 || node->memory_mib < 0) {
		gd_set_cell(row, "gpu_memory", gd_get(row, node->has_cpus < 0 ? "cpus" : "memory_mib"));
		return;
	}
	r = has_memory_gpu(ctx, cpus);
	source = gd_xasprintf("%s, %s", dir, sys_pci);
	if (r < 0)
		gd_cpu_unknown(row, "gpu_memory", sys_pci, r);
	else
		gd_set_bool(row, "gpu_memory", r, source);
}

/* Whether the node is one of the machine's own: 1, 0, or -1 where that is not known. */
static int counts(const struct gd_row *row, const struct node *node)
{
	const struct gd_cell *gpu = gd_get(row, "gpu_memory");

	if (node->has_cpus == 1)
		return 1;
	if (node->memory_mib == 0 && !node->has_cpus)
		return 0;
	if (gpu->state != GD_KNOWN || node->has_cpus < 0 || node->memory_mib < 0)
		return -1;
	return !gpu->value.i;
}

void gd_cpu_take_numa(struct gd_ctx *ctx, struct gd_row *row, const struct gd_cpus *cpus)
{
	gd_autostrv names = { 0 };
	int r = gd_host_list(ctx->host, sys_node, &names);
	const struct gd_row *open = NULL;
	int64_t nodes = 0;

	if (r < 0) {
		gd_take_list_error(ctx, "numa_node", sys_node, r);
		/* A kernel without NUMA support treats all memory as one. */
		if (r == -ENOENT)
			gd_set_int(row, "numa_nodes", 1, "no /sys/devices/system/node");
		else
			gd_cpu_unknown(row, "numa_nodes", sys_node, r);
		return;
	}
	gd_facts_complete(ctx->facts, "numa_node");
	for (size_t i = 0; i < names.count; i++) {
		struct node node = { .id = node_id(names.items[i]) };
		struct gd_row *node_row;
		int n;

		if (node.id < 0)
			continue;
		node_row = gd_facts_add(ctx->facts, "numa_node");
		gd_set_int(node_row, "id", node.id, sys_node);
		take_cpus(ctx, node_row, &node);
		take_memory(ctx, node_row, &node);
		take_gpu_memory(ctx, node_row, cpus, &node);
		n = counts(node_row, &node);
		nodes += n == 1;
		open = n < 0 ? node_row : open;
	}
	if (open)
		gd_set_unknown(row, "numa_nodes", GD_GAP_AMBIGUOUS,
			       "whether a node's memory is a GPU's is not known; see numa_node", NULL);
	else if (nodes)
		gd_set_int(row, "numa_nodes", nodes, sys_node);
	else
		gd_cpu_unknown(row, "numa_nodes", sys_node, -EINVAL);
}
