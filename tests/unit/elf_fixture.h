/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_ELF_FIXTURE_H
#define GD_TEST_ELF_FIXTURE_H
/* ELF files with the sections that are given, of both classes and byte orders. */
#include <elf.h>

#include "object_fixture.h"

struct section {
	const char *name;
	uint32_t type;
	const struct gd_buf *data;
	uint32_t link; /* from 1, in the order that they are given */
	uint64_t align;
};

struct elf_kind {
	bool narrow; /* 32 bits */
	bool backward; /* most byte first */
	unsigned type;
	unsigned machine;
	unsigned osabi;
	unsigned abi_version;
	uint32_t flags;
};

static const struct elf_kind x86_64 = { .type = ET_DYN, .machine = EM_X86_64 };

static inline void put_n_bytes(struct gd_buf *b, const struct elf_kind *k, uint64_t n, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		gd_buf_putc(b, (char)(n >> 8 * (k->backward ? bytes - 1 - i : i) & 0xff));
}

/* An address or an offset. */
static inline void put_word(struct gd_buf *b, const struct elf_kind *k, uint64_t n)
{
	put_n_bytes(b, k, n, k->narrow ? 4 : 8);
}

static inline void put_section_head(struct gd_buf *b, const struct elf_kind *k, uint32_t name, const struct section *s,
				    uint64_t at, uint64_t size)
{
	put_n_bytes(b, k, name, 4);
	put_n_bytes(b, k, s->type, 4);
	put_word(b, k, 0); /* flags */
	put_word(b, k, 0); /* address */
	put_word(b, k, at);
	put_word(b, k, size);
	put_n_bytes(b, k, s->link, 4);
	put_n_bytes(b, k, 0, 4);
	put_word(b, k, s->align ? s->align : 1);
	put_word(b, k, 0);
}

static inline void put_elf_head(struct gd_buf *b, const struct elf_kind *k, uint64_t table_at, unsigned sections)
{
	gd_buf_puts(b, "\177ELF");
	gd_buf_putc(b, k->narrow ? ELFCLASS32 : ELFCLASS64);
	gd_buf_putc(b, k->backward ? ELFDATA2MSB : ELFDATA2LSB);
	gd_buf_putc(b, EV_CURRENT);
	gd_buf_putc(b, (char)k->osabi);
	gd_buf_putc(b, (char)k->abi_version);
	put_zeros(b, 7);
	put_n_bytes(b, k, k->type, 2);
	put_n_bytes(b, k, k->machine, 2);
	put_n_bytes(b, k, EV_CURRENT, 4);
	put_word(b, k, 0);
	put_word(b, k, 0);
	put_word(b, k, table_at);
	put_n_bytes(b, k, k->flags, 4);
	put_n_bytes(b, k, k->narrow ? 52 : 64, 2);
	put_n_bytes(b, k, 0, 2);
	put_n_bytes(b, k, 0, 2);
	put_n_bytes(b, k, k->narrow ? 40 : 64, 2);
	put_n_bytes(b, k, sections, 2);
	put_n_bytes(b, k, sections - 1, 2);
}

/* The sections, then their names as the last section, then the table, as linkers do it. */
static inline void put_elf(struct gd_buf *out, const struct elf_kind *k, const struct section *sections, size_t count)
{
	static const struct section none = { .type = SHT_NULL };
	const struct section strings = { .name = ".shstrtab", .type = SHT_STRTAB };
	size_t head = k->narrow ? 52 : 64;
	gd_autobuf body = { 0 };
	gd_autobuf names = { 0 };
	gd_autobuf table = { 0 };

	put_zeros(&body, head);
	gd_buf_putc(&names, '\0');
	put_section_head(&table, k, 0, &none, 0, 0);
	for (size_t i = 0; i < count; i++) {
		uint64_t bytes = sections[i].data ? sections[i].data->len : 0;

		align(&body, 0, sections[i].align ? sections[i].align : 8);
		put_section_head(&table, k, (uint32_t)names.len, &sections[i], body.len, bytes);
		gd_buf_add(&names, sections[i].name, strlen(sections[i].name) + 1);
		if (bytes && sections[i].type != SHT_NOBITS)
			gd_buf_add(&body, sections[i].data->data, sections[i].data->len);
	}
	put_section_head(&table, k, (uint32_t)names.len, &strings, body.len, names.len + sizeof(".shstrtab"));
	gd_buf_add(&names, ".shstrtab", sizeof(".shstrtab"));
	gd_buf_add(&body, names.data, names.len);
	align(&body, 0, 8);
	put_elf_head(out, k, body.len, (unsigned)count + 2);
	gd_buf_add(out, body.data + head, body.len - head);
	gd_buf_add(out, table.data, table.len);
}

/* A dynamic section, and the strings that it points to. */
struct dynamic {
	struct gd_buf entries;
	struct gd_buf strings;
};

static inline void put_dynamic(struct dynamic *d, const struct elf_kind *k, uint64_t tag, const char *text)
{
	if (!d->strings.len)
		gd_buf_putc(&d->strings, '\0');
	put_word(&d->entries, k, tag);
	put_word(&d->entries, k, text ? d->strings.len : 0);
	if (text)
		gd_buf_add(&d->strings, text, strlen(text) + 1);
}

static inline void free_dynamic(struct dynamic *d)
{
	gd_buf_free(&d->entries);
	gd_buf_free(&d->strings);
}
#define autodynamic GD_CLEANUP(free_dynamic) struct dynamic

/* HIP's wrappers of bundles: magic, version, two pointers. */
static inline void put_wrappers(struct gd_buf *b, const char *magic, size_t count)
{
	while (count--) {
		gd_buf_puts(b, magic);
		put_le(b, 1, 4);
		put_zeros(b, 16);
	}
}

#endif
