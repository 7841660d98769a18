/* SPDX-License-Identifier: MIT */
/* Memory windows: `resource` is the kernel's own list, resourceN_resize a read of the device. */
#include <errno.h>

#include "base/parse.h"
#include "pci.h"

/* From the kernel's include/linux/ioport.h. */
enum {
	RES_MEM = 0x200,
	RES_PREFETCH = 0x2000,
	RES_MEM_64 = 0x100000,
	RES_DISABLED = 0x10000000,
	RES_UNSET = 0x20000000,
};

enum { BARS = 6, MIB_SHIFT = 20, SIZE_BITS_MAX = 43 };

/* The size in MiB of the window in one line, 0 where it is of another kind; -EINVAL where the line is none. */
static int window_mib(const char *line, int64_t *ret)
{
	gd_autostrv words = { 0 };
	uint64_t v[3] = { 0 };
	uint64_t bytes_less_one;

	gd_strv_split(&words, line, " \t");
	if (words.count != GD_COUNT(v))
		return -EINVAL;
	for (size_t i = 0; i < GD_COUNT(v); i++)
		if (gd_parse_u64(words.items[i], 16, &v[i]) < 0)
			return -EINVAL;
	*ret = 0;
	if (!(v[2] & RES_MEM) || v[2] & (RES_DISABLED | RES_UNSET) || !(v[2] & (RES_PREFETCH | RES_MEM_64)))
		return 0;
	if (v[1] <= v[0])
		return 0;
	bytes_less_one = v[1] - v[0];
	/* Adding the one first could overflow. */
	*ret = (int64_t)(bytes_less_one >> MIB_SHIFT) + ((bytes_less_one + 1) % (1 << MIB_SHIFT) == 0);
	return 0;
}

static void take_resource(struct gd_ctx *ctx, struct gd_pci_dev *dev)
{
	gd_autofree path = gd_pci_path(dev->address, "resource");
	gd_autobuf text = { 0 };
	gd_autostrv lines = { 0 };
	int64_t largest = 0;

	if (!gd_take_content(ctx, dev->row, "bar_max_mib", path, &text))
		return;
	gd_strv_split(&lines, gd_buf_peek(&text), "\n");
	if (!lines.count) {
		gd_take_garbage(dev->row, "bar_max_mib", path, "");
		return;
	}
	for (size_t i = 0; i < lines.count && i < BARS; i++) {
		int64_t mib;

		if (window_mib(lines.items[i], &mib) < 0) {
			gd_take_garbage(dev->row, "bar_max_mib", path, lines.items[i]);
			return;
		}
		if (mib > largest)
			largest = mib;
	}
	if (largest)
		gd_set_int(dev->row, "bar_max_mib", largest, path);
	else
		gd_set_absent(dev->row, "bar_max_mib", path);
}

/* Bit n of the mask stands for 2^(n+20) bytes. */
static int64_t largest_size_mib(uint64_t mask)
{
	for (int bit = SIZE_BITS_MAX; bit >= 0; bit--)
		if (mask >> bit & 1)
			return (int64_t)1 << bit;
	return 0;
}

static void take_resize(struct gd_ctx *ctx, struct gd_pci_dev *dev)
{
	gd_autofree best_path = NULL;
	int64_t best = 0;
	bool unsure = false;

	for (int i = 0; i < BARS; i++) {
		gd_autofree path = gd_xasprintf(GD_PCI_DEVICES "/%s/resource%d_resize", dev->address, i);
		gd_autobuf text = { 0 };
		uint64_t mask;
		int r = gd_host_read(ctx->host, path, &text);

		if (r < 0 && r != -ENOENT && !unsure) {
			gd_take_error(ctx, dev->row, "rebar_max_mib", path, r);
			unsure = true;
		} else if (r == 0 && gd_parse_u64(gd_buf_peek(&text), 16, &mask) < 0) {
			gd_take_garbage(dev->row, "rebar_max_mib", path, text.data ? gd_trim(text.data) : "");
			unsure = true;
		} else if (r == 0 && largest_size_mib(mask) > best) {
			best = largest_size_mib(mask);
			free(GD_STEAL(best_path));
			best_path = GD_STEAL(path);
		}
	}
	if (best)
		gd_set_int(dev->row, "rebar_max_mib", best, best_path);
	else if (!unsure)
		gd_set_absent(dev->row, "rebar_max_mib", GD_PCI_DEVICES);
}

void gd_pci_bars(struct gd_ctx *ctx, struct gd_pci_dev *dev)
{
	take_resource(ctx, dev);
	if (dev->quiet)
		gd_pci_set_asleep(dev->row, "rebar_max_mib");
	else
		take_resize(ctx, dev);
}
