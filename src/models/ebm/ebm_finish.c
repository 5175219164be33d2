/* Centres the bags' tensors and folds them into a model, as interpret's process_terms does. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Per bag and term: the mean by the weights of all rows goes over to the bag's intercept; a slice of
 * missing or unseen values that no row falls in is 0. Scores are the means over bags by their training
 * weights, deviations those of the population; the intercept is moved so that the mean of y - forecast
 * over all rows is 0. */
#include "models/ebm/ebm_finish.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"

enum { CHUNK = 1 << 16 /* rows between two polls */ };

norn_status ebm_term_make(norni_arena *a, const norni_bins *bins, size_t n_axes,
                          const uint32_t column[2], size_t n_bags, norni_ebm_term *t,
                          norn_err *err) {
    *t = (norni_ebm_term){.n_axes = (uint32_t)n_axes, .n_bins = {1, 1}};
    for (size_t k = 0; k < n_axes; k++) {
        t->column[k] = column[k];
        t->n_bins[k] = bins->column[column[k]].n_bins;
    }
    const size_t n = norni_ebm_cells(t);
    size_t all;
    if (!norni_mul_size(n, n_bags, &all)) return norni_alloc_fail(err, "ebm", n, n_bags);
    t->score = norni_arena_zero(a, n, sizeof *t->score);
    t->sd = norni_arena_zero(a, n, sizeof *t->sd);
    t->weight = norni_arena_zero(a, n, sizeof *t->weight);
    t->bagged = norni_arena_zero(a, all, sizeof *t->bagged);
    if (t->score == NULL || t->sd == NULL || t->weight == NULL || t->bagged == NULL)
        return norni_alloc_fail(err, "ebm", all, sizeof *t->bagged);
    return NORN_OK;
}

/* The cell of each row [from, from + n) of the task: out (n). */
static void cells_of(const ebm_job *job, const norni_ebm_term *t, size_t from, size_t n,
                     uint32_t *out) {
    const norni_bins *bins = t->n_axes == 1 ? job->task.mains : job->task.pairs;
    const uint16_t *a = bins->index[t->column[0]], *b = bins->index[t->column[1]];
    for (size_t i = 0; i < n; i++) {
        const size_t r = job->task.row ? job->task.row[from + i] : from + i;
        out[i] = t->n_axes == 1 ? a[r] : a[r] * t->n_bins[1] + b[r];
    }
}

/* Whether no row falls into the slice `at` of the axis. */
static bool is_empty(const norni_ebm_term *t, size_t axis, uint32_t at, size_t *first, size_t *step,
                     size_t *n) {
    *first = axis == 0 ? (size_t)at * t->n_bins[1] : at;
    *step = axis == 0 ? 1 : t->n_bins[1];
    *n = t->n_bins[1 - axis];
    for (size_t i = 0; i < *n; i++)
        if (t->weight[*first + i * *step] != 0) return false;
    return true;
}

static void clear_empty(const norni_ebm_term *t, double *score) {
    for (size_t axis = 0; axis < t->n_axes; axis++)
        for (uint32_t end = 0; end < 2; end++) {
            size_t first, step, n;
            if (!is_empty(t, axis, end ? t->n_bins[axis] - 1 : 0, &first, &step, &n)) continue;
            for (size_t i = 0; i < n; i++)
                score[first + i * step] = 0;
        }
}

/* Centres one bag's tensor; returns the mean that was taken out. */
static double centre(const norni_ebm_term *t, double *score) {
    const size_t n = norni_ebm_cells(t);
    norni_sum w = {0, 0}, ws = {0, 0};
    for (size_t i = 0; i < n; i++) {
        w = norni_sum_add(w, t->weight[i]);
        ws = norni_sum_add(ws, t->weight[i] * score[i]);
    }
    const double mean = norni_sum_get(w) > 0 ? norni_sum_get(ws) / norni_sum_get(w) : 0;
    for (size_t i = 0; i < n; i++)
        score[i] -= mean;
    clear_empty(t, score);
    return mean;
}

double norni_ebm_importance(const norni_ebm_term *t) {
    const size_t n = norni_ebm_cells(t);
    double sum = 0, weight = 0;
    for (size_t i = 0; i < n; i++) {
        sum += t->weight[i] * fabs(t->score[i]);
        weight += t->weight[i];
    }
    return weight > 0 ? sum / weight : 0;
}

/* Means and deviations over bags, the importance. */
static void fold(norni_ebm_term *t, const ebm_bag_sums *bag, size_t n_bags) {
    const size_t n = norni_ebm_cells(t);
    double all = 0;
    for (size_t b = 0; b < n_bags; b++)
        all += bag[b].weight;
    for (size_t i = 0; i < n; i++) {
        double mean = 0, var = 0;
        for (size_t b = 0; b < n_bags; b++)
            mean += bag[b].weight / all * t->bagged[b * n + i];
        for (size_t b = 0; b < n_bags; b++) {
            const double d = t->bagged[b * n + i] - mean;
            var += bag[b].weight / all * (d * d);
        }
        t->score[i] = mean;
        t->sd[i] = sqrt(var);
    }
    t->importance = norni_ebm_importance(t);
}

static norn_status finish_term(norni_env *env, const ebm_job *job, const ebm_bag_sums *bag,
                               norni_ebm *out, norni_ebm_term *t, uint32_t *cell, double *score,
                               norn_err *err) {
    const norni_ebm_task *task = &job->task;
    for (size_t i = 0; i < task->n; i += CHUNK) {
        const size_t n = task->n - i < CHUNK ? task->n - i : CHUNK;
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ebm: cancelled");
        cells_of(job, t, i, n, cell);
        for (size_t k = 0; k < n; k++)
            t->weight[cell[k]] += task->weight ? task->weight[i + k] : 1;
    }
    for (size_t b = 0; b < job->n_bags; b++)
        out->bagged_intercept[b] += centre(t, t->bagged + b * norni_ebm_cells(t));
    fold(t, bag, job->n_bags);
    for (size_t i = 0; i < task->n; i += CHUNK) {
        const size_t n = task->n - i < CHUNK ? task->n - i : CHUNK;
        cells_of(job, t, i, n, cell);
        for (size_t k = 0; k < n; k++)
            score[i + k] += t->score[cell[k]];
    }
    return NORN_OK;
}

/* Back to y's units. */
static void rescale(const ebm_job *job, norni_ebm *m) {
    if (job->exponent == 0) return;
    m->intercept = ldexp(m->intercept, job->exponent);
    for (size_t b = 0; b < m->n_bags; b++)
        m->bagged_intercept[b] = ldexp(m->bagged_intercept[b], job->exponent);
    for (size_t k = 0; k < m->n_terms; k++) {
        norni_ebm_term *t = &m->term[k];
        const size_t n = norni_ebm_cells(t);
        t->importance = ldexp(t->importance, job->exponent);
        for (size_t i = 0; i < n; i++) {
            t->score[i] = ldexp(t->score[i], job->exponent);
            t->sd[i] = ldexp(t->sd[i], job->exponent);
        }
        for (size_t i = 0; i < n * m->n_bags; i++)
            t->bagged[i] = ldexp(t->bagged[i], job->exponent);
    }
}

norn_status ebm_finish(norni_env *env, const ebm_job *job, const ebm_bag_sums *bag, norni_ebm *out,
                       norn_err *err) {
    const norni_ebm_task *t = &job->task;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    const size_t room = t->n < CHUNK ? t->n : CHUNK;
    uint32_t *cell = norni_arena_get(env->arena, room, sizeof *cell);
    double *score = norni_arena_zero(env->arena, t->n, sizeof *score);
    norn_status st = NORN_OK;
    if (cell == NULL || score == NULL) return norni_alloc_fail(err, "ebm", t->n, sizeof *score);
    for (size_t k = 0; k < out->n_terms; k++)
        NORN_TRY_GOTO(finish_term(env, job, bag, out, &out->term[k], cell, score, err), done);
    double weight = 0;
    for (size_t b = 0; b < job->n_bags; b++)
        weight += bag[b].weight;
    out->intercept = 0;
    for (size_t b = 0; b < job->n_bags; b++)
        out->intercept += bag[b].weight / weight * out->bagged_intercept[b];
    norni_sum w = {0, 0}, wy = {0, 0};
    for (size_t i = 0; i < t->n; i++) {
        const double v = t->weight ? t->weight[i] : 1;
        const double init = t->init ? t->init[i] : 0;
        w = norni_sum_add(w, v);
        wy = norni_sum_add(wy, v * (t->y[i] - init - out->intercept - score[i]));
    }
    const double correction = norni_sum_get(wy) / norni_sum_get(w);
    out->intercept += correction;
    for (size_t b = 0; b < job->n_bags; b++)
        out->bagged_intercept[b] += correction;
    rescale(job, out);
done:
    norni_arena_rewind(env->arena, mark);
    return st;
}
