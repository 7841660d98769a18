/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_UDEV_H
#define GD_PROBE_UDEV_H
/* What the two parts of the udev probe share. Both run in a child. */
#include "node_access.h"
#include "probe/library.h"

/* A file of groups, empty where there is none, or why it could not be read. */
struct gd_udev_file {
	const char *path;
	struct gd_buf text;
	int error;
};

/* Who asks, for all nodes. */
struct gd_udev_asking {
	struct gd_answer *a;
	struct gd_caller caller;
	char *name; /* NULL: no account in the files */
	gid_t first_group; /* of that account */
	struct gd_udev_file groups[2];
};

/* The kind of a node by its path, or NULL where it is none of ours; borrowed. */
const char *gd_udev_kind_peek(const char *path);
/* Adds the row of a node, whether it is there or not, and says who may open it. */
struct gd_row *gd_udev_add_node(const struct gd_udev_asking *q, const char *path);
/* Asks libudev about all nodes, adds those that only the kernel knows, and completes the table. */
void gd_udev_ask_library(const struct gd_udev_asking *q);

#endif
