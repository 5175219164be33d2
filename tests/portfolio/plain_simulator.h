/* The simulator's slow twin: one portfolio, one scalar after the other, written from docs/portfolio-simulator.md. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TEST_PLAIN_SIMULATOR_H
#define NORNI_TEST_PLAIN_SIMULATOR_H

#include "portfolio/portfolio_sim.h"

enum { PLAIN_MAX_ASSETS = 32 };

/* stats (n_marks), blocks (n_blocks) or NULL; equity (bars of the window) or NULL. */
void plain_simulate(const norni_port_market *m, const norni_port_window *w,
                    const norni_port_rule *rule, const norni_port_targets *targets,
                    norni_port_stats *stats, norni_port_block *blocks, double *equity);

#endif
