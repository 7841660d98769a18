/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_BUNDLE_FIXTURE_H
#define GD_TEST_BUNDLE_FIXTURE_H
/* A bundle with code for several kinds of targets. */
#include "object_fixture.h"

static const struct code codes[] = {
	{ HOST, 0 },	       { GPU "gfx906", 100 },	       { GPU "gfx90a:xnack+", 5000 },
	{ GPU "gfx1103", 10 }, { GPU "gfx11-generic", 4096 },
};
#define TARGETS "gfx906 gfx90a:xnack+ gfx1103 gfx11-generic"

static inline void put_codes(struct gd_buf *b)
{
	put_bundle(b, codes, GD_COUNT(codes));
}

/* However it is cut, what is told was in the part that is there. */
static inline void expect_cut(const struct gd_buf *whole, size_t len, uint64_t most)
{
	struct gd_buf part = { .data = whole->data, .len = len };
	gd_autoobject o = object_of(&part);
	uint64_t sum = 0;

	for (size_t i = 0; i < o.target_count; i++)
		sum += o.targets[i].size_bytes;
	if (sum > most || (o.kind == GD_OBJECT_COMPRESSED_BUNDLE ? o.target_count > 0 : sum > len))
		fail_msg("%zu bytes: %zu targets of %llu bytes", len, o.target_count, (unsigned long long)sum);
	if (!o.fault && o.kind != GD_OBJECT_OTHER && o.kind != GD_OBJECT_EMPTY)
		fail_msg("%zu bytes: nothing is wrong", len);
}

#endif
