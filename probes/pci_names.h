/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_PCI_NAMES_H
#define GD_PROBE_PCI_NAMES_H
/*
 * Names from pci.ids, through libpci.
 *
 * pci.ids is a table of names as our own database is, not a fact of the machine
 * asked: it is read from the machine this program runs on. Parsing it takes
 * longer than most probes, so it is opened only for what our database lacks.
 */
#include "base/defs.h"

struct gd_pci_names;

struct gd_pci_names *gd_pci_names_open(void);
void gd_pci_names_free(struct gd_pci_names *names);
static inline void gd_pci_names_freep(struct gd_pci_names **names)
{
	gd_pci_names_free(*names);
}

/* The name, owned, or NULL where pci.ids has none. A `device` below 0 asks for the vendor's. */
char *gd_pci_names_find(struct gd_pci_names *names, int vendor, int device);

#endif
