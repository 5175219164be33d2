/* What one column explains of that which a target's own past leaves. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "feat/hint_column.h"

#include <math.h>

#include "base/fp.h"
#include "base/sort.h"
#include "num/least_squares.h"

static const double LIMIT = 0.95, LIMIT_WORDS = 0.9, LIMIT_HALF = 0.85, LIMIT_PATTERN = 0.5,
                    TELLS = 0.1, ROUNDING = 1e-10, REPEATS = 0.05;
enum { LAGS = 4, FORMS = LAGS + 2, BLOCK = 8, BACK = 64, LEAST_MOVES = 20 };
static const size_t lags[LAGS] = {0, 1, 2, 6};

/* Centred over the rows used, 0 in the others and where it is missing; returns its power. */
static double centre(const norni_hint_job *j, double *v) {
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < j->m; i++) {
        if (!j->used[i] || !isfinite(v[i])) continue;
        sum += v[i];
        n++;
    }
    const double mean = n > 0 ? sum / (double)n : 0;
    for (size_t i = 0; i < j->m; i++)
        v[i] = j->used[i] && isfinite(v[i]) ? v[i] - mean : 0;
    return norni_dot(v, v, j->m);
}

static void take_out(double *v, const double *u, double power, size_t m) {
    const double c = norni_dot(v, u, m) / power;
    for (size_t i = 0; i < m; i++)
        v[i] -= c * u[i];
}

bool norni_hint_without_past(const norni_hint_job *j, double *v) {
    const double all = centre(j, v);
    for (size_t k = 0; k < j->n_past; k++)
        take_out(v, j->past[k], 1, j->m);
    const double left = norni_dot(v, v, j->m);
    return isfinite(all) && left > ROUNDING * all && left > 0;
}

/* ---- one column ---- */

/* x of `back` rows ago. */
static void take_lag(const norni_hint_job *j, const double *x, size_t back, double *v) {
    for (size_t i = 0; i < j->m; i++)
        v[i] = j->from + i >= back ? x[j->from + i - back] : NORNI_NAN;
}

/* v is added to the k regressors if it tells anything new. */
static size_t add_form(const norni_hint_job *j, double **form, size_t k) {
    double *v = form[k];
    if (!norni_hint_without_past(j, v)) return k;
    const double all = norni_dot(v, v, j->m);
    for (size_t i = 0; i < k; i++)
        take_out(v, form[i], norni_dot(form[i], form[i], j->m), j->m);
    return norni_dot(v, v, j->m) > ROUNDING * all ? k + 1 : k;
}

/* Share of r_h that the k orthogonal regressors explain, corrected for their number. */
static double share_of(const norni_hint_job *j, size_t s, double *const *form, size_t k) {
    const double freedom = (double)j->n_used - (double)(j->n_past + 1);
    double sum = 0;
    if (!j->rest[s] || freedom <= (double)k + 1) return 0;
    for (size_t i = 0; i < k; i++) {
        const double rv = norni_dot(j->rest[s], form[i], j->m);
        sum += rv / norni_dot(form[i], form[i], j->m) * rv;
    }
    return 1 - (1 - sum / j->power[s]) * freedom / (freedom - (double)k);
}

/* The share in the half that it explains least of. */
static double share_of_half(const norni_hint_job *j, size_t s, double *const *form, size_t k,
                            double *left) {
    const double *r = j->rest[s];
    memcpy(left, r, j->m * sizeof *left);
    for (size_t i = 0; i < k; i++)
        take_out(left, form[i], norni_dot(form[i], form[i], j->m), j->m);
    const size_t half = j->m / 2, rest = j->m - half;
    const double a = norni_dot(left, left, half) / norni_dot(r, r, half),
                 b = norni_dot(left + half, left + half, rest) /
                     norni_dot(r + half, r + half, rest);
    return a >= 0 && b >= 0 ? 1 - (a > b ? a : b) : 0; /* NaN: a half with nothing in it */
}

static int by_value(const void *arg, size_t a, size_t b) {
    const double *v = arg;
    return v[a] < v[b] ? -1 : v[a] > v[b];
}

/* x (m) by its rank in y's units; falling: the greatest as the least. */
static bool take_ranks(const norni_hint_job *j, const double *x, bool falling, double *v,
                       norni_arena *a) {
    size_t n = 0, *index = norni_arena_get(a, j->m, sizeof *index),
           *room = norni_arena_get(a, j->m, sizeof *room);
    double *level = norni_arena_get(a, j->m, sizeof *level);
    if (!index || !room || !level) return false;
    for (size_t i = 0; i < j->m; i++) {
        v[i] = NORNI_NAN;
        if (!j->used[i] || !isfinite(x[i])) continue;
        level[n] = j->y[j->from + i + j->step[0]];
        index[n++] = i;
    }
    norni_sort_doubles(level, n);
    norni_sort_index(index, n, by_value, x, room);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && x[index[end]] == x[index[i]];)
            end++;
        const size_t middle = (i + end - 1) / 2;
        for (size_t k = i; k < end; k++)
            v[index[k]] = level[falling ? n - 1 - middle : middle];
    }
    return true;
}

/* The regressors that x gives, `back` rows later than it was known: k of them, the newest lag first. `more`:
 * by rank, too, falling where the lag itself is against r_s, and times y. */
static bool take_forms(const norni_hint_job *j, const norni_wide_column *x, size_t back,
                       const size_t *more, double **form, size_t *k, norni_arena *a) {
    double *raw = norni_arena_get(a, j->m, sizeof *raw);
    if (raw == NULL) return false;
    *k = 0;
    for (size_t l = 0; l < LAGS; l++) {
        if (l > 0 && (x->role == NORNI_ROLE_STATIC || lags[l] > j->opt->lag)) continue;
        take_lag(j, x->at, back + lags[l], form[*k]);
        *k = add_form(j, form, *k);
    }
    if (more == NULL) return true;
    take_lag(j, x->at, back, raw);
    const bool falling = norni_dot(form[0], j->rest[*more], j->m) < 0;
    if (!take_ranks(j, raw, falling, form[*k], a)) return false;
    *k = add_form(j, form, *k);
    for (size_t i = 0; i < j->m; i++)
        form[*k][i] = raw[i] * j->last[j->from + i];
    *k = add_form(j, form, *k);
    return true;
}

/* Whether x moves as it did d rows ago. */
static bool repeats(const norni_hint_job *j, const double *x, size_t d) {
    double same = 0, all = 0;
    size_t n = 0;
    for (size_t t = d + 1; t < j->from + j->m; t++) {
        const double now = x[t] - x[t - 1], then = x[t - d] - x[t - d - 1];
        if (!isfinite(now) || !isfinite(then)) continue;
        same += (now - then) * (now - then);
        all += now * now;
        n++;
    }
    return n >= LEAST_MOVES && all > 0 && same < REPEATS * all;
}

/* Whether x of so long ago that it knows no future explains half: rows without it count as not explained. */
static bool is_pattern(const norni_hint_job *j, const norni_wide_column *x, size_t s,
                       const size_t *more, double **form, norni_arena *a) {
    const size_t reach = j->opt->horizon + j->opt->lag, back = 4 * reach > BACK ? 4 * reach : BACK;
    bool found = false;
    for (size_t d = reach + 1; d <= reach + back && !found; d++) {
        const norni_arena_mark mark = norni_arena_mark_get(a);
        size_t k;
        found = repeats(j, x->at, d) || !take_forms(j, x, d, more, form, &k, a) ||
                share_of(j, s, form, k) > LIMIT_PATTERN;
        norni_arena_rewind(a, mark);
    }
    return found;
}

/* Means of y_{t+h} by word, learned from every other block for the blocks between. */
static void take_words(const norni_hint_job *j, const norni_wide_column *x, size_t s, double *v) {
    double sum[2][NORNI_MOST_WORDS + 1] = {{0}}, n[2][NORNI_MOST_WORDS + 1] = {{0}};
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < j->m; i++) {
            const double code = x->at[j->from + i];
            const size_t side = i / BLOCK % 2;
            if (pass == 1) v[i] = NORNI_NAN;
            if (!j->used[i] || !(code >= 0 && code <= NORNI_MOST_WORDS)) continue;
            const size_t c = (size_t)code;
            if (pass == 1) {
                v[i] = n[1 - side][c] > 0 ? sum[1 - side][c] / n[1 - side][c] : NORNI_NAN;
                continue;
            }
            sum[side][c] += j->y[j->from + i + j->step[s]];
            n[side][c]++;
        }
    }
}

static void try_words(const norni_hint_job *j, const norni_wide_column *x, double **form,
                      double *left, norni_leak_hint *hint) {
    for (size_t s = 0; s < j->n_steps && hint->share == 0; s++) {
        if (!j->rest[s]) continue;
        take_words(j, x, s, form[0]);
        const size_t k = add_form(j, form, 0);
        const double share = share_of(j, s, form, k);
        if (share < LIMIT_WORDS || share_of_half(j, s, form, k, left) < LIMIT_HALF) continue;
        hint->share = share;
        hint->step = j->step[s];
    }
}

/* The step of which the regressors explain most. */
static size_t best_step(const norni_hint_job *j, double *const *form, size_t k, double *share) {
    size_t best = 0;
    *share = 0;
    for (size_t s = 0; s < j->n_steps; s++) {
        const double x = share_of(j, s, form, k);
        if (!(x > *share)) continue;
        *share = x;
        best = s;
    }
    return best;
}

static bool try_numbers(const norni_hint_job *j, const norni_wide_column *x, double **form,
                        double *left, double *own, norni_arena *a, norni_leak_hint *hint) {
    const size_t *more = NULL;
    size_t k, s;
    double share;
    if (!take_forms(j, x, 0, NULL, form, &k, a)) return false;
    if (own && k > 0) memcpy(own, form[0], j->m * sizeof *own);
    s = best_step(j, form, k, &share);
    const size_t first = s;
    if (share > TELLS && share < LIMIT) {
        more = &first;
        if (!take_forms(j, x, 0, more, form, &k, a)) return false;
        s = best_step(j, form, k, &share);
    }
    if (share < LIMIT || share_of_half(j, s, form, k, left) < LIMIT_HALF) return true;
    if (is_pattern(j, x, s, more, form, a)) return true;
    hint->share = share;
    hint->step = j->step[s];
    return true;
}

norn_status norni_hint_column(norni_worker *w, size_t item, void *arg, norn_err *err) {
    norni_hint_job *j = arg;
    const size_t c = j->column[item];
    const norni_wide_column *x = &j->wide->column[c];
    double *form[FORMS + 1], *own = j->own ? j->own + item * j->m : NULL;
    norni_leak_hint *hint = &j->found[item];
    *hint = (norni_leak_hint){.column = c, .other = SIZE_MAX, .target = j->target};
    if (own) memset(own, 0, j->m * sizeof *own);
    if (norn_ctx_cancelled(w->ctx)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
    if (c == j->target) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(&w->arena);
    bool done = true;
    for (size_t k = 0; k <= FORMS; k++) {
        form[k] = norni_arena_get(&w->arena, j->m, sizeof **form);
        done = done && form[k];
    }
    if (done && x->nominal)
        try_words(j, x, form, form[FORMS], hint);
    else if (done)
        done = try_numbers(j, x, form, form[FORMS], own, &w->arena, hint);
    norni_arena_rewind(&w->arena, mark);
    return done ? NORN_OK : norni_alloc_fail(err, "leaks", j->m, sizeof(double));
}

norn_status norni_hint_sum(const norni_hint_job *j, const double *x, size_t s, norni_arena *arena,
                           double *share, norn_err *err) {
    const norni_wide_column sum = {.role = NORNI_ROLE_STATIC, .at = x}; /* its newest value alone */
    double *form[FORMS + 1];
    for (size_t k = 0; k <= FORMS; k++) {
        form[k] = norni_arena_get(arena, j->m, sizeof **form);
        if (form[k] == NULL) return norni_alloc_fail(err, "leaks", j->m, sizeof(double));
    }
    take_lag(j, x, 0, form[0]);
    const size_t k = add_form(j, form, 0);
    *share = share_of(j, s, form, k);
    if (*share < LIMIT || share_of_half(j, s, form, k, form[FORMS]) < LIMIT_HALF ||
        is_pattern(j, &sum, s, NULL, form, arena))
        *share = 0;
    return NORN_OK;
}
