/* The progress bar: one line on stderr with rate and time left. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli_progress.h"

#include <stdio.h>

enum { BAR_WIDTH = 24 };

void cli_progress_draw(void *user, const norni_progress *p) {
    (void)user;
    char bar[BAR_WIDTH + 1];
    const double share = p->last ? 1 : p->share < 0 ? 0 : p->share;
    const double rate = p->elapsed_seconds > 0 ? (double)p->n_done / p->elapsed_seconds : 0;
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < (int)(share * BAR_WIDTH) ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3.0f%% %zu items, %.0f/s ", bar, 100 * share, p->n_done, rate);
    if (p->last)
        fprintf(stderr, "in %.1f s", p->elapsed_seconds);
    else if (share > 0)
        fprintf(stderr, "%.0f s left", p->elapsed_seconds * (1 - share) / share);
    if (p->n_failed) fprintf(stderr, ", %zu failed", p->n_failed);
    fprintf(stderr, "\033[K%s", p->last ? "\n" : "");
    fflush(stderr);
}
