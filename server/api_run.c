/* A call is run: a context of its own, the operation, and how it ended as an HTTP answer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/api_parts.h"

#include "base/clock.h"
#include "io/writer.h"

/* ---- what the operation tells on its way ---- */

static void on_item(void *user, norni_str json) {
    const api_call *c = user;
    job_event(c->j, "item", json);
}

static void on_stage(void *user, const char *stage, int32_t percent) {
    api_call *c = user;
    atomic_store(&c->has_stages, true);
    job_progress(c->j, stage, percent);
}

/* Of operations without stages: the share of their items. */
static void on_progress(void *user, const norni_progress *p) {
    const api_call *c = user;
    if (p->last || atomic_load(&c->has_stages)) return;
    const double share = p->share >= 0    ? p->share
                         : p->n_total > 0 ? (double)p->n_done / (double)p->n_total
                                          : 0;
    const double in = share < 0 ? 0 : share > 1 ? 1 : share;
    job_progress(c->j, "running", 10 + (int32_t)(85 * in));
}

static void on_say(void *user, const char *text) {
    const log_field field[] = {{"request_id", job_request_id(user), 0}, {"said", text, 0}};
    telemetry_log(NORN_LOG_DEBUG, "job", field, 2);
}

/* The texts may name what is in the client's data. */
static void on_log(void *user, norn_log_level level, const char *text) {
    const log_field field[] = {{"request_id", job_request_id(user), 0}, {"said", text, 0}};
    (void)level;
    telemetry_log(NORN_LOG_DEBUG, "job", field, 2);
}

/* ---- how it ended ---- */

/* The text without the names of our folders: a client's file is called as the client calls it. */
static void scrub(const api_call *c, const char *text, char out[512]) {
    size_t n = 0;
    while (*text != '\0' && n + 81 < 512) {
        bool found = false;
        for (size_t i = 0; i < c->n_input && !found; i++) {
            const size_t k = strlen(c->input[i].path);
            const char after = strncmp(text, c->input[i].path, k) == 0 ? text[k] : '0';
            if (after >= '0' && after <= '9') continue; /* in1 is not in12 */
            n += norni_format(out + n, 512 - n, "%s", c->input[i].name);
            text += k;
            found = true;
        }
        const size_t k = strlen(c->a->folder);
        if (!found && strncmp(text, c->a->folder, k) == 0) {
            text += k;
            text += strcspn(text, " :;,'\")");
            found = true;
        }
        if (!found) out[n++] = *text++;
    }
    out[n] = '\0';
}

/* The number behind a word of the text, as in "line 12"; -1: there is none. */
static int64_t number_behind(const char *text, const char *word) {
    const char *at = strstr(text, word);
    int64_t n = 0;
    if (at == NULL) return -1;
    at += strlen(word);
    if (*at < '0' || *at > '9') return -1;
    for (; *at >= '0' && *at <= '9' && n < INT64_MAX / 10 - 9; at++)
        n = 10 * n + (*at - '0');
    return n;
}

/* The name behind "column ", in quotes or not. */
static norni_str column_of(const char *text) {
    const char *at = strstr(text, "column ");
    if (at == NULL) return (norni_str){"", 0};
    at += strlen("column ");
    if (strncmp(at, "of ", 3) == 0 || strncmp(at, "for ", 4) == 0) return (norni_str){"", 0};
    if (*at == '\'') return (norni_str){at + 1, strcspn(at + 1, "'")};
    return (norni_str){at, strcspn(at, ":,; ")};
}

/* Errors of data: row and column where the text names them. */
static void put_place(const char *text, norni_buf *out) {
    norni_json w;
    norni_json_init(&w, out);
    int64_t row = number_behind(text, "row ");
    if (row < 0) row = number_behind(text, "line ");
    const norni_str name = column_of(text);
    const int64_t column = number_behind(text, "column ");
    norni_buf_text(out, "[");
    norni_json_open(&w, '{');
    norni_json_key_str(&w, "detail", norni_str_of(text));
    if (row >= 0) norni_json_key_int(&w, "row", row);
    if (column < 0 && name.n > 0)
        norni_json_key_str(&w, "column", name);
    else if (column >= 0)
        norni_json_key_int(&w, "column", column);
    norni_json_close(&w, '}');
    norni_buf_add(out, "]", 2);
}

/* The machine's memory, below a job's share: that it was out is another thing than that the share was too small. */
typedef struct machine_memory {
    norn_alloc below;
    atomic_bool out;
} machine_memory;

static void *machine_resize(void *user, void *p, size_t old, size_t size) {
    machine_memory *m = user;
    void *got = m->below.resize(m->below.user, p, old, size);
    if (got == NULL && size > 0) atomic_store(&m->out, true);
    return got;
}

/* A share that was too small will be again: nobody is told to come back, and the server's flags are no client's. */
static void say_share(const api_call *c, norn_status *st, norn_err *err) {
    if (*st != NORN_E_MEM && strstr(err->text, "memory-limit") == NULL &&
        strstr(err->text, "memory limit") == NULL)
        return;
    *st = norn_fail(err, NORN_E_LIMIT,
                    "this needs more memory than a job gets here, %llu MiB: send fewer rows or "
                    "columns, or ask for less",
                    (unsigned long long)(c->a->job_bytes >> 20));
}

static unsigned status_of(norn_status st, const norni_op_result *r) {
    if (r->input_failed && st != NORN_E_MEM && st != NORN_E_CANCEL) return 422;
    switch (st) {
        case NORN_E_ARG: return 400;
        case NORN_E_DATA:
        case NORN_E_FORMAT:
        case NORN_E_LIMIT: return 422;
        case NORN_E_MEM: return 503;
        case NORN_OK:
        case NORN_E_CANCEL:
        case NORN_E_NUMERIC:
        case NORN_E_IO:
        case NORN_E_INTERNAL: break;
    }
    return 500;
}

static void count_items(api *a, const char *kind, const norni_op_result *r) {
    const struct {
        const char *status;
        size_t n;
    } by[] = {
        {"ok", r->n_ok - r->n_fallback}, {"fallback", r->n_fallback}, {"failed", r->n_failed}};
    for (size_t i = 0; i < 3; i++) {
        const char *const label[] = {kind, by[i].status};
        if (by[i].n > 0) metric_add(a->items, label, (double)by[i].n);
    }
}

/* What went wrong is the client's to know: its texts name cells and columns of the client's data. The log has codes and places. */
static void log_end(const api_call *c, job *j, norn_status st, const norni_op_result *r,
                    int32_t threads, double seconds, unsigned status, const char *text) {
    const bool cancelled = st == NORN_E_CANCEL;
    int64_t row = number_behind(text, "row ");
    if (row < 0) row = number_behind(text, "line ");
    const int64_t column = number_behind(text, "column ");
    log_field field[11] = {{"request_id", job_request_id(j), 0},
                           {"job", job_id(j), 0},
                           {"kind", c->op->name, 0},
                           {"seconds", NULL, seconds},
                           {"series", NULL, (double)r->n_items},
                           {"workers", NULL, threads},
                           {"failed", NULL, (double)r->n_failed},
                           {"code", norn_status_name(st), 0},
                           {"status", NULL, status}};
    size_t n = 9;
    if (row >= 0) field[n++] = (log_field){"row", NULL, (double)row};
    if (column >= 0) field[n++] = (log_field){"column", NULL, (double)column};
    if (st == NORN_OK)
        telemetry_log(NORN_LOG_INFO, "Parallel forecasting completed", field, 7);
    else
        telemetry_log(NORN_LOG_WARN, cancelled ? "Job cancelled" : "Job failed", field, n);
}

static void finish(api_call *c, job *j, norn_ctx *ctx, norn_status st, const norni_op_result *r,
                   int32_t threads, double seconds, norn_err *err) {
    char text[512] = "";
    norni_buf place, summary;
    job_end end = {.status = 200, .type = c->type};
    norni_buf_init(&place, &c->a->alloc);
    norni_buf_init(&summary, &c->a->alloc);
    if (st == NORN_OK) st = api_answer_make(c, ctx, r, &end.path, err);
    if (st == NORN_OK) {
        api_answer_summary(c, r, &summary);
        end.summary = summary.failed ? NULL : summary.p;
    } else {
        scrub(c, err->text[0] ? err->text : norn_status_name(st), text);
        end.path = NULL;
        end.status = status_of(st, r);
        end.detail = text;
        if (end.status == 503) end.retry_after = 5;
        if (end.status == 422 || end.status == 400) put_place(text, &place);
        end.errors = place.n > 0 && !place.failed ? place.p : NULL;
    }
    count_items(c->a, c->op->name, r);
    log_end(c, j, st, r, threads, seconds, end.status, text);
    job_context(j, NULL);
    norn_ctx_free(ctx); /* before the answer: its memory is there for the next */
    job_finish(j, &end);
    norni_buf_clear(&place);
    norni_buf_clear(&summary);
}

/* What was put aside turns out to be wrong. */
static void refuse(const api_call *c, job *j, double seconds, api_fault *f) {
    const norni_op_result none = {0};
    const norn_status st = f->status == 409 ? NORN_E_CANCEL : NORN_E_ARG;
    norni_buf_add(&f->errors, "]", 2);
    const job_end end = {.status = f->status,
                         .detail = f->detail,
                         .errors = f->errors.failed ? NULL : f->errors.p,
                         .retry_after = f->status == 503};
    log_end(c, j, st, &none, 1, seconds, end.status, "");
    job_finish(j, &end);
}

/* The JSON that was put aside. false: the job has ended. */
static bool read_later(api_call *c, job *j, const norn_alloc *alloc, int64_t start) {
    api_fault fault;
    api_fault_init(&fault, &c->a->alloc);
    const bool good = api_call_read_later(c, alloc, &fault);
    if (!good) refuse(c, j, (double)(norni_clock_ns() - start) * 1e-9, &fault);
    api_fault_clear(&fault);
    return good;
}

void api_call_run(void *call, job *j, int32_t threads) {
    api_call *c = call;
    norni_budget budget;
    norn_err err = {NORN_OK, ""};
    norni_op_result result = {0};
    norn_ctx *ctx = NULL;
    norn_ctx_opt opt = norn_ctx_opt_default();
    norni_common_opt *common = c->opt;
    const int64_t start = norni_clock_ns();
    machine_memory machine = {.below = norni_alloc_default()};
    norni_budget_init(&budget, (norn_alloc){machine_resize, &machine}, (size_t)c->a->job_bytes);
    if (c->later[0] != '\0') {
        const norn_alloc alloc = norni_budget_alloc(&budget);
        if (!read_later(c, j, &alloc, start)) return;
    }
    if (c->threads > 0 && c->threads < threads) threads = c->threads;
    common->memory_limit = (norni_memsize){0, c->a->job_bytes};
    opt.alloc = norni_budget_alloc(&budget);
    opt.n_threads = threads;
    opt.log_level = NORN_LOG_WARN;
    opt.log = on_log;
    opt.log_user = j;
    norn_status st = norn_ctx_new(&opt, &ctx, &err);
    if (st == NORN_OK) {
        job_context(j, ctx);
        const norni_op_env env = {.ctx = ctx,
                                  .models = norni_registry_models(),
                                  .budget = &budget,
                                  .progress = on_progress,
                                  .progress_user = c,
                                  .say = on_say,
                                  .say_user = j,
                                  .item = on_item,
                                  .stage = on_stage,
                                  .hook_user = c,
                                  .cache = c->a->cache};
        st = api_unpack_check(c, ctx, &err);
        if (st == NORN_OK) st = c->op->run(&env, c->opt, &result, &err);
        if (st != NORN_OK && !atomic_load(&machine.out)) say_share(c, &st, &err);
    }
    const double seconds = (double)(norni_clock_ns() - start) * 1e-9;
    finish(c, j, ctx, st, &result, threads, seconds, &err);
}
