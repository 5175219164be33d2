/* The inside of norn_prophet, for the files of its public calls. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_HANDLE_H
#define NORNI_PROPHET_HANDLE_H

#include "app/prophet_box.h"
#include "app/prophet_kept.h"
#include "base/ctx.h"
#include "models/prophet/prophet_spread.h"

/* The estimates' uncertainty, in one block with all that it points at. */
typedef struct norni_prophet_uncertain {
    size_t size;
    norni_prophet_spread spread;
} norni_prophet_uncertain;

struct norn_prophet {
    norn_alloc alloc;
    norni_prophet_box *box;
    norni_prophet_kept *kept;           /* NULL until it is fitted */
    norni_prophet_uncertain *uncertain; /* NULL until it is asked for */
};

/* A new model that shares box, and owns kept. */
NORN_CHECKED norn_status norni_prophet_handle(norni_prophet_box *box, norni_prophet_kept *kept,
                                              norn_prophet **out, norn_err *err);
NORN_CHECKED norn_status norni_prophet_need_fit(const norn_prophet *p, norn_err *err);
norni_prophet_fitted norni_prophet_fitted_of(const norni_prophet_kept *kept);
/* With the estimates' uncertainty where the options ask for it; an error where it was not made. */
NORN_CHECKED norn_status norni_prophet_fitted_as(const norn_prophet *p,
                                                 const norn_prophet_predict_opt *opt,
                                                 norni_prophet_fitted *out, norn_err *err);

/* Fits rows (by time) by a specification; *out is new. Scratch from the arena. */
NORN_CHECKED norn_status norni_prophet_fit_rows(norni_arena *arena, const norni_poll *poll,
                                                const norn_alloc *alloc,
                                                const norni_prophet_spec *spec,
                                                const norni_prophet_rows *rows,
                                                const norni_prophet_kept *warm,
                                                norni_prophet_kept **out, norn_err *err);

NORN_CHECKED norn_status norni_prophet_check_predict(const norn_prophet_predict_opt *opt,
                                                     norn_err *err);
norni_prophet_draws norni_prophet_draws_of(const norn_prophet_predict_opt *opt, uint64_t item);

/* A table under construction: arrays of n rows in one arena that the table will own. */
typedef struct norni_prophet_sheet {
    norn_alloc alloc;
    norni_arena arena;
    size_t n, n_column, room;
    const char **name;
    const double **value;
} norni_prophet_sheet;
NORN_CHECKED norn_status norni_prophet_sheet_new(const norn_alloc *alloc, size_t n, size_t room,
                                                 norni_prophet_sheet **out, norn_err *err);
void norni_prophet_sheet_drop(norni_prophet_sheet *sheet); /* NULL is legal */
/* A column to fill, under a copy of the name. NULL: no memory. */
double *norni_prophet_sheet_column(norni_prophet_sheet *sheet, norni_str name, const char *suffix);
/* The same values under another name. */
NORN_CHECKED bool norni_prophet_sheet_alias(norni_prophet_sheet *sheet, norni_str name,
                                            const char *suffix, const double *value);
/* Hands the sheet over to the table. ds and cutoff (or NULL) lie in its arena. */
void norni_prophet_sheet_give(norni_prophet_sheet *sheet, const int64_t *ds, const int64_t *cutoff,
                              norn_prophet_table *out);

#endif
