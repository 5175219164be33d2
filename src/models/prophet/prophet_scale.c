/* Scales of time, y and regressors, and the rows on them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "models/prophet/prophet_plan_parts.h"

/* Beyond these a capacity, in scales of y, has nothing to do with y, and rates would overflow. */
static const double least_cap = 1e-100, most_cap = 1e100;
#define MOST_Y 1e304

static norn_status no_memory(norn_err *err, size_t n) {
    return norni_alloc_fail(err, "prophet", n, sizeof(double));
}

typedef struct range {
    double least, most;
} range;

static range range_of(const double *x, size_t n) {
    range r = {NORNI_INF, -NORNI_INF};
    for (size_t i = 0; i < n; i++) {
        r.least = fmin(r.least, x[i]);
        r.most = fmax(r.most, x[i]);
    }
    return r;
}

static norn_status check_finite(const double *x, const norni_prophet_design *design,
                                const char *column, norn_err *err) {
    for (size_t i = 0; i < design->n; i++)
        if (!isfinite(x[i]))
            return norn_fail(err, NORN_E_DATA, "prophet: found %s in column %s at ds %s",
                             isnan(x[i]) ? "NaN" : "infinity", column,
                             norni_prophet_when_of(design->ds[i]).text);
    return NORN_OK;
}

/* With a floor: by the distances from it. */
static norn_status scale_from_floor(norni_arena *arena, const norni_prophet_rows *rows,
                                    const norni_prophet_design *design, const double *y,
                                    norni_prophet_plan *plan, norn_err *err) {
    const double *floors = norni_prophet_pick(arena, design, rows->floor);
    double *far = norni_arena_get(arena, design->n, sizeof *far);
    if (floors == NULL || far == NULL) return no_memory(err, design->n);
    NORN_TRY(check_finite(floors, design, "floor", err));
    if (plan->minmax) {
        const double *cap = rows->cap ? norni_prophet_pick(arena, design, rows->cap) : NULL;
        if (rows->cap == NULL) return NORN_OK; /* refused when the rows are scaled */
        if (cap == NULL) return no_memory(err, design->n);
        NORN_TRY(check_finite(cap, design, "cap", err));
        plan->y_min = range_of(floors, design->n).least;
        plan->y_scale = range_of(cap, design->n).most - plan->y_min;
        return NORN_OK;
    }
    for (size_t i = 0; i < design->n; i++)
        far[i] = fabs(y[i] - floors[i]);
    const range r = range_of(far, design->n);
    plan->y_min = r.least;
    plan->y_scale = r.most;
    return NORN_OK;
}

/* A forecast and the sums behind its interval go some way beyond y. */
static norn_status check_size(const double *y, const norni_prophet_design *design, norn_err *err) {
    for (size_t i = 0; i < design->n; i++)
        if (fabs(y[i]) > MOST_Y)
            return norn_fail(err, NORN_E_DATA,
                             "prophet: y is %g at ds %s; forecasts of values beyond 1e304 are "
                             "further than a double holds: divide y by a power of ten",
                             y[i], norni_prophet_when_of(design->ds[i]).text);
    return NORN_OK;
}

static norn_status scale_y(norni_arena *arena, const norni_prophet_rows *rows,
                           const norni_prophet_design *design, norni_prophet_plan *plan,
                           norn_err *err) {
    const double *y = norni_prophet_pick(arena, design, rows->y);
    if (y == NULL) return no_memory(err, design->n);
    const range r = range_of(y, design->n);
    if (fmax(-r.least, r.most) > MOST_Y) return check_size(y, design, err);
    plan->floor = plan->growth == NORNI_PROPHET_LOGISTIC && rows->floor != NULL;
    plan->y_scale = 1;
    if (plan->floor) {
        NORN_TRY(scale_from_floor(arena, rows, design, y, plan, err));
    } else if (plan->minmax) {
        plan->y_min = r.least;
        plan->y_scale = r.most - r.least;
    } else {
        plan->y_min = 0;
        plan->y_scale = fmax(fabs(r.least), fabs(r.most));
    }
    if (plan->y_scale == 0) plan->y_scale = 1;
    if (!isfinite(plan->y_scale))
        return norn_fail(err, NORN_E_DATA,
                         "prophet: y reaches from %g to %g, further than a double holds", r.least,
                         r.most);
    return NORN_OK;
}

/* Binary columns stay as they are under "auto", constant ones always. But one that varies in a longer
 * history (a fold's: sd -1; a copied model's: its scale) is centred where it does not: it says nothing
 * of its effect here, and as it is it would take up y's level and carry it along when it moves. */
static norn_status scale_regressor(const double *x, size_t n, norni_prophet_regressor *r,
                                   norn_err *err) {
    bool constant = true, binary = true;
    const bool centre = r->sd < 0 || r->mu != 0 || r->sd != 1;
    for (size_t i = 0; i < n; i++) {
        constant &= x[i] == x[0];
        binary &= x[i] == 0 || x[i] == 1;
    }
    r->mu = constant && centre ? x[0] : 0;
    r->sd = 1;
    if (constant || r->standardise == 0 || (r->standardise == -1 && binary)) return NORN_OK;
    double mean, var;
    (void)norni_mean_var(x, n, 1, &mean, &var);
    if (!isfinite(mean) || !isfinite(var) || !(var > 0))
        return norn_fail(err, NORN_E_DATA,
                         "prophet: regressor '%.*s' cannot be standardised: its mean is %g, its "
                         "variance %g",
                         (int)r->name.n, r->name.p, mean, var);
    r->mu = mean;
    r->sd = sqrt(var);
    return NORN_OK;
}

norn_status norni_prophet_scale(norni_arena *arena, const norni_prophet_rows *rows,
                                const norni_prophet_design *design, norni_prophet_plan *plan,
                                norni_prophet_regressor *regressor, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    plan->start = design->ds[0];
    plan->t_scale = design->ds[design->n - 1] - plan->start;
    if (plan->t_scale == 0)
        return norn_fail(err, NORN_E_DATA,
                         "prophet: all %zu rows with y lie at ds %s; a fit needs two times",
                         design->n, norni_prophet_when_of(plan->start).text);
    norn_status st = scale_y(arena, rows, design, plan, err);
    for (size_t k = 0; st == NORN_OK && k < plan->n_regressor; k++) {
        norni_arena_rewind(arena, mark);
        const double *x = norni_prophet_find(rows, regressor[k].name, k);
        if (design->row) x = norni_prophet_pick(arena, design, x);
        st = x ? scale_regressor(x, design->n, &regressor[k], err) : no_memory(err, design->n);
    }
    norni_arena_rewind(arena, mark);
    return st;
}

static norn_status scale_cap(norni_arena *arena, const norni_prophet_plan *plan,
                             norni_prophet_design *design, norn_err *err) {
    if (design->cap_given == NULL)
        return norn_fail(err, NORN_E_DATA,
                         "prophet: logistic growth needs a capacity in each row, in column cap");
    double *cap = norni_arena_get(arena, design->n, sizeof *cap);
    if (cap == NULL) return no_memory(err, design->n);
    NORN_TRY(check_finite(design->cap_given, design, "cap", err));
    for (size_t i = 0; i < design->n; i++) {
        if (design->cap_given[i] <= design->floor[i])
            return norn_fail(err, NORN_E_DATA,
                             "prophet: cap must be greater than floor (which defaults to 0); at ds "
                             "%s cap is %g, floor %g",
                             norni_prophet_when_of(design->ds[i]).text, design->cap_given[i],
                             design->floor[i]);
        cap[i] = (design->cap_given[i] - design->floor[i]) / plan->y_scale;
        if (!(cap[i] >= least_cap && cap[i] <= most_cap))
            return norn_fail(err, NORN_E_DATA,
                             "prophet: at ds %s cap is %g times the scale of y, which is %g; the "
                             "capacity is of another size than y",
                             norni_prophet_when_of(design->ds[i]).text, cap[i], plan->y_scale);
    }
    design->cap = cap;
    return NORN_OK;
}

static norn_status scale_rows(norni_arena *arena, const norni_prophet_plan *plan,
                              const norni_prophet_rows *rows, norni_prophet_design *design,
                              norn_err *err) {
    double *y = norni_prophet_pick(arena, design, rows->y);
    if (y == NULL) return no_memory(err, design->n);
    for (size_t i = 0; i < design->n; i++)
        y[i] = (y[i] - design->floor[i]) / plan->y_scale;
    design->y = y;
    return check_finite(y, design, "y, less the floor, over its scale,", err);
}

norn_status norni_prophet_scaled(norni_arena *arena, bool fitting, const norni_prophet_plan *plan,
                                 const norni_prophet_rows *rows, norni_prophet_design *design,
                                 norn_err *err) {
    const size_t n = design->n;
    double *t = norni_arena_get(arena, n, sizeof *t), *floors = NULL;
    if (plan->floor && rows->floor == NULL)
        return norn_fail(err, NORN_E_DATA,
                         "prophet: the model was fitted with a floor: column floor is expected");
    floors = plan->floor ? norni_prophet_pick(arena, design, rows->floor)
                         : norni_arena_get(arena, n, sizeof *floors);
    if (t == NULL || floors == NULL) return no_memory(err, n);
    for (size_t i = 0; i < n; i++)
        t[i] = (double)(design->ds[i] - plan->start) / (double)plan->t_scale;
    for (size_t i = 0; !plan->floor && i < n; i++)
        floors[i] = plan->minmax ? plan->y_min : 0;
    if (plan->floor) NORN_TRY(check_finite(floors, design, "floor", err));
    design->t = t;
    design->floor = floors;
    if (rows->cap) {
        design->cap_given = norni_prophet_pick(arena, design, rows->cap);
        if (design->cap_given == NULL) return no_memory(err, n);
    }
    if (plan->growth == NORNI_PROPHET_LOGISTIC) NORN_TRY(scale_cap(arena, plan, design, err));
    return fitting ? scale_rows(arena, plan, rows, design, err) : NORN_OK;
}
