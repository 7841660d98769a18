/* SPDX-License-Identifier: MIT */
#include "fact/gpudb.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strv.h"
#include "fact/embedded.h"

enum { MAX_TABLES = 32 };

struct gd_gpudb {
	/* Parsed when first asked for: most machines need few of them. */
	struct gd_csv tables[MAX_TABLES];
	bool parsed[MAX_TABLES];
	const char *names[MAX_TABLES + 1];
};

struct gd_gpudb *gd_gpudb_open(void)
{
	struct gd_gpudb *db = gd_xcalloc(1, sizeof(*db));

	for (size_t i = 0; i < MAX_TABLES && gd_embedded_gpudb[i].name; i++)
		db->names[i] = gd_embedded_gpudb[i].name;
	return db;
}

void gd_gpudb_free(struct gd_gpudb *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < MAX_TABLES; i++)
		if (db->parsed[i])
			gd_csv_free(&db->tables[i]);
	free(db);
}

const char *const *gd_gpudb_names_peek(const struct gd_gpudb *db)
{
	return db->names;
}

const struct gd_csv *gd_gpudb_table_peek(const struct gd_gpudb *const_db, const char *name)
{
	/* Parsing late changes nothing that a caller can see. */
	struct gd_gpudb *db = (struct gd_gpudb *)(uintptr_t)const_db;
	struct gd_err err;

	for (size_t i = 0; db->names[i]; i++) {
		const struct gd_embedded *e = &gd_embedded_gpudb[i];

		if (strcmp(e->name, name))
			continue;
		if (!db->parsed[i] && gd_csv_parse(&db->tables[i], e->file, e->text, e->len, &err) < 0) {
			/* The build checks the tables, so this program was built wrongly. */
			fprintf(stderr, "gpudoctor: bug: built-in table: %s\n", err.text);
			abort();
		}
		db->parsed[i] = true;
		return &db->tables[i];
	}
	return NULL;
}

int gd_gpudb_find(const struct gd_csv *t, const char *column, const char *value)
{
	int c = gd_csv_column(t, column);

	for (size_t i = 0; i < t->rows; i++)
		if (!strcmp(gd_csv_peek(t, i, c), value))
			return (int)i;
	return -1;
}

/* True where the `;`-separated list holds the word. */
static bool list_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list) {
		size_t n = strcspn(list, ";");

		if (n == len && !strncmp(list, word, n))
			return true;
		list += n + (list[n] == ';');
	}
	return false;
}

const char *gd_gpudb_isa_by_gc_peek(const struct gd_gpudb *db, const char *gc_version)
{
	const struct gd_csv *t = gd_gpudb_table_peek(db, "isa");
	int gc = gd_csv_column(t, "gc_versions");

	for (size_t i = 0; i < t->rows; i++)
		if (list_has(gd_csv_peek(t, i, gc), gc_version))
			return gd_csv_peek(t, i, gd_csv_column(t, "isa"));
	return NULL;
}

/* 1 where both agree, 0 where the row leaves it open or the machine does not say, -1 for a contradiction. */
static int agrees(const char *in_row, const char *on_machine)
{
	if (!*in_row || !on_machine)
		return 0;
	return strcmp(in_row, on_machine) ? -1 : 1;
}

static int fit(const struct gd_csv *t, size_t row, const struct gd_pci_key *key)
{
	gd_autofree cu = key->cu_count > 0 ? gd_xasprintf("%lld", (long long)key->cu_count) : NULL;
	const int scores[] = {
		agrees(gd_csv_peek(t, row, gd_csv_column(t, "revision")), key->revision),
		agrees(gd_csv_peek(t, row, gd_csv_column(t, "subsystem")), key->subsystem),
		agrees(gd_csv_peek(t, row, gd_csv_column(t, "cu")), cu),
	};
	int sum = 0;

	for (size_t i = 0; i < GD_COUNT(scores); i++) {
		if (scores[i] < 0)
			return -1;
		sum += scores[i];
	}
	return sum;
}

void gd_gpudb_match_pci(const struct gd_gpudb *db, const struct gd_pci_key *key, struct gd_pci_match *ret)
{
	const struct gd_csv *t = gd_gpudb_table_peek(db, "pci");
	int vendor = gd_csv_column(t, "vendor");
	int device = gd_csv_column(t, "device");
	int best = 0;

	ret->table = t;
	ret->count = 0;
	for (size_t i = 0; key->vendor && key->device && i < t->rows; i++) {
		int score;

		if (strcmp(gd_csv_peek(t, i, device), key->device) || strcmp(gd_csv_peek(t, i, vendor), key->vendor))
			continue;
		score = fit(t, i, key);
		if (score > best)
			ret->count = 0;
		if (score < best || ret->count == GD_PCI_MATCH_MAX)
			continue;
		best = score;
		ret->rows[ret->count++] = i;
	}
	snprintf(ret->source, sizeof(ret->source), "data/gpu-db/pci.csv:%u", ret->count ? t->lines[ret->rows[0]] : 1);
}

const char *gd_pci_match_agreed_peek(const struct gd_pci_match *m, const char *column)
{
	int c = gd_csv_column(m->table, column);
	const char *first = m->count ? gd_csv_peek(m->table, m->rows[0], c) : "";

	for (size_t i = 1; i < m->count; i++)
		if (strcmp(gd_csv_peek(m->table, m->rows[i], c), first))
			return NULL;
	return *first ? first : NULL;
}

char *gd_pci_match_names(const struct gd_pci_match *m)
{
	gd_autostrv names = { 0 };
	gd_autostrv first = { 0 };
	gd_autofree joined = NULL;

	for (size_t i = 0; i < m->count; i++) {
		const char *name = gd_csv_peek(m->table, m->rows[i], gd_csv_column(m->table, "name"));

		if (*name && !gd_strv_has(&names, name))
			gd_strv_add(&names, name);
	}
	if (!names.count)
		return NULL;
	for (size_t i = 0; i < names.count && i < 3; i++)
		gd_strv_add(&first, names.items[i]);
	joined = gd_strv_join(&first, " or ");
	return names.count > 3 ? gd_xasprintf("%s or %zu more", joined, names.count - 3) : gd_xstrdup(joined);
}

/* The last column wanted of the row for a vendor and device, or NULL. */
static const char *by_id(const struct gd_csv *t, const char *vendor, const char *device, const char *column)
{
	for (size_t i = 0; t && i < t->rows; i++)
		if (!strcmp(gd_csv_peek(t, i, gd_csv_column(t, "vendor")), vendor) &&
		    !strcmp(gd_csv_peek(t, i, gd_csv_column(t, "device")), device))
			return gd_csv_peek(t, i, gd_csv_column(t, column));
	return NULL;
}

const char *gd_gpudb_not_gpu_peek(const struct gd_gpudb *db, const char *vendor, const char *device)
{
	return by_id(gd_gpudb_table_peek(db, "not-gpu"), vendor, device, "name");
}

const char *gd_gpudb_link_quirk_peek(const struct gd_gpudb *db, const char *vendor, const char *device)
{
	return by_id(gd_gpudb_table_peek(db, "link-quirks"), vendor, device, "why");
}
