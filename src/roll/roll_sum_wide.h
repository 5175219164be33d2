/* Sums of doubles without any rounding: a fixed-point number as wide as the exponents reach. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLL_SUM_WIDE_H
#define NORNI_ROLL_SUM_WIDE_H

#include <stddef.h>
#include <stdint.h>

enum { NORNI_WIDE_DIGITS = 70 }; /* 2098 bits of a double's range, and carries */

/* Digit i counts multiples of 2^(32 i - 1074); digits may be negative and larger than 32 bits. */
typedef struct norni_wide {
    int64_t digit[NORNI_WIDE_DIGITS];
    uint32_t n_pending; /* additions since the last carry */
    int32_t low, high;  /* digits below low and above high are 0; low > high: all */
} norni_wide;

void norni_wide_clear(norni_wide *s);
void norni_wide_add(norni_wide *s, double x); /* x finite; what was added comes out with -x */
/* The sum times 2^shift rounded to the nearest double, ties to even (+-inf beyond the range). */
double norni_wide_round(const norni_wide *s, int shift);

#endif
