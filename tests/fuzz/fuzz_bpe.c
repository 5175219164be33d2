/* Fuzzing byte-pair encoding: any vocabulary, merges and text give an error, or ids of the vocabulary, the same from a warm cache and piece by piece. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "text/bpe.h"
#include "text/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

/* Piece by piece the same ids: merges never reach across. */
static void check_pieces(const norni_bpe *b, norni_str text, norni_arena *scratch,
                         const norni_bpe_ids *want) {
    const norn_alloc alloc = norni_alloc_default();
    norni_bpe_cache cache;
    norni_bpe_ids ids;
    norni_buf valid;
    norni_bpe_cache_init(&cache, &alloc);
    norni_bpe_ids_init(&ids, &alloc);
    norni_buf_init(&valid, &alloc);
    (void)norni_utf8_mend(text, &valid);
    text = (norni_str){valid.p ? valid.p : "", valid.n};
    for (size_t at = 0; at < text.n;) {
        const norni_str piece = norni_bpe_piece(text, at);
        demand(piece.p == text.p + at && piece.n > 0 && piece.n <= text.n - at);
        demand(norni_bpe_encode(b, &cache, piece, scratch, &ids, NULL) == NORN_OK);
        at += piece.n;
    }
    demand(ids.n == want->n);
    demand(ids.n == 0 || memcmp(ids.id, want->id, ids.n * sizeof *ids.id) == 0);
    norni_buf_clear(&valid);
    norni_bpe_ids_clear(&ids);
    norni_bpe_cache_clear(&cache);
}

static void encode(const norni_bpe *b, norni_str text) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena scratch;
    norni_bpe_cache cache;
    norni_bpe_ids ids;
    norni_arena_init(&scratch, &alloc);
    norni_bpe_cache_init(&cache, &alloc);
    norni_bpe_ids_init(&ids, &alloc);
    demand(norni_bpe_encode(b, &cache, text, &scratch, &ids, NULL) == NORN_OK);
    const size_t n = ids.n;
    demand(norni_bpe_encode(b, &cache, text, &scratch, &ids, NULL) == NORN_OK);
    demand(ids.n == 2 * n);
    demand(n == 0 || memcmp(ids.id, ids.id + n, n * sizeof *ids.id) == 0);
    for (size_t k = 0; k < n; k++)
        demand(ids.id[k] >= 0 && ids.id[k] < 1 << 20);
    ids.n = n;
    check_pieces(b, text, &scratch, &ids);
    norni_bpe_ids_clear(&ids);
    norni_bpe_cache_clear(&cache);
    norni_arena_clear(&scratch);
}

/* vocab.json, a NUL, merges.txt, a NUL, the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const norn_alloc alloc = norni_alloc_default();
    norni_str part[3] = {{"", 0}, {"", 0}, {"", 0}};
    const char *at = (const char *)data, *end = at + size;
    for (size_t k = 0; k < 3 && at <= end && size > 0; k++) {
        const char *stop = k < 2 ? memchr(at, '\0', (size_t)(end - at)) : NULL;
        part[k] = (norni_str){at, (size_t)((stop ? stop : end) - at)};
        if (stop == NULL) break;
        at = stop + 1;
    }
    norni_bpe *b = NULL;
    norn_err err = {NORN_OK, ""};
    const norn_status st = norni_bpe_make(&alloc, part[0], part[1], &b, &err);
    demand((st == NORN_OK) == (b != NULL));
    if (b == NULL) {
        demand(err.text[0] != '\0' && (st == NORN_E_FORMAT || st == NORN_E_LIMIT));
        return 0;
    }
    encode(b, part[2]);
    norni_bpe_free(b);
    return 0;
}
