/* The Autoformer as a learner: its options, and what a fit leaves. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_AUTOFORMER_LEARNER_H
#define NORNI_AUTOFORMER_LEARNER_H

#include "models/learner.h"
#include "models/learner_base.h"
#include "models/autoformer/autoformer_marks.h"
#include "models/autoformer/autoformer_train.h"

extern const norni_learner norni_learner_autoformer;
extern const norni_model norni_model_autoformer; /* of one series: models/learner_series.h */

typedef struct autoformer_opt {
    int32_t preset;             /* AUTOFORMER_SMALL, ... */
    int32_t seq_len, label_len; /* label 0: half of seq */
    int32_t d_model, d_ff;      /* 0: the preset's */
    int32_t e_layers, d_layers;
    int32_t moving_avg;
    double factor, dropout;
    int32_t epochs, patience, batch;
    double learning_rate; /* 0: the preset's */
    double validation;    /* share of the rows */
    int32_t seeds;
    bool drivers;
    int32_t base; /* norni_base_kind */
} autoformer_opt;

enum { AUTOFORMER_SMALL, AUTOFORMER_PAPER };

/* A row of the network's input: a target, or a driver. y = (mean + sd z) 2^exponent */
typedef struct autoformer_channel {
    size_t column; /* of the features; SIZE_MAX: the target of its number */
    double mean, sd;
    int32_t exponent;
    bool seen;     /* false: no value at all, and so no forecast */
    bool constant; /* all values alike, and so all forecasts */
} autoformer_channel;

typedef struct autoformer_state {
    autoformer_shape shape;
    autoformer_calendar calendar;
    autoformer_channel *channel; /* (channels) */
    size_t n_nets;
    float **w;            /* (n_nets) of (weights) */
    norni_base **base;    /* (targets, horizon), or NULL */
    bool *base_only;      /* (targets) its validation tail is forecast no worse by the base alone */
    size_t epochs, steps; /* of the last network */
    double valid_loss;    /* mean over the networks, z-scored; NaN: there was no tail */
} autoformer_state;

/* Sizes for a lesson of n rows; fails when it is too short. */
NORN_CHECKED norn_status autoformer_shape_of(const autoformer_opt *o, const norni_lesson *l,
                                             autoformer_shape *out, norn_err *err);
/* Channels with their scales over rows [0, n_train) of the lesson; channel (shape->channels). */
NORN_CHECKED norn_status autoformer_scale(norni_arena *arena, const norni_lesson *l,
                                          const autoformer_shape *s, size_t n_train,
                                          autoformer_channel *channel, norn_err *err);
/* Which features are drivers: out (x->n) their columns; returns how many. */
size_t autoformer_drivers(const norni_lesson *l, size_t *out);
/* z (n, channels) of rows [from, from + n), gaps filled by the value before, or the mean where there
 * is none; rows before the first hold the first value of these. */
void autoformer_z(const norni_lesson *l, const autoformer_shape *s, const autoformer_channel *c,
                  ptrdiff_t from, size_t n, float *z);
/* Marks (n, marks) of rows [from, from + n). */
void autoformer_mark_rows(const norni_lesson *l, const autoformer_calendar *c, ptrdiff_t from,
                          size_t n, float *marks);
autoformer_calendar autoformer_calendar_of(const norni_lesson *l);
double autoformer_value(const autoformer_channel *c, double z);
double autoformer_score(const autoformer_channel *c, double y); /* NaN stays */

norn_status autoformer_save(const void *state, norni_buf *out, norn_err *err);
norn_status autoformer_load(norni_env *env, const void *opt, norni_str saved, void **state,
                            norn_err *err);

#endif
