/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_TENSILE_TALLY_H
#define GD_PROBE_TENSILE_TALLY_H
/* The names of one library's kernel files, counted for each ISA, and what follows from the counts. */
#include "probes/tensile_name.h"

/* No library has kernels for more; what comes after is left out, and said. */
enum { GD_TALLY_ISAS = 64 };

struct gd_isa_tally {
	char isa[GD_ISA_BYTES];
	char features[GD_ISA_FEATURES_BYTES * 2]; /* all that its files name */
	bool lazy; /* has an index of types */
	bool own; /* has an index of its own */
	bool archive; /* a kpack archive is there for it */
	int error; /* of listing its folder, where it has one */
	bool code; /* TensileLibrary_gfx906.co */
	bool helper; /* Kernels.so-000-gfx906.hsaco */
	size_t code_objects; /* files of code that name it */
	size_t tuned; /* types with an index and code */
	size_t fallback; /* the same, of kernels that are not tuned */
	size_t without_code; /* types with an index only */
	size_t without_index; /* types with code only */
	const char *first_without_code; /* in the names that were added */
	size_t first_without_code_len;
};

struct gd_tally_type;

struct gd_tally {
	struct gd_isa_tally isas[GD_TALLY_ISAS]; /* after gd_tally_close() in order */
	size_t count;
	bool merged; /* TensileLibrary.dat */
	bool open_archive; /* an archive whose name does not say for which ISA it is */
	bool too_many;
	size_t files;
	struct gd_tally_type *types;
	size_t type_count;
	size_t type_cap;
};

/* Counts one name, which must outlive the tally. `folder_isa`: of the subfolder that it lies in, or "". */
void gd_tally_add(struct gd_tally *t, const struct gd_kernel_name *name, const char *folder_isa);
/* The folder for this ISA could not be listed. */
void gd_tally_add_error(struct gd_tally *t, const char *isa, int error);
/* A kpack archive for this ISA; "" where its name has none. */
void gd_tally_add_archive(struct gd_tally *t, const char *isa);
/* A file of a library that has one kind of files only: MIOpen. */
void gd_tally_add_plain(struct gd_tally *t, const char *isa, bool code);
/* Matches indices with code, and orders the ISAs. */
void gd_tally_close(struct gd_tally *t);
void gd_tally_free(struct gd_tally *t);

/* True where the library finds an index for it. */
bool gd_isa_has_index(const struct gd_tally *t, const struct gd_isa_tally *i);
/* Some type has all its parts, and an index leads to it. */
bool gd_isa_is_usable(const struct gd_tally *t, const struct gd_isa_tally *i);
/* "tuned", "fallback" or "partial"; borrowed. */
const char *gd_isa_status_peek(const struct gd_tally *t, const struct gd_isa_tally *i);
/* What is not there though it belongs there; owned, NULL where nothing. */
char *gd_isa_lacks(const struct gd_tally *t, const struct gd_isa_tally *i);
/* "lazy", "per-isa", "merged" or "none"; borrowed. */
const char *gd_tally_layout_peek(const struct gd_tally *t);
/* Files of several builds lie together, and it shows. */
bool gd_tally_is_mixed(const struct gd_tally *t);

#endif
