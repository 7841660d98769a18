/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_ROCM_FIND_H
#define GD_PROBE_ROCM_FIND_H
/*
 * Where copies of ROCm's libraries lie: one search, which the probes hsa and
 * rocm share. It knows the places of distributions, of AMD's packages, of
 * engines and of Python's packages (rocm_places.c), and the order in which the
 * loader looks. Homes are searched where the caller may read them; what containers
 * store is not entered.
 */
#include "base/strv.h"
#include "host/host.h"

enum gd_rocm_kind {
	GD_ROCM_AMD, /* /opt/rocm and its like */
	GD_ROCM_DISTRIBUTION,
	GD_ROCM_ENGINE,
	GD_ROCM_PYTHON,
	GD_ROCM_OTHER, /* only a variable, a program or the loader's files lead there */
};

/* A folder that holds libraries of ROCm, or of an engine that uses them. */
struct gd_rocm_folder {
	char *path; /* by which it was found first */
	char *real; /* with every link in it resolved */
	char *found_by; /* "/opt", "loader", "ollama", "process", the name of a variable … */
	enum gd_rocm_kind kind;
	const char *engine; /* the one that brought it, or NULL */
	bool in_variable; /* LD_LIBRARY_PATH names it */
	bool in_loader; /* so do the loader's files, or the loader knows it by itself */
	struct gd_strv names; /* of libraries in it; of a folder that is shared with all others, those asked for */
	bool rocblas; /* a folder of this name is in it */
	bool hipblaslt;
};

/* More are not what they claim to be. */
enum { GD_ROCM_FOLDERS = 96, GD_ROCM_LISTED = 64 };

struct gd_rocm_found {
	struct gd_rocm_folder *items; /* in the order found: the loader's first */
	size_t count;
	size_t cap;
	struct gd_strv seen; /* resolved; what was looked into, whatever was there */
	/* What could not be looked into, or was left out: the first of the worst. */
	int error;
	char *error_path;
};

/* Everything that is found without being told where. */
void gd_rocm_find(struct gd_host *h, struct gd_rocm_found *ret);
/* One more folder, that `found_by` led to; relative paths are passed over. */
void gd_rocm_look_in(struct gd_host *h, struct gd_rocm_found *f, const char *path, const char *found_by);
void gd_rocm_found_free(struct gd_rocm_found *f);

/*
 * An error that leaves the search open, as -EACCES or "not captured". Absence
 * does not, and neither does a path that a listed folder of a tree lacks.
 */
void gd_rocm_note(struct gd_host *h, struct gd_rocm_found *f, const char *path, int error);

/* As gd_host_is_absence(); also a loop of links leads nobody anywhere, programs included. */
bool gd_rocm_is_absence(int error);
/* As gd_host_stat(), but -ENOENT for a path that a listed folder of a tree lacks. */
int gd_rocm_stat(struct gd_host *h, const char *path, struct gd_stat *ret);

/* The name's part before ".so", which must be a library of ROCm or an engine's for it; 0 where it is none. */
size_t gd_rocm_library_len(const char *name);
/* The names that a library, "librocblas.so", has had: with the versions that are known, and without. */
void gd_rocm_names_of(const char *library, struct gd_strv *out);
/* True where that library is an engine's. */
bool gd_rocm_is_of_engine(const char *name);

/* For rocm_places.c. `large`: the folder is asked for names and not listed. */
struct gd_rocm_visit {
	const char *found_by;
	enum gd_rocm_kind kind;
	const char *engine;
	bool large;
	bool in_variable;
	bool in_loader;
};
void gd_rocm_visit(struct gd_host *h, struct gd_rocm_found *f, const char *path, const struct gd_rocm_visit *how);
/* Kind and engine by the path alone. */
void gd_rocm_classify(struct gd_host *h, const char *path, struct gd_rocm_visit *ret);
/* For patterns that start with "~", which is each of these homes, or "$NAME" (rocm_homes.c). */
void gd_rocm_expand(struct gd_host *h, const struct gd_strv *homes, const char *pattern, struct gd_strv *out);
/* What follows the home that the path is in; borrowed, NULL where it is in none. */
const char *gd_rocm_in_home_peek(struct gd_host *h, const char *path);
/* A variable that holds an absolute path; owned, or NULL. */
char *gd_rocm_variable(struct gd_host *h, const char *name);
/* True for the folders that hold all libraries of a system. */
bool gd_rocm_is_large(const char *real);

#endif
