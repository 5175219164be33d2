/* What serves a series, and how: the options that forecast and evaluate share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_METHOD_H
#define NORNI_METHOD_H

#include "app/common.h"
#include "app/spec.h"

/* What forecasts when no model is named, and what serves the items that it cannot. */
#define NORNI_DEFAULT_MODEL    "auto"
#define NORNI_DEFAULT_FALLBACK "seasonal_naive"

enum { NORNI_INTERVALS_MODEL, NORNI_INTERVALS_CONFORMAL };

typedef struct norni_method_opt {
    norni_ints seasons;
    const char *fallback; /* NULL: not given */
    int32_t intervals, conformal_windows, conformal_step;
    int32_t budget_evals;
    double budget_ms;
    const char *holidays; /* file, or NULL */
} norni_method_opt;

/* How the options of an operation with these rows begin. */
typedef struct norni_method_head {
    norni_panel_opt panel;
    norni_method_opt method;
} norni_method_head;

/* Two rows that each of them has with help of its own; `at`: where the field lies in its options. */
#define NORNI_HORIZON_ROW(at)                                                           \
    .name = "horizon", .type = NORNI_T_INT, .offset = (at), .required = true, .min = 1, \
    .max = 100000, .metavar = "H", .alias = "h"
#define NORNI_MODEL_ROW(at) \
    .name = "model", .type = NORNI_T_TEXT, .offset = (at), .metavar = "SPEC[,SPEC…]", .letter = 'm'

extern const norni_param norni_method_rows[];
extern const size_t norni_n_method_rows;

/* Levels from "80,95", ascending and distinct; "none" or empty gives none. */
NORN_CHECKED norn_status norni_levels_parse(const char *text, norni_arena *arena,
                                            norni_doubles *out, norn_err *err);
/* The one spec of a fallback, in the arena; "none" gives NULL, NULL the default. */
NORN_CHECKED norn_status norni_fallback_parse(const norni_model_set *set, const char *text,
                                              norni_arena *arena, const norni_spec **out,
                                              norn_err *err);
/* Says what the counts of a run mean: items that the fallback served, and why the first one was;
 * intervals that were left empty for want of errors; items that met their bound. */
void norni_outcome_say(const norni_op_env *env, size_t n_fallback, const norni_buf *first,
                       size_t n_without, size_t n_cut);
/* Says which models will leave the intervals empty, having none of their own. */
void norni_intervals_say(const norni_op_env *env, const norni_method_opt *opt,
                         const norni_spec *specs, size_t n_specs, size_t n_levels);
/* The seasons of a run in words: as given, or as the first series' frequency has it. */
void norni_seasons_print(const norni_ints *given, int32_t inferred, char *out, size_t size);
/* NORN_E_ARG: options that have no effect as they are given. */
NORN_CHECKED norn_status norni_method_check(const norni_method_opt *opt, norn_err *err);
/* NORN_E_ARG where none of the models uses the exogenous columns that `flag` brings; the text names
 * models that do. */
NORN_CHECKED norn_status norni_exogenous_check(const norni_model_set *set, const norni_spec *specs,
                                               size_t n_specs, const char *flag, norn_err *err);
/* NORN_E_ARG where a spec needs a column that is not among those that `flag` brings, names (n). */
NORN_CHECKED norn_status norni_columns_check(const norni_spec *specs, size_t n_specs,
                                             const norni_str *names, size_t n, const char *flag,
                                             norn_err *err);

#endif
