/* SPDX-License-Identifier: MIT */
/* What stands for a value. A value that has the form of a stand-in stays, and nothing else gets it. */
#include <inttypes.h>
#include <string.h>

#include "host/mask_scan.h"
#include "host/mask_shape.h"

uint64_t gd_mask_person_number(const char *name, size_t len)
{
	uint64_t n = 0;

	if (gd_same_text(name, len, "user"))
		return 1;
	if (len < 5 || len > 10 || memcmp(name, "user", 4) || name[4] == '0')
		return 0;
	for (size_t i = 4; i < len; i++) {
		if (!gd_is_digit(name[i]))
			return 0;
		n = n * 10 + (uint64_t)(name[i] - '0');
	}
	return n > 1 ? n : 0;
}

void gd_mask_put_person(struct gd_mask *m, const char *name, size_t len, struct gd_buf *out)
{
	uint64_t n = gd_mask_person_number(name, len);

	if (n)
		gd_pool_keep(&m->pools[GD_POOL_PERSON], n);
	else
		n = gd_pool_number(&m->pools[GD_POOL_PERSON], name, len);
	gd_buf_puts(out, "user");
	if (n > 1)
		gd_buf_printf(out, "%" PRIu64, n);
}

void gd_mask_put_uuid(struct gd_mask *m, const char *digits, const char *sep, struct gd_buf *out)
{
	uint64_t n;

	if (strspn(digits, "0") >= 20) {
		n = strtoull(digits + 20, NULL, 16);
		if (n)
			gd_pool_keep(&m->pools[GD_POOL_UUID], n);
	} else {
		n = gd_pool_number(&m->pools[GD_POOL_UUID], digits, strlen(digits));
	}
	gd_buf_printf(out, "00000000%s0000%s0000%s0000%s%012" PRIx64, sep, sep, sep, sep, n);
}

void gd_mask_put_id(struct gd_mask *m, uint64_t id, int base, size_t width, struct gd_buf *out)
{
	/* No maker numbers its chips from 1. */
	if (id > 0xffff)
		id = gd_pool_number(&m->pools[GD_POOL_ID], &id, sizeof(id));
	else if (id)
		gd_pool_keep(&m->pools[GD_POOL_ID], id);
	if (base == 16)
		gd_buf_printf(out, "%0*" PRIx64, (int)width, id);
	else
		gd_buf_printf(out, "%" PRIu64, id);
}

/* The N of "masked-N", or 0. */
static uint64_t disk_number(const char *name, size_t len)
{
	uint64_t n = 0;

	if (len < 8 || len > 15 || memcmp(name, "masked-", 7) || name[7] == '0')
		return 0;
	for (size_t i = 7; i < len; i++) {
		if (!gd_is_digit(name[i]))
			return 0;
		n = n * 10 + (uint64_t)(name[i] - '0');
	}
	return n;
}

void gd_mask_put_disk(struct gd_mask *m, const char *name, size_t len, struct gd_buf *out)
{
	uint64_t n = disk_number(name, len);

	if (n)
		gd_pool_keep(&m->pools[GD_POOL_DISK], n);
	else
		n = gd_pool_number(&m->pools[GD_POOL_DISK], name, len);
	gd_buf_printf(out, "masked-%" PRIu64, n);
}
