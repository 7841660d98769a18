/* SPDX-License-Identifier: MIT */
#ifndef GD_STREAM_H
#define GD_STREAM_H
/*
 * A range of a file, read front to back, as it stands or unpacked on the way.
 * The memory it takes does not depend on what the file claims.
 */
#include "object/work.h"

enum gd_packing { GD_PACKING_NONE, GD_PACKING_ZLIB, GD_PACKING_ZSTD };

enum {
	GD_STREAM_BYTES = 8192,
	/* No more than this can be unpacked with zstd. */
	GD_STREAM_ZSTD_MAX_BYTES = 256 * 1024,
};

struct gd_stream {
	int fd;
	uint64_t at; /* in the file, of what is read from it next */
	uint64_t end;
	enum gd_packing packing;
	void *decoder;
	uint64_t left; /* how much more may be unpacked */
	struct gd_work *work; /* of the file that the range is of */
	bool over; /* the packed data has ended */
	size_t in_at, in_len;
	size_t out_at, out_len;
	unsigned char in[GD_STREAM_BYTES];
	unsigned char out[GD_STREAM_BYTES];
};

/*
 * From `at` to before `end`. `max` bounds what a packed range may grow to.
 * -EBADMSG where packed data does not start as it should. What is read and
 * unpacked is counted in `work`.
 */
int gd_stream_open(struct gd_stream *s, int fd, uint64_t at, uint64_t end, enum gd_packing packing,
		   uint64_t max, struct gd_work *work) GD_MUST_CHECK;
void gd_stream_close(struct gd_stream *s);

/*
 * Both take these very bytes. -ENODATA: the data ends before them. -EBADMSG:
 * it cannot be unpacked. -EFBIG: it is more than `max`. -EDQUOT: the file as a
 * whole made more work than it may.
 */
int gd_stream_read(struct gd_stream *s, void *to, size_t len) GD_MUST_CHECK;
int gd_stream_skip(struct gd_stream *s, uint64_t len) GD_MUST_CHECK;

/* No more bytes than this can follow. */
uint64_t gd_stream_most_left(const struct gd_stream *s);
/* How far it is in the file; of packed data, the decoder may have taken more than it gave out. */
uint64_t gd_stream_offset(const struct gd_stream *s);

#endif
