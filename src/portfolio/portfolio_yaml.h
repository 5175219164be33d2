/* What was found as a YAML file that a runner reads, and what a search would do as text. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_YAML_H
#define NORNI_PORTFOLIO_YAML_H

#include "portfolio/portfolio_report.h"

/* optimized_config.yaml: the best configuration in the reference's fields and order; nothing where there is none. Same result and stamp: same
 * bytes. */
NORN_CHECKED norn_status norni_port_config_yaml(const norni_port_result *r,
                                                const norni_port_stamp *stamp, norni_buf *out,
                                                norn_err *err);

/* What a search would do, for `--dry-run`. */
typedef struct norni_port_dry {
    const norni_port_grid *grid;
    norni_port_grid_counts counts;
    const norni_port_prices *prices;
    const norni_port_split *split; /* (n_splits) */
    size_t n_splits;
    size_t memory; /* of norni_port_optimise_opt */
    uint64_t input_bytes; /* of the prices' files */
    size_t n_workers;     /* 0: one */
    bool table;           /* is the results table written? */
} norni_port_dry;
/* Numbers of a search, each at least roughly what it will be. */
typedef struct norni_port_effort {
    uint64_t backtests; /* distinct configurations times windows */
    uint64_t bars;      /* bars of all that is simulated; trains that begin together are one run */
    uint64_t memory_bytes; /* beside the program itself */
    uint64_t file_bytes;   /* of the run's temporary files */
} norni_port_effort;
norni_port_effort norni_port_effort_of(const norni_port_dry *d);
void norni_port_dry_text(const norni_port_dry *d, norni_buf *out);

#endif
