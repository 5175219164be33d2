/* Exponentially weighted mean, variance and standard deviation, as pandas defines them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With decay d = 1 - alpha, value j weighs d^(i-j) at i (adjust), or alpha d^(i-j) and d^i for the
 * first (not adjust). Kept as the mean m and the weight D behind it:
 *   D' = d D + w,  m' = m + (w / D') (x - m),  C' = (1 - w/D') (C + (w/D') (x - m)^2)
 * with w = 1 or alpha; without adjust D is 1 again after each value. A missing value decays the weights,
 * or with ignore_missing nothing. The variance is C, or C V^2 / U unless `bias` is asked for,
 * with V the sum of the weights and U = V^2 less the sum of their squares = the sum of w_i w_j, i not j:
 *   V' = d V + w,  U' = d^2 U + 2 d V w, without the difference, which after a long gap has no digits.
 * Eight whole values at once: what is behind deviates by 0 from its own mean m, so
 *   m_k = m + (S_k + (r - m) A_k) / D_k,  S_k = sum d^(k-j) w (x_j - r),  A_k = sum d^(k-j) w
 * where r is the first of the eight: only (r - m) waits for what is behind. */
#include <math.h>

#include "base/fp.h"
#include "roll/roll.h"

enum { LANES = 8, POLL_EVERY = 1 << 16 };

typedef struct fade {
    double decay, weight; /* d, w */
    bool adjust, ignore_missing;
    double mean, behind; /* m, D */
    size_t n_seen, least;
} fade;

static fade fade_of(const norni_roll_windows *w, const norni_roll_arg *arg) {
    return (fade){.decay = 1 - arg->alpha,
                  .weight = arg->adjust ? 1 : arg->alpha,
                  .adjust = arg->adjust,
                  .ignore_missing = arg->ignore_missing,
                  .least = w->min_periods > 1 ? w->min_periods : 1};
}

/* m + r (x - m), where the difference may be too large for a double. */
static double towards(double m, double r, double x) {
    const double d = x - m;
    return isfinite(d) ? m + r * d : m * (1 - r) + x * r;
}

static double step_mean(fade *f, double x) {
    if (norni_roll_missing(x)) {
        if (!f->ignore_missing) f->behind *= f->decay;
    } else if (f->n_seen == 0) {
        f->mean = x;
        f->behind = 1;
        f->n_seen = 1;
    } else {
        f->behind = f->behind * f->decay + f->weight;
        f->mean = towards(f->mean, f->weight / f->behind, x);
        if (!f->adjust) f->behind = 1;
        f->n_seen++;
    }
    return f->n_seen >= f->least ? f->mean : NORNI_NAN;
}

/* What eight steps need that does not depend on the values; of one D behind them. */
typedef struct lanes {
    double behind, behind_after;
    double a[LANES], inverse[LANES];
} lanes;

static void fill_lanes(const fade *f, lanes *l) {
    double a = 0, behind = f->behind;
    for (int k = 0; k < LANES; k++) {
        a = a * f->decay + f->weight;
        behind = behind * f->decay + f->weight;
        l->a[k] = a;
        l->inverse[k] = 1 / behind;
    }
    l->behind = f->behind;
    l->behind_after = f->adjust ? behind : 1;
}

static bool all_whole(const double *x) {
    double t[LANES], any = 0;
    for (int k = 0; k < LANES; k++)
        t[k] = x[k] - x[k];
    for (int k = 0; k < LANES; k++)
        any += t[k];
    return any == 0;
}

/* false: a number was too large on the way, nothing is changed. */
static bool step_lanes(fade *f, lanes *l, const double *x, double *out) {
    double s[LANES], sum = 0;
    if (l->behind != f->behind) fill_lanes(f, l);
    const double r = x[0], gap = r - f->mean, mean = f->mean;
    for (int k = 0; k < LANES; k++) {
        sum = sum * f->decay + f->weight * (x[k] - r);
        s[k] = sum;
    }
    for (int k = 0; k < LANES; k++)
        s[k] = mean + (s[k] + gap * l->a[k]) * l->inverse[k];
    if (!all_whole(s)) return false;
    for (int k = 0; k < LANES; k++)
        out[k] = s[k];
    f->mean = s[LANES - 1];
    f->behind = l->behind_after;
    f->n_seen += LANES;
    return true;
}

norn_status norni_roll_ewm_mean(const double *x, const norni_roll_windows *w,
                                const norni_roll_arg *arg, norni_arena *arena,
                                const norni_poll *poll, double *out, norn_err *err) {
    (void)arena;
    fade f = fade_of(w, arg);
    lanes l = {.behind = -1};
    for (size_t i = 0; i < w->n_out;) {
        if (i % POLL_EVERY == 0 && norni_poll_stop(poll))
            return norn_fail(err, NORN_E_CANCEL, "cancelled");
        const size_t end = i + LANES <= w->n_out ? i + LANES : w->n_out;
        /* without adjust the weight behind is 1 again after each value: so is it in the eight */
        if (end - i == LANES && f.n_seen > 0 && f.n_seen >= f.least &&
            (f.adjust || f.behind == 1) && all_whole(x + i) && step_lanes(&f, &l, x + i, out + i)) {
            i = end;
            continue;
        }
        for (; i < end; i++)
            out[i] = step_mean(&f, x[i]);
    }
    return NORN_OK;
}

/* The sums of weights (V) and of their products (U), and the variance so far. */
typedef struct spread {
    fade f;
    double v, u, c;
    double share, unbias;         /* w / D' and V^2 / U, of ... */
    double at_behind, at_v, at_u; /* ... these, as they were before the step */
    double to_behind, to_v, to_u; /* ... and as they are behind it */
} spread;

static void weigh(spread *s) {
    const double d = s->f.decay, w = s->f.weight;
    s->at_behind = s->f.behind, s->at_v = s->v, s->at_u = s->u;
    double behind = s->f.behind * d + w, v = s->v * d + w, u = s->u * (d * d) + 2 * d * s->v * w;
    s->share = w / behind;
    if (!s->f.adjust) {
        v /= behind;
        u /= behind * behind;
        behind = 1;
    }
    s->to_behind = behind, s->to_v = v, s->to_u = u;
    s->unbias = u > 0 ? v * v / u : NORNI_NAN;
}

static void step_spread(spread *s, double x) {
    fade *f = &s->f;
    if (norni_roll_missing(x)) {
        if (f->ignore_missing) return;
        f->behind *= f->decay;
        s->v *= f->decay;
        s->u *= f->decay * f->decay; /* as V^2: the factor of the variance stays as it is */
        return;
    }
    if (f->n_seen++ == 0) {
        f->mean = x;
        f->behind = s->v = 1;
        s->at_behind = -1;
        s->unbias = NORNI_NAN;
        return;
    }
    if (f->behind != s->at_behind || s->v != s->at_v || s->u != s->at_u) weigh(s);
    /* in this form the mean waits for a product and a sum alone; equal values leave it as it is */
    const double gap = x - f->mean, keep = 1 - s->share;
    s->c = keep * s->c + keep * s->share * (gap * gap);
    if (gap != 0) f->mean = keep * f->mean + s->share * x;
    f->behind = s->to_behind, s->v = s->to_v, s->u = s->to_u;
}

/* The weights have come to rest: values [k, end) up to the first that is missing, or whose variance is no
 * number, with nothing but mean and variance to carry. Returns where it stopped. */
static size_t run_steady(spread *s, const double *x, size_t k, size_t end, bool bias, double *out) {
    if (s->f.behind != s->at_behind || s->v != s->at_v || s->u != s->at_u ||
        s->to_behind != s->at_behind || s->to_v != s->at_v || s->to_u != s->at_u ||
        s->f.n_seen < s->f.least)
        return k;
    const size_t first = k;
    const double share = s->share, keep = 1 - share, both = keep * share,
                 factor = bias ? 1 : s->unbias;
    double mean = s->f.mean, c = s->c;
    for (; k < end; k++) {
        const double gap = x[k] - mean, next = keep * c + both * (gap * gap), v = next * factor;
        if (norni_roll_missing(v)) break;
        c = next;
        if (gap != 0) mean = keep * mean + share * x[k];
        out[k] = v;
    }
    s->f.mean = mean;
    s->c = c;
    s->f.n_seen += k - first;
    return k;
}

static norn_status run_spread(const double *x, const norni_roll_windows *w,
                              const norni_roll_arg *arg, bool root, const norni_poll *poll,
                              double *out, norn_err *err) {
    spread s = {.f = fade_of(w, arg), .at_behind = -1, .unbias = NORNI_NAN};
    for (size_t i = 0, end = 0; i < w->n_out; i = end) {
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        end = w->n_out - i < POLL_EVERY ? w->n_out : i + POLL_EVERY;
        for (size_t k = i; k < end;) {
            k = run_steady(&s, x, k, end, arg->bias, out);
            if (k == end) break;
            step_spread(&s, x[k]);
            const double v = arg->bias ? s.c : s.c * s.unbias;
            out[k++] = s.f.n_seen >= s.f.least && !norni_roll_missing(v) ? v : NORNI_NAN;
        }
        for (size_t k = i; root && k < end; k++)
            out[k] = sqrt(out[k]);
    }
    return NORN_OK;
}

norn_status norni_roll_ewm_var(const double *x, const norni_roll_windows *w,
                               const norni_roll_arg *arg, norni_arena *arena,
                               const norni_poll *poll, double *out, norn_err *err) {
    (void)arena;
    return run_spread(x, w, arg, false, poll, out, err);
}

norn_status norni_roll_ewm_std(const double *x, const norni_roll_windows *w,
                               const norni_roll_arg *arg, norni_arena *arena,
                               const norni_poll *poll, double *out, norn_err *err) {
    (void)arena;
    return run_spread(x, w, arg, true, poll, out, err);
}
