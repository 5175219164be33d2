/* The word `serve` of the command: its flags as rows, and the run from the first to the last request. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_SERVE_H
#define SERVER_API_SERVE_H

#include "app/registry.h"

/* For flags and help; it has no `run`. */
const norni_op *api_serve_op(void);
/* `opt` as the rows fill it. Returns the exit code: 0 when drained, 1 when it cannot listen or did not end in time, 2 for flags that
 * cannot be, 130 or 143 at a second signal. */
int api_serve_run(const void *opt);

#endif
