/* Fuzzing the reader: any bytes become a panel or an error with words, and the chunk size never
 * shows in either. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/panel_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

/* The first byte chooses the options, the rest is the file. */
static norni_read_opt chosen(uint8_t choice) {
    norni_read_opt opt = {.layout = (norni_layout)(choice % 3)};
    opt.epoch = (norni_epoch)(choice / 3 % 3);
    opt.align.gaps = (norni_gap_policy)(choice / 9 % 3);
    opt.align.duplicates = (norni_dup_policy)(choice / 27 % 5);
    opt.no_exogenous = choice > 190;
    return opt;
}

static void same_panels(const norni_panel *a, const norni_panel *b) {
    demand(a->n_series == b->n_series && a->n_obs == b->n_obs && a->n_x == b->n_x);
    demand(memcmp(a->offsets, b->offsets, (a->n_series + 1) * sizeof *a->offsets) == 0);
    demand(memcmp(a->id_offsets, b->id_offsets, (a->n_series + 1) * sizeof *a->id_offsets) == 0);
    demand(memcmp(a->start, b->start, a->n_series * sizeof *a->start) == 0);
    for (size_t i = 0; i < a->n_obs; i++)
        demand(a->y[i] == b->y[i] || (a->y[i] != a->y[i] && b->y[i] != b->y[i]));
}

static void consistent(const norni_panel *p) {
    demand(p->n_series >= 1 && p->offsets[0] == 0 && p->offsets[p->n_series] == p->n_obs);
    for (size_t i = 0; i < p->n_series; i++)
        demand(p->offsets[i] <= p->offsets[i + 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    norn_ctx *ctx = NULL;
    norn_ctx_opt ctx_opt = norn_ctx_opt_default();
    ctx_opt.n_threads = 1;
    demand(norn_ctx_new(&ctx_opt, &ctx, NULL) == NORN_OK);
    static const size_t chunk[2] = {0, 16};
    norni_panel panel[2];
    norn_err err[2];
    norn_status st[2];
    for (int k = 0; k < 2; k++) {
        norni_read_opt opt = chosen(data[0]);
        norni_align_report report = {0};
        opt.chunk_bytes = chunk[k];
        panel[k] = (norni_panel){0};
        err[k] = (norn_err){NORN_OK, ""};
        st[k] = norni_panel_parse(ctx, (const char *)data + 1, size - 1, &opt, &panel[k], &report,
                                  &err[k]);
        demand(st[k] == NORN_OK || err[k].text[0] != '\0');
        demand(memchr(err[k].text, '\0', sizeof err[k].text) != NULL);
    }
    demand(st[0] == st[1] && strcmp(err[0].text, err[1].text) == 0);
    if (st[0] == NORN_OK) {
        consistent(&panel[0]);
        same_panels(&panel[0], &panel[1]);
        norni_panel_clear(&panel[0]);
        norni_panel_clear(&panel[1]);
    }
    norn_ctx_free(ctx);
    return 0;
}
