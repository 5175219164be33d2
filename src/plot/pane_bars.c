/* Panels of bars: horizontal ones under names, upright ones in groups, and a waterfall. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "plot/pane_kinds.h"

/* Four arrays of n, one behind the other. */
static double *get_boxes(norni_arena *arena, norni_layer *l, size_t n) {
    double *at = norni_arena_get(arena, n, 4 * sizeof *at);
    if (at == NULL) return NULL;
    l->mark = NORNI_MARK_BOXES;
    l->x = at;
    l->y = at + n;
    l->x2 = at + 2 * n;
    l->y2 = at + 3 * n;
    return at;
}

/* Bars from `from` to `to` (n each): where some fall, risen ones in the colour of what adds. */
static norn_status add_bars(norni_arena *arena, norni_pane *p, const norni_str *name,
                            const double *from, const double *to, size_t n, bool falls,
                            norn_err *err) {
    norni_layer *layer = norni_pane_layers(arena, p, 2);
    if (layer == NULL) return norni_alloc_fail(err, "chart", 2, sizeof *layer);
    p->y.scale = NORNI_SCALE_NAMES;
    p->y.name = name;
    p->y.n_names = n;
    p->upright = true;
    for (size_t sign = 0; sign < 2; sign++) {
        norni_layer *l = &layer[p->n_layers++];
        double *at = get_boxes(arena, l, n);
        if (at == NULL) return norni_alloc_fail(err, "chart", n, 4 * sizeof *at);
        l->colour = falls && sign == 0 ? 5 : 0;
        for (size_t i = 0; i < n; i++) {
            if (!isfinite(from[i]) || !isfinite(to[i]) || (to[i] < from[i]) != (sign == 1))
                continue;
            at[l->n] = from[i];
            at[n + l->n] = (double)i + 0.16;
            at[2 * n + l->n] = to[i];
            at[3 * n + l->n++] = (double)i + 0.84;
        }
    }
    return NORN_OK;
}

norn_status norni_pane_bars(norni_arena *arena, norni_pane *p, const norni_str *name,
                            const double *v, size_t n, norn_err *err) {
    double *zero = norni_arena_zero(arena, n, sizeof *zero);
    if (zero == NULL) return norni_alloc_fail(err, "chart", n, sizeof *zero);
    bool falls = false;
    for (size_t i = 0; i < n; i++)
        falls = falls || v[i] < 0;
    return add_bars(arena, p, name, zero, v, n, falls, err);
}

norn_status norni_pane_waterfall(norni_arena *arena, norni_pane *p, const norni_str *name,
                                 const double *v, size_t n, double base, norn_err *err) {
    double *at = norni_arena_get(arena, n + 1, sizeof *at);
    if (at == NULL) return norni_alloc_fail(err, "chart", n + 1, sizeof *at);
    at[0] = base;
    for (size_t i = 0; i < n; i++)
        at[i + 1] = at[i] + (isfinite(v[i]) ? v[i] : 0);
    return add_bars(arena, p, name, at, at + 1, n, true, err);
}

norn_status norni_pane_groups(norni_arena *arena, norni_pane *p, const norni_str *name, size_t n,
                              const norni_str *group, const double *value, size_t n_groups,
                              norn_err *err) {
    norni_layer *layer = norni_pane_layers(arena, p, n_groups);
    if (layer == NULL) return norni_alloc_fail(err, "chart", n_groups, sizeof *layer);
    const double first = name != NULL ? 0 : 0.5, wide = 0.76 / (double)n_groups;
    p->x.scale = name != NULL ? NORNI_SCALE_NAMES : NORNI_SCALE_WHOLE;
    p->x.name = name;
    p->x.n_names = name != NULL ? n : 0;
    p->x.lo = name != NULL ? 0 : 0.5;
    p->x.hi = name != NULL ? 0 : (double)n + 0.5;
    p->zero = true;
    for (size_t g = 0; g < n_groups; g++) {
        norni_layer *l = &layer[p->n_layers++];
        double *at = get_boxes(arena, l, n);
        if (at == NULL) return norni_alloc_fail(err, "chart", n, 4 * sizeof *at);
        l->colour = g;
        l->n = n;
        if (group != NULL) l->name = group[g];
        for (size_t i = 0; i < n; i++) {
            at[i] = first + (double)i + 0.12 + wide * (double)g;
            at[n + i] = 0;
            at[2 * n + i] = at[i] + wide * 0.94;
            at[3 * n + i] = value[g * n + i];
        }
    }
    return NORN_OK;
}
