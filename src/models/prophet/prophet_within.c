/* Plans that borrow the features of another: of the same calendar, of a longer history; and saved ones. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Fourier terms and holidays depend on the time stamps alone, so that what a shorter history needs are
 * the first rows of what the longer one has. */
#include <math.h>

#include "models/prophet/prophet_plan_parts.h"

norn_status norni_prophet_plan_again(norni_arena *arena, const norni_prophet_plan *first,
                                     const norni_prophet_design *first_design,
                                     const norni_prophet_rows *rows, norni_prophet_plan *plan,
                                     norni_prophet_design *design, norn_err *err) {
    *plan = *first;
    NORN_TRY(norni_prophet_rows_take(arena, true, rows, design, err));
    NORN_TRY(norni_prophet_scale(arena, rows, design, plan, NULL, err));
    NORN_TRY(norni_prophet_scaled(arena, true, plan, rows, design, err));
    design->t = first_design->t;
    design->n_x = first_design->n_x;
    design->x = first_design->x;
    return NORN_OK;
}

static bool same_text(norni_str a, norni_str b) {
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static bool same_column(const norni_prophet_column *a, const norni_prophet_column *b) {
    return a->kind == b->kind && a->part == b->part && same_text(a->component, b->component);
}

/* Whether the values behind two columns of one name are equal: regressors may be scaled otherwise. */
static bool same_values(const norni_prophet_plan *a, const norni_prophet_column *x,
                        const norni_prophet_plan *b, const norni_prophet_column *y) {
    if (x->kind != NORNI_PROPHET_REGRESSOR) return true;
    return a->regressor[x->source].mu == b->regressor[y->source].mu &&
           a->regressor[x->source].sd == b->regressor[y->source].sd;
}

static norn_status borrow(norni_arena *arena, const norni_prophet_plan *plan,
                          const norni_prophet_rows *rows, size_t from,
                          const norni_prophet_plan *whole, const norni_prophet_design *whole_design,
                          norni_prophet_design *design, norn_err *err) {
    const double **x = norni_arena_get(arena, plan->n_column, sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "prophet", plan->n_column, sizeof *x);
    for (size_t k = 0, j = 0; k < plan->n_column; k++) {
        const norni_prophet_column *c = &plan->column[k];
        size_t tried = 0; /* both are in one order, but for what the shorter has not seen */
        while (tried < whole->n_column && !same_column(c, &whole->column[j])) {
            j = (j + 1) % whole->n_column;
            tried++;
        }
        if (tried < whole->n_column && same_values(plan, c, whole, &whole->column[j])) {
            x[k] = whole_design->x[j] + from;
            continue;
        }
        double *own = norni_arena_zero(arena, design->n, sizeof *own);
        if (own == NULL) return norni_alloc_fail(err, "prophet", design->n, sizeof *own);
        if (c->kind == NORNI_PROPHET_REGRESSOR)
            norni_prophet_regressor_feature(rows, plan, c->source, design, own);
        else if (c->kind != NORNI_PROPHET_ZEROS)
            return norn_fail(err, NORN_E_INTERNAL, "prophet: column %zu is not of the whole", k);
        x[k] = own;
    }
    design->n_x = plan->n_column;
    design->x = x;
    return NORN_OK;
}

norn_status norni_prophet_plan_within(norni_arena *arena, const norni_poll *poll,
                                      const norni_prophet_spec *spec,
                                      const norni_prophet_rows *rows,
                                      const norni_prophet_plan *whole,
                                      const norni_prophet_design *whole_design,
                                      norni_prophet_plan *plan, norni_prophet_design *design,
                                      norn_err *err) {
    norni_prophet_regressor *folded = norni_arena_get(arena, spec->n_regressor, sizeof *folded);
    if (folded == NULL) return norni_alloc_fail(err, "prophet", spec->n_regressor, sizeof *folded);
    for (size_t i = 0; i < spec->n_regressor; i++) {
        folded[i] = spec->regressor[i];
        folded[i].sd = -1; /* centred where it does not vary */
    }
    norni_prophet_spec with = *spec;
    with.regressor = folded;
    NORN_TRY(norni_prophet_plan_bare(arena, &with, rows, plan, design, NULL, err));
    if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
    return borrow(arena, plan, rows, 0, whole, whole_design, design, err);
}

norn_status norni_prophet_design_within(norni_arena *arena, const norni_prophet_plan *plan,
                                        const norni_prophet_rows *rows, size_t from,
                                        const norni_prophet_plan *whole,
                                        const norni_prophet_design *whole_design,
                                        norni_prophet_design *design, norn_err *err) {
    NORN_TRY(norni_prophet_design_bare(arena, plan, rows, design, err));
    return borrow(arena, plan, rows, from, whole, whole_design, design, err);
}

norn_status norni_prophet_plan_restore(norni_arena *arena, const norni_prophet_spec *spec,
                                       norni_prophet_plan *plan, norn_err *err) {
    norni_prophet_holiday *all = norni_arena_get(arena, plan->n_holiday_name, sizeof *all);
    if (all == NULL) return norni_alloc_fail(err, "prophet", plan->n_holiday_name, sizeof *all);
    plan->holiday = spec->holiday;
    plan->n_holiday = spec->n_holiday;
    plan->country = spec->country;
    for (size_t i = 0; i < plan->n_holiday_name; i++) {
        all[i] =
            (norni_prophet_holiday){.name = plan->holiday_name[i], .prior = plan->holidays_prior};
        for (size_t k = 0; k < spec->n_holiday; k++) {
            const norni_holiday *h = &spec->holiday[k];
            if (!same_text(h->name, all[i].name)) continue;
            if (h->lower < all[i].lower) all[i].lower = h->lower;
            if (h->upper > all[i].upper) all[i].upper = h->upper;
            if (!isnan(h->prior)) all[i].prior = h->prior;
        }
    }
    return norni_prophet_columns(arena, all, plan, err);
}
