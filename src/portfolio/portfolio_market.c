/* The prices of just the assets that a portfolio holds, packed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_filter.h"
#include "portfolio/portfolio_sim.h"

norn_status norni_port_market_of(const norni_port_prices *p, const size_t *asset, size_t n,
                                 norni_arena *arena, norni_port_market *out, norn_err *err) {
    const size_t bars = p->n_bars;
    for (size_t a = 0; a < n; a++)
        if (asset[a] >= p->n_assets)
            return norn_fail(err, NORN_E_ARG, "portfolio: asset %zu of %zu", asset[a], p->n_assets);
    const size_t cells = n != 0 && bars > SIZE_MAX / n ? SIZE_MAX : bars * n;
    double *price = norni_arena_get(arena, cells, sizeof *price);
    const double **clock = norni_arena_get(arena, NORNI_PORT_CLOCKS, sizeof *clock);
    if (!price || !clock)
        return norn_fail(err, NORN_E_MEM, "portfolio: no memory for %zu bars of %zu assets", bars,
                         n);
    bool gaps = false;
    for (size_t t = 0; t < bars; t++)
        for (size_t a = 0; a < n; a++) {
            price[t * n + a] = p->price[t * p->n_assets + asset[a]];
            gaps |= !p->traded[t * p->n_assets + asset[a]];
        }
    uint8_t *traded = NULL;
    if (gaps) {
        traded = norni_arena_get(arena, cells, sizeof *traded);
        if (!traded) return norn_fail(err, NORN_E_MEM, "portfolio: no memory for %zu bars", bars);
        for (size_t t = 0; t < bars; t++)
            for (size_t a = 0; a < n; a++)
                traded[t * n + a] = p->traded[t * p->n_assets + asset[a]];
    }
    uint8_t *out_of = NULL;
    if (p->filter) {
        out_of = norni_arena_get(arena, cells, sizeof *out_of);
        if (!out_of) return norn_fail(err, NORN_E_MEM, "portfolio: no memory for %zu bars", bars);
        for (size_t t = 0; t < bars; t++)
            for (size_t a = 0; a < n; a++)
                out_of[t * n + a] = p->filter->out[t * p->n_assets + asset[a]];
    }
    for (size_t c = 0; c < NORNI_PORT_CLOCKS; c++)
        clock[c] = p->clock[c];
    *out = (norni_port_market){.n_bars = bars,
                               .n_assets = n,
                               .price = price,
                               .traded = traded,
                               .clock = clock,
                               .periods_per_year = p->periods_per_year,
                               .out = out_of};
    return NORN_OK;
}
