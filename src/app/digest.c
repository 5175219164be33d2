/* The digest of a run: its items' hashes in the order of their ids' bytes, in bounded memory. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Ids usually come in order: then the hashes are folded as they come. Records are kept all the same,
 * sorted in runs and put aside, until the last id has proved the order; if it did not hold, the runs
 * are merged. */
#include "app/digest.h"

#include "base/sort.h"

enum { KEEP = 8 << 20, WINDOW = 1 << 15 };

void norni_digest_init(norni_digest *d, const norn_alloc *alloc, size_t n_hashes, size_t keep) {
    *d = (norni_digest){.alloc = alloc, .n_hashes = n_hashes, .keep = keep ? keep : KEEP};
    norni_buf_init(&d->records, alloc);
    norni_buf_init(&d->last, alloc);
    norni_spool_init(&d->spool, alloc, 1 << 20);
    norni_hash_stream_init(&d->stream);
    d->in_order = true;
}

void norni_digest_clear(norni_digest *d) {
    if (d->alloc == NULL) return;
    norni_buf_clear(&d->records);
    norni_buf_clear(&d->last);
    norni_spool_clear(&d->spool);
    norni_alloc_drop(d->alloc, d->run, d->cap_runs, sizeof *d->run);
    d->run = NULL;
    d->alloc = NULL;
}

static size_t record_size(const norni_digest *d, size_t n_id) {
    return sizeof(uint32_t) + n_id + d->n_hashes * sizeof(norni_hash128);
}

static norni_str record_id(const char *record) {
    uint32_t n;
    memcpy(&n, record, sizeof n);
    return (norni_str){record + sizeof n, n};
}

typedef struct record_order {
    const char *base;
    const size_t *at;
} record_order;

static int compare_records(const void *arg, size_t a, size_t b) {
    const record_order *o = arg;
    return norni_str_cmp(record_id(o->base + o->at[a]), record_id(o->base + o->at[b]));
}

static norn_status note_run(norni_digest *d, norn_err *err) {
    if (d->n_runs + 2 > d->cap_runs) {
        const size_t cap = d->cap_runs ? 2 * d->cap_runs : 16;
        uint64_t *run = norni_alloc_resize(d->alloc, d->run, d->cap_runs, cap, sizeof *run);
        if (run == NULL) return norni_alloc_fail(err, "digest", cap, sizeof *run);
        d->run = run;
        d->cap_runs = cap;
    }
    if (d->n_runs == 0) d->run[0] = 0;
    d->run[++d->n_runs] = norni_spool_size(&d->spool);
    return NORN_OK;
}

/* Sorts what is in memory and puts it aside as one run. */
static norn_status put_aside(norni_digest *d, norn_err *err) {
    size_t n = 0;
    for (size_t at = 0; at < d->records.n; n++)
        at += record_size(d, record_id(d->records.p + at).n);
    size_t *index = norni_alloc_get(d->alloc, n, 3 * sizeof *index);
    if (index == NULL) return norni_alloc_fail(err, "digest", n, 3 * sizeof *index);
    size_t *place = index + 2 * n;
    for (size_t i = 0, at = 0; i < n; i++) {
        index[i] = i;
        place[i] = at;
        at += record_size(d, record_id(d->records.p + at).n);
    }
    const record_order order = {d->records.p, place};
    norni_sort_index(index, n, compare_records, &order, index + n);
    norn_status st = NORN_OK;
    for (size_t i = 0; i < n && st == NORN_OK; i++) {
        const char *record = d->records.p + place[index[i]];
        st = norni_spool_add(&d->spool, record, record_size(d, record_id(record).n), err);
    }
    norni_alloc_drop(d->alloc, index, n, 3 * sizeof *index);
    NORN_TRY(st);
    d->records.n = 0;
    return note_run(d, err);
}

norn_status norni_digest_add(norni_digest *d, norni_str id, const norni_hash128 *hash,
                             norn_err *err) {
    const uint32_t n = (uint32_t)id.n;
    const size_t hashes = d->n_hashes * sizeof *hash;
    if (d->in_order) {
        const norni_str last = {d->last.p, d->last.n};
        d->in_order = !d->any || norni_str_cmp(last, id) < 0;
        norni_hash_stream_add(&d->stream, hash, hashes);
        d->last.n = 0;
        norni_buf_add(&d->last, id.p, id.n);
    }
    d->any = true;
    if (d->records.n > 0 && d->records.n + record_size(d, id.n) > d->keep)
        NORN_TRY(put_aside(d, err));
    norni_buf_add(&d->records, &n, sizeof n);
    norni_buf_add(&d->records, id.p, id.n);
    norni_buf_add(&d->records, hash, hashes);
    if (d->records.failed || d->last.failed)
        return norni_alloc_fail(err, "digest", d->records.cap, 2);
    return NORN_OK;
}

bool norni_digest_is_next(const norni_digest *d, norni_str id) {
    const norni_str last = {d->last.p, d->last.n};
    return d->in_order && (!d->any || norni_str_cmp(last, id) < 0);
}

/* One run while it is merged: a window on the spool, and the record at its beginning. */
typedef struct cursor {
    uint64_t at, end;           /* the spool's bytes behind the window */
    char *window;               /* (cap) */
    size_t cap, first, n, size; /* size: of the record at first; 0: the run is over */
} cursor;

/* Makes `want` bytes from `first` on available. */
static norn_status fill(const norni_digest *d, cursor *c, size_t want, norn_err *err) {
    if (c->n - c->first >= want) return NORN_OK;
    memmove(c->window, c->window + c->first, c->n - c->first);
    c->n -= c->first;
    c->first = 0;
    if (want > c->cap) {
        char *grown = norni_alloc_resize(d->alloc, c->window, c->cap, want, 1);
        if (grown == NULL) return norni_alloc_fail(err, "digest", want, 1);
        c->window = grown;
        c->cap = want;
    }
    const uint64_t left = c->end - c->at;
    const size_t more = left < c->cap - c->n ? (size_t)left : c->cap - c->n;
    NORN_TRY(norni_spool_read(&d->spool, c->at, c->window + c->n, more, err));
    c->at += more;
    c->n += more;
    return NORN_OK;
}

static norn_status next_record(const norni_digest *d, cursor *c, norn_err *err) {
    c->first += c->size;
    c->size = 0;
    if (c->first == c->n && c->at == c->end) return NORN_OK;
    NORN_TRY(fill(d, c, sizeof(uint32_t), err));
    const size_t size = record_size(d, record_id(c->window + c->first).n);
    NORN_TRY(fill(d, c, size, err));
    c->size = size;
    return NORN_OK;
}

norn_status norni_digest_each(const norni_digest *d, norni_digest_id_fn fn, void *arg,
                              norn_err *err) {
    cursor c = {.end = norni_spool_size(&d->spool), .cap = WINDOW};
    c.window = norni_alloc_get(d->alloc, c.cap, 1);
    norn_status st = c.window ? NORN_OK : norni_alloc_fail(err, "digest", c.cap, 1);
    while (st == NORN_OK) { /* the runs follow each other: one pass over the spool */
        st = next_record(d, &c, err);
        if (st != NORN_OK || c.size == 0) break;
        st = fn(arg, record_id(c.window + c.first), err);
    }
    norni_alloc_drop(d->alloc, c.window, c.cap, 1);
    for (size_t at = 0; at < d->records.n && st == NORN_OK;) {
        const norni_str id = record_id(d->records.p + at);
        st = fn(arg, id, err);
        at += record_size(d, id.n);
    }
    return st;
}

static norn_status merge(norni_digest *d, cursor *c, norn_err *err) {
    const size_t hashes = d->n_hashes * sizeof(norni_hash128);
    for (size_t i = 0; i < d->n_runs; i++)
        NORN_TRY(next_record(d, &c[i], err));
    norni_hash_stream_init(&d->stream);
    for (;;) {
        cursor *least = NULL;
        for (size_t i = 0; i < d->n_runs; i++) {
            if (c[i].size == 0) continue;
            if (least == NULL || norni_str_cmp(record_id(c[i].window + c[i].first),
                                               record_id(least->window + least->first)) < 0)
                least = &c[i];
        }
        if (least == NULL) return NORN_OK;
        norni_hash_stream_add(&d->stream, least->window + least->first + least->size - hashes,
                              hashes);
        NORN_TRY(next_record(d, least, err));
    }
}

static norn_status merge_runs(norni_digest *d, norn_err *err) {
    if (d->records.n > 0) NORN_TRY(put_aside(d, err));
    cursor *c = norni_alloc_zero(d->alloc, d->n_runs, sizeof *c);
    if (c == NULL) return norni_alloc_fail(err, "digest", d->n_runs, sizeof *c);
    norn_status st = NORN_OK;
    for (size_t i = 0; i < d->n_runs && st == NORN_OK; i++) {
        c[i] = (cursor){.at = d->run[i], .end = d->run[i + 1], .cap = WINDOW};
        c[i].window = norni_alloc_get(d->alloc, c[i].cap, 1);
        if (c[i].window == NULL) st = norni_alloc_fail(err, "digest", c[i].cap, 1);
    }
    if (st == NORN_OK) st = merge(d, c, err);
    for (size_t i = 0; i < d->n_runs; i++)
        norni_alloc_drop(d->alloc, c[i].window, c[i].cap, 1);
    norni_alloc_drop(d->alloc, c, d->n_runs, sizeof *c);
    return st;
}

norn_status norni_digest_get(norni_digest *d, norni_hash128 *out, norn_err *err) {
    if (!d->in_order) NORN_TRY(merge_runs(d, err));
    *out = norni_hash_stream_get(&d->stream);
    return NORN_OK;
}
