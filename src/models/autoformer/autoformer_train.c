/* Training the Autoformer: windows, batches cut into fixed parts, Adam, early stopping. */
/* SPDX-License-Identifier: Apache-2.0 */
/* D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015; the schedule is the
 * published Autoformer's ("type1", which keeps the first rate for two epochs). A step's parts run
 * side by side from one auto-correlation to the next, for its lags are those of the whole batch; then
 * each goes back, and their slopes are added up in their order. */
#include "models/autoformer/autoformer_train.h"

#include <math.h>

#include "base/fp.h"
#include "base/hash.h"
#include "num/gemm.h"

/* Weights that Adam moves in one part. */
enum { ADAM_CHUNK = 1 << 15 };

struct autoformer_trainer {
    const autoformer_table *rows;
    autoformer_plan plan;
    autoformer32_run run;
    float *w, *m, *v;        /* (weights) */
    autoformer32_part *part; /* (n_parts) */
    const float **slope;     /* (n_parts) */
    size_t n_parts, each;    /* windows of a part */
    size_t n_used;           /* parts of this batch */
    size_t phase, step;
    const size_t *window; /* of this batch */
    size_t n_window;
    autoformer32_adam_arg adam;
    double *squares, *counts; /* (n_parts, targets) */
};

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* More than eight would not help; large networks pay for each part's slopes. */
size_t autoformer_parts(const autoformer_shape *s, size_t batch) {
    return least(batch, autoformer_weights(s) > 2000000 ? 4 : 8);
}

size_t autoformer_train_bytes(const autoformer_shape *s, size_t batch) {
    const size_t parts = autoformer_parts(s, batch), each = (batch + parts - 1) / parts;
    return parts * (autoformer32_part_bytes(s, each, true) + norni_gemm_scratch()) +
           4 * autoformer_weights(s) * sizeof(float);
}

norn_status autoformer_trainer_new(norni_env *env, const autoformer_table *rows,
                                   const autoformer_plan *plan, float *w, autoformer_trainer **out,
                                   norn_err *err) {
    const autoformer_shape *s = rows->shape;
    const size_t n = autoformer_weights(s), parts = autoformer_parts(s, plan->batch);
    autoformer_trainer *t = norni_arena_zero(env->arena, 1, sizeof *t);
    if (!t) return norni_alloc_fail(err, "autoformer", 1, sizeof *t);
    t->each = (plan->batch + parts - 1) / parts;
    t->n_parts = (plan->batch + t->each - 1) / t->each;
    t->rows = rows, t->plan = *plan, t->w = w;
    t->m = norni_arena_zero(env->arena, 2 * n, sizeof *t->m);
    t->part = norni_arena_zero(env->arena, t->n_parts, sizeof *t->part);
    t->slope = norni_arena_zero(env->arena, t->n_parts, sizeof *t->slope);
    t->squares = norni_arena_zero(env->arena, 2 * t->n_parts * s->targets, sizeof *t->squares);
    if (!t->m || !t->part || !t->slope || !t->squares)
        return norni_alloc_fail(err, "autoformer", 2 * n, sizeof *t->m);
    t->v = t->m + n;
    t->counts = t->squares + t->n_parts * s->targets;
    for (size_t p = 0; p < t->n_parts; p++) {
        NORN_TRY(autoformer32_part_init(env->arena, s, t->each, true, &t->part[p], err));
        t->slope[p] = t->part[p].slope;
    }
    t->run = (autoformer32_run){.shape = s, .w = w, .rows = autoformer32_rows_get(2)};
    t->run.below = (uint32_t)(plan->dropout * 65536);
    t->run.kept = (float)(65536 / (65536 - (double)t->run.below));
    *out = t;
    return NORN_OK;
}

/* fn for every part in [0, n), side by side where there are helpers. */
static norn_status run_all(norni_env *env, size_t n, norni_part_fn fn, void *arg, norn_err *err) {
    if (env->share && n > 1) return env->share->run(env->share->user, env, n, fn, arg, err);
    for (size_t i = 0; i < n; i++) {
        const norni_arena_mark mark = norni_arena_mark_get(env->arena);
        const norn_status st = fn(env, i, arg, err);
        norni_arena_rewind(env->arena, mark);
        if (st != NORN_OK) return st;
    }
    return NORN_OK;
}

static norn_status get_scratch(norni_env *env, void **scratch, norn_err *err) {
    *scratch = norni_arena_get(env->arena, 1, norni_gemm_scratch());
    return *scratch ? NORN_OK : norni_alloc_fail(err, "autoformer", 1, norni_gemm_scratch());
}

/* Puts window t into place k of a part. */
static void fill(const autoformer_trainer *t, autoformer32_part *p, size_t k, size_t at) {
    const autoformer_table *r = t->rows;
    const autoformer_shape *s = r->shape;
    const size_t c = s->channels, ahead = s->horizon * s->targets, enc = at + 1 - s->len_enc;
    autoformer32_fill(&t->run, p, k, r->z + enc * c, r->marks + enc * s->marks,
                      r->marks + (at + 1 - s->len_label) * s->marks, NULL);
    memcpy(p->goal + k * ahead, r->goal + (at + 1) * s->targets, ahead * sizeof(float));
    float *start = p->start + k * s->horizon * c;
    for (size_t i = 0; r->base && i < ahead; i++) {
        const float base = r->base[at * ahead + i];
        if (base == base) start[i / s->targets * c + i % s->targets] = base;
    }
}

/* The windows of the batch that belong to part i. */
static void fill_part(autoformer_trainer *t, size_t i) {
    autoformer32_part *p = &t->part[i];
    p->first = i * t->each;
    p->n = least(t->each, t->n_window - p->first);
    for (size_t k = 0; k < p->n; k++)
        fill(t, p, k, t->window[p->first + k]);
}

static norn_status step_part(norni_env *env, size_t i, void *arg, norn_err *err) {
    autoformer_trainer *t = arg;
    void *scratch;
    NORN_TRY(get_scratch(env, &scratch, err));
    if (t->phase == 0) fill_part(t, i);
    NORN_TRY(autoformer32_advance(&t->run, &t->part[i], t->phase, scratch, &env->poll, err));
    if (t->phase < autoformer_attentions(t->rows->shape)) return NORN_OK;
    return autoformer32_back(&t->run, &t->part[i], scratch, &env->poll, err);
}

static norn_status adam_part(norni_env *env, size_t i, void *arg, norn_err *err) {
    const autoformer_trainer *t = arg;
    const size_t n = autoformer_weights(t->rows->shape);
    if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "autoformer: cancelled");
    t->run.rows->adam(&t->adam, i * ADAM_CHUNK, least(n, (i + 1) * ADAM_CHUNK));
    return NORN_OK;
}

static size_t count_goals(const autoformer_trainer *t, const size_t *window, size_t n) {
    const autoformer_shape *s = t->rows->shape;
    size_t count = 0;
    for (size_t k = 0; k < n; k++) {
        const float *goal = t->rows->goal + (window[k] + 1) * s->targets;
        for (size_t i = 0; i < s->horizon * s->targets; i++)
            count += goal[i] == goal[i];
    }
    return count;
}

/* The stream of a purpose: this network's, the seed's by norni_rng. */
static uint64_t stream_of(const norni_env *env, const autoformer_plan *p, uint64_t purpose) {
    const uint64_t words[3] = {env->item, p->stream, purpose};
    return norni_hash64(words, sizeof words);
}

enum { DRAW = 1, SHUFFLE = 2, DROPOUT = 3 };

norn_status autoformer_step(norni_env *env, autoformer_trainer *t, const size_t *window, size_t n,
                            double rate, double *loss, norn_err *err) {
    const autoformer_shape *s = t->rows->shape;
    const size_t attentions = autoformer_attentions(s), weights = autoformer_weights(s);
    const size_t count = count_goals(t, window, n);
    const uint64_t own = stream_of(env, &t->plan, DROPOUT) + t->step;
    *loss = 0;
    if (count == 0) return NORN_OK;
    t->window = window, t->n_window = n;
    t->n_used = (n + t->each - 1) / t->each;
    t->run.train = true;
    t->run.loss_scale = (float)(2 / (double)count);
    t->run.key[0] = (uint32_t)env->seed, t->run.key[1] = (uint32_t)(env->seed >> 32);
    t->run.key[2] = (uint32_t)own, t->run.key[3] = (uint32_t)(own >> 32);
    for (t->phase = 0; t->phase <= attentions; t->phase++) {
        NORN_TRY(run_all(env, t->n_used, step_part, t, err));
        if (t->phase < attentions) autoformer32_choose(&t->run, t->part, t->n_used, t->phase);
    }
    for (size_t p = 0; p < t->n_used; p++)
        *loss += t->part[p].loss / (double)count;
    const double k = (double)++t->step;
    t->adam = (autoformer32_adam_arg){.w = t->w,
                                      .m = t->m,
                                      .v = t->v,
                                      .slope = t->slope,
                                      .n_parts = t->n_used,
                                      .rate = rate / (1 - norni_pow(0.9, k)),
                                      .root = 1 / sqrt(1 - norni_pow(0.999, k))};
    return run_all(env, (weights + ADAM_CHUNK - 1) / ADAM_CHUNK, adam_part, t, err);
}

static norn_status errors_part(norni_env *env, size_t i, void *arg, norn_err *err) {
    autoformer_trainer *t = arg;
    const autoformer_shape *s = t->rows->shape;
    autoformer32_part *p = &t->part[i];
    double *squares = t->squares + i * s->targets, *counts = t->counts + i * s->targets;
    void *scratch;
    NORN_TRY(get_scratch(env, &scratch, err));
    fill_part(t, i);
    NORN_TRY(autoformer32_forward(&t->run, p, scratch, &env->poll, err));
    for (size_t k = 0; k < p->n * s->horizon; k++)
        for (size_t j = 0; j < s->targets; j++) {
            const double e =
                (double)p->out[k * s->channels + j] - (double)p->goal[k * s->targets + j];
            if (p->goal[k * s->targets + j] != p->goal[k * s->targets + j]) continue;
            squares[j] += e * e;
            counts[j] += 1;
        }
    return NORN_OK;
}

norn_status autoformer_errors(norni_env *env, autoformer_trainer *t, autoformer_span over,
                              double *squares, double *counts, norn_err *err) {
    const size_t targets = t->rows->shape->targets;
    size_t window[1024];
    memset(t->squares, 0, 2 * t->n_parts * targets * sizeof *t->squares);
    t->run.train = false;
    for (size_t from = over.first; from < over.end; from += t->plan.batch) {
        t->n_window = least(t->plan.batch, over.end - from);
        for (size_t k = 0; k < t->n_window; k++)
            window[k] = from + k;
        t->window = window;
        t->n_used = (t->n_window + t->each - 1) / t->each;
        NORN_TRY(run_all(env, t->n_used, errors_part, t, err));
    }
    for (size_t j = 0; j < targets; j++) {
        squares[j] = counts[j] = 0;
        for (size_t p = 0; p < t->n_parts; p++) {
            squares[j] += t->squares[p * targets + j];
            counts[j] += t->counts[p * targets + j];
        }
    }
    return NORN_OK;
}

/* Mean square over a span, all targets alike; NaN where nothing counts. */
static norn_status span_loss(norni_env *env, autoformer_trainer *t, autoformer_span over,
                             double *loss, norn_err *err) {
    const size_t targets = t->rows->shape->targets;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    double *squares = norni_arena_get(env->arena, 2 * targets, sizeof *squares), sum = 0, n = 0;
    if (!squares) return norni_alloc_fail(err, "autoformer", 2 * targets, sizeof *squares);
    const norn_status st = autoformer_errors(env, t, over, squares, squares + targets, err);
    for (size_t j = 0; st == NORN_OK && j < targets; j++)
        sum += squares[j], n += squares[targets + j];
    norni_arena_rewind(env->arena, mark);
    *loss = n > 0 ? sum / n : NORNI_NAN;
    return st;
}

/* All windows of the span in an order of their own for each epoch (Fisher and Yates). */
static void shuffle(norni_rng rng, uint64_t epoch, autoformer_span over, size_t *order) {
    const size_t n = over.end - over.first;
    for (size_t i = 0; i < n; i++)
        order[i] = over.first + i;
    for (size_t i = n; i > 1; i--) {
        const size_t j = (size_t)(norni_rng_u64(rng, epoch << 32 | i) % i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

/* One pass over the windows; the last, incomplete batch is left out, as published. *more: false when
 * the effort is spent. */
static norn_status run_epoch(norni_env *env, autoformer_trainer *t, size_t epoch,
                             const size_t *order, size_t n, double *loss, bool *more,
                             norn_err *err) {
    const double rate = ldexp(t->plan.rate, epoch > 1 ? 1 - (int)epoch : 0);
    const size_t batch = least(n, t->plan.batch), steps = n / batch;
    double sum = 0;
    size_t done = 0;
    for (; done < steps && *more; done++) {
        double own;
        NORN_TRY(autoformer_step(env, t, order + done * batch, batch, rate, &own, err));
        sum += own;
        *more = norni_effort_spend(env->effort, 1);
    }
    *loss = sum / (double)done;
    return NORN_OK;
}

norn_status autoformer_train(norni_env *env, autoformer_trainer *t, autoformer_span train,
                             autoformer_span valid, autoformer_report *report, norn_err *err) {
    const size_t n = train.end - train.first, weights = autoformer_weights(t->rows->shape);
    const norni_rng draws = {env->seed, stream_of(env, &t->plan, DRAW)};
    const norni_rng order_rng = {env->seed, stream_of(env, &t->plan, SHUFFLE)};
    size_t *order = norni_arena_get(env->arena, n, sizeof *order);
    float *best = norni_arena_get(env->arena, weights, sizeof *best);
    double best_loss = NORNI_INF;
    bool more = true;
    if (!order || !best) return norni_alloc_fail(err, "autoformer", weights, sizeof *best);
    if (!autoformer32_draw(t->rows->shape, draws, &env->poll, t->w))
        return norn_fail(err, NORN_E_CANCEL, "autoformer: cancelled");
    memset(t->m, 0, 2 * weights * sizeof *t->m);
    memcpy(best, t->w, weights * sizeof *best);
    t->step = 0;
    *report = (autoformer_report){.train_loss = NORNI_NAN, .valid_loss = NORNI_NAN};
    for (size_t e = 0; e < t->plan.epochs && more && n > 0; e++) {
        double loss, check = NORNI_NAN;
        shuffle(order_rng, e, train, order);
        NORN_TRY(run_epoch(env, t, e, order, n, &loss, &more, err));
        report->epochs = e + 1, report->steps = t->step;
        if (valid.end > valid.first)
            NORN_TRY(span_loss(env, t, valid, &check, err));
        else if (loss == loss)
            check = -(double)e; /* the last one stands */
        if (check < best_loss) {
            best_loss = check;
            memcpy(best, t->w, weights * sizeof *best);
            report->best_epoch = e + 1, report->train_loss = loss;
            if (valid.end > valid.first) report->valid_loss = check;
        } else if (e + 1 - report->best_epoch >= t->plan.patience)
            break;
    }
    memcpy(t->w, best, weights * sizeof *best);
    return NORN_OK;
}
