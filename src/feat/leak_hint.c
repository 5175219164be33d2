/* Columns that explain nearly all of what a target's own past leaves: perhaps they are not known by then. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The past of y at row t: its last OWN values and, for each step, the newest known value of its season, made
 * orthogonal. r_h is what least squares on it leaves of y_{t+h}, at a few steps h. A column x gives
 * its newest lags, the past taken out (Frisch and Waugh, Econometrica 1, 1933), then, where they tell
 * anything, x by rank in y's units (any monotone function of y) and x y_t (changes in per cent); a column of
 * words gives the mean of y_{t+h} by word, learned from other blocks of rows. The share explained,
 * corrected for the regressors, must pass LIMIT over all rows and nearly so in each half.
 *
 * No hint where few rows decide (least pairs; power of r in few rows), where the past leaves only rounding,
 * or where x of so long ago that it cannot know the future does half as well: a pattern. Two columns
 * whose sum does it are looked for among few columns. */
#include "feat/hint_column.h"

#include <math.h>

#include "base/fp.h"
#include "num/least_squares.h"

static const double LIMIT = 0.95;
enum { LEAST_PAIRS = 40, LEAST_POWER = 20, MOST_PAIRS = 2048, PAIRED = 256 };

static void add_past(norni_hint_job *j, double *v) {
    if (!norni_hint_without_past(j, v)) return;
    const double size = sqrt(norni_dot(v, v, j->m));
    for (size_t i = 0; i < j->m; i++)
        v[i] /= size;
    j->past[j->n_past++] = v;
}

/* ---- one target ---- */

static void choose_steps(norni_hint_job *j) {
    const size_t h = j->opt->horizon, wish[NORNI_HINT_STEPS] = {1, 2, 3, (h + 1) / 2, h};
    j->n_steps = 0;
    for (size_t k = 0; k < NORNI_HINT_STEPS; k++) {
        if (wish[k] <= h && (j->n_steps == 0 || wish[k] > j->step[j->n_steps - 1]))
            j->step[j->n_steps++] = wish[k];
    }
}

/* Rows whose every step is observed. */
static void choose_rows(norni_hint_job *j) {
    const size_t n = j->opt->n_rows, behind = n - j->opt->horizon;
    double last = NORNI_NAN;
    for (size_t t = 0; t < n; t++)
        j->last[t] = last = isnan(j->y[t]) ? last : j->y[t];
    j->from = NORNI_HINT_OWN - 1;
    if (behind > MOST_PAIRS + j->from) j->from = behind - MOST_PAIRS;
    j->m = behind - j->from;
    j->n_used = 0;
    for (size_t i = 0; i < j->m; i++) {
        bool whole = true;
        for (size_t s = 0; s < j->n_steps; s++)
            whole = whole && !isnan(j->y[j->from + i + j->step[s]]);
        j->used[i] = whole;
        j->n_used += whole;
    }
}

static norn_status learn_past(norni_hint_job *j, norni_arena *arena, norn_err *err) {
    const size_t season = j->opt->season > NORNI_HINT_OWN ? j->opt->season : 0;
    const size_t n = NORNI_HINT_OWN + (season ? j->n_steps : 0);
    j->n_past = 0;
    for (size_t k = 0; k < n; k++) {
        double *v = norni_arena_get(arena, j->m, sizeof *v);
        if (v == NULL) return norni_alloc_fail(err, "leaks", j->m, sizeof *v);
        const size_t h = k < NORNI_HINT_OWN ? 0 : j->step[k - NORNI_HINT_OWN];
        const size_t back = k < NORNI_HINT_OWN ? k : (h + season - 1) / season * season - h;
        for (size_t i = 0; i < j->m; i++)
            v[i] = j->from + i >= back ? j->last[j->from + i - back] : NORNI_NAN;
        add_past(j, v);
    }
    return NORN_OK;
}

static norn_status learn_rest(norni_hint_job *j, norni_arena *arena, bool *any, norn_err *err) {
    *any = false;
    for (size_t s = 0; s < j->n_steps; s++) {
        double fourth = 0, *r = norni_arena_get(arena, j->m, sizeof *r);
        if (r == NULL) return norni_alloc_fail(err, "leaks", j->m, sizeof *r);
        for (size_t i = 0; i < j->m; i++)
            r[i] = j->y[j->from + i + j->step[s]];
        const bool left = norni_hint_without_past(j, r);
        j->power[s] = norni_dot(r, r, j->m);
        for (size_t i = 0; i < j->m; i++)
            fourth += r[i] * r[i] / j->power[s] * (r[i] * r[i] / j->power[s]);
        j->rest[s] = left && isfinite(fourth) && fourth * LEAST_POWER < 1 ? r : NULL;
        *any = *any || j->rest[s];
    }
    return NORN_OK;
}

/* ---- two columns together ---- */

/* The sum a x + b z that explains most of r_h, if that is nearly all of it; a x alone does not. */
static bool best_pair(const norni_hint_job *j, size_t s, const double *tells, const double *power,
                      double *cross, norni_leak_hint *hint, double factor[2]) {
    double best = LIMIT;
    for (size_t p = 0; p < j->n_columns; p++) {
        for (size_t q = p + 1; q < j->n_columns; q++) {
            const double c = cross[p * j->n_columns + q], both = power[p] * power[q],
                         det = both - c * c;
            if (!(det > 1e-9 * both)) continue;
            const double a = tells[p] * power[q] - tells[q] * c,
                         b = tells[q] * power[p] - tells[p] * c,
                         share = (a * tells[p] + b * tells[q]) / det / j->power[s];
            if (!(share > best)) continue;
            best = share;
            hint->column = p;
            hint->other = q;
            factor[0] = a / det;
            factor[1] = b / det;
        }
    }
    return best > LIMIT;
}

static norn_status try_pair(const norni_hint_job *j, size_t s, norni_arena *arena,
                            norni_leak_hint *hint, const double factor[2], norn_err *err) {
    const double *x = j->wide->column[j->column[hint->column]].at,
                 *z = j->wide->column[j->column[hint->other]].at;
    double *sum = norni_arena_get(arena, j->wide->n_rows, sizeof *sum);
    if (sum == NULL) return norni_alloc_fail(err, "leaks", j->wide->n_rows, sizeof *sum);
    for (size_t t = 0; t < j->wide->n_rows; t++)
        sum[t] = factor[0] * x[t] + factor[1] * z[t];
    NORN_TRY(norni_hint_sum(j, sum, s, arena, &hint->share, err));
    hint->column = j->column[hint->column];
    hint->other = j->column[hint->other];
    hint->step = j->step[s];
    return NORN_OK;
}

/* At most one pair for a target, of columns that do nothing alone. */
static norn_status find_pair(const norni_hint_job *j, norni_arena *arena, norni_leak_hint *hint,
                             norn_err *err) {
    const size_t n = j->n_columns;
    double *cross = norni_arena_get(arena, n, n * sizeof *cross),
           *power = norni_arena_get(arena, n, 2 * sizeof *power), factor[2] = {0, 0};
    if (!cross || !power) return norni_alloc_fail(err, "leaks", n, n * sizeof *cross);
    for (size_t p = 0; p < n; p++) {
        const double *v = j->own + p * j->m;
        power[p] = j->found[p].share > 0 ? 0 : norni_dot(v, v, j->m);
        for (size_t q = p + 1; q < n; q++)
            cross[p * n + q] = norni_dot(v, j->own + q * j->m, j->m);
    }
    for (size_t s = 0; s < j->n_steps; s++) {
        if (!j->rest[s]) continue;
        for (size_t p = 0; p < n; p++)
            power[n + p] = norni_dot(j->own + p * j->m, j->rest[s], j->m);
        *hint = (norni_leak_hint){.target = j->target};
        if (!best_pair(j, s, power + n, power, cross, hint, factor)) continue;
        NORN_TRY(try_pair(j, s, arena, hint, factor, err));
        if (hint->share > 0) return NORN_OK;
    }
    hint->share = 0;
    return NORN_OK;
}

/* ---- all targets ---- */

static norn_status room_for(norni_hint_job *j, norni_arena *a, norn_err *err) {
    const size_t n = j->opt->n_rows, columns = j->n_columns;
    j->last = norni_arena_get(a, n, sizeof *j->last);
    j->used = norni_arena_get(a, n, sizeof *j->used);
    j->found = norni_arena_zero(a, columns, sizeof *j->found);
    if (!j->last || !j->used || !j->found)
        return norni_alloc_fail(err, "leaks", n, sizeof *j->last);
    j->own = NULL;
    if (columns > PAIRED) return NORN_OK;
    const size_t m = n < MOST_PAIRS ? n : MOST_PAIRS;
    j->own = norni_arena_get(a, columns, m * sizeof *j->own);
    return j->own ? NORN_OK : norni_alloc_fail(err, "leaks", columns, m * sizeof *j->own);
}

static norn_status search_target(norn_ctx *ctx, norni_worker *worker, norni_hint_job *j,
                                 norni_arena *a, norni_leak_hint *pair, norn_err *err) {
    const norni_for_opt loop = {.plumbing = true};
    bool any;
    j->y = j->wide->column[j->target].at;
    pair->share = 0;
    NORN_TRY(room_for(j, a, err));
    choose_rows(j);
    if (j->n_used < LEAST_PAIRS) return NORN_OK;
    NORN_TRY(learn_past(j, a, err));
    NORN_TRY(learn_rest(j, a, &any, err));
    if (!any) return NORN_OK;
    NORN_TRY(norni_for(ctx, worker, j->n_columns, norni_hint_column, j, &loop, err));
    return j->own ? find_pair(j, a, pair, err) : NORN_OK;
}

/* Room doubles: hints are few, columns times targets many. */
static norn_status keep_hint(norni_arena *arena, const norni_leak_hint *hint,
                             norni_leak_hint **kept, size_t *n, norn_err *err) {
    if ((*n & (*n - 1)) == 0) {
        norni_leak_hint *more = norni_arena_get(arena, *n ? 2 * *n : 1, sizeof *more);
        if (more == NULL) return norni_alloc_fail(err, "leaks", 2 * *n, sizeof *more);
        if (*n > 0) memcpy(more, *kept, *n * sizeof *more);
        *kept = more;
    }
    (*kept)[(*n)++] = *hint;
    return NORN_OK;
}

static norn_status search_all(norn_ctx *ctx, norni_worker *worker, norni_hint_job *j,
                              norni_arena *scratch, norni_arena *arena, norni_leak_hint **kept,
                              size_t *n, norn_err *err) {
    const norni_wide *w = j->wide;
    size_t *column = norni_arena_get(scratch, w->n_columns, sizeof *column);
    if (column == NULL) return norni_alloc_fail(err, "leaks", w->n_columns, sizeof *column);
    for (size_t c = 0; c < w->n_columns; c++) {
        const norni_role role = w->column[c].role;
        if (role != NORNI_ROLE_DROPPED && role != NORNI_ROLE_KNOWN) column[j->n_columns++] = c;
    }
    j->column = column;
    choose_steps(j);
    for (size_t c = 0; c < w->n_columns; c++) {
        norni_leak_hint pair;
        if (w->column[c].role != NORNI_ROLE_TARGET) continue;
        const norni_arena_mark mark = norni_arena_mark_get(scratch);
        j->target = c;
        NORN_TRY(search_target(ctx, worker, j, scratch, &pair, err));
        for (size_t k = 0; k < j->n_columns; k++) {
            if (j->found[k].share > 0) NORN_TRY(keep_hint(arena, &j->found[k], kept, n, err));
        }
        if (pair.share > 0) NORN_TRY(keep_hint(arena, &pair, kept, n, err));
        norni_arena_rewind(scratch, mark);
    }
    return NORN_OK;
}

norn_status norni_leak_hint_find(norn_ctx *ctx, norni_worker *worker, const norni_wide *wide,
                                 const norni_leak_hint_opt *opt, norni_arena *arena,
                                 const norni_leak_hint **out, size_t *n, norn_err *err) {
    norni_hint_job job = {.wide = wide, .opt = opt};
    norni_leak_hint *kept = NULL;
    norni_arena scratch;
    *out = NULL;
    *n = 0;
    if (opt->horizon == 0 || opt->n_rows < opt->horizon + NORNI_HINT_OWN + LEAST_PAIRS)
        return NORN_OK;
    norni_arena_init(&scratch, &ctx->alloc);
    const norn_status st = search_all(ctx, worker, &job, &scratch, arena, &kept, n, err);
    norni_arena_clear(&scratch);
    *out = kept;
    return st;
}

size_t norni_leak_hint_text(const norni_wide *wide, const norni_leak_hint *hint, char *out,
                            size_t size) {
    const norni_str x = wide->column[hint->column].name, y = wide->column[hint->target].name,
                    z = hint->other == SIZE_MAX ? norni_str_of("") : wide->column[hint->other].name;
    const int shown_x = (int)(x.n > 80 ? 80 : x.n), shown_y = (int)(y.n > 80 ? 80 : y.n),
              shown_z = (int)(z.n > 80 ? 80 : z.n);
    const bool two = z.n > 0;
    return norni_format(out, size,
                        "column%s %.*s%s%.*s%s %g %% of what %.*s's own past leaves %zu "
                        "row%s ahead: %s known by then?",
                        two ? "s" : "", shown_x, x.p, two ? " and " : "", shown_z, z.p,
                        two ? " together explain" : " explains",
                        floor(1000 * hint->share + 0.5) / 10, shown_y, y.p, hint->step,
                        hint->step == 1 ? "" : "s", two ? "are they" : "is it");
}
