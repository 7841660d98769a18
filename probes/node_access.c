/* SPDX-License-Identifier: MIT */
#include "node_access.h"

#include <endian.h>
#include <errno.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/alloc.h"

enum { READ_AND_WRITE = 6 };

int gd_acl_parse(const void *data, size_t len, struct gd_acl *ret)
{
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry entry;
	struct gd_acl acl = { .count = 0 };
	const char *p = data;
	size_t count;

	if (len < sizeof(header) || (len - sizeof(header)) % sizeof(entry))
		return -EINVAL;
	memcpy(&header, p, sizeof(header));
	count = (len - sizeof(header)) / sizeof(entry);
	if (le32toh(header.a_version) != POSIX_ACL_XATTR_VERSION || count > GD_ACL_MAX_ENTRIES)
		return -EINVAL;
	for (p += sizeof(header); acl.count < count; p += sizeof(entry)) {
		unsigned tag;

		memcpy(&entry, p, sizeof(entry));
		tag = le16toh(entry.e_tag);
		/* One bit each, and no others are defined. */
		if (!tag || tag > GD_ACL_OTHER || (tag & (tag - 1)) || le16toh(entry.e_perm) > 7)
			return -EINVAL;
		acl.entries[acl.count++] = (struct gd_acl_entry){
			.tag = tag,
			.permissions = le16toh(entry.e_perm),
			.id = le32toh(entry.e_id),
		};
	}
	*ret = acl;
	return 0;
}

static const char *class_of(unsigned tag)
{
	if (tag == GD_ACL_USER_OBJ || tag == GD_ACL_USER)
		return "user";
	if (tag == GD_ACL_GROUP_OBJ || tag == GD_ACL_GROUP)
		return "group";
	return tag == GD_ACL_MASK ? "mask" : "other";
}

char *gd_acl_text(const struct gd_acl *acl)
{
	struct gd_buf out = { 0 };

	for (size_t i = 0; i < acl->count; i++) {
		const struct gd_acl_entry *e = &acl->entries[i];

		gd_buf_printf(&out, "%s%s:", i ? ", " : "", class_of(e->tag));
		if (e->tag == GD_ACL_USER || e->tag == GD_ACL_GROUP)
			gd_buf_printf(&out, "%u", e->id);
		gd_buf_printf(&out, ":%c%c%c", e->permissions & 4 ? 'r' : '-', e->permissions & 2 ? 'w' : '-',
			      e->permissions & 1 ? 'x' : '-');
	}
	return gd_buf_take(&out);
}

bool gd_caller_has_group(const struct gd_caller *caller, gid_t gid)
{
	for (size_t i = 0; i < caller->count; i++)
		if (caller->groups[i] == gid)
			return true;
	return false;
}

static bool is_enough(unsigned permissions)
{
	return (permissions & READ_AND_WRITE) == READ_AND_WRITE;
}

static enum gd_access_by by_mode(const struct gd_node_rights *node, const struct gd_caller *caller)
{
	if (caller->uid == node->uid)
		return is_enough(node->mode >> 6) ? GD_ACCESS_OWNER : GD_ACCESS_NONE;
	if (gd_caller_has_group(caller, node->gid))
		return is_enough(node->mode >> 3) ? GD_ACCESS_GROUP : GD_ACCESS_NONE;
	return is_enough(node->mode) ? GD_ACCESS_OTHERS : GD_ACCESS_NONE;
}

/* The permissions of the first entry with this tag, or `otherwise`. */
static unsigned permissions_of(const struct gd_acl *acl, unsigned tag, unsigned otherwise)
{
	for (size_t i = 0; i < acl->count; i++)
		if (acl->entries[i].tag == tag)
			return acl->entries[i].permissions;
	return otherwise;
}

/* Groups that match, in any order: one that permits is enough, and one that does not shuts out the others' class. */
static enum gd_access_by by_groups(const struct gd_node_rights *node, const struct gd_caller *caller, unsigned mask)
{
	enum gd_access_by found = GD_ACCESS_NONE;
	bool matched = false;

	for (size_t i = 0; i < node->acl.count && found == GD_ACCESS_NONE; i++) {
		const struct gd_acl_entry *e = &node->acl.entries[i];
		bool own = e->tag == GD_ACL_GROUP_OBJ;

		if (!own && e->tag != GD_ACL_GROUP)
			continue;
		if (!gd_caller_has_group(caller, own ? node->gid : (gid_t)e->id))
			continue;
		matched = true;
		if (is_enough(e->permissions & mask))
			found = own ? GD_ACCESS_GROUP : GD_ACCESS_ACL;
	}
	if (matched)
		return found;
	return is_enough(permissions_of(&node->acl, GD_ACL_OTHER, node->mode & 7)) ? GD_ACCESS_OTHERS : GD_ACCESS_NONE;
}

enum gd_access_by gd_access_by(const struct gd_node_rights *node, const struct gd_caller *caller)
{
	unsigned mask = permissions_of(&node->acl, GD_ACL_MASK, 7);

	if (!node->acl.count || caller->uid == node->uid)
		return by_mode(node, caller);
	for (size_t i = 0; i < node->acl.count; i++) {
		const struct gd_acl_entry *e = &node->acl.entries[i];

		if (e->tag == GD_ACL_USER && e->id == caller->uid)
			return is_enough(e->permissions & mask) ? GD_ACCESS_ACL : GD_ACCESS_NONE;
	}
	return by_groups(node, caller, mask);
}

bool gd_group_may_open(const struct gd_node_rights *node)
{
	if (!node->acl.count)
		return is_enough(node->mode >> 3);
	return is_enough(permissions_of(&node->acl, GD_ACL_GROUP_OBJ, 0) & permissions_of(&node->acl, GD_ACL_MASK, 7));
}

int gd_node_rights_read(const char *path, struct gd_node_rights *ret, dev_t *ret_number, int *ret_acl_error)
{
	char data[sizeof(struct posix_acl_xattr_header) + GD_ACL_MAX_ENTRIES * sizeof(struct posix_acl_xattr_entry)];
	struct stat st;
	ssize_t len;

	if (stat(path, &st) < 0)
		return -errno;
	*ret = (struct gd_node_rights){ .mode = st.st_mode, .uid = st.st_uid, .gid = st.st_gid };
	*ret_number = st.st_rdev;
	*ret_acl_error = 0;
	len = getxattr(path, "system.posix_acl_access", data, sizeof(data));
	if (len >= 0)
		*ret_acl_error = gd_acl_parse(data, (size_t)len, &ret->acl);
	/* No list, or a file system that has none. */
	else if (errno != ENODATA && errno != EOPNOTSUPP)
		*ret_acl_error = -errno;
	return 0;
}

void gd_caller_read(struct gd_caller *ret)
{
	int count = getgroups(0, NULL);
	size_t room = (size_t)(count > 0 ? count : 0) + 1;

	ret->uid = geteuid();
	ret->groups = gd_xcalloc(room, sizeof(gid_t));
	count = getgroups((int)room - 1, ret->groups);
	ret->count = (size_t)(count > 0 ? count : 0);
	if (!gd_caller_has_group(ret, getegid()))
		ret->groups[ret->count++] = getegid();
}

void gd_caller_free(struct gd_caller *c)
{
	free(c->groups);
}

bool gd_node_permits(const char *path, unsigned permissions)
{
	return !access(path, (permissions & 4 ? R_OK : 0) | (permissions & 2 ? W_OK : 0));
}

char *gd_node_refusal(const char *path, const struct gd_node_rights *node, const struct gd_caller *caller)
{
	gd_autofree head =
		gd_xasprintf("%s has mode %04o, owner %u and group %u%s", path, (unsigned)node->mode & 07777,
			     (unsigned)node->uid, (unsigned)node->gid, node->acl.count ? " and an access list" : "");

	if (gd_access_by(node, caller) != GD_ACCESS_NONE)
		return gd_xasprintf("%s, which lets user %u in: a container's device filter, a mount with nodev or a "
				    "security module does not",
				    head, (unsigned)caller->uid);
	if (gd_group_may_open(node) && !gd_caller_has_group(caller, node->gid))
		return gd_xasprintf("%s; user %u is not in group %u", head, (unsigned)caller->uid, (unsigned)node->gid);
	return gd_xasprintf("%s; nothing there is for user %u", head, (unsigned)caller->uid);
}
