/* A run of signals in a few lines for people: the market, the strongest tags, those asked for, what was refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "signals/signals_report_parts.h"

enum { STRONGEST = 5, ASKED = 64, TEXT_ROOM = 160 };

/* Untrusted text in a terminal: no control characters, so that no tag moves the cursor. */
static void put_plain(norni_buf *b, norni_str s) {
    size_t n = s.n < TEXT_ROOM ? s.n : TEXT_ROOM;
    while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        const bool c1 = c == 0xC2 && i + 1 < n && (unsigned char)s.p[i + 1] < 0xA0;
        if (c < 0x20 || c == 0x7F || c1)
            norni_buf_text(b, "?");
        else
            norni_buf_add(b, &s.p[i], 1);
        i += c1;
    }
    if (n < s.n) norni_buf_text(b, "...");
}

static void tell_market(const norni_aggregates *a, const norni_signal_stamp *stamp, norni_buf *b) {
    const norni_market_signal *m = &a->market;
    char x[NORNI_SIGNAL_WORD], y[NORNI_SIGNAL_WORD], range[2 * NORNI_SIGNAL_WORD];
    norni_buf_format(b, "Market: %s, signal %s", norni_market_label_name(m->label),
                     norni_signals_fixed(m->signal_score, 3, true, x));
    if (isfinite(m->lo) && isfinite(m->hi))
        norni_buf_format(b, " (%g %% interval %s)", norni_signals_percent(stamp),
                         norni_signals_range(m->lo, m->hi, range));
    norni_buf_format(b, ", confidence %s, consensus %s\n", norni_signals_share(m->confidence, x),
                     norni_consensus_name(m->consensus));
    norni_buf_format(b, "Tweets: %s", norni_signals_count(m->all.n, x));
    if (m->all.n_known_authors > 0)
        norni_buf_format(b, " of %s known author%s", norni_signals_count(m->all.n_known_authors, x),
                         m->all.n_known_authors == 1 ? "" : "s");
    norni_buf_format(b, ", %s below the confidence limit\n",
                     norni_signals_count(m->low_confidence, y));
    norni_buf_format(b, "Moods: %s bullish, ",
                     norni_signals_count(m->all.mood[NORNI_MOOD_BULLISH], x));
    norni_buf_format(b, "%s bearish, %s neutral\n",
                     norni_signals_count(m->all.mood[NORNI_MOOD_BEARISH], x),
                     norni_signals_count(m->all.mood[NORNI_MOOD_NEUTRAL], y));
    norni_buf_format(b, "Hashtags: %s with enough tweets, ", norni_signals_count(a->n_groups, x));
    norni_buf_format(b, "%s with fewer\n", norni_signals_count(a->n_small, x));
}

static void tell_group(const norni_signal_group *g, const norni_signal_stamp *stamp, norni_buf *b) {
    char x[NORNI_SIGNAL_WORD], range[2 * NORNI_SIGNAL_WORD];
    norni_buf_text(b, "  #");
    put_plain(b, g->tag);
    norni_buf_format(b, ": %s, signal %s", norni_signals_verdict(g, stamp),
                     norni_signals_fixed(g->signal.mean, 3, true, x));
    if (isfinite(g->signal.lo) && isfinite(g->signal.hi))
        norni_buf_format(b, " (%s)", norni_signals_range(g->signal.lo, g->signal.hi, range));
    norni_buf_format(b, ", confidence %s, ", norni_signals_share(g->confidence, x));
    norni_buf_format(b, "%s valid of ", norni_signals_count(g->n_valid, x));
    norni_buf_format(b, "%s tweet%s, consensus %s\n", norni_signals_count(g->n, x),
                     g->n == 1 ? "" : "s", norni_consensus_name(g->consensus));
}

static void tell_strongest(const norni_aggregates *a, const norni_signal_stamp *stamp,
                           norni_buf *b) {
    if (a->n_groups == 0) return;
    const size_t n = a->n_groups < STRONGEST ? a->n_groups : STRONGEST;
    const size_t low = a->n_groups - n < STRONGEST ? a->n_groups - n : STRONGEST;
    norni_buf_text(b, "Highest hashtags (by signal times confidence):\n");
    for (size_t k = 0; k < n; k++)
        tell_group(&a->group[k], stamp, b);
    if (low == 0) return;
    norni_buf_text(b, "Lowest hashtags:\n");
    for (size_t k = 0; k < low; k++)
        tell_group(&a->group[a->n_groups - 1 - k], stamp, b);
}

/* The reference's detailed section: of the tags asked for. */
static void tell_asked(const norni_aggregates *a, const norni_signal_stamp *stamp, norni_buf *b) {
    if (stamp->n_tags == 0 && !stamp->all_tags) return;
    norni_buf_text(b, stamp->n_tags > 0 ? "Asked for:\n" : "All hashtags:\n");
    for (size_t i = 0; i < stamp->n_tags && i < ASKED; i++) {
        const size_t k = norni_signals_group(a, stamp->tag[i]);
        if (k < a->n_groups) {
            tell_group(&a->group[k], stamp, b);
            continue;
        }
        norni_buf_text(b, "  #");
        put_plain(b, stamp->tag[i]);
        norni_buf_text(b, ": too few tweets, or none\n");
    }
    if (stamp->n_tags > ASKED) norni_buf_format(b, "  and %zu more\n", stamp->n_tags - ASKED);
    for (size_t k = 0; k < a->n_groups && stamp->n_tags == 0; k++)
        tell_group(&a->group[k], stamp, b);
}

/* How many; where the first of each kind was met stands in the report, and the command says it with the file's name. */
static void tell_refused(const norni_tweets *t, norni_buf *b) {
    const uint64_t refused = norni_signals_refused(t);
    char x[NORNI_SIGNAL_WORD], y[NORNI_SIGNAL_WORD];
    uint64_t faults = 0;
    for (size_t k = 0; k < NORNI_N_FAULTS; k++)
        faults += t->fault[k];
    if (refused > 0)
        norni_buf_format(b, "Refused: %s of %s records\n", norni_signals_count(refused, x),
                         norni_signals_count(t->n_read, y));
    if (faults > 0)
        norni_buf_format(b, "Faults in tweets that are kept: %s\n", norni_signals_count(faults, x));
}

void norni_signals_tell(const norni_aggregates *a, const norni_signals *s,
                        const norni_signal_stamp *stamp, norni_buf *out) {
    norni_signal_words words;
    norni_signals_words(a, s, stamp, &words);
    tell_market(a, stamp, out);
    norni_buf_format(out, "%s\n", words.recommendation);
    for (size_t k = 0; k < words.n; k++)
        norni_buf_format(out, "Warning: %s\n", words.warning[k]);
    if (s->note[0] != '\0') norni_buf_format(out, "Note: %s\n", s->note);
    tell_strongest(a, stamp, out);
    tell_asked(a, stamp, out);
    tell_refused(s->tweets, out);
    norni_buf_format(out, "%s\n", norni_signals_no_advice);
}
