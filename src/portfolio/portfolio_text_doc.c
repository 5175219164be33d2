/* Plain text or HTML from one description: headings, wrapped words, facts, lists. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_text_doc.h"

#include "plot/svg.h"

enum { FACT_COLUMN = 26 };

void norni_port_doc_init(norni_port_doc *d, norni_buf *out, bool html) {
    *d = (norni_port_doc){.out = out, .html = html};
    norni_buf_init(&d->words, out->alloc);
}

void norni_port_doc_settle(norni_port_doc *d) {
    if (d->html && d->open == NORNI_PORT_DOC_LIST) norni_buf_text(d->out, "</ul>\n");
    if (d->html && d->open == NORNI_PORT_DOC_FACTS) norni_buf_text(d->out, "</dl>\n");
    if (!d->html && d->open != NORNI_PORT_DOC_NOTHING) norni_buf_text(d->out, "\n");
    d->open = NORNI_PORT_DOC_NOTHING;
}

static void leave_section(norni_port_doc *d) {
    norni_port_doc_settle(d);
    if (d->html && d->in_section) norni_buf_text(d->out, "</section>\n");
    d->in_section = false;
}

void norni_port_doc_end(norni_port_doc *d) {
    leave_section(d);
    if (d->words.failed) d->out->failed = true;
    norni_buf_clear(&d->words);
}

static void put_line(norni_buf *b, char c, size_t n) {
    for (size_t i = 0; i < n; i++)
        norni_buf_add(b, &c, 1);
    norni_buf_text(b, "\n");
}

/* Escaped; "46 %" is never torn apart. */
static void put_tagged(norni_buf *b, const char *tag, norni_str text) {
    size_t from = 0;
    norni_buf_format(b, "<%s>", tag);
    for (size_t i = 0; i + 1 < text.n; i++) {
        if (text.p[i] != ' ' || text.p[i + 1] != '%') continue;
        norni_svg_text(b, (norni_str){text.p + from, i - from});
        norni_buf_text(b, "\xc2\xa0");
        from = i + 1;
    }
    norni_svg_text(b, (norni_str){text.p + from, text.n - from});
    norni_buf_format(b, "</%s>\n", tag);
}

void norni_port_doc_title(norni_port_doc *d, const char *title) {
    if (d->html) {
        put_tagged(d->out, "h1", norni_str_of(title));
        return;
    }
    put_line(d->out, '=', NORNI_PORT_WIDTH);
    norni_buf_format(d->out, "%s\n", title);
    put_line(d->out, '=', NORNI_PORT_WIDTH);
    norni_buf_text(d->out, "\n");
}

void norni_port_doc_section(norni_port_doc *d, const char *title) {
    leave_section(d);
    d->in_section = true;
    if (d->html) {
        norni_buf_text(d->out, "<section>\n");
        put_tagged(d->out, "h2", norni_str_of(title));
        return;
    }
    norni_buf_text(d->out, "\n");
    for (const char *c = title; *c != '\0'; c++) {
        const char up = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        norni_buf_add(d->out, &up, 1);
    }
    norni_buf_text(d->out, "\n");
    put_line(d->out, '-', NORNI_PORT_WIDTH);
}

void norni_port_doc_part(norni_port_doc *d, const char *title) {
    norni_port_doc_settle(d);
    if (d->html)
        put_tagged(d->out, "h3", norni_str_of(title));
    else
        norni_buf_format(d->out, "%s\n", title);
}

norni_buf *norni_port_doc_words(norni_port_doc *d) {
    d->words.n = 0;
    return &d->words;
}

static norni_str words_of(norni_port_doc *d) {
    if (d->words.failed) d->out->failed = true;
    return d->words.failed || d->words.p == NULL ? (norni_str){"", 0}
                                                 : (norni_str){d->words.p, d->words.n};
}

/* Characters, not bytes. */
static size_t width_of(const char *p, size_t n) {
    size_t w = 0;
    for (size_t i = 0; i < n; i++)
        w += ((unsigned char)p[i] & 0xC0) != 0x80;
    return w;
}

/* Names come from files: what would move a terminal's cursor is made harmless. */
static void put_plain(norni_buf *b, const char *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const bool control = (unsigned char)p[i] < 0x20 || p[i] == 0x7F;
        norni_buf_add(b, control ? "?" : &p[i], 1);
    }
}

/* Words from column `at` on, further lines indented to `indent`; a word that is wider than a line is left whole. */
static void put_wrapped(norni_buf *b, norni_str s, size_t at, size_t indent) {
    bool fresh = true;
    for (size_t i = 0; i < s.n;) {
        while (i < s.n && s.p[i] == ' ')
            i++;
        size_t end = i;
        while (end < s.n && (s.p[end] != ' ' || (end + 1 < s.n && s.p[end + 1] == '%')))
            end++; /* "46 %" stays together */
        if (end == i) break;
        const size_t w = width_of(s.p + i, end - i);
        if (!fresh && at + 1 + w > NORNI_PORT_WIDTH) {
            norni_buf_text(b, "\n");
            for (at = 0; at < indent; at++)
                norni_buf_text(b, " ");
        } else if (!fresh) {
            norni_buf_text(b, " ");
            at++;
        }
        put_plain(b, s.p + i, end - i);
        at += w;
        i = end;
        fresh = false;
    }
    norni_buf_text(b, "\n");
}

void norni_port_doc_para(norni_port_doc *d) {
    const norni_str s = words_of(d);
    norni_port_doc_settle(d);
    if (d->html) {
        put_tagged(d->out, "p", s);
        return;
    }
    put_wrapped(d->out, s, 0, 0);
    norni_buf_text(d->out, "\n");
}

void norni_port_doc_say(norni_port_doc *d, const char *words) {
    norni_buf_text(norni_port_doc_words(d), words);
    norni_port_doc_para(d);
}

static void open_as(norni_port_doc *d, norni_port_block_kind kind) {
    if (d->open == kind) return;
    norni_port_doc_settle(d);
    d->open = kind;
    if (d->html)
        norni_buf_text(d->out, kind == NORNI_PORT_DOC_LIST ? "<ul>\n" : "<dl class=\"facts\">\n");
}

void norni_port_doc_item(norni_port_doc *d) {
    const norni_str s = words_of(d);
    open_as(d, NORNI_PORT_DOC_LIST);
    if (d->html) {
        put_tagged(d->out, "li", s);
        return;
    }
    norni_buf_text(d->out, "  - ");
    put_wrapped(d->out, s, 4, 4);
}

void norni_port_doc_fact(norni_port_doc *d, const char *name) {
    norni_str s = words_of(d);
    const bool none = s.n > 0 && s.p[0] == '-' && (s.n == 1 || s.p[1] == ' ' || s.p[1] == ',');
    if (none) s = norni_str_of("not defined"); /* "-, annualised" says nothing */
    open_as(d, NORNI_PORT_DOC_FACTS);
    if (d->html) {
        norni_buf_text(d->out, "<div>");
        put_tagged(d->out, "dt", norni_str_of(name));
        put_tagged(d->out, "dd", s);
        norni_buf_text(d->out, "</div>\n");
        return;
    }
    norni_buf_format(d->out, "  %s", name);
    size_t at = 2 + strlen(name);
    for (; at < FACT_COLUMN; at++)
        norni_buf_text(d->out, " ");
    norni_buf_text(d->out, "  ");
    put_wrapped(d->out, s, at + 2, FACT_COLUMN + 2);
}
