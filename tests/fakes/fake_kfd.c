/* SPDX-License-Identifier: MIT */
/*
 * AMD's compute driver without a GPU, for LD_PRELOAD: /dev/kfd can be opened and
 * answers what a runtime asks while it starts. Nothing computes. The topology
 * is not its business: tests/fakes/kfd_topology.py lays that out.
 *
 *   FAKE_KFD_GPU_ID  the number that the topology gives the GPU
 *   FAKE_KFD_RENDER  set: render nodes can be opened too, without answers
 *   FAKE_KFD_ERRNO   what opening /dev/kfd fails with
 *
 * Numbers and structures as in linux/kfd_ioctl.h, which not every system can
 * compile: it includes a header of libdrm.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
	GET_VERSION = 0x01,
	GET_CLOCK_COUNTERS = 0x05,
	CREATE_EVENT = 0x08,
	WAIT_EVENTS = 0x0c,
	GET_TILE_CONFIG = 0x12,
	GET_PROCESS_APERTURES_NEW = 0x14,
	ALLOC_MEMORY = 0x16,
	MAP_MEMORY = 0x18,
	UNMAP_MEMORY = 0x19,
	SVM = 0x20,
	SET_XNACK_MODE = 0x21,
	AVAILABLE_MEMORY = 0x23,
};

struct version {
	uint32_t major, minor;
};
struct clocks {
	uint64_t gpu, cpu, system, system_hz;
};
struct event {
	uint64_t page_offset;
	uint32_t trigger, type, auto_reset, node, id, slot;
};
struct wait {
	uint64_t events;
	uint32_t count, for_all, timeout_ms, result;
};
struct tiles {
	uint64_t tiles, macro_tiles;
	uint32_t tile_count, macro_tile_count, gpu_id, address_config, banks, ranks;
};
struct aperture {
	uint64_t lds_base, lds_limit, scratch_base, scratch_limit, gpuvm_base, gpuvm_limit;
	uint32_t gpu_id, pad;
};
struct apertures {
	uint64_t list;
	uint32_t count, pad;
};
struct allocation {
	uint64_t address, bytes, handle, mmap_offset;
	uint32_t gpu_id, flags;
};
struct mapping {
	uint64_t handle, devices;
	uint32_t count, done;
};
struct available {
	uint64_t bytes;
	uint32_t gpu_id, pad;
};

/* What the runtime maps of this device is plain memory; no file is so long. */
static const uint64_t mark = UINT64_C(0x0f) << 56;
static int device = -1;
static int renders[16];
static int render_count;

/* The function of this name that this one stands before. */
#define NEXT(name) \
	__extension__({ \
		static __typeof__(name) *f; \
		void *found = f ? NULL : dlsym(RTLD_NEXT, #name); \
		if (!f) \
			memcpy(&f, &found, sizeof(f)); \
		f; \
	})

static int open_device(void)
{
	const char *error = getenv("FAKE_KFD_ERRNO");

	if (error) {
		errno = atoi(error);
		return -1;
	}
	if (device < 0)
		device = memfd_create("kfd", MFD_CLOEXEC);
	return device;
}

static int open_render(void)
{
	int fd = memfd_create("render", MFD_CLOEXEC);

	if (fd >= 0 && render_count < 16)
		renders[render_count++] = fd;
	return fd;
}

static bool is_render(int fd)
{
	for (int i = 0; i < render_count; i++)
		if (renders[i] == fd)
			return true;
	return false;
}

/* -2: not one of ours. */
static int open_ours(const char *path)
{
	if (!strcmp(path, "/dev/kfd"))
		return open_device();
	if (getenv("FAKE_KFD_RENDER") && !strncmp(path, "/dev/dri/renderD", 16))
		return open_render();
	return -2;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	int mode;
	int fd = open_ours(path);

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
	va_end(args);
	return fd != -2 ? fd : NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list args;
	int mode;
	int fd = open_ours(path);

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
	va_end(args);
	return fd != -2 ? fd : NEXT(open64)(path, flags, mode);
}

int close(int fd)
{
	/* The runtime opens the device twice, and the second shall outlive the first. */
	if (fd >= 0 && fd == device)
		return 0;
	return NEXT(close)(fd);
}

void *mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	int private = (flags & ~(MAP_SHARED | MAP_SHARED_VALIDATE)) | MAP_PRIVATE | MAP_ANONYMOUS;

	if (((uint64_t)offset & mark) != mark && (fd < 0 || (fd != device && !is_render(fd))))
		return NEXT(mmap)(address, bytes, protection, flags, fd, offset);
	return NEXT(mmap)(address, bytes, PROT_READ | PROT_WRITE, private, -1, 0);
}

void *mmap64(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	return mmap(address, bytes, protection, flags, fd, offset);
}

static uint32_t gpu_id(void)
{
	const char *id = getenv("FAKE_KFD_GPU_ID");

	return id ? (uint32_t)strtoul(id, NULL, 10) : 4660;
}

static void fill_apertures(struct apertures *all)
{
	struct aperture *one = (struct aperture *)(uintptr_t)all->list;

	if (all->count && one)
		*one = (struct aperture){
			.lds_base = UINT64_C(0x1000000000000),
			.lds_limit = UINT64_C(0x10000ffffffff),
			.scratch_base = UINT64_C(0x2000000000000),
			.scratch_limit = UINT64_C(0x20000ffffffff),
			.gpuvm_base = 0x4000,
			.gpuvm_limit = UINT64_C(0x7fffffffffff),
			.gpu_id = gpu_id(),
		};
	all->count = 1;
}

static void fill_clocks(struct clocks *all)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	all->system = all->cpu = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	all->gpu = all->cpu / 10;
	all->system_hz = 1000000000;
}

static void fill_event(struct event *e)
{
	static uint32_t count;

	e->id = e->slot = e->trigger = ++count;
	e->page_offset = mark | 1 << 24;
}

static void fill_allocation(struct allocation *a)
{
	static uint64_t count;

	a->handle = ++count;
	a->mmap_offset = mark | count << 28;
}

/* Every wait is in vain. */
static void wait_a_bit(struct wait *w)
{
	usleep((w->timeout_ms < 50 ? w->timeout_ms : 50) * 1000);
	w->result = 1;
}

static int answer(unsigned long request, void *arg)
{
	struct mapping *map = arg;

	switch (request & 0xff) {
	case GET_VERSION:
		*(struct version *)arg = (struct version){ 1, 16 };
		return 0;
	case GET_CLOCK_COUNTERS:
		fill_clocks(arg);
		return 0;
	case CREATE_EVENT:
		fill_event(arg);
		return 0;
	case WAIT_EVENTS:
		wait_a_bit(arg);
		return 0;
	case GET_TILE_CONFIG:
		((struct tiles *)arg)->tile_count = ((struct tiles *)arg)->macro_tile_count = 0;
		((struct tiles *)arg)->address_config = 0x545;
		return 0;
	case GET_PROCESS_APERTURES_NEW:
		fill_apertures(arg);
		return 0;
	case ALLOC_MEMORY:
		fill_allocation(arg);
		return 0;
	case MAP_MEMORY:
	case UNMAP_MEMORY:
		map->done = map->count;
		return 0;
	case SET_XNACK_MODE:
		*(int32_t *)arg = 0;
		return 0;
	case AVAILABLE_MEMORY:
		((struct available *)arg)->bytes = UINT64_C(8) << 30;
		return 0;
	case SVM:
		errno = EPERM;
		return -1;
	default:
		return 0;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (fd >= 0 && fd == device)
		return answer(request, arg);
	if (is_render(fd)) {
		errno = EINVAL;
		return -1;
	}
	return NEXT(ioctl)(fd, request, arg);
}
