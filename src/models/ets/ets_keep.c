/* Exponential smoothing models kept: their state as bytes, and moved on by new observations. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The head tells the form and its scale; then parameters, fit and last states, all that a forecast
 * needs; then where the search of each form ended, for a later fit to start from. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/pack.h"
#include "models/ets/ets_state.h"

#define ETS_TAG UINT32_C(0x31535445) /* "ETS1" */
enum { MOST_EXPONENT = 1100, MOST_SEASON = 100000 };

static uint32_t form_code(norni_ets_form f) {
    return (uint32_t)f.error + 4 * (uint32_t)f.trend + 16 * (uint32_t)f.season +
           64 * (uint32_t)f.damped;
}

static bool form_read(uint32_t code, norni_ets_form *f) {
    f->error = (norni_ets_part)(code % 4);
    f->trend = (norni_ets_part)(code / 4 % 4);
    f->season = (norni_ets_part)(code / 16 % 4);
    f->damped = code / 64 == 1;
    return code < 128 && (f->error == NORNI_ETS_ADD || f->error == NORNI_ETS_MUL) &&
           f->trend <= NORNI_ETS_MUL && f->season <= NORNI_ETS_MUL &&
           !(f->damped && f->trend == NORNI_ETS_NONE);
}

norn_status ets_save(const void *state, size_t g, norni_buf *out, norn_err *err) {
    const ets_state *s = (const ets_state *)state + g;
    const double numbers[] = {s->par.alpha, s->par.beta, s->par.gamma, s->par.phi,
                              s->sigma2,    s->loglik,   s->aicc};
    norni_buf forms;
    norni_pack_u32(out, ETS_TAG);
    norni_pack_u32(out, form_code(s->form));
    norni_pack_u32(out, (uint32_t)s->m);
    norni_pack_i32(out, s->exponent);
    norni_pack_i64(out, (int64_t)s->n);
    norni_pack_i64(out, (int64_t)s->n_obs);
    norni_pack_f64s(out, numbers, sizeof numbers / sizeof numbers[0]);
    norni_pack_f64s(out, s->last, ets_n_states(s->form, s->m));
    norni_buf_init(&forms, out->alloc);
    if (s->memory) ets_memory_pack(s->memory, &forms);
    norni_pack_str(out, s->memory ? (norni_str){forms.p, forms.n} : s->forms);
    const bool failed = forms.failed || out->failed;
    norni_buf_clear(&forms);
    return failed ? norni_alloc_fail(err, "ets", out->cap, 2) : NORN_OK;
}

typedef struct ets_head {
    norni_ets_form form;
    size_t m, n, n_obs;
    int exponent;
} ets_head;

static void read_head(norni_unpack *u, ets_head *h) {
    if (norni_unpack_u32(u) != ETS_TAG) u->failed = true;
    if (!form_read(norni_unpack_u32(u), &h->form)) u->failed = true;
    h->m = norni_unpack_count(u, 1, MOST_SEASON);
    if (h->form.season ? h->m < 2 : h->m != 1) u->failed = true;
    h->exponent = norni_unpack_i32(u);
    if (h->exponent > MOST_EXPONENT || h->exponent < -MOST_EXPONENT) u->failed = true;
    h->n = (size_t)norni_unpack_between(u, 1, INT64_MAX / 2);
    h->n_obs = (size_t)norni_unpack_between(u, 1, (int64_t)h->n);
}

bool ets_kept_forms(norni_str saved, norni_str *forms, int *exponent) {
    norni_unpack u = {saved, false};
    ets_head h;
    read_head(&u, &h);
    if (u.failed) return false;
    for (size_t k = 7 + ets_n_states(h.form, h.m); k > 0; k--)
        (void)norni_unpack_f64(&u);
    *forms = norni_unpack_str(&u);
    *exponent = h.exponent;
    return norni_unpack_end(&u) && ets_memory_check(*forms);
}

/* Whether the options can have chosen this form. */
static bool form_fits(const ets_opt *o, norni_ets_form f) {
    return (o->error == ETS_AUTO || (int)f.error == o->error) &&
           (o->trend == ETS_AUTO || (int)f.trend == o->trend - 1) &&
           (o->season == ETS_AUTO || (int)f.season == o->season - 1) &&
           (o->damped == ETS_AUTO || f.damped == (o->damped == 2) || !f.trend);
}

static void read_numbers(norni_unpack *u, ets_state *s) {
    s->par.alpha = norni_unpack_within(u, 0, 2);
    s->par.beta = norni_unpack_within(u, -4, 4);
    s->par.gamma = norni_unpack_within(u, 0, 2);
    s->par.phi = norni_unpack_within(u, 0, 1);
    s->sigma2 = norni_unpack_f64(u);
    if (!isnan(s->sigma2) && !(s->sigma2 >= 0 && s->sigma2 <= DBL_MAX)) u->failed = true;
    s->loglik = norni_unpack_f64(u);
    s->aicc = norni_unpack_f64(u);
}

norn_status ets_load(norni_env *env, const ets_opt *o, const char *part, norni_str saved,
                     void **state, norn_err *err) {
    norni_unpack u = {saved, false};
    ets_head h;
    ets_state *s = norni_arena_zero(env->arena, 1, sizeof *s);
    if (s == NULL) return norni_alloc_fail(err, part, 1, sizeof *s);
    read_head(&u, &h);
    s->form = h.form, s->m = h.m, s->n = h.n, s->n_obs = h.n_obs, s->exponent = h.exponent;
    s->simulate = o->simulate, s->n_paths = (size_t)o->n_paths;
    if (!form_fits(o, s->form)) u.failed = true;
    read_numbers(&u, s);
    const size_t n_states = ets_n_states(s->form, s->m);
    if (norni_unpack_has(&u, n_states, sizeof(double))) {
        s->last = norni_arena_get(env->arena, n_states, sizeof *s->last);
        if (s->last == NULL) return norni_alloc_fail(err, part, n_states, sizeof *s->last);
        norni_unpack_finite(&u, s->last, n_states);
    }
    const norni_str forms = norni_unpack_str(&u);
    if (!norni_unpack_end(&u) || !ets_memory_check(forms))
        return norn_fail(err, NORN_E_FORMAT,
                         "%s: the kept model is damaged or not one of this kind", part);
    s->forms = (norni_str){norni_arena_text(env->arena, forms.p, forms.n), forms.n};
    if (s->forms.p == NULL) return norni_alloc_fail(err, part, forms.n, 1);
    *state = s;
    return NORN_OK;
}

norn_status ets_moved_on(norni_env *env, void *state, const norni_series *more, norn_err *err) {
    ets_state *s = state;
    const size_t n_states = ets_n_states(s->form, s->m);
    norni_ets_fitness fitness;
    double *y = norni_arena_get(env->arena, more->n + n_states, sizeof *y), *states = y + more->n;
    if (y == NULL) return norni_alloc_fail(err, "ets", more->n + n_states, sizeof *y);
    for (size_t t = 0; t < more->n; t++) {
        y[t] = ldexp(more->y[t], -s->exponent);
        s->n_obs += isnan(y[t]) ? 0 : 1;
    }
    memcpy(states, s->last, n_states * sizeof *states);
    bool good = norni_ets_loglik(s->form, s->m, &s->par, states, y, more->n, NULL, &fitness);
    for (size_t k = 0; k < n_states; k++)
        good = good && isfinite(states[k]);
    if (!good)
        return norn_fail(err, NORN_E_DATA,
                         "ets: new values cannot follow the earlier ones under the kept form "
                         "(infinite, or of the wrong sign); fit the series again");
    s->last = states;
    s->n += more->n;
    return NORN_OK;
}
