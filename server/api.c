/* The routes: what each path does, as a table of handlers over the jobs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/statvfs.h>

#include "app/version.h"
#include "base/numtext.h"
#include "io/writer.h"
#include "server/api_parts.h"
#include "server/assets.h"

/* ---- operations ---- */

static unsigned admit(void *user, const http_request *r, const char **detail, unsigned *retry) {
    api *a = user;
    if (atomic_load(&a->draining)) {
        *detail = "the server ends";
        *retry = 5;
        return 503;
    }
    if (jobs_admit(a->q, r, retry)) return 0;
    *detail = "the queue of jobs is full";
    return 503;
}

static void left(void *user, const http_request *r) {
    const api *a = user;
    jobs_arrived(a->q, r);
}

static const norni_op *op_of(const char *path) {
    const char *name = strncmp(path, "/v1/", 4) == 0 ? path + 4 : strrchr(path, '/') + 1;
    if (strcmp(name, "full_report") == 0) name = "report";
    const norni_op *op = norni_registry_route(norni_str_of(name));
    return op && op->served ? op : NULL;
}

static bool wants_async(const http_request *r) {
    const char *prefer = http_header(r, "Prefer");
    return prefer != NULL && strstr(prefer, "respond-async") != NULL;
}

static void answer_json(http_request *r, unsigned status, norni_buf *b, const http_pair *more,
                        size_t n) {
    if (b->failed)
        http_problem(r, 503, "the server is out of memory", NULL, 5);
    else
        http_answer(r, status, "application/json", (norni_str){b->p, b->n}, more, n);
}

static void answer_accepted(api *a, http_request *r, job *j) {
    char place[80];
    norni_buf b;
    norni_buf_init(&b, &a->alloc);
    norni_format(place, sizeof place, "/v1/jobs/%s", job_id(j));
    const http_pair head[] = {
        {"Location", place}, {"Norn-Job", job_id(j)}, {"Preference-Applied", "respond-async"}};
    job_print(j, &b);
    answer_json(r, 202, &b, head, 3);
    norni_buf_clear(&b);
}

static void run_operation(void *user, http_request *r) {
    api *a = user;
    api_fault f;
    api_call *c = NULL;
    const norni_op *op = op_of(http_view_of(r)->path);
    jobs_arrived(a->q, r);
    if (op == NULL) {
        http_problem(r, 404, "there is no such operation", NULL, 0);
        return;
    }
    api_fault_init(&f, &a->alloc);
    if (api_call_make(a, op, r, &c, &f)) {
        job *j = c->j;
        const job_work work = {api_call_run, api_call_drop, c};
        const bool later = wants_async(r);
        job_progress(j, "upload", 5);
        if (!job_submit(j, &work, later ? NULL : r))
            http_problem(r, 503, "the queue of jobs is full", NULL, jobs_retry_after(a->q));
        else if (later)
            answer_accepted(a, r, j);
        job_release(j);
    } else {
        api_fault_answer(&f, r);
    }
    api_fault_clear(&f);
}

/* ---- jobs ---- */

enum { ID_BYTES = 32 };

/* The job of the path's rest "ID" or "ID/tail"; or NULL: answered with 404. */
static job *job_of(api *a, http_request *r, const char **tail) {
    const http_view *v = http_view_of(r);
    char id[ID_BYTES + 1] = "";
    const size_t n = strcspn(v->rest, "/");
    *tail = v->rest + n;
    if (n == ID_BYTES) memcpy(id, v->rest, n);
    job *j = n == ID_BYTES ? jobs_find(a->q, v->token_owner, id) : NULL;
    if (j == NULL) http_problem(r, 404, "there is no such job", NULL, 0);
    return j;
}

static void get_job(void *user, http_request *r) {
    api *a = user;
    const char *tail;
    job *j = job_of(a, r, &tail);
    if (j == NULL) return;
    if (*tail == '\0') {
        norni_buf b;
        norni_buf_init(&b, &a->alloc);
        job_print(j, &b);
        answer_json(r, 200, &b, NULL, 0);
        norni_buf_clear(&b);
    } else if (strcmp(tail, "/events") == 0) {
        const char *last = http_header(r, "Last-Event-ID");
        int64_t after = 0;
        if (last == NULL || norni_int_parse(last, strlen(last), &after) != NORNI_NUM_OK ||
            after < 0)
            after = 0;
        job_follow(j, r, (uint64_t)after, false);
    } else if (strcmp(tail, "/result") == 0) {
        job_answer(j, r);
    } else {
        http_problem(r, 404, "a job has /events and /result", NULL, 0);
    }
    job_release(j);
}

static void delete_job(void *user, http_request *r) {
    const char *tail;
    job *j = job_of(user, r, &tail);
    if (j == NULL) return;
    if (*tail == '\0') {
        job_delete(j);
        http_answer(r, 204, "application/json", (norni_str){"", 0}, NULL, 0);
    } else {
        http_problem(r, 404, "a job is deleted at /v1/jobs/ID", NULL, 0);
    }
    job_release(j);
}

static void get_progress(void *user, http_request *r) {
    api *a = user;
    const http_view *v = http_view_of(r);
    const size_t n = strlen(v->rest);
    if (n == 0 || n > 64 || strchr(v->rest, '/'))
        http_problem(r, 404, "there is no such task", NULL, 0);
    else
        jobs_follow_task(a->q, v->token_owner, v->rest, r);
}

/* ---- for those who run it ---- */

static void get_alive(void *user, http_request *r) {
    (void)user;
    http_answer(r, 200, "application/json", norni_str_of("{\"status\":\"alive\"}\n"), NULL, 0);
}

static void get_ready(void *user, http_request *r) {
    api *a = user;
    norni_buf b;
    norni_json w;
    const bool draining = atomic_load(&a->draining);
    const jobs_count n = jobs_counts(a->q);
    const bool full = n.waiting >= n.most_waiting && n.most_waiting > 0;
    norni_buf_init(&b, &a->alloc);
    norni_json_init(&w, &b);
    norni_json_open(&w, '{');
    norni_json_key_str(&w, "status", norni_str_of(draining ? "draining" : full ? "full" : "ready"));
    norni_json_key_int(&w, "queued", n.waiting);
    norni_json_key_int(&w, "running", n.running);
    norni_json_key_int(&w, "most_queued", n.most_waiting);
    norni_json_key(&w, "cache");
    norni_json_bool(&w, a->cache != NULL);
    norni_json_close(&w, '}');
    norni_buf_text(&b, "\n");
    const http_pair head[] = {{"Retry-After", "5"}};
    answer_json(r, draining || full ? 503 : 200, &b, head, draining || full);
    norni_buf_clear(&b);
}

static void get_version(void *user, http_request *r) {
    char text[96];
    (void)user;
    const size_t n =
        norni_format(text, sizeof text, "{\"name\":\"norn\",\"version\":\"%s\"}\n", NORNI_VERSION);
    http_answer(r, 200, "application/json", (norni_str){text, n}, NULL, 0);
}

static void get_metrics(void *user, http_request *r) {
    api *a = user;
    norni_buf b;
    norni_buf_init(&b, &a->alloc);
    metrics_print(a->metrics, &b);
    if (b.failed)
        http_problem(r, 503, "the server is out of memory", NULL, 5);
    else
        http_answer(r, 200, "text/plain; version=0.0.4; charset=utf-8", (norni_str){b.p, b.n}, NULL,
                    0);
    norni_buf_clear(&b);
}

static void get_openapi(void *user, http_request *r) {
    const api *a = user;
    http_answer(r, 200, "application/json", a->openapi, NULL, 0);
}

static void get_asset(void *user, http_request *r) {
    const asset *s = assets_find(http_view_of(r)->path);
    (void)user;
    if (s == NULL)
        http_problem(r, 404, "there is no such page", NULL, 0);
    else
        http_answer_static(r, s->type, s->raw, s->gzipped, s->etag, s->immutable);
}

/* ---- the table ---- */

static void add(http_route *route, size_t *n, const http_route *one) {
    if (*n < API_MOST_ROUTES) route[(*n)++] = *one;
}

static void add_operation(http_route *route, size_t *n, const char *path) {
    add(route, n,
        &(http_route){.method = "POST",
                      .path = path,
                      .handle = run_operation,
                      .upload = true,
                      .admit = admit,
                      .left = left});
}

size_t api_routes(norni_arena *arena, http_route *route) {
    static const http_route fixed[] = {
        {.method = "GET", .path = "/v1/jobs/*", .handle = get_job},
        {.method = "DELETE", .path = "/v1/jobs/*", .handle = delete_job},
        {.method = "GET", .path = "/api/progress/*", .handle = get_progress},
        {.method = "GET", .path = "/livez", .handle = get_alive, .open = true},
        {.method = "GET", .path = "/healthz", .handle = get_alive, .open = true},
        {.method = "GET", .path = "/readyz", .handle = get_ready, .open = true},
        {.method = "GET", .path = "/version", .handle = get_version, .open = true},
        {.method = "GET", .path = "/metrics", .handle = get_metrics},
        {.method = "GET", .path = "/openapi.json", .handle = get_openapi, .open = true}};
    size_t n = 0, n_ops;
    const norni_op *ops = norni_registry_ops(&n_ops);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        add(route, &n, &fixed[i]);
    for (size_t i = 0; i < n_ops; i++) {
        char path[64];
        if (!ops[i].served) continue;
        const size_t len = norni_format(path, sizeof path, "/v1/%s", norni_op_route(&ops[i]));
        const char *kept = norni_arena_text(arena, path, len);
        if (kept == NULL) return 0;
        add_operation(route, &n, kept);
    }
    if (op_of("/full_report") != NULL) {
        add_operation(route, &n, "/full_report");
        add_operation(route, &n, "/api/full_report");
    }
    if (op_of("/api/simulate") != NULL) add_operation(route, &n, "/api/simulate");
    for (size_t i = 0; i < assets_count; i++)
        add(route, &n,
            &(http_route){
                .method = "GET", .path = assets_all[i].path, .handle = get_asset, .open = true});
    return n;
}

/* ---- metrics ---- */

static void fill_metrics(void *user) {
    api *a = user;
    norni_cache_stats s = {0};
    struct statvfs disk;
    if (statvfs(a->folder, &disk) == 0 && disk.f_blocks > 0)
        metric_set(a->disk_free, NULL, (double)disk.f_bavail / (double)disk.f_blocks);
    if (a->cache == NULL) return;
    pthread_mutex_lock(&a->scrape); /* two scrapes at once would count twice */
    norni_cache_stats_get(a->cache, &s);
    const char *backend = a->redis ? "redis" : "sqlite";
    const struct {
        const char *result;
        uint64_t n, told;
    } by[] = {{"hit", s.hits, a->told.hits},
              {"miss", s.misses, a->told.misses},
              {"shared", s.shared, a->told.shared},
              {"error", s.errors, a->told.errors}};
    for (size_t i = 0; i < 4; i++) {
        const char *const label[] = {backend, by[i].result};
        metric_add(a->cache_requests, label, (double)(by[i].n - by[i].told));
    }
    a->told = s;
    pthread_mutex_unlock(&a->scrape);
    metric_set(a->cache_bytes, NULL, (double)s.bytes);
    const char *const sqlite[] = {"sqlite"}, *const redis[] = {"redis"};
    metric_set(a->backend_up, sqlite, 1);
    if (a->redis) metric_set(a->backend_up, redis, s.redis_up ? 1 : 0);
}

void api_metrics(api *a) {
    metrics *m = a->metrics;
    pthread_mutex_init(&a->scrape, NULL);
    a->items = metric_declare(m, METRIC_COUNTER, "norn_items_total",
                              "Series and other items by how they were served.", "kind,status");
    a->cache_requests = metric_declare(m, METRIC_COUNTER, "norn_cache_requests_total",
                                       "What the cache was asked.", "backend,result");
    a->cache_bytes =
        metric_declare(m, METRIC_GAUGE, "norn_cache_size_bytes", "What the cache keeps.", "");
    a->backend_up =
        metric_declare(m, METRIC_GAUGE, "norn_backend_up", "1: the backend answers.", "backend");
    a->pool_threads =
        metric_declare(m, METRIC_GAUGE, "norn_pool_threads", "Workers that the jobs share.", "");
    a->disk_free = metric_declare(m, METRIC_GAUGE, "norn_spool_free_ratio",
                                  "Share of the spool's disk that is free.", "");
    metric *memory = metric_declare(m, METRIC_GAUGE, "norn_memory_usable_bytes",
                                    "Memory that the process may use.", "");
    metric *most =
        metric_declare(m, METRIC_GAUGE, "norn_jobs_queue_limit", "Jobs that may wait.", "");
    metric_set(memory, NULL, (double)norni_memory_usable(NULL));
    metric_set(most, NULL, jobs_counts(a->q).most_waiting);
    metric *build = metric_declare(m, METRIC_GAUGE, "norn_build_info", "1.", "version");
    const char *const version[] = {NORNI_VERSION};
    metric_set(build, version, 1);
    metric_set(a->pool_threads, NULL, a->workers);
    metrics_on_scrape(m, fill_metrics, a);
}
