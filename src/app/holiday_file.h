/* The file of --holidays: the user's holidays for models that know them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_HOLIDAY_FILE_H
#define NORNI_HOLIDAY_FILE_H

#include "app/spec.h"
#include "base/ctx.h"

/* *out lies in the arena; NULL where path is. NORN_E_ARG: none of the specs' models uses holidays;
 * NORN_E_DATA: the file cannot be read, or what is in it cannot be used. */
NORN_CHECKED norn_status norni_holiday_file(norn_ctx *ctx, const norni_model_set *set,
                                            const norni_spec *specs, size_t n_specs,
                                            const char *path, norni_arena *arena,
                                            const norni_holidays **out, norn_err *err);

#endif
