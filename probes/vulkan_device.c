/* SPDX-License-Identifier: MIT */
/* One Vulkan device: who it is, what it can do, and its memory. */
#include <ctype.h>
#include <string.h>

#include "base/parse.h"
#include "probes/vulkan.h"

enum { MIB = 1024 * 1024 };

/* Of Vulkan 1.3.255 and 1.4.311; older headers lack them. The registry's numbers never change. */
enum {
	STYPE_COOPERATIVE_MATRIX_FEATURES = 1000506000,
	STYPE_BFLOAT16_FEATURES = 1000141000,
};

struct cooperative_matrix_features {
	VkStructureType sType;
	void *pNext;
	VkBool32 cooperativeMatrix;
	VkBool32 cooperativeMatrixRobustBufferAccess;
};

struct bfloat16_features {
	VkStructureType sType;
	void *pNext;
	VkBool32 shaderBFloat16Type;
	VkBool32 shaderBFloat16DotProduct;
	VkBool32 shaderBFloat16CooperativeMatrix;
};

char *gd_vulkan_result_text(VkResult r)
{
	static const struct {
		VkResult result;
		const char *name;
	} names[] = {
		{ VK_SUCCESS, "VK_SUCCESS" },
		{ VK_INCOMPLETE, "VK_INCOMPLETE" },
		{ VK_ERROR_OUT_OF_HOST_MEMORY, "VK_ERROR_OUT_OF_HOST_MEMORY" },
		{ VK_ERROR_OUT_OF_DEVICE_MEMORY, "VK_ERROR_OUT_OF_DEVICE_MEMORY" },
		{ VK_ERROR_INITIALIZATION_FAILED, "VK_ERROR_INITIALIZATION_FAILED" },
		{ VK_ERROR_DEVICE_LOST, "VK_ERROR_DEVICE_LOST" },
		{ VK_ERROR_LAYER_NOT_PRESENT, "VK_ERROR_LAYER_NOT_PRESENT" },
		{ VK_ERROR_EXTENSION_NOT_PRESENT, "VK_ERROR_EXTENSION_NOT_PRESENT" },
		{ VK_ERROR_INCOMPATIBLE_DRIVER, "VK_ERROR_INCOMPATIBLE_DRIVER" },
		{ VK_ERROR_UNKNOWN, "VK_ERROR_UNKNOWN" },
	};

	for (size_t i = 0; i < GD_COUNT(names); i++)
		if (names[i].result == r)
			return gd_xstrdup(names[i].name);
	return gd_xasprintf("VkResult %d", (int)r);
}

void gd_vulkan_step(struct gd_answer *a, const struct gd_vulkan_device *d, const char *call)
{
	gd_autofree text = gd_xasprintf("%s%s", call, d->where);

	gd_answer_step(a, text);
}

static bool is_family_char(char c)
{
	return isupper((unsigned char)c) || isdigit((unsigned char)c) || c == '_';
}

char *gd_radv_family(const char *device_name)
{
	const char *p = strstr(device_name, "RADV ");
	size_t n = 0;

	if (!p)
		return NULL;
	p += 5;
	while (is_family_char(p[n]))
		n++;
	return n ? gd_xstrndup(p, n) : NULL;
}

char *gd_mesa_version(const char *driver_info)
{
	const char *p = strstr(driver_info, "Mesa ");
	size_t n;

	if (!p)
		return NULL;
	p += 5;
	n = strspn(p, "0123456789.");
	return n ? gd_xstrndup(p, n) : NULL;
}

const char *gd_radv_isa_peek(const struct gd_gpudb *db, const char *family, bool *ret_ambiguous)
{
	const struct gd_csv *t = gd_gpudb_table_peek(db, "radv-names");
	int name = gd_csv_column(t, "name");
	const char *isa = NULL;

	*ret_ambiguous = false;
	for (size_t i = 0; i < t->rows; i++) {
		if (strcmp(gd_csv_peek(t, i, name), family))
			continue;
		if (isa)
			*ret_ambiguous = true;
		isa = gd_csv_peek(t, i, gd_csv_column(t, "isa"));
	}
	return *ret_ambiguous ? NULL : isa;
}

/* Text that a driver filled an array with; it may have forgotten the NUL. */
static void set_array(struct gd_row *row, const char *column, const char *array, size_t size, const char *source)
{
	gd_autofree text = gd_xstrndup(array, strnlen(array, size));

	gd_repair_text(text);
	gd_set_text(row, column, text, source);
}

static void set_family(struct gd_row *row, const struct gd_gpudb *db)
{
	static const char source[] = "VkPhysicalDeviceProperties.deviceName";
	gd_autofree family = gd_radv_family(gd_get_text(row, "name", ""));
	const char *isa;
	bool ambiguous;

	if (!family) {
		gd_set_absent(row, "radv_family", source);
		gd_set_absent(row, "isa", source);
		return;
	}
	gd_set_text(row, "radv_family", family, source);
	isa = gd_radv_isa_peek(db, family, &ambiguous);
	if (isa) {
		gd_set_text(row, "isa", isa, "data/gpu-db/radv-names.csv");
	} else {
		gd_autofree detail = ambiguous ? gd_xasprintf("%s stands for several ISAs", family)
					       : gd_xasprintf("%s is not in radv-names.csv", family);

		gd_set_unknown(row, "isa", ambiguous ? GD_GAP_AMBIGUOUS : GD_GAP_NO_SOURCE, detail, NULL);
	}
}

static void set_type(struct gd_row *row, VkPhysicalDeviceType type)
{
	static const char source[] = "VkPhysicalDeviceProperties.deviceType";
	static const char *const names[] = { "other", "integrated", "discrete", "virtual", "cpu" };

	if ((unsigned)type < GD_COUNT(names)) {
		gd_set_text(row, "type", names[type], source);
	} else {
		gd_autofree detail = gd_xasprintf("the driver says type %d, and there is none", (int)type);

		gd_set_unknown(row, "type", GD_GAP_GARBAGE, detail, NULL);
	}
}

static void set_version(struct gd_row *row, const char *column, uint32_t version, const char *source)
{
	gd_autofree text = gd_xasprintf("%u.%u.%u", VK_API_VERSION_MAJOR(version), VK_API_VERSION_MINOR(version),
					VK_API_VERSION_PATCH(version));

	gd_set_text(row, column, text, source);
}

static void set_driver(struct gd_row *row, const struct gd_gpudb *db, const VkPhysicalDeviceDriverProperties *p,
		       VkPhysicalDeviceType type)
{
	static const char source[] = "VkPhysicalDeviceDriverProperties";
	const struct gd_csv *t = gd_gpudb_table_peek(db, "vulkan-drivers");
	gd_autofree number = gd_xasprintf("%d", (int)p->driverID);
	int found = gd_gpudb_find(t, "driver_id", number);
	gd_autofree mesa = NULL;
	bool software = type == VK_PHYSICAL_DEVICE_TYPE_CPU;

	if (found >= 0) {
		size_t i = (size_t)found;

		gd_set_text(row, "driver", gd_csv_peek(t, i, gd_csv_column(t, "driver")), source);
		software |= !strcmp(gd_csv_peek(t, i, gd_csv_column(t, "software")), "yes");
	} else {
		gd_autofree name = gd_xasprintf("driver-%d", (int)p->driverID);

		gd_set_text(row, "driver", name, source);
	}
	gd_set_bool(row, "software", software, source);
	set_array(row, "driver_name", p->driverName, sizeof(p->driverName), source);
	set_array(row, "driver_info", p->driverInfo, sizeof(p->driverInfo), source);
	mesa = gd_mesa_version(gd_get_text(row, "driver_info", ""));
	gd_set_text_or_absent(row, "mesa_version", mesa, source);
}

/* Drivers before 1.2 without VK_KHR_driver_properties. */
static void set_no_driver(struct gd_row *row, VkPhysicalDeviceType type)
{
	static const char *const columns[] = { "driver", "driver_name", "driver_info", "mesa_version" };

	for (size_t i = 0; i < GD_COUNT(columns); i++)
		gd_set_absent(row, columns[i], "VK_KHR_driver_properties");
	gd_set_bool(row, "software", type == VK_PHYSICAL_DEVICE_TYPE_CPU, "VkPhysicalDeviceProperties.deviceType");
}

static void set_limits(struct gd_row *row, const VkPhysicalDeviceLimits *limits, uint64_t max_allocation)
{
	gd_set_int(row, "max_storage_range_mib", limits->maxStorageBufferRange / MIB,
		   "VkPhysicalDeviceLimits.maxStorageBufferRange");
	gd_set_int(row, "shared_memory_bytes", limits->maxComputeSharedMemorySize,
		   "VkPhysicalDeviceLimits.maxComputeSharedMemorySize");
	/* A structure that was not filled in. */
	if (max_allocation)
		gd_set_int(row, "max_allocation_mib", (int64_t)(max_allocation / MIB),
			   "VkPhysicalDeviceMaintenance3Properties.maxMemoryAllocationSize");
	else
		gd_set_unknown(row, "max_allocation_mib", GD_GAP_GARBAGE, "the driver says 0", NULL);
}

/* Links a structure into the chain that a query fills; answers whether it did. */
static bool link_if(bool condition, void **tail, void *structure)
{
	VkBaseOutStructure *out = structure;

	if (!condition)
		return false;
	out->pNext = *tail;
	*tail = structure;
	return true;
}

void gd_vulkan_identify(struct gd_answer *a, const struct gd_vulkan *vk, struct gd_vulkan_device *d,
			const struct gd_gpudb *db)
{
	VkPhysicalDeviceMaintenance3Properties sizes = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES
	};
	VkPhysicalDeviceDriverProperties driver = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES };
	VkPhysicalDevicePCIBusInfoPropertiesEXT pci = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT
	};
	VkPhysicalDeviceProperties2 all = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &sizes };
	const VkPhysicalDeviceProperties *p = &all.properties;
	gd_autofree vendor = NULL;
	gd_autofree device = NULL;
	gd_autofree address = NULL;
	bool has_driver = link_if(gd_vulkan_has(d, "VK_KHR_driver_properties"), &all.pNext, &driver);
	bool has_pci = link_if(gd_vulkan_has(d, "VK_EXT_pci_bus_info"), &all.pNext, &pci);

	gd_vulkan_step(a, d, "vkGetPhysicalDeviceProperties2");
	vk->properties(d->handle, &all);
	d->api_version = p->apiVersion < vk->api_version ? p->apiVersion : vk->api_version;
	vendor = gd_xasprintf("%04x", p->vendorID);
	device = gd_xasprintf("%04x", p->deviceID);
	set_array(d->row, "name", p->deviceName, sizeof(p->deviceName), "VkPhysicalDeviceProperties.deviceName");
	gd_set_text(d->row, "vendor_id", vendor, "VkPhysicalDeviceProperties.vendorID");
	gd_set_text(d->row, "device_id", device, "VkPhysicalDeviceProperties.deviceID");
	set_version(d->row, "api_version", p->apiVersion, "VkPhysicalDeviceProperties.apiVersion");
	set_type(d->row, p->deviceType);
	if (has_driver)
		set_driver(d->row, db, &driver, p->deviceType);
	else
		set_no_driver(d->row, p->deviceType);
	free(d->where);
	d->where = gd_xasprintf(" of %s (%s)", gd_get_text(d->row, "name", "a device"),
				gd_get_text(d->row, "driver", "unknown driver"));
	set_family(d->row, db);
	set_limits(d->row, &p->limits, sizes.maxMemoryAllocationSize);
	if (has_pci) {
		address = gd_xasprintf("%04x:%02x:%02x.%x", pci.pciDomain, pci.pciBus, pci.pciDevice, pci.pciFunction);
		gd_set_text(d->row, "pci_address", address, "VK_EXT_pci_bus_info");
	} else {
		gd_set_absent(d->row, "pci_address", "VK_EXT_pci_bus_info");
	}
}

static void set_or_absent(struct gd_row *row, const char *column, bool there, int64_t value, const char *source)
{
	if (there)
		gd_set_int(row, column, value, source);
	else
		gd_set_absent(row, column, source);
}

/* Limits that came with later versions and extensions. */
static void more_properties(struct gd_answer *a, const struct gd_vulkan *vk, struct gd_vulkan_device *d)
{
	VkPhysicalDeviceSubgroupProperties group = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES };
	VkPhysicalDeviceSubgroupSizeControlProperties control = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES
	};
	VkPhysicalDeviceMaintenance4Properties buffers = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES
	};
	VkPhysicalDeviceShaderIntegerDotProductProperties dot = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_PROPERTIES
	};
	VkPhysicalDeviceProperties2 all = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &group };
	bool core = d->api_version >= VK_API_VERSION_1_3;
	bool has_control = link_if(core || gd_vulkan_has(d, "VK_EXT_subgroup_size_control"), &all.pNext, &control);
	bool has_buffers = link_if(core || gd_vulkan_has(d, "VK_KHR_maintenance4"), &all.pNext, &buffers);
	bool has_dot = link_if(core || gd_vulkan_has(d, "VK_KHR_shader_integer_dot_product"), &all.pNext, &dot);

	gd_vulkan_step(a, d, "vkGetPhysicalDeviceProperties2");
	vk->properties(d->handle, &all);
	gd_set_int(d->row, "subgroup_size", group.subgroupSize, "VkPhysicalDeviceSubgroupProperties");
	set_or_absent(d->row, "subgroup_size_min", has_control, control.minSubgroupSize,
		      "VK_EXT_subgroup_size_control");
	set_or_absent(d->row, "subgroup_size_max", has_control, control.maxSubgroupSize,
		      "VK_EXT_subgroup_size_control");
	set_or_absent(d->row, "max_buffer_mib", has_buffers, (int64_t)(buffers.maxBufferSize / MIB),
		      "VK_KHR_maintenance4");
	/* The property that engines go by: emulated dot products are slower than none. */
	gd_set_bool(d->row, "int8_dot", has_dot && dot.integerDotProduct4x8BitPackedSignedAccelerated,
		    "VK_KHR_shader_integer_dot_product");
}

void gd_vulkan_features(struct gd_answer *a, const struct gd_vulkan *vk, struct gd_vulkan_device *d)
{
	VkPhysicalDevice16BitStorageFeatures storage = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES
	};
	VkPhysicalDeviceShaderFloat16Int8Features half = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES
	};
	struct cooperative_matrix_features matrix = { .sType = (VkStructureType)STYPE_COOPERATIVE_MATRIX_FEATURES };
	struct bfloat16_features brain = { .sType = (VkStructureType)STYPE_BFLOAT16_FEATURES };
	VkPhysicalDeviceFeatures2 all = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &storage };
	bool has_half = link_if(d->api_version >= VK_API_VERSION_1_2 || gd_vulkan_has(d, "VK_KHR_shader_float16_int8"),
				&all.pNext, &half);
	bool has_matrix = link_if(gd_vulkan_has(d, "VK_KHR_cooperative_matrix"), &all.pNext, &matrix);
	bool has_brain = link_if(gd_vulkan_has(d, "VK_KHR_shader_bfloat16"), &all.pNext, &brain);

	more_properties(a, vk, d);
	gd_vulkan_step(a, d, "vkGetPhysicalDeviceFeatures2");
	vk->features(d->handle, &all);
	gd_set_bool(d->row, "fp16", has_half && half.shaderFloat16 && storage.storageBuffer16BitAccess,
		    "VK_KHR_shader_float16_int8, VK_KHR_16bit_storage");
	gd_set_bool(d->row, "coopmat", has_matrix && matrix.cooperativeMatrix, "VK_KHR_cooperative_matrix");
	gd_set_bool(d->row, "coopmat2", gd_vulkan_has(d, "VK_NV_cooperative_matrix2"), "VK_NV_cooperative_matrix2");
	gd_set_bool(d->row, "bfloat16", has_brain && brain.shaderBFloat16Type, "VK_KHR_shader_bfloat16");
	gd_set_bool(d->row, "bfloat16_coopmat", has_brain && brain.shaderBFloat16CooperativeMatrix,
		    "VK_KHR_shader_bfloat16");
}

/* Whether some type of memory in this heap is visible to the CPU. */
static bool is_host_visible(const VkPhysicalDeviceMemoryProperties *m, uint32_t heap)
{
	for (uint32_t i = 0; i < m->memoryTypeCount && i < VK_MAX_MEMORY_TYPES; i++)
		if (m->memoryTypes[i].heapIndex == heap &&
		    (m->memoryTypes[i].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT))
			return true;
	return false;
}

static void add_heap(struct gd_answer *a, const struct gd_vulkan_device *d, const VkPhysicalDeviceMemoryProperties *m,
		     uint32_t i, const VkPhysicalDeviceMemoryBudgetPropertiesEXT *budget)
{
	static const char source[] = "VkPhysicalDeviceMemoryProperties";
	struct gd_row *row = gd_facts_add(a->facts, "vulkan_heap");
	gd_autofree id = gd_xasprintf("%s/%u", d->id, i);

	gd_set_text(row, "id", id, source);
	gd_set_text(row, "device", d->id, source);
	gd_set_int(row, "size_mib", (int64_t)(m->memoryHeaps[i].size / MIB), source);
	gd_set_bool(row, "device_local", m->memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT, source);
	gd_set_bool(row, "host_visible", is_host_visible(m, i), source);
	set_or_absent(row, "budget_mib", budget, budget ? (int64_t)(budget->heapBudget[i] / MIB) : 0,
		      "VK_EXT_memory_budget");
	set_or_absent(row, "used_mib", budget, budget ? (int64_t)(budget->heapUsage[i] / MIB) : 0,
		      "VK_EXT_memory_budget");
}

/* No memory is as large as this, and sums of less cannot overflow. */
static const uint64_t too_much_bytes = 1ULL << 56;

static bool is_sane(const VkPhysicalDeviceMemoryProperties *m)
{
	if (m->memoryHeapCount > VK_MAX_MEMORY_HEAPS)
		return false;
	for (uint32_t i = 0; i < m->memoryHeapCount; i++)
		if (m->memoryHeaps[i].size > too_much_bytes)
			return false;
	return true;
}

static void set_insane(struct gd_answer *a, struct gd_row *row)
{
	static const char *const sums[] = { "device_local_mib", "host_mib", "llama_cpp_mib" };
	static const char why[] = "the driver speaks of more heaps than it may have, or of larger ones than there are";

	for (size_t i = 0; i < GD_COUNT(sums); i++)
		gd_set_unknown(row, sums[i], GD_GAP_GARBAGE, why, NULL);
	gd_answer_end(a, GD_LIBRARY_GARBAGE, why);
}

void gd_vulkan_memory(struct gd_answer *a, const struct gd_vulkan *vk, struct gd_vulkan_device *d)
{
	VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT
	};
	VkPhysicalDeviceMemoryProperties2 all = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2 };
	static const char source[] = "VkPhysicalDeviceMemoryProperties";
	const VkPhysicalDeviceMemoryProperties *m = &all.memoryProperties;
	bool has_budget = link_if(gd_vulkan_has(d, "VK_EXT_memory_budget"), &all.pNext, &budget);
	bool integrated = !strcmp(gd_get_text(d->row, "type", ""), "integrated");
	uint64_t local = 0; /* bytes */
	uint64_t host = 0;

	gd_vulkan_step(a, d, "vkGetPhysicalDeviceMemoryProperties2");
	vk->memory(d->handle, &all);
	gd_set_bool(d->row, "memory_budget", has_budget, "VK_EXT_memory_budget");
	if (!is_sane(m)) {
		set_insane(a, d->row);
		return;
	}
	for (uint32_t i = 0; i < m->memoryHeapCount && i < VK_MAX_MEMORY_HEAPS; i++) {
		add_heap(a, d, m, i, has_budget ? &budget : NULL);
		if (m->memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
			local += m->memoryHeaps[i].size;
		else
			host += m->memoryHeaps[i].size;
	}
	gd_set_int(d->row, "device_local_mib", (int64_t)(local / MIB), source);
	gd_set_int(d->row, "host_mib", (int64_t)(host / MIB), source);
	/* As ggml-vulkan.cpp adds them up. */
	gd_set_int(d->row, "llama_cpp_mib", (int64_t)((integrated ? local + host : local) / MIB), source);
}
