/* SPDX-License-Identifier: MIT */
/*
 * libdrm and libdrm_amdgpu as they are not on any one machine. The variable
 * FAKE_DRM says how they behave: words with blanks between them.
 *
 *   crash=CALL hang=CALL            in this call
 *   flood                           prints megabytes before the first answer
 *   devices=N                       so many, each of them /dev/null by another path
 *   claims=N                        drmGetDevices2 says N, whatever there is
 *   fails=CALL                      the call gives an error (EIO)
 *   node=PATH twice nameless platform driver=NAME odd-version absurd bytes zero
 */
#include <amdgpu.h>
#include <amdgpu_drm.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#define MIB ((uint64_t)1 << 20)

/* What stands behind "word=", or "" where the word stands alone; NULL where it is missing. */
static const char *told(const char *word)
{
	static char values[8][128];
	static int next;
	const char *at = getenv("FAKE_DRM");
	size_t len = strlen(word);

	for (; at && (at = strstr(at, word)); at += len) {
		char *value = values[next++ % 8];

		if (!strchr("= ", at[len]) || (at != getenv("FAKE_DRM") && at[-1] != ' '))
			continue;
		snprintf(value, sizeof(values[0]), "%.*s", (int)strcspn(at[len] == '=' ? at + len + 1 : "", " "),
			 at[len] == '=' ? at + len + 1 : "");
		return value;
	}
	return NULL;
}

static int is_told(const char *word, const char *call)
{
	const char *value = told(word);

	return value && !strcmp(value, call);
}

/* True where the call shall fail. */
static int enter(const char *call)
{
	static char line[] = "fake: what nobody wants to read, again and again and again\n";
	static int lines;

	for (; told("flood") && lines < 50000; lines++)
		(void)!write(1 + lines % 2, line, sizeof(line) - 1);
	if (is_told("crash", call)) {
		fputs("fake: this is the end\n", stderr);
		raise(SIGSEGV);
	}
	while (is_told("hang", call))
		pause();
	return is_told("fails", call);
}

#ifndef FAKE_AMDGPU

static drmDevicePtr new_device(int i)
{
	static drmPciBusInfo places[256];
	static drmPciDeviceInfo chips[256];
	drmDevicePtr d = calloc(1, sizeof(*d));
	char path[64] = "/dev";

	/* The bits of the number, as ways to say nothing. */
	for (int bit = 1; i && bit < 256; bit *= 2)
		strcat(path, i & bit ? "/." : "/");
	strcat(path, "/null");
	d->nodes = calloc(DRM_NODE_MAX, sizeof(char *));
	d->nodes[DRM_NODE_RENDER] = strdup(told("node") ? told("node") : path);
	d->nodes[DRM_NODE_PRIMARY] = strdup("/dev/dri/card7");
	d->available_nodes = 1 << DRM_NODE_RENDER | 1 << DRM_NODE_PRIMARY;
	places[i] = (drmPciBusInfo){ .domain = 1, .bus = (uint8_t)(16 + i), .dev = 3, .func = 7 };
	chips[i] = (drmPciDeviceInfo){ .vendor_id = 0x1002, .device_id = 0x15bf };
	d->businfo.pci = &places[i];
	d->deviceinfo.pci = &chips[i];
	d->bustype = told("platform") ? DRM_BUS_PLATFORM : DRM_BUS_PCI;
	if (told("nameless"))
		d->available_nodes = 0;
	return d;
}

int drmGetDevices2(uint32_t flags, drmDevicePtr devices[], int max)
{
	int count = told("devices") ? atoi(told("devices")) : 1;

	if (enter("drmGetDevices2"))
		return -EIO;
	/* With a flag it would read what wakes a device. */
	if (flags)
		abort();
	for (int i = 0; i < count && i < max; i++)
		devices[i] = new_device(told("twice") ? 0 : i);
	if (told("claims"))
		return atoi(told("claims"));
	return count;
}

#ifndef WITHOUT_VERSION

drmVersionPtr drmGetVersion(int fd)
{
	drmVersionPtr v = calloc(1, sizeof(*v));

	if (enter("drmGetVersion") || fd < 0)
		return NULL;
	v->version_major = told("odd-version") ? -1 : 3;
	v->version_minor = 61;
	v->version_patchlevel = 4;
	/* Without a NUL behind it: its length is what counts. */
	v->name = memcpy(malloc(32), "amdgpu-and-more-than-its-length", 32);
	v->name_len = 6;
	if (told("driver")) {
		v->name = strdup(told("driver"));
		v->name_len = (int)strlen(v->name);
	}
	v->date = strdup("0");
	v->date_len = 1;
	return v;
}

#endif

void drmFreeVersion(drmVersionPtr v)
{
	free(v->name);
	free(v->date);
	free(v);
}

#else

int amdgpu_device_initialize(int fd, uint32_t *major, uint32_t *minor, amdgpu_device_handle *handle)
{
	static int device;

	if (enter("amdgpu_device_initialize") || fd < 0)
		return -EIO;
	*major = 3;
	*minor = 61;
	*handle = (amdgpu_device_handle)(void *)&device;
	return 0;
}

int amdgpu_device_deinitialize(amdgpu_device_handle handle)
{
	(void)handle;
	enter("amdgpu_device_deinitialize");
	return 0;
}

/* Fills the room it was given, as a kernel of the future would. */
int amdgpu_query_info(amdgpu_device_handle handle, unsigned id, unsigned size, void *value)
{
	struct drm_amdgpu_info_device chip = {
		.device_id = 0x15bf, .chip_rev = 0, .external_rev = 1, .pci_rev = 0xc1, .family = 148,
		.num_shader_engines = 1, .num_shader_arrays_per_engine = 2, .max_engine_clock = 2700000,
		.max_memory_clock = 2800000, .cu_active_number = 12, .ids_flags = AMDGPU_IDS_FLAGS_FUSION,
		.vram_type = 12, .vram_bit_width = 128, .wave_front_size = 32,
	};
	struct drm_amdgpu_memory_info memory = {
		.vram = { 4096 * MIB, 4000 * MIB, 128 * MIB, 3000 * MIB },
		.cpu_accessible_vram = { 4096 * MIB, 4000 * MIB, 100 * MIB, 3000 * MIB },
		.gtt = { 14000 * MIB, 13990 * MIB, 20 * MIB, 10000 * MIB },
	};

	(void)handle;
	if (enter(id == AMDGPU_INFO_MEMORY ? "memory" : "chip"))
		return -EIO;
	if (told("zero")) {
		memset(&chip, 0, sizeof(chip));
		memset(&memory, 0, sizeof(memory));
	}
	if (told("absurd")) {
		chip.cu_active_number = 4000000000U;
		chip.max_engine_clock = UINT64_MAX;
		chip.pci_rev = 0x12345;
		chip.vram_type = 4711;
		memory.vram.total_heap_size = UINT64_MAX - 4096;
		memory.gtt.usable_heap_size = 14001 * MIB;
	}
	memset(value, 0x5a, size);
	if (id == AMDGPU_INFO_MEMORY)
		memcpy(value, &memory, size < sizeof(memory) ? size : sizeof(memory));
	else
		memcpy(value, &chip, size < sizeof(chip) ? size : sizeof(chip));
	return 0;
}

#ifndef WITHOUT_FIRMWARE

int amdgpu_query_firmware_version(amdgpu_device_handle handle, unsigned type, unsigned instance, unsigned index,
				  uint32_t *version, uint32_t *feature)
{
	(void)handle;
	(void)instance;
	if (enter("amdgpu_query_firmware_version"))
		return -EIO;
	*version = 0;
	*feature = 0;
	if (type == AMDGPU_INFO_FW_GFX_MEC && !index) {
		*version = 0x2a;
		*feature = 35;
	} else if (type == AMDGPU_INFO_FW_SDMA) {
		*version = 18 + index;
	} else if (type == 0x1a) {
		*version = 0xffffffff;
		*feature = 1;
	} else if (type == AMDGPU_INFO_FW_TA) {
		*version = type << 8 | index;
	}
	/* The kernel's word for a firmware that this generation does not have. */
	return type == AMDGPU_INFO_FW_UVD ? -EINVAL : 0;
}

#endif

const char *amdgpu_get_marketing_name(amdgpu_device_handle handle)
{
	(void)handle;
	enter("amdgpu_get_marketing_name");
	if (told("zero"))
		return NULL;
	return told("bytes") ? "AMD \xff\xfe" : "AMD Radeon 780M Graphics";
}

#endif
