/* The learned part of `auto`: inputs, the small networks, and what they say. */
/* SPDX-License-Identifier: Apache-2.0 */
/* After Montero-Manso, Athanasopoulos, Hyndman and Talagala (2020), "FFORMA": features of a series
 * give the weights of its forecasts, trained on the loss of the combination itself. Departures: small
 * networks in place of boosted trees; the members' own forecasts are among the features; a bounded
 * correction is added to the weighted mean; training sees only windows of the series' past
 * (tools/learn_auto). With s the mean |y_t - y_{t-m}|, a the last value, f_kh member k's forecast,
 * g_kh = (f_kh - a)/s held to [-1e6, 1e6], and M_h the members' median of g:
 *   inputs  asinh(g_kH - M_H), asinh(g_k1 - M_1), asinh(mean_h(g_kh - M_h)) for every k,
 *           asinh(M_h) for every h, and the features of feat/series_features.h,
 *           centred, divided by their standard deviations, held to [-5, 5]
 *   output  w = softmax(logits), forecast_h = sum_k w_k f_kh + s c_h, |c_h| <= most_h
 * Weights are 16-bit whole numbers times a column's scale. Sums run in a fixed order in double. */
#include "models/combine/gate.h"

#include <math.h>

#include "base/fp.h"
#include "models/combine/blend.h"
#include "num/extent.h"

enum { MOST_SEEN = 4096, LEAST_SEEN = 6 };
static const double most_input = 5, most_view = 1e6, z95 = 1.959963984540054;

static bool is_of_class(const norni_series *s, int32_t season, uint32_t units, size_t least,
                        size_t most) {
    return (season == 0 || season == norni_series_season(s)) &&
           (units >> (unsigned)s->freq.unit & 1) && s->n >= least && s->n <= most;
}

const norni_gate *norni_gate_of(const norni_series *s) {
    for (size_t k = 0; k < norni_n_gates; k++) {
        const norni_gate *g = &norni_gates[k];
        if (is_of_class(s, g->season, g->units, g->least_n, g->most_n)) return g;
    }
    return NULL;
}

size_t norni_spread_of(const norni_series *s) {
    for (size_t k = 0; k + 1 < norni_n_spreads; k++) {
        const norni_spread *r = &norni_spreads[k];
        if (is_of_class(s, r->season, r->units, r->least_n, r->most_n)) return k;
    }
    return norni_n_spreads - 1;
}

/* The last points without gaps: missing ones on the line between their neighbours, those at the
 * ends left off or held. Returns how many; 0: fewer than LEAST_SEEN were observed. */
static size_t fill_gaps(const double *y, size_t n, const norni_extent *e, double *out) {
    if (e->n_seen < LEAST_SEEN) return 0;
    const size_t first = n - e->first > MOST_SEEN ? n - MOST_SEEN : e->first;
    size_t before = n, count = 0;
    for (size_t t = first; t < n; t++) {
        if (isnan(y[t])) continue;
        const double x = ldexp(y[t], -e->exponent);
        for (size_t u = before == n ? t : before + 1; u < t; u++) {
            const double from = out[count - 1], gap = (double)(t - u + 1);
            out[count++] = from + (x - from) / gap;
        }
        out[count++] = x;
        before = t;
    }
    for (size_t u = before + 1; u < n && before < n; u++, count++)
        out[count] = out[count - 1];
    return count;
}

static double held(double x, double most) {
    return x > most ? most : x < -most ? -most : x;
}

/* Step h of the view in units of the scale; a step beyond what was asked is the last one. */
static double seen_step(const norni_views *v, size_t k, size_t h, const norni_gate_look *look,
                        double last) {
    const size_t at = h < v->horizon ? h : v->horizon - 1;
    const double f = v->mean[k * v->horizon + at];
    return isnan(f) ? f : held((ldexp(f, -look->exponent) - last) / look->scale, most_view);
}

/* view (n, horizon) in units of the scale, median (horizon). */
static double *see_views(const norni_gate *g, const double *view, const double *median, double *x) {
    const size_t n = g->n_members, h_all = g->horizon;
    for (size_t k = 0; k < n; k++) {
        const double *row = view + k * h_all;
        double mean = 0;
        for (size_t h = 0; h < h_all; h++)
            mean += (row[h] - median[h]) / (double)h_all;
        const bool there = !isnan(row[0]);
        x[k] = there ? norni_squash(row[h_all - 1] - median[h_all - 1]) : 0;
        x[n + k] = there ? norni_squash(row[0] - median[0]) : 0;
        x[2 * n + k] = there ? norni_squash(mean) : 0;
    }
    x += 3 * n;
    for (size_t h = 0; h < h_all && g->median_path; h++)
        *x++ = norni_squash(median[h]);
    return x;
}

norn_status norni_gate_see(const norni_gate *g, norni_arena *arena, const norni_series *s,
                           const norni_views *v, bool *served, norni_gate_look *look,
                           norn_err *err) {
    const norni_extent e = norni_extent_of(s->y, s->n);
    const size_t m = (size_t)norni_series_season(s), room = s->n < MOST_SEEN ? s->n : MOST_SEEN;
    double *y = norni_arena_get(arena, 4 * room + m + 1, sizeof *y);
    double *view = norni_arena_get(arena, (g->n_members + 1) * g->horizon, sizeof *view);
    if (!y || !view) return norni_alloc_fail(err, "auto", 4 * room + m, sizeof *y);
    *served = false;
    look->exponent = e.exponent;
    const size_t n = e.infinite || v->n != g->n_members ? 0 : fill_gaps(s->y, s->n, &e, y);
    double features[NORNI_N_FEATURES], *median = view + g->n_members * g->horizon;
    if (n < LEAST_SEEN || !norni_series_features(y, n, m, features, &look->scale, y + room))
        return NORN_OK;
    for (size_t h = 0; h < g->horizon; h++) {
        for (size_t k = 0; k < g->n_members; k++)
            view[k * g->horizon + h] = seen_step(v, k, h, look, y[n - 1]);
        median[h] = norni_blend_column(NORNI_BLEND_MEDIAN, view, g->n_members, g->horizon, h);
    }
    double *x = see_views(g, view, median, look->x);
    for (size_t k = 0; k < NORNI_N_FEATURES; k++)
        *x++ = features[k];
    *served = true;
    return NORN_OK;
}

/* in (n_in) to out (n_out); both may not overlap. */
static void run_layer(const norni_gate_layer *l, const double *in, bool relu, double *out) {
    for (size_t j = 0; j < l->n_out; j++)
        out[j] = 0;
    for (size_t i = 0; i < l->n_in; i++) {
        const int16_t *w = l->w + i * l->n_out;
        const double x = in[i];
        if (x == 0) continue;
        for (size_t j = 0; j < l->n_out; j++)
            out[j] += x * (double)w[j];
    }
    for (size_t j = 0; j < l->n_out; j++) {
        out[j] = (double)l->bias[j] + (double)l->scale[j] * out[j];
        if (relu && out[j] < 0) out[j] = 0;
    }
}

/* Outputs of the net in `out`, which `in` (standardised) does not overlap. */
static void run_net(const norni_gate_net *net, const double *in, double *out) {
    double a[NORNI_GATE_MOST_WIDE], b[NORNI_GATE_MOST_WIDE];
    const double *from = in;
    for (size_t l = 0; l < net->n_layers; l++) {
        const bool last = l + 1 == net->n_layers;
        double *to = last ? out : l % 2 ? b : a;
        run_layer(&net->layer[l], from, !last, to);
        from = to;
    }
}

/* Adds softmax(logit) / count to weight. */
static void add_softmax(const double *logit, size_t n, double count, double *weight) {
    double e[NORNI_MEMBERS_MOST], most = logit[0], sum = 0;
    for (size_t k = 1; k < n; k++)
        most = logit[k] > most ? logit[k] : most;
    for (size_t k = 0; k < n; k++)
        sum += e[k] = norni_exp(logit[k] - most);
    for (size_t k = 0; k < n; k++)
        weight[k] += e[k] / sum / count;
}

void norni_gate_answer(const norni_gate *g, const norni_gate_look *look, norni_gate_say *out) {
    double x[NORNI_GATE_MOST_INPUTS], y[NORNI_GATE_MOST_WIDE];
    const double count = (double)g->n_nets;
    *out = (norni_gate_say){.weight = {0}};
    for (size_t i = 0; i < g->n_inputs; i++)
        x[i] = held((look->x[i] - (double)g->centre[i]) * (double)g->spread[i], most_input);
    for (size_t k = 0; k < g->n_nets; k++) {
        const norni_gate_net *net = &g->net[k];
        const bool corrects = net->layer[net->n_layers - 1].n_out > g->n_members;
        run_net(net, x, y);
        add_softmax(y, g->n_members, count, out->weight);
        for (size_t h = 0; h < g->horizon && corrects; h++)
            out->correction[h] += y[g->n_members + h] / count;
    }
    run_net(g->width, x, y);
    for (size_t h = 0; h < g->horizon; h++) {
        const double c = held(out->correction[h], (double)g->most[h]) * look->scale;
        out->correction[h] = ldexp(c, look->exponent);
        out->sd[h] = ldexp(norni_exp(held(y[h], 20)) / z95 * look->scale, look->exponent);
    }
}
