/* interactive_dashboard.html: one page of its own, nothing from elsewhere, readable as text, on screen and on paper. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "plot/svg.h"
#include "signals/signals_html_parts.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'; script-src '";
static const char rest_of_head[] =
    "'\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
    "<title>Market signals</title>\n<style>\n";

static const char reading[] =
    "<p>A tweet's signal is its sentiment, raised or lowered by finance words and by how far it "
    "spreads, times the confidence in it. A hashtag's signal is the mean of its valid tweets, "
    "weighted by confidence; the market's is the mean of hashtags, weighted by tweets. Intervals "
    "come from drawing authors anew, since one author's tweets are not independent. An interval "
    "that includes 0 says that the direction may be chance. Confidence and signal are measures of "
    "texts: they say nothing of whether prices follow.</p>\n";

static void tile(norni_buf *b, const char *name, const char *value, const char *more) {
    norni_buf_text(b, "<div><dt>");
    norni_svg_text(b, norni_str_of(name));
    norni_buf_text(b, "</dt><dd>");
    norni_signals_html_text(b, value);
    norni_buf_text(b, "</dd><dd class=\"more\">");
    norni_svg_text(b, norni_str_of(more));
    norni_buf_text(b, "</dd></div>\n");
}

static void put_market(const norni_signal_page *p, norni_buf *b) {
    const norni_market_signal *m = &p->a->market;
    char x[NORNI_SIGNAL_WORD], y[NORNI_SIGNAL_WORD], more[3 * NORNI_SIGNAL_WORD];
    char range[2 * NORNI_SIGNAL_WORD];
    norni_buf_text(b, "<dl class=\"tiles\">\n");
    tile(b, "Market", norni_market_label_name(m->label),
         m->few                 ? "too few opinions to act upon"
         : m->weighting != NULL ? m->weighting
                                : "");
    (void)norni_format(more, sizeof more, "%g %% interval %s", norni_signals_percent(p->stamp),
                       norni_signals_range(m->lo, m->hi, range));
    tile(b, "Signal score", norni_signals_fixed(m->signal_score, 3, true, x),
         isfinite(m->lo) ? more : "no interval");
    tile(b, "Confidence", norni_signals_share(m->confidence, x),
         norni_level_name(m->confidence_level));
    tile(b, "Consensus", norni_consensus_name(m->consensus), "of hashtags, by tweets");
    const uint64_t authors = m->all.n_known_authors;
    if (authors > 0)
        (void)norni_format(more, sizeof more, "%s valid; %s known author%s",
                           norni_signals_count(m->all.n_valid, y), norni_signals_count(authors, x),
                           authors == 1 ? "" : "s");
    else
        (void)norni_format(more, sizeof more, "%s valid; authors are not known",
                           norni_signals_count(m->all.n_valid, y));
    tile(b, "Tweets", norni_signals_count(m->all.n, x), more);
    (void)norni_format(more, sizeof more, "%s more with too few tweets",
                       norni_signals_count(p->a->n_small, y));
    tile(b, "Hashtags", norni_signals_count(p->a->n_groups, x), more);
    (void)norni_format(more, sizeof more, "std over hashtags %s",
                       norni_signals_fixed(m->signal_std, 3, false, x));
    tile(b, "Volatility", norni_level_name(m->volatility_level), more);
    (void)norni_format(more, sizeof more, "bullishness %s",
                       norni_signals_fixed(m->all.bullishness, 3, true, x));
    tile(b, "Agreement", norni_signals_fixed(m->all.agreement, 3, false, y), more);
    norni_buf_text(b, "</dl>\n");
}

static void put_verdict(const norni_signal_page *p, norni_buf *b) {
    norni_signal_words w;
    norni_signals_words(p->a, p->s, p->stamp, &w);
    norni_buf_format(b, "<div class=\"verdict%s\">\n<p>", w.n > 0 ? " fair" : "");
    norni_svg_text(b, norni_str_of(w.recommendation));
    norni_buf_text(b, "</p>\n");
    if (w.n > 0) norni_buf_text(b, "<ul>\n");
    for (size_t k = 0; k < w.n; k++) {
        norni_buf_text(b, "<li>");
        norni_svg_text(b, norni_str_of(w.warning[k]));
        norni_buf_text(b, "</li>\n");
    }
    if (w.n > 0) norni_buf_text(b, "</ul>\n");
    norni_buf_format(b, "<p class=\"soft\">%s</p>\n</div>\n", norni_signals_no_advice);
}

static void put_source(const norni_signal_page *p, norni_buf *b) {
    char digest[NORNI_DIGEST_TEXT];
    norni_hash_text(p->a->digest, digest);
    norni_buf_text(b, "<p class=\"soft\">");
    norni_svg_text(b, p->stamp->input_file);
    norni_buf_text(b, ", made ");
    norni_svg_text(b, p->stamp->when);
    norni_buf_text(b, " by Norn ");
    norni_svg_text(b, p->stamp->version);
    norni_buf_text(b, ", sentiment model ");
    norni_svg_text(b, norni_str_of(p->s->model != NULL ? p->s->model : "none"));
    norni_buf_format(b, ".<br/>Digest <code>%s</code></p>\n", digest);
    if (p->s->note[0] == '\0') return;
    norni_buf_text(b, "<p>");
    norni_svg_text(b, norni_str_of(p->s->note));
    norni_buf_text(b, "</p>\n");
}

static void put_head(norni_buf *b) {
    norni_buf_text(b, head);
    norni_buf_text(b, norni_signals_html_script_hash);
    norni_buf_text(b, rest_of_head);
    norni_signals_html_style(b);
    norni_buf_text(b, "</style>\n</head>\n<body>\n<main>\n<h1>Market signals</h1>\n");
}

static norn_status put_page(const norni_signal_page *p, norni_buf *b) {
    put_head(b);
    put_source(p, b);
    put_market(p, b);
    put_verdict(p, b);
    norni_buf_text(b, "<h2>At a glance</h2>\n");
    NORN_TRY(norni_signals_html_panes(p, b));
    norni_buf_text(b, "<h2>Hashtags</h2>\n");
    norni_signals_html_tags(p, b);
    norni_buf_text(b, "<h2>Labels and moods</h2>\n");
    norni_signals_html_counts(p, b);
    norni_buf_text(b, "<h2>Hours</h2>\n");
    norni_signals_html_hours(p, b);
    norni_buf_text(b, "<h2>Refused and faulty records</h2>\n");
    norni_signals_html_refused(p, b);
    norni_buf_text(b, "<h2>How to read this</h2>\n");
    norni_buf_text(b, reading);
    norni_buf_text(b, "</main>\n<script>");
    norni_buf_text(b, norni_signals_html_script);
    norni_buf_text(b, "</script>\n</body>\n</html>\n");
    return NORN_OK;
}

norn_status norni_signals_html(const norni_aggregates *a, const norni_signals *s,
                               const norni_signal_stamp *stamp, norni_buf *out, norn_err *err) {
    norni_arena arena;
    norni_arena_init(&arena, out->alloc);
    const norni_signal_page p = {a, s, stamp, &arena, err};
    const norn_status st = put_page(&p, out);
    norni_arena_clear(&arena);
    if (st != NORN_OK) return st;
    return out->failed ? norni_alloc_fail(err, "signal dashboard", out->cap, 2) : NORN_OK;
}
