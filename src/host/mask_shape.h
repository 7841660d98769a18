/* SPDX-License-Identifier: MIT */
#ifndef GD_MASK_SHAPE_H
#define GD_MASK_SHAPE_H
/*
 * What UUIDs and addresses look like. Each function looks at the start of
 * `len` bytes and returns how many of them belong to the value, or 0. The byte
 * behind the value is looked at, the one before it is the caller's to judge.
 * None looks further than the value itself, so a scan stays linear.
 */
#include "base/defs.h"

/* ASCII only, whatever the locale. */
bool gd_is_hex(char c);
bool gd_is_alnum(char c);
bool gd_is_digit(char c);
char gd_to_lower(char c);
/* How many leading bytes are hex digits, at most `max`. */
size_t gd_hex_run(const char *p, size_t len, size_t max);

/* 8-4-4-4-12, with "-" or systemd's "\x2d" in between; the digits in lower case. */
size_t gd_shape_uuid(const char *p, size_t len, char ret_digits[33]);
/* Six or more pairs with ":" in between; InfiniBand has 8 and 20. */
size_t gd_shape_mac(const char *p, size_t len);
size_t gd_shape_ipv4(const char *p, size_t len, uint8_t ret[4]);
/* Not the forms that end in an IPv4 address: that is found by itself. */
size_t gd_shape_ipv6(const char *p, size_t len, uint8_t ret[16]);

#endif
