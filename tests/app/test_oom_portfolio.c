/* Every allocation of a portfolio search fails in turn: an error, never a crash, a leak or another digest; slow memory changes nothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/op_portfolio.h"
#include "counting.h"
#include "slow_runs.h"

static char folder[] = "/tmp/norn-oom-XXXXXX";
static char data_path[64], grid_path[64], out_path[64];

/* Prices that wander, the same in every run. */
static int write_prices(void) {
    FILE *f = fopen(data_path, "w");
    double p[3] = {100, 50, 7};
    uint64_t s = 99;
    if (f == NULL) return -1;
    fprintf(f, "date,BTC,ETH,BNB\n");
    for (int t = 0; t < 96; t++) {
        fprintf(f, "2024-%02d-%02d", t / 28 + 1, t % 28 + 1);
        for (int k = 0; k < 3; k++) {
            s = s * 6364136223846793005u + 1442695040888963407u;
            p[k] *= 0.96 + 0.0805 * (double)(s >> 11) / 9007199254740992.0;
            fprintf(f, ",%.6f", p[k]);
        }
        fprintf(f, "\n");
    }
    return fclose(f);
}

static int write_grid(void) {
    FILE *f = fopen(grid_path, "w");
    if (f == NULL) return -1;
    fprintf(f,
            "[universe]\nsymbols = [\"BTC\", \"ETH\", \"BNB\"]\ncombinations = [2, 3]\n"
            "[allocation]\nkinds = [\"equal\", \"min_variance\", \"hrp\"]\nlookback_days = 12\n"
            "estimate_days = 8\n[rebalance]\nthreshold = [0.02, 0.05]\n"
            "method = [\"threshold\", \"hybrid\"]\ncalendar_days = [4, 9]\n");
    return fclose(f);
}

static int begin(void **state) {
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(data_path, sizeof data_path, "%s/prices.csv", folder);
    snprintf(grid_path, sizeof grid_path, "%s/grid.toml", folder);
    snprintf(out_path, sizeof out_path, "%s/out", folder);
    return write_prices() != 0 || write_grid() != 0 ? -1 : 0;
}

static int end(void **state) {
    static const char *const name[] = {"optimization_results_20231114_2213.csv",
                                       "optimized_config.yaml",
                                       "OPTIMIZATION_REPORT.txt",
                                       "PORTFOLIO_SUMMARY.txt",
                                       "report.html",
                                       "data/portfolio_equity_curve.csv",
                                       "data/buy_hold_benchmark.csv",
                                       "data/rebalance_events.csv",
                                       "data",
                                       ""};
    (void)state;
    for (size_t k = 0; k < sizeof name / sizeof name[0]; k++) {
        char path[160];
        snprintf(path, sizeof path, "%s/%s", out_path, name[k]);
        (void)remove(path); /* of a run that failed there may be none */
    }
    return remove(data_path) + remove(grid_path) + remove(folder);
}

static const char *path = data_path;

enum { TO_FOLDER = 1, DRY = 2, WITH_GRID = 4, AS_TABLE = 8 };

static void fill(void *opt, int how) {
    norni_portfolio_opt *o = opt;
    o->data = (norni_inputs){&path, 1};
    o->common.out = o->common.summary = "/dev/null";
    o->window_days = 24;
    o->test_windows = 3;
    o->unix_seconds = 1700000000;
    o->quick = !(how & WITH_GRID);
    o->dry_run = how & DRY;
    if (how & WITH_GRID) o->grid = grid_path;
    if (how & TO_FOLDER) o->output = out_path;
    if (how & AS_TABLE) {
        o->common.format = NORNI_FORMAT_CSV;
        o->common.plot = o->common.items = "/dev/null";
    }
}

static void every_allocation_may_fail(void **state) {
    static const int how[] = {WITH_GRID, TO_FOLDER, DRY, WITH_GRID | AS_TABLE};
    (void)state;
    for (size_t k = 0; k < sizeof how / sizeof how[0]; k++)
        counting_fail_each(&(counted_op){
            .name = "portfolio", .fill = fill, .how = how[k], .onwards = k % 2 == 0, .least = 30});
}

static void delays_change_nothing(void **state) {
    (void)state;
    delays_leave_the_digest("portfolio", fill, WITH_GRID);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail),
                                       cmocka_unit_test(delays_change_nothing)};
    return cmocka_run_group_tests(tests, begin, end);
}
