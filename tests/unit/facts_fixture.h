/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_FACTS_FIXTURE_H
#define GD_TEST_FACTS_FIXTURE_H
/* Two small fact tables with every type of column. */
#include "cmocka_all.h"

#include "fact/fact.h"

static const struct gd_column card_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "" },
	{ .name = "name", .type = GD_TEXT, .help = "" },
	{ .name = "cu_count", .type = GD_INT, .help = "" },
	{ .name = "bandwidth_gbps", .type = GD_REAL, .help = "" },
	{ .name = "integrated", .type = GD_BOOL, .help = "" },
	{ .name = "firmware", .type = GD_VERSION, .help = "" },
	{ .name = "uuid", .type = GD_TEXT, .flags = GD_COL_PRIVATE, .help = "" },
	{ .name = "serial", .type = GD_INT, .flags = GD_COL_PRIVATE, .help = "" },
};

static const struct gd_table card_table = {
	.name = "card",
	.help = "",
	.columns = card_columns,
	.column_count = GD_COUNT(card_columns),
};

static const struct gd_column box_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "" },
	{ .name = "kernel_release", .type = GD_VERSION, .help = "" },
	{ .name = "ram_mib", .type = GD_INT, .help = "" },
	{ .name = "os_id", .type = GD_TEXT, .help = "" },
	{ .name = "virtual", .type = GD_BOOL, .help = "" },
};

static const struct gd_table box_table = {
	.name = "box",
	.help = "",
	.singleton = true,
	.columns = box_columns,
	.column_count = GD_COUNT(box_columns),
};

static inline struct gd_facts *new_facts(void)
{
	struct gd_facts *f = gd_facts_new();

	gd_facts_declare(f, &card_table, "test");
	gd_facts_declare(f, &box_table, "test");
	return f;
}

/* Card a is known in full, of card b some is absent and unknown, card c was not looked at. */
static inline struct gd_facts *some_facts(void)
{
	struct gd_facts *f = new_facts();
	struct gd_row *a = gd_facts_add(f, "card");
	struct gd_row *b = gd_facts_add(f, "card");
	struct gd_row *c = gd_facts_add(f, "card");
	struct gd_row *box = gd_facts_add(f, "box");

	gd_set_text(a, "id", "a", "/sys/a");
	gd_set_text(a, "name", "Radeon", "/sys/a/name");
	gd_set_int(a, "cu_count", 40, "/sys/a/cu");
	gd_set_real(a, "bandwidth_gbps", 256.5, "a formula");
	gd_set_bool(a, "integrated", true, "/sys/a/kind");
	gd_set_text(a, "firmware", "6.9", "/sys/a/fw");
	gd_set_text(a, "uuid", "GPU-1234", "/sys/a/uuid");
	gd_set_int(a, "serial", 4711, "/sys/a/serial");
	gd_set_text(b, "id", "b", "/sys/b");
	gd_set_absent(b, "name", "/sys/b/name");
	gd_set_unknown(b, "cu_count", GD_GAP_DENIED, "/sys/b/cu: permission denied", "run it as root");
	gd_set_text(b, "firmware", "6.10", "/sys/b/fw");
	gd_set_unknown(b, "uuid", GD_GAP_ASLEEP, NULL, NULL);
	gd_set_text(c, "id", "c", "/sys/c");
	gd_set_text(box, "id", "box", "test");
	gd_set_text(box, "kernel_release", "6.10.3-200.fc40", "/proc/sys/kernel/osrelease");
	gd_set_int(box, "ram_mib", 65536, "/proc/meminfo");
	gd_set_text(box, "os_id", "fedora", "/etc/os-release");
	gd_set_bool(box, "virtual", false, "/proc/cpuinfo");
	gd_facts_complete(f, "card");
	gd_facts_complete(f, "box");
	gd_facts_close(f);
	return f;
}

#endif
