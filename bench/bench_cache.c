/* The cache: open, key, put and get of 1 KB, 64 KB and 1 MB, alone and from many threads, in the folder and in Redis. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: bench_cache [FOLDER [REDIS]]   (a new folder under /tmp where none is given). Wall time; of puts and gets the median. The
 * values are JSON of numbers, which zstd packs to about 45 %. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/cache.h"

enum { ROUNDS = 200, THREADS = 8 };

static norni_cache_key key_of(uint64_t size, uint64_t i) {
    const uint64_t number[2] = {size, i};
    const norni_str part[] = {norni_str_of("bench"), {(const char *)number, sizeof number}};
    return norni_cache_key_of(part, 2);
}

static void fill(norni_buf *b, size_t size, uint64_t seed) {
    b->n = 0;
    norni_buf_text(b, "[");
    while (b->n < size) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        norni_buf_num(b, (double)(seed >> 40) / 128);
        norni_buf_text(b, ",");
    }
    b->n = size;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, size_t n) {
    qsort(x, n, sizeof *x, by_size);
    return x[n / 2];
}

static norni_cache *open_cache(const norn_alloc *alloc, const norni_cache_opt *opt) {
    norni_cache *c = NULL;
    norn_err err = {NORN_OK, ""};
    if (norni_cache_open(alloc, opt, &c, &err) == NORN_OK) return c;
    fprintf(stderr, "%s\n", err.text);
    exit(1);
}

/* Microseconds of a put and a get; `shift` makes new keys. */
static void one_size(norni_cache *c, const norn_alloc *alloc, size_t size, double *put,
                     double *get) {
    static double puts[ROUNDS], gets[ROUNDS];
    norni_buf value, got;
    norni_buf_init(&value, alloc);
    norni_buf_init(&got, alloc);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        const norni_cache_key key = key_of(size, i);
        fill(&value, size, i);
        (void)norni_cache_enter(c, &key, (norni_poll){0}, &got);
        const int64_t begun = norni_clock_ns();
        norni_cache_leave(c, &key, (norni_str){value.p, value.n});
        puts[i] = (double)(norni_clock_ns() - begun) / 1e3;
    }
    for (uint64_t i = 0; i < ROUNDS; i++) {
        const norni_cache_key key = key_of(size, i);
        got.n = 0;
        const int64_t begun = norni_clock_ns();
        if (norni_cache_enter(c, &key, (norni_poll){0}, &got) == NORNI_CACHE_MINE) abort();
        gets[i] = (double)(norni_clock_ns() - begun) / 1e3;
    }
    *put = median(puts, ROUNDS);
    *get = median(gets, ROUNDS);
    norni_buf_clear(&value);
    norni_buf_clear(&got);
}

static void *get_many(void *user) {
    norni_cache *c = user;
    norn_alloc alloc = norni_alloc_default();
    norni_buf got;
    norni_buf_init(&got, &alloc);
    for (uint64_t i = 0; i < 20 * ROUNDS; i++) {
        const norni_cache_key key = key_of(1024, i * 7 % ROUNDS);
        got.n = 0;
        if (norni_cache_enter(c, &key, (norni_poll){0}, &got) == NORNI_CACHE_MINE) abort();
    }
    norni_buf_clear(&got);
    return NULL;
}

static double gets_a_second(norni_cache *c, size_t n) {
    pthread_t thread[THREADS];
    const int64_t begun = norni_clock_ns();
    for (size_t i = 0; i < n; i++)
        if (pthread_create(&thread[i], NULL, get_many, c) != 0) abort();
    for (size_t i = 0; i < n; i++)
        (void)pthread_join(thread[i], NULL);
    return (double)n * 20 * ROUNDS / ((double)(norni_clock_ns() - begun) / 1e9);
}

int main(int argc, char **argv) {
    static const size_t sizes[] = {1 << 10, 1 << 16, 1 << 20};
    char made[] = "/tmp/norn-bench-cache-XXXXXX";
    norn_alloc alloc = norni_alloc_default();
    const char *dir = argc > 1 ? argv[1] : mkdtemp(made);
    const norni_cache_opt opt = {
        .dir = dir, .redis = argc > 2 ? argv[2] : NULL, .most_bytes = UINT64_C(1) << 30};
    int64_t begun = norni_clock_ns();
    norni_cache *c = open_cache(&alloc, &opt);
    printf("open %.0f us\n", (double)(norni_clock_ns() - begun) / 1e3);
    begun = norni_clock_ns();
    (void)key_of(0, 0);
    printf("first key (libcrypto is loaded) %.0f us\n", (double)(norni_clock_ns() - begun) / 1e3);
    begun = norni_clock_ns();
    for (uint64_t i = 0; i < 1000; i++)
        (void)key_of(1, i);
    printf("key %.2f us\n", (double)(norni_clock_ns() - begun) / 1e6);
    for (size_t i = 0; i < 3; i++) {
        double put, get;
        one_size(c, &alloc, sizes[i], &put, &get);
        printf("%zu bytes: put %.1f us, get %.1f us\n", sizes[i], put, get);
    }
    for (size_t n = 1; n <= THREADS; n *= 2)
        printf("%zu threads: %.0f gets of 1 KB a second\n", n, gets_a_second(c, n));
    uint64_t removed = 0;
    if (norni_cache_clear(c, &removed, NULL) != NORN_OK) return 1;
    printf("removed %llu entries from %s\n", (unsigned long long)removed, dir);
    norni_cache_close(c);
    return 0;
}
