/* The climb's one heavy loop: products of columns over a block of rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/prophet/prophet_climb_parts.h"

#define ROWS_TARGET
#define FN(x) rows_base_##x
#include "models/prophet/prophet_climb_rows_body.h"
#undef ROWS_TARGET
#undef FN

#if defined(__x86_64__)
#    define ROWS_TARGET __attribute__((target("avx2")))
#    define FN(x)       rows_avx2_##x
#    include "models/prophet/prophet_climb_rows_body.h"
#    undef ROWS_TARGET
#    undef FN
#endif

void climb_rows_product_plain(size_t rows, const double *left, size_t n_left, size_t left_ld,
                              const double *right, size_t n_right, size_t right_ld, double *sum,
                              size_t ld) {
    rows_base_product(rows, left, n_left, left_ld, right, n_right, right_ld, sum, ld);
}

void climb_rows_product(size_t rows, const double *left, size_t n_left, size_t left_ld,
                        const double *right, size_t n_right, size_t right_ld, double *sum,
                        size_t ld) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        rows_avx2_product(rows, left, n_left, left_ld, right, n_right, right_ld, sum, ld);
        return;
    }
#endif
    rows_base_product(rows, left, n_left, left_ld, right, n_right, right_ld, sum, ld);
}
