/* Allocations: target weights of a set of assets from its returns. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas stand in docs/portfolio-allocations.md. Estimates look at the rows without a gap (a matrix of pairs with different rows
 * need not be a covariance), but for HRP and inverse volatility, which never solve a system and take what is there. */
#include "portfolio/portfolio_alloc.h"

#include <math.h>

#include "base/sort.h"
#include "num/least_squares.h"
#include "portfolio/portfolio_risk.h"

norni_port_alloc norni_port_alloc_default(void) {
    return (norni_port_alloc){
        .kind = NORNI_PORT_EQUAL,
        .lookback_days = 90,
        .estimate_days = 30,
        .shrinkage = NORNI_PORT_LEDOIT_WOLF,
        .risk_aversion = 1,
        .max_weight = 1,
        .top_k = 3,
        .leverage = 1,
        .max_leverage = 1,
    };
}

const char *norni_port_alloc_name(norni_port_alloc_kind kind) {
    static const char *const name[NORNI_PORT_ALLOCS] = {
        [NORNI_PORT_FIXED] = "fixed",
        [NORNI_PORT_EQUAL] = "equal",
        [NORNI_PORT_INVERSE_VOL] = "inverse_vol",
        [NORNI_PORT_MIN_VARIANCE] = "min_variance",
        [NORNI_PORT_MEAN_VARIANCE] = "mean_variance",
        [NORNI_PORT_ERC] = "erc",
        [NORNI_PORT_HRP] = "hrp",
        [NORNI_PORT_MOMENTUM] = "momentum",
    };
    return (size_t)kind < NORNI_PORT_ALLOCS ? name[kind] : "unknown";
}

bool norni_port_alloc_estimates(const norni_port_alloc *a) {
    return (a->kind != NORNI_PORT_FIXED && a->kind != NORNI_PORT_EQUAL) || a->vol_target > 0;
}

static norn_status field(const char *name, double value, bool ok, const char *want, norn_err *err) {
    if (ok && isfinite(value)) return NORN_OK;
    return norn_fail(err, NORN_E_ARG, "allocation: %s is %g, it must be %s", name, value, want);
}

static norn_status fixed_check(const norni_port_alloc *a, size_t n_assets, norn_err *err) {
    if (n_assets > 0 && a->n_weights != n_assets)
        return norn_fail(err, NORN_E_ARG, "allocation: %zu weights for %zu assets", a->n_weights,
                         n_assets);
    for (size_t i = 0; i < a->n_weights; i++)
        if (!isfinite(a->weight[i]))
            return norn_fail(err, NORN_E_ARG, "allocation: weight %zu is not a finite number",
                             i + 1);
    return NORN_OK;
}

norn_status norni_port_alloc_check(const norni_port_alloc *a, size_t n_assets, norn_err *err) {
    if ((size_t)a->kind >= NORNI_PORT_ALLOCS)
        return norn_fail(err, NORN_E_ARG, "allocation: no kind %d", (int)a->kind);
    NORN_TRY(field("estimate_days", a->estimate_days, a->estimate_days >= 0, "0 or above (0: once)",
                   err));
    NORN_TRY(field("leverage", a->leverage, a->leverage > 0, "above 0", err));
    NORN_TRY(field("vol_target", a->vol_target, a->vol_target >= 0, "0 (none) or above", err));
    NORN_TRY(field("max_leverage", a->max_leverage, a->max_leverage > 0, "above 0", err));
    NORN_TRY(field("skip_days", a->skip_days, a->skip_days >= 0, "0 or above", err));
    if (a->kind == NORNI_PORT_FIXED) NORN_TRY(fixed_check(a, n_assets, err));
    if (norni_port_alloc_estimates(a))
        NORN_TRY(field("lookback_days", a->lookback_days, a->lookback_days > 0, "above 0", err));
    if (a->kind == NORNI_PORT_MOMENTUM) {
        NORN_TRY(field("top_k", a->top_k, a->top_k >= 1, "at least 1", err));
        NORN_TRY(field("skip_days", a->skip_days, a->skip_days < a->lookback_days,
                       "below lookback_days", err));
    }
    if (a->kind == NORNI_PORT_MEAN_VARIANCE)
        NORN_TRY(field("risk_aversion", a->risk_aversion, a->risk_aversion > 0, "above 0", err));
    if (n_assets > 0 && (a->kind == NORNI_PORT_MIN_VARIANCE || a->kind == NORNI_PORT_MEAN_VARIANCE))
        NORN_TRY(norni_port_bounds_check(a->min_weight, a->max_weight, n_assets, err));
    return NORN_OK;
}

/* What an estimate works on. */
typedef struct sample {
    const double *x; /* (n, k) as given */
    size_t n, k;
    const double *whole; /* (n_whole, k) rows without a gap: x itself where there is none */
    size_t n_whole;
    double *cov; /* (k, k) per period, made when asked for */
    bool has_cov;
    double periods;
    size_t skip; /* rows at the end that momentum leaves out */
    norni_arena *scratch;
} sample;

/* Rows without a gap; an infinite return is refused. */
static norn_status sample_open(sample *s, norn_err *err) {
    size_t kept = 0;
    double *rows = NULL;
    for (size_t i = 0; i < s->n * s->k; i++)
        if (isinf(s->x[i]))
            return norn_fail(err, NORN_E_DATA,
                             "returns: row %zu of asset %zu is infinite (a price of 0 before it?)",
                             i / s->k + 1, i % s->k + 1);
    for (size_t t = 0; t < s->n; t++) {
        size_t j = 0;
        while (j < s->k && !isnan(s->x[t * s->k + j]))
            j++;
        if (j == s->k && rows == NULL && kept == t)
            kept++; /* no gap so far */
        else if (j == s->k || rows == NULL) {
            if (rows == NULL) {
                rows = norni_arena_get(s->scratch, s->n * s->k, sizeof *rows);
                if (rows == NULL)
                    return norni_alloc_fail(err, "returns", s->n * s->k, sizeof *rows);
                for (size_t i = 0; i < kept * s->k; i++)
                    rows[i] = s->x[i];
            }
            for (size_t i = 0; j == s->k && i < s->k; i++)
                rows[kept * s->k + i] = s->x[t * s->k + i];
            kept += j == s->k;
        }
    }
    s->whole = rows != NULL ? rows : s->x;
    s->n_whole = kept;
    return NORN_OK;
}

static norn_status needs_rows(const sample *s, const char *what, norn_err *err) {
    if (s->n_whole >= 2) return NORN_OK;
    return norn_fail(err, NORN_E_DATA,
                     "%s: %zu of %zu returns are there for all %zu assets, at least 2 are needed: "
                     "look back further, or leave out the asset with the gaps",
                     what, s->n_whole, s->n, s->k);
}

/* The covariance of rows without a gap, with the shrinkage asked for. */
static norn_status sample_cov(sample *s, const norni_port_alloc *a, norn_err *err) {
    double shrinkage;
    if (s->has_cov) return NORN_OK;
    NORN_TRY(needs_rows(s, norni_port_alloc_name(a->kind), err));
    s->cov = norni_arena_get(s->scratch, s->k * s->k, sizeof *s->cov);
    if (s->cov == NULL) return norni_alloc_fail(err, "covariance", s->k * s->k, sizeof *s->cov);
    if (a->shrinkage == NORNI_PORT_LEDOIT_WOLF)
        NORN_TRY(norni_port_cov_ledoit_wolf(s->whole, s->n_whole, s->k, s->scratch, s->cov,
                                            &shrinkage, err));
    else
        norni_port_cov_sample(s->whole, s->n_whole, s->k, s->cov);
    s->has_cov = true;
    return norni_port_cov_check(s->cov, s->k, false, norni_port_alloc_name(a->kind), err);
}

static norn_status some_variance(const sample *s, const char *what, norn_err *err) {
    for (size_t i = 0; i < s->k; i++)
        if (s->cov[i * (s->k + 1)] > 0) return NORN_OK;
    return norn_fail(err, NORN_E_DATA,
                     "%s: no return differs from another, there is no variance to go by: give "
                     "prices that move, or take equal weights",
                     what);
}

/* Weights in the ratio of 1 / standard deviation. */
static norn_status inverse_vol(const sample *s, double *weight, norn_err *err) {
    double sum = 0;
    for (size_t j = 0; j < s->k; j++) {
        double mean = 0, squares = 0;
        size_t n = 0;
        for (size_t t = 0; t < s->n; t++) {
            if (isnan(s->x[t * s->k + j])) continue;
            mean += s->x[t * s->k + j];
            n++;
        }
        mean /= (double)n;
        for (size_t t = 0; t < s->n; t++) {
            const double gap = s->x[t * s->k + j] - mean;
            if (!isnan(gap)) squares += gap * gap;
        }
        const double sd = sqrt(squares / ((double)n - 1));
        if (n < 2 || !(sd > 0) || !isfinite(sd))
            return norn_fail(err, NORN_E_DATA,
                             "inverse_vol: asset %zu has %zu returns and no volatility to divide "
                             "by: leave it out, or look back further",
                             j + 1, n);
        weight[j] = 1 / sd;
        sum += weight[j];
    }
    for (size_t j = 0; j < s->k; j++)
        weight[j] /= sum;
    return NORN_OK;
}

static norn_status mean_variance(sample *s, const norni_port_alloc *a, double *weight,
                                 norn_err *err) {
    double *mu = NULL;
    NORN_TRY(sample_cov(s, a, err));
    if (a->kind == NORNI_PORT_MIN_VARIANCE) {
        NORN_TRY(some_variance(s, "min_variance", err));
        return norni_port_solve_qp(s->cov, NULL, 1, a->min_weight, a->max_weight, s->k, s->scratch,
                                   weight, err);
    }
    mu = norni_arena_zero(s->scratch, s->k, sizeof *mu);
    if (mu == NULL) return norni_alloc_fail(err, "mean_variance", s->k, sizeof *mu);
    for (size_t t = 0; t < s->n_whole; t++)
        for (size_t j = 0; j < s->k; j++)
            mu[j] += s->whole[t * s->k + j];
    /* a year's mean and covariance: both times the same number, which then stands nowhere */
    for (size_t j = 0; j < s->k; j++)
        mu[j] /= (double)s->n_whole;
    return norni_port_solve_qp(s->cov, mu, a->risk_aversion, a->min_weight, a->max_weight, s->k,
                               s->scratch, weight, err);
}

static norn_status risk_parity(sample *s, const norni_port_alloc *a, double *weight,
                               norn_err *err) {
    if (a->kind == NORNI_PORT_ERC) {
        NORN_TRY(sample_cov(s, a, err));
        NORN_TRY(some_variance(s, "erc", err));
        return norni_port_solve_erc(s->cov, NULL, s->k, s->scratch, weight, err);
    }
    double *cov = norni_arena_get(s->scratch, 2 * s->k * s->k, sizeof *cov);
    if (cov == NULL) return norni_alloc_fail(err, "hrp", 2 * s->k * s->k, sizeof *cov);
    if (s->n_whole == s->n && s->n >= 2) {
        norni_port_cov_sample(s->x, s->n, s->k, cov);
        return norni_port_solve_hrp(cov, s->k, s->scratch, weight, err);
    }
    double *corr = cov + s->k * s->k;
    NORN_TRY(norni_port_cov_pairwise(s->x, s->n, s->k, cov, corr, err));
    return norni_port_hrp_of(cov, corr, s->k, s->scratch, weight, err);
}

static int larger(const void *arg, size_t a, size_t b) {
    const double *grown = arg;
    return grown[a] > grown[b] ? -1 : grown[a] < grown[b];
}

static norn_status momentum(const double *x, size_t n, size_t k, size_t top, norni_arena *scratch,
                            double *weight, norn_err *err) {
    double *grown = norni_arena_get(scratch, k, sizeof *grown);
    size_t *order = norni_arena_get(scratch, 2 * k, sizeof *order);
    size_t seen = 0;
    if (grown == NULL || order == NULL)
        return norni_alloc_fail(err, "momentum", 2 * k, sizeof *order);
    for (size_t j = 0; j < k; j++) {
        size_t own = 0;
        grown[j] = 1;
        order[j] = j;
        weight[j] = 0;
        for (size_t t = 0; t < n; t++) {
            if (isnan(x[t * k + j])) continue;
            grown[j] *= 1 + x[t * k + j];
            own++;
        }
        if (own == 0) grown[j] = -1; /* behind all that were seen */
        seen += own;
    }
    if (seen == 0)
        return norn_fail(err, NORN_E_DATA,
                         "momentum: no return is left after skip_days: look back further");
    norni_sort_index(order, k, larger, grown, order + k);
    const size_t many = top < k ? top : k;
    for (size_t j = 0; j < many; j++)
        weight[order[j]] = 1 / (double)many;
    return NORN_OK;
}

/* Weights of sum 1 become those of the leverage, or of the volatility, that is asked for. */
static norn_status lever(sample *s, const norni_port_alloc *a, double *weight, norn_err *err) {
    double by = a->leverage, sum = 0;
    if (a->vol_target > 0) {
        NORN_TRY(sample_cov(s, a, err));
        const double v = sqrt(norni_port_variance(s->cov, weight, s->k) * s->periods);
        for (size_t j = 0; j < s->k; j++)
            sum += fabs(weight[j]);
        by = v > 0 ? a->vol_target / v : a->max_leverage / sum;
        if (by * sum > a->max_leverage) by = a->max_leverage / sum;
    }
    for (size_t j = 0; j < s->k; j++) {
        if (by != 1) weight[j] *= by;
        if (!isfinite(weight[j]))
            return norn_fail(err, NORN_E_NUMERIC, "%s: the weight of asset %zu is not a number",
                             norni_port_alloc_name(a->kind), j + 1);
    }
    return NORN_OK;
}

/* Momentum's days to skip as rows at the end of n. */
static size_t rows_of_days(double days, double periods) {
    const double rows = floor(days * periods / 365 + 0.5);
    return rows > 0 ? (size_t)(rows < 1e15 ? rows : 1e15) : 0;
}

static norn_status weights_of(sample *s, const norni_port_alloc *a, double *weight, norn_err *err) {
    if (s->k == 1 && a->kind != NORNI_PORT_FIXED) {
        weight[0] = 1;
        return NORN_OK;
    }
    switch (a->kind) {
        case NORNI_PORT_FIXED:
            for (size_t j = 0; j < s->k; j++)
                weight[j] = a->weight[j];
            return NORN_OK;
        case NORNI_PORT_INVERSE_VOL: return inverse_vol(s, weight, err);
        case NORNI_PORT_MIN_VARIANCE:
        case NORNI_PORT_MEAN_VARIANCE: return mean_variance(s, a, weight, err);
        case NORNI_PORT_ERC:
        case NORNI_PORT_HRP: return risk_parity(s, a, weight, err);
        case NORNI_PORT_MOMENTUM: {
            const size_t rows = s->skip < s->n ? s->n - s->skip : 0;
            return momentum(s->x, rows, s->k, (size_t)a->top_k, s->scratch, weight, err);
        }
        case NORNI_PORT_EQUAL:
        case NORNI_PORT_ALLOCS: break;
    }
    for (size_t j = 0; j < s->k; j++)
        weight[j] = 1 / (double)s->k;
    return NORN_OK;
}

norn_status norni_port_alloc_estimate(const norni_port_alloc *a, const norni_port_sample *given,
                                      norni_arena *scratch, double *weight, norn_err *err) {
    sample s = {.x = given->returns,
                .n = given->n,
                .k = given->n_assets,
                .periods = given->periods_per_year,
                .skip = given->skip,
                .scratch = scratch};
    if (s.k == 0) return norn_fail(err, NORN_E_ARG, "allocation: no assets");
    NORN_TRY(norni_port_alloc_check(a, s.k, err));
    NORN_TRY(field("periods_per_year", s.periods, s.periods > 0, "above 0", err));
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    norn_status st = norni_port_alloc_estimates(a) ? sample_open(&s, err) : NORN_OK;
    if (st == NORN_OK) st = weights_of(&s, a, weight, err);
    if (st == NORN_OK) st = lever(&s, a, weight, err);
    norni_arena_rewind(scratch, mark);
    return st;
}

norn_status norni_port_alloc_weights(const norni_port_alloc *a, const double *returns, size_t n,
                                     size_t n_assets, double periods_per_year, norni_arena *scratch,
                                     double *weight, norn_err *err) {
    const norni_port_sample s = {.returns = returns,
                                 .n = n,
                                 .n_assets = n_assets,
                                 .periods_per_year = periods_per_year,
                                 .skip = rows_of_days(a->skip_days, periods_per_year)};
    return norni_port_alloc_estimate(a, &s, scratch, weight, err);
}
