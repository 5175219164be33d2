/* Text that is not UTF-8, read as Windows-1252: what spreadsheets of Western Europe and America save as CSV. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/latin.h"

/* Bytes behind a first byte of UTF-8 that is no ASCII, and the least and most of the next one; 0: none begins so. */
static size_t tail_of(unsigned char c, unsigned char *least, unsigned char *most) {
    *least = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    *most = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (c >= 0xC2 && c <= 0xDF) return 1;
    if (c >= 0xE0 && c <= 0xEF) return 2;
    return c >= 0xF0 && c <= 0xF4 ? 3 : 0;
}

bool norni_utf8_valid(norni_str s) {
    const unsigned char *p = (const unsigned char *)s.p, *const end = p + s.n;
    while (p < end) {
        unsigned char least, most;
        if (*p < 0x80) {
            p++;
            continue;
        }
        const size_t n = tail_of(*p, &least, &most);
        if (n == 0 || (size_t)(end - p) <= n || p[1] < least || p[1] > most) return false;
        for (size_t k = 2; k <= n; k++) {
            if (p[k] < 0x80 || p[k] > 0xBF) return false;
        }
        p += n + 1;
    }
    return true;
}

norni_str norni_latin_decode(norni_arena *arena, norni_str s) {
    /* 0x80 to 0x9F; all others are their own code points */
    static const uint16_t high[32] = {
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
    char *const to = norni_arena_get(arena, s.n * 3 + 1, 1);
    norni_str out = {to, 0};
    for (size_t i = 0; to != NULL && i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        const uint32_t u = c >= 0x80 && c < 0xA0 ? high[c - 0x80] : c;
        if (u >= 0x800) {
            to[out.n++] = (char)(0xE0 | u >> 12);
            to[out.n++] = (char)(0x80 | (u >> 6 & 63));
        } else if (u >= 0x80) {
            to[out.n++] = (char)(0xC0 | u >> 6);
        }
        to[out.n++] = (char)(u >= 0x80 ? 0x80 | (u & 63) : u);
    }
    if (to != NULL) to[out.n] = '\0';
    return out;
}
