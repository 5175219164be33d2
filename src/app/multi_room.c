/* What learning from a table takes, before the table is there. */
/* SPDX-License-Identifier: Apache-2.0 */
/* An estimate from the options alone, for a reader that must know how many drivers it may keep. It errs
 * upwards: every column that is no driver counts as a target, every fit as if it knew all rows. */
#include "app/multi_room.h"

#include "app/multi_fits.h"

/* The program itself; what allocations lose in blocks that double. */
enum { OWN_BYTES = 16 << 20, FEATURE_BYTES = 192, CUT_BYTES = 8, MOST_KINDS = 8, CALENDAR = 16 };
#define USED_SHARE 0.6

uint64_t norni_multi_room_memory(const norni_multi_plan *plan) {
    const uint64_t limit = norni_memory_limit(plan->opt->panel.common.memory_limit, NULL);
    return limit > OWN_BYTES ? (uint64_t)(USED_SHARE * (double)(limit - OWN_BYTES)) : 1;
}

static size_t lags_of(const norni_ints *lags, size_t lookback) {
    return lags->n > 0 ? lags->n : lookback;
}

/* Features, and those of them that are columns of their own and no view. */
static double features_of(const norni_multi_plan *p, size_t n_fixed, size_t n_drivers,
                          double *own) {
    const norni_features_opt *x = &p->features;
    const size_t back = x->driver_lookback > 0 ? x->driver_lookback : x->lookback,
                 rolls = 2 * x->windows.n, seasons = x->seasons.n > 0 ? x->seasons.n : 1,
                 fixed = lags_of(&x->lags, x->lookback) + seasons + rolls,
                 driver = lags_of(&x->driver_lags, back) + (x->roll_drivers ? rolls : 0);
    *own = (double)(n_fixed * rolls + (x->roll_drivers ? n_drivers * rolls : 0) + CALENDAR);
    return (double)(n_fixed * fixed + n_drivers * driver + CALENDAR);
}

static size_t kinds_of(const norni_multi_plan *p, size_t *cuts) {
    int32_t kind[MOST_KINDS];
    size_t n = 0;
    *cuts = 0;
    for (size_t s = 0; s < p->n_specs; s++) {
        size_t at = 0;
        if (p->specs[s].learner == NULL || !p->specs[s].learner->wants_bins) continue;
        const int32_t own = norni_multi_bins_of(&p->specs[s]);
        while (at < n && kind[at] != own)
            at++;
        if (at < n || n == MOST_KINDS) continue;
        kind[n++] = own;
        *cuts += (size_t)own;
    }
    return n;
}

/* The largest part of any learner; of x the learners see that it has so many columns, one a source. */
static double largest_part(const norni_multi_room *r, size_t n_rows, size_t n_targets,
                           size_t n_part, size_t n_all) {
    const norni_multi_plan *p = r->plan;
    const norni_arena_mark mark = norni_arena_mark_get(r->arena);
    norni_feature_column *column = norni_arena_zero(r->arena, n_all, sizeof *column);
    const double **y = norni_arena_zero(r->arena, n_targets, sizeof *y);
    static const double none[1] = {0};
    size_t most = 0;
    for (size_t k = 0; column != NULL && k < n_all; k++)
        column[k].source = k;
    for (size_t k = 0; y != NULL && k < n_targets; k++)
        y[k] = none; /* no column is a target's */
    for (size_t s = 0; column != NULL && y != NULL && s < p->n_specs; s++) {
        const norni_learner *l = p->specs[s].learner;
        if (l == NULL || l->memory == NULL) continue;
        const norni_features x = {n_rows, 0, p->horizon, l->whole ? n_all : n_part, column};
        const norni_lesson lesson = {.n = n_rows,
                                     .n_targets = n_targets,
                                     .horizon = p->horizon,
                                     .lookback = p->features.lookback,
                                     .y = y,
                                     .x = &x,
                                     .freq = {.unit = NORNI_UNIT_DAY, .step = 1}};
        const size_t need = l->memory(p->specs[s].opt, &lesson);
        most = need > most ? need : most;
    }
    norni_arena_rewind(r->arena, mark);
    return (double)most;
}

size_t norni_multi_room_made(const void *user, size_t n_rows, size_t n_fixed, size_t n_drivers) {
    const norni_multi_room *r = user;
    const norni_multi_plan *p = r->plan;
    const size_t refits = p->refit > 0 ? (p->windows + p->refit - 1) / p->refit : 1;
    size_t cuts;
    const double n = (double)n_rows, kinds = (double)kinds_of(p, &cuts);
    double own, features = features_of(p, n_fixed, n_drivers, &own), seen = features;
    const double most = (double)p->max_features, n_targets = (double)n_fixed;
    if (most > 0 && most * n_targets < seen) seen = most * n_targets;
    const double part = most > 0 && most < features ? most : features;
    const double bins = (double)(refits + 1) * seen * (2 * n * kinds + CUT_BYTES * (double)cuts);
    const double answers =
        8 * n_targets * (double)p->n_specs * (double)(p->windows + 4) * (double)p->horizon;
    const double all = features * FEATURE_BYTES + 8 * n * own + bins + answers +
                       largest_part(r, n_rows, n_fixed, (size_t)part, (size_t)seen);
    return all < 1e18 ? (size_t)all : (size_t)1e18;
}
