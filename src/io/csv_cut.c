/* Cuts a stream of delimited text into chunks of whole records, or of whole series. */
/* SPDX-License-Identifier: Apache-2.0 */
/* One thread cuts, many parse: so the state of the quotes at every cut is known, not guessed. A
 * chunk without quotes (most are) costs a search for '"' and one backward look for the last record's
 * end; only a chunk with quotes is scanned for marks here, too. */
#include "io/csv_cut.h"

#include "io/csv_head.h"

/* The current input has no byte that is not in the chunk at hand. */
static bool is_over(const norni_cutter *cut) {
    return cut->source_over && cut->rest_at == cut->rest.n;
}

/* Gives the chunk's bytes behind the first n back. */
static norn_status put_back(norni_cutter *cut, norni_chunk *c, size_t n, norn_err *err) {
    const size_t back = c->n - n;
    if (cut->rest_at < cut->rest.n) { /* all of the chunk came from there */
        cut->rest_at -= back;
    } else {
        NORN_TRY(norni_chunk_reserve(&cut->ctx->alloc, &cut->rest, back, err));
        memcpy(cut->rest.p, c->p + n, back);
        cut->rest.n = back;
        cut->rest_at = 0;
    }
    c->n = n;
    memset(c->p + n, 0, NORNI_TEXT_PAD);
    return NORN_OK;
}

/* End of the last record that surely ends inside [p, p + n); 0: none does. A CR at the very end may
 * have its LF still to come. */
static size_t last_record_end(const norni_csv_syntax *s, const char *p, size_t n) {
    const char *lf = memrchr(p, s->eol, n);
    const size_t from = lf ? (size_t)(lf - p) + 1 : 0;
    if (s->eol2 == s->eol || n == 0) return from;
    const char *cr = n - 1 > from ? memrchr(p + from, s->eol2, n - 1 - from) : NULL;
    return cr ? (size_t)(cr - p) + 1 : from;
}

/* The id of the record that begins at p, as written. */
static norni_str id_at(const norni_cutter *cut, const char *p, const char *end) {
    for (size_t k = 0;; k++) {
        const char *from = p;
        while (p < end && *p != cut->syntax.delimiter && !norni_csv_is_eol(&cut->syntax, *p))
            p++;
        if (k == cut->id_field) return (norni_str){from, (size_t)(p - from)};
        if (p == end || *p != cut->syntax.delimiter) return (norni_str){p, 0};
        p++;
    }
}

/* Beginning of the last series among the whole records before `end`, looking backward; no quotes.
 */
static size_t last_series_plain(const norni_cutter *cut, const char *p, size_t end) {
    norni_str last = {NULL, 0};
    size_t at = end, begin = 0;
    while (at > 0) {
        size_t start = at - 1; /* p[at - 1] ends the record */
        while (start > 0 && !norni_csv_is_eol(&cut->syntax, p[start - 1]))
            start--;
        if (start + 1 < at) { /* no blank record */
            const norni_str id = id_at(cut, p + start, p + at);
            if (last.p != NULL && norni_str_cmp(id, last) != 0) return begin;
            last = id;
            begin = start;
        }
        at = start;
    }
    return 0;
}

/* The same over marks, forward: the last end of a record, or the last change of the id. */
static norn_status last_end_quoted(const norni_cutter *cut, const norni_chunk *c,
                                   norni_csv_quoting quoting, size_t *end, norn_err *err) {
    norni_csv_marks *m = norni_alloc_get(&cut->ctx->alloc, 1, sizeof *m);
    norni_str last = {NULL, 0};
    const char *from = c->p, *record = c->p;
    size_t field = 0, change = 0;
    norni_str id = {NULL, 0};
    *end = 0;
    if (m == NULL) return norni_alloc_fail(err, "input", 1, sizeof *m);
    norni_csv_marks_init(m, &cut->syntax, quoting, c->p, c->p + c->n);
    for (;;) {
        const char *at = norni_csv_mark(m);
        if (at == m->end) break;
        if (field == cut->id_field) id = (norni_str){from, (size_t)(at - from)};
        field++;
        from = at + 1;
        if (!norni_csv_is_eol(&cut->syntax, *at)) continue;
        const bool blank = at == record, cr_at_end = *at == '\r' && at + 1 == m->end;
        if (!blank && cut->by_series) {
            if (last.p != NULL && norni_str_cmp(id, last) != 0) change = (size_t)(record - c->p);
            last = id;
        }
        if (!cr_at_end) *end = (size_t)(at + 1 - c->p);
        record = at + 1;
        field = 0;
        id = (norni_str){"", 0};
    }
    if (m->wrong != NULL) {
        *end = c->n; /* the parser will name the place: whatever comes behind it does not matter */
    } else if (cut->by_series) {
        *end = change;
    }
    norni_alloc_drop(&cut->ctx->alloc, m, 1, sizeof *m);
    return NORN_OK;
}

/* How many of the chunk's bytes may go; 0: more must be read first. */
static norn_status find_cut(norni_cutter *cut, norni_chunk *c, size_t *n, norn_err *err) {
    bool open = false;
    c->count = norni_csv_count_bytes(&cut->syntax, c->p, c->n);
    const bool quoted = c->count.has_quote;
    c->quoting = quoted ? norni_csv_quoting_of(&cut->syntax, c->p, c->n, &open) : NORNI_CSV_PLAIN;
    if (is_over(cut)) {
        *n = c->n;
        const bool ended = c->n > 0 && norni_csv_is_eol(&cut->syntax, c->p[c->n - 1]) && !open;
        if (!ended && c->n > 0) {
            c->p[c->n++] = cut->syntax.eol;
            c->count.lines++;
            *n = c->n;
            memset(c->p + c->n, 0, NORNI_TEXT_PAD);
        }
        return NORN_OK;
    }
    if (quoted) return last_end_quoted(cut, c, c->quoting, n, err);
    *n = last_record_end(&cut->syntax, c->p, c->n);
    if (cut->by_series) *n = last_series_plain(cut, c->p, *n);
    return NORN_OK;
}

/* Twice as much at least, so that looking again costs no more than reading. */
static norn_status read_more(norni_cutter *cut, norni_chunk *c, norn_err *err) {
    if (cut->by_series && c->n >= NORNI_MOST_SERIES_TEXT) {
        cut->whole = true;
        return norn_fail(err, NORN_E_LIMIT, "a series is longer than a chunk may be");
    }
    if (!cut->by_series && c->n >= NORNI_MOST_RECORD)
        return norni_cutter_fail(
            cut, c->first_line, "a record longer than 64 MiB begins here; is a quote never closed?",
            err);
    return norni_cutter_read(cut, c, 2 * c->n > cut->target ? 2 * c->n : cut->target, err);
}

static norn_status open_input(norni_cutter *cut, norn_err *err);

static norn_status next_input(norni_cutter *cut, bool *end, norn_err *err) {
    *end = cut->input + 1 >= cut->n_inputs;
    if (*end) return NORN_OK;
    norni_source_close(cut->source);
    cut->source = NULL;
    cut->input++;
    return open_input(cut, err);
}

norn_status norni_cutter_next(norni_cutter *cut, norni_chunk *chunk, bool *end, norn_err *err) {
    size_t n = 0;
    *end = false;
    while (is_over(cut)) {
        NORN_TRY(next_input(cut, end, err));
        if (*end) return NORN_OK;
    }
    chunk->n = 0;
    chunk->first_line = cut->rest.first_line;
    chunk->input = cut->input;
    chunk->syntax = cut->syntax;
    NORN_TRY(norni_cutter_read(cut, chunk, cut->target, err));
    for (;;) {
        NORN_TRY(find_cut(cut, chunk, &n, err));
        if (n > 0 || is_over(cut)) break;
        NORN_TRY(read_more(cut, chunk, err));
    }
    if (n < chunk->n) {
        /* Lines of what stays = all lines less those of what goes back; a cut parts no CRLF. */
        if (chunk->count.has_quote || chunk->count.has_nul || chunk->n - n > chunk->n / 2) {
            chunk->count = norni_csv_count_bytes(&cut->syntax, chunk->p, n);
            if (!chunk->count.has_quote) chunk->quoting = NORNI_CSV_PLAIN;
        } else {
            chunk->count.lines -=
                norni_csv_count_bytes(&cut->syntax, chunk->p + n, chunk->n - n).lines;
        }
        NORN_TRY(put_back(cut, chunk, n, err));
    }
    cut->rest.first_line = chunk->first_line + chunk->count.lines;
    return NORN_OK;
}

static norn_status open_input(norni_cutter *cut, norn_err *err) {
    norn_err e = {NORN_OK, ""};
    norn_status st = cut->path ? norni_source_open(cut->ctx, cut->path[cut->input],
                                                   &cut->source_opt, &cut->source, &e)
                               : norni_source_bytes(cut->ctx, cut->bytes, cut->n_bytes,
                                                    &cut->source_opt, &cut->source, &e);
    if (st == NORN_OK) return norni_cutter_head(cut, err);
    if (cut->n_inputs > 1) return norn_fail(err, st, "%s: %s", cut->path[cut->input], e.text);
    if (err != NULL) *err = e;
    return st;
}

norn_status norni_cutter_open(norni_cutter *cut, norn_err *err) {
    if (cut->target == 0) cut->target = NORNI_CHUNK_BYTES;
    norni_arena_init(&cut->arena, &cut->ctx->alloc);
    const norn_status st = open_input(cut, err);
    if (st != NORN_OK) norni_cutter_close(cut);
    return st;
}

norn_status norni_cutter_begin(norni_cutter *cut, norn_err *err) {
    cut->begun = true;
    return norni_cutter_drop_head(cut, err);
}

bool norni_cutter_can_rewind(const norni_cutter *cut) {
    return cut->n_inputs > 1 || norni_source_can_rewind(cut->source);
}

norn_status norni_cutter_rewind(norni_cutter *cut, norn_err *err) {
    cut->whole = false;
    if (cut->n_inputs > 1) {
        norni_source_close(cut->source);
        cut->source = NULL;
        cut->input = 0;
        return open_input(cut, err);
    }
    NORN_TRY(norni_source_rewind(cut->source, err));
    return norni_cutter_head(cut, err);
}

double norni_cutter_share(const norni_cutter *cut) {
    if (cut->source == NULL) return -1; /* an input that could not be opened */
    const double one = norni_source_share(cut->source);
    if (one < 0) return -1;
    return ((double)cut->input + one) / (double)cut->n_inputs;
}

void norni_cutter_close(norni_cutter *cut) {
    norni_source_close(cut->source);
    cut->source = NULL;
    norni_chunk_clear(&cut->ctx->alloc, &cut->rest);
    norni_arena_clear(&cut->arena);
}
