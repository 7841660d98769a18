/* SPDX-License-Identifier: MIT */
/* Masking: any bytes of a file; what is masked stays so when it is masked again. */
#include <string.h>

#include "host/capture.h"
#include "host/mask.h"
#include "tests/fuzz/fuzz.h"

static const char *const seeds[] = { "tests/fuzz/seeds/mask/*", "tests/machines/seed-strixhalo-*.capture", NULL };
static const char *const words[] = {
	"alice", "/home/alice", "/home/", "00:1b:21:3c:4d:5e", "192.168.7.13", "fe80::1", "::1",
	"2e5c1b1f-8a3c-4b62-9f0f-7b1d0c6a2f11", "HF_TOKEN=", "password=", "http://a:b@h/",
	"sk-abcdefghijklmnopqrst", "serial: ", "doctorbox", "0x1234567890abcdef", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "mask", .seeds = seeds, .words = words, .runs = 200 };

static const char machine[] = "gpudoctor-capture 1\n"
			      "origin live\n"
			      "file /etc/hostname\n"
			      "|doctorbox\n"
			      "file /etc/passwd\n"
			      "|root:x:0:0:root:/root:/bin/bash\n"
			      "|alice:x:1000:1000:Alice:/home/alice:/bin/bash\n"
			      "end 2\n";

static struct gd_mask *new_mask(void)
{
	struct gd_capture *c = NULL;
	struct gd_err err = { "" };
	struct gd_mask *m;
	struct gd_host *h;
	int r = gd_capture_parse("machine", machine, sizeof(machine) - 1, &c, &err);

	FUZZ_ASSERT(r == 0, "%s", err.text);
	h = gd_capture_host(c);
	m = gd_mask_new(h);
	gd_host_close(h);
	return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "/proc/cmdline", "/etc/environment", "/proc/1/environ",
					     "/sys/class/dmi/id/product_name" };
	const char *path = paths[size % GD_COUNT(paths)];
	struct gd_mask *m = new_mask();
	gd_autobuf once = { 0 };
	gd_autobuf twice = { 0 };

	gd_mask_content(m, path, (const char *)data, size, &once);
	gd_mask_content(m, path, gd_buf_peek(&once), once.len, &twice);
	FUZZ_ASSERT(once.len == twice.len && !memcmp(gd_buf_peek(&once), gd_buf_peek(&twice), once.len),
		    "masked twice as %s:\n%s\n----\n%s", path, gd_buf_peek(&once), gd_buf_peek(&twice));
	gd_mask_free(m);
	return 0;
}
