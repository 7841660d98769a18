/* SPDX-License-Identifier: MIT */
/* Names of vendors and devices: our own database first, pci.ids for the rest. */
#include <string.h>

#include "base/parse.h"
#include "pci.h"
#include "pci_names.h"

/* The names people use; pci.ids spells out the companies'. */
static const struct {
	const char *id;
	const char *name;
} vendors[] = {
	{ "1002", "AMD" },	{ "1022", "AMD" },	   { "10de", "NVIDIA" },     { "8086", "Intel" },
	{ "102b", "Matrox" },	{ "1a03", "ASPEED" },	   { "1af4", "Red Hat" },    { "1b36", "Red Hat" },
	{ "15ad", "VMware" },	{ "80ee", "VirtualBox" },  { "1414", "Microsoft" },  { "1234", "QEMU" },
	{ "1d17", "Zhaoxin" },	{ "1ed5", "Moore Threads" }, { "17cb", "Qualcomm" }, { "1da3", "Habana Labs" },
	{ "1e52", "Tenstorrent" },
};

static int number(const char *hex)
{
	uint64_t n;

	return gd_parse_u64(hex, 16, &n) < 0 || n > UINT16_MAX ? -1 : (int)n;
}

static void from_pci_ids(struct gd_row *row, const char *column, struct gd_pci_names **names, int vendor, int device)
{
	gd_autofree name = NULL;

	if (!*names)
		*names = gd_pci_names_open();
	name = gd_pci_names_find(*names, vendor, device);
	if (name)
		gd_set_text(row, column, name, "pci.ids");
	else
		gd_set_unknown(row, column, GD_GAP_NO_SOURCE, "neither gpudoctor's database nor pci.ids knows it",
			       "update pci.ids, e.g. with update-pciids");
}

static void set_vendor(struct gd_row *row, const char *vendor, struct gd_pci_names **names)
{
	for (size_t i = 0; i < GD_COUNT(vendors); i++) {
		if (strcmp(vendors[i].id, vendor))
			continue;
		gd_set_text(row, "vendor_name", vendors[i].name, "the list of vendors in gpudoctor");
		return;
	}
	from_pci_ids(row, "vendor_name", names, number(vendor), -1);
}

/* The names of the rows that fit best, or false where none has one. */
static bool from_database(const struct gd_ctx *ctx, struct gd_row *row, const struct gd_pci_key *key)
{
	struct gd_pci_match match;
	gd_autofree names = NULL;

	gd_gpudb_match_pci(ctx->db, key, &match);
	names = gd_pci_match_names(&match);
	if (names)
		gd_set_text(row, "device_name", names, match.source);
	return names != NULL;
}

void gd_pci_name(struct gd_ctx *ctx, struct gd_row *row, struct gd_pci_names **names)
{
	const struct gd_cell *vendor = gd_get(row, "vendor_id");
	const struct gd_cell *device = gd_get(row, "device_id");
	const char *sub_vendor = gd_get_text(row, "subsystem_vendor_id", NULL);
	const char *sub_device = gd_get_text(row, "subsystem_device_id", NULL);
	gd_autofree subsystem = sub_vendor && sub_device ? gd_xasprintf("%s:%s", sub_vendor, sub_device) : NULL;
	struct gd_pci_key key = { .subsystem = subsystem, .revision = gd_get_text(row, "revision", NULL) };
	const char *name;

	if (vendor->state != GD_KNOWN || device->state != GD_KNOWN) {
		gd_set_cell(row, "device_name", vendor->state != GD_KNOWN ? vendor : device);
		if (vendor->state != GD_KNOWN)
			gd_set_cell(row, "vendor_name", vendor);
		else
			set_vendor(row, vendor->value.s, names);
		return;
	}
	key.vendor = vendor->value.s;
	key.device = device->value.s;
	set_vendor(row, key.vendor, names);
	if (from_database(ctx, row, &key))
		return;
	name = gd_gpudb_not_gpu_peek(ctx->db, key.vendor, key.device);
	if (name)
		gd_set_text(row, "device_name", name, "data/gpu-db/not-gpu.csv");
	else
		from_pci_ids(row, "device_name", names, number(key.vendor), number(key.device));
}
