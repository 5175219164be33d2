/* A multinomial logistic regression over a sparse design, by L-BFGS, with the same bits at any worker count. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Minimised is  sum_i v_i (-log p_i,label) / sum_i v_i + ridge/2 (|W|^2 + dense_ridge |D|^2)  over the weights W of the features (in units of
 * 1/idf), D of the numbers, and free biases. The forward pass goes by rows, the gradient by columns: each sum has one owner and one order. */
#include "num/lbfgs.h"
#include "par/pool.h"
#include "train_tweets.h"

enum { ROWS = 256, COLUMNS = 2048 };

typedef struct problem {
    norn_ctx *ctx;
    const design *d;
    const uint8_t *label;
    const double *row_weight;
    const settings *set;
    double *v;    /* (n_features, 3) weights times idf */
    double *p;    /* (n_rows, 3) */
    double *loss; /* (n_rows) */
    const double *w;
    double *gradient;
    double total; /* of row_weight */
    norn_status status;
    norn_err *err;
} problem;

static void softmax(double *z) {
    const double most = z[0] > z[1] ? (z[0] > z[2] ? z[0] : z[2]) : z[1] > z[2] ? z[1] : z[2];
    double sum = 0;
    for (size_t c = 0; c < N_CLASSES; c++)
        sum += z[c] = norni_exp(z[c] - most);
    for (size_t c = 0; c < N_CLASSES; c++)
        z[c] /= sum;
}

static void forward_row(const problem *a, size_t i) {
    const design *d = a->d;
    const double *dense = a->w + d->n_features * N_CLASSES, *bias = dense + N_DENSE * N_CLASSES;
    double *z = a->p + i * N_CLASSES;
    for (size_t c = 0; c < N_CLASSES; c++) {
        z[c] = bias[c] * DENSE_UNIT;
        for (size_t k = 0; k < N_DENSE; k++)
            z[c] += d->dense[i * N_DENSE + k] * dense[k * N_CLASSES + c];
    }
    for (size_t g = 0; g < N_GROUPS; g++) {
        double s[N_CLASSES] = {0};
        for (size_t at = d->row_at[g][i]; at < d->row_at[g][i + 1]; at++) {
            const double *v = a->v + (size_t)d->row_id[g][at] * N_CLASSES;
            for (size_t c = 0; c < N_CLASSES; c++)
                s[c] += v[c];
        }
        for (size_t c = 0; c < N_CLASSES; c++)
            z[c] += d->scale[g][i] * s[c];
    }
    softmax(z);
    const double p = z[a->label[i]];
    a->loss[i] = a->row_weight[i] > 0 ? -a->row_weight[i] * norni_log(p > 1e-300 ? p : 1e-300) : 0;
}

static norn_status forward(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const problem *a = arg;
    const size_t end = (item + 1) * ROWS < a->d->n_rows ? (item + 1) * ROWS : a->d->n_rows;
    (void)worker;
    (void)err;
    for (size_t i = item * ROWS; i < end; i++)
        forward_row(a, i);
    return NORN_OK;
}

static norn_status scaled(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const problem *a = arg;
    const size_t n = a->d->n_features, end = (item + 1) * COLUMNS < n ? (item + 1) * COLUMNS : n;
    (void)worker;
    (void)err;
    for (size_t j = item * COLUMNS; j < end; j++)
        for (size_t c = 0; c < N_CLASSES; c++)
            a->v[j * N_CLASSES + c] = a->w[j * N_CLASSES + c] * a->d->idf[j];
    return NORN_OK;
}

/* What row i pulls at a unit of class c. */
static double pull(const problem *a, size_t i, size_t c) {
    return a->row_weight[i] * (a->p[i * N_CLASSES + c] - (a->label[i] == c)) / a->total;
}

static norn_status backward(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const problem *a = arg;
    const design *d = a->d;
    const size_t n = d->n_features, end = (item + 1) * COLUMNS < n ? (item + 1) * COLUMNS : n;
    (void)worker;
    (void)err;
    for (size_t j = item * COLUMNS; j < end; j++) {
        double s[N_CLASSES] = {0};
        for (size_t at = d->col_at[j]; at < d->col_at[j + 1]; at++) {
            const size_t i = d->col_row[at] / N_GROUPS;
            const double x = d->scale[d->col_row[at] % N_GROUPS][i];
            for (size_t c = 0; c < N_CLASSES; c++)
                s[c] += x * a->p[i * N_CLASSES + c]; /* p holds the pulls now */
        }
        for (size_t c = 0; c < N_CLASSES; c++)
            a->gradient[j * N_CLASSES + c] =
                s[c] * d->idf[j] + a->set->ridge * a->w[j * N_CLASSES + c];
    }
    return NORN_OK;
}

static void backward_dense(const problem *a) {
    const size_t at = a->d->n_features * N_CLASSES;
    double *g = a->gradient + at;
    for (size_t k = 0; k < N_DENSE * N_CLASSES; k++)
        g[k] = a->set->ridge * a->set->dense_ridge * a->w[at + k];
    for (size_t c = 0; c < N_CLASSES; c++)
        g[N_DENSE * N_CLASSES + c] = 0;
    for (size_t i = 0; i < a->d->n_rows; i++)
        for (size_t c = 0; c < N_CLASSES; c++) {
            const double x = a->p[i * N_CLASSES + c];
            if (x == 0) continue;
            for (size_t k = 0; k < N_DENSE; k++)
                g[k * N_CLASSES + c] += x * a->d->dense[i * N_DENSE + k];
            g[N_DENSE * N_CLASSES + c] += x * DENSE_UNIT;
        }
}

static double objective(const double *w, double *gradient, void *arg) {
    problem *a = arg;
    const design *d = a->d;
    const size_t n_blocks = (d->n_features + COLUMNS - 1) / COLUMNS;
    double loss = 0, size = 0, dense = 0;
    if (a->status != NORN_OK) return NORNI_INF;
    a->w = w;
    a->gradient = gradient;
    a->status = norni_for(a->ctx, NULL, n_blocks, scaled, a, NULL, a->err);
    if (a->status == NORN_OK)
        a->status =
            norni_for(a->ctx, NULL, (d->n_rows + ROWS - 1) / ROWS, forward, a, NULL, a->err);
    if (a->status != NORN_OK) return NORNI_INF;
    for (size_t i = 0; i < d->n_rows; i++)
        loss += a->loss[i];
    for (size_t k = 0; k < d->n_features * N_CLASSES; k++)
        size += w[k] * w[k];
    for (size_t k = 0; k < N_DENSE * N_CLASSES; k++)
        dense += w[d->n_features * N_CLASSES + k] * w[d->n_features * N_CLASSES + k];
    if (gradient != NULL) {
        for (size_t i = 0; i < d->n_rows; i++)
            for (size_t c = 0; c < N_CLASSES; c++)
                a->p[i * N_CLASSES + c] = pull(a, i, c);
        a->status = norni_for(a->ctx, NULL, n_blocks, backward, a, NULL, a->err);
        backward_dense(a);
    }
    return loss / a->total + a->set->ridge / 2 * (size + a->set->dense_ridge * dense);
}

norn_status fit(norn_ctx *ctx, const design *d, const uint8_t *label, const double *row_weight,
                const settings *set, double *w, double *p, norn_err *err) {
    problem a = {.ctx = ctx,
                 .d = d,
                 .label = label,
                 .row_weight = row_weight,
                 .set = set,
                 .p = p,
                 .err = err};
    norni_lbfgs_opt opt = norni_lbfgs_opt_default();
    norni_arena arena;
    const size_t n = weights_n(d);
    opt.memory = 10;
    opt.max_steps = (uint32_t)set->steps;
    opt.gradient_tol = 1e-7;
    opt.value_tol = 1e-7;
    norni_arena_init(&arena, &ctx->alloc);
    a.v = norni_arena_get(&arena, d->n_features + 1, N_CLASSES * sizeof *a.v);
    a.loss = norni_arena_get(&arena, d->n_rows, sizeof *a.loss);
    double *scratch = norni_arena_get(&arena, norni_lbfgs_scratch(n, opt.memory), sizeof *scratch);
    if (a.v == NULL || a.loss == NULL || scratch == NULL) {
        norni_arena_clear(&arena);
        return norni_alloc_fail(err, "train", n, sizeof *scratch);
    }
    for (size_t i = 0; i < d->n_rows; i++)
        a.total += row_weight[i];
    (void)norni_lbfgs(objective, &a, w, n, &opt, scratch);
    (void)objective(w, NULL, &a);
    norni_arena_clear(&arena);
    return a.status;
}
