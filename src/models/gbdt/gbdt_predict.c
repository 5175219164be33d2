/* The forecast of boosted trees from a row of features. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "models/gbdt/gbdt_parts.h"

bool gbdt_goes_left(const norni_gbdt_node *n, double x) {
    if (!(x == x)) return n->missing_left;
    if (!n->set) return x < n->cut;
    const double most = GBDT_BINS - 2; /* codes from 253 on are one bin */
    const size_t bin = x < 0 ? 0 : x + 1 > most ? (size_t)most : (size_t)x + 1;
    return (n->set[bin / 64] >> bin % 64 & 1) != 0;
}

double norni_gbdt_predict(const norni_gbdt *m, const double *x) {
    double sum = m->start;
    for (size_t k = 0; k < m->n_trees; k++) {
        const norni_gbdt_tree *t = &m->tree[k];
        int32_t at = t->n_leaves > 1 ? 0 : -1;
        while (at >= 0)
            at = t->node[at].child[!gbdt_goes_left(&t->node[at], x[t->node[at].column])];
        sum += t->leaf[-1 - at];
    }
    return m->log_link ? norni_exp(sum) : ldexp(sum, m->exponent);
}
