/* SPDX-License-Identifier: MIT */
/*
 * Where copies of ROCm's runtime may lie. Nothing is searched that could be
 * large: folders of distributions are asked for the name, and listed are only
 * those that belong to ROCm, an engine or a Python environment. A folder that
 * the caller may not read is passed over: the caller's programs cannot use it.
 */
#include <string.h>
#include <sys/stat.h>

#include "probes/hsa.h"

#define ANY_NAME "libhsa-runtime64.so"

/* Longer lists are not what they claim to be. */
enum { FOLDERS_MAX = 64 };

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

struct search {
	struct gd_host *host;
	struct gd_hsa_places *found;
};

/* Takes a file that is there and is not known by another name. */
static bool take_file(struct search *s, const char *path, const char *found_in)
{
	struct gd_hsa_places *f = s->found;
	gd_autofree real = NULL;
	struct gd_stat st;

	if (gd_host_stat(s->host, path, &st) < 0 || !S_ISREG(st.mode) || gd_host_resolve(s->host, path, &real) < 0)
		return false;
	if (gd_strv_has(&f->seen, real))
		return true;
	gd_strv_add(&f->seen, real);
	if (f->count == GD_HSA_RUNTIMES) {
		f->left_out++;
		return true;
	}
	f->items[f->count++] = (struct gd_hsa_place){
		.path = gd_xstrdup(path),
		.real = GD_STEAL(real),
		.found_in = found_in,
	};
	return true;
}

/* In a folder that may be large. A package for developers brings the second name. */
static bool look_in(struct search *s, const char *dir, const char *found_in)
{
	gd_autofree path = gd_xasprintf("%s/" GD_HSA_NAME, dir);
	gd_autofree bare = gd_xasprintf("%s/" ANY_NAME, dir);

	return take_file(s, path, found_in) || take_file(s, bare, found_in);
}

/*
 * In a small folder, where the file may also be named without a version, or with
 * all of it. One is enough: the others are links to it.
 */
static void list_in(struct search *s, const char *dir, const char *found_in)
{
	gd_autostrv names = { 0 };

	if (gd_host_list(s->host, dir, &names) < 0)
		return;
	if ((gd_strv_has(&names, GD_HSA_NAME) || gd_strv_has(&names, ANY_NAME)) && look_in(s, dir, found_in))
		return;
	for (size_t i = 0; i < names.count; i++) {
		gd_autofree path = gd_xasprintf("%s/%s", dir, names.items[i]);

		if (!strncmp(names.items[i], ANY_NAME ".", strlen(ANY_NAME ".")) && take_file(s, path, found_in))
			return;
	}
}

/* Calls `f` with each folder in `dir` whose name starts so. */
static void each_folder(struct search *s, const char *dir, const char *prefix,
			void (*f)(struct search *s, const char *folder))
{
	gd_autostrv names = { 0 };
	size_t count = 0;

	if (gd_host_list(s->host, dir, &names) < 0)
		return;
	for (size_t i = 0; i < names.count && count < FOLDERS_MAX; i++) {
		gd_autofree path = gd_xasprintf("%s/%s", dir, names.items[i]);

		if (strncmp(names.items[i], prefix, strlen(prefix)) != 0)
			continue;
		count++;
		f(s, path);
	}
}

/* ---------------------------------------------------------------- loader -- */

static char *variable(struct search *s, const char *name)
{
	char *value = NULL;

	/* Empty is as good as not set; what is relative to somewhere cannot be followed. */
	if (gd_host_env(s->host, name, &value) < 0)
		return NULL;
	if (*value == '/')
		return value;
	free(value);
	return NULL;
}

static void add_from_variable(struct search *s, struct gd_strv *dirs)
{
	gd_autofree value = NULL;

	if (gd_host_env(s->host, "LD_LIBRARY_PATH", &value) == 0)
		gd_strv_split(dirs, value, ":;");
}

static void add_conf_lines(struct search *s, const char *path, struct gd_strv *dirs)
{
	gd_autobuf text = { 0 };
	gd_autostrv lines = { 0 };

	if (gd_host_read(s->host, path, &text) < 0)
		return;
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

	add_conf_lines(s, "/etc/ld.so.conf", dirs);
	if (gd_host_list(s->host, included, &names) < 0)
		return;
	gd_strv_sort(&names);
	for (size_t i = 0; i < names.count && i < FOLDERS_MAX; i++) {
		gd_autofree path = gd_xasprintf("%s/%s", included, names.items[i]);
		size_t len = strlen(path);

		if (!strcmp(path + len - strlen(".conf"), ".conf"))
			add_conf_lines(s, path, dirs);
	}
}

static const char *const default_dirs[] = {
	"/usr/lib/" TRIPLET, "/lib/" TRIPLET, "/usr/lib64", "/lib64", "/usr/lib", "/lib",
};

/*
 * The one that the loader should find comes first. Whether it does, a child
 * sees: the loader asks its cache, which may be older than these files.
 */
static void find_by_loader(struct search *s)
{
	gd_autostrv dirs = { 0 };

	add_from_variable(s, &dirs);
	for (size_t i = 0; i < dirs.count && i < FOLDERS_MAX; i++) {
		gd_autofree path = gd_xasprintf("%s/" GD_HSA_NAME, dirs.items[i]);

		if (*path == '/')
			take_file(s, path, s->found->count ? "LD_LIBRARY_PATH" : "loader");
	}
	gd_strv_free(&dirs);
	dirs = (struct gd_strv){ 0 };
	add_from_conf(s, &dirs);
	for (size_t i = 0; i < GD_COUNT(default_dirs); i++)
		gd_strv_add(&dirs, default_dirs[i]);
	for (size_t i = 0; i < dirs.count && !s->found->count; i++) {
		gd_autofree path = gd_xasprintf("%s/" GD_HSA_NAME, dirs.items[i]);

		take_file(s, path, "loader");
	}
}

/* ---------------------------------------------------- known places of it -- */

static void look_in_rocm(struct search *s, const char *root)
{
	static const char *const libs[] = { "lib", "lib64" };

	for (size_t i = 0; i < GD_COUNT(libs); i++) {
		gd_autofree dir = gd_xasprintf("%s/%s", root, libs[i]);

		look_in(s, dir, "opt");
	}
}

/* ROCm's own tree, and /opt/rocm/core-7.10 in it, as it is packaged since then. */
static void look_in_opt(struct search *s, const char *root)
{
	look_in_rocm(s, root);
	if (!strncmp(root, "/opt/rocm", strlen("/opt/rocm")))
		each_folder(s, root, "core-", look_in_rocm);
}

static void look_in_engine(struct search *s, const char *dir)
{
	list_in(s, dir, "engine");
}

static void find_in_engines(struct search *s)
{
	static const char *const bundles[] = { "/usr/lib/ollama", "/usr/local/lib/ollama", "/usr/lib64/ollama",
					       "/opt/ollama/lib/ollama" };

	for (size_t i = 0; i < GD_COUNT(bundles); i++) {
		list_in(s, bundles[i], "engine");
		each_folder(s, bundles[i], "rocm", look_in_engine);
	}
}

/* <cache>/therock/<arch>-<version>/lib, and the wheels beside it. */
static void look_in_lemonade(struct search *s, const char *root)
{
	gd_autofree lib = gd_xasprintf("%s/lib", root);

	list_in(s, lib, "engine");
	list_in(s, root, "engine");
}

/* ---------------------------------------------------------------- python -- */

static void look_in_packages(struct search *s, const char *site)
{
	static const char *const dirs[] = { "torch/lib", "_rocm_sdk_core/lib", "_rocm_sdk_devel/lib", "_rocm_sdk/lib",
					    "triton/backends/amd/lib" };

	for (size_t i = 0; i < GD_COUNT(dirs); i++) {
		gd_autofree dir = gd_xasprintf("%s/%s", site, dirs[i]);

		list_in(s, dir, "python");
	}
}

static void look_in_python(struct search *s, const char *python)
{
	static const char *const kinds[] = { "site-packages", "dist-packages" };

	for (size_t i = 0; i < GD_COUNT(kinds); i++) {
		gd_autofree site = gd_xasprintf("%s/%s", python, kinds[i]);
		struct gd_stat st;

		if (gd_host_stat(s->host, site, &st) == 0)
			look_in_packages(s, site);
	}
}

/* Folders that may hold all libraries of a system are not listed: the versions of Python are few. */
static void look_in_pythons_by_name(struct search *s, const char *lib)
{
	enum { OLDEST = 9, NEWEST = 16 };

	for (int minor = OLDEST; minor <= NEWEST; minor++) {
		gd_autofree python = gd_xasprintf("%s/python3.%d", lib, minor);
		struct gd_stat st;

		if (gd_host_stat(s->host, python, &st) == 0)
			look_in_python(s, python);
	}
}

static void find_in_pythons(struct search *s)
{
	gd_autofree home = variable(s, "HOME");
	gd_autofree venv = variable(s, "VIRTUAL_ENV");
	gd_autofree conda = variable(s, "CONDA_PREFIX");

	if (venv) {
		gd_autofree lib = gd_xasprintf("%s/lib", venv);

		each_folder(s, lib, "python3", look_in_python);
	}
	if (conda) {
		gd_autofree lib = gd_xasprintf("%s/lib", conda);

		look_in(s, lib, "python");
		look_in_pythons_by_name(s, lib);
	}
	if (home) {
		gd_autofree lib = gd_xasprintf("%s/.local/lib", home);

		each_folder(s, lib, "python3", look_in_python);
	}
	each_folder(s, "/usr/local/lib", "python3", look_in_python);
	look_in_python(s, "/usr/lib/python3");
	look_in_pythons_by_name(s, "/usr/lib");
	look_in_pythons_by_name(s, "/usr/lib64");
}

static void find_in_home(struct search *s)
{
	static const char *const caches[] = { "therock", "therock-wheels" };
	gd_autofree home = variable(s, "HOME");

	for (size_t i = 0; home && i < GD_COUNT(caches); i++) {
		gd_autofree dir = gd_xasprintf("%s/.cache/lemonade/%s", home, caches[i]);

		each_folder(s, dir, "", look_in_lemonade);
	}
}

void gd_hsa_find(struct gd_host *h, struct gd_hsa_places *ret)
{
	struct search s = { .host = h, .found = ret };

	find_by_loader(&s);
	each_folder(&s, "/opt", "", look_in_opt);
	for (size_t i = 0; i < GD_COUNT(default_dirs); i++)
		look_in(&s, default_dirs[i], "distribution");
	look_in(&s, "/usr/local/lib", "distribution");
	look_in(&s, "/usr/local/lib64", "distribution");
	find_in_engines(&s);
	find_in_pythons(&s);
	find_in_home(&s);
}

void gd_hsa_places_free(struct gd_hsa_places *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i].path);
		free(p->items[i].real);
	}
	gd_strv_free(&p->seen);
}
