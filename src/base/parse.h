/* SPDX-License-Identifier: MIT */
#ifndef GD_PARSE_H
#define GD_PARSE_H
/*
 * Strict text parsers: the whole text must be the thing, or -EINVAL; a number
 * that does not fit is -ERANGE. White space around it is allowed, because the
 * kernel ends its files with a newline.
 */
#include "base/defs.h"

/* base as for strtoull: 10, 16, or 0 for a 0x prefix. A sign is refused. */
int gd_parse_u64(const char *s, int base, uint64_t *ret) GD_MUST_CHECK;
int gd_parse_i64(const char *s, int base, int64_t *ret) GD_MUST_CHECK;
int gd_parse_real(const char *s, double *ret) GD_MUST_CHECK;

/* Cuts white space off both ends, in place; returns `s` moved forward. */
char *gd_trim(char *s);

/*
 * Finds `key` at the start of a line of `text`, followed by any of the
 * characters in `seps`; returns the rest of that line, trimmed and owned, or
 * NULL. Serves /proc/meminfo, os-release, uevent and KFD property files.
 */
char *gd_line_value(const char *text, const char *key, const char *seps);

/*
 * The kernel's list format, "0-3,8,10-11": calls `f` for each number in order.
 * Refuses more than `limit` numbers with -E2BIG.
 */
int gd_parse_list(const char *s, unsigned limit, void (*f)(unsigned, void *), void *arg) GD_MUST_CHECK;
/* How many numbers such a list holds. */
int gd_count_list(const char *s, unsigned limit, unsigned *ret) GD_MUST_CHECK;

bool gd_starts_with(const char *s, const char *prefix);

/* Puts "?" in the place of every byte that is no part of a UTF-8 character. */
void gd_repair_text(char *s);

/* True where every byte belongs to a UTF-8 character; control characters count as such. */
bool gd_is_utf8(const char *data, size_t len);

/* True where every byte is printable ASCII, a blank, or valid UTF-8. */
bool gd_is_text(const char *data, size_t len);

#endif
