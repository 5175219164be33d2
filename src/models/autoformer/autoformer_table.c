/* What the Autoformer reads from a lesson: channels with their scales, gaps filled, marks. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "models/autoformer/autoformer_learner.h"
#include "num/extent.h"

/* Nothing lies further out than this many deviations: single precision must hold its square. */
static const double most_score = 1e4;

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t lags_of(double factor, size_t len) {
    const size_t lags = (size_t)(factor * norni_log((double)len));
    return lags < 1 ? 1 : least(lags, least(len, NORNI_AUTOFORMER_LAGS));
}

size_t autoformer_drivers(const norni_lesson *l, size_t *out) {
    size_t n = 0;
    for (size_t j = 0; l->x && j < l->x->n; j++) { /* of each source the newest value */
        const norni_feature_column *c = &l->x->col[j];
        bool newest =
            c->origin == NORNI_ORIGIN_LAG && !c->shifted && c->kind == NORNI_FEATURE_CONTINUOUS;
        for (size_t k = 0; newest && k < l->n_targets; k++) /* a target is a channel already */
            newest = c->at + c->lag != l->y[k];
        for (size_t k = 0; newest && k < l->x->n; k++) {
            const norni_feature_column *e = &l->x->col[k];
            if (e->origin == NORNI_ORIGIN_LAG && e->source == c->source)
                newest = e->lag > c->lag || (e->lag == c->lag && k >= j);
        }
        if (newest) {
            if (out) out[n] = j;
            n++;
        }
    }
    return n;
}

norn_status autoformer_shape_of(const autoformer_opt *o, const norni_lesson *l,
                                autoformer_shape *out, norn_err *err) {
    const bool paper = o->preset == AUTOFORMER_PAPER;
    const autoformer_calendar calendar = autoformer_calendar_of(l);
    autoformer_shape s = {.targets = l->n_targets, .horizon = l->horizon};
    if (l->n < l->horizon + 5)
        return norn_fail(err, NORN_E_DATA,
                         "autoformer: %zu rows are too few to forecast %zu ahead: at least %zu",
                         l->n, l->horizon, l->horizon + 5);
    s.channels = l->n_targets + (o->drivers ? autoformer_drivers(l, NULL) : 0);
    s.marks = autoformer_marks_count(&calendar);
    s.len_enc = least((size_t)o->seq_len, (l->n - l->horizon) / 2);
    s.len_label = o->label_len ? least((size_t)o->label_len, s.len_enc) : s.len_enc / 2;
    s.len_dec = s.len_label + s.horizon;
    s.d = (size_t)(o->d_model ? o->d_model : paper ? 512 : 64);
    s.ff = (size_t)(o->d_ff ? o->d_ff : paper ? 2048 : 128);
    s.n_enc = (size_t)o->e_layers, s.n_dec = (size_t)o->d_layers;
    s.window = (size_t)o->moving_avg;
    s.lags_enc = lags_of(o->factor, s.len_enc), s.lags_dec = lags_of(o->factor, s.len_dec);
    *out = s;
    return NORN_OK;
}

/* The lesson's value, or NaN. */
static double value_at(const norni_lesson *l, const autoformer_channel *c, size_t number,
                       size_t t) {
    double y;
    if (c->column == SIZE_MAX)
        y = l->y[number][t];
    else
        y = t < l->x->first ? NORNI_NAN : l->x->col[c->column].at[t];
    return isfinite(y) ? y : NORNI_NAN;
}

double autoformer_value(const autoformer_channel *c, double z) {
    return c->seen ? ldexp(c->mean + (c->constant ? 0 : c->sd * z), c->exponent) : NORNI_NAN;
}

double autoformer_score(const autoformer_channel *c, double y) {
    const double z = (ldexp(y, -c->exponent) - c->mean) / c->sd;
    return z > most_score ? most_score : z < -most_score ? -most_score : z;
}

/* false for NaN, too: nothing was observed. */
static bool varies(double mean, double variance) {
    return sqrt(variance) > 1e-12 * fabs(mean);
}

norn_status autoformer_scale(norni_arena *arena, const norni_lesson *l, const autoformer_shape *s,
                             size_t n_train, autoformer_channel *channel, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const size_t n_columns = l->x ? l->x->n : 0;
    double *y = norni_arena_get(arena, l->n, sizeof *y);
    size_t *driver = norni_arena_get(arena, n_columns + 1, sizeof *driver);
    if (!y || !driver) return norni_alloc_fail(err, "autoformer", l->n, sizeof *y);
    if (s->channels > s->targets) autoformer_drivers(l, driver);
    for (size_t j = 0; j < s->channels; j++) {
        autoformer_channel *c = &channel[j];
        double variance;
        *c = (autoformer_channel){.column = j < s->targets ? SIZE_MAX : driver[j - s->targets]};
        for (size_t t = 0; t < l->n; t++)
            y[t] = value_at(l, c, j, t);
        const norni_extent e = norni_extent_of(y, l->n);
        c->exponent = e.exponent, c->seen = e.n_seen > 0;
        for (size_t t = 0; t < l->n; t++)
            y[t] = ldexp(y[t], -c->exponent);
        norni_mean_var(y, n_train, 0, &c->mean, &variance);
        if (!varies(c->mean, variance)) { /* perhaps behind the training rows */
            norni_mean_var(y, l->n, 0, &c->mean, &variance);
            c->constant = !varies(c->mean, variance);
        }
        c->sd = c->constant ? 1 : sqrt(variance);
        if (!c->seen) c->mean = 0;
    }
    norni_arena_rewind(arena, mark);
    return NORN_OK;
}

void autoformer_z(const norni_lesson *l, const autoformer_shape *s,
                  const autoformer_channel *channel, ptrdiff_t from, size_t n, float *z) {
    for (size_t j = 0; j < s->channels; j++) {
        const autoformer_channel *c = &channel[j];
        const size_t begin = from > 0 ? (size_t)from : 0;
        double last = NORNI_NAN, first = NORNI_NAN;
        for (size_t t = begin; isnan(last) && t-- > 0;) /* what was seen before */
            last = value_at(l, c, j, t);
        for (size_t t = 0; from < 0 && isnan(first) && (ptrdiff_t)t < from + (ptrdiff_t)n; t++)
            first = value_at(l, c, j, t);
        for (size_t i = 0; i < n; i++) {
            const ptrdiff_t t = from + (ptrdiff_t)i;
            const double y = t >= 0 ? value_at(l, c, j, (size_t)t) : first;
            if (!isnan(y)) last = y;
            z[i * s->channels + j] = isnan(last) ? 0 : (float)autoformer_score(c, last);
        }
    }
}

autoformer_calendar autoformer_calendar_of(const norni_lesson *l) {
    autoformer_calendar c = {.unit = l->freq.unit};
    for (size_t k = 0; k < l->n_season && c.n_season < AUTOFORMER_SEASONS; k++)
        if (l->season[k] > 1) c.season[c.n_season++] = l->season[k];
    return c;
}

void autoformer_mark_rows(const norni_lesson *l, const autoformer_calendar *c, ptrdiff_t from,
                          size_t n, float *marks) {
    const size_t wide = autoformer_marks_count(c);
    for (size_t i = 0; i < n && wide; i++) {
        const ptrdiff_t t = from + (ptrdiff_t)i;
        autoformer_marks_of(c, l->times[t > 0 ? t : 0], marks + i * wide);
    }
}
