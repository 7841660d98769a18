/* SPDX-License-Identifier: MIT */
#include "pci_names.h"

#include <pci/pci.h>
#include <setjmp.h>

#include "base/alloc.h"

struct gd_pci_names {
	struct pci_access *access;
	bool broken; /* libpci gave up on the file */
};

/* libpci's error hook must not return and takes no argument of ours. */
static _Thread_local jmp_buf way_out;

static void GD_NORETURN GD_PRINTF(1, 2) on_error(char *msg, ...)
{
	(void)msg;
	longjmp(way_out, 1);
}

static void GD_PRINTF(1, 2) on_message(char *msg, ...)
{
	(void)msg;
}

struct gd_pci_names *gd_pci_names_open(void)
{
	struct gd_pci_names *names = gd_xcalloc(1, sizeof(*names));

	/* No pci_init(): names need no access to a bus, and it would look for one. */
	names->access = pci_alloc();
	names->access->error = on_error;
	names->access->warning = on_message;
	names->access->debug = on_message;
	/* By default libpci also reads a cache in the caller's home. */
	names->access->id_lookup_mode = PCI_LOOKUP_NO_HWDB;
	return names;
}

void gd_pci_names_free(struct gd_pci_names *names)
{
	if (!names)
		return;
	/* pci_cleanup() calls the methods that pci_init() would have chosen, but only where it did. */
	if (!setjmp(way_out))
		pci_cleanup(names->access);
	free(names);
}

/* Keeps setjmp() away from variables that change. */
static const char *look_up(struct gd_pci_names *names, char *buf, int size, int vendor, int device)
{
	if (setjmp(way_out)) {
		names->broken = true;
		return NULL;
	}
	if (device < 0)
		return pci_lookup_name(names->access, buf, size, PCI_LOOKUP_VENDOR | PCI_LOOKUP_NO_NUMBERS, vendor);
	return pci_lookup_name(names->access, buf, size, PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_NUMBERS, vendor, device);
}

char *gd_pci_names_find(struct gd_pci_names *names, int vendor, int device)
{
	char buf[256];
	const char *name;

	if (names->broken)
		return NULL;
	name = look_up(names, buf, sizeof(buf), vendor, device);
	return name ? gd_xstrdup(name) : NULL;
}
