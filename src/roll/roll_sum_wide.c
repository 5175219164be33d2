/* Sums of doubles without any rounding: a fixed-point number as wide as the exponents reach. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Kulisch's accumulator with carries put off: a double's 53 bits fall on up to three digits of base
 * 2^32, each held in 64 bits, so that 2^30 additions fit before a carry must run. Subtraction is as
 * exact as addition: a window may slide over an array for ever. */
#include "roll/roll_sum_wide.h"

#include <math.h>
#include <string.h>

enum { BIAS = 1074 };

void norni_wide_clear(norni_wide *s) {
    *s = (norni_wide){.low = NORNI_WIDE_DIGITS, .high = -1};
}

/* Every digit but the last into [0, 2^32): the last bears the sign. */
static void carry(norni_wide *s) {
    if (s->high < s->low) return;
    int64_t c = 0;
    const int32_t last = s->high + 2 < NORNI_WIDE_DIGITS ? s->high + 2 : NORNI_WIDE_DIGITS - 1;
    for (int32_t i = s->low; i < last; i++) {
        const int64_t d = s->digit[i] + c;
        c = d >> 32; /* arithmetic: toward -inf */
        s->digit[i] = d & 0xffffffff;
    }
    s->digit[last] += c;
    while (s->high < last && s->digit[s->high + 1] != 0)
        s->high++;
    if (s->digit[last] != 0) s->high = last;
    s->n_pending = 0;
}

void norni_wide_add(norni_wide *s, double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t e = (uint32_t)(bits >> 52) & 2047, place = e > 1 ? e - 1 : 0;
    const uint64_t m = (bits & (~UINT64_C(0) >> 12)) | (uint64_t)(e > 0) << 52;
    if (m == 0) return;
    const int32_t i = (int32_t)(place / 32);
    const uint32_t shift = place % 32;
    const uint64_t low = m << shift, high = shift > 0 ? m >> (64 - shift) : 0;
    const int64_t sign = bits >> 63 ? -1 : 1;
    s->digit[i] += sign * (int64_t)(low & 0xffffffff);
    s->digit[i + 1] += sign * (int64_t)(low >> 32);
    s->digit[i + 2] += sign * (int64_t)high;
    if (i < s->low) s->low = i;
    if (i + 2 > s->high) s->high = i + 2;
    if (++s->n_pending == UINT32_C(1) << 29) carry(s);
}

static uint64_t digit(const norni_wide *s, int32_t i) {
    return i >= s->low && i >= 0 ? (uint64_t)s->digit[i] : 0;
}

double norni_wide_round(const norni_wide *s, int shift) {
    norni_wide t = *s;
    carry(&t);
    int32_t top = t.high;
    while (top >= t.low && t.digit[top] == 0)
        top--;
    if (top < t.low) return 0;
    const double sign = t.digit[top] < 0 ? -1 : 1;
    if (sign < 0) {
        for (int32_t i = t.low; i <= top; i++)
            t.digit[i] = -t.digit[i];
        t.high = top;
        carry(&t);
        for (top = t.high; top > t.low && t.digit[top] == 0;)
            top--;
    }
    const uint64_t a = digit(&t, top) << 32 | digit(&t, top - 1),
                   b = digit(&t, top - 2) << 32 | digit(&t, top - 3);
    int32_t z = 0;
    while (!(a << z >> 63))
        z++; /* at most 31: the top digit is not 0 */
    const uint64_t m = a << z | (z > 0 ? b >> (64 - z) : 0);
    int more = (z > 0 ? b << z : b) != 0;
    for (int32_t i = top - 4; i >= t.low && !more; i--)
        more = t.digit[i] != 0;
    const uint64_t rest = m & 2047, kept = m >> 11;
    const uint64_t up = rest > 1024 || (rest == 1024 && (more || (kept & 1)));
    return sign * ldexp((double)(kept + up), 32 * (top - 1) - z + 11 - BIAS + shift);
}
