/* The library's door to explainable boosting machines: what one says of rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/ebm_handle.h"
#include "par/pool.h"

enum { BLOCK = 4096 /* rows of an item */ };

typedef enum wanted { WANT_SCORE, WANT_TERMS, WANT_SPREAD } wanted;

typedef struct asking {
    const norn_ebm *m;
    const norn_ebm_rows *rows;
    wanted want;
    double *out, *sd;
    bool *used[2]; /* (n_columns) columns that mains, pairs read */
} asking;

static norn_status no_memory(norn_err *err, size_t n, size_t size) {
    return norni_alloc_fail(err, "ebm", n, size);
}

/* Bins of n rows from `first` of the columns used, index (n_columns). */
static norn_status place_columns(norni_arena *arena, const asking *a,
                                 const norni_bin_column *column, const bool *used, size_t first,
                                 size_t n, const uint16_t ***out, norn_err *err) {
    const size_t f = a->m->m.n_columns;
    const uint16_t **index = norni_arena_zero(arena, f, sizeof *index);
    if (index == NULL) return no_memory(err, f, sizeof *index);
    for (size_t j = 0; column && j < f; j++) {
        const double *x = a->rows->x[j] + first;
        if (!used[j]) continue;
        uint16_t *at = norni_arena_get(arena, n, sizeof *at);
        if (at == NULL) return no_memory(err, n, sizeof *at);
        for (size_t i = 0; i < n; i++)
            if (isinf(x[i]))
                return norn_fail(err, NORN_E_DATA, "ebm: %s is infinite in row %zu", a->m->name[j],
                                 first + i);
        norni_bins_place(&column[j], x, n, at);
        index[j] = at;
    }
    *out = index;
    return NORN_OK;
}

static norn_status answer_block(norni_arena *arena, const asking *a, size_t block, norn_err *err) {
    const norni_ebm *m = &a->m->m;
    const size_t first = block * BLOCK;
    const size_t n = a->rows->n - first < BLOCK ? a->rows->n - first : BLOCK;
    const uint16_t **mains, **pairs;
    NORN_TRY(place_columns(arena, a, m->mains, a->used[0], first, n, &mains, err));
    NORN_TRY(place_columns(arena, a, m->pairs, a->used[1], first, n, &pairs, err));
    if (a->want == WANT_SCORE)
        norni_ebm_predict(m, mains, pairs, n, a->out + first);
    else if (a->want == WANT_TERMS)
        norni_ebm_contribute(m, mains, pairs, n, a->out + first * m->n_terms);
    else
        norni_ebm_spread(m, mains, pairs, n, a->out + first, a->sd + first);
    return NORN_OK;
}

static norn_status answer_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    return answer_block(&w->arena, arg, item, err);
}

static norn_status find_used(norni_arena *arena, asking *a, norn_err *err) {
    const norni_ebm *m = &a->m->m;
    for (int k = 0; k < 2; k++) {
        a->used[k] = norni_arena_zero(arena, m->n_columns, sizeof *a->used[k]);
        if (a->used[k] == NULL) return no_memory(err, m->n_columns, 1);
    }
    for (size_t t = 0; t < m->n_terms; t++)
        for (uint32_t k = 0; k < m->term[t].n_axes; k++)
            a->used[m->term[t].n_axes - 1][m->term[t].column[k]] = true;
    return NORN_OK;
}

static norn_status answer(norn_ctx *ctx, asking *a, norn_err *err) {
    const norn_ebm_rows *r = a->rows;
    norni_arena arena;
    if (r->n_features != a->m->m.n_columns)
        return norn_fail(err, NORN_E_ARG, "ebm: %zu features, the model was fitted on %zu",
                         r->n_features, a->m->m.n_columns);
    for (size_t j = 0; j < r->n_features && r->n; j++)
        if (r->x == NULL || r->x[j] == NULL)
            return norn_fail(err, NORN_E_ARG, "ebm: %s has no values", a->m->name[j]);
    norni_arena_init(&arena, &ctx->alloc);
    const size_t n_blocks = (r->n + BLOCK - 1) / BLOCK;
    norn_status st = find_used(&arena, a, err);
    if (st == NORN_OK && n_blocks == 1) /* nothing to share: no pool is woken for a few rows */
        st = answer_block(&arena, a, 0, err);
    else if (st == NORN_OK && n_blocks > 1)
        st = norni_for(ctx, NULL, n_blocks, answer_item, a, &(norni_for_opt){0}, err);
    norni_arena_clear(&arena);
    return st;
}

norn_status norn_ebm_predict(norn_ctx *ctx, const norn_ebm *m, const norn_ebm_rows *rows,
                             double *out, norn_err *err) {
    return answer(ctx, &(asking){m, rows, WANT_SCORE, out, NULL, {NULL, NULL}}, err);
}

norn_status norn_ebm_contribute(norn_ctx *ctx, const norn_ebm *m, const norn_ebm_rows *rows,
                                double *out, norn_err *err) {
    return answer(ctx, &(asking){m, rows, WANT_TERMS, out, NULL, {NULL, NULL}}, err);
}

norn_status norn_ebm_spread(norn_ctx *ctx, const norn_ebm *m, const norn_ebm_rows *rows,
                            double *mean, double *sd, norn_err *err) {
    return answer(ctx, &(asking){m, rows, WANT_SPREAD, mean, sd, {NULL, NULL}}, err);
}
