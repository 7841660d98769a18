/* SPDX-License-Identifier: MIT */
/* Who is known, which file may hold what, and the files with a form of their own. */
#include "host/mask.h"

#include <string.h>

#include "base/alloc.h"
#include "base/parse.h"
#include "host/mask_names.h"
#include "host/mask_scan.h"
#include "host/mask_shape.h"

static bool is_below_any(const char *path, const char *const *dirs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (gd_starts_with(path, dirs[i]))
			return true;
	return false;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s);
	size_t t = strlen(tail);

	return n >= t && !strcmp(s + n - t, tail);
}

/* Software as it was delivered, and what only the kernel writes. */
static bool is_impersonal(const char *path)
{
	static const char *const dirs[] = {
		"/sys/",
		"/usr/",
		"/opt/",
		"/lib",
		"/bin/",
		"/sbin/",
		"/dev/",
		"/nix/",
		"/gnu/",
		"/snap/",
		"/var/lib/dpkg/",
		"/var/lib/pacman/",
		"/var/lib/rpm/",
		"/var/lib/apt/",
		"/var/lib/flatpak/",
		"/etc/os-release",
		"/etc/lsb-release",
		"/etc/issue",
		"/etc/debian_version",
	};

	return is_below_any(path, dirs, GD_COUNT(dirs)) ||
	       (gd_starts_with(path, "/etc/") && ends_with(path, "-release"));
}

static unsigned scope_of_proc(const char *path)
{
	static const char *const personal[] = { "/proc/cmdline",      "/proc/net/",   "/proc/self/",
						"/proc/thread-self/", "/proc/mounts", "/proc/sys/kernel/hostname",
						"/proc/keys" };
	const unsigned all = GD_SCOPE_NAMES | GD_SCOPE_ADDRESSES | GD_SCOPE_SECRETS | GD_SCOPE_SERIALS;
	const char *base = base_of(path);
	bool of_process = gd_is_digit(path[6]) || gd_starts_with(path, "/proc/self/") ||
			  gd_starts_with(path, "/proc/thread-self/");

	if (of_process && (!strcmp(base, "cmdline") || !strcmp(base, "environ")))
		return all | GD_SCOPE_ARGS;
	return of_process || is_below_any(path, personal, GD_COUNT(personal)) ? all : 0;
}

static unsigned scope_of(const char *path)
{
	const unsigned all = GD_SCOPE_NAMES | GD_SCOPE_ADDRESSES | GD_SCOPE_SECRETS | GD_SCOPE_SERIALS;

	if (gd_starts_with(path, "/proc/"))
		return scope_of_proc(path);
	if (gd_starts_with(path, "/sys/"))
		return strcmp(base_of(path), "uevent") ? 0 : GD_SCOPE_SERIALS;
	if (!strcmp(path, GD_MASK_SAID))
		return GD_SCOPE_NAMES;
	if (is_impersonal(path))
		return gd_starts_with(path, "/etc/") ? 0 : GD_SCOPE_SECRETS;
	/* "E:KEY=" there is the keys that a keyboard has. */
	return gd_starts_with(path, "/run/udev/") ? all & ~(unsigned)GD_SCOPE_SECRETS : all;
}

/* Cuts the newline or NUL off that ends a value. */
static size_t value_len(const char *data, size_t len)
{
	while (len && (unsigned char)data[len - 1] <= ' ')
		len--;
	return len;
}

static void put_value(const char *stand_in, const char *data, size_t len, struct gd_buf *out)
{
	size_t n = value_len(data, len);

	gd_buf_puts(out, stand_in);
	gd_buf_add(out, data + n, len - n);
}

/* Names of files that hold nothing but a value that is this machine's alone. */
static bool is_private_file(const char *path)
{
	static const char *const names[] = {
		"serial",
		"serial_number",
		"serial-number",
		"product_serial",
		"board_serial",
		"chassis_serial",
		"product_uuid",
		"board_asset_tag",
		"chassis_asset_tag",
		"machine-id",
		"boot_id",
		"random_id",
		"wwid",
		"wwn",
		"eui",
		"nguid",
		"vpd",
		"vpd_pg80",
		"vpd_pg83",
		"uniq",
		"node_guid",
		"sys_image_guid",
	};
	const char *base = base_of(path);

	/* /proc/tty/driver/serial and files of that name in /usr are others. */
	if (!gd_starts_with(path, "/sys/") && !gd_starts_with(path, "/proc/sys/kernel/random/") &&
	    !gd_starts_with(path, "/proc/device-tree/") && strcmp(base, "machine-id"))
		return false;
	for (size_t i = 0; i < GD_COUNT(names); i++)
		if (!strcmp(base, names[i]))
			return true;
	return false;
}

static void mask_private_file(struct gd_mask *m, const char *data, size_t len, struct gd_buf *out)
{
	size_t n = value_len(data, len);
	char digits[33];

	if (gd_is_placeholder(data, n)) {
		gd_buf_add(out, data, len);
	} else if (gd_shape_uuid(data, n, digits) == n) {
		gd_mask_put_uuid(m, digits, "-", out);
		gd_buf_add(out, data + n, len - n);
	} else if (n == 32 && gd_hex_run(data, n, n) == n) {
		for (size_t i = 0; i < n; i++)
			digits[i] = gd_to_lower(data[i]);
		digits[n] = '\0';
		gd_mask_put_uuid(m, digits, "", out);
		gd_buf_add(out, data + n, len - n);
	} else {
		put_value("masked", data, len, out);
	}
}

/* A number alone: unique_id in hex, xgmi_hive_id in decimal. Anything else becomes "masked". */
static void mask_id_file(struct gd_mask *m, int base, const char *data, size_t len, struct gd_buf *out)
{
	size_t n = value_len(data, len);
	gd_autofree text = gd_xstrndup(data, n);
	uint64_t id;

	if (gd_is_placeholder(data, n)) {
		gd_buf_add(out, data, len);
		return;
	}
	if (strlen(text) != n || gd_parse_u64(text, base, &id) < 0) {
		put_value("masked", data, len, out);
		return;
	}
	if (base == 16 && n > 2 && gd_to_lower(text[1]) == 'x')
		gd_buf_add(out, text, 2);
	gd_mask_put_id(m, id, base, base == 16 && gd_to_lower(text[1]) != 'x' ? n : 0, out);
	gd_buf_add(out, data + n, len - n);
}

/* Calls `f` for each line, its newline included. */
static void each_line(void (*f)(struct gd_mask *, const char *, size_t, struct gd_buf *), struct gd_mask *m,
		      const char *data, size_t len, struct gd_buf *out)
{
	while (len) {
		const char *eol = memchr(data, '\n', len);
		size_t n = eol ? (size_t)(eol - data) + 1 : len;

		f(m, data, n, out);
		data += n;
		len -= n;
	}
}

static void mask_property(struct gd_mask *m, const char *line, size_t len, struct gd_buf *out)
{
	static const char *const keys[] = { "unique_id ", "hive_id " };
	size_t skip = 0;

	for (size_t i = 0; i < GD_COUNT(keys); i++)
		if (len > strlen(keys[i]) && !memcmp(line, keys[i], strlen(keys[i])))
			skip = strlen(keys[i]);
	gd_buf_add(out, line, skip ? skip : len);
	if (skip)
		mask_id_file(m, 10, line + skip, len - skip, out);
}

static bool is_name_file(const char *path)
{
	return !strcmp(path, "/etc/hostname") || !strcmp(path, "/proc/sys/kernel/hostname") ||
	       !strcmp(path, "/proc/sys/kernel/domainname");
}

static void mask_name_file(const char *path, const char *data, size_t len, struct gd_buf *out)
{
	if (gd_is_placeholder(data, value_len(data, len)))
		gd_buf_add(out, data, len);
	else
		put_value(ends_with(path, "domainname") ? "masked" : "host", data, len, out);
}

void gd_mask_content(struct gd_mask *m, const char *path, const char *data, size_t len, struct gd_buf *out)
{
	const char *base = base_of(path);

	if (is_name_file(path))
		mask_name_file(path, data, len, out);
	else if (is_private_file(path))
		mask_private_file(m, data, len, out);
	else if (gd_starts_with(path, "/sys/") && !strcmp(base, "unique_id"))
		mask_id_file(m, 16, data, len, out);
	else if (gd_starts_with(path, "/sys/") && !strcmp(base, "xgmi_hive_id"))
		mask_id_file(m, 10, data, len, out);
	else if (strstr(path, "/kfd/topology/") && ends_with(path, "/properties"))
		each_line(mask_property, m, data, len, out);
	else if (gd_is_account_file(path))
		gd_mask_accounts(m, path, data, len, out);
	else
		gd_scan_text(m, scope_of(path), data, len, out);
}

void gd_mask_path(struct gd_mask *m, const char *path, struct gd_buf *out)
{
	/* Directories with an entry for each person. */
	static const char *const of_people[] = {
		"/var/lib/systemd/linger/", "/var/spool/", "/var/mail/", "/media/", "/run/media/",
		"/var/lib/AccountsService/"
	};
	unsigned scope = scope_of(path) & GD_SCOPE_NAMES;

	if (path[0] != '/')
		scope = strstr(path, "devices/") || strstr(path, "/bus/") || strstr(path, "/module/") ? 0
												      : GD_SCOPE_NAMES;
	if (is_below_any(path, of_people, GD_COUNT(of_people)))
		scope |= GD_SCOPE_COMMON;
	gd_scan_text(m, scope, path, strlen(path), out);
}
