/* How much of a search lies in memory: what it may take, cut up among its parts, and what they then take. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With less memory batches are smaller, prices are packed anew by each item, and rows and values lie in files; no number changes. What
 * cannot be put aside is the trials' blocks (384 bytes of each, of 100,000 at most), the batch of 1,024 and the tables of the splits
 * that overfitting is judged by. */
#include "portfolio/portfolio_optimise_parts.h"

enum {
    BATCH_BYTES = 64 << 20,
    ROWS_BYTES = 64 << 20,
    VALUES_BYTES = 4 << 20,
    LEAST_BATCH = 1024,
};

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* A part of what there is, but no more than `most`. memory 0: most. */
static size_t share(size_t memory, size_t part, size_t most) {
    return memory == 0 ? most : (size_t)smaller(memory / part, most);
}

size_t norni_port_entry_bytes(size_t n_splits) {
    return sizeof(norni_port_entry) + 2 * sizeof(size_t) + sizeof(norni_port_chunk) +
           sizeof(norni_port_outcome) + n_splits * sizeof(norni_port_score);
}

norni_port_room norni_port_room_of(size_t memory, uint64_t n_all, size_t n_splits) {
    const size_t bytes = share(memory, 5, BATCH_BYTES), each = norni_port_entry_bytes(n_splits);
    norni_port_room r = {.batch = NORNI_PORT_BATCH};
    while (r.batch > LEAST_BATCH && r.batch * each > bytes)
        r.batch /= 2;
    r.batch = (size_t)smaller(n_all, r.batch);
    r.rows = (size_t)smaller(share(memory, 5, ROWS_BYTES), n_all * sizeof(norni_port_row));
    r.values = (size_t)smaller(share(memory, 16, VALUES_BYTES), n_all * sizeof(norni_port_value));
    r.markets = share(memory, 8, NORNI_PORT_MARKETS);
    return r;
}
