/* Flags of the command line into an operation's options, by its rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "app/registry.h"

typedef struct cli_args {
    void *opt;      /* op->opt_size bytes, in the arena */
    bool want_help; /* --help was given */
    norni_inputs operands;
    const char *last_word; /* of a flag that took several; or NULL */
} cli_args;

/* Parses argv[0..argc) (behind the command's name): defaults, then the file of --config, then the
 * environment (threads), then flags. Texts stay borrowed from argv. NORN_E_ARG names the flag, or the
 * file and line, and the remedy. */
NORN_CHECKED norn_status cli_args_parse(const norni_op *op, int argc, char **argv,
                                        norni_arena *arena, cli_args *out, norn_err *err);

#endif
