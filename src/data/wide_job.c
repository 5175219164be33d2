/* What the steps of a table's making say: notes for people, and lines of the input. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/wide_job.h"

#include "base/grow.h"

norn_status norni_wide_note(norni_wide_job *job, norn_err *err, const char *fmt, ...) {
    char text[251];
    norni_wide_report *r = job->report;
    va_list ap;
    va_start(ap, fmt);
    const size_t n = norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    norni_str *note =
        norni_list_grow(job->arena, job->note, r->n_notes, &job->cap_notes, 16, sizeof *note);
    const char *kept = norni_arena_text(job->arena, text, n);
    if (note == NULL || kept == NULL) return norni_alloc_fail(err, "table", n, 1);
    r->note = job->note = note;
    note[r->n_notes++] = (norni_str){kept, n};
    return NORN_OK;
}

uint64_t norni_wide_line(const norni_wide_part *p, size_t row) {
    return p->first_line + (p->line ? p->line[row] : row);
}
