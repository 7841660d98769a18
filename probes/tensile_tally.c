/* SPDX-License-Identifier: MIT */
#include "probes/tensile_tally.h"

#include <string.h>

#include "base/alloc.h"
#include "object/target.h"

/* One type of one ISA; several of the same become one with all their parts. */
struct gd_tally_type {
	const char *stem;
	size_t len;
	uint64_t hash;
	int isa; /* -1: of all */
	bool fallback;
	bool index;
	bool code;
};

/* FNV-1a: stems share long beginnings, so a number is compared first. */
static uint64_t hash_of(const char *s, size_t len)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(1099511628211);
	return h;
}

static int find(const struct gd_tally *t, const char *isa)
{
	for (size_t i = 0; i < t->count; i++)
		if (!strcmp(t->isas[i].isa, isa))
			return (int)i;
	return -1;
}

static int find_or_add(struct gd_tally *t, const char *isa)
{
	int i = find(t, isa);

	if (i >= 0 || !*isa)
		return i;
	if (t->count == GD_TALLY_ISAS) {
		t->too_many = true;
		return -1;
	}
	strcpy(t->isas[t->count].isa, isa);
	return (int)t->count++;
}

static void add_features(struct gd_isa_tally *i, const char *features)
{
	size_t len = strlen(i->features);

	if (!*features || strstr(i->features, features) || len + strlen(features) + 2 > sizeof(i->features))
		return;
	if (len)
		strcat(i->features, " ");
	strcat(i->features, features);
}

static void add_type(struct gd_tally *t, const struct gd_kernel_name *n, int isa)
{
	GD_GROW(t->types, t->type_count, t->type_cap);
	t->types[t->type_count++] = (struct gd_tally_type){
		.stem = n->stem,
		.len = n->stem_len,
		.hash = hash_of(n->stem, n->stem_len),
		.isa = isa,
		.fallback = n->fallback,
		.index = n->kind == GD_KERNEL_INDEX_TYPE,
		.code = n->kind == GD_KERNEL_CODE_TYPE,
	};
}

static bool is_code(enum gd_kernel_file kind)
{
	return kind == GD_KERNEL_CODE_ISA || kind == GD_KERNEL_CODE_TYPE || kind == GD_KERNEL_CODE_HELPER ||
	       kind == GD_KERNEL_CODE_EXTRA;
}

static void count_for_isa(struct gd_isa_tally *i, const struct gd_kernel_name *n)
{
	i->lazy |= n->kind == GD_KERNEL_INDEX_LAZY;
	i->own |= n->kind == GD_KERNEL_INDEX_ISA;
	i->code |= n->kind == GD_KERNEL_CODE_ISA;
	i->helper |= n->kind == GD_KERNEL_CODE_HELPER;
	i->code_objects += is_code(n->kind);
	add_features(i, n->features);
}

void gd_tally_add(struct gd_tally *t, const struct gd_kernel_name *n, const char *folder_isa)
{
	/* A stepping has a folder of its own, while its files have the name of the chip. */
	const char *isa = *folder_isa ? folder_isa : n->isa;
	int i;

	t->files++;
	t->merged |= n->kind == GD_KERNEL_INDEX_MERGED;
	if (n->kind == GD_KERNEL_OTHER || n->kind == GD_KERNEL_INDEX_MERGED)
		return;
	i = find_or_add(t, isa);
	if (i < 0 && *isa)
		return;
	if (i >= 0)
		count_for_isa(&t->isas[i], n);
	if (n->kind == GD_KERNEL_INDEX_TYPE || n->kind == GD_KERNEL_CODE_TYPE)
		add_type(t, n, i);
}

void gd_tally_add_error(struct gd_tally *t, const char *isa, int error)
{
	int i = find_or_add(t, isa);

	if (i >= 0)
		t->isas[i].error = error;
}

void gd_tally_add_archive(struct gd_tally *t, const char *isa)
{
	int i = find_or_add(t, isa);

	if (i >= 0)
		t->isas[i].archive = true;
	else
		t->open_archive = true;
}

void gd_tally_add_plain(struct gd_tally *t, const char *isa, bool code)
{
	int i = find_or_add(t, isa);

	t->files++;
	if (i < 0)
		return;
	t->isas[i].own = true;
	t->isas[i].code_objects += code;
	t->isas[i].tuned++;
}

/* ------------------------------------------------------------------- close -- */

static int compare_stems(const struct gd_tally_type *x, const struct gd_tally_type *y)
{
	size_t n = x->len < y->len ? x->len : y->len;
	int r;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	r = memcmp(x->stem, y->stem, n);
	if (r || x->len == y->len)
		return r;
	return x->len < y->len ? -1 : 1;
}

/* Those of all ISAs come first. */
static int compare_types(const void *a, const void *b)
{
	const struct gd_tally_type *x = a;
	const struct gd_tally_type *y = b;

	if (x->isa != y->isa)
		return x->isa < y->isa ? -1 : 1;
	if (x->fallback != y->fallback)
		return x->fallback ? 1 : -1;
	return compare_stems(x, y);
}

/* Entries for the same type become one. */
static void merge_types(struct gd_tally *t)
{
	size_t kept = 0;

	if (t->type_count)
		qsort(t->types, t->type_count, sizeof(*t->types), compare_types);
	for (size_t i = 0; i < t->type_count; i++) {
		if (kept && !compare_types(&t->types[kept - 1], &t->types[i])) {
			t->types[kept - 1].index |= t->types[i].index;
			t->types[kept - 1].code |= t->types[i].code;
		} else {
			t->types[kept++] = t->types[i];
		}
	}
	t->type_count = kept;
}

static int compare_keys(const void *a, const void *b)
{
	return compare_stems(a, b);
}

static void count_type(struct gd_tally *t, const struct gd_tally_type *type, size_t shared)
{
	struct gd_isa_tally *i = &t->isas[type->isa];
	bool index = type->index;

	if (type->fallback && !index && shared)
		index = bsearch(type, t->types, shared, sizeof(*type), compare_keys) != NULL;
	if (index && type->code) {
		*(type->fallback ? &i->fallback : &i->tuned) += 1;
		return;
	}
	if (index && !i->without_code) {
		i->first_without_code = type->stem;
		i->first_without_code_len = type->len;
	}
	*(index ? &i->without_code : &i->without_index) += 1;
}

static int compare_isas(const void *a, const void *b)
{
	const struct gd_isa_tally *x = a;
	const struct gd_isa_tally *y = b;

	return gd_isa_compare(x->isa, y->isa);
}

void gd_tally_close(struct gd_tally *t)
{
	size_t shared = 0;

	merge_types(t);
	while (shared < t->type_count && t->types[shared].isa < 0)
		shared++;
	for (size_t i = shared; i < t->type_count; i++)
		count_type(t, &t->types[i], shared);
	qsort(t->isas, t->count, sizeof(*t->isas), compare_isas);
}

void gd_tally_free(struct gd_tally *t)
{
	free(t->types);
	*t = (struct gd_tally){ 0 };
}

/* ------------------------------------------------------------------ verdict -- */

bool gd_isa_has_index(const struct gd_tally *t, const struct gd_isa_tally *i)
{
	return i->lazy || i->own || t->merged;
}

/*
 * An index of types leads to the files of each type. The older ones do not:
 * then all tuned code is in one file, and the code that is not tuned among the
 * helpers. So Debian's rocBLAS 5.5.1 has kernels for gfx1010, all of them slow.
 */
static bool is_tuned(const struct gd_isa_tally *i)
{
	return i->tuned || (!i->lazy && i->code);
}

static bool is_fallback(const struct gd_isa_tally *i)
{
	return i->fallback || (!i->lazy && i->helper);
}

bool gd_isa_is_usable(const struct gd_tally *t, const struct gd_isa_tally *i)
{
	return gd_isa_has_index(t, i) && (is_tuned(i) || is_fallback(i));
}

const char *gd_isa_status_peek(const struct gd_tally *t, const struct gd_isa_tally *i)
{
	if (!gd_isa_is_usable(t, i) || i->without_code)
		return "partial";
	return is_tuned(i) ? "tuned" : "fallback";
}

char *gd_isa_lacks(const struct gd_tally *t, const struct gd_isa_tally *i)
{
	if (!gd_isa_has_index(t, i))
		return gd_xasprintf("an index: TensileLibrary_lazy_%s.dat", i->isa);
	if (i->without_code)
		return gd_xasprintf("code objects for %zu of its types, as for %.*s_%s", i->without_code,
				    (int)i->first_without_code_len, i->first_without_code, i->isa);
	if (gd_isa_is_usable(t, i))
		return NULL;
	if (i->without_index)
		return gd_xasprintf("an index for each of its %zu types", i->without_index);
	return gd_xstrdup(i->lazy ? "code objects for any type" : "code objects");
}

const char *gd_tally_layout_peek(const struct gd_tally *t)
{
	bool own = false;

	for (size_t i = 0; i < t->count; i++) {
		if (t->isas[i].lazy)
			return "lazy";
		own |= t->isas[i].own;
	}
	return own ? "per-isa" : t->merged ? "merged" : "none";
}

bool gd_tally_is_mixed(const struct gd_tally *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->isas[i].without_code && t->isas[i].without_index)
			return true;
	return false;
}
