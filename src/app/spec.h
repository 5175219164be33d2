/* Model specs: `[alias=]name(args)…[m]`, lists of them, and the column names they bear. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SPEC_H
#define NORNI_SPEC_H

#include "models/model.h"

typedef struct norni_spec {
    const norni_model *model;
    void *opt;        /* model->opt_size bytes, from the arena */
    norni_str column; /* alias or canonical spec, unique in its list */
    int32_t season;   /* from [m], or 0: the series' own */
} norni_spec;

/* Parses a comma-separated list; commas inside brackets never split. *specs (*n) live in the arena.
 * NORN_E_ARG names the spec and what is allowed. */
NORN_CHECKED norn_status norni_specs_parse(const norni_model_set *set, norni_str text,
                                           norni_arena *arena, norni_spec **specs, size_t *n,
                                           norn_err *err);
/* The same for one spec. */
NORN_CHECKED norn_status norni_spec_parse(const norni_model_set *set, norni_str text,
                                          norni_arena *arena, norni_spec *spec, norn_err *err);
/* The model of that name, or NULL. */
const norni_model *norni_model_find(const norni_model_set *set, norni_str name);

#endif
