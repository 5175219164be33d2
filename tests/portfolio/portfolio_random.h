/* Random markets, rules and targets for the simulator's tests. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TEST_PORTFOLIO_RANDOM_H
#define NORNI_TEST_PORTFOLIO_RANDOM_H

#include <stdbool.h>

#include "base/rng.h"
#include "portfolio/portfolio_sim.h"

typedef struct random_draws {
    norni_rng rng;
    uint64_t at;
} random_draws;
double random_uniform(random_draws *d);
size_t random_below(random_draws *d, size_t n); /* 0 .. n - 1 */

/* Prices with jumps of 100:1 and back; gaps: late starts, holes and delisting to 0 as well. Irregular steps of time.
 * In the arena. */
norni_port_market random_market(random_draws *d, norni_arena *arena, size_t bars, size_t assets,
                                bool gaps);
/* Every feature now and then; plain: none but bands, calendars, intervals, momentum and proportional costs. */
norni_port_rule random_rule(random_draws *d, bool plain);
norni_port_targets *random_targets(random_draws *d, norni_arena *arena, size_t first, size_t end,
                                   size_t assets, bool plain);

#endif
