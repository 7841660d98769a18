/* SPDX-License-Identifier: MIT */
/*
 * A Vulkan loader that does what FAKE_VULKAN says, for what the real one will not
 * do on demand:
 *
 *   plain     two discrete devices
 *   many      64 devices
 *   endless   says that there is always one device more
 *   flood     prints megabytes, then shows two devices
 *   hang      never returns from vkCreateInstance
 *   hang-late never returns when the second device is asked for its properties
 *   crash     reads from nowhere in vkEnumeratePhysicalDevices
 *   exit      ends the process in vkCreateInstance
 *   future    a Vulkan of the future, with texts that do not end
 *   old       Vulkan 1.0
 *   memory    wants more memory than there is
 *
 * Built with -DLACKS_ENTRY it has no vkGetInstanceProcAddr.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vulkan/vulkan_core.h>

static int is(const char *mode)
{
	const char *told = getenv("FAKE_VULKAN");

	return told && !strcmp(told, mode);
}

static void hang(void)
{
	for (;;)
		pause();
}

static VkResult instance_version(uint32_t *version)
{
	*version = is("future") ? VK_MAKE_API_VERSION(0, 7, 2, 300) : VK_MAKE_API_VERSION(0, 1, 3, 239);
	return VK_SUCCESS;
}

static void flood(void)
{
	for (int i = 0; i < 100000; i++) {
		printf("fake driver on stdout: line %d of very many\n", i);
		fprintf(stderr, "fake driver on stderr: line %d of very many\n", i);
	}
}

static VkResult create_instance(const VkInstanceCreateInfo *info, const VkAllocationCallbacks *a, VkInstance *ret)
{
	(void)info;
	(void)a;
	if (is("hang"))
		hang();
	if (is("exit"))
		_exit(3);
	if (is("flood"))
		flood();
	if (is("memory")) {
		/* Eight times the limit; a system without one hands out pages only when they are touched. */
		for (int i = 0; i < 32; i++)
			if (!malloc((size_t)1 << 30))
				return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	*ret = (VkInstance)(uintptr_t)4711;
	return VK_SUCCESS;
}

static VkResult enumerate(VkInstance instance, uint32_t *count, VkPhysicalDevice *devices)
{
	uint32_t all = is("many") ? 64 : is("endless") ? 100000 : 2;

	(void)instance;
	if (is("crash"))
		*(volatile int *)8 = 1;
	if (!devices) {
		*count = all;
		return VK_SUCCESS;
	}
	for (uint32_t i = 0; i < all && i < *count; i++)
		devices[i] = (VkPhysicalDevice)(uintptr_t)(i + 1);
	if (*count < all)
		return VK_INCOMPLETE;
	*count = all;
	return VK_SUCCESS;
}

static VkResult extensions(VkPhysicalDevice device, const char *layer, uint32_t *count, VkExtensionProperties *list)
{
	static const char *const names[] = { "VK_EXT_pci_bus_info", "VK_KHR_driver_properties" };

	(void)device;
	(void)layer;
	if (!list) {
		*count = 2;
		return VK_SUCCESS;
	}
	for (uint32_t i = 0; i < 2 && i < *count; i++)
		strcpy(list[i].extensionName, names[i]);
	return VK_SUCCESS;
}

static void fill_chain(void *next, uint32_t number)
{
	for (VkBaseOutStructure *s = next; s; s = s->pNext) {
		if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT) {
			((VkPhysicalDevicePCIBusInfoPropertiesEXT *)s)->pciBus = number + 1;
		} else if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES) {
			VkPhysicalDeviceDriverProperties *p = (VkPhysicalDeviceDriverProperties *)s;

			p->driverID = is("future") ? (VkDriverId)4711 : VK_DRIVER_ID_AMD_OPEN_SOURCE;
			strcpy(p->driverName, "fake");
			strcpy(p->driverInfo, "1.0 (fake)");
			if (is("future"))
				memset(p->driverInfo, 'x', sizeof(p->driverInfo));
		}
	}
}

static void properties(VkPhysicalDevice device, VkPhysicalDeviceProperties2 *p)
{
	uint32_t number = (uint32_t)(uintptr_t)device - 1;

	if (is("hang-late") && number == 1)
		hang();
	p->properties.apiVersion = is("future") ? VK_MAKE_API_VERSION(0, 7, 2, 300) : VK_API_VERSION_1_3;
	p->properties.vendorID = 0x1002;
	p->properties.deviceID = 0x744c;
	p->properties.deviceType = is("future") ? (VkPhysicalDeviceType)99 : VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
	snprintf(p->properties.deviceName, sizeof(p->properties.deviceName), "Fake GPU %u", number);
	if (is("future"))
		memset(p->properties.deviceName, '\xff', sizeof(p->properties.deviceName));
	fill_chain(p->pNext, number);
}

static void features(VkPhysicalDevice device, VkPhysicalDeviceFeatures2 *f)
{
	(void)device;
	(void)f;
}

static void memory(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties2 *m)
{
	(void)device;
	/* More heaps than the array has room for. */
	m->memoryProperties.memoryHeapCount = is("future") ? 100 : 1;
	m->memoryProperties.memoryTypeCount = is("future") ? 1000 : 0;
	for (uint32_t i = 0; i < VK_MAX_MEMORY_HEAPS && i < m->memoryProperties.memoryHeapCount; i++) {
		m->memoryProperties.memoryHeaps[i].size = is("future") ? ~(VkDeviceSize)0 : (VkDeviceSize)16 << 30;
		m->memoryProperties.memoryHeaps[i].flags = VK_MEMORY_HEAP_DEVICE_LOCAL_BIT;
	}
}

#ifndef LACKS_ENTRY
__attribute__((visibility("default"))) PFN_vkVoidFunction vkGetInstanceProcAddr(VkInstance instance, const char *name);

PFN_vkVoidFunction vkGetInstanceProcAddr(VkInstance instance, const char *name)
{
	static const struct {
		const char *name;
		PFN_vkVoidFunction function;
	} all[] = {
		{ "vkEnumerateInstanceVersion", (PFN_vkVoidFunction)instance_version },
		{ "vkCreateInstance", (PFN_vkVoidFunction)create_instance },
		{ "vkEnumeratePhysicalDevices", (PFN_vkVoidFunction)enumerate },
		{ "vkEnumerateDeviceExtensionProperties", (PFN_vkVoidFunction)extensions },
		{ "vkGetPhysicalDeviceProperties2", (PFN_vkVoidFunction)properties },
		{ "vkGetPhysicalDeviceFeatures2", (PFN_vkVoidFunction)features },
		{ "vkGetPhysicalDeviceMemoryProperties2", (PFN_vkVoidFunction)memory },
	};

	(void)instance;
	if (is("old") && !strcmp(name, "vkEnumerateInstanceVersion"))
		return NULL;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i].name, name))
			return all[i].function;
	return NULL;
}
#endif
