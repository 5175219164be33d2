/* The panel: many series in one block, as every operation receives them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PANEL_H
#define NORNI_PANEL_H

#include "base/arena.h"
#include "data/freq.h"

typedef struct norni_panel {
    norni_arena arena; /* owns everything below */
    size_t n_series, n_obs, n_x;
    double *y;       /* (n_obs), NaN = missing */
    size_t *offsets; /* (n_series + 1) into y */
    char *id_bytes;
    size_t *id_offsets; /* (n_series + 1) into id_bytes */
    int64_t *start;     /* (n_series) first time: us, or the index */
    norni_freq *freq;   /* (n_series) */
    int64_t *times;     /* (n_obs), or NULL when every series is regular */
    norni_str *x_names; /* (n_x) */
    double *x;          /* (n_x, n_obs) column-major */
    norni_time_style style;
    bool has_id;                               /* false: the input had no id column (one series) */
    norni_str id_name, time_name, target_name; /* the input's column names, echoed */
} norni_panel;

void norni_panel_clear(norni_panel *p);

static inline norni_str norni_panel_id(const norni_panel *p, size_t i) {
    return (norni_str){p->id_bytes + p->id_offsets[i], p->id_offsets[i + 1] - p->id_offsets[i]};
}
static inline size_t norni_panel_n(const norni_panel *p, size_t i) {
    return p->offsets[i + 1] - p->offsets[i];
}
static inline const double *norni_panel_y(const norni_panel *p, size_t i) {
    return p->y + p->offsets[i];
}
/* Time of period n+h (h = 0 is the first after the end). IRREGULAR series continue by their median
 * step. */
int64_t norni_panel_future(const norni_panel *p, size_t i, size_t h);

/* How rows become series. */
typedef enum norni_gap_policy {
    NORNI_GAPS_FILL, /* missing periods become NaN (default) */
    NORNI_GAPS_ERROR,
    NORNI_GAPS_KEEP, /* rows follow each other as they are; times kept */
} norni_gap_policy;
typedef enum norni_dup_policy {
    NORNI_DUPS_ERROR,
    NORNI_DUPS_FIRST,
    NORNI_DUPS_LAST,
    NORNI_DUPS_SUM,
    NORNI_DUPS_MEAN
} norni_dup_policy;
typedef struct norni_align_opt {
    norni_gap_policy gaps;
    norni_dup_policy duplicates;
    bool has_freq;
    norni_freq freq; /* given by the user, else inferred per series (a short series takes the
                        panel's commonest) */
} norni_align_opt;

/* What alignment did, for the report; texts name id and line. */
typedef struct norni_align_report {
    size_t n_gaps, n_duplicates, n_gap_series, n_unsorted;
    char first_gap[160],
        first_duplicate[160]; /* "series A: 2020-01-05 is missing (after line 12)" */
} norni_align_report;

/* Raw rows in file order: id index, time, target, exogenous; line numbers for messages. */
typedef struct norni_rows {
    size_t n;
    const uint32_t *id;   /* (n) into ids, numbered by first appearance */
    const int64_t *time;  /* (n) */
    const double *y;      /* (n) */
    const uint64_t *line; /* (n), or NULL: line = index + first_line */
    uint64_t first_line;
    size_t n_ids;
    const norni_str *ids; /* (n_ids) */
    size_t n_x;
    const norni_str *x_names;
    const double *const *x; /* (n_x) columns of (n) */
} norni_rows;

/* Gathers rows by id (order of first appearance), sorts by time, resolves duplicates and gaps,
 * infers frequencies. *out is initialised here and owned by the caller; the caller sets style and
 * names afterwards. */
NORN_CHECKED norn_status norni_panel_align(const norn_alloc *alloc, const norni_rows *rows,
                                           const norni_time_style *style,
                                           const norni_align_opt *opt, norni_panel *out,
                                           norni_align_report *report, norn_err *err);

#endif
