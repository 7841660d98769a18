/* SPDX-License-Identifier: MIT */
#include "object/stream.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/file.h"

/*
 * zstd holds on to as much of what it gave out as the frame's header asks for,
 * and bundles are packed as one frame that asks for all of it. Only its start is
 * wanted, in which nothing can refer further back than to the start. So another
 * header stands in for it, which asks for 256 KiB (RFC 8878, 3.1.1.1: magic
 * number, no flags, window of 2^(10 + 8) bytes).
 */
static const unsigned char zstd_head[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 8 << 3 };

enum {
	ZSTD_MAGIC_BYTES = 4,
	ZSTD_ONE_SEGMENT = 0x20,
	ZSTD_RESERVED = 0x08,
	ZSTD_DICTIONARY = 0x03,
};

static int count_bytes(struct gd_stream *s, uint64_t n)
{
	return gd_work_take(&s->work->bytes, n, GD_WORK_MAX_BYTES) ? 0 : -EDQUOT;
}

/* As much as there is and fits; at least one byte. */
static int read_next(struct gd_stream *s, unsigned char *to, size_t size, size_t *ret_len)
{
	size_t n = s->end - s->at < size ? (size_t)(s->end - s->at) : size;
	int r = n ? count_bytes(s, n) : -ENODATA;

	if (r >= 0)
		r = gd_read_at(s->fd, s->at, to, n);
	if (r < 0)
		return r;
	s->at += n;
	*ret_len = n;
	return 0;
}

static int fill_in(struct gd_stream *s)
{
	size_t n;
	int r = read_next(s, s->in, sizeof(s->in), &n);

	if (r < 0)
		return r;
	s->in_at = 0;
	s->in_len = n;
	return 0;
}

/* How long the header of this frame is; 0 for one that no packer of bundles writes. */
static size_t zstd_head_len(const unsigned char *head, size_t len)
{
	unsigned flags = len > ZSTD_MAGIC_BYTES ? head[ZSTD_MAGIC_BYTES] : 0;
	size_t size_len = (size_t)1 << (flags >> 6); /* of the content's size */

	if (len <= ZSTD_MAGIC_BYTES || memcmp(head, zstd_head, ZSTD_MAGIC_BYTES) != 0 ||
	    (flags & (ZSTD_RESERVED | ZSTD_DICTIONARY)))
		return 0;
	/* A frame of one segment has a size of one byte at least, any other a byte for its window. */
	if (size_len > 1 && !(flags & ZSTD_ONE_SEGMENT))
		size_len++;
	return ZSTD_MAGIC_BYTES + 1u + size_len;
}

static int open_zstd(struct gd_stream *s)
{
	ZSTD_outBuffer out = { 0 };
	ZSTD_inBuffer in = { .src = zstd_head, .size = sizeof(zstd_head) };
	int r = fill_in(s);

	if (r < 0)
		return r == -ENODATA ? -EBADMSG : r;
	s->in_at = zstd_head_len(s->in, s->in_len);
	if (!s->in_at || s->in_at > s->in_len)
		return -EBADMSG;
	if (s->left > GD_STREAM_ZSTD_MAX_BYTES)
		s->left = GD_STREAM_ZSTD_MAX_BYTES;
	s->decoder = ZSTD_createDStream();
	if (!s->decoder)
		return -ENOMEM;
	return ZSTD_isError(ZSTD_decompressStream(s->decoder, &out, &in)) ? -EBADMSG : 0;
}

static int open_zlib(struct gd_stream *s)
{
	s->decoder = gd_xcalloc(1, sizeof(z_stream));
	return inflateInit((z_stream *)s->decoder) == Z_OK ? 0 : -ENOMEM;
}

int gd_stream_open(struct gd_stream *s, int fd, uint64_t at, uint64_t end, enum gd_packing packing, uint64_t max,
		   struct gd_work *work)
{
	int r = 0;

	s->fd = fd;
	s->at = at;
	s->end = end > at ? end : at;
	s->packing = packing;
	s->decoder = NULL;
	s->left = max;
	s->work = work;
	s->over = false;
	s->in_at = s->in_len = s->out_at = s->out_len = 0;
	if (packing == GD_PACKING_ZSTD)
		r = open_zstd(s);
	else if (packing == GD_PACKING_ZLIB)
		r = open_zlib(s);
	if (r < 0)
		gd_stream_close(s);
	return r;
}

void gd_stream_close(struct gd_stream *s)
{
	if (s->packing == GD_PACKING_ZSTD)
		ZSTD_freeDStream(s->decoder);
	if (s->packing == GD_PACKING_ZLIB && s->decoder) {
		inflateEnd(s->decoder);
		free(s->decoder);
	}
	s->decoder = NULL;
}

static int unzstd(struct gd_stream *s)
{
	ZSTD_outBuffer out = { .dst = s->out, .size = sizeof(s->out) };
	ZSTD_inBuffer in = { .src = s->in, .size = s->in_len, .pos = s->in_at };
	size_t r = ZSTD_decompressStream(s->decoder, &out, &in);

	s->in_at = in.pos;
	s->out_len = out.pos;
	s->over = r == 0;
	return ZSTD_isError(r) ? -EBADMSG : 0;
}

static int unzlib(struct gd_stream *s)
{
	z_stream *z = s->decoder;
	int r;

	z->next_in = s->in + s->in_at;
	z->avail_in = (uInt)(s->in_len - s->in_at);
	z->next_out = s->out;
	z->avail_out = sizeof(s->out);
	r = inflate(z, Z_NO_FLUSH);
	s->in_at = s->in_len - z->avail_in;
	s->out_len = sizeof(s->out) - z->avail_out;
	s->over = r == Z_STREAM_END;
	return r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR ? 0 : -EBADMSG;
}

static int unpack(struct gd_stream *s)
{
	while (!s->out_len) {
		int r;

		if (s->over)
			return -ENODATA;
		/* What the decoder holds back comes without more input, so it is asked first. */
		r = s->packing == GD_PACKING_ZSTD ? unzstd(s) : unzlib(s);
		if (!r && !s->out_len && !s->over && s->in_at == s->in_len)
			r = fill_in(s);
		if (r < 0)
			return r;
	}
	if (!s->left)
		return -EFBIG;
	if (s->out_len > s->left)
		s->out_len = (size_t)s->left;
	s->left -= s->out_len;
	return count_bytes(s, s->out_len);
}

/* Gets at least one more byte into `out`. */
static int fill_out(struct gd_stream *s)
{
	size_t n;
	int r;

	if (s->out_at < s->out_len)
		return 0;
	s->out_at = s->out_len = 0;
	if (s->packing != GD_PACKING_NONE)
		return unpack(s);
	r = read_next(s, s->out, sizeof(s->out), &n);
	if (r >= 0)
		s->out_len = n;
	return r;
}

int gd_stream_read(struct gd_stream *s, void *to, size_t len)
{
	unsigned char *p = to;

	while (len) {
		int r = fill_out(s);
		size_t n;

		if (r < 0)
			return r;
		n = s->out_len - s->out_at < len ? s->out_len - s->out_at : len;
		memcpy(p, s->out + s->out_at, n);
		s->out_at += n;
		p += n;
		len -= n;
	}
	return 0;
}

int gd_stream_skip(struct gd_stream *s, uint64_t len)
{
	while (len) {
		uint64_t n = s->out_len - s->out_at;
		int r;

		if (n > len)
			n = len;
		s->out_at += (size_t)n;
		len -= n;
		if (!len)
			return 0;
		if (s->packing == GD_PACKING_NONE) {
			if (len > s->end - s->at)
				return -ENODATA;
			s->at += len;
			return 0;
		}
		r = fill_out(s);
		if (r < 0)
			return r;
	}
	return 0;
}

uint64_t gd_stream_most_left(const struct gd_stream *s)
{
	return s->out_len - s->out_at + (s->packing == GD_PACKING_NONE ? s->end - s->at : s->left);
}

uint64_t gd_stream_offset(const struct gd_stream *s)
{
	return s->at - (s->packing == GD_PACKING_NONE ? s->out_len - s->out_at : s->in_len - s->in_at);
}
