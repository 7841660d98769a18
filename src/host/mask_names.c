/* SPDX-License-Identifier: MIT */
#include "host/mask_names.h"

#include <string.h>

#include "base/alloc.h"
#include "base/parse.h"
#include "host/mask_scan.h"
#include "host/mask_shape.h"

/* useradd's range, and that of systemd-homed. */
enum { FIRST_UID = 1000, LAST_UID = 59999, FIRST_HOMED_UID = 60001, LAST_HOMED_UID = 60513 };

/*
 * Names that are words of this field as well. They say little of a person, and
 * replacing the word wherever it stands would ruin what the text says.
 */
static const char common_words[] =
	" localhost root user users host hostname guest admin administrator test tester demo dev work "
	"home me my local localdomain default system masked none ubuntu debian fedora arch archlinux "
	"linux manjaro mint opensuse suse sles centos rocky alma rhel redhat gentoo nixos nix void "
	"alpine raspberrypi pi pop popos bazzite steam steamos deck kali cachyos endeavour "
	"endeavouros wsl server desktop laptop workstation pc box node cluster cloud vm docker podman "
	"video render audio input disk kvm wheel sudo staff adm tty plugdev daemon ollama llama vllm "
	"llm ai ml model models open-webui comfyui comfy lmstudio python torch conda jupyter data app "
	"web api build builder runner ci git nvidia amd intel radeon amdgpu i915 xe rocm cuda hip hsa "
	"opencl vulkan mesa drm kfd gpu gpus cpu npu apu igpu dgpu card memory ram vram gtt framework "
	"strix halo strixhalo phoenix navi vega arc ryzen epyc xeon thinkpad ada turing pascal tesla "
	"volta kepler maxwell fermi ampere hopper blackwell rubin max min mark will may ray page jack "
	"grace rich art bill guy chase hope bin sbin lib lib64 etc var usr opt sys proc run tmp mnt "
	"media srv boot bus class devices device driver drivers block net module modules kernel "
	"firmware power virtual platform pci usb acpi mail cron http https true false yes no on off "
	"name type file group session service slice scope main console ";

static bool is_common(const char *name, size_t len)
{
	gd_autobuf word = { 0 };
	bool letter = false;

	gd_buf_putc(&word, ' ');
	for (size_t i = 0; i < len; i++)
		gd_buf_putc(&word, gd_to_lower(name[i]));
	gd_buf_putc(&word, ' ');
	if (strstr(common_words, word.data))
		return true;
	/* A number as a name would take that number out of every text. */
	for (size_t i = 0; i < len; i++)
		letter = letter || (name[i] && !strchr("0123456789.-", name[i]));
	return !letter || len < 2;
}

static void add_common(struct gd_mask *m, const char *name, size_t len)
{
	gd_autobuf lower = { 0 };

	for (size_t i = 0; i < len; i++)
		gd_buf_putc(&lower, gd_to_lower(name[i]));
	gd_pool_number(&m->pools[GD_POOL_COMMON], lower.data, len);
}

static void add_host(struct gd_mask *m, const char *name, size_t len)
{
	gd_autobuf lower = { 0 };

	if (!len || gd_is_placeholder(name, len))
		return;
	if (is_common(name, len))
		add_common(m, name, len);
	for (size_t i = 0; i < len; i++)
		gd_buf_putc(&lower, gd_to_lower(name[i]));
	gd_pool_number(&m->pools[GD_POOL_HOST], lower.data, len);
	m->dotted = m->dotted || memchr(name, '.', len);
}

/* The whole name, and its first label where it is a full one. */
static void learn_host(struct gd_mask *m, struct gd_host *h, const char *file)
{
	gd_autobuf text = { 0 };
	size_t n;

	if (gd_host_read(h, file, &text) < 0 || !text.len)
		return;
	n = strcspn(gd_trim(text.data), "\n");
	add_host(m, gd_trim(text.data), n);
	add_host(m, gd_trim(text.data), strcspn(gd_trim(text.data), ".\n"));
}

static bool is_persons_id(const char *text)
{
	uint64_t id;

	return gd_parse_u64(text, 10, &id) == 0 &&
	       ((id >= FIRST_UID && id <= LAST_UID) || (id >= FIRST_HOMED_UID && id <= LAST_HOMED_UID));
}

static void learn_people(struct gd_host *h, struct gd_strv *people)
{
	gd_autobuf text = { 0 };
	gd_autostrv lines = { 0 };
	gd_autostrv homes = { 0 };

	if (gd_host_read(h, "/etc/passwd", &text) == 0)
		gd_strv_split(&lines, gd_buf_peek(&text), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		gd_autostrv fields = { 0 };

		gd_strv_split(&fields, lines.items[i], ":");
		/* An empty password field leaves one field less. */
		if (fields.count > 2 && strlen(fields.items[0]) >= 2 &&
		    is_persons_id(fields.items[strstr(lines.items[i], "::") == strchr(lines.items[i], ':') ? 1 : 2]))
			gd_strv_add(people, fields.items[0]);
	}
	if (gd_host_list(h, "/home", &homes) < 0)
		return;
	for (size_t i = 0; i < homes.count; i++) {
		const char *name = homes.items[i];

		if (strlen(name) >= 2 && name[0] != '.' && strcmp(name, "lost+found") && strcmp(name, "linuxbrew"))
			gd_strv_add(people, name);
	}
}

static void learn_machine_id(struct gd_mask *m, struct gd_host *h)
{
	gd_autobuf text = { 0 };

	if (gd_host_read(h, "/etc/machine-id", &text) < 0 || text.len < 32 || gd_hex_run(text.data, text.len, 33) != 32)
		return;
	for (size_t i = 0; i < 32; i++)
		m->machine_id[i] = gd_to_lower(text.data[i]);
}

struct gd_mask *gd_mask_new(struct gd_host *h)
{
	struct gd_mask *m = gd_xcalloc(1, sizeof(*m));
	gd_autostrv people = { 0 };

	learn_host(m, h, "/proc/sys/kernel/hostname");
	learn_host(m, h, "/etc/hostname");
	learn_machine_id(m, h);
	learn_people(h, &people);
	/* Those whose name is a stand-in keep it, so nobody else may get it. */
	for (size_t i = 0; i < people.count; i++) {
		uint64_t n = gd_mask_person_number(people.items[i], strlen(people.items[i]));

		if (n)
			gd_pool_keep(&m->pools[GD_POOL_PERSON], n);
	}
	for (size_t i = 0; i < people.count; i++) {
		const char *name = people.items[i];
		size_t len = strlen(name);

		if (is_common(name, len))
			add_common(m, name, len);
		if (!gd_mask_person_number(name, len))
			gd_pool_number(&m->pools[GD_POOL_PERSON], name, len);
		gd_pool_number(&m->pools[GD_POOL_KNOWN], name, len);
		m->dotted = m->dotted || strchr(name, '.');
	}
	return m;
}

void gd_mask_free(struct gd_mask *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < GD_POOL_COUNT; i++)
		gd_pool_free(&m->pools[i]);
	free(m);
}

enum account_file { FILE_NONE, FILE_PASSWD, FILE_SHADOW, FILE_GROUP, FILE_SUBID };

static enum account_file account_file(const char *path)
{
	static const struct {
		const char *path;
		enum account_file file;
	} files[] = {
		{ "/etc/passwd", FILE_PASSWD }, { "/etc/shadow", FILE_SHADOW }, { "/etc/group", FILE_GROUP },
		{ "/etc/gshadow", FILE_GROUP }, { "/etc/subuid", FILE_SUBID },	{ "/etc/subgid", FILE_SUBID },
	};

	for (size_t i = 0; i < GD_COUNT(files); i++) {
		size_t n = strlen(files[i].path);

		if (!strncmp(path, files[i].path, n) && (!path[n] || !strcmp(path + n, "-")))
			return files[i].file;
	}
	return FILE_NONE;
}

bool gd_is_account_file(const char *path)
{
	return account_file(path) != FILE_NONE;
}

enum { MAX_FIELDS = 9 };

struct field {
	const char *p;
	size_t len;
};

/* The fields of a line; the last one takes what is left. */
static size_t split(const char *line, size_t len, struct field *fields)
{
	size_t count = 0;

	for (;;) {
		const char *colon = count + 1 < MAX_FIELDS ? memchr(line, ':', len) : NULL;
		size_t n = colon ? (size_t)(colon - line) : len;

		fields[count++] = (struct field){ .p = line, .len = n };
		if (!colon)
			return count;
		line += n + 1;
		len -= n + 1;
	}
}

static void put_member(struct gd_mask *m, const char *p, size_t len, struct gd_buf *out)
{
	if (gd_pool_find(&m->pools[GD_POOL_KNOWN], p, len))
		gd_mask_put_person(m, p, len, out);
	else
		gd_scan_text(m, GD_SCOPE_NAMES, p, len, out);
}

static void put_members(struct gd_mask *m, struct field f, struct gd_buf *out)
{
	while (f.len) {
		const char *comma = memchr(f.p, ',', f.len);
		size_t n = comma ? (size_t)(comma - f.p) : f.len;

		put_member(m, f.p, n, out);
		if (comma)
			gd_buf_putc(out, ',');
		f.p += n + (comma != NULL);
		f.len -= n + (comma != NULL);
	}
}

/* "x", "*", "!" and "!!" say where the password is, or that there is none. */
static void put_password(struct field f, struct gd_buf *out)
{
	bool plain = f.len <= 2;

	for (size_t i = 0; i < f.len; i++)
		plain = plain && f.p[i] && strchr("x*!", f.p[i]);
	if (plain)
		gd_buf_add(out, f.p, f.len);
	else
		gd_buf_puts(out, "masked");
}

static void mask_field(struct gd_mask *m, enum account_file file, const struct field *fields, size_t i, bool person,
		       struct gd_buf *out)
{
	struct field f = fields[i];

	if (i == 0 && person)
		gd_mask_put_person(m, f.p, f.len, out);
	else if (i == 1 && file != FILE_SUBID)
		put_password(f, out);
	else if (i >= 2 && file == FILE_GROUP)
		put_members(m, f, out);
	else if (i == 5 && person && file == FILE_PASSWD)
		gd_scan_text(m, GD_SCOPE_NAMES | GD_SCOPE_COMMON, f.p, f.len, out);
	else if (i != 4 || !person || file != FILE_PASSWD)
		gd_scan_text(m, GD_SCOPE_NAMES, f.p, f.len, out);
}

static void mask_account(struct gd_mask *m, enum account_file file, const char *line, size_t len, struct gd_buf *out)
{
	struct field fields[MAX_FIELDS];
	size_t count = split(line, len, fields);
	bool known = gd_pool_find(&m->pools[GD_POOL_KNOWN], line, fields[0].len);
	bool person = known;

	if (count < 2) {
		gd_scan_text(m, GD_SCOPE_NAMES, line, len, out);
		return;
	}
	/* The group "video" is no person's, whoever is called so. */
	if (file == FILE_PASSWD || file == FILE_GROUP) {
		gd_autofree id = count > 3 ? gd_xstrndup(fields[2].p, fields[2].len) : gd_xstrdup("");

		person = is_persons_id(id) && (known || file == FILE_PASSWD);
	}
	for (size_t i = 0; i < count; i++) {
		if (i)
			gd_buf_putc(out, ':');
		mask_field(m, file, fields, i, person, out);
	}
}

void gd_mask_accounts(struct gd_mask *m, const char *path, const char *data, size_t len, struct gd_buf *out)
{
	enum account_file file = account_file(path);

	while (len) {
		const char *eol = memchr(data, '\n', len);
		size_t n = eol ? (size_t)(eol - data) : len;

		mask_account(m, file, data, n, out);
		if (eol)
			gd_buf_putc(out, '\n');
		data += n + (eol != NULL);
		len -= n + (eol != NULL);
	}
}
