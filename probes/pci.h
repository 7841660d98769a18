/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_PCI_H
#define GD_PROBE_PCI_H
/* What the parts of the pci probe share. */
#include "probe/probe.h"

#define GD_PCI_DEVICES "/sys/bus/pci/devices"
#define GD_ASLEEP_REMEDY "use the GPU for a moment, e.g. run a program on it, then check again"

struct gd_pci_names;

struct gd_pci_dev {
	char *address;
	struct gd_row *row;
	bool gpu; /* a display device or an accelerator */
	bool power_done;
	bool link_done;
	bool quiet; /* asleep, or perhaps asleep: its registers are not to be read */
};

struct gd_pci_set {
	struct gd_pci_dev *devs; /* by address, as strcmp() orders them */
	size_t count;
	size_t cap;
};

/* The device with this address, or NULL; borrowed. */
struct gd_pci_dev *gd_pci_find(const struct gd_pci_set *set, const char *address);
/* 0000:03:00.0, as the kernel writes it. */
bool gd_pci_is_address(const char *s);
char *gd_pci_path(const char *address, const char *file);

/* Fills power_state, runtime_status and asleep, from files that wake nobody. */
void gd_pci_power(struct gd_ctx *ctx, struct gd_pci_dev *dev);
/* Unknown, because looking would wake the device. */
void gd_pci_set_asleep(struct gd_row *row, const char *column);
/* True where reading more of the device of this row of pci_device might wake it; NULL reads as false. */
bool gd_pci_might_wake(const struct gd_row *row);

/*
 * The row in pci_device of the first GPU that asking its driver might wake, or
 * NULL; borrowed. `driver` is the kernel driver asked, NULL for any but those of
 * virtual machines, which nobody here can ask. A GPU whose driver is not known
 * counts as one of each.
 */
const struct gd_row *gd_pci_sleeper_peek(const struct gd_ctx *ctx, const char *driver);

/* Fills the link and slot columns of a display device or accelerator. */
void gd_pci_links(struct gd_ctx *ctx, const struct gd_pci_set *set, struct gd_pci_dev *dev);
/* Fills the BAR columns. */
void gd_pci_bars(struct gd_ctx *ctx, struct gd_pci_dev *dev);
/* Fills vendor_name and device_name; opens pci.ids when first needed. */
void gd_pci_name(struct gd_ctx *ctx, struct gd_row *row, struct gd_pci_names **names);

/* As gd_take_list_error(), but a machine whose sysfs is not mounted proves nothing. */
void gd_pci_list_error(struct gd_ctx *ctx, const char *table, const char *path, int error);


#endif
