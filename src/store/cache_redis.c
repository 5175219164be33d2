/* Values kept in Redis: asked within 200 ms, left alone for a while when it fails. */
/* SPDX-License-Identifier: Apache-2.0 */
/* hiredis writes the commands and reads the replies; the socket is Norn's own, so that one deadline holds for connecting, sending
 * and the last byte of the reply (hiredis' time-outs are for each read, which a server that drips never exceeds), and so that a
 * closed connection raises no SIGPIPE. hiredis 0.14 has neither TLS nor RESP3; there is no password either: Redis must be on this
 * machine or in a network that is trusted. */
#include "store/cache_redis.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/numtext.h"

enum {
    DEADLINE_MS = 200,
    FAILURES = 3,    /* in a row, then: */
    OFF_MS = 30000,  /* the breaker */
    PAUSE_MS = 1000, /* after one or two: so that a report of many series waits once */
    REPLY_MOST = NORNI_REDIS_VALUE_MOST + (64 << 10),
    ELEMENTS_MOST = 100000, /* of an array, as SCAN's answer is one */
    KEY_TEXT = 7 + 64
};
#define PREFIX "norn:1:"

struct norni_redis {
    norn_alloc alloc;
    pthread_mutex_t lock;
    char host[256], port[8];
    int fd; /* -1: not connected */
    redisReader *reader;
    redisReplyObjectFunctions parts; /* hiredis' own, but for arrays */
    bool fresh;                      /* nothing came over this connection yet */
    bool up, asked;
    int32_t failures;
    int64_t rest_until;
};

static norn_status place_parse(norni_redis *r, const char *place, norn_err *err) {
    norni_str text = norni_str_of(place), host;
    const char *colon = strrchr(place, ':');
    int64_t port = 0;
    if (colon == NULL) colon = place;
    host = (norni_str){text.p, (size_t)(colon - place)};
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = (norni_str){host.p + 1, host.n - 2};
    else if (memchr(host.p, ':', host.n) != NULL)
        host.n = 0; /* an IPv6 address without its brackets */
    if (host.n == 0 || host.n >= sizeof r->host ||
        norni_int_parse(colon + 1, strlen(colon + 1), &port) != NORNI_NUM_OK || port < 1 ||
        port > 65535)
        return norn_fail(err, NORN_E_ARG,
                         "--redis: '%s' is not HOST:PORT, as localhost:6379 or [::1]:6379", place);
    norni_format(r->host, sizeof r->host, "%.*s", (int)host.n, host.p);
    norni_format(r->port, sizeof r->port, "%d", (int)port);
    return NORN_OK;
}

norn_status norni_redis_new(const norn_alloc *alloc, const char *place, norni_redis **out,
                            norn_err *err) {
    norni_redis *r = norni_alloc_zero(alloc, 1, sizeof *r);
    *out = NULL;
    if (r == NULL) return norni_alloc_fail(err, "cache", 1, sizeof *r);
    r->alloc = *alloc;
    r->fd = -1;
    norn_status st = place_parse(r, place, err);
    if (st == NORN_OK && pthread_mutex_init(&r->lock, NULL) != 0)
        st = norn_fail(err, NORN_E_INTERNAL, "cache: the system gives no lock");
    if (st != NORN_OK) {
        norn_alloc a = *alloc;
        norni_alloc_drop(&a, r, 1, sizeof *r);
        return st;
    }
    *out = r;
    return NORN_OK;
}

static void hang_up(norni_redis *r) {
    if (r->fd >= 0) (void)close(r->fd);
    if (r->reader != NULL) redisReaderFree(r->reader);
    r->fd = -1;
    r->reader = NULL;
}

void norni_redis_free(norni_redis *r) {
    if (r == NULL) return;
    norn_alloc alloc = r->alloc;
    hang_up(r);
    (void)pthread_mutex_destroy(&r->lock);
    norni_alloc_drop(&alloc, r, 1, sizeof *r);
}

void norni_redis_forget(norni_redis *r) {
    (void)pthread_mutex_init(&r->lock, NULL); /* it may have been held */
    if (r->fd >= 0) (void)close(r->fd);       /* the parent keeps its own descriptor */
    r->fd = -1;
    r->reader = NULL; /* may be half written: left where it is */
}

/* Waits for `events`; false: the deadline, or the poll failed. */
static bool wait_for(int fd, short events, int64_t until) {
    for (;;) {
        const int64_t left = (until - norni_clock_ns() + 999999) / 1000000;
        struct pollfd p = {.fd = fd, .events = events};
        if (left <= 0) return false;
        const int n = poll(&p, 1, (int)left);
        if (n > 0) return true;
        if (n < 0 && errno != EINTR) return false;
    }
}

static bool connect_to(norni_redis *r, const struct addrinfo *a, int64_t until) {
    int why = 0, one = 1;
    socklen_t n = sizeof why;
    r->fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (r->fd < 0) return false;
    (void)setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    bool good = connect(r->fd, a->ai_addr, a->ai_addrlen) == 0;
    if (!good && errno == EINPROGRESS && wait_for(r->fd, POLLOUT, until))
        good = getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &why, &n) == 0 && why == 0;
    if (!good) hang_up(r);
    return good;
}

/* hiredis makes room for as many elements as a reply says that it has, and looks at each when it is freed. */
static void *make_array(const redisReadTask *task, int n) {
    const redisReplyObjectFunctions *usual = task->privdata;
    return n <= ELEMENTS_MOST ? usual->createArray(task, n) : NULL;
}

static redisReader *reader_new(norni_redis *r) {
    redisReader *reader = redisReaderCreate();
    if (reader == NULL) return NULL;
    r->parts = *reader->fn;
    r->parts.createArray = make_array;
    reader->privdata = reader->fn;
    reader->fn = &r->parts;
    return reader;
}

static norn_status dial(norni_redis *r, int64_t until, norn_err *err) {
    struct addrinfo want = {.ai_socktype = SOCK_STREAM,
                            .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    int rc = getaddrinfo(r->host, r->port, &want, &list);
    if (rc != 0) { /* a name: the resolver's own time-outs hold */
        want.ai_flags = AI_NUMERICSERV;
        rc = getaddrinfo(r->host, r->port, &want, &list);
    }
    if (rc != 0) return norn_fail(err, NORN_E_IO, "redis: %s: %s", r->host, gai_strerror(rc));
    for (const struct addrinfo *a = list; a != NULL && r->fd < 0; a = a->ai_next)
        (void)connect_to(r, a, until);
    freeaddrinfo(list);
    if (r->fd >= 0) r->reader = reader_new(r);
    r->fresh = true;
    if (r->reader != NULL) return NORN_OK;
    hang_up(r);
    return norn_fail(err, NORN_E_IO, "redis: no connection to %s:%s", r->host, r->port);
}

static bool send_all(norni_redis *r, const char *p, size_t n, int64_t until) {
    while (n > 0) {
        const ssize_t sent = send(r->fd, p, n, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (sent > 0) {
            p += sent;
            n -= (size_t)sent;
        } else if (!wait_for(r->fd, POLLOUT, until)) {
            return false;
        }
    }
    return true;
}

/* NULL: the deadline, the end of the connection, no Redis at the other end, or more than a reply may hold. *any: bytes came. */
static redisReply *receive(norni_redis *r, int64_t until, bool *any) {
    char block[1 << 16];
    void *reply = NULL;
    size_t total = 0;
    for (;;) {
        if (redisReaderGetReply(r->reader, &reply) != REDIS_OK) return NULL;
        if (reply != NULL) return reply;
        ssize_t n = recv(r->fd, block, sizeof block, 0);
        while (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (!wait_for(r->fd, POLLIN, until)) return NULL;
            n = recv(r->fd, block, sizeof block, 0);
        }
        if (n <= 0 || norni_clock_ns() > until) return NULL;
        *any = true;
        total += (size_t)n;
        if (total > REPLY_MOST || redisReaderFeed(r->reader, block, (size_t)n) != REDIS_OK)
            return NULL;
    }
}

/* One command under the lock; NULL: *err says why. A connection that died since its last use is made anew once. */
static redisReply *command(norni_redis *r, int argc, const char **argv, const size_t *size,
                           norn_err *err) {
    const int64_t until = norni_clock_ns() + (int64_t)DEADLINE_MS * 1000000;
    char *text = NULL;
    redisReply *reply = NULL;
    bool again = true;
    const int n = redisFormatCommandArgv(&text, argc, argv, size);
    if (n < 0) {
        (void)norn_fail(err, NORN_E_MEM, "redis: out of memory");
        return NULL;
    }
    while (reply == NULL && again) {
        bool any = false;
        again = false;
        if (r->fd < 0 && dial(r, until, err) != NORN_OK) break;
        const bool sent = send_all(r, text, (size_t)n, until);
        if (sent) reply = receive(r, until, &any);
        if (reply != NULL) break;
        again = !r->fresh && !any && norni_clock_ns() < until;
        hang_up(r);
        (void)norn_fail(err, NORN_E_IO, "redis: %s:%s gave no whole answer within %d ms", r->host,
                        r->port, (int)DEADLINE_MS);
    }
    redisFreeCommand(text);
    if (reply != NULL) r->fresh = false;
    return reply;
}

/* True: the lock is held, and Redis may be asked. */
static bool enter(norni_redis *r) {
    (void)pthread_mutex_lock(&r->lock);
    if (r->rest_until == 0 || norni_clock_ns() >= r->rest_until) return true;
    (void)pthread_mutex_unlock(&r->lock);
    return false;
}

/* Counts, frees and unlocks. An error reply about this one key (WRONGTYPE) speaks for a Redis that is well. */
static norni_keep_end leave(norni_redis *r, redisReply *reply, norni_keep_end end, norn_err *err) {
    bool well = reply != NULL;
    if (well && reply->type == REDIS_REPLY_ERROR) {
        well = reply->len >= 9 && memcmp(reply->str, "WRONGTYPE", 9) == 0;
        (void)norn_fail(err, NORN_E_IO, "redis: %s:%s says %.*s", r->host, r->port,
                        reply->len < 100 ? (int)reply->len : 100, reply->str);
        end = NORNI_KEEP_FAILED;
    }
    if (reply == NULL) end = NORNI_KEEP_FAILED;
    if (reply != NULL) freeReplyObject(reply);
    r->asked = true;
    r->up = well;
    r->failures = well ? 0 : r->failures + 1;
    r->rest_until = 0;
    if (!well) {
        const int64_t ms = r->failures >= FAILURES ? OFF_MS : PAUSE_MS;
        r->rest_until = norni_clock_ns() + ms * 1000000;
        hang_up(r);
    }
    (void)pthread_mutex_unlock(&r->lock);
    return end;
}

static void key_text(const norni_cache_key *key, char out[KEY_TEXT]) {
    static const char digit[] = "0123456789abcdef";
    memcpy(out, PREFIX, 7);
    for (size_t i = 0; i < sizeof key->byte; i++) {
        out[7 + 2 * i] = digit[key->byte[i] >> 4];
        out[8 + 2 * i] = digit[key->byte[i] & 15];
    }
}

norni_keep_end norni_redis_get(norni_redis *r, const norni_cache_key *key, norni_buf *blob,
                               norn_err *err) {
    char name[KEY_TEXT], last[16];
    key_text(key, name);
    /* Not GET: whatever lies there, no more comes than is wanted. */
    const size_t n_last = norni_format(last, sizeof last, "%d", (int)NORNI_REDIS_VALUE_MOST);
    const char *argv[] = {"GETRANGE", name, "0", last};
    const size_t size[] = {8, KEY_TEXT, 1, n_last};
    norni_keep_end end = NORNI_KEEP_NONE;
    if (!enter(r)) return NORNI_KEEP_RESTING;
    redisReply *reply = command(r, 4, argv, size, err);
    if (reply != NULL && reply->type == REDIS_REPLY_STRING && reply->len > 0) {
        norni_buf_add(blob, reply->str, reply->len);
        end = blob->failed ? NORNI_KEEP_NONE : NORNI_KEEP_DONE;
    }
    return leave(r, reply, end, err);
}

norni_keep_end norni_redis_put(norni_redis *r, const norni_cache_key *key, norni_str blob,
                               int64_t seconds, norn_err *err) {
    char name[KEY_TEXT], life[24];
    if (blob.n > NORNI_REDIS_VALUE_MOST || seconds < 1) return NORNI_KEEP_NONE;
    key_text(key, name);
    const size_t n_life = norni_format(life, sizeof life, "%lld", (long long)seconds);
    const char *argv[] = {"SET", name, blob.p, "EX", life};
    const size_t size[] = {3, KEY_TEXT, blob.n, 2, n_life};
    if (!enter(r)) return NORNI_KEEP_RESTING;
    return leave(r, command(r, 5, argv, size, err), NORNI_KEEP_DONE, err);
}

/* Deletes one page of SCAN's answer and moves the cursor; false: `*reply` is to be judged. */
static bool clear_page(norni_redis *r, char cursor[24], uint64_t *removed, redisReply **reply,
                       norn_err *err) {
    const char *scan[] = {"SCAN", cursor, "MATCH", PREFIX "*", "COUNT", "1000"};
    const size_t size[] = {4, strlen(cursor), 5, 8, 5, 4};
    *reply = command(r, 6, scan, size, err);
    if (*reply == NULL || (*reply)->type != REDIS_REPLY_ARRAY || (*reply)->elements != 2 ||
        (*reply)->element[0]->type != REDIS_REPLY_STRING || (*reply)->element[0]->len >= 24 ||
        (*reply)->element[1]->type != REDIS_REPLY_ARRAY)
        return false;
    redisReply *page = *reply;
    norni_format(cursor, 24, "%s", page->element[0]->str);
    for (size_t i = 0; i < page->element[1]->elements; i++) {
        const redisReply *name = page->element[1]->element[i];
        if (name->type != REDIS_REPLY_STRING) continue;
        const char *del[] = {"DEL", name->str};
        const size_t sizes[] = {3, name->len};
        *reply = command(r, 2, del, sizes, err);
        if (*reply == NULL || (*reply)->type != REDIS_REPLY_INTEGER) {
            freeReplyObject(page);
            return false;
        }
        *removed += (*reply)->integer > 0;
        freeReplyObject(*reply);
    }
    *reply = page;
    return strcmp(cursor, "0") != 0;
}

norni_keep_end norni_redis_clear(norni_redis *r, uint64_t *removed, norn_err *err) {
    char cursor[24] = "0";
    redisReply *reply = NULL;
    *removed = 0;
    (void)pthread_mutex_lock(&r->lock); /* asked for by hand: tried at any rate */
    while (clear_page(r, cursor, removed, &reply, err))
        freeReplyObject(reply);
    return leave(r, reply, NORNI_KEEP_DONE, err);
}

bool norni_redis_up(norni_redis *r) {
    const char *argv[] = {"PING"};
    const size_t size[] = {4};
    (void)pthread_mutex_lock(&r->lock);
    const bool asked = r->asked, up = r->up;
    (void)pthread_mutex_unlock(&r->lock);
    if (asked || !enter(r)) return up;
    return leave(r, command(r, 1, argv, size, NULL), NORNI_KEEP_DONE, NULL) == NORNI_KEEP_DONE;
}
