/* SPDX-License-Identifier: MIT */
/*
 * Which rocBLAS a program brought with it, and which programs say nothing of
 * the one that is loaded in the end, since they start others.
 *
 * Sources: Ollama, llm/server.go and ml/path.go: its own folders stand before
 * what LD_LIBRARY_PATH had. PEP 405: a program of a virtual environment lies in
 * its "bin", and Python's packages below its "lib".
 */
#include <string.h>

#include "host/resolve.h"
#include "probes/engine.h"
#include "probes/rocm_override.h"

static bool has_rocblas(const struct gd_row *install)
{
	return gd_is_known(install, "rocblas_file");
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* What it starts sees other files, and other variables. */
static bool enters_container(const char *program)
{
	static const char *const names[] = {
		"podman", "podman-compose", "docker", "docker-compose", "nerdctl", "toolbox", "distrobox",
		"distrobox-enter", "flatpak", "snap", "apptainer", "singularity", "systemd-nspawn", "machinectl",
		"lxc", "lxc-start", "lxc-attach", "incus", "chroot", "bwrap",
	};

	return is_one_of(base_of(program), names, GD_COUNT(names));
}

static bool is_python(const char *program)
{
	static const char *const names[] = { "uv", "uvx", "pipx", "conda", "mamba", "micromamba", "poetry", "pipenv" };

	return !strncmp(base_of(program), "python", strlen("python")) ||
	       is_one_of(base_of(program), names, GD_COUNT(names));
}

/* Shells, interpreters, what starts a program in another way, and scripts by their names. */
static bool starts_others(const char *program)
{
	static const char *const names[] = {
		"sh", "bash", "dash", "zsh", "fish", "ksh", "busybox", "env", "sudo", "su", "runuser", "doas", "nice",
		"ionice", "chrt", "taskset", "numactl", "nohup", "setsid", "timeout", "systemd-run", "tmux", "screen",
		"node", "perl", "ruby", "java", "make", "start-stop-daemon", "supervisord",
	};
	static const char *const endings[] = { ".sh", ".bash", ".py", ".pl", ".js" };
	const char *name = base_of(program);
	const char *dot = strrchr(name, '.');

	return is_one_of(name, names, GD_COUNT(names)) || (dot && is_one_of(dot, endings, GD_COUNT(endings)));
}

/* Those whose back ends are programs or libraries of their own, in folders that they choose. */
static bool is_launcher(const char *engine)
{
	static const char *const names[] = { "lemonade", "lm-studio", "localai", "koboldcpp" };

	return is_one_of(engine, names, GD_COUNT(names));
}

/* ------------------------------------------------------- what it brought -- */

static char *folder_of(const char *program)
{
	const char *slash = strrchr(program, '/');

	return slash && slash != program ? gd_xstrndup(program, (size_t)(slash - program)) : NULL;
}

/* Whether an engine brought it together with this program: beside it, or in the lib folder beside that of programs. */
static bool belongs_to(const struct gd_ctx *ctx, const struct gd_row *install, const char *program)
{
	gd_autofree dir = folder_of(program);
	gd_autofree lib = dir ? gd_xasprintf("%s/../lib/%s", dir, gd_get_text(install, "engine", "?")) : NULL;
	gd_autofree real_dir = NULL;
	gd_autofree real_lib = NULL;
	const char *id = gd_get_text(install, "id", "");

	if (!dir || gd_host_resolve(ctx->host, dir, &real_dir) < 0 || gd_host_resolve(ctx->host, lib, &real_lib) < 0)
		return false;
	return gd_path_is_below(id, real_dir) || gd_path_is_below(id, real_lib);
}

static void take_engine(const struct gd_ctx *ctx, const char *program, struct gd_override_program *p)
{
	const struct gd_rows *installs = gd_facts_table_peek(ctx->facts, "rocm_install");

	for (size_t i = 0; i < installs->count; i++) {
		const struct gd_row *install = installs->rows[i];

		if (!gd_text_is(install, "kind", "engine") || !has_rocblas(install) ||
		    !belongs_to(ctx, install, program))
			continue;
		p->install = install;
		p->from = "the engine";
		return;
	}
}

/* The folder that holds the "bin" of a program, as it was called: links of a virtual environment lead out of it. */
static char *prefix_of(const struct gd_ctx *ctx, const char *program)
{
	gd_autofree bin = folder_of(program);
	gd_autofree above = NULL;
	char *real = NULL;

	if (!bin || strcmp(base_of(bin), "bin") != 0)
		return NULL;
	above = gd_xasprintf("%s/..", bin);
	return gd_host_resolve(ctx->host, above, &real) < 0 ? NULL : real;
}

static bool is_of_prefix(const struct gd_row *install, const char *prefix)
{
	gd_autofree lib = gd_xasprintf("%s/lib", prefix);
	gd_autofree lib64 = gd_xasprintf("%s/lib64", prefix);
	const char *id = gd_get_text(install, "id", "");

	return gd_path_is_below(id, lib) || gd_path_is_below(id, lib64);
}

/* One copy may be linked into several folders. */
static bool is_same_file(const struct gd_row *a, const struct gd_row *b)
{
	return gd_text_is(a, "rocblas_file", gd_get_text(b, "rocblas_file", ""));
}

static void leave_open(struct gd_override_program *p, enum gd_gap gap, const char *why)
{
	p->gap = gap;
	p->why = why;
}

/* The folders of the machine itself hold Python's packages of many programs. */
static bool is_shared_prefix(const char *prefix)
{
	static const char *const names[] = { "/", "/usr", "/usr/local" };

	return is_one_of(prefix, names, GD_COUNT(names));
}

static bool is_environment(const struct gd_ctx *ctx, const char *prefix)
{
	gd_autofree mark = gd_xasprintf("%s/pyvenv.cfg", prefix);
	struct gd_stat st;

	return gd_host_stat(ctx->host, mark, &st) == 0;
}

/* `python`: it is a program of Python's packages. */
static void take_packages(const struct gd_ctx *ctx, const char *called, bool python, struct gd_override_program *p)
{
	const struct gd_rows *installs = gd_facts_table_peek(ctx->facts, "rocm_install");
	gd_autofree prefix = prefix_of(ctx, called);

	if (!prefix || (is_shared_prefix(prefix) && (!python || is_python(called))))
		return;
	for (size_t i = 0; i < installs->count; i++) {
		const struct gd_row *install = installs->rows[i];

		if (!gd_text_is(install, "kind", "python") || !has_rocblas(install) || !is_of_prefix(install, prefix))
			continue;
		if (p->install && !is_same_file(p->install, install))
			leave_open(p, GD_GAP_AMBIGUOUS, "several of Python's packages hold a rocBLAS");
		if (!p->install)
			p->install = install;
		p->from = "Python's packages";
		p->packages = true;
	}
	if (!p->install && is_environment(ctx, prefix))
		leave_open(p, GD_GAP_NO_SOURCE, "no rocBLAS is known in the virtual environment of the program");
}

/* ----------------------------------------------------------------- scope -- */

static bool are_several(const struct gd_ctx *ctx)
{
	const struct gd_rows *installs = gd_facts_table_peek(ctx->facts, "rocm_install");
	const struct gd_row *first = NULL;

	for (size_t i = 0; i < installs->count; i++) {
		if (!has_rocblas(installs->rows[i]))
			continue;
		if (first && !is_same_file(first, installs->rows[i]))
			return true;
		first = installs->rows[i];
	}
	return false;
}

static void take_program(const struct gd_ctx *ctx, const struct gd_row *scope, const char *program,
			 struct gd_override_program *p)
{
	const char *engine = gd_get_text(scope, "engine", "");
	const char *called = gd_get_text(scope, "called", program);
	bool python = !strcmp(engine, "vllm") || is_python(program) || is_python(called);

	if (enters_container(program)) {
		p->elsewhere = true;
		leave_open(p, GD_GAP_NO_SOURCE, "it loads what is in its container, which is not entered");
		return;
	}
	take_engine(ctx, program, p);
	p->own_first = p->install && !strcmp(engine, "ollama");
	if (p->install)
		return;
	take_packages(ctx, called, python, p);
	if (p->install || p->why)
		return;
	if (python)
		leave_open(p, GD_GAP_NO_SOURCE, "which of Python's packages it loads is not known");
	else if (starts_others(program) || is_launcher(engine))
		leave_open(p, GD_GAP_NO_SOURCE, "it starts other programs, and which is not known");
}

void gd_override_find_program(const struct gd_ctx *ctx, const char *scope_id, struct gd_override_program *ret)
{
	const struct gd_row *scope = gd_facts_find(ctx->facts, "scope", scope_id);
	const char *program = scope ? gd_get_text(scope, "program", NULL) : NULL;

	*ret = (struct gd_override_program){ 0 };
	if (program)
		take_program(ctx, scope, program, ret);
	else if (are_several(ctx))
		leave_open(ret, GD_GAP_AMBIGUOUS,
			   "several copies of rocBLAS are installed, and each program may load another");
}
