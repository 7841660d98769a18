/* SPDX-License-Identifier: MIT */
/* The parsers of parse.h, on the text of one kernel file. */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parse.h"
#include "tests/fuzz/fuzz.h"

static const char *const seeds[] = { "tests/fuzz/seeds/parse/*", NULL };
static const char *const words[] = {
	"0-3", ",", "-", "4294967295", "4294967294-4294967295", "MemTotal:", "kB", "0x1f", "1.5", "1e-400",
	"-5", "+5", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "parse", .seeds = seeds, .words = words, .runs = 5000 };

enum { LIMIT = 4096 };

struct list {
	unsigned count;
	bool first;
};

static void take(unsigned n, void *arg)
{
	struct list *l = arg;

	(void)n;
	l->count++;
	FUZZ_ASSERT(l->count <= LIMIT, "more than the limit");
}

static void parse_numbers(const char *text)
{
	static const int bases[] = { 0, 10, 16 };
	double real;
	int64_t i;
	uint64_t u;

	for (size_t b = 0; b < GD_COUNT(bases); b++) {
		int ru = gd_parse_u64(text, bases[b], &u);
		int ri = gd_parse_i64(text, bases[b], &i);

		FUZZ_ASSERT(ru == 0 || ru == -EINVAL || ru == -ERANGE, "%d for \"%s\"", ru, text);
		FUZZ_ASSERT(ri == 0 || ri == -EINVAL || ri == -ERANGE, "%d for \"%s\"", ri, text);
		if (!ru && u <= INT64_MAX)
			FUZZ_ASSERT(!ri && i == (int64_t)u, "both ways to read \"%s\" agree", text);
		if (!ri && i >= 0 && !strchr(text, '-'))
			FUZZ_ASSERT(!ru, "both ways to read \"%s\" agree", text);
	}
	if (gd_parse_i64(text, 10, &i) == 0)
		FUZZ_ASSERT(gd_parse_real(text, &real) == 0, "a whole number is a number: \"%s\"", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gd_autofree text = gd_xstrndup((const char *)data, size);
	gd_autofree copy = gd_xstrdup(text);
	gd_autofree value = gd_line_value(text, "MemTotal", ": \t");
	struct list l = { 0 };
	unsigned count = 0;
	char *trimmed = gd_trim(copy);
	int r = gd_parse_list(text, LIMIT, take, &l);

	parse_numbers(text);
	FUZZ_ASSERT(gd_count_list(text, LIMIT, &count) == r, "list and count agree");
	FUZZ_ASSERT(r < 0 || count == l.count, "%u is not %u", count, l.count);
	FUZZ_ASSERT(strlen(trimmed) <= strlen(text), "trimmed is not longer");
	FUZZ_ASSERT(!value || strlen(value) <= size, "a value is part of the text");
	/* Every prefix of a text is text, up to a sequence cut short. */
	if (gd_is_text((const char *)data, size))
		for (size_t cut = 0; cut < 4 && cut < size; cut++)
			if (data[size - cut - 1] < 0x80)
				FUZZ_ASSERT(gd_is_text((const char *)data, size - cut - 1), "cut by %zu", cut + 1);
	return 0;
}
