/* Random 64-bit patterns printed as numbers and parsed back, by the hundred million: the long twin of
 * test_numtext. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: number_roundtrip N [SEED [THREADS [own|strtod]]]   own (the default): norni_num_parse must
 * give the printed double's bits; strtod: glibc's strtod must give them too. Prints one line with the
 * rate; 1 when a pattern came back different. The patterns depend on SEED and N alone. */
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/numtext.h"
#include "base/rng.h"

enum { MOST_THREADS = 256, MOST_SHOWN = 5 };

typedef struct part {
    uint64_t first, end, seed, wrong;
    bool by_strtod;
} part;

/* The i-th finite pattern: an infinity or NaN gives way to the next stream's draw. */
static double pattern(uint64_t seed, uint64_t i) {
    double x;
    uint64_t item = 0;
    do {
        const uint64_t bits = norni_rng_u64((norni_rng){seed, item++}, i);
        memcpy(&x, &bits, sizeof x);
    } while (!isfinite(x));
    return x;
}

static bool same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Whether x comes back from its own text; -0 is printed as 0. */
static bool comes_back(double x, bool by_strtod) {
    char text[NORNI_NUM_MAX + 1];
    double back = -7;
    const size_t n = norni_num_print(text, x);
    if (n < 1 || n > NORNI_NUM_MAX) return false;
    if (norni_num_parse(text, n, &back) != NORNI_NUM_OK) return false;
    if (!same_bits(back, x + 0.0)) return false;
    if (!by_strtod) return true;
    char *end = NULL;
    text[n] = '\0';
    return same_bits(strtod(text, &end), x + 0.0) && end == text + n;
}

static void *run_part(void *arg) {
    part *p = arg;
    for (uint64_t i = p->first; i < p->end; i++) {
        const double x = pattern(p->seed, i);
        if (comes_back(x, p->by_strtod)) continue;
        if (p->wrong++ < MOST_SHOWN)
            fprintf(stderr, "wrong: pattern %" PRIu64 ", %a (%.17g)\n", i, x, x);
    }
    return NULL;
}

static uint64_t run_parts(part whole, unsigned n_threads) {
    static part parts[MOST_THREADS];
    static pthread_t threads[MOST_THREADS];
    uint64_t wrong = 0;
    for (unsigned k = 0; k < n_threads; k++) {
        parts[k] = whole;
        parts[k].first = whole.end / n_threads * k;
        if (k + 1 < n_threads) parts[k].end = whole.end / n_threads * (k + 1);
        if (pthread_create(&threads[k], NULL, run_part, &parts[k]) != 0) {
            fprintf(stderr, "number_roundtrip: cannot start thread %u\n", k);
            exit(1);
        }
    }
    for (unsigned k = 0; k < n_threads; k++) {
        pthread_join(threads[k], NULL);
        wrong += parts[k].wrong;
    }
    return wrong;
}

static double seconds(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A whole number, also as 1e8; false when it is none or lies outside [least, most]. */
static bool read_count(const char *text, double least, double most, uint64_t *out) {
    double x = 0;
    if (norni_num_parse(text, strlen(text), &x) != NORNI_NUM_OK) return false;
    if (x < least || x > most || x != floor(x)) return false;
    *out = (uint64_t)x;
    return true;
}

int main(int argc, char **argv) {
    uint64_t n = 0, seed = 1, n_threads = 1;
    const char *mode = argc > 4 ? argv[4] : "own";
    const bool by_strtod = strcmp(mode, "strtod") == 0;
    if (argc < 2 || argc > 5 || !read_count(argv[1], 1, 1e15, &n) ||
        (argc > 2 && !read_count(argv[2], 0, 1e15, &seed)) ||
        (argc > 3 && !read_count(argv[3], 1, MOST_THREADS, &n_threads)) ||
        (!by_strtod && strcmp(mode, "own") != 0)) {
        fprintf(stderr, "usage: number_roundtrip N [SEED [THREADS [own|strtod]]]\n");
        return 2;
    }
    const double begun = seconds();
    const part whole = {.end = n, .seed = seed, .by_strtod = by_strtod};
    const uint64_t wrong = run_parts(whole, (unsigned)n_threads);
    const double took = seconds() - begun;
    printf("round trip (%s): %" PRIu64 " patterns, seed %" PRIu64 ", %" PRIu64 " threads: %" PRIu64
           " wrong, %.1f s, %.2f million/s\n",
           mode, n, seed, n_threads, wrong, took, 1e-6 * (double)n / took);
    return wrong == 0 ? 0 : 1;
}
