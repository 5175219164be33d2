/* Single flight: of many who want one thing at once, one makes it and the others wait for it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CACHE_FLIGHT_H
#define NORNI_CACHE_FLIGHT_H

#include <pthread.h>

#include "store/cache.h"

typedef struct norni_flight norni_flight;

typedef struct norni_flights {
    const norn_alloc *alloc;
    pthread_mutex_t lock;
    pthread_cond_t landed;
    norni_flight *first; /* as many as there are things being made: few */
} norni_flights;

/* False: the system gives no lock. */
bool norni_flights_init(norni_flights *f, const norn_alloc *alloc);
void norni_flights_clear(norni_flights *f);
/* In a forked child: what the parent's threads are making is none of its business. */
void norni_flights_forget(norni_flights *f);

/* True: another made it, *value has its bytes. False: the caller makes it, and must call norni_flights_leave; so also when
 * `poll` said stop. */
bool norni_flights_enter(norni_flights *f, const norni_cache_key *key, norni_poll poll,
                         norni_buf *value);
/* value.p NULL: it could not be made; one of those who wait makes it then. */
void norni_flights_leave(norni_flights *f, const norni_cache_key *key, norni_str value);
/* Behind leave: nobody gets this value from here any more. */
void norni_flights_gone(norni_flights *f, const norni_cache_key *key);

#endif
