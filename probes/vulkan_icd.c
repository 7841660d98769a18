/* SPDX-License-Identifier: MIT */
/*
 * The manifests of Vulkan drivers (installable client drivers), from the folders
 * where the Vulkan loader looks for them. What their libraries do when they are
 * loaded is for the probe vulkan.
 *
 * Source of the order: Khronos' LoaderDriverInterface, "Driver Discovery on Linux".
 */
#include "probes/vulkan.h"

#include <fnmatch.h>
#include <jansson.h>
#include <string.h>

#include "probes/pci.h"

static const struct gd_column columns[] = {
	{ .name = "manifest", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The manifest file." },
	{ .name = "valid", .type = GD_BOOL, .help = "Whether it is a manifest in JSON at all." },
	{ .name = "library", .type = GD_TEXT, .help = "The driver's library, as the manifest writes it." },
	{ .name = "api_version", .type = GD_VERSION, .help = "The Vulkan version that the manifest promises." },
	{ .name = "driver",
	  .type = GD_TEXT,
	  .help = "The driver that the library is known for: radv, amdvlk, nvidia, nvk, anv, lavapipe …" },
	{ .name = "software", .type = GD_BOOL, .help = "Whether that driver computes on the CPU." },
	{ .name = "bits",
	  .type = GD_INT,
	  .help = "32 or 64: for which programs the library is; absent where the manifest does not say." },
	{ .name = "selected",
	  .type = GD_BOOL,
	  .help = "Whether the loader takes it; variables (see vulkan_env) may name others, or leave it out." },
};

static const struct gd_table vulkan_icd_table = {
	.name = "vulkan_icd",
	.help = "The manifest of a Vulkan driver, as the Vulkan loader finds it.",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

struct search {
	struct gd_ctx *ctx;
	bool others_only; /* a variable names the manifests; the folders do not count */
	bool hidden; /* a folder could not be listed */
	struct gd_strv kept; /* patterns of names, of which one must fit, where there are any */
	struct gd_strv left_out; /* patterns of which none may fit */
};

/* Larger ones are no manifests. */
enum { MANIFEST_MAX_BYTES = 64 * 1024 };

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* True where the list of file names holds this one, also with a version behind it. */
static bool names_library(const char *list, const char *file)
{
	while (*list) {
		size_t n = strcspn(list, ";");

		if (n && !strncmp(file, list, n) && (!file[n] || file[n] == '.'))
			return true;
		list += n + (list[n] == ';');
	}
	return false;
}

static void set_driver(struct gd_ctx *ctx, struct gd_row *row, const char *library)
{
	const struct gd_csv *t = gd_gpudb_table_peek(ctx->db, "vulkan-drivers");
	int libraries = gd_csv_column(t, "libraries");

	for (size_t i = 0; i < t->rows; i++) {
		gd_autofree source = NULL;

		if (!names_library(gd_csv_peek(t, i, libraries), base_name(library)))
			continue;
		source = gd_xasprintf("data/gpu-db/vulkan-drivers.csv:%u", t->lines[i]);
		gd_set_text(row, "driver", gd_csv_peek(t, i, gd_csv_column(t, "driver")), source);
		gd_set_bool(row, "software", !strcmp(gd_csv_peek(t, i, gd_csv_column(t, "software")), "yes"), source);
		return;
	}
	gd_set_unknown(row, "driver", GD_GAP_NO_SOURCE, "no known driver has a library of this name", NULL);
	gd_set_cell(row, "software", gd_get(row, "driver"));
}

static void set_bits(struct gd_row *row, const json_t *icd, const char *manifest)
{
	const char *arch = json_string_value(json_object_get(icd, "library_arch"));

	if (arch && (!strcmp(arch, "32") || !strcmp(arch, "64")))
		gd_set_int(row, "bits", !strcmp(arch, "32") ? 32 : 64, manifest);
	else
		gd_set_absent(row, "bits", manifest);
}

static void take_icd(struct gd_ctx *ctx, struct gd_row *row, const json_t *icd, const char *manifest)
{
	const char *library = json_string_value(json_object_get(icd, "library_path"));
	const char *version = json_string_value(json_object_get(icd, "api_version"));

	if (library && *library) {
		gd_set_text(row, "library", library, manifest);
		set_driver(ctx, row, library);
	} else {
		gd_take_garbage(row, "library", manifest, "no library_path");
	}
	gd_set_text_or_absent(row, "api_version", version, manifest);
	set_bits(row, icd, manifest);
}

/* Every column but the key and `selected` is unknown for the same reason. */
static void set_unreadable(struct gd_ctx *ctx, struct gd_row *row, const char *manifest, int error)
{
	static const char *const read_from_it[] = { "library", "api_version", "driver", "software", "bits" };

	for (size_t i = 0; i < GD_COUNT(read_from_it); i++) {
		if (error)
			gd_take_error(ctx, row, read_from_it[i], manifest, error);
		else
			gd_take_garbage(row, read_from_it[i], manifest, "not a manifest in JSON");
	}
}

static bool fits(const struct gd_strv *patterns, const char *manifest)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (!fnmatch(patterns->items[i], base_name(manifest), FNM_CASEFOLD))
			return true;
	return false;
}

/* Loaders before 1.3.234 do not know these variables; who sets them has a later one. */
static bool passes_filters(const struct search *s, const char *manifest)
{
	return (!s->kept.count || fits(&s->kept, manifest)) && !fits(&s->left_out, manifest);
}

static void take_manifest(struct search *s, const char *manifest, bool selected, const char *why)
{
	struct gd_row *row;
	gd_autobuf text = { 0 };
	json_t *json;
	int r;

	/* The same file may be found twice, through a variable and in a folder; the first time counts. */
	if (gd_facts_find(s->ctx->facts, "vulkan_icd", manifest))
		return;
	row = gd_facts_add(s->ctx->facts, "vulkan_icd");
	gd_set_text(row, "manifest", manifest, why);
	gd_set_bool(row, "selected", selected && passes_filters(s, manifest), why);
	r = gd_host_read_max(s->ctx->host, manifest, MANIFEST_MAX_BYTES, &text);
	json = r < 0 ? NULL : json_loadb(gd_buf_peek(&text), text.len, 0, NULL);
	if (r < 0)
		gd_take_error(s->ctx, row, "valid", manifest, r);
	else
		gd_set_bool(row, "valid", json_is_object(json_object_get(json, "ICD")), manifest);
	if (json_is_object(json_object_get(json, "ICD")))
		take_icd(s->ctx, row, json_object_get(json, "ICD"), manifest);
	else
		set_unreadable(s->ctx, row, manifest, r);
	json_decref(json);
}

static bool is_manifest(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && !strcmp(name + len - 5, ".json");
}

static void take_folder(struct search *s, const char *folder, bool selected, const char *why)
{
	gd_autostrv names = { 0 };
	int r = gd_host_list(s->ctx->host, folder, &names);

	/* Of a folder that nobody captured nothing is known; one that is not there holds nothing. */
	s->hidden |= r < 0 && !gd_host_is_absence(r);
	for (size_t i = 0; i < names.count; i++) {
		gd_autofree path = gd_xasprintf("%s/%s", folder, names.items[i]);

		if (is_manifest(names.items[i]))
			take_manifest(s, path, selected, why);
	}
}

/* The variable holds paths of manifests, or of folders with manifests. */
static bool take_variable(struct search *s, const char *name)
{
	gd_autofree value = NULL;
	gd_autostrv paths = { 0 };

	if (gd_host_env(s->ctx->host, name, &value) < 0 || !*value)
		return false;
	gd_strv_split(&paths, value, ":");
	for (size_t i = 0; i < paths.count; i++) {
		if (is_manifest(paths.items[i]))
			take_manifest(s, paths.items[i], true, name);
		else
			take_folder(s, paths.items[i], true, name);
	}
	return true;
}

/* The folders below a variable's directories, or below those that stand in for it. */
static void take_folders(struct search *s, const char *variable, const char *otherwise)
{
	gd_autofree value = NULL;
	gd_autostrv dirs = { 0 };

	if (gd_host_env(s->ctx->host, variable, &value) < 0 || !*value) {
		free(value);
		value = otherwise ? gd_xstrdup(otherwise) : NULL;
	}
	if (value)
		gd_strv_split(&dirs, value, ":");
	for (size_t i = 0; i < dirs.count; i++) {
		gd_autofree folder = gd_xasprintf("%s/vulkan/icd.d", dirs.items[i]);

		take_folder(s, folder, !s->others_only, folder);
	}
}

/* The vendors that a driver serves, as ids between semicolons; NULL where the driver is not known. Borrowed. */
static const char *vendors_peek(const struct gd_gpudb *db, const struct gd_row *icd)
{
	const struct gd_csv *t = gd_gpudb_table_peek(db, "vulkan-drivers");
	const char *driver = gd_get_text(icd, "driver", NULL);
	int row = driver ? gd_gpudb_find(t, "driver", driver) : -1;

	return row < 0 ? NULL : gd_csv_peek(t, (size_t)row, gd_csv_column(t, "vendors"));
}

static bool is_harmless(const struct gd_ctx *ctx, const struct gd_row *icd)
{
	const struct gd_rows *pci = gd_facts_table_peek(ctx->facts, "pci_device");
	const char *vendors = vendors_peek(ctx->db, icd);

	if (gd_get_int(icd, "software", 0))
		return true;
	if (!vendors || !*vendors)
		return false;
	for (size_t i = 0; i < pci->count; i++)
		if (gd_pci_might_wake(pci->rows[i]) && strstr(vendors, gd_get_text(pci->rows[i], "vendor_id", "")))
			return false;
	return true;
}

void gd_vulkan_list_harmless(const struct gd_ctx *ctx, struct gd_strv *out)
{
	const struct gd_rows *icds = gd_facts_table_peek(ctx->facts, "vulkan_icd");

	for (size_t i = 0; i < icds->count; i++)
		if (gd_get_int(icds->rows[i], "selected", 0) && is_harmless(ctx, icds->rows[i]))
			gd_strv_add(out, gd_get_text(icds->rows[i], "manifest", ""));
}

static void read_filters(struct search *s)
{
	gd_autofree kept = NULL;
	gd_autofree left_out = NULL;

	if (gd_host_env(s->ctx->host, "VK_LOADER_DRIVERS_SELECT", &kept) == 0)
		gd_strv_split(&s->kept, kept, ",");
	if (gd_host_env(s->ctx->host, "VK_LOADER_DRIVERS_DISABLE", &left_out) == 0)
		gd_strv_split(&s->left_out, left_out, ",");
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	struct search s = { .ctx = ctx };
	gd_autofree home = NULL;
	gd_autofree config = NULL;
	gd_autofree data = NULL;

	(void)err;
	if (gd_host_env(ctx->host, "HOME", &home) == 0 && *home) {
		config = gd_xasprintf("%s/.config", home);
		data = gd_xasprintf("%s/.local/share", home);
	}
	read_filters(&s);
	take_variable(&s, "VK_ADD_DRIVER_FILES");
	s.others_only = take_variable(&s, "VK_DRIVER_FILES") || take_variable(&s, "VK_ICD_FILENAMES");
	take_folders(&s, "XDG_CONFIG_HOME", config);
	take_folders(&s, "XDG_CONFIG_DIRS", "/etc/xdg");
	take_folder(&s, "/etc/vulkan/icd.d", !s.others_only, "/etc/vulkan/icd.d");
	take_folders(&s, "XDG_DATA_HOME", data);
	take_folders(&s, "XDG_DATA_DIRS", "/usr/local/share:/usr/share");
	gd_strv_free(&s.kept);
	gd_strv_free(&s.left_out);
	if (s.hidden)
		gd_facts_incomplete(ctx->facts, "vulkan_icd", GD_GAP_NOT_CAPTURED,
				    "a folder for Vulkan manifests could not be looked into",
				    gd_remedy_peek(-GD_ENOTCAPTURED));
	else
		gd_facts_complete(ctx->facts, "vulkan_icd");
	return 0;
}

const struct gd_probe gd_probe_vulkan_icd = {
	.name = "vulkan_icd",
	.help = "Looks for the manifests of Vulkan drivers.",
	.tables = (const struct gd_table *const[]){ &vulkan_icd_table, NULL },
	.run = run,
};
