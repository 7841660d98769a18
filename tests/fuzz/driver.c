/* SPDX-License-Identifier: MIT */
/*
 * The main() of a fuzz target in `make check`: every seed as it is, then
 * mutations of the seeds from a generator with a fixed start, so that a failure
 * comes back. An input that crashes or hangs is left behind as FUZZ-NAME.input;
 *
 *   fuzz_NAME FILE…      runs those files only
 *   FUZZ_RUNS=N fuzz_NAME   N mutations instead of the usual count
 */
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

/* Whole seeds up to the first, mutated up to the second size. */
enum { MAX_SEED_BYTES = 1024 * 1024, MAX_MUTATED_BYTES = 64 * 1024, MAX_SECONDS = 20 };

struct seed {
	char *name;
	struct gd_buf data;
};

static struct seed *seeds;
static size_t seed_count;
static size_t seed_cap;

/* The input at work, for the signal handler. */
static const char *current_data;
static size_t current_len;
static char crash_file[256];

static uint64_t random_state;

static size_t random_below(size_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return limit ? (size_t)(random_state % limit) : 0;
}

static void put(int fd, const char *s, size_t len)
{
	while (len) {
		ssize_t n = write(fd, s, len);

		if (n <= 0)
			return;
		s += n;
		len -= (size_t)n;
	}
}

static void on_signal(int sig)
{
	static const char hang[] = "not ok - hang; the input is in ";
	static const char crash[] = "not ok - crash; the input is in ";
	int fd = open(crash_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd >= 0)
		put(fd, current_data, current_len);
	if (sig == SIGALRM)
		put(STDOUT_FILENO, hang, sizeof(hang) - 1);
	else
		put(STDOUT_FILENO, crash, sizeof(crash) - 1);
	put(STDOUT_FILENO, crash_file, strlen(crash_file));
	put(STDOUT_FILENO, "\n", 1);
	_exit(1);
}

static void run(const struct gd_buf *input)
{
	/* A block of exactly this size, so that a sanitizer sees a read past its end. */
	char *exact = malloc(input->len ? input->len : 1);

	if (!exact)
		abort();
	memcpy(exact, gd_buf_peek(input), input->len);
	current_data = exact;
	current_len = input->len;
	alarm(MAX_SECONDS);
	LLVMFuzzerTestOneInput((const uint8_t *)exact, input->len);
	alarm(0);
	free(exact);
}

static bool add_seed(const char *file)
{
	FILE *f = fopen(file, "re");
	struct seed s = { 0 };
	size_t n;

	if (!f)
		return false;
	while ((n = fread(gd_buf_reserve(&s.data, 65536), 1, 65536, f)) > 0 && s.data.len <= MAX_SEED_BYTES)
		s.data.len += n;
	fclose(f);
	if (s.data.len > MAX_SEED_BYTES) {
		gd_buf_free(&s.data);
		return true;
	}
	s.name = gd_xstrdup(file);
	GD_GROW(seeds, seed_count, seed_cap);
	seeds[seed_count++] = s;
	return true;
}

static void find_seeds(void)
{
	const char *top = getenv("TOP_SRCDIR");

	for (const char *const *p = gd_fuzz_target.seeds; *p; p++) {
		gd_autofree pattern = gd_xasprintf("%s/%s", top ? top : ".", *p);
		glob_t found = { 0 };

		if (!glob(pattern, 0, NULL, &found))
			for (size_t i = 0; i < found.gl_pathc; i++)
				add_seed(found.gl_pathv[i]);
		globfree(&found);
	}
}

static const char *random_word(void)
{
	static const char *const numbers[] = {
		"0", "-1", "1", "255", "65536", "2147483647", "2147483648", "4294967295", "4294967296",
		"9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
		"99999999999999999999999", "0x", "0xffffffffffffffff", "1e308", "-0", "nan", "007", "",
		" ", "\n", "\n\n", "\t", "\\", "\\x00", "\"", "'", "..", "/", "//", "%s", "\xff", "\xc3\xa4", "(null)",
	};
	size_t words = 0;
	size_t i;

	while (gd_fuzz_target.words && gd_fuzz_target.words[words])
		words++;
	i = random_below(words + GD_COUNT(numbers));
	return i < words ? gd_fuzz_target.words[i] : numbers[i - words];
}

/* Puts `len` bytes where `cut` bytes stood. */
static void put_in(struct gd_buf *b, size_t at, size_t cut, const char *bytes, size_t len)
{
	struct gd_buf out = { 0 };

	gd_buf_add(&out, gd_buf_peek(b), at);
	gd_buf_add(&out, bytes, len);
	gd_buf_add(&out, gd_buf_peek(b) + at + cut, b->len - at - cut);
	gd_buf_free(b);
	*b = out;
}

/* Moves `at` to the start of its line; returns the line's length with its newline. */
static size_t line_at(const struct gd_buf *b, size_t *at)
{
	const char *s = gd_buf_peek(b);
	size_t end = *at;

	while (*at && s[*at - 1] != '\n')
		(*at)--;
	while (end < b->len && s[end] != '\n')
		end++;
	return end - *at + (end < b->len);
}

/* The length of the number or word at `*at`, which is moved to its start. */
static size_t word_at(const struct gd_buf *b, size_t *at)
{
	static const char breaks[] = " \t\n|=,:\"'/.()[]{}@";
	const char *s = gd_buf_peek(b);
	size_t end = *at;

	while (*at && !memchr(breaks, s[*at - 1], sizeof(breaks) - 1))
		(*at)--;
	while (end < b->len && !memchr(breaks, s[end], sizeof(breaks) - 1))
		end++;
	return end - *at;
}

static void mutate_bytes(struct gd_buf *b, size_t at)
{
	char byte = (char)random_below(256);
	size_t n = 1 + random_below(8);

	if (n > b->len - at)
		n = b->len - at;
	switch (random_below(3)) {
	case 0:
		put_in(b, at, at < b->len, &byte, 1);
		break;
	case 1:
		put_in(b, at, 0, &byte, 1);
		break;
	default:
		put_in(b, at, n, "", 0);
	}
}

static void mutate_lines(struct gd_buf *b, size_t at)
{
	const struct seed *other = &seeds[random_below(seed_count)];
	size_t from = random_below(other->data.len + 1);
	size_t n = line_at(b, &at);
	size_t theirs = line_at(&other->data, &from);
	gd_autofree own = gd_xstrndup(gd_buf_peek(b) + at, n);

	switch (random_below(4)) {
	case 0:
		put_in(b, at, n, "", 0);
		break;
	case 1:
		put_in(b, at, 0, own, strlen(own));
		break;
	case 2:
		put_in(b, at, 0, gd_buf_peek(&other->data) + from, theirs);
		break;
	default:
		put_in(b, at, n, gd_buf_peek(&other->data) + from, theirs);
	}
}

static void mutate(struct gd_buf *b)
{
	size_t times = 1 + random_below(4);

	while (times--) {
		size_t at = random_below(b->len + 1);
		const char *word = random_word();
		size_t n;

		switch (random_below(5)) {
		case 0:
			mutate_bytes(b, at);
			break;
		case 1:
			mutate_lines(b, at);
			break;
		case 2:
			put_in(b, at, 0, word, strlen(word));
			break;
		case 3:
			n = word_at(b, &at);
			put_in(b, at, n, word, strlen(word));
			break;
		default:
			/* The end is where truncation shows. */
			if (!random_below(8))
				put_in(b, at, b->len - at, "", 0);
			else
				mutate_bytes(b, at);
		}
	}
}

/* How many bytes the lines at the start take without which the rest says nothing. */
static size_t head_of(const struct gd_buf *b)
{
	const char *want = gd_fuzz_target.head_end;
	size_t at = 0;

	while (at < b->len && at < MAX_MUTATED_BYTES) {
		size_t start = at;

		at += line_at(b, &start);
		if (!want || !strncmp(gd_buf_peek(b) + start, want, strlen(want)))
			return at;
	}
	return 0;
}

static void run_mutations(const struct seed *s, size_t runs)
{
	for (size_t i = 0; i < runs; i++) {
		gd_autobuf b = { 0 };
		size_t from = 0;
		size_t n = s->data.len;

		if (n > MAX_MUTATED_BYTES) {
			gd_buf_add(&b, gd_buf_peek(&s->data), head_of(&s->data));
			from = random_below(n - MAX_MUTATED_BYTES);
			line_at(&s->data, &from);
			n = MAX_MUTATED_BYTES;
		}
		gd_buf_add(&b, gd_buf_peek(&s->data) + from, n);
		mutate(&b);
		run(&b);
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void watch_signals(void)
{
	static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM };

	snprintf(crash_file, sizeof(crash_file), "fuzz-%s.input", gd_fuzz_target.name);
	for (size_t i = 0; i < GD_COUNT(signals); i++)
		signal(signals[i], on_signal);
}

int main(int argc, char **argv)
{
	const char *wanted = getenv("FUZZ_RUNS");
	size_t runs = wanted ? strtoul(wanted, NULL, 10) : gd_fuzz_target.runs;

	setvbuf(stdout, NULL, _IOLBF, 0);
	watch_signals();
	for (int i = 1; i < argc; i++)
		if (!add_seed(argv[i]))
			printf("Bail out! %s: %s\n", argv[i], strerror(errno));
	if (argc > 1)
		runs = 0;
	else
		find_seeds();
	printf("1..%zu\n", seed_count + 1);
	for (size_t i = 0; i < seed_count; i++) {
		size_t share = runs / seed_count + (i < runs % seed_count);

		random_state = 88172645463325252u + i;
		run(&seeds[i].data);
		run_mutations(&seeds[i], share);
		printf("ok - %s and %zu mutations\n", base_name(seeds[i].name), share);
	}
	printf("%s - there are seeds\n", seed_count ? "ok" : "not ok");
	for (size_t i = 0; i < seed_count; i++) {
		free(seeds[i].name);
		gd_buf_free(&seeds[i].data);
	}
	free(seeds);
	return seed_count ? 0 : 1;
}
