/* The watchdog: what libmicrohttpd's inactivity timer lets through, and what it cannot see of suspended connections. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "server/http_request.h"

#define SECOND INT64_C(1000000000)

enum { KEEP_SECONDS = 30, LINGER_SECONDS = 10, BEAT_SECONDS = 10, LOOKS_A_SECOND = 20 };

static void enter(http_conn *c, http_phase phase) {
    c->phase = phase;
    c->since = norni_clock_ns();
    c->mark = phase == HTTP_BODY ? c->since : 0;
    c->mark_bytes = c->bytes;
    c->left_looks = 0;
}

void http_phase_set(http_conn *c, http_phase phase) {
    pthread_mutex_lock(&c->server->lock);
    enter(c, phase);
    pthread_mutex_unlock(&c->server->lock);
}

bool http_phase_try(http_conn *c, http_phase phase) {
    pthread_mutex_lock(&c->server->lock);
    const bool good = !c->cut;
    if (good) enter(c, phase);
    pthread_mutex_unlock(&c->server->lock);
    return good;
}

void http_conn_bytes(http_conn *c, uint64_t n) {
    pthread_mutex_lock(&c->server->lock);
    c->bytes += n;
    pthread_mutex_unlock(&c->server->lock);
}

void http_cut(http_conn *c, const char *reason) {
    if (c->cut) return;
    c->cut = true;
    c->left = strcmp(reason, "left") == 0;
    if (!c->left && c->phase == HTTP_BODY && c->request != NULL) http_say_timeout(c->request);
    if (c->phase == HTTP_REPLY) {
        /* what a slow reader has not taken goes with the connection, not some minutes later */
        const struct linger none = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    }
    (void)shutdown(c->fd, SHUT_RDWR);
    metric_add(c->server->cut, &reason, 1);
}

/* Bytes of answers that the client has taken. */
static uint64_t acknowledged(int fd) {
    struct tcp_info info;
    socklen_t n = sizeof info;
    memset(&info, 0, sizeof info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 ? info.tcpi_bytes_acked : 0;
}

static bool has_unsent(int fd) {
    int n = 0;
    return ioctl(fd, SIOCOUTQ, &n) == 0 && n > 0;
}

/* Whether less than the least rate has passed in the period since the mark; the mark moves on with each period. */
static bool too_slow(http_conn *c, uint64_t bytes, int64_t now, int64_t period) {
    if (c->mark == 0) {
        c->mark = now;
        c->mark_bytes = bytes;
    }
    if (now - c->mark < period) return false;
    const double least = (double)c->server->opt.least_rate * (double)period * 1e-9;
    const bool slow = (double)(bytes - c->mark_bytes) < least;
    c->mark = now;
    c->mark_bytes = bytes;
    return slow;
}

/* An answer that the client does not take. In the first second buffers fill, which says nothing of the client; a stream that has
 * nothing to say is not slow. */
static bool reads_slowly(http_conn *c, int64_t now) {
    const int64_t period = c->server->opt.header_seconds * SECOND;
    if (now - c->since < SECOND || (c->mark != 0 && now - c->mark < period)) return false;
    return too_slow(c, acknowledged(c->fd), now, period) && has_unsent(c->fd);
}

static void look_at(http_conn *c, int64_t now) {
    const http_opt *o = &c->server->opt;
    const int64_t head = o->header_seconds * SECOND, whole = o->request_seconds * SECOND;
    const bool stream = c->phase == HTTP_REPLY && c->streams;
    switch (c->phase) {
        case HTTP_IDLE:
            if (now - c->since > (c->used ? KEEP_SECONDS * SECOND : head))
                http_cut(c, c->used ? "idle" : "header");
            break;
        case HTTP_HEAD:
            if (now - (c->used ? c->begun : c->opened) > head) http_cut(c, "header");
            break;
        case HTTP_BODY:
            if (now - c->begun > whole)
                http_cut(c, "request");
            else if (too_slow(c, c->bytes, now, head))
                http_cut(c, "body");
            break;
        case HTTP_WORK: break;
        case HTTP_REPLY:
            if (reads_slowly(c, now) || (!stream && now - c->since > whole)) http_cut(c, "reader");
            break;
        case HTTP_LINGER:
            if (now - c->since > LINGER_SECONDS * SECOND) http_cut(c, "linger");
            break;
    }
}

/* Whether a client has left in the midst of its request: libmicrohttpd sees an end that comes with the last bytes late or never. Three
 * looks, so that what has come is read first. */
static bool left_midway(http_conn *c) {
    int unread = 0;
    if (ioctl(c->fd, FIONREAD, &unread) != 0 || unread > 0) return false;
    return ++c->left_looks >= 3;
}

/* Requests whose handlers are to be told: those whose clients have left, whose time is up, or all when the server stops. Held. */
static size_t find_gone(http_server *s, int64_t now) {
    struct pollfd *p = s->watched;
    http_request **r = s->told;
    size_t n = 0, k = 0;
    for (http_conn *c = s->conns; c != NULL && n < s->most_watched; c = c->next) {
        if (c->request == NULL || (c->phase == HTTP_REPLY && !c->streams)) continue;
        p[n] = (struct pollfd){.fd = c->fd, .events = POLLRDHUP};
        r[n++] = c->request;
    }
    if (n > 0) (void)poll(p, n, 0);
    for (size_t i = 0; i < n; i++) {
        http_conn *c = r[i]->conn;
        const bool left = (p[i].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
        if (c->phase != HTTP_WORK && c->phase != HTTP_REPLY) {
            if (left && left_midway(c)) http_cut(c, "left");
            continue;
        }
        const bool late = c->phase == HTTP_WORK && now - c->begun > s->opt.request_seconds * SECOND;
        if (left || late || s->stopping || c->cut) r[k++] = http_hold(r[i]);
    }
    return k;
}

/* Comments keep proxies from closing a silent stream. Under the server's lock: only those that can be had at once. */
static void beat(http_server *s, int64_t now) {
    for (http_conn *c = s->conns; c != NULL; c = c->next)
        if (c->request != NULL && c->phase == HTTP_REPLY && c->streams)
            http_events_beat(c->request, now, BEAT_SECONDS * SECOND);
}

static void sleep_a_while(http_server *s) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += SECOND / LOOKS_A_SECOND;
    if (until.tv_nsec >= SECOND) {
        until.tv_nsec -= SECOND;
        until.tv_sec++;
    }
    (void)pthread_cond_timedwait(&s->tick, &s->lock, &until);
}

void *http_watch(void *server) {
    http_server *s = server;
    pthread_mutex_lock(&s->lock);
    while (s->watching) {
        if (s->n_conns == 0) {
            pthread_cond_wait(&s->tick, &s->lock);
            continue;
        }
        const int64_t now = norni_clock_ns();
        for (http_conn *c = s->conns; c != NULL; c = c->next)
            look_at(c, now);
        beat(s, now);
        const size_t n = find_gone(s, now);
        pthread_mutex_unlock(&s->lock);
        for (size_t i = 0; i < n; i++) {
            http_tell_gone(s->told[i]);
            http_release(s->told[i]);
        }
        pthread_mutex_lock(&s->lock);
        if (s->watching) sleep_a_while(s);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* ---- who may connect ---- */
enum MHD_Result http_accept(void *server, const struct sockaddr *address, socklen_t n) {
    http_server *s = server;
    unsigned char own[16];
    const bool local = http_address(address, own);
    const bool counted = !local || s->opt.limit_loopback;
    size_t same = 0;
    (void)n;
    pthread_mutex_lock(&s->lock);
    for (const http_conn *c = s->conns; counted && c != NULL; c = c->next)
        same += memcmp(c->address, own, sizeof own) == 0;
    const bool full = s->n_conns >= s->opt.most_connections;
    const bool good = !full && (!counted || same < s->opt.most_per_ip);
    pthread_mutex_unlock(&s->lock);
    const char *reason = full ? "full" : "address";
    if (!good) metric_add(s->cut, &reason, 1);
    return good ? MHD_YES : MHD_NO;
}

/* Where nearly all places are taken, the one that has waited longest without a request makes room. Under the server's lock. */
static void make_room(http_server *s) {
    http_conn *oldest = NULL;
    if (s->n_conns + 1 + s->opt.most_connections / 16 < s->opt.most_connections) return;
    for (http_conn *c = s->conns; c != NULL; c = c->next)
        if (!c->cut && (c->phase == HTTP_IDLE || c->phase == HTTP_HEAD) &&
            norni_clock_ns() - c->since > SECOND / 4 &&
            (oldest == NULL || c->since < oldest->since))
            oldest = c;
    if (oldest != NULL) http_cut(oldest, "room");
}

static void join(http_server *s, struct MHD_Connection *link, void **context) {
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(link, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *peer =
        MHD_get_connection_info(link, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    http_conn *c = fd ? norni_alloc_zero(&s->alloc, 1, sizeof *c) : NULL;
    if (c == NULL) return;
    c->server = s;
    c->fd = fd->connect_fd;
    c->local = http_address(peer ? peer->client_addr : NULL, c->address);
    http_address_text(c->address, c->client);
    pthread_mutex_lock(&s->lock);
    make_room(s);
    enter(c, HTTP_IDLE);
    c->opened = c->since;
    c->next = s->conns;
    if (c->next != NULL) c->next->prev = c;
    s->conns = c;
    if (s->n_conns++ == 0) pthread_cond_signal(&s->tick);
    pthread_mutex_unlock(&s->lock);
    *context = c;
}

void http_on_connection(void *server, struct MHD_Connection *link, void **context,
                        enum MHD_ConnectionNotificationCode what) {
    http_server *s = server;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        join(s, link, context);
        return;
    }
    http_conn *c = *context;
    if (c == NULL) return;
    pthread_mutex_lock(&s->lock);
    if (c->prev != NULL) c->prev->next = c->next;
    if (c->next != NULL) c->next->prev = c->prev;
    if (s->conns == c) s->conns = c->next;
    s->n_conns--;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
    norni_alloc_drop(&s->alloc, c, 1, sizeof *c);
    *context = NULL;
}
