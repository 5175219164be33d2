/* Which columns of a table can be used, outliers clipped, missing values filled from the past alone. */
/* SPDX-License-Identifier: Apache-2.0 */
/* What decides (share of missing values, constancy, median and spread) is taken from the rows before
 * the first validation origin; a fill in row t uses rows <= t. Targets stay as they are. */
#include <math.h>

#include "base/sort.h"
#include "base/fp.h"
#include "data/wide_job.h"

static size_t length_of(const norni_wide_job *job, size_t c) {
    return job->out->n_rows + (job->role[c] == NORNI_ROLE_KNOWN ? job->out->n_ahead : 0);
}

/* What the training rows say about a column. */
typedef struct column_look {
    size_t n_missing, n_observed; /* of training rows */
    double least, most;
} column_look;

static column_look look_at(const double *v, size_t n) {
    column_look l = {.least = NORNI_INF, .most = -NORNI_INF};
    for (size_t t = 0; t < n; t++) {
        if (isnan(v[t])) {
            l.n_missing++;
            continue;
        }
        l.n_observed++;
        l.least = v[t] < l.least ? v[t] : l.least;
        l.most = v[t] > l.most ? v[t] : l.most;
    }
    return l;
}

static void drop(norni_wide_column *c, const char *why) {
    c->role = NORNI_ROLE_DROPPED;
    c->why = why;
}

/* Why the column is of no use; NULL: it is. `text` holds what is not a constant. */
static const char *useless(const norni_wide_job *job, const norni_wide_column *c,
                           const column_look *l, char text[96]) {
    const double share = (double)l->n_missing / (double)job->n_train;
    if (c->role == NORNI_ROLE_TARGET || c->role == NORNI_ROLE_DROPPED) return NULL;
    if (l->n_observed == 0 && c->n_missing < job->out->n_rows)
        return "all missing before the oldest origin's test rows";
    if (l->n_observed == 0)
        return c->role == NORNI_ROLE_KNOWN ? "all missing in DATA's rows: only --future has values"
                                           : "all missing";
    if (c->role != NORNI_ROLE_DRIVER || share <= job->opt->max_missing)
        return l->least == l->most ? "constant" : NULL;
    norni_format(text, 96, "%g %% missing, more than %g %% are allowed",
                 floor(1000 * share + 0.5) / 10, 100 * job->opt->max_missing);
    return text;
}

/* Median of sorted x (n >= 1). */
static double middle(const double *x, size_t n) {
    return n % 2 ? x[n / 2] : 0.5 * x[n / 2 - 1] + 0.5 * x[n / 2];
}

/* Bounds beyond which a value is clipped; false: none are known. */
static bool bounds(const norni_wide_job *job, norni_worker *w, const double *v, double *lo,
                   double *hi, norn_status *st, norn_err *err) {
    size_t n = 0;
    const norni_arena_mark mark = norni_arena_mark_get(&w->arena);
    double *x = norni_arena_get(&w->arena, job->n_train, sizeof *x);
    if (x == NULL) {
        *st = norni_alloc_fail(err, "table", job->n_train, sizeof *x);
        return false;
    }
    for (size_t t = 0; t < job->n_train; t++) {
        if (!isnan(v[t])) x[n++] = v[t];
    }
    bool known = n >= 8;
    if (known) {
        norni_sort_doubles(x, n);
        const double median = middle(x, n);
        for (size_t k = 0; k < n; k++)
            x[k] = fabs(x[k] - median);
        norni_sort_doubles(x, n);
        const double sd = middle(x, n) / 0.67448975019608171, wide = job->opt->clip_width * sd;
        known = sd > 0 && isfinite(wide); /* half of the values are one: no scale to judge by */
        *lo = median - wide;
        *hi = median + wide;
    }
    norni_arena_rewind(&w->arena, mark);
    return known;
}

static size_t clip(double *v, size_t n, double lo, double hi) {
    size_t clipped = 0;
    for (size_t t = 0; t < n; t++) {
        if (!(v[t] < lo || v[t] > hi)) continue;
        v[t] = v[t] < lo ? lo : hi;
        clipped++;
    }
    return clipped;
}

static size_t fill(double *v, size_t n, norni_wide_fill how, bool nominal) {
    double last = how == NORNI_FILL_ZERO ? 0 : NORNI_NAN, mean = 0;
    size_t filled = 0, seen = 0;
    if (how == NORNI_FILL_NONE || (nominal && how != NORNI_FILL_FFILL)) return 0;
    for (size_t t = 0; t < n; t++) {
        if (!isnan(v[t])) {
            seen++;
            mean += (v[t] - mean) / (double)seen;
            if (how != NORNI_FILL_ZERO) last = how == NORNI_FILL_MEAN ? mean : v[t];
        } else if (!isnan(last)) {
            v[t] = last;
            filled++;
        }
    }
    return filled;
}

/* What is known ahead is known for every period: a forecast from a value made up would look like one
 * from the plan. */
static norn_status check_ahead(const norni_wide_job *job, const norni_wide_column *column,
                               const double *v, norn_err *err) {
    const size_t n = job->out->n_rows, ahead = job->out->n_ahead;
    for (size_t k = 0; k < ahead && column->role == NORNI_ROLE_KNOWN; k++) {
        if (!isnan(v[n + k])) continue;
        return norn_fail(
            err, NORN_E_DATA,
            "column %.*s is known ahead, and period %zu of the %zu ahead has no value; "
            "give it (--future), or leave the column out of --known",
            (int)(column->name.n < 60 ? column->name.n : 60), column->name.p, k + 1, ahead);
    }
    return NORN_OK;
}

static norn_status clean_column(norni_worker *w, size_t c, void *arg, norn_err *err) {
    norni_wide_job *job = arg;
    norni_wide_column *column = &job->out->column[c];
    double *v = job->v[c], lo = 0, hi = 0;
    char text[96];
    norn_status st = NORN_OK;
    if (v == NULL) return NORN_OK;
    const size_t n = length_of(job, c);
    for (size_t t = 0; t < n; t++) {
        if (isinf(v[t])) v[t] = NORNI_NAN;
    }
    const column_look l = look_at(v, job->n_train);
    NORN_TRY(check_ahead(job, column, v, err));
    for (size_t t = 0; t < job->out->n_rows; t++)
        column->n_missing += isnan(v[t]) ? 1 : 0;
    const char *why = useless(job, column, &l, text);
    if (why != NULL) drop(column, why == text ? "" : why); /* "": the share of missing values */
    if (column->role == NORNI_ROLE_DROPPED || column->role == NORNI_ROLE_TARGET) return NORN_OK;
    if (job->opt->outliers == NORNI_OUTLIERS_CLIP && !column->nominal &&
        bounds(job, w, v, &lo, &hi, &st, err))
        job->n_clipped[c] = clip(v, n, lo, hi);
    if (st == NORN_OK) job->n_filled[c] = fill(v, n, job->opt->fill, column->nominal);
    return st;
}

/* The reasons that are not constants, and the lines that say what was done. */
static norn_status say_columns(norni_wide_job *job, norn_err *err) {
    norni_wide_report *r = job->report;
    for (size_t c = 0; c < job->raw->n_columns; c++) {
        norni_wide_column *column = &job->out->column[c];
        const int shown = (int)(column->name.n > 80 ? 80 : column->name.n);
        r->n_clipped += job->n_clipped[c];
        r->n_filled += job->n_filled[c];
        if (column->role == NORNI_ROLE_TARGET && column->n_missing == job->out->n_rows)
            NORN_TRY(norni_wide_note(job, err, "target %.*s has no values", shown, column->name.p));
        if (column->role != NORNI_ROLE_DROPPED) continue;
        r->n_dropped++;
        if (column->why != NULL && column->why[0] == '\0') {
            char text[96];
            const column_look l = look_at(job->v[c], job->n_train);
            column->role = NORNI_ROLE_DRIVER;
            const char *why = useless(job, column, &l, text);
            column->role = NORNI_ROLE_DROPPED;
            column->why = norni_arena_text(job->arena, why, strlen(why));
            if (column->why == NULL) return norni_alloc_fail(err, "table", sizeof text, 1);
        }
        if (job->v[c] != NULL) /* not those that nobody wanted */
            NORN_TRY(norni_wide_note(job, err, "column %.*s is not used: %s", shown, column->name.p,
                                     column->why));
    }
    return NORN_OK;
}

norn_status norni_wide_clean(norni_wide_job *job, norn_err *err) {
    const size_t n = job->raw->n_columns;
    const norni_for_opt loop = {.grain = 16, .plumbing = true};
    job->n_filled = norni_arena_zero(&job->scratch, n, sizeof *job->n_filled);
    job->n_clipped = norni_arena_zero(&job->scratch, n, sizeof *job->n_clipped);
    if (job->n_filled == NULL || job->n_clipped == NULL)
        return norni_alloc_fail(err, "table", n, sizeof *job->n_filled);
    NORN_TRY(norni_for(job->ctx, job->worker, n, clean_column, job, &loop, err));
    return say_columns(job, err);
}
