/* SPDX-License-Identifier: MIT */
#ifndef GD_GPUDB_H
#define GD_GPUDB_H
/*
 * The GPU database: CSV tables of data/gpu-db, built into the program.
 * data/gpu-db/README.md says what each column means and how rows are matched.
 */
#include "base/csv.h"
#include "base/defs.h"

struct gd_gpudb;

/* Parses the built-in tables when first asked for; owned by the caller. */
struct gd_gpudb *gd_gpudb_open(void);
void gd_gpudb_free(struct gd_gpudb *db);

/* A table by its file name without ".csv", or NULL; borrowed. */
const struct gd_csv *gd_gpudb_table_peek(const struct gd_gpudb *db, const char *name);
/* The names of all tables, NULL-terminated; borrowed. */
const char *const *gd_gpudb_names_peek(const struct gd_gpudb *db);

/* The first row whose column holds this very value, or -1. */
int gd_gpudb_find(const struct gd_csv *t, const char *column, const char *value);
/* The ISA whose list of GC IP versions holds "11.5.1", or NULL; borrowed. */
const char *gd_gpudb_isa_by_gc_peek(const struct gd_gpudb *db, const char *gc_version);

/* What is known of a PCI device before it is looked up; NULL or 0 where not known. */
struct gd_pci_key {
	const char *vendor; /* four hex digits, lower case */
	const char *device;
	const char *revision; /* two hex digits */
	const char *subsystem; /* vvvv:dddd */
	int64_t cu_count;
};

enum { GD_PCI_MATCH_MAX = 64 };

struct gd_pci_match {
	const struct gd_csv *table; /* pci.csv */
	size_t rows[GD_PCI_MATCH_MAX]; /* the best fits, all equally good */
	size_t count;
	char source[48]; /* the table and the line of the first row */
};

/* Finds the rows that fit best; count 0 where the device is not in the table. */
void gd_gpudb_match_pci(const struct gd_gpudb *db, const struct gd_pci_key *key, struct gd_pci_match *ret);

/* The value of a column that all matching rows agree on, or NULL where they do not or it is empty; borrowed. */
const char *gd_pci_match_agreed_peek(const struct gd_pci_match *m, const char *column);
/* The names that the matching rows leave open, joined by " or ": three, and how many more. NULL without any; owned. */
char *gd_pci_match_names(const struct gd_pci_match *m);

/* The name of a display device that is no compute GPU, or NULL; borrowed. */
const char *gd_gpudb_not_gpu_peek(const struct gd_gpudb *db, const char *vendor, const char *device);
/* Why the link registers of this device read low, or NULL; borrowed. */
const char *gd_gpudb_link_quirk_peek(const struct gd_gpudb *db, const char *vendor, const char *device);

#endif
