/* SPDX-License-Identifier: MIT */
#ifndef GD_MASK_FIXTURE_H
#define GD_MASK_FIXTURE_H
/* A machine with people on it, and checks of what a mask made from it does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "host/capture.h"
#include "host/mask.h"

static const char machine[] = "gpudoctor-capture 1\n"
			      "origin live\n"
			      "file /proc/sys/kernel/hostname\n|Zephyr-7\n"
			      "file /etc/hostname\n|zephyr-7.lan.example.org\n"
			      "file /etc/machine-id\n|0123456789abcdef0123456789abcdef\n"
			      "file /etc/passwd\n"
			      "|root:x:0:0:root:/root:/bin/bash\n"
			      "|alice:x:1000:1000:Alice Liddell:/home/alice:/bin/bash\n"
			      "|ubuntu:x:1001:1001::/home/ubuntu:/bin/bash\n"
			      "|john.doe:x:1002:1002::/home/john.doe:/bin/bash\n"
			      "|svcllm:x:997:997::/srv:/usr/sbin/nologin\n"
			      "|nobody:x:65534:65534::/:/usr/sbin/nologin\n"
			      "dir /home\n|alice\n|bob\n|john.doe\n|linuxbrew\n|ubuntu\n"
			      "end 5\n";

/* Who they become: alice user, ubuntu user2, john.doe user3, bob user4. */
static GD_UNUSED struct gd_mask *new_mask(const char *capture)
{
	struct gd_capture *c;
	struct gd_err err;
	struct gd_host *h;
	struct gd_mask *m;

	if (gd_capture_parse("test", capture, strlen(capture), &c, &err) < 0)
		fail_msg("%s", err.text);
	h = gd_capture_host(c);
	m = gd_mask_new(h);
	gd_host_close(h);
	return m;
}

static struct gd_mask *mask;

static GD_UNUSED int setup(void **state)
{
	(void)state;
	mask = new_mask(machine);
	return 0;
}

static GD_UNUSED int teardown(void **state)
{
	(void)state;
	gd_mask_free(mask);
	return 0;
}

static GD_UNUSED void content_n(const char *path, const char *in, size_t in_len, const char *expected, size_t len)
{
	gd_autobuf once = { 0 };
	gd_autobuf twice = { 0 };

	gd_mask_content(mask, path, in, in_len, &once);
	if (once.len != len || memcmp(gd_buf_peek(&once), expected, len) != 0)
		fail_msg("%s\n  in  <%s>\n  got <%s>\n  not <%s>", path, in, gd_buf_peek(&once), expected);
	gd_mask_content(mask, path, gd_buf_peek(&once), once.len, &twice);
	if (twice.len != len || memcmp(gd_buf_peek(&twice), expected, len) != 0)
		fail_msg("%s: masked again\n  got <%s>\n  not <%s>", path, gd_buf_peek(&twice), expected);
}

static GD_UNUSED void content(const char *path, const char *in, const char *expected)
{
	content_n(path, in, strlen(in), expected, strlen(expected));
}

/* Two literals, with the NULs in them. */
#define CONTENT_BYTES(path, in, expected) content_n(path, in, sizeof(in) - 1, expected, sizeof(expected) - 1)

static GD_UNUSED void unchanged(const char *path, const char *in)
{
	content(path, in, in);
}

static GD_UNUSED void path_is(const char *in, const char *expected)
{
	gd_autobuf once = { 0 };
	gd_autobuf twice = { 0 };

	gd_mask_path(mask, in, &once);
	assert_string_equal(gd_buf_peek(&once), expected);
	gd_mask_path(mask, gd_buf_peek(&once), &twice);
	assert_string_equal(gd_buf_peek(&twice), expected);
}

#define UUID_A "c3a1d2f0-1b2c-4d3e-8f90-a1b2c3d4e5f6"
#define UUID_B "7e57ed00-aaaa-4bbb-8ccc-0123456789ab"
#define UUID_N(n) "00000000-0000-0000-0000-00000000000" n

#endif
