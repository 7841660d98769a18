/* SPDX-License-Identifier: MIT */
#include "host/mask_pool.h"

#include <search.h>
#include <string.h>

#include "base/alloc.h"

/* In both trees: `kept` is keyed by the bytes of the number. */
struct item {
	const void *key;
	size_t len;
	uint64_t number;
};

static int compare(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->key, y->key, x->len);
}

static const struct item *find(void *const *tree, const void *key, size_t len)
{
	struct item wanted = { .key = key, .len = len };
	struct item *const *found = tfind(&wanted, tree, compare);

	return found ? *found : NULL;
}

static void insert(void **tree, const void *key, size_t len, uint64_t number)
{
	struct item *it = gd_xmalloc(sizeof(*it) + len);

	/* The key's bytes follow the item, so that one free() is enough. */
	memcpy(it + 1, key, len);
	*it = (struct item){ .key = it + 1, .len = len, .number = number };
	if (!tsearch(it, tree, compare))
		abort();
}

uint64_t gd_pool_find(const struct gd_pool *p, const void *key, size_t len)
{
	const struct item *it = find(&p->by_key, key, len);

	return it ? it->number : 0;
}

uint64_t gd_pool_number(struct gd_pool *p, const void *key, size_t len)
{
	uint64_t number = gd_pool_find(p, key, len);

	if (number)
		return number;
	do
		p->last++;
	while (find(&p->kept, &p->last, sizeof(p->last)));
	insert(&p->by_key, key, len, p->last);
	return p->last;
}

void gd_pool_keep(struct gd_pool *p, uint64_t number)
{
	if (!find(&p->kept, &number, sizeof(number)))
		insert(&p->kept, &number, sizeof(number), number);
}

void gd_pool_free(struct gd_pool *p)
{
	tdestroy(p->by_key, free);
	tdestroy(p->kept, free);
	*p = (struct gd_pool){ 0 };
}
