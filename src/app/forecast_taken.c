/* Kept models taken up for a panel: the periods behind their ends, and the panel that these make. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A series in the models' hands begins with the last period that they have seen (an irregular one
 * with several, by whose median step it goes on), its value missing; behind it stand the new
 * observations, on the grid of the kept frequency. Everything that forecasts and writes then sees an
 * ordinary panel. */
#include <math.h>

#include "app/forecast_models.h"
#include "base/fp.h"

/* New periods may be missing as far as a reader lets them: norni_panel_align's limits. */
enum { GAP_FACTOR = 50, GAP_FREE = 1000 };

norn_status norni_models_pick(const norni_models *m, const norni_forecast_plan *plan,
                              norni_arena *arena, norni_kept_series *k, norn_err *err) {
    norni_kept_item *item = norni_arena_get(arena, plan->n_specs, sizeof *item);
    if (item == NULL) return norni_alloc_fail(err, "load", plan->n_specs, sizeof *item);
    for (size_t s = 0; s < plan->n_specs; s++)
        item[s] = k->item[m->at[s]];
    k->item = item;
    k->n_items = plan->n_specs;
    return NORN_OK;
}

/* What the rows of one series are to its kept models. */
typedef struct new_rows {
    size_t first, n; /* rows of the input panel behind the end */
    size_t n_new;    /* periods that they make */
} new_rows;

/* Rows follow each other as they are, without a grid. */
static bool gridless(const norni_models *m, const norni_kept_series *k) {
    return k->freq.unit == NORNI_UNIT_IRREGULAR || m->gaps == NORNI_GAPS_KEEP;
}

/* Says why series i cannot follow its kept models. */
NORN_PRINTF(4, 5)
static norn_status explain(norni_taken *t, size_t i, norn_err *err, const char *fmt, ...) {
    char text[200];
    va_list ap;
    va_start(ap, fmt);
    norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    t->why[i] = norni_arena_text(&t->arena, text, strlen(text));
    return t->why[i] ? NORN_OK : norni_alloc_fail(err, "load", sizeof text, 1);
}

static bool same_freq(norni_freq a, norni_freq b) {
    return a.unit == b.unit && a.step == b.step &&
           (a.anchor == b.anchor || a.anchor == 0 || b.anchor == 0);
}

/* Finds the rows behind the kept end and how many periods they make. */
static norn_status measure(const norni_models *m, const norni_panel *p, size_t i, norni_taken *t,
                           new_rows *r, norn_err *err) {
    const norni_kept_series *k = &t->series[i];
    const int64_t end = norni_kept_end(k);
    const size_t n = norni_panel_n(p, i);
    char time[48];
    size_t n_seen = 0;
    int64_t period = 0;
    r->first = n;
    while (r->first > 0 && norni_panel_time(p, i, r->first - 1) > end)
        r->first--;
    r->n = n - r->first;
    r->n_new = gridless(m, k) ? r->n : 0;
    if (m->has_freq && !m->from_store && !same_freq(m->freq, k->freq)) {
        norni_freq_print(time, sizeof time, k->freq, end);
        return explain(t, i, err, "--freq is not that of the kept models (%s)", time);
    }
    for (size_t j = r->first; j < n && !gridless(m, k); j++) {
        const int64_t at = norni_panel_time(p, i, j);
        const bool missing = isnan(norni_panel_y(p, i)[j]);
        if (norni_freq_index(k->freq, end, at, &period)) {
            n_seen += missing ? 0 : 1;
            r->n_new = (size_t)period;
        } else if (!missing) { /* what a reader filled in on another grid says nothing */
            time[norni_time_print(time, at, &p->style)] = '\0';
            return explain(t, i, err, "%s does not lie on the grid of the kept models' frequency",
                           time);
        }
    }
    if (r->n_new > GAP_FACTOR * n_seen + GAP_FREE + r->n)
        return explain(t, i, err, "%zu periods are missing behind the kept models' end",
                       r->n_new - n_seen);
    if (m->gaps == NORNI_GAPS_ERROR && !gridless(m, k) && r->n_new > n_seen) {
        time[norni_time_print(time, end, &p->style)] = '\0';
        return explain(t, i, err, "a period is missing behind %s; see --gaps", time);
    }
    return NORN_OK;
}

/* Looks a series up; without a record, or with nothing but failures in it, it is fitted afresh. */
static norn_status look_up(const norni_models *m, const norni_forecast_plan *plan,
                           const norni_panel *p, size_t i, norni_taken *t, norn_err *err) {
    norni_str payload;
    bool found = false, any = m->from_store;
    t->record[i] = UINT64_MAX;
    t->series[i].n_items = 0;
    NORN_TRY(norni_model_store_get(m->store, norni_panel_id(p, i), &t->arena, &payload,
                                   &t->record[i], &found, err));
    if (!found) return NORN_OK;
    NORN_TRY(norni_kept_unpack(payload, m->n_columns, &t->arena, &t->series[i], err));
    NORN_TRY(norni_models_pick(m, plan, &t->arena, &t->series[i], err));
    for (size_t s = 0; s < plan->n_specs; s++)
        any = any || t->series[i].item[s].status == NORN_OK;
    if (!any) t->series[i].n_items = 0;
    return NORN_OK;
}

/* Values and times of a series in the models' hands; `times` may be NULL. */
static void place(const norni_models *m, const norni_panel *p, size_t i, const norni_kept_series *k,
                  const new_rows *r, double *y, int64_t *times) {
    const int64_t end = norni_kept_end(k);
    const size_t n_seen = k->n_times;
    for (size_t t = 0; t < n_seen + r->n_new; t++) {
        y[t] = NORNI_NAN;
        if (times == NULL) continue;
        times[t] =
            t < n_seen ? k->times[t] : norni_freq_at(k->freq, end, (int64_t)(t - n_seen + 1));
    }
    for (size_t j = 0; j < r->n && r->n_new > 0; j++) {
        const int64_t at = norni_panel_time(p, i, r->first + j);
        int64_t period = (int64_t)j + 1;
        if (gridless(m, k)) {
            if (times != NULL) times[n_seen + j] = at;
        } else if (!norni_freq_index(k->freq, end, at, &period)) {
            continue;
        }
        y[n_seen + (size_t)period - 1] = norni_panel_y(p, i)[r->first + j];
    }
}

static norn_status reserve(norni_taken *t, size_t n, norn_err *err) {
    norni_panel *q = &t->panel;
    t->series = norni_arena_zero(&t->arena, n, sizeof *t->series);
    t->record = norni_arena_get(&t->arena, n, sizeof *t->record);
    t->n_seen = norni_arena_zero(&t->arena, n, sizeof *t->n_seen);
    t->why = norni_arena_zero(&t->arena, n, sizeof *t->why);
    q->offsets = norni_arena_get(&t->arena, n + 1, sizeof *q->offsets);
    q->start = norni_arena_get(&t->arena, n, sizeof *q->start);
    q->freq = norni_arena_get(&t->arena, n, sizeof *q->freq);
    t->kept = (norni_kept){t->series, t->n_seen, t->why};
    t->n_taken = t->n_fresh = t->n_obs = 0;
    if (!t->series || !t->record || !t->n_seen || !t->why || !q->offsets || !q->start || !q->freq)
        return norni_alloc_fail(err, "load", n, 64);
    return NORN_OK;
}

/* Head and length of series i in the new panel. */
static void lay_out(const norni_panel *p, size_t i, const new_rows *r, norni_taken *t) {
    const norni_kept_series *k = &t->series[i];
    const bool kept = k->n_items > 0;
    const size_t n_rows = norni_panel_n(p, i);
    norni_panel *q = &t->panel;
    t->n_seen[i] = kept ? k->n_times : 0;
    q->start[i] = kept ? k->times[0] : p->start[i];
    q->freq[i] = kept ? k->freq : p->freq[i];
    q->offsets[i + 1] = q->offsets[i] + (kept ? k->n_times + r->n_new : n_rows);
    t->n_taken += kept;
    t->n_fresh += !kept;
    t->n_obs += kept ? r->n_new : n_rows;
}

/* Values, and times where there are any. */
static void fill(const norni_models *m, const norni_panel *p, size_t i, const new_rows *r,
                 norni_taken *t) {
    norni_panel *q = &t->panel;
    const size_t n_rows = norni_panel_n(p, i);
    double *y = q->y + q->offsets[i];
    int64_t *times = q->times ? q->times + q->offsets[i] : NULL;
    if (t->series[i].n_items > 0) {
        place(m, p, i, &t->series[i], r, y, times);
        return;
    }
    if (n_rows > 0) memcpy(y, norni_panel_y(p, i), n_rows * sizeof *y);
    for (size_t j = 0; times != NULL && j < n_rows; j++)
        times[j] = norni_panel_time(p, i, j);
}

norn_status norni_models_take(const norni_models *m, const norni_forecast_plan *plan,
                              const norni_panel *p, norni_taken *t, norn_err *err) {
    const size_t n = p->n_series;
    norni_panel *q = &t->panel;
    bool timed = p->times != NULL || m->gaps == NORNI_GAPS_KEEP;
    norni_arena_reset(&t->arena);
    *q = *p; /* ids and names are borrowed */
    memset(&q->arena, 0, sizeof q->arena);
    q->n_x = 0;
    q->times = NULL;
    NORN_TRY(reserve(t, n, err));
    new_rows *rows = norni_arena_zero(&t->arena, n, sizeof *rows);
    if (rows == NULL) return norni_alloc_fail(err, "load", n, sizeof *rows);
    q->offsets[0] = 0;
    for (size_t i = 0; i < n; i++) {
        const norni_kept_series *k = &t->series[i];
        NORN_TRY(look_up(m, plan, p, i, t, err));
        if (k->n_items > 0) NORN_TRY(measure(m, p, i, t, &rows[i], err));
        if (t->why[i]) rows[i] = (new_rows){0};
        lay_out(p, i, &rows[i], t);
        timed = timed || (k->n_items > 0 && k->n_times > 1);
    }
    q->n_obs = q->offsets[n];
    q->y = norni_arena_get(&t->arena, q->n_obs, sizeof *q->y);
    if (timed) q->times = norni_arena_get(&t->arena, q->n_obs, sizeof *q->times);
    if (!q->y || (timed && !q->times)) return norni_alloc_fail(err, "load", q->n_obs, 16);
    for (size_t i = 0; i < n; i++)
        fill(m, p, i, &rows[i], t);
    return NORN_OK;
}

typedef struct panel_job {
    const norni_models *m;
    norni_panel *p;
    norni_arena scratch;
} panel_job;

static norn_status measure_id(void *arg, uint64_t at, norni_str key, norni_str payload,
                              norn_err *err) {
    (void)payload, (void)err;
    norni_panel *p = ((panel_job *)arg)->p;
    p->id_offsets[at + 1] = p->id_offsets[at] + key.n;
    return NORN_OK;
}

static norn_status add_series(void *arg, uint64_t at, norni_str key, norni_str payload,
                              norn_err *err) {
    panel_job *job = arg;
    norni_panel *p = job->p;
    norni_kept_series k;
    norni_arena_reset(&job->scratch);
    NORN_TRY(norni_kept_unpack(payload, job->m->n_columns, &job->scratch, &k, err));
    if (key.n > 0) memcpy(p->id_bytes + p->id_offsets[at], key.p, key.n);
    p->offsets[at + 1] = at + 1;
    p->start[at] = norni_kept_end(&k);
    p->freq[at] = k.freq;
    p->y[at] = NORNI_NAN;
    return NORN_OK;
}

norn_status norni_models_panel(norn_ctx *ctx, const norni_models *m, norni_panel *p,
                               norn_err *err) {
    const size_t n = (size_t)norni_model_store_n(m->store);
    panel_job job = {.m = m, .p = p};
    norn_status st;
    *p = m->shown;
    norni_arena_init(&p->arena, &ctx->alloc);
    norni_arena_init(&job.scratch, &ctx->alloc);
    p->n_series = p->n_obs = n;
    p->offsets = norni_arena_zero(&p->arena, n + 1, sizeof *p->offsets);
    p->id_offsets = norni_arena_zero(&p->arena, n + 1, sizeof *p->id_offsets);
    p->start = norni_arena_get(&p->arena, n, sizeof *p->start);
    p->freq = norni_arena_get(&p->arena, n, sizeof *p->freq);
    p->y = norni_arena_get(&p->arena, n, sizeof *p->y);
    if (!p->offsets || !p->id_offsets || !p->start || !p->freq || !p->y)
        NORN_TRY_GOTO(norni_alloc_fail(err, "load", n, 64), done);
    NORN_TRY_GOTO(norni_model_store_each(m->store, measure_id, &job, err), done);
    p->id_bytes = norni_arena_get(&p->arena, p->id_offsets[n] + 1, 1);
    if (p->id_bytes == NULL)
        NORN_TRY_GOTO(norni_alloc_fail(err, "load", p->id_offsets[n], 1), done);
    NORN_TRY_GOTO(norni_model_store_each(m->store, add_series, &job, err), done);
done:
    norni_arena_clear(&job.scratch);
    if (st != NORN_OK) norni_panel_clear(p);
    return st;
}
