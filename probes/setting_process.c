/* SPDX-License-Identifier: MIT */
/* Engines that run, and the environment that they were started with. */
#include <errno.h>
#include <string.h>

#include "base/env_text.h"
#include "base/parse.h"
#include "probes/engine.h"
#include "probes/setting.h"

/* More engines than that are no machine that one program could help. */
enum { PROCESSES_MAX = 128, ARGS_MAX_BYTES = 256 * 1024 };

/* The path of the control group that systemd made: "0::/system.slice/x.service", or the line "name=systemd". */
static char *group_of(const char *cgroup)
{
	gd_autostrv lines = { 0 };
	char *best = NULL;

	gd_strv_split(&lines, cgroup, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.items[i];
		const char *controllers = strchr(line, ':');
		const char *path = controllers ? strchr(controllers + 1, ':') : NULL;
		bool systemd = controllers && !strncmp(controllers, ":name=systemd:", strlen(":name=systemd:"));

		if (!path || path[1] != '/' || (!systemd && strncmp(line, "0::", strlen("0::")) != 0))
			continue;
		/* Where both are mounted, only one of them says more than "/". */
		if (best && (!systemd || !path[2]))
			continue;
		free(best);
		best = gd_xstrdup(path + 1);
	}
	return best;
}

char *gd_unit_of_cgroup(const char *cgroup, bool *ret_user)
{
	gd_autofree group = group_of(cgroup);
	gd_autostrv parts = { 0 };
	const char *unit = NULL;

	*ret_user = false;
	if (group)
		gd_strv_split(&parts, group, "/");
	for (size_t i = 0; i < parts.count; i++) {
		bool manager = !strncmp(parts.items[i], "user@", strlen("user@"));

		if (!gd_is_service_name(parts.items[i]))
			continue;
		*ret_user |= manager;
		unit = manager ? NULL : parts.items[i];
	}
	return unit ? gd_xstrdup(unit) : NULL;
}

struct process {
	struct gd_host *host;
	const char *pid;
};

static int read_of(const struct process *p, const char *file, struct gd_buf *out)
{
	gd_autofree path = gd_xasprintf("/proc/%s/%s", p->pid, file);

	return gd_host_read_max(p->host, path, ARGS_MAX_BYTES, out);
}

/* The program's file, or, where that may not be seen, what it was called as. */
static char *program_of(const struct process *p, const struct gd_buf *args)
{
	static const char deleted[] = " (deleted)";
	gd_autofree path = gd_xasprintf("/proc/%s/exe", p->pid);
	gd_autofree link = NULL;
	char *program = NULL;
	size_t n;

	if (gd_host_link(p->host, path, &link) < 0 || gd_host_resolve(p->host, path, &program) < 0)
		return args->len && *args->data == '/' ? gd_xstrdup(args->data) : NULL;
	n = strlen(program);
	if (n > strlen(deleted) && !strcmp(program + n - strlen(deleted), deleted))
		program[n - strlen(deleted)] = '\0';
	return program;
}

/* Names that Docker, Podman, LXC, containerd, CRI-O and machinectl give to the groups of their containers. */
static bool is_container(const char *group)
{
	static const char *const words[] = {
		"docker", "libpod", "lxc", "containerd", "crio", "kubepods", "machine.slice",
	};

	for (size_t i = 0; i < GD_COUNT(words); i++) {
		const char *at = strstr(group, words[i]);

		/* The services that start containers are no containers. */
		if (at && (at == group || strchr("/-.", at[-1])) && !strstr(at, ".service"))
			return true;
	}
	return false;
}

/* A program in a virtual environment is a link out of it, so that its own path says less than these do. */
static char *called_as(const struct gd_buf *args)
{
	const char *script = gd_engine_script_peek(gd_buf_peek(args), args->len);

	if (args->len && *args->data == '/')
		return gd_xstrdup(args->data);
	return script && *script == '/' ? gd_xstrdup(script) : NULL;
}

static char *unit_scope_of(const char *cgroup, const struct gd_scopes *s)
{
	bool user;
	gd_autofree unit = gd_unit_of_cgroup(cgroup, &user);
	gd_autofree id = unit ? gd_xasprintf("%sunit %s", user ? "user " : "", unit) : NULL;

	return id && gd_scopes_find(s, id) ? GD_STEAL(id) : NULL;
}

static void take_environment(const struct process *p, struct gd_scope *scope)
{
	gd_auto_assignments all = { 0 };
	gd_autobuf text = { 0 };
	gd_autofree path = gd_xasprintf("/proc/%s/environ", p->pid);
	int r = gd_host_read_settings(p->host, path, GD_SETTINGS_ENVIRON, &text);

	if (r < 0) {
		scope->unread = gd_xstrdup(path);
		scope->unread_error = r;
	}
	gd_env_parse(&all, GD_ENV_BLOCK, gd_buf_peek(&text), text.len);
	for (size_t i = 0; i < all.count; i++)
		gd_settings_add(&scope->settings, all.items[i].name, all.items[i].value, path, 0);
	gd_settings_conclude(&scope->settings);
}

static void take_process(const struct process *p, struct gd_scopes *s)
{
	gd_autofree id = gd_xasprintf("process %s", p->pid);
	gd_autofree args_path = gd_xasprintf("/proc/%s/cmdline", p->pid);
	gd_autobuf comm = { 0 };
	gd_autobuf args = { 0 };
	gd_autobuf cgroup = { 0 };
	struct gd_scope *scope;
	int64_t pid;

	/* It may have ended by now. */
	if (gd_parse_i64(p->pid, 10, &pid) < 0 || read_of(p, "comm", &comm) < 0 || gd_scopes_find(s, id))
		return;
	scope = gd_scopes_add(s, "process", id);
	if (!scope)
		return;
	if (gd_host_read_settings(p->host, args_path, GD_SETTINGS_ARGS, &args) < 0)
		gd_buf_clear(&args);
	if (read_of(p, "cgroup", &cgroup) >= 0) {
		scope->group = group_of(gd_buf_peek(&cgroup));
		scope->container = scope->group && is_container(scope->group);
		scope->unit = unit_scope_of(gd_buf_peek(&cgroup), s);
	}
	gd_buf_puts(&comm, "");
	scope->pid = pid;
	scope->name = gd_xstrdup(gd_trim(comm.data));
	scope->engine = gd_engine_of_process_peek(scope->name, gd_buf_peek(&args), args.len);
	scope->program = program_of(p, &args);
	scope->called = called_as(&args);
	take_environment(p, scope);
	if (scope->unread)
		gd_scopes_miss(s, scope->unread, scope->unread_error);
}

void gd_setting_add_processes(struct gd_host *h, struct gd_scopes *s)
{
	gd_autostrv pids = { 0 };
	int r = gd_host_processes(h, GD_ENGINE_PROCESSES, gd_engine_filter, &pids);

	gd_scopes_miss(s, "/proc", r);
	s->processes_listed = r >= 0;
	for (size_t i = 0; i < pids.count; i++) {
		struct process p = { .host = h, .pid = pids.items[i] };

		if (i == PROCESSES_MAX) {
			gd_scopes_miss(s, "/proc", -EFBIG);
			return;
		}
		take_process(&p, s);
	}
}
