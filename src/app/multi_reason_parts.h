/* What norni_multi_reasons_write is made of: figures, the machine's files, the page. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_REASON_PARTS_H
#define NORNI_MULTI_REASON_PARTS_H

#include "app/multi_files.h"
#include "app/multi_scores.h"

/* Explanations of one target by one model: reasons[at[0]], ..., by their steps. */
typedef struct norni_reason_group {
    norni_str target, model;
    size_t n;
    const size_t *at; /* (n) */
} norni_reason_group;

typedef struct norni_reasons {
    const norni_multi_reason *r; /* (n) */
    size_t n;
    const norni_reason_group *group; /* (n_groups) in the order in which they come first */
    size_t n_groups;
} norni_reasons;

/* multi_reason_figures.c: shapes_<target>_<model>.svg, shap_<model>_summary_<target>.svg,
 * pdp_2d_combined_<target>_<model>.svg (where there are pairs), feature_importance_analysis.svg. */
NORN_CHECKED norn_status norni_reason_figures_write(norni_multi_files *files,
                                                    const norni_reasons *all, norn_err *err);
/* The last of them as a document in `out`. */
NORN_CHECKED norn_status norni_reason_overview(norni_arena *arena, const norni_reasons *all,
                                               norni_buf *out, norn_err *err);
/* multi_reason_files.c: explanations.json, term_importances.csv, contributions.csv. */
NORN_CHECKED norn_status norni_reason_files_write(norni_multi_files *files,
                                                  const norni_reasons *all, norn_err *err);
/* multi_page.c: explanations.html. */
NORN_CHECKED norn_status norni_reason_page_write(norni_multi_files *files, const norni_reasons *all,
                                                 norn_err *err);

#endif
