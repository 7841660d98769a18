/* SPDX-License-Identifier: MIT */
/*
 * ELF files: what the loader is told, the sections that hold bundles, and code
 * objects, which are ELF files too. libelf reads the headers, whatever their
 * class and byte order; what they point to is read here, piece by piece, since
 * libelf would read whole sections.
 */
#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

#include "base/alloc.h"
#include "object/object_parts.h"

enum {
	MAX_FATBINS = 16,
	MAX_DYNAMIC_BYTES = 64 * 1024,
	MAX_REFERENCE_BYTES = 1024 * 1024, /* two names and some paths */
	MAX_WRAPPERS = 65536,
	WRAPPER_BYTES = 24, /* __CudaFatBinaryWrapper: magic, version, two pointers */
	SECTION_NAME_BYTES = 24,
	AMDGPU = 224, /* EM_AMDGPU */
	OSABI_HSA = 64, /* ELFOSABI_AMDGPU_HSA */
	E_MACHINE = 18, /* in headers of both classes */
	E_FLAGS_64 = 48,
	E_FLAGS_32 = 36,
};

/* A wrapper's magic, as it stands in the file: that of a bundle in this file, and that of an archive. */
static const unsigned char magic_hipf[] = { 'F', 'P', 'I', 'H' };
static const unsigned char magic_hipk[] = { 'H', 'I', 'P', 'K' };

struct range {
	uint64_t at;
	uint64_t end;
};

struct elf {
	struct gd_object *o;
	Elf *e;
	int fd;
	struct range names; /* of sections */
	struct range fatbins[MAX_FATBINS];
	size_t fatbin_count;
	bool in_file; /* a wrapper says that its bundle is in this file */
	/* The linker makes one of each; of more, only the first is read. */
	bool dynamic;
	bool reference;
};

bool gd_elf_is(const unsigned char *head, size_t len)
{
	return len >= SELFMAG && !memcmp(head, ELFMAG, SELFMAG);
}

bool gd_elf_is_code(const unsigned char *head, size_t len)
{
	return len >= sizeof(Elf64_Ehdr) && gd_elf_is(head, len) && head[EI_CLASS] == ELFCLASS64 &&
	       gd_le16(head + E_MACHINE) == AMDGPU;
}

void gd_elf_add_code(struct gd_object *o, uint64_t at, const unsigned char *head, uint64_t size_bytes)
{
	uint32_t flags = gd_le32(head + E_FLAGS_64);
	struct gd_target t;

	if (head[EI_OSABI] != OSABI_HSA)
		gd_object_fault(o, at, "a code object for another loader than ROCm's: its ABI is %u", head[EI_OSABI]);
	else if (gd_target_of_flags(flags, head[EI_ABIVERSION], &t) < 0)
		gd_object_fault(o, at, "a code object of ABI version %u for an unknown processor: its flags are 0x%x",
				head[EI_ABIVERSION], flags);
	else
		gd_object_add_target(o, at, &t, size_bytes);
}

/* NULL, and the fault noted, where it does not lie in the section of strings. Owned. */
static char *read_string(struct elf *f, const struct range *strings, uint64_t offset, int *error)
{
	char *s = NULL;
	size_t len = 0;

	*error = 0;
	while (gd_is_inside(offset, len + 1, strings->end - strings->at) && len < GD_OBJECT_MAX_TEXT_BYTES) {
		uint64_t at = strings->at + offset + len;
		size_t n = strings->end - at < 256 ? (size_t)(strings->end - at) : 256;
		size_t got;

		s = gd_xrealloc_array(s, len + n + 1, 1);
		*error = gd_object_read_at(f->o, f->fd, at, s + len, n);
		if (*error < 0)
			break;
		got = strnlen(s + len, n);
		len += got;
		s[len] = '\0';
		if (got < n)
			return s;
	}
	free(s);
	if (*error == -ENODATA)
		*error = 0;
	gd_object_fault(f->o, strings->at, "there is no string at %llu of this section", (unsigned long long)offset);
	return NULL;
}

/* The part of the section that is in the file; none, and the fault noted, where it is not all there. */
static struct range range_of(struct elf *f, const GElf_Shdr *sh)
{
	struct range r = { .at = sh->sh_offset, .end = sh->sh_offset };

	if (sh->sh_type == SHT_NOBITS)
		return r;
	if (gd_is_inside(sh->sh_offset, sh->sh_size, f->o->size_bytes))
		r.end = sh->sh_offset + sh->sh_size;
	else
		gd_object_fault(f->o, sh->sh_offset, "a section of %llu bytes is cut off: the file ends at %llu",
				(unsigned long long)sh->sh_size, (unsigned long long)f->o->size_bytes);
	return r;
}

static bool section_range(struct elf *f, size_t index, struct range *ret)
{
	GElf_Shdr sh;

	if (!gelf_getshdr(elf_getscn(f->e, index), &sh)) {
		gd_object_fault(f->o, 0, "there is no section %zu", index);
		return false;
	}
	*ret = range_of(f, &sh);
	return true;
}

static int take_name(struct elf *f, const struct range *strings, const GElf_Dyn *dyn)
{
	struct gd_object *o = f->o;
	char **to = dyn->d_tag == DT_SONAME ? &o->soname : dyn->d_tag == DT_RPATH ? &o->rpath : &o->runpath;
	gd_autofree text = NULL;
	int r;

	text = read_string(f, strings, dyn->d_un.d_val, &r);
	if (!text || gd_object_too_long(o, strings->at, strlen(text)))
		return r;
	gd_object_clean(text);
	if (dyn->d_tag == DT_NEEDED)
		gd_strv_add(&o->needed, text);
	else if (!*to)
		*to = GD_STEAL(text);
	return 0;
}

static int read_dynamic(struct elf *f, Elf_Scn *scn, const GElf_Shdr *sh)
{
	struct range own = range_of(f, sh);
	struct range strings;
	Elf_Data *data;
	GElf_Dyn dyn;
	int r = 0;

	if (own.at == own.end || !section_range(f, sh->sh_link, &strings))
		return 0;
	if (f->dynamic) {
		gd_object_fault(f->o, own.at, "a second dynamic section");
		return 0;
	}
	f->dynamic = true;
	if (own.end - own.at > MAX_DYNAMIC_BYTES) {
		gd_object_fault(f->o, own.at, "a dynamic section of %llu bytes",
				(unsigned long long)(own.end - own.at));
		return 0;
	}
	data = elf_getdata(scn, NULL);
	if (!data) {
		gd_object_fault(f->o, own.at, "the dynamic section cannot be read");
		return 0;
	}
	for (int i = 0; r >= 0 && gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++)
		if (dyn.d_tag == DT_NEEDED || dyn.d_tag == DT_SONAME || dyn.d_tag == DT_RPATH ||
		    dyn.d_tag == DT_RUNPATH)
			r = take_name(f, &strings, &dyn);
	return r;
}

/* One of the wrappers for each bundle, which the program registers when it starts. */
static int read_wrappers(struct elf *f, const struct range *own)
{
	uint64_t count = (own->end - own->at) / WRAPPER_BYTES;
	unsigned char raw[64 * WRAPPER_BYTES];

	for (uint64_t i = 0; i < count && i < MAX_WRAPPERS; i += 64) {
		size_t n = count - i < 64 ? (size_t)(count - i) : 64;
		int r = gd_object_read_at(f->o, f->fd, own->at + i * WRAPPER_BYTES, raw, n * WRAPPER_BYTES);

		if (r < 0)
			return r == -ENODATA ? 0 : r;
		for (size_t k = 0; k < n; k++) {
			f->in_file |= !memcmp(raw + k * WRAPPER_BYTES, magic_hipf, sizeof(magic_hipf));
			f->o->kpack |= !memcmp(raw + k * WRAPPER_BYTES, magic_hipk, sizeof(magic_hipk));
		}
	}
	return 0;
}

static int read_name(struct elf *f, const GElf_Shdr *sh, char name[SECTION_NAME_BYTES + 1])
{
	uint64_t size = f->names.end - f->names.at;
	uint64_t n = sh->sh_name < size ? size - sh->sh_name : 0;
	int r;

	n = n < SECTION_NAME_BYTES ? n : SECTION_NAME_BYTES;
	r = n ? gd_object_read_at(f->o, f->fd, f->names.at + sh->sh_name, name, (size_t)n) : 0;
	name[r < 0 ? 0 : n] = '\0';
	return r == -ENODATA ? 0 : r;
}

static int read_named(struct elf *f, const GElf_Shdr *sh)
{
	char name[SECTION_NAME_BYTES + 1];
	struct range own;
	int r = read_name(f, sh, name);

	if (r < 0)
		return r;
	if (!strncmp(name, ".hip_fatbin", strlen(".hip_fatbin"))) {
		f->o->fatbin_bytes += sh->sh_size < f->o->size_bytes ? sh->sh_size : f->o->size_bytes;
		if (f->fatbin_count == MAX_FATBINS)
			gd_object_fault(f->o, sh->sh_offset, "more than %d sections of bundles", MAX_FATBINS);
		else
			f->fatbins[f->fatbin_count++] = (struct range){ sh->sh_offset, sh->sh_offset + sh->sh_size };
		return 0;
	}
	if (!strcmp(name, ".hipFatBinSegment")) {
		own = range_of(f, sh);
		return read_wrappers(f, &own);
	}
	if (strcmp(name, ".rocm_kpack_ref"))
		return 0;
	f->o->kpack = true;
	if (f->reference) {
		gd_object_fault(f->o, sh->sh_offset, "a second section .rocm_kpack_ref");
		return 0;
	}
	f->reference = true;
	own = range_of(f, sh);
	if (own.end - own.at > MAX_REFERENCE_BYTES) {
		gd_object_fault(f->o, own.at, "a section .rocm_kpack_ref of %llu bytes",
				(unsigned long long)(own.end - own.at));
		return 0;
	}
	return gd_kpack_read_reference(f->o, f->fd, own.at, own.end);
}

static int read_sections(struct elf *f, size_t count)
{
	int r = 0;

	for (size_t i = 1; r >= 0 && i < count; i++) {
		Elf_Scn *scn = elf_getscn(f->e, i);
		GElf_Shdr sh;

		if (!gelf_getshdr(scn, &sh)) {
			gd_object_fault(f->o, 0, "the head of section %zu cannot be read", i);
			return 0;
		}
		if (sh.sh_type == SHT_DYNAMIC)
			r = read_dynamic(f, scn, &sh);
		else if (sh.sh_type == SHT_PROGBITS)
			r = read_named(f, &sh);
	}
	return r;
}

/* What was moved to archives left a section behind that the file no longer holds. */
static int read_fatbins(struct elf *f)
{
	bool moved = f->o->kpack && !f->in_file;
	int r = 0;

	for (size_t i = 0; r >= 0 && !moved && i < f->fatbin_count; i++) {
		struct range *own = &f->fatbins[i];

		if (own->end < own->at || own->end > f->o->size_bytes) {
			gd_object_fault(f->o, own->at, "the section of bundles is cut off: the file ends at %llu",
					(unsigned long long)f->o->size_bytes);
			own->end = f->o->size_bytes;
		}
		r = gd_fatbin_read(f->o, f->fd, own->at, own->end);
	}
	return r;
}

static int read_all(struct elf *f, const GElf_Ehdr *eh)
{
	size_t count = 0;
	size_t names = 0;
	int r;

	if (elf_getshdrnum(f->e, &count) < 0 || !gd_is_inside(eh->e_shoff, (uint64_t)count * eh->e_shentsize,
							      f->o->size_bytes) || (eh->e_shoff && !count)) {
		gd_object_fault(f->o, eh->e_shoff, "the table of sections is cut off: the file ends at %llu",
				(unsigned long long)f->o->size_bytes);
		return 0;
	}
	if (!count || !eh->e_shoff) {
		/* Somebody cut it off; the loader does without. A code object itself needs none to be told. */
		if (f->o->kind == GD_OBJECT_ELF)
			gd_object_fault(f->o, 0, "there is no table of sections, which tells where bundles are");
		return 0;
	}
	if (elf_getshdrstrndx(f->e, &names) < 0 || !section_range(f, names, &f->names))
		return 0;
	r = read_sections(f, count);
	return r < 0 ? r : read_fatbins(f);
}

/*
 * libelf makes room for as many sections as the file claims. The header's own
 * field allows 65,279; a larger number stands elsewhere, and the field is 0.
 */
static bool claims_too_much(const unsigned char *head)
{
	static const unsigned char none[8];
	bool wide = head[EI_CLASS] == ELFCLASS64;
	const unsigned char *shnum = head + (wide ? offsetof(Elf64_Ehdr, e_shnum) : offsetof(Elf32_Ehdr, e_shnum));
	const unsigned char *shoff = head + (wide ? offsetof(Elf64_Ehdr, e_shoff) : offsetof(Elf32_Ehdr, e_shoff));

	return !memcmp(shnum, none, 2) && memcmp(shoff, none, wide ? 8 : 4) != 0;
}

static void closep(Elf **e)
{
	elf_end(*e);
}

int gd_elf_read(struct gd_object *o, int fd, const unsigned char *head, size_t len)
{
	struct elf f = { .o = o, .fd = fd };
	GD_CLEANUP(closep) Elf *e = NULL;
	GElf_Ehdr eh;

	o->kind = GD_OBJECT_ELF;
	if (len < sizeof(Elf32_Ehdr) || (head[EI_CLASS] == ELFCLASS64 && len < sizeof(Elf64_Ehdr))) {
		gd_object_fault(o, 0, "the file is cut off in its header");
		return 0;
	}
	if (claims_too_much(head)) {
		gd_object_fault(o, 0, "the file claims more than 65279 sections");
		return 0;
	}
	elf_version(EV_CURRENT);
	e = elf_begin(fd, ELF_C_READ, NULL);
	if (!e || elf_kind(e) != ELF_K_ELF || !gelf_getehdr(e, &eh)) {
		gd_object_fault(o, 0, "the header is not one of an ELF file");
		return 0;
	}
	o->class_bits = gelf_getclass(e) == ELFCLASS64 ? 64 : 32;
	o->machine = eh.e_machine;
	if (eh.e_machine == AMDGPU) {
		o->kind = GD_OBJECT_CODE;
		if (o->class_bits == 64)
			gd_elf_add_code(o, 0, head, o->size_bytes);
		else
			gd_object_fault(o, 0, "a code object of 32 bits, which ROCm does not have");
	}
	f.e = e;
	return read_all(&f, &eh);
}
