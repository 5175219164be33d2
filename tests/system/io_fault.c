/* A library to preload: the n-th call of one kind fails, or does half of its work, once. */
/* SPDX-License-Identifier: Apache-2.0 */
/* NORN_IO_FAULT="KIND:N:ERRNO" (ERRNO 0: a short read or write); the file NORN_IO_MARK is made when it happens. Calls of stderr do not
 * count. Kinds: open read write sync rename close. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long calls;

/* 0: go on; else the number of the error, or -1: do half. */
static int fault_of(const char *kind) {
    const char *plan = getenv("NORN_IO_FAULT"), *mark = getenv("NORN_IO_MARK");
    const size_t n = strlen(kind);
    if (plan == NULL || strncmp(plan, kind, n) != 0 || plan[n] != ':') return 0;
    char *rest;
    const long at = strtol(plan + n + 1, &rest, 10);
    if (atomic_fetch_add(&calls, 1) + 1 != at) return 0;
    const long number = strtol(rest + 1, NULL, 10);
    if (mark != NULL) {
        const long fd = syscall(SYS_openat, AT_FDCWD, mark, O_CREAT | O_WRONLY, 0600);
        if (fd >= 0) syscall(SYS_close, fd);
    }
    return number == 0 ? -1 : (int)number;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL(kind)                    \
    const int fault = fault_of(kind); \
    if (fault > 0) return errno = fault, -1

#define OPEN(name, ...)                    \
    mode_t mode = 0;                       \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list ap;                        \
        va_start(ap, flags);               \
        mode = va_arg(ap, mode_t);         \
        va_end(ap);                        \
    }                                      \
    FAIL("open");                          \
    return REAL(name)(__VA_ARGS__, flags, mode)

#undef open
#undef openat
int open(const char *path, int flags, ...) {
    OPEN(open, path);
}
int open64(const char *path, int flags, ...) {
    OPEN(open64, path);
}
int openat(int dir, const char *path, int flags, ...) {
    OPEN(openat, dir, path);
}
int openat64(int dir, const char *path, int flags, ...) {
    OPEN(openat64, dir, path);
}

ssize_t read(int fd, void *p, size_t n) {
    FAIL("read");
    return REAL(read)(fd, p, fault < 0 && n > 1 ? n / 2 : n);
}
ssize_t pread64(int fd, void *p, size_t n, off64_t at) {
    FAIL("read");
    return REAL(pread64)(fd, p, fault < 0 && n > 1 ? n / 2 : n, at);
}
ssize_t write(int fd, const void *p, size_t n) {
    if (fd == STDERR_FILENO) return REAL(write)(fd, p, n);
    FAIL("write");
    return REAL(write)(fd, p, fault < 0 && n > 1 ? n / 2 : n);
}
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at) {
    FAIL("write");
    return REAL(pwrite64)(fd, p, fault < 0 && n > 1 ? n / 2 : n, at);
}
int fsync(int fd) {
    FAIL("sync");
    return REAL(fsync)(fd);
}
int fdatasync(int fd) {
    FAIL("sync");
    return REAL(fdatasync)(fd);
}
int rename(const char *from, const char *to) {
    FAIL("rename");
    return REAL(rename)(from, to);
}
int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    FAIL("rename");
    return REAL(linkat)(from_dir, from, to_dir, to, flags);
}
int close(int fd) {
    const int fault = fault_of("close");
    const int done = REAL(close)(fd); /* the descriptor is gone even when close fails */
    if (fault > 0) return errno = fault, -1;
    return done;
}
