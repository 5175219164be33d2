/* A process that uses the cache, for tests that kill it, damage its files or take Redis away. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: cache_driver FOLDER REDIS|- make|look FROM TO [SIZE [PAUSE_MS]]
 * Each number has a key and a value of its own, which tells what it is. For each: a line "NUMBER TURN ENTER_MS LEAVE_MS" on
 * stdout at once, TURN one of hit, mine, shared, wrong; `make` leaves values for those that are mine. Then a line of counts.
 * What the cache warns of goes to stderr. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/cache.h"

static void warn(void *user, const char *text) {
    (void)user;
    fprintf(stderr, "warning: %s\n", text);
}

static norni_cache_key key_of(long i) {
    const norni_str part[] = {norni_str_of("driver"), {(const char *)&i, sizeof i}};
    return norni_cache_key_of(part, 2);
}

/* Half of it compresses, half does not. */
static void value_of(long i, size_t size, norni_buf *out) {
    uint64_t x = (uint64_t)i * 0x9e3779b97f4a7c15U + 1;
    out->n = 0;
    norni_buf_format(out, "value %lld %llu:", (long long)i, (unsigned long long)size);
    while (out->n < size) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        const char byte = out->n % 64 < 32 ? 'a' : (char)x;
        norni_buf_add(out, &byte, 1);
    }
}

static const char *turn_word(norni_cache_turn turn, const norni_buf *got, const norni_buf *want) {
    if (turn == NORNI_CACHE_MINE) return got->n == 0 ? "mine" : "wrong";
    if (got->n != want->n || memcmp(got->p, want->p, want->n) != 0) return "wrong";
    return turn == NORNI_CACHE_HIT ? "hit" : "shared";
}

int main(int argc, char **argv) {
    if (argc < 6) return 2;
    const norni_cache_opt opt = {.dir = argv[1],
                                 .redis = strcmp(argv[2], "-") == 0 ? NULL : argv[2],
                                 .warn = warn,
                                 .lenient = true};
    const bool make = strcmp(argv[3], "make") == 0;
    const long from = atol(argv[4]), to = atol(argv[5]);
    const size_t size = argc > 6 ? (size_t)atol(argv[6]) : 3000;
    const unsigned pause = argc > 7 ? (unsigned)atol(argv[7]) : 0;
    norn_alloc alloc = norni_alloc_default();
    norn_err err = {NORN_OK, ""};
    norni_cache *c = NULL;
    norni_buf got, want;
    norni_cache_stats s;
    if (norni_cache_open(&alloc, &opt, &c, &err) != NORN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    norni_buf_init(&got, &alloc);
    norni_buf_init(&want, &alloc);
    for (long i = from; i < to; i++) {
        const norni_cache_key key = key_of(i);
        got.n = 0;
        value_of(i, size, &want);
        const int64_t begun = norni_clock_ns();
        const norni_cache_turn turn = norni_cache_enter(c, &key, (norni_poll){0}, &got);
        const int64_t entered = norni_clock_ns();
        if (turn == NORNI_CACHE_MINE)
            norni_cache_leave(c, &key, make ? (norni_str){want.p, want.n} : (norni_str){NULL, 0});
        printf("%ld %s %.3f %.3f\n", i, turn_word(turn, &got, &want),
               (double)(entered - begun) / 1e6, (double)(norni_clock_ns() - entered) / 1e6);
        fflush(stdout);
        if (pause > 0) usleep(pause * 1000);
    }
    norni_cache_stats_get(c, &s);
    printf(
        "{\"hits\":%llu,\"misses\":%llu,\"errors\":%llu,\"puts\":%llu,\"entries\":%llu,"
        "\"redis_up\":%d}\n",
        (unsigned long long)s.hits, (unsigned long long)s.misses, (unsigned long long)s.errors,
        (unsigned long long)s.puts, (unsigned long long)s.entries, (int)s.redis_up);
    norni_buf_clear(&got);
    norni_buf_clear(&want);
    norni_cache_close(c);
    return 0;
}
