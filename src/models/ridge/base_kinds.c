/* What a learner of residuals stands on: a linear or naive forecast of each part, fitted first. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/learner_base.h"

#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "models/ridge/base_ridge.h"
#include "num/extent.h"

#define BASE_TAG UINT32_C(0x31534142) /* "BAS1" */
enum { MOST_STEP = 1 << 24 };
#define CLEARLY 0.95 /* no base must leave less than this part of the best one's error */

norni_base_kind norni_base_taken(const norni_base *b) {
    return b->kind;
}

/* The newest value known at row t that lies whole seasons before row t + step; else the last one. */
static double seasonal_at(const norni_base *b, const double *y, size_t t) {
    const size_t m = b->season, back = m ? (b->step + m - 1) / m * m - b->step : 0;
    if (m > 0 && back <= t) {
        for (size_t i = t - back;; i -= m) {
            if (isfinite(y[i])) return y[i];
            if (i < m) break;
        }
    }
    size_t at;
    return base_last(y, t, &at);
}

static double ridge_at(const norni_base *b, const double *y, size_t t) {
    size_t seen;
    const double v = base_last(y, t, &seen);
    double value = v, move = b->intercept;
    for (size_t k = 0; k < b->n; k++) {
        if (b->lag[k] > t) break;
        if (t - b->lag[k] < seen) value = base_last(y, t - b->lag[k], &seen);
        if (isnan(value)) break; /* nothing was observed so early: as if it were the last value */
        move += b->coef[k] * (value - v);
    }
    return isfinite(v + move) ? v + move : v;
}

double norni_base_at(const norni_base *b, const norni_lesson *at, size_t t) {
    const double *y = at->y[b->target];
    size_t seen;
    switch (b->kind) {
        case NORNI_BASE_LAST: return base_last(y, t, &seen);
        case NORNI_BASE_SEASONAL: return seasonal_at(b, y, t);
        case NORNI_BASE_RIDGE: return ridge_at(b, y, t);
        case NORNI_BASE_NONE:
        case NORNI_BASE_AUTO:
        case NORNI_BASE_SOME: break;
    }
    return 0;
}

size_t norni_base_reach(const norni_base *b) {
    const size_t m = b->season, back = m ? (b->step + m - 1) / m * m - b->step : 0;
    if (b->kind == NORNI_BASE_SEASONAL) return back + 1;
    return b->kind == NORNI_BASE_RIDGE && b->n > 0 ? (size_t)b->lag[b->n - 1] + 1 : 1;
}

/* Origins with a last value and an observed outcome, and the split in time. */
static norn_status find_examples(norni_arena *arena, const norni_lesson *l, const norni_base *b,
                                 base_examples *e, norn_err *err) {
    const double *y = l->y[b->target];
    size_t *row = norni_arena_get(arena, l->n, sizeof *row);
    double *carry = norni_arena_get(arena, l->n, sizeof *carry);
    if (!row || !carry) return norn_fail(err, NORN_E_MEM, "base: no memory for %zu rows", l->n);
    *e = (base_examples){.row = row, .carry = carry, .y = y};
    double last = NORNI_NAN;
    for (size_t t = 0; t < l->n; t++) {
        last = carry[t] = isfinite(y[t]) ? y[t] : last;
        if (t < l->x->first || b->step >= l->n - t || isnan(last)) continue;
        if (isfinite(y[t + b->step])) row[e->n++] = t;
    }
    e->tail = e->n - e->n / 5;
    while (e->tail < e->n && e->n_old < e->tail && row[e->n_old] + b->step <= row[e->tail])
        e->n_old++;
    return NORN_OK;
}

/* Mean squared error of a kind over the tail; NONE by the older examples' mean. */
static double tail_error(const base_examples *e, const norni_lesson *l, const norni_base *b,
                         norni_base_kind kind, int exponent) {
    norni_base other = *b;
    other.kind = kind;
    norni_sum sum = {0, 0};
    for (size_t i = 0; i < e->n_old; i++)
        sum = norni_sum_add(sum, ldexp(e->y[e->row[i] + b->step], -exponent));
    const double mean = norni_sum_get(sum) / (double)e->n_old;
    sum = (norni_sum){0, 0};
    for (size_t i = e->tail; i < e->n; i++) {
        const size_t t = e->row[i];
        const double at =
            kind == NORNI_BASE_NONE ? mean : ldexp(norni_base_at(&other, l, t), -exponent);
        const double d = ldexp(e->y[t + b->step], -exponent) - at;
        sum = norni_sum_add(sum, d * d);
    }
    return norni_sum_get(sum) / (double)(e->n - e->tail);
}

/* The best over the tail; the plainer one where two are equal. No base at all hides a level that moves:
 * it must win clearly. */
static norni_base_kind best_kind(const base_examples *e, const norni_lesson *l, const norni_base *b,
                                 bool none, double ridge) {
    const norni_base_kind plain[] = {NORNI_BASE_LAST, NORNI_BASE_SEASONAL};
    const int exponent = norni_extent_of(e->carry, l->n).exponent;
    norni_base_kind best = NORNI_BASE_LAST;
    double least = NORNI_INF;
    if (e->n_old == 0 || e->tail == e->n) return best;
    for (size_t k = 0; k < sizeof plain / sizeof *plain; k++) {
        if (plain[k] == NORNI_BASE_SEASONAL && b->season == 0) continue;
        const double error = tail_error(e, l, b, plain[k], exponent);
        if (error < least) least = error, best = plain[k];
    }
    const double own = ldexp(ridge, -2 * exponent);
    if (own < least) least = own, best = NORNI_BASE_RIDGE;
    if (none && tail_error(e, l, b, NORNI_BASE_NONE, exponent) < CLEARLY * least)
        best = NORNI_BASE_NONE;
    return best;
}

static norn_status fit_kind(norni_env *env, norni_base_kind kind, const norni_lesson *l,
                            norni_base *b, norn_err *err) {
    base_examples e;
    double error = NORNI_NAN;
    NORN_TRY(find_examples(env->arena, l, b, &e, err));
    b->kind = NORNI_BASE_LAST;
    if (e.n < 4) return NORN_OK;
    NORN_TRY(base_ridge_fit(env, l, &e, b, &error, err));
    b->kind = kind == NORNI_BASE_RIDGE ? NORNI_BASE_RIDGE
                                       : best_kind(&e, l, b, kind == NORNI_BASE_AUTO, error);
    if (b->kind != NORNI_BASE_RIDGE) b->n = 0;
    return NORN_OK;
}

norn_status norni_base_fit(norni_env *env, norni_base_kind kind, const norni_lesson *l,
                           norni_lesson_part part, norni_base **out, norn_err *err) {
    if (part.step == 0 || part.step > MOST_STEP || part.target >= l->n_targets)
        return norn_fail(err, NORN_E_INTERNAL, "base: step %zu of target %zu is no part", part.step,
                         part.target);
    norni_base *b = norni_arena_zero(env->arena, 1, sizeof *b);
    if (!b) return norn_fail(err, NORN_E_MEM, "base: no memory");
    b->kind = kind;
    b->target = (uint32_t)part.target;
    b->step = (uint32_t)part.step;
    b->season = l->n_season ? (uint32_t)l->season[0] : 0;
    *out = b;
    if (kind != NORNI_BASE_RIDGE && kind != NORNI_BASE_AUTO && kind != NORNI_BASE_SOME)
        return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    const norn_status st = fit_kind(env, kind, l, b, err);
    norni_arena_rewind(env->arena, mark);
    return st;
}

void norni_base_describe(const norni_base *b, char *out, size_t size) {
    enum { MOST_TOLD = 4 };
    const norni_str kind = norni_param_choice(NORNI_BASE_CHOICES, b->kind);
    size_t at = norni_format(out, size, "%.*s", (int)kind.n, kind.p);
    if (b->kind != NORNI_BASE_RIDGE) return;
    double weight[BASE_MOST + 1] = {1}; /* of the last value, then of each lag */
    for (size_t k = 0; k < b->n; k++)
        weight[k + 1] = b->coef[k], weight[0] -= b->coef[k];
    for (size_t told = 0; told < MOST_TOLD && told <= b->n; told++) {
        size_t best = 0;
        for (size_t k = 1; k <= b->n; k++)
            if (fabs(weight[k]) > fabs(weight[best])) best = k;
        const double shown = floor(weight[best] * 100 + 0.5) / 100;
        if (fabs(shown) < 0.01) break;
        at += norni_format(out + at, size - at, "%s %g lag%u", told ? "" : ":", shown,
                           best ? b->lag[best - 1] : 0);
        weight[best] = 0;
    }
}

norn_status norni_base_save(const norni_base *b, norni_buf *out, norn_err *err) {
    norni_pack_u32(out, BASE_TAG);
    norni_pack_u32(out, (uint32_t)b->kind);
    norni_pack_u32(out, b->target);
    norni_pack_u32(out, b->step);
    norni_pack_u32(out, b->season);
    norni_pack_u32(out, b->n);
    for (size_t k = 0; k < b->n; k++)
        norni_pack_u32(out, b->lag[k]);
    norni_pack_f64s(out, b->coef, b->n);
    norni_pack_f64(out, b->intercept);
    return out->failed ? norn_fail(err, NORN_E_MEM, "base: no memory to save it") : NORN_OK;
}

norn_status norni_base_load(norni_arena *arena, norni_unpack *from, norni_base **out,
                            norn_err *err) {
    norni_base *b = norni_arena_zero(arena, 1, sizeof *b);
    if (!b) return norn_fail(err, NORN_E_MEM, "base: no memory");
    if (norni_unpack_u32(from) != BASE_TAG) from->failed = true;
    b->kind = (norni_base_kind)norni_unpack_count(from, NORNI_BASE_NONE, NORNI_BASE_RIDGE);
    b->target = norni_unpack_count(from, 0, UINT32_MAX - 1);
    b->step = norni_unpack_count(from, 1, MOST_STEP);
    b->season = norni_unpack_count(from, 0, INT32_MAX);
    b->n = norni_unpack_count(from, 0, BASE_MOST);
    for (size_t k = 0; k < b->n; k++)
        b->lag[k] = norni_unpack_count(from, 1 + (k ? b->lag[k - 1] : 0), UINT32_MAX);
    norni_unpack_finite(from, b->coef, b->n);
    b->intercept = norni_unpack_within(from, -DBL_MAX, DBL_MAX);
    if (from->failed) return norn_fail(err, NORN_E_FORMAT, "base: what was saved is damaged");
    *out = b;
    return NORN_OK;
}
