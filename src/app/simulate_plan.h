/* The options of `norn simulate`. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIMULATE_PLAN_H
#define NORNI_SIMULATE_PLAN_H

#include "app/report_plan.h"

typedef struct norni_simulate_opt {
    norni_report_opt report; /* of its rows: dates, map, sheet */
    const char *parameter;
    double change_pct;
} norni_simulate_opt;

extern const norni_param norni_simulate_rows[];
extern const size_t norni_n_simulate_rows;
#define NORNI_SIMULATE_UNLISTED \
    "|resume|plot|items|chunk-size|no-escape-formulas|retry-attempts|error-threshold|cache|seed|"

#endif
