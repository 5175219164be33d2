/* The exact Gaussian likelihood of an ARMA process in O(lags) a step, and in O(terms) when settled. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Started from its stationary distribution, the Kalman filter's covariance changes by a matrix of
 * rank one at each step, P_{t+1} - P_t = -L_t L_t' / F_t, so vectors stand for matrices (Morf,
 * Sidhu, Kailath 1974; for ARMA: Pearlman 1980, Melard 1984):
 *   v_t = w_t - a_t[0]      a_{t+1} = T a_t + K_t v_t / F_t
 *   c = L_t[0] / F_t        K_{t+1} = K_t - c T L_t    L_{t+1} = T L_t - c K_t
 *   F_{t+1} = F_t - c L_t[0]    K_1 = L_1 = T P_1 Z'    F_1 = Z P_1 Z'.
 * T shifts, and adds phi_{lag} x_0 at the few lags of the sparse product. The shift costs nothing:
 * a and L live in long arrays whose origin moves by one each step. F falls to 1, the innovations'
 * variance; once F - 1 is rounding, the gain is phi + theta for good, and what is left is the
 * ordinary recursion e = phi(B) w / theta(B) over the sparse polynomials, started from the pending
 * a. 2 log L = -N (log 2 pi + 1 + log(S/N)) - sum log F with S = sum v^2/F, which is least squares
 * over v_t / sqrt(F_t) times the geometric mean of sqrt(F) (Ansley 1979). */
#include "models/arima/arima_like.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/simd.h"

enum { PAD = 8, POLL_WORK = 400000 };

norn_status arima_like_get(arima_work *w, arima_like *l, norn_err *err) {
    const size_t n_lin = 1 + w->n_flat + w->n_reg;
    l->unsettled = arima_unsettled_get(ARIMA_SIMD_ANY);
    NORN_TRY(arima_start_get(&w->o, w->arena, &l->start, err));
    if (w->level) {
        l->now = norni_arena_get(w->arena, n_lin, 2 * sizeof *l->now);
        if (!l->now) return norni_alloc_fail(err, "arima", n_lin, 2 * sizeof *l->now);
        l->v = l->now + n_lin;
        return arima_track_get(w->arena, &w->o, n_lin, 0, w->n_gap, &l->track, err);
    }
    l->room = w->n_w + l->start.r + PAD;
    l->a = norni_arena_get(w->arena, 1 + w->n_reg, sizeof *l->a);
    l->l = norni_arena_get(w->arena, l->room, sizeof *l->l);
    l->f = norni_arena_get(w->arena, w->n_w + 1, sizeof *l->f);
    if (!l->a || !l->l || !l->f) return norni_alloc_fail(err, "arima", l->room, 2 * sizeof *l->l);
    for (size_t c = 0; c <= w->n_reg; c++) {
        l->a[c] = norni_arena_get(w->arena, l->room, sizeof **l->a);
        if (!l->a[c]) return norni_alloc_fail(err, "arima", l->room, sizeof **l->a);
    }
    return NORN_OK;
}

static size_t round_up(size_t r) {
    return (r + 3) / 4 * 4;
}

static inline void log_add(arima_logs *s, double x) {
    s->product *= x;
    if (s->product > 0x1p200 || s->product < 0x1p-200) {
        int e = 0;
        s->product = frexp(s->product, &e);
        s->exponent += e;
    }
}

static double log_get(const arima_logs *s) {
    return norni_log(s->product) + (double)s->exponent * 0.693147180559945309417;
}

#define LIKE_TARGET
#define FN(x) base_##x
#include "models/arima/arima_like_body.h"
#undef LIKE_TARGET
#undef FN
#if defined(__x86_64__)
#    define LIKE_TARGET __attribute__((target("avx2")))
#    define FN(x)       avx2_##x
#    include "models/arima/arima_like_body.h"
#    undef LIKE_TARGET
#    undef FN
#    define LIKE_TARGET __attribute__((target("avx512f,avx512dq,avx512vl" NORNI_PREFER_512)))
#    define FN(x)       avx512_##x
#    include "models/arima/arima_like_body.h"
#    undef LIKE_TARGET
#    undef FN
#endif

arima_unsettled arima_unsettled_get(int cap) {
#if defined(__x86_64__)
    if (cap >= ARIMA_SIMD_AVX512 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return avx512_unsettled;
    if (cap >= ARIMA_SIMD_AVX2 && __builtin_cpu_supports("avx2")) return avx2_unsettled;
#endif
    (void)cap;
    return base_unsettled;
}

/* The settled part, from step `from`: pending a, then the sparse recursion. */
static void settled(const arima_work *w, const double *a, size_t pending, const double *x,
                    size_t from, double *e) {
    const size_t n = w->n_w;
    const size_t p = (size_t)w->o.p, q = (size_t)w->o.q, sp = (size_t)w->o.P, sq = (size_t)w->o.Q;
    const size_t end = from + pending < n ? from + pending : n;
    for (size_t t = from; t < end; t++)
        e[t] = x[t] - a[t];
    if (end < n) memcpy(e + end, x + end, (n - end) * sizeof *e);
    for (size_t j = 0; j < w->ar.n; j++) {
        const double c = w->ar.c[j];
        const double *const past = x - w->ar.lag[j];
        for (size_t t = from + w->ar.lag[j]; t < n; t++)
            e[t] -= c * past[t];
    }
    const double *const theta = w->coef + p, *const seasonal = theta + q + sp;
    arima_filter_ma(seasonal, sq, (size_t)w->o.m, &e, 1, NULL, from, n);
    arima_filter_ma(theta, q, 1, &e, 1, NULL, from, n);
}

static bool run_gaps(arima_work *w, arima_like *like, const double *const *x, size_t n_col,
                     double **e) {
    arima_track *const k = &like->track;
    if (!arima_start_run(&w->o, w->coef, &w->ar, &w->ma, &like->start)) return false;
    k->n_lin = n_col;
    arima_track_begin(k, &w->ar, &w->ma, &like->start);
    arima_logs logs = {1, 0};
    size_t row = 0;
    for (size_t t = 0; t < w->n; t++) {
        for (size_t j = 0; j < n_col; j++)
            like->now[j] = x[j][t];
        if (t < k->n_diff) {
            arima_track_seed(k, like->now);
        } else if (w->seen[t]) {
            double f = 1;
            arima_track_see(k, like->now, like->v, &f);
            if (!(f > 0.5)) return false;
            const double root = sqrt(f);
            for (size_t j = 0; j < n_col; j++)
                e[j][row] = like->v[j] / root;
            row++;
            log_add(&logs, f);
        } else {
            arima_track_miss(k);
        }
        if (arima_work_poll(w, (n_col + k->n_loose) * (k->r + k->n_loose))) return false;
    }
    like->sumlog = log_get(&logs);
    return true;
}

bool arima_like_run(arima_work *w, arima_like *like, const double *const *x, size_t n_col,
                    double **e) {
    if (w->level) return run_gaps(w, like, x, n_col, e);
    arima_start *const s = &like->start;
    if (!arima_start_run(&w->o, w->coef, &w->ar, &w->ma, s)) return false;
    const size_t n = w->n_w, r = round_up(s->r), chunk = POLL_WORK / (4 * r * n_col) + 1;
    /* Rounding of the start is what F can be known to. */
    const double settled_at = 1 + 1e-15 * (10 + s->f);
    for (size_t col = 0; col < n_col; col++)
        memset(like->a[col], 0, (r + 1) * sizeof **like->a);
    memcpy(like->l + 1, s->k, r * sizeof *like->l);
    like->logs = (arima_logs){1, 0};
    like->f_last = s->f;
    size_t t = 0, end = 0;
    while (t == end && t < n && like->f_last > settled_at) {
        end = t + chunk < n ? t + chunk : n;
        t = like->unsettled(w, like, x, n_col, t, end, settled_at, e);
        if (!(like->f_last > 0.5) || arima_work_poll(w, (end - t + chunk) * 4 * r * n_col))
            return false;
    }
    like->settled = t;
    like->sumlog = log_get(&like->logs);
    for (size_t col = 0; col < n_col && t < n; col++)
        settled(w, like->a[col], s->r, x[col], t, e[col]);
    return !arima_work_poll(w, (n - t) * n_col * (2 + w->ar.n + w->ma.n));
}
