/* Tables and prose of a report's HTML page, from the JSON that the report's other parts wrote. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/numtext.h"
#include "finance/finance_html_parts.h"
#include "plot/svg.h"

/* Columns at most, side by side; rows at most; of many rows, the largest or the latest are shown at once. */
enum { COLUMNS = 64, ABREAST = 12, ROWS = 200, TOP = 12, LATEST = 24 };

/* ---- reading what norni_json wrote: well-formed, as the house made it ---- */

typedef struct reader {
    const char *p, *end;
} reader;

static void blanks(reader *r) {
    while (r->p < r->end &&
           (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == ',' || *r->p == ':'))
        r->p++;
}

static char peek(reader *r) {
    blanks(r);
    return r->p < r->end ? *r->p : '\0';
}

/* The text between a string's quotes, its escapes still there. */
static norni_str quoted(reader *r) {
    const char *from = ++r->p;
    while (r->p < r->end && *r->p != '"')
        r->p += *r->p == '\\' && r->p + 1 < r->end ? 2 : 1;
    const norni_str s = {from, (size_t)(r->p - from)};
    if (r->p < r->end) r->p++;
    return s;
}

/* Any value as it stands. */
static norni_str value(reader *r) {
    size_t depth = 0;
    const char c = peek(r), *from = r->p;
    if (c == '"') return quoted(r);
    do {
        if (r->p >= r->end) break;
        if (*r->p == '"') {
            (void)quoted(r);
            continue;
        }
        if (*r->p == '{' || *r->p == '[') depth++;
        if ((*r->p == '}' || *r->p == ']') && depth > 0 && --depth == 0) {
            r->p++;
            break;
        }
        if (depth == 0 && (*r->p == ',' || *r->p == '}' || *r->p == ']')) break;
        r->p++;
    } while (true);
    return (norni_str){from, (size_t)(r->p - from)};
}

static uint32_t hex4(const char *p) {
    uint32_t x = 0;
    for (size_t i = 0; i < 4; i++) {
        const char c = p[i];
        x = x * 16 + (uint32_t)(c >= '0' && c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return x;
}

/* A string's escapes undone, the page's put in. The writer escapes " \ and what lies below a blank. */
static void put_string(norni_buf *b, norni_str raw) {
    for (size_t i = 0; i < raw.n;) {
        size_t end = i;
        while (end < raw.n && raw.p[end] != '\\')
            end++;
        norni_svg_text(b, (norni_str){raw.p + i, end - i});
        i = end;
        if (i + 1 >= raw.n) break;
        char c = raw.p[i + 1];
        i += 2;
        if (c == 'n' || c == 't' || c == 'r' || c == 'b' || c == 'f') c = ' ';
        if (c == 'u' && i + 4 <= raw.n) {
            const uint32_t x = hex4(raw.p + i);
            c = x < 128 ? (char)x : ' ';
            i += 4;
        }
        norni_svg_text(b, (norni_str){&c, 1});
    }
}

/* ---- one table ---- */

typedef struct column {
    norni_str key, label; /* an empty label: the key's words */
    norni_fin_kind kind;
    bool any, number; /* some row has something there; a number */
} column;

typedef struct grid {
    column column[COLUMNS];
    size_t n, rows;
    norni_str top[TOP]; /* the rows of most revenue, where there is such a column */
    double size[TOP];
    size_t n_top;
} grid;

/* A row's cells by column; `null` where it has none. Leaves the reader behind the row. */
static void read_row(reader *r, const grid *g, norni_str *cell, bool *text) {
    for (size_t k = 0; k < g->n; k++)
        cell[k] = norni_str_of("null"), text[k] = false;
    r->p++;
    while (peek(r) == '"') {
        const norni_str name = quoted(r);
        const bool is_text = peek(r) == '"';
        const norni_str v = value(r);
        for (size_t k = 0; k < g->n; k++)
            if (norni_str_cmp(g->column[k].key, name) == 0) cell[k] = v, text[k] = is_text;
    }
    if (r->p < r->end) r->p++;
}

static void keep_top(grid *g, norni_str row, double size) {
    size_t at = g->n_top < TOP ? g->n_top++ : TOP;
    if (at == TOP && !(size > g->size[--at])) return;
    while (at > 0 && size > g->size[at - 1]) {
        g->top[at] = g->top[at - 1], g->size[at] = g->size[at - 1];
        at--;
    }
    g->top[at] = row, g->size[at] = size;
}

/* What the rows have: columns in use, how many rows, the largest of them. */
static void survey(grid *g, reader r) {
    norni_str cell[COLUMNS];
    bool text[COLUMNS];
    double x;
    for (; peek(&r) == '{'; g->rows++) {
        const char *const from = r.p;
        read_row(&r, g, cell, text);
        for (size_t k = 0; k < g->n; k++) {
            column *c = &g->column[k];
            const bool number =
                !text[k] && norni_num_parse(cell[k].p, cell[k].n, &x) == NORNI_NUM_OK;
            c->any = c->any || (!norni_str_is(cell[k], "null") && cell[k].n > 0);
            c->number = c->number || number;
            if (number && norni_str_is(c->key, "revenue_sum"))
                keep_top(g, (norni_str){from, (size_t)(r.p - from)}, x);
        }
    }
}

static bool is_metric(norni_str key) {
    return norni_str_is(key, "metric") || norni_str_is(key, "metric_a") ||
           norni_str_is(key, "metric_b") || norni_str_is(key, "feature");
}

/* ["a", "b"] as "a; b"; anything else as it stands. */
static void put_other(norni_buf *b, norni_str v) {
    reader r = {v.p, v.p + v.n};
    if (norni_str_is(v, "null")) {
        norni_buf_text(b, "\xe2\x80\x93");
    } else if (norni_str_is(v, "true") || norni_str_is(v, "false")) {
        norni_buf_text(b, v.n == 4 ? "yes" : "no");
    } else if (peek(&r) == '[') {
        r.p++;
        for (bool more = false; peek(&r) == '"'; more = true) {
            if (more) norni_buf_text(b, "; ");
            put_string(b, quoted(&r));
        }
    } else {
        norni_svg_text(b, v);
    }
}

static void put_cell(norni_buf *b, const column *c, norni_fin_kind kind, bool text, norni_str v) {
    double x;
    if (!text && norni_num_parse(v.p, v.n, &x) == NORNI_NUM_OK) {
        norni_fin_html_valued(b, c->kind == NORNI_FIN_KIND_NUMBER ? kind : c->kind, x);
        return;
    }
    norni_buf_text(b, c->number           ? "<td class=\"num\">"
                      : text && v.n <= 10 ? "<td class=\"key\">"
                                          : "<td>");
    if (!text)
        put_other(b, v);
    else if (is_metric(c->key))
        norni_fin_html_words(b, v);
    else if (!norni_fin_html_date(b, v))
        put_string(b, v);
    norni_buf_text(b, "</td>");
}

/* The row's columns [from, to), the first column before them. */
static void put_row(norni_buf *b, reader *r, const grid *g, size_t from, size_t to) {
    norni_str cell[COLUMNS];
    bool text[COLUMNS];
    norni_fin_kind kind = NORNI_FIN_KIND_NUMBER; /* of the metric that the row is of */
    read_row(r, g, cell, text);
    for (size_t k = 0; k < g->n; k++)
        if (is_metric(g->column[k].key) && text[k]) kind = norni_fin_html_kind(cell[k]);
    norni_buf_text(b, "<tr>");
    if (from > 0) put_cell(b, &g->column[0], kind, text[0], cell[0]);
    for (size_t k = from; k < to; k++)
        put_cell(b, &g->column[k], kind, text[k], cell[k]);
    norni_buf_text(b, "</tr>\n");
}

static void put_heading(norni_buf *b, const column *c) {
    norni_buf_text(b, c->number ? "<th scope=\"col\" class=\"num\">" : "<th scope=\"col\">");
    if (c->label.n > 0)
        norni_svg_text(b, c->label);
    else
        norni_fin_html_words(b, c->key);
    norni_buf_text(b, "</th>");
}

/* <table> with its head: caption, what part of the columns and of the rows it is. */
static void open_table(norni_buf *b, norni_str caption, const grid *g, size_t from, size_t to,
                       const char *which) {
    norni_buf_format(b, "<div class=\"scroll%s\"><table><caption>", g->rows <= 16 ? " short" : "");
    norni_fin_html_words(b, caption);
    if (from > 0) norni_buf_text(b, ", continued");
    norni_buf_text(b, which);
    norni_buf_text(b, "</caption><thead><tr>");
    if (from > 0) put_heading(b, &g->column[0]);
    for (size_t k = from; k < to; k++)
        put_heading(b, &g->column[k]);
    norni_buf_text(b, "</tr></thead><tbody>\n");
}

static void put_all(norni_buf *b, norni_str caption, const grid *g, reader r, size_t from,
                    size_t to, const char *which, size_t skip) {
    open_table(b, caption, g, from, to, which);
    for (size_t i = 0; peek(&r) == '{' && i < skip + ROWS; i++) {
        if (i < skip)
            (void)value(&r);
        else
            put_row(b, &r, g, from, to);
    }
    norni_fin_html_table_end(b);
}

/* The columns [from, to): the largest or latest rows of many, and all of them behind a word. */
static void put_part(norni_buf *b, norni_str caption, const grid *g, reader r, size_t from,
                     size_t to) {
    char which[64] = "";
    const bool ranked = g->n_top > 0 && g->rows > TOP;
    const bool dated = norni_str_is(g->column[0].key, "date") && g->rows > LATEST + LATEST / 2;
    if (!ranked && !dated) {
        put_all(b, caption, g, r, from, to, "", 0);
        if (g->rows > ROWS)
            norni_buf_format(b, "<p class=\"soft\">The first %d of %zu rows.</p>\n", ROWS, g->rows);
        return;
    }
    if (ranked) {
        (void)norni_format(which, sizeof which, ": the %d with most revenue, of %zu", TOP, g->rows);
        open_table(b, caption, g, from, to, which);
        for (size_t i = 0; i < g->n_top; i++) {
            reader one = {g->top[i].p, g->top[i].p + g->top[i].n};
            put_row(b, &one, g, from, to);
        }
        norni_fin_html_table_end(b);
    } else {
        (void)norni_format(which, sizeof which, ": the last %d of %zu months", LATEST, g->rows);
        put_all(b, caption, g, r, from, to, which, g->rows - LATEST);
    }
    norni_buf_format(b, "<details><summary>Show %s%zu</summary>\n",
                     g->rows > ROWS ? "the first 200 of " : "all ", g->rows);
    put_all(b, caption, g, r, from, to, "", 0);
    norni_buf_text(b, "</details>\n");
}

/* The keys of an object, as many as there is room for. */
static void keys_of(reader r, grid *g) {
    for (r.p++; g->n < COLUMNS && peek(&r) == '"'; g->n++) {
        g->column[g->n].key = quoted(&r);
        (void)value(&r);
    }
}

void norni_fin_html_rows(norni_buf *b, norni_str caption, const norni_fin_pick *pick,
                         norni_str json) {
    reader r = {json.p, json.p + json.n};
    grid g = {.n = 0};
    if (peek(&r) != '[') return;
    r.p++;
    if (peek(&r) != '{') return;
    for (; pick != NULL && pick[g.n].key != NULL; g.n++)
        g.column[g.n] =
            (column){.key = norni_str_of(pick[g.n].key), .label = norni_str_of(pick[g.n].label)};
    if (pick == NULL) keys_of(r, &g);
    for (size_t k = 0; k < g.n; k++)
        g.column[k].kind = norni_fin_html_kind(g.column[k].key);
    survey(&g, r);
    size_t used = 0;
    for (size_t k = 0; k < g.n; k++)
        if (k == 0 || g.column[k].any) g.column[used++] = g.column[k];
    g.n = used;
    if (g.n <= ABREAST) {
        put_part(b, caption, &g, r, 0, g.n);
        return;
    }
    const size_t parts = (g.n - 2) / (ABREAST - 1) + 1, each = (g.n - 2) / parts + 1;
    for (size_t from = 1; from < g.n; from += each)
        put_part(b, caption, &g, r, from == 1 ? 0 : from, from + each < g.n ? from + each : g.n);
}

void norni_fin_html_tables(norni_buf *b, norni_str json) {
    reader r = {json.p, json.p + json.n};
    if (peek(&r) != '{') return;
    r.p++;
    while (peek(&r) == '"') {
        const norni_str name = quoted(&r);
        const char kind = peek(&r);
        const norni_str inner = value(&r);
        if (kind == '[') norni_fin_html_rows(b, name, NULL, inner);
        if (kind != '{' || norni_str_is(name, "forecast_tables")) continue; /* they stand above */
        norni_buf_text(b, "<h3>");
        norni_fin_html_words(b, name);
        norni_buf_text(b, "</h3>\n");
        norni_fin_html_tables(b, inner);
    }
}

void norni_fin_html_prose(norni_buf *b, norni_str json) {
    reader r = {json.p, json.p + json.n};
    const char kind = peek(&r);
    if (kind == '"') {
        norni_buf_text(b, "<p>");
        put_string(b, quoted(&r));
        norni_buf_text(b, "</p>\n");
        return;
    }
    if (kind != '{' && kind != '[') return;
    r.p++;
    if (kind == '[' && peek(&r) != ']') norni_buf_text(b, "<ul>\n");
    bool any = false;
    while (peek(&r) != '\0' && peek(&r) != '}' && peek(&r) != ']') {
        if (kind == '{') {
            (void)quoted(&r);
            const bool text = peek(&r) == '"';
            norni_str v = value(&r);
            if (text && v.p + v.n < json.p + json.n) v = (norni_str){v.p - 1, v.n + 2};
            norni_fin_html_prose(b, v);
            continue;
        }
        any = true;
        norni_buf_text(b, "<li>");
        if (peek(&r) == '"')
            put_string(b, quoted(&r));
        else
            (void)value(&r);
        norni_buf_text(b, "</li>\n");
    }
    if (any) norni_buf_text(b, "</ul>\n");
}
