/* Tests of a whole report: one digest at any number of workers and from a cache, all its parts in the JSON, times only from the stamp. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <unistd.h>

#include "finance/finance_report.h"
#include "finance_books.h"
#include "models/gbdt/gbdt_learner.h"
#include "models/naive/naive.h"
#include "models/theta/theta.h"

static const norni_learner *const learners[] = {&norni_learner_gbdt};
static const norni_learner_set learner_set = {learners, 1};

/* 30 months, two regions, two departments: revenue with a season, expenses, a balance. */
static book_box *ledger(double extra) {
    static char texts[2][16384]; /* the book's names lie in it */
    char *text = texts[extra > 0];
    static const char *const region[] = {"East", "West"};
    size_t at = 0;
    at += norni_format(text, sizeof texts[0],
                       "date,revenue,expenses,assets,liabilities,region,department\n");
    for (int m = 0; m < 30; m++) {
        for (int k = 0; k < 4; k++) {
            const double y = 1000 + 10 * m + 60 * (m % 12) + 250 * k + (m * 37 + k * 11) % 29 +
                             (k == 3 && m == 5 ? extra : 0);
            at += norni_format(text + at, sizeof texts[0] - at, "20%u-", (unsigned)(20 + m / 12));
            at += norni_format(text + at, sizeof texts[0] - at, "%s%u-15,%g,%g,%g,%g,%s,%s\n",
                               m % 12 < 9 ? "0" : "", (unsigned)(m % 12 + 1), y,
                               y * 0.7 + (m * 13 + k) % 17, 5000.0 + 20 * m, 2000.0 + 5 * m,
                               region[k / 2], k % 2 ? "B" : "A");
        }
    }
    book_box *box = book_new(text);
    return box;
}

static norni_fin_candidate candidate(const char *name, const norni_model *m, int32_t rank,
                                     norni_arena *arena) {
    void *opt = norni_arena_zero(arena, 1, m->opt_size + 1);
    assert_non_null(opt);
    assert_int_equal(norni_param_defaults(m->params, m->n_params, opt, arena, NULL), NORN_OK);
    return (norni_fin_candidate){.name = norni_str_of(name),
                                 .spec = norni_str_of(m->name),
                                 .who = {.model = m, .opt = opt},
                                 .rank = rank};
}

typedef struct run_box {
    norn_ctx *ctx;
    norni_arena arena;
    norni_fin_candidate who[2];
    norni_fin_report report;
} run_box;

static void run(run_box *r, const norni_fin_book *book, int32_t threads, norni_cache *cache) {
    norn_ctx_opt how = norn_ctx_opt_default();
    norn_err err = {NORN_OK, ""};
    how.n_threads = threads;
    assert_int_equal(norn_ctx_new(&how, &r->ctx, NULL), NORN_OK);
    norni_arena_init(&r->arena, &r->ctx->alloc);
    r->who[0] = candidate("theta", &norni_model_theta, 0, &r->arena);
    r->who[1] = candidate("season", &norni_model_seasonal_naive, 1, &r->arena);
    const norni_fin_report_opt opt = {.learners = &learner_set,
                                      .forecast = {.candidate = r->who,
                                                   .n_candidates = 2,
                                                   .fallback = r->who[1],
                                                   .level = 90,
                                                   .cache = cache,
                                                   .version = {"test", 4}}};
    if (norni_fin_report_make(r->ctx, book, &opt, &r->arena, &r->report, &err) != NORN_OK)
        fail_msg("%s", err.text);
}

static void end(run_box *r) {
    norni_arena_clear(&r->arena);
    norn_ctx_free(r->ctx);
}

static bool same(norni_hash128 a, norni_hash128 b) {
    return a.hi == b.hi && a.lo == b.lo;
}

static void one_digest(void **state) {
    (void)state;
    book_box *box = ledger(0), *other = ledger(1);
    run_box a, b;
    run(&a, &box->book, 1, NULL);
    assert_int_equal(a.report.forecasts.n_failed, 0);
    for (int32_t threads = 2; threads < 8; threads += 5) {
        run(&b, &box->book, threads, NULL);
        assert_true(same(a.report.digest, b.report.digest));
        end(&b);
    }
    run(&b, &other->book, 1, NULL);
    assert_false(same(a.report.digest, b.report.digest));
    end(&a);
    end(&b);
    book_free(box);
    book_free(other);
}

static void remove_folder(const char *folder) {
    char path[600];
    DIR *d = opendir(folder);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        (void)norni_format(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.') (void)unlink(path);
    }
    if (d != NULL) (void)closedir(d);
    (void)rmdir(folder);
}

/* What did not change comes from the cache, the rest is made, and the whole is as if there were none. */
static void kept_series(void **state) {
    (void)state;
    char folder[] = "/tmp/norn-report-XXXXXX";
    const norn_alloc alloc = norni_alloc_default();
    norni_cache *cache = NULL;
    book_box *box = ledger(0), *other = ledger(50);
    run_box a, b, c, plain;
    assert_non_null(mkdtemp(folder));
    const norni_cache_opt how = {.dir = folder};
    assert_int_equal(norni_cache_open(&alloc, &how, &cache, NULL), NORN_OK);
    run(&a, &box->book, 2, cache);
    run(&b, &box->book, 2, cache);
    run(&c, &other->book, 2, cache);
    run(&plain, &other->book, 1, NULL);
    assert_int_equal(a.report.forecasts.n_hits, 0);
    assert_int_equal(b.report.forecasts.n_hits, b.report.forecasts.n);
    assert_true(same(a.report.digest, b.report.digest));
    assert_true(same(c.report.digest, plain.report.digest));
    const norni_fin_forecasts *f = &c.report.forecasts;
    assert_true(norni_fin_series_find(f, NORNI_FIN_OF_REGION, norni_str_of("East"))->cached);
    assert_false(norni_fin_series_find(f, NORNI_FIN_OF_REGION, norni_str_of("West"))->cached);
    assert_true(norni_fin_series_find(f, NORNI_FIN_OF_DEPARTMENT, norni_str_of("A"))->cached);
    assert_false(norni_fin_series_find(f, NORNI_FIN_OF_ALL, norni_str_of("revenue"))->cached);
    assert_true(
        norni_fin_series_find(f, NORNI_FIN_OF_ALL, norni_str_of("working_capital"))->cached);
    end(&a);
    end(&b);
    end(&c);
    end(&plain);
    norni_cache_close(cache);
    remove_folder(folder);
    book_free(box);
    book_free(other);
}

static void parts_and_stamp(void **state) {
    (void)state;
    static const char *const part[] = {"dashboard_mode",
                                       "metadata",
                                       "kpis",
                                       "forecast_chart",
                                       "anomalies_table",
                                       "narratives",
                                       "correlation_insights",
                                       "scenario_simulations",
                                       "recommendations",
                                       "model_health_report",
                                       "visualizations",
                                       "tables",
                                       "supporting_reports",
                                       "raw_data_preview",
                                       "profit_drivers",
                                       "enhanced_kpis"};
    const norni_fin_stamp stamp[] = {{1700000000, {"WHEN1", 5}, {"SESSION1", 8}, {"", 0}},
                                     {1800000000, {"WHEN2", 5}, {"SESSION2", 8}, {"TASK", 4}}};
    book_box *box = ledger(0);
    run_box r;
    norni_buf out[2];
    char key[64];
    run(&r, &box->book, 2, NULL);
    for (size_t k = 0; k < 2; k++) {
        norni_buf_init(&out[k], &r.ctx->alloc);
        assert_int_equal(norni_fin_report_json(&r.report, &stamp[k], &r.arena, &out[k], NULL),
                         NORN_OK);
        norni_buf_add(&out[k], "", 1);
    }
    for (size_t k = 0; k < 16; k++) {
        norni_format(key, sizeof key, "\"%s\":", part[k]);
        if (strstr(out[0].p, key) == NULL) fail_msg("%s is not there", key);
    }
    assert_null(strstr(out[0].p, "task_id"));
    assert_non_null(strstr(out[1].p, "\"task_id\":\"TASK\""));
    assert_non_null(strstr(out[0].p, "\"generated_at\":\"WHEN1\""));
    assert_non_null(strstr(out[0].p, "\"model_id\":\"model_revenue_1700000000\""));
    assert_null(strstr(out[1].p, "1700000000"));
    for (size_t k = 0; k < 2; k++)
        norni_buf_clear(&out[k]);
    end(&r);
    book_free(box);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_digest), cmocka_unit_test(kept_series),
                                       cmocka_unit_test(parts_and_stamp)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
