/* Time for measuring and for the log, never for results. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CLOCK_H
#define NORNI_CLOCK_H

#include <stdint.h>

int64_t norni_clock_ns(void);            /* monotonic */
double norni_clock_thread_seconds(void); /* CPU seconds of this thread */
double norni_clock_process_seconds(void);
int64_t norni_peak_rss_bytes(void);

#endif
