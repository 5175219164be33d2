/* How a server ends: first nobody new, then those in flight, then none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/http_request.h"

#define SECOND INT64_C(1000000000)

/* Connections that wait for a next request, with nothing on its way. */
static void cut_idle(http_server *s, int64_t now) {
    for (http_conn *c = s->conns; c != NULL; c = c->next) {
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        if (c->phase != HTTP_IDLE || now - c->since < SECOND / 10) continue;
        if (c->used || now - c->since > SECOND)
            if (poll(&p, 1, 0) == 0) http_cut(c, "drain");
    }
}

static void wait_until(http_server *s, int64_t until) {
    const struct timespec at = {.tv_sec = until / SECOND, .tv_nsec = until % SECOND};
    (void)pthread_cond_timedwait(&s->wake, &s->lock, &at);
}

bool http_drain(http_server *s, double seconds) {
    const int64_t end = norni_clock_ns() + (int64_t)(seconds * 1e9);
    pthread_mutex_lock(&s->lock);
    const bool first = !s->draining;
    s->draining = true;
    pthread_mutex_unlock(&s->lock);
    if (first) {
        const int fd = MHD_quiesce_daemon(s->daemon);
        if (fd >= 0) (void)close(fd); /* those who come now are refused at once */
        s->listener = -1;
    }
    pthread_mutex_lock(&s->lock);
    for (int64_t now = norni_clock_ns(); s->n_conns > 0 && now < end; now = norni_clock_ns()) {
        cut_idle(s, now);
        wait_until(s, now + SECOND / 20 < end ? now + SECOND / 20 : end);
    }
    const bool done = s->n_conns == 0;
    pthread_mutex_unlock(&s->lock);
    return done;
}

void http_stop(http_server *s) {
    if (s == NULL) return;
    (void)http_drain(s, 0);
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->tick);
    /* suspended connections cannot be stopped: their handlers are told, and answer */
    for (size_t open = 1; open > 0;) {
        open = 0;
        for (const http_conn *c = s->conns; c != NULL; c = c->next)
            open += c->request != NULL &&
                    (c->phase == HTTP_WORK || (c->phase == HTTP_REPLY && c->streams));
        if (open > 0) wait_until(s, norni_clock_ns() + SECOND / 20);
    }
    pthread_mutex_unlock(&s->lock);
    MHD_stop_daemon(s->daemon);
    pthread_mutex_lock(&s->lock);
    s->watching = false;
    pthread_cond_signal(&s->tick);
    while (s->n_live > 0)
        wait_until(s, norni_clock_ns() + SECOND / 20);
    pthread_mutex_unlock(&s->lock);
    (void)pthread_join(s->watchdog, NULL);
    http_server_free(s);
}
