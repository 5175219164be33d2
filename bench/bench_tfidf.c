/* TF-IDF, keywords and byte-pair encoding over many short texts: seconds and megabytes a second. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: bench_tfidf                                       made-up texts, all of it
 *      bench_tfidf tfidf TEXTS default|signals WORKERS [OUT]
 *      bench_tfidf asof  TEXTS default|signals WORKERS   intervals of a day
 *      bench_tfidf keywords TEXTS
 *      bench_tfidf bpe   TEXTS VOCAB.json MERGES.txt [OUT]
 * TEXTS (bench/text_peers.py writes it): uint64 n, uint64 edges (n + 1), int64 times (n), the bytes. Printed: the least wall seconds and seconds of the
 * cores of several runs. OUT takes the result, for the comparison with the peer. */
#include "bench_spent.h"
#include "par/pool.h"
#include "text/bpe.h"
#include "text/keywords.h"
#include "text/tfidf.h"

enum { RUNS = 5, MADE = 100000, MADE_WORDS = 14, DAY_TEXTS = 170 };

typedef struct texts {
    uint64_t n;
    norni_str *text;
    int64_t *time;
    char *bytes;
    size_t n_bytes;
} texts;

static void stop_at(norn_status st, const norn_err *err) {
    if (st == NORN_OK) return;
    fprintf(stderr, "bench_tfidf: %s\n", err->text);
    exit(1);
}

static char *read_all(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    char *p = NULL;
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        fprintf(stderr, "bench_tfidf: %s cannot be read\n", path);
        exit(1);
    }
    *n = (size_t)ftell(f);
    rewind(f);
    p = malloc(*n + 1);
    if (p == NULL || fread(p, 1, *n, f) != *n) exit(1);
    (void)fclose(f);
    return p;
}

static texts read_texts(const char *path) {
    size_t size;
    texts t = {.bytes = read_all(path, &size)};
    const uint64_t *head = (const void *)t.bytes;
    t.n = head[0];
    t.text = calloc(t.n + 1, sizeof *t.text);
    t.time = calloc(t.n + 1, sizeof *t.time);
    if (t.text == NULL || t.time == NULL) exit(1);
    memcpy(t.time, head + t.n + 2, t.n * sizeof *t.time);
    const char *bytes = t.bytes + (2 * t.n + 2) * sizeof *head;
    for (size_t i = 0; i < t.n; i++)
        t.text[i] = (norni_str){bytes + head[1 + i], head[2 + i] - head[1 + i]};
    t.n_bytes = head[1 + t.n];
    return t;
}

/* Words of a skewed vocabulary, the same on every machine. */
static texts make_texts(void) {
    texts t = {.n = MADE};
    uint64_t seed = 42;
    t.text = calloc(MADE, sizeof *t.text);
    t.time = calloc(MADE, sizeof *t.time);
    t.bytes = malloc((size_t)MADE * MADE_WORDS * 12);
    if (t.text == NULL || t.time == NULL || t.bytes == NULL) exit(1);
    for (size_t i = 0; i < MADE; i++) {
        t.text[i].p = t.bytes + t.n_bytes;
        for (size_t k = 0; k < MADE_WORDS; k++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            const double u = (double)(seed >> 11) * 0x1p-53;
            uint64_t word = (uint64_t)(60000 * u * u * u * u) * 2654435761u % 308915776u;
            for (size_t c = 0; c < 6; c++, word /= 26)
                t.bytes[t.n_bytes++] = (char)((c == 0 ? 'A' : 'a') + (char)(word % 26));
            t.bytes[t.n_bytes++] = ' ';
        }
        t.text[i].n = (size_t)(t.bytes + t.n_bytes - t.text[i].p);
        t.time[i] = (int64_t)(i / DAY_TEXTS) * INT64_C(86400000000);
    }
    return t;
}

static norn_ctx *workers(int n) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norn_err err;
    opt.n_threads = n;
    stop_at(norn_ctx_new(&opt, &ctx, &err), &err);
    return ctx;
}

static norni_tfidf_opt options(const char *name) {
    return strcmp(name, "signals") == 0 ? norni_tfidf_opt_signals() : norni_tfidf_opt_default();
}

static void write_result(const char *path, const norni_tfidf *v, const norni_tfidf_rows *r) {
    FILE *f = fopen(path, "wb");
    const uint64_t head[3] = {norni_tfidf_n_terms(v), r->n, r->start[r->n]};
    if (f == NULL) exit(1);
    (void)fwrite(head, sizeof head, 1, f);
    (void)fwrite(r->start, sizeof *r->start, r->n + 1, f);
    (void)fwrite(r->value, sizeof *r->value, head[2], f);
    for (size_t k = 0; k < head[0]; k++) {
        const double idf = norni_tfidf_idf(v, k);
        (void)fwrite(&idf, sizeof idf, 1, f);
    }
    (void)fwrite(r->index, sizeof *r->index, head[2], f);
    for (size_t k = 0; k < head[0]; k++)
        (void)fprintf(f, "%.*s\n", (int)norni_tfidf_term(v, k).n, norni_tfidf_term(v, k).p);
    (void)fclose(f);
}

static void bench_fit(const texts *t, const char *name, int n_workers, const char *out) {
    norn_ctx *ctx = workers(n_workers);
    const norni_tfidf_opt opt = options(name);
    spent least = {__builtin_inf(), __builtin_inf()};
    size_t n_terms = 0, n_values = 0;
    for (int k = 0; k < RUNS; k++) {
        norni_tfidf *v;
        norni_tfidf_rows r;
        norn_err err;
        const spent start = now();
        stop_at(norni_tfidf_fit_transform(ctx, NULL, t->text, t->n, &opt, &v, &r, &err), &err);
        keep_least(&least, start);
        n_terms = norni_tfidf_n_terms(v);
        n_values = r.start[r.n];
        if (out != NULL && k + 1 == RUNS) write_result(out, v, &r);
        norni_tfidf_rows_clear(&r);
        norni_tfidf_free(v);
    }
    printf(
        "tfidf_%s %.4f %.4f s wall and of the cores, %d workers, %zu texts, %zu terms, %zu "
        "values\n",
        name, least.wall, least.cores, n_workers, t->n, n_terms, n_values);
    norn_ctx_free(ctx);
}

static void bench_asof(const texts *t, const char *name, int n_workers) {
    norn_ctx *ctx = workers(n_workers);
    const norni_tfidf_opt opt = options(name);
    spent least = {__builtin_inf(), __builtin_inf()};
    size_t n_values = 0;
    for (int k = 0; k < RUNS; k++) {
        norni_tfidf_asof a;
        norn_err err;
        const spent start = now();
        stop_at(norni_tfidf_transform_asof(ctx, NULL, t->text, t->time, t->n, INT64_C(86400000000),
                                           &opt, &a, &err),
                &err);
        keep_least(&least, start);
        n_values = a.rows.start[t->n];
        norni_tfidf_asof_clear(&a);
    }
    printf("asof_%s %.4f %.4f s wall and of the cores, %d workers, %zu texts, %zu values\n", name,
           least.wall, least.cores, n_workers, t->n, n_values);
    norn_ctx_free(ctx);
}

/* One core: cutting into tokens, and finding the keywords among them, each by itself. */
static void bench_keywords(const texts *t) {
    const norn_alloc alloc = norni_alloc_default();
    norni_keywords *k;
    norni_arena scratch;
    norn_err err;
    double cut = 0, find = 0;
    size_t n_tokens = 0, n_hits = 0, n_negated = 0;
    stop_at(norni_keywords_finance(&alloc, &k, &err), &err);
    norni_arena_init(&scratch, &alloc);
    for (int run = 0; run < RUNS; run++) {
        spent least[2] = {{__builtin_inf(), __builtin_inf()}, {__builtin_inf(), __builtin_inf()}};
        n_tokens = n_hits = n_negated = 0;
        double all[2] = {0, 0};
        for (size_t first = 0; first < t->n; first += 1000) {
            norni_tweet_token *token[1000];
            size_t n[1000];
            norni_keyword_hit *hit;
            const size_t end = t->n - first < 1000 ? t->n : first + 1000;
            norni_arena_reset(&scratch);
            spent start = now();
            for (size_t i = first; i < end; i++)
                stop_at(norni_tweet_tokens(t->text[i], &scratch, &token[i - first], &n[i - first],
                                           &err),
                        &err);
            least[0] = least[1] = (spent){__builtin_inf(), __builtin_inf()};
            keep_least(&least[0], start);
            start = now();
            for (size_t i = first; i < end; i++) {
                size_t found;
                stop_at(norni_keywords_find(k, t->text[i], token[i - first], n[i - first], &scratch,
                                            &hit, &found, &err),
                        &err);
                n_tokens += n[i - first];
                n_hits += found;
                for (size_t h = 0; h < found; h++)
                    n_negated += hit[h].negated;
            }
            keep_least(&least[1], start);
            all[0] += least[0].cores;
            all[1] += least[1].cores;
        }
        if (run == 0 || all[0] < cut) cut = all[0];
        if (run == 0 || all[1] < find) find = all[1];
    }
    printf(
        "keywords: %zu tokens, cut %.1f ns a token, found %.1f ns a token; %zu hits, %zu negated\n",
        n_tokens, cut * 1e9 / (double)n_tokens, find * 1e9 / (double)n_tokens, n_hits, n_negated);
    norni_arena_clear(&scratch);
    norni_keywords_free(k);
}

static void bench_bpe(const texts *t, const char *vocab, const char *merges, const char *out) {
    const norn_alloc alloc = norni_alloc_default();
    norni_str v, m;
    norni_bpe *b;
    norn_err err;
    v.p = read_all(vocab, &v.n);
    m.p = read_all(merges, &m.n);
    stop_at(norni_bpe_make(&alloc, v, m, &b, &err), &err);
    spent least = {__builtin_inf(), __builtin_inf()};
    norni_bpe_cache cache;
    norni_bpe_ids ids;
    norni_arena scratch;
    norni_bpe_cache_init(&cache, &alloc);
    norni_bpe_ids_init(&ids, &alloc);
    norni_arena_init(&scratch, &alloc);
    for (int k = 0; k < RUNS; k++) {
        const spent start = now();
        ids.n = 0;
        for (size_t i = 0; i < t->n; i++)
            stop_at(norni_bpe_encode(b, &cache, t->text[i], &scratch, &ids, &err), &err);
        keep_least(&least, start);
    }
    printf("bpe %.4f %.4f s wall and of the core, %.1f MB/s, %zu ids\n", least.wall, least.cores,
           (double)t->n_bytes / least.cores / 1e6, ids.n);
    FILE *f = out ? fopen(out, "wb") : NULL;
    if (f != NULL) {
        (void)fwrite(ids.id, sizeof *ids.id, ids.n, f);
        (void)fclose(f);
    }
    norni_bpe_ids_clear(&ids);
    norni_bpe_cache_clear(&cache);
    norni_arena_clear(&scratch);
    norni_bpe_free(b);
}

int main(int argc, char **argv) {
    const bool made = argc < 3;
    const texts t = made ? make_texts() : read_texts(argv[2]);
    if (made) {
        for (int w = 1; w <= 2; w++) {
            bench_fit(&t, "default", w, NULL);
            bench_fit(&t, "signals", w, NULL);
            bench_asof(&t, "signals", w);
        }
        bench_keywords(&t);
    } else if (strcmp(argv[1], "tfidf") == 0 && argc > 4) {
        bench_fit(&t, argv[3], atoi(argv[4]), argc > 5 ? argv[5] : NULL);
    } else if (strcmp(argv[1], "asof") == 0 && argc > 4) {
        bench_asof(&t, argv[3], atoi(argv[4]));
    } else if (strcmp(argv[1], "keywords") == 0) {
        bench_keywords(&t);
    } else if (strcmp(argv[1], "bpe") == 0 && argc > 4) {
        bench_bpe(&t, argv[3], argv[4], argc > 5 ? argv[5] : NULL);
    } else {
        fprintf(stderr, "bench_tfidf: see the head of bench/bench_tfidf.c\n");
        return 2;
    }
    free(t.text);
    free(t.time);
    free(t.bytes);
    return 0;
}
