/* SPDX-License-Identifier: MIT */
/* Binary files: any bytes; what is told of them has its bounds, and stands in a capture as it was. */
#include "tests/fuzz/object_input.h"

static const char *const seeds[] = { "tests/fuzz/seeds/object/*", "tests/fuzz/seeds/tensile/*", NULL };
static const char *const words[] = {
	"\177ELF", "__CLANG_OFFLOAD_BUNDLE__", "CCOB\x01", "CCOB\x02", "CCOB\x03", "KPAK", "HIPK", "FPIH",
	".hip_fatbin", ".hipFatBinSegment", ".rocm_kpack_ref", "hipv4-amdgcn-amd-amdhsa--gfx", ":xnack+", ":sramecc-",
	"\x28\xb5\x2f\xfd", "\xff\xff\xff\xff\xff\xff\xff\xff", "\xff\xff\xff\xff\xff\xff\xff\x7f", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "object", .seeds = seeds, .words = words, .runs = 6000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = open_input(data, size);
	gd_autoobject o = { 0 };
	uint64_t in_bundles = 0;

	FUZZ_ASSERT(gd_object_read(fd, size, &o) == 0, "damage is no error");
	close(fd);
	FUZZ_ASSERT((o.kind == GD_OBJECT_EMPTY) == (size == 0), "kind %d of %zu bytes", (int)o.kind, size);
	FUZZ_ASSERT(o.size_bytes == size, "%zu bytes", size);
	FUZZ_ASSERT(o.compressed_count <= o.bundle_count, "more compressed bundles than bundles");
	FUZZ_ASSERT(o.bundle_count <= size / 32 + 1, "a header of a bundle takes 32 bytes and more");
	for (size_t i = 0; i < o.target_count; i++) {
		FUZZ_ASSERT(o.targets[i].count > 0, "a target without code");
		FUZZ_ASSERT(!i || gd_target_compare(&o.targets[i - 1].target, &o.targets[i].target) < 0, "not sorted");
		in_bundles += o.targets[i].size_bytes;
	}
	FUZZ_ASSERT(o.compressed_count || in_bundles <= size || o.fault, "more code than bytes, and no fault");
	check_text(&o);
	return 0;
}
