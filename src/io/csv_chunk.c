/* A stream of delimited text and the pieces that are read of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/csv_chunk.h"

norn_status norni_chunk_reserve(const norn_alloc *alloc, norni_chunk *c, size_t n, norn_err *err) {
    if (n > SIZE_MAX - 2 * NORNI_TEXT_PAD) return norni_alloc_fail(err, "input", n, 1);
    const size_t want = n + 2 * NORNI_TEXT_PAD; /* a last record's end may be added */
    if (want <= c->cap) return NORN_OK;
    char *p =
        c->p ? norni_alloc_resize(alloc, c->p, c->cap, want, 1) : norni_alloc_get(alloc, want, 1);
    if (p == NULL) return norni_alloc_fail(err, "input", want, 1);
    c->p = p;
    c->cap = want;
    return NORN_OK;
}

void norni_chunk_clear(const norn_alloc *alloc, norni_chunk *c) {
    norni_alloc_drop(alloc, c->p, c->cap, 1);
    *c = (norni_chunk){.p = NULL};
}

/* Fills the chunk up to `want` bytes, from what is left over and then from the source. */
static norn_status fail_input(const norni_cutter *cut, const norn_err *e, norn_err *err) {
    char place[160];
    const norni_chunk at = {.input = cut->input};
    norni_chunk_place(cut, &at, place);
    return norn_fail(err, e->code, "%s%s", place, e->text);
}

norn_status norni_cutter_read(norni_cutter *cut, norni_chunk *c, size_t want, norn_err *err) {
    NORN_TRY(norni_chunk_reserve(&cut->ctx->alloc, c, want, err));
    if (c != &cut->rest && c->n < want) {
        const size_t left = cut->rest.n - cut->rest_at, room = want - c->n,
                     n = left < room ? left : room;
        if (n > 0) memcpy(c->p + c->n, cut->rest.p + cut->rest_at, n);
        c->n += n;
        cut->rest_at += n;
    }
    while (c->n < want && !cut->source_over) {
        size_t got = 0;
        norn_err e = {NORN_OK, ""};
        const norn_status st = norni_source_read(cut->source, c->p + c->n, want - c->n, &got, &e);
        if (st != NORN_OK) return fail_input(cut, &e, err);
        if (got == 0) cut->source_over = true;
        c->n += got;
    }
    memset(c->p + c->n, 0, NORNI_TEXT_PAD);
    return NORN_OK;
}

uint64_t norni_chunk_line(const norni_chunk *chunk, const char *at) {
    size_t n = (size_t)(at - chunk->p);
    if (n > 0 && chunk->p[n - 1] == '\r' && *at == '\n' && chunk->syntax.quotes) n--;
    return chunk->first_line + norni_csv_count_bytes(&chunk->syntax, chunk->p, n).lines;
}

void norni_chunk_place(const norni_cutter *cut, const norni_chunk *chunk, char out[160]) {
    out[0] = '\0';
    if (cut->n_inputs > 1 && cut->path != NULL)
        norni_format(out, 160, "%s: ", cut->path[chunk->input]);
}

norn_status norni_cutter_fail(const norni_cutter *cut, uint64_t line, const char *what,
                              norn_err *err) {
    char place[160];
    const norni_chunk at = {.input = cut->input};
    norni_chunk_place(cut, &at, place);
    return norn_fail(err, NORN_E_FORMAT, "%sline %llu: %s", place, (unsigned long long)line, what);
}
