/* Hierarchical risk parity. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: M. Lopez de Prado, "Building diversified portfolios that outperform out of sample", 2016:
 *   d_ij = sqrt((1 - rho_ij) / 2);  single linkage on d;  assets in the order of the tree's leaves;  halves of that order
 *   share their weight as 1 - v / (v + v'), v = u'Vu of a half under inverse variance weights u.
 * Departs: the linkage takes d itself, as PyPortfolioOpt does, where the paper takes distances between columns of d. The order of
 * leaves decides the halves, so ties need a rule: clusters join in the order of (distance, when the spanning tree from asset 0
 * reached the link, nearest first, lower number first); of two that join, the one with the lower number stands left, where assets
 * are 0..k-1 and the i-th joint cluster is k+i. */
#include "portfolio/portfolio_risk.h"

#include <math.h>

#include "base/sort.h"
#include "base/fp.h"

typedef struct tree {
    size_t k;
    const double *cov;    /* (k, k) */
    const double *corr;   /* (k, k), or NULL: those of cov */
    size_t *from, *to;    /* (k - 1) links of the spanning tree */
    double *length;       /* (k - 1) */
    size_t *order;        /* (k) links by length, then leaves from left to right */
    size_t *left, *right; /* (k - 1) children of the joint cluster k + i */
    size_t *parent;       /* (2k) of the union; scratch */
    double *best;         /* (k) scratch */
} tree;

static bool tree_init(tree *t, size_t k, norni_arena *scratch) {
    *t = (tree){.k = k};
    t->from = norni_arena_get(scratch, k, sizeof *t->from);
    t->to = norni_arena_get(scratch, k, sizeof *t->to);
    t->length = norni_arena_get(scratch, k, sizeof *t->length);
    t->order = norni_arena_get(scratch, k, sizeof *t->order);
    t->left = norni_arena_get(scratch, k, sizeof *t->left);
    t->right = norni_arena_get(scratch, k, sizeof *t->right);
    t->parent = norni_arena_get(scratch, 2 * k, sizeof *t->parent);
    t->best = norni_arena_get(scratch, k, sizeof *t->best);
    return t->from && t->to && t->length && t->order && t->left && t->right && t->parent && t->best;
}

static double distance_of(const tree *t, size_t i, size_t j) {
    const size_t k = t->k;
    const double *c = t->cov;
    const double rho = t->corr != NULL ? t->corr[i * k + j]
                                       : c[i * k + j] / sqrt(c[i * (k + 1)]) / sqrt(c[j * (k + 1)]);
    const double half = (1 - rho) / 2;
    return sqrt(half < 0 ? 0 : half > 1 ? 1 : half);
}

/* The minimum spanning tree holds all that single linkage asks for. (R. Prim 1957) */
static void span(tree *t) {
    const size_t k = t->k;
    size_t here = 0;
    for (size_t i = 0; i < k; i++) {
        t->best[i] = NORNI_INF;
        t->parent[i] = i == 0; /* 1: reached */
    }
    for (size_t link = 0; link + 1 < k; link++) {
        size_t next = k;
        for (size_t j = 0; j < k; j++) {
            if (t->parent[j]) continue;
            const double d = distance_of(t, here, j);
            if (d < t->best[j]) t->best[j] = d;
            if (next == k || t->best[j] < t->best[next]) next = j;
        }
        t->from[link] = here;
        t->to[link] = next;
        t->length[link] = t->best[next];
        t->parent[next] = 1;
        here = next;
    }
}

static int shorter(const void *arg, size_t a, size_t b) {
    const double *length = arg;
    return length[a] < length[b] ? -1 : length[a] > length[b];
}

static size_t root_of(size_t *parent, size_t i) {
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* Joins clusters, nearest first. The link of the tree runs from the asset reached just before, which lies in the cluster that its
 * true neighbour is in by then: all that was reached earlier at this distance is joined. */
static void join(tree *t) {
    for (size_t i = 0; i < 2 * t->k; i++)
        t->parent[i] = i;
    for (size_t i = 0; i + 1 < t->k; i++) {
        const size_t link = t->order[i];
        const size_t a = root_of(t->parent, t->from[link]), b = root_of(t->parent, t->to[link]);
        t->left[i] = a < b ? a : b;
        t->right[i] = a < b ? b : a;
        t->parent[a] = t->parent[b] = t->k + i;
    }
}

/* order (k) = leaves from left to right; parent serves as the stack. */
static void leaves(tree *t) {
    size_t depth = 0, n = 0;
    t->parent[depth++] = 2 * t->k - 2;
    while (depth > 0) {
        const size_t node = t->parent[--depth];
        if (node < t->k) {
            t->order[n++] = node;
            continue;
        }
        t->parent[depth++] = t->right[node - t->k];
        t->parent[depth++] = t->left[node - t->k];
    }
}

/* Variance of assets at[0..n) under inverse variance weights. */
static double half_variance(const double *cov, size_t k, const size_t *at, size_t n) {
    double total = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        total += 1 / cov[at[i] * (k + 1)];
    for (size_t i = 0; i < n; i++) {
        double row = 0;
        for (size_t j = 0; j < n; j++)
            row += cov[at[i] * k + at[j]] / cov[at[j] * (k + 1)];
        sum += row / cov[at[i] * (k + 1)];
    }
    return sum / total / total;
}

/* Splits the stretch of leaves again and again; stack holds its ends. */
static void share(const tree *t, const double *cov, size_t *stack, double *weight) {
    const size_t k = t->k;
    size_t depth = 0;
    for (size_t i = 0; i < k; i++)
        weight[i] = 1;
    stack[depth++] = 0;
    stack[depth++] = k;
    while (depth > 0) {
        const size_t end = stack[--depth], first = stack[--depth];
        const size_t middle = first + (end - first) / 2;
        if (end - first < 2) continue;
        const double v = half_variance(cov, k, t->order + first, middle - first);
        const double u = half_variance(cov, k, t->order + middle, end - middle);
        /* two halves without any risk share alike */
        const double part = v > 0 || u > 0 ? 1 - v / (v + u) : 0.5;
        for (size_t i = first; i < end; i++)
            weight[t->order[i]] *= i < middle ? part : 1 - part;
        stack[depth++] = first;
        stack[depth++] = middle;
        stack[depth++] = middle;
        stack[depth++] = end;
    }
}

norn_status norni_port_solve_hrp(const double *cov, size_t k, norni_arena *scratch, double *weight,
                                 norn_err *err) {
    return norni_port_hrp_of(cov, NULL, k, scratch, weight, err);
}

norn_status norni_port_hrp_of(const double *cov, const double *corr, size_t k, norni_arena *scratch,
                              double *weight, norn_err *err) {
    tree t;
    NORN_TRY(norni_port_cov_check(cov, k, true, "hrp", err));
    const int e = norni_port_cov_exponent(cov, k);
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    double *own = norni_arena_get(scratch, k * k, sizeof *own);
    size_t *stack = norni_arena_get(scratch, 4 * k + 4, sizeof *stack);
    if (own == NULL || stack == NULL || !tree_init(&t, k, scratch)) {
        norni_arena_rewind(scratch, mark);
        return norni_alloc_fail(err, "hrp", k * k, sizeof *own);
    }
    for (size_t i = 0; i < k * k; i++)
        own[i] = ldexp(cov[i], -e);
    t.cov = own;
    t.corr = corr;
    span(&t);
    for (size_t i = 0; i < k; i++)
        t.order[i] = i;
    norni_sort_index(t.order, k - 1, shorter, t.length, stack);
    join(&t);
    leaves(&t);
    share(&t, own, stack, weight);
    norni_arena_rewind(scratch, mark);
    return NORN_OK;
}
