/* The rolling operations by name: what each takes, its kernel, and its text as users write it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLL_OPS_H
#define NORNI_ROLL_OPS_H

#include "base/str.h"
#include "roll/roll.h"

/* How an operation looks at the array, and which value of min_periods it takes when none is given. */
typedef enum norni_roll_shape {
    NORNI_ROLL_WINDOW,  /* one column, by windows */
    NORNI_ROLL_PAIR,    /* two columns, the second one named in the text */
    NORNI_ROLL_TREND,   /* two columns, or the time when none is named */
    NORNI_ROLL_WEIGHTED /* no windows: weights that fade (ewm) */
} norni_roll_shape;

typedef struct norni_roll_row {
    const char *name;
    const char *alias; /* further names, as "ewm|ema", or NULL */
    norni_roll_fn *fn;
    norni_roll_shape shape;
    const char *args; /* what may stand in brackets, in order of place, as "q|interpolation" */
    const char *help;
    double cost; /* ns a value on one core, roughly: whether threads pay */
} norni_roll_row;

extern const norni_roll_row norni_roll_rows[];
extern const size_t norni_n_roll_rows;

/* One operation as asked for; texts are views into its text. */
typedef struct norni_roll_op {
    const norni_roll_row *row;
    norni_roll_arg arg; /* `other` is the run's to fill in */
    norni_str column;   /* the alias, else the whole text */
    norni_str other;    /* the second column's name, or empty */
} norni_roll_op;

/* `[alias=]name[(value,…,key=value,…)]`, as "mean", "quantile(0.9)", "p9=quantile(0.9,interpolation=lower)",
 * "corr(price)", "ewm(0.3)", "ewm_var(span=10)". NORN_E_ARG names what is wrong and what is allowed. */
NORN_CHECKED norn_status norni_roll_op_parse(norni_str text, norni_roll_op *out, norn_err *err);

/* The next element of a list "mean,quantile(0.9,lower),…" (commas in brackets do not split), trimmed;
 * *rest goes on behind it. false: nothing is left. */
bool norni_roll_list_next(norni_str *rest, norni_str *element);

#endif
