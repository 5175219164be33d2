/* What an evaluation found, as tables, as words, as a chart. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EVALUATE_REPORT_H
#define NORNI_EVALUATE_REPORT_H

#include "app/evaluate_run.h"

/* The specs as they are listed: as given; a grid's by the metric, the best first, those without one or
 * served by the fallback alone last. order (n_specs). */
NORN_CHECKED norn_status norni_evaluate_order(const norni_evaluation *e, norni_arena *arena,
                                              size_t **order, norn_err *err);

/* A row for each model. */
NORN_CHECKED norn_status norni_models_table(const norni_evaluation *e, const size_t *order,
                                            const norni_evaluate_columns *columns,
                                            norni_arena *arena, norni_table_out *t, norn_err *err);
/* A row for each model and step: errors, coverage and width along the horizon. */
NORN_CHECKED norn_status norni_horizon_table(const norni_evaluation *e, const size_t *order,
                                             norni_arena *arena, norni_table_out *t, norn_err *err);
/* The 50 worst series of each model by --metric. */
NORN_CHECKED norn_status norni_worst_table(const norni_evaluation *e, const size_t *order,
                                           const norni_evaluate_columns *columns,
                                           norni_arena *arena, norni_table_out *t, norn_err *err);
/* The report for people, in Markdown. */
void norni_evaluate_words(const norni_evaluation *e, const size_t *order,
                          const norni_evaluate_columns *columns, norni_buf *b);
/* Errors and coverage by step as SVG; nothing where there is nothing to show. */
NORN_CHECKED norn_status norni_evaluate_chart(const norni_evaluation *e, const size_t *order,
                                              norni_arena *arena, norni_buf *b, norn_err *err);
/* One line for each of the first models: its errors and how its intervals held. */
void norni_evaluate_say(const norni_op_env *env, const norni_evaluation *e, const size_t *order);

#endif
