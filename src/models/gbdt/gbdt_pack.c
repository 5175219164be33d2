/* Packs a table's bins for boosted trees: a byte each, blocks of columns side by side. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/gbdt/gbdt_parts.h"

enum { MOST_BINS = 255 };

/* Numbers with too many bins are joined; names are not, codes from 253 on are one. */
static norn_status narrow_bins(norni_env *env, const norni_bins *from, norni_bins *to,
                               norn_err *err) {
    *to = *from;
    for (size_t j = 0; j < from->n_columns; j++) {
        const norni_bin_column *c = &from->column[j];
        if (c->kind != NORNI_FEATURE_NOMINAL && c->n_bins > MOST_BINS)
            return norni_bins_coarsen(env->arena, from, MOST_BINS, to, err);
    }
    return NORN_OK;
}

static void fill_column(const norni_gbdt_task *task, const norni_bin_column *from, size_t j,
                        gbdt_column *to) {
    to->nominal = from->kind == NORNI_FEATURE_NOMINAL;
    to->n_bins = from->n_bins > MOST_BINS ? MOST_BINS : from->n_bins;
    to->monotone = !to->nominal && task->monotone ? task->monotone[j] : 0;
    to->cut = from->cut;
}

static void pack_column(const norni_gbdt_task *task, const uint16_t *index, size_t shift,
                        const gbdt_column *c, const gbdt_block *b) {
    const uint32_t last = c->n_bins - 1;
    uint8_t *at = b->at + c->place;
    for (size_t i = 0; i < task->n; i++) {
        const uint32_t bin = index[(task->row ? task->row[i] : i) + shift];
        at[i * b->width] = (uint8_t)(bin > last ? last : bin);
    }
}

norn_status gbdt_pack(norni_env *env, const norni_gbdt_task *task, gbdt_data *out, norn_err *err) {
    norni_bins narrow;
    NORN_TRY(narrow_bins(env, task->bins, &narrow, err));
    const size_t k = narrow.n_columns, n_blocks = (k + GBDT_WIDTH - 1) / GBDT_WIDTH;
    *out = (gbdt_data){
        .n = task->n, .n_train = task->n - task->n_validate, .n_columns = k, .n_blocks = n_blocks};
    out->column = norni_arena_zero(env->arena, k, sizeof *out->column);
    out->block = norni_arena_zero(env->arena, n_blocks, sizeof *out->block);
    if (!out->column || !out->block) return norni_alloc_fail(err, "gbdt", k, sizeof *out->column);
    for (size_t b = 0, j = 0; b < n_blocks; b++) {
        gbdt_block *block = &out->block[b];
        block->first = (uint32_t)j;
        block->width = (uint32_t)((k - j) / (n_blocks - b)); /* as even as can be */
        block->at = norni_arena_get(env->arena, task->n, block->width);
        if (!block->at) return norni_alloc_fail(err, "gbdt", task->n, block->width);
        for (const size_t end = j + block->width; j < end; j++) {
            gbdt_column *c = &out->column[j];
            c->block = (uint32_t)b, c->place = (uint32_t)(j - block->first);
            fill_column(task, &narrow.column[j], j, c);
            pack_column(task, narrow.index[j], task->shift ? task->shift[j] : 0, c, block);
            if (norni_poll_stop(&env->poll))
                return norn_fail(err, NORN_E_CANCEL, "gbdt: cancelled");
        }
    }
    return NORN_OK;
}
