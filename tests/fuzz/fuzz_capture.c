/* SPDX-License-Identifier: MIT */
/* Capture files: any bytes; and each path of a capture asked in every way. */
#include "base/alloc.h"
#include "tests/fuzz/capture_input.h"
#include "tests/fuzz/fuzz.h"

static const char *const seeds[] = { "tests/fuzz/seeds/capture/*", "tests/machines/*.capture", NULL };
static const char *const words[] = {
	"object ", "|kind elf\n|size 1\n", "|target gfx1103 1 1\n", "file ", "dir ", "link ", "stat ", "absent ",
	"error ", "end ", " -> ", "origin live", "origin tree", "EACCES", "ENOENT", "ELOOP",
	" char 0660 0:993 226:128 rw", "|", "\n|", "/../", "/./", "/sys", "/proc",
	NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "capture", .seeds = seeds, .words = words, .runs = 400,
					      .head_end = "origin " };

static void ask(struct gd_host *h, const char *path)
{
	gd_autobuf content = { 0 };
	gd_autostrv names = { 0 };
	gd_autofree target = NULL;
	gd_autofree real = NULL;
	gd_autoobject object = { 0 };
	struct gd_stat st;
	int r = gd_host_read(h, path, &content);

	FUZZ_ASSERT(r <= 0, "%s", path);
	FUZZ_ASSERT(r == 0 || content.len == 0, "a failed read leaves nothing behind: %s", path);
	r = gd_host_list(h, path, &names);
	FUZZ_ASSERT(r == 0 || names.count == 0, "a failed list leaves nothing behind: %s", path);
	r = gd_host_link(h, path, &target);
	FUZZ_ASSERT((r == 0) == (target != NULL), "%s", path);
	r = gd_host_resolve(h, path, &real);
	FUZZ_ASSERT((r == 0) == (real != NULL), "%s", path);
	FUZZ_ASSERT(!real || real[0] == '/', "%s", path);
	r = gd_host_stat(h, path, &st);
	FUZZ_ASSERT(r <= 0, "%s", path);
	r = gd_host_object(h, path, &object);
	FUZZ_ASSERT(r == 0 || (r < 0 && !object.targets && !object.fault), "%s", path);
}

/* What was parsed, printed, parsed and printed again is the same text. */
static void print_and_read_back(const struct gd_capture *c)
{
	gd_autobuf once = { 0 };
	gd_autobuf twice = { 0 };
	struct gd_capture *again = NULL;
	struct gd_err err = { "" };
	int r;

	gd_capture_print(c, "a comment", &once);
	r = gd_capture_parse("printed", gd_buf_peek(&once), once.len, &again, &err);
	FUZZ_ASSERT(r == 0, "%s", err.text);
	gd_capture_print(again, "a comment", &twice);
	FUZZ_ASSERT(once.len == twice.len && !memcmp(once.data, twice.data, once.len), "%s----\n%s", once.data,
		    twice.data);
	gd_capture_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gd_capture *c = NULL;
	struct gd_host *h;
	struct gd_err err;

	if (gd_capture_parse("input", (const char *)data, size, &c, &err) == 0)
		gd_capture_free(c);
	c = capture_of(data, size);
	if (!c)
		return 0;
	print_and_read_back(c);
	h = gd_capture_host(c);
	/* Of a large capture, a hundred paths spread over it. */
	for (size_t i = 0; i < c->count; i += c->count / 100 + 1) {
		gd_autofree odd = gd_xasprintf("%s/../x/./name", c->entries[i]->path);

		ask(h, c->entries[i]->path);
		ask(h, odd);
	}
	gd_host_close(h);
	return 0;
}
