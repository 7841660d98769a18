/* SPDX-License-Identifier: MIT */
#include "object/target.h"

#include <errno.h>
#include <string.h>

/* Compiled for the GPU at hand when it is loaded: HIP's hip_fatbin.cpp. */
#define SPIRV "amdgcnspirv"

static const char generic_end[] = "-generic";

/* EF_AMDGPU_MACH: LLVM's AMDGPUUsage, "AMDGPU EF_AMDGPU_MACH Values", and llvm/BinaryFormat/ELF.h. */
static const struct {
	unsigned mach;
	const char *isa;
} machs[] = {
	{ 0x20, "gfx600" }, { 0x21, "gfx601" }, { 0x22, "gfx700" }, { 0x23, "gfx701" },
	{ 0x24, "gfx702" }, { 0x25, "gfx703" }, { 0x26, "gfx704" }, { 0x28, "gfx801" },
	{ 0x29, "gfx802" }, { 0x2a, "gfx803" }, { 0x2b, "gfx810" }, { 0x2c, "gfx900" },
	{ 0x2d, "gfx902" }, { 0x2e, "gfx904" }, { 0x2f, "gfx906" }, { 0x30, "gfx908" },
	{ 0x31, "gfx909" }, { 0x32, "gfx90c" }, { 0x33, "gfx1010" }, { 0x34, "gfx1011" },
	{ 0x35, "gfx1012" }, { 0x36, "gfx1030" }, { 0x37, "gfx1031" }, { 0x38, "gfx1032" },
	{ 0x39, "gfx1033" }, { 0x3a, "gfx602" }, { 0x3b, "gfx705" }, { 0x3c, "gfx805" },
	{ 0x3d, "gfx1035" }, { 0x3e, "gfx1034" }, { 0x3f, "gfx90a" }, { 0x40, "gfx940" },
	{ 0x41, "gfx1100" }, { 0x42, "gfx1013" }, { 0x43, "gfx1150" }, { 0x44, "gfx1103" },
	{ 0x45, "gfx1036" }, { 0x46, "gfx1101" }, { 0x47, "gfx1102" }, { 0x48, "gfx1200" },
	{ 0x49, "gfx1250" }, { 0x4a, "gfx1151" }, { 0x4b, "gfx941" }, { 0x4c, "gfx942" },
	{ 0x4e, "gfx1201" }, { 0x4f, "gfx950" }, { 0x50, "gfx1310" }, { 0x51, "gfx9-generic" },
	{ 0x52, "gfx10-1-generic" }, { 0x53, "gfx10-3-generic" }, { 0x54, "gfx11-generic" }, { 0x55, "gfx1152" },
	{ 0x57, "gfx1154" }, { 0x58, "gfx1153" }, { 0x59, "gfx12-generic" }, { 0x5a, "gfx1251" },
	{ 0x5b, "gfx12-5-generic" }, { 0x5c, "gfx1172" }, { 0x5d, "gfx1170" }, { 0x5e, "gfx1171" },
	{ 0x5f, "gfx9-4-generic" }, { 0x62, "gfx11-7-generic" }, { 0x63, "gfx13-generic" },
};

/* LLVM's AMDGPUUsage, "AMDGPU Generic Processors". gfx908 and gfx90a are in none. */
static const struct {
	const char *generic;
	const char *isas;
} families[] = {
	{ "gfx9-generic", " gfx900 gfx902 gfx904 gfx906 gfx909 gfx90c " },
	{ "gfx9-4-generic", " gfx940 gfx941 gfx942 gfx950 " },
	{ "gfx10-1-generic", " gfx1010 gfx1011 gfx1012 gfx1013 " },
	{ "gfx10-3-generic", " gfx1030 gfx1031 gfx1032 gfx1033 gfx1034 gfx1035 gfx1036 " },
	{ "gfx11-generic", " gfx1100 gfx1101 gfx1102 gfx1103 gfx1150 gfx1151 gfx1152 gfx1153 gfx1154 " },
	{ "gfx11-7-generic", " gfx1170 gfx1171 gfx1172 " },
	{ "gfx12-generic", " gfx1200 gfx1201 " },
	{ "gfx12-5-generic", " gfx1250 gfx1251 " },
	{ "gfx13-generic", " gfx1310 " },
};

/* e_flags of code objects: the same page, "AMDGPU ELF Header e_flags". */
enum {
	MACH = 0xff,
	ABI_V2 = 0,
	ABI_V3 = 1,
	XNACK_V3 = 0x100,
	SRAMECC_V3 = 0x200,
	XNACK_V4 = 0x300, /* two bits each: not supported, any, off, on */
	XNACK_V4_SHIFT = 8,
	SRAMECC_V4 = 0xc00,
	SRAMECC_V4_SHIFT = 10,
};

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s);
	size_t t = strlen(tail);

	return n > t && !strcmp(s + n - t, tail);
}

static bool set_isa(struct gd_target *t, const char *isa, size_t len)
{
	if (!len || len >= sizeof(t->isa) || strspn(isa, "abcdefghijklmnopqrstuvwxyz0123456789-") < len)
		return false;
	if (strncmp(isa, "gfx", 3) != 0 && (len != strlen(SPIRV) || strncmp(isa, SPIRV, len) != 0))
		return false;
	memcpy(t->isa, isa, len);
	t->isa[len] = '\0';
	t->generic = ends_with(t->isa, generic_end) || !strcmp(t->isa, SPIRV);
	return true;
}

/* "xnack+", `len` bytes. False for what is no feature, or stands twice. */
static bool set_feature(struct gd_target *t, const char *s, size_t len)
{
	enum gd_feature *feature = NULL;
	enum gd_feature value;

	if (len < 2 || (s[len - 1] != '+' && s[len - 1] != '-'))
		return false;
	value = s[len - 1] == '+' ? GD_FEATURE_ON : GD_FEATURE_OFF;
	if (len - 1 == strlen("xnack") && !memcmp(s, "xnack", len - 1))
		feature = &t->xnack;
	else if (len - 1 == strlen("sramecc") && !memcmp(s, "sramecc", len - 1))
		feature = &t->sramecc;
	else
		return true;
	if (*feature != GD_FEATURE_ANY)
		return false;
	*feature = value;
	return true;
}

int gd_target_parse(const char *id, struct gd_target *ret)
{
	struct gd_target t = { 0 };
	size_t n = strcspn(id, ":");

	if (!set_isa(&t, id, n))
		return -EINVAL;
	for (id += n; *id == ':'; id += n) {
		id++;
		n = strcspn(id, ":");
		if (!set_feature(&t, id, n))
			return -EINVAL;
	}
	*ret = t;
	return 0;
}

static void print_feature(const char *name, enum gd_feature feature, struct gd_buf *out)
{
	if (feature != GD_FEATURE_ANY)
		gd_buf_printf(out, ":%s%c", name, feature == GD_FEATURE_ON ? '+' : '-');
}

void gd_target_print(const struct gd_target *t, struct gd_buf *out)
{
	gd_buf_puts(out, t->isa);
	print_feature("sramecc", t->sramecc, out);
	print_feature("xnack", t->xnack, out);
}

static enum gd_feature of_v4(uint32_t bits)
{
	return bits == 3 ? GD_FEATURE_ON : bits == 2 ? GD_FEATURE_OFF : GD_FEATURE_ANY;
}

int gd_target_of_flags(uint32_t e_flags, unsigned abi_version, struct gd_target *ret)
{
	struct gd_target t = { 0 };

	if (abi_version == ABI_V2)
		return -ENOENT;
	for (size_t i = 0; i < GD_COUNT(machs); i++)
		if (machs[i].mach == (e_flags & MACH) && !set_isa(&t, machs[i].isa, strlen(machs[i].isa)))
			return -ENOENT;
	if (!t.isa[0])
		return -ENOENT;
	if (abi_version == ABI_V3) {
		/* A bit that is not set says "off" as well as "not supported". */
		t.xnack = e_flags & XNACK_V3 ? GD_FEATURE_ON : GD_FEATURE_ANY;
		t.sramecc = e_flags & SRAMECC_V3 ? GD_FEATURE_ON : GD_FEATURE_ANY;
	} else {
		t.xnack = of_v4((e_flags & XNACK_V4) >> XNACK_V4_SHIFT);
		t.sramecc = of_v4((e_flags & SRAMECC_V4) >> SRAMECC_V4_SHIFT);
	}
	*ret = t;
	return 0;
}

const char *gd_isa_generic_peek(const char *isa)
{
	size_t n = strlen(isa);

	if (!n || strchr(isa, ' '))
		return NULL;
	for (size_t i = 0; i < GD_COUNT(families); i++) {
		const char *at = strstr(families[i].isas, isa);

		if (at && at[-1] == ' ' && at[n] == ' ')
			return families[i].generic;
	}
	return NULL;
}

bool gd_target_covers(const struct gd_target *t, const char *isa)
{
	const char *generic = gd_isa_generic_peek(isa);

	return !strcmp(t->isa, isa) || !strcmp(t->isa, SPIRV) || (generic && !strcmp(t->isa, generic));
}

static unsigned hex(char c)
{
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : c >= '0' && c <= '9' ? (unsigned)(c - '0') : 16;
}

/*
 * A number that sorts as the processors do. "gfx90a" is 9.0.10: the last two
 * digits are minor version and stepping. "gfx10-3-generic" comes after 10.3.15.
 */
static unsigned isa_number(const char *isa)
{
	unsigned major = 0;
	size_t n;

	if (strncmp(isa, "gfx", 3) != 0)
		return ~0u;
	isa += 3;
	n = strspn(isa, "0123456789abcdef");
	if (ends_with(isa, generic_end)) {
		unsigned minor = isa[n + 1] >= '0' && isa[n + 1] <= '9' ? hex(isa[n + 1]) : 31;

		for (size_t i = 0; i < n && i < 4; i++)
			major = major * 10 + hex(isa[i]);
		return major << 10 | minor << 5 | 31;
	}
	for (size_t i = 0; i + 2 < n && i < 4; i++)
		major = major * 10 + hex(isa[i]);
	return n < 3 ? 0 : major << 10 | hex(isa[n - 2]) << 5 | hex(isa[n - 1]);
}

int gd_isa_compare(const char *a, const char *b)
{
	unsigned x = isa_number(a);
	unsigned y = isa_number(b);

	return x != y ? (x < y ? -1 : 1) : strcmp(a, b);
}

int gd_target_compare(const struct gd_target *a, const struct gd_target *b)
{
	int r = gd_isa_compare(a->isa, b->isa);

	if (!r)
		r = (int)a->sramecc - (int)b->sramecc;
	return r ? r : (int)a->xnack - (int)b->xnack;
}
