/* The operation `report`: a table of transactions in, one report out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_report.h"

#include "app/outputs.h"
#include "app/report_run.h"
#include "app/summary.h"

static norn_status check_outputs(const norni_op_env *env, const norni_report_opt *o,
                                 norn_err *err) {
    const norni_common_opt *c = &o->door.common;
    const norni_output files[] = {{"--out", c->out},
                                  {"--summary", c->summary},
                                  {"--items", c->items},
                                  {"--series", o->series}};
    norni_inputs in, all;
    norni_arena arena;
    norni_arena_init(&arena, &env->ctx->alloc);
    norn_status st = norni_inputs_expand(&o->data, &arena, &in, err);
    if (st == NORN_OK) st = norni_inputs_join(&in, NULL, 0, &arena, &all, err);
    if (st == NORN_OK) st = norni_outputs_check_pages(&all, files, 4, err);
    norni_arena_clear(&arena);
    return st;
}

static norn_status write_body(const norni_op_env *env, const char *path, const norni_buf *body,
                              norn_err *err) {
    norni_out out;
    NORN_TRY(norni_out_open(&out, &env->ctx->alloc, path, err));
    norni_buf_add(&out.buf, body->p, body->n);
    const norn_status st =
        out.buf.failed ? norni_alloc_fail(err, "report", body->n, 1) : norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}

static norn_status write_summary(const norni_op_env *env, const norni_report_opt *o,
                                 const norni_report_answer *a, const norni_report_course *c,
                                 const norni_stopwatch *watch, norn_err *err) {
    norni_spool failures;
    norn_status st = NORN_OK;
    if (o->door.common.summary == NULL) return NORN_OK;
    norni_spool_init(&failures, &env->ctx->alloc, (size_t)1 << 20);
    if (a->failures.n > 0) st = norni_spool_add(&failures, a->failures.p, a->failures.n, err);
    const norni_summary s = {.operation = "report",
                             .n_items = a->n_items,
                             .n_ok = a->n_ok,
                             .n_fallback = a->n_fallback,
                             .n_failed = a->n_failed,
                             .n_hits = c->n_hits,
                             .n_misses = c->n_misses,
                             .failures = &failures,
                             .digest = a->digest,
                             .out_path = o->door.common.out,
                             .budget = env->budget,
                             .watch = *watch};
    if (st == NORN_OK) st = norni_summary_write(env->ctx, &s, o->door.common.summary, err);
    norni_spool_clear(&failures);
    return st;
}

/* The text behind "message": in a failure, JSON as it stands; at: where to look on from. */
static bool next_message(const norni_buf *b, size_t *at, norni_str *out) {
    static const char key[] = "\"message\":\"";
    const size_t n = sizeof key - 1;
    while (*at + n < b->n && memcmp(b->p + *at, key, n) != 0)
        ++*at;
    if (*at + n >= b->n) return false;
    const size_t from = *at += n;
    while (*at < b->n && b->p[*at] != '"')
        *at += b->p[*at] == '\\' ? 2 : 1;
    *out = (norni_str){b->p + from, (*at < b->n ? *at : b->n) - from};
    return true;
}

/* The commonest reason of the failures, of equals the first. */
static void tell_why(const norni_report_answer *a, norni_op_result *out) {
    enum { LOOKED_AT = 200 }; /* failures: of thousands these tell it as well */
    norni_str message[LOOKED_AT];
    size_t n = 0, best = 0, most = 0;
    for (size_t at = 0; n < LOOKED_AT && next_message(&a->failures, &at, &message[n]);)
        n++;
    for (size_t i = 0; i < n; i++) {
        size_t same = 0;
        for (size_t k = i; k < n; k++)
            same += norni_str_cmp(message[i], message[k]) == 0;
        if (same > most) most = same, best = i;
    }
    if (most == 0 || message[best].n == 0) return;
    norni_format(out->why, sizeof out->why, "%.*s%s", (int)message[best].n, message[best].p,
                 most < a->n_failed ? ", among others" : "");
}

static norn_status finish(const norni_op_env *env, const norni_report_opt *o,
                          const norni_report_answer *a, const norni_report_course *c,
                          const norni_stopwatch *watch, norni_op_result *out, norn_err *err) {
    NORN_TRY(write_body(env, o->door.common.out, &a->body, err));
    out->n_items = a->n_items;
    out->n_ok = a->n_ok;
    out->n_fallback = a->n_fallback;
    out->n_failed = a->n_failed;
    out->above_threshold =
        (double)a->n_failed > o->door.common.error_threshold * (double)a->n_items;
    memcpy(out->digest, a->digest, sizeof out->digest);
    tell_why(a, out);
    NORN_TRY(write_summary(env, o, a, c, watch, err));
    norni_say(env, "%zu of %zu series ok (%zu by fallback), %zu failed%s, in %g s; digest %s",
              a->n_ok, a->n_items, a->n_fallback, a->n_failed,
              c->whole        ? ", all from the cache"
              : c->n_hits > 0 ? ", some from the cache"
                              : "",
              (double)(int64_t)(norni_stopwatch_seconds(watch) * 1000 + 0.5) / 1000, out->digest);
    return NORN_OK;
}

/* --cache on, where nobody has one open already. */
static norn_status open_cache(const norni_op_env *env, const norni_report_opt *o,
                              norni_cache **cache, norn_err *err) {
    const norni_cache_door_opt *d = &o->door;
    const norni_cache_door door = {
        .dir = d->cache_dir, .redis = d->redis, .most_bytes = d->cache_limit.bytes};
    *cache = NULL;
    if (!d->common.cache || env->cache != NULL) return NORN_OK;
    return norni_cache_door_open(env, &door, cache, err);
}

norn_status norni_op_report(const norni_op_env *env, const void *options, norni_op_result *out,
                            norn_err *err) {
    const norni_stopwatch watch = norni_stopwatch_start();
    const norni_report_opt *o = options;
    norni_report_answer answer;
    norni_report_course course = {.whole = false};
    norni_op_env mine = *env;
    norni_cache *cache = NULL;
    NORN_TRY(check_outputs(env, o, err));
    NORN_TRY(open_cache(env, o, &cache, err));
    if (cache != NULL) mine.cache = cache;
    norn_status st = norni_report_run(&mine, o, &answer, &course, err);
    if (st == NORN_OK) st = finish(&mine, o, &answer, &course, &watch, out, err);
    out->input_failed = course.input_failed;
    norni_report_answer_clear(&answer);
    norni_cache_close(cache);
    return st;
}
