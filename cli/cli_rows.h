/* An operation's parameter rows by the names that people write. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include "app/registry.h"

/* The operation's row of that name (or alias), or NULL. */
const norni_param *cli_row_find(const norni_op *op, norni_str name);
/* The nearest name to a wrong one, or NULL. */
const char *cli_row_near(const norni_op *op, norni_str name);

#endif
