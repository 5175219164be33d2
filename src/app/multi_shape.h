/* A term of an explanation as it is drawn: only the bins of values, thinned, with their edges. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_SHAPE_H
#define NORNI_MULTI_SHAPE_H

#include "models/explanation.h"
#include "plot/pane_kinds.h"

/* Whether the axis has a bin for each name; a learner that knows no names leaves them codes 0, 1, ... */
static inline bool norni_axis_is_nominal(const norni_term_axis *a) {
    return !a->linear && (a->category != NULL || a->n_bins != a->n_cuts + 3);
}
/* The k-th name, or its code in `room`. */
norni_str norni_axis_name(const norni_term_axis *a, size_t k, char room[24]);

typedef enum norni_sight {
    NORNI_SIGHT_NONE, /* there is nothing to draw */
    NORNI_SIGHT_LINE,
    NORNI_SIGHT_STEPS,
    NORNI_SIGHT_NAMES,
    NORNI_SIGHT_PAIR,
} norni_sight;

/* An axis' cells: edges (n + 1), or names (n) and no edges. */
typedef struct norni_sight_axis {
    norni_str label;
    size_t n;
    const double *edge;
    const norni_str *name;
} norni_sight_axis;

typedef struct norni_term_sight {
    norni_sight kind;
    norni_sight_axis x, y; /* y: a pair's second axis, the columns */
    norni_shape shape;     /* LINE: two edges' values in score (2); STEPS, NAMES */
    const double *value;   /* PAIR: (x.n, y.n) */
    bool any_missing;      /* rows with the value missing were seen; they get: */
    double missing;
} norni_term_sight;

/* Lives in the arena and borrows from the term; at most `most` bins along an axis (neighbours are
 * joined, weighted; of a pair's cells every so many-th is taken). */
NORN_CHECKED norn_status norni_term_sight_of(norni_arena *arena, const norni_term *term,
                                             size_t most, norni_term_sight *out, norn_err *err);
/* Adds it to a pane that bears its title. */
NORN_CHECKED norn_status norni_term_sight_draw(norni_arena *arena, const norni_term_sight *s,
                                               norni_pane *pane, norn_err *err);
/* The explanation's terms by their importance, the most important first: out (n_terms), in the arena. */
NORN_CHECKED norn_status norni_terms_order(norni_arena *arena, const norni_explanation *why,
                                           size_t **out, norn_err *err);

#endif
