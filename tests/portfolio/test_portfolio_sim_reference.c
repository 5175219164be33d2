/* Tests of the simulator against the reference's arithmetic, without costs, and empyrical's metrics of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "portfolio/portfolio_sim.h"

enum { BARS = 500, ASSETS = 3, NUMBERS = 10 };

/* Numbers of tests/oracle/portfolio_reference_rules.py: empyrical-reloaded 0.7.1, numpy 2.4.6. */
typedef struct reference_case {
    norni_port_method method;
    double threshold, days, hours;
    bool momentum;
    double bar_hours;
    double number
        [NUMBERS]; /* value, return, bought and held, CAGR, volatility, Sharpe, Sortino, Calmar, Omega, drawdown */
    size_t rebalances;
} reference_case;

static const reference_case cases[] = {
    {NORNI_PORT_THRESHOLD,
     0.02,
     30,
     24,
     false,
     24,
     {21432.001739244017, 1.1432001739244018, 1.0579328345838896, 0.7464659281784607,
      0.31641628209601913, 1.9211443942743343, 2.9953837457851913, 4.013196547936099,
      1.2776002358192347, -0.18600283321841093},
     108},
    {NORNI_PORT_THRESHOLD,
     0.03,
     30,
     72,
     true,
     24,
     {20965.87546229779, 1.0965875462297792, 1.0579328345838896, 0.7186001325805518,
      0.31588937976717957, 1.8728403952000536, 2.911855135840325, 3.902394309137436,
      1.2702542512859516, -0.18414339394098472},
     50},
    {NORNI_PORT_CALENDAR,
     0.1,
     7,
     24,
     false,
     24,
     {21483.09309554664, 1.148309309554664, 1.0579328345838896, 0.7495103038372215,
      0.3169304999114728, 1.9240409568297716, 3.0000070081283803, 4.010217154260641,
      1.2778669797733389, -0.1869001789693376},
     71},
    {NORNI_PORT_HYBRID,
     0.04,
     14,
     48,
     false,
     24,
     {21279.210899150232, 1.1279210899150232, 1.0579328345838896, 0.7373499392307199,
      0.3167942882728319, 1.9026743303287854, 2.967622391019318, 3.980818020329811,
      1.2743922233211262, -0.18522573387306723},
     45},
    {NORNI_PORT_HYBRID,
     0.02,
     7,
     72,
     true,
     4,
     {20697.779101465585, 1.0697779101465583, 1.0579328345838896, 23.351126264264114,
      0.7836323618492124, 4.4673248750770345, 6.9389851208271525, 120.44277989866046,
      1.2618189978930048, -0.193877343946325},
     25},
    {NORNI_PORT_CALENDAR,
     0.1,
     14,
     24,
     true,
     1,
     {19357.29599837422, 0.9357295998374218, 1.0579328345838896, 108539.08750292998,
      1.5387181797302032, 8.306861954171817, 12.827014498401534, 544446.2210952229,
      1.2426824108189805, -0.1993568571099452},
     1},
};

static void make_prices(double *price) {
    int64_t x = 12345;
    double row[ASSETS] = {100, 20, 3};
    for (size_t t = 0; t < BARS; t++)
        for (size_t a = 0; a < ASSETS; a++) {
            x = (1103515245 * x + 12345) % 2147483648;
            row[a] *= 1 + ((double)x / 2147483648 - 0.485) * 0.06 * (double)(a + 1);
            price[t * ASSETS + a] = row[a];
        }
}

static void reference_rules(void **state) {
    (void)state;
    static double price[BARS * ASSETS], days[BARS];
    const double *clock[NORNI_PORT_CLOCKS];
    const double weight[ASSETS] = {0.5, 0.3, 0.2};
    const size_t start = 0, mark = BARS;
    const norni_port_targets target = {1, &start, weight}, *t = &target;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena a;
    norni_arena_init(&a, &alloc);
    make_prices(price);
    for (size_t c = 0; c < NORNI_PORT_CLOCKS; c++)
        clock[c] = days;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const reference_case *c = &cases[i];
        for (size_t k = 0; k < BARS; k++)
            days[k] = 18262 + (double)k * c->bar_hours / 24;
        const norni_port_market m = {BARS, ASSETS, price, NULL, clock, 8760 / c->bar_hours, NULL};
        const norni_port_window w = {.mark = &mark, .n_marks = 1};
        norni_port_rule r = norni_port_rule_default();
        r.method = c->method, r.threshold = c->threshold, r.every = c->days;
        r.min_interval_hours = c->hours, r.momentum_days = c->momentum ? 30 : 0;
        norni_port_stats s;
        norn_err err;
        assert_int_equal(norni_port_simulate(&m, &w, &r, &t, 1, &a, NULL, &s, NULL, &err), NORN_OK);
        const double got[NUMBERS] = {s.final_value, s.total_return, s.buyhold_return, s.cagr,
                                     s.volatility,  s.sharpe,       s.sortino,        s.calmar,
                                     s.omega,       s.max_drawdown};
        for (
            size_t k = 0; k < NUMBERS;
            k++) /* the equities differ in their last bits: other sums; a CAGR takes them to the 17th power */
            if (!(fabs(got[k] - c->number[k]) <=
                  2e-13 * fabs(c->number[k]) * (k == 3 || k == 7 ? 20 : 1)))
                fail_msg("case %zu, number %zu: %.17g, not %.17g", i, k, got[k], c->number[k]);
        assert_int_equal(s.n_rebalances, c->rebalances);
    }
    norni_arena_clear(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reference_rules)};
    return cmocka_run_group_tests_name("portfolio_sim_reference", tests, NULL, NULL);
}
