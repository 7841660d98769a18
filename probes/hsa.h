/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_HSA_H
#define GD_PROBE_HSA_H
/* What the parts of the hsa probe share, and what ROCm's runtime makes of an override of the ISA. */
#include "probe/library.h"
#include "probes/hsa_abi.h"

#define GD_HSA_NAME "libhsa-runtime64.so.1"
#define GD_HSA_OVERRIDE "HSA_OVERRIDE_GFX_VERSION"

/* Variables of the caller that change which ISA the runtime reports. */
enum { GD_HSA_NODES = 32 };
struct gd_hsa_overrides {
	char *all; /* HSA_OVERRIDE_GFX_VERSION; NULL where it is not set */
	char *of_node[GD_HSA_NODES]; /* HSA_OVERRIDE_GFX_VERSION_<n>, which wins over that */
};

void gd_hsa_overrides_take(struct gd_host *h, struct gd_hsa_overrides *ret);
void gd_hsa_overrides_free(struct gd_hsa_overrides *o);
bool gd_hsa_is_overridden(const struct gd_hsa_overrides *o);
/* What holds for a node of the compute driver, or NULL; borrowed. */
const char *gd_hsa_override_peek(const struct gd_hsa_overrides *o, int64_t node);
/* "HSA_OVERRIDE_GFX_VERSION=11.0.0 …"; owned, or NULL where none is set. */
char *gd_hsa_overrides_text(const struct gd_hsa_overrides *o);
/* Major, minor and stepping, as the runtime takes them: three decimal numbers with dots between them. Else -EINVAL. */
enum { GD_HSA_ISA_PARTS = 3 };
int gd_hsa_override_parse(const char *text, unsigned ret[GD_HSA_ISA_PARTS]) GD_MUST_CHECK;
bool gd_hsa_override_is_valid(const char *text);

/* The runtimes of a machine. */
enum { GD_HSA_RUNTIMES = 16 };
struct gd_hsa_place {
	char *path;
	char *real; /* with every link in it resolved */
	const char *found_in; /* a word for the column of that name */
};
struct gd_hsa_places {
	struct gd_hsa_place items[GD_HSA_RUNTIMES]; /* the one that the loader should find first, where there is one */
	size_t count;
	size_t left_out; /* found, but one too many */
	struct gd_strv seen;
};

void gd_hsa_find(struct gd_host *h, struct gd_hsa_places *ret);
void gd_hsa_places_free(struct gd_hsa_places *p);

/* What a child is sent out with; all of it is borrowed. */
enum { GD_HSA_RENDER_NODES = 64 };
struct gd_hsa_errand {
	const char *id;
	const struct gd_hsa_place *place; /* NULL: whatever the loader finds under the plain name */
	const struct gd_hsa_overrides *overrides;
	bool without_override; /* take the overrides out of the environment first */
	const char *asleep; /* NULL, or why it may be loaded only: starting it would wake a GPU */
	bool no_device; /* the library is not to be loaded: it could not use anything */
	size_t left_out; /* of the search, where this is the last question */
	int64_t render_minors[GD_HSA_RENDER_NODES]; /* of the GPUs in the compute driver's topology */
	size_t render_count;
};

void gd_hsa_ask(struct gd_answer *a);

/* Agents, as far as they answer; returns false where the list makes no sense, and says so. */
bool gd_hsa_take_agents(struct gd_answer *a, const struct gd_hsa_calls *calls, struct gd_row *runtime);

/* "HSA_STATUS_ERROR_OUT_OF_RESOURCES", or "status 0x1234" for one that this program does not know; owned. */
char *gd_hsa_status_name(gd_hsa_status status);
/* "gfx90a" of "amdgcn-amd-amdhsa--gfx90a:sramecc+:xnack-"; owned, or NULL where it is no such name. */
char *gd_hsa_isa_gfx(const char *isa);
/* 1 for "+", 0 for "-" behind this feature, -1 where the name does not mention it. */
int gd_hsa_isa_feature(const char *isa, const char *feature);

#endif
