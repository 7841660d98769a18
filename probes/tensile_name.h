/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_TENSILE_NAME_H
#define GD_PROBE_TENSILE_NAME_H
/*
 * What the name of a kernel file says: for which ISA it is, and which part of a
 * library. Names only: nothing here looks at a machine.
 *
 * Sources: the names that Tensile writes (TensileCreateLibrary) and looks for
 * (PlaceholderLibrary, HipSolutionAdapter), those that rocBLAS and hipBLASLt open
 * (tensile_host.cpp), and the file lists of Debian's packages.
 */
#include "base/defs.h"

/* Longer names of targets are none. */
enum { GD_ISA_BYTES = 24, GD_ISA_FEATURES_BYTES = 32 };

enum gd_kernel_file {
	GD_KERNEL_OTHER, /* nothing to count: manifests, mappings, tables of extra operations, foreign files */
	GD_KERNEL_INDEX_MERGED, /* TensileLibrary.dat: one index for all ISAs */
	GD_KERNEL_INDEX_ISA, /* TensileLibrary_gfx906.dat */
	GD_KERNEL_INDEX_LAZY, /* TensileLibrary_lazy_gfx906.dat: names one more index for each type */
	GD_KERNEL_INDEX_TYPE, /* TensileLibrary_Type_…_gfx906.dat, TensileLibrary_Type_…_fallback.dat */
	GD_KERNEL_CODE_ISA, /* TensileLibrary_gfx906.co: the code of all types */
	GD_KERNEL_CODE_TYPE, /* TensileLibrary_Type_…_gfx906.co, TensileLibrary_Type_…_fallback_gfx906.hsaco */
	GD_KERNEL_CODE_HELPER, /* Kernels.so-000-gfx906.hsaco */
	GD_KERNEL_CODE_EXTRA, /* extop_gfx906.co, hipblasltTransform_gfx906.hsaco: no matrix products */
};

struct gd_kernel_name {
	enum gd_kernel_file kind;
	char isa[GD_ISA_BYTES]; /* "gfx90a", "gfx11-generic"; "" where the name has none */
	char features[GD_ISA_FEATURES_BYTES]; /* "xnack+", "sramecc+ xnack-", or "" */
	bool fallback; /* of the kernels that are not tuned for a chip */
	/* Of one type: the name up to the target, by which an index and its code belong together. Not terminated. */
	const char *stem;
	size_t stem_len;
};

/* `stem` leads into `name`. */
void gd_kernel_name_parse(const char *name, struct gd_kernel_name *ret);

/*
 * "gfx90a-xnack+" into "gfx90a" and "xnack+": true where `len` bytes are such a
 * target and nothing more. Both buffers have the sizes above.
 */
bool gd_tensile_target(const char *s, size_t len, char *isa, char *features);

/* "blas_lib_gfx1103.kpack": the ISA that the archive is for; false where it is no archive of these libraries. */
bool gd_kpack_name_parse(const char *name, const char *libraries, char *isa);

/* "gfx90a68.kdb", "gfx1030_36.db.txt": a database of MIOpen; `code` where it holds compiled kernels. */
bool gd_miopen_name_parse(const char *name, char *isa, bool *code);

#endif
