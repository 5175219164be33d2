/* The Autoformer as a learner of all targets and steps at once. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The newest `validation` share of the rows is kept from training: it stops it early, and it says for
 * each target whether what was learned on top of a base is worth having; where not, the base alone
 * forecasts, so that no target's tail is forecast worse than by the base that was fitted before it.
 * With several seeds the forecast is the networks' mean, whose squared error is at most the mean of
 * theirs. A base takes the place of the window's mean as the trend that the decoder starts with. Without
 * one (the paper's way) a target that has moved away from its window's mean is drawn back to it: on a walk
 * 169 for 184. base=auto takes what serves the tail: on ETTh1, 96 ahead, MSE 0.39 instead of 0.45. */
#include "models/autoformer/autoformer_learner.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/learner_series.h"
#include "num/gemm.h"

#define INT_ROW(field, flag, text, low, high, about)                                               \
    {                                                                                              \
        .name = flag, .type = NORNI_T_INT, .offset = offsetof(autoformer_opt, field), .def = text, \
        .min = low, .max = high, .help = about                                                     \
    }
#define DOUBLE_ROW(field, flag, text, low, high, about)                                  \
    {                                                                                    \
        .name = flag, .type = NORNI_T_DOUBLE, .offset = offsetof(autoformer_opt, field), \
        .def = text, .min = low, .max = high, .help = about                              \
    }

static const norni_param rows[] = {
    {.name = "preset",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(autoformer_opt, preset),
     .def = "small",
     .choices = "small|paper",
     .help = "width, feed-forward width and learning rate: 64, 128, 2e-4, or 512, 2048, 1e-4"},
    INT_ROW(seq_len, "seq-len", "96", 4, 4096, "rows that the encoder sees"),
    INT_ROW(label_len, "label-len", "0", 0, 4096,
            "rows of them that the decoder starts with; 0: half"),
    INT_ROW(d_model, "d-model", "0", 0, 4096, "width, a multiple of 8; 0: the preset's"),
    INT_ROW(d_ff, "d-ff", "0", 0, 16384,
            "width of the feed-forward layers, a multiple of 8; 0: the preset's"),
    INT_ROW(e_layers, "e-layers", "2", 1, 16, "layers of the encoder"),
    INT_ROW(d_layers, "d-layers", "1", 1, 16, "layers of the decoder"),
    INT_ROW(moving_avg, "moving-avg", "25", 1, 999, "rows that a trend is averaged over, odd"),
    DOUBLE_ROW(factor, "factor", "3", 0.1, 20, "lags of an auto-correlation: factor log(rows)"),
    DOUBLE_ROW(dropout, "dropout", "0.05", 0, 0.9, "share dropped in training"),
    INT_ROW(epochs, "epochs", "10", 1, 10000, "most passes over the windows"),
    INT_ROW(patience, "patience", "3", 1, 10000, "epochs without a better validation"),
    INT_ROW(batch, "batch", "32", 1, 1024, "windows of a step"),
    DOUBLE_ROW(learning_rate, "learning-rate", "0", 0, 1,
               "of the first two epochs, then halved in each; 0: the preset's"),
    DOUBLE_ROW(validation, "validation", "0.2", 0, 0.9,
               "newest share of the rows that training stops by"),
    INT_ROW(seeds, "seeds", "1", 1, 100, "networks whose mean is the forecast"),
    {.name = "drivers",
     .type = NORNI_T_BOOL,
     .offset = offsetof(autoformer_opt, drivers),
     .def = "false",
     .help = "let the network see each driver's newest lag, too"},
    {.name = "base",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(autoformer_opt, base),
     .def = "auto",
     .choices = NORNI_BASE_CHOICES,
     .help = "forecast that the network corrects; none: the paper's"},
};

static norn_status validate(const void *opt, const norni_lesson *l, norn_err *err) {
    const autoformer_opt *o = opt;
    autoformer_shape s;
    if (o->moving_avg % 2 == 0)
        return norn_fail(err, NORN_E_ARG, "autoformer: moving-avg=%d is even; an odd one is needed",
                         o->moving_avg);
    if (o->d_model % 8 || o->d_ff % 8)
        return norn_fail(err, NORN_E_ARG,
                         "autoformer: d-model=%d, d-ff=%d: multiples of 8 are needed", o->d_model,
                         o->d_ff);
    return autoformer_shape_of(o, l, &s, err);
}

/* Multiplications and additions of one window's forward pass. */
static double flops_of(const autoformer_shape *s) {
    const double d = (double)s->d, e = (double)s->len_enc, t = (double)s->len_dec;
    const double enc = e * (8 * d * d + 4 * d * (double)s->ff + 2 * e * d);
    const double dec = t * (12 * d * d + 4 * d * (double)s->ff + 4 * t * d) + 4 * e * d * d;
    return (double)s->n_enc * enc + (double)s->n_dec * dec;
}

static double cost(const void *opt, const norni_lesson *l) {
    const autoformer_opt *o = opt;
    autoformer_shape s;
    if (autoformer_shape_of(o, l, &s, NULL) != NORN_OK) return 1;
    const double windows = (double)l->n * (1 - o->validation) * 3 + (double)l->n * o->validation;
    return (double)o->seeds * (double)o->epochs * windows * flops_of(&s) / 50;
}

static size_t memory(const void *opt, const norni_lesson *l) {
    const autoformer_opt *o = opt;
    autoformer_shape s;
    if (autoformer_shape_of(o, l, &s, NULL) != NORN_OK) return 0;
    size_t table = l->n * (s.channels + s.targets + s.marks) * sizeof(float);
    if (o->base != NORNI_BASE_NONE) table += l->n * s.horizon * s.targets * sizeof(float);
    return autoformer_train_bytes(&s, (size_t)o->batch) + table +
           (size_t)o->seeds * autoformer_weights(&s) * sizeof(float);
}

/* Where training ends and validation begins. */
typedef struct spans {
    autoformer_span train, valid;
    size_t n_train; /* rows */
} spans;

static spans cut(const autoformer_opt *o, const norni_lesson *l, const autoformer_shape *s) {
    const size_t end = l->n - s->horizon, first = s->len_enc - 1; /* origins [first, end) */
    const size_t kept = (size_t)((double)l->n * o->validation);
    spans c = {{first, end}, {end, end}, l->n};
    /* A tail that holds a forecast, behind training rows that hold some windows. */
    if (kept >= s->horizon && l->n - kept >= s->len_enc + s->horizon + 1) {
        c.n_train = l->n - kept;
        c.train.end = c.n_train - s->horizon;
        c.valid.first = c.n_train - 1 > first ? c.n_train - 1 : first;
    }
    return c;
}

static float *floats(norni_arena *arena, size_t rows_n, size_t n) {
    size_t all;
    return norni_mul_size(rows_n, n, &all) ? norni_arena_get(arena, all + 1, sizeof(float)) : NULL;
}

static norn_status make_table(norni_env *env, const norni_lesson *l, const autoformer_state *st,
                              autoformer_table *out, norn_err *err) {
    const autoformer_shape *s = &st->shape;
    float *z = floats(env->arena, l->n, s->channels), *goal = floats(env->arena, l->n, s->targets);
    float *marks = floats(env->arena, l->n + s->horizon, s->marks);
    if (!z || !goal || !marks)
        return norni_alloc_fail(err, "autoformer", l->n * s->channels, sizeof *z);
    autoformer_z(l, s, st->channel, 0, l->n, z);
    autoformer_mark_rows(l, &st->calendar, 0, l->n + s->horizon, marks);
    for (size_t t = 0; t < l->n; t++)
        for (size_t j = 0; j < s->targets; j++)
            goal[t * s->targets + j] = isfinite(l->y[j][t])
                                           ? (float)autoformer_score(&st->channel[j], l->y[j][t])
                                           : (float)NORNI_NAN;
    *out = (autoformer_table){.shape = s, .n = l->n, .z = z, .goal = goal, .marks = marks};
    return NORN_OK;
}

/* Bases of all targets and steps; *out (targets, horizon) in env->arena. */
static norn_status fit_bases(norni_env *env, const autoformer_opt *o, const norni_lesson *l,
                             norni_base ***out, norn_err *err) {
    norni_base **base = norni_arena_get(env->arena, l->n_targets * l->horizon, sizeof *base);
    if (!base) return norni_alloc_fail(err, "autoformer", l->n_targets * l->horizon, sizeof *base);
    for (size_t i = 0; i < l->n_targets * l->horizon; i++) {
        const norni_lesson_part part = {i / l->horizon, i % l->horizon + 1};
        if (norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "autoformer: cancelled");
        NORN_TRY(norni_base_fit(env, (norni_base_kind)o->base, l, part, &base[i], err));
    }
    *out = base;
    return NORN_OK;
}

/* NaN where the base has nothing to say. */
static double base_at(const norni_base *b, const norni_lesson *at, size_t t) {
    const double y = norni_base_taken(b) == NORNI_BASE_NONE ? NORNI_NAN : norni_base_at(b, at, t);
    return isfinite(y) ? y : NORNI_NAN;
}

/* What bases fitted on the rows before the tail say of every window: scores (n, horizon, targets). */
static norn_status make_base(norni_env *env, const autoformer_opt *o, const norni_lesson *l,
                             const autoformer_state *st, const spans *c, const float **out,
                             norn_err *err) {
    const size_t ahead = l->horizon * l->n_targets;
    norni_lesson early = *l;
    norni_base **base;
    float *z = floats(env->arena, l->n, ahead);
    if (!z) return norni_alloc_fail(err, "autoformer", l->n * ahead, sizeof *z);
    early.n = c->n_train;
    NORN_TRY(fit_bases(env, o, &early, &base, err));
    for (size_t t = c->train.first; t < c->valid.end; t++) {
        if (norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "autoformer: cancelled");
        for (size_t i = 0; i < ahead; i++) {
            const size_t j = i % l->n_targets, h = i / l->n_targets;
            const double y = base_at(base[j * l->horizon + h], l, t);
            z[t * ahead + i] =
                isfinite(y) ? (float)autoformer_score(&st->channel[j], y) : (float)NORNI_NAN;
        }
    }
    *out = z;
    return NORN_OK;
}

/* squares[j]: the networks' mean over the tail. A target whose base does as well goes without. */
static void gate(const autoformer_table *table, const spans *c, const double *squares,
                 autoformer_state *st) {
    const autoformer_shape *s = &st->shape;
    for (size_t j = 0; j < s->targets; j++) {
        double sum = 0;
        for (size_t t = c->valid.first; t < c->valid.end; t++)
            for (size_t h = 0; h < s->horizon; h++) {
                const float goal = table->goal[(t + 1 + h) * s->targets + j];
                const float base = table->base[(t * s->horizon + h) * s->targets + j];
                const double e = (double)goal - (base == base ? (double)base : 0);
                if (goal == goal) sum += e * e;
            }
        st->base_only[j] = !(squares[j] < sum);
    }
}

static norn_status train_nets(norni_env *env, const autoformer_opt *o, const norni_lesson *l,
                              const autoformer_table *table, const spans *c, double *squares,
                              autoformer_state *st, norn_err *err) {
    const bool paper = o->preset == AUTOFORMER_PAPER;
    const size_t targets = st->shape.targets;
    autoformer_plan plan = {.batch = (size_t)o->batch,
                            .epochs = (size_t)o->epochs,
                            .patience = (size_t)o->patience,
                            .rate = o->learning_rate > 0 ? o->learning_rate
                                    : paper              ? 1e-4
                                                         : 2e-4,
                            .dropout = o->dropout};
    memset(squares, 0, 3 * targets * sizeof *squares);
    st->valid_loss = 0;
    for (size_t k = 0; k < st->n_nets; k++) {
        const norni_arena_mark mark = norni_arena_mark_get(env->arena);
        autoformer_trainer *t;
        autoformer_report report;
        plan.stream = l->key + k;
        NORN_TRY(autoformer_trainer_new(env, table, &plan, st->w[k], &t, err));
        NORN_TRY(autoformer_train(env, t, c->train, c->valid, &report, err));
        NORN_TRY(
            autoformer_errors(env, t, c->valid, squares + targets, squares + 2 * targets, err));
        norni_arena_rewind(env->arena, mark);
        for (size_t j = 0; j < targets; j++)
            squares[j] += squares[targets + j] / (double)st->n_nets;
        st->valid_loss += report.valid_loss / (double)st->n_nets;
        st->epochs = report.epochs, st->steps = report.steps;
    }
    return NORN_OK;
}

static norn_status new_state(norni_env *env, const autoformer_opt *o, const norni_lesson *l,
                             autoformer_state **out, norn_err *err) {
    autoformer_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (!st) return norni_alloc_fail(err, "autoformer", 1, sizeof *st);
    NORN_TRY(autoformer_shape_of(o, l, &st->shape, err));
    st->calendar = autoformer_calendar_of(l);
    st->n_nets = (size_t)o->seeds;
    st->channel = norni_arena_zero(env->arena, st->shape.channels, sizeof *st->channel);
    st->base_only = norni_arena_zero(env->arena, st->shape.targets, sizeof *st->base_only);
    st->w = norni_arena_zero(env->arena, st->n_nets, sizeof *st->w);
    if (!st->channel || !st->base_only || !st->w)
        return norni_alloc_fail(err, "autoformer", st->shape.channels, sizeof *st->channel);
    for (size_t k = 0; k < st->n_nets; k++) {
        st->w[k] = floats(env->arena, autoformer_weights(&st->shape), 1);
        if (!st->w[k])
            return norni_alloc_fail(err, "autoformer", autoformer_weights(&st->shape), 4);
    }
    *out = st;
    return NORN_OK;
}

static norn_status fit(norni_env *env, const void *opt, const norni_lesson *l,
                       norni_lesson_part part, void **state, norn_err *err) {
    const autoformer_opt *o = opt;
    autoformer_state *st = NULL;
    autoformer_table table;
    (void)part;
    NORN_TRY(validate(opt, l, err));
    NORN_TRY(new_state(env, o, l, &st, err));
    if (o->base != NORNI_BASE_NONE) NORN_TRY(fit_bases(env, o, l, &st->base, err));
    const spans c = cut(o, l, &st->shape);
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    double *squares = norni_arena_get(env->arena, 3 * st->shape.targets, sizeof *squares);
    if (!squares) return norni_alloc_fail(err, "autoformer", st->shape.targets, sizeof *squares);
    NORN_TRY(autoformer_scale(env->arena, l, &st->shape, c.n_train, st->channel, err));
    NORN_TRY(make_table(env, l, st, &table, err));
    if (st->base) NORN_TRY(make_base(env, o, l, st, &c, &table.base, err));
    NORN_TRY(train_nets(env, o, l, &table, &c, squares, st, err));
    if (st->base) gate(&table, &c, squares, st);
    norni_arena_rewind(env->arena, mark);
    *state = st;
    return NORN_OK;
}

/* The window that ends in row t, in place 0 of a part. */
static norn_status fill_window(norni_env *env, const autoformer_state *st, const norni_lesson *at,
                               size_t t, const autoformer32_run *run, autoformer32_part *p,
                               norn_err *err) {
    const autoformer_shape *s = &st->shape;
    const ptrdiff_t from = (ptrdiff_t)t + 1 - (ptrdiff_t)s->len_enc;
    float *z = floats(env->arena, s->len_enc, s->channels);
    float *marks = floats(env->arena, s->len_enc + s->horizon, s->marks);
    if (!z || !marks) return norni_alloc_fail(err, "autoformer", s->len_enc, sizeof *z);
    autoformer_z(at, s, st->channel, from, s->len_enc, z);
    autoformer_mark_rows(at, &st->calendar, from, s->len_enc + s->horizon, marks);
    autoformer32_fill(run, p, 0, z, marks, marks + (s->len_enc - s->len_label) * s->marks, NULL);
    for (size_t i = 0; st->base && i < s->targets * s->horizon; i++) {
        const double y = base_at(st->base[i], at, t);
        const size_t j = i / s->horizon, h = i % s->horizon;
        if (isfinite(y))
            p->start[h * s->channels + j] = (float)autoformer_score(&st->channel[j], y);
    }
    return NORN_OK;
}

static norn_status predict(norni_env *env, const void *state, const norni_lesson *at, size_t t,
                           double *out, norn_err *err) {
    const autoformer_state *st = state;
    const autoformer_shape *s = &st->shape;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    void *scratch = norni_arena_get(env->arena, 1, norni_gemm_scratch());
    autoformer32_run run = {.shape = s, .rows = autoformer32_rows_get(2)};
    autoformer32_part p;
    if (!scratch) return norni_alloc_fail(err, "autoformer", 1, norni_gemm_scratch());
    NORN_TRY(autoformer32_part_init(env->arena, s, 1, false, &p, err));
    NORN_TRY(fill_window(env, st, at, t, &run, &p, err));
    memset(out, 0, s->targets * s->horizon * sizeof *out);
    for (size_t k = 0; k < st->n_nets; k++) {
        run.w = st->w[k];
        NORN_TRY(autoformer32_forward(&run, &p, scratch, &env->poll, err));
        for (size_t i = 0; i < s->targets * s->horizon; i++)
            out[i] += (double)p.out[i % s->horizon * s->channels + i / s->horizon];
    }
    for (size_t i = 0; i < s->targets * s->horizon; i++) {
        const autoformer_channel *c = &st->channel[i / s->horizon];
        const double alone = st->base ? base_at(st->base[i], at, t) : NORNI_NAN;
        out[i] = st->base_only[i / s->horizon] && isfinite(alone)
                     ? alone
                     : autoformer_value(c, out[i] / (double)st->n_nets);
    }
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}

static void describe(const void *state, char *out, size_t size) {
    const autoformer_state *st = state;
    const autoformer_shape *s = &st->shape;
    size_t alone = 0;
    for (size_t j = 0; j < s->targets; j++)
        alone += st->base_only[j];
    const size_t n = norni_format(
        out, size,
        "Autoformer(%zu+%zu layers, d=%zu, ff=%zu, %zu channels, %zu->%zu, %zu weights) "
        "nets=%zu epochs=%zu steps=%zu base-only=%zu",
        s->n_enc, s->n_dec, s->d, s->ff, s->channels, s->len_enc, s->horizon, autoformer_weights(s),
        st->n_nets, st->epochs, st->steps, alone);
    if (isfinite(st->valid_loss)) norni_format(out + n, size - n, " validation=%g", st->valid_loss);
}

static size_t reach_back(const void *state, const norni_lesson *at) {
    const autoformer_state *st = state;
    /* a driver's values begin with the features */
    size_t most = st->shape.len_enc + (st->shape.channels > st->shape.targets ? at->x->first : 0);
    for (size_t i = 0; st->base && i < st->shape.targets * st->shape.horizon; i++) {
        const size_t own = norni_base_reach(st->base[i]);
        most = own > most ? own : most;
    }
    return most;
}

const norni_learner norni_learner_autoformer = {
    .name = "autoformer",
    .summary = "a transformer that splits off trends and attends by auto-correlation",
    .source = "Wu, Xu, Wang, Long 2021 (NeurIPS), as released",
    .params = rows,
    .n_params = sizeof rows / sizeof *rows,
    .opt_size = sizeof(autoformer_opt),
    .whole = true,
    .seasonal = true,
    .missing = true,
    .validate = validate,
    .cost = cost,
    .memory = memory,
    .fit = fit,
    .predict = predict,
    .describe = describe,
    .reach = reach_back,
    .save = autoformer_save,
    .load = autoformer_load,
};

NORNI_SERIES_MODEL(autoformer, rows, autoformer_opt,
                   "an Autoformer on one series, beside the better of it and a base forecast",
                   "Wu, Xu, Wang, Long 2021 (NeurIPS), as released");
