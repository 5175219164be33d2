/* The file of --config: flags of an operation, and tables for each, in a subset of TOML. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "app/registry.h"

enum { CLI_MAX_ROWS = 96 };

/* Rows that the file set. */
typedef struct cli_configured {
    const norni_param *row[CLI_MAX_ROWS];
    size_t n;
} cli_configured;

/* Sets the options that the file names: keys at its top, then those of the operation's own table.
 * NORN_E_ARG "FILE: line 3: …". */
NORN_CHECKED norn_status cli_config_read(const norni_op *op, const char *path, norni_arena *arena,
                                         void *opt, cli_configured *out, norn_err *err);

#endif
