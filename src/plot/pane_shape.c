/* A panel of what one term gives: its step function or its bars, their error, the data beneath. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "plot/pane_kinds.h"
#include "plot/span.h"

enum { DENSITY = 48 };
static const double ground = 0.16; /* of the panel's height, for the data's density */

/* score -+ sd; sd NULL: score itself. */
static void bounds(const norni_shape *s, double *lo, double *hi) {
    for (size_t i = 0; i < s->n; i++) {
        const double sd = s->sd != NULL && isfinite(s->sd[i]) ? s->sd[i] : 0;
        lo[i] = s->score[i] - sd;
        hi[i] = s->score[i] + sd;
    }
}

/* Weights of the steps, spread evenly within each, in equal bins over [lo, hi]. */
static void spread_weights(const norni_shape *s, double lo, double hi, double *bin) {
    const double per = DENSITY / (hi - lo);
    for (size_t i = 0; i < s->n; i++) {
        const double a = (s->edge[i] - lo) * per, b = (s->edge[i + 1] - lo) * per;
        if (!isfinite(s->weight[i]) || !isfinite(a) || !isfinite(b)) continue;
        const size_t first = a > 0 ? (size_t)(a < DENSITY - 1 ? a : DENSITY - 1) : 0;
        const size_t last = b > 0 ? (size_t)(b < DENSITY - 1 ? b : DENSITY - 1) : 0;
        for (size_t k = first; k <= last; k++) {
            const double from = a > (double)k ? a : (double)k;
            const double to = b < (double)k + 1 ? b : (double)k + 1;
            const double share = b > a ? (to - from) / (b - a) : 1;
            if (share > 0) bin[k] += s->weight[i] * share;
        }
    }
}

/* Boxes of height proportional to bin (m) on the panel's ground, over edges `at` (m + 1). */
static norn_status add_ground(norni_arena *arena, norni_pane *p, norni_layer *layer,
                              const double *at, const double *bin, size_t m, norni_span y,
                              norn_err *err) {
    double *box = norni_arena_get(arena, m, 4 * sizeof *box), most = 0;
    if (box == NULL) return norni_alloc_fail(err, "chart", m, 4 * sizeof *box);
    for (size_t k = 0; k < m; k++)
        most = bin[k] > most ? bin[k] : most;
    if (!(most > 0)) return NORN_OK;
    for (size_t k = 0; k < m; k++) {
        box[k] = at[k];
        box[m + k] = y.lo;
        box[2 * m + k] = at[k + 1];
        box[3 * m + k] = y.lo + 0.8 * ground * (y.hi - y.lo) * (bin[k] / most);
    }
    layer[p->n_layers++] = (norni_layer){.mark = NORNI_MARK_BOXES,
                                         .ink = true,
                                         .opacity = 0.3,
                                         .open = true,
                                         .n = m,
                                         .x = box,
                                         .y = box + m,
                                         .x2 = box + 2 * m,
                                         .y2 = box + 3 * m};
    return NORN_OK;
}

static norn_status add_density(norni_arena *arena, norni_pane *p, norni_layer *layer,
                               const norni_shape *s, norni_span y, norn_err *err) {
    double *at = norni_arena_zero(arena, 2 * DENSITY + 1, sizeof *at);
    double lo = norni_span_drawn(s->edge[0]), hi = norni_span_drawn(s->edge[s->n]);
    if (at == NULL) return norni_alloc_fail(err, "chart", 2 * DENSITY + 1, sizeof *at);
    if (!(hi > lo)) return NORN_OK;
    for (size_t k = 0; k <= DENSITY; k++)
        at[k] = lo + (hi - lo) * ((double)k / DENSITY);
    spread_weights(s, lo, hi, at + DENSITY + 1);
    return add_ground(arena, p, layer, at, at + DENSITY + 1, DENSITY, y, err);
}

/* The y axis with a ground for the density; bars begin at zero. */
static norni_span set_range(norni_pane *p, const double *lo, const double *hi, size_t n,
                            bool grounded, bool from_zero) {
    const double zero = 0;
    norni_span y = norni_span_none();
    norni_span_widen(&y, lo, n);
    norni_span_widen(&y, hi, n);
    norni_span_widen(&y, &zero, from_zero ? 1 : 0);
    y = norni_span_pad(y.lo <= y.hi ? y : (norni_span){0, 0});
    if (grounded) y.lo -= ground / (1 - ground) * (y.hi - y.lo);
    p->y.lo = y.lo;
    p->y.hi = y.hi;
    return y;
}

static void add_steps(norni_pane *p, norni_layer *layer, const norni_shape *s, const double *lo,
                      const double *hi) {
    p->x.tight = true;
    if (s->sd != NULL)
        layer[p->n_layers++] = (norni_layer){.mark = NORNI_MARK_STEPBAND,
                                             .opacity = 0.22,
                                             .n = s->n,
                                             .x = s->edge,
                                             .y = lo,
                                             .y2 = hi};
    layer[p->n_layers++] =
        (norni_layer){.mark = NORNI_MARK_STEP, .n = s->n, .x = s->edge, .y = s->score};
}

/* Places of names: x (n + 1) edges, x + n + 1 (n) middles, then left and right sides of the bars. */
static double *name_places(norni_arena *arena, size_t n) {
    double *x = norni_arena_zero(arena, 5 * n + 1, sizeof *x);
    for (size_t i = 0; x != NULL && i <= n; i++) {
        x[i] = (double)i;
        if (i == n) break;
        x[n + 1 + i] = (double)i + 0.5;
        x[2 * n + 1 + i] = (double)i + 0.2;
        x[3 * n + 1 + i] = (double)i + 0.8;
    }
    return x;
}

static void add_names(norni_pane *p, norni_layer *layer, const norni_shape *s, const double *x,
                      const double *lo, const double *hi) {
    const size_t n = s->n;
    p->x.scale = NORNI_SCALE_NAMES;
    p->x.name = s->name;
    p->x.n_names = n;
    layer[p->n_layers++] = (norni_layer){.mark = NORNI_MARK_BOXES,
                                         .opacity = 0.55,
                                         .n = n,
                                         .x = x + 2 * n + 1,
                                         .y = x + 4 * n + 1,
                                         .x2 = x + 3 * n + 1,
                                         .y2 = s->score};
    if (s->sd != NULL)
        layer[p->n_layers++] = (norni_layer){.mark = NORNI_MARK_SEGMENTS,
                                             .ink = true,
                                             .n = n,
                                             .x = x + n + 1,
                                             .y = lo,
                                             .x2 = x + n + 1,
                                             .y2 = hi};
}

norn_status norni_pane_shape(norni_arena *arena, norni_pane *p, const norni_shape *s,
                             norn_err *err) {
    norni_layer *layer = norni_pane_layers(arena, p, 3);
    double *lo = norni_arena_get(arena, s->n, sizeof *lo),
           *hi = norni_arena_get(arena, s->n, sizeof *hi), *x = NULL;
    if (s->name != NULL) x = name_places(arena, s->n);
    if (!layer || !lo || !hi || (s->name != NULL && !x))
        return norni_alloc_fail(err, "chart", s->n, sizeof *lo);
    if (s->n == 0) return NORN_OK;
    bounds(s, lo, hi);
    const norni_span y = set_range(p, lo, hi, s->n, s->weight != NULL, s->name != NULL);
    p->zero = true;
    if (s->weight != NULL && s->name == NULL)
        NORN_TRY(add_density(arena, p, layer, s, y, err));
    else if (s->weight != NULL)
        NORN_TRY(add_ground(arena, p, layer, x, s->weight, s->n, y, err));
    if (s->name != NULL)
        add_names(p, layer, s, x, lo, hi);
    else
        add_steps(p, layer, s, lo, hi);
    return NORN_OK;
}
