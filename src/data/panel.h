/* The panel: many series in one block, as every operation receives them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PANEL_H
#define NORNI_PANEL_H

#include "base/arena.h"
#include "data/freq.h"

struct norni_worker; /* par/pool.h */

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
/* Empties it but keeps its memory for the next panel of the kind; its arena must be initialised. */
void norni_panel_reset(norni_panel *p);
/* The commonest frequency of the series with two observations or more; false: none shows one. */
bool norni_panel_common_freq(const norni_panel *p, norni_freq *out);

static inline norni_str norni_panel_id(const norni_panel *p, size_t i) {
    return (norni_str){p->id_bytes + p->id_offsets[i], p->id_offsets[i + 1] - p->id_offsets[i]};
}
static inline size_t norni_panel_n(const norni_panel *p, size_t i) {
    return p->offsets[i + 1] - p->offsets[i];
}
static inline const double *norni_panel_y(const norni_panel *p, size_t i) {
    return p->y + p->offsets[i];
}
/* Time of period t of the series, t in [0, n). */
int64_t norni_panel_time(const norni_panel *p, size_t i, size_t t);
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
    norni_freq freq; /* given by the user, else inferred per series */
    bool lone_known;
    norni_freq lone; /* of a series too short to show its own; not known: the panel's commonest */
} norni_align_opt;

/* What alignment did, for the report; texts name id and line. */
typedef struct norni_align_report {
    size_t n_gaps, n_duplicates, n_gap_series, n_unsorted;
    char first_gap[160],
        first_duplicate[160]; /* "series A: 2020-01-05 is missing (after line 12)" */
} norni_align_report;

/* Consecutive rows of one series, as they stand in the input. */
typedef struct norni_run {
    uint32_t id; /* into ids */
    size_t first, n;
} norni_run;

/* Raw rows in file order, all borrowed but y: it may lie in the panel's arena and become the
 * panel's own. */
typedef struct norni_rows {
    size_t n, n_runs, n_ids;
    const norni_run *runs; /* (n_runs), in file order, together all n rows */
    const norni_str *ids;  /* (n_ids), in order of first appearance */
    const int64_t *time;   /* (n), or NULL: 1, 2, 3 … in every series */
    double *y;             /* (n) */
    size_t n_x;
    const norni_str *x_names;
    const double *const *x; /* (n_x) columns of (n) */
    uint64_t (*line_of)(const void *arg,
                        size_t row); /* the row's line in the input, for messages */
    const void *line_arg;
} norni_rows;

/* Gathers rows by id (order of first appearance), sorts by time, resolves duplicates and gaps,
 * infers frequencies; `worker` as in norni_for. out->arena must be initialised; everything else of *out is set but names. On
 * failure the caller clears *out. */
NORN_CHECKED norn_status norni_panel_align(norn_ctx *ctx, struct norni_worker *worker,
                                           const norni_rows *rows, const norni_time_style *style,
                                           const norni_align_opt *opt, norni_panel *out,
                                           norni_align_report *report, norn_err *err);

#endif
