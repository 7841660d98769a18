/* SPDX-License-Identifier: MIT */
/*
 * The places where ROCm is put. Nothing is searched that could be large: a
 * pattern lists only folders that belong to ROCm, an engine, or a Python
 * environment, and those of a whole system are asked for single names.
 *
 * Sources: the file lists of AMD's, Debian's, Fedora's and Arch's packages,
 * Ollama's install script and Dockerfile, TheRock's RELEASES.md, lemonade's
 * backend_utils.cpp, and LM Studio's extension packs.
 */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parse.h"
#include "probes/homes.h"
#include "probes/rocm_find.h"

/* The name of this machine's folder of libraries on Debian and its kin. */
#if defined(__x86_64__)
#define TRIPLET "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define TRIPLET "aarch64-linux-gnu"
#elif defined(__riscv)
#define TRIPLET "riscv64-linux-gnu"
#elif defined(__powerpc64__)
#define TRIPLET "powerpc64le-linux-gnu"
#else
#define TRIPLET "."
#endif

/* What the loader searches when nobody tells it more. */
static const char *const default_folders[] = {
	("/usr/lib/" TRIPLET), ("/lib/" TRIPLET), "/usr/lib64", "/lib64", "/usr/lib", "/lib",
};

static const char *const local_folders[] = {
	("/usr/local/lib/" TRIPLET),
	"/usr/local/lib",
	"/usr/local/lib64",
};

/* "~" is each home that may be read, the caller's first. */
static const char *const amd[] = { "/opt", NULL };
static const char *const amd_leaves[] = { "*/lib", "*/lib64", "rocm*/core-*/lib", "rocm*/core-*/lib64", NULL };
static const char *const fedora[] = { "/usr/lib64/rocm", NULL };
static const char *const fedora_leaves[] = { "*/lib", NULL };
static const char *const ollama[] = {
	"/usr/lib/ollama",
	"/usr/local/lib/ollama",
	"/usr/lib64/ollama",
	"/opt/ollama/lib/ollama",
	"/snap/ollama/current/lib/ollama",
	"/var/lib/flatpak/runtime/com.jeffser.Alpaca.Plugins.AMD/x86_64/stable/active/files/lib/ollama",
	"~/.local/share/flatpak/runtime/com.jeffser.Alpaca.Plugins.AMD/x86_64/stable/active/files/lib/ollama",
	NULL,
};
static const char *const ollama_leaves[] = { "", "rocm*", NULL };
static const char *const lemonade[] = { "~/.cache/lemonade", "/var/lib/lemonade/.cache/lemonade",
					"/var/cache/lemonade", NULL };
static const char *const lemonade_leaves[] = {
	"therock/*/lib", "therock/*", "therock-wheels/*/lib", "therock-wheels/*",
	"bin/therock/*/lib", "bin/llamacpp/rocm*", "bin/llamacpp/rocm*/bin", NULL,
};
static const char *const lmstudio[] = { "~/.lmstudio/extensions/backends", "~/.cache/lm-studio/extensions/backends",
					NULL };
static const char *const lmstudio_leaves[] = { "vendor/*rocm*", "vendor/*rocm*/lib", "*rocm*", NULL };
static const char *const debian_ggml[] = { ("/usr/lib/" TRIPLET "/ggml"), "/usr/lib64/ggml", NULL };
static const char *const debian_ggml_leaves[] = { "backends*", NULL };
static const char *const llama_cpp[] = { "~/llama.cpp", "~/src/llama.cpp", "~/git/llama.cpp",
					 "/opt/llama.cpp", "/opt/llamacpp", NULL };
static const char *const llama_cpp_leaves[] = { "build*/bin", "bin", "lib", "lib64", "*/lib", "*/lib64", NULL };

/* The first are for all users of the machine. */
static const struct family {
	const char *found_by;
	const char *const *bases;
	const char *const *leaves;
	enum gd_rocm_kind kind; /* GD_ROCM_OTHER: by the path */
	const char *engine;
} families[] = {
	{ "/opt", amd, amd_leaves, GD_ROCM_OTHER, NULL },
	{ "/usr/lib64/rocm", fedora, fedora_leaves, GD_ROCM_DISTRIBUTION, NULL },
	{ "ollama", ollama, ollama_leaves, GD_ROCM_ENGINE, "ollama" },
	{ "lemonade", lemonade, lemonade_leaves, GD_ROCM_ENGINE, "lemonade" },
	{ "lm-studio", lmstudio, lmstudio_leaves, GD_ROCM_ENGINE, "lm-studio" },
	{ "llama.cpp", debian_ggml, debian_ggml_leaves, GD_ROCM_ENGINE, "llama.cpp" },
	{ "llama.cpp", llama_cpp, llama_cpp_leaves, GD_ROCM_ENGINE, "llama.cpp" },
};

/* Folders of Python's versions. "#": versions by name, since what holds them may be large. */
static const char *const pythons[] = {
	"$VIRTUAL_ENV/lib/python3*",
	"$CONDA_PREFIX/lib/python3.#",
	"~/.local/lib/python3*",
	"/usr/local/lib/python3*",
	"/usr/lib/python3",
	"/usr/lib/python3.#",
	"/usr/lib64/python3.#",
	"/opt/venv/lib/python3*",
	"/opt/conda/lib/python3.#",
	"/opt/conda/envs/*/lib/python3.#",
	"~/.venv/lib/python3*",
	"~/venv/lib/python3*",
	"~/.virtualenvs/*/lib/python3*",
	"~/.local/share/pipx/venvs/*/lib/python3*",
	"~/.local/share/uv/tools/*/lib/python3*",
	"~/ComfyUI/venv/lib/python3*",
	"~/ComfyUI/.venv/lib/python3*",
	"~/miniconda3/envs/*/lib/python3.#",
	"~/miniforge3/envs/*/lib/python3.#",
	"~/anaconda3/envs/*/lib/python3.#",
	"~/.conda/envs/*/lib/python3.#",
	"~/.cache/lemonade/therock-wheels/*/venv/lib/python3*",
	"~/.cache/lemonade/bin/therock-wheels/*/venv/lib/python3*",
	"/var/lib/lemonade/.cache/lemonade/bin/therock-wheels/*/venv/lib/python3*",
	"/var/cache/lemonade/bin/therock-wheels/*/venv/lib/python3*",
};

struct search {
	struct gd_host *host;
	struct gd_rocm_found *found;
	struct gd_strv homes;
};

/* One word says it for all of them: whoever started the program is not known. */
static void note_environment(struct search *s)
{
	gd_autofree home = NULL;
	int r = gd_host_env(s->host, "HOME", &home);

	if (r == -GD_ENOTCAPTURED)
		gd_rocm_note(s->host, s->found, "HOME", r);
}

/* ---------------------------------------------------------------- patterns -- */

typedef void found_function(struct search *s, const char *path, const struct gd_rocm_visit *how);

static void walk(struct search *s, const char *done, const char *rest, found_function *f,
		 const struct gd_rocm_visit *how);

static void walk_listed(struct search *s, const char *done, const char *component, const char *rest,
			found_function *f, const struct gd_rocm_visit *how)
{
	gd_autostrv names = { 0 };
	size_t count = 0;
	int r = gd_host_list(s->host, done, &names);

	gd_rocm_note(s->host, s->found, done, r);
	for (size_t i = 0; i < names.count; i++) {
		gd_autofree path = gd_xasprintf("%s/%s", done, names.items[i]);

		if (fnmatch(component, names.items[i], FNM_PERIOD) != 0)
			continue;
		if (++count > GD_ROCM_LISTED) {
			gd_rocm_note(s->host, s->found, done, -E2BIG);
			return;
		}
		walk(s, path, rest, f, how);
	}
}

static void walk_versions(struct search *s, const char *done, const char *component, const char *rest,
			  found_function *f, const struct gd_rocm_visit *how)
{
	enum { OLDEST = 9, NEWEST = 16 };
	int stem = (int)strcspn(component, "#");
	bool unasked = false;

	for (int minor = OLDEST; minor <= NEWEST; minor++) {
		gd_autofree path = gd_xasprintf("%s/%.*s%d", done, stem, component, minor);
		struct gd_stat st;
		int r = gd_host_stat(s->host, path, &st);

		if (r == 0)
			walk(s, path, rest, f, how);
		else if (r == -GD_ENOTCAPTURED)
			unasked = true;
		else
			gd_rocm_note(s->host, s->found, path, r);
	}
	/* Nobody asked for it, so what holds it was perhaps listed. */
	if (unasked)
		walk_listed(s, done, "python3.*", rest, f, how);
}

/* Calls `f` with each path that the pattern `rest`, below `done`, may stand for. */
static void walk(struct search *s, const char *done, const char *rest, found_function *f,
		 const struct gd_rocm_visit *how)
{
	size_t len = strcspn(rest, "/");
	gd_autofree component = gd_xstrndup(rest, len);
	gd_autofree path = NULL;

	if (!*rest) {
		f(s, done, how);
		return;
	}
	rest += len + (rest[len] == '/');
	if (strchr(component, '*')) {
		walk_listed(s, done, component, rest, f, how);
		return;
	}
	if (strchr(component, '#')) {
		walk_versions(s, done, component, rest, f, how);
		return;
	}
	path = gd_xasprintf("%s/%s", done, component);
	walk(s, path, rest, f, how);
}

static void visit(struct search *s, const char *path, const struct gd_rocm_visit *how)
{
	struct gd_rocm_visit own = *how;

	if (own.kind == GD_ROCM_OTHER)
		gd_rocm_classify(s->host, path, &own);
	gd_rocm_visit(s->host, s->found, path, &own);
}

static void search_leaves(struct search *s, const char *base, const char *const *leaves,
			  const struct gd_rocm_visit *how)
{
	struct gd_stat st;
	int r = gd_host_stat(s->host, base, &st);

	/* Most machines have few of these folders, so each is asked for once. */
	gd_rocm_note(s->host, s->found, base, r);
	for (; r == 0 && *leaves; leaves++) {
		gd_autofree pattern = gd_xasprintf("%s%s%s", base, **leaves ? "/" : "", *leaves);

		walk(s, "", pattern + 1, visit, how);
	}
}

static void search_family(struct search *s, const struct family *f)
{
	struct gd_rocm_visit how = { .found_by = f->found_by, .kind = f->kind, .engine = f->engine };

	for (size_t b = 0; f->bases[b]; b++) {
		gd_autostrv bases = { 0 };

		gd_rocm_expand(s->host, &s->homes, f->bases[b], &bases);
		for (size_t i = 0; i < bases.count; i++)
			search_leaves(s, bases.items[i], f->leaves, &how);
	}
}

/* -------------------------------------------------------------------- kind -- */

static bool matches_base(const char *base, const char *const *leaves, const char *path)
{
	for (; *leaves; leaves++) {
		gd_autofree pattern = gd_xasprintf("%s%s%s", base, **leaves ? "/" : "", *leaves);

		if (!fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD))
			return true;
	}
	return false;
}

static bool matches_family(struct gd_host *h, const struct family *f, const char *path)
{
	const char *in_home = gd_rocm_in_home_peek(h, path);

	for (size_t b = 0; f->bases[b]; b++) {
		const char *base = f->bases[b];

		if (*base == '~' ? in_home && matches_base(base + 1, f->leaves, in_home)
				 : matches_base(base, f->leaves, path))
			return true;
	}
	return false;
}

bool gd_rocm_is_large(const char *real)
{
	for (size_t i = 0; i < GD_COUNT(default_folders); i++)
		if (!strcmp(real, default_folders[i]))
			return true;
	for (size_t i = 0; i < GD_COUNT(local_folders); i++)
		if (!strcmp(real, local_folders[i]))
			return true;
	return false;
}

void gd_rocm_classify(struct gd_host *h, const char *path, struct gd_rocm_visit *ret)
{
	ret->kind = GD_ROCM_OTHER;
	ret->engine = NULL;
	if (gd_rocm_is_large(path)) {
		ret->kind = gd_starts_with(path, "/usr/local/") ? GD_ROCM_OTHER : GD_ROCM_DISTRIBUTION;
		return;
	}
	if (strstr(path, "/site-packages/") || strstr(path, "/dist-packages/")) {
		ret->kind = GD_ROCM_PYTHON;
		ret->engine = strstr(path, "/torch/lib") ? "pytorch" : NULL;
		return;
	}
	for (size_t i = 0; i < GD_COUNT(families); i++) {
		if (families[i].kind == GD_ROCM_OTHER || !matches_family(h, &families[i], path))
			continue;
		ret->kind = families[i].kind;
		ret->engine = families[i].engine;
		return;
	}
	if (gd_starts_with(path, "/opt/rocm"))
		ret->kind = GD_ROCM_AMD;
	else if (gd_starts_with(path, "/usr/lib") || gd_starts_with(path, "/lib"))
		ret->kind = GD_ROCM_DISTRIBUTION;
}

/* ------------------------------------------------------------------ loader -- */

static void add_conf_lines(struct search *s, const char *path, struct gd_strv *dirs)
{
	gd_autobuf text = { 0 };
	gd_autostrv lines = { 0 };
	int r = gd_host_read(s->host, path, &text);

	gd_rocm_note(s->host, s->found, path, r);
	gd_strv_split(&lines, gd_buf_peek(&text), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		char *line = lines.items[i];

		line[strcspn(line, "#= \t")] = '\0';
		if (*line == '/')
			gd_strv_add(dirs, line);
	}
}

/* /etc/ld.so.conf as distributions have it: folders, and one line that includes all files of ld.so.conf.d. */
static void add_from_conf(struct search *s, struct gd_strv *dirs)
{
	static const char included[] = "/etc/ld.so.conf.d";
	gd_autostrv names = { 0 };
	int r;

	add_conf_lines(s, "/etc/ld.so.conf", dirs);
	r = gd_host_list(s->host, included, &names);
	gd_rocm_note(s->host, s->found, included, r);
	gd_strv_sort(&names);
	for (size_t i = 0; i < names.count && i < GD_ROCM_LISTED; i++) {
		gd_autofree path = gd_xasprintf("%s/%s", included, names.items[i]);

		if (!fnmatch("*.conf", names.items[i], FNM_PERIOD))
			add_conf_lines(s, path, dirs);
	}
}

static void visit_loader(struct search *s, const char *path, const char *found_by, bool in_variable)
{
	struct gd_rocm_visit how = { .found_by = found_by, .in_variable = in_variable, .in_loader = !in_variable };

	gd_rocm_classify(s->host, path, &how);
	gd_rocm_visit(s->host, s->found, path, &how);
}

static void search_loader(struct search *s)
{
	gd_autofree value = NULL;
	gd_autostrv named = { 0 };
	gd_autostrv conf = { 0 };

	if (gd_host_env(s->host, "LD_LIBRARY_PATH", &value) == 0)
		gd_strv_split(&named, value, ":;");
	for (size_t i = 0; i < named.count && i < GD_ROCM_LISTED; i++)
		visit_loader(s, named.items[i], "LD_LIBRARY_PATH", true);
	add_from_conf(s, &conf);
	for (size_t i = 0; i < conf.count && i < GD_ROCM_LISTED; i++)
		visit_loader(s, conf.items[i], "loader", false);
	for (size_t i = 0; i < GD_COUNT(default_folders); i++)
		visit_loader(s, default_folders[i], "loader", false);
}

/* ------------------------------------------------------------ other places -- */

static void search_root_variables(struct search *s)
{
	static const char *const names[] = { "ROCM_PATH", "HIP_PATH" };
	static const char *const libs[] = { "lib", "lib64" };

	for (size_t i = 0; i < GD_COUNT(names); i++) {
		gd_autofree root = gd_rocm_variable(s->host, names[i]);

		for (size_t k = 0; root && k < GD_COUNT(libs); k++) {
			gd_autofree dir = gd_xasprintf("%s/%s", root, libs[k]);

			gd_rocm_look_in(s->host, s->found, dir, names[i]);
		}
	}
}

/* The families of TheRock's wheels have names of their own; they are never without the core. */
static void search_packages(struct search *s, const char *site)
{
	static const char *const leaves[] = { "torch/lib", "_rocm_sdk_core/lib", "_rocm_sdk_devel/lib",
					      "_rocm_sdk/lib", "triton/backends/amd/lib" };
	struct gd_rocm_visit how = { .found_by = "site-packages", .kind = GD_ROCM_OTHER };
	gd_autofree core = gd_xasprintf("%s/_rocm_sdk_core", site);
	struct gd_stat st;

	for (size_t i = 0; i < GD_COUNT(leaves); i++)
		walk(s, site, leaves[i], visit, &how);
	if (gd_host_stat(s->host, core, &st) == 0)
		walk(s, site, "_rocm_sdk_libraries*/lib", visit, &how);
}

static void search_python(struct search *s, const char *python, const struct gd_rocm_visit *how)
{
	static const char *const kinds[] = { "site-packages", "dist-packages" };

	(void)how;
	for (size_t i = 0; i < GD_COUNT(kinds); i++) {
		gd_autofree site = gd_xasprintf("%s/%s", python, kinds[i]);
		struct gd_stat st;
		int r = gd_host_stat(s->host, site, &st);

		if (r == 0)
			search_packages(s, site);
		else
			gd_rocm_note(s->host, s->found, site, r);
	}
}

static void search_pythons(struct search *s)
{
	struct gd_rocm_visit conda = { .found_by = "CONDA_PREFIX", .kind = GD_ROCM_PYTHON, .large = true };
	gd_autofree root = gd_rocm_variable(s->host, "CONDA_PREFIX");
	gd_autofree lib = root ? gd_xasprintf("%s/lib", root) : NULL;

	if (lib)
		gd_rocm_visit(s->host, s->found, lib, &conda);
	for (size_t i = 0; i < GD_COUNT(pythons); i++) {
		gd_autostrv patterns = { 0 };

		gd_rocm_expand(s->host, &s->homes, pythons[i], &patterns);
		for (size_t k = 0; k < patterns.count; k++)
			walk(s, "", patterns.items[k] + 1, search_python, &conda);
	}
}

void gd_rocm_find(struct gd_host *h, struct gd_rocm_found *ret)
{
	struct search s = { .host = h, .found = ret };

	if (!gd_homes_open(h, &s.homes))
		gd_rocm_note(h, ret, "/home", -E2BIG);
	note_environment(&s);
	search_loader(&s);
	search_root_variables(&s);
	search_family(&s, &families[0]);
	for (size_t i = 0; i < GD_COUNT(local_folders); i++)
		gd_rocm_look_in(h, ret, local_folders[i], "/usr/local");
	search_family(&s, &families[1]);
	search_family(&s, &families[2]);
	search_pythons(&s);
	for (size_t i = 3; i < GD_COUNT(families); i++)
		search_family(&s, &families[i]);
	gd_strv_free(&s.homes);
}
