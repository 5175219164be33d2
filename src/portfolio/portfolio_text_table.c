/* Tables of a document: aligned columns in plain text, a captioned table in HTML. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/svg.h"
#include "portfolio/portfolio_text_doc.h"

enum { MOST_COLUMNS = 24 };

void norni_port_table_begin(norni_port_table *t, norni_port_doc *d, const char *caption,
                            const norni_port_column *column, size_t n_columns) {
    *t = (norni_port_table){.doc = d,
                            .caption = caption,
                            .column = column,
                            .n_columns = n_columns < MOST_COLUMNS ? n_columns : MOST_COLUMNS};
    norni_buf_init(&t->cells, d->out->alloc);
}

void norni_port_table_put(norni_port_table *t, norni_str cell) {
    for (size_t i = 0; i < cell.n; i++) {
        const char c = cell.p[i];
        norni_buf_add(&t->cells,
                      c == '\0' || (t->doc->html == false && (unsigned char)c < 0x20) ||
                              (t->doc->html == false && c == 0x7F)
                          ? "?"
                          : &c,
                      1);
    }
    norni_buf_add(&t->cells, "", 1);
    t->n_cells++;
}

void norni_port_table_say(norni_port_table *t, const char *cell) {
    norni_port_table_put(t, norni_str_of(cell));
}

void norni_port_table_words(norni_port_table *t) {
    const norni_buf *w = &t->doc->words;
    if (w->failed) t->doc->out->failed = true;
    norni_port_table_put(t,
                         w->failed || w->p == NULL ? (norni_str){"", 0} : (norni_str){w->p, w->n});
}

/* ---- HTML ---- */

/* In one line: "Configu-" and "rations" become one word again. */
static void put_head_words(norni_buf *b, const char *head) {
    for (const char *c = head; *c != '\0'; c++) {
        const bool torn = c[0] == '-' && c[1] == '\n';
        if (torn)
            c++;
        else
            norni_svg_text(b, (norni_str){*c == '\n' ? " " : c, 1});
    }
}

static void put_html(const norni_port_table *t) {
    norni_buf *b = t->doc->out;
    const char *at = t->cells.p;
    norni_buf_text(b, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    norni_svg_text(b, norni_str_of(t->caption));
    norni_buf_text(b, "\"><table><caption>");
    norni_svg_text(b, norni_str_of(t->caption));
    norni_buf_text(b, "</caption><thead><tr>");
    for (size_t k = 0; k < t->n_columns; k++) {
        norni_buf_text(
            b, t->column[k].left ? "<th scope=\"col\">" : "<th scope=\"col\" class=\"num\">");
        put_head_words(b, t->column[k].head);
        norni_buf_text(b, "</th>");
    }
    norni_buf_text(b, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < t->n_cells; i++) {
        const size_t k = i % t->n_columns;
        const norni_str cell = norni_str_of(at);
        const char *tag = k == 0 ? "th scope=\"row\"" : "td";
        if (k == 0) norni_buf_text(b, "<tr>");
        norni_buf_format(b, "<%s%s>", tag, t->column[k].left ? "" : " class=\"num\"");
        if (norni_str_is(cell, "-"))
            norni_buf_text(b, "\xe2\x80\x93");
        else
            norni_svg_text(b, cell);
        norni_buf_text(b, k == 0 ? "</th>" : "</td>");
        if (k + 1 == t->n_columns) norni_buf_text(b, "</tr>\n");
        at += cell.n + 1;
    }
    norni_buf_text(b, "</tbody></table></div>\n");
}

/* ---- plain text ---- */

static size_t width_of(norni_str s) {
    size_t w = 0;
    for (size_t i = 0; i < s.n; i++)
        w += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return w;
}

/* Line `line` of a head. */
static norni_str head_line(const char *head, size_t line) {
    const char *cut = strchr(head, '\n');
    if (cut == NULL) return line == 1 ? norni_str_of(head) : (norni_str){"", 0};
    return line == 0 ? (norni_str){head, (size_t)(cut - head)} : norni_str_of(cut + 1);
}

static void put_blanks(norni_buf *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        norni_buf_text(b, " ");
}

/* The text in `width` columns; too long, it is cut with two dots. No blanks at a line's end. */
static void put_cell(norni_buf *b, norni_str s, size_t width, bool left, bool last) {
    size_t w = width_of(s);
    if (w > width) {
        size_t n = 0, seen = 0;
        while (n < s.n && (seen + 2 < width || ((unsigned char)s.p[n] & 0xC0) == 0x80)) {
            n++;
            seen += n < s.n && ((unsigned char)s.p[n] & 0xC0) != 0x80;
        }
        norni_buf_add(b, s.p, n);
        norni_buf_text(b, "..");
        return;
    }
    if (!left) put_blanks(b, width - w);
    norni_buf_add(b, s.p, s.n);
    if (left && !last) put_blanks(b, width - w);
}

static void end_line(norni_buf *b) {
    while (!b->failed && b->n > 0 && b->p[b->n - 1] == ' ')
        b->n--;
    norni_buf_text(b, "\n");
}

static void measure(const norni_port_table *t, size_t *width) {
    const char *at = t->cells.p;
    for (size_t k = 0; k < t->n_columns; k++) {
        const size_t a = width_of(head_line(t->column[k].head, 0)),
                     b = width_of(head_line(t->column[k].head, 1));
        width[k] = a > b ? a : b;
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        const norni_port_column *c = &t->column[i % t->n_columns];
        size_t w = width_of(norni_str_of(at));
        if (c->most > 0 && w > c->most) w = c->most;
        if (w > width[i % t->n_columns]) width[i % t->n_columns] = w;
        at += strlen(at) + 1;
    }
}

static void put_text(const norni_port_table *t) {
    norni_buf *b = t->doc->out;
    const char *at = t->cells.p;
    size_t width[MOST_COLUMNS], all = 0;
    bool two = false;
    measure(t, width);
    for (size_t k = 0; k < t->n_columns; k++) {
        all += width[k] + 2;
        two = two || head_line(t->column[k].head, 0).n > 0;
    }
    norni_buf_format(b, "%s\n", t->caption);
    for (size_t line = two ? 0 : 1; line < 2; line++) {
        for (size_t k = 0; k < t->n_columns; k++) {
            norni_buf_text(b, "  ");
            put_cell(b, head_line(t->column[k].head, line), width[k], t->column[k].left,
                     k + 1 == t->n_columns);
        }
        end_line(b);
    }
    norni_buf_text(b, "  ");
    for (size_t i = 2; i < all; i++)
        norni_buf_text(b, "-");
    norni_buf_text(b, "\n");
    for (size_t i = 0; i < t->n_cells; i++) {
        const size_t k = i % t->n_columns;
        const norni_str cell = norni_str_of(at);
        norni_buf_text(b, "  ");
        put_cell(b, cell, width[k], t->column[k].left, k + 1 == t->n_columns);
        if (k + 1 == t->n_columns) end_line(b);
        at += cell.n + 1;
    }
    norni_buf_text(b, "\n");
}

void norni_port_table_end(norni_port_table *t) {
    norni_port_doc_settle(t->doc);
    if (t->cells.failed)
        t->doc->out->failed = true;
    else if (t->n_cells > 0 && t->doc->html)
        put_html(t);
    else if (t->n_cells > 0)
        put_text(t);
    norni_buf_clear(&t->cells);
}
