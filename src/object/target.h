/* SPDX-License-Identifier: MIT */
#ifndef GD_TARGET_H
#define GD_TARGET_H
/*
 * Target IDs: which processors a code object is for, "gfx90a:sramecc+:xnack-".
 * Terms, numbers and tables are those of LLVM's AMDGPUUsage.
 */
#include "base/buf.h"

/* As a code object asks for it. Where nothing is said, it runs either way. */
enum gd_feature { GD_FEATURE_ANY, GD_FEATURE_OFF, GD_FEATURE_ON };

enum { GD_ISA_MAX_BYTES = 32 };

struct gd_target {
	char isa[GD_ISA_MAX_BYTES]; /* the processor: "gfx90a", "gfx9-4-generic", "amdgcnspirv" */
	bool generic; /* runs on several processors */
	enum gd_feature sramecc;
	enum gd_feature xnack;
};

/*
 * -EINVAL for anything that is no target ID. The processor need not be a known
 * one, and features other than the two above are left out: new ones appear.
 */
int gd_target_parse(const char *id, struct gd_target *ret) GD_MUST_CHECK;
/* The canonical form: features in the order of the alphabet. */
void gd_target_print(const struct gd_target *t, struct gd_buf *out);
/* <0, 0, >0: by the number of the processor, generic ones after those of their family, then by features. */
int gd_target_compare(const struct gd_target *a, const struct gd_target *b);

/*
 * The target of an ELF code object, from its e_flags and the ABI version of its
 * e_ident. -ENOENT: no processor has this number; or the version is 2, which
 * says it elsewhere.
 */
int gd_target_of_flags(uint32_t e_flags, unsigned abi_version, struct gd_target *ret) GD_MUST_CHECK;

/* The generic processor that covers this one: "gfx11-generic" for gfx1103; NULL where none does. Borrowed. */
const char *gd_isa_generic_peek(const char *isa);
/* <0, 0, >0: gfx906 before gfx90a before gfx1010. */
int gd_isa_compare(const char *a, const char *b);
/*
 * True where code for this target is code for that processor: for itself, for
 * its family, or SPIR-V, which the runtime compiles. Features are not looked at.
 */
bool gd_target_covers(const struct gd_target *t, const char *isa);

#endif
