/* Texts of a table, of JSON, or of plain lines, with the rows that they stand in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/text_read.h"

#include "base/grow.h"
#include "io/json_pull.h"
#include "io/source.h"
#include "text/unicode.h"

static const char *const text_names[] = {"cleaned_content", "content", "text", "tweet",
                                         "review",          "message", "body", "comment"};
static const char *const time_names[] = {"timestamp", "created_at", "date"};
enum {
    N_TEXT_NAMES = sizeof text_names / sizeof text_names[0],
    N_TIME_NAMES = sizeof time_names / sizeof time_names[0]
};

typedef struct text_reader {
    norn_ctx *ctx;
    const norni_text_opt *opt;
    norni_arena *arena;
    norni_texts *out;
    norni_buf bytes;  /* of the file */
    norni_buf mended; /* scratch */
    size_t cap;
} text_reader;

/* ---- the file ---- */

static norn_status read_bytes(text_reader *r, bool *is_table, norn_err *err) {
    const norni_source_opt how = {.sheet = r->opt->sheet};
    norni_source *in = NULL;
    size_t got = 1;
    NORN_TRY(norni_source_open(r->ctx, r->opt->data, &how, &in, err));
    norn_status st = NORN_OK;
    *is_table = norni_source_is_table(in);
    while (!*is_table && st == NORN_OK && got > 0 && r->bytes.n <= NORNI_GRID_MOST_BYTES &&
           norni_buf_reserve(&r->bytes, (size_t)1 << 20)) {
        st = norni_source_read(in, r->bytes.p + r->bytes.n, (size_t)1 << 20, &got, err);
        if (st == NORN_OK) r->bytes.n += got;
    }
    norni_source_close(in);
    NORN_TRY(st);
    if (r->bytes.failed) return norni_alloc_fail(err, "text", r->bytes.cap, 2);
    if (r->bytes.n > NORNI_GRID_MOST_BYTES)
        return norn_fail(err, NORN_E_LIMIT, "more than 256 MiB; cut the file into parts");
    if (*is_table && strcmp(r->opt->data, "-") == 0)
        return norn_fail(err, NORN_E_ARG, "a workbook on standard input; give its file");
    return NORN_OK;
}

static norni_text_format format_of(const text_reader *r) {
    size_t at = 0;
    if (r->opt->input_format != NORNI_TEXT_AUTO) return (norni_text_format)r->opt->input_format;
    while (at < r->bytes.n && memchr(" \t\r\n", r->bytes.p[at], 4) != NULL)
        at++;
    const char c = at < r->bytes.n ? r->bytes.p[at] : 0;
    return c == '{' || c == '[' ? NORNI_TEXT_JSON : NORNI_TEXT_CSV;
}

/* A file of one column whose first line is no name that is known or asked for: plain lines, without a header. */
static bool is_plain(const text_reader *r) {
    const char *end = r->bytes.n > 0 ? memchr(r->bytes.p, '\n', r->bytes.n) : NULL;
    const norni_str first =
        norni_str_trim((norni_str){r->bytes.p, end ? (size_t)(end - r->bytes.p) : r->bytes.n});
    if (r->opt->text_col != NULL || r->opt->id_col != NULL || r->opt->point_in_time != 0 ||
        first.n == 0 || first.p[0] == '"')
        return false;
    for (size_t k = 0; k < first.n; k++) {
        if (memchr(",;|\t", first.p[k], 4) != NULL) return false;
    }
    for (size_t k = 0; k < N_TEXT_NAMES; k++) {
        if (norni_str_is_nocase(first, text_names[k])) return false;
    }
    return true;
}

/* ---- rows ---- */

static norn_status keep(text_reader *r, norni_str s, norni_str *out, norn_err *err) {
    r->mended.n = 0;
    r->out->n_mended += norni_utf8_mend(s, &r->mended) > 0;
    const char *p = r->mended.failed ? NULL : norni_arena_text(r->arena, r->mended.p, r->mended.n);
    if (p == NULL) return norni_alloc_fail(err, "text", s.n, 1);
    *out = (norni_str){p, r->mended.n};
    return NORN_OK;
}

static norn_status make_room(text_reader *r, size_t n, norn_err *err) {
    norni_texts *t = r->out;
    t->text = norni_arena_zero(r->arena, n + 1, sizeof *t->text);
    if (r->opt->id_col != NULL) t->id = norni_arena_zero(r->arena, n + 1, sizeof *t->id);
    if (r->opt->point_in_time != 0) t->time = norni_arena_zero(r->arena, n + 1, sizeof *t->time);
    const bool good =
        t->text && (r->opt->id_col == NULL || t->id) && (r->opt->point_in_time == 0 || t->time);
    return good ? NORN_OK : norni_alloc_fail(err, "text", n, 48);
}

/* ---- a table ---- */

static size_t column_of(const norni_grid_row *head, const char *name) {
    for (size_t k = 0; k < head->n; k++) {
        if (norni_str_is_nocase(head->cell[k], name)) return k;
    }
    return SIZE_MAX;
}

/* The column asked for, or the first of the usual names. NORN_E_DATA lists those that are there. */
static norn_status find_column(const norni_grid_row *head, const char *flag, const char *asked,
                               const char *const *usual, size_t n, size_t *out, norn_err *err) {
    char list[160] = "";
    size_t at = 0;
    *out = asked != NULL ? column_of(head, asked) : SIZE_MAX;
    for (size_t k = 0; asked == NULL && k < n && *out == SIZE_MAX; k++)
        *out = column_of(head, usual[k]);
    if (*out == SIZE_MAX && asked == NULL && head->n == 1) *out = 0;
    if (*out != SIZE_MAX) return NORN_OK;
    for (size_t k = 0; k < head->n && at + 48 < sizeof list; k++)
        at += norni_format(list + at, sizeof list - at, "%s%.40s", k ? ", " : "", head->cell[k].p);
    if (asked != NULL)
        return norn_fail(err, NORN_E_DATA, "%s: there is no column '%.60s'; there are: %s", flag,
                         asked, list);
    return norn_fail(err, NORN_E_DATA, "no column for %s by its usual names; there are: %s", flag,
                     list);
}

static norn_status take_table(text_reader *r, bool workbook, norn_err *err) {
    norni_texts *t = r->out;
    size_t text = 0, id = 0, time = 0;
    NORN_TRY(workbook
                 ? norni_grid_read(r->ctx, r->opt->data, r->opt->sheet, r->arena, &t->grid, err)
                 : norni_grid_parse_whole(r->ctx, r->bytes.p, r->bytes.n, r->arena, &t->grid, err));
    if (t->grid.n == 0) return norn_fail(err, NORN_E_DATA, "the file is empty");
    const norni_grid_row *head = &t->grid.row[0];
    NORN_TRY(
        find_column(head, "--text-col", r->opt->text_col, text_names, N_TEXT_NAMES, &text, err));
    if (r->opt->id_col != NULL)
        NORN_TRY(find_column(head, "--id-col", r->opt->id_col, NULL, 0, &id, err));
    if (r->opt->point_in_time != 0)
        NORN_TRY(find_column(head, "--time-col", r->opt->time_col, time_names, N_TIME_NAMES, &time,
                             err));
    t->n = t->grid.n - 1;
    NORN_TRY(make_room(r, t->n, err));
    for (size_t i = 0; i < t->n; i++) {
        const norni_grid_row *row = &t->grid.row[i + 1];
        if (row->n > head->n)
            return norn_fail(err, NORN_E_FORMAT, "line %llu: %zu cells, the header has %zu",
                             (unsigned long long)row->line, row->n, head->n);
        NORN_TRY(keep(r, norni_grid_cell(row, text), &t->text[i], err));
        if (t->id) t->id[i] = norni_grid_cell(row, id);
        if (t->time) t->time[i] = norni_grid_cell(row, time);
    }
    if (t->id) t->id_name = head->cell[id];
    return NORN_OK;
}

/* ---- JSON ---- */

static bool is_one_of(norni_str key, const char *asked, const char *const *usual, size_t n,
                      size_t *rank) {
    if (asked != NULL) {
        *rank = 0;
        return norni_str_is(key, asked);
    }
    for (*rank = 0; *rank < n; ++*rank) {
        if (norni_str_is(key, usual[*rank])) return true;
    }
    return false;
}

static norn_status take_value(text_reader *r, const norni_json_item *item, norni_str *out,
                              norn_err *err) {
    norni_buf b;
    norn_status st;
    if (item->kind == NORNI_JSON_NUMBER) return keep(r, item->raw, out, err);
    if (item->kind != NORNI_JSON_STRING) return NORN_OK;
    norni_buf_init(&b, &r->ctx->alloc);
    (void)norni_json_text(item, &b);
    st = b.failed ? norni_alloc_fail(err, "text", b.cap, 2)
                  : keep(r, (norni_str){b.p, b.n}, out, err);
    norni_buf_clear(&b);
    return st;
}

/* The members of the object that has begun, into row t->n. */
static norn_status take_object(text_reader *r, norni_json_pull *p, norn_err *err) {
    norni_texts *t = r->out;
    const char *begin = p->at - 1;
    size_t best_text = SIZE_MAX, best_time = SIZE_MAX, rank = 0;
    norni_json_item item;
    for (;;) {
        NORN_TRY(norni_json_pull_next(p, &item, err));
        if (item.kind == NORNI_JSON_OBJECT_END) break;
        const norni_str key = item.raw;
        NORN_TRY(norni_json_pull_next(p, &item, err));
        if (is_one_of(key, r->opt->text_col, text_names, N_TEXT_NAMES, &rank) && rank < best_text) {
            best_text = rank;
            NORN_TRY(take_value(r, &item, &t->text[t->n], err));
        }
        if (t->id && norni_str_is(key, r->opt->id_col))
            NORN_TRY(take_value(r, &item, &t->id[t->n], err));
        if (t->time && is_one_of(key, r->opt->time_col, time_names, N_TIME_NAMES, &rank) &&
            rank < best_time) {
            best_time = rank;
            NORN_TRY(take_value(r, &item, &t->time[t->n], err));
        }
        NORN_TRY(norni_json_pull_skip(p, &item, err));
    }
    if (best_text == SIZE_MAX)
        return norn_fail(err, NORN_E_DATA, "object %zu has no text (%s); give --text-col", t->n + 1,
                         r->opt->text_col ? r->opt->text_col : "cleaned_content, content, text …");
    t->object[t->n++] = (norni_str){begin, (size_t)(p->at - begin)};
    return NORN_OK;
}

static size_t count_byte(norni_str s, char c) {
    size_t n = 0;
    for (const char *p = s.p, *end = s.p + s.n;
         p < end && (p = memchr(p, c, (size_t)(end - p))) != NULL; p++)
        n++;
    return n;
}

static norn_status take_lines_of_json(text_reader *r, norni_str all, norn_err *err) {
    uint64_t line = 0;
    for (size_t at = 0; at < all.n;) {
        const char *end = memchr(all.p + at, '\n', all.n - at);
        const size_t n = end ? (size_t)(end - all.p) - at : all.n - at;
        const norni_str one = norni_str_trim((norni_str){all.p + at, n});
        norni_json_pull p;
        norni_json_item item;
        norn_err why = {NORN_OK, ""};
        at += n + 1;
        line++;
        if (one.n == 0) continue;
        norni_json_pull_init(&p, one);
        norn_status st = norni_json_pull_next(&p, &item, &why);
        if (st == NORN_OK && item.kind != NORNI_JSON_OBJECT)
            st = norn_fail(&why, NORN_E_FORMAT, "not an object");
        if (st == NORN_OK) st = take_object(r, &p, &why);
        if (st == NORN_OK) st = norni_json_pull_next(&p, &item, &why); /* nothing behind it */
        if (st != NORN_OK)
            return norn_fail(err, st, "line %llu: %s", (unsigned long long)line, why.text);
    }
    return NORN_OK;
}

static norn_status take_array(text_reader *r, norni_str all, norn_err *err) {
    norni_json_pull p;
    norni_json_item item;
    norni_json_pull_init(&p, all);
    NORN_TRY(norni_json_pull_next(&p, &item, err));
    for (;;) {
        NORN_TRY(norni_json_pull_next(&p, &item, err));
        if (item.kind == NORNI_JSON_ARRAY_END) break;
        if (item.kind != NORNI_JSON_OBJECT)
            return norn_fail(err, NORN_E_FORMAT, "element %zu is not an object", r->out->n + 1);
        NORN_TRY(take_object(r, &p, err));
    }
    return norni_json_pull_next(&p, &item, err);
}

static norn_status take_json(text_reader *r, norni_str all, norn_err *err) {
    const size_t most = count_byte(all, '{');
    NORN_TRY(make_room(r, most, err));
    r->out->object = norni_arena_get(r->arena, most + 1, sizeof *r->out->object);
    if (r->out->object == NULL) return norni_alloc_fail(err, "text", most, sizeof(norni_str));
    if (r->opt->id_col != NULL) r->out->id_name = norni_str_of(r->opt->id_col);
    const norni_str at = norni_str_trim(all);
    return at.n > 0 && at.p[0] == '[' ? take_array(r, at, err) : take_lines_of_json(r, all, err);
}

/* ---- lines ---- */

static norn_status take_lines(text_reader *r, norni_str all, norn_err *err) {
    norni_texts *t = r->out;
    if (r->opt->id_col != NULL || r->opt->text_col != NULL || r->opt->point_in_time != 0)
        return norn_fail(err, NORN_E_ARG,
                         "plain lines have no columns: no --text-col, --id-col, --point-in-time");
    NORN_TRY(make_room(r, count_byte(all, '\n') + 1, err));
    for (size_t at = 0; at < all.n;) {
        const char *end = memchr(all.p + at, '\n', all.n - at);
        size_t n = end ? (size_t)(end - all.p) - at : all.n - at;
        const size_t next = at + n + 1;
        if (n > 0 && all.p[at + n - 1] == '\r') n--;
        NORN_TRY(keep(r, (norni_str){all.p + at, n}, &t->text[t->n++], err));
        at = next;
    }
    return NORN_OK;
}

norn_status norni_texts_read(norn_ctx *ctx, const norni_text_opt *opt, norni_arena *arena,
                             norni_texts *out, norn_err *err) {
    text_reader r = {.ctx = ctx, .opt = opt, .arena = arena, .out = out};
    bool is_table = false;
    memset(out, 0, sizeof *out);
    norni_buf_init(&r.bytes, &ctx->alloc);
    norni_buf_init(&r.mended, &ctx->alloc);
    norn_status st = read_bytes(&r, &is_table, err);
    if (st == NORN_OK) {
        /* the rows' own text stays with the arena */
        const norni_str all = {
            is_table ? "" : norni_arena_text(arena, r.bytes.p ? r.bytes.p : "", r.bytes.n),
            r.bytes.n};
        out->format = is_table ? NORNI_TEXT_CSV : format_of(&r);
        if (!is_table && opt->input_format == NORNI_TEXT_AUTO && out->format == NORNI_TEXT_CSV &&
            is_plain(&r)) {
            out->format = NORNI_TEXT_LINES;
            out->guessed_lines = true;
        }
        if (all.p == NULL)
            st = norni_alloc_fail(err, "text", all.n, 1);
        else if (out->format == NORNI_TEXT_CSV)
            st = take_table(&r, is_table, err);
        else if (out->format == NORNI_TEXT_JSON)
            st = take_json(&r, all, err);
        else
            st = take_lines(&r, all, err);
    }
    norni_buf_clear(&r.mended);
    norni_buf_clear(&r.bytes);
    return st;
}
