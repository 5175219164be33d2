/* What a search would do: configurations, windows, backtests, bars, memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_grid_parts.h"
#include "portfolio/portfolio_optimise_parts.h"
#include "portfolio/portfolio_text_values.h"
#include "portfolio/portfolio_yaml.h"

/* Runs of the trains: expanding ones begin together, and are one with marks. */
static size_t runs_of_trains(const norni_port_dry *d) {
    const size_t n = d->n_splits;
    return n > 0 && d->split[n - 1].train_first == d->split[0].train_first ? 1 : n;
}

/* Bars of every window of one configuration; trains that begin at the same bar are one run with marks. */
static uint64_t bars_of_windows(const norni_port_dry *d) {
    uint64_t bars = 0;
    for (size_t i = 0; i < d->n_splits; i++) {
        const norni_port_split *s = &d->split[i];
        const bool next = i + 1 < d->n_splits && d->split[i + 1].train_first == s->train_first;
        bars += s->test_end - s->test_first;
        if (!next) bars += s->train_end - s->train_first;
    }
    return bars;
}

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* Target weights of a batch's sets and allocations, over every window. */
static uint64_t bytes_of_targets(const norni_port_dry *d, uint64_t batch) {
    const norni_port_grid *g = d->grid;
    const double n_rules = (double)g->n_rules, days = d->prices->bars_per_day;
    const double pairs = (double)smaller(g->n_pairs, batch / g->n_rules + (n_rules > 1) + 1);
    const double assets = (double)g->set_first[g->n_sets] / (double)(g->n_sets + !g->n_sets);
    double numbers = 0;
    for (size_t a = 0; a < g->n_allocs; a++) {
        const double every = g->alloc[a].estimate_days * days;
        const bool still = norni_port_alloc_is_still(&g->alloc[a]) || !(every >= 1);
        numbers += still ? 2.0 * (double)d->n_splits
                         : (double)bars_of_windows(d) / every + 2.0 * (double)d->n_splits;
    }
    numbers /= (double)(g->n_allocs + !g->n_allocs);
    const double each = (double)sizeof(norni_port_pair) +
                        2.0 * (double)d->n_splits * (double)sizeof(norni_port_targets) +
                        numbers * (assets + 1) * (double)sizeof(double);
    return (uint64_t)(pairs * each);
}

/* Medians of the longest axis, and each configuration's place on it. */
static uint64_t bytes_of_axes(const norni_port_dry *d) {
    enum { DIGITS = 256, GROUPS = 2048, READ = 1 << 18, KEPT_MOST = 4 << 20 };
    uint64_t most = 1;
    for (size_t k = 0; k < norni_port_grid_axes(d->grid); k++)
        most = larger(most, norni_port_grid_axis_size(d->grid, k));
    const uint64_t places = d->counts.n_all <= KEPT_MOST ? d->counts.n_all * sizeof(uint16_t) : 0;
    return READ + places + smaller(most, GROUPS) * DIGITS * sizeof(uint64_t);
}

/* The tables that the probability of overfitting is told from: for 64 groups and more once, 12,870 splits of 16 blocks. */
static uint64_t bytes_of_luck(uint64_t trials, uint64_t n_workers, uint64_t room) {
    enum { SPLITS = 12870, SUMS = 1 << 19, MOST_GROUPS = 64, TILE = 64 };
    uint64_t groups = smaller((trials + TILE - 1) / TILE, MOST_GROUPS), bytes;
    do {
        bytes = SPLITS * ((uint64_t)(sizeof(double) + sizeof(uint32_t)) * groups + 48) +
                n_workers * SUMS;
        groups /= 2;
    } while (bytes > room && groups > 0); /* fewer groups, where there is little memory */
    return bytes;
}

/* What the search has all along; what batches take; what is judged after them; the table then. */
norni_port_effort norni_port_effort_of(const norni_port_dry *d) {
    enum { SCRATCH = 1 << 18, TABLE = 4 << 20, OWN = 1 << 20 };
    const uint64_t n = d->counts.n_all, bars = d->prices->n_bars, assets = d->prices->n_assets;
    const norni_port_room room = norni_port_room_of(d->memory, n, d->n_splits);
    const uint64_t workers = d->n_workers > 0 ? d->n_workers : 1;
    const uint64_t trials = smaller(d->counts.n_distinct, NORNI_PORT_TRIALS);
    const uint64_t panel =
        bars * assets * (sizeof(double) + 1) + bars * (NORNI_PORT_CLOCKS + 1) * sizeof(double);
    const uint64_t sets = norni_port_grid_sets(d->grid), most = sets * (bars * assets * 9 + 65536);
    const uint64_t one = bars * (d->grid->set_first[sets] / (sets + !sets)) * sizeof(double);
    const bool packed = most <= room.markets;
    const uint64_t all = OWN + panel + room.rows + room.values +
                         trials * (NORNI_PORT_BLOCKS * sizeof(norni_pbo_block) + 1) +
                         (packed ? sets * larger(one, 65536) : 0);
    const uint64_t batch = room.batch * norni_port_entry_bytes(d->n_splits) +
                           bytes_of_targets(d, room.batch) +
                           workers * (SCRATCH + (packed ? 0 : one));
    const uint64_t left = d->memory == 0 ? UINT64_MAX : d->memory - smaller(all, d->memory);
    const uint64_t after = larger(bytes_of_luck(trials, workers, left), workers * bytes_of_axes(d));
    const uint64_t table = d->table && n <= 4 << 20 ? n * 3 * sizeof(double) + TABLE : 0;
    norni_port_effort e = {0};
    e.backtests = d->counts.n_distinct * (d->n_splits + runs_of_trains(d));
    e.bars = d->counts.n_distinct * bars_of_windows(d);
    e.memory_bytes =
        larger(larger(all + larger(batch, after), room.rows + table), OWN + d->input_bytes * 7 / 2);
    e.file_bytes = (n * sizeof(norni_port_row) > room.rows ? n * sizeof(norni_port_row) : 0) +
                   (n * sizeof(norni_port_value) > room.values ? n * sizeof(norni_port_value) : 0);
    return e;
}

static void put_count(norni_buf *out, const char *name, uint64_t n, const char *more) {
    char text[NORNI_PORT_WORD];
    norni_buf_format(out, "%s%s%s\n", name, norni_port_count_text(n, text), more);
}

static void put_bytes(norni_buf *out, const char *name, uint64_t bytes) {
    char text[NORNI_PORT_WORD];
    norni_buf_format(out, "%sabout %s MiB", name,
                     norni_port_fixed((double)bytes / (1 << 20), bytes < 100 << 20, text));
}

static void put_window(const norni_port_dry *d, const char *name, size_t i, size_t first,
                       size_t end, norni_buf *out) {
    char a[NORNI_PORT_WORD], b[NORNI_PORT_WORD];
    norni_buf_format(out, "  %s %zu%s%s to %s, %zu bars\n", name, i + 1,
                     name[1] == 'r' ? "         " : "          ",
                     norni_port_time_text(d->prices, d->prices->time[first], a),
                     norni_port_time_text(d->prices, d->prices->time[end - 1], b), end - first);
}

enum { WINDOWS_SHOWN = 12 };

void norni_port_dry_text(const norni_port_dry *d, norni_buf *out) {
    const norni_port_effort e = norni_port_effort_of(d);
    put_count(out, "configurations    ", d->counts.n_all, "");
    norni_buf_text(out, "  usable          ");
    char text[NORNI_PORT_WORD];
    norni_buf_format(out, "%s with the symbols", norni_port_count_text(d->counts.n_usable, text));
    for (size_t i = 0; i < d->prices->n_assets && i < 20; i++)
        norni_buf_format(out, " %.*s", (int)d->prices->symbol[i].n, d->prices->symbol[i].p);
    norni_buf_text(out, d->prices->n_assets > 20 ? " …\n" : "\n");
    put_count(out, "  distinct        ", d->counts.n_distinct,
              "; those that are the same in effect are simulated once");
    norni_port_grid_notes(d->grid, out);
    const bool together = d->n_splits > 1 && runs_of_trains(d) == 1;
    put_count(out, "trains            ", d->n_splits,
              together ? ", one run: they begin together" : "");
    put_count(out, "tests             ", d->n_splits, "");
    for (size_t i = 0; i < d->n_splits && i < WINDOWS_SHOWN; i++) {
        put_window(d, "train", i, d->split[i].train_first, d->split[i].train_end, out);
        put_window(d, "test", i, d->split[i].test_first, d->split[i].test_end, out);
    }
    if (d->n_splits > WINDOWS_SHOWN)
        norni_buf_format(out, "  and %zu more\n", 2 * (d->n_splits - WINDOWS_SHOWN));
    put_count(out, "backtests         ", e.backtests,
              ": distinct configurations, by runs of trains and tests");
    put_count(out, "bars              ", e.bars, "");
    put_bytes(out, "memory            ", e.memory_bytes);
    norni_buf_text(out, " beside the program's own");
    if (e.file_bytes > 0) put_bytes(out, ", in temporary files ", e.file_bytes);
    norni_buf_text(out, "\n");
}
