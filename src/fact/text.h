/* SPDX-License-Identifier: MIT */
#ifndef GD_TEXT_H
#define GD_TEXT_H
/*
 * The text form of facts: what `gpudoctor facts` prints, and how facts travel.
 *
 *   gpudoctor-facts 1
 *   table gpu complete
 *   row
 *     id = "0000:64:00.0" @ "/sys/bus/pci/devices"
 *     cu_count = 12 @ "/sys/class/kfd/kfd/topology/nodes/1/properties"
 *     driver absent @ "/sys/bus/pci/devices/0000:64:00.0/driver"
 *     performance_level unknown asleep "the device is suspended" fix "use it, then look again"
 *   table pci_device incomplete not-captured "…" fix "…"
 *   end
 *
 * Quoted text escapes \" \\ and, as \xNN, control characters. "@" gives the
 * source. Blanks between words are free. A cell that is left out was not asked
 * for, and reads as unknown (not-probed).
 */
#include "base/buf.h"
#include "fact/fact.h"

struct gd_text_options {
	const char *const *tables; /* NULL-terminated, or NULL for all */
	bool show_private; /* else the values of private columns are printed as unknown (denied) */
};

void gd_text_print(const struct gd_facts *f, const struct gd_text_options *options, struct gd_buf *out);

/*
 * Reads facts into tables that are already declared in `f`. A table that is not
 * declared, a column or value that does not fit, or a truncated text is refused
 * with `name` and line, and so is a row without its key or with the key of another;
 * what was read before it stays, and is of no use.
 */
int gd_text_parse(struct gd_facts *f, const char *name, const char *text, size_t len, struct gd_err *err) GD_MUST_CHECK;

/* A quoted string as above. */
void gd_text_quote(struct gd_buf *out, const char *s);

#endif
