/* The summary of a run as JSON: counts, failures, threads, times, memory, digest. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/summary.h"

#include <sys/statvfs.h>

#include "app/version.h"
#include "base/clock.h"
#include "io/writer.h"

norni_stopwatch norni_stopwatch_start(void) {
    return (norni_stopwatch){norni_clock_ns(), norni_clock_process_seconds()};
}

double norni_stopwatch_seconds(const norni_stopwatch *w) {
    return (double)(norni_clock_ns() - w->wall_ns) / 1e9;
}

/* Bytes free where the output lies, or -1 when the system does not say. */
static int64_t disk_free_bytes(const char *path) {
    char folder[4096] = ".";
    const char *slash = path ? strrchr(path, '/') : NULL;
    if (slash != NULL && (size_t)(slash - path) + 1 < sizeof folder) {
        memcpy(folder, path, (size_t)(slash - path) + 1);
        folder[slash - path + 1] = '\0';
    }
    struct statvfs v;
    if (statvfs(folder, &v) != 0) return -1;
    return (int64_t)((uint64_t)v.f_bavail * (uint64_t)v.f_frsize);
}

/* The objects are text already, the first one's comma left out. */
static norn_status write_failures(norn_ctx *ctx, norni_out *out, norni_json *j,
                                  const norni_spool *failures, norn_err *err) {
    const uint64_t n = norni_spool_size(failures);
    const size_t step = (size_t)1 << 16;
    char *part = norni_alloc_get(&ctx->alloc, step, 1);
    norn_status st = part ? NORN_OK : norni_alloc_fail(err, "summary", step, 1);
    norni_json_key(j, "failures");
    norni_json_open(j, '[');
    for (uint64_t at = 1; at < n && st == NORN_OK;) {
        const size_t want = n - at < step ? (size_t)(n - at) : step;
        st = norni_spool_read(failures, at, part, want, err);
        if (st == NORN_OK) norni_buf_add(&out->buf, part, want);
        if (st == NORN_OK) st = norni_out_flush(out, (size_t)1 << 20, err);
        at += want;
    }
    norni_json_close(j, ']');
    norni_alloc_drop(&ctx->alloc, part, step, 1);
    return st;
}

static norn_status write_workers(norn_ctx *ctx, norni_json *j, norn_err *err) {
    const int32_t n = norni_pool_threads(ctx);
    norni_worker_stat *stat = norni_alloc_zero(&ctx->alloc, (size_t)n, sizeof *stat);
    if (stat == NULL) return norni_alloc_fail(err, "summary", (size_t)n, sizeof *stat);
    norn_status st = norni_pool_stats(ctx, stat, n, false, err);
    norni_json_key(j, "workers");
    norni_json_open(j, '[');
    for (int32_t i = 0; st == NORN_OK && i < n; i++) {
        norni_json_open(j, '{');
        norni_json_key_int(j, "items", (int64_t)stat[i].n_items);
        norni_json_key_num(j, "busy_seconds", stat[i].busy_seconds);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    norni_alloc_drop(&ctx->alloc, stat, (size_t)n, sizeof *stat);
    return st;
}

norn_status norni_summary_write(norn_ctx *ctx, const norni_summary *s, const char *path,
                                norn_err *err) {
    const double elapsed = norni_stopwatch_seconds(&s->watch);
    const double cpu = norni_clock_process_seconds() - s->watch.cpu_seconds;
    const int32_t threads = norni_pool_threads(ctx);
    const int64_t disk = disk_free_bytes(s->out_path);
    norni_out out;
    norni_json j;
    norn_status st;
    NORN_TRY(norni_out_open(&out, &ctx->alloc, path, err));
    norni_json_init(&j, &out.buf);
    norni_json_open(&j, '{');
    norni_json_key_str(&j, "operation", norni_str_of(s->operation));
    norni_json_key_str(&j, "version", norni_str_of(NORNI_VERSION));
    norni_json_key_int(&j, "n_items", (int64_t)s->n_items);
    norni_json_key_int(&j, "n_ok", (int64_t)s->n_ok);
    norni_json_key_int(&j, "n_fallback", (int64_t)s->n_fallback);
    norni_json_key_int(&j, "n_failed", (int64_t)s->n_failed);
    norni_json_key_int(&j, "n_cut", (int64_t)s->n_cut);
    if (s->loads) {
        norni_json_key_int(&j, "n_series_loaded", (int64_t)s->n_taken);
        norni_json_key_int(&j, "n_series_fitted", (int64_t)s->n_fresh);
    }
    norni_json_key_int(&j, "n_resumed", (int64_t)s->n_resumed);
    NORN_TRY_GOTO(write_failures(ctx, &out, &j, s->failures, err), fail);
    norni_json_key_int(&j, "threads", threads);
    norni_json_key_num(&j, "elapsed_seconds", elapsed);
    norni_json_key_num(&j, "cpu_seconds", cpu);
    norni_json_key_num(&j, "cpu_utilisation", elapsed > 0 ? cpu / (elapsed * threads) : 0);
    NORN_TRY_GOTO(write_workers(ctx, &j, err), fail);
    norni_json_key_int(&j, "peak_rss_bytes", norni_peak_rss_bytes());
    if (s->budget) {
        norni_json_key_int(&j, "memory_limit_bytes", (int64_t)s->budget->limit);
        norni_json_key_int(&j, "memory_peak_bytes", (int64_t)atomic_load(&s->budget->peak));
    }
    norni_json_key(&j, "disk_free_bytes");
    if (disk >= 0)
        norni_json_int(&j, disk);
    else
        norni_json_null(&j);
    norni_json_key(&j, "cache");
    norni_json_open(&j, '{');
    norni_json_key_count(&j, "hits", s->n_hits);
    norni_json_key_count(&j, "misses", s->n_misses);
    norni_json_close(&j, '}');
    if (s->more) s->more(&j, s->more_arg);
    norni_json_key(&j, "deterministic");
    norni_json_bool(&j, !s->by_clock);
    norni_json_key_str(&j, "digest", norni_str_of(s->digest));
    norni_json_close(&j, '}');
    norni_buf_text(&out.buf, "\n");
    if (out.buf.failed) NORN_TRY_GOTO(norni_alloc_fail(err, "summary", out.buf.cap, 2), fail);
    return norni_out_commit(&out, err);
fail:
    norni_out_abort(&out);
    return st;
}
