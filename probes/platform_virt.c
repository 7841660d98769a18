/* SPDX-License-Identifier: MIT */
/* Containers and virtual machines. */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "platform.h"

/* A search through several signs: one that is there decides, "none" needs all of them. */
struct search {
	struct gd_ctx *ctx;
	struct gd_strv seen; /* paths that were looked at and showed nothing */
	char *open_path; /* the first that could not be read */
	int open_error;
};

static void search_free(struct search *s)
{
	gd_strv_free(&s->seen);
	free(s->open_path);
}

static void keep_open(struct search *s, const char *path, int error)
{
	if (s->open_path)
		return;
	s->open_path = gd_xstrdup(path);
	s->open_error = error;
}

/* Reads a sign; true where it is there. */
static bool look(struct search *s, const char *path, struct gd_buf *text)
{
	int r = gd_host_read(s->ctx->host, path, text);

	if (!r)
		return true;
	if (gd_host_is_absence(r))
		gd_strv_add(&s->seen, path);
	else
		keep_open(s, path, r);
	return false;
}

static bool is_there(struct search *s, const char *path)
{
	gd_autobuf text = { 0 };

	return look(s, path, &text);
}

/* A sign that was read and says nothing. */
static void pass(struct search *s, const char *path)
{
	gd_strv_add(&s->seen, path);
}

/* The kind by what engines put into the variable "container" and systemd into its file. */
static const char *kind_by_word(const char *word)
{
	static const struct {
		const char *word;
		const char *kind;
	} map[] = {
		{ "podman", "podman" },
		{ "docker", "docker" },
		{ "lxc", "lxc" },
		{ "lxc-libvirt", "lxc" },
		{ "systemd-nspawn", "systemd-nspawn" },
		{ "wsl", "wsl" },
		{ "toolbox", "toolbox" },
		{ "distrobox", "distrobox" },
	};

	for (size_t i = 0; i < GD_COUNT(map); i++)
		if (!strcmp(map[i].word, word))
			return map[i].kind;
	return "other";
}

static const char *kind_by_cgroup(const char *text)
{
	static const struct {
		const char *part;
		const char *kind;
	} map[] = {
		{ "kubepods", "kubernetes" },
		{ "libpod", "podman" },
		{ "/docker/", "docker" },
		{ "/docker-", "docker" },
		{ "/lxc/", "lxc" },
		{ "/lxc.payload", "lxc" },
		{ "/containerd", "other" },
	};

	for (size_t i = 0; i < GD_COUNT(map); i++)
		if (strstr(text, map[i].part))
			return map[i].kind;
	return NULL;
}

/* The marker files that engines leave; the kind, or NULL. */
static const char *kind_by_marker(struct search *s, const char **ret_source)
{
	static const char kubernetes[] = "/var/run/secrets/kubernetes.io";
	static const char podman[] = "/run/.containerenv";
	static const char docker[] = "/.dockerenv";
	static const char toolbox[] = "/run/.toolboxenv";
	static const char distrobox[] = "/etc/profile.d/distrobox_profile.sh";
	gd_autostrv names = { 0 };
	int r = gd_host_list(s->ctx->host, kubernetes, &names);
	bool in_podman = is_there(s, podman);
	bool in_docker = is_there(s, docker);
	gd_autobuf script = { 0 };

	if (!r) {
		*ret_source = kubernetes;
		return "kubernetes";
	}
	if (gd_host_is_absence(r))
		pass(s, kubernetes);
	else
		keep_open(s, kubernetes, r);
	*ret_source = toolbox;
	if (is_there(s, toolbox))
		return "toolbox";
	if (!in_podman && !in_docker)
		return NULL;
	/* Distrobox uses either engine, and writes this file into its containers. */
	*ret_source = in_podman ? "/run/.containerenv, /etc/profile.d/distrobox_profile.sh"
				: "/.dockerenv, /etc/profile.d/distrobox_profile.sh";
	if (!gd_host_read(s->ctx->host, distrobox, &script))
		return "distrobox";
	*ret_source = in_podman ? podman : docker;
	return in_podman ? "podman" : "docker";
}

/* The value of a variable in a list with NULs between; borrowed. */
static const char *variable(const struct gd_buf *environment, const char *name)
{
	size_t len = strlen(name);

	for (size_t at = 0; at < environment->len; at += strlen(environment->data + at) + 1)
		if (!strncmp(environment->data + at, name, len) && environment->data[at + len] == '=')
			return environment->data + at + len + 1;
	return NULL;
}

/*
 * The variable "container" of the first process. Others' environments are
 * closed to plain users; there the number of the first PID namespace, which the
 * kernel fixes at 0xeffffffc, shows that no engine made another one.
 */
static const char *kind_by_init(struct search *s, const char **ret_source)
{
	static const char path[] = "/proc/1/environ";
	static const char ns_path[] = "/proc/self/ns/pid";
	gd_autobuf text = { 0 };
	gd_autofree ns = NULL;
	const char *word;
	int r = gd_host_read(s->ctx->host, path, &text);

	*ret_source = path;
	if (!r) {
		word = variable(&text, "container");
		if (word && *word)
			return kind_by_word(word);
		pass(s, path);
		return NULL;
	}
	if (!gd_host_link(s->ctx->host, ns_path, &ns) && !strcmp(ns, "pid:[4026531836]"))
		pass(s, ns_path);
	else
		keep_open(s, path, r);
	return NULL;
}

/* What systemd, the first process, its cgroup or the kernel's name tell; the kind, or NULL. */
static const char *kind_by_system(struct search *s, const char **ret_source)
{
	static const char systemd[] = "/run/systemd/container";
	static const char cgroup[] = "/proc/1/cgroup";
	static const char release[] = "/proc/sys/kernel/osrelease";
	gd_autobuf text = { 0 };
	const char *kind;

	*ret_source = systemd;
	if (look(s, systemd, &text))
		return kind_by_word(text.data ? gd_trim(text.data) : "");
	kind = kind_by_init(s, ret_source);
	if (kind)
		return kind;
	gd_buf_clear(&text);
	*ret_source = cgroup;
	if (look(s, cgroup, &text)) {
		kind = kind_by_cgroup(gd_buf_peek(&text));
		if (kind)
			return kind;
		pass(s, cgroup);
	}
	gd_buf_clear(&text);
	*ret_source = release;
	if (look(s, release, &text)) {
		if (strcasestr(gd_buf_peek(&text), "microsoft"))
			return "wsl";
		pass(s, release);
	}
	return NULL;
}

void gd_platform_take_container(struct gd_ctx *ctx, struct gd_row *row)
{
	GD_CLEANUP(search_free) struct search s = { .ctx = ctx };
	const char *source = NULL;
	const char *kind = kind_by_marker(&s, &source);
	gd_autofree seen = NULL;

	if (!kind)
		kind = kind_by_system(&s, &source);
	if (kind) {
		gd_set_text(row, "container", kind, source);
		return;
	}
	if (s.open_path) {
		gd_autofree detail = gd_xasprintf("%s: %s", s.open_path, gd_host_strerror_peek(s.open_error));

		gd_set_unknown(row, "container", gd_gap_of_error(s.open_error), detail,
			       gd_remedy_peek(s.open_error));
		return;
	}
	seen = gd_strv_join(&s.seen, ", ");
	gd_set_text(row, "container", "none", seen);
}

static const char dmi_source[] = "/sys/class/dmi/id/sys_vendor, /sys/class/dmi/id/product_name";
static const char proc_cpuinfo[] = "/proc/cpuinfo";

static const char *vm_by_dmi(const char *vendor, const char *product)
{
	static const struct {
		const char *vendor; /* either may be NULL: any */
		const char *product;
		const char *kind;
	} map[] = {
		{ "Microsoft Corporation", "Virtual Machine", "hyper-v" },
		{ NULL, "VirtualBox", "virtualbox" },
		{ "innotek GmbH", NULL, "virtualbox" },
		{ NULL, "VMware", "vmware" },
		{ "VMware", NULL, "vmware" },
		{ "Parallels", NULL, "parallels" },
		{ NULL, "Google Compute Engine", "google" },
		{ "Amazon EC2", NULL, "amazon" },
		{ "Xen", NULL, "xen" },
		{ "OpenStack Foundation", NULL, "kvm" },
		{ "KubeVirt", NULL, "kvm" },
		{ "DigitalOcean", NULL, "kvm" },
		{ "Alibaba Cloud", "Alibaba Cloud ECS", "kvm" },
		{ "Red Hat", "KVM", "kvm" },
		{ NULL, "RHEV Hypervisor", "kvm" },
		{ NULL, "oVirt", "kvm" },
		{ "QEMU", NULL, "qemu" },
		{ NULL, "Standard PC (", "qemu" },
		{ NULL, "Apple Virtualization", "other" },
		{ "Bochs", NULL, "other" },
		{ "BHYVE", NULL, "other" },
		{ NULL, "BHYVE", "other" },
	};

	for (size_t i = 0; i < GD_COUNT(map); i++)
		if ((!map[i].vendor || !strncmp(vendor, map[i].vendor, strlen(map[i].vendor))) &&
		    (!map[i].product || !strncmp(product, map[i].product, strlen(map[i].product))))
			return map[i].kind;
	return NULL;
}

/* The hypervisor flag of an x86 CPU: 1 or 0, or a negative error, -ENODATA where the file has no flags. */
static int read_flag(struct gd_ctx *ctx)
{
	gd_autobuf text = { 0 };
	gd_autofree flags = NULL;
	gd_autofree padded = NULL;
	int r = gd_host_read_max(ctx->host, proc_cpuinfo, (size_t)8 * GD_READ_MAX_BYTES, &text);

	if (r < 0)
		return r;
	flags = gd_line_value(gd_buf_peek(&text), "flags", "\t:");
	if (!flags)
		return -ENODATA;
	padded = gd_xasprintf(" %s ", flags);
	return strstr(padded, " hypervisor ") ? 1 : 0;
}

/* A hypervisor is there and DMI does not name it: other traces, or "other". */
static const char *vm_by_traces(struct gd_ctx *ctx, const char **ret_source)
{
	static const char fadt[] = "/sys/firmware/acpi/tables/FACP";
	static const char clocks[] = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
	static const char release[] = "/proc/sys/kernel/osrelease";
	gd_autobuf table = { 0 };
	gd_autobuf clock_names = { 0 };
	gd_autobuf name = { 0 };

	/* Bytes 10 to 15 of an ACPI table name its maker. */
	*ret_source = fadt;
	if (!gd_host_read(ctx->host, fadt, &table) && table.len >= 16 && !memcmp(table.data + 10, "FIRECK", 6))
		return "firecracker";
	*ret_source = clocks;
	if (!gd_host_read(ctx->host, clocks, &clock_names)) {
		if (strstr(gd_buf_peek(&clock_names), "kvm-clock"))
			return "kvm";
		if (strstr(gd_buf_peek(&clock_names), "hyperv_clocksource"))
			return "hyper-v";
		if (strstr(gd_buf_peek(&clock_names), "xen"))
			return "xen";
	}
	*ret_source = release;
	if (!gd_host_read(ctx->host, release, &name) && strcasestr(gd_buf_peek(&name), "WSL2"))
		return "hyper-v";
	*ret_source = proc_cpuinfo;
	return "other";
}

/* Xen says so in its own file, to its first domain too, which owns the hardware. */
static bool take_xen(struct gd_ctx *ctx, struct gd_row *row)
{
	static const char type[] = "/sys/hypervisor/type";
	static const char capabilities[] = "/proc/xen/capabilities";
	gd_autobuf text = { 0 };

	if (gd_host_read(ctx->host, type, &text) < 0 || strncmp(gd_buf_peek(&text), "xen", 3))
		return false;
	gd_buf_clear(&text);
	if (!gd_host_read(ctx->host, capabilities, &text) && strstr(gd_buf_peek(&text), "control_d"))
		gd_set_text(row, "virtual_machine", "none", capabilities);
	else
		gd_set_text(row, "virtual_machine", "xen", type);
	return true;
}

/* No sign of a hypervisor on a CPU that has no flag for it: a real board has a name. */
static void take_vm_unflagged(struct gd_ctx *ctx, struct gd_row *row)
{
	static const char compatible[] = "/proc/device-tree/compatible";
	gd_autobuf text = { 0 };
	int r;

	if (gd_is_known(row, "vendor") && gd_is_known(row, "product")) {
		gd_set_text(row, "virtual_machine", "none", dmi_source);
		return;
	}
	r = gd_host_read(ctx->host, compatible, &text);
	if (r < 0 && !gd_host_is_absence(r)) {
		gd_take_error(ctx, row, "virtual_machine", compatible, r);
		return;
	}
	if (r < 0 || !text.len)
		gd_set_unknown(row, "virtual_machine", GD_GAP_NO_SOURCE,
			       "neither DMI nor a device tree names the board", NULL);
	else if (memmem(text.data, text.len, "dummy-virt", strlen("dummy-virt")))
		gd_set_text(row, "virtual_machine", "other", compatible);
	else
		gd_set_text(row, "virtual_machine", "none", compatible);
}

void gd_platform_take_vm(struct gd_ctx *ctx, struct gd_row *row)
{
	const char *source = dmi_source;
	const char *kind = vm_by_dmi(gd_get_text(row, "vendor", ""), gd_get_text(row, "product", ""));
	int flag = read_flag(ctx);

	/* Amazon and Google rent out whole machines under the same names. */
	if (kind && flag == 0 && (!strcmp(kind, "amazon") || !strcmp(kind, "google")))
		kind = "none";
	if (!kind && take_xen(ctx, row))
		return;
	if (!kind && flag == 1)
		kind = vm_by_traces(ctx, &source);
	if (kind) {
		gd_set_text(row, "virtual_machine", kind, source);
		return;
	}
	if (gd_get(row, "vendor")->state == GD_UNKNOWN)
		gd_set_cell(row, "virtual_machine", gd_get(row, "vendor"));
	else if (gd_get(row, "product")->state == GD_UNKNOWN)
		gd_set_cell(row, "virtual_machine", gd_get(row, "product"));
	else if (flag == 0)
		gd_set_text(row, "virtual_machine", "none",
			    "/proc/cpuinfo, /sys/class/dmi/id/sys_vendor, /sys/class/dmi/id/product_name");
	else if (flag == -ENODATA || gd_host_is_absence(flag))
		take_vm_unflagged(ctx, row);
	else
		gd_take_error(ctx, row, "virtual_machine", proc_cpuinfo, flag);
}
