/* SPDX-License-Identifier: MIT */
/* Numbers and names of NVML as this program writes them. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/version.h"
#include "probes/nvml.h"

char *gd_nvml_return_word(int error)
{
	static const char *const words[] = {
		"ok", "uninitialized", "invalid-argument", "not-supported", "no-permission", "already-initialized",
		"not-found", "insufficient-size", "insufficient-power", "driver-not-loaded", "timeout", "irq-issue",
		"library-not-found", "function-not-found", "corrupted-inforom", "gpu-is-lost", "reset-required",
		"operating-system", "version-mismatch", "in-use", "memory", "no-data", "vgpu-ecc-not-supported",
		"insufficient-resources", "freq-not-supported", "argument-version-mismatch", "deprecated", "not-ready",
	};

	if (error >= 0 && (size_t)error < GD_COUNT(words))
		return gd_xstrdup(words[error]);
	return error == NVML_UNKNOWN_ERROR ? gd_xstrdup("unknown-error") : gd_xasprintf("error-%d", error);
}

char *gd_nvml_cuda_version(int version)
{
	if (version < 1000 || version >= 100 * 1000)
		return NULL;
	return gd_xasprintf("%d.%d", version / 1000, version % 1000 / 10);
}

static bool is_version(const char *s)
{
	return isdigit((unsigned char)*s) && strspn(s, "0123456789.") == strlen(s) && gd_version_is_valid(s);
}

char *gd_nvml_file_version(const char *path)
{
	static const char before[] = "libnvidia-ml.so.";
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *version = name + strlen(before);

	/* "1" alone is the version of the interface. */
	if (strncmp(name, before, strlen(before)) || !is_version(version) || !strchr(version, '.'))
		return NULL;
	return gd_xstrdup(version);
}

char *gd_nvml_own_version(const char *version)
{
	size_t digits = strspn(version, "0123456789");

	if (!is_version(version))
		return NULL;
	/* The version of the interface comes first; drivers have three digits there. */
	if (digits < 3)
		version += digits + (version[digits] == '.');
	return isdigit((unsigned char)*version) ? gd_xstrdup(version) : NULL;
}

char *gd_nvml_address(const struct nvml_pci *pci)
{
	if (pci->bus > 0xff || pci->device > 0x1f)
		return NULL;
	return gd_xasprintf("%04" PRIx32 ":%02" PRIx32 ":%02" PRIx32 ".0", pci->domain, pci->bus, pci->device);
}

char *gd_nvml_throttle_words(uint64_t reasons)
{
	static const char *const words[] = {
		"gpu-idle", "application-clocks", "sw-power-cap", "hw-slowdown", "sync-boost",
		"sw-thermal-slowdown", "hw-thermal-slowdown", "hw-power-brake", "display-clocks",
	};
	gd_autostrv set = { 0 };

	for (size_t i = 0; i < GD_COUNT(words); i++)
		if (reasons >> i & 1)
			gd_strv_add(&set, words[i]);
	reasons &= ~(uint64_t)((1U << GD_COUNT(words)) - 1);
	if (reasons) {
		gd_autofree other = gd_xasprintf("0x%" PRIx64, reasons);

		gd_strv_add(&set, other);
	}
	return set.count ? gd_strv_join(&set, ", ") : gd_xstrdup("none");
}

char *gd_nvml_mig_profile(const char *name)
{
	static const char before[] = " MIG ";
	const char *p = strstr(name, before);

	return p && p[strlen(before)] ? gd_xstrdup(p + strlen(before)) : NULL;
}

size_t gd_nvml_entry_bytes(const unsigned char *written, size_t len, size_t count, unsigned char filler)
{
	size_t end = len;

	while (end && written[end - 1] == filler)
		end--;
	for (size_t bytes = NVML_PROCESS_MIN_BYTES; bytes <= NVML_PROCESS_MAX_BYTES; bytes += NVML_PROCESS_STEP_BYTES)
		if (end <= count * bytes && end > (count - 1) * bytes)
			return bytes;
	return 0;
}
