/* Prophet's defaults as a specification, for tests. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPHET_DEFAULTS_H
#define PROPHET_DEFAULTS_H

#include "models/prophet/prophet_types.h"

static inline norni_prophet_spec prophet_defaults(void) {
    return (norni_prophet_spec){.n_changepoints = 25,
                                .changepoint_range = 0.8,
                                .yearly = -1,
                                .weekly = -1,
                                .daily = -1,
                                .seasonality_prior = 10,
                                .holidays_prior = 10,
                                .changepoint_prior = 0.05};
}

#endif
