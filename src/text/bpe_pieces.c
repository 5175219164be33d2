/* The pieces that merges stay within: words with the blank before them, numbers, signs, white space. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The pattern's alternatives are tried in their order at each place, and each takes as much as it can (bpe.h). */
#include "text/bpe.h"
#include "text/unicode.h"

typedef enum kind { LETTER, NUMBER, OTHER, WHITE } kind;

static kind kind_at(const char *at, const char *end, size_t *n) {
    const unsigned char b = (unsigned char)*at;
    bool good;
    if (b < 0x80) {
        *n = 1;
        if ((b | 0x20) >= 'a' && (b | 0x20) <= 'z') return LETTER;
        if (b >= '0' && b <= '9') return NUMBER;
        return b == ' ' || (b >= 9 && b <= 13) ? WHITE : OTHER;
    }
    const unsigned bits = norni_uni_class(norni_utf8_next(at, end, n, &good));
    return bits & NORNI_UNI_LETTER   ? LETTER
           : bits & NORNI_UNI_NUMBER ? NUMBER
           : bits & NORNI_UNI_WHITE  ? WHITE
                                     : OTHER;
}

/* 's 't 're 've 'm 'll 'd at the apostrophe: bytes, or 0. */
static size_t contraction(const char *at, const char *end) {
    if (end - at < 2) return 0;
    switch (at[1]) {
        case 's':
        case 't':
        case 'm':
        case 'd': return 2;
        case 'r':
        case 'v': return end - at > 2 && at[2] == 'e' ? 3 : 0;
        case 'l': return end - at > 2 && at[2] == 'l' ? 3 : 0;
        default: return 0;
    }
}

static const char *run_end(const char *at, const char *end, kind k) {
    size_t n;
    while (at < end && kind_at(at, end, &n) == k)
        at += n;
    return at;
}

/* White space that no word takes: all but the last of it where something follows. */
static const char *white_end(const char *start, const char *end) {
    const char *at = start, *last = start;
    size_t n;
    while (at < end && kind_at(at, end, &n) == WHITE) {
        last = at;
        at += n;
    }
    return at == end || last == start ? at : last;
}

norni_str norni_bpe_piece(norni_str text, size_t from) {
    const char *start = text.p + from, *end = text.p + text.n, *at = start;
    size_t n;
    if (*at == '\'' && (n = contraction(at, end)) != 0) return (norni_str){start, n};
    kind k = kind_at(at, end, &n);
    if (*at == ' ' && at + 1 < end) { /* a blank goes with what follows it */
        const kind next = kind_at(at + 1, end, &n);
        if (next != WHITE) {
            k = next;
            at++;
        }
    }
    at = k == WHITE ? white_end(at, end) : run_end(at, end, k);
    return (norni_str){start, (size_t)(at - start)};
}
