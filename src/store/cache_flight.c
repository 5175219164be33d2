/* Single flight: of many who want one thing at once, one makes it and the others wait for it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache_flight.h"

#include <errno.h>
#include <time.h>

struct norni_flight {
    norni_cache_key key;
    size_t makers;  /* who were told to make it and have not left */
    size_t waiters; /* who wait, or have yet to take their copy */
    bool done;      /* value has it */
    norni_buf value;
    norni_flight *next;
};

enum { SLICE_NS = 5000000 }; /* a waiter asks its poll that often */

bool norni_flights_init(norni_flights *f, const norn_alloc *alloc) {
    pthread_condattr_t attr;
    *f = (norni_flights){.alloc = alloc};
    if (pthread_condattr_init(&attr) != 0) return false;
    bool good = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&f->landed, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    if (good && pthread_mutex_init(&f->lock, NULL) != 0) {
        (void)pthread_cond_destroy(&f->landed);
        good = false;
    }
    return good;
}

static void flight_free(norni_flights *f, norni_flight *at) {
    norni_buf_clear(&at->value);
    norni_alloc_drop(f->alloc, at, 1, sizeof *at);
}

void norni_flights_clear(norni_flights *f) {
    while (f->first != NULL) { /* of makers who never left */
        norni_flight *at = f->first;
        f->first = at->next;
        flight_free(f, at);
    }
    (void)pthread_cond_destroy(&f->landed);
    (void)pthread_mutex_destroy(&f->lock);
}

void norni_flights_forget(norni_flights *f) {
    const norn_alloc *alloc = f->alloc;
    (void)norni_flights_init(f, alloc); /* the lock may have been held: a new one */
}

static norni_flight *flight_find(norni_flights *f, const norni_cache_key *key) {
    norni_flight *at = f->first;
    while (at != NULL && memcmp(at->key.byte, key->byte, sizeof key->byte) != 0)
        at = at->next;
    return at;
}

/* Takes it out once nobody needs it. */
static void flight_settle(norni_flights *f, norni_flight *at) {
    if (at->makers > 0 || at->waiters > 0) return;
    norni_flight **link = &f->first;
    while (*link != at)
        link = &(*link)->next;
    *link = at->next;
    flight_free(f, at);
}

static norni_flight *flight_new(norni_flights *f, const norni_cache_key *key) {
    norni_flight *at = norni_alloc_zero(f->alloc, 1, sizeof *at);
    if (at == NULL) return NULL;
    at->key = *key;
    norni_buf_init(&at->value, f->alloc);
    at->next = f->first;
    f->first = at;
    return at;
}

static void wait_slice(norni_flights *f) {
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += SLICE_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    (void)pthread_cond_timedwait(&f->landed, &f->lock, &until);
}

bool norni_flights_enter(norni_flights *f, const norni_cache_key *key, norni_poll poll,
                         norni_buf *value) {
    bool shared = false;
    (void)pthread_mutex_lock(&f->lock);
    norni_flight *at = flight_find(f, key);
    if (at == NULL) at = flight_new(f, key);
    if (at == NULL) { /* no memory: everybody makes their own */
        (void)pthread_mutex_unlock(&f->lock);
        return false;
    }
    at->waiters++;
    while (!at->done && at->makers > 0) {
        (void)pthread_mutex_unlock(&f->lock); /* the poll may take locks of its own */
        const bool stop = norni_poll_stop(&poll);
        (void)pthread_mutex_lock(&f->lock);
        if (stop) break;
        if (!at->done && at->makers > 0) wait_slice(f);
    }
    at->waiters--;
    if (at->done && norni_buf_reserve(value, at->value.n + 1)) {
        norni_buf_add(value, at->value.p, at->value.n);
        shared = true;
    } else if (at->done) {
        value->failed = false; /* no room for theirs: it may yet be for a value of one's own */
    }
    if (!shared) at->makers++;
    flight_settle(f, at);
    (void)pthread_mutex_unlock(&f->lock);
    return shared;
}

void norni_flights_leave(norni_flights *f, const norni_cache_key *key, norni_str value) {
    (void)pthread_mutex_lock(&f->lock);
    norni_flight *at = flight_find(f, key);
    if (at != NULL) {
        /* Nobody waits: whoever comes now finds it in the cache, once it is there. */
        if (value.p != NULL && !at->done && at->waiters > 0) {
            norni_buf_add(&at->value, value.p, value.n);
            at->done = !at->value.failed;
            if (!at->done) norni_buf_clear(&at->value);
        }
        if (value.p == NULL && at->makers > 0) at->makers--;
        flight_settle(f, at);
        (void)pthread_cond_broadcast(&f->landed);
    }
    (void)pthread_mutex_unlock(&f->lock);
}

void norni_flights_gone(norni_flights *f, const norni_cache_key *key) {
    (void)pthread_mutex_lock(&f->lock);
    norni_flight *at = flight_find(f, key);
    if (at != NULL) {
        if (at->makers > 0) at->makers--;
        flight_settle(f, at);
        (void)pthread_cond_broadcast(&f->landed);
    }
    (void)pthread_mutex_unlock(&f->lock);
}
