/* SPDX-License-Identifier: MIT */
/*
 * What the Vulkan loader and the drivers behind it say, in a child process: the
 * drivers' libraries one by one, then the devices that all of them show.
 */
#include "probes/vulkan.h"

#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "probes/pci.h"

static const struct gd_column vulkan_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "Always vulkan." },
	{ .name = "api_version", .type = GD_VERSION, .help = "The Vulkan version that the loader offers." },
	{ .name = "instance_result",
	  .type = GD_TEXT,
	  .help = "What vkCreateInstance answered: VK_SUCCESS, or the error." },
	{ .name = "devices_result", .type = GD_TEXT, .help = "What vkEnumeratePhysicalDevices answered." },
	{ .name = "device_count", .type = GD_INT, .help = "The devices that programs are shown, software included." },
	{ .name = "gpu_count", .type = GD_INT, .help = "Those of them that are no software on the CPU." },
	{ .name = "mesa_version", .type = GD_VERSION, .help = "The highest version of Mesa among the drivers." },
};

static const struct gd_table vulkan_table = {
	.name = "vulkan",
	.help = "The Vulkan loader as a whole.",
	.singleton = true,
	.columns = vulkan_columns,
	.column_count = GD_COUNT(vulkan_columns),
};

static const struct gd_column driver_columns[] = {
	{ .name = "manifest", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The manifest; see vulkan_icd." },
	{ .name = "library", .type = GD_TEXT, .help = "The library that was loaded, or asked for in vain." },
	{ .name = "status",
	  .type = GD_TEXT,
	  .help = "ok, missing, unresolved (something that it needs is missing), denied, garbage, failed, or foreign "
		  "(for programs of other bits)." },
	{ .name = "missing", .type = GD_TEXT, .help = "The library or symbol that it needs and that is not there." },
	{ .name = "detail", .type = GD_TEXT, .help = "What the dynamic linker said." },
};

static const struct gd_table driver_table = {
	.name = "vulkan_driver",
	.help = "The library of a Vulkan driver, and whether it can be loaded.",
	.columns = driver_columns,
	.column_count = GD_COUNT(driver_columns),
};

static const struct gd_column device_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "vulkan0, vulkan1 … in the loader's order." },
	{ .name = "name", .type = GD_TEXT, .help = "The name that the driver gives it." },
	{ .name = "type",
	  .type = GD_TEXT,
	  .help = "integrated, discrete, virtual, cpu or other, as the driver says." },
	{ .name = "software", .type = GD_BOOL, .help = "Whether it is the CPU under another name: never a GPU." },
	{ .name = "driver",
	  .type = GD_TEXT,
	  .help = "radv, amdvlk, amdgpu-pro, nvidia, nvk, anv, lavapipe …; other drivers by number." },
	{ .name = "driver_name", .type = GD_TEXT, .help = "The driver's own name." },
	{ .name = "driver_info", .type = GD_TEXT, .help = "The driver's own words about its version." },
	{ .name = "mesa_version", .type = GD_VERSION, .help = "The version of Mesa; absent for other drivers." },
	{ .name = "api_version", .type = GD_VERSION, .help = "The Vulkan version of the device." },
	{ .name = "vendor_id", .type = GD_TEXT, .help = "The vendor, as four hexadecimal digits." },
	{ .name = "device_id", .type = GD_TEXT, .help = "The chip, as four hexadecimal digits." },
	{ .name = "pci_address", .type = GD_TEXT, .help = "Its PCI address (VK_EXT_pci_bus_info)." },
	{ .name = "radv_family", .type = GD_TEXT, .help = "The chip's family in RADV's name: PHOENIX, GFX1201 …" },
	{ .name = "isa", .type = GD_TEXT, .help = "The ISA that this family stands for." },
	{ .name = "device_local_mib",
	  .type = GD_INT,
	  .help = "The heaps that the driver calls the device's own, added up." },
	{ .name = "llama_cpp_mib",
	  .type = GD_INT,
	  .help = "What llama.cpp counts as its memory: these heaps, and on an integrated GPU all heaps." },
	{ .name = "host_mib", .type = GD_INT, .help = "The other heaps, added up." },
	{ .name = "max_allocation_mib", .type = GD_INT, .help = "The largest single allocation." },
	{ .name = "max_buffer_mib", .type = GD_INT, .help = "The largest buffer (maxBufferSize)." },
	{ .name = "max_storage_range_mib",
	  .type = GD_INT,
	  .help = "How much of a buffer a shader reaches at once (maxStorageBufferRange)." },
	{ .name = "shared_memory_bytes",
	  .type = GD_INT,
	  .help = "Memory that a group of threads shares (maxComputeSharedMemorySize)." },
	{ .name = "subgroup_size", .type = GD_INT, .help = "Threads that run in step." },
	{ .name = "subgroup_size_min", .type = GD_INT, .help = "The least that a shader may ask for." },
	{ .name = "subgroup_size_max", .type = GD_INT, .help = "The most that a shader may ask for." },
	{ .name = "fp16", .type = GD_BOOL, .help = "Whether shaders compute and store 16-bit floats." },
	{ .name = "int8_dot", .type = GD_BOOL, .help = "Whether 4 x 8-bit dot products run in hardware." },
	{ .name = "coopmat", .type = GD_BOOL, .help = "Whether it has matrix units (VK_KHR_cooperative_matrix)." },
	{ .name = "coopmat2", .type = GD_BOOL, .help = "Whether it has VK_NV_cooperative_matrix2." },
	{ .name = "bfloat16", .type = GD_BOOL, .help = "Whether shaders compute with bfloat16." },
	{ .name = "bfloat16_coopmat", .type = GD_BOOL, .help = "Whether matrix units take bfloat16." },
	{ .name = "memory_budget", .type = GD_BOOL, .help = "Whether the driver tells how much memory is free." },
};

static const struct gd_table device_table = {
	.name = "vulkan_device",
	.help = "A device that Vulkan shows to programs.",
	.columns = device_columns,
	.column_count = GD_COUNT(device_columns),
};

static const struct gd_column heap_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "Device and number: vulkan0/1." },
	{ .name = "device", .type = GD_TEXT, .help = "The device, as in vulkan_device." },
	{ .name = "size_mib", .type = GD_INT, .help = "Its size." },
	{ .name = "device_local", .type = GD_BOOL, .help = "Whether the driver calls it the device's own." },
	{ .name = "host_visible", .type = GD_BOOL, .help = "Whether the CPU can reach it directly." },
	{ .name = "budget_mib",
	  .type = GD_INT,
	  .flags = GD_COL_VOLATILE,
	  .help = "How much of it this program could use now (VK_EXT_memory_budget)." },
	{ .name = "used_mib", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "How much this program uses." },
};

static const struct gd_table heap_table = {
	.name = "vulkan_heap",
	.help = "A memory heap of a Vulkan device.",
	.columns = heap_columns,
	.column_count = GD_COUNT(heap_columns),
};

static const char library[] = "libvulkan.so.1";

struct errand {
	const struct gd_ctx *ctx;
	const struct gd_row *sleeper; /* of pci_device: a GPU that is not to be woken, or NULL */
	const char *why; /* the same as a sentence */
	struct gd_strv harmless; /* then: the manifests of drivers that leave it alone */
};

/* What dlopen() is to be given, by the rules for a manifest's library_path; owned. */
static char *library_of(const char *manifest, const char *path)
{
	const char *slash = strrchr(manifest, '/');

	/* A name without a slash is looked for where the linker looks. */
	if (*path == '/' || !strchr(path, '/') || !slash)
		return gd_xstrdup(path);
	return gd_xasprintf("%.*s/%s", (int)(slash - manifest), manifest, path);
}

static void load_driver(struct gd_answer *a, const struct gd_row *icd)
{
	const char *manifest = gd_get_text(icd, "manifest", "");
	gd_autofree name = library_of(manifest, gd_get_text(icd, "library", ""));
	struct gd_row *row = gd_facts_add(a->facts, "vulkan_driver");
	struct gd_loaded loaded;

	gd_set_text(row, "manifest", manifest, manifest);
	gd_set_text(row, "library", name, manifest);
	/* It may end this process, and shall then be named. */
	gd_answer_tell(a);
	/* The loader leaves libraries out that say they are for programs of other bits. */
	if (gd_get_int(icd, "bits", (int)sizeof(void *) * 8) != (int)sizeof(void *) * 8) {
		gd_set_text(row, "status", "foreign", manifest);
		gd_set_absent(row, "missing", manifest);
		gd_set_absent(row, "detail", manifest);
		return;
	}
	gd_answer_load_other(a, name, &loaded);
	gd_set_text(row, "status", loaded.foreign ? "foreign" : gd_library_end_name_peek(loaded.end), "dlopen");
	if (loaded.file)
		gd_set_text(row, "library", loaded.file, "dlopen");
	gd_set_text_or_absent(row, "missing", loaded.missing, "dlopen");
	gd_set_text_or_absent(row, "detail", loaded.error, "dlopen");
	gd_loaded_free(&loaded);
}

static void load_drivers(struct gd_answer *a, const struct errand *e)
{
	const struct gd_rows *icds = gd_facts_table_peek(e->ctx->facts, "vulkan_icd");

	for (size_t i = 0; i < icds->count; i++) {
		const struct gd_row *icd = icds->rows[i];

		if (gd_get_int(icd, "selected", 0) && gd_is_known(icd, "library") &&
		    (!e->sleeper || gd_strv_has(&e->harmless, gd_get_text(icd, "manifest", ""))))
			load_driver(a, icd);
	}
	gd_facts_complete(a->facts, "vulkan_driver");
}

static bool find_loader(struct gd_answer *a, struct gd_vulkan *vk, struct gd_row *row)
{
	PFN_vkEnumerateInstanceVersion version;
	gd_autofree text = NULL;
	void *handle = gd_answer_load(a, library);

	if (!handle)
		return false;
	vk->get = (PFN_vkGetInstanceProcAddr)gd_answer_symbol(a, handle, "vkGetInstanceProcAddr");
	if (!vk->get)
		return false;
	version = (PFN_vkEnumerateInstanceVersion)vk->get(NULL, "vkEnumerateInstanceVersion");
	if (!version || version(&vk->api_version) != VK_SUCCESS) {
		gd_answer_end(a, GD_LIBRARY_TOO_OLD, "this loader knows Vulkan 1.0 only");
		return false;
	}
	text = gd_xasprintf("%u.%u.%u", VK_API_VERSION_MAJOR(vk->api_version), VK_API_VERSION_MINOR(vk->api_version),
			    VK_API_VERSION_PATCH(vk->api_version));
	gd_set_text(a->library, "version", text, "vkEnumerateInstanceVersion");
	gd_set_text(row, "api_version", text, "vkEnumerateInstanceVersion");
	return true;
}

/* The render node that this user may not open, which would explain that there is no device; or NULL. Borrowed. */
static const char *closed_node_peek(const struct gd_ctx *ctx)
{
	const struct gd_rows *nodes = gd_facts_table_peek(ctx->facts, "drm_node");

	for (size_t i = 0; i < nodes->count; i++)
		if (!strcmp(gd_get_text(nodes->rows[i], "kind", ""), "render") &&
		    !gd_get_int(nodes->rows[i], "accessible", 1))
			return gd_get_text(nodes->rows[i], "dev_node", NULL);
	return NULL;
}

/* Nothing to show: the reason is the caller's, and the tables hold no device. */
static void no_devices(struct gd_answer *a, struct gd_row *row, VkResult r, const char *call)
{
	gd_autofree result = gd_vulkan_result_text(r);
	gd_autofree detail = gd_xasprintf("%s: %s", call, result);
	/* Success without a device is what some loaders say instead. */
	bool nothing = r == VK_ERROR_INCOMPATIBLE_DRIVER || r == VK_ERROR_INITIALIZATION_FAILED || r == VK_SUCCESS;
	const struct errand *e = a->arg;
	const char *closed = nothing ? closed_node_peek(e->ctx) : NULL;
	gd_autofree why = closed ? gd_xasprintf("%s may not be opened by this user", closed) : NULL;

	if (closed) {
		gd_answer_end(a, GD_LIBRARY_DENIED, why);
		gd_set_text(a->library, "denied_node", closed, "/sys/class/drm");
	} else {
		gd_answer_end(a, nothing ? GD_LIBRARY_NO_DEVICE : GD_LIBRARY_FAILED, detail);
	}
	/* What fails for us fails for every program. */
	gd_set_int(row, "device_count", 0, call);
	gd_set_int(row, "gpu_count", 0, call);
	gd_set_absent(row, "mesa_version", call);
	gd_answer_complete(a);
}

static bool make_instance(struct gd_answer *a, struct gd_vulkan *vk, struct gd_row *row)
{
	const VkApplicationInfo app = { .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
					.pApplicationName = "gpudoctor",
					.apiVersion = vk->api_version < VK_API_VERSION_1_1 ? VK_API_VERSION_1_0
											   : vk->api_version };
	const VkInstanceCreateInfo info = { .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
					    .pApplicationInfo = &app };
	PFN_vkCreateInstance create = (PFN_vkCreateInstance)vk->get(NULL, "vkCreateInstance");
	gd_autofree text = NULL;
	VkResult r;

	gd_answer_step(a, "vkCreateInstance");
	r = create ? create(&info, NULL, &vk->instance) : VK_ERROR_INITIALIZATION_FAILED;
	text = gd_vulkan_result_text(r);
	gd_set_text(row, "instance_result", text, "vkCreateInstance");
	if (r != VK_SUCCESS) {
		gd_set_absent(row, "devices_result", "vkCreateInstance");
		no_devices(a, row, r, "vkCreateInstance");
		return false;
	}
	vk->extensions = (PFN_vkEnumerateDeviceExtensionProperties)vk->get(vk->instance,
									   "vkEnumerateDeviceExtensionProperties");
	vk->properties = (PFN_vkGetPhysicalDeviceProperties2)vk->get(vk->instance, "vkGetPhysicalDeviceProperties2");
	vk->features = (PFN_vkGetPhysicalDeviceFeatures2)vk->get(vk->instance, "vkGetPhysicalDeviceFeatures2");
	vk->memory = (PFN_vkGetPhysicalDeviceMemoryProperties2)vk->get(vk->instance,
								       "vkGetPhysicalDeviceMemoryProperties2");
	if (vk->extensions && vk->properties && vk->features && vk->memory)
		return true;
	gd_answer_end(a, GD_LIBRARY_TOO_OLD, "this loader knows Vulkan 1.0 only");
	return false;
}

static void list_extensions(struct gd_answer *a, const struct gd_vulkan *vk, struct gd_vulkan_device *d)
{
	enum { MOST = 4096 };
	VkResult r;

	gd_answer_step(a, "vkEnumerateDeviceExtensionProperties");
	r = vk->extensions(d->handle, NULL, &d->count, NULL);
	if (r != VK_SUCCESS || d->count > MOST) {
		d->count = 0;
		return;
	}
	d->list = gd_xcalloc(d->count + 1, sizeof(*d->list));
	r = vk->extensions(d->handle, NULL, &d->count, d->list);
	if (r != VK_SUCCESS && r != VK_INCOMPLETE)
		d->count = 0;
}

bool gd_vulkan_has(const struct gd_vulkan_device *d, const char *extension)
{
	for (uint32_t i = 0; i < d->count; i++)
		if (!strncmp(d->list[i].extensionName, extension, sizeof(d->list[i].extensionName)))
			return true;
	return false;
}

/*
 * A driver may die at each call, so what is known is handed over in between. All
 * of it is, every time: with many devices that would grow with their square.
 */
static void tell_device(struct gd_answer *a, uint32_t number)
{
	if (number < 8 || number % 8 == 0)
		gd_answer_tell(a);
}

static void ask_device(struct gd_answer *a, const struct gd_vulkan *vk, VkPhysicalDevice handle, uint32_t number)
{
	const struct errand *e = a->arg;
	struct gd_vulkan_device d = { .handle = handle, .row = gd_facts_add(a->facts, "vulkan_device") };

	d.id = gd_xasprintf("vulkan%u", number);
	d.where = gd_xstrdup("");
	gd_set_text(d.row, "id", d.id, "vkEnumeratePhysicalDevices");
	list_extensions(a, vk, &d);
	gd_vulkan_identify(a, vk, &d, e->ctx->db);
	tell_device(a, number);
	gd_vulkan_features(a, vk, &d);
	tell_device(a, number);
	gd_vulkan_memory(a, vk, &d);
	free(d.list);
	free(d.where);
	free(d.id);
}

static void sum_up(struct gd_answer *a, struct gd_row *row)
{
	const struct gd_rows *devices = gd_facts_table_peek(a->facts, "vulkan_device");
	const struct gd_cell *mesa = NULL;
	int64_t gpus = 0;

	for (size_t i = 0; i < devices->count; i++) {
		const struct gd_cell *cell = gd_get(devices->rows[i], "mesa_version");

		gpus += !gd_get_int(devices->rows[i], "software", 1);
		if (cell->state == GD_KNOWN && (!mesa || gd_version_compare(cell->value.s, mesa->value.s) > 0))
			mesa = cell;
	}
	gd_set_int(row, "device_count", (int64_t)devices->count, "vkEnumeratePhysicalDevices");
	gd_set_int(row, "gpu_count", gpus, "vkEnumeratePhysicalDevices");
	if (mesa)
		gd_set_cell(row, "mesa_version", mesa);
	else
		gd_set_absent(row, "mesa_version", "vkEnumeratePhysicalDevices");
}

static void ask_devices(struct gd_answer *a, const struct gd_vulkan *vk, struct gd_row *row)
{
	static const char call[] = "vkEnumeratePhysicalDevices";
	PFN_vkEnumeratePhysicalDevices list = (PFN_vkEnumeratePhysicalDevices)vk->get(vk->instance, call);
	VkPhysicalDevice handles[GD_VULKAN_MAX_DEVICES];
	uint32_t count = GD_VULKAN_MAX_DEVICES;
	gd_autofree text = NULL;
	VkResult r;

	gd_answer_step(a, call);
	r = list ? list(vk->instance, &count, handles) : VK_ERROR_INITIALIZATION_FAILED;
	text = gd_vulkan_result_text(r);
	gd_set_text(row, "devices_result", text, call);
	if ((r != VK_SUCCESS && r != VK_INCOMPLETE) || count > GD_VULKAN_MAX_DEVICES || !count) {
		no_devices(a, row, count && r >= 0 ? VK_ERROR_UNKNOWN : r, call);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		ask_device(a, vk, handles[i], i);
	sum_up(a, row);
	if (r == VK_INCOMPLETE)
		gd_answer_end(a, GD_LIBRARY_GARBAGE, "it lists more devices than any machine has");
	else if (!gd_is_known(a->library, "status"))
		gd_answer_complete(a);
}

/* Looking shall leave no trace in the caller's caches, and errors shall have words. */
static void prepare_environment(const struct errand *e)
{
	gd_autofree files = e->sleeper ? gd_strv_join(&e->harmless, ":") : NULL;

	setenv("MESA_SHADER_CACHE_DISABLE", "true", 1);
	setenv("__GL_SHADER_DISK_CACHE", "0", 1);
	setenv("VK_LOADER_DEBUG", "error", 0);
	if (!files)
		return;
	/* The second name is that of loaders before 1.3.207. */
	setenv("VK_DRIVER_FILES", files, 1);
	setenv("VK_ICD_FILENAMES", files, 1);
	setenv("VK_ADD_DRIVER_FILES", "", 1);
}

/* What was told is true, and there is more that only waking would tell. */
static void leave_open(struct gd_answer *a, struct gd_row *row, const char *why)
{
	static const char *const counts[] = { "device_count", "gpu_count", "mesa_version" };

	for (size_t i = 0; i < GD_COUNT(counts); i++)
		gd_set_unknown(row, counts[i], GD_GAP_ASLEEP, why, GD_ASLEEP_REMEDY);
	for (size_t i = 0; i < a->facts->count; i++) {
		const char *table = a->facts->tables[i].table->name;

		if (strcmp(table, "library") && strcmp(table, "vulkan"))
			gd_facts_incomplete(a->facts, table, GD_GAP_ASLEEP, why, GD_ASLEEP_REMEDY);
	}
}

static void ask(struct gd_answer *a)
{
	const struct errand *e = a->arg;
	struct gd_vulkan vk = { 0 };
	struct gd_row *row = gd_facts_add(a->facts, "vulkan");

	gd_set_text(row, "id", "vulkan", "gpudoctor");
	prepare_environment(e);
	if (!find_loader(a, &vk, row))
		return;
	load_drivers(a, e);
	gd_answer_tell(a);
	if (make_instance(a, &vk, row))
		ask_devices(a, &vk, row);
	if (e->sleeper)
		leave_open(a, row, e->why);
}

static void start(struct gd_ctx *ctx)
{
	struct errand errand = { .ctx = ctx, .sleeper = gd_pci_sleeper_peek(ctx, NULL) };
	const struct gd_question question = {
		.id = "vulkan",
		.library = library,
		/* Drivers reserve address space for much more memory than there is. */
		.limits = { .address_space_bytes = 1ULL << 40, .data_bytes = 4ULL << 30 },
		.ask = ask,
		.arg = &errand,
	};
	gd_autofree why = NULL;

	if (errand.sleeper) {
		why = gd_xasprintf("%s is suspended, and its Vulkan driver would wake it",
				   gd_get_text(errand.sleeper, "address", ""));
		errand.why = why;
		gd_vulkan_list_harmless(ctx, &errand.harmless);
	}
	if (why && !errand.harmless.count)
		gd_library_leave(ctx, question.id, library, GD_LIBRARY_NOT_ASKED, why, GD_ASLEEP_REMEDY);
	else
		gd_library_ask(ctx, &question);
	gd_strv_free(&errand.harmless);
}

const struct gd_probe gd_probe_vulkan = {
	.name = "vulkan",
	.help = "Asks the Vulkan loader for the devices that programs are shown.",
	.tables = (const struct gd_table *const[]){ &vulkan_table, &driver_table, &device_table, &heap_table, NULL },
	.needs = (const char *const[]){ "pci", "drm", "vulkan_icd", NULL },
	.start = start,
	.run = gd_library_run,
};
