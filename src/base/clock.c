/* Time for measuring and for the log, never for results. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <time.h>

static int64_t read_clock(clockid_t id) {
    struct timespec t;
    if (clock_gettime(id, &t) != 0) return 0;
    return (int64_t)t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int64_t norni_clock_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}
double norni_clock_thread_seconds(void) {
    return (double)read_clock(CLOCK_THREAD_CPUTIME_ID) / 1e9;
}
double norni_clock_process_seconds(void) {
    return (double)read_clock(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
}

/* VmHWM begins anew with the program; ru_maxrss also remembers the parent that forked it. */
int64_t norni_peak_rss_bytes(void) {
    char text[4096];
    const int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) (void)close(fd);
    if (n > 0) {
        text[n] = '\0';
        const char *p = strstr(text, "VmHWM:");
        int64_t kib = 0;
        for (p = p ? p + 6 : ""; *p == ' ' || *p == '\t' || (*p >= '0' && *p <= '9'); p++) {
            if (*p >= '0') kib = 10 * kib + (*p - '0');
        }
        if (kib > 0) return kib * 1024;
    }
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}
