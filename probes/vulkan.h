/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_VULKAN_H
#define GD_PROBE_VULKAN_H
/* What the parts of the vulkan probe share. */
#include <vulkan/vulkan_core.h>

#include "probe/library.h"

/* More devices than any machine has are a sign of a driver that lies. */
enum { GD_VULKAN_MAX_DEVICES = 128 };

/* Everything is called through pointers: the loader is not linked. */
struct gd_vulkan {
	PFN_vkGetInstanceProcAddr get;
	VkInstance instance;
	uint32_t api_version; /* of the loader */
	PFN_vkEnumerateDeviceExtensionProperties extensions;
	PFN_vkGetPhysicalDeviceProperties2 properties;
	PFN_vkGetPhysicalDeviceFeatures2 features;
	PFN_vkGetPhysicalDeviceMemoryProperties2 memory;
};

/* One device while it is asked. */
struct gd_vulkan_device {
	VkPhysicalDevice handle;
	struct gd_row *row; /* of vulkan_device */
	char *id; /* its key */
	char *where; /* " of NAME (DRIVER)", for the names of calls; "" until it is known */
	uint32_t api_version; /* the lower one of device and loader */
	VkExtensionProperties *list; /* what it supports */
	uint32_t count;
};

/* The name of the call that comes next, with the device it is made for. */
void gd_vulkan_step(struct gd_answer *a, const struct gd_vulkan_device *d, const char *call);
bool gd_vulkan_has(const struct gd_vulkan_device *d, const char *extension);

/*
 * For the parent: the manifests whose drivers serve no GPU that sleeps, so that
 * asking them wakes none. A driver that is not known may serve any.
 */
void gd_vulkan_list_harmless(const struct gd_ctx *ctx, struct gd_strv *out);

/* Names, numbers, limits; the facts that need no feature struct. */
void gd_vulkan_identify(struct gd_answer *a, const struct gd_vulkan *vk, struct gd_vulkan_device *d,
			const struct gd_gpudb *db);
/* fp16, int8 dot product, cooperative matrix, bfloat16. */
void gd_vulkan_features(struct gd_answer *a, const struct gd_vulkan *vk, struct gd_vulkan_device *d);
/* Heaps with their budget; rows of vulkan_heap, and the sums in the device's row. */
void gd_vulkan_memory(struct gd_answer *a, const struct gd_vulkan *vk, struct gd_vulkan_device *d);

/* "VK_ERROR_INCOMPATIBLE_DRIVER", or "VkResult -42"; owned. */
char *gd_vulkan_result_text(VkResult r);
/*
 * The family that RADV names in a device's name: "(RADV PHOENIX)", or, before
 * Mesa 22.2, "AMD RADV PHOENIX (ACO)". NULL where there is none; owned.
 */
char *gd_radv_family(const char *device_name);
/* The version of Mesa in a driver's info, "Mesa 25.0.7-2"; NULL where there is none; owned. */
char *gd_mesa_version(const char *driver_info);
/* The ISA that a family stands for; NULL where it is not known, or where several are. Borrowed. */
const char *gd_radv_isa_peek(const struct gd_gpudb *db, const char *family, bool *ret_ambiguous);

#endif
