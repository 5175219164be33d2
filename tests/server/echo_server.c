/* The HTTP core alone, for its tests: a server whose routes echo what they were given, wait, or stream. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: echo_server [--NAME=VALUE ...]   Prints "port N" when it listens; ends at SIGTERM with what it drained; 0 when all was served.
 * Names: body, header, request, rate, connections, per-ip, per-minute, tokens, spool, loopback, text, quiet, wait (ms of /wait). */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/writer.h"
#include "server/http.h"
#include "server/telemetry.h"

enum { BIG = 16 << 20 };

typedef struct app {
    http_server *server;
    metrics *metrics;
    norn_alloc alloc;
    norni_str big; /* of zeros */
    unsigned wait_ms;
    atomic_bool draining;
    atomic_uint waiting, gone, full;
    atomic_llong gone_at; /* ns */
} app;

/* ---- answers at once ---- */
static void answer_text(void *user, http_request *r) {
    (void)user;
    http_answer(r, 200, "text/plain", norni_str_of("ok\n"), NULL, 0);
}

static void answer_ready(void *user, http_request *r) {
    app *a = user;
    if (atomic_load(&a->draining))
        http_problem(r, 503, "draining", NULL, 1);
    else
        answer_text(user, r);
}

static void answer_state(void *user, http_request *r) {
    app *a = user;
    char text[128];
    norni_format(text, sizeof text, "{\"waiting\":%u,\"gone\":%u,\"gone_at\":%lld,\"peak\":%lld}",
                 atomic_load(&a->waiting), atomic_load(&a->gone), atomic_load(&a->gone_at),
                 (long long)norni_peak_rss_bytes());
    http_answer(r, 200, "application/json", norni_str_of(text), NULL, 0);
}

static void answer_metrics(void *user, http_request *r) {
    app *a = user;
    norni_buf b;
    norni_buf_init(&b, &a->alloc);
    metrics_print(a->metrics, &b);
    http_answer(r, 200, "text/plain; version=0.0.4", (norni_str){b.p, b.n}, NULL, 0);
    norni_buf_clear(&b);
}

static void answer_page(void *user, http_request *r) {
    (void)user;
    http_answer_static(r, "text/html; charset=utf-8", norni_str_of("<!doctype html><p>raw"),
                       norni_str_of("packed"), "\"e1\"", false);
}

static void answer_big(void *user, http_request *r) {
    app *a = user;
    http_answer_static(r, "text/plain", a->big, (norni_str){NULL, 0}, NULL, false);
}

static void put_part(norni_json *j, const http_part *p) {
    norni_json_open(j, '{');
    norni_json_key_str(j, "name", norni_str_of(p->name));
    norni_json_key_str(j, "filename", norni_str_of(p->filename ? p->filename : ""));
    norni_json_key_str(j, "type", norni_str_of(p->type ? p->type : ""));
    norni_json_key_str(j, "path", norni_str_of(p->path ? p->path : ""));
    norni_json_key_str(j, "sha256", norni_str_of(p->sha256));
    norni_json_key_int(j, "size", (int64_t)p->size);
    norni_str text = p->text;
    if (text.n > 200) text.n = 200;
    norni_json_key_str(j, "text", text);
    norni_json_close(j, '}');
}

static void answer_echo(void *user, http_request *r) {
    app *a = user;
    const http_view *v = http_view_of(r);
    norni_buf b;
    norni_json j;
    norni_buf_init(&b, &a->alloc);
    norni_json_init(&j, &b);
    norni_json_open(&j, '{');
    norni_json_key_str(&j, "method", norni_str_of(v->method));
    norni_json_key_str(&j, "path", norni_str_of(v->path));
    norni_json_key_str(&j, "rest", norni_str_of(v->rest));
    norni_json_key_str(&j, "owner", norni_str_of(v->token_owner));
    norni_json_key_str(&j, "folder", norni_str_of(v->folder ? v->folder : ""));
    const char *q = http_query(r, "q");
    norni_json_key_str(&j, "q", norni_str_of(q ? q : ""));
    norni_json_key(&j, "parts");
    norni_json_open(&j, '[');
    for (size_t i = 0; i < v->n_parts; i++)
        put_part(&j, &v->part[i]);
    norni_json_close(&j, ']');
    norni_json_close(&j, '}');
    http_answer(r, 200, "application/json", (norni_str){b.p, b.n}, NULL, 0);
    norni_buf_clear(&b);
}

static unsigned refuse_full(void *user, const http_request *r, const char **detail,
                            unsigned *retry_after) {
    app *a = user;
    (void)r;
    atomic_fetch_add(&a->full, 1);
    *detail = "the queue is full";
    *retry_after = 2;
    return 503;
}

/* ---- answers later ---- */
typedef struct job {
    app *app;
    http_request *request;
    bool silent;
    atomic_bool gone;
} job;

static void job_gone(void *user) {
    job *j = user;
    atomic_store(&j->app->gone_at, norni_clock_ns());
    atomic_fetch_add(&j->app->gone, 1);
    atomic_store(&j->gone, true);
}

static void *wait_and_answer(void *user) {
    job *j = user;
    app *a = j->app;
    const int64_t end = norni_clock_ns() + a->wait_ms * INT64_C(1000000);
    while (norni_clock_ns() < end && !atomic_load(&j->gone))
        usleep(2000);
    if (atomic_load(&j->gone))
        http_problem(j->request, 504, "given up", NULL, 0);
    else
        http_answer(j->request, 200, "text/plain", norni_str_of("waited\n"), NULL, 0);
    atomic_fetch_sub(&a->waiting, 1);
    free(j);
    return NULL;
}

static void *stream(void *user) {
    job *j = user;
    app *a = j->app;
    const int64_t end = norni_clock_ns() + a->wait_ms * INT64_C(1000000);
    char text[64];
    for (unsigned i = 0; norni_clock_ns() < end && !atomic_load(&j->gone); i++) {
        if (j->silent) {
            usleep(20000);
            continue;
        }
        norni_format(text, sizeof text, "{\"n\":%u,\n\"m\":1}", i);
        if (!http_event(j->request, "tick", i + 1, norni_str_of(text))) break;
        usleep(20000);
    }
    http_events_end(j->request);
    atomic_fetch_sub(&a->waiting, 1);
    free(j);
    return NULL;
}

static void start_job(app *a, http_request *r, void *(*work)(void *)) {
    pthread_t thread;
    job *j = calloc(1, sizeof *j);
    if (j == NULL) abort();
    j->app = a;
    j->request = r;
    j->silent = http_query(r, "silent") != NULL;
    atomic_fetch_add(&a->waiting, 1);
    if (work == stream)
        http_events(r, job_gone, j);
    else
        http_defer(r, job_gone, j);
    if (pthread_create(&thread, NULL, work, j) != 0) abort();
    pthread_detach(thread);
}

static void answer_later(void *user, http_request *r) {
    start_job(user, r, wait_and_answer);
}

static void answer_stream(void *user, http_request *r) {
    start_job(user, r, stream);
}

static void answer_nothing(void *user, http_request *r) {
    (void)user;
    (void)r;
}

static const http_route routes[] = {
    {"GET", "/livez", answer_text, true, false, NULL, NULL},
    {"GET", "/readyz", answer_ready, true, false, NULL, NULL},
    {"GET", "/metrics", answer_metrics, true, false, NULL, NULL},
    {"GET", "/state", answer_state, true, false, NULL, NULL},
    {"GET", "/", answer_page, true, false, NULL, NULL},
    {"GET", "/big", answer_big, true, false, NULL, NULL},
    {"GET", "/echo", answer_echo, false, false, NULL, NULL},
    {"POST", "/echo", answer_echo, false, true, NULL, NULL},
    {"GET", "/jobs/*", answer_echo, false, false, NULL, NULL},
    {"DELETE", "/jobs/*", answer_echo, false, false, NULL, NULL},
    {"POST", "/full", answer_echo, false, true, refuse_full, NULL},
    {"GET", "/wait", answer_later, false, false, NULL, NULL},
    {"POST", "/wait", answer_later, false, true, NULL, NULL},
    {"GET", "/events", answer_stream, false, false, NULL, NULL},
    {"GET", "/nothing", answer_nothing, false, false, NULL, NULL},
};

/* ---- the program ---- */
static unsigned number(const char *text) {
    return (unsigned)strtoul(text, NULL, 10);
}

static bool take_option(http_opt *o, app *a, const char *text) {
    const char *eq = strchr(text, '=');
    if (strncmp(text, "--", 2) != 0 || eq == NULL) return false;
    const norni_str name = {text + 2, (size_t)(eq - text) - 2};
    const char *value = eq + 1;
    if (norni_str_is(name, "body"))
        o->most_body = strtoull(value, NULL, 10);
    else if (norni_str_is(name, "header"))
        o->header_seconds = number(value);
    else if (norni_str_is(name, "request"))
        o->request_seconds = number(value);
    else if (norni_str_is(name, "rate"))
        o->least_rate = number(value);
    else if (norni_str_is(name, "connections"))
        o->most_connections = number(value);
    else if (norni_str_is(name, "per-ip"))
        o->most_per_ip = number(value);
    else if (norni_str_is(name, "per-minute"))
        o->rate_per_minute = number(value);
    else if (norni_str_is(name, "tokens"))
        o->token_file = value;
    else if (norni_str_is(name, "spool"))
        o->spool_dir = value;
    else if (norni_str_is(name, "loopback"))
        o->limit_loopback = number(value) != 0;
    else if (norni_str_is(name, "text"))
        o->log_json = number(value) == 0;
    else if (norni_str_is(name, "quiet"))
        o->log_level = number(value) ? NORN_LOG_ERROR : NORN_LOG_DEBUG;
    else if (norni_str_is(name, "wait"))
        a->wait_ms = number(value);
    else
        return false;
    return true;
}

int main(int argc, char **argv) {
    app a = {.alloc = norni_alloc_default(), .wait_ms = 1000};
    http_opt o = {.host = "127.0.0.1",
                  .route = routes,
                  .n_routes = sizeof routes / sizeof routes[0],
                  .log_json = true,
                  .log_level = NORN_LOG_DEBUG,
                  .user = &a};
    norn_err err = {NORN_OK, ""};
    sigset_t stop;
    int got = 0;
    for (int i = 1; i < argc; i++)
        if (!take_option(&o, &a, argv[i])) {
            fprintf(stderr, "echo_server: %s?\n", argv[i]);
            return 2;
        }
    static const char zeros[BIG];
    a.big = (norni_str){zeros, BIG};
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    telemetry_log_setup(o.log_json, o.log_level);
    if (metrics_new(&a.alloc, &a.metrics) != NORN_OK) return 1;
    o.metrics = a.metrics;
    if (http_start(&a.alloc, &o, &a.server, &err) != NORN_OK) {
        fprintf(stderr, "%s\n", err.text);
        metrics_free(a.metrics);
        return 5;
    }
    printf("port %u\n", http_port(a.server));
    fflush(stdout);
    sigwait(&stop, &got);
    atomic_store(&a.draining, true);
    const int64_t begun = norni_clock_ns();
    while (atomic_load(&a.waiting) > 0 && norni_clock_ns() - begun < INT64_C(8000000000))
        usleep(5000);
    const bool drained = http_drain(a.server, 5);
    http_stop(a.server);
    metrics_free(a.metrics);
    printf("drained %d waiting %u\n", drained, atomic_load(&a.waiting));
    return drained ? 0 : 1;
}
