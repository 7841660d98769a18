/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <unistd.h>

enum { CHUNK_BYTES = 4096 };

int gd_read_fd(int fd, size_t max, struct gd_buf *out)
{
	size_t total = 0;

	for (;;) {
		size_t room = max - total < CHUNK_BYTES ? max - total + 1 : CHUNK_BYTES;
		ssize_t n = read(fd, gd_buf_reserve(out, room), room);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		out->data[out->len + (size_t)n] = '\0';
		if (!n)
			return 0;
		out->len += (size_t)n;
		total += (size_t)n;
		if (total > max)
			return -EFBIG;
	}
}

int gd_read_at(int fd, uint64_t at, void *to, size_t len)
{
	char *p = to;

	if (at > INT64_MAX - len)
		return -ENODATA;
	while (len) {
		ssize_t n = pread(fd, p, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -ENODATA;
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int gd_write_fd(int fd, const void *from, size_t len)
{
	const char *p = from;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}
