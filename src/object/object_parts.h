/* SPDX-License-Identifier: MIT */
#ifndef GD_OBJECT_PARTS_H
#define GD_OBJECT_PARTS_H
/*
 * What the readers of the kinds of files share. They return 0, damage told by
 * `fault`, or the error of a read, or -EDQUOT: the file made more work than it
 * may, and no more is read of it.
 */
#include "object/object.h"
#include "object/stream.h"

enum {
	GD_OBJECT_MAX_TEXT_BYTES = 16 * 1024, /* of one name */
	GD_OBJECT_HEAD_BYTES = 64,
};

/* Notes what is wrong at this offset of the file; the first fault stays. */
void gd_object_fault(struct gd_object *o, uint64_t at, const char *fmt, ...) GD_PRINTF(3, 4);
void gd_object_add_target(struct gd_object *o, uint64_t at, const struct gd_target *t, uint64_t size_bytes);
/* As gd_read_at(), and the bytes are counted. */
int gd_object_read_at(struct gd_object *o, int fd, uint64_t at, void *to, size_t len) GD_MUST_CHECK;
/* One more entry of a bundle or a list: 0 or -EDQUOT. */
int gd_object_count_entry(struct gd_object *o, uint64_t at) GD_MUST_CHECK;
/* True, and noted, where a text of so many bytes more would be too much; else it is counted. */
bool gd_object_too_long(struct gd_object *o, uint64_t at, uint64_t bytes);
/* In place: a byte that is no part of printable text becomes "?". */
void gd_object_clean(char *s);

/* Numbers of any alignment, least byte first. */
uint64_t gd_le64(const unsigned char *p);
uint32_t gd_le32(const unsigned char *p);
unsigned gd_le16(const unsigned char *p);

/* True where [at, at + len) lies before `end`. */
static inline bool gd_is_inside(uint64_t at, uint64_t len, uint64_t end)
{
	return at <= end && len <= end - at;
}

/* elf.c */
bool gd_elf_is(const unsigned char *head, size_t len);
int gd_elf_read(struct gd_object *o, int fd, const unsigned char *head, size_t len);
/* True where this is the head of an ELF code object for an AMD GPU. */
bool gd_elf_is_code(const unsigned char *head, size_t len);
/* Adds its target, of `size_bytes`. */
void gd_elf_add_code(struct gd_object *o, uint64_t at, const unsigned char *head, uint64_t size_bytes);

/* bundle.c: one bundle */
enum gd_bundle_magic { GD_BUNDLE_NONE, GD_BUNDLE_PLAIN, GD_BUNDLE_COMPRESSED };
enum { GD_BUNDLE_MAGIC_BYTES = 24 };
/* What starts here; needs GD_BUNDLE_MAGIC_BYTES. */
enum gd_bundle_magic gd_bundle_magic(const unsigned char *p);
/*
 * Reads the bundle at `at`, which ends before `end`. `*ret_len` is its length, 0
 * where that is not known: its version does not tell, or it is damaged.
 */
int gd_bundle_read(struct gd_object *o, int fd, uint64_t at, uint64_t end, enum gd_bundle_magic magic,
		   uint64_t *ret_len);

/* fatbin.c: all bundles from `at` to before `end` */
int gd_fatbin_read(struct gd_object *o, int fd, uint64_t at, uint64_t end);

/* kpack.c */
bool gd_kpack_is(const unsigned char *head, size_t len);
int gd_kpack_read(struct gd_object *o, int fd, const unsigned char *head);
/* The section .rocm_kpack_ref. */
int gd_kpack_read_reference(struct gd_object *o, int fd, uint64_t at, uint64_t end);

/* tensile.c; leaves the kind as it is where this is no index. */
int gd_tensile_read(struct gd_object *o, int fd, const unsigned char *head, size_t len);

#endif
