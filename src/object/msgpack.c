/* SPDX-License-Identifier: MIT */
#include "object/msgpack.h"

#include <errno.h>
#include <string.h>

/* The largest index so far, rocBLAS's of ROCm 5.5 with 117 MB, has 15 million. */
enum { MAX_VALUES = 40 * 1000 * 1000, NEVER_USED = 0xc1 };

/* What follows the first byte: a count of `size` bytes, and `more` plain bytes beside what is counted. */
struct head {
	unsigned char size;
	unsigned char more;
	enum gd_msgpack_type type;
};

/* From 0xc0 on, by the specification's table of formats; nil, false and true have nothing behind them. */
static const struct head heads[32] = {
	/* bin */
	[0x04] = { .size = 1 }, [0x05] = { .size = 2 }, [0x06] = { .size = 4 },
	/* ext: a byte that tells the type stands before the counted ones */
	[0x07] = { .size = 1, .more = 1 }, [0x08] = { .size = 2, .more = 1 }, [0x09] = { .size = 4, .more = 1 },
	/* float, uint, int */
	[0x0a] = { .more = 4 }, [0x0b] = { .more = 8 },
	[0x0c] = { .more = 1 }, [0x0d] = { .more = 2 }, [0x0e] = { .more = 4 }, [0x0f] = { .more = 8 },
	[0x10] = { .more = 1 }, [0x11] = { .more = 2 }, [0x12] = { .more = 4 }, [0x13] = { .more = 8 },
	/* fixext */
	[0x14] = { .more = 2 }, [0x15] = { .more = 3 }, [0x16] = { .more = 5 }, [0x17] = { .more = 9 },
	[0x18] = { .more = 17 },
	/* str, array, map */
	[0x19] = { .size = 1, .type = GD_MSGPACK_TEXT },
	[0x1a] = { .size = 2, .type = GD_MSGPACK_TEXT },
	[0x1b] = { .size = 4, .type = GD_MSGPACK_TEXT },
	[0x1c] = { .size = 2, .type = GD_MSGPACK_ARRAY },
	[0x1d] = { .size = 4, .type = GD_MSGPACK_ARRAY },
	[0x1e] = { .size = 2, .type = GD_MSGPACK_MAP },
	[0x1f] = { .size = 4, .type = GD_MSGPACK_MAP },
};

/* Bytes of plain data that belong to the value beside its head. */
static uint64_t payload(const struct gd_msgpack_value *v)
{
	return v->type == GD_MSGPACK_OTHER || v->type == GD_MSGPACK_TEXT ? v->count : 0;
}

/* How many values are in it. */
static uint64_t inner(const struct gd_msgpack_value *v)
{
	return v->type == GD_MSGPACK_ARRAY ? v->count : v->type == GD_MSGPACK_MAP ? 2 * v->count : 0;
}

static int read_head(struct gd_msgpack *m, const struct head *h, struct gd_msgpack_value *v)
{
	unsigned char raw[4];
	int r = gd_stream_read(m->s, raw, h->size);

	if (r < 0)
		return r;
	v->type = h->type;
	v->count = 0;
	/* Most byte first. */
	for (size_t i = 0; i < h->size; i++)
		v->count = v->count << 8 | raw[i];
	v->count += h->more;
	return 0;
}

int gd_msgpack_next(struct gd_msgpack *m, struct gd_msgpack_value *ret)
{
	struct gd_msgpack_value v = { 0 };
	unsigned char c;
	int r = gd_stream_read(m->s, &c, 1);

	if (!r && ++m->passed > MAX_VALUES)
		r = -EFBIG;
	if (r < 0)
		return r;
	if (c == NEVER_USED)
		return -EBADMSG;
	if (c >= 0xc0 && c <= 0xdf)
		r = read_head(m, &heads[c - 0xc0], &v);
	else if (c >= 0x80 && c <= 0x8f)
		v = (struct gd_msgpack_value){ GD_MSGPACK_MAP, c & 0x0f };
	else if (c >= 0x90 && c <= 0x9f)
		v = (struct gd_msgpack_value){ GD_MSGPACK_ARRAY, c & 0x0f };
	else if (c >= 0xa0 && c <= 0xbf)
		v = (struct gd_msgpack_value){ GD_MSGPACK_TEXT, c & 0x1f };
	if (r < 0)
		return r;
	/* A value takes a byte at least. */
	if (payload(&v) > gd_stream_most_left(m->s) || inner(&v) > gd_stream_most_left(m->s))
		return -EBADMSG;
	*ret = v;
	return 0;
}

int gd_msgpack_pass(struct gd_msgpack *m, const struct gd_msgpack_value *v)
{
	uint64_t todo = inner(v);
	int r = gd_stream_skip(m->s, payload(v));

	while (r >= 0 && todo) {
		struct gd_msgpack_value in = { 0 };

		r = gd_msgpack_next(m, &in);
		if (r < 0)
			return r;
		todo += inner(&in) - 1;
		if (todo > gd_stream_most_left(m->s))
			return -EBADMSG;
		r = gd_stream_skip(m->s, payload(&in));
	}
	return r;
}

int gd_msgpack_text(struct gd_msgpack *m, char *to, size_t size)
{
	struct gd_msgpack_value v = { 0 };
	int r = gd_msgpack_next(m, &v);

	to[0] = '\0';
	if (r < 0)
		return r;
	if (v.type != GD_MSGPACK_TEXT || v.count >= size)
		return gd_msgpack_pass(m, &v);
	r = gd_stream_read(m->s, to, (size_t)v.count);
	to[r < 0 || memchr(to, '\0', (size_t)v.count) ? 0 : v.count] = '\0';
	return r;
}
