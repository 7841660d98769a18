/* SPDX-License-Identifier: MIT */
/* One node of the KFD topology: its identity and properties. */
#include "kfd_node.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"

#define OLD_KERNEL "use a newer kernel"

enum flags {
	ZERO_IS_NONE = 1, /* the kernel prints 0 for "has none" */
	GPU_ONLY = 2, /* means nothing on a CPU node */
	MISSING_IS_NONE = 4, /* that the line is missing is an answer */
	AS_HEX4 = 8, /* a PCI id, shown as text */
	AS_TEXT = 16, /* does not fit into 63 bits */
};

/* One line of `properties`. */
struct property {
	const char *column;
	const char *key;
	const char *remedy; /* where the line is missing */
	unsigned flags;
};

static const struct property properties[] = {
	{ .column = "cpu_cores", .key = "cpu_cores_count" },
	{ .column = "simd_count", .key = "simd_count" },
	{ .column = "simd_per_cu", .key = "simd_per_cu", .flags = GPU_ONLY },
	{ .column = "xcc_count", .key = "num_xcc", .flags = GPU_ONLY | ZERO_IS_NONE },
	/* Commit 9d6fa9c7ff93, merged for 5.15. */
	{ .column = "gfx_target_version", .key = "gfx_target_version", .remedy = "Linux 5.15 or later reports it" },
	{ .column = "vendor_id", .key = "vendor_id", .flags = GPU_ONLY | ZERO_IS_NONE | AS_HEX4 },
	{ .column = "device_id", .key = "device_id", .flags = GPU_ONLY | ZERO_IS_NONE | AS_HEX4 },
	{ .column = "domain", .key = "domain", .flags = GPU_ONLY },
	{ .column = "location_id", .key = "location_id", .flags = GPU_ONLY },
	{ .column = "render_minor", .key = "drm_render_minor", .flags = GPU_ONLY | ZERO_IS_NONE },
	{ .column = "lds_kib", .key = "lds_size_in_kb", .flags = GPU_ONLY },
	{ .column = "wave_size", .key = "wave_front_size", .flags = GPU_ONLY },
	{ .column = "fw_version", .key = "fw_version", .flags = GPU_ONLY },
	{ .column = "sdma_fw_version", .key = "sdma_fw_version", .flags = GPU_ONLY },
	{ .column = "cwsr_size", .key = "cwsr_size", .flags = GPU_ONLY | MISSING_IS_NONE },
	{ .column = "ctl_stack_size", .key = "ctl_stack_size", .flags = GPU_ONLY | MISSING_IS_NONE },
	{ .column = "unique_id", .key = "unique_id", .flags = GPU_ONLY | ZERO_IS_NONE | AS_TEXT },
	{ .column = "hive_id", .key = "hive_id", .flags = GPU_ONLY | ZERO_IS_NONE | AS_TEXT },
};

/* Cells that follow from the properties. */
static const char *const derived[] = { "is_gpu", "cu_count", "isa", "pci_address", "max_engine_mhz" };

static void set_garbage_line(struct gd_row *row, const char *column, const char *path, const char *text,
			     const char *key)
{
	gd_autofree value = gd_line_value(text, key, " \t");
	gd_autofree line = gd_xasprintf("%s %s", key, value ? value : "");

	gd_take_garbage(row, column, path, line);
}

static void set_number(struct gd_row *row, const struct property *p, uint64_t number, const char *path)
{
	gd_autofree text = NULL;

	if (!(p->flags & (AS_HEX4 | AS_TEXT))) {
		gd_set_int(row, p->column, (int64_t)number, path);
		return;
	}
	if (p->flags & AS_HEX4)
		text = gd_xasprintf("%04llx", (unsigned long long)number);
	else
		text = gd_xasprintf("%llu", (unsigned long long)number);
	gd_set_text(row, p->column, text, path);
}

static void set_missing(struct gd_row *row, const struct property *p, bool is_gpu, const char *path)
{
	gd_autofree detail = NULL;

	if (!is_gpu || (p->flags & MISSING_IS_NONE)) {
		gd_set_absent(row, p->column, path);
		return;
	}
	detail = gd_xasprintf("%s has no line \"%s\": this kernel does not report it", path, p->key);
	gd_set_unknown(row, p->column, GD_GAP_NO_SOURCE, detail, p->remedy ? p->remedy : OLD_KERNEL);
}

static void take_property(struct gd_row *row, const struct property *p, bool is_gpu, const char *path,
			  const char *text)
{
	uint64_t max = p->flags & AS_TEXT ? UINT64_MAX : p->flags & AS_HEX4 ? 0xffff : UINT32_MAX;
	uint64_t number;
	int r = gd_kfd_line_u64(text, p->key, max, &number);

	if (r == -ENOENT)
		set_missing(row, p, is_gpu, path);
	else if (r < 0)
		set_garbage_line(row, p->column, path, text, p->key);
	else if ((!is_gpu && (p->flags & GPU_ONLY)) || (!number && (p->flags & ZERO_IS_NONE)))
		gd_set_absent(row, p->column, path);
	else
		set_number(row, p, number, path);
}

static void derive_isa(struct gd_row *row, bool is_gpu, const char *path)
{
	int64_t version = gd_get_int(row, "gfx_target_version", -1);
	int64_t minor = version / 100 % 100;
	int64_t stepping = version % 100;
	gd_autofree text = NULL;

	if (!is_gpu) {
		gd_set_absent(row, "isa", path);
		return;
	}
	if (version < 0) {
		gd_kfd_copy_state(row, "isa", gd_get(row, "gfx_target_version"));
		return;
	}
	if (!version) {
		gd_set_unknown(row, "isa", GD_GAP_NO_SOURCE, "the kernel gives this GPU no ISA", OLD_KERNEL);
		return;
	}
	/* Minor and stepping are one hexadecimal digit each, or the name could be read in two ways. */
	if (version < 10000 || version > 999999 || minor > 15 || stepping > 15) {
		text = gd_xasprintf("gfx_target_version %lld", (long long)version);
		gd_take_garbage(row, "isa", path, text);
		return;
	}
	text = gd_xasprintf("gfx%lld%llx%llx", (long long)(version / 10000), (unsigned long long)minor,
			    (unsigned long long)stepping);
	gd_set_text(row, "isa", text, path);
}

static void derive_address(struct gd_row *row, bool is_gpu, const char *path)
{
	const struct gd_cell *location = gd_get(row, "location_id");
	const struct gd_cell *domain = gd_get(row, "domain");
	bool assumed = domain->state != GD_KNOWN && domain->gap == GD_GAP_NO_SOURCE;
	gd_autofree source = NULL;
	gd_autofree text = NULL;
	uint64_t where;

	if (!is_gpu) {
		gd_set_absent(row, "pci_address", path);
		return;
	}
	if (location->state != GD_KNOWN || (domain->state != GD_KNOWN && !assumed)) {
		gd_kfd_copy_state(row, "pci_address", location->state != GD_KNOWN ? location : domain);
		return;
	}
	source = gd_xasprintf("%s%s", path, assumed ? ", domain not given, 0000 assumed" : "");
	where = (uint64_t)location->value.i;
	/* Newer kernels number the partitions of a card in the highest four bits: masked off here. */
	text = gd_xasprintf("%04llx:%02x:%02x.%x", assumed ? 0ull : (unsigned long long)domain->value.i,
			    (unsigned)(where >> 8 & 0xff), (unsigned)(where >> 3 & 0x1f), (unsigned)(where & 7));
	gd_set_text(row, "pci_address", text, source);
}

static void derive_cu_count(struct gd_row *row, bool is_gpu, const char *path)
{
	const struct gd_cell *per_cu = gd_get(row, "simd_per_cu");
	gd_autofree source = NULL;

	if (!is_gpu) {
		gd_set_absent(row, "cu_count", path);
	} else if (per_cu->state != GD_KNOWN) {
		gd_kfd_copy_state(row, "cu_count", per_cu);
	} else if (!per_cu->value.i) {
		gd_take_garbage(row, "cu_count", path, "simd_per_cu 0");
	} else {
		source = gd_xasprintf("%s: simd_count / simd_per_cu", path);
		gd_set_int(row, "cu_count", gd_get_int(row, "simd_count", 0) / per_cu->value.i, source);
	}
}

static void take_properties(struct gd_ctx *ctx, struct gd_row *row, const char *dir)
{
	static const struct property engine[] = {
		{ .column = "max_engine_mhz", .key = "max_engine_clk_ccompute" },
		{ .column = "max_engine_mhz", .key = "max_engine_clk_fcompute" },
	};
	gd_autofree path = gd_xasprintf("%s/properties", dir);
	gd_autobuf text = { 0 };
	uint64_t simds = 0;
	int r = gd_kfd_read_text(ctx, path, &text);
	bool is_gpu;

	/* Without this line the file is none of the driver's, whatever else it holds. */
	if (r == 0 && gd_kfd_line_u64(gd_buf_peek(&text), "simd_count", UINT32_MAX, &simds) < 0)
		r = -EBADMSG;
	if (r < 0) {
		for (size_t i = 0; i < GD_COUNT(properties); i++)
			gd_kfd_take_error(ctx, row, properties[i].column, path, r);
		gd_kfd_take_errors(ctx, row, derived, GD_COUNT(derived), path, r);
		return;
	}
	is_gpu = simds > 0;
	gd_set_bool(row, "is_gpu", is_gpu, path);
	for (size_t i = 0; i < GD_COUNT(properties); i++)
		take_property(row, &properties[i], is_gpu, path, text.data);
	take_property(row, &engine[is_gpu], is_gpu, path, text.data);
	derive_cu_count(row, is_gpu, path);
	derive_isa(row, is_gpu, path);
	derive_address(row, is_gpu, path);
}

/* The two files beside `properties`. */
static void take_identity(struct gd_ctx *ctx, struct gd_row *row, const char *dir)
{
	gd_autofree id_path = gd_xasprintf("%s/gpu_id", dir);
	gd_autofree name_path = gd_xasprintf("%s/name", dir);
	gd_autobuf id = { 0 };
	gd_autobuf name = { 0 };
	uint64_t number;
	char *s;
	int r = gd_kfd_read_text(ctx, id_path, &id);

	if (r == 0 && (gd_parse_u64(gd_buf_peek(&id), 10, &number) < 0 || number > UINT32_MAX))
		r = -EBADMSG;
	if (r == 0)
		gd_set_int(row, "gpu_id", (int64_t)number, id_path);
	else
		gd_kfd_take_error(ctx, row, "gpu_id", id_path, r);
	r = gd_kfd_read_text(ctx, name_path, &name);
	s = name.data ? gd_trim(name.data) : NULL;
	if (r == 0 && s && *s && (strlen(s) > 64 || strpbrk(s, "\n\t")))
		r = -EBADMSG;
	if (r < 0)
		gd_kfd_take_error(ctx, row, "name", name_path, r);
	else if (s && *s)
		gd_set_text(row, "name", s, name_path);
	else
		gd_set_absent(row, "name", name_path);
}

void gd_kfd_fill_node(struct gd_ctx *ctx, struct gd_row *row, const char *dir)
{
	take_identity(ctx, row, dir);
	take_properties(ctx, row, dir);
	gd_kfd_take_memory(ctx, row, dir);
	gd_kfd_take_links(ctx, row, dir);
}
