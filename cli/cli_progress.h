/* The progress bar: one line on stderr with rate and time left. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "par/progress.h"

/* A norni_progress_fn; user is unused. */
void cli_progress_draw(void *user, const norni_progress *p);

#endif
