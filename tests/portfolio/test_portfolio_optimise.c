/* Tests of the walk-forward search: against a plain Python twin, at any worker count, without look-ahead, folded as sorting would. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fp.h"
#include "base/sort.h"
#include "portfolio/portfolio_optimise_parts.h"

enum { BARS = 420, WINDOW = 100, TESTS = 3, ASSETS = 4 };

typedef struct bed {
    norn_ctx *ctx;
    norni_arena arena;
    norni_port_prices prices;
    norni_port_grid *grid;
    norni_port_result r;
    norni_port_optimise_opt opt;
    norn_err err;
} bed;

/* The fixture's prices (make_portfolio_walk.py). From bar `changed` on they are others. */
static void make_prices(bed *b, size_t n_bars, size_t changed) {
    static const char *const name[ASSETS] = {"BTC", "ETH", "BNB", "ADA"};
    double p[ASSETS] = {100, 50, 20, 1}, *close = test_malloc(n_bars * ASSETS * sizeof *close);
    int64_t *time = test_malloc(n_bars * sizeof *time);
    norni_port_quotes q[ASSETS];
    uint64_t s = 12345;
    for (size_t t = 0; t < n_bars; t++) {
        time[t] = ((int64_t)18262 + (int64_t)t) * 86400 * 1000000; /* days from 2020-01-01 */
        for (size_t k = 0; k < ASSETS; k++) {
            s = s * 6364136223846793005u + 1442695040888963407u;
            const double u = (double)(s >> 11) / 9007199254740992.0;
            p[k] *= 1.0 + 0.09 * (u - 0.49);
            close[k * n_bars + t] = t < changed ? p[k] : p[k] * (1.5 + u);
        }
    }
    for (size_t k = 0; k < ASSETS; k++)
        q[k] = (norni_port_quotes){{name[k], 3}, n_bars, time, close + k * n_bars};
    const norni_port_prices_opt opt = {.max_bars = n_bars == BARS ? WINDOW * (TESTS + 1) : 0};
    const norni_time_style style = {.kind = NORNI_TIME_DATE};
    assert_int_equal(
        norni_port_prices_make(&b->ctx->alloc, q, ASSETS, &opt, style, &b->prices, &b->err),
        NORN_OK);
    test_free(close);
    test_free(time);
}

static void begin(bed *b, int threads, size_t changed) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    memset(b, 0, sizeof *b);
    opt.n_threads = threads;
    assert_int_equal(norn_ctx_new(&opt, &b->ctx, &b->err), NORN_OK);
    norni_arena_init(&b->arena, &b->ctx->alloc);
    make_prices(b, BARS, changed);
    b->opt = (norni_port_optimise_opt){.splits = {.window_days = WINDOW, .n_tests = TESTS}};
}

static void search(bed *b, bool quick, double fee) {
    const norni_port_grid_opt opt = {
        .fee = fee, .capital = 10000, .periods_per_year = b->prices.periods_per_year};
    assert_int_equal(norni_port_grid_reference(&b->arena, quick, b->prices.symbol,
                                               b->prices.n_assets, &opt, &b->grid, &b->err),
                     NORN_OK);
    const norn_status st =
        norni_port_optimise(b->ctx, &b->prices, b->grid, &b->opt, NULL, &b->r, &b->err);
    if (st != NORN_OK) fail_msg("%s", b->err.text);
}

static void search_toml(bed *b, const char *text) {
    norni_toml toml;
    const norni_port_grid_opt opt = {
        .fee = 0.0015, .capital = 10000, .periods_per_year = b->prices.periods_per_year};
    norn_status st = norni_toml_parse(&b->arena, text, strlen(text), &toml, &b->err);
    if (st == NORN_OK)
        st = norni_port_grid_toml(&b->arena, &toml, b->prices.symbol, b->prices.n_assets, &opt,
                                  &b->grid, &b->err);
    if (st == NORN_OK)
        st = norni_port_optimise(b->ctx, &b->prices, b->grid, &b->opt, NULL, &b->r, &b->err);
    if (st != NORN_OK) fail_msg("%s", b->err.text);
}

static void end(bed *b) {
    if (b->r.arena.alloc != NULL) norni_port_result_clear(&b->r);
    norni_port_prices_clear(&b->prices);
    norni_arena_clear(&b->arena);
    norn_ctx_free(b->ctx);
}

static norni_port_row row_of(const bed *b, uint64_t index) {
    norni_port_row row;
    assert_int_equal(norni_port_result_row(&b->r, index, &row, NULL), NORN_OK);
    return row;
}

/* ---- against the plain twin ---- */

/* Sums in another order, and a fixed point for the costs: a few ulps of a return over some hundred bars. */
static void near(double got, double want, const char *line) {
    if (!(fabs(got - want) <= 1e-9 * (fabs(want) > 1 ? fabs(want) : 1)))
        fail_msg("%.17g is not %.17g: %s", got, want, line);
}

static void compare(const bed *b, uint64_t id, const char *numbers, const char *line) {
    const norni_port_row r = row_of(b, id - 1);
    const double got[] = {r.outperformance,       r.total_return,       r.sharpe,
                          r.max_drawdown,         r.win_rate,           r.consistency,
                          r.train_outperformance, r.train_return,       r.train_sharpe,
                          r.train_drawdown,       r.generalization_gap, r.n_rebalances};
    assert_int_equal(r.id, id);
    if (strncmp(numbers, "none", 4) == 0) {
        assert_int_equal(r.n_splits, 0);
        return;
    }
    assert_int_equal(r.n_splits, TESTS);
    for (size_t k = 0; k < sizeof got / sizeof got[0]; k++) {
        char *next;
        const double want = strtod(numbers, &next);
        assert_true(next != numbers);
        near(got[k], want, line);
        numbers = next;
    }
}

/* The rows of one grid and one cost; how many there were. */
static size_t compare_all(const bed *b, int grid, double fee) {
    char line[1024];
    size_t n = 0;
    FILE *f = fopen(NORN_FIXTURES "/portfolio_walk.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        char *at;
        if (line[0] == '#') continue;
        const long of = strtol(line, &at, 10);
        const double cost = strtod(at, &at);
        const long id = strtol(at, &at, 10);
        if (of != grid || cost < fee || cost > fee) continue;
        compare(b, (uint64_t)id, at + 1, line);
        n++;
    }
    (void)fclose(f);
    return n;
}

static void equals_the_plain_twin(void **state) {
    static const double fee[] = {0, 0.0015, 0.006};
    (void)state;
    for (int grid = 0; grid < 2; grid++) {
        for (size_t k = 0; k < (grid ? 3 : 2); k++) {
            bed b;
            begin(&b, 2, SIZE_MAX);
            search(&b, grid == 0, fee[k]);
            assert_true(compare_all(&b, grid, fee[k]) >= 12);
            end(&b);
        }
    }
}

/* ---- the same bits ---- */

/* What a sanitizer sees, it sees at any count; the spools' run is at another. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const int workers[] = {7};
#else
static const int workers[] = {1, 2, 3, 7, 64};
#endif
enum { N_WORKERS = sizeof workers / sizeof workers[0] };

static void workers_and_spools_change_nothing(void **state) {
    norni_hash128 first = {0, 0};
    (void)state;
    for (size_t k = 0; k <= N_WORKERS; k++) {
        bed b;
        begin(&b, k < N_WORKERS ? workers[k] : 3, SIZE_MAX);
        if (k == N_WORKERS) b.opt.memory = 1; /* every row lies in a file */
        search(&b, false, 0.0015);
        if (k == 0) first = b.r.digest;
        assert_true(b.r.digest.hi == first.hi && b.r.digest.lo == first.lo);
        end(&b);
    }
    bed other; /* one ulp of cost is another run */
    begin(&other, 2, SIZE_MAX);
    search(&other, false, nextafter(0.0015, 1));
    assert_false(other.r.digest.hi == first.hi && other.r.digest.lo == first.lo);
    end(&other);
}

/* ---- the future ---- */

static const norni_port_best *by_id(const bed *b, uint64_t id) {
    for (size_t k = 0; k < b->r.n_top; k++)
        if (b->r.top[k].row.id == id) return &b->r.top[k];
    fail_msg("%d is not among the best", (int)id);
    return NULL;
}

/* Fixed weights, and every kind that is estimated from prices. */
static const char estimated[] =
    "[allocation]\nkinds = [\"equal\", \"inverse_vol\", \"min_variance\", \"mean_variance\", "
    "\"erc\", "
    "\"hrp\", \"momentum\"]\nlookback_days = 30\nestimate_days = 11\n[rebalance]\n"
    "method = [\"hybrid\", \"on_target\"]\nthreshold = [0.03, 0.08]\nmomentum_filter = [false, "
    "true]\n";

static void the_future_changes_no_past(void **state) {
    const size_t last = BARS - WINDOW; /* where the last test begins */
    (void)state;
    for (int own = 0; own < 2; own++) {
        bed a, b;
        size_t n_changed = 0;
        begin(&a, 2, SIZE_MAX);
        begin(&b, 2, last);
        if (own)
            search_toml(&a, estimated), search_toml(&b, estimated);
        else
            search(&a, true, 0.0015), search(&b, true, 0.0015);
        assert_int_equal(a.r.n_top, a.r.counts.n_distinct);
        for (size_t k = 0; k < a.r.n_top; k++) {
            const norni_port_best *x = &a.r.top[k], *y = by_id(&b, x->row.id);
            assert_memory_equal(x->train, y->train, TESTS * sizeof *x->train);
            assert_memory_equal(x->test, y->test, (TESTS - 1) * sizeof *x->test);
            n_changed += memcmp(&x->test[TESTS - 1], &y->test[TESTS - 1], sizeof *x->test) != 0;
        }
        assert_int_equal(n_changed, a.r.n_top); /* the last test saw it */
        assert_memory_equal(a.r.walk_forward, b.r.walk_forward, (TESTS - 1) * sizeof(double));
        assert_memory_equal(a.r.walk_forward_id, b.r.walk_forward_id, TESTS * sizeof(uint64_t));
        end(&a);
        end(&b);
    }
}

/* Half of them ask for a capital that cannot be. */
static void a_failure_ends_no_other(void **state) {
    static const char good[] =
        "[allocation]\nkinds = [\"equal\", \"hrp\"]\nlookback_days = 30\n"
        "[rebalance]\nthreshold = [0.02, 0.05, 0.1]\n";
    char text[256];
    bed a, b;
    size_t n_ok = 0;
    (void)state;
    begin(&a, 2, SIZE_MAX);
    begin(&b, 2, SIZE_MAX);
    search_toml(&a, good);
    (void)snprintf(text, sizeof text, "%s[capital]\nstart = [1e-12, 10000]\n", good);
    search_toml(&b, text);
    assert_int_equal(a.r.n_failed, 0);
    assert_int_equal(b.r.n_failed, b.r.counts.n_usable / 2);
    assert_int_equal(b.r.n_trials_total, b.r.counts.n_distinct / 2);
    norni_port_failed f;
    assert_int_equal(b.r.failed.n, b.r.n_failed * sizeof f);
    memcpy(&f, b.r.failed.p, sizeof f);
    assert_int_equal(f.id, 1);
    assert_non_null(strstr(f.why.text, "capital"));
    for (uint64_t i = 0; i < b.r.counts.n_all; i++) {
        const norni_port_row x = row_of(&b, i);
        if (i % 2 == 0) {
            assert_true(x.n_splits == 0 && x.status == NORN_E_ARG);
            continue;
        }
        const norni_port_row y = row_of(&a, i / 2);
        assert_true(x.outperformance == y.outperformance && x.sharpe == y.sharpe);
        n_ok++;
    }
    assert_int_equal(n_ok, a.r.counts.n_usable);
    assert_true(a.r.median == b.r.median && a.r.pbo.pbo == b.r.pbo.pbo);
    assert_int_equal(b.r.pbo.n_trials, a.r.pbo.n_trials);
    end(&a);
    end(&b);
}

/* ---- folds ---- */

static double median_of(double *x, size_t n) {
    norni_sort_doubles(x, n);
    return n % 2 ? x[n / 2] : x[n / 2 - 1] / 2 + x[n / 2] / 2;
}

static void check_axis(const bed *b, const norni_port_row *row, size_t axis, double *x) {
    const norni_port_sensitivity *s = &b->r.axis[axis];
    uint64_t n_all = 0;
    assert_int_equal(s->n_values, norni_port_grid_axis_size(b->grid, axis));
    for (size_t g = 0; g < s->n_values; g++) {
        size_t n = 0;
        double best = -INFINITY;
        for (uint64_t i = 0; i < b->r.counts.n_all; i++) {
            if (row[i].n_splits == 0 || norni_port_grid_axis_of(b->grid, axis, i) != g) continue;
            x[n] = row[i].outperformance;
            if (x[n] > best) best = x[n];
            n++;
        }
        assert_int_equal(s->count[g], n);
        n_all += n;
        if (n == 0) continue;
        assert_true(s->median[g] == median_of(x, n));
        assert_true(s->best[g] == best);
    }
    assert_int_equal(n_all, b->r.counts.n_usable);
}

/* One step of threshold, days or interval away from the best, and another one in effect. */
static double plateau_of(const bed *b, const norni_port_row *row) {
    const uint64_t best = b->r.top[0].row.id - 1;
    double sum = 0, n = 0;
    for (uint64_t i = 0; i < b->r.counts.n_all; i++) {
        size_t steps = 0, far = 0;
        for (size_t k = 0; k < b->r.n_axes; k++) {
            const char *name = norni_port_grid_axis_name(b->grid, k);
            if (row[i].n_splits == 0) break;
            const long d = (long)norni_port_grid_axis_of(b->grid, k, i) -
                           (long)norni_port_grid_axis_of(b->grid, k, best);
            const bool ordered = strcmp(name, "threshold") == 0 ||
                                 strcmp(name, "calendar_days") == 0 ||
                                 strcmp(name, "min_interval_hours") == 0;
            steps += ordered && labs(d) == 1;
            far += ordered ? labs(d) > 1 : d != 0;
        }
        if (row[i].n_splits == 0 || steps != 1 || far > 0 || row[i].same == best + 1) continue;
        sum += row[i].outperformance;
        n++;
    }
    assert_true(n > 0);
    return sum / n / row[best].outperformance;
}

static void folds_are_what_sorting_gives(void **state) {
    bed b;
    (void)state;
    begin(&b, 2, SIZE_MAX);
    search(&b, false, 0.0015);
    const size_t n = (size_t)b.r.counts.n_all;
    norni_port_row *row = test_malloc(n * sizeof *row);
    double *x = test_malloc(n * sizeof *x), sum = 0;
    size_t used = 0, own = 0, above = 0;
    for (size_t i = 0; i < n; i++) {
        row[i] = row_of(&b, i);
        own += row[i].same == row[i].id;
        if (row[i].n_splits == 0) continue;
        above += row[i].outperformance > 0;
        sum += x[used++] = row[i].outperformance;
    }
    assert_int_equal(used, b.r.counts.n_usable);
    assert_int_equal(own, b.r.counts.n_distinct);
    assert_int_equal(b.r.n_simulated, own * (TESTS + 1));
    assert_true(b.r.median == median_of(x, used));
    assert_true(b.r.best == x[used - 1] && b.r.worst == x[0]);
    near(b.r.mean, sum / (double)used, "mean");
    near(b.r.positive_share, (double)above / (double)used, "share");
    near(b.r.plateau, plateau_of(&b, row), "plateau");
    for (size_t k = 0; k < b.r.n_axes; k++)
        check_axis(&b, row, k, x);
    for (size_t k = 0; k < b.r.n_top;
         k++) { /* nothing distinct lies above, or level with a lower id */
        const norni_port_row *t = &b.r.top[k].row;
        size_t before = 0;
        for (size_t i = 0; i < n; i++)
            before += row[i].n_splits && row[i].same == row[i].id &&
                      (row[i].outperformance > t->outperformance ||
                       (row[i].outperformance == t->outperformance && row[i].id < t->id));
        assert_int_equal(before, k);
    }
    test_free(row);
    test_free(x);
    end(&b);
}

static double value_at(uint64_t i) {
    const uint64_t u = (i + 1) * 0x9E3779B97F4A7C15u;
    if (u >> 60 == 7) return NORNI_NAN;
    if (u >> 60 == 6) return 0.25; /* ties */
    if (u >> 60 == 5) return u >> 59 & 1 ? 0.0 : -0.0;
    return ((double)(u >> 20) / 4.0e12 - 1.7) * (u & 1 ? 1 : 1e-9);
}

/* Order statistics of every group of an axis from values in a file: what sorting gives, in ranges of groups, too. */
static void selection_is_what_sorting_gives(void **state) {
    bed b;
    norni_spool values;
    (void)state;
    begin(&b, 1, SIZE_MAX);
    const norni_port_grid_opt opt = {.capital = 10000, .periods_per_year = 365};
    assert_int_equal(
        norni_port_grid_reference(&b.arena, false, b.prices.symbol, ASSETS, &opt, &b.grid, &b.err),
        NORN_OK);
    const uint64_t n = norni_port_grid_count(b.grid).n_all;
    norni_spool_init(&values, &b.ctx->alloc, 4096);
    for (uint64_t i = 0; i < n; i++) {
        const bool used = norni_port_grid_same(b.grid, i) != UINT64_MAX;
        const norni_port_value v = {value_at(i), used ? NORNI_PORT_USED : NORNI_PORT_NONE};
        assert_int_equal(norni_spool_add(&values, &v, sizeof v, NULL), NORN_OK);
    }
    double *x = test_malloc((size_t)n * sizeof *x);
    for (size_t axis = 0; axis < norni_port_grid_axes(b.grid); axis++) {
        const size_t from = axis % 2, n_groups = norni_port_grid_axis_size(b.grid, axis) - from;
        if (n_groups == 0) continue;
        for (size_t g = 0; g < n_groups; g++) {
            uint64_t rank[64];
            double at[64], next[64];
            size_t m = 0;
            for (uint64_t i = 0; i < n; i++)
                if (norni_port_grid_same(b.grid, i) != UINT64_MAX && !isnan(value_at(i)) &&
                    norni_port_grid_axis_of(b.grid, axis, i) == from + g)
                    x[m++] = value_at(i);
            norni_sort_doubles(x, m);
            assert_true(m > 2 && n_groups <= 64);
            for (size_t k = 0; k < n_groups; k++)
                rank[k] = k == g ? (m - 2) * (g + 1) / (n_groups + 1) : UINT64_MAX;
            const norni_port_select q = {.values = &values,
                                         .n = n,
                                         .grid = b.grid,
                                         .axis = axis,
                                         .from = from,
                                         .n_groups = n_groups,
                                         .rank = rank,
                                         .at = at,
                                         .next = next};
            assert_int_equal(norni_port_select_run(&q, &b.arena, NULL), NORN_OK);
            assert_true(at[g] == x[rank[g]] && next[g] == x[rank[g] + 1]);
            if (g > 2) break; /* a few of each axis */
        }
    }
    test_free(x);
    norni_spool_clear(&values);
    end(&b);
}

/* A duplicate has the numbers of the one it stands for, and simulating it gives just those. */
static void duplicates_are_the_same(void **state) {
    bed b;
    size_t n = 0;
    (void)state;
    begin(&b, 2, SIZE_MAX);
    search(&b, false, 0.0015);
    for (uint64_t i = 5; i < b.r.counts.n_all; i += 397) {
        const norni_port_row row = row_of(&b, i);
        if (row.n_splits == 0 || row.same == row.id) continue;
        norni_port_config c;
        norni_port_market m;
        norni_port_stats s;
        norni_port_targets t;
        size_t n_fallback;
        double total = 0;
        norni_port_grid_at(b.grid, i, &c);
        assert_int_equal(norni_port_market_of(&b.prices, c.asset, c.n_assets, &b.arena, &m, NULL),
                         NORN_OK);
        for (size_t k = 0; k < TESTS; k++) {
            const norni_port_window w = {b.r.split[k].test_first, &b.r.split[k].test_end, 1, NULL,
                                         0};
            const norni_port_targets *one = &t;
            assert_int_equal(norni_port_alloc_targets(&c.alloc, &m, w.first, w.mark[0], &b.arena,
                                                      &t, &n_fallback, NULL),
                             NORN_OK);
            assert_int_equal(
                norni_port_simulate(&m, &w, &c.rule, &one, 1, &b.arena, NULL, &s, NULL, NULL),
                NORN_OK);
            total += s.total_return;
        }
        assert_true(row.total_return == total / TESTS);
        n++;
    }
    assert_true(n >= 20);
    end(&b);
}

static void other_metrics_rank_their_way(void **state) {
    bed b;
    (void)state;
    for (int m = 0; m < NORNI_PORT_METRICS; m++) {
        begin(&b, 2, SIZE_MAX);
        b.opt.metric = (norni_port_metric)m;
        b.opt.splits.rolling = m % 2 == 1;
        b.opt.splits.train_windows = 1;
        b.opt.splits.purge = 3;
        b.opt.splits.embargo = 2;
        search(&b, true, 0.0015);
        assert_int_equal(b.r.n_top, b.r.counts.n_distinct);
        for (size_t k = 1; k < b.r.n_top; k++)
            assert_true(norni_port_row_metric(&b.r.top[k - 1].row, b.opt.metric) >=
                        norni_port_row_metric(&b.r.top[k].row, b.opt.metric));
        assert_true(b.r.best == norni_port_row_metric(&b.r.top[0].row, b.opt.metric));
        assert_int_equal(b.r.n_simulated, b.r.counts.n_distinct * (m % 2 ? 2 * TESTS : TESTS + 1));
        end(&b);
    }
}

/* The stitched returns of the best one compound to its tests' returns; blocks make its Sharpe ratio. */
static void the_best_is_told_whole(void **state) {
    bed b;
    (void)state;
    begin(&b, 2, SIZE_MAX);
    search(&b, false, 0.03);
    const norni_port_best *best = &b.r.top[0];
    size_t at = 0;
    double all = 1;
    for (size_t i = 0; i < TESTS; i++) {
        double grown = 1, held = 1; /* what the purchase cost is in both */
        for (size_t k = 0; k + 1 < WINDOW; k++, at++)
            grown *= 1 + b.r.oos_returns[at], held *= 1 + b.r.oos_buyhold[at];
        near(grown - 1, best->test[i].total_return, "stitched");
        near(held - 1, best->test[i].buyhold_return, "stitched buy and hold");
        all *= 1 + best->test[i].total_return;
    }
    near(b.r.best_metrics.total_return, all - 1, "over all tests");
    assert_int_equal(at, b.r.n_oos);
    assert_int_equal(b.r.test_path.n, WINDOW);
    assert_true(b.r.test_path.stats.final_value == best->test[TESTS - 1].final_value);
    assert_true(b.r.train_path.stats.final_value == best->train[TESTS - 1].final_value);
    assert_true(b.r.pbo.pbo >= 0 && b.r.pbo.pbo <= 1);
    assert_int_equal(b.r.pbo.n_trials, b.r.counts.n_distinct);
    assert_int_equal(b.r.deflated.n_returns, b.r.n_oos);
    assert_true(b.r.deflated.deflated <= b.r.deflated.probabilistic);
    end(&b);
}

/* Costs, capital and delay are the market's: no neighbours. One neighbour makes no plateau. */
static void costs_are_no_neighbours(void **state) {
    static const char *const text[] = {
        "[rebalance]\nthreshold = 0.05\ndelay_bars = [0, 1, 2]\n[costs]\nfee_bps = [0, 5, 10]\n"
        "slippage_bps = [0, 5]\n[capital]\nstart = [1000, 2000]\n",
        "[rebalance]\nthreshold = [0.02, 0.05]\n[costs]\nfee_bps = [5, 10]\n",
        "[rebalance]\nthreshold = [0.02, 0.04, 0.06]\nmin_interval_hours = [24, 72, 240]\n"};
    (void)state;
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        bed b;
        size_t n_axes = 0;
        begin(&b, 1, SIZE_MAX);
        search_toml(&b, text[i]);
        for (size_t k = 0; k < b.r.n_axes; k++)
            n_axes += (b.r.neighbour_axes >> k) & 1;
        assert_true(i == 0 ? b.r.n_neighbours == 0 && n_axes == 0
                           : b.r.n_neighbours >= n_axes && n_axes > 0);
        if (i == 1) assert_int_equal(b.r.n_neighbours, 1);
        assert_true(b.r.n_neighbours > 1 || isnan(b.r.plateau));
        end(&b);
    }
}

/* Costs above the capital: what never bought anything is told, and last. */
static void the_unbought_come_last(void **state) {
    bed b;
    size_t unbought = 0;
    (void)state;
    begin(&b, 2, SIZE_MAX);
    search_toml(&b,
                "[universe]\nassets = ['BTC', 'ETH']\n[allocation]\nweights = [[0.2, 0.1], "
                "[5, 4.5]]\n[costs]\nfee_bps = 500\nfixed_fee = [0, 100]\n[capital]\n"
                "start = [100, 10000]\n");
    for (uint64_t i = 0; i < b.r.counts.n_all; i++) {
        const norni_port_row row = row_of(&b, i);
        unbought += row.unbought > 0;
        if (row.unbought > 0) assert_true(isnan(norni_port_row_metric(&row, b.opt.metric)));
        if (row.unbought > 0) assert_true(row.costs == 0 && row.total_return == 0);
    }
    assert_true(unbought > 0 && unbought < b.r.counts.n_all);
    assert_int_equal(unbought, b.r.n_unbought);
    for (size_t k = 0; k < b.r.n_top; k++)
        assert_int_equal(b.r.top[k].row.unbought > 0, k + unbought >= b.r.n_top);
    assert_true(b.r.top[0].test[0].costs > 0);
    end(&b);
}

static void a_cancelled_search_ends(void **state) {
    bed b;
    const norni_port_grid_opt opt = {.capital = 10000, .periods_per_year = 365};
    (void)state;
    begin(&b, 2, SIZE_MAX);
    assert_int_equal(
        norni_port_grid_reference(&b.arena, false, b.prices.symbol, ASSETS, &opt, &b.grid, &b.err),
        NORN_OK);
    norn_ctx_cancel(b.ctx);
    assert_int_equal(norni_port_optimise(b.ctx, &b.prices, b.grid, &b.opt, NULL, &b.r, &b.err),
                     NORN_E_CANCEL);
    end(&b);
}

static void too_few_bars_are_told(void **state) {
    bed b;
    const norni_port_grid_opt opt = {.capital = 10000, .periods_per_year = 365};
    (void)state;
    begin(&b, 2, SIZE_MAX);
    assert_int_equal(
        norni_port_grid_reference(&b.arena, true, b.prices.symbol, ASSETS, &opt, &b.grid, &b.err),
        NORN_OK);
    b.opt.splits.window_days = 365;
    assert_int_equal(norni_port_optimise(b.ctx, &b.prices, b.grid, &b.opt, NULL, &b.r, &b.err),
                     NORN_E_DATA);
    assert_non_null(strstr(b.err.text, "400 bars"));
    end(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_plain_twin),
        cmocka_unit_test(workers_and_spools_change_nothing),
        cmocka_unit_test(the_future_changes_no_past),
        cmocka_unit_test(a_failure_ends_no_other),
        cmocka_unit_test(folds_are_what_sorting_gives),
        cmocka_unit_test(selection_is_what_sorting_gives),
        cmocka_unit_test(duplicates_are_the_same),
        cmocka_unit_test(other_metrics_rank_their_way),
        cmocka_unit_test(the_best_is_told_whole),
        cmocka_unit_test(costs_are_no_neighbours),
        cmocka_unit_test(the_unbought_come_last),
        cmocka_unit_test(a_cancelled_search_ends),
        cmocka_unit_test(too_few_bars_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
