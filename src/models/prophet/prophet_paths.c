/* Draws of the trend and of y, and the intervals that hold a share of them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* y = trend (1 + X b_m) + X b_a + N(0, sigma), the trend with changes drawn by prophet_walk.c. Rows
 * are made one after another for all draws, so that an interval needs no matrix of draws; where the
 * trend is certain, as in the history, it needs no draws at all: the noise is normal. Logistic
 * STEPS: as in Prophet the draws' mean is moved onto the forecast; departing from it, the mean of
 * each CENTRED draws, so that a draw does not depend on how many there are. With the estimates'
 * uncertainty (prophet_spread.c) each draw has estimates of its own, in all rows. */
#include "models/prophet/prophet_law.h"

#include <math.h>

#include "base/fp.h"
#include "models/prophet/prophet_spread.h"
#include "models/prophet/prophet_trend.h"
#include "num/columns.h"
#include "num/quantile_band.h"

enum { CENTRED = 1000, CHUNK = 8192 };

/* What a row of draws is made from. */
typedef struct rows {
    const norni_prophet_fitted *fitted;
    const norni_prophet_design *design;
    const norni_prophet_parts *parts;
    norni_rng rng;
    size_t n, n_walk; /* draws; those walked, n or more */
    bool centre;      /* logistic STEPS */
    norni_prophet_changes law;
    norni_prophet_walk *walk;
    double *z;            /* (rows) the logistic curve's argument without new changes, or NULL */
    double *trend, *yhat; /* (n_walk), (n) of the current row */
    /* With uncertain estimates, else NULL: */
    double **off; /* (spread->n) columns of (n_walk): each draw's distance from the optimum */
    const double **pick; /* (spread->n) the columns that a row needs, */
    double *by;          /* (spread->n) and what they are multiplied with */
    double *z_off, *share_off,
        *add_off; /* (n_walk) of the trend's argument; (n) each of the rest */
} rows;

static norn_status curve_arguments(norni_arena *arena, rows *r, norn_err *err) {
    const norni_prophet_plan *plan = r->fitted->plan;
    const norni_prophet_fit *fit = r->fitted->fit;
    const size_t n_scratch = norni_prophet_trend_scratch(plan->n_change), n = r->design->n;
    double *scratch = norni_arena_get(arena, n_scratch, sizeof *scratch);
    r->z = norni_arena_get(arena, n, sizeof *r->z);
    if (!scratch || !r->z) return norni_alloc_fail(err, "prophet", n, sizeof *r->z);
    norni_prophet_trend(NORNI_PROPHET_LINEAR, n, r->design->t, NULL, fit->k, -fit->k * fit->m,
                        plan->n_change, plan->change_t, fit->delta, scratch, r->z);
    return NORN_OK;
}

static norn_status estimates_start(norni_arena *arena, const norni_poll *poll, rows *r,
                                   const norni_prophet_draws *draws, norn_err *err) {
    const size_t n = r->fitted->spread->n;
    r->pick = norni_arena_get(arena, n + 1, sizeof *r->pick);
    r->by = norni_arena_get(arena, n + 1, sizeof *r->by);
    r->z_off = norni_arena_get(arena, r->n_walk, sizeof *r->z_off);
    r->share_off = norni_arena_get(arena, r->n, sizeof *r->share_off);
    r->add_off = norni_arena_get(arena, r->n, sizeof *r->add_off);
    if (!r->pick || !r->by || !r->z_off || !r->share_off || !r->add_off)
        return norni_alloc_fail(err, "prophet", r->n_walk, sizeof(double));
    return norni_prophet_spread_draw(arena, poll, r->fitted, draws->seed, draws->item, r->n_walk,
                                     &r->off, err);
}

static norn_status rows_start(norni_arena *arena, const norni_poll *poll,
                              const norni_prophet_fitted *fitted,
                              const norni_prophet_design *design, const norni_prophet_parts *parts,
                              const norni_prophet_draws *draws, rows *r, norn_err *err) {
    const bool poisson = draws->ahead == NORNI_PROPHET_POISSON,
               logistic = fitted->plan->growth == NORNI_PROPHET_LOGISTIC;
    *r = (rows){.fitted = fitted,
                .design = design,
                .parts = parts,
                .rng = {draws->seed, draws->item},
                .n = draws->n,
                .n_walk = draws->n,
                .centre = logistic && !poisson,
                .law = norni_prophet_changes_of(fitted, design)};
    if (r->centre) r->n_walk = (r->n + CENTRED - 1) / CENTRED * CENTRED;
    r->trend = norni_arena_get(arena, r->n_walk, sizeof *r->trend);
    r->yhat = norni_arena_get(arena, r->n, sizeof *r->yhat);
    if (!r->trend || !r->yhat) return norni_alloc_fail(err, "prophet", r->n_walk, sizeof(double));
    if (fitted->spread) NORN_TRY(estimates_start(arena, poll, r, draws, err));
    if (logistic && (fitted->spread || r->law.first < design->n))
        NORN_TRY(curve_arguments(arena, r, err));
    if (r->law.first == design->n) return NORN_OK;
    const norni_prophet_way way = {.law = r->law,
                                   .poisson = poisson,
                                   .even = !poisson && !logistic,
                                   .n = design->n - r->law.first,
                                   .t = design->t + r->law.first,
                                   .rng = r->rng};
    return norni_prophet_walk_start(arena, poll, &way, r->n_walk, &r->walk, err);
}

/* Moves the mean of each CENTRED draws to `mean`. */
static void centre_draws(double *x, size_t n, double mean) {
    for (size_t at = 0; at < n; at += CENTRED) {
        const double off = mean - norni_sum_tree(x + at, CENTRED) / CENTRED;
        for (size_t d = at; d < at + CENTRED; d++)
            x[d] += off;
    }
}

/* Picks column c of the draws, unless it would be multiplied with 0. */
static size_t pick_column(rows *r, size_t m, size_t c, double by) {
    if (by == 0) return m;
    r->pick[m] = r->off[c];
    r->by[m] = -by; /* the kernel takes away */
    return m + 1;
}

/* How far the trend's argument is off in row i, in each draw. */
static void argument_row(rows *r, size_t i) {
    const norni_prophet_spread *s = r->fitted->spread;
    const size_t n_x = r->fitted->plan->n_column;
    const double t = r->design->t[i];
    size_t m = 0;
    for (size_t c = 0; c < s->n; c++) {
        if (s->at[c] < n_x) continue;
        const size_t place = s->at[c] - n_x;
        const double past = place < NORNI_PROPHET_AT_DELTA
                                ? 0
                                : t - r->fitted->plan->change_t[place - NORNI_PROPHET_AT_DELTA];
        m = pick_column(r, m, c,
                        place == NORNI_PROPHET_AT_K   ? t
                        : place == NORNI_PROPHET_AT_M ? 1
                        : past > 0                    ? past
                                                      : 0);
    }
    memset(r->z_off, 0, r->n_walk * sizeof *r->z_off);
    norni_columns_kernel_get(NORNI_COLUMNS_AVX512)->take(r->pick, m, r->n_walk, r->by, r->z_off);
}

/* How far the features are off, as shares of the trend or in scaled y. */
static void features_row(rows *r, size_t i, bool share, double *out) {
    const norni_prophet_spread *s = r->fitted->spread;
    const norni_prophet_plan *plan = r->fitted->plan;
    size_t m = 0;
    for (size_t c = 0; c < s->n && s->at[c] < plan->n_column; c++)
        if (plan->column[s->at[c]].multiplicative == share)
            m = pick_column(r, m, c, r->design->x[s->at[c]][i]);
    memset(out, 0, r->n * sizeof *out);
    norni_columns_kernel_get(NORNI_COLUMNS_AVX512)->take(r->pick, m, r->n, r->by, out);
}

/* r->trend of row i; rows must follow each other. */
static void trend_row(rows *r, size_t i) {
    const norni_prophet_plan *plan = r->fitted->plan;
    const double certain = r->parts->trend[i], scale = plan->y_scale;
    const bool ahead = i >= r->law.first;
    if (r->off) argument_row(r, i);
    if (!ahead && !r->off) {
        for (size_t d = 0; d < r->n; d++)
            r->trend[d] = certain;
        return;
    }
    const double *shift = ahead ? norni_prophet_walk_on(r->walk) : r->z_off;
    if (ahead && r->off) {
        for (size_t d = 0; d < r->n_walk; d++)
            r->z_off[d] += shift[d];
        shift = r->z_off;
    }
    if (!r->z) {
        for (size_t d = 0; d < r->n; d++)
            r->trend[d] = certain + shift[d] * scale;
        return;
    }
    const double z = r->z[i], cap = r->design->cap[i],
                 floor = r->design->floor ? r->design->floor[i] : 0;
    for (size_t d = 0; d < r->n_walk; d++) {
        r->trend[d] =
            shift[d] == 0 ? certain : cap / (1 + norni_exp(-(z + shift[d]))) * scale + floor;
    }
    if (r->centre && ahead) centre_draws(r->trend, r->n_walk, certain);
}

/* r->yhat of row i from r->trend. */
static norn_status yhat_row(rows *r, const norni_poll *poll, size_t i, norn_err *err) {
    const double by = 1 + r->parts->multiplicative[i], add = r->parts->additive[i],
                 scale = r->fitted->plan->y_scale, sd = r->fitted->fit->sigma * scale;
    if (r->off) {
        features_row(r, i, true, r->share_off);
        features_row(r, i, false, r->add_off);
    }
    for (size_t at = 0; at < r->n; at += CHUNK) {
        const size_t end = r->n - at < CHUNK ? r->n : at + CHUNK;
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
        norni_rng_normals(r->rng, norni_prophet_noise_at(i) + at, r->yhat + at, end - at);
        for (size_t d = at; d < end; d++)
            r->yhat[d] = r->trend[d] * by + add + sd * r->yhat[d];
        for (size_t d = at; r->off && d < end; d++)
            r->yhat[d] += r->trend[d] * r->share_off[d] + scale * r->add_off[d];
    }
    return NORN_OK;
}

static norn_status draw_all(norni_arena *arena, const norni_poll *poll,
                            const norni_prophet_fitted *fitted, const norni_prophet_design *design,
                            const norni_prophet_parts *parts, const norni_prophet_draws *draws,
                            double *trend, double *yhat, norn_err *err) {
    rows r;
    NORN_TRY(rows_start(arena, poll, fitted, design, parts, draws, &r, err));
    for (size_t i = 0; i < design->n; i++) {
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
        trend_row(&r, i);
        if (i < draws->skip) continue;
        const size_t at = (i - draws->skip) * r.n;
        if (trend) memcpy(trend + at, r.trend, r.n * sizeof *trend);
        if (!yhat) continue;
        NORN_TRY(yhat_row(&r, poll, i, err));
        memcpy(yhat + at, r.yhat, r.n * sizeof *yhat);
    }
    return NORN_OK;
}

norn_status norni_prophet_draw(norni_arena *arena, const norni_poll *poll,
                               const norni_prophet_fitted *fitted,
                               const norni_prophet_design *design, const norni_prophet_parts *parts,
                               const norni_prophet_draws *draws, double *trend, double *yhat,
                               norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const norn_status status =
        draw_all(arena, poll, fitted, design, parts, draws, trend, yhat, err);
    norni_arena_rewind(arena, mark);
    return status;
}

/* Of the first n rows, whose trend is certain: what infinitely many draws of the noise would have. */
static void noise_bounds(const norni_prophet_fitted *fitted, const norni_prophet_parts *parts,
                         size_t n, double width, const norni_prophet_bounds *out) {
    const double half =
        norni_normal_quantile((1 + width) / 2) * fitted->fit->sigma * fitted->plan->y_scale;
    for (size_t i = 0; i < n; i++) {
        if (out->trend_lower) out->trend_lower[i] = parts->trend[i];
        if (out->trend_upper) out->trend_upper[i] = parts->trend[i];
        if (out->yhat_lower) out->yhat_lower[i] = parts->yhat[i] - half;
        if (out->yhat_upper) out->yhat_upper[i] = parts->yhat[i] + half;
    }
}

static norn_status bound_all(norni_arena *arena, const norni_poll *poll,
                             const norni_prophet_fitted *fitted, const norni_prophet_design *design,
                             const norni_prophet_parts *parts, const norni_prophet_draws *draws,
                             double width, const norni_prophet_bounds *out, norn_err *err) {
    rows r;
    NORN_TRY(rows_start(arena, poll, fitted, design, parts, draws, &r, err));
    double *scratch = norni_arena_get(arena, r.n, 2 * sizeof *scratch);
    if (!scratch) return norni_alloc_fail(err, "prophet", r.n, 2 * sizeof *scratch);
    norni_quantile_band trend = norni_quantile_band_of((1 - width) / 2, (1 + width) / 2),
                        yhat = trend;
    const bool of_trend = out->trend_lower || out->trend_upper,
               of_yhat = out->yhat_lower || out->yhat_upper;
    const size_t n_known = r.off || width >= 1 ? 0 : r.law.first;
    noise_bounds(fitted, parts, n_known, width, out);
    for (size_t i = n_known; i < design->n; i++) {
        double lower = parts->trend[i], upper = lower;
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
        trend_row(&r, i);
        if (of_trend && (r.off || i >= r.law.first))
            norni_quantile_band_find(&trend, r.trend, r.n, parts->trend[i], scratch, &lower,
                                     &upper);
        if (out->trend_lower) out->trend_lower[i] = lower;
        if (out->trend_upper) out->trend_upper[i] = upper;
        if (!of_yhat) continue;
        NORN_TRY(yhat_row(&r, poll, i, err));
        norni_quantile_band_find(&yhat, r.yhat, r.n, parts->yhat[i], scratch, &lower, &upper);
        if (out->yhat_lower) out->yhat_lower[i] = lower;
        if (out->yhat_upper) out->yhat_upper[i] = upper;
    }
    return NORN_OK;
}

norn_status norni_prophet_intervals(norni_arena *arena, const norni_poll *poll,
                                    const norni_prophet_fitted *fitted,
                                    const norni_prophet_design *design,
                                    const norni_prophet_parts *parts,
                                    const norni_prophet_draws *draws, double width,
                                    const norni_prophet_bounds *out, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const bool known = norni_prophet_moments(fitted, design, parts, draws->ahead, NULL, NULL),
               exact = draws->ahead == NORNI_PROPHET_EXACT && known;
    const norn_status status =
        exact ? norni_prophet_exact_bounds(arena, poll, fitted, design, parts, width, out, err)
              : bound_all(arena, poll, fitted, design, parts, draws, width, out, err);
    norni_arena_rewind(arena, mark);
    return status;
}
