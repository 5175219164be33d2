/* The product of two blocks of rows, written once; prophet_climb_rows.c includes it per instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes run across columns and every entry adds its rows in order, so that no width of a register
 * shows in a sum. No fused multiply-add. */

#define ROWS_INLINE static inline __attribute__((always_inline)) ROWS_TARGET

typedef double FN(vec) __attribute__((vector_size(32), aligned(8), may_alias));

/* Four columns of left, one number at a time, by eight or four of right: the sums stay in
 * registers. */
ROWS_INLINE void FN(tile)(size_t rows, const double *left, size_t left_ld, const double *right,
                          size_t right_ld, double *sum, size_t ld, const size_t pair) {
    FN(vec) acc[4][2] = {{{0}}};
    for (size_t i = 0; i < rows; i++) {
        const double *l = left + i * left_ld;
        const FN(vec) *r = (const FN(vec) *)(const void *)(right + i * right_ld);
        for (size_t a = 0; a < 4; a++)
            for (size_t b = 0; b < pair; b++)
                acc[a][b] += l[a] * r[b];
    }
    for (size_t a = 0; a < 4; a++)
        for (size_t b = 0; b < pair; b++)
            ((FN(vec) *)(void *)(sum + a * ld))[b] += acc[a][b];
}

ROWS_TARGET static void FN(product)(size_t rows, const double *left, size_t n_left, size_t left_ld,
                                    const double *right, size_t n_right, size_t right_ld,
                                    double *sum, size_t ld) {
    for (size_t a = 0; a < n_left; a += 4) {
        double *to = sum + a * ld;
        size_t b = 0;
        for (; b + 8 <= n_right; b += 8)
            FN(tile)(rows, left + a, left_ld, right + b, right_ld, to + b, ld, 2);
        if (b < n_right) FN(tile)(rows, left + a, left_ld, right + b, right_ld, to + b, ld, 1);
    }
}

#undef ROWS_INLINE
