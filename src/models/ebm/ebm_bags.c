/* Draws an EBM's bags: rows at random, the newest rows, or a stretch of neighbours to validate on. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/ebm/ebm_bags.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"

enum { DRAW_ROWS = 3, DRAW_BLOCKS = 4, DRAW_STREAM = 5 };

/* interpret: floor(n size); from 1 on a number of rows. */
static size_t validation_rows(const ebm_job *job) {
    const double size = job->opt.validation_size, n = (double)job->task.n;
    const double rows = size >= 1 ? floor(size) : floor(n * size);
    return rows < n ? (size_t)rows : job->task.n - 1;
}

static norn_status draw_random(norni_env *env, const ebm_job *job, size_t b, size_t n_validate,
                               int8_t *sign, norn_err *err) {
    const size_t n = job->task.n;
    const norni_rng rng = {job->stream + b, DRAW_ROWS};
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    uint32_t *row = norni_arena_get(env->arena, n, sizeof *row);
    if (row == NULL) return norni_alloc_fail(err, "ebm", n, sizeof *row);
    for (size_t i = 0; i < n; i++)
        row[i] = (uint32_t)i;
    uint64_t two[2];
    for (size_t i = 0; i < n_validate; i++) {
        if (i % 2 == 0) norni_rng_block(rng, i / 2, two);
        const size_t k = i + (size_t)(two[i % 2] % (n - i));
        const uint32_t taken = row[k];
        row[k] = row[i];
        sign[taken] = -1;
    }
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}

/* Bag b's stretch among n / n_validate (rounded up): every bag another one, in an order of its own
 * in each round. */
static void draw_block(const ebm_job *job, size_t b, size_t n_validate, int8_t *sign) {
    const size_t n = job->task.n, n_blocks = (n + n_validate - 1) / n_validate;
    const norni_rng rng = {job->stream, DRAW_BLOCKS};
    const size_t first = (size_t)(norni_rng_u64(rng, b / n_blocks) % n_blocks);
    const size_t at = (first + b) % n_blocks * n_validate;
    const size_t from = at + n_validate > n ? n - n_validate : at;
    memset(sign + from, -1, n_validate);
}

static norn_status draw_bag(norni_env *env, const ebm_job *job, size_t b, int8_t *sign,
                            norn_err *err) {
    const size_t n = job->task.n, n_validate = validation_rows(job);
    if (job->task.bag) {
        memcpy(sign, job->task.bag[b], n);
        return NORN_OK;
    }
    memset(sign, 1, n);
    if (n_validate == 0) return NORN_OK;
    if (job->opt.validation == NORNI_EBM_RANDOM)
        return draw_random(env, job, b, n_validate, sign, err);
    if (job->opt.validation == NORNI_EBM_TAIL)
        memset(sign + n - n_validate, -1, n_validate);
    else
        draw_block(job, b, n_validate, sign);
    return NORN_OK;
}

/* Weighted mean of y - init over the training rows. */
static ebm_bag_sums sum_bag(const norni_ebm_task *t, const int8_t *sign) {
    norni_sum w = {0, 0}, wy = {0, 0};
    for (size_t i = 0; i < t->n; i++) {
        if (sign[i] <= 0) continue;
        const double weight = t->weight ? t->weight[i] : 1;
        w = norni_sum_add(w, weight);
        wy = norni_sum_add(wy, weight * (t->init ? t->y[i] - t->init[i] : t->y[i]));
    }
    return (ebm_bag_sums){norni_sum_get(w), norni_sum_get(wy) / norni_sum_get(w)};
}

static void place_rows(const norni_ebm_task *t, const int8_t *sign, double intercept,
                       norni_ebm_bag *out, uint32_t *row, double *weight) {
    size_t at[2] = {0, out->n_train};
    for (size_t i = 0; i < t->n; i++) {
        if (sign[i] == 0) continue;
        const size_t k = at[sign[i] < 0]++;
        row[k] = t->row ? t->row[i] : (uint32_t)i;
        out->residual[k] = (t->init ? t->init[i] - t->y[i] : -t->y[i]) + intercept;
        if (weight) weight[k] = t->weight[i];
    }
}

norn_status ebm_bag_make(norni_env *env, const ebm_job *job, size_t b, norni_ebm_bag *out,
                         ebm_bag_sums *sums, norn_err *err) {
    const norni_ebm_task *t = &job->task;
    int8_t *sign = norni_arena_get(env->arena, t->n, sizeof *sign);
    uint32_t *row = norni_arena_get(env->arena, t->n, sizeof *row);
    double *residual = norni_arena_get(env->arena, t->n, sizeof *residual), *weight = NULL;
    if (t->weight) weight = norni_arena_get(env->arena, t->n, sizeof *weight);
    if (sign == NULL || row == NULL || residual == NULL || (t->weight && weight == NULL))
        return norni_alloc_fail(err, "ebm", t->n, sizeof *residual);
    NORN_TRY(draw_bag(env, job, b, sign, err));
    *out = (norni_ebm_bag){.row = row, .residual = residual, .weight = weight};
    out->stream = norni_rng_u64((norni_rng){job->stream, DRAW_STREAM}, b);
    for (size_t i = 0; i < t->n; i++) {
        out->n_train += sign[i] > 0;
        out->n_validate += sign[i] < 0;
    }
    if (out->n_train == 0)
        return norn_fail(err, NORN_E_DATA, "ebm: bag %zu has no row to learn from", b);
    *sums = sum_bag(t, sign);
    place_rows(t, sign, sums->intercept, out, row, weight);
    return NORN_OK;
}
