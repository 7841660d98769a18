/* SPDX-License-Identifier: MIT */
/* The figures of a GPU: compute units, memory, bandwidth, BAR and link. */
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "probes/gpu.h"

/* True where an earlier node of the card has the same location: a copy, no partition. */
static bool is_repeated(const struct gd_gpu_sources *s, size_t i)
{
	const char *at = gd_get_text(s->nodes[i], "pci_address", "");

	for (size_t k = 0; k < i; k++)
		if (!strcmp(gd_get_text(s->nodes[k], "pci_address", ""), at))
			return true;
	return false;
}

void gd_gpu_count_units(struct gd_row *gpu, const struct gd_gpu_sources *s)
{
	gd_autofree source = NULL;
	int64_t units = 0;
	int64_t parts = 0;

	gd_gpu_copy(gpu, "kfd_node", s->node_count ? s->nodes[0] : NULL, "node");
	if (!s->node_count) {
		gd_set_unknown(gpu, "cu_count", GD_GAP_NO_SOURCE, NULL, NULL);
		gd_set_unknown(gpu, "partitions", GD_GAP_NO_SOURCE, NULL, NULL);
		return;
	}
	for (size_t i = 0; i < s->node_count; i++) {
		const struct gd_cell *cu = gd_get(s->nodes[i], "cu_count");

		if (is_repeated(s, i))
			continue;
		parts++;
		if (cu->state != GD_KNOWN) {
			gd_set_cell(gpu, "cu_count", cu);
			units = -1;
		}
		units = units < 0 ? -1 : units + cu->value.i;
	}
	source = gd_xasprintf("%s%s",
			      gd_get(s->nodes[0], "pci_address")->source ? gd_get(s->nodes[0], "pci_address")->source
									 : "/sys/class/kfd/kfd/topology/nodes",
			      parts > 1 ? ", and those of the other partitions" : "");
	gd_set_int(gpu, "partitions", parts, source);
	if (units >= 0)
		gd_set_int(gpu, "cu_count", units, parts > 1 ? source : gd_get(s->nodes[0], "cu_count")->source);
}

/* A number of the GPU database that all matching rows agree on; false where they do not. */
static bool number_from_db(const struct gd_gpu_sources *s, const char *db_column, double *ret)
{
	const char *text = gd_pci_match_agreed_peek(&s->match, db_column);

	return text && gd_parse_real(text, ret) >= 0;
}

static int64_t sum_of_nodes(const struct gd_gpu_sources *s, const char *column)
{
	int64_t sum = 0;

	for (size_t i = 0; i < s->node_count; i++) {
		if (is_repeated(s, i))
			continue;
		if (!gd_is_known(s->nodes[i], column))
			return -1;
		sum += gd_get_int(s->nodes[i], column, 0);
	}
	return s->node_count ? sum : -1;
}

static void set_vram(struct gd_row *gpu, const struct gd_gpu_sources *s)
{
	bool discrete = gd_get_int(gpu, "integrated", 1) == 0;
	int64_t of_nodes = sum_of_nodes(s, "memory_mib");
	double mib;

	if (s->nvml && gd_is_known(s->nvml, "memory_total_mib"))
		gd_set_cell(gpu, "vram_mib", gd_get(s->nvml, "memory_total_mib"));
	else
		gd_gpu_copy(gpu, "vram_mib", s->amdgpu ? s->amdgpu : s->intel, "vram_mib");
	if (gd_is_known(gpu, "vram_mib") || !discrete)
		return;
	if (of_nodes > 0)
		gd_set_int(gpu, "vram_mib", of_nodes, gd_get(s->nodes[0], "memory_mib")->source);
	else if (number_from_db(s, "vram_mib", &mib))
		gd_set_int(gpu, "vram_mib", (int64_t)mib, s->match.source);
}

static void set_bus(struct gd_row *gpu, const struct gd_gpu_sources *s)
{
	bool discrete = gd_get_int(gpu, "integrated", 1) == 0;
	double bits;

	if (number_from_db(s, "bus_width_bits", &bits))
		gd_set_int(gpu, "memory_bus_bits", (int64_t)bits, s->match.source);
	else if (discrete && s->node_count)
		gd_gpu_copy(gpu, "memory_bus_bits", s->nodes[0], "memory_width_bits");
	else
		gd_set_unknown(gpu, "memory_bus_bits", GD_GAP_NO_SOURCE,
			       "the GPU database does not say it for this PCI id", NULL);
}

/*
 * An integrated GPU has the bandwidth of the RAM. KFD's node for the CPU gives
 * the memory's transfer rate as the firmware tables (SMBIOS type 17) have it.
 */
static bool set_bandwidth_of_ram(struct gd_ctx *ctx, struct gd_row *gpu)
{
	const struct gd_rows *nodes = gd_facts_table_peek(ctx->facts, "kfd_node");
	int64_t bits = gd_get_int(gpu, "memory_bus_bits", 0);

	for (size_t i = 0; bits > 0 && i < nodes->count; i++) {
		const struct gd_row *node = nodes->rows[i];
		int64_t mtps = gd_get_int(node, "memory_clock_mhz", 0);

		if (gd_get_int(node, "is_gpu", 1) || mtps <= 0)
			continue;
		gd_autofree source = gd_xasprintf("memory_bus_bits × the RAM's %lld MT/s (%s) / 8", (long long)mtps,
						  gd_get(node, "memory_clock_mhz")->source);

		gd_set_real(gpu, "bandwidth_gbps", (double)bits * (double)mtps / 8000, source);
		return true;
	}
	return false;
}

static void set_bandwidth(struct gd_ctx *ctx, struct gd_row *gpu, const struct gd_gpu_sources *s)
{
	bool integrated = gd_get_int(gpu, "integrated", 0) == 1;
	double gbps;

	if (number_from_db(s, "bandwidth_gbps", &gbps))
		gd_set_real(gpu, "bandwidth_gbps", gbps, s->match.source);
	else if (!integrated || !set_bandwidth_of_ram(ctx, gpu))
		gd_set_unknown(gpu, "bandwidth_gbps", GD_GAP_NO_SOURCE,
			       integrated ? "it depends on the memory modules, which only root may look up"
					  : "the GPU database does not say it for this PCI id",
			       integrated ? "dmidecode -t memory (as root) shows their speed" : NULL);
}

/*
 * All of the memory reachable means that resizable BAR is in effect. The driver
 * says so itself on AMD; elsewhere the BAR's size does. 256 MiB is the size
 * that the BAR has without it.
 */
static void set_resizable_bar(struct gd_row *gpu)
{
	int64_t vram = gd_get_int(gpu, "vram_mib", -1);
	int64_t visible = gd_get_int(gpu, "visible_vram_mib", -1);
	int64_t bar = gd_get_int(gpu, "bar_max_mib", -1);

	if (gd_get_int(gpu, "integrated", 0) == 1)
		gd_set_absent(gpu, "resizable_bar", "an integrated GPU has no memory of its own behind a BAR");
	else if (vram > 0 && visible >= 0)
		gd_set_bool(gpu, "resizable_bar", visible >= vram - vram / 50, gd_get(gpu, "visible_vram_mib")->source);
	else if (bar >= 0 && bar <= 256)
		gd_set_bool(gpu, "resizable_bar", false, gd_get(gpu, "bar_max_mib")->source);
	else if (bar >= 0 && vram > 0)
		gd_set_bool(gpu, "resizable_bar", bar >= vram - vram / 50, gd_get(gpu, "bar_max_mib")->source);
	else if (bar >= 0 && vram == 0)
		gd_set_unknown(gpu, "resizable_bar", GD_GAP_GARBAGE, "the driver says that the card has no memory",
			       NULL);
	else
		gd_set_cell(gpu, "resizable_bar", gd_get(gpu, bar < 0 ? "bar_max_mib" : "vram_mib"));
}

void gd_gpu_measure(struct gd_ctx *ctx, struct gd_row *gpu, const struct gd_gpu_sources *s)
{
	static const char *const from_pci[] = {
		"bar_max_mib",	  "link_gtps",	   "link_width",     "link_max_gtps", "link_max_width",
		"link_reliable",  "slot",	   "slot_gtps",	     "slot_width",    "slot_max_gtps",
		"slot_max_width", "path_max_gtps", "path_max_width",
	};
	static const char *const from_amdgpu[] = { "vram_used_mib", "visible_vram_mib", "gtt_mib", "gtt_used_mib" };
	double cu;

	for (size_t i = 0; i < GD_COUNT(from_pci); i++)
		gd_gpu_copy(gpu, from_pci[i], s->pci, from_pci[i]);
	for (size_t i = 0; i < GD_COUNT(from_amdgpu); i++)
		gd_gpu_copy(gpu, from_amdgpu[i], s->amdgpu, from_amdgpu[i]);
	if (s->nvml)
		gd_set_cell(gpu, "vram_used_mib", gd_get(s->nvml, "memory_used_mib"));
	if (!gd_is_known(gpu, "cu_count") && !s->node_count &&
	    number_from_db(s, "cu", &cu))
		gd_set_int(gpu, "cu_count", (int64_t)cu, s->match.source);
	set_vram(gpu, s);
	set_bus(gpu, s);
	set_bandwidth(ctx, gpu, s);
	set_resizable_bar(gpu);
}
