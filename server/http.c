/* The HTTP core's beginning and end: socket, daemon, watchdog, metrics of the process, drain. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/numtext.h"
#include "server/http_request.h"

enum { POOL_THREADS = 2, LINK_MEMORY = 64 << 10, SPARE_FILES = 40, LEAST_CONNECTIONS = 8 };

/* ---- addresses ---- */
bool http_address(const struct sockaddr *address, unsigned char out[16]) {
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    memset(out, 0, 16);
    if (address != NULL && address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        memcpy(out, mapped, 12);
        memcpy(out + 12, &in.sin_addr, 4);
    } else if (address != NULL && address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        memcpy(out, &in.sin6_addr, 16);
    }
    struct in6_addr whole;
    memcpy(&whole, out, 16);
    return IN6_IS_ADDR_LOOPBACK(&whole) || (IN6_IS_ADDR_V4MAPPED(&whole) && out[12] == 127);
}

void http_address_text(const unsigned char address[16], char out[INET6_ADDRSTRLEN]) {
    struct in6_addr whole;
    memcpy(&whole, address, 16);
    out[0] = '\0';
    if (IN6_IS_ADDR_V4MAPPED(&whole))
        (void)inet_ntop(AF_INET, address + 12, out, INET6_ADDRSTRLEN);
    else
        (void)inet_ntop(AF_INET6, address, out, INET6_ADDRSTRLEN);
}

static int bind_one(const struct addrinfo *a) {
    const int on = 1,
              room = 256 << 10; /* else each slow reader pins megabytes of the kernel's memory */
    const int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 1024) == 0) return fd;
    const int number = errno;
    (void)close(fd);
    errno = number;
    return -1;
}

static norn_status listen_at(http_server *s, norn_err *err) {
    const char *host = s->opt.host ? s->opt.host : "127.0.0.1";
    char port[8], why[128];
    const struct addrinfo want = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                  .ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    norni_format(port, sizeof port, "%u", (unsigned)s->opt.port);
    const int found = getaddrinfo(host, port, &want, &all);
    if (found != 0)
        return norn_fail(err, NORN_E_ARG, "--host: %s is no address of this machine: %s", host,
                         gai_strerror(found));
    s->listener = -1;
    for (struct addrinfo *a = all; a != NULL && s->listener < 0; a = a->ai_next)
        s->listener = bind_one(a);
    const int number = errno;
    freeaddrinfo(all);
    if (s->listener < 0)
        return norn_fail(err, NORN_E_IO, "server: cannot listen at %s port %s: %s%s", host, port,
                         strerror_r(number, why, sizeof why),
                         number == EADDRINUSE ? "; another program has it: give another --port"
                         : number == EACCES   ? "; ports below 1024 are root's: give another --port"
                                              : "");
    struct sockaddr_storage at;
    socklen_t n = sizeof at;
    memset(&at, 0, sizeof at);
    (void)getsockname(s->listener, (struct sockaddr *)&at, &n);
    s->port = ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port
                                             : ((struct sockaddr_in *)&at)->sin_port);
    return NORN_OK;
}

/* ---- limits ---- */
static void fill_limits(http_opt *o) {
    if (o->most_body == 0) o->most_body = UINT64_C(256) << 20;
    if (o->header_seconds == 0) o->header_seconds = 10;
    if (o->request_seconds == 0) o->request_seconds = 300;
    if (o->least_rate == 0) o->least_rate = 1024;
    if (o->most_connections == 0) o->most_connections = 1024;
    if (o->most_per_ip == 0) o->most_per_ip = 64;
}

/* A connection may need two descriptors: its own and a file. */
static norn_status fit_files(http_opt *o, norn_err *err) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return NORN_OK;
    const rlim_t want = 2 * (rlim_t)o->most_connections + SPARE_FILES;
    if (files.rlim_cur < want && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max < want ? files.rlim_max : want;
        (void)setrlimit(RLIMIT_NOFILE, &files);
        (void)getrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur >= want) return NORN_OK;
    if (files.rlim_cur < SPARE_FILES + 2 * LEAST_CONNECTIONS)
        return norn_fail(err, NORN_E_LIMIT,
                         "server: this process may open %llu files; a server needs 64 or more: "
                         "`ulimit -n 4096`",
                         (unsigned long long)files.rlim_cur);
    o->most_connections = (unsigned)(files.rlim_cur - SPARE_FILES) / 2;
    const log_field field = {"connections", NULL, o->most_connections};
    telemetry_log(NORN_LOG_WARN, "fewer connections than asked: the limit of open files is low",
                  &field, 1);
    return NORN_OK;
}

/* ---- metrics of the process ---- */
static double open_files(void) {
    double n = -1; /* the folder's own descriptor */
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *e = NULL; d != NULL && (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    if (d != NULL) (void)closedir(d);
    return n < 0 ? 0 : n;
}

static void memory_now(double *virtual_bytes, double *resident_bytes) {
    char text[128];
    const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) (void)close(fd);
    *virtual_bytes = *resident_bytes = 0;
    if (got <= 0) return;
    text[got] = '\0';
    const double page = (double)sysconf(_SC_PAGESIZE);
    const size_t n = strcspn(text, " "), m = strcspn(text + n + 1, " ");
    int64_t pages = 0;
    if (norni_int_parse(text, n, &pages) == NORNI_NUM_OK) *virtual_bytes = (double)pages * page;
    if (norni_int_parse(text + n + 1, m, &pages) == NORNI_NUM_OK)
        *resident_bytes = (double)pages * page;
}

static void fill_metrics(void *user) {
    http_server *s = user;
    struct rlimit files = {0, 0};
    double size = 0, resident = 0;
    (void)getrlimit(RLIMIT_NOFILE, &files);
    memory_now(&size, &resident);
    pthread_mutex_lock(&s->lock);
    const double n_conns = (double)s->n_conns;
    pthread_mutex_unlock(&s->lock);
    metric_set(s->connections, NULL, n_conns);
    metric_set(s->cpu, NULL, norni_clock_process_seconds());
    metric_set(s->rss, NULL, resident);
    metric_set(s->virtual_size, NULL, size);
    metric_set(s->fds, NULL, open_files());
    metric_set(s->most_fds, NULL, (double)files.rlim_cur);
    metric_set(s->start_time, NULL, s->started);
}

static void declare_metrics(http_server *s) {
    metrics *m = s->opt.metrics;
    const char *labels = "method,route,code";
    s->requests =
        metric_declare(m, METRIC_COUNTER, "norn_http_requests_total", "Requests answered.", labels);
    s->duration = metric_declare(m, METRIC_HISTOGRAM, "norn_http_request_duration_seconds",
                                 "Time from a request's first line to its answer's end.", labels);
    s->request_size = metric_declare(m, METRIC_HISTOGRAM, "norn_http_request_size_bytes",
                                     "Bytes of requests' bodies.", labels);
    s->in_flight = metric_declare(m, METRIC_GAUGE, "norn_http_in_flight_requests",
                                  "Requests being served.", "");
    s->connections =
        metric_declare(m, METRIC_GAUGE, "norn_http_connections", "Open connections.", "");
    s->cut = metric_declare(m, METRIC_COUNTER, "norn_http_connections_cut_total",
                            "Connections refused or cut, by reason.", "reason");
    s->cpu = metric_declare(m, METRIC_COUNTER, "process_cpu_seconds_total",
                            "CPU time of the process.", "");
    s->rss =
        metric_declare(m, METRIC_GAUGE, "process_resident_memory_bytes", "Resident memory.", "");
    s->virtual_size =
        metric_declare(m, METRIC_GAUGE, "process_virtual_memory_bytes", "Virtual memory.", "");
    s->fds = metric_declare(m, METRIC_GAUGE, "process_open_fds", "Open file descriptors.", "");
    s->most_fds = metric_declare(m, METRIC_GAUGE, "process_max_fds", "Most file descriptors.", "");
    s->start_time = metric_declare(m, METRIC_GAUGE, "process_start_time_seconds",
                                   "When the server started, in seconds since 1970.", "");
    metrics_on_scrape(m, fill_metrics, s);
}

/* ---- life ---- */
/* Paths reach the checks as they were sent. */
static size_t keep_escapes(void *user, struct MHD_Connection *link, char *text) {
    (void)user;
    (void)link;
    return strlen(text);
}

static norn_status start_daemon(http_server *s, norn_err *err) {
    /* Up to 0.9.75 the head's lines stand side by side; later versions check strictly themselves. */
    const char *version = MHD_get_version();
    s->tiled = strcmp(version, "0.9.75") == 0;
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, s->port,
        http_accept, s, http_on_data, s, MHD_OPTION_LISTEN_SOCKET, s->listener,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)POOL_THREADS, MHD_OPTION_CONNECTION_LIMIT,
        /* each thread has its share: none may stop accepting before the server's own limit */
        POOL_THREADS * (s->opt.most_connections + 16), MHD_OPTION_CONNECTION_TIMEOUT, 0U,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LINK_MEMORY, MHD_OPTION_NOTIFY_CONNECTION,
        http_on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, s,
        MHD_OPTION_URI_LOG_CALLBACK, http_on_line, s, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, s,
        MHD_OPTION_END);
    if (s->daemon == NULL)
        return norn_fail(err, NORN_E_IO, "server: libmicrohttpd %s does not start", version);
    return NORN_OK;
}

void http_server_free(http_server *s) {
    const norn_alloc alloc = s->alloc;
    if (s->listener >= 0) (void)close(s->listener);
    http_spool_close(&s->spool);
    http_tokens_clear(&s->tokens);
    norni_alloc_drop(&alloc, s->watched, s->most_watched, sizeof *s->watched);
    norni_alloc_drop(&alloc, s->told, s->most_watched, sizeof(http_request *));
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    pthread_cond_destroy(&s->tick);
    norni_alloc_drop(&alloc, s, 1, sizeof *s);
}

static norn_status prepare(http_server *s, norn_err *err) {
    NORN_TRY(fit_files(&s->opt, err));
    if (norni_s3_crypto_load(&s->crypto, NULL) != NORN_OK)
        return norn_fail(err, NORN_E_IO,
                         "server: libcrypto.so.3 is not on this machine; install Debian's package "
                         "libssl3");
    if (s->opt.token_file != NULL)
        NORN_TRY(http_tokens_load(&s->tokens, &s->alloc, &s->crypto, s->opt.token_file, err));
    s->most_watched = s->opt.most_connections + 64;
    s->watched = norni_alloc_get(&s->alloc, s->most_watched, sizeof *s->watched);
    s->told = norni_alloc_get(&s->alloc, s->most_watched, sizeof(http_request *));
    if (s->watched == NULL || s->told == NULL)
        return norni_alloc_fail(err, "server", s->most_watched, sizeof *s->watched);
    NORN_TRY(listen_at(s, err));
    NORN_TRY(http_spool_open(&s->spool, s->opt.spool_dir, err));
    return start_daemon(s, err);
}

norn_status http_start(const norn_alloc *alloc, const http_opt *opt, http_server **out,
                       norn_err *err) {
    http_server *s = norni_alloc_zero(alloc, 1, sizeof *s);
    pthread_condattr_t clock;
    struct timespec now;
    if (s == NULL) return norni_alloc_fail(err, "server", 1, sizeof *s);
    s->alloc = *alloc;
    s->opt = *opt;
    s->listener = s->spool.fd = s->spool.lock = -1;
    fill_limits(&s->opt);
    http_rate_init(&s->rate, opt->rate_per_minute);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &clock);
    pthread_cond_init(&s->tick, &clock);
    pthread_condattr_destroy(&clock);
    clock_gettime(CLOCK_REALTIME, &now);
    s->started = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
    /* a reader of the log that ends, and a limit of file sizes, are errors of write, not the process' end */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    declare_metrics(s);
    norn_status st = prepare(s, err);
    if (st == NORN_OK) {
        s->watching = true;
        if (pthread_create(&s->watchdog, NULL, http_watch, s) != 0) {
            MHD_stop_daemon(s->daemon);
            s->listener = -1;
            st = norn_fail(err, NORN_E_LIMIT, "server: no thread is to be had");
        }
    }
    if (st != NORN_OK) {
        http_server_free(s);
        return st;
    }
    *out = s;
    return NORN_OK;
}

uint16_t http_port(const http_server *s) {
    return s->port;
}
