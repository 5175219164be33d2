/* An EBM's terms as an explanation with names. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/ebm/ebm_explain.h"

static norni_term_axis axis_of(const norni_ebm *m, const norni_ebm_names *names,
                               const norni_ebm_term *t, uint32_t a) {
    const uint32_t j = t->column[a];
    const norni_bin_column *c = &(t->n_axes == 1 ? m->mains : m->pairs)[j];
    return (norni_term_axis){
        .feature = names->feature ? names->feature[j] : j,
        .name = names->name[j],
        .n_bins = c->n_bins,
        .n_cuts = c->n_cuts,
        .cut = c->cut,
        .least = c->least,
        .most = c->most,
    };
}

/* "a & b" */
static norni_str pair_name(norni_arena *arena, norni_str a, norni_str b) {
    const size_t n = a.n + 3 + b.n;
    char *p = norni_arena_get(arena, n + 1, 1);
    if (p == NULL) return (norni_str){NULL, 0};
    memcpy(p, a.p, a.n);
    memcpy(p + a.n, " & ", 3);
    memcpy(p + a.n + 3, b.p, b.n);
    p[n] = 0;
    return (norni_str){p, n};
}

norn_status norni_ebm_explain(norni_arena *arena, const norni_ebm *m, const norni_ebm_names *names,
                              size_t lead, norni_term **term, norni_explanation *out,
                              norn_err *err) {
    const size_t n = lead + m->n_terms;
    norni_term *all = norni_arena_zero(arena, n, sizeof *all);
    if (all == NULL) return norni_alloc_fail(err, "ebm", n, sizeof *all);
    for (size_t k = 0; k < m->n_terms; k++) {
        const norni_ebm_term *t = &m->term[k];
        norni_term *to = &all[lead + k];
        *to = (norni_term){
            .name = names->name[t->column[0]],
            .n_axes = t->n_axes,
            .importance = t->importance,
            .score = t->score,
            .sd = t->sd,
            .weight = t->weight,
        };
        for (uint32_t a = 0; a < t->n_axes; a++)
            to->axis[a] = axis_of(m, names, t, a);
        if (t->n_axes == 2) to->name = pair_name(arena, to->axis[0].name, to->axis[1].name);
        if (to->name.p == NULL) return norni_alloc_fail(err, "ebm", 1, 1);
    }
    *term = all;
    *out = (norni_explanation){
        .intercept = m->intercept,
        .n_terms = n,
        .term = all,
        .n_rows = m->n_rows,
        .additive = true,
    };
    return NORN_OK;
}
