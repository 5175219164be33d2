/* Theta models kept: their state as bytes, and moved on by new observations. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters: alpha, the weight, the seasonal indices, the variance, and the line of the models whose
 * line stands still. State: the level, (1-alpha)^n, and the line that moves. */
#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "base/pack.h"
#include "models/theta/theta_ahead.h"

#define THETA_TAG UINT32_C(0x31454854) /* "THE1" */
/* A forecast walks through what is missing at the end; a longer way is not kept. */
enum { MOST_EXPONENT = 1100, MOST_SEASON = 100000, MOST_MISSING = 1 << 20 };

norn_status norni_theta_save(const void *state, size_t g, norni_buf *out, norn_err *err) {
    (void)g;
    const theta_state *st = state;
    const theta_fit *f = &st->fit;
    const theta_line *l = &st->line;
    const double numbers[] = {f->alpha, f->level0, f->weight, f->sse, f->level, f->power, st->shift,
                              l->n,     l->mean_t, l->mean_x, l->stt, l->stx,   l->a,     l->b};
    if (st->n - st->data.n > MOST_MISSING)
        return norn_fail(
            err, NORN_E_DATA,
            "theta: the series ends with %zu missing values; no model is kept beyond %d",
            st->n - st->data.n, (int)MOST_MISSING);
    norni_pack_u32(out, THETA_TAG);
    norni_pack_u32(out, (uint32_t)f->kind * 2 + st->multiplicative);
    norni_pack_i32(out, st->exponent);
    norni_pack_i64(out, (int64_t)st->n);
    norni_pack_i64(out, (int64_t)st->data.n);
    norni_pack_f64(out, st->sigma2);
    norni_pack_f64s(out, numbers, sizeof numbers / sizeof numbers[0]);
    norni_pack_u32(out, (uint32_t)st->m);
    norni_pack_f64s(out, st->figure, st->m);
    return out->failed ? norni_alloc_fail(err, "theta", out->cap, 2) : NORN_OK;
}

/* The numbers in the order of writing, without the figure. */
static void read_numbers(norni_unpack *u, theta_state *st) {
    theta_fit *f = &st->fit;
    theta_line *l = &st->line;
    double *const to[] = {&f->sse,    &f->level, &f->power, &st->shift, &l->n, &l->mean_t,
                          &l->mean_x, &l->stt,   &l->stx,   &l->a,      &l->b};
    st->exponent = norni_unpack_i32(u);
    if (st->exponent > MOST_EXPONENT || st->exponent < -MOST_EXPONENT) u->failed = true;
    st->n = (size_t)norni_unpack_between(u, 1, INT64_MAX / 2);
    st->data.n = (size_t)norni_unpack_between(u, 1, (int64_t)st->n);
    if (st->n - st->data.n > MOST_MISSING) u->failed = true;
    st->sigma2 = norni_unpack_f64(u);
    if (!isnan(st->sigma2) && !(st->sigma2 >= 0 && st->sigma2 <= DBL_MAX)) u->failed = true;
    f->alpha = norni_unpack_within(u, 1e-9, 1);
    norni_unpack_finite(u, &f->level0, 1);
    f->weight = norni_unpack_within(u, 0, 1);
    for (size_t k = 0; k < sizeof to / sizeof to[0]; k++)
        norni_unpack_finite(u, to[k], 1);
    if (!(f->power >= 0 && f->power <= 1 && l->n >= 1 && l->stt >= 0)) u->failed = true;
}

norn_status norni_theta_load(norni_env *env, theta_kind least, theta_kind most, size_t n_paths,
                             norni_str saved, void **state, norn_err *err) {
    norni_unpack u = {saved, false};
    theta_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, "theta", 1, sizeof *st);
    if (norni_unpack_u32(&u) != THETA_TAG) u.failed = true;
    const uint32_t code = norni_unpack_count(&u, 2 * (uint32_t)least, 2 * (uint32_t)most + 1);
    st->fit.kind = (theta_kind)(code / 2);
    st->multiplicative = code % 2 == 1;
    st->n_paths = n_paths;
    read_numbers(&u, st);
    st->m = norni_unpack_count(&u, 0, MOST_SEASON);
    if (st->m > 0 && norni_unpack_has(&u, st->m, sizeof(double))) {
        double *figure = norni_arena_get(env->arena, st->m, sizeof *figure);
        if (figure == NULL) return norni_alloc_fail(err, "theta", st->m, sizeof *figure);
        norni_unpack_finite(&u, figure, st->m);
        for (size_t j = 0; j < st->m && st->multiplicative; j++)
            u.failed = u.failed || figure[j] == 0;
        st->figure = figure;
    }
    if (!norni_unpack_end(&u))
        return norn_fail(err, NORN_E_FORMAT,
                         "theta: the kept model is damaged or not one of this kind");
    *state = st;
    return NORN_OK;
}

double norni_theta_kept_alpha(norni_str saved, theta_kind kind) {
    norni_unpack u = {saved, false};
    theta_state st = {.n = 0};
    if (saved.n == 0 || norni_unpack_u32(&u) != THETA_TAG) return 0;
    st.fit.kind = (theta_kind)(norni_unpack_u32(&u) / 2);
    read_numbers(&u, &st);
    return u.failed || st.fit.kind != kind ? 0 : st.fit.alpha;
}

double norni_theta_adjust(const theta_state *st, double y, size_t t) {
    double x = st->exponent ? ldexp(y, -st->exponent) : y;
    if (st->m) {
        const double index = st->figure[t % st->m];
        x = st->multiplicative ? x / index : x - index;
    }
    return x - st->shift;
}

/* The state behind one more period, as a pass over the whole series has it. */
static void move(theta_state *st, double x) {
    (void)norni_theta_step(&st->fit, st->line.a, st->line.b, x);
    st->data.n++;
    if (!isnan(x) && norni_theta_is_dynamic(st->fit.kind))
        norni_theta_line_add(&st->line, (double)st->data.n, x);
}

norn_status norni_theta_update(norni_env *env, void *state, const norni_series *more,
                               norn_err *err) {
    theta_state *st = state, next = *st;
    (void)env;
    for (size_t k = 0; k < more->n; k++) {
        const double x = norni_theta_adjust(&next, more->y[k], next.n);
        next.n++;
        if (isnan(x)) continue; /* moved through when a value follows */
        while (next.data.n + 1 < next.n)
            move(&next, NORNI_NAN);
        move(&next, x);
        if (!isfinite(next.fit.level) || !isfinite(next.line.stx))
            return norn_fail(err, NORN_E_DATA,
                             "theta: a new value is infinite, or out of all proportion to the "
                             "earlier ones; fit the series again");
    }
    *st = next;
    return NORN_OK;
}
