/* Help texts, all from the registry's rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "app/registry.h"

void cli_help_all(FILE *to);
void cli_help_op(FILE *to, const norni_op *op);
/* `norn models`: the table; `norn models NAME`: its parameters. Returns the exit code. */
int cli_help_models(int argc, char **argv);

#endif
