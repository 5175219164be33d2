/* Fuzzing the reader of prices: any bytes become a panel that holds together or an error with words, and the chunk size never
 * shows in either. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/portfolio_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_PARTS = 4 };

static void demand(bool holds) {
    if (!holds) abort();
}

/* The first byte chooses the options, the rest are files, parted by 0x1D. */
static norni_port_read_opt chosen(uint8_t choice) {
    norni_port_read_opt opt = {.prices = norni_port_prices_opt_default()};
    opt.prices.align = choice & 1 ? NORNI_PORT_UNION : NORNI_PORT_INTERSECT;
    opt.prices.frame = (norni_port_frame)(choice >> 1 & 3);
    opt.prices.adjust_splits = choice & 8;
    opt.prices.duplicates_last = choice & 16;
    opt.prices.max_bars = choice & 32 ? 3 : 0;
    opt.prices.want_days = choice & 64 ? 2 : 0;
    opt.symbols = choice & 128 ? "BTC,A,ETH/USDT" : NULL;
    return opt;
}

static size_t part_bytes(const char *p, size_t n, norni_str *part) {
    size_t k = 0;
    for (;;) {
        const char *cut = k + 1 < MOST_PARTS ? memchr(p, 0x1D, n) : NULL;
        const size_t m = cut ? (size_t)(cut - p) : n;
        part[k++] = (norni_str){p, m};
        if (cut == NULL) return k;
        p += m + 1;
        n -= m + 1;
    }
}

static void holds_together(const norni_port_prices *p, const norni_port_prices_opt *opt) {
    const size_t w = p->n_assets;
    demand(p->n_bars > 0 && w > 0 && p->bars_per_day > 0 && p->periods_per_year > 0);
    demand(isfinite(p->bars_per_day) && isfinite(p->periods_per_year));
    demand(opt->max_bars == 0 || p->n_bars <= opt->max_bars);
    for (size_t i = 0; i < p->n_bars; i++) {
        demand(i == 0 || p->time[i] > p->time[i - 1]);
        for (int c = 0; c < NORNI_PORT_CLOCKS; c++)
            demand(isfinite(p->clock[c][i]) && (i == 0 || p->clock[c][i] >= p->clock[c][i - 1]));
        for (size_t k = 0; k < w; k++) {
            const double v = p->price[i * w + k];
            const uint8_t traded = p->traded[i * w + k];
            demand(isfinite(v) && v >= 0 && traded <= 1 && (!traded || v > 0));
            if (i > 0 && !traded && v > 0) demand(v == p->price[(i - 1) * w + k]);
            if (traded) demand(i >= p->first[k] && i <= p->last[k]);
            if (opt->align == NORNI_PORT_INTERSECT) demand(traded || v == 0);
        }
    }
    for (size_t k = 0; k < w; k++) {
        demand(p->traded[p->first[k] * w + k] && p->traded[p->last[k] * w + k]);
        demand(norni_port_prices_find(p, p->symbol[k]) == k && p->symbol[k].n > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const name[MOST_PARTS] = {"p.csv", "BTC_USDT/1h.csv", "ETH-15m.csv", "/"};
    static const size_t chunk[2] = {0, 16};
    if (size < 1) return 0;
    norn_ctx *ctx = NULL;
    norn_ctx_opt ctx_opt = norn_ctx_opt_default();
    norni_str part[MOST_PARTS];
    norni_port_prices p[2];
    norn_err err[2];
    norn_status st[2];
    ctx_opt.n_threads = 1;
    demand(norn_ctx_new(&ctx_opt, &ctx, NULL) == NORN_OK);
    norni_port_read_opt opt = chosen(data[0]);
    opt.in.n = part_bytes((const char *)data + 1, size - 1, part);
    opt.bytes = part;
    opt.name = name;
    for (int k = 0; k < 2; k++) {
        opt.chunk_bytes = chunk[k];
        err[k] = (norn_err){NORN_OK, ""};
        st[k] = norni_port_read(&(norni_op_env){.ctx = ctx}, &opt, &p[k], NULL, &err[k]);
        demand(st[k] == NORN_OK || err[k].text[0] != '\0');
        demand(memchr(err[k].text, '\0', sizeof err[k].text) != NULL);
    }
    demand(st[0] == st[1] && strcmp(err[0].text, err[1].text) == 0);
    if (st[0] == NORN_OK) {
        const norni_hash128 a = norni_port_prices_key(&p[0]), b = norni_port_prices_key(&p[1]);
        demand(a.hi == b.hi && a.lo == b.lo && p[0].notes.n == p[1].notes.n);
        demand(p[0].notes.n == 0 || memcmp(p[0].notes.p, p[1].notes.p, p[0].notes.n) == 0);
        holds_together(&p[0], &opt.prices);
    }
    for (int k = 0; k < 2; k++)
        norni_port_prices_clear(&p[k]);
    norn_ctx_free(ctx);
    return 0;
}
