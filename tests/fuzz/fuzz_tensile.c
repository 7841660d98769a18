/* SPDX-License-Identifier: MIT */
/* MessagePack, and the index files of Tensile that are written in it: the walk ends, and inside of the data. */
#include <errno.h>

#include "object/msgpack.h"
#include "object/object_parts.h"
#include "tests/fuzz/object_input.h"

static const char *const seeds[] = { "tests/fuzz/seeds/tensile/*", NULL };
static const char *const words[] = {
	"\xa9solutions", "\xa7library", "\x81", "\x8f", "\x9f", "\xc1", "\xc6\xff\xff\xff\xff", "\xc9\x01", "\xd8",
	"\xdb\xff\xff\xff\xff", "\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\x91\x91\x91\x91\x91\x91", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "tensile", .seeds = seeds, .words = words, .runs = 6000 };

/* Every other value is asked for as text. */
static void walk(int fd, size_t size)
{
	struct gd_work work = { 0 };
	struct gd_stream s;
	struct gd_msgpack m = { .s = &s };
	int r = gd_stream_open(&s, fd, 0, size, GD_PACKING_NONE, 0, &work);

	for (uint64_t at = 0; r == 0; at = gd_stream_offset(&s)) {
		struct gd_msgpack_value v = { 0 };
		char text[16];

		r = gd_msgpack_next(&m, &v);
		FUZZ_ASSERT(r < 0 || gd_stream_offset(&s) > at, "a value takes a byte at least");
		if (r == 0)
			r = gd_msgpack_pass(&m, &v);
		if (r == 0)
			r = gd_msgpack_text(&m, text, sizeof(text));
		FUZZ_ASSERT(r < 0 || strlen(text) < sizeof(text), "a text that fits");
	}
	FUZZ_ASSERT(r == -ENODATA || r == -EBADMSG, "%d", r);
	FUZZ_ASSERT(m.passed <= size, "%llu values", (unsigned long long)m.passed);
	gd_stream_close(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char head[GD_OBJECT_HEAD_BYTES] = { 0 };
	int fd = open_input(data, size);
	gd_autoobject o = { .size_bytes = size };

	walk(fd, size);
	memcpy(head, data, size < sizeof(head) ? size : sizeof(head));
	FUZZ_ASSERT(gd_tensile_read(&o, fd, head, size < sizeof(head) ? size : sizeof(head)) == 0,
		    "damage is no error");
	close(fd);
	FUZZ_ASSERT(o.kind == GD_OBJECT_TENSILE || (o.kind == GD_OBJECT_OTHER && !o.fault && !o.has_solutions),
		    "kind %d", (int)o.kind);
	check_text(&o);
	return 0;
}
