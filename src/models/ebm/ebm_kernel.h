/* The passes over rows and bins that boosting of main effects spends its time in. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_KERNEL_H
#define NORNI_EBM_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one update adds: in slots up to and with `cut` left, behind it right; in slot 0 zero, when
 * `zero_apart` (missing values with a leaf of their own). */
typedef struct ebm_shift {
    const uint16_t *slot; /* of the rows */
    uint32_t cut;
    bool zero_apart;
    double zero, left, right;
} ebm_shift;

/* Slots of a histogram in several ways; they lie so far apart that ways do not share cache sets. */
enum { EBM_WAY = 1056 };
enum { EBM_PIECES = 8, EBM_PIECES_MOST = 48 };
/* What several updates of one column add: value[i] in slots up to end[i] and above end[i - 1]. */
typedef struct ebm_pieces {
    const uint16_t *slot; /* of the rows */
    size_t n;             /* the kernel takes 2 to EBM_PIECES */
    uint32_t end[EBM_PIECES_MOST];
    double value[EBM_PIECES_MOST];
} ebm_pieces;

/* Sums over rows of what stands in them after the shift. */
typedef struct ebm_sums {
    double all, left; /* left: rows whose slot is at most the next cut */
} ebm_sums;

/* The best cut in a histogram. */
typedef struct ebm_best {
    double gain;  /* G_L^2 / W_L + G_R^2 / W_R; 0: there is none */
    uint32_t cut; /* the last slot on the left */
    double left, all;
} ebm_best;

/* Every set of instructions adds in the same order: row i goes to lane i % 32. */
typedef struct ebm_kernel {
    const char *name;
    /* r (n) += shift. */
    void (*shift)(double *r, size_t n, const ebm_shift *by);
    void (*pieces)(double *r, size_t n, const ebm_pieces *by);
    /* out (n) += by weight (n). */
    void (*add)(double *out, const double *weight, size_t n, double by);
    /* As shift; returns the (weighted) sum of the squares afterwards. weight (n) or NULL, here and
     * below. */
    double (*square)(double *r, size_t n, const ebm_shift *by, const double *weight);
    /* The same; sums for a cut of the next column: next (n) its slots. by NULL: no shift. */
    ebm_sums (*sum)(double *r, size_t n, const ebm_shift *by, const double *weight,
                    const uint16_t *next, uint32_t cut);
    /* Sums g (n_ways, EBM_WAY) of n slots over the ways into its first row, and finds the best cut. n
     * is rounded up to a multiple of 8: all arrays have zeros there; a cut that is not legal has
     * zeros in left and right (1 / weight of the slots up to it, and behind it). prefix (n):
     * scratch. */
    ebm_best (*best)(double *g, size_t n, size_t n_ways, const double *left, const double *right,
                     double *prefix);
} ebm_kernel;

enum { EBM_SIMD_BASE, EBM_SIMD_AVX2, EBM_SIMD_AVX512 };
/* The best that the machine and `cap` allow. */
const ebm_kernel *ebm_kernel_get(int cap);

/* g (n_ways, EBM_WAY): slot[i] of one of the ways += r[i] (times its weight; NULL: 1). One way: g may
 * be of any length. */
void ebm_scatter(const double *r, const double *weight, const uint16_t *slot, size_t n, double *g,
                 size_t n_ways);

#endif
