/* A whole report as a cache keeps it: what may differ between two answers is left open, and filled in each time. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_REPORT_KEPT_H
#define NORNI_REPORT_KEPT_H

#include "app/report_plan.h"

/* Everything that a run gives away. Texts are the caller's to clear. */
typedef struct norni_report_answer {
    norni_buf body;     /* JSON or a page; in a kept one with marks */
    norni_buf events;   /* JSON object of each series, a line each */
    norni_buf failures; /* of the summary: objects, each with a comma before it */
    char digest[NORNI_DIGEST_TEXT];
    size_t n_items, n_ok, n_fallback, n_failed;
    bool fleeting; /* a series failed for want of memory: not to be kept */
} norni_report_answer;

void norni_report_answer_init(norni_report_answer *a, const norn_alloc *alloc);
void norni_report_answer_clear(norni_report_answer *a);

/* Texts that no data can hold but by chance: they are made from the SHA-256 of the data. */
typedef struct norni_report_marks {
    char session[56], task[56], when[56];
    int64_t unix_seconds;
} norni_report_marks;
norni_report_marks norni_report_marks_of(const norni_cache_key *key);
/* The marks as a stamp, borrowed. */
norni_fin_stamp norni_report_marks_stamp(const norni_report_marks *m, bool has_task);
/* The body with the stamp in the marks' places, appended to out. */
void norni_report_fill(const norni_report_marks *m, norni_str body, const norni_fin_stamp *stamp,
                       norni_buf *out);

void norni_report_pack(const norni_report_answer *a, norni_buf *out);
/* false: these bytes are no answer. `a` is initialised and empty. */
NORN_CHECKED bool norni_report_unpack(norni_str bytes, norni_report_answer *a);

#endif
