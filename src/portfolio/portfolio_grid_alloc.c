/* Allocations of a grid: the product of their parameters, and one way to write each that is the same in effect. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A kind is multiplied by the parameters it looks at, no others. What a volatility target replaces (leverage) or needs (lookback,
 * shrinkage, max_leverage), and a top_k above the number of assets, can still make two combinations the same: parameters that
 * nothing looks at then take their default, and the two are one allocation. */
#include "portfolio/portfolio_grid_alloc.h"

#include "portfolio/portfolio_risk.h"

#define BIT(slot) (1U << ((slot)-NORNI_PORT_AP_KIND))

static bool is_covariance(norni_port_alloc_kind k) {
    return k == NORNI_PORT_MIN_VARIANCE || k == NORNI_PORT_MEAN_VARIANCE || k == NORNI_PORT_ERC;
}

static bool is_bounded(norni_port_alloc_kind k) {
    return k == NORNI_PORT_MIN_VARIANCE || k == NORNI_PORT_MEAN_VARIANCE;
}

static bool is_estimated(norni_port_alloc_kind k) {
    return k != NORNI_PORT_FIXED && k != NORNI_PORT_EQUAL;
}

/* Parameters that multiply a kind. */
static unsigned seen_by(norni_port_alloc_kind k, bool targets) {
    unsigned seen =
        BIT(NORNI_PORT_AP_ESTIMATE) | BIT(NORNI_PORT_AP_LEVERAGE) | BIT(NORNI_PORT_AP_VOL_TARGET);
    if (targets) seen |= BIT(NORNI_PORT_AP_MAX_LEVERAGE);
    if (is_estimated(k) || targets) seen |= BIT(NORNI_PORT_AP_LOOKBACK);
    if (is_covariance(k) || targets) seen |= BIT(NORNI_PORT_AP_SHRINKAGE);
    if (is_bounded(k)) seen |= BIT(NORNI_PORT_AP_MIN_WEIGHT) | BIT(NORNI_PORT_AP_MAX_WEIGHT);
    if (k == NORNI_PORT_MEAN_VARIANCE) seen |= BIT(NORNI_PORT_AP_RISK_AVERSION);
    if (k == NORNI_PORT_MOMENTUM) seen |= BIT(NORNI_PORT_AP_TOP_K) | BIT(NORNI_PORT_AP_SKIP);
    return seen;
}

static void set_part(norni_port_alloc *a, size_t slot, double x) {
    switch (slot) {
        case NORNI_PORT_AP_LOOKBACK: a->lookback_days = x; break;
        case NORNI_PORT_AP_ESTIMATE: a->estimate_days = x; break;
        case NORNI_PORT_AP_SHRINKAGE: a->shrinkage = (norni_port_shrinkage)x; break;
        case NORNI_PORT_AP_RISK_AVERSION: a->risk_aversion = x; break;
        case NORNI_PORT_AP_MIN_WEIGHT: a->min_weight = x; break;
        case NORNI_PORT_AP_MAX_WEIGHT: a->max_weight = x; break;
        case NORNI_PORT_AP_TOP_K: a->top_k = (int32_t)x; break;
        case NORNI_PORT_AP_SKIP: a->skip_days = x; break;
        case NORNI_PORT_AP_LEVERAGE: a->leverage = x; break;
        case NORNI_PORT_AP_VOL_TARGET: a->vol_target = x; break;
        default: a->max_leverage = x; break;
    }
}

static bool has_targets(norni_port_values v) {
    for (size_t i = 0; i < v.n; i++) {
        if (v.v[i] > 0) return true;
    }
    return false;
}

typedef struct product {
    const norni_port_values *slot; /* n == 0: not given */
    size_t n, most;
    norni_port_alloc *list; /* NULL: only counted */
    norn_err *err;
} product;

/* All combinations of what `a` looks at, the first parameter slowest. */
static norn_status multiply(product *p, const norni_port_alloc *a) {
    const unsigned seen = seen_by(a->kind, has_targets(p->slot[NORNI_PORT_AP_VOL_TARGET]));
    size_t n = 1;
    for (size_t s = NORNI_PORT_AP_LOOKBACK; s < NORNI_PORT_SLOTS; s++) {
        if (!(seen & BIT(s)) || p->slot[s].n == 0) continue;
        if (n > NORNI_PORT_GRID_PAIRS / p->slot[s].n) n = NORNI_PORT_GRID_PAIRS;
        n *= p->slot[s].n;
    }
    if (n > NORNI_PORT_GRID_PAIRS - p->n)
        return norn_fail(p->err, NORN_E_LIMIT,
                         "portfolio: grid: more than %d allocations; give fewer values",
                         (int)NORNI_PORT_GRID_PAIRS);
    for (size_t i = 0; i < n && p->list != NULL; i++) {
        norni_port_alloc *out = &p->list[p->n + i];
        size_t left = i;
        *out = *a;
        for (size_t s = NORNI_PORT_SLOTS; s-- > NORNI_PORT_AP_LOOKBACK;) {
            const norni_port_values v = p->slot[s];
            if (!(seen & BIT(s)) || v.n == 0) continue;
            set_part(out, s, v.v[left % v.n]);
            left /= v.n;
        }
        NORN_TRY(norni_port_alloc_check(out, 0, p->err));
    }
    p->n += n;
    return NORN_OK;
}

static norn_status multiply_all(product *p, const norni_port_weights *w) {
    const norni_port_values kinds = p->slot[NORNI_PORT_AP_KIND];
    p->n = 0;
    for (size_t k = 0; k < kinds.n; k++) {
        norni_port_alloc a = norni_port_alloc_default();
        a.kind = (norni_port_alloc_kind)kinds.v[k];
        if (!is_estimated(a.kind)) a.estimate_days = 0; /* unless it is asked for */
        if (a.kind != NORNI_PORT_FIXED) NORN_TRY(multiply(p, &a));
        for (size_t i = 0; a.kind == NORNI_PORT_FIXED && i < w->n; i++) {
            a.weight = w->list[i].v;
            a.n_weights = w->list[i].n;
            NORN_TRY(multiply(p, &a));
        }
    }
    return NORN_OK;
}

norn_status norni_port_allocs_make(const norni_port_values *slot, const norni_port_weights *w,
                                   norni_arena *arena, norni_port_alloc **out, size_t *n,
                                   norn_err *err) {
    product p = {.slot = slot, .err = err};
    NORN_TRY(multiply_all(&p, w));
    p.list = norni_arena_get(arena, p.n, sizeof *p.list);
    if (p.list == NULL) return norni_alloc_fail(err, "portfolio: grid", p.n, sizeof *p.list);
    NORN_TRY(multiply_all(&p, w));
    *out = p.list;
    *n = p.n;
    return NORN_OK;
}

/* Weights of what is there, of the sum of all. */
static bool keep_weights(norni_port_alloc *a, const bool *there, double *own) {
    double all = 0, kept = 0;
    size_t n = 0;
    for (size_t i = 0; i < a->n_weights; i++) {
        all += a->weight[i];
        if (!there[i]) continue;
        own[n++] = a->weight[i];
        kept += a->weight[i];
    }
    for (size_t i = 0; i < n && n < a->n_weights; i++)
        own[i] *= kept > 0 ? all / kept : 0;
    a->weight = own;
    a->n_weights = n;
    return kept > 0;
}

static bool is_even(const norni_port_alloc *a) {
    const double even = 1 / (double)a->n_weights;
    for (size_t i = 0; i < a->n_weights; i++) {
        if (a->weight[i] < even || a->weight[i] > even) return false;
    }
    return true;
}

bool norni_port_alloc_settle(norni_port_alloc *a, const bool *there, size_t n_there, double *own) {
    const norni_port_alloc rest = norni_port_alloc_default();
    if (is_bounded(a->kind) &&
        norni_port_bounds_check(a->min_weight, a->max_weight, n_there, NULL) != NORN_OK)
        return false;
    if (a->kind == NORNI_PORT_FIXED && !keep_weights(a, there, own)) return false;
    if (a->kind == NORNI_PORT_FIXED && is_even(a)) {
        a->kind = NORNI_PORT_EQUAL;
        a->weight = NULL;
        a->n_weights = 0;
    }
    const bool targets = a->vol_target > 0;
    if (targets)
        a->leverage = rest.leverage;
    else
        a->max_leverage = rest.max_leverage;
    if (!is_estimated(a->kind) && !targets) a->lookback_days = rest.lookback_days;
    if (!is_covariance(a->kind) && !targets) a->shrinkage = rest.shrinkage;
    if (a->kind != NORNI_PORT_MOMENTUM) {
        a->top_k = rest.top_k;
        a->skip_days = rest.skip_days;
    } else if ((size_t)a->top_k > n_there) {
        a->top_k = (int32_t)n_there;
    }
    return true;
}

norn_status norni_port_unkept_fail(const norni_port_alloc *a, size_t n, const size_t *line,
                                   norn_err *err) {
    const size_t most = line[NORNI_PORT_AP_MAX_WEIGHT], least = line[NORNI_PORT_AP_MIN_WEIGHT];
    if (a->min_weight > a->max_weight)
        return norni_port_key_fail(
            least ? least : most, norni_str_of(least ? "min_weight" : "max_weight"), err,
            "min_weight is %g, above max_weight %g", a->min_weight, a->max_weight);
    if (a->max_weight * (double)n < 1)
        return norni_port_key_fail(most, norni_str_of("max_weight"), err,
                                   "%zu assets of at most %g cannot sum to 1", n, a->max_weight);
    return norni_port_key_fail(least, norni_str_of("min_weight"), err,
                               "%zu assets of at least %g cannot sum to 1", n, a->min_weight);
}
