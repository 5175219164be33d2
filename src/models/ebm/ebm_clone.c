/* Copies of an EBM and of its bins' columns, in memory of one's own. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/ebm/ebm_clone.h"

/* A copy of n numbers; *failed where there is no memory. */
static double *copy_numbers(norni_arena *arena, const double *from, size_t n, bool *failed) {
    double *to = norni_arena_get(arena, n, sizeof *to);
    if (to == NULL)
        *failed = true;
    else if (n)
        memcpy(to, from, n * sizeof *to);
    return to;
}

static norn_status no_memory(norn_err *err, size_t n) {
    return norni_alloc_fail(err, "ebm", n, sizeof(double));
}

norn_status norni_ebm_clone_columns(norni_arena *arena, const norni_bin_column *from, size_t n,
                                    const norni_bin_column **out, norn_err *err) {
    bool failed = false;
    *out = NULL;
    if (from == NULL) return NORN_OK;
    norni_bin_column *to = norni_arena_get(arena, n, sizeof *to);
    if (to == NULL) return norni_alloc_fail(err, "ebm", n, sizeof *to);
    for (size_t j = 0; j < n && !failed; j++) {
        to[j] = from[j];
        to[j].cut = copy_numbers(arena, from[j].cut, from[j].n_cuts, &failed);
    }
    *out = to;
    return failed ? no_memory(err, n) : NORN_OK;
}

norn_status norni_ebm_clone(norni_arena *arena, const norni_ebm *m, norni_ebm *out, norn_err *err) {
    bool failed = false;
    *out = *m;
    NORN_TRY(norni_ebm_clone_columns(arena, m->mains, m->n_columns, &out->mains, err));
    NORN_TRY(norni_ebm_clone_columns(arena, m->pairs, m->n_columns, &out->pairs, err));
    out->term = norni_arena_get(arena, m->n_terms, sizeof *out->term);
    out->best_iteration = norni_arena_get(arena, 2 * m->n_bags, sizeof *out->best_iteration);
    out->bagged_intercept = copy_numbers(arena, m->bagged_intercept, m->n_bags, &failed);
    if (out->term == NULL || out->best_iteration == NULL || failed)
        return no_memory(err, m->n_terms + m->n_bags);
    memcpy(out->best_iteration, m->best_iteration, 2 * m->n_bags * sizeof *out->best_iteration);
    for (size_t t = 0; t < m->n_terms && !failed; t++) {
        const norni_ebm_term *from = &m->term[t];
        const size_t cells = norni_ebm_cells(from);
        norni_ebm_term *to = &out->term[t];
        *to = *from;
        to->score = copy_numbers(arena, from->score, cells, &failed);
        to->sd = copy_numbers(arena, from->sd, cells, &failed);
        to->weight = copy_numbers(arena, from->weight, cells, &failed);
        to->bagged = copy_numbers(arena, from->bagged, cells * m->n_bags, &failed);
    }
    return failed ? no_memory(err, m->n_terms) : NORN_OK;
}
