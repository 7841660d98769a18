/* SPDX-License-Identifier: MIT */
#ifndef GD_OBJECT_H
#define GD_OBJECT_H
/*
 * What a binary file holds for GPUs: the targets of the code objects in it, and
 * what its loader needs to know. Read from a descriptor, headers only, so that
 * it costs as little for a library of two gigabytes as for a small one. The
 * file is not mapped: one that is cut short meanwhile must not end the program.
 *
 * Nothing that a file claims is believed before it is compared with the file's
 * size and with fixed limits (object/work.h). What was read before a damaged
 * place, or before a limit, is kept.
 */
#include "base/strv.h"
#include "object/target.h"
#include "object/work.h"

enum gd_object_kind {
	GD_OBJECT_OTHER,	     /* none of the below */
	GD_OBJECT_EMPTY,	     /* no bytes at all */
	GD_OBJECT_ELF,		     /* a program or a library of the host */
	GD_OBJECT_CODE,		     /* one ELF code object: .hsaco, .co */
	GD_OBJECT_BUNDLE,	     /* a clang offload bundle */
	GD_OBJECT_COMPRESSED_BUNDLE, /* the same, packed */
	GD_OBJECT_TENSILE,	     /* an index of Tensile's kernels: .dat, .dat.zlib */
	GD_OBJECT_KPACK,	     /* an archive of code objects: .kpack */
	GD_OBJECT_KIND_COUNT
};

/* Code for one target. */
struct gd_object_target {
	struct gd_target target;
	uint64_t count; /* in how many bundles, at least one */
	uint64_t size_bytes; /* unpacked; 0 where it is not known */
};

struct gd_object {
	enum gd_object_kind kind;
	uint64_t size_bytes;

	/* Of ELF files; NULL or 0 where the file does not have it. */
	unsigned class_bits; /* 32 or 64 */
	unsigned machine; /* e_machine, EM_X86_64 … */
	char *soname;
	char *rpath;
	char *runpath;
	struct gd_strv needed;
	uint64_t fatbin_bytes; /* of its sections for bundles, .hip_fatbin */
	bool kpack; /* its code was moved to archives */
	struct gd_strv archives; /* where it looks for these, from its own folder */

	uint64_t bundle_count; /* those whose header was read */
	uint64_t compressed_count; /* how many of these are packed */
	unsigned compressed_version; /* the highest: 1, 2, 3 */
	struct gd_object_target *targets; /* sorted; only those that there is code for */
	size_t target_count;

	bool has_solutions;
	uint64_t solution_count; /* of a Tensile index: its tuned and untuned kernels */

	char *fault; /* what is damaged first, and where; NULL: nothing was found to be */

	struct gd_work work; /* that it took to tell this; no part of the text */
};

/*
 * Reads the file that is open as `fd`, `size_bytes` long. A damaged file is no
 * error but has `fault`; errors are those of reading, -EIO.
 */
int gd_object_read(int fd, uint64_t size_bytes, struct gd_object *ret) GD_MUST_CHECK;
void gd_object_free(struct gd_object *o);
#define gd_autoobject GD_CLEANUP(gd_object_free) struct gd_object

/*
 * The same as text, a line for each value, which stands in captures:
 *
 *   kind KIND
 *   size BYTES
 *   class BITS              machine NUMBER         soname NAME
 *   needed NAME             rpath TEXT             runpath TEXT
 *   fatbin BYTES            kpack                  archive PATH
 *   bundles COUNT           compressed COUNT VERSION
 *   target ID COUNT BYTES
 *   solutions COUNT
 *   fault TEXT
 *
 * Lines that have nothing to say are left out. What is parsed and printed again
 * is the same text.
 */
void gd_object_print(const struct gd_object *o, struct gd_buf *out);
/* -EINVAL for anything that gd_object_print() would not write. */
int gd_object_parse(const char *text, struct gd_object *ret) GD_MUST_CHECK;

#endif
