/* Two columns of one bag laid out as a grid of bins: the gathering of columns. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/ebm/ebm_pairs_grid.h"

/* The bag's rows of a column; whether bin 0 and the last one occur. */
static void gather_bins(const uint16_t *index, const uint32_t *row, size_t n, uint32_t n_bins,
                        uint16_t *out, bool *missing, bool *unseen) {
    const uint16_t last = (uint16_t)(n_bins - 1);
    uint32_t least = UINT32_MAX, most = 0;
    for (size_t i = 0; i < n; i++) {
        const uint16_t b = index[row[i]];
        out[i] = b;
        least = b < least ? b : least;
        most = b > most ? b : most;
    }
    *missing = least == 0;
    *unseen = n_bins > 1 && most == last;
}

norn_status norni_ebm_sides(norni_env *env, const norni_ebm_task *task, const norni_ebm_bag *bag,
                            const bool *wanted, norni_ebm_side *out, norn_err *err) {
    const size_t n = bag->n_train + bag->n_validate;
    const norni_bins *bins = task->pairs;
    for (size_t j = 0; j < bins->n_columns; j++) {
        const uint32_t n_bins = bins->column[j].n_bins;
        bool missing, unseen;
        out[j] = (norni_ebm_side){.n_bins = n_bins};
        if (!wanted[j]) continue;
        uint16_t *bin = norni_arena_get(env->arena, n, sizeof *bin);
        if (bin == NULL) return norni_alloc_fail(err, "ebm", n, sizeof *bin);
        gather_bins(bins->index[j], bag->row, n, n_bins, bin, &missing, &unseen);
        out[j].least = missing ? 0 : 1;
        out[j].n = n_bins - out[j].least - (unseen ? 0 : 1);
        out[j].bin = bin;
        if (!missing)
            for (size_t i = 0; i < n; i++)
                bin[i] = (uint16_t)(bin[i] - 1);
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ebm: cancelled");
    }
    return NORN_OK;
}
