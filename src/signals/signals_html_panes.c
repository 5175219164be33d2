/* The dashboard's four panes, an SVG each, each mark with words that show where the pointer rests. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "plot/pane_frame.h"
#include "plot/svg.h"
#include "signals/signals_html_parts.h"
#include "signals/signals_report_fields.h"

/* The words of 5000 points are about a megabyte: beyond MANY points a text is cut shorter. */
enum { PANES = 4, CLOUD = 5000, MANY = 1500, WORDS = 320, TEXT = 90, SHORT_TEXT = 48 };
enum { KEY_SIZE = 11 };
static const double width = 520, margin = 10, column = 500, area = 220, head = 46, foot = 42;

/* ---- hovers ---- */

static void begin_mark(norni_buf *b, const char *tag) {
    norni_buf_format(b, "<%s", tag);
}

static void put_words(norni_buf *b, const char *tag, norni_str words) {
    norni_buf_text(b, "><title>");
    norni_svg_text(b, words);
    norni_buf_format(b, "</title></%s>\n", tag);
}

static void hover_rect(norni_buf *b, double x, double y, double w, double h, const char *words) {
    begin_mark(b, "rect");
    norni_svg_attr(b, "x", x);
    norni_svg_attr(b, "y", y);
    norni_svg_attr(b, "width", w);
    norni_svg_attr(b, "height", h);
    put_words(b, "rect", norni_str_of(words));
}

static void hover_disc(norni_buf *b, double x, double y, double r, norni_str words) {
    begin_mark(b, "circle");
    norni_svg_attr(b, "cx", x);
    norni_svg_attr(b, "cy", y);
    norni_svg_attr(b, "r", r);
    put_words(b, "circle", words);
}

/* Each bin over the whole height, so that a bin of one tweet is found, too. */
static void hover_scores(norni_buf *b, const norni_frame *f, const norni_pane *pane) {
    const norni_layer *l = pane->n_layers > 0 ? &pane->layer[0] : NULL;
    char words[WORDS], lo[NORNI_SIGNAL_WORD], hi[NORNI_SIGNAL_WORD], n[NORNI_SIGNAL_WORD];
    for (size_t k = 0; l != NULL && k < l->n; k++) {
        const double x = norni_frame_x(f, l->x[k]), w = norni_frame_x(f, l->x2[k]) - x;
        (void)norni_format(
            words, sizeof words, "%s to %s: %s tweets", norni_signals_fixed(l->x[k], 3, true, lo),
            norni_signals_fixed(l->x2[k], 3, true, hi), norni_signals_fixed(l->y2[k], 0, false, n));
        hover_rect(b, x, 0, w, f->h, words);
    }
}

static void hover_labels(const norni_signal_page *p, norni_buf *b, const norni_frame *f) {
    const norni_signal_group *g = &p->a->market.all;
    char words[WORDS], n[NORNI_SIGNAL_WORD], share[NORNI_SIGNAL_WORD];
    for (size_t l = 0; l < NORNI_N_SIGNALS; l++) {
        const double y = norni_frame_y(f, (double)l), h = norni_frame_y(f, (double)l + 1) - y;
        (void)norni_format(words, sizeof words, "%s: %s tweets, %s",
                           norni_signal_label_name((norni_signal_label)l),
                           norni_signals_count(g->labels[l], n),
                           norni_signals_share(norni_signals_ratio(g->labels[l], g->n), share));
        hover_rect(b, 0, y, f->w, h, words);
    }
}

static norn_status hover_hours(const norni_signal_page *p, norni_buf *b, const norni_frame *f) {
    norni_signal_spans s;
    char words[WORDS], time[40], signal[NORNI_SIGNAL_WORD], n[NORNI_SIGNAL_WORD];
    char sure[NORNI_SIGNAL_WORD], range[2 * NORNI_SIGNAL_WORD];
    NORN_TRY(norni_signals_spans(p, &s));
    for (size_t h = 0; h < s.n && !b->failed; h++) {
        const norni_signal_bucket *u = &s.span[h];
        if (u->n_valid == 0) continue;
        const size_t stamp = norni_field_time(time, u->end);
        (void)norni_format(
            words, sizeof words,
            "The %s to %.*s: signal %s (%sinterval %s), confidence %s, %s tweets", s.unit,
            (int)stamp, time, norni_signals_fixed(u->signal, 3, true, signal),
            s.unit[0] == 'h' ? "" : "mean ", norni_signals_range(u->lo, u->hi, range),
            norni_signals_share(u->confidence, sure), norni_signals_count(u->n, n));
        hover_disc(b, norni_frame_x(f, (double)u->end), norni_frame_y(f, u->signal), 6,
                   norni_str_of(words));
    }
    return NORN_OK;
}

/* Whole characters of at most so many bytes. */
static norni_str cut(norni_str s, size_t most) {
    size_t n = s.n < most ? s.n : most;
    while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    return (norni_str){s.p, n};
}

static norn_status hover_cloud(const norni_signal_page *p, norni_buf *b, const norni_frame *f,
                               size_t most) {
    char signal[NORNI_SIGNAL_WORD], sure[NORNI_SIGNAL_WORD];
    size_t *row, n;
    norni_buf words;
    NORN_TRY(norni_signals_chart_rows(p->s, most, p->arena, &row, &n, p->err));
    norni_buf_init(&words, b->alloc);
    const size_t most_text = n > MANY ? SHORT_TEXT : TEXT;
    for (size_t i = 0; i < n && !b->failed; i++) {
        const norni_tweet *w = &p->s->tweets->tweet[row[i]];
        const norni_signal *g = &p->s->signal[row[i]];
        const norni_str user = cut(w->user, SHORT_TEXT), text = cut(w->text, most_text);
        words.n = 0;
        norni_buf_format(&words, "%s %s, confidence %s", norni_signal_label_name(g->label),
                         norni_signals_fixed(g->signal_score, 3, true, signal),
                         norni_signals_share(g->confidence, sure));
        norni_buf_text(&words, user.n > 0 ? ", @" : "");
        norni_buf_add(&words, user.p, user.n);
        norni_buf_text(&words, ": ");
        norni_buf_add(&words, text.p, text.n);
        norni_buf_text(&words, text.n < w->text.n ? "\xe2\x80\xa6" : "");
        hover_disc(b, norni_frame_x(f, g->confidence), norni_frame_y(f, g->signal_score), 4,
                   (norni_str){words.p, words.n});
    }
    if (words.failed) b->failed = true;
    norni_buf_clear(&words);
    return NORN_OK;
}

/* ---- the panes ---- */

/* Named layers, right-aligned in the title's line. */
static void put_key(norni_buf *b, const norni_pane *pane, double right) {
    for (size_t k = pane->n_layers; k-- > 0;) {
        const norni_layer *l = &pane->layer[k];
        if (l->name.n == 0 || l->n == 0) continue;
        right -= norni_svg_width(l->name, KEY_SIZE);
        const norni_svg_label label = {"nc-t", NORNI_SVG_START, right, -26, KEY_SIZE, 0};
        norni_svg_put_label(b, &label, l->name);
        right -= 24;
        norni_marks_swatch(b, l, right, -30, 18);
        right -= 12;
    }
}

static void put_head(norni_buf *b, const norni_pane *pane, const norni_frame *f) {
    const double all = f->left + f->w;
    const norni_svg_label title = {"nc-ft", NORNI_SVG_START, -f->left, -26, 13, all};
    const norni_svg_label label = {"nc-t", NORNI_SVG_START, -f->left, -9, KEY_SIZE, all / 2};
    const norni_svg_label note = {"nc-t", NORNI_SVG_END, f->w, -9, KEY_SIZE, 0.7 * all};
    norni_svg_put_label(b, &title, pane->title);
    norni_svg_put_label(b, &label, pane->y.label);
    norni_svg_put_label(b, &note, pane->note);
    put_key(b, pane, f->w);
}

static norn_status put_hovers(const norni_signal_page *p, norni_buf *b, const norni_frame *f,
                              const norni_pane *pane, size_t k, size_t most) {
    norn_status st = NORN_OK;
    norni_buf_text(b, "<g class=\"hov\">\n");
    if (k == 0) hover_scores(b, f, pane);
    if (k == 1) hover_labels(p, b, f);
    if (k == 2) st = hover_hours(p, b, f);
    if (k == 3) st = hover_cloud(p, b, f, most);
    norni_buf_text(b, "</g>\n</g>\n");
    return st;
}

/* One SVG of its own, so that panes stand under each other where the page is narrow. */
static norn_status put_pane(const norni_signal_page *p, norni_buf *b, const norni_pane *pane,
                            size_t k, norni_str words, size_t most) {
    norni_frame f = norni_frame_of(pane);
    f.left = norni_frame_gutter(&f, area, 0.4 * column);
    f.right = 14;
    f.w = column - f.left - f.right;
    f.h = area;
    norni_buf_text(b,
                   "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
                   "aria-label=\"Chart\">");
    norni_svg_put_head(b, pane->title, words, width, head + area + foot);
    norni_buf_text(b, "<g transform=\"translate(");
    norni_svg_num(b, margin + f.left);
    norni_buf_text(b, " ");
    norni_svg_num(b, head);
    norni_buf_text(b, ")\">\n");
    put_head(b, pane, &f);
    norni_frame_draw(b, &f);
    for (size_t l = 0; l < pane->n_layers; l++)
        norni_marks_draw(b, &f, &pane->layer[l]);
    NORN_TRY(put_hovers(p, b, &f, pane, k, most));
    norni_buf_text(b, "</svg></div>\n");
    return NORN_OK;
}

static const char *const about[PANES] = {
    "Tweets by their signal score.", "Tweets by their label.",
    "The market's signal over time, at the end of each span, with its interval.",
    "Signal against confidence of tweets."};

/* What a page's most is, where more points were allowed. */
static norn_status note_most(const norni_signal_page *p, norni_pane *cloud) {
    char words[96], x[NORNI_SIGNAL_WORD], y[NORNI_SIGNAL_WORD];
    if (p->stamp->max_points <= CLOUD || p->s->tweets->n <= CLOUD) return NORN_OK;
    (void)norni_format(words, sizeof words, "%s of %s tweets by label: a page holds no more",
                       norni_signals_count(CLOUD, y), norni_signals_count(p->s->tweets->n, x));
    return norni_signals_keep(p, words, &cloud->note);
}

norn_status norni_signals_html_panes(const norni_signal_page *p, norni_buf *b) {
    const size_t most = p->stamp->max_points < CLOUD ? p->stamp->max_points : CLOUD;
    norni_pane pane[PANES] = {{.n_layers = 0}};
    char words[WORDS];
    NORN_TRY(norni_signals_pane_scores(p, &pane[0]));
    NORN_TRY(norni_signals_pane_labels(p, &pane[1]));
    NORN_TRY(norni_signals_pane_hours(p, &pane[2]));
    NORN_TRY(norni_signals_pane_cloud(p, most, &pane[3]));
    NORN_TRY(note_most(p, &pane[3]));
    norni_buf_text(b, "<div class=\"panes\">\n");
    for (size_t k = 0; k < PANES; k++) {
        (void)norni_format(words, sizeof words, "%s The tables below have the numbers.", about[k]);
        NORN_TRY(put_pane(p, b, &pane[k], k, norni_str_of(words), most));
    }
    norni_buf_text(b, "</div>\n");
    return NORN_OK;
}
