/* The operation `cache`: what is kept between runs, and its end. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_cache.h"

#include "io/writer.h"

enum { LEAST_LIMIT = 1 << 20, KEEP_SECONDS = 24 * 3600 };

static norn_status check(const norni_cache_op_opt *o, bool *clear, norn_err *err) {
    const norni_memsize limit = o->door.cache_limit;
    const norni_common_opt *common = &o->door.common;
    const char *none = common->resume    ? "resume"
                       : common->plot    ? "plot"
                       : common->summary ? "summary"
                       : common->items   ? "items"
                                         : NULL;
    if (none != NULL)
        return norn_fail(err, NORN_E_ARG, "--%s: `norn cache` has none; leave it out", none);
    *clear = strcmp(o->what, "clear") == 0;
    if (!*clear && strcmp(o->what, "stats") != 0)
        return norn_fail(err, NORN_E_ARG, "'%s' is neither stats nor clear", o->what);
    if (limit.share > 0 || limit.bytes < LEAST_LIMIT)
        return norn_fail(err, NORN_E_ARG, "--cache-limit: at least 1MiB, as 512MiB or 4GiB");
    return NORN_OK;
}

static void print(norni_buf *b, const norni_cache_op_opt *o, norni_cache *c, bool cleared,
                  uint64_t removed) {
    norni_json j;
    norni_cache_stats stats;
    const char *dir = norni_cache_dir_of(c);
    norni_cache_stats_get(c, &stats);
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    if (cleared) norni_json_key_count(&j, "removed", removed);
    norni_json_key_str(&j, "folder", norni_str_of(dir ? dir : ""));
    norni_json_key_count(&j, "entries", stats.entries);
    norni_json_key_count(&j, "bytes", stats.bytes);
    norni_json_key_count(&j, "limit_bytes", o->door.cache_limit.bytes);
    norni_json_key_count(&j, "keep_seconds", KEEP_SECONDS);
    norni_json_key(&j, "redis");
    if (o->door.redis != NULL) {
        norni_json_open(&j, '{');
        norni_json_key_str(&j, "address", norni_str_of(o->door.redis));
        norni_json_key(&j, "up");
        norni_json_bool(&j, stats.redis_up);
        norni_json_close(&j, '}');
    } else {
        norni_json_null(&j);
    }
    norni_json_key_count(&j, "errors", stats.errors);
    norni_json_close(&j, '}');
    norni_buf_add(b, "\n", 1);
}

norn_status norni_op_cache(const norni_op_env *env, const void *opt, norni_op_result *out,
                           norn_err *err) {
    const norni_cache_op_opt *o = opt;
    const norni_cache_door door = {.dir = o->door.cache_dir,
                                   .redis = o->door.redis,
                                   .most_bytes = o->door.cache_limit.bytes,
                                   .strict = true};
    norni_cache *c = NULL;
    norni_out file;
    uint64_t removed = 0;
    bool clear = false;
    (void)out;
    NORN_TRY(check(o, &clear, err));
    NORN_TRY(norni_cache_door_open(env, &door, &c, err));
    norn_status st = NORN_OK;
    if (clear) st = norni_cache_clear(c, &removed, err);
    if (st == NORN_OK) st = norni_out_open(&file, &env->ctx->alloc, o->door.common.out, err);
    if (st == NORN_OK) {
        print(&file.buf, o, c, clear, removed);
        st = norni_out_commit(&file, err);
        norni_out_abort(&file);
    }
    norni_cache_close(c);
    return st;
}
