/* For the tests of TF-IDF: contexts, made-up texts, and whether two results have the same bits. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TFIDF_TEXTS_H
#define TFIDF_TEXTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/tfidf.h"

static inline norn_ctx *ctx_of(int32_t n_threads) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    opt.n_threads = n_threads;
    assert_int_equal(norn_ctx_new(&opt, &ctx, NULL), NORN_OK);
    return ctx;
}

typedef struct made_texts {
    norni_str *text;
    char *bytes;
    size_t n;
} made_texts;

/* Some long, most short, some empty; a few characters beyond ASCII. */
static inline made_texts make_texts(size_t n, uint64_t seed) {
    static const char *const odd[] = {"\xC3\x89t\xC3\xA9", "\xF0\x9F\x9A\x80", "\xE2\x80\xA6",
                                      "not", "the"};
    made_texts t = {calloc(n, sizeof *t.text), malloc(n * 1400), n};
    char *to = t.bytes;
    assert_true(t.text != NULL && t.bytes != NULL);
    for (size_t i = 0; i < n; i++) {
        const char *begin = to;
        const size_t words = i % 97 == 0 ? 0 : i % 53 == 0 ? 120 : 4 + i % 11;
        for (size_t k = 0; k < words; k++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            const unsigned u = (unsigned)(seed >> 40);
            if (u % 23 == 0) {
                to += sprintf(to, "%s ", odd[u / 23 % 5]);
            } else {
                const unsigned w = (u % 1000) * (u / 1000 % 1000) / 1000;
                to += sprintf(to, "%c%c%c", 'a' + w % 26, 'A' + w / 7 % 26, 'a' + w / 3 % 26);
                if (u % 5 == 0) to += sprintf(to, "%u", w % 10);
                *to++ = ' ';
            }
        }
        t.text[i] = (norni_str){begin, (size_t)(to - begin)};
    }
    return t;
}

static inline void drop_texts(made_texts *t) {
    free(t->text);
    free(t->bytes);
}

static inline bool same_rows(const norni_tfidf_rows *a, const norni_tfidf_rows *b) {
    return a->n == b->n && memcmp(a->start, b->start, (a->n + 1) * sizeof *a->start) == 0 &&
           memcmp(a->index, b->index, a->start[a->n] * sizeof *a->index) == 0 &&
           memcmp(a->value, b->value, a->start[a->n] * sizeof *a->value) == 0;
}

static inline bool same_terms(const norni_tfidf *a, const norni_tfidf *b) {
    if (norni_tfidf_n_terms(a) != norni_tfidf_n_terms(b)) return false;
    for (size_t k = 0; k < norni_tfidf_n_terms(a); k++)
        if (norni_str_cmp(norni_tfidf_term(a, k), norni_tfidf_term(b, k)) != 0 ||
            norni_tfidf_idf(a, k) != norni_tfidf_idf(b, k) ||
            norni_tfidf_df_of(a, k) != norni_tfidf_df_of(b, k))
            return false;
    return true;
}

#endif
