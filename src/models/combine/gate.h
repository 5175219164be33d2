/* The learned part of `auto`: from a series and its members' forecasts to weights, a correction and
 * an interval. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_GATE_H
#define NORNI_GATE_H

#include "feat/series_features.h"
#include "models/combine/members.h"

enum {
    NORNI_GATE_MOST_HORIZON = 48,
    NORNI_GATE_MOST_WIDE = 256, /* of a layer */
    NORNI_GATE_MOST_INPUTS = NORNI_N_FEATURES + 3 * NORNI_MEMBERS_MOST + NORNI_GATE_MOST_HORIZON,
};

/* A dense layer: out_j = bias_j + scale_j sum_i in_i w_ij. */
typedef struct norni_gate_layer {
    size_t n_in, n_out;
    const int16_t *w;   /* (n_in, n_out) row-major */
    const float *scale; /* (n_out) */
    const float *bias;  /* (n_out) */
} norni_gate_layer;

typedef struct norni_gate_net {
    size_t n_layers;
    const norni_gate_layer *layer; /* ReLU between them */
} norni_gate_net;

/* What was learned for one class of series. All offsets of it are fixed at build time. */
typedef struct norni_gate {
    const char *name;
    int32_t season;         /* 0: any */
    uint32_t units;         /* bits 1 << norni_unit */
    size_t least_n, most_n; /* lengths served */
    const char *members;    /* the list that the nets were trained for */
    size_t n_members, horizon, n_inputs;
    bool median_path;            /* the members' median path is among the inputs */
    const float *centre;         /* (n_inputs) */
    const float *spread;         /* (n_inputs), 1 / standard deviation */
    size_t n_nets;               /* averaged */
    const norni_gate_net *net;   /* outputs: n_members logits, then (horizon) corrections or none */
    const norni_gate_net *width; /* outputs: (horizon) log half widths of 95 % in units of scale */
    const float *most;           /* (horizon) largest correction */
} norni_gate;

/* The learned table (auto_table.c, made by tools/learn_auto). */
extern const norni_gate norni_gates[];
extern const size_t norni_n_gates;

/* Half widths of an ensemble's 95 % interval over 1.96 times the members' mean standard deviation, by
 * class and step; of the last class for all others. */
typedef struct norni_spread {
    const char *name;
    int32_t season;
    uint32_t units;
    size_t least_n, most_n, horizon;
    const float *factor; /* (horizon) */
} norni_spread;
extern const norni_spread norni_spreads[];
extern const size_t norni_n_spreads;

/* A series as the nets see it. */
typedef struct norni_gate_look {
    double scale; /* mean |y_t - y_{t-m}|, in units of y 2^-exponent */
    int exponent;
    double x[NORNI_GATE_MOST_INPUTS]; /* not yet standardised */
} norni_gate_look;

/* What the nets say, in units of `scale` and of the series. */
typedef struct norni_gate_say {
    double weight[NORNI_MEMBERS_MOST];
    double correction[NORNI_GATE_MOST_HORIZON]; /* in units of the series */
    double sd[NORNI_GATE_MOST_HORIZON];         /* in units of the series */
} norni_gate_say;

/* The row of the class that the series belongs to, or NULL. */
const norni_gate *norni_gate_of(const norni_series *s);
size_t norni_spread_of(const norni_series *s); /* row of norni_spreads */
/* Inputs from the series and the members' views over v->horizon steps (cut or held to the gate's).
 * *served false: the series is too short, constant or infinite. */
NORN_CHECKED norn_status norni_gate_see(const norni_gate *g, norni_arena *arena,
                                        const norni_series *s, const norni_views *v, bool *served,
                                        norni_gate_look *look, norn_err *err);
void norni_gate_answer(const norni_gate *g, const norni_gate_look *look, norni_gate_say *out);

#endif
