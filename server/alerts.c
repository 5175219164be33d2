/* Alerts: rules with two thresholds each, so that none flaps, and posts from a thread that nobody waits for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/alerts.h"

#include <curl/curl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/s3_crypto.h"
#include "io/writer.h"

enum { MOST_LOOKS = 64, CONNECT_MS = 2000, POST_MS = 5000 };

/* It fires at `above`, and is over below `below`. */
typedef struct rule {
    const char *name, *text;
    double above, below;
} rule;
enum { ERROR_RATE, MEMORY, DISK, QUEUE, N_RULES };
static const rule rules[N_RULES] = {
    {"error_rate", "more than 5 % of the jobs fail by the server's fault", 0.05, 0.03},
    {"memory", "more than 80 % of the memory is in use", 0.80, 0.75},
    {"disk", "less than 5 % of the spool's disk is free", 0.95, 0.93},
    {"queue", "the queue of jobs is full", 0.999, 0.75}};

typedef struct curl_calls {
    CURLcode (*global_init)(long flags);
    CURL *(*open)(void);
    void (*close)(CURL *curl);
    CURLcode (*set)(CURL *curl, CURLoption option, ...);
    CURLcode (*get)(CURL *curl, CURLINFO info, ...);
    CURLcode (*perform)(CURL *curl);
    struct curl_slist *(*append)(struct curl_slist *list, const char *text);
    void (*free_list)(struct curl_slist *list);
} curl_calls;

struct alerts {
    alerts_opt opt;
    norn_alloc alloc;
    char *url;
    curl_calls call;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop;
    bool firing[N_RULES], told[N_RULES]; /* told: what the receiver knows */
    struct {
        double at, answers, errors;
    } look[MOST_LOOKS];
    size_t n_looks;
    metric *posts;
};

/* ---- the rules ---- */

/* The share of failures since the oldest look inside the window; NaN-free: 0 where there is too little to say. */
static double error_rate(alerts *a, const alerts_state *s, double now) {
    size_t n = 0;
    for (size_t i = 0; i < a->n_looks; i++) {
        if (now - a->look[i].at <= a->opt.window) a->look[n++] = a->look[i];
    }
    if (n == MOST_LOOKS) memmove(a->look, a->look + 1, --n * sizeof a->look[0]);
    a->look[n].at = now;
    a->look[n].answers = s->answers;
    a->look[n].errors = s->errors;
    a->n_looks = n + 1;
    const double answers = s->answers - a->look[0].answers;
    const double errors = s->errors - a->look[0].errors;
    return answers < a->opt.least || answers <= 0 ? 0 : errors / answers;
}

static void judge(alerts *a, const double value[N_RULES]) {
    for (size_t i = 0; i < N_RULES; i++) {
        if (a->firing[i])
            a->firing[i] = value[i] >= rules[i].below;
        else
            a->firing[i] = value[i] > rules[i].above;
    }
}

/* ---- posts ---- */

static size_t forget(char *p, size_t size, size_t n, void *user) {
    (void)p;
    (void)user;
    return size * n;
}

static void put_body(const alerts *a, size_t i, double value, norni_buf *b) {
    norni_json w;
    char when[32];
    struct tm tm;
    const time_t now = time(NULL);
    gmtime_r(&now, &tm);
    when[strftime(when, sizeof when - 1, "%Y-%m-%dT%H:%M:%SZ", &tm)] = '\0';
    norni_json_init(&w, b);
    norni_json_open(&w, '{');
    norni_json_key_str(&w, "alert", norni_str_of(rules[i].name));
    norni_json_key_str(&w, "status", norni_str_of(a->firing[i] ? "firing" : "resolved"));
    norni_json_key_str(&w, "summary", norni_str_of(rules[i].text));
    norni_json_key_num(&w, "value", value);
    norni_json_key_num(&w, "threshold", rules[i].above);
    norni_json_key_str(&w, "instance", norni_str_of(a->opt.instance));
    norni_json_key_str(&w, "at", norni_str_of(when));
    norni_json_close(&w, '}');
    norni_buf_add(b, "", 1);
}

static bool post(alerts *a, const char *body) {
    const curl_calls *c = &a->call;
    long code = 0;
    CURL *curl = c->open();
    if (curl == NULL) return false;
    struct curl_slist *head = c->append(NULL, "Content-Type: application/json");
    c->set(curl, CURLOPT_URL, a->url);
    c->set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    c->set(curl, CURLOPT_POSTFIELDS, body);
    c->set(curl, CURLOPT_HTTPHEADER, head);
    c->set(curl, CURLOPT_NOSIGNAL, 1L);
    c->set(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    c->set(curl, CURLOPT_TIMEOUT_MS, (long)POST_MS);
    c->set(curl, CURLOPT_WRITEFUNCTION, forget);
    const CURLcode done = c->perform(curl);
    c->get(curl, CURLINFO_RESPONSE_CODE, &code);
    c->free_list(head);
    c->close(curl);
    return done == CURLE_OK && code >= 200 && code < 300;
}

/* What the receiver does not know yet; when it does not answer it is told at the next look. */
static void tell(alerts *a, const double value[N_RULES]) {
    for (size_t i = 0; i < N_RULES; i++) {
        norni_buf b;
        if (a->firing[i] == a->told[i]) continue;
        norni_buf_init(&b, &a->alloc);
        put_body(a, i, value[i], &b);
        const bool ok = !b.failed && post(a, b.p);
        norni_buf_clear(&b);
        const char *const label[] = {ok ? "ok" : "failed"};
        const log_field field[] = {{"alert", rules[i].name, 0},
                                   {"status", a->firing[i] ? "firing" : "resolved", 0},
                                   {"posted", ok ? "yes" : "no", 0}};
        metric_add(a->posts, label, 1);
        telemetry_log(NORN_LOG_WARN, "alert", field, 3);
        if (!ok) return;
        a->told[i] = a->firing[i];
    }
}

static void *watch(void *user) {
    alerts *a = user;
    pthread_mutex_lock(&a->lock);
    while (!a->stop) {
        struct timespec until;
        pthread_mutex_unlock(&a->lock);
        alerts_state s = {0};
        a->opt.look(a->opt.user, &s);
        const double now = (double)norni_clock_ns() * 1e-9;
        const double value[N_RULES] = {error_rate(a, &s, now), s.memory, 1 - s.disk_free, s.queue};
        judge(a, value);
        tell(a, value);
        clock_gettime(CLOCK_MONOTONIC, &until);
        const double wait = a->opt.seconds + (double)until.tv_nsec * 1e-9;
        until.tv_sec += (time_t)wait;
        until.tv_nsec = (long)((wait - (double)(time_t)wait) * 1e9);
        pthread_mutex_lock(&a->lock);
        if (!a->stop) pthread_cond_timedwait(&a->changed, &a->lock, &until);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

/* ---- life ---- */

static norn_status load(alerts *a, norn_err *err) {
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
    static const char *const symbol[] = {
        "curl_global_init",  "curl_easy_init",    "curl_easy_cleanup", "curl_easy_setopt",
        "curl_easy_getinfo", "curl_easy_perform", "curl_slist_append", "curl_slist_free_all"};
    void *to[sizeof symbol / sizeof symbol[0]];
    _Static_assert(sizeof to == sizeof(curl_calls), "a pointer for each symbol");
    NORN_TRY(norni_library_load(names, "libcurl4", symbol, to, sizeof to / sizeof to[0], err));
    memcpy(&a->call, to, sizeof to); /* POSIX: functions and objects have pointers of one form */
    if (a->call.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) return NORN_OK;
    return norn_fail(err, NORN_E_MEM, "alerts: libcurl cannot begin");
}

static norn_status start(alerts *a, norn_err *err) {
    pthread_condattr_t attr;
    NORN_TRY(load(a, err));
    pthread_mutex_init(&a->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&a->changed, &attr);
    pthread_condattr_destroy(&attr);
    a->posts = metric_declare(a->opt.metrics, METRIC_COUNTER, "norn_alert_posts_total",
                              "Alerts that were posted.", "result");
    if (pthread_create(&a->thread, NULL, watch, a) == 0) return NORN_OK;
    return norn_fail(err, NORN_E_IO, "alerts: no more threads can be started");
}

norn_status alerts_start(const alerts_opt *opt, alerts **out, norn_err *err) {
    *out = NULL;
    if (strncmp(opt->url, "http://", 7) != 0 && strncmp(opt->url, "https://", 8) != 0)
        return norn_fail(err, NORN_E_ARG,
                         "--alert-url: '%.80s' begins with neither http:// nor https://", opt->url);
    alerts *a = norni_alloc_zero(opt->alloc, 1, sizeof *a);
    if (a == NULL) return norni_alloc_fail(err, "alerts", 1, sizeof *a);
    a->opt = *opt;
    a->alloc = *opt->alloc;
    const size_t n = strlen(opt->url) + 1;
    a->url = norni_alloc_get(&a->alloc, n, 1);
    norn_status st = a->url ? NORN_OK : norni_alloc_fail(err, "alerts", n, 1);
    if (st == NORN_OK) {
        memcpy(a->url, opt->url, n);
        st = start(a, err);
    }
    if (st == NORN_OK) {
        *out = a;
        return NORN_OK;
    }
    if (a->url) norni_alloc_drop(opt->alloc, a->url, n, 1);
    norni_alloc_drop(opt->alloc, a, 1, sizeof *a);
    return st;
}

void alerts_stop(alerts *a) {
    if (a == NULL) return;
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    const norn_alloc alloc = a->alloc;
    norni_alloc_drop(&alloc, a->url, strlen(a->url) + 1, 1);
    norni_alloc_drop(&alloc, a, 1, sizeof *a);
}
