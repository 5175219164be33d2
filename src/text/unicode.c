/* Strict UTF-8, and what a code point is, by Unicode 16.0.0. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "text/unicode.h"

#include "text/unicode_tables.h"

unsigned norni_uni_class(uint32_t c) {
    return c > 0x10FFFF ? 0 : class_bits[class_row[row_of[c >> 7]][c & 127]];
}

size_t norni_uni_lower(uint32_t c, uint32_t out[2]) {
    size_t lo = 0, hi = sizeof lower_from / sizeof lower_from[0];
    out[0] = c;
    if (c < 0x80) {
        if (c >= 'A' && c <= 'Z') out[0] = c + ('a' - 'A');
        return 1;
    }
    if (c == 0x130) { /* SpecialCasing: i and a dot above */
        out[0] = 'i';
        out[1] = 0x307;
        return 2;
    }
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (lower_from[mid] < c) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (lo < sizeof lower_from / sizeof lower_from[0] && lower_from[lo] == c) out[0] = lower_to[lo];
    return 1;
}

/* Bytes of a sequence that begins with b, and the range of its second byte; 0: none begins so. */
static size_t sequence(unsigned char b, unsigned char *lo, unsigned char *hi) {
    *lo = 0x80;
    *hi = 0xBF;
    if (b >= 0xC2 && b <= 0xDF) return 2;
    if (b >= 0xE0 && b <= 0xEF) {
        if (b == 0xE0) *lo = 0xA0; /* overlong below */
        if (b == 0xED) *hi = 0x9F; /* surrogates above */
        return 3;
    }
    if (b >= 0xF0 && b <= 0xF4) {
        if (b == 0xF0) *lo = 0x90;
        if (b == 0xF4) *hi = 0x8F;
        return 4;
    }
    return 0;
}

uint32_t norni_utf8_next(const char *s, const char *end, size_t *n, bool *good) {
    const unsigned char *p = (const unsigned char *)s;
    const size_t room = (size_t)(end - s);
    unsigned char lo, hi;
    *good = true;
    *n = 1;
    if (p[0] < 0x80) return p[0];
    const size_t need = sequence(p[0], &lo, &hi);
    if (need != 0) {
        uint32_t c = p[0] & (0x7Fu >> need);
        size_t k = 1;
        for (; k < need && k < room && p[k] >= lo && p[k] <= hi; k++) {
            c = c << 6 | (p[k] & 0x3Fu);
            lo = 0x80;
            hi = 0xBF;
        }
        *n = k;
        if (k == need) return c;
    }
    *good = false;
    return NORNI_UNI_BAD;
}

size_t norni_utf8_put(uint32_t c, char out[4]) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    const size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t k = n - 1; k > 0; k--, c >>= 6)
        out[k] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF00u >> n & 0xFF) | c);
    return n;
}

size_t norni_utf8_mend(norni_str s, norni_buf *out) {
    const char *at = s.p, *end = s.p + s.n, *kept = s.p;
    size_t n_bad = 0;
    while (at < end) {
        size_t n;
        bool good;
        (void)norni_utf8_next(at, end, &n, &good);
        if (!good) {
            norni_buf_add(out, kept, (size_t)(at - kept));
            norni_buf_add(out, "\xEF\xBF\xBD", 3);
            kept = at + n;
            n_bad++;
        }
        at += n;
    }
    norni_buf_add(out, kept, (size_t)(end - kept));
    return n_bad;
}

/* Whether a cased letter comes next, over what case ignores: then a sigma before it is not final. */
static bool is_cased_next(const char *at, const char *end) {
    size_t n;
    bool good;
    for (; at < end; at += n) {
        const unsigned bits = norni_uni_class(norni_utf8_next(at, end, &n, &good));
        if (!(bits & NORNI_UNI_IGNORABLE)) return bits & NORNI_UNI_CASED;
    }
    return false;
}

/* Unicode 16.0, 3.13, Final_Sigma: a cased letter before, none behind, over what case ignores. */
#define TOP_BITS UINT64_C(0x8080808080808080)

/* Whether the last of n ASCII characters that is none to be passed over has a case; `before` where there is none. */
static bool is_cased_at_end(const char *p, size_t n, bool before) {
    while (n > 0) {
        const char c = p[--n];
        if (c != '\'' && c != '.' && c != ':' && c != '^' && c != '`')
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    return before;
}

void norni_utf8_lower(norni_str s, norni_buf *out) {
    const char *at = s.p, *end = s.p + s.n;
    bool cased = false; /* before `at` */
    if (s.n > SIZE_MAX / 4 || !norni_buf_reserve(out, 3 * s.n)) {
        out->failed = true;
        return;
    }
    char *to = out->p + out->n; /* a byte becomes three at most: U+FFFD */
    while (at < end) {
        uint32_t lower[2];
        size_t n, n_lower = 1;
        bool good;
        uint64_t eight;
        if (end - at >= 8 && (memcpy(&eight, at, 8), (eight & TOP_BITS) == 0)) {
            for (int k = 0; k < 8; k++) /* one operation of the vector unit */
                to[k] = (char)(at[k] | (at[k] >= 'A' && at[k] <= 'Z' ? 32 : 0));
            cased = is_cased_at_end(at, 8, cased);
            at += 8;
            to += 8;
            continue;
        }
        if ((unsigned char)*at < 0x80) {
            const char c = *at++;
            const bool capital = c >= 'A' && c <= 'Z';
            *to++ = capital ? (char)(c + ('a' - 'A')) : c;
            if (c != '\'' && c != '.' && c != ':' && c != '^' && c != '`')
                cased = capital || (c >= 'a' && c <= 'z');
            continue;
        }
        const uint32_t c = norni_utf8_next(at, end, &n, &good);
        at += n;
        if (c == 0x3A3) {
            lower[0] = cased && !is_cased_next(at, end) ? 0x3C2 : 0x3C3;
        } else {
            n_lower = norni_uni_lower(c, lower);
        }
        for (size_t k = 0; k < n_lower; k++)
            to += norni_utf8_put(lower[k], to);
        const unsigned bits = norni_uni_class(c);
        if (!(bits & NORNI_UNI_IGNORABLE)) cased = bits & NORNI_UNI_CASED;
    }
    out->n = (size_t)(to - out->p);
}
