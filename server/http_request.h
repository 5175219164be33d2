/* The inside of the HTTP core: connections, requests, and who owns what. Only server/http*.c include it. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Threads: two of libmicrohttpd run connections and handlers; the watchdog looks at all connections twenty times a second; handlers'
 * own threads answer. Locks: server->lock guards the list of connections and their phases; request->lock guards a request's answer.
 * A thread that holds a request's lock may take the server's, never the other way round. */
#ifndef SERVER_HTTP_REQUEST_H
#define SERVER_HTTP_REQUEST_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "server/http.h"
#include "server/http_body.h"
#include "server/http_check.h"
#include "server/http_spool.h"
#include "server/http_token.h"
#include "server/telemetry.h"

enum { HTTP_MOST_REPLY_HEADERS = 32, HTTP_MOST_EVENTS = 4 << 20 };

typedef enum http_phase {
    HTTP_IDLE,  /* waits for a request line */
    HTTP_HEAD,  /* has the request line, waits for the rest */
    HTTP_BODY,  /* reads the body */
    HTTP_WORK,  /* the handler has it */
    HTTP_REPLY, /* the answer goes out */
    HTTP_LINGER /* answered early: what the client still sends is read and thrown away */
} http_phase;

/* Guarded by server->lock. */
typedef struct http_conn {
    struct http_conn *next, *prev;
    http_server *server;
    int fd;
    http_phase phase;
    bool used; /* has had a request */
    bool cut;  /* shut down by the watchdog */
    bool left; /* because the client had left */
    unsigned left_looks;
    bool local;
    bool streams;   /* the answer is a stream of events */
    int64_t opened; /* ns */
    int64_t since;  /* ns: of the phase */
    int64_t begun;  /* ns: of the request */
    int64_t mark;   /* ns: of the last look at the rate, and the bytes then */
    uint64_t mark_bytes, bytes;
    unsigned char address[16];
    char client[INET6_ADDRSTRLEN];
    struct http_request *request;
} http_conn;

struct http_request {
    atomic_int
        refs; /* libmicrohttpd's side, the watchdog while it tells, an answering thread, a stream's handler */
    http_server *server;
    http_conn *conn;
    struct MHD_Connection *link;
    norni_arena arena;
    http_view view;
    http_facts facts;
    const http_route *route;
    http_pair *header, *query;
    size_t n_headers;
    http_part part[HTTP_MOST_PARTS];
    http_body body;
    const char *
        target; /* as sent; and where libmicrohttpd has it, to see that the head's lines stand side by side */
    const char *target_at;
    const char *trace; /* traceparent, or NULL */
    char own_id[33], owner[NORNI_SHA256_TEXT];
    bool begun, head_good, whole, failed_early; /* in libmicrohttpd's thread only */
    bool admitted;                              /* the same; by the route, and not handled yet */
    int64_t start;                              /* ns */
    uint64_t lingered;
    /* ---- guarded by lock ---- */
    pthread_mutex_t lock;
    pthread_cond_t told;
    struct MHD_Response *response;
    unsigned status;
    uint64_t bytes_out;
    bool answered, deferred, suspended, closed;
    void (*gone)(void *user);
    void *gone_user;
    bool gone_called, gone_running;
    pthread_t gone_thread;
    /* a stream of events */
    bool stream, ended, waiting; /* waiting: suspended in the reader */
    norni_buf events;
    size_t events_at; /* of events.p, already sent */
    int64_t beat;     /* ns: of the last bytes */
};

struct http_server {
    norn_alloc alloc;
    http_opt opt; /* texts and routes are the server's own copies where they need to live */
    norni_s3_crypto crypto;
    http_tokens tokens;
    http_rate rate;
    http_spool spool;
    struct MHD_Daemon *daemon;
    int listener;
    uint16_t port;
    bool tiled; /* this libmicrohttpd leaves the head's lines side by side in memory */
    atomic_uint_fast64_t next_id;
    pthread_mutex_t lock;
    pthread_cond_t wake;        /* a connection or a request has ended */
    pthread_cond_t tick;        /* the watchdog's */
    struct pollfd *watched;     /* (most_watched), the watchdog's */
    struct http_request **told; /* (most_watched) */
    size_t most_watched;
    http_conn *conns;
    size_t n_conns;
    size_t n_requests; /* that libmicrohttpd has */
    size_t n_live;     /* that anybody holds */
    bool draining, stopping, watching;
    pthread_t watchdog;
    metric *requests, *duration, *request_size, *in_flight, *cut, *connections, *spool_failed;
    metric *cpu, *rss, *virtual_size, *fds, *most_fds, *start_time;
    double started;
};

static inline http_request *http_hold(http_request *r) {
    atomic_fetch_add(&r->refs, 1);
    return r;
}
void http_release(http_request *r); /* frees at the last one */

/* http_request.c: what libmicrohttpd calls */
void *http_on_line(void *server, const char *target, struct MHD_Connection *link);
enum MHD_Result http_on_data(void *server, struct MHD_Connection *link, const char *url,
                             const char *method, const char *version, const char *data,
                             size_t *n_data, void **request);
void http_on_completed(void *server, struct MHD_Connection *link, void **request,
                       enum MHD_RequestTerminationCode how);
/* Tells the route, once, that a request it let in has ended without its handler. */
void http_not_handled(http_request *r);
/* http_admit.c: the head is whole: routes it. 0, or the refusal's status with its words and further headers. */
typedef struct http_refusal {
    const char *why;
    unsigned retry_after;
    http_pair more[2];
    size_t n_more;
} http_refusal;
unsigned http_admit(http_request *r, const char *method, const char *version, http_refusal *out);

/* http_answer.c */
/* How much of a refused request is still to come. */
typedef enum http_rest {
    HTTP_REST_NONE,    /* nothing: libmicrohttpd calls again, or has all */
    HTTP_REST_UNASKED, /* a body that the client sends when it is told to go on, and is not told */
    HTTP_REST_BODY /* a body, under way: the answer goes straight to the socket, and what comes is read and thrown away, so that
                          the client sees the answer and no reset */
} http_rest;
enum MHD_Result http_refuse(http_request *r, unsigned status, const http_refusal *why,
                            http_rest rest);
enum MHD_Result http_queue(http_request *r); /* the answer that is ready */
/* Hands a response over: from any thread. */
void http_give(http_request *r, struct MHD_Response *response, unsigned status, uint64_t bytes);

/* What the watchdog says to a client whose body is late. */
void http_say_timeout(http_request *r);
/* http_events.c */
void http_events_beat(http_request *r, int64_t now, int64_t every);

/* http.c */
void http_server_free(http_server *s);
/* An address as 16 bytes; whether it is this machine's own. */
bool http_address(const struct sockaddr *address, unsigned char out[16]);
void http_address_text(const unsigned char address[16], char out[INET6_ADDRSTRLEN]);

/* http_watch.c */
enum MHD_Result http_accept(void *server, const struct sockaddr *address, socklen_t n);
void http_on_connection(void *server, struct MHD_Connection *link, void **context,
                        enum MHD_ConnectionNotificationCode what);
/* Shuts a connection down; under the server's lock. */
void http_cut(http_conn *c, const char *reason);
void http_phase_set(http_conn *c, http_phase phase);
/* The same for one that still may go on: false when the watchdog has cut it. */
bool http_phase_try(http_conn *c, http_phase phase);
void http_conn_bytes(http_conn *c, uint64_t n);
void *http_watch(void *server);
/* Tells a handler, at most once, that nobody waits any more. */
void http_tell_gone(http_request *r);

#endif
