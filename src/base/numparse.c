/* Numbers from text: the exactly rounded double of a decimal. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Three steps: exact doubles for short numbers (W. Clinger 1990); a 64 x 128-bit product with a
 * known error bound for nearly all others (after D. Lemire, "Number parsing at a gigabyte per
 * second", 2021), accepted only when both ends of the error interval round alike; else exact
 * integer comparison with the midpoint. */
#include <string.h>

#include "base/numtext.h"
#include "pow10_table.h"

__extension__ typedef unsigned __int128 u128;

enum { MOST_DIGITS = 800, WORDS = 96 };

/* A decimal as scanned: the first 19 significant digits as a number, and where all of them stand.
 */
typedef struct scanned {
    const char *first, *end; /* significant digits, a '.' may lie between */
    uint64_t digits;         /* the first 19 */
    int64_t exponent;        /* of `digits` */
    bool more;               /* further non-zero digits follow */
    bool negative;
} scanned;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Takes the digits around the point. Returns false when there is none. */
static bool scan_digits(const char **p, const char *end, scanned *s) {
    const char *at = *p;
    bool any = false, point = false;
    int count = 0;
    s->first = NULL;
    for (; at < end && (is_digit(*at) || (*at == '.' && !point)); at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        any = true;
        if (point) s->exponent--;
        if (s->first == NULL && *at == '0') continue;
        if (s->first == NULL) s->first = at;
        if (count < 19) {
            s->digits = 10 * s->digits + (uint64_t)(*at - '0');
            count++;
        } else {
            s->exponent++;
            s->more = s->more || *at != '0';
        }
    }
    s->end = at;
    *p = at;
    return any;
}

static bool scan_exponent(const char **p, const char *end, int64_t *exponent) {
    const char *at = *p + 1;
    bool negative = false, any = false;
    int64_t value = 0;
    if (at < end && (*at == '+' || *at == '-')) negative = *at++ == '-';
    for (; at < end && is_digit(*at); at++) {
        any = true;
        if (value < INT64_C(1000000000000000)) value = 10 * value + (*at - '0');
    }
    *exponent += negative ? -value : value;
    *p = at;
    return any;
}

/* Rounds a 192-bit value w (w[0] highest, top bit of w[0] set or just below) times 2^e to a
 * double's bits; *inexact_half says that the bits behind the last kept one are exactly one half. */
static uint64_t round_bits(const uint64_t w_in[3], int e, bool *overflow) {
    uint64_t w[3] = {w_in[0], w_in[1], w_in[2]};
    if (w[0] >> 63 == 0) {
        w[0] = w[0] << 1 | w[1] >> 63;
        w[1] = w[1] << 1 | w[2] >> 63;
        w[2] <<= 1;
        e--;
    }
    /* value = w 2^e with w in [2^191, 2^192): its exponent is e + 191. */
    int drop = 11; /* bits of w[0] that do not fit 53 */
    int biased = e + 191 + 1023;
    if (biased <= 0) {
        drop += 1 - biased;
        biased = 0;
    }
    *overflow = false;
    if (drop > 64) return 0;
    const uint64_t kept = drop == 64 ? 0 : w[0] >> drop;
    const uint64_t half = UINT64_C(1) << (drop - 1),
                   rest = drop == 64 ? w[0] : w[0] & (2 * half - 1);
    const bool sticky = w[1] != 0 || w[2] != 0;
    const bool up = rest > half || (rest == half && (sticky || kept % 2 == 1));
    uint64_t bits = biased > 0 ? ((uint64_t)biased << 52) + (kept - (UINT64_C(1) << 52)) : kept;
    bits += up;
    *overflow = bits >= UINT64_C(0x7FF) << 52;
    return bits;
}

/* w = digits * 10^q (floored table) as 192 bits; the true value lies in [w, w + 2^64 * 2). false
 * when the ends round apart. */
static bool product_bits(uint64_t digits, int64_t q, bool more, uint64_t *bits, bool *overflow) {
    const int shift = __builtin_clzll(digits);
    const uint64_t c = digits << shift, *g = pow10_words[q - POW10_LOWEST];
    const u128 low = (u128)g[1] * c, high = (u128)g[0] * c + (uint64_t)(low >> 64);
    const uint64_t w[3] = {(uint64_t)(high >> 64), (uint64_t)high, (uint64_t)low};
    /* 10^q = g 2^(floor(log2 10^q) - 127) */
    const int e = (int)((q * 217706) >> 16) - 127 - shift;
    *bits = round_bits(w, e, overflow);
    const bool exact = q >= 0 && q <= 55 && !more;
    if (exact) return true;
    uint64_t above[3] = {w[0], w[1], w[2]};
    const uint64_t add =
        more ? (UINT64_C(1) << shift) + 1 : 1; /* digits + 1 bounds what follows the 19th digit */
    if (more) {
        const u128 extra = (u128)g[0] * add;
        const u128 sum = ((u128)w[0] << 64 | w[1]) + extra + 2;
        if (sum < extra) return false;
        above[0] = (uint64_t)(sum >> 64);
        above[1] = (uint64_t)sum;
    } else {
        if (++above[1] == 0 && ++above[0] == 0) return false;
    }
    bool over_above;
    return round_bits(above, e, &over_above) == *bits && over_above == *overflow;
}

/* Little-endian integer of fixed size: 96 words hold 10^800 2^1100 and what is compared with it. */
typedef struct big {
    uint64_t w[WORDS];
    int n;
} big;

static void big_mul_add(big *b, uint64_t factor, uint64_t add) {
    u128 carry = add;
    for (int i = 0; i < b->n; i++) {
        carry += (u128)b->w[i] * factor;
        b->w[i] = (uint64_t)carry;
        carry >>= 64;
    }
    if (carry != 0 && b->n < WORDS) b->w[b->n++] = (uint64_t)carry;
}

static void big_shift(big *b, int bits) {
    const int words = bits / 64, rest = bits % 64;
    for (int i = 0; i < rest; i += 32)
        big_mul_add(b, UINT64_C(1) << (rest - i < 32 ? rest - i : 32), 0);
    if (words > 0 && b->n > 0 && b->n + words <= WORDS) {
        memmove(b->w + words, b->w, (size_t)b->n * sizeof b->w[0]);
        memset(b->w, 0, (size_t)words * sizeof b->w[0]);
        b->n += words;
    }
}

static void big_scale_ten(big *b, int64_t power) {
    for (; power >= 19; power -= 19)
        big_mul_add(b, UINT64_C(10000000000000000000), 0);
    for (; power > 0; power--)
        big_mul_add(b, 10, 0);
}

static int big_compare(const big *a, const big *b) {
    if (a->n != b->n) return a->n > b->n ? 1 : -1;
    for (int i = a->n - 1; i >= 0; i--) {
        if (a->w[i] != b->w[i]) return a->w[i] > b->w[i] ? 1 : -1;
    }
    return 0;
}

/* The exact answer: bits is right or one too low or high; compares the decimal with the midpoints
 * around it. */
static uint64_t exact_bits(const scanned *s, uint64_t bits) {
    big decimal = {{0}, 0};
    int64_t exponent = s->exponent;
    int count = 0;
    bool tail = false;
    for (const char *p = s->first; p < s->end; p++) {
        if (*p == '.') continue;
        if (count < MOST_DIGITS)
            big_mul_add(&decimal, 10, (uint64_t)(*p - '0'));
        else
            tail = tail || *p != '0';
        if (count >= 19 && count < MOST_DIGITS)
            exponent--; /* s->exponent belongs to the first 19 digits */
        count++;
    }
    if (tail)
        big_mul_add(&decimal, 10, 1),
            exponent--;   /* a digit that stands for the rest: never a tie */
    if (bits > 0) bits--; /* start at or below the answer */
    for (int step = 0; step < 4; step++) {
        /* midpoint above `bits`: (2m + 1) 2^(e - 1) */
        const uint64_t field = bits >> 52,
                       m = field ? (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52 : bits;
        const int e = (field ? (int)field : 1) - 1075 - 1;
        big left = decimal, right = {{2 * m + 1}, 1};
        if (exponent >= 0)
            big_scale_ten(&left, exponent);
        else
            big_scale_ten(&right, -exponent);
        if (e >= 0)
            big_shift(&right, e);
        else
            big_shift(&left, -e);
        const int order = big_compare(&left, &right);
        if (order < 0 || (order == 0 && bits % 2 == 0)) return bits;
        bits++;
    }
    return bits;
}

static norni_num_result convert(const scanned *s, double *out) {
    uint64_t bits = 0;
    bool overflow = false;
    if (s->digits == 0) {
        bits = 0;
    } else if (s->exponent > 310) {
        overflow = true;
    } else if (s->exponent < -342) {
        /* 19 digits times 10^-343 is below half the least subnormal: zero */
        bits = 0;
    } else if (!product_bits(s->digits, s->exponent, s->more, &bits, &overflow)) {
        bits = exact_bits(s, bits);
        overflow = bits >= UINT64_C(0x7FF) << 52;
    }
    if (overflow) bits = UINT64_C(0x7FF) << 52;
    if (s->negative && bits != 0) bits |= UINT64_C(1) << 63;
    memcpy(out, &bits, sizeof bits);
    return overflow ? NORNI_NUM_OVERFLOW : NORNI_NUM_OK;
}

norni_num_result norni_num_parse(const char *text, size_t n, double *out) {
    static const double ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *p = text, *end = text + n;
    scanned s = {NULL, NULL, 0, 0, false, false};
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (p == end) return NORNI_NUM_EMPTY;
    if (*p == '-' || *p == '+') s.negative = *p++ == '-';
    if (!scan_digits(&p, end, &s)) return NORNI_NUM_BAD;
    if (p < end && (*p == 'e' || *p == 'E') && !scan_exponent(&p, end, &s.exponent))
        return NORNI_NUM_BAD;
    if (p != end) return NORNI_NUM_BAD;
    if (s.digits < UINT64_C(1) << 53 && !s.more && s.exponent >= -22 && s.exponent <= 22) {
        const double d = (double)s.digits;
        const double value = s.exponent < 0 ? d / ten[-s.exponent] : d * ten[s.exponent];
        *out = s.negative && value != 0 ? -value : value;
        return NORNI_NUM_OK;
    }
    return convert(&s, out);
}

norni_num_result norni_int_parse(const char *text, size_t n, int64_t *out) {
    const char *p = text, *end = text + n;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (p == end) return NORNI_NUM_EMPTY;
    bool negative = false;
    if (*p == '-' || *p == '+') negative = *p++ == '-';
    if (p == end) return NORNI_NUM_BAD;
    const uint64_t most = negative ? UINT64_C(1) << 63 : INT64_MAX;
    uint64_t value = 0;
    bool overflow = false;
    for (; p < end; p++) {
        if (!is_digit(*p)) return NORNI_NUM_BAD;
        const uint64_t digit = (uint64_t)(*p - '0');
        if (value > (most - digit) / 10)
            overflow = true;
        else
            value = 10 * value + digit;
    }
    if (overflow) return NORNI_NUM_OVERFLOW;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return NORNI_NUM_OK;
}
