/* Laying out a fitted Prophet in one block: sized by a first pass, filled by a second. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/prophet_kept.h"

#include <math.h>

#include "base/fp.h"

typedef struct block {
    char *base; /* NULL while sizes are counted */
    size_t used;
} block;

/* A copy of n things in the block; NULL in the first pass. from NULL: room alone. */
static void *piece(block *b, const void *from, size_t n, size_t size) {
    enum { ALIGN = 16 };
    const size_t at = (b->used + ALIGN - 1) / ALIGN * ALIGN;
    b->used = at + n * size;
    if (b->base == NULL) return NULL;
    if (from && n) memcpy(b->base + at, from, n * size);
    return b->base + at;
}

static norni_str text(block *b, norni_str from) {
    char *p = piece(b, NULL, from.n + 1, 1);
    if (p && from.n) memcpy(p, from.p, from.n);
    if (p) p[from.n] = 0;
    return (norni_str){p, from.n};
}

static void lay_seasons(block *b, const norni_prophet_plan *from, norni_prophet_kept *to) {
    norni_prophet_season *s = piece(b, from->season, from->n_season, sizeof *s);
    norn_prophet_seasonality *view = piece(b, NULL, from->n_season, sizeof *view);
    for (size_t i = 0; i < from->n_season; i++) {
        const norni_str name = text(b, from->season[i].name),
                        condition = text(b, from->season[i].condition);
        if (s == NULL) continue;
        s[i].name = name;
        s[i].condition = condition;
        view[i] = (norn_prophet_seasonality){
            name.p,     s[i].period,         s[i].order,
            s[i].prior, s[i].multiplicative, condition.n ? condition.p : NULL};
    }
    to->plan.season = s;
    to->state.season = view;
    to->state.n_season = from->n_season;
}

static void lay_regressors(block *b, const norni_prophet_plan *from, norni_prophet_kept *to) {
    norni_prophet_regressor *r = piece(b, from->regressor, from->n_regressor, sizeof *r);
    norn_prophet_regressor *view = piece(b, NULL, from->n_regressor, sizeof *view);
    for (size_t i = 0; i < from->n_regressor; i++) {
        const norni_str name = text(b, from->regressor[i].name);
        if (r == NULL) continue;
        r[i].name = name;
        view[i] = (norn_prophet_regressor){
            name.p, r[i].prior, r[i].standardise, r[i].multiplicative, r[i].mu, r[i].sd};
    }
    to->plan.regressor = r;
    to->state.regressor = view;
    to->state.n_regressor = from->n_regressor;
}

static void lay_holidays(block *b, const norni_prophet_plan *from, norni_prophet_kept *to) {
    norni_str *name = piece(b, NULL, from->n_holiday_name, sizeof *name);
    const char **view = piece(b, NULL, from->n_holiday_name, sizeof *view);
    for (size_t i = 0; i < from->n_holiday_name; i++) {
        const norni_str copy = text(b, from->holiday_name[i]);
        if (name == NULL) continue;
        name[i] = copy;
        view[i] = copy.p;
    }
    to->plan.holiday_name = name;
    to->state.holiday_name = view;
    to->state.n_holiday_name = from->n_holiday_name;
}

/* The component's text where it was laid already. */
static norni_str component_of(const norni_prophet_column *c, const norni_prophet_kept *to) {
    switch (c->kind) {
        case NORNI_PROPHET_SEASON: return to->plan.season[c->source].name;
        case NORNI_PROPHET_HOLIDAY: return to->plan.holiday_name[c->source];
        case NORNI_PROPHET_REGRESSOR: return to->plan.regressor[c->source].name;
        case NORNI_PROPHET_ZEROS: break;
    }
    return norni_str_of("zeros");
}

static void lay_columns(block *b, const norni_prophet_plan *from, norni_prophet_kept *to) {
    const size_t n = from->n_column;
    norni_prophet_column *c = piece(b, from->column, n, sizeof *c);
    const char **name = piece(b, NULL, n, sizeof *name),
               **component = piece(b, NULL, n, sizeof *component);
    bool *multiplicative = piece(b, NULL, n, sizeof *multiplicative);
    double *prior = piece(b, NULL, n, sizeof *prior);
    for (size_t i = 0; i < n; i++) {
        const size_t room = from->column[i].component.n + 24;
        char *full = piece(b, NULL, room, 1);
        if (c == NULL) continue;
        c[i].component = component_of(&c[i], to);
        norni_prophet_column_name(&c[i], full, room);
        name[i] = full;
        component[i] = c[i].component.p;
        multiplicative[i] = c[i].multiplicative;
        prior[i] = c[i].prior;
    }
    to->plan.column = c;
    to->state.n_column = n;
    to->state.column = name;
    to->state.component = component;
    to->state.column_multiplicative = multiplicative;
    to->state.prior = prior;
}

static void lay_estimates(block *b, const norni_prophet_plan *plan, const norni_prophet_fit *fit,
                          norni_prophet_kept *to) {
    to->fit.delta = piece(b, fit->delta, plan->n_change, sizeof *fit->delta);
    to->fit.beta = piece(b, fit->beta, plan->n_column, sizeof *fit->beta);
    to->plan.change = piece(b, plan->change, plan->n_change, sizeof *plan->change);
    to->plan.change_t = piece(b, plan->change_t, plan->n_change, sizeof *plan->change_t);
    norn_prophet_state *s = &to->state;
    s->start = plan->start;
    s->t_scale = plan->t_scale;
    s->y_scale = plan->y_scale;
    s->y_min = plan->y_min;
    s->floor = plan->floor;
    s->n_change = plan->n_change;
    s->change = to->plan.change;
    s->change_t = to->plan.change_t;
    s->k = fit->k;
    s->m = fit->m;
    s->sigma = fit->sigma;
    s->delta = to->fit.delta;
    s->beta = to->fit.beta;
    s->log_posterior = fit->log_posterior;
    s->kkt = fit->kkt;
    s->exact = fit->exact;
    s->passes = fit->passes;
}

static void lay_notes(block *b, const char *const *note, size_t n, norni_prophet_kept *to) {
    const char **view = piece(b, NULL, n, sizeof *view);
    for (size_t i = 0; i < n; i++) {
        const norni_str copy = text(b, norni_str_of(note[i]));
        if (view) view[i] = copy.p;
    }
    to->state.note = view;
    to->state.n_note = n;
}

norn_status norni_prophet_usable(const norni_prophet_fit *fit, norn_err *err) {
    if (isfinite(fit->k) && isfinite(fit->m) && fit->sigma > 0 && fit->log_posterior > -NORNI_INF)
        return NORN_OK;
    return norn_fail(err, NORN_E_NUMERIC,
                     "prophet: no estimates have a posterior on these data (k=%g, m=%g, sigma=%g)",
                     fit->k, fit->m, fit->sigma);
}

norn_status norni_prophet_keep(const norn_alloc *alloc, const norni_prophet_plan *plan,
                               const norni_prophet_fit *fit, size_t n_rows, double mean_step,
                               const char *const *note, size_t n_note, norni_prophet_kept **out,
                               norn_err *err) {
    block b = {NULL, 0};
    norni_prophet_kept first, *to = &first;
    size_t size = 0;
    for (int pass = 0; pass < 2; pass++) {
        *to = (norni_prophet_kept){.alloc = *alloc, .size = size, .plan = *plan, .fit = *fit};
        (void)piece(&b, NULL, 1, sizeof *to);
        lay_seasons(&b, plan, to);
        lay_regressors(&b, plan, to);
        lay_holidays(&b, plan, to);
        lay_columns(&b, plan, to);
        lay_estimates(&b, plan, fit, to);
        lay_notes(&b, note, n_note, to);
        to->state.n_rows = n_rows;
        to->state.mean_step = mean_step;
        if (pass == 1) break;
        size = b.used;
        b = (block){norni_alloc_get(alloc, size, 1), 0};
        if (b.base == NULL) return norni_alloc_fail(err, "prophet", size, 1);
        to = (norni_prophet_kept *)(void *)b.base;
    }
    *out = to;
    return NORN_OK;
}

void norni_prophet_kept_drop(norni_prophet_kept *kept) {
    if (kept == NULL) return;
    const norn_alloc alloc = kept->alloc;
    norni_alloc_drop(&alloc, kept, kept->size, 1);
}
