/* The progress bar: one line on stderr with rate and time left. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli_progress.h"

#include <stdio.h>

enum { BAR_WIDTH = 24 };

void cli_progress_draw(void *user, const norni_progress *p) {
    (void)user;
    char bar[BAR_WIDTH + 1];
    const double share = p->n_total ? (double)p->n_done / (double)p->n_total : 1.0;
    const double rate = p->elapsed_seconds > 0 ? (double)p->n_done / p->elapsed_seconds : 0;
    const double left = rate > 0 ? (double)(p->n_total - p->n_done) / rate : 0;
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < (int)(share * BAR_WIDTH) ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3.0f%% %zu/%zu %.0f/s ", bar, 100 * share, p->n_done, p->n_total,
            rate);
    if (p->last)
        fprintf(stderr, "in %.1f s", p->elapsed_seconds);
    else
        fprintf(stderr, "%.0f s left", left);
    if (p->n_failed) fprintf(stderr, ", %zu failed", p->n_failed);
    fprintf(stderr, "\033[K%s", p->last ? "\n" : "");
    fflush(stderr);
}
