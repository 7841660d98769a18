/* SPDX-License-Identifier: MIT */
/* Who may open a node: access lists by the kernel's format, and the kernel's rule for every class. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cmocka_all.h"

#include "probes/node_access.h"

/* One entry of the attribute, little-endian: tag, permissions, id. */
#define ENTRY(tag, permissions, id)                                                                                    \
	(tag), 0, (permissions), 0, (id)&0xff, (id) >> 8 & 0xff, (id) >> 16 & 0xff, (id) >> 24 & 0xff
#define NOBODY 0xffffffffU

/* As setfacl -m u:1000:rw,g:44:r writes it on a node of mode 0660. */
static const unsigned char list[] = {
	2,
	0,
	0,
	0,
	ENTRY(0x01, 6, NOBODY),
	ENTRY(0x02, 6, 1000),
	ENTRY(0x04, 6, NOBODY),
	ENTRY(0x08, 4, 44),
	ENTRY(0x10, 6, NOBODY),
	ENTRY(0x20, 0, NOBODY),
};

static void test_parse(void **state)
{
	gd_autofree text = NULL;
	struct gd_acl acl;

	(void)state;
	assert_int_equal(gd_acl_parse(list, sizeof(list), &acl), 0);
	assert_int_equal(acl.count, 6);
	assert_int_equal(acl.entries[1].tag, GD_ACL_USER);
	assert_int_equal(acl.entries[1].id, 1000);
	assert_int_equal(acl.entries[3].permissions, 4);
	text = gd_acl_text(&acl);
	assert_string_equal(text, "user::rw-, user:1000:rw-, group::rw-, group:44:r--, mask::rw-, other::---");
	assert_int_equal(gd_acl_parse(list, 4, &acl), 0);
	assert_int_equal(acl.count, 0);
}

static void test_parse_garbage(void **state)
{
	unsigned char bytes[sizeof(list)];
	static unsigned char many[4 + 8 * (GD_ACL_MAX_ENTRIES + 1)] = { 2 };
	struct gd_acl acl = { .count = 77 };

	(void)state;
	for (size_t len = 0; len < sizeof(list); len++)
		if (len != 4 && (len < 4 || (len - 4) % 8))
			assert_int_equal(gd_acl_parse(list, len, &acl), -EINVAL);
	for (size_t i = 0; i < 4; i++) {
		memcpy(bytes, list, sizeof(list));
		bytes[i] ^= 1;
		assert_int_equal(gd_acl_parse(bytes, sizeof(bytes), &acl), -EINVAL);
	}
	/* Tags of no class, of two classes, and of a class to come; permissions that there are none of. */
	for (size_t i = 0; i < 4; i++) {
		static const unsigned char tags[] = { 0, 3, 0x40, 0x01 };

		memcpy(bytes, list, sizeof(list));
		bytes[4] = tags[i];
		bytes[6] = i == 3 ? 8 : 6;
		assert_int_equal(gd_acl_parse(bytes, sizeof(bytes), &acl), -EINVAL);
	}
	for (size_t i = 4; i < sizeof(many); i += 8)
		many[i] = 0x02;
	assert_int_equal(gd_acl_parse(many, sizeof(many) - 8, &acl), 0);
	assert_int_equal(acl.count, GD_ACL_MAX_ENTRIES);
	acl.count = 77;
	assert_int_equal(gd_acl_parse(many, sizeof(many), &acl), -EINVAL);
	assert_int_equal(acl.count, 77);
}

static enum gd_access_by ask(unsigned mode, const struct gd_acl *acl, uid_t uid, gid_t first, gid_t second)
{
	gid_t groups[] = { first, second };
	struct gd_node_rights node = { .mode = (mode_t)mode, .uid = 0, .gid = 992 };
	struct gd_caller caller = { .uid = uid, .groups = groups, .count = 2 };

	if (acl)
		node.acl = *acl;
	return gd_access_by(&node, &caller);
}

static void test_mode(void **state)
{
	static const struct {
		unsigned mode;
		uid_t uid;
		gid_t group;
		enum gd_access_by by;
	} cases[] = {
		{ 0600, 0, 0, GD_ACCESS_OWNER },
		{ 0660, 1000, 992, GD_ACCESS_GROUP },
		{ 0660, 1000, 44, GD_ACCESS_NONE },
		{ 0666, 1000, 44, GD_ACCESS_OTHERS },
		{ 0600, 1000, 992, GD_ACCESS_NONE },
		{ 0640, 1000, 992, GD_ACCESS_NONE },
		{ 0620, 1000, 992, GD_ACCESS_NONE },
		{ 0400, 0, 0, GD_ACCESS_NONE },
		/* The first class that matches decides, though a later one would allow. */
		{ 0066, 0, 992, GD_ACCESS_NONE },
		{ 0606, 1000, 992, GD_ACCESS_NONE },
		{ 0664, 1000, 44, GD_ACCESS_NONE },
		{ 0677, 1000, 992, GD_ACCESS_GROUP },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++)
		if (ask(cases[i].mode, NULL, cases[i].uid, cases[i].group, 7) != cases[i].by)
			fail_msg("case %zu: mode %04o", i, cases[i].mode);
	/* A supplementary group is as good as the first. */
	assert_int_equal(ask(0660, NULL, 1000, 7, 992), GD_ACCESS_GROUP);
}

static void test_list(void **state)
{
	struct gd_acl acl;

	(void)state;
	assert_int_equal(gd_acl_parse(list, sizeof(list), &acl), 0);
	assert_int_equal(ask(0660, &acl, 0, 0, 0), GD_ACCESS_OWNER);
	assert_int_equal(ask(0660, &acl, 1000, 7, 7), GD_ACCESS_ACL);
	assert_int_equal(ask(0660, &acl, 1001, 992, 7), GD_ACCESS_GROUP);
	/* Group 44 may only read, and whom a group's entry matches is not among the others. */
	assert_int_equal(ask(0660, &acl, 1001, 44, 7), GD_ACCESS_NONE);
	assert_int_equal(ask(0660, &acl, 1001, 44, 992), GD_ACCESS_GROUP);
	assert_int_equal(ask(0660, &acl, 1001, 7, 7), GD_ACCESS_NONE);
	acl.entries[5].permissions = 6;
	assert_int_equal(ask(0660, &acl, 1001, 7, 7), GD_ACCESS_OTHERS);
	assert_int_equal(ask(0660, &acl, 1001, 44, 7), GD_ACCESS_NONE);
	acl.entries[3].permissions = 6;
	assert_int_equal(ask(0660, &acl, 1001, 44, 7), GD_ACCESS_ACL);
	/* An entry of one's own that forbids wins over a group that allows. */
	acl.entries[1].permissions = 0;
	assert_int_equal(ask(0660, &acl, 1000, 992, 7), GD_ACCESS_NONE);
	acl.entries[1].permissions = 6;
	/* What chmod g= leaves behind: a mask that shuts out all that are named. */
	acl.entries[4].permissions = 0;
	assert_int_equal(ask(0600, &acl, 1000, 7, 7), GD_ACCESS_NONE);
	assert_int_equal(ask(0600, &acl, 1001, 992, 7), GD_ACCESS_NONE);
	assert_int_equal(ask(0600, &acl, 0, 0, 0), GD_ACCESS_OWNER);
}

static void test_group_may_open(void **state)
{
	struct gd_node_rights node = { .mode = 0660 };

	(void)state;
	assert_true(gd_group_may_open(&node));
	node.mode = 0640;
	assert_false(gd_group_may_open(&node));
	/* With a list, the mode shows the mask in the place of the group. */
	assert_int_equal(gd_acl_parse(list, sizeof(list), &node.acl), 0);
	node.mode = 0660;
	assert_true(gd_group_may_open(&node));
	node.acl.entries[2].permissions = 0;
	assert_false(gd_group_may_open(&node));
	node.acl.entries[2].permissions = 6;
	node.acl.entries[4].permissions = 4;
	assert_false(gd_group_may_open(&node));
}

static void test_refusal(void **state)
{
	gid_t groups[] = { 1000 };
	struct gd_caller caller = { .uid = 1000, .groups = groups, .count = 1 };
	struct gd_node_rights node = { .mode = S_IFCHR | 0660, .uid = 0, .gid = 992 };
	gd_autofree group = gd_node_refusal("/dev/kfd", &node, &caller);
	gd_autofree mode = NULL;
	gd_autofree other = NULL;

	(void)state;
	assert_string_equal(group, "/dev/kfd has mode 0660, owner 0 and group 992; user 1000 is not in group 992");
	node.mode = S_IFCHR | 0600;
	mode = gd_node_refusal("/dev/kfd", &node, &caller);
	assert_string_equal(mode, "/dev/kfd has mode 0600, owner 0 and group 992; nothing there is for user 1000");
	node.mode = S_IFCHR | 0666;
	other = gd_node_refusal("/dev/kfd", &node, &caller);
	assert_non_null(strstr(other, "which lets user 1000 in: a container's device filter"));
}

/* What is read of a file that is there; a device node need not be. */
static void test_read(void **state)
{
	struct gd_node_rights node;
	struct gd_caller caller;
	int acl_error;
	dev_t number;

	(void)state;
	assert_int_equal(gd_node_rights_read("/dev/null", &node, &number, &acl_error), 0);
	assert_true(S_ISCHR(node.mode));
	assert_int_equal(number, makedev(1, 3));
	assert_int_equal(acl_error, 0);
	assert_true(gd_node_permits("/dev/null", 6));
	assert_int_equal(gd_node_rights_read("/dev/gpudoctor-none", &node, &number, &acl_error), -ENOENT);
	assert_false(gd_node_permits("/dev/gpudoctor-none", 6));
	gd_caller_read(&caller);
	assert_int_equal(caller.uid, geteuid());
	assert_true(gd_caller_has_group(&caller, getegid()));
	gd_caller_free(&caller);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse), cmocka_unit_test(test_parse_garbage),  cmocka_unit_test(test_mode),
		cmocka_unit_test(test_list),  cmocka_unit_test(test_group_may_open), cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
