/* Admission by memory: who may begin while others hold theirs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_gate.h"

#include <time.h>

enum { LOOK_NS = 20 * 1000 * 1000 }; /* between two looks at the poll */

void norni_multi_gate_init(norni_multi_gate *g, size_t room) {
    *g = (norni_multi_gate){.room = room};
    (void)pthread_mutex_init(&g->lock, NULL);
    (void)pthread_cond_init(&g->changed, NULL);
}

void norni_multi_gate_clear(norni_multi_gate *g) {
    (void)pthread_cond_destroy(&g->changed);
    (void)pthread_mutex_destroy(&g->lock);
}

static bool may_enter(const norni_multi_gate *g, size_t need) {
    return g->n_inside == 0 || g->room == 0 || (g->used <= g->room && need <= g->room - g->used);
}

norn_status norni_multi_gate_enter(norni_multi_gate *g, size_t need, const norni_poll *poll,
                                   norn_err *err) {
    bool stop = false;
    (void)pthread_mutex_lock(&g->lock);
    while (!may_enter(g, need) && !stop) {
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += LOOK_NS;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        (void)pthread_cond_timedwait(&g->changed, &g->lock, &until);
        stop = norni_poll_stop(poll);
    }
    if (!stop) {
        g->used += need;
        g->n_inside++;
    }
    (void)pthread_mutex_unlock(&g->lock);
    return stop ? norn_fail(err, NORN_E_CANCEL, "multi: cancelled") : NORN_OK;
}

void norni_multi_gate_leave(norni_multi_gate *g, size_t need) {
    (void)pthread_mutex_lock(&g->lock);
    g->used -= need;
    g->n_inside--;
    (void)pthread_cond_broadcast(&g->changed);
    (void)pthread_mutex_unlock(&g->lock);
}
