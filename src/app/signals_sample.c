/* A sample of tweets: the same ones for a seed, whatever their order. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/signals_sample.h"

#include "base/hash.h"
#include "base/rng.h"
#include "base/sort.h"

static int by_draw(const void *arg, size_t a, size_t b) {
    const uint64_t *draw = arg;
    return draw[a] < draw[b] ? -1 : draw[a] > draw[b] ? 1 : 0;
}

/* Undated tweets last, as in the search for near-copies. */
static bool is_earlier(const norni_tweet *a, const norni_tweet *b) {
    if (a->time == NORNI_TWEET_NO_TIME || b->time == NORNI_TWEET_NO_TIME)
        return a->time != NORNI_TWEET_NO_TIME && b->time == NORNI_TWEET_NO_TIME;
    return a->time < b->time;
}

/* Those that stay, closed up. Copies of a tweet that went are copies of the earliest of them. *place: where each went, or where those that copy it look. */
static void close_up(norni_tweets *t, const bool *stays, uint32_t *place) {
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        place[i] = stays[i] ? (uint32_t)n : UINT32_MAX;
        if (stays[i]) t->tweet[n++] = t->tweet[i];
    }
    for (size_t i = 0, k = 0; i < t->n; k += stays[i++]) {
        const uint32_t of = stays[i] ? t->tweet[k].twin : UINT32_MAX;
        if (of == UINT32_MAX || stays[of]) continue;
        if (place[of] == UINT32_MAX || is_earlier(&t->tweet[k], &t->tweet[place[of]]))
            place[of] = (uint32_t)k;
    }
    for (size_t k = 0; k < n; k++) {
        norni_tweet *w = &t->tweet[k];
        if (w->twin != UINT32_MAX) w->twin = place[w->twin] != k ? place[w->twin] : UINT32_MAX;
    }
    t->n = n;
}

norn_status norni_signals_sample(norni_tweets *t, size_t n, uint64_t seed, norn_err *err) {
    norni_arena arena;
    const size_t all = t->n;
    if (n == 0 || n >= all) return NORN_OK;
    norni_arena_init(&arena, t->alloc);
    uint64_t *draw = norni_arena_get(&arena, all, sizeof *draw);
    size_t *order = norni_arena_get(&arena, 2 * all, sizeof *order);
    uint32_t *place = norni_arena_get(&arena, all, sizeof *place);
    bool *stays = norni_arena_zero(&arena, all, sizeof *stays);
    const bool good = draw && order && place && stays;
    for (size_t i = 0; good && i < all; i++) {
        const norni_tweet *w = &t->tweet[i];
        const uint64_t key = w->id.n > 0 ? norni_hash64(w->id.p, w->id.n)
                                         : norni_hash64(w->content.p, w->content.n) + i;
        draw[i] = norni_rng_u64((norni_rng){seed, key}, 0);
        order[i] = i;
    }
    if (good) {
        norni_sort_index(order, all, by_draw, draw, order + all);
        for (size_t k = 0; k < n; k++)
            stays[order[k]] = true;
        close_up(t, stays, place);
    }
    norni_arena_clear(&arena);
    return good ? NORN_OK : norni_alloc_fail(err, "--sample", all, 40);
}
