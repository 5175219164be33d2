/* exp, log, pow and tanh with the same bits on every machine. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Only plain IEEE operations, correctly rounded everywhere, so that no result depends on the CPU;
 * no fma, which a baseline build would have to emulate. The method is P. Tang's table lookup (ACM
 * TOMS 15, 1989, exp; 16, 1990, log); the series are Taylor's: exp x  x = (128 k + j) log(2)/128 +
 * r, |r| <= log(2)/256: 2^k 2^(j/128) (1 + r + r^2/2 + ... + r^5/120) log x  x = 2^k z, 1/c near
 * 1/z from the table, r = z/c - 1, |r| < 2^-7.5: k log 2 + log c + log(1 + r) pow    exp(y log x)
 * with log x and the product in double-double (an unevaluated sum of two doubles) tanh   E/(E + 2),
 * E = exp(2|x|) - 1 in double-double Departing from the paper, the reduced argument of log is exact
 * (1/c has 10 bits) and near 1 nothing special is done: there c is
 * 1. Products are made exact by cutting factors at 26 bits. */
#include "base/fp.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "fp_table.h"

typedef struct pair {
    double hi, lo;
} pair;

static uint64_t bits_of(double x) {
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static double from_bits(uint64_t b) {
    double x;
    memcpy(&x, &b, sizeof x);
    return x;
}

/* The upper 26 bits of x's 53: a product of two such is exact. */
static double upper_half(double x) {
    return from_bits(bits_of(x) & ~((UINT64_C(1) << 27) - 1));
}

static pair quick_sum(double a, double b) { /* |a| >= |b| or a == 0 */
    const double s = a + b;
    return (pair){s, (a - s) + b};
}

/* x 2^k for any k, rounded once at the end. */
static double scale(double x, int64_t k) {
    if (k > 1023) {
        x *= 0x1p1023;
        k -= 1023;
        if (k > 1023) k = 1023;
    } else if (k < -1022) {
        x *= 0x1p-969; /* keeps 53 bits until the last product */
        k += 969;
        if (k < -1022) k = -1022;
    }
    return x * from_bits((uint64_t)(k + 1023) << 52);
}

/* What exp's argument is cut into: n steps of log(2)/128 and the rest. */
typedef struct exp_parts {
    int64_t n;
    pair rest;
} exp_parts;

static exp_parts cut_steps(double x) {
    const double round = 0x1.8p52; /* adding it leaves the nearest integer in the low bits */
    const double shifted = x * exp_steps_per_one + round, n = shifted - round;
    const double rest = x - n * exp_step_head; /* exact: the head has 33 bits */
    const double tail = n * exp_step_tail, r = rest - tail;
    return (exp_parts){(int64_t)n, {r, (rest - r) - tail}};
}

/* e^r - 1 - r for |r| <= log(2)/256. */
static double exp_tail(double r) {
    return r * r * ((1.0 / 2 + r * (1.0 / 6)) + r * r * (1.0 / 24 + r * (1.0 / 120)));
}

/* exp(hi + lo), |lo| far below |hi| or 2^-50. */
static double exp_pair(double hi, double lo) {
    if (!(hi < 709.8)) return (double)INFINITY;
    if (hi < -745.2) return 0;
    const exp_parts c = cut_steps(hi);
    const double *t = exp_table[c.n & (FP_TABLE_SIZE - 1)];
    const double r = c.rest.hi + (c.rest.lo + lo);
    const double value = t[0] + (t[1] + t[0] * (r + exp_tail(r)));
    const int64_t k = c.n >> 7;
    if (k >= -1022 && k <= 1022) return value * from_bits((uint64_t)(k + 1023) << 52);
    return scale(value, k);
}

double norni_exp(double x) {
    return x != x ? x : exp_pair(x, 0);
}

/* What log's argument is cut into: log x = (k log 2 + log c) + log(1 + r.hi + r.lo). The first two
 * are head (exact) and tail. */
typedef struct log_parts {
    pair base, r;
} log_parts;

/* x finite and positive. */
static log_parts cut_logarithm(double x) {
    uint64_t b = bits_of(x);
    double k = 0;
    if (b < UINT64_C(1) << 52) {
        b = bits_of(x * 0x1p54);
        k = -54;
    }
    const int64_t from_first = (int64_t)(b - log_first);
    const int64_t e = from_first >> 52;
    const double *row = log_table[(from_first >> 45) & (FP_TABLE_SIZE - 1)];
    const double z = from_bits(b - ((uint64_t)e << 52)), z_hi = upper_half(z);
    const pair r = quick_sum(z_hi * row[0] - 1, (z - z_hi) * row[0]); /* all but the sum exact */
    k += (double)e;
    return (log_parts){{k * ln2_head + row[1], k * ln2_tail + row[2]}, r};
}

double norni_log(double x) {
    if (!(x > 0)) return x == 0 ? -(double)INFINITY : (double)NAN;
    if (x == (double)INFINITY) return x;
    const log_parts c = cut_logarithm(x);
    const double r = c.r.hi, r2 = r * r;
    const pair sum = quick_sum(c.base.hi, r);
    const double series = (-1.0 / 2 + r * (1.0 / 3)) +
                          r2 * ((-1.0 / 4 + r * (1.0 / 5)) + r2 * (-1.0 / 6 + r * (1.0 / 7)));
    return sum.hi + ((sum.lo + (c.r.lo + c.base.lo)) + r2 * series);
}

/* log x to about 2^-68 relative; x finite and positive. */
static pair log_pair(double x) {
    const log_parts c = cut_logarithm(x);
    const double r = c.r.hi, r2 = r * r, r_hi = upper_half(r), r_lo = r - r_hi;
    const pair first = quick_sum(c.base.hi, r);
    const pair second =
        quick_sum(first.hi, -0.5 * r_hi * r_hi); /* exact; the rest of r^2/2 follows */
    const double odd = (1.0 / 3 + r * (-1.0 / 4)) + r2 * (1.0 / 5 + r * (-1.0 / 6));
    const double series = odd + r2 * r2 * ((1.0 / 7 + r * (-1.0 / 8)) + r2 * (1.0 / 9));
    const double square_rest = -0.5 * (r + r_hi) * r_lo;
    const double low =
        (first.lo + second.lo) + (c.base.lo + c.r.lo * (1 - r)) + (square_rest + r2 * r * series);
    return quick_sum(second.hi, low);
}

static bool is_integer(double y) {
    return fabs(y) >= 0x1p53 || (double)(int64_t)y == y;
}

/* C99 7.12.7.4 and F.9.4.4: everything but finite non-zero x (x != 1) and finite non-zero y. `sign`
 * is the result's. */
static double pow_special(double x, double y, double sign) {
    if (x != x || y != y) return (double)NAN;
    if (fabs(y) == (double)INFINITY) {
        if (x == -1) return 1;
        return (fabs(x) > 1) == (y > 0) ? (double)INFINITY : 0;
    }
    return (x == 0) == (y < 0) ? sign * (double)INFINITY : sign * 0.0;
}

double norni_pow(double x, double y) {
    if (y == 0 || x == 1) return 1;
    const bool finite = fabs(x) < (double)INFINITY && fabs(y) < (double)INFINITY;
    double sign = 1;
    if (signbit(x) && fabs(y) < 0x1p53 && is_integer(y) && ((int64_t)y & 1)) sign = -1;
    if (!finite || x == 0) return pow_special(x, y, sign);
    if (x < 0 && !is_integer(y)) return (double)NAN;
    const pair l = log_pair(fabs(x));
    const double about = l.hi * y;
    if (!(fabs(about) < 1e4)) return about > 0 ? sign * (double)INFINITY : sign * 0.0;
    const double l_hi = upper_half(l.hi), y_hi = upper_half(y);
    const pair p = quick_sum(l_hi * y_hi, (l_hi * (y - y_hi) + (l.hi - l_hi) * y) + l.lo * y);
    return sign * exp_pair(p.hi, p.lo);
}

/* e^x - 1 for 0 <= x <= 0.3 (Taylor) or 0.3 < x <= 40 (table), to about 2^-60 relative. */
static pair expm1_pair(double x) {
    if (x <= 0.3) {
        double p = 1.0 / 6227020800.0; /* 1/13! */
        static const double inverse[] = {
            1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
            1.0 / 5040,      1.0 / 720,      1.0 / 120,     1.0 / 24,     1.0 / 6};
        for (size_t i = 0; i < sizeof inverse / sizeof inverse[0]; i++)
            p = inverse[i] + x * p;
        const double x_hi = upper_half(x);
        const pair square = quick_sum(x, 0.5 * x_hi * x_hi);
        return quick_sum(square.hi, square.lo + (0.5 * (x + x_hi) * (x - x_hi) + x * x * x * p));
    }
    const exp_parts c = cut_steps(x);
    const double *t = exp_table[c.n & (FP_TABLE_SIZE - 1)],
                 two = from_bits((uint64_t)((c.n >> 7) + 1023) << 52);
    const double head = two * t[0], r = c.rest.hi;
    const pair less = quick_sum(head, -1);
    const pair sum = quick_sum(less.hi, head * r);
    return quick_sum(
        sum.hi, (sum.lo + less.lo) + (head * (exp_tail(r) + c.rest.lo) + two * t[1] * (1 + r)));
}

double norni_tanh(double x) {
    const double a = fabs(x);
    if (x != x || a < 0x1p-28) return x;
    if (a > 20) return x < 0 ? -1 : 1;
    const pair e = expm1_pair(2 * a);
    pair d = e.hi >= 2 ? quick_sum(e.hi, 2) : quick_sum(2, e.hi);
    d.lo += e.lo;
    const double q = e.hi / d.hi, q_hi = upper_half(q), d_hi = upper_half(d.hi);
    const double rest = ((e.hi - q_hi * d_hi) - q_hi * (d.hi - d_hi)) - (q - q_hi) * d.hi;
    const double t = q + ((rest + e.lo) - q * d.lo) / d.hi;
    return x < 0 ? -t : t;
}
