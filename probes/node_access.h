/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_NODE_ACCESS_H
#define GD_PROBE_NODE_ACCESS_H
/*
 * Who may open a device node, and by which of its permissions: the kernel's
 * rule for owners, access lists (POSIX ACL), groups and others, done again so
 * that the reason is known and not only the outcome.
 */
#include <sys/types.h>

#include "base/buf.h"

enum { GD_ACL_MAX_ENTRIES = 256 };

struct gd_acl_entry {
	unsigned tag;	      /* GD_ACL_* */
	unsigned permissions; /* 4 read, 2 write, 1 execute */
	unsigned id;	      /* of GD_ACL_USER and GD_ACL_GROUP */
};

/* As in the extended attribute system.posix_acl_access. */
enum {
	GD_ACL_USER_OBJ = 0x01,
	GD_ACL_USER = 0x02,
	GD_ACL_GROUP_OBJ = 0x04,
	GD_ACL_GROUP = 0x08,
	GD_ACL_MASK = 0x10,
	GD_ACL_OTHER = 0x20,
};

struct gd_acl {
	struct gd_acl_entry entries[GD_ACL_MAX_ENTRIES];
	size_t count; /* 0: the node has no list, its mode says all */
};

struct gd_node_rights {
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct gd_acl acl;
};

struct gd_caller {
	uid_t uid;
	gid_t *groups; /* the effective one among them */
	size_t count;
};

enum gd_access_by {
	GD_ACCESS_NONE,
	GD_ACCESS_OWNER,
	GD_ACCESS_GROUP,
	GD_ACCESS_ACL, /* an entry of the list that names the caller or one of its groups */
	GD_ACCESS_OTHERS,
};

/* Takes the attribute's bytes apart; -EINVAL where they are no list of version 2. */
int gd_acl_parse(const void *data, size_t len, struct gd_acl *ret) GD_MUST_CHECK;
/* "user::rw-, user:1000:rw-, group::rw-, mask::rw-, other::---"; owned. */
char *gd_acl_text(const struct gd_acl *acl);

/* Which permission lets the caller read and write. Privileges are not looked at. */
enum gd_access_by gd_access_by(const struct gd_node_rights *node, const struct gd_caller *caller);
/* Whether members of the owning group may read and write. */
bool gd_group_may_open(const struct gd_node_rights *node);
bool gd_caller_has_group(const struct gd_caller *caller, gid_t gid);

/*
 * For a child that asks a library: mode, owner, group and list of a node, and
 * who the caller is. Returns a negative errno; `ret_acl_error` is that of the
 * list, which may be hidden while the rest is not.
 */
int gd_node_rights_read(const char *path, struct gd_node_rights *ret, dev_t *ret_number,
			int *ret_acl_error) GD_MUST_CHECK;
void gd_caller_read(struct gd_caller *ret);
void gd_caller_free(struct gd_caller *c);
/* The kernel's own word: may the caller read (4), write (2) it? */
bool gd_node_permits(const char *path, unsigned permissions);

/* Why these rights keep the caller out, as one sentence; owned. */
char *gd_node_refusal(const char *path, const struct gd_node_rights *node, const struct gd_caller *caller);

#endif
