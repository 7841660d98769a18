/* SPDX-License-Identifier: MIT */
#include "host/variables.h"

#include <search.h>
#include <string.h>

#include "base/alloc.h"
#include "base/env_text.h"
#include "base/unit_text.h"

/* ------------------------------------------------------------- the names -- */

/*
 * libhsakmt (topology.c), ROCR's and HIP's lists of environment variables,
 * rocBLAS (tensile_host.cpp) and hipBLASLt, PyTorch's build, the loader
 * (ld.so(8)). HSA_ENABLE_GFX_VERSION is read by nobody, and set in the belief
 * that it is the override.
 */
static const char *const names[] = {
	"HSA_OVERRIDE_GFX_VERSION",
	"HSA_ENABLE_GFX_VERSION",
	"HSA_ENABLE_SDMA",
	"HSA_XNACK",
	"ROCR_VISIBLE_DEVICES",
	"HIP_VISIBLE_DEVICES",
	"CUDA_VISIBLE_DEVICES",
	"GPU_DEVICE_ORDINAL",
	"ROCBLAS_TENSILE_LIBPATH",
	"ROCBLAS_USE_HIPBLASLT",
	"HIPBLASLT_TENSILE_LIBPATH",
	"ROCM_PATH",
	"HIP_PATH",
	"PYTORCH_ROCM_ARCH",
	"LD_LIBRARY_PATH",
	"LD_PRELOAD",
	NULL,
};

/* With anything behind it; ggml and Ollama have dozens of each. */
static const char *const prefixes[] = {
	"HSA_OVERRIDE_GFX_VERSION_", "HIPBLASLT_", "GGML_", "OLLAMA_",
};

const char *const *gd_variable_names_peek(void)
{
	return names;
}

/* OLLAMA_API_KEY, and whatever may be added of that kind. */
static bool is_secret(const char *name, size_t len)
{
	static const char *const parts[] = { "KEY", "TOKEN", "SECRET", "PASS", "AUTH", "CREDENTIAL", "COOKIE" };

	for (size_t i = 0; i < GD_COUNT(parts); i++)
		if (memmem(name, len, parts[i], strlen(parts[i])))
			return true;
	return false;
}

bool gd_variable_is_kept(const char *name, size_t len)
{
	for (size_t i = 0; names[i]; i++)
		if (len == strlen(names[i]) && !memcmp(name, names[i], len))
			return true;
	for (size_t i = 0; i < GD_COUNT(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (len > n && !memcmp(name, prefixes[i], n))
			return !is_secret(name, len);
	}
	return false;
}

/* ----------------------------------------------------- files of variables -- */

static void strip_variables(enum gd_env_syntax syntax, const char *text, size_t len, struct gd_buf *out)
{
	gd_auto_assignments all = { 0 };
	gd_auto_assignments kept = { 0 };

	gd_env_parse(&all, syntax, text, len);
	for (size_t i = 0; i < all.count; i++) {
		const struct gd_assignment *a = &all.items[i];

		if (!gd_variable_is_kept(a->name, strlen(a->name)))
			continue;
		gd_assignments_add(&kept, a->name, strlen(a->name), a->value, a->line);
		kept.items[kept.count - 1].change = a->change;
	}
	gd_env_print(&kept, syntax, out);
}

/* ---------------------------------------------------------------- units -- */

static void add_word(struct gd_buf *words, const char *word)
{
	if (words->len)
		gd_buf_putc(words, ' ');
	gd_unit_quote(word, words);
}

/*
 * Systemd stops reading where a quote stays open or an escape is none. So will
 * who reads this, and see in which variable.
 */
static void keep_broken(const char *rest, struct gd_buf *out)
{
	const char *name = rest + strspn(rest, "\"'");
	size_t n = strcspn(name, "= \t\"'\\");
	bool kept = name[n] == '=' && gd_variable_is_kept(name, n);

	gd_buf_printf(out, "%s\"%.*s", out->len ? " " : "", kept ? (int)n + 1 : 0, name);
}

/* Words that name variables, with or without a value. */
static void keep_variables(const char *value, struct gd_buf *out)
{
	gd_autobuf word = { 0 };
	int r;

	while ((r = gd_unit_word(&value, &word)) > 0)
		if (gd_variable_is_kept(word.data, strcspn(word.data, "=")))
			add_word(out, word.data);
	if (r < 0)
		keep_broken(value, out);
}

/* The program alone: arguments may hold anything, also where quotes make one word of all. */
static void keep_program(const char *value, struct gd_buf *out)
{
	gd_autobuf word = { 0 };
	char *options;

	if (gd_unit_word(&value, &word) <= 0)
		return;
	options = strstr(word.data, " -");
	if (options)
		*options = '\0';
	add_word(out, word.data);
}

static void keep_all(const char *value, struct gd_buf *out)
{
	gd_buf_puts(out, value);
}

/* What is kept of units, and of the files of their managers. */
static const struct {
	const char *section;
	const char *key;
	void (*keep)(const char *value, struct gd_buf *out);
} kept_keys[] = {
	{ "Service", "Environment", keep_variables },
	{ "Service", "EnvironmentFile", keep_all },
	{ "Service", "ExecStart", keep_program },
	{ "Service", "PassEnvironment", keep_variables },
	{ "Service", "UnsetEnvironment", keep_variables },
	{ "Manager", "DefaultEnvironment", keep_variables },
};

/* False where nothing of the line is to be kept. */
static bool strip_line(const struct gd_unit_line *line, struct gd_buf *out)
{
	gd_autobuf value = { 0 };

	if (!line->key) {
		gd_buf_printf(out, "[%s]", line->value);
		return true;
	}
	for (size_t i = 0; i < GD_COUNT(kept_keys); i++) {
		if (strcmp(line->section, kept_keys[i].section) != 0 || strcmp(line->key, kept_keys[i].key) != 0)
			continue;
		kept_keys[i].keep(line->value, &value);
		/* An empty one takes back what came before; one that only loses its words must not. */
		if (*line->value && !value.len)
			return false;
		gd_buf_printf(out, "%s=%s", line->key, gd_buf_peek(&value));
		return true;
	}
	return false;
}

/* A backslash at the end would tie the next line to this one; a blank behind it is cut off again. */
static void end_line(struct gd_buf *out)
{
	if (out->data[out->len - 1] == '\\')
		gd_buf_putc(out, ' ');
	gd_buf_putc(out, '\n');
}

static void strip_unit(const char *text, size_t len, struct gd_buf *out)
{
	gd_auto_unit_lines lines = { 0 };
	unsigned line = 1;

	gd_unit_parse(&lines, text, len);
	for (size_t i = 0; i < lines.count; i++) {
		gd_autobuf kept = { 0 };

		if (!strip_line(&lines.items[i], &kept))
			continue;
		for (; line < lines.items[i].line; line++)
			gd_buf_putc(out, '\n');
		gd_buf_add(out, kept.data, kept.len);
		end_line(out);
		line++;
	}
	/* What systemd refuses to read is refused again. */
	for (; lines.broken_line && line < lines.broken_line; line++)
		gd_buf_putc(out, '\n');
	if (lines.broken_line)
		gd_buf_puts(out, "[\n");
}

/* ----------------------------------------------------------------- maps -- */

/* The name of a library: "x.so", "x.so.1", and what the kernel adds where the file was removed. */
static bool is_library(const char *path)
{
	const char *name = strrchr(path, '/');

	for (name = name ? strstr(name, ".so") : NULL; name; name = strstr(name + 1, ".so"))
		if (!name[3] || name[3] == '.' || name[3] == ' ')
			return true;
	return false;
}

/* What stands behind five fields; NULL where that is no path. The kernel writes a line end in one as \012. */
static char *path_in_line(const char *line, size_t len)
{
	enum { FIELDS = 5, PATH_MAX_BYTES = 4096 };
	size_t at = 0;

	for (int i = 0; i < FIELDS; i++) {
		while (at < len && line[at] != ' ')
			at++;
		while (at < len && line[at] == ' ')
			at++;
	}
	if (at >= len || line[at] != '/' || len - at > PATH_MAX_BYTES)
		return NULL;
	return gd_xstrndup(line + at, len - at);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void strip_maps(const char *text, size_t len, struct gd_buf *out)
{
	void *seen = NULL;

	for (const char *line = text, *end = text + len; line < end;) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((eol ? eol : end) - line);
		char *path = path_in_line(line, n);

		line += n + (eol != NULL);
		if (!path || !is_library(path) || tfind(path, &seen, compare_paths)) {
			free(path);
			continue;
		}
		gd_buf_printf(out, "0-0 r--p 0 0:0 0 %s\n", path);
		tsearch(path, &seen, compare_paths);
	}
	tdestroy(seen, free);
}

/* ------------------------------------------------------------ arguments -- */

/*
 * Options that are kept, each with the word behind it, by the start of the
 * program's name. Any other word is dropped.
 */
static const struct {
	const char *program;
	const char *option;
} kept_options[] = {
	{ "python", "-m" },
};

/* Options of Python that are followed by a word which is no script. Behind "-c" stands code, and no script at all. */
static const char *const valued_options[] = { "-X", "-W", "--check-hash-based-pycs" };

/* A list of words, each ended by a NUL; the last one may lack its end. */
struct words {
	const char *s;
	size_t len;
};

/* The next word, which need not be ended by a NUL; false at the end. */
static bool next_word(struct words *w, struct words *ret)
{
	size_t n = w->len ? strnlen(w->s, w->len) : 0;
	size_t whole = n + (n < w->len);

	*ret = (struct words){ w->s, whole };
	w->s += whole;
	w->len -= whole;
	return whole > 0;
}

static bool is_ended(const struct words *word)
{
	return word->len && !word->s[word->len - 1];
}

static bool is_word(const struct words *word, const char *s)
{
	return is_ended(word) && !strcmp(word->s, s);
}

static bool is_program(const struct words *program, const char *start)
{
	const char *slash = is_ended(program) ? strrchr(program->s, '/') : NULL;
	const char *name = slash ? slash + 1 : program->s;

	return is_ended(program) && !strncmp(name, start, strlen(start));
}

static bool is_kept_option(const struct words *program, const struct words *word)
{
	for (size_t i = 0; i < GD_COUNT(kept_options); i++)
		if (is_program(program, kept_options[i].program) && is_word(word, kept_options[i].option))
			return true;
	return false;
}

static bool has_value(const struct words *word)
{
	for (size_t i = 0; i < GD_COUNT(valued_options); i++)
		if (is_word(word, valued_options[i]))
			return true;
	return false;
}

static void keep_word(const struct words *word, struct gd_buf *out)
{
	gd_buf_add(out, word->s, word->len);
}

/* What Python runs: nothing behind it is Python's. */
static void keep_script(struct words *rest, const struct words *program, struct gd_buf *out)
{
	struct words word;

	while (next_word(rest, &word)) {
		bool option = *word.s == '-';

		if (is_word(&word, "-c") || is_kept_option(program, &word) || (!option && !is_ended(&word)))
			break;
		if (has_value(&word))
			next_word(rest, &word);
		else if (!option) {
			keep_word(&word, out);
			return;
		}
	}
	if (!is_kept_option(program, &word))
		return;
	keep_word(&word, out);
	if (next_word(rest, &word) && is_ended(&word))
		keep_word(&word, out);
}

static void strip_args(const char *text, size_t len, struct gd_buf *out)
{
	struct words rest = { text, len };
	struct words program;
	const char *options;

	if (!next_word(&rest, &program))
		return;
	/* A program that writes its own title puts it into one word, options and all. */
	options = memmem(program.s, program.len, " -", 2);
	if (options)
		program.len = (size_t)(options - program.s);
	keep_word(&program, out);
	if (is_program(&program, "python"))
		keep_script(&rest, &program, out);
}

void gd_settings_strip(enum gd_settings_form form, const char *text, size_t len, struct gd_buf *out)
{
	switch (form) {
	case GD_SETTINGS_UNIT:
		strip_unit(text, len, out);
		break;
	case GD_SETTINGS_ENV_FILE:
		strip_variables(GD_ENV_FILE, text, len, out);
		break;
	case GD_SETTINGS_PAM:
		strip_variables(GD_ENV_PAM, text, len, out);
		break;
	case GD_SETTINGS_PAM_CONF:
		strip_variables(GD_ENV_PAM_CONF, text, len, out);
		break;
	case GD_SETTINGS_SHELL:
		strip_variables(GD_ENV_SHELL, text, len, out);
		break;
	case GD_SETTINGS_ENVIRON:
		strip_variables(GD_ENV_BLOCK, text, len, out);
		break;
	case GD_SETTINGS_MAPS:
		strip_maps(text, len, out);
		break;
	case GD_SETTINGS_ARGS:
		strip_args(text, len, out);
		break;
	}
}
