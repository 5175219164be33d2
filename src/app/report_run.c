/* A report from files to bytes: read, forecast, tell, keep. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Two caches lie on the way. A whole answer is kept under the SHA-256 of the files' bytes and of everything that was asked,
 * with its times and ids left open; a series under its own values, so that a file in which one region changed makes that
 * region's series and the totals again, and no other. */
#include "app/report_run.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/failure.h"
#include "app/report_files.h"
#include "app/report_read.h"
#include "base/numtext.h"

enum { MOST_FILES = 1000, MOST_BYTES = NORNI_GRID_MOST_BYTES };

typedef struct report_run {
    const norni_op_env *env;
    const norni_report_opt *opt;
    norni_report_plan plan;
    norni_arena arena;
    norni_report_files files;
    norni_fin_book book;
    norni_fin_report report;
    norni_report_answer *answer;
    norni_report_course *course;
    norni_tally tally;
} report_run;

/* ---- while it runs ---- */

static void see_series(void *user, const norni_fin_series *s, const norni_fin_forecasts *f) {
    report_run *r = user;
    norni_json j;
    norni_buf b;
    if (r->env->item == NULL) return;
    norni_buf_init(&b, &r->env->ctx->alloc);
    norni_json_init(&j, &b);
    norni_fin_item_json(&j, s, f);
    if (!b.failed) r->env->item(r->env->hook_user, (norni_str){b.p, b.n});
    norni_buf_clear(&b);
}

static void see_stage(void *user, const char *stage, int32_t percent) {
    const report_run *r = user;
    if (r->env->stage != NULL) r->env->stage(r->env->hook_user, stage, percent);
}

/* ---- making it ---- */

static norn_status make_report(report_run *r, norn_err *err) {
    norn_ctx *ctx = r->env->ctx;
    norni_fin_report_opt how = r->plan.report;
    norni_reporter reporter;
    how.done = see_series;
    how.stage = see_stage;
    how.user = r;
    how.forecast.cache = r->env->cache;
    how.forecast.tally = &r->tally;
    norni_tally_init(&r->tally);
    norni_reporter_start(&reporter, r->env->progress, r->env->progress_user, &r->tally, 0);
    const norn_status st = norni_fin_report_make(ctx, &r->book, &how, &r->arena, &r->report, err);
    norni_reporter_stop(&reporter);
    return st;
}

static void note_failure(const norni_fin_series *s, const norni_fin_forecasts *f, norni_buf *b) {
    norni_outcome o = {.status = s->status, .attempts = 1, .fallback = s->fallback};
    char message[256];
    norni_format(message, sizeof message, "%.*s", (int)s->reason.n, s->reason.n ? s->reason.p : "");
    o.message = message;
    norni_failure_json(s->id, norni_fin_series_model(f, s), NULL, &o, b);
}

/* What a run tells of its series: events and failures, in their order. */
static norn_status tell_series(report_run *r, norn_err *err) {
    const norni_fin_forecasts *f = &r->report.forecasts;
    norni_report_answer *a = r->answer;
    for (size_t i = 0; i < f->n; i++) {
        norni_json j;
        norni_json_init(&j, &a->events);
        norni_fin_item_json(&j, &f->series[i], f);
        norni_buf_text(&a->events, "\n");
        const norn_status st = f->series[i].status;
        if (st != NORN_OK) note_failure(&f->series[i], f, &a->failures);
        a->fleeting = a->fleeting || (st != NORN_OK && st != NORN_E_DATA && st != NORN_E_NUMERIC);
    }
    a->n_items = f->n;
    a->n_ok = f->n_ok;
    a->n_fallback = f->n_fallback;
    a->n_failed = f->n_failed;
    norni_hash_text(r->report.digest, a->digest);
    if (a->events.failed || a->failures.failed)
        return norni_alloc_fail(err, "report", a->events.cap, 2);
    return NORN_OK;
}

static norn_status write_files(report_run *r, norn_err *err) {
    norn_ctx *ctx = r->env->ctx;
    const norni_report_opt *o = r->opt;
    const norni_fin_forecasts *f = &r->report.forecasts;
    const bool escape = !o->door.common.no_escape_formulas;
    if (o->series) NORN_TRY(norni_report_series_write(ctx, f, o->series, escape, err));
    if (o->door.common.items)
        NORN_TRY(norni_report_items_write(ctx, f, o->door.common.items, escape, err));
    return NORN_OK;
}

static norn_status compute(report_run *r, const norni_fin_stamp *stamp, norni_buf *body,
                           norn_err *err) {
    norni_report_course *c = r->course;
    const norni_fin_forecasts *f = &r->report.forecasts;
    NORN_TRY(norni_report_read(r->env->ctx, &r->files, &r->plan.read, &r->arena, &r->book,
                               &c->input_failed, err));
    see_stage(r, "validation", 15);
    NORN_TRY(make_report(r, err));
    NORN_TRY(tell_series(r, err));
    NORN_TRY(write_files(r, err));
    c->n_hits = f->n_hits;
    c->n_misses = r->env->cache ? f->n - f->n_hits : 0;
    c->forecast_seconds = f->seconds;
    c->workers = f->workers;
    norni_say(r->env, "Parallel forecasting completed: %zu series in %g s with %d workers", f->n,
              (double)(int64_t)(f->seconds * 1e4 + 0.5) / 1e4, (int)f->workers);
    if (r->plan.html) return norni_fin_report_html(&r->report, stamp, &r->arena, body, err);
    return norni_fin_report_json(&r->report, stamp, &r->arena, body, err);
}

/* ---- the stamp ---- */

typedef struct stamp_texts {
    char session[48], when[48];
} stamp_texts;

/* This moment, SOURCE_DATE_EPOCH (reproducible-builds.org), or what a server says. */
static norni_fin_stamp stamp_of(const norni_report_opt *opt, stamp_texts *t) {
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    int64_t now = opt->unix_seconds;
    if (now == 0 && (fixed == NULL || norni_int_parse(fixed, strlen(fixed), &now) != NORNI_NUM_OK))
        now = (int64_t)time(NULL);
    const norni_time_style style = {
        .kind = NORNI_TIME_DATETIME, .sep = 'T', .seconds = true, .zone = true};
    const bool far = now > NORNI_TIME_MAX / NORNI_US_SECOND || now < 0; /* of whoever says so */
    const size_t n = norni_time_print(t->when, far ? 0 : now * NORNI_US_SECOND, &style);
    norni_format(t->session, sizeof t->session, "sess_%lld", (long long)now);
    t->when[n] = '\0';
    return (norni_fin_stamp){
        .unix_seconds = now,
        .when = norni_str_of(t->when),
        .session_id = norni_str_of(opt->session_id ? opt->session_id : t->session),
        .task_id = norni_str_of(opt->task_id ? opt->task_id : "")};
}

/* ---- whole answers ---- */

/* The file's bytes in the arena; false: it is none that can be read twice, or too large: then there is no whole answer. */
static bool file_bytes(const char *path, norni_arena *arena, norni_str *out) {
    struct stat s;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return false;
    bool good = fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_size <= MOST_BYTES;
    const size_t n = good ? (size_t)s.st_size : 0;
    char *p = good ? norni_arena_get(arena, n + 1, 1) : NULL;
    size_t at = 0;
    while (p != NULL && at < n) {
        const ssize_t got = read(fd, p + at, n - at);
        if (got <= 0) break;
        at += (size_t)got;
    }
    (void)close(fd);
    *out = (norni_str){p, at};
    return p != NULL && at == n;
}

/* false: this run's answer is not one to keep. */
static bool make_key(report_run *r, norni_cache_key *key) {
    norni_buf asked;
    norni_str *part = norni_arena_get(&r->arena, r->files.in.n + 3, sizeof *part);
    bool good = part != NULL && r->env->cache != NULL && r->opt->series == NULL &&
                r->opt->door.common.items == NULL;
    if (!good) return false;
    norni_buf_init(&asked, &r->env->ctx->alloc);
    norni_report_plan_print(&r->plan, &asked);
    norni_buf_format(&asked, "task: %s\n", r->opt->task_id && r->opt->task_id[0] ? "yes" : "no");
    part[0] = r->plan.report.forecast.version;
    part[1] = norni_str_of("report/whole");
    part[2] = (norni_str){asked.p ? asked.p : "", asked.n};
    good = !asked.failed;
    for (size_t i = 0; i < r->files.in.n && good; i++) {
        if (r->opt->bytes != NULL)
            part[3 + i] = r->opt->bytes[i];
        else
            good = file_bytes(r->files.in.path[i], &r->arena, &part[3 + i]);
    }
    if (good) r->files.bytes = part + 3; /* read once for both */
    if (good) *key = norni_cache_key_of(part, r->files.in.n + 3);
    const norni_cache_key none = {{0}};
    good = good && memcmp(key, &none, sizeof none) != 0;
    norni_buf_clear(&asked);
    return good;
}

/* The events of a kept answer, told again. */
static void replay(const report_run *r) {
    const norni_buf *b = &r->answer->events;
    if (r->env->item == NULL) return;
    for (size_t at = 0; at < b->n;) {
        const char *end = memchr(b->p + at, '\n', b->n - at);
        const size_t n = end ? (size_t)(end - b->p) - at : b->n - at;
        r->env->item(r->env->hook_user, (norni_str){b->p + at, n});
        at += n + 1;
    }
}

/* The body with its marks becomes the body with the stamp. */
static norn_status fill_body(report_run *r, const norni_report_marks *marks,
                             const norni_fin_stamp *stamp, norn_err *err) {
    norni_buf filled;
    norni_buf_init(&filled, &r->env->ctx->alloc);
    norni_report_fill(marks, (norni_str){r->answer->body.p, r->answer->body.n}, stamp, &filled);
    norni_buf_clear(&r->answer->body);
    r->answer->body = filled;
    return filled.failed ? norni_alloc_fail(err, "report", filled.cap, 2) : NORN_OK;
}

static norn_status run_kept(report_run *r, const norni_cache_key *key, const norni_fin_stamp *stamp,
                            norn_err *err) {
    norni_cache *cache = r->env->cache;
    const norni_report_marks marks = norni_report_marks_of(key);
    const norni_fin_stamp open_stamp = norni_report_marks_stamp(&marks, stamp->task_id.n > 0);
    norni_buf value;
    norni_buf_init(&value, &r->env->ctx->alloc);
    const norni_cache_turn turn =
        norni_cache_enter(cache, key, norni_ctx_poll(r->env->ctx), &value);
    norn_status st = NORN_OK;
    if (turn != NORNI_CACHE_MINE && !value.failed &&
        norni_report_unpack((norni_str){value.p, value.n}, r->answer)) {
        r->course->whole = true;
        r->course->n_hits = r->answer->n_items;
        r->course->workers = norni_pool_threads(r->env->ctx);
        replay(r);
    } else {
        norni_report_answer_clear(r->answer); /* what half an answer left */
        norni_report_answer_init(r->answer, &r->env->ctx->alloc);
        norni_buf_clear(&value);
        st = compute(r, &open_stamp, &r->answer->body, err);
        if (st == NORN_OK) norni_report_pack(r->answer, &value);
        const bool good = st == NORN_OK && !value.failed && !r->answer->fleeting;
        if (turn == NORNI_CACHE_MINE)
            norni_cache_leave(cache, key,
                              good ? (norni_str){value.p, value.n} : (norni_str){NULL, 0});
    }
    norni_buf_clear(&value);
    return st == NORN_OK ? fill_body(r, &marks, stamp, err) : st;
}

static norn_status run(report_run *r, norn_err *err) {
    stamp_texts texts;
    norni_cache_key key;
    const norni_fin_stamp stamp = stamp_of(r->opt, &texts);
    NORN_TRY(norni_report_plan_make(r->env, r->opt, &r->arena, &r->plan, err));
    if (r->opt->bytes != NULL)
        r->files.in = r->opt->data;
    else
        NORN_TRY(norni_inputs_expand(&r->opt->data, &r->arena, &r->files.in, err));
    r->files.bytes = r->opt->bytes;
    if (r->files.in.n > MOST_FILES)
        return norn_fail(err, NORN_E_ARG, "%zu files are given, %d are allowed", r->files.in.n,
                         (int)MOST_FILES);
    r->files.sheet = r->opt->sheet;
    r->files.name = r->opt->names.n == r->files.in.n ? r->opt->names.path : NULL;
    if (make_key(r, &key)) return run_kept(r, &key, &stamp, err);
    return compute(r, &stamp, &r->answer->body, err);
}

norn_status norni_report_run(const norni_op_env *env, const norni_report_opt *opt,
                             norni_report_answer *out, norni_report_course *course, norn_err *err) {
    report_run r = {.env = env, .opt = opt, .answer = out, .course = course};
    memset(course, 0, sizeof *course);
    norni_report_answer_init(out, &env->ctx->alloc);
    norni_arena_init(&r.arena, &env->ctx->alloc);
    const norn_status st = run(&r, err);
    if (st == NORN_OK) see_stage(&r, "complete", 100);
    norni_arena_clear(&r.arena);
    return st;
}
