/* SPDX-License-Identifier: MIT */
#include "probes/tensile_name.h"

#include <ctype.h>
#include <string.h>

/* A piece of a name. */
struct piece {
	const char *s;
	size_t len;
};

static bool is(struct piece p, const char *s)
{
	return p.len == strlen(s) && !memcmp(p.s, s, p.len);
}

static bool starts(struct piece p, const char *s)
{
	return p.len >= strlen(s) && !memcmp(p.s, s, strlen(s));
}

/* Cuts `s` off the end; false where it does not end so. */
static bool cut(struct piece *p, const char *s)
{
	size_t n = strlen(s);

	if (p->len < n || memcmp(p->s + p->len - n, s, n) != 0)
		return false;
	p->len -= n;
	return true;
}

/* Where `s` last stands in the piece, or NULL. */
static const char *last(struct piece p, const char *s)
{
	size_t n = strlen(s);

	for (size_t i = p.len; i-- > 0;)
		if (i + n <= p.len && !memcmp(p.s + i, s, n))
			return p.s + i;
	return NULL;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* ---------------------------------------------------------------- targets -- */

/* How many bytes "gfx90a", "gfx9-4-generic" or "gfx1250-strict" take at the start; 0 where it is none. */
static size_t isa_len(struct piece p)
{
	static const char *const ends[] = { "-generic", "-strict" };
	size_t n = strlen("gfx");
	size_t digits;

	if (!starts(p, "gfx"))
		return 0;
	while (n < p.len && is_hex(p.s[n]))
		n++;
	digits = n - strlen("gfx");
	if (digits < 1 || digits > 4 || !isdigit((unsigned char)p.s[strlen("gfx")]))
		return 0;
	/* Generic targets name a family, and perhaps a part of it. */
	if (n + 2 < p.len && p.s[n] == '-' && isdigit((unsigned char)p.s[n + 1]) && p.s[n + 2] == '-')
		n += 2;
	for (size_t i = 0; i < GD_COUNT(ends); i++)
		if (starts((struct piece){ p.s + n, p.len - n }, ends[i]))
			return n + strlen(ends[i]);
	return digits >= 3 && n == strlen("gfx") + digits ? n : 0;
}

/* "-xnack+" at the start, into the list of features; 0 where it is none. */
static size_t take_feature(struct piece p, char *features)
{
	static const char *const known[] = { "xnack+", "xnack-", "sramecc+", "sramecc-" };

	for (size_t i = 0; p.len && *p.s == '-' && i < GD_COUNT(known); i++) {
		if (!starts((struct piece){ p.s + 1, p.len - 1 }, known[i]))
			continue;
		if (strlen(features) + strlen(known[i]) + 2 > GD_ISA_FEATURES_BYTES)
			return 0;
		if (*features)
			strcat(features, " ");
		strcat(features, known[i]);
		return 1 + strlen(known[i]);
	}
	return 0;
}

bool gd_tensile_target(const char *s, size_t len, char *isa, char *features)
{
	struct piece rest = { s, len };
	size_t n = isa_len(rest);

	*features = '\0';
	if (!n || n >= GD_ISA_BYTES)
		return false;
	memcpy(isa, s, n);
	isa[n] = '\0';
	while (n) {
		rest.s += n;
		rest.len -= n;
		n = take_feature(rest, features);
	}
	if (!rest.len)
		return true;
	*isa = *features = '\0';
	return false;
}

/* ------------------------------------------------------------ Tensile files -- */

/* Cuts the target off the end, with the mark before it. */
static void cut_target(struct piece *base, struct gd_kernel_name *ret)
{
	static const char *const marks[] = { "_gfx", "-gfx" };

	for (size_t i = 0; i < GD_COUNT(marks); i++) {
		const char *at = last(*base, marks[i]);

		if (!at)
			continue;
		if (!gd_tensile_target(at + 1, (size_t)(base->s + base->len - at - 1), ret->isa, ret->features))
			continue;
		base->len = (size_t)(at - base->s);
		return;
	}
}

static enum gd_kernel_file kind_of_library(struct piece base, bool index, struct gd_kernel_name *ret)
{
	if (is(base, "TensileLibrary") && !*ret->isa)
		return index ? GD_KERNEL_INDEX_MERGED : GD_KERNEL_OTHER;
	if (is(base, "TensileLibrary"))
		return index ? GD_KERNEL_INDEX_ISA : GD_KERNEL_CODE_ISA;
	if (is(base, "TensileLibrary_lazy") && *ret->isa)
		return index ? GD_KERNEL_INDEX_LAZY : GD_KERNEL_CODE_ISA;
	if (!starts(base, "TensileLibrary_") || !last(base, "_Type_"))
		return GD_KERNEL_OTHER;
	ret->fallback = cut(&base, "_fallback");
	/* Code is always for some chip; an index is for all only where it is the fallback's. */
	if (!*ret->isa && (!index || !ret->fallback))
		return GD_KERNEL_OTHER;
	ret->stem = base.s;
	ret->stem_len = base.len;
	return index ? GD_KERNEL_INDEX_TYPE : GD_KERNEL_CODE_TYPE;
}

static bool is_helper(struct piece base)
{
	size_t n = strlen("Kernels.so-");

	return starts(base, "Kernels.so-") && base.len == n + 3 && isdigit((unsigned char)base.s[n]) &&
	       isdigit((unsigned char)base.s[n + 1]) && isdigit((unsigned char)base.s[n + 2]);
}

static enum gd_kernel_file kind_of(struct piece base, bool index, struct gd_kernel_name *ret)
{
	bool helper = is_helper(base);

	if (!helper && !is(base, "extop") && !is(base, "hipblasltTransform"))
		return kind_of_library(base, index, ret);
	if (index || !*ret->isa)
		return GD_KERNEL_OTHER;
	return helper ? GD_KERNEL_CODE_HELPER : GD_KERNEL_CODE_EXTRA;
}

void gd_kernel_name_parse(const char *name, struct gd_kernel_name *ret)
{
	struct piece base = { name, strlen(name) };
	bool index;

	*ret = (struct gd_kernel_name){ .kind = GD_KERNEL_OTHER };
	cut(&base, ".zlib");
	index = cut(&base, ".dat") || cut(&base, ".yaml");
	if (!index && !cut(&base, ".co") && !cut(&base, ".hsaco"))
		return;
	cut_target(&base, ret);
	ret->kind = kind_of(base, index, ret);
}

/* ------------------------------------------------------------- other files -- */

bool gd_kpack_name_parse(const char *name, const char *libraries, char *isa)
{
	struct piece base = { name, strlen(name) };
	char features[GD_ISA_FEATURES_BYTES];
	size_t n = strlen(libraries);

	*isa = '\0';
	if (!starts(base, libraries) || !cut(&base, ".kpack"))
		return false;
	/* What is for a family, or named in a way of later days, is an archive without an ISA. */
	if (base.len > n && base.s[n] == '_')
		gd_tensile_target(base.s + n + 1, base.len - n - 1, isa, features);
	return true;
}

/* gfx90a68: three places of the chip, and the compute units; chips from gfx1000 on have four. */
static size_t miopen_isa_len(struct piece p)
{
	size_t n = strlen("gfx");
	size_t len;

	if (!starts(p, "gfx") || p.len < n + 3)
		return 0;
	len = n + (p.s[n] == '1' ? 4 : 3);
	if (p.len < len)
		return 0;
	for (size_t i = n; i < len; i++)
		if (!is_hex(p.s[i]))
			return 0;
	return isdigit((unsigned char)p.s[n]) ? len : 0;
}

bool gd_miopen_name_parse(const char *name, char *isa, bool *code)
{
	static const char *const ends[] = { ".kdb",	 ".fdb.txt", ".ufdb.txt", ".db.txt",
					    ".ktn.model", ".tn.model", ".db" };
	struct piece base = { name, strlen(name) };
	size_t n = miopen_isa_len(base);
	bool known = false;

	*isa = '\0';
	for (size_t i = 0; n && !known && i < GD_COUNT(ends); i++)
		known = cut(&base, ends[i]);
	if (!known || base.len < n)
		return false;
	*code = base.len + strlen(".kdb") == strlen(name) && !strcmp(name + base.len, ".kdb");
	memcpy(isa, name, n);
	isa[n] = '\0';
	return true;
}
