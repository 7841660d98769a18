/* SPDX-License-Identifier: MIT */
#ifndef GD_MASK_SCAN_H
#define GD_MASK_SCAN_H
/*
 * The scan behind mask.h: one pass over the bytes, with a list of rules that
 * are tried where a word starts.
 */
#include "base/buf.h"
#include "host/mask_pool.h"

enum gd_stand_in {
	GD_POOL_UUID,
	GD_POOL_MAC,
	GD_POOL_IPV4,
	GD_POOL_IPV6,
	GD_POOL_ID,	/* 64-bit ids of GPUs and their hives */
	GD_POOL_DISK,	/* names of disks and short file system ids */
	GD_POOL_PERSON, /* stand-ins, also of names seen behind /home/ only */
	GD_POOL_KNOWN,	/* people that are looked for as words; numbers unused */
	GD_POOL_COMMON, /* people and hosts whose name is a common word too */
	GD_POOL_HOST,	/* in lower case; numbers unused */
	GD_POOL_COUNT
};

/* What may stand in a text, beside UUIDs, MAC addresses and home directories. */
enum gd_scope {
	GD_SCOPE_NAMES = 1,
	GD_SCOPE_ADDRESSES = 2,
	GD_SCOPE_SECRETS = 4,
	GD_SCOPE_SERIALS = 8,
	GD_SCOPE_ARGS = 16,   /* words end with a NUL, as in /proc/PID/cmdline */
	GD_SCOPE_COMMON = 32, /* names also where they are common words */
};

struct gd_mask {
	struct gd_pool pools[GD_POOL_COUNT];
	bool dotted;	     /* some known name holds a dot */
	char machine_id[33]; /* in lower case, "" where unknown */
};

struct gd_scan {
	struct gd_mask *m;
	unsigned scope;
	const char *in;
	size_t len;
	size_t at;
	struct gd_buf *out;
	size_t out_start; /* what `out` held before */
};

/* Appends the masked form of `len` bytes. */
void gd_scan_text(struct gd_mask *m, unsigned scope, const char *in, size_t len, struct gd_buf *out);

/* The byte before the scan's place, NUL at the start. */
char gd_scan_before(const struct gd_scan *s);
/* The byte `ahead` of the scan's place, NUL behind the end. */
char gd_scan_ahead(const struct gd_scan *s, size_t ahead);
/* True where these very bytes stand at the scan's place. */
bool gd_scan_has(const struct gd_scan *s, const char *text);
bool gd_same_text(const char *p, size_t len, const char *text);
/* The same without regard to case. */
bool gd_same_word(const char *p, size_t len, const char *text);

/* The N of "userN", 1 of "user"; 0 for any other name. */
uint64_t gd_mask_person_number(const char *name, size_t len);
/* Append a value's stand-in, or the value itself where it is one. */
void gd_mask_put_person(struct gd_mask *m, const char *name, size_t len, struct gd_buf *out);
void gd_mask_put_id(struct gd_mask *m, uint64_t id, int base, size_t width, struct gd_buf *out);
/* `sep` stands between the groups of a UUID; "" for ids without groups. */
void gd_mask_put_uuid(struct gd_mask *m, const char *digits, const char *sep, struct gd_buf *out);
void gd_mask_put_disk(struct gd_mask *m, const char *name, size_t len, struct gd_buf *out);

/* A text that says "nothing here", as makers leave it in their tables. */
bool gd_is_placeholder(const char *p, size_t len);

/*
 * The rules of mask_secret.c: each appends what is to stand for the bytes at
 * the scan's place and returns how many it took, or 0.
 */
size_t gd_rule_assignment(struct gd_scan *s);
size_t gd_rule_userinfo(struct gd_scan *s);
size_t gd_rule_token(struct gd_scan *s);

#endif
