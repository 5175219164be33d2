/* ARIMA models kept: their state as bytes, and moved on by new observations. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Estimates; the pending state and the last values that differences need; where the filter has not
 * settled, its gain; where values were missing near the end, their columns and covariance. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/pack.h"
#include "models/arima/arima_state.h"

#define ARIMA_TAG UINT32_C(0x31415241) /* "ARA1" */
enum { MOST_SEASON = 100000, MOST_DIFFERENCES = 8, MOST_X = 10000, MOST_EXPONENT = 1100 };
enum { MOST_MISSING = 1 << 20 }; /* a forecast walks through what is missing at the end */

norn_status norni_arima_save(const void *state, size_t g, norni_buf *out, norn_err *err) {
    (void)g;
    const norni_arima_state *const st = state;
    const norni_arima_fit *const f = &st->fit;
    const norni_arima_order *const o = &f->order;
    const arima_track *const t = &st->track;
    const int32_t order[] = {o->p, o->d, o->q, o->P, o->D, o->Q, o->m};
    const double numbers[] = {f->loglik, f->sigma2, f->min_root, st->variance, st->box, t->f};
    if (st->ahead > MOST_MISSING)
        return norn_fail(err, NORN_E_DATA,
                         "arima: the series ends with %zu missing values; no model is kept beyond "
                         "%d",
                         st->ahead, (int)MOST_MISSING);
    norni_pack_u32(out, ARIMA_TAG);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        norni_pack_i32(out, order[i]);
    norni_pack_u32(out, (uint32_t)f->constant);
    norni_pack_u32(out, (uint32_t)f->method);
    norni_pack_u32(out, (uint32_t)f->stop);
    norni_pack_u32(out, (uint32_t)f->n_x);
    norni_pack_f64s(out, f->coef, f->n_coef);
    norni_pack_i64(out, (int64_t)f->n_used);
    norni_pack_i64(out, (int64_t)st->n);
    norni_pack_i64(out, (int64_t)st->ahead);
    norni_pack_i64(out, (int64_t)st->steps);
    norni_pack_i32(out, st->exponent);
    norni_pack_f64s(out, numbers, sizeof numbers / sizeof numbers[0]);
    norni_pack_u32(out, t->settled);
    if (!t->settled) {
        norni_pack_f64s(out, t->k, t->r);
        norni_pack_f64s(out, t->l + t->at, t->r);
    }
    norni_pack_u32(out, (uint32_t)t->n_loose);
    for (size_t j = 0; j <= t->n_loose; j++) {
        norni_pack_f64s(out, t->a[j] + t->at, t->r);
        norni_pack_f64s(out, t->y[j] + t->at, t->n_diff);
    }
    norni_pack_u32(out, (uint32_t)t->n_root);
    for (size_t i = 0; i < t->n_loose; i++)
        norni_pack_f64s(out, t->root + i * t->wide, t->n_root);
    return out->failed ? norni_alloc_fail(err, "arima", out->cap, 2) : NORN_OK;
}

static bool nan_or_finite(double x) {
    return isnan(x) || fabs(x) <= DBL_MAX;
}

static void read_order(norni_unpack *u, norni_arima_order *o) {
    int32_t *const to[] = {&o->p, &o->d, &o->q, &o->P, &o->D, &o->Q, &o->m};
    const int32_t most[] = {ARIMA_MOST_FACTOR, MOST_DIFFERENCES, ARIMA_MOST_FACTOR,
                            ARIMA_MOST_FACTOR, MOST_DIFFERENCES, ARIMA_MOST_FACTOR,
                            MOST_SEASON};
    for (size_t i = 0; i < sizeof to / sizeof to[0]; i++) {
        *to[i] = norni_unpack_i32(u);
        if (*to[i] < (i == 6) || *to[i] > most[i]) {
            u->failed = true;
            *to[i] = i == 6;
        }
    }
    if (o->m == 1 && (o->P || o->D || o->Q)) u->failed = true;
}

/* What stands before the track. */
static norn_status read_head(norni_env *env, norni_unpack *u, norni_arima_state *st,
                             norn_err *err) {
    norni_arima_fit *const f = &st->fit;
    if (norni_unpack_u32(u) != ARIMA_TAG) u->failed = true;
    read_order(u, &f->order);
    f->constant = (norni_arima_constant)norni_unpack_count(u, 0, NORNI_ARIMA_DRIFT);
    f->method = (norni_arima_method)norni_unpack_count(u, 0, NORNI_ARIMA_CSS_ML);
    f->stop = (norn_stop)norni_unpack_count(u, 0, NORN_STOP_CANCELLED);
    f->n_x = norni_unpack_count(u, 0, MOST_X);
    f->n_coef = arima_n_arma(&f->order) + f->n_x + (f->constant != NORNI_ARIMA_NO_CONSTANT);
    if (!norni_unpack_has(u, f->n_coef, sizeof *f->coef)) return NORN_OK;
    f->coef = norni_arena_get(env->arena, f->n_coef + 1, sizeof *f->coef);
    if (f->coef == NULL) return norni_alloc_fail(err, "arima", f->n_coef, sizeof *f->coef);
    norni_unpack_finite(u, f->coef, f->n_coef);
    f->n_used = (size_t)norni_unpack_between(u, 1, INT64_MAX / 4);
    st->n = (size_t)norni_unpack_between(u, 1, INT64_MAX / 4);
    st->ahead = (size_t)norni_unpack_between(u, 0, MOST_MISSING);
    st->steps = (size_t)norni_unpack_between(u, 1, INT64_MAX / 4);
    st->exponent = norni_unpack_i32(u);
    if (st->exponent > MOST_EXPONENT || st->exponent < -MOST_EXPONENT) u->failed = true;
    f->loglik = norni_unpack_f64(u);
    f->sigma2 = norni_unpack_f64(u);
    f->min_root = norni_unpack_f64(u);
    st->variance = norni_unpack_within(u, 0, DBL_MAX);
    st->box = norni_unpack_f64(u);
    if (f->sigma2 < 0 || !nan_or_finite(st->box) || st->ahead >= st->n) /* sigma2 may overflow */
        u->failed = true;
    /* predict may take that many steps: no more than values */
    if (!u->failed && st->steps + st->ahead + arima_lag_diff(&f->order) > st->n) u->failed = true;
    return NORN_OK;
}

static norn_status read_track(norni_env *env, norni_unpack *u, norni_arima_state *st,
                              norn_err *err) {
    const norni_arima_order *const o = &st->fit.order;
    const size_t lag_ar = arima_lag_ar(o), lag_ma = arima_lag_ma(o), n_diff = arima_lag_diff(o);
    const size_t r = lag_ar > lag_ma + 1 ? lag_ar : lag_ma + 1;
    const double f = norni_unpack_within(u, 1 - 1e-6, DBL_MAX);
    const bool settled = norni_unpack_count(u, 0, 1) == 1;
    if (u->failed || !norni_unpack_has(u, r + n_diff, sizeof(double))) return NORN_OK;
    double *const gain = norni_arena_get(env->arena, r, 2 * sizeof *gain);
    if (gain == NULL) return norni_alloc_fail(err, "arima", r, 2 * sizeof *gain);
    if (!settled) norni_unpack_finite(u, gain, 2 * r);
    const size_t n_loose = norni_unpack_count(u, 0, 1 << 20);
    if (!norni_unpack_has(u, (1 + n_loose) * (r + n_diff), sizeof(double))) return NORN_OK;
    arima_track *const t = &st->track;
    NORN_TRY(arima_track_get(env->arena, o, 1, n_loose, 0, t, err));
    t->ar = &st->ar;
    t->ma = &st->ma;
    t->settled = settled;
    t->f = settled ? 1 : f;
    memcpy(t->k, gain, r * sizeof *gain);
    memcpy(t->l, gain + r, r * sizeof *gain);
    t->n_loose = n_loose;
    for (size_t j = 0; j <= n_loose; j++) {
        norni_unpack_finite(u, t->a[j], r);
        norni_unpack_finite(u, t->y[j], n_diff);
    }
    t->n_root = norni_unpack_count(u, 0, (uint32_t)t->wide);
    for (size_t i = 0; i < n_loose; i++) {
        norni_unpack_finite(u, t->root + i * t->wide, t->n_root);
        t->est[i] = 0;
    }
    return NORN_OK;
}

norn_status norni_arima_load(norni_env *env, const void *opt, norni_str saved, void **state,
                             norn_err *err) {
    (void)opt;
    norni_unpack u = {saved, false};
    norni_arima_state *const st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, "arima", 1, sizeof *st);
    NORN_TRY(read_head(env, &u, st, err));
    if (!u.failed) NORN_TRY(read_track(env, &u, st, err));
    if (!norni_unpack_end(&u))
        return norn_fail(err, NORN_E_FORMAT,
                         "arima: the kept model is damaged or not of this kind");
    NORN_TRY(arima_state_polys(env->arena, st, err));
    *state = st;
    return NORN_OK;
}

/* A missing value at the end waits: it is walked through when an observation follows it. */
norn_status norni_arima_update(norni_env *env, void *state, const norni_series *more,
                               norn_err *err) {
    norni_arima_state *const st = state;
    size_t missing = st->ahead;
    if (more->n_x != st->fit.n_x)
        return norn_fail(err, NORN_E_ARG, "arima: the model has %zu regressors, the new values %zu",
                         st->fit.n_x, more->n_x);
    for (size_t i = 0; i < more->n; i++) {
        if (isnan(more->y[i])) missing++;
    }
    norni_arima_state next = *st;
    NORN_TRY(
        arima_state_move_track(env->arena, &st->fit.order, &st->track, missing, &next.track, err));
    for (size_t i = 0; i < more->n; i++) {
        const double effect = arima_state_effect(st, more->x, i, next.n);
        double y = st->exponent ? ldexp(more->y[i], -st->exponent) : more->y[i], v = 0, f = 1;
        next.n++;
        if (isnan(y)) {
            next.ahead++;
            continue;
        }
        y -= effect;
        if (!(fabs(y) <= DBL_MAX))
            return norn_fail(err, NORN_E_DATA, "arima: value %zu or a regressor is not finite",
                             i + 1);
        for (; next.ahead > 0; next.ahead--, next.steps++)
            arima_track_miss(&next.track);
        arima_track_see(&next.track, &y, &v, &f);
        next.steps++;
        if (i % 256 == 255 && norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "arima: cancelled");
    }
    arima_track_settle_estimates(&next.track);
    next.s = NULL;
    next.x_future = more->x_future;
    next.n_future = more->horizon;
    *st = next;
    return NORN_OK;
}
