/* Numbers as text: the shortest digits that read back as the same double. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: R. Giulietti, "The Schubfach way to render doubles" (2020). With v = c 2^q and its
 * rounding interval, one power of ten scales the interval so that it holds at least one and at most
 * a few integers; the shortest, then the nearest, is chosen. */
#include <math.h>
#include <string.h>

#include "base/numtext.h"
#include "pow10_table.h"

__extension__ typedef unsigned __int128 u128;

typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

/* floor(log10(2^e)), floor(log10(3/4 2^e)), floor(log2(10^e)) for |e| <= 1650: fixed-point
 * products, exact on that range. */
static int floor_log10_pow2(int e) {
    return (e * 1262611) >> 22;
}
static int floor_log10_three_quarters(int e) {
    return (e * 1262611 - 524031) >> 22;
}
static int floor_log2_pow10(int e) {
    return (e * 1741647) >> 19;
}

/* The upper word of g*c with the lower bits folded into the last one, so that comparisons stay
 * right. */
static uint64_t scale_to_odd(const uint64_t g[2], uint64_t c) {
    const u128 low = (u128)g[1] * c, high = (u128)g[0] * c;
    const u128 sum = high + (uint64_t)(low >> 64);
    return (uint64_t)(sum >> 64) | ((uint64_t)sum > 1);
}

static decimal shortest(uint64_t fraction, unsigned exponent_bits) {
    const uint64_t c = exponent_bits ? fraction | UINT64_C(1) << 52 : fraction;
    const int q = exponent_bits ? (int)exponent_bits - 1075 : -1074;
    const bool even = c % 2 == 0, closer_below = fraction == 0 && exponent_bits > 1;
    const int k = closer_below ? floor_log10_three_quarters(q) : floor_log10_pow2(q);
    const int h = q + floor_log2_pow10(-k) + 1;
    uint64_t g[2] = {pow10_words[-k - POW10_LOWEST][0], pow10_words[-k - POW10_LOWEST][1]};
    if (!(-k >= 0 && -k <= 55) && ++g[1] == 0)
        g[0]++; /* the paper rounds up; 10^0 to 10^55 are exact */
    const uint64_t lower = scale_to_odd(g, (4 * c - 2 + closer_below) << h) + !even;
    const uint64_t middle = scale_to_odd(g, 4 * c << h);
    const uint64_t upper = scale_to_odd(g, (4 * c + 2) << h) - !even;
    const uint64_t s = middle / 4;
    if (s >= 10) {
        const uint64_t tens = s / 10;
        const bool below_in = lower <= 40 * tens, above_in = 40 * tens + 40 <= upper;
        if (below_in != above_in) return (decimal){tens + above_in, k + 1};
    }
    const bool below_in = lower <= 4 * s, above_in = 4 * s + 4 <= upper;
    if (below_in != above_in) return (decimal){s + above_in, k};
    const uint64_t half = 4 * s + 2;
    return (decimal){s + (middle > half || (middle == half && s % 2 == 1)), k};
}

static const char digit_pairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596"
    "979899";

/* Digits of x right-aligned at end; returns how many. */
static size_t put_digits(char *end, uint64_t x) {
    char *p = end;
    while (x >= 100) {
        p -= 2;
        memcpy(p, digit_pairs + 2 * (x % 100), 2);
        x /= 100;
    }
    if (x >= 10) {
        p -= 2;
        memcpy(p, digit_pairs + 2 * x, 2);
    } else {
        *--p = (char)('0' + x);
    }
    return (size_t)(end - p);
}

size_t norni_int_print(char *out, int64_t x) {
    char text[24];
    const bool negative = x < 0;
    const size_t n = put_digits(text + sizeof text, negative ? 0 - (uint64_t)x : (uint64_t)x);
    if (negative) *out++ = '-';
    memcpy(out, text + sizeof text - n, n);
    return n + negative;
}

/* digits 10^exponent as plain or scientific text. */
static size_t put_decimal(char *out, decimal d) {
    char text[24];
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    const size_t n = put_digits(text + sizeof text, d.digits);
    const char *digit = text + sizeof text - n;
    const int point = (int)n + d.exponent; /* digits before the point */
    char *p = out;
    if (point > 16 || point < -4) {
        *p++ = digit[0];
        if (n > 1) {
            *p++ = '.';
            memcpy(p, digit + 1, n - 1);
            p += n - 1;
        }
        *p++ = 'e';
        p += norni_int_print(p, point - 1);
    } else if (point <= 0) {
        memcpy(p, "0.", 2);
        memset(p + 2, '0', (size_t)-point);
        memcpy(p + 2 - point, digit, n);
        p += 2 + (size_t)-point + n;
    } else if ((size_t)point >= n) {
        memcpy(p, digit, n);
        memset(p + n, '0', (size_t)point - n);
        p += point;
    } else {
        memcpy(p, digit, (size_t)point);
        p[point] = '.';
        memcpy(p + point + 1, digit + point, n - (size_t)point);
        p += n + 1;
    }
    return (size_t)(p - out);
}

size_t norni_num_print(char *out, double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const bool negative = bits >> 63 && x != 0;
    const unsigned exponent_bits = (unsigned)(bits >> 52) & 0x7FF;
    if (exponent_bits == 0x7FF) {
        const char *word = x != x ? "nan" : negative ? "-inf" : "inf";
        memcpy(out, word, strlen(word));
        return strlen(word);
    }
    if (fabs(x) < 9e15 && x == (double)(int64_t)x) return norni_int_print(out, (int64_t)x);
    if (negative) *out++ = '-';
    return put_decimal(out, shortest(bits & ((UINT64_C(1) << 52) - 1), exponent_bits)) + negative;
}
