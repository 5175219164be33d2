/* The beginning of a delimited text: its form, its header, its first record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/csv_head.h"

/* The delimiter of the first record: a comma, or the only one of ; tab | that stands in it. */
static char find_delimiter(const char *p, size_t n) {
    static const char candidates[] = ",;\t|";
    size_t count[4] = {0}, i = 0;
    bool quoted = false;
    while (i < n && (p[i] == '\n' || p[i] == '\r'))
        i++;
    for (; i < n && (quoted || (p[i] != '\n' && p[i] != '\r')); i++) {
        if (p[i] == '"') quoted = !quoted;
        for (int k = 0; k < 4 && !quoted; k++)
            count[k] += p[i] == candidates[k];
    }
    int best = 0;
    for (int k = 1; k < 4 && count[0] == 0; k++) {
        if (count[k] > count[best]) best = k;
    }
    return candidates[best];
}

static norn_status begin_text(norni_cutter *cut, norn_err *err) {
    norni_chunk *r = &cut->rest;
    const unsigned char *p = (const unsigned char *)r->p;
    if (norni_source_is_table(cut->source)) {
        cut->syntax = r->syntax = norni_csv_table_syntax();
        return NORN_OK;
    }
    if (r->n >= 2 && ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF)))
        return norn_fail(err, NORN_E_FORMAT, "the text is UTF-16; save it as UTF-8");
    if (r->n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        r->n -= 3;
        memmove(r->p, r->p + 3, r->n + NORNI_TEXT_PAD);
    }
    cut->syntax = r->syntax =
        norni_csv_text_syntax(cut->delimiter ? cut->delimiter : find_delimiter(r->p, r->n));
    return NORN_OK;
}

/* First record that is not blank: *first..*last (its end's mark); false: not all of it is read. */
static bool first_record(const norni_cutter *cut, norni_csv_marks *m, const char **first,
                         const char **last, size_t *n_fields) {
    const char *p = cut->rest.p + cut->rest_at, *end = cut->rest.p + cut->rest.n;
    bool open;
    const norni_csv_quoting quoting =
        norni_csv_quoting_of(&cut->syntax, p, (size_t)(end - p), &open);
    norni_csv_marks_init(m, &cut->syntax, quoting, p, end);
    *first = p;
    for (*n_fields = 0;;) {
        const char *at = norni_csv_mark(m);
        *last = at;
        if (at == m->end) return cut->source_over;
        if (at == *first && norni_csv_is_eol(&cut->syntax, *at)) {
            *first = at + 1;
            continue;
        }
        (*n_fields)++;
        if (norni_csv_is_eol(&cut->syntax, *at)) return true;
    }
}

norni_str norni_csv_unquote(norni_arena *arena, const char *p, const char *end) {
    if (end - p < 2 || *p != '"' || end[-1] != '"') return (norni_str){p, (size_t)(end - p)};
    p++;
    end--;
    const char *q = memchr(p, '"', (size_t)(end - p));
    if (q == NULL) return (norni_str){p, (size_t)(end - p)};
    char *to = norni_arena_get(arena, (size_t)(end - p), 1);
    norni_str out = {to, 0};
    for (; to != NULL && p < end; p++) {
        to[out.n++] = *p;
        if (*p == '"' && p + 1 < end && p[1] == '"') p++;
    }
    return out;
}

/* Copies the record's fields into the cutter's arena. */
static norn_status split_header(norni_cutter *cut, const char *first, const char *last,
                                size_t n_fields, norni_csv_marks *m, norni_str *field,
                                norn_err *err) {
    const char *from = first;
    norni_csv_marks_init(m, &cut->syntax, m->quoting, first, last);
    for (size_t k = 0; k < n_fields; k++) {
        const char *at = norni_csv_mark(m);
        norni_str f = cut->syntax.quotes ? norni_csv_unquote(&cut->arena, from, at)
                                         : (norni_str){from, (size_t)(at - from)};
        const char *kept = f.p ? norni_arena_text(&cut->arena, f.p, f.n) : NULL;
        if (kept == NULL) return norni_alloc_fail(err, "input", f.n, 1);
        field[k] = (norni_str){kept, f.n};
        from = at + 1;
    }
    return NORN_OK;
}

/* A later input must have the first one's columns in the first one's order. */
static norn_status check_header(const norni_cutter *cut, const norni_str *field, size_t n,
                                norn_err *err) {
    bool same = n == cut->n_header;
    for (size_t k = 0; same && k < n; k++)
        same = norni_str_cmp(field[k], cut->header[k]) == 0;
    if (same) return NORN_OK;
    return norni_cutter_fail(cut, cut->header_line,
                             "the header is not the first file's; all inputs need the same columns",
                             err);
}

/* Reads until a whole record lies behind rest_at. */
static norn_status need_record(norni_cutter *cut, norni_csv_marks *m, const char **first,
                               const char **last, size_t *n, norn_err *err) {
    norni_chunk *r = &cut->rest;
    while (!first_record(cut, m, first, last, n)) {
        if (r->n - cut->rest_at >= NORNI_MOST_RECORD)
            return norni_cutter_fail(
                cut, norni_chunk_line(r, *first),
                "a record longer than 64 MiB begins here; is a quote never closed?", err);
        NORN_TRY(norni_cutter_read(cut, r, 2 * r->n > cut->target ? 2 * r->n : cut->target, err));
    }
    return NORN_OK;
}

static norn_status take_header(norni_cutter *cut, norni_csv_marks *m, norn_err *err) {
    norni_chunk *r = &cut->rest;
    const char *first = NULL, *last = NULL;
    size_t n = 0;
    NORN_TRY(need_record(cut, m, &first, &last, &n, err));
    if (memchr(first, 0, (size_t)(last - first)) != NULL)
        return norni_cutter_fail(cut, norni_chunk_line(r, first),
                                 "a NUL byte; the file is not text", err);
    if (first == last) return norn_fail(err, NORN_E_FORMAT, "the file is empty");
    const bool ended = last < r->p + r->n;
    if (!ended) { /* the input ends without a newline, or inside of quotes */
        if (m->quoting == NORNI_CSV_PARITY ? m->inside != 0 : m->state == 2)
            return norni_cutter_fail(cut, norni_chunk_line(r, first),
                                     "a quote opens here and is never closed", err);
        n++;
    }
    norni_str *field = norni_arena_get(&cut->arena, n, sizeof *field);
    if (field == NULL) return norni_alloc_fail(err, "input", n, sizeof *field);
    cut->header_line = norni_chunk_line(r, first);
    NORN_TRY(split_header(cut, first, last, n, m, field, err));
    if (cut->header != NULL) {
        if (!cut->keep_head) NORN_TRY(check_header(cut, field, n, err));
    } else {
        cut->header = field;
        cut->n_header = n;
    }
    return NORN_OK;
}

/* Takes the first record out of the text, unless it is data. */
static void drop_header(norni_cutter *cut, norni_csv_marks *m) {
    norni_chunk *r = &cut->rest;
    const char *first, *last;
    size_t n;
    if (cut->keep_head) return;
    (void)first_record(cut, m, &first, &last, &n); /* it is all there */
    const char *from = last < r->p + r->n ? last + 1 : last;
    if (from < r->p + r->n && from > r->p && from[-1] == '\r' && *from == '\n') from++;
    r->first_line += norni_csv_count_bytes(&cut->syntax, r->p, (size_t)(from - r->p)).lines;
    cut->rest_at = (size_t)(from - r->p);
}

static norn_status with_marks(norni_cutter *cut, bool take, bool drop, norn_err *err) {
    norni_csv_marks *m = norni_alloc_get(&cut->ctx->alloc, 1, sizeof *m);
    if (m == NULL) return norni_alloc_fail(err, "input", 1, sizeof *m);
    norn_status st = take ? take_header(cut, m, err) : NORN_OK;
    if (st == NORN_OK && drop) {
        const char *first, *last;
        size_t n;
        drop_header(cut, m);
        st = need_record(cut, m, &first, &last, &n, err); /* for the style of its time */
    }
    norni_alloc_drop(&cut->ctx->alloc, m, 1, sizeof *m);
    return st;
}

norn_status norni_cutter_head(norni_cutter *cut, norn_err *err) {
    cut->rest.n = cut->rest_at = 0;
    cut->rest.first_line = 1;
    cut->rest.input = cut->input;
    cut->source_over = false;
    NORN_TRY(norni_cutter_read(cut, &cut->rest, NORNI_HEAD_BYTES, err));
    NORN_TRY(begin_text(cut, err));
    return with_marks(cut, true, cut->begun, err);
}

norn_status norni_cutter_drop_head(norni_cutter *cut, norn_err *err) {
    return with_marks(cut, false, true, err);
}
