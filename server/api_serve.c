/* `norn serve` from the first to the last request: what it needs, the signals, the drain. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/api_serve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "app/version.h"
#include "base/clock.h"
#include "par/budget.h"
#include "server/alerts.h"
#include "server/api_parts.h"
#include "server/api_serve_rows.h"
#include "server/notify.h"

enum { EXIT_DONE = 0, EXIT_NOT = 1, EXIT_WRONG = 2, EXIT_BY_SIGNAL = 128 };
enum { OWN_BYTES = 64 << 20, LEAST_JOB_BYTES = 32 << 20, MOST_RUNNERS = 8 };

/* Everything of one run. */
typedef struct serving {
    const api_serve_opt *opt;
    api a;
    norni_arena arena;
    alerts *alerts;
    char instance[80];
    uint64_t usable; /* bytes of memory */
} serving;

/* ---- what is needed ---- */

static norn_status bytes_of(norni_memsize asked, const char *flag, uint64_t *out, norn_err *err) {
    *out = asked.bytes;
    if (asked.bytes > 0) return NORN_OK;
    return norn_fail(err, NORN_E_ARG, "%s: a size is asked for, as 64MiB", flag);
}

static norn_status make_folder(serving *s, norn_err *err) {
    const char *base = s->opt->spool_dir ? s->opt->spool_dir : getenv("TMPDIR");
    if (base == NULL || base[0] == '\0') base = "/tmp";
    if (strlen(base) + 32 > sizeof s->a.folder)
        return norn_fail(err, NORN_E_ARG, "--spool-dir: the name is too long");
    norni_format(s->a.folder, sizeof s->a.folder, "%s/norn-serve-XXXXXX", base);
    if (mkdtemp(s->a.folder) != NULL) return NORN_OK;
    const int why = errno;
    s->a.folder[0] = '\0';
    return norn_fail(err, NORN_E_IO, "--spool-dir: no folder can be made in %s: %s", base,
                     strerror(why));
}

static void warn(void *user, const char *text) {
    const log_field field[] = {{"said", text, 0}};
    (void)user;
    telemetry_log(NORN_LOG_WARN, "cache", field, 1);
}

/* A cache that cannot be opened costs speed, nothing else. */
static void open_cache(serving *s) {
    norn_err err = {NORN_OK, ""};
    const norni_cache_opt opt = {.dir = s->opt->cache_dir,
                                 .most_bytes = s->opt->cache_limit.bytes,
                                 .redis = s->opt->redis,
                                 .lenient = true,
                                 .warn = warn};
    if (s->opt->cache == 0) return;
    if (norni_cache_open(&s->a.alloc, &opt, &s->a.cache, &err) != NORN_OK) warn(NULL, err.text);
    s->a.redis = s->opt->redis != NULL;
}

static norn_status make_jobs(serving *s, norn_err *err) {
    api *a = &s->a;
    a->workers = s->opt->workers > 0 ? s->opt->workers : norni_cpu_usable(NULL);
    s->usable = norni_memory_usable(NULL);
    unsigned runners = (unsigned)s->opt->runners;
    if (runners == 0)
        runners = a->workers < MOST_RUNNERS ? (unsigned)a->workers : (unsigned)MOST_RUNNERS;
    const uint64_t limit = norni_memory_limit(s->opt->memory_limit, NULL);
    a->job_bytes = (limit > OWN_BYTES ? limit - OWN_BYTES : 0) / runners;
    if (a->job_bytes < LEAST_JOB_BYTES)
        return norn_fail(err, NORN_E_ARG,
                         "--memory-limit: %llu bytes are too few for %u jobs at once: 64MiB and "
                         "32MiB for each are needed (see --runners)",
                         (unsigned long long)limit, runners);
    jobs_opt opt = {.alloc = &a->alloc,
                    .runners = runners,
                    .most_waiting = (unsigned)s->opt->max_jobs,
                    .workers = a->workers,
                    .deadline = s->opt->job_seconds,
                    .folder = a->folder,
                    .most_kept = (unsigned)s->opt->keep_jobs,
                    .keep_seconds = s->opt->keep_seconds,
                    .metrics = a->metrics};
    NORN_TRY(bytes_of(s->opt->keep_bytes, "--keep-bytes", &opt.most_bytes, err));
    return jobs_new(&opt, &a->q, err);
}

static norn_status listen_at(serving *s, norn_err *err) {
    api *a = &s->a;
    http_route *route = norni_arena_zero(&s->arena, API_MOST_ROUTES, sizeof *route);
    if (route == NULL) return norni_alloc_fail(err, "routes", API_MOST_ROUTES, sizeof *route);
    http_opt opt = {.host = s->opt->host,
                    .port = (uint16_t)s->opt->port,
                    .metrics = a->metrics,
                    .token_file = s->opt->token_file,
                    .spool_dir = a->folder,
                    .header_seconds = (unsigned)s->opt->header_seconds,
                    .request_seconds = (unsigned)s->opt->request_seconds,
                    .least_rate = 1024,
                    .most_connections = (unsigned)s->opt->max_connections,
                    .most_per_ip = (unsigned)s->opt->max_per_ip,
                    .rate_per_minute = (unsigned)s->opt->rate_per_minute,
                    .log_json = s->opt->log_format == 1,
                    .log_level = (norn_log_level)s->opt->log_level,
                    .route = route,
                    .user = a};
    NORN_TRY(bytes_of(s->opt->max_body, "--max-body", &opt.most_body, err));
    opt.n_routes = api_routes(&s->arena, route);
    return http_start(&a->alloc, &opt, &a->http, err);
}

/* ---- alerts ---- */

static double resident_bytes(void) {
    char text[128] = "";
    const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    char *at = text;
    if (fd >= 0) close(fd);
    if (n <= 0) return 0;
    (void)strtoull(at, &at, 10);
    return (double)strtoull(at, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}

static void look(void *user, alerts_state *out) {
    serving *s = user;
    struct statvfs disk;
    const jobs_count n = jobs_counts(s->a.q);
    const jobs_ended ended = jobs_endings(s->a.q);
    out->answers = (double)ended.all;
    out->errors = (double)ended.errors;
    out->memory = s->usable ? resident_bytes() / (double)s->usable : 0;
    out->queue = n.most_waiting ? (double)n.waiting / n.most_waiting : 0;
    out->disk_free = 1;
    if (statvfs(s->a.folder, &disk) == 0 && disk.f_blocks > 0)
        out->disk_free = (double)disk.f_bavail / (double)disk.f_blocks;
}

static norn_status start_alerts(serving *s, norn_err *err) {
    const alerts_opt opt = {.alloc = &s->a.alloc,
                            .url = s->opt->alert_url,
                            .instance = s->instance,
                            .seconds = s->opt->alert_seconds,
                            .window = 300,
                            .least = 20,
                            .look = look,
                            .user = s,
                            .metrics = s->a.metrics};
    return s->opt->alert_url ? alerts_start(&opt, &s->alerts, err) : NORN_OK;
}

/* ---- signals ---- */

static void *second_signal(void *user) {
    const serving *s = user;
    sigset_t set;
    int sig = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigwait(&set, &sig) != 0) return NULL;
    jobs_sweep(s->a.folder);
    _exit(EXIT_BY_SIGNAL + sig);
}

/* Until SIGTERM or SIGINT; tells systemd's watchdog meanwhile. */
static void wait_signal(const sigset_t *set) {
    const double every = notify_watchdog_seconds();
    const double wait = every > 0 ? every : 3600;
    const struct timespec ts = {(time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9)};
    while (sigtimedwait(set, NULL, &ts) < 0) {
        if (errno == EAGAIN && every > 0) notify_systemd("WATCHDOG=1");
    }
}

static void rest(double seconds) {
    const struct timespec ts = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&ts, NULL);
}

/* /readyz says no while the listener still listens; then no new connections; what runs ends. */
static bool drain(serving *s) {
    const double begun = (double)norni_clock_ns() * 1e-9, allowed = s->opt->drain_seconds;
    const double notice = allowed < 1 ? allowed / 2 : 0.5;
    atomic_store(&s->a.draining, true);
    notify_systemd("STOPPING=1");
    telemetry_log(NORN_LOG_INFO, "draining", NULL, 0);
    jobs_close(s->a.q);
    rest(notice);
    double left = allowed - ((double)norni_clock_ns() * 1e-9 - begun);
    bool done = http_drain(s->a.http, left > 0 ? left : 0);
    while (!jobs_idle(s->a.q) && (double)norni_clock_ns() * 1e-9 - begun < allowed)
        rest(0.02);
    done = done && jobs_idle(s->a.q);
    if (!done) jobs_cancel_all(s->a.q);
    for (int i = 0; i < 250 && !jobs_idle(s->a.q); i++)
        rest(0.02);
    return done;
}

/* ---- the run ---- */

static bool is_loopback(const char *host) {
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "localhost") == 0;
}

static void say_listening(serving *s) {
    const api_serve_opt *o = s->opt;
    const log_field field[] = {{"host", o->host, 0},
                               {"port", NULL, (double)http_port(s->a.http)},
                               {"workers", NULL, (double)s->a.workers},
                               {"version", NORNI_VERSION, 0}};
    if (!is_loopback(o->host) && o->token_file == NULL)
        telemetry_log(NORN_LOG_WARN, "NO TOKENS: everybody who reaches this port is served", field,
                      1);
    telemetry_log(NORN_LOG_INFO, "listening", field, 4);
}

static norn_status check_open(const api_serve_opt *o, norn_err *err) {
    if (is_loopback(o->host) || o->token_file != NULL || o->no_tokens) return NORN_OK;
    return norn_fail(err, NORN_E_ARG,
                     "--host %s: others can reach it, so --token-file is needed (`openssl rand "
                     "-hex 32` makes a token), or --insecure-no-tokens",
                     o->host);
}

static norn_status begin(serving *s, norn_err *err) {
    api *a = &s->a;
    NORN_TRY(check_open(s->opt, err));
    if (metrics_new(&a->alloc, &a->metrics) != NORN_OK)
        return norni_alloc_fail(err, "metrics", 1, 1);
    NORN_TRY(make_folder(s, err));
    NORN_TRY(api_openapi_make(&a->alloc, &a->openapi, err));
    NORN_TRY(make_jobs(s, err));
    open_cache(s);
    api_metrics(a);
    NORN_TRY(listen_at(s, err));
    norni_format(s->instance, sizeof s->instance, "%s:%u", s->opt->host,
                 (unsigned)http_port(a->http));
    return start_alerts(s, err);
}

static void end(serving *s) {
    api *a = &s->a;
    alerts_stop(s->alerts);
    if (a->http) http_stop(a->http);
    jobs_free(a->q);
    norni_cache_close(a->cache);
    metrics_free(a->metrics);
    if (a->openapi.p) api_openapi_free(&a->alloc, &a->openapi);
    if (a->folder[0]) jobs_sweep(a->folder);
    norni_arena_clear(&s->arena);
}

/* Operations that print a table print it to nobody. */
static void close_stdout(void) {
    const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    fflush(stdout);
    dup2(fd, STDOUT_FILENO);
    close(fd);
}

int api_serve_run(const void *opt) {
    serving s = {.opt = opt};
    norn_err err = {NORN_OK, ""};
    sigset_t set;
    pthread_t other;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* before there are threads: they inherit it */
    s.a.alloc = norni_alloc_default();
    norni_arena_init(&s.arena, &s.a.alloc);
    telemetry_log_setup(s.opt->log_format == 1, (norn_log_level)s.opt->log_level);
    const norn_status st = begin(&s, &err);
    if (st != NORN_OK) {
        fprintf(stderr, "norn serve: %s\n", err.text[0] ? err.text : norn_status_name(st));
        end(&s);
        return st == NORN_E_ARG ? EXIT_WRONG : EXIT_NOT;
    }
    close_stdout();
    say_listening(&s);
    notify_systemd("READY=1");
    wait_signal(&set);
    const bool watched = pthread_create(&other, NULL, second_signal, &s) == 0;
    if (watched) pthread_detach(other);
    const bool done = drain(&s);
    telemetry_log(NORN_LOG_INFO, done ? "drained" : "ended with jobs cancelled", NULL, 0);
    end(&s);
    return done ? EXIT_DONE : EXIT_NOT;
}
