/* What the runtime costs: an empty item at grain 64, and the latency of one parallel call. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/clock.h"
#include "par/pool.h"

enum { ITEMS = 20000000, CALLS = 20000 };

static norn_status empty_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)w;
    (void)item;
    (void)arg;
    (void)err;
    return NORN_OK;
}

static int measure(int32_t threads) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norn_err err;
    const norni_for_opt loop = {.grain = 64};
    opt.n_threads = threads;
    if (norn_ctx_new(&opt, &ctx, &err) != NORN_OK) return 1;
    norn_status st = norni_for(ctx, NULL, 1000000, empty_item, NULL, &loop, &err); /* warm */
    int64_t start = norni_clock_ns();
    if (st == NORN_OK) st = norni_for(ctx, NULL, ITEMS, empty_item, NULL, &loop, &err);
    const double item_ns = (double)(norni_clock_ns() - start) * threads / ITEMS;
    start = norni_clock_ns();
    for (int i = 0; i < CALLS && st == NORN_OK; i++)
        st = norni_for(ctx, NULL, 2, empty_item, NULL, NULL, &err);
    const double call_us = (double)(norni_clock_ns() - start) / CALLS / 1000;
    if (st == NORN_OK)
        printf(
            "%d workers: an empty item %.1f ns of one worker at grain 64; a call of two items %.1f "
            "us\n",
            (int)threads, item_ns, call_us);
    norn_ctx_free(ctx);
    return st == NORN_OK ? 0 : 1;
}

int main(void) {
    return measure(1) || measure(2);
}
