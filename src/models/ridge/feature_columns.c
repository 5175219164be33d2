/* Columns of features as a ridge sees them: standardised, outliers clipped, names as indicators. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/ridge/feature_columns.h"

#include <math.h>

#include "base/fp.h"
#include "num/extent.h"

enum { ROUNDS = 3, MOST_CODES = 64 };
#define FAR  6.0   /* deviations at which a value is an outlier */
#define FLAT 1e-11 /* a deviation below this part of the largest value is rounding */

/* Mean and deviation of the clipped values times 2^-exponent. */
static void moments_of(const double *x, size_t from, size_t to, int exponent, double low,
                       double high, double *mean, double *sd) {
    norni_sum sum = {0, 0}, square = {0, 0};
    double n = 0;
    const double unit = ldexp(1, -exponent);
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t t = from; t < to; t++) {
            if (!isfinite(x[t])) continue;
            const double v = x[t] * unit, c = v < low ? low : v > high ? high : v;
            if (pass == 0) sum = norni_sum_add(sum, c), n++;
            if (pass == 1) square = norni_sum_add(square, (c - *mean) * (c - *mean));
        }
        if (pass == 0) *mean = n > 0 ? norni_sum_get(sum) / n : 0;
    }
    *sd = n > 0 ? sqrt(norni_sum_get(square) / n) : 0;
}

ridge_scale ridge_scale_of(const double *x, size_t from, size_t to) {
    const int size = to > from ? norni_extent_of(x + from, to - from).exponent : 0;
    const int exponent = size < -1000 ? -1000 : size;
    double low = -NORNI_INF, high = NORNI_INF, mean = 0, sd = 0;
    for (int round = 0; round <= ROUNDS; round++) {
        moments_of(x, from, to, exponent, low, high, &mean, &sd);
        if (round == ROUNDS) break;
        low = mean - FAR * sd, high = mean + FAR * sd;
    }
    if (!(sd > FLAT * fabs(mean))) return (ridge_scale){.mean = ldexp(mean, exponent)};
    return (ridge_scale){ldexp(mean, exponent), ldexp(sd, exponent), ldexp(low, exponent),
                         ldexp(high, exponent)};
}

double ridge_scaled(const ridge_scale *s, double x) {
    if (isnan(x) || !(s->sd > 0)) return 0;
    const double c = x < s->low ? s->low : x > s->high ? s->high : x;
    return (c - s->mean) / s->sd;
}

/* Adds an indicator for each code that some rows have and some have not. */
static void add_codes(ridge_column *to, size_t *n, const norni_feature_column *f, size_t feature,
                      size_t first, size_t rows) {
    size_t count[MOST_CODES] = {0}, seen = 0;
    for (size_t t = first; t < rows; t++) {
        const double x = f->at[t];
        if (!(x >= 0 && x < MOST_CODES)) continue;
        count[(size_t)x]++;
        seen++;
    }
    for (size_t k = 0; k < MOST_CODES; k++) {
        if (count[k] == 0 || count[k] == seen) continue;
        const double p = (double)count[k] / (double)seen;
        to[(*n)++] = (ridge_column){
            (uint32_t)feature, (int32_t)k, f->shifted, false, {p, sqrt(p * (1 - p)), 0, 1}};
    }
}

/* Whether a number is "TARGET_lag3", "TARGET_season7", "TARGET_mean7" ...: named by features_make.c. */
static bool is_own_past(const norni_feature_column *f, const norni_str *target, size_t n_targets) {
    if (f->origin != NORNI_ORIGIN_LAG && f->origin != NORNI_ORIGIN_ROLL) return false;
    size_t n = f->name.n;
    while (n > 0 && f->name.p[n - 1] != '_')
        n--;
    for (size_t c = 0; n > 1 && c < n_targets; c++)
        if (norni_str_cmp(target[c], (norni_str){f->name.p, n - 1}) == 0) return true;
    return false;
}

norn_status ridge_columns_make(norni_arena *arena, const norni_poll *poll, const norni_features *x,
                               size_t n, const norni_str *target, size_t n_targets,
                               ridge_columns *out, norn_err *err) {
    size_t most = 0;
    *out = (ridge_columns){0, 0, NULL};
    for (size_t j = 0; j < x->n; j++)
        most += x->col[j].kind == NORNI_FEATURE_NOMINAL ? MOST_CODES : 1;
    ridge_column *c = norni_arena_get(arena, most + 1, sizeof *c);
    if (!c) return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu features", x->n);
    for (int shifted = 0; shifted < 2; shifted++) {
        for (size_t j = 0; j < x->n; j++) {
            const norni_feature_column *f = x->col + j;
            if (f->shifted != (shifted == 1)) continue;
            if (f->kind == NORNI_FEATURE_NOMINAL) {
                add_codes(c, &out->n, f, j, x->first, n);
            } else {
                const ridge_scale s = ridge_scale_of(f->at, x->first, n);
                const bool own = is_own_past(f, target, n_targets);
                if (s.sd > 0) c[out->n++] = (ridge_column){(uint32_t)j, -1, f->shifted, own, s};
            }
            if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "ridge: cancelled");
        }
        if (!shifted) out->n_origin = out->n;
    }
    out->column = c;
    return NORN_OK;
}

/* The newest observed value before row t (+ h of a shifted one): of whole seasons before, if there is
 * one, else of the rows before. */
static double carried_at(const norni_feature_column *f, size_t first, size_t t) {
    for (size_t i = t; f->shifted && f->lag > 0 && i >= first + f->lag;) {
        i -= f->lag;
        if (!isnan(f->at[i])) return f->at[i];
    }
    for (size_t i = t; i > first;)
        if (!isnan(f->at[--i])) return f->at[i];
    return NORNI_NAN;
}

double ridge_column_at(const ridge_column *c, const norni_features *x, size_t t, size_t h) {
    const norni_feature_column *f = x->col + c->feature;
    double v = norni_feature_value(f, t, h);
    if (c->carried && isnan(v)) v = carried_at(f, x->first, t + (f->shifted ? h : 0));
    if (c->code < 0 || isnan(v)) return ridge_scaled(&c->scale, v);
    return ridge_scaled(&c->scale, v >= c->code && v < c->code + 1 ? 1 : 0);
}
