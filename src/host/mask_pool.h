/* SPDX-License-Identifier: MIT */
#ifndef GD_MASK_POOL_H
#define GD_MASK_POOL_H
/*
 * Numbers 1, 2, 3 … for values, one for one: the stand-ins of one kind. A
 * number that was seen as a stand-in already is passed over.
 */
#include "base/defs.h"

struct gd_pool {
	void *by_key; /* tsearch() trees */
	void *kept;
	uint64_t last;
};

/* The value's number; the next free one where the value is new. */
uint64_t gd_pool_number(struct gd_pool *p, const void *key, size_t len);
/* The value's number, or 0 where it has none. */
uint64_t gd_pool_find(const struct gd_pool *p, const void *key, size_t len);
/* Takes a number out of those that are given to new values. */
void gd_pool_keep(struct gd_pool *p, uint64_t number);
void gd_pool_free(struct gd_pool *p);

#endif
