/* Forecasts of an ARIMA model with the variance that its filter's actual state has. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Over sigma2, the variance of the error h steps ahead is
 *   settled filter:    sum_{j<h} psi_j^2, psi = theta / (phi Delta)  (Box and Jenkins 5.1);
 *   not yet settled:   Q_h - sum_{s<=T} R_s(h)^2 / F_s, where Q_h is the variance that the stationary
 *                      process would have from nothing but the values that the differences need, and
 *                      R_s(h) the response h steps ahead to the state L_s (P_{T+1} = P_1 - sum L L'/F);
 *   values missing:    and |S'c_h|^2 for what the loose columns' responses are, S S' their covariance.
 * The estimates count as known, as in R. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/arima/arima_state.h"

typedef struct ahead {
    const norni_arima_state *st;
    size_t h;
    double *work; /* (r + n_diff + 2 h) */
    double *line; /* (h) scratch */
    double *zero; /* (r + n_diff) zeros */
    norni_env *env;
} ahead;

/* psi weights of the level: what an innovation of 1 adds now and later. */
static void weights(const ahead *w, double *out) {
    const arima_track *const t = &w->st->track;
    double *const a = w->line;
    /* The innovation itself, then its pending part: theta and phi at their lags. */
    memset(a, 0, (t->r + 1) * sizeof *a);
    for (size_t i = 0; i < t->ma->n; i++)
        a[t->ma->lag[i]] = t->ma->c[i];
    a[0] = 1;
    arima_respond(t, a, w->zero, w->h, w->work, out);
}

static void settled_variance(const ahead *w, double *out) {
    weights(w, out);
    double s = 0;
    for (size_t i = 0; i < w->h; i++) {
        s += out[i] * out[i];
        out[i] = s;
    }
}

/* Autocovariances g (h) of the stationary series behind those of the start. */
static void extend_covariances(const norni_arima_state *st, const arima_start *s, size_t h,
                               const double *psi, double *g) {
    for (size_t k = 0; k < h; k++) {
        if (k < s->n_gamma) {
            g[k] = s->gamma[k];
            continue;
        }
        g[k] = 0;
        for (size_t i = 0; i < st->ar.n; i++)
            g[k] += st->ar.c[i] * g[k - st->ar.lag[i]];
        for (size_t i = 0; i < st->ma.n; i++) {
            if (st->ma.lag[i] >= k) g[k] += st->ma.c[i] * psi[st->ma.lag[i] - k];
        }
    }
}

/* Q_h: the variance of the sum that the differences make of the stationary series. */
static norn_status from_nothing(const ahead *w, const arima_start *s, double *out, norn_err *err) {
    const norni_arima_state *const st = w->st;
    const size_t h = w->h, lag_ma = arima_lag_ma(&st->fit.order);
    double *const psi = norni_arena_zero(w->env->arena, lag_ma + 1 + 2 * h, sizeof *psi);
    if (psi == NULL) return norni_alloc_fail(err, "arima", lag_ma + 2 * h, sizeof *psi);
    double *const g = psi + lag_ma + 1, *const delta = g + h;
    psi[0] = 1;
    for (size_t i = 0; i < st->ma.n; i++)
        psi[st->ma.lag[i]] = st->ma.c[i];
    for (size_t k = 1; k <= lag_ma; k++) {
        for (size_t i = 0; i < st->ar.n && st->ar.lag[i] <= k; i++)
            psi[k] += st->ar.c[i] * psi[k - st->ar.lag[i]];
    }
    extend_covariances(st, s, h, psi, g);
    double q = 0;
    for (size_t i = 0; i < h; i++) {
        delta[i] = i == 0;
        for (size_t j = 0; j < st->track.diff.n && st->track.diff.lag[j] <= i; j++)
            delta[i] += st->track.diff.c[j] * delta[i - st->track.diff.lag[j]];
        double cross = 0;
        for (size_t j = 0; j < i; j++)
            cross += delta[j] * g[i - j];
        q += delta[i] * (delta[i] * g[0] + 2 * cross);
        out[i] = q;
    }
    return NORN_OK;
}

static norn_status unsettled_variance(const ahead *w, double *out, norn_err *err) {
    const norni_arima_state *const st = w->st;
    const norni_arima_order *const o = &st->fit.order;
    arima_start s;
    arima_track k;
    NORN_TRY(arima_start_get(o, w->env->arena, &s, err));
    if (!arima_start_run(o, st->fit.coef, &st->ar, &st->ma, &s))
        return norn_fail(err, NORN_E_NUMERIC, "arima: the estimates are not stationary");
    NORN_TRY(from_nothing(w, &s, out, err));
    NORN_TRY(arima_track_get(w->env->arena, o, 0, 0, 0, &k, err));
    arima_track_begin(&k, &st->ar, &st->ma, &s);
    for (size_t t = 0; t < st->steps && !k.settled; t++) {
        const double f = k.f;
        arima_respond(&st->track, k.l + k.at, w->zero, w->h, w->work, w->line);
        for (size_t i = 0; i < w->h; i++)
            out[i] -= w->line[i] * w->line[i] / f;
        arima_track_idle(&k);
        if (t % 16 == 15 && norni_poll_stop(&w->env->poll))
            return norn_fail(err, NORN_E_CANCEL, "arima: cancelled");
    }
    return NORN_OK;
}

static norn_status variances(const ahead *w, double *out, norn_err *err) {
    const arima_track *const t = &w->st->track;
    if (arima_is_settled(t, w->h))
        settled_variance(w, out);
    else
        NORN_TRY(unsettled_variance(w, out, err));
    if (t->n_loose == 0) return NORN_OK;
    double *const c = norni_arena_get(w->env->arena, t->n_loose * w->h + t->n_root, sizeof *c);
    if (c == NULL) return norni_alloc_fail(err, "arima", t->n_loose, w->h * sizeof *c);
    double *const sc = c + t->n_loose * w->h;
    for (size_t s = 0; s < t->n_loose; s++)
        arima_respond(t, t->a[1 + s] + t->at, t->y[1 + s] + t->at, w->h, w->work, c + s * w->h);
    for (size_t i = 0; i < w->h; i++) {
        memset(sc, 0, t->n_root * sizeof *sc);
        for (size_t s = 0; s < t->n_loose; s++) {
            for (size_t l = 0; l < t->n_root; l++)
                sc[l] += c[s * w->h + i] * t->root[s * t->wide + l];
        }
        out[i] += arima_dot(sc, sc, t->n_root);
    }
    return NORN_OK;
}

norn_status norni_arima_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                                bool want_levels, norni_dist *out, norn_err *err) {
    (void)g;
    const norni_arima_state *const st = state;
    const arima_track *const t = &st->track;
    const size_t h = horizon + st->ahead, longest = t->r + t->n_diff + 2 * h;
    if (st->fit.n_x > 0 && (st->x_future == NULL || st->n_future < horizon))
        return norn_fail(err, NORN_E_DATA,
                         "arima: a forecast needs the regressors over the whole horizon");
    ahead w = {.st = st, .h = h, .env = env};
    w.work = norni_arena_zero(env->arena, 3 * longest + h + 1, sizeof *w.work);
    if (w.work == NULL) return norni_alloc_fail(err, "arima", 3 * longest, sizeof *w.work);
    w.line = w.work + longest;
    w.zero = w.line + longest;
    double *const all = w.zero + longest;
    arima_respond(t, t->a[0] + t->at, t->y[0] + t->at, h, w.work, all);
    for (size_t i = 0; i < horizon; i++)
        out->mean[i] = ldexp(
            all[st->ahead + i] + arima_state_effect(st, st->x_future, i, st->n + i), st->exponent);
    out->kind = NORNI_DIST_NORMAL;
    if (!want_levels) return NORN_OK;
    const size_t n_paths = env->n_paths ? env->n_paths : st->n_paths;
    if (n_paths > 0) return arima_paths(env, st, n_paths, out, err);
    NORN_TRY(variances(&w, all, err));
    for (size_t i = 0; i < horizon; i++)
        out->sd[i] = ldexp(sqrt(fmax(all[st->ahead + i], 0) * st->variance), st->exponent);
    return NORN_OK;
}
