/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_H
#define GD_PROBE_H
/*
 * A probe: asks the door, and fills its tables of facts.
 *
 * To add one, write probes/NAME.c that defines `gd_probe_NAME`, and add NAME to
 * the list in probes/local.mk. A probe neither prints, prompts nor exits, and
 * asserts nothing of what the hardware returns.
 */
#include "fact/fact.h"
#include "fact/gpudb.h"
#include "host/host.h"

struct gd_probe;
struct gd_children;
struct gd_inquiry;

/* What a running probe is given. */
struct gd_ctx {
	const struct gd_probe *probe;
	struct gd_host *host;
	struct gd_facts *facts;
	const struct gd_gpudb *db;
	struct gd_children *children; /* of probes that ask libraries: see library.h */
	struct gd_inquiry *inquiry; /* this probe's, where it has `start` */
};

struct gd_probe {
	const char *name;
	const char *help; /* one sentence: what it looks at */
	const struct gd_table *const *tables; /* NULL-terminated: the tables it fills, nobody else does */
	const char *const *needs; /* NULL-terminated, or NULL: probes whose facts it reads */
	/*
	 * NULL, or: puts questions to libraries (library.h). Called on the live machine
	 * only, after the probes that it needs and before all others.
	 */
	void (*start)(struct gd_ctx *ctx);
	/* Negative errno only where the probe as a whole could not run. */
	int (*run)(struct gd_ctx *ctx, struct gd_err *err);
};

/* All probes, NULL-terminated, in the order of probes/local.mk; generated at build time. */
extern const struct gd_probe *const gd_probes[];

/* Declares the tables of every probe, without asking the machine anything. */
void gd_probes_declare(struct gd_facts *facts);

/*
 * Declares the tables of every probe, runs the probes so that each comes after
 * those it needs, and closes the facts. A probe that fails leaves its tables
 * incomplete, and a row in the table `probe` says so. A library may take
 * `timeout_ms` to answer.
 */
void gd_probes_run(struct gd_host *h, const struct gd_gpudb *db, int timeout_ms, struct gd_facts *facts);

/*
 * Takers: read one file and set one cell. ENOENT on a live machine sets the
 * cell absent; every other failure sets it unknown, with reason and remedy.
 * Each returns true where the cell became known.
 */
bool gd_take_text(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path);
/* The number in the file, divided by `divide_by` (1 for none), rounded down. */
bool gd_take_int(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path, int base,
		 int64_t divide_by);
/* 0 or 1, N or Y. */
bool gd_take_bool(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path);
/* Reads a file for a probe that parses it by itself; on failure sets the cell and returns false. */
bool gd_take_content(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path,
		     struct gd_buf *out);
/* Sets the cell as the error of the door for `path` demands. */
void gd_take_error(struct gd_ctx *ctx, struct gd_row *row, const char *column, const char *path, int error);
/* Sets the cell unknown because the text at `path` makes no sense. */
void gd_take_garbage(struct gd_row *row, const char *column, const char *path, const char *text);
/* As gd_take_error(), for a table whose listing failed. An absent directory completes it: there are none. */
void gd_take_list_error(struct gd_ctx *ctx, const char *table, const char *path, int error);

/*
 * True where the list of modules (probe `kernel`, which the caller must need) is
 * complete and does not hold this one. For modules that have parameters, and so
 * show in /sys/module even when they are built in.
 */
bool gd_module_is_absent(const struct gd_ctx *ctx, const char *name);

/* The remedy for an error of this door, or NULL; borrowed. */
const char *gd_remedy_peek(int error);
enum gd_gap gd_gap_of_error(int error);

#endif
