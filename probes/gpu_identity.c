/* SPDX-License-Identifier: MIT */
/* Who a GPU is: the ids, the GPU database, and what each driver says of the ISA. */
#include <stdio.h>
#include <string.h>

#include "probes/gpu.h"

static void find_match(const struct gd_ctx *ctx, const struct gd_row *gpu, struct gd_pci_match *m)
{
	struct gd_pci_key key = {
		.vendor = gd_get_text(gpu, "vendor_id", NULL),
		.device = gd_get_text(gpu, "device_id", NULL),
		.revision = gd_get_text(gpu, "revision", NULL),
		.subsystem = gd_get_text(gpu, "subsystem", NULL),
		.cu_count = gd_get_int(gpu, "cu_count", 0),
	};

	gd_gpudb_match_pci(ctx->db, &key, m);
}

static void set_from_match(struct gd_row *gpu, const char *column, const struct gd_pci_match *m, const char *db_column)
{
	const char *value = gd_pci_match_agreed_peek(m, db_column);

	if (value)
		gd_set_text(gpu, column, value, m->source);
	else if (m->count > 1)
		gd_set_unknown(gpu, column, GD_GAP_AMBIGUOUS, "the PCI id stands for products that differ in this",
			       NULL);
	else
		gd_set_unknown(gpu, column, GD_GAP_NO_SOURCE, "the GPU database does not say it for this PCI id", NULL);
}

static void copy_ids(struct gd_row *gpu, const struct gd_gpu_sources *s)
{
	const struct gd_row *ids = s->pci ? s->pci : s->card ? s->card : s->node_count ? s->nodes[0] : NULL;
	const char *vendor;
	const char *device;

	gd_gpu_copy(gpu, "vendor_id", ids, "vendor_id");
	gd_gpu_copy(gpu, "device_id", ids, "device_id");
	gd_gpu_copy(gpu, "revision", s->pci, "revision");
	vendor = s->pci ? gd_get_text(s->pci, "subsystem_vendor_id", NULL) : NULL;
	device = s->pci ? gd_get_text(s->pci, "subsystem_device_id", NULL) : NULL;
	if (vendor && device) {
		gd_autofree both = gd_xasprintf("%s:%s", vendor, device);

		gd_set_text(gpu, "subsystem", both, gd_get(s->pci, "subsystem_device_id")->source);
	} else {
		gd_gpu_copy(gpu, "subsystem", s->pci, "subsystem_device_id");
	}
}

static void set_vendor(struct gd_row *gpu, const struct gd_gpu_sources *s)
{
	static const struct {
		const char *id;
		const char *name;
	} vendors[] = { { "1002", "AMD" }, { "10de", "NVIDIA" }, { "8086", "Intel" } };
	const char *id = gd_get_text(gpu, "vendor_id", "");

	for (size_t i = 0; i < GD_COUNT(vendors); i++)
		if (!strcmp(vendors[i].id, id)) {
			gd_set_text(gpu, "vendor", vendors[i].name, gd_get(gpu, "vendor_id")->source);
			return;
		}
	gd_gpu_copy(gpu, "vendor", s->pci, "vendor_name");
}

static void set_name(struct gd_ctx *ctx, struct gd_row *gpu, const struct gd_gpu_sources *s,
		     const struct gd_pci_match *m)
{
	const char *model = s->nvidia ? gd_get_text(s->nvidia, "model", NULL) : NULL;
	const char *not_gpu = gd_gpudb_not_gpu_peek(ctx->db, gd_get_text(gpu, "vendor_id", ""),
						    gd_get_text(gpu, "device_id", ""));

	if (model) {
		gd_set_text(gpu, "name", !strncmp(model, "NVIDIA ", 7) ? model + 7 : model,
			    gd_get(s->nvidia, "model")->source);
		gd_set_bool(gpu, "name_exact", true, gd_get(s->nvidia, "model")->source);
	} else if (not_gpu) {
		gd_set_text(gpu, "name", not_gpu, "data/gpu-db/not-gpu.csv");
		gd_set_bool(gpu, "name_exact", true, "data/gpu-db/not-gpu.csv");
	} else if (m->count) {
		gd_autofree names = gd_pci_match_names(m);

		gd_set_text(gpu, "name", names, m->source);
		gd_set_bool(gpu, "name_exact", gd_pci_match_agreed_peek(m, "name") != NULL, m->source);
	} else {
		gd_gpu_copy(gpu, "name", s->pci, "device_name");
		gd_gpu_copy(gpu, "name_exact", NULL, "");
	}
}

/* The block version names an ISA only through the table: GC 11.0.1 is gfx1103. */
static void set_isa_ip(struct gd_ctx *ctx, struct gd_row *gpu, const struct gd_gpu_sources *s)
{
	const struct gd_cell *gc = s->amdgpu ? gd_get(s->amdgpu, "gc_version") : NULL;
	const char *isa = gc && gc->state == GD_KNOWN ? gd_gpudb_isa_by_gc_peek(ctx->db, gc->value.s) : NULL;

	if (isa)
		gd_set_text(gpu, "isa_ip", isa, gc->source);
	else if (gc && gc->state == GD_KNOWN)
		gd_set_unknown(gpu, "isa_ip", GD_GAP_NO_SOURCE, "the GPU database has no ISA for this graphics block",
			       "a newer gpudoctor may know it");
	else
		gd_gpu_copy(gpu, "isa_ip", s->amdgpu, "gc_version");
}

static void set_isa(struct gd_row *gpu)
{
	static const char *const columns[] = { "isa_kfd", "isa_ip", "isa_db" };
	const char *first = NULL;
	bool agree = true;
	int known = 0;

	for (size_t i = 0; i < GD_COUNT(columns); i++) {
		const char *isa = gd_get_text(gpu, columns[i], NULL);

		if (!isa)
			continue;
		known++;
		agree &= !first || !strcmp(first, isa);
		if (!first)
			gd_set_cell(gpu, "isa", gd_get(gpu, columns[i]));
		first = first ? first : isa;
	}
	if (!first)
		gd_set_cell(gpu, "isa", gd_get(gpu, "isa_db"));
	if (known > 1)
		gd_set_bool(gpu, "isa_agrees", agree, "isa_kfd, isa_ip and isa_db compared");
	else
		gd_set_absent(gpu, "isa_agrees", "fewer than two sources name an ISA");
}

/* What the ISA table says; columns that are empty there are not known to anybody. */
static void set_from_isa(struct gd_ctx *ctx, struct gd_row *gpu)
{
	const struct gd_csv *t = gd_gpudb_table_peek(ctx->db, "isa");
	const char *isa = gd_get_text(gpu, "isa", NULL);
	int row = isa ? gd_gpudb_find(t, "isa", isa) : -1;
	static const char *const columns[] = { "generation", "kernel_min", "rocm" };
	char source[48];

	snprintf(source, sizeof(source), "data/gpu-db/isa.csv:%u", row < 0 ? 1 : t->lines[row]);
	for (size_t i = 0; i < GD_COUNT(columns); i++) {
		const char *value = row < 0 ? "" : gd_csv_peek(t, (size_t)row, gd_csv_column(t, columns[i]));

		if (*value && strcmp(value, "unknown"))
			gd_set_text(gpu, columns[i], value, source);
		else if (isa && strncmp(isa, "gfx", 3))
			gd_set_absent(gpu, columns[i], source);
		else
			gd_set_unknown(gpu, columns[i], GD_GAP_NO_SOURCE,
				       "the GPU database does not say it for this ISA", NULL);
	}
}

static void set_integrated(struct gd_ctx *ctx, struct gd_row *gpu, const struct gd_gpu_sources *s,
			   const struct gd_pci_match *m)
{
	const struct gd_csv *t = gd_gpudb_table_peek(ctx->db, "isa");
	const char *form = gd_pci_match_agreed_peek(m, "form");
	const char *isa = gd_get_text(gpu, "isa", NULL);
	int row = isa ? gd_gpudb_find(t, "isa", isa) : -1;
	const char *isa_form = row < 0 ? "" : gd_csv_peek(t, (size_t)row, gd_csv_column(t, "form"));

	if (form)
		gd_set_bool(gpu, "integrated", !strcmp(form, "integrated"), m->source);
	else if (!strcmp(isa_form, "integrated") || !strcmp(isa_form, "discrete"))
		gd_set_bool(gpu, "integrated", !strcmp(isa_form, "integrated"), "data/gpu-db/isa.csv");
	else if (s->amdgpu && gd_is_known(s->amdgpu, "board_info"))
		gd_set_bool(gpu, "integrated", false, gd_get(s->amdgpu, "board_info")->source);
	else
		gd_set_unknown(gpu, "integrated", GD_GAP_NO_SOURCE, "the GPU database does not know this PCI id",
			       "add a row to data/gpu-db/pci.csv");
}

static bool is_passed_through(const char *driver)
{
	static const char *const drivers[] = { "vfio-pci", "pci-stub", "xen-pciback" };

	for (size_t i = 0; i < GD_COUNT(drivers); i++)
		if (!strcmp(drivers[i], driver))
			return true;
	return false;
}

static void set_driver(struct gd_row *gpu, const struct gd_gpu_sources *s)
{
	const struct gd_row *from = s->pci ? s->pci : s->card;
	const struct gd_cell *driver;

	gd_gpu_copy(gpu, "driver", from, "driver");
	driver = gd_get(gpu, "driver");
	if (driver->state == GD_KNOWN) {
		gd_set_bool(gpu, "driver_bound", true, driver->source);
		gd_set_bool(gpu, "passthrough", is_passed_through(driver->value.s), driver->source);
	} else if (driver->state == GD_ABSENT) {
		gd_set_bool(gpu, "driver_bound", false, driver->source);
		gd_set_bool(gpu, "passthrough", false, driver->source);
	} else {
		gd_set_cell(gpu, "driver_bound", driver);
		gd_set_cell(gpu, "passthrough", driver);
	}
}

static bool is_xe_only(const char *family)
{
	return !strncmp(family, "xe2", 3) || !strncmp(family, "xe3", 3);
}

/* Which driver computes on it. Intel has two, and its families since Xe2 have xe only. */
static void set_driver_wanted(struct gd_row *gpu)
{
	const char *vendor = gd_get_text(gpu, "vendor_id", "");
	const char *family = gd_get_text(gpu, "isa_db", NULL);
	const char *bound = gd_get_text(gpu, "driver", "");

	if (!strcmp(bound, "i915") || !strcmp(bound, "xe"))
		gd_set_cell(gpu, "driver_wanted", gd_get(gpu, "driver"));
	else if (!strcmp(vendor, "1002"))
		gd_set_text(gpu, "driver_wanted", "amdgpu", "AMD GPUs since GCN are served by amdgpu");
	else if (!strcmp(vendor, "10de"))
		gd_set_text(gpu, "driver_wanted", "nvidia", "CUDA needs NVIDIA's own module");
	else if (!strcmp(vendor, "8086") && family)
		gd_set_text(gpu, "driver_wanted", is_xe_only(family) ? "xe" : "i915", gd_get(gpu, "isa_db")->source);
	else
		gd_set_unknown(gpu, "driver_wanted", GD_GAP_NO_SOURCE, "no driver is known for this chip", NULL);
}

static void set_compute(struct gd_ctx *ctx, struct gd_row *gpu, const struct gd_pci_match *m)
{
	const char *vendor = gd_get_text(gpu, "vendor_id", "");
	const char *device = gd_get_text(gpu, "device_id", "");

	/* The driver of WSL 2: one id for whatever GPU Windows lends. */
	if (!strcmp(gd_get_text(gpu, "driver", ""), "dxgkrnl"))
		gd_set_unknown(gpu, "compute", GD_GAP_NO_SOURCE,
			       "the GPU belongs to Windows, which lends it through /dev/dxg; no file tells more",
			       "nvidia-smi, vulkaninfo or rocminfo, run in this Linux, can tell");
	else if (gd_gpudb_not_gpu_peek(ctx->db, vendor, device))
		gd_set_bool(gpu, "compute", false, "data/gpu-db/not-gpu.csv");
	else if (m->count || !strcmp(vendor, "1002") || !strcmp(vendor, "10de") || !strcmp(vendor, "8086"))
		gd_set_bool(gpu, "compute", true, m->count ? m->source : gd_get(gpu, "vendor_id")->source);
	else
		gd_set_unknown(gpu, "compute", GD_GAP_NO_SOURCE, "no such device is in the GPU database",
			       "add it to data/gpu-db");
}

void gd_gpu_identify(struct gd_ctx *ctx, struct gd_row *gpu, struct gd_gpu_sources *s)
{
	const struct gd_pci_match *m = &s->match;

	copy_ids(gpu, s);
	find_match(ctx, gpu, &s->match);
	set_vendor(gpu, s);
	set_name(ctx, gpu, s, m);
	set_from_match(gpu, "codename", m, "codename");
	gd_gpu_copy(gpu, "isa_kfd", s->node_count ? s->nodes[0] : NULL, "isa");
	set_isa_ip(ctx, gpu, s);
	set_from_match(gpu, "isa_db", m, "isa");
	set_isa(gpu);
	gd_gpu_set_compute_capability(gpu, s);
	set_from_isa(ctx, gpu);
	set_integrated(ctx, gpu, s, m);
	set_driver(gpu, s);
	set_driver_wanted(gpu);
	set_compute(ctx, gpu, m);
	set_from_match(gpu, "memory_type", m, "memory_type");
}
