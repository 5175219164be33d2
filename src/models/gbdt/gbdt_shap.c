/* What each feature gives to a forecast of boosted trees: exact Shapley values, and gains of splits. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Lundberg, Erion, Lee 2018, "Consistent individualized feature attribution for tree ensembles",
 * algorithm 2 (path-dependent: a feature that is not known goes both ways, by the rows of the fit that
 * went there). A walk keeps, for the features on its path, the sums over all subsets of them of a
 * size, weighted as Shapley's formula asks: `reach` does this when the path grows, `leave` takes one
 * feature out again. O(leaves depth^2) a tree. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/gbdt/gbdt_parts.h"

/* One feature on the path: the share of rows that come here when it is not known (zero), whether it
 * lets x through when it is (one), and the weight of the subsets of this many features. */
typedef struct shap_step {
    double column, zero, one, weight; /* column -1: the root */
} shap_step;

static void reach(shap_step *s, size_t n, double column, double zero, double one) {
    s[n] = (shap_step){column, zero, one, n == 0};
    const double all = (double)(n + 1);
    for (size_t i = n; i-- > 0;) {
        s[i + 1].weight += one * s[i].weight * (double)(i + 1) / all;
        s[i].weight *= zero * (double)(n - i) / all;
    }
}

/* Weights (all but the last) of the path without step k; sum: only their sum is wanted. */
static double without(const shap_step *s, size_t n, size_t k, shap_step *out) {
    const double one = s[k].one, zero = s[k].zero, all = (double)n;
    double next = s[n - 1].weight, sum = 0;
    for (size_t i = n - 1; i-- > 0;) {
        double w;
        if (one != 0) {
            w = next * all / ((double)(i + 1) * one);
            next = s[i].weight - w * zero * (double)(n - 1 - i) / all;
        } else {
            w = s[i].weight * all / (zero * (double)(n - 1 - i));
        }
        sum += w;
        if (out) out[i].weight = w;
    }
    return sum;
}

/* Takes step k out; the others keep their features. */
static void leave(shap_step *s, size_t n, size_t k) {
    (void)without(s, n, k, s);
    for (size_t i = k; i + 1 < n; i++) {
        s[i].column = s[i + 1].column;
        s[i].zero = s[i + 1].zero;
        s[i].one = s[i + 1].one;
    }
}

typedef struct shap_walk {
    const norni_gbdt_tree *tree;
    const double *x;
    double *out;
} shap_walk;

static double cover_of(const norni_gbdt_tree *t, int32_t at) {
    return at >= 0 ? (double)t->node[at].cover : (double)t->cover[-1 - at];
}

static void walk(const shap_walk *w, int32_t at, shap_step *above, size_t n, double column,
                 double zero, double one) {
    shap_step *s = above + n; /* room for this level lies behind */
    memcpy(s, above, n * sizeof *s);
    reach(s, n, column, zero, one);
    n++;
    if (at < 0) {
        for (size_t k = 1; k < n; k++)
            w->out[(size_t)s[k].column] +=
                without(s, n, k, NULL) * (s[k].one - s[k].zero) * w->tree->leaf[-1 - at];
        return;
    }
    const norni_gbdt_node *node = &w->tree->node[at];
    const int hot = !gbdt_goes_left(node, w->x[node->column]);
    double before_zero = 1, before_one = 1;
    for (size_t k = 1; k < n; k++) {
        if (s[k].column != (double)node->column) continue;
        before_zero = s[k].zero, before_one = s[k].one; /* met before: joined */
        leave(s, n, k);
        n--;
        break;
    }
    for (int side = 0; side < 2; side++) {
        const int32_t child = node->child[side];
        const double share = cover_of(w->tree, child) / (double)node->cover;
        walk(w, child, s, n, node->column, before_zero * share, side == hot ? before_one : 0);
    }
}

static size_t depth_of(const norni_gbdt_tree *t) {
    size_t deepest = 0;
    uint16_t depth[NORNI_GBDT_MOST_LEAVES]; /* children come behind their parents */
    depth[0] = 0;
    for (uint32_t i = 0; i + 1 < t->n_leaves; i++) {
        for (int side = 0; side < 2; side++) {
            const int32_t child = t->node[i].child[side];
            if (child >= 0) depth[child] = (uint16_t)(depth[i] + 1);
        }
        if (depth[i] + 1u > deepest) deepest = depth[i] + 1u;
    }
    return deepest;
}

size_t norni_gbdt_shap_scratch(const norni_gbdt *m) {
    size_t deepest = 0;
    for (size_t k = 0; k < m->n_trees; k++) {
        const size_t depth = depth_of(&m->tree[k]);
        deepest = depth > deepest ? depth : deepest;
    }
    return (deepest + 2) * (deepest + 3) / 2 * sizeof(shap_step) / sizeof(double);
}

static double mean_of(const norni_gbdt_tree *t) {
    double sum = 0, n = 0;
    for (uint32_t i = 0; i < t->n_leaves; i++) {
        sum += t->leaf[i] * (double)t->cover[i];
        n += (double)t->cover[i];
    }
    return sum / n;
}

void norni_gbdt_shap(const norni_gbdt *m, const double *x, double *out, double *expected,
                     double *scratch) {
    double mean = m->start;
    memset(out, 0, m->n_columns * sizeof *out);
    for (size_t k = 0; k < m->n_trees; k++) {
        const shap_walk w = {&m->tree[k], x, out};
        mean += mean_of(w.tree);
        if (w.tree->n_leaves > 1) walk(&w, 0, (shap_step *)(void *)scratch, 0, -1, 1, 1);
    }
    *expected = m->log_link ? mean : ldexp(mean, m->exponent);
    for (size_t j = 0; j < m->n_columns && !m->log_link; j++)
        out[j] = ldexp(out[j], m->exponent);
}

void norni_gbdt_gains(const norni_gbdt *m, double *gain) {
    memset(gain, 0, m->n_columns * sizeof *gain);
    for (size_t k = 0; k < m->n_trees; k++)
        for (uint32_t i = 0; i + 1 < m->tree[k].n_leaves; i++)
            gain[m->tree[k].node[i].column] += m->tree[k].node[i].gain;
}
