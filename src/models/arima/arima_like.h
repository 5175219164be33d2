/* The exact filter of an ARMA process over a series and its regressors. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ARIMA_LIKE_H
#define NORNI_ARIMA_LIKE_H

#include "models/arima/arima_track.h"

typedef struct arima_like {
    arima_start start; /* start.k: the gain K_t after a run */
    size_t room;
    double **a; /* (1 + n_reg) pending states, each (room) */
    double *l;  /* (room) */
    double *f;  /* (n_w) F_t up to `settled` */
    size_t settled;
    double f_last;
    double sumlog;
    arima_track track; /* with gaps, in place of a, l and f */
    double *now, *v;   /* (1 + n_flat + n_reg) */
} arima_like;

NORN_CHECKED norn_status arima_like_get(arima_work *w, arima_like *l, norn_err *err);
/* The columns that the exact filter goes over: 1 + n_flat + n_reg. */
static inline double **arima_like_columns(const arima_work *w) {
    return w->level ? w->level : w->w;
}
/* At w->coef: e (n_col) columns of (n_rows) = innovations over the root of their variance F_t (in
 * units of sigma2) of columns x. false: not stationary to rounding, or cancelled (w->cancelled). */
bool arima_like_run(arima_work *w, arima_like *like, const double *const *x, size_t n_col,
                    double **e);

#endif
