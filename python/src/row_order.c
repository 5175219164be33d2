/* The order of rows by series and time, and where each series begins. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A stable radix sort, from the lowest 11 bits up. Ids and times are taken from their least values; where the
 * bits that are left fit 64 they are one key, else rows are sorted by time and then by id. Digits
 * that all rows share are passed over. */
#include "python/src/row_order.h"

#include <string.h>

#include "base/poll.h"

enum { BITS = 11, BUCKETS = 1 << BITS, DIGITS = (64 + BITS - 1) / BITS, PIECE = 1 << 16 };

typedef struct order_job {
    norni_poll poll;
    uint64_t *key, *key_spare; /* (n) */
    uint32_t *row, *row_spare; /* (n) */
    size_t (*count)[BUCKETS];  /* (DIGITS) */
    size_t n;
} order_job;

static norn_status look_up(const norni_poll *poll, size_t i, norn_err *err) {
    if (i % PIECE == 0 && norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
    return NORN_OK;
}

static size_t piece_end(size_t i, size_t n) {
    return n - i < PIECE ? n : i + PIECE;
}

/* Far cheaper to see than to sort. */
static norn_status stand_in_order(const norni_poll *poll, const int64_t *ids, const int64_t *times,
                                  size_t n, bool *yes, norn_err *err) {
    *yes = true;
    for (size_t i = 1; i < n && *yes; i++) {
        NORN_TRY(look_up(poll, i, err));
        if (ids != NULL && ids[i] != ids[i - 1])
            *yes = ids[i] > ids[i - 1];
        else
            *yes = times == NULL || times[i] >= times[i - 1];
    }
    return NORN_OK;
}

/* The least value, and how many bits the others lie above it. */
static norn_status range_of(const norni_poll *poll, const int64_t *x, size_t n, int64_t *least,
                            int *bits, norn_err *err) {
    int64_t lo = x[0], hi = x[0];
    for (size_t i = 0; i < n; i = piece_end(i, n)) {
        NORN_TRY(look_up(poll, i, err));
        for (size_t k = i; k < piece_end(i, n); k++) {
            lo = x[k] < lo ? x[k] : lo;
            hi = x[k] > hi ? x[k] : hi;
        }
    }
    const uint64_t range = (uint64_t)hi - (uint64_t)lo;
    *least = lo;
    *bits = range ? 64 - __builtin_clzll(range) : 0;
    return NORN_OK;
}

static norn_status count_digits(order_job *job, int n_digits, norn_err *err) {
    memset(job->count, 0, (size_t)n_digits * sizeof *job->count);
    for (size_t i = 0; i < job->n; i = piece_end(i, job->n)) {
        NORN_TRY(look_up(&job->poll, i, err));
        for (size_t k = i; k < piece_end(i, job->n); k++) {
            for (int d = 0; d < n_digits; d++)
                job->count[d][job->key[k] >> (BITS * d) & (BUCKETS - 1)]++;
        }
    }
    return NORN_OK;
}

/* One pass; the sorted keys and rows change places with the spare ones. */
static norn_status sort_digit(order_job *job, int digit, norn_err *err) {
    size_t *at = job->count[digit], sum = 0;
    uint64_t *const key = job->key, *const key_to = job->key_spare;
    uint32_t *const row = job->row, *const row_to = job->row_spare;
    const int shift = BITS * digit;
    if (at[key[0] >> shift & (BUCKETS - 1)] == job->n) return NORN_OK;
    for (size_t b = 0; b < BUCKETS; b++) {
        const size_t here = at[b];
        at[b] = sum;
        sum += here;
    }
    for (size_t i = 0; i < job->n; i = piece_end(i, job->n)) {
        NORN_TRY(look_up(&job->poll, i, err));
        for (size_t k = i; k < piece_end(i, job->n); k++) {
            const size_t to = at[key[k] >> shift & (BUCKETS - 1)]++;
            key_to[to] = key[k];
            row_to[to] = row[k];
        }
    }
    job->key = key_to, job->key_spare = key;
    job->row = row_to, job->row_spare = row;
    return NORN_OK;
}

static norn_status sort_keys(order_job *job, int bits, norn_err *err) {
    const int n_digits = (bits + BITS - 1) / BITS;
    NORN_TRY(count_digits(job, n_digits, err));
    for (int d = 0; d < n_digits; d++)
        NORN_TRY(sort_digit(job, d, err));
    return NORN_OK;
}

static norn_status allocate(order_job *job, norni_arena *arena, norn_err *err) {
    const size_t n = job->n;
    if (n > UINT32_MAX)
        return norn_fail(
            err, NORN_E_LIMIT,
            "rolling: %zu rows are not in order, 2^32 - 1 can be put in order: sort the "
            "table by series and time",
            n);
    job->key = norni_arena_get(arena, n, sizeof *job->key);
    job->key_spare = norni_arena_get(arena, n, sizeof *job->key_spare);
    job->row = norni_arena_get(arena, n, sizeof *job->row);
    job->row_spare = norni_arena_get(arena, n, sizeof *job->row_spare);
    job->count = norni_arena_get(arena, DIGITS, sizeof *job->count);
    if (job->key && job->key_spare && job->row && job->row_spare && job->count) return NORN_OK;
    return norni_alloc_fail(err, "rolling", n, 2 * (sizeof *job->key + sizeof *job->row));
}

/* Keys of the rows in their order so far: (id above its least) << shift | (time above its least). */
static norn_status fill_keys(order_job *job, const int64_t *ids, int64_t least_id, int shift,
                             const int64_t *times, int64_t least_time, norn_err *err) {
    for (size_t i = 0; i < job->n; i = piece_end(i, job->n)) {
        NORN_TRY(look_up(&job->poll, i, err));
        for (size_t k = i; k < piece_end(i, job->n); k++) {
            const uint32_t r = job->row[k];
            uint64_t key = times ? (uint64_t)times[r] - (uint64_t)least_time : 0;
            if (ids) key |= ((uint64_t)ids[r] - (uint64_t)least_id) << shift;
            job->key[k] = key;
        }
    }
    return NORN_OK;
}

static norn_status sort_rows(order_job *job, const int64_t *ids, const int64_t *times,
                             norn_err *err) {
    int64_t least_id = 0, least_time = 0;
    int id_bits = 0, time_bits = 0;
    for (size_t k = 0; k < job->n; k++)
        job->row[k] = (uint32_t)k;
    if (ids) NORN_TRY(range_of(&job->poll, ids, job->n, &least_id, &id_bits, err));
    if (times) NORN_TRY(range_of(&job->poll, times, job->n, &least_time, &time_bits, err));
    if (id_bits == 0) ids = NULL;
    if (id_bits + time_bits <= 64) {
        NORN_TRY(fill_keys(job, ids, least_id, ids ? time_bits : 0, times, least_time, err));
        return sort_keys(job, id_bits + time_bits, err);
    }
    NORN_TRY(fill_keys(job, NULL, 0, 0, times, least_time, err));
    NORN_TRY(sort_keys(job, time_bits, err));
    NORN_TRY(fill_keys(job, ids, least_id, 0, NULL, 0, err));
    return sort_keys(job, id_bits, err);
}

/* Where each series begins, of ids in their order. */
static norn_status find_groups(const norni_poll *poll, const int64_t *ids, const uint32_t *row,
                               size_t n, norni_arena *arena, nornpy_row_order *out, norn_err *err) {
    size_t n_groups = n > 0, *offsets = NULL;
    for (int pass = 0; pass < 2; pass++) {
        size_t g = 0;
        for (size_t i = 1; i < n; i++) {
            NORN_TRY(look_up(poll, i, err));
            const bool new = row ? ids[row[i]] != ids[row[i - 1]] : ids[i] != ids[i - 1];
            if (!new) continue;
            g++;
            if (pass == 1) offsets[g] = i;
        }
        if (pass == 1) break;
        n_groups += g;
        offsets = norni_arena_get(arena, n_groups + 1, sizeof *offsets);
        if (offsets == NULL) return norni_alloc_fail(err, "rolling", n_groups + 1, sizeof *offsets);
    }
    offsets[0] = 0;
    offsets[n_groups] = n;
    out->offsets = offsets;
    out->n_groups = n_groups;
    return NORN_OK;
}

norn_status nornpy_row_order_find(norn_ctx *ctx, const int64_t *ids, const int64_t *times, size_t n,
                                  norni_arena *arena, nornpy_row_order *out, norn_err *err) {
    order_job job = {.poll = norni_ctx_poll(ctx), .n = n};
    bool in_order = true;
    *out = (nornpy_row_order){.n_groups = 1};
    if (ids != NULL || times != NULL)
        NORN_TRY(stand_in_order(&job.poll, ids, times, n, &in_order, err));
    if (!in_order) {
        norni_arena scratch;
        norni_arena_init(&scratch, &ctx->alloc);
        norn_status st = allocate(&job, &scratch, err);
        if (st == NORN_OK) st = sort_rows(&job, ids, times, err);
        uint32_t *kept = st == NORN_OK ? norni_arena_get(arena, n, sizeof *kept) : NULL;
        if (kept != NULL)
            memcpy(kept, job.row, n * sizeof *kept);
        else if (st == NORN_OK)
            st = norni_alloc_fail(err, "rolling", n, sizeof *kept);
        norni_arena_clear(&scratch);
        out->row = kept;
        NORN_TRY(st);
    }
    return ids ? find_groups(&job.poll, ids, out->row, n, arena, out, err) : NORN_OK;
}
