/* SPDX-License-Identifier: MIT */
/*
 * The device nodes that programs compute through: who may open them, whether
 * the caller may and by which permission, and what udev has to say of them. The
 * folders of /dev are listed without udev, which knows nothing in a container
 * and never knew of NVIDIA's nodes.
 */
#include "udev.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parse.h"

static const struct gd_column node_columns[] = {
	{ .name = "node", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The path of the device node." },
	{ .name = "kind",
	  .type = GD_TEXT,
	  .help = "card, render, kfd, nvidia (a GPU), nvidia-control, nvidia-uvm, nvidia-modeset, nvidia-caps, accel "
		  "or dxg." },
	{ .name = "present",
	  .type = GD_BOOL,
	  .help = "It is there; false where the kernel has the device and /dev has no node of it." },
	{ .name = "devnum", .type = GD_TEXT, .help = "The device's number, as in 226:128." },
	{ .name = "mode", .type = GD_TEXT, .help = "The permissions in octal, as in 0660." },
	{ .name = "owner_uid", .type = GD_INT, .help = "The user that owns it." },
	{ .name = "owner_gid", .type = GD_INT, .help = "The group that owns it." },
	{ .name = "group_named", .type = GD_BOOL, .help = "This group has a name in /etc/group or /usr/lib/group." },
	{ .name = "group_name", .type = GD_TEXT, .help = "That name." },
	{ .name = "group_file",
	  .type = GD_TEXT,
	  .help = "Which of the two has it; usermod knows the groups of /etc/group only." },
	{ .name = "acl",
	  .type = GD_TEXT,
	  .help = "The access list, as in \"user:1000:rw-, group::rw-, mask::rw-\"; absent where it has none." },
	{ .name = "group_may_open", .type = GD_BOOL, .help = "Members of the owning group may read and write it." },
	{ .name = "readable", .type = GD_BOOL, .help = "The user who runs gpudoctor may read it." },
	{ .name = "writable", .type = GD_BOOL, .help = "The user who runs gpudoctor may write it." },
	{ .name = "accessible", .type = GD_BOOL, .help = "Both, which is what computing takes." },
	{ .name = "access_by",
	  .type = GD_TEXT,
	  .help = "What lets that user do both: owner, group, acl, others, privilege (as root has it) or none." },
	{ .name = "in_group", .type = GD_BOOL, .help = "This process is in the owning group." },
	{ .name = "in_group_file",
	  .type = GD_BOOL,
	  .help = "One of these files has that user in the owning group, which counts from the next login on." },
	{ .name = "first_alike",
	  .type = GD_TEXT,
	  .help = "The first node of kind render, kfd or dxg that has the same group and is as open to it and to the "
		  "user; absent for other kinds." },
	{ .name = "subsystem", .type = GD_TEXT, .help = "The kernel's subsystem: drm, kfd, accel …" },
	{ .name = "device", .type = GD_TEXT, .help = "The PCI address of the device behind it." },
	{ .name = "driver", .type = GD_TEXT, .help = "The kernel driver of that device." },
	{ .name = "tags",
	  .type = GD_TEXT,
	  .help = "The tags of udev, blank separated: uaccess, seat, master-of-seat …" },
	{ .name = "uaccess",
	  .type = GD_BOOL,
	  .help = "Whether udev tells the login manager to open it to whoever sits at the machine." },
	{ .name = "seat", .type = GD_TEXT, .help = "The seat it is assigned to; absent: the first one, seat0." },
	{ .name = "seat_name",
	  .type = GD_TEXT,
	  .help = "The name by which it can be assigned to a seat (ID_FOR_SEAT)." },
	{ .name = "id_path",
	  .type = GD_TEXT,
	  .help = "The stable path that udev has of the device, as in pci-0000:03:00.0." },
};

static const struct gd_table node_table = {
	.name = "device_node",
	.help = "A device node through which programs reach a GPU, and who may open it.",
	.columns = node_columns,
	.column_count = GD_COUNT(node_columns),
};

static const struct gd_table *const tables[] = { &node_table, NULL };

static const char stat_call[] = "stat()";
static const char access_call[] = "access()";

/* ------------------------------------------------------------ the nodes -- */

/* A name of digits behind the prefix, or the whole name where there are to be none. */
static const struct {
	const char *folder;
	const char *prefix;
	bool numbered;
	const char *kind;
} kinds[] = {
	{ "/dev/dri", "card", true, "card" },
	{ "/dev/dri", "renderD", true, "render" },
	{ "/dev", "kfd", false, "kfd" },
	{ "/dev", "nvidia", true, "nvidia" },
	{ "/dev", "nvidiactl", false, "nvidia-control" },
	{ "/dev", "nvidia-uvm", false, "nvidia-uvm" },
	{ "/dev", "nvidia-uvm-tools", false, "nvidia-uvm" },
	{ "/dev", "nvidia-modeset", false, "nvidia-modeset" },
	{ "/dev/nvidia-caps", "nvidia-cap", true, "nvidia-caps" },
	{ "/dev/accel", "accel", true, "accel" },
	{ "/dev", "dxg", false, "dxg" },
};

const char *gd_udev_kind_peek(const char *path)
{
	const char *name = strrchr(path, '/');

	for (size_t i = 0; name && i < GD_COUNT(kinds); i++) {
		size_t folder = strlen(kinds[i].folder);
		size_t prefix = strlen(kinds[i].prefix);
		const char *rest = name + 1 + prefix;

		if ((size_t)(name - path) != folder || strncmp(path, kinds[i].folder, folder) ||
		    strncmp(name + 1, kinds[i].prefix, prefix))
			continue;
		if (kinds[i].numbered ? *rest && strspn(rest, "0123456789") == strlen(rest) : !*rest)
			return kinds[i].kind;
	}
	return NULL;
}

/* The nodes below one folder; returns false where it cannot be listed though it is there. */
static bool list_folder(const char *folder, struct gd_strv *paths)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR;
	while ((e = readdir(dir))) {
		gd_autofree path = gd_xasprintf("%s/%s", folder, e->d_name);

		if (gd_udev_kind_peek(path) && !gd_strv_has(paths, path))
			gd_strv_add(paths, path);
	}
	closedir(dir);
	return true;
}

static bool list_nodes(struct gd_strv *paths)
{
	static const char *const folders[] = { "/dev", "/dev/dri", "/dev/nvidia-caps", "/dev/accel" };
	bool all = true;

	for (size_t i = 0; i < GD_COUNT(folders); i++)
		all = list_folder(folders[i], paths) && all;
	gd_strv_sort_natural(paths);
	return all;
}

/* ----------------------------------------------------------- who may open -- */

/* A member of a line's list, which is cut by commas. */
static bool is_member(const char *members, const char *name)
{
	gd_autostrv names = { 0 };

	gd_strv_split(&names, members, ",\n");
	return name && gd_strv_has(&names, name);
}

/* What the group files say of one number. */
struct group {
	char *name; /* NULL: none */
	const char *file;
	bool member; /* the caller is in a list of members */
};

static void look_up(const struct gd_udev_asking *q, const struct gd_udev_file *file, gid_t gid, struct group *group)
{
	gd_autostrv lines = { 0 };

	gd_strv_split(&lines, gd_buf_peek(&file->text), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		char *name = lines.items[i];
		char *password = strchr(name, ':');
		char *number = password ? strchr(password + 1, ':') : NULL;
		char *members = number ? strchr(number + 1, ':') : NULL;
		uint64_t n;

		if (!members)
			continue;
		*password = *members = '\0';
		if (gd_parse_u64(number + 1, 10, &n) < 0 || n != gid)
			continue;
		group->member = group->member || is_member(members + 1, q->name);
		/* Of two lines with one number the first gives the name. */
		if (group->name)
			continue;
		group->name = gd_xstrdup(name);
		group->file = file->path;
	}
}

/* What the group files say: the name of the group, and whether it will be the caller's from the next login on. */
static void set_group(const struct gd_udev_asking *q, struct gd_row *row, gid_t gid)
{
	static const char *const columns[] = { "group_named", "group_name", "group_file", "in_group_file" };
	struct group group = { .file = q->groups[0].path };

	for (size_t i = 0; i < GD_COUNT(q->groups); i++) {
		int error = q->groups[i].error;

		for (size_t c = 0; c < GD_COUNT(columns) && error; c++)
			gd_set_unknown(row, columns[c], gd_gap_of_error(error), gd_host_strerror_peek(error), NULL);
		if (error)
			return;
	}
	for (size_t i = 0; i < GD_COUNT(q->groups); i++)
		look_up(q, &q->groups[i], gid, &group);
	gd_set_bool(row, "group_named", group.name, group.file);
	if (group.name) {
		gd_set_text(row, "group_name", group.name, group.file);
		gd_set_text(row, "group_file", group.file, group.file);
	} else {
		gd_set_absent(row, "group_name", group.file);
		gd_set_absent(row, "group_file", group.file);
	}
	/* Whose account is elsewhere may have groups there too. */
	if (q->name)
		gd_set_bool(row, "in_group_file", group.member || q->first_group == gid, group.file);
	else
		gd_set_unknown(row, "in_group_file", GD_GAP_NO_SOURCE,
			       "this user is not in /etc/passwd, so what groups it has is kept elsewhere", NULL);
	free(group.name);
}

static const char *access_word(const struct gd_node_rights *rights, const struct gd_caller *caller, bool accessible)
{
	static const char *const words[] = {
		[GD_ACCESS_NONE] = "privilege", [GD_ACCESS_OWNER] = "owner",   [GD_ACCESS_GROUP] = "group",
		[GD_ACCESS_ACL] = "acl",	[GD_ACCESS_OTHERS] = "others",
	};

	return accessible ? words[gd_access_by(rights, caller)] : "none";
}

static void set_acl(struct gd_row *row, const struct gd_node_rights *rights, int error)
{
	gd_autofree text = gd_acl_text(&rights->acl);

	if (error) {
		gd_set_unknown(row, "acl", error == -EINVAL ? GD_GAP_GARBAGE : gd_gap_of_error(error),
			       gd_host_strerror_peek(error), NULL);
		/* With a list, the mode's group digit means something else. */
		gd_set_unknown(row, "group_may_open", GD_GAP_ERROR, "its access list could not be read", NULL);
		return;
	}
	if (rights->acl.count)
		gd_set_text(row, "acl", text, "system.posix_acl_access");
	else
		gd_set_absent(row, "acl", "system.posix_acl_access");
	gd_set_bool(row, "group_may_open", gd_group_may_open(rights),
		    rights->acl.count ? "system.posix_acl_access" : stat_call);
}

static void set_rights(const struct gd_udev_asking *q, struct gd_row *row, const struct gd_node_rights *rights,
		       dev_t number, int acl_error)
{
	const char *node = gd_get_text(row, "node", "");
	gd_autofree mode = gd_xasprintf("%04o", (unsigned)rights->mode & 07777);
	gd_autofree devnum = gd_xasprintf("%u:%u", major(number), minor(number));
	bool readable = gd_node_permits(node, 4);
	bool writable = gd_node_permits(node, 2);

	gd_set_text(row, "devnum", devnum, stat_call);
	gd_set_text(row, "mode", mode, stat_call);
	gd_set_int(row, "owner_uid", rights->uid, stat_call);
	gd_set_int(row, "owner_gid", rights->gid, stat_call);
	set_group(q, row, rights->gid);
	set_acl(row, rights, acl_error);
	gd_set_bool(row, "readable", readable, access_call);
	gd_set_bool(row, "writable", writable, access_call);
	gd_set_bool(row, "accessible", readable && writable, access_call);
	if (acl_error)
		gd_set_unknown(row, "access_by", GD_GAP_ERROR, "its access list could not be read", NULL);
	else
		gd_set_text(row, "access_by", access_word(rights, &q->caller, readable && writable), access_call);
	gd_set_bool(row, "in_group", gd_caller_has_group(&q->caller, rights->gid), "getgroups()");
}

/* What is to be said of the nodes of one group is said once, of the first. */
static void set_first_alike(const struct gd_udev_asking *q, struct gd_row *row)
{
	static const char *const same[] = { "owner_gid", "group_may_open", "accessible" };
	const struct gd_rows *rows = gd_facts_table_peek(q->a->facts, "device_node");
	const char *kind = gd_get_text(row, "kind", "");
	const struct gd_row *first = NULL;

	if (strcmp(kind, "render") != 0 && strcmp(kind, "kfd") != 0 && strcmp(kind, "dxg") != 0) {
		gd_set_absent(row, "first_alike", "/dev");
		return;
	}
	if (!gd_is_known(row, "group_may_open")) {
		gd_set_cell(row, "first_alike", gd_get(row, "group_may_open"));
		return;
	}
	for (size_t i = 0; i < rows->count && !first; i++) {
		const struct gd_row *other = rows->rows[i];
		bool alike = other == row || gd_is_known(other, "first_alike");

		for (size_t c = 0; c < GD_COUNT(same) && alike; c++)
			alike = gd_get_int(other, same[c], -1) == gd_get_int(row, same[c], -1);
		if (alike)
			first = other;
	}
	gd_set_text(row, "first_alike", gd_get_text(first ? first : row, "node", NULL), "gpudoctor");
}

struct gd_row *gd_udev_add_node(const struct gd_udev_asking *q, const char *path)
{
	struct gd_row *row = gd_facts_add(q->a->facts, "device_node");
	struct gd_node_rights rights;
	int acl_error;
	dev_t number;
	int r;

	gd_set_text(row, "node", path, "/dev");
	gd_set_text(row, "kind", gd_udev_kind_peek(path), "/dev");
	r = gd_node_rights_read(path, &rights, &number, &acl_error);
	if (r == 0) {
		set_rights(q, row, &rights, number, acl_error);
		set_first_alike(q, row);
	}
	if (r == 0 || r == -ENOENT)
		gd_set_bool(row, "present", r == 0, stat_call);
	else
		gd_set_unknown(row, "present", gd_gap_of_error(r), gd_host_strerror_peek(r), NULL);
	for (int i = gd_table_column(&node_table, "devnum"); r < 0 && i < gd_table_column(&node_table, "subsystem");
	     i++) {
		if (r == -ENOENT)
			gd_set_absent(row, node_columns[i].name, stat_call);
		else
			gd_set_cell(row, node_columns[i].name, gd_get(row, "present"));
	}
	return row;
}

/*
 * The caller's name and first group, and all groups. Read here and not through
 * the door: a capture has no need of the names of all users and groups. The C
 * library's own way would go through modules that open sockets. Image-based
 * systems keep what comes with the system in /usr/lib.
 */
static void read_account(struct gd_udev_asking *q, const char *path)
{
	FILE *file = fopen(path, "re");
	const struct passwd *account;

	gd_answer_step(q->a, "fgetpwent");
	while (file && !q->name && (account = fgetpwent(file))) {
		if (account->pw_uid != q->caller.uid)
			continue;
		q->name = gd_xstrdup(account->pw_name);
		q->first_group = account->pw_gid;
	}
	if (file)
		fclose(file);
}

static void read_groups(struct gd_udev_file *groups, const char *path)
{
	FILE *file = fopen(path, "re");

	groups->path = path;
	if (file)
		groups->error = gd_read_fd(fileno(file), GD_READ_MAX_BYTES, &groups->text);
	else if (errno != ENOENT)
		groups->error = -errno;
	if (file)
		fclose(file);
}

/* --------------------------------------------------------------- asking -- */

static void ask(struct gd_answer *a)
{
	struct gd_udev_asking q = { .a = a };
	gd_autostrv nodes = { 0 };
	bool all;

	gd_caller_read(&q.caller);
	read_account(&q, "/etc/passwd");
	read_account(&q, "/usr/lib/passwd");
	gd_answer_step(a, "read");
	read_groups(&q.groups[0], "/etc/group");
	read_groups(&q.groups[1], "/usr/lib/group");
	gd_answer_step(a, "stat");
	all = list_nodes(&nodes);
	for (size_t i = 0; i < nodes.count; i++)
		gd_udev_add_node(&q, nodes.items[i]);
	gd_answer_tell(a);
	gd_udev_ask_library(&q);
	if (!all)
		gd_facts_incomplete(a->facts, "device_node", GD_GAP_DENIED, "a folder below /dev may not be listed",
				    NULL);
	gd_caller_free(&q.caller);
	free(q.name);
	for (size_t i = 0; i < GD_COUNT(q.groups); i++)
		gd_buf_free(&q.groups[i].text);
}

static void start(struct gd_ctx *ctx)
{
	static const struct gd_question question = {
		.id = "libudev", .library = "libudev.so.1", .limits = { .data_bytes = (uint64_t)1 << 30 }, .ask = ask
	};

	gd_library_ask(ctx, &question);
}

const struct gd_probe gd_probe_udev = {
	.name = "udev",
	.help = "The device nodes of GPUs: who may open them, and what udev says of them.",
	.tables = tables,
	.start = start,
	.run = gd_library_run,
};
