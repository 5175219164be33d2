/* Time for measuring and for the log, never for results. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <sys/resource.h>
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

int64_t norni_peak_rss_bytes(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}
