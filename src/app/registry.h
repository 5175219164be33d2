/* The list of all models and operations: the only place that names them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_REGISTRY_H
#define NORNI_REGISTRY_H

#include "app/common.h"
#include "models/learner.h"

typedef struct norni_row_group {
    const char *title; /* heading in help */
    const norni_param *rows;
    const size_t *n_rows;
} norni_row_group;

typedef struct norni_op {
    const char *name, *summary;
    const char *command; /* as it is typed, "text sentiment"; NULL: the name */
    const char *route;   /* behind /v1/, "text/sentiment"; NULL: the name */
    const char *operand; /* metavar of the positional argument, or NULL */
    size_t
        operand_offset; /* of its field: const char *, or norni_inputs when there may be several */
    bool operand_optional, operand_many;
    bool served;          /* has a route /v1/NAME: works on what a request brings */
    const char *examples; /* lines for help */
    norni_row_group groups[4];
    const char *unlisted; /* flags of its groups that it refuses, as "|plot|resume|"; or NULL */
    size_t n_groups, opt_size;
    norn_status (*run)(const norni_op_env *env, const void *opt, norni_op_result *out,
                       norn_err *err);
} norni_op;

const norni_model_set *norni_registry_models(void);
const norni_learner_set *norni_registry_learners(void);
const norni_op *norni_registry_ops(size_t *n);
const norni_op *norni_registry_op(norni_str name);
/* The operation that words of a command line begin with, and how many of them name it; NULL: none. */
const norni_op *norni_registry_command(int n_words, char *const *word, int *used);
const norni_op *norni_registry_route(norni_str route);
static inline const char *norni_op_command(const norni_op *op) {
    return op->command ? op->command : op->name;
}
static inline const char *norni_op_route(const norni_op *op) {
    return op->route ? op->route : op->name;
}

#endif
