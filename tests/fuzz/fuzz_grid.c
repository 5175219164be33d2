/* Fuzzing grids: any TOML becomes a grid or an error; every configuration of a grid is in its domain, its classes hold
 * together, and counting by structure is counting. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "portfolio/portfolio_grid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SYMBOLS = 5, WALK = 5000, LOOKS = 200 };

static void demand(bool holds) {
    if (!holds) abort();
}

static void look_at(const norni_port_grid *g, const norni_str *symbol, uint64_t index,
                    norni_buf *text) {
    norni_port_config c;
    norni_port_grid_at(g, index, &c);
    const uint64_t same = norni_port_grid_same(g, index);
    demand(c.id == index + 1 && c.usable == (same != UINT64_MAX));
    demand(norni_port_rule_check(&c.rule, NULL) == NORN_OK);
    for (size_t a = 0; a < norni_port_grid_axes(g); a++) {
        const size_t at = norni_port_grid_axis_of(g, a, index);
        demand(at < norni_port_grid_axis_size(g, a) || (a < 2 && !c.usable && at == SIZE_MAX));
        if (at != SIZE_MAX) norni_port_grid_axis_text(g, a, at, text);
    }
    if (!c.usable) return;
    demand(same <= index && norni_port_grid_same(g, same) == same);
    demand(c.n_assets >= 2 && c.n_assets <= SYMBOLS && c.set < norni_port_grid_sets(g));
    demand(c.allocation < norni_port_grid_allocations(g));
    demand(norni_port_alloc_check(&c.alloc, c.n_assets, NULL) == NORN_OK);
    for (size_t i = 0; i < c.n_assets; i++)
        demand(c.asset[i] < SYMBOLS);
    norni_port_config_words(&c, symbol, text);
    norni_port_config_weights(&c, text);
    norni_port_config_assets(&c, symbol, text);
    demand(!text->failed && text->n > 0);
    text->n = 0;
}

static void check_grid(const norni_port_grid *g, const norni_str *symbol, norni_buf *text) {
    const norni_port_grid_counts n = norni_port_grid_count(g);
    demand(n.n_distinct <= n.n_usable && n.n_usable <= n.n_all);
    demand((n.n_distinct == 0) == (n.n_usable == 0));
    uint64_t distinct = 0;
    for (uint64_t i = 0; i < n.n_all && n.n_all <= WALK; i++)
        distinct += norni_port_grid_same(g, i) == i;
    demand(n.n_all > WALK || distinct == n.n_distinct);
    const uint64_t step = n.n_all / LOOKS + 1;
    for (uint64_t i = 0; i < n.n_all; i += step)
        look_at(g, symbol, i, text);
    if (n.n_all > 0) look_at(g, symbol, n.n_all - 1, text);
    norni_port_grid_notes(g, text);
    (void)norni_port_grid_hash(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const name[SYMBOLS] = {"A", "B", "C", "D", "BTC"};
    const norn_alloc alloc = norni_alloc_default();
    const norni_port_grid_opt opt = {
        .fee = 0.001, .capital = 10000, .periods_per_year = 365, .bar_days = size % 2 == 0 ? 0 : 1};
    norni_str symbol[SYMBOLS];
    norni_arena arena;
    norni_buf text;
    norni_toml toml;
    norni_port_grid *g = NULL;
    norn_err err = {NORN_OK, ""};
    norni_arena_init(&arena, &alloc);
    norni_buf_init(&text, &alloc);
    for (size_t i = 0; i < SYMBOLS; i++)
        symbol[i] = norni_str_of(name[i]);
    if (norni_toml_parse(&arena, (const char *)data, size, &toml, NULL) == NORN_OK) {
        const norn_status st = norni_port_grid_toml(&arena, &toml, symbol, SYMBOLS, &opt, &g, &err);
        demand(st == NORN_OK || st == NORN_E_FORMAT || st == NORN_E_ARG || st == NORN_E_LIMIT);
        demand(err.code == st && memchr(err.text, '\0', sizeof err.text) != NULL);
        demand((st == NORN_OK) == (err.text[0] == '\0'));
        if (st == NORN_OK) check_grid(g, symbol, &text);
    }
    norni_buf_clear(&text);
    norni_arena_clear(&arena);
    return 0;
}
