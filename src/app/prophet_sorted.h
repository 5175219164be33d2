/* The rows of Prophet's public calls as its inside takes them: by time, names as views. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_SORTED_H
#define NORNI_PROPHET_SORTED_H

#include <norn/prophet.h>
#include "models/prophet/prophet_types.h"

/* Stably sorted by ds. What is in order already is borrowed, the rest lives in the arena. */
NORN_CHECKED norn_status norni_prophet_sorted(norni_arena *arena, const norn_prophet_rows *rows,
                                              norni_prophet_rows *out, norn_err *err);
/* The rows with y alone: borrowed where all have one, else in the arena. Error: NORN_E_DATA, none. */
NORN_CHECKED norn_status norni_prophet_seen(norni_arena *arena, const norni_prophet_rows *from,
                                            norni_prophet_rows *to, norn_err *err);

#endif
