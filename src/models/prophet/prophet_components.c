/* What is certain about rows: Prophet's trend, components and yhat, in units of y. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Taylor and Letham 2018, section 3: yhat = trend (1 + X b_m) + X b_a, scaled back. A component is
 * the part of X b that its columns make; totals are sums of components. A share of the trend has no
 * unit; the others are times y_scale. */
#include "base/sort.h"
#include "models/prophet/prophet_spread.h"
#include "models/prophet/prophet_trend.h"

enum { N_TOTALS = 5, POLL_EVERY = 64 };

/* Components while they are summed. */
typedef struct tally {
    size_t n;                    /* components */
    norni_prophet_component *of; /* (n) */
    double **value;              /* (n), the arrays behind them */
    size_t *place; /* (sources) component of season, holiday, regressor; SIZE_MAX: none yet */
    size_t first_holiday, first_regressor;
} tally;

static size_t source_of(const tally *c, const norni_prophet_column *column) {
    switch (column->kind) {
        case NORNI_PROPHET_HOLIDAY: return c->first_holiday + column->source;
        case NORNI_PROPHET_REGRESSOR: return c->first_regressor + column->source;
        case NORNI_PROPHET_SEASON:
        case NORNI_PROPHET_ZEROS: break;
    }
    return column->source;
}

/* The component of a source, made on first sight. */
static norn_status component_of(norni_arena *arena, tally *c, size_t *place, norni_str name,
                                bool multiplicative, size_t n, norn_err *err) {
    if (*place != SIZE_MAX) return NORN_OK;
    double *value = norni_arena_zero(arena, n, sizeof *value);
    if (!value) return norni_alloc_fail(err, "prophet", n, sizeof *value);
    *place = c->n;
    c->value[c->n] = value;
    c->of[c->n++] = (norni_prophet_component){name, multiplicative, value, NULL};
    return NORN_OK;
}

static void add_scaled(double *out, const double *x, double by, size_t n) {
    for (size_t i = 0; i < n; i++)
        out[i] += by * x[i];
}

/* Each source's part of X b, scaled; the two grand totals. */
static norn_status sum_columns(norni_arena *arena, const norni_poll *poll,
                               const norni_prophet_fitted *f, const norni_prophet_design *d,
                               tally *c, double *additive, double *multiplicative, norn_err *err) {
    const norni_prophet_plan *plan = f->plan;
    for (size_t j = 0; j < plan->n_column; j++) {
        const norni_prophet_column *column = &plan->column[j];
        if (column->kind == NORNI_PROPHET_ZEROS) continue;
        if (j % POLL_EVERY == 0 && norni_poll_stop(poll))
            return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
        const bool share = column->multiplicative;
        const double by = f->fit->beta[j] * (share ? 1 : plan->y_scale);
        if (by != 0) add_scaled(share ? multiplicative : additive, d->x[j], by, d->n);
        if (!c) continue;
        size_t *place = &c->place[source_of(c, column)];
        NORN_TRY(component_of(arena, c, place, column->component, share, d->n, err));
        if (by != 0) add_scaled(c->value[*place], d->x[j], by, d->n);
    }
    return NORN_OK;
}

/* "holidays" and the regressors' totals, from the first n_single components. */
static norn_status add_totals(norni_arena *arena, const norni_prophet_plan *plan, tally *c,
                              size_t n, norn_err *err) {
    static const char *const names[] = {"holidays", "extra_regressors_additive",
                                        "extra_regressors_multiplicative"};
    size_t place[] = {SIZE_MAX, SIZE_MAX, SIZE_MAX};
    for (size_t j = c->first_holiday; j < c->first_regressor + plan->n_regressor; j++) {
        if (c->place[j] == SIZE_MAX) continue;
        const norni_prophet_component part = c->of[c->place[j]];
        const size_t k = j < c->first_regressor ? 0 : part.multiplicative ? 2 : 1;
        NORN_TRY(
            component_of(arena, c, &place[k], norni_str_of(names[k]), part.multiplicative, n, err));
        add_scaled(c->value[place[k]], part.value, 1, n);
    }
    return NORN_OK;
}

static int by_name(const void *arg, size_t a, size_t b) {
    const norni_prophet_component *of = arg;
    return norni_str_cmp(of[a].name, of[b].name);
}

/* As pandas' crosstab: by name; then a grand total that no column is in. */
static norn_status put_in_order(norni_arena *arena, tally *c,
                                const norni_prophet_component grand[2],
                                norni_prophet_component **sorted_out, norni_prophet_parts *out,
                                norn_err *err) {
    bool seen[2] = {false, false};
    for (size_t j = 0; j < c->n; j++)
        seen[c->of[j].multiplicative] = true;
    for (size_t k = 0; k < 2; k++) {
        if (seen[k]) c->of[c->n++] = grand[k];
    }
    norni_prophet_component *sorted = norni_arena_get(arena, c->n + 2, sizeof *sorted);
    size_t *index = norni_arena_get(arena, 2 * (c->n + 1), sizeof *index);
    if (!sorted || !index) return norni_alloc_fail(err, "prophet", c->n + 2, sizeof *sorted);
    for (size_t j = 0; j < c->n; j++)
        index[j] = j;
    norni_sort_index(index, c->n, by_name, c->of, index + c->n);
    for (size_t j = 0; j < c->n; j++)
        sorted[j] = c->of[index[j]];
    for (size_t k = 0; k < 2; k++) {
        if (!seen[k]) sorted[c->n++] = grand[k];
    }
    out->n_component = c->n;
    out->component = *sorted_out = sorted;
    return NORN_OK;
}

static norn_status tally_make(norni_arena *arena, const norni_prophet_plan *plan, tally *c,
                              norn_err *err) {
    const size_t sources = plan->n_season + plan->n_holiday_name + plan->n_regressor,
                 most = sources + N_TOTALS;
    *c = (tally){.of = norni_arena_get(arena, most, sizeof *c->of),
                 .value = norni_arena_get(arena, most, sizeof *c->value),
                 .place = norni_arena_get(arena, sources, sizeof *c->place),
                 .first_holiday = plan->n_season,
                 .first_regressor = plan->n_season + plan->n_holiday_name};
    if (!c->of || !c->value || !c->place)
        return norni_alloc_fail(err, "prophet", most, sizeof *c->of);
    for (size_t j = 0; j < sources; j++)
        c->place[j] = SIZE_MAX;
    return NORN_OK;
}

static norn_status trend_of(norni_arena *arena, const norni_prophet_fitted *f,
                            const norni_prophet_design *d, double *out, norn_err *err) {
    const norni_prophet_plan *plan = f->plan;
    const size_t n_scratch = norni_prophet_trend_scratch(plan->n_change);
    double *scratch = norni_arena_get(arena, n_scratch, sizeof *scratch);
    if (!scratch) return norni_alloc_fail(err, "prophet", n_scratch, sizeof *scratch);
    norni_prophet_trend(plan->growth, d->n, d->t, d->cap, f->fit->k, f->fit->m, plan->n_change,
                        plan->change_t, f->fit->delta, scratch, out);
    for (size_t i = 0; i < d->n; i++)
        out[i] = out[i] * plan->y_scale + (d->floor ? d->floor[i] : 0);
    return NORN_OK;
}

/* What the estimates' uncertainty makes of the rows. */
static norn_status add_spread(norni_arena *arena, const norni_poll *poll,
                              const norni_prophet_fitted *fitted,
                              const norni_prophet_design *design, norni_prophet_component *part,
                              norni_prophet_parts *out, norn_err *err) {
    const size_t n = design->n;
    double *sd = norni_arena_get(arena, n, (2 + out->n_component) * sizeof *sd);
    if (!sd) return norni_alloc_fail(err, "prophet", n, (2 + out->n_component) * sizeof *sd);
    NORN_TRY(norni_prophet_spread_sd(arena, poll, fitted, design, out, NORNI_PROPHET_OF_TREND, NULL,
                                     sd, err));
    NORN_TRY(norni_prophet_spread_sd(arena, poll, fitted, design, out, NORNI_PROPHET_OF_YHAT, NULL,
                                     sd + n, err));
    out->trend_sd = sd;
    out->yhat_sd = sd + n;
    for (size_t j = 0; j < out->n_component; j++) {
        double *own = sd + (2 + j) * n;
        NORN_TRY(norni_prophet_spread_sd(arena, poll, fitted, design, out,
                                         NORNI_PROPHET_OF_COMPONENT, &part[j], own, err));
        part[j].sd = own;
    }
    return NORN_OK;
}

norn_status norni_prophet_parts_make(norni_arena *arena, const norni_poll *poll,
                                     const norni_prophet_fitted *fitted,
                                     const norni_prophet_design *design, bool components,
                                     norni_prophet_parts *out, norn_err *err) {
    const size_t n = design->n;
    double *column = norni_arena_zero(arena, n, 4 * sizeof *column); /* trend, yhat, two totals */
    if (!column) return norni_alloc_fail(err, "prophet", n, 4 * sizeof *column);
    double *yhat = column + n, *additive = column + 2 * n, *multiplicative = column + 3 * n;
    *out = (norni_prophet_parts){.n = n,
                                 .trend = column,
                                 .yhat = yhat,
                                 .additive = additive,
                                 .multiplicative = multiplicative};
    NORN_TRY(trend_of(arena, fitted, design, column, err));
    tally c;
    if (components) NORN_TRY(tally_make(arena, fitted->plan, &c, err));
    NORN_TRY(sum_columns(arena, poll, fitted, design, components ? &c : NULL, additive,
                         multiplicative, err));
    for (size_t i = 0; i < n; i++)
        yhat[i] = column[i] * (1 + multiplicative[i]) + additive[i];
    norni_prophet_component *part = NULL;
    const norni_prophet_component grand[2] = {
        {norni_str_of("additive_terms"), false, additive, NULL},
        {norni_str_of("multiplicative_terms"), true, multiplicative, NULL}};
    if (components) {
        NORN_TRY(add_totals(arena, fitted->plan, &c, n, err));
        NORN_TRY(put_in_order(arena, &c, grand, &part, out, err));
    }
    return fitted->spread ? add_spread(arena, poll, fitted, design, part, out, err) : NORN_OK;
}
