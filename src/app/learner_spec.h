/* Specs of learners, as those of models: `[alias=]name(args)…[m]`, and ensembles of the others in a list. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LEARNER_SPEC_H
#define NORNI_LEARNER_SPEC_H

#include "models/learner.h"

typedef enum norni_mix_weighting {
    NORNI_MIX_FITTED, /* eval/mix.h, for each target, on earlier origins */
    NORNI_MIX_MEAN,
} norni_mix_weighting;

/* The options of an ensemble. */
typedef struct norni_mix_opt {
    int32_t weights; /* norni_mix_weighting */
} norni_mix_opt;
extern const norni_param norni_mix_rows[];
extern const size_t norni_n_mix_rows;
#define NORNI_MIX_SUMMARY \
    "the other models of the list, weighted by how they did at earlier origins"

typedef struct norni_learner_spec {
    const norni_learner *learner; /* NULL: an ensemble of all learners of the list */
    void *opt;                    /* learner->opt_size bytes, or a norni_mix_opt; from the arena */
    norni_str column;             /* alias or canonical spec, unique in its list */
    int32_t season;               /* from [m], or 0: the run's */
} norni_learner_spec;

/* Parses a comma-separated list. NORN_E_ARG names the spec and what is allowed. */
NORN_CHECKED norn_status norni_learner_specs_parse(const norni_learner_set *set, norni_str text,
                                                   norni_arena *arena, norni_learner_spec **specs,
                                                   size_t *n, norn_err *err);
/* The learner of that name, or NULL. */
const norni_learner *norni_learner_find(const norni_learner_set *set, norni_str name);

#endif
