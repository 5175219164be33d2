/* The workload `report` of `norn bench`: a whole finance report from a table in memory, cold, kept, and one region changed. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The table is made by Philox from the seed, so that everybody measures the same work: 10,500 rows, 36 months, 4 regions, 8
 * departments. A run goes from the CSV's bytes to the JSON's. The cache, of which the
 * harness knows nothing, lies in a folder of its own that goes afterwards. */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/bench_parts.h"
#include "app/registry.h"
#include "app/report_run.h"
#include "base/clock.h"
#include "base/rng.h"

enum {
    ROWS = 10500,
    QUICK_ROWS = 2304,
    MONTHS = 36,
    REGIONS = 4,
    DEPARTMENTS = 8,
    PATH_ROOM = 512
};

typedef struct report_data {
    size_t n_rows;
    norni_buf table, changed;  /* CSV; one with another number in one region */
    double cold, kept, region; /* seconds with a cache: empty, the same again, one region changed */
    size_t region_hits;
} report_data;

/* ---- the table ---- */

static void add_row(norni_buf *b, uint64_t seed, size_t row, size_t n_rows, int64_t more) {
    static const char *const region[] = {"NAM", "APAC", "LATAM", "EMEA"};
    static const char *const department[] = {"Sales",   "Marketing", "Operations", "Finance",
                                             "Support", "Research",  "Logistics",  "Services"};
    const size_t month = row * MONTHS / n_rows, r = row % REGIONS, d = row / REGIONS % DEPARTMENTS;
    const norni_rng rng = {seed, 1};
    const int64_t base = 9000 + 1500 * (int64_t)r + 400 * (int64_t)d + 90 * (int64_t)month;
    const int64_t wave = (int64_t)((month % 12) * (12 - month % 12)) * 30;
    const int64_t revenue = base + wave + (int64_t)(norni_rng_u64(rng, 4 * row) % 1500) + more;
    const int64_t marketing = revenue / 12 + (int64_t)(norni_rng_u64(rng, 4 * row + 1) % 200);
    const int64_t costs =
        revenue * 62 / 100 + marketing + (int64_t)(norni_rng_u64(rng, 4 * row + 2) % 700);
    const int64_t cash = (revenue - costs) * 9 / 10;
    norni_buf_format(b, "%lld-", (long long)(2022 + month / 12));
    norni_buf_format(b, "%s%lld-28,", month % 12 < 9 ? "0" : "", (long long)(month % 12 + 1));
    norni_buf_format(b, "%lld,%lld,%lld,%s,%s,", (long long)revenue, (long long)costs,
                     (long long)marketing, region[r], department[d]);
    norni_buf_format(b, "%lld,%lld,%lld,%lld,%lld,%lld\n", (long long)(revenue - costs),
                     (long long)cash, (long long)(revenue * 36 / 100),
                     (long long)(costs * 30 / 100), (long long)(base * 9 + (int64_t)month * 700),
                     (long long)(base * 5));
}

static norn_status make_table(norni_bench *b, report_data *d, norn_err *err) {
    const uint64_t seed = (uint64_t)b->opt->common.seed;
    norni_buf *const text[] = {&d->table, &d->changed};
    d->n_rows = b->opt->quick ? QUICK_ROWS : ROWS;
    for (size_t k = 0; k < 2; k++) {
        norni_buf_text(text[k],
                       "Transaction Date,Sales Revenue,Operating Costs,Marketing "
                       "Spend,Region,Department,Net Profit,Cash Flow from "
                       "Operations,Accounts Receivable,Accounts Payable,Total "
                       "Assets,Total Liabilities\n");
        for (size_t row = 0; row < d->n_rows; row++)
            add_row(text[k], seed, row, d->n_rows, k == 1 && row == 7 ? 1000 : 0);
        if (text[k]->failed) return norni_alloc_fail(err, "bench", text[k]->cap, 2);
    }
    return NORN_OK;
}

static norn_status prepare(norni_bench *b, norn_err *err) {
    report_data *d = norni_arena_zero(&b->arena, 1, sizeof *d);
    if (d == NULL) return norni_alloc_fail(err, "bench", 1, sizeof *d);
    norni_buf_init(&d->table, &b->env->ctx->alloc);
    norni_buf_init(&d->changed, &b->env->ctx->alloc);
    b->data = d;
    b->n_items = 1;
    NORN_TRY(make_table(b, d, err));
    norni_say(b->env, "%zu rows, %zu bytes of CSV", d->n_rows, d->table.n);
    return NORN_OK;
}

/* ---- one run ---- */

static norn_status run_call(const norni_bench *b, const norni_op_env *env, const norni_buf *table,
                            norni_report_answer *a, norni_report_course *c, norn_err *err) {
    static const char *const path[] = {"bench.csv"};
    const norni_op *op = norni_registry_op(norni_str_of("report"));
    const norni_str bytes = {table->p, table->n};
    norni_report_opt opt;
    norni_arena arena;
    norn_status st = NORN_OK;
    norni_arena_init(&arena, &env->ctx->alloc);
    memset(&opt, 0, sizeof opt);
    for (size_t g = 0; g < op->n_groups && st == NORN_OK; g++)
        st = norni_param_defaults(op->groups[g].rows, *op->groups[g].n_rows, &opt, &arena, err);
    opt.door.common.seed = b->opt->common.seed;
    opt.models = b->opt->model;
    opt.data = (norni_inputs){path, 1};
    opt.bytes = &bytes;
    if (st == NORN_OK) st = norni_report_run(env, &opt, a, c, err);
    norni_arena_clear(&arena);
    return st;
}

/* The digest's text back as a number. */
static norni_hash128 hash_of(const char *text) {
    uint64_t word[2] = {0, 0};
    for (size_t i = 0; i < 32; i++) {
        const char c = text[5 + i]; /* behind "xxh3:" */
        word[i / 16] = 16 * word[i / 16] + (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return (norni_hash128){word[0], word[1]};
}

static norn_status run_once(const norni_bench *b, norn_ctx *ctx, norni_cache *cache,
                            const norni_buf *table, norni_bench_one *out, size_t *n_hits,
                            norn_err *err) {
    norni_report_answer a;
    norni_report_course c;
    const norni_op_env env = {
        .ctx = ctx, .models = b->env->models, .learners = b->env->learners, .cache = cache};
    norni_report_answer_init(&a, &ctx->alloc);
    const norn_status st = run_call(b, &env, table, &a, &c, err);
    if (st == NORN_OK) {
        out->digest = hash_of(a.digest);
        out->n_items = a.n_items;
        out->n_ok = a.n_ok;
        out->n_fallback = a.n_fallback;
        out->n_failed = a.n_failed;
        if (n_hits != NULL) *n_hits = c.n_hits;
    }
    norni_report_answer_clear(&a);
    return st;
}

static norn_status run(const norni_bench *b, norn_ctx *ctx, int32_t workers, norni_bench_one *out,
                       norn_err *err) {
    const report_data *d = b->data;
    (void)workers;
    return run_once(b, ctx, NULL, &d->table, out, NULL, err);
}

/* ---- with a cache ---- */

static void remove_folder(const char *folder) {
    DIR *d = opendir(folder);
    char path[PATH_ROOM + 300];
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.' && (e->d_name[1] == '\0' || e->d_name[1] == '.')) continue;
        norni_format(path, sizeof path, "%s/%s", folder, e->d_name);
        (void)unlink(path);
    }
    if (d != NULL) (void)closedir(d);
    (void)rmdir(folder);
}

/* What a run with a cache puts into `extra`. */
enum { COLD, KEPT, REGION, HITS };

static double since(int64_t start) {
    return (double)(norni_clock_ns() - start) * 1e-9;
}

static norn_status run_three(const norni_bench *b, norn_ctx *ctx, norni_cache *cache,
                             norni_bench_one *out, norn_err *err) {
    const report_data *d = b->data;
    norni_bench_one kept, region;
    size_t n_hits = 0;
    memset(&kept, 0, sizeof kept);
    int64_t start = norni_clock_ns();
    NORN_TRY(run_once(b, ctx, cache, &d->table, out, NULL, err));
    out->extra[COLD] = since(start);
    start = norni_clock_ns();
    NORN_TRY(run_once(b, ctx, cache, &d->table, &kept, NULL, err));
    out->extra[KEPT] = since(start);
    if (!norni_bench_same(out->digest, kept.digest)) out->digest = kept.digest; /* the wrong one */
    start = norni_clock_ns();
    NORN_TRY(run_once(b, ctx, cache, &d->changed, &region, &n_hits, err));
    out->extra[REGION] = since(start);
    out->extra[HITS] = (double)n_hits;
    return NORN_OK;
}

static norn_status run_kept(const void *arg, norn_ctx *ctx, int32_t workers, norni_bench_one *out,
                            norn_err *err) {
    const norni_bench *b = arg;
    const char *tmp = getenv("TMPDIR");
    char folder[PATH_ROOM];
    norni_cache *cache = NULL;
    (void)workers;
    norni_format(folder, sizeof folder, "%s/norn-bench-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL)
        return norn_fail(err, NORN_E_IO, "bench: cannot make a folder in %s; set TMPDIR",
                         tmp && tmp[0] ? tmp : "/tmp");
    const norni_cache_opt how = {.dir = folder};
    norn_status st = norni_cache_open(&ctx->alloc, &how, &cache, err);
    if (st == NORN_OK) st = run_three(b, ctx, cache, out, err);
    norni_cache_close(cache);
    remove_folder(folder);
    return st;
}

static norn_status more(norni_bench *b, norn_err *err) {
    report_data *d = b->data;
    const norni_bench_how once = {.least_seconds = 0, .least_runs = 1, .rounds = 1};
    norni_bench_set set;
    NORN_TRY(norni_bench_measure(b, run_kept, b, b->most, &once, &set, err));
    b->equal = b->equal && norni_bench_same(set.one.digest, b->serial.one.digest);
    d->cold = set.one.extra[COLD];
    d->kept = set.one.extra[KEPT];
    d->region = set.one.extra[REGION];
    d->region_hits = (size_t)set.one.extra[HITS];
    norni_say(b->env,
              "with a cache: %g s cold, %g s the same again, %g s with one region changed (%zu "
              "series kept)",
              norni_bench_round(d->cold), norni_bench_round(d->kept), norni_bench_round(d->region),
              d->region_hits);
    return NORN_OK;
}

/* ---- the JSON ---- */

static void facts(const norni_bench *b, norni_json *j) {
    const report_data *d = b->data;
    norni_json_key_count(j, "n_rows", d->n_rows);
    norni_json_key_count(j, "n_bytes", d->table.n);
}

static void numbers(const norni_bench *b, norni_json *j) {
    const report_data *d = b->data;
    norni_json_key_num(j, "cold_seconds", d->cold);
    norni_json_key_num(j, "cached_seconds", d->kept);
    norni_json_key_num(j, "one_region_changed_seconds", d->region);
    norni_json_key_count(j, "one_region_changed_hits", d->region_hits);
}

static void clear(norni_bench *b) {
    report_data *d = b->data;
    if (d == NULL) return;
    norni_buf_clear(&d->table);
    norni_buf_clear(&d->changed);
}

const norni_bench_work norni_bench_report = {.name = "report",
                                             .item = "reports",
                                             .rate_key = "reports_per_second",
                                             .takes_model = true,
                                             .prepare = prepare,
                                             .run = run,
                                             .more = more,
                                             .facts = facts,
                                             .numbers = numbers,
                                             .clear = clear};
