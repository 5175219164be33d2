/* The exact filter of an ARMA process over a series and its regressors. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ARIMA_LIKE_H
#define NORNI_ARIMA_LIKE_H

#include "models/arima/arima_track.h"

/* A product of many numbers, its exponent apart. */
typedef struct arima_logs {
    double product;
    int64_t exponent;
} arima_logs;

typedef struct arima_like arima_like;
typedef size_t (*arima_unsettled)(const arima_work *w, arima_like *like, const double *const *x,
                                  size_t n_col, size_t t, size_t end, double settled_at,
                                  double **e);

struct arima_like {
    arima_unsettled unsettled; /* of the machine */
    arima_logs logs;
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
};

NORN_CHECKED norn_status arima_like_get(arima_work *w, arima_like *l, norn_err *err);
/* The steps compiled for an instruction set; all give the same bits. */
arima_unsettled arima_unsettled_get(int cap);
/* The columns that the exact filter goes over: 1 + n_flat + n_reg. */
static inline double **arima_like_columns(const arima_work *w) {
    return w->level ? w->level : w->w;
}
/* At w->coef: e (n_col) columns of (n_rows) = innovations over the root of their variance F_t (in
 * units of sigma2) of columns x. false: not stationary to rounding, or cancelled (w->cancelled). */
bool arima_like_run(arima_work *w, arima_like *like, const double *const *x, size_t n_col,
                    double **e);

#endif
