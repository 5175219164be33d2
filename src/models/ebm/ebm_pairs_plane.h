/* One pair in one bag: how many training rows each cut leaves on each side, and the search for the best tree. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_PAIRS_PLANE_H
#define NORNI_EBM_PAIRS_PLANE_H

#include "models/ebm/ebm_pairs_grid.h"

/* Bins are counted from the sides' `least`; a cut at x parts bins [0, x] from [x + 1, n). All that
 * depends on the rows alone, made once for a bag. Tables are (n[0], stride), row-major. */
typedef struct norni_ebm_plane {
    uint32_t n[2];
    size_t stride;        /* n[1], and at least one more, up to a multiple of 8 */
    const uint32_t *rows; /* training rows in [0, x] x [0, y] */
    const double *weight; /* their weight; NULL: the rows' number */
    /* 1 / (weight + reg_lambda) of the parts low/low, low/high, high/low, high/high of the cuts
     * (x, y); -inf where a part is too small for a leaf, and where y is no cut. NULL: the options need
     * the exact search at every cut. */
    const float *inverse[4];
    float inverse_most;
} norni_ebm_plane;

/* The trees of three leaves: a cut of one axis, and one of its sides cut on the other axis. In the
 * order in which interpret tries them: of equal ones the first counts. */
typedef enum norni_ebm_shape {
    NORNI_EBM_Y_THEN_LOW,  /* axis 1 first, then axis 0 on its low side */
    NORNI_EBM_Y_THEN_HIGH, /* ... on its high side */
    NORNI_EBM_X_THEN_LOW,  /* axis 0 first, then axis 1 on its low side */
    NORNI_EBM_X_THEN_HIGH,
} norni_ebm_shape;

typedef struct norni_ebm_tree {
    double worth; /* sum of the leaves' G^2 / W; NaN: no tree is legal */
    norni_ebm_shape shape;
    uint32_t x, y; /* cuts */
} norni_ebm_tree;

/* What a search works in. */
typedef struct norni_ebm_search_room {
    double *sum;    /* (cells) gradients, then their prefix sums */
    double most;    /* the largest |sum| */
    float *rounded; /* (cells) of them, scaled to at most 1 */
    float *best;    /* (n[0]) of each row of cuts */
    float *side[3]; /* (stride) worth of the columns' low and high side; a row of cuts */
} norni_ebm_search_room;

/* Fills the plane from the bag's training rows; tables in `arena`. */
NORN_CHECKED norn_status norni_ebm_plane_make(norni_arena *arena, const norni_ebm_opt *opt,
                                              const norni_ebm_bag *bag,
                                              const norni_ebm_side side[2], norni_ebm_plane *out,
                                              norn_err *err);
/* Room for all of n planes. */
NORN_CHECKED norn_status norni_ebm_search_room_make(norni_arena *arena,
                                                    const norni_ebm_plane *plane, size_t n,
                                                    norni_ebm_search_room *out, norn_err *err);
/* Sums of the training rows' gradients into room->sum, (n[0], stride): prefix sums over both axes. */
void norni_ebm_plane_sums(const norni_ebm_plane *p, const norni_ebm_bag *bag,
                          const norni_ebm_side side[2], norni_ebm_search_room *room);
/* The tree of the largest worth, of those sums. */
norni_ebm_tree norni_ebm_plane_search(const norni_ebm_opt *opt, const norni_ebm_plane *p,
                                      norni_ebm_search_room *room);
/* What the cuts (x, y) make: the four parts low/low, low/high, high/low, high/high, then axis 0's low and
 * high side, then axis 1's. */
enum { NORNI_EBM_PARTS = 8 };
typedef struct norni_ebm_parts {
    double g[NORNI_EBM_PARTS]; /* sums of gradients */
    double w[NORNI_EBM_PARTS]; /* weights */
    int64_t rows[NORNI_EBM_PARTS];
} norni_ebm_parts;
/* sum NULL: only weights and rows. */
norni_ebm_parts norni_ebm_plane_parts(const norni_ebm_plane *p, const double *sum, uint32_t x,
                                      uint32_t y);
/* Whether part k may be a leaf. */
static inline bool norni_ebm_is_leaf(const norni_ebm_opt *o, const norni_ebm_parts *c, int k) {
    const double least = o->min_hessian > DBL_MIN ? o->min_hessian : DBL_MIN;
    return c->rows[k] > 0 && c->rows[k] >= o->min_samples_leaf && c->w[k] >= least;
}

#endif
