/* From rows to a panel: gather by id, sort by time, resolve duplicates and gaps, find frequencies.
 */
/* SPDX-License-Identifier: Apache-2.0 */
/* The usual input is one run of rows a series, in time order, without gaps: then the values stay
 * where they are. Everything is done per series and in parallel; what is reported is that of the
 * first series concerned, so nothing depends on the workers. */
#include <math.h>

#include "base/sort.h"
#include "data/panel.h"
#include "par/pool.h"
#include "base/fp.h"

enum {
    GAP_FACTOR = 50,
    INDEX_GAP_FACTOR = 9,
    INDEX_GAP_FREE = 100,
    GAP_FREE = 1000
}; /* filled periods may not exceed the factor times n, + GAP_FREE */

/* What is known of one series before the values move. */
typedef struct series_plan {
    size_t first, n;     /* rows in the gathered order */
    size_t n_final;      /* periods in the panel */
    size_t n_duplicates; /* rows that fall together with another */
    size_t n_gaps;
    norni_freq freq;
    bool unsorted, moved; /* order was needed; the values change place */
} series_plan;

typedef struct align_job {
    norn_ctx *ctx;
    const norni_rows *rows;
    const norni_time_style *style;
    const norni_align_opt *opt;
    norni_panel *out;
    series_plan *plan; /* (n_ids) */
    size_t *row;       /* (n) gathered position -> row of the input, or NULL: the same */
} align_job;

static size_t row_at(const align_job *a, size_t position) {
    return a->row ? a->row[position] : position;
}
static int64_t time_at(const align_job *a, size_t position) {
    return a->rows->time[row_at(a, position)];
}

/* Where a row stood: line_of has the number of the file, from 1, above FILE_SHIFT bits of line where there are several. */
typedef struct row_place {
    uint64_t line, file;
    char of[32]; /* " of file 2", or "" */
} row_place;

static row_place place_at(const align_job *a, size_t position) {
    enum { FILE_SHIFT = 48 };
    const uint64_t line = a->rows->line_of
                              ? a->rows->line_of(a->rows->line_arg, row_at(a, position))
                              : row_at(a, position) + 1;
    row_place p = {line & ((UINT64_C(1) << FILE_SHIFT) - 1), line >> FILE_SHIFT, ""};
    if (p.file > 0) norni_format(p.of, sizeof p.of, " of file %llu", (unsigned long long)p.file);
    return p;
}

/* "series A: " or "" when the input has no ids. */
static void series_name(const align_job *a, size_t i, char out[96]) {
    const norni_str id = a->rows->ids[i];
    norni_format(out, 96, id.n ? "series %.*s: " : "%.*s", (int)(id.n > 60 ? 60 : id.n), id.p);
}

static void time_text(const align_job *a, int64_t t, char out[48]) {
    out[norni_time_print(out, t, a->style)] = '\0';
}

static int compare_times(const void *arg, size_t x, size_t y) {
    const int64_t *time = arg;
    return (time[x] > time[y]) - (time[x] < time[y]);
}

static norn_status fail_duplicate(const align_job *a, size_t i, size_t position, norn_err *err) {
    char name[96], text[48];
    series_name(a, i, name);
    time_text(a, time_at(a, position), text);
    const row_place x = place_at(a, position - 1), y = place_at(a, position);
    if (x.file != y.file)
        return norn_fail(err, NORN_E_DATA,
                         "%s%s stands twice (line %llu%s and line %llu%s); see --duplicates", name,
                         text, (unsigned long long)x.line, x.of, (unsigned long long)y.line, y.of);
    return norn_fail(err, NORN_E_DATA,
                     "%s%s stands twice (lines %llu and %llu%s); see --duplicates", name, text,
                     (unsigned long long)x.line, (unsigned long long)y.line, y.of);
}

static void describe_gap(const align_job *a, size_t i, size_t position, char *out, size_t size) {
    char name[96], text[48];
    series_name(a, i, name);
    time_text(a, norni_freq_at(a->plan[i].freq, time_at(a, position), 1), text);
    const row_place p = place_at(a, position);
    norni_format(out, size, "%s%s is missing (after line %llu%s)", name, text,
                 (unsigned long long)p.line, p.of);
}

/* First position behind which a period is missing, or n - 1. */
static size_t first_gap(const align_job *a, const series_plan *p) {
    int64_t k = 0;
    for (size_t j = 0; j + 1 < p->n; j++) {
        const int64_t now = time_at(a, p->first + j), next = time_at(a, p->first + j + 1);
        if (next != now && norni_freq_index(p->freq, now, next, &k) && k > 1) return p->first + j;
        if (next != norni_freq_at(p->freq, now, 1) && next != now) return p->first + j;
    }
    return p->first + p->n - 1;
}

/* Distinct ascending times of the series: the gathered ones, or a copy without duplicates. */
static norn_status distinct_times(const align_job *a, norni_worker *w, const series_plan *p,
                                  const int64_t **times, size_t *n, norn_err *err) {
    if (a->row == NULL && p->n_duplicates == 0) {
        *times = a->rows->time + p->first;
        *n = p->n;
        return NORN_OK;
    }
    int64_t *copy = norni_arena_get(&w->arena, p->n, sizeof *copy);
    if (copy == NULL) return norni_alloc_fail(err, "align", p->n, sizeof *copy);
    *n = 0;
    for (size_t j = 0; j < p->n; j++) {
        const int64_t t = time_at(a, p->first + j);
        if (*n == 0 || copy[*n - 1] != t) copy[(*n)++] = t;
    }
    *times = copy;
    return NORN_OK;
}

/* Sorts the rows of a series by time where they are not; counts those that fall together. */
static norn_status order_series(align_job *a, norni_worker *w, size_t i, norn_err *err) {
    series_plan *p = &a->plan[i];
    bool sorted = true;
    for (size_t j = 1; j < p->n && sorted; j++)
        sorted = time_at(a, p->first + j - 1) <= time_at(a, p->first + j);
    if (!sorted) {
        p->unsorted = p->moved = true;
        size_t *scratch = norni_arena_get(&w->arena, p->n, sizeof *scratch);
        if (scratch == NULL) return norni_alloc_fail(err, "align", p->n, sizeof *scratch);
        norni_sort_index(a->row + p->first, p->n, compare_times, a->rows->time, scratch);
    }
    for (size_t j = 1; j < p->n; j++) {
        if (time_at(a, p->first + j - 1) != time_at(a, p->first + j)) continue;
        if (a->opt->duplicates == NORNI_DUPS_ERROR) return fail_duplicate(a, i, p->first + j, err);
        p->n_duplicates++;
    }
    return NORN_OK;
}

static norn_status fail_off_grid(const align_job *a, size_t i, const int64_t *times, size_t n,
                                 norn_err *err) {
    char name[96], text[48], freq[48];
    int64_t k;
    size_t j = 1;
    while (j + 1 < n && norni_freq_index(a->plan[i].freq, times[0], times[j], &k))
        j++;
    series_name(a, i, name);
    time_text(a, times[j], text);
    norni_freq_print(freq, sizeof freq, a->plan[i].freq, times[0]);
    return norn_fail(err, NORN_E_DATA, "%s%s does not lie on the grid of frequency %s", name, text,
                     freq);
}

/* Frequency and number of periods of one series. */
static norn_status measure_series(norni_worker *w, size_t i, void *arg, norn_err *err) {
    align_job *a = arg;
    series_plan *p = &a->plan[i];
    const int64_t *times = NULL;
    size_t n = 0;
    int64_t periods = 0;
    if (a->rows->time == NULL) {
        p->freq = (norni_freq){NORNI_UNIT_INDEX, 1, 0};
        p->n_final = p->n;
        return NORN_OK;
    }
    NORN_TRY(order_series(a, w, i, err));
    NORN_TRY(distinct_times(a, w, p, &times, &n, err));
    p->n_final = n;
    p->freq = a->opt->has_freq ? a->opt->freq : norni_freq_infer(times, n, a->style);
    if (p->freq.unit == NORNI_UNIT_IRREGULAR || n < 2) return NORN_OK;
    if (a->opt->has_freq && p->freq.anchor == 0 && p->freq.unit >= NORNI_UNIT_MONTH) {
        const norni_freq seen =
            norni_freq_infer(times, n, a->style); /* "M" takes month start or end from the data */
        if (seen.unit >= NORNI_UNIT_MONTH && seen.unit <= NORNI_UNIT_YEAR)
            p->freq.anchor = seen.anchor;
    }
    bool on_grid = norni_freq_index(p->freq, times[0], times[n - 1], &periods);
    if (on_grid && (size_t)periods + 1 != n) {
        for (size_t j = 1; j < n && on_grid; j++)
            on_grid = norni_freq_index(p->freq, times[0], times[j], &periods);
    }
    if (!on_grid) return fail_off_grid(a, i, times, n, err);
    if ((size_t)periods + 1 == n || a->opt->gaps == NORNI_GAPS_KEEP) return NORN_OK;
    p->n_gaps = (size_t)periods + 1 - n;
    if (a->opt->gaps == NORNI_GAPS_ERROR) {
        char text[160];
        describe_gap(a, i, first_gap(a, p), text, sizeof text);
        return norn_fail(err, NORN_E_DATA, "%s; see --gaps", text);
    }
    /* Numbers that lie so far apart are hardly an index, unless somebody says so. */
    const bool guessed = !a->opt->has_freq && p->freq.unit == NORNI_UNIT_INDEX;
    if (p->n_gaps > (guessed ? INDEX_GAP_FACTOR * n + INDEX_GAP_FREE : GAP_FACTOR * n + GAP_FREE)) {
        char name[96];
        series_name(a, i, name);
        return norn_fail(err, NORN_E_DATA,
                         "%s%zu of %zu periods are missing: check --freq, or use --gaps keep", name,
                         p->n_gaps, p->n_gaps + n);
    }
    p->n_final = n + p->n_gaps;
    return NORN_OK;
}

/* Positions of each series' rows: in place when every series is one run, else gathered by id. */
static norn_status gather_rows(align_job *a, norn_err *err) {
    const norni_rows *r = a->rows;
    bool one_run = r->n_runs == r->n_ids;
    for (size_t k = 0; k < r->n_runs; k++)
        a->plan[r->runs[k].id].n += r->runs[k].n;
    size_t at = 0;
    for (size_t i = 0; i < r->n_ids; i++) {
        a->plan[i].first = at;
        at += a->plan[i].n;
    }
    bool sorted = true;
    for (size_t k = 0; k < r->n_runs && one_run && sorted && r->time; k++) {
        const int64_t *t = r->time + r->runs[k].first;
        for (size_t j = 1; j < r->runs[k].n && sorted; j++)
            sorted = t[j - 1] < t[j];
    }
    if (one_run && sorted) return NORN_OK;
    a->row = norni_alloc_get(&a->ctx->alloc, r->n, sizeof *a->row);
    size_t *fill = norni_alloc_zero(&a->ctx->alloc, r->n_ids, sizeof *fill);
    const bool good = a->row != NULL && fill != NULL;
    for (size_t k = 0; good && k < r->n_runs; k++) {
        const norni_run *run = &r->runs[k];
        size_t to = a->plan[run->id].first + fill[run->id];
        for (size_t j = 0; j < run->n; j++)
            a->row[to++] = run->first + j;
        fill[run->id] += run->n;
    }
    norni_alloc_drop(&a->ctx->alloc, fill, r->n_ids, sizeof *fill);
    return good ? NORN_OK : norni_alloc_fail(err, "align", r->n, sizeof *a->row);
}

/* Several rows of one period become one value by the policy; NaN rows do not count in sums and
 * means. */
static double resolve(const align_job *a, const double *column, size_t first, size_t last) {
    const norni_dup_policy policy = a->opt->duplicates;
    if (last - first == 1 || policy == NORNI_DUPS_FIRST || policy == NORNI_DUPS_ERROR)
        return column[row_at(a, first)];
    if (policy == NORNI_DUPS_LAST) return column[row_at(a, last - 1)];
    double sum = 0;
    size_t n = 0;
    for (size_t j = first; j < last; j++) {
        const double v = column[row_at(a, j)];
        if (isnan(v)) continue;
        sum += v;
        n++;
    }
    return n == 0 ? NORNI_NAN : policy == NORNI_DUPS_SUM ? sum : sum / (double)n;
}

/* Puts one column of one series onto its periods. */
static void place_column(const align_job *a, const series_plan *p, const double *column, double *to,
                         int64_t *times) {
    const bool grid = p->n_gaps > 0;
    const int64_t start = a->rows->time ? time_at(a, p->first) : 1;
    size_t slot = 0;
    if (grid) {
        for (size_t k = 0; k < p->n_final; k++)
            to[k] = NORNI_NAN;
    }
    for (size_t j = 0, next; j < p->n; j = next) {
        const int64_t t = a->rows->time ? time_at(a, p->first + j) : 0;
        int64_t k = (int64_t)slot;
        for (next = j + 1; a->rows->time && next < p->n && time_at(a, p->first + next) == t;)
            next++;
        if (grid) (void)norni_freq_index(p->freq, start, t, &k);
        to[k] = resolve(a, column, p->first + j, p->first + next);
        if (times != NULL) times[k] = t;
        slot++;
    }
    if (times != NULL && grid) {
        for (size_t k = 0; k < p->n_final; k++)
            times[k] = norni_freq_at(p->freq, start, (int64_t)k);
    }
}

static norn_status place_series(norni_worker *w, size_t i, void *arg, norn_err *err) {
    (void)w;
    (void)err;
    align_job *a = arg;
    norni_panel *out = a->out;
    const series_plan *p = &a->plan[i];
    const size_t at = out->offsets[i];
    if (out->y != a->rows->y)
        place_column(a, p, a->rows->y, out->y + at, out->times ? out->times + at : NULL);
    else if (out->times)
        memcpy(out->times + at, a->rows->time + p->first, p->n * sizeof *out->times);
    for (size_t c = 0; c < out->n_x; c++)
        place_column(a, p, a->rows->x[c], out->x + c * out->n_obs + at, NULL);
    return NORN_OK;
}

static bool same_freq(norni_freq a, norni_freq b) {
    return a.unit == b.unit && a.step == b.step && a.anchor == b.anchor;
}

/* A table of the frequencies seen; the first of equally common ones wins. */
typedef struct freq_count {
    norni_freq kind[16];
    size_t count[16], n;
} freq_count;

static void count_freq(freq_count *c, norni_freq f) {
    size_t k = 0;
    if (f.unit == NORNI_UNIT_IRREGULAR) return;
    while (k < c->n && !same_freq(c->kind[k], f))
        k++;
    if (k == sizeof c->kind / sizeof c->kind[0]) return;
    if (k == c->n) c->kind[c->n++] = f;
    c->count[k]++;
}

static bool commonest(const freq_count *c, norni_freq *out) {
    size_t best = 0;
    for (size_t k = 1; k < c->n; k++) {
        if (c->count[k] > c->count[best]) best = k;
    }
    if (c->n > 0) *out = c->kind[best];
    return c->n > 0;
}

bool norni_panel_common_freq(const norni_panel *p, norni_freq *out) {
    freq_count c = {.n = 0};
    for (size_t i = 0; i < p->n_series; i++) {
        if (norni_panel_n(p, i) >= 2) count_freq(&c, p->freq[i]);
    }
    return commonest(&c, out);
}

/* A series too short to show its frequency takes the given one, or the panel's commonest. */
static void adopt_common_freq(align_job *a) {
    norni_freq lone = a->style->kind == NORNI_TIME_INDEX ? (norni_freq){NORNI_UNIT_INDEX, 1, 0}
                                                         : (norni_freq){NORNI_UNIT_IRREGULAR, 1, 0};
    if (a->opt->has_freq) return;
    if (a->opt->lone_known) {
        lone = a->opt->lone;
    } else {
        freq_count c = {.n = 0};
        for (size_t i = 0; i < a->rows->n_ids; i++) {
            if (a->plan[i].n_final >= 2) count_freq(&c, a->plan[i].freq);
        }
        (void)commonest(&c, &lone);
    }
    for (size_t i = 0; i < a->rows->n_ids; i++) {
        if (a->plan[i].n_final < 2) a->plan[i].freq = lone;
    }
}

static void fill_report(const align_job *a, norni_align_report *report) {
    memset(report, 0, sizeof *report);
    for (size_t i = 0; i < a->rows->n_ids; i++) {
        const series_plan *p = &a->plan[i];
        if (p->n_gaps > 0 && report->n_gaps == 0)
            describe_gap(a, i, first_gap(a, p), report->first_gap, sizeof report->first_gap);
        if (p->n_duplicates > 0 && report->n_duplicates == 0) {
            size_t j = 1;
            while (j + 1 < p->n && time_at(a, p->first + j - 1) != time_at(a, p->first + j))
                j++;
            char name[96], text[48];
            series_name(a, i, name);
            time_text(a, time_at(a, p->first + j), text);
            const row_place at = place_at(a, p->first + j);
            norni_format(report->first_duplicate, sizeof report->first_duplicate,
                         "%s%s (line %llu%s)", name, text, (unsigned long long)at.line, at.of);
        }
        report->n_gaps += p->n_gaps;
        report->n_gap_series += p->n_gaps > 0;
        report->n_duplicates += p->n_duplicates;
        report->n_unsorted += p->unsorted;
    }
}

/* Offsets, ids, starts: the panel's head; and room for what moves. */
static norn_status lay_out(align_job *a, norn_err *err) {
    const norni_rows *r = a->rows;
    norni_panel *out = a->out;
    size_t id_total = 0, total = 0;
    bool moved = a->row != NULL, irregular = false;
    for (size_t i = 0; i < r->n_ids; i++) {
        const series_plan *p = &a->plan[i];
        id_total += r->ids[i].n;
        total += p->n_final;
        moved = moved || p->n_final != p->n || p->n_duplicates > 0;
        irregular =
            irregular || (r->time && p->n_final > 1 && p->freq.unit == NORNI_UNIT_IRREGULAR);
    }
    irregular = irregular || (a->opt->gaps == NORNI_GAPS_KEEP && r->time != NULL);
    out->n_series = r->n_ids;
    out->n_obs = total;
    out->n_x = r->n_x;
    out->offsets = norni_arena_get(&out->arena, r->n_ids + 1, sizeof *out->offsets);
    out->id_offsets = norni_arena_get(&out->arena, r->n_ids + 1, sizeof *out->id_offsets);
    out->id_bytes = norni_arena_get(&out->arena, id_total + 1, 1);
    out->start = norni_arena_get(&out->arena, r->n_ids, sizeof *out->start);
    out->freq = norni_arena_get(&out->arena, r->n_ids, sizeof *out->freq);
    out->y = moved ? norni_arena_get(&out->arena, total, sizeof *out->y) : r->y;
    out->x = r->n_x ? norni_arena_get(&out->arena, total * r->n_x, sizeof *out->x) : NULL;
    out->times = irregular ? norni_arena_get(&out->arena, total, sizeof *out->times) : NULL;
    if (!out->offsets || !out->id_offsets || !out->id_bytes || !out->start || !out->freq ||
        !out->y || (r->n_x && !out->x) || (irregular && !out->times)) {
        return norni_alloc_fail(err, "panel", total, sizeof(double));
    }
    out->offsets[0] = out->id_offsets[0] = 0;
    for (size_t i = 0; i < r->n_ids; i++) {
        out->offsets[i + 1] = out->offsets[i] + a->plan[i].n_final;
        out->id_offsets[i + 1] = out->id_offsets[i] + r->ids[i].n;
        if (r->ids[i].n) memcpy(out->id_bytes + out->id_offsets[i], r->ids[i].p, r->ids[i].n);
        out->start[i] = r->time && a->plan[i].n ? time_at(a, a->plan[i].first) : 1;
        out->freq[i] = a->plan[i].freq;
    }
    return NORN_OK;
}

norn_status norni_panel_align(norn_ctx *ctx, norni_worker *worker, const norni_rows *rows,
                              const norni_time_style *style, const norni_align_opt *opt,
                              norni_panel *out, norni_align_report *report, norn_err *err) {
    align_job a = {.ctx = ctx, .rows = rows, .style = style, .opt = opt, .out = out};
    const norni_for_opt loop = {.grain = 256, .plumbing = true};
    norn_status st = NORN_OK;
    a.plan = norni_alloc_zero(&ctx->alloc, rows->n_ids, sizeof *a.plan);
    if (a.plan == NULL) return norni_alloc_fail(err, "align", rows->n_ids, sizeof *a.plan);
    NORN_TRY_GOTO(gather_rows(&a, err), fail);
    NORN_TRY_GOTO(norni_for(ctx, worker, rows->n_ids, measure_series, &a, &loop, err), fail);
    adopt_common_freq(&a);
    fill_report(&a, report);
    NORN_TRY_GOTO(lay_out(&a, err), fail);
    out->style = *style;
    if (out->y != rows->y || out->n_x > 0 || out->times != NULL) {
        NORN_TRY_GOTO(norni_for(ctx, worker, rows->n_ids, place_series, &a, &loop, err), fail);
    }
fail:
    norni_alloc_drop(&ctx->alloc, a.row, rows->n, sizeof *a.row);
    norni_alloc_drop(&ctx->alloc, a.plan, rows->n_ids, sizeof *a.plan);
    return st;
}
