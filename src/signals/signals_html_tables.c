/* The dashboard's tables: hashtags, moods and labels, hours, and what was refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "plot/svg.h"
#include "signals/signals_html_parts.h"
#include "signals/signals_report_fields.h"

enum { HOURS_SHOWN = 500, TERMS_SHOWN = 5 };

void norni_signals_html_text(norni_buf *b, const char *text) {
    norni_svg_text(b, norni_str_of(strcmp(text, "-") == 0 ? "\xe2\x80\x93" : text));
}

static void open_table(norni_buf *b, const char *id, const char *caption, const char *const *column,
                       size_t n, uint64_t numbers) {
    norni_buf_text(b,
                   "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">"
                   "<table");
    if (id != NULL) norni_buf_format(b, " id=\"%s\"", id);
    norni_buf_format(b, ">\n<caption>%s</caption>\n<thead><tr>", caption);
    for (size_t k = 0; k < n; k++)
        norni_buf_format(b, "<th scope=\"col\"%s>%s</th>",
                         (numbers >> k & 1) != 0 ? " class=\"num\"" : "", column[k]);
    norni_buf_text(b, "</tr></thead>\n<tbody>\n");
}

static void close_table(norni_buf *b) {
    norni_buf_text(b, "</tbody>\n</table></div>\n");
}

static void text_cell(norni_buf *b, norni_str s) {
    norni_buf_text(b, "<td>");
    norni_svg_text(b, s);
    norni_buf_text(b, "</td>");
}

/* The value stands beside the words, for the sorting. */
static void number_cell(norni_buf *b, double v, const char *words) {
    norni_buf_text(b, "<td class=\"num\" data-v=\"");
    if (isfinite(v)) norni_buf_num(b, v);
    norni_buf_text(b, "\">");
    norni_signals_html_text(b, words);
    norni_buf_text(b, "</td>");
}

static void fixed_cell(norni_buf *b, double v, int decimals, bool plus) {
    char x[NORNI_SIGNAL_WORD];
    number_cell(b, v, norni_signals_fixed(v, decimals, plus, x));
}

static void share_cell(norni_buf *b, double v) {
    char x[NORNI_SIGNAL_WORD];
    number_cell(b, v, norni_signals_share(v, x));
}

static void row_head(norni_buf *b, const char *sign, norni_str s) {
    norni_buf_format(b, "<th scope=\"row\" class=\"name\">%s", sign);
    norni_svg_text(b, s);
    norni_buf_text(b, "</th>");
}

/* The tag, and under it its terms: a column of them would be beyond the edge of most screens. */
static void tag_head(const norni_signal_page *p, const norni_signal_group *g, norni_buf *b) {
    bool any = false;
    norni_buf_text(b, "<th scope=\"row\" class=\"name\">#");
    norni_svg_text(b, g->tag);
    for (uint32_t i = 0; i < g->n_terms && i < TERMS_SHOWN; i++) {
        if (g->term[i].term >= p->s->n_terms) continue;
        norni_buf_text(b, any ? ", " : " <span class=\"terms\">");
        norni_svg_text(b, p->s->term[g->term[i].term]);
        any = true;
    }
    norni_buf_text(b, any ? "</span></th>" : "</th>");
}

static void put_tag(const norni_signal_page *p, const norni_signal_group *g, size_t rank,
                    norni_buf *b) {
    char range[2 * NORNI_SIGNAL_WORD];
    norni_buf_text(b, "<tr>");
    fixed_cell(b, (double)rank, 0, false);
    tag_head(p, g, b);
    text_cell(b, norni_str_of(norni_signals_verdict(g, p->stamp)));
    fixed_cell(b, g->signal.mean, 3, true);
    number_cell(b, g->signal.lo, norni_signals_range(g->signal.lo, g->signal.hi, range));
    share_cell(b, g->confidence);
    fixed_cell(b, (double)g->n, 0, false);
    fixed_cell(b, (double)g->n_valid, 0, false);
    fixed_cell(b, g->signal.n_eff, 1, false);
    share_cell(b, norni_signals_ratio(g->mood[NORNI_MOOD_BULLISH], g->n_valid));
    share_cell(b, norni_signals_ratio(g->mood[NORNI_MOOD_BEARISH], g->n_valid));
    text_cell(b, norni_str_of(norni_consensus_name(g->consensus)));
    norni_buf_text(b, "</tr>\n");
}

void norni_signals_html_tags(const norni_signal_page *p, norni_buf *b) {
    static const char *const column[] = {
        "Rank",  "Hashtag, top terms", "Label",   "Signal",  "Interval", "Confidence", "Tweets",
        "Valid", "Effective n",        "Bullish", "Bearish", "Consensus"};
    char x[NORNI_SIGNAL_WORD];
    if (p->a->n_groups == 0) {
        norni_buf_text(b, "<p>No hashtag has enough tweets to be judged.</p>\n");
        return;
    }
    norni_buf_text(b,
                   "<p class=\"filter\" hidden=\"hidden\"><label for=\"tag-filter\">Show "
                   "hashtags or terms with</label><input id=\"tag-filter\" type=\"search\" "
                   "autocomplete=\"off\"/><span id=\"tag-count\" role=\"status\"></span></p>\n");
    norni_buf_text(
        b,
        "<p class=\"soft\">Those of too few opinions stand behind the others. No side is "
        "named where the interval has 0 in it or is not known. Bullish and bearish are "
        "shares of valid tweets.</p>\n");
    open_table(b, "tags", "By signal times confidence.", column, sizeof column / sizeof *column,
               0x7F9);
    for (size_t k = 0; k < p->a->n_groups && !b->failed; k++)
        put_tag(p, &p->a->group[k], k + 1, b);
    close_table(b);
    if (p->a->n_small > 0)
        norni_buf_format(b, "<p class=\"soft\">%s more have too few tweets.</p>\n",
                         norni_signals_count(p->a->n_small, x));
}

static void count_row(norni_buf *b, const char *name, uint64_t n, uint64_t of) {
    norni_buf_text(b, "<tr>");
    row_head(b, "", norni_str_of(name));
    fixed_cell(b, (double)n, 0, false);
    share_cell(b, norni_signals_ratio(n, of));
    norni_buf_text(b, "</tr>\n");
}

void norni_signals_html_counts(const norni_signal_page *p, norni_buf *b) {
    static const char *const labels[] = {"Label", "Tweets", "Share"};
    static const char *const moods[] = {"Mood", "Tweets", "Share"};
    const norni_signal_group *g = &p->a->market.all;
    open_table(b, NULL, "Labels of all tweets.", labels, 3, 6);
    for (size_t l = 0; l < NORNI_N_SIGNALS; l++)
        count_row(b, norni_signal_label_name((norni_signal_label)l), g->labels[l], g->n);
    close_table(b);
    open_table(b, NULL, "Moods of valid tweets; the rest have too low a confidence.", moods, 3, 6);
    for (size_t m = NORNI_MOOD_BEARISH; m <= NORNI_MOOD_BULLISH; m++)
        count_row(b, norni_mood_name((norni_mood)m), g->mood[m], g->n);
    count_row(b, "Low confidence", p->a->market.low_confidence, g->n);
    close_table(b);
}

static void put_hour(const norni_signal_bucket *u, norni_buf *b) {
    const bool known = u->n_valid > 0;
    char time[40], range[2 * NORNI_SIGNAL_WORD];
    norni_buf_text(b, "<tr><th scope=\"row\" class=\"nowrap\">");
    norni_svg_text(b, (norni_str){time, norni_field_time(time, u->end)});
    norni_buf_text(b, "</th>");
    fixed_cell(b, known ? u->signal : NORNI_NAN, 3, true);
    number_cell(b, u->lo, known ? norni_signals_range(u->lo, u->hi, range) : "-");
    share_cell(b, known ? u->confidence : NORNI_NAN);
    fixed_cell(b, (double)u->n, 0, false);
    fixed_cell(b, (double)u->n_valid, 0, false);
    fixed_cell(b, known ? u->bullishness : NORNI_NAN, 3, true);
    fixed_cell(b, known ? u->agreement : NORNI_NAN, 3, false);
    fixed_cell(b, u->volume_z, 2, true);
    norni_buf_text(b, "</tr>\n");
}

void norni_signals_html_hours(const norni_signal_page *p, norni_buf *b) {
    static const char *const column[] = {"Hour to (UTC)", "Signal",    "Interval",
                                         "Confidence",    "Tweets",    "Valid",
                                         "Bullishness",   "Agreement", "Volume z"};
    size_t n = 0, at = p->a->n_hours;
    if (p->a->n_hours == 0) {
        norni_buf_text(b, "<p>No tweet has a time.</p>\n");
        return;
    }
    while (at > 0 && n < HOURS_SHOWN)
        n += p->a->hour[--at].n > 0;
    norni_buf_format(b, "<details><summary>%zu hours with tweets%s</summary>\n", n,
                     at > 0 ? ", the last ones; signals_hourly.csv has all" : "");
    open_table(b, NULL, "Each hour is known at its end.", column, sizeof column / sizeof *column,
               0x1FE);
    for (size_t h = at; h < p->a->n_hours && !b->failed; h++)
        if (p->a->hour[h].n > 0) put_hour(&p->a->hour[h], b);
    close_table(b);
    norni_buf_text(b, "</details>\n");
}

static void refused_row(norni_buf *b, const char *kind, const char *name, uint64_t n,
                        const norni_tweet_example *first) {
    if (n == 0) return;
    norni_buf_text(b, "<tr>");
    row_head(b, "", norni_str_of(name));
    text_cell(b, norni_str_of(kind));
    fixed_cell(b, (double)n, 0, false);
    fixed_cell(b, (double)first->file + 1, 0, false);
    fixed_cell(b, (double)first->line, 0, false);
    text_cell(b, norni_str_of(first->what));
    norni_buf_text(b, "</tr>\n");
}

void norni_signals_html_refused(const norni_signal_page *p, norni_buf *b) {
    static const char *const column[] = {"What",       "Outcome",    "Records",
                                         "First file", "First line", "As it was"};
    const norni_tweets *t = p->s->tweets;
    uint64_t all = norni_signals_refused(t);
    for (size_t k = 0; k < NORNI_N_FAULTS; k++)
        all += t->fault[k];
    if (all == 0) {
        norni_buf_text(b, "<p>Nothing was refused, and no tweet has a fault.</p>\n");
        return;
    }
    open_table(b, NULL, "Records that gave no tweet, and tweets that were kept with a fault.",
               column, sizeof column / sizeof *column, 0x1C);
    for (size_t k = 0; k < NORNI_N_REFUSALS; k++)
        refused_row(b, "refused", norni_tweet_refusal_name((norni_tweet_refusal)k), t->refused[k],
                    &t->refused_first[k]);
    for (size_t k = 0; k < NORNI_N_FAULTS; k++)
        refused_row(b, "kept", norni_tweet_fault_name((norni_tweet_fault)k), t->fault[k],
                    &t->fault_first[k]);
    close_table(b);
}
