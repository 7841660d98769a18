/* SPDX-License-Identifier: MIT */
#include "host/sandbox_parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

#if defined(LANDLOCK_CREATE_RULESET_VERSION) && defined(SYS_landlock_create_ruleset)

/* Headers may be older than the kernel. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

/*
 * What is opened for writing below /dev, where a name may end in a star. Not
 * there: disks, terminals, and the folders of shared memory and of queues,
 * where other programs have files.
 */
static const char *const devices[] = {
	"accel",   "dma_heap", "dri",	 "dxg",	    "full",    "kfd",  "mali*",
	"nvidia*", "null",     "random", "udmabuf", "urandom", "zero",
};

/* Everything that changes a file system and that this version can refuse; what it does not know is an error. */
static uint64_t rights_of_version(long version)
{
	uint64_t rights = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
			  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
			  LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
			  LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

	if (version >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	/* Version 5 can refuse ioctl on devices: drivers are nothing but that, so it is left alone. */
	return rights;
}

static bool is_for_writing(const char *name)
{
	for (size_t i = 0; i < GD_COUNT(devices); i++) {
		size_t len = strlen(devices[i]);

		if (devices[i][len - 1] == '*' ? !strncmp(name, devices[i], len - 1) : !strcmp(name, devices[i]))
			return true;
	}
	return false;
}

/* A device that cannot be granted stays closed: the driver then says so. */
static void grant(int rules, int folder, const char *name)
{
	struct landlock_path_beneath_attr beneath = { .allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE };

	beneath.parent_fd = openat(folder, name, O_PATH | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return;
	syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(beneath.parent_fd);
}

static void grant_devices(int rules)
{
	DIR *dev = opendir("/dev");
	const struct dirent *entry;

	if (!dev)
		return;
	while ((entry = readdir(dev)))
		if (is_for_writing(entry->d_name))
			grant(rules, dirfd(dev), entry->d_name);
	closedir(dev);
}

int gd_sandbox_close_files(void)
{
	struct landlock_ruleset_attr attr = { 0 };
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int rules;
	long r;

	if (version < 1)
		return 0;
	attr.handled_access_fs = rights_of_version(version);
	/* The first field is all that version 1 has: its size is what every kernel takes. */
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
	if (rules < 0)
		return 0;
	grant_devices(rules);
	r = syscall(SYS_landlock_restrict_self, rules, 0);
	close(rules);
	return r ? 0 : (int)version;
}

#else

int gd_sandbox_close_files(void)
{
	return 0;
}

#endif
