/* What every part of the reader stands on: room for the texts of a block, and how far a text is ASCII or UTF-8. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "signals/signals_read_parts.h"
#include "text/unicode.h"

void *norni_tweet_room(norni_tweet_block *b, size_t n) {
    enum { PIECE = 60 << 10, LARGE = 4 << 10 };
    if (n > SIZE_MAX - 8) return NULL;
    if (n == 0) n = 1; /* NULL means out of memory */
    n = (n + 7) & ~(size_t)7;
    if (n > b->n_free) {
        if (n > LARGE) return norni_arena_get(&b->arena, n, 1);
        b->free = norni_arena_get(&b->arena, PIECE, 1);
        b->n_free = b->free ? PIECE : 0;
        if (b->free == NULL) return NULL;
    }
    char *p = b->free;
    b->free += n;
    b->n_free -= n;
    return p;
}

size_t norni_text_ascii(const char *p, size_t n) {
    size_t k = 0;
    for (; k + 16 <= n; k += 16) {
        uint64_t a, b;
        memcpy(&a, p + k, 8);
        memcpy(&b, p + k + 8, 8);
        if ((a | b) & UINT64_C(0x8080808080808080)) break;
    }
    while (k < n && (unsigned char)p[k] < 0x80)
        k++;
    return k;
}

bool norni_text_is_utf8(const char *p, size_t n) {
    const char *end = p + n;
    bool good = true;
    while (good) {
        size_t bytes;
        p += norni_text_ascii(p, (size_t)(end - p));
        if (p == end) return true;
        (void)norni_utf8_next(p, end, &bytes, &good);
        p += bytes;
    }
    return false;
}
