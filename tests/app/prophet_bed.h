/* What tests of Prophet's public calls share: data, specifications, fits, tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPHET_BED_H
#define PROPHET_BED_H

#include <string.h>

#include <norn/prophet.h>
#include "base/fp.h"
#include "base/rng.h"
#include "data/calendar.h"

#define DAY NORNI_US_DAY
enum { N = 800, AHEAD = 60, MOST = N + AHEAD };

/* ---- beds ---- */

static norn_ctx *new_ctx(int32_t threads, const norn_alloc *alloc) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx;
    opt.n_threads = threads;
    if (alloc) opt.alloc = *alloc;
    assert_int_equal(norn_ctx_new(&opt, &ctx, NULL), NORN_OK);
    return ctx;
}

static int64_t ds[MOST];
static double y[MOST], cap[MOST], lowest[MOST], promo[MOST], price[MOST], on[MOST];
static const char *const names[] = {"promo", "price", "on"};
static const double *columns[] = {promo, price, on};

static void make_data(void) {
    const norni_rng rng = {11, 4};
    for (size_t i = 0; i < MOST; i++) {
        const double t = (double)i;
        ds[i] = (norni_days_from_civil(2015, 1, 1) + (int64_t)i) * DAY;
        promo[i] = i % 11 == 3;
        price[i] = 40 + 5 * norni_sin(t / 20) + norni_rng_normal(rng, 3 * i);
        on[i] = i % 7 < 5;
        y[i] = 50 + 0.02 * t + (i > 400 ? 0.05 * (t - 400) : 0) + 4 * norni_sin(t * 0.0172) +
               2 * (i % 7 == 6) + 3 * promo[i] - 0.2 * price[i] + norni_rng_normal(rng, 3 * i + 1);
        cap[i] = 200 + 0.01 * t;
        lowest[i] = 10;
    }
    for (size_t i = 0; i < N; i += 37)
        y[i] = NORNI_NAN;
}

/* Valid until sixteen calls later. */
static norn_prophet_rows rows(size_t from, size_t n) {
    static const double *places[16][3];
    static size_t calls;
    const double **x = places[calls++ % 16];
    for (size_t k = 0; k < 3; k++)
        x[k] = columns[k] + from;
    return (norn_prophet_rows){n, ds + from, y + from, cap + from, lowest + from, 3, names, x};
}

/* What a specification is made with. */
enum { PLAIN, RICH, LOGISTIC, MULTIPLICATIVE, N_KINDS };

static norn_prophet *new_model(norn_ctx *ctx, int kind) {
    norn_prophet *p;
    norn_err err;
    norn_prophet_opt opt = norn_prophet_opt_default();
    const int64_t given[] = {ds[100], ds[300], ds[520], ds[700]};
    if (kind == LOGISTIC) opt.growth = NORN_PROPHET_LOGISTIC;
    if (kind == MULTIPLICATIVE) opt.multiplicative = true;
    if (kind == RICH) {
        opt.changepoints_given = true;
        opt.changepoints = given;
        opt.n_given = 4;
        opt.country = "US";
        opt.yearly = 3;
    }
    if (norn_prophet_new(ctx, &opt, &p, &err) != NORN_OK) fail_msg("%s", err.text);
    if (kind != RICH) return p;
    const norn_prophet_seasonality works = {"works", 7, 2, NORNI_NAN, -1, "on"};
    const norn_prophet_regressor one = {"promo", NORNI_NAN, -1, -1, 0, 0},
                                 two = {"price", 0.5, -1, -1, 0, 0};
    const norn_prophet_holiday days[] = {
        {"sale", norni_days_from_civil(2015, 5, 4), -1, 2, NORNI_NAN},
        {"sale", norni_days_from_civil(2016, 5, 4), -1, 2, NORNI_NAN},
        {"late", norni_days_from_civil(2017, 3, 20), 0, 0, 3}};
    if (norn_prophet_add_seasonality(p, &works, &err) != NORN_OK ||
        norn_prophet_add_regressor(p, &one, &err) != NORN_OK ||
        norn_prophet_add_regressor(p, &two, &err) != NORN_OK ||
        norn_prophet_add_holidays(p, days, 3, &err) != NORN_OK)
        fail_msg("%s", err.text);
    return p;
}

static norn_prophet *fitted(norn_ctx *ctx, int kind, size_t n) {
    norn_prophet *p = new_model(ctx, kind);
    norn_err err;
    const norn_prophet_rows r = rows(0, n);
    if (norn_prophet_fit(ctx, p, &r, NULL, &err) != NORN_OK) fail_msg("%s", err.text);
    return p;
}

static norn_prophet_state state_of(const norn_prophet *p) {
    norn_prophet_state s;
    assert_int_equal(norn_prophet_state_view(p, &s, NULL), NORN_OK);
    return s;
}

static norn_prophet_table predict(norn_ctx *ctx, const norn_prophet *p, size_t from, size_t n,
                                  const norn_prophet_predict_opt *opt) {
    norn_prophet_table t;
    norn_err err;
    const norn_prophet_rows r = rows(from, n);
    if (norn_prophet_predict(ctx, p, &r, opt, &t, &err) != NORN_OK) fail_msg("%s", err.text);
    return t;
}

static const double *column(const norn_prophet_table *t, const char *name) {
    for (size_t k = 0; k < t->n_column; k++)
        if (strcmp(t->name[k], name) == 0) return t->value[k];
    fail_msg("there is no column %s", name);
    return NULL;
}

static void same_table(const norn_prophet_table *a, const norn_prophet_table *b) {
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->n_column, b->n_column);
    assert_memory_equal(a->ds, b->ds, a->n * sizeof *a->ds);
    for (size_t k = 0; k < a->n_column; k++) {
        assert_string_equal(a->name[k], b->name[k]);
        assert_memory_equal(a->value[k], b->value[k], a->n * sizeof(double));
    }
}

#endif
