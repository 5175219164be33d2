/* An operation's parameter rows by the names that people write. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli_rows.h"

const norni_param *cli_row_find(const norni_op *op, norni_str name) {
    for (size_t g = 0; g < op->n_groups; g++) {
        const norni_param *row = norni_param_find(op->groups[g].rows, *op->groups[g].n_rows, name);
        if (row != NULL) return row;
    }
    return NULL;
}

const char *cli_row_near(const norni_op *op, norni_str name) {
    const char *near = NULL;
    size_t best = 4;
    for (size_t g = 0; g < op->n_groups; g++) {
        for (size_t i = 0; i < *op->groups[g].n_rows; i++) {
            const size_t d = norni_str_distance(name, norni_str_of(op->groups[g].rows[i].name));
            if (d < best) {
                best = d;
                near = op->groups[g].rows[i].name;
            }
        }
    }
    return near;
}
