/* Byte-level byte-pair encoding, as GPT-2's and RoBERTa's tokenisers have it: text to token ids. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BPE_H
#define NORNI_BPE_H

#include "base/arena.h"
#include "base/str.h"

/* Shared by all workers once it is made. */
typedef struct norni_bpe norni_bpe;

/* From the bytes of vocab.json ({"token": id, …}) and merges.txt ("left right" a line, in the order of their ranks). NORN_E_FORMAT names file
 * and byte or line; NORN_E_LIMIT: beyond 2^20 tokens. */
NORN_CHECKED norn_status norni_bpe_make(const norn_alloc *alloc, norni_str vocab, norni_str merges,
                                        norni_bpe **out, norn_err *err);
void norni_bpe_free(norni_bpe *b); /* NULL is legal */
size_t norni_bpe_n_tokens(const norni_bpe *b);
/* Id of a token as it stands in vocab.json ("<s>", "Ġthe"), or -1. */
int32_t norni_bpe_id(const norni_bpe *b, norni_str token);

/* One worker's memory of words it has seen; never changes a result. */
typedef struct norni_bpe_cache {
    const norn_alloc *alloc;
    struct norni_bpe_word *slot;
} norni_bpe_cache;
void norni_bpe_cache_init(norni_bpe_cache *c, const norn_alloc *alloc);
void norni_bpe_cache_clear(norni_bpe_cache *c);

typedef struct norni_bpe_ids {
    const norn_alloc *alloc;
    int32_t *id;
    size_t n, cap;
} norni_bpe_ids;
void norni_bpe_ids_init(norni_bpe_ids *ids, const norn_alloc *alloc);
void norni_bpe_ids_clear(norni_bpe_ids *ids);

/* Appends the ids of a text, which is UTF-8: what is not becomes U+FFFD. Literal "<s>" and the like are text, never the special token. `scratch` is given
 * back. A character whose byte has no token is `<unk>`, or left out where there is none. */
NORN_CHECKED norn_status norni_bpe_encode(const norni_bpe *b, norni_bpe_cache *cache,
                                          norni_str text, norni_arena *scratch, norni_bpe_ids *out,
                                          norn_err *err);
/* The next piece that merges stay within, at `at` < text.n; the text is UTF-8. GPT-2's pattern
 * 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ */
norni_str norni_bpe_piece(norni_str text, size_t at);

#endif
