/* A specification of Prophet as it grows, shared by the models fitted from it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_BOX_H
#define NORNI_PROPHET_BOX_H

#include <stdatomic.h>

#include <norn/prophet.h>
#include "models/prophet/prophet_plan.h"

/* Once two models share it, it does not change any more: whoever adds to it takes a copy. */
typedef struct norni_prophet_box {
    norn_alloc alloc;
    atomic_size_t n_users;
    norni_arena arena;
    norni_prophet_spec spec;
    norni_prophet_season *season;
    norni_prophet_regressor *regressor;
    norni_holiday *holiday;
    size_t season_room, regressor_room, holiday_room;
} norni_prophet_box;

/* A specification of the options, checked, with one user. */
NORN_CHECKED norn_status norni_prophet_box_new(const norn_alloc *alloc, const norn_prophet_opt *opt,
                                               norni_prophet_box **out, norn_err *err);
norni_prophet_box *norni_prophet_box_share(norni_prophet_box *box);
void norni_prophet_box_drop(norni_prophet_box *box); /* NULL is legal */
/* Makes *box its user's own: a copy where others use it too. */
NORN_CHECKED norn_status norni_prophet_box_own(norni_prophet_box **box, norn_err *err);

/* Checked additions; a failed one changes nothing. */
NORN_CHECKED norn_status norni_prophet_box_season(norni_prophet_box *box,
                                                  const norn_prophet_seasonality *s, norn_err *err);
NORN_CHECKED norn_status norni_prophet_box_regressor(norni_prophet_box *box,
                                                     const norn_prophet_regressor *r,
                                                     norn_err *err);
NORN_CHECKED norn_status norni_prophet_box_holidays(norni_prophet_box *box,
                                                    const norn_prophet_holiday *rows, size_t n,
                                                    norn_err *err);
NORN_CHECKED norn_status norni_prophet_box_country(norni_prophet_box *box, const char *country,
                                                   norn_err *err);

#endif
