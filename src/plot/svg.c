/* SVG at the lowest level: escaped text, text widths, numbers, shapes and compact paths. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/svg.h"

#include <math.h>

#include "base/hash.h"
#include "base/numtext.h"

static const double coord_limit = 1e7;

static int64_t hundredths(double x) {
    if (!isfinite(x)) return 0;
    if (x > coord_limit) x = coord_limit;
    if (x < -coord_limit) x = -coord_limit;
    return (int64_t)floor(x * 100 + 0.5);
}

/* 1234 -> 12.34, -50 -> -.5 */
static size_t print_hundredths(char *out, int64_t v) {
    char *p = out;
    if (v < 0) *p++ = '-';
    const int64_t a = v < 0 ? -v : v, cents = a % 100;
    if (a >= 100 || cents == 0) p += norni_int_print(p, a / 100);
    if (cents != 0) {
        *p++ = '.';
        *p++ = (char)('0' + cents / 10);
        if (cents % 10 != 0) *p++ = (char)('0' + cents % 10);
    }
    return (size_t)(p - out);
}

void norni_svg_num(norni_buf *b, double x) {
    char text[NORNI_NUM_MAX];
    norni_buf_add(b, text, print_hundredths(text, hundredths(x)));
}

void norni_svg_attr(norni_buf *b, const char *name, double x) {
    norni_buf_text(b, " ");
    norni_buf_text(b, name);
    norni_buf_text(b, "=\"");
    norni_svg_num(b, x);
    norni_buf_text(b, "\"");
}

/* One character of untrusted text: its bytes, its code point, and what stands for it. */
typedef struct glyph {
    size_t n;
    uint32_t code;
} glyph;

static const uint32_t bad_code = 0xFFFD;

/* Length of the UTF-8 character at p by its lead byte, its least value in *least; 0: no lead. */
static size_t lead_length(unsigned char c, uint32_t *least) {
    *least = c < 0x80 ? 0 : c < 0xE0 ? 0x80 : c < 0xF0 ? 0x800 : 0x10000;
    return c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
}

static glyph decode(const char *text, size_t n) {
    const unsigned char *p = (const unsigned char *)text;
    const glyph bad = {1, bad_code};
    uint32_t least;
    const size_t len = lead_length(p[0], &least);
    if (len == 0 || len > n) return bad;
    uint32_t code = len == 1 ? p[0] : p[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) return bad;
        code = code << 6 | (p[i] & 0x3F);
    }
    if (code < least || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return bad;
    if (code == '\t' || code == '\n' || code == '\r') code = ' ';
    /* what XML forbids, and the C1 controls that it discourages */
    if (code < 0x20 || (code >= 0x7F && code < 0xA0) || (code & 0xFFFE) == 0xFFFE) code = bad_code;
    return (glyph){len, code};
}

static void put_glyph(norni_buf *b, const char *at, glyph g) {
    switch (g.code) {
        case '&': norni_buf_text(b, "&amp;"); return;
        case '<': norni_buf_text(b, "&lt;"); return;
        case '>': norni_buf_text(b, "&gt;"); return;
        case '"': norni_buf_text(b, "&quot;"); return;
        case '\'': norni_buf_text(b, "&#39;"); return;
        case ' ': norni_buf_text(b, " "); return;
        case 0xFFFD: norni_buf_text(b, "\xEF\xBF\xBD"); return;
        default: norni_buf_add(b, at, g.n); return;
    }
}

void norni_svg_text(norni_buf *b, norni_str s) {
    for (size_t i = 0; i < s.n;) {
        const glyph g = decode(s.p + i, s.n - i);
        put_glyph(b, s.p + i, g);
        i += g.n;
    }
}

/* Widths of ASCII from blank to ~ in a usual sans serif, hundredths of the size, rounded up. */
static const unsigned char ascii_width[95] = {
    28, 28, 36, 56, 56, 89, 67, 20, 34, 34, 39, 59, 28, 34, 28, 28, 56, 56, 56, 56, 56, 56, 56, 56,
    56, 56, 28, 28, 59, 59, 59, 56, 99, 67, 67, 73, 73, 67, 61, 78, 73, 28, 50, 67, 56, 84, 73, 78,
    67, 78, 73, 67, 61, 73, 67, 95, 67, 67, 61, 28, 28, 28, 47, 56, 34, 56, 56, 50, 56, 56, 28, 56,
    56, 23, 23, 50, 23, 84, 56, 56, 56, 56, 34, 50, 28, 56, 50, 73, 50, 50, 50, 34, 26, 34, 59};

static double glyph_width(uint32_t c) {
    const double spare = 1.06; /* the reader's own font may be wider than the table's */
    if (c >= 0x20 && c < 0x7F) return spare * 0.01 * (double)ascii_width[c - 0x20];
    if ((c >= 0x300 && c < 0x370) || (c >= 0x200B && c < 0x2010) || (c >= 0xFE00 && c < 0xFE10))
        return 0; /* combining marks, joiners, variation selectors */
    if (c == 0x2026 || c == bad_code) return 1;
    if ((c >= 0x1100 && c < 0x1160) || (c >= 0x2E80 && c < 0xD7B0) || (c >= 0xF900 && c < 0xFB00) ||
        (c >= 0xFF00 && c < 0xFF61))
        return 1.02; /* full width */
    return c >= 0x1F000 ? 1.3 : 0.64;
}

double norni_svg_width(norni_str s, double size) {
    double sum = 0;
    for (size_t i = 0; i < s.n;) {
        const glyph g = decode(s.p + i, s.n - i);
        sum += glyph_width(g.code);
        i += g.n;
    }
    return sum * size;
}

void norni_svg_fit(norni_buf *b, norni_str s, double size, double room) {
    const double ellipsis = glyph_width(0x2026) * size;
    double used = 0;
    size_t cut = 0; /* the longest start that leaves room for the ellipsis */
    for (size_t i = 0; i < s.n;) {
        const glyph g = decode(s.p + i, s.n - i);
        used += glyph_width(g.code) * size;
        if (used > room) {
            while (cut > 0 && s.p[cut - 1] == ' ')
                cut--;
            norni_svg_text(b, (norni_str){s.p, cut});
            norni_buf_text(b, "\xE2\x80\xA6");
            return;
        }
        i += g.n;
        if (used + ellipsis <= room) cut = i;
    }
    norni_svg_text(b, s);
}

void norni_svg_put_label(norni_buf *b, const norni_svg_label *label, norni_str text) {
    if (text.n == 0) return;
    norni_buf_text(b, "<text class=\"");
    norni_buf_text(b, label->css);
    norni_buf_text(b, "\"");
    norni_svg_attr(b, "x", label->x);
    norni_svg_attr(b, "y", label->y);
    if (label->anchor != NORNI_SVG_START)
        norni_buf_text(b, label->anchor == NORNI_SVG_MIDDLE ? " text-anchor=\"middle\""
                                                            : " text-anchor=\"end\"");
    norni_buf_text(b, ">");
    if (label->room > 0)
        norni_svg_fit(b, text, label->size, label->room);
    else
        norni_svg_text(b, text);
    norni_buf_text(b, "</text>\n");
}

void norni_svg_put_rect(norni_buf *b, const char *css, const double box[4]) {
    norni_buf_text(b, "<rect class=\"");
    norni_buf_text(b, css);
    norni_buf_text(b, "\"");
    norni_svg_attr(b, "x", box[0]);
    norni_svg_attr(b, "y", box[1]);
    norni_svg_attr(b, "width", box[2]);
    norni_svg_attr(b, "height", box[3]);
    norni_buf_text(b, "/>\n");
}

/* The command letter where it changes, else what keeps two numbers apart. */
static void put_step(norni_svg_path *p, char verb, int64_t v, bool second) {
    char text[NORNI_NUM_MAX + 1];
    size_t n = 0;
    if (!second && verb != p->verb)
        text[n++] = verb;
    else if (v >= 0)
        text[n++] = ' ';
    n += print_hundredths(text + n, v);
    norni_buf_add(p->b, text, n);
    p->verb = verb;
}

void norni_svg_path_move(norni_svg_path *p, double x, double y) {
    p->x = hundredths(x);
    p->y = hundredths(y);
    p->verb = 0; /* a move without a letter of its own would be read as a line */
    put_step(p, 'M', p->x, false);
    put_step(p, 'M', p->y, true);
}

void norni_svg_path_line(norni_svg_path *p, double x, double y) {
    const int64_t to_x = hundredths(x), to_y = hundredths(y), dx = to_x - p->x, dy = to_y - p->y;
    if (dx == 0 && dy == 0) return;
    if (dy == 0) {
        put_step(p, 'h', dx, false);
    } else if (dx == 0) {
        put_step(p, 'v', dy, false);
    } else {
        put_step(p, 'l', dx, false);
        put_step(p, 'l', dy, true);
    }
    p->x = to_x;
    p->y = to_y;
}

void norni_svg_path_dot(norni_svg_path *p, double x, double y) {
    norni_svg_path_move(p, x, y);
    put_step(p, 'h', 0, false);
}

void norni_svg_path_close(norni_svg_path *p) {
    norni_buf_text(p->b, "z");
    p->verb = 0;
}

static void trace_to(norni_svg_trace *t, norni_svg_point p) {
    if (!t->waits && !t->down) {
        t->waits = true;
        t->start = p;
        return;
    }
    if (t->waits) norni_svg_path_move(&t->path, t->start.x, t->start.y);
    t->waits = false;
    t->down = true;
    norni_svg_path_line(&t->path, p.x, p.y);
}

static void trace_lift(norni_svg_trace *t) {
    if (t->waits) norni_svg_path_dot(&t->dots, t->start.x, t->start.y);
    t->waits = t->down = false;
}

/* Writes the column's points in their order in time. */
static void trace_flush(norni_svg_trace *t) {
    if (!t->held) return;
    const bool low_first = t->low.i < t->high.i;
    const norni_svg_point order[4] = {t->first, low_first ? t->low : t->high,
                                      low_first ? t->high : t->low, t->last};
    for (size_t k = 0; k < 4; k++) {
        if (k == 0 || order[k].i != order[k - 1].i) trace_to(t, order[k]);
    }
    t->held = false;
}

void norni_svg_trace_add(norni_svg_trace *t, double x, double y, bool gap) {
    const int64_t column = (int64_t)x;
    const norni_svg_point p = {x, y, t->count++};
    if (t->held && t->thin && column == t->column) {
        if (y < t->low.y) t->low = p;
        if (y > t->high.y) t->high = p;
        t->last = p;
        return;
    }
    const double jump = t->held ? x - t->last.x : 0;
    trace_flush(t);
    if (gap && (!t->thin || jump >= 1)) trace_lift(t); /* a narrower gap cannot be seen */
    t->held = true;
    t->column = column;
    t->first = t->low = t->high = t->last = p;
}

void norni_svg_trace_end(norni_svg_trace *t) {
    trace_flush(t);
    trace_lift(t);
}

static const char *const light[NORNI_SVG_COLOURS] = {"#0072b2", "#cc7a00", "#009e73", "#b85c93",
                                                     "#2f9bd6", "#d55e00", "#8a7a00"};
static const char *const dark[NORNI_SVG_COLOURS] = {"#56b4e9", "#e69f00", "#1fb98c", "#cc79a7",
                                                    "#7a94ff", "#f0703a", "#f0e442"};
/* background, ink, soft ink, grid, axis */
static const char *const light_tone[5] = {"#ffffff", "#1c2024", "#59626d", "#e9ecef", "#98a1ab"};
static const char *const dark_tone[5] = {"#14171b", "#eceff2", "#a3acb7", "#272c33", "#68717c"};

/* The rules that differ between light and dark: written out twice, since many viewers know neither
 * custom properties nor the reader's preference, and then show the light ones. */
static void put_colours(norni_buf *b, const char *const tone[5],
                        const char *const colour[NORNI_SVG_COLOURS]) {
    static const struct {
        const char *selector, *property;
        size_t tone;
    } rules[] = {{".nc-bg", "fill", 0},
                 {"text", "fill", 1},
                 {".nc-t,.norn-chart .nc-l", "fill", 2},
                 {".nc-h", "stroke", 1},
                 {".nc-grid", "stroke", 3},
                 {".nc-axis,.norn-chart .nc-now", "stroke", 4}};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        norni_buf_format(b, ".norn-chart %s{%s:%s}\n", rules[i].selector, rules[i].property,
                         tone[rules[i].tone]);
    for (size_t i = 0; i < NORNI_SVG_COLOURS; i++) {
        norni_buf_format(b, ".norn-chart .nc-f.nc-c%zu{stroke:%s}\n", i, colour[i]);
        norni_buf_format(b, ".norn-chart .nc-b.nc-c%zu{fill:%s}\n", i, colour[i]);
    }
    norni_buf_format(b, ".norn-chart .nc-b.nc-n{fill:%s}\n", tone[2]);
}

/* Okabe and Ito's colours for the colour-blind; on white the pale ones are darkened, on dark the
 * dark ones are lightened, until each keeps a contrast of 3 or more. Every rule stays inside
 * .norn-chart: a page may hold the chart in its own document. */
void norni_svg_put_style(norni_buf *b) {
    norni_buf_text(b, "<style>\n");
    norni_buf_text(b,
                   ".norn-chart{max-width:100%;height:auto;font-family:system-ui,-apple-system,"
                   "\"Segoe UI\",Roboto,"
                   "\"Helvetica Neue\",Arial,sans-serif}\n");
    norni_buf_text(b,
                   ".norn-chart path{fill:none}\n"
                   ".norn-chart .nc-title{font-size:18px;font-weight:600}\n"
                   ".norn-chart .nc-ft{font-size:13px;font-weight:600}\n"
                   ".norn-chart .nc-l{font-size:12px}\n"
                   ".norn-chart .nc-t{font-size:11px;font-variant-numeric:tabular-nums}\n"
                   ".norn-chart .nc-u{font-weight:600}\n"
                   ".norn-chart .nc-k{font-size:11px;font-variant-numeric:tabular-nums}\n"
                   ".norn-chart .nc-grid,.norn-chart .nc-axis{shape-rendering:crispEdges}\n"
                   ".norn-chart .nc-now{stroke-dasharray:3 4}\n"
                   ".norn-chart .nc-h,.norn-chart "
                   ".nc-f{stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}\n"
                   ".norn-chart .nc-f{stroke-width:2}\n"
                   ".norn-chart .nc-d1{stroke-dasharray:7 4}\n"
                   ".norn-chart .nc-d2{stroke-dasharray:1 5}\n"
                   ".norn-chart .nc-dot{stroke-width:4.5;stroke-dasharray:none}\n"
                   ".norn-chart .nc-pt{stroke-width:2.5;stroke-opacity:.6}\n"
                   ".norn-chart .nc-thin{stroke-width:1}\n");
    put_colours(b, light_tone, light);
    norni_buf_text(b, "@media (prefers-color-scheme:dark){\n");
    put_colours(b, dark_tone, dark);
    norni_buf_text(b, "}\n</style>\n");
}

void norni_svg_put_head(norni_buf *b, norni_str title, norni_str words, double width,
                        double height) {
    char id[24];
    const uint64_t hash = norni_hash64(words.p, words.n) ^ norni_hash64(title.p, title.n);
    norni_format(id, sizeof id, "nc-%x%x", (unsigned)(hash >> 32), (unsigned)hash);
    norni_buf_text(b,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"norn-chart\" role=\"img\"");
    norni_buf_format(b, " aria-labelledby=\"%s-t %s-d\"", id, id);
    norni_svg_attr(b, "width", width);
    norni_svg_attr(b, "height", height);
    norni_buf_text(b, " viewBox=\"0 0 ");
    norni_svg_num(b, width);
    norni_buf_text(b, " ");
    norni_svg_num(b, height);
    norni_buf_format(b, "\">\n<title id=\"%s-t\">", id);
    norni_svg_text(b, title);
    norni_buf_format(b, "</title>\n<desc id=\"%s-d\">", id);
    norni_svg_text(b, words);
    norni_buf_text(b, "</desc>\n");
    norni_svg_put_style(b);
    norni_svg_put_rect(b, "nc-bg", (const double[4]){0, 0, width, height});
}
