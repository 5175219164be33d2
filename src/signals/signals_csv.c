/* analyzed_tweets.csv and signals_hourly.csv: rows of numbers, texts, and lists as JSON in one cell. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "base/numtext.h"
#include "io/writer.h"
#include "signals/signals_report.h"
#include "signals/signals_report_fields.h"

enum { ROW_ROOM = 1024 }; /* bytes asked for at once, so that a row seldom grows the buffer twice */

static void put_char(norni_buf *b, char c) {
    if (b->n < b->cap && !b->failed)
        b->p[b->n++] = c;
    else
        norni_buf_add(b, &c, 1);
}

static bool has_room(norni_buf *b) {
    if (b->failed) return false;
    return b->cap - b->n >= NORNI_NUM_MAX || norni_buf_reserve(b, NORNI_NUM_MAX);
}

static void put_int(norni_buf *b, int64_t x) {
    if (has_room(b)) b->n += norni_int_print(b->p + b->n, x);
}

static void put_num(norni_buf *b, double x) {
    if (isfinite(x) && has_room(b)) b->n += norni_num_print(b->p + b->n, x);
}

static void put_text(norni_buf *b, norni_str s, bool escape) {
    if (s.n > 0) norni_csv_text(b, s, escape);
}

/* A list is a quoted cell, its texts between doubled quotes: ["nifty","bank \"x\""] is "[""nifty"",""bank \""x\""""]". An
 * empty one is []. */
typedef struct list {
    norni_buf *b;
    size_t n;
} list;

static void next_item(list *l) {
    if (l->n++ == 0)
        norni_buf_add(l->b, "\"[", 2);
    else
        put_char(l->b, ',');
}

static void end_list(list *l) {
    norni_buf_add(l->b, l->n == 0 ? "[]" : "]\"", 2);
}

static void put_escaped(norni_buf *b, unsigned char c) {
    static const char digit[] = "0123456789abcdef";
    const char code[6] = {'\\', 'u', '0', '0', digit[c >> 4], digit[c & 15]};
    if (c == '"')
        norni_buf_add(b, "\\\"\"", 3);
    else if (c == '\\')
        norni_buf_add(b, "\\\\", 2);
    else
        norni_buf_add(b, code, sizeof code);
}

static void put_item(list *l, const char *before, norni_str s) {
    next_item(l);
    norni_buf_add(l->b, "\"\"", 2);
    norni_buf_add(l->b, before, strlen(before));
    for (size_t from = 0, i = 0; i <= s.n; i++) {
        const unsigned char c = i < s.n ? (unsigned char)s.p[i] : 0;
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        norni_buf_add(l->b, s.p + from, i - from);
        if (i < s.n) put_escaped(l->b, c);
        from = i + 1;
    }
    norni_buf_add(l->b, "\"\"", 2);
}

static void put_strings(norni_buf *b, const norni_str *s, size_t n) {
    list l = {b, 0};
    for (size_t i = 0; i < n; i++)
        put_item(&l, "", s[i]);
    end_list(&l);
}

static void put_keywords(norni_buf *b, const norni_signals *s, const norni_signal *g,
                         norni_field_kind kind) {
    list l = {b, 0};
    for (uint32_t i = 0; i < g->n_hits; i++) {
        const norni_keyword_hit *h = &g->hit[i];
        if (norni_field_takes(h, kind))
            put_item(&l, h->negated ? "not " : "", norni_keywords_phrase(s->keywords, h->phrase));
    }
    end_list(&l);
}

static void put_terms(norni_buf *b, const norni_signals *s, const norni_signal *g, bool scores) {
    list l = {b, 0};
    for (uint32_t i = 0; i < g->n_terms; i++) {
        if (scores) {
            next_item(&l);
            put_num(b, g->term_score[i]);
        } else if (g->term[i] < s->n_terms) {
            put_item(&l, "", s->term[g->term[i]]);
        }
    }
    end_list(&l);
}

static void put_field(norni_buf *b, const norni_signals *s, size_t i, const norni_signal_field *f,
                      bool escape) {
    const norni_tweet *w = &s->tweets->tweet[i];
    const norni_signal *g = &s->signal[i];
    char room[40];
    switch (f->kind) {
        case NORNI_FIELD_NUMBER: put_num(b, *(const double *)norni_field_at(g, f)); return;
        case NORNI_FIELD_WHOLE: put_int(b, *(const uint32_t *)norni_field_at(g, f)); return;
        case NORNI_FIELD_LONG: put_int(b, *(const int64_t *)norni_field_at(g, f)); return;
        case NORNI_FIELD_TEXT:
            put_text(b, *(const norni_str *)norni_field_at(w, f), escape);
            return;
        case NORNI_FIELD_COUNT:
            if (*(const int64_t *)norni_field_at(w, f) >= 0)
                put_int(b, *(const int64_t *)norni_field_at(w, f));
            return;
        case NORNI_FIELD_TAGS: put_strings(b, w->hashtag, w->n_hashtags); return;
        case NORNI_FIELD_MENTIONS: put_strings(b, w->mention, w->n_mentions); return;
        case NORNI_FIELD_URLS: put_strings(b, w->url, w->n_urls); return;
        case NORNI_FIELD_TIME: norni_buf_add(b, room, norni_field_time(room, w->time)); return;
        case NORNI_FIELD_TWIN: put_text(b, norni_field_twin(s->tweets, w, room), escape); return;
        case NORNI_FIELD_BULLISH:
        case NORNI_FIELD_BEARISH: put_keywords(b, s, g, f->kind); return;
        case NORNI_FIELD_TERMS: put_terms(b, s, g, false); return;
        case NORNI_FIELD_SCORES: put_terms(b, s, g, true); return;
        case NORNI_FIELD_BASE:
        case NORNI_FIELD_MOOD:
        case NORNI_FIELD_LABEL:
        case NORNI_FIELD_STRENGTH: put_text(b, norni_field_label(g, f->kind), false); return;
    }
}

static void put_header(norni_buf *b, const norni_tweets *t, bool escape) {
    size_t n;
    norni_buf name;
    const norni_signal_field *f = norni_signal_fields(&n);
    norni_buf_init(&name, b->alloc);
    for (size_t k = 0; k < n; k++) {
        if (k > 0) put_char(b, ',');
        norni_buf_text(b, f[k].name);
    }
    for (size_t k = 0; k < t->n_extra; k++) {
        name.n = 0;
        norni_signal_extra_name(t, k, &name);
        put_char(b, ',');
        put_text(b, (norni_str){name.p, name.n}, escape);
    }
    put_char(b, '\n');
    if (name.failed) b->failed = true;
    norni_buf_clear(&name);
}

norn_status norni_signals_csv(const norni_signals *s, size_t from, size_t to, bool escape,
                              norni_buf *out, norn_err *err) {
    const norni_tweets *t = s->tweets;
    size_t n;
    const norni_signal_field *f = norni_signal_fields(&n);
    if (from > to || to > t->n)
        return norn_fail(err, NORN_E_ARG, "analysed tweets: rows %zu to %zu of %zu", from, to,
                         t->n);
    if (from == 0) put_header(out, t, escape);
    for (size_t i = from; i < to && !out->failed; i++) {
        if (out->cap - out->n < ROW_ROOM && !norni_buf_reserve(out, ROW_ROOM)) break;
        for (size_t k = 0; k < n; k++) {
            if (k > 0) put_char(out, ',');
            put_field(out, s, i, &f[k], escape);
        }
        for (size_t k = 0; k < t->n_extra; k++) {
            put_char(out, ',');
            put_text(out, t->tweet[i].extra[k], escape);
        }
        put_char(out, '\n');
    }
    return out->failed ? norni_alloc_fail(err, "analysed tweets", out->cap, 2) : NORN_OK;
}

/* ---- the hourly column ---- */

/* signal_TAG; signal_tag_TAG for hi and lo, whose own columns are the ends of the market's interval, and for tags that
 * begin with tag_, so that no two tags ever meet. Tags are in lower case: what differs, differs in any case. */
static void tag_name(norni_str tag, norni_buf *name) {
    const bool tagged = tag.n >= 4 && norni_str_is_nocase((norni_str){tag.p, 4}, "tag_");
    const bool end = norni_str_is_nocase(tag, "hi") || norni_str_is_nocase(tag, "lo");
    name->n = 0;
    norni_buf_text(name, tagged || end ? "signal_tag_" : "signal_");
    norni_buf_add(name, tag.p, tag.n);
}

static void put_tag_header(norni_buf *b, norni_buf *name, norni_str tag) {
    tag_name(tag, name);
    put_char(b, ',');
    if (!name->failed) norni_csv_text(b, (norni_str){name->p, name->n}, true);
}

/* next (n_groups): of each tag's row the bucket that comes next. */
static void put_hour(const norni_aggregates *a, size_t h, size_t *next, norni_buf *out) {
    const norni_signal_bucket *u = &a->hour[h];
    const bool known = u->n_valid > 0;
    const double none = NORNI_NAN, value[] = {known ? u->signal : none, known ? u->lo : none,
                                              known ? u->hi : none, known ? u->confidence : none};
    const double more[] = {known ? u->n_eff : 0, known ? u->bullishness : none,
                           known ? u->agreement : none, u->volume_z};
    char time[40];
    norni_buf_add(out, time, norni_field_time(time, u->end));
    for (size_t k = 0; k < sizeof value / sizeof *value; k++) {
        put_char(out, ',');
        put_num(out, value[k]);
    }
    put_char(out, ',');
    put_int(out, (int64_t)u->n);
    for (size_t k = 0; k < sizeof more / sizeof *more; k++) {
        put_char(out, ',');
        put_num(out, more[k]);
    }
    for (size_t k = 0; k < a->n_groups; k++) {
        const norni_signal_row *row = &a->row[k];
        if (!row->held) continue; /* there is no room for every small tag's hours */
        put_char(out, ',');
        if (next[k] == row->n || row->hour[next[k]] != h) continue;
        const norni_signal_bucket *of_tag = &row->bucket[next[k]++];
        if (of_tag->n_valid > 0) put_num(out, of_tag->signal);
    }
    put_char(out, '\n');
}

norn_status norni_signals_hourly(const norni_aggregates *a, norni_buf *out, norn_err *err) {
    norni_buf name;
    size_t *next = norni_alloc_zero(out->alloc, a->n_groups, sizeof *next);
    if (next == NULL) return norni_alloc_fail(err, "hourly signals", a->n_groups, sizeof *next);
    norni_buf_init(&name, out->alloc);
    norni_buf_text(out,
                   "time,signal,signal_lo,signal_hi,confidence,n,n_eff,bullishness,agreement,"
                   "volume_z");
    for (size_t k = 0; k < a->n_groups; k++)
        if (a->row[k].held) put_tag_header(out, &name, a->group[k].tag);
    put_char(out, '\n');
    if (name.failed) out->failed = true;
    norni_buf_clear(&name);
    for (size_t h = 0; h < a->n_hours && !out->failed; h++)
        put_hour(a, h, next, out);
    norni_alloc_drop(out->alloc, next, a->n_groups, sizeof *next);
    return out->failed ? norni_alloc_fail(err, "hourly signals", out->cap, 2) : NORN_OK;
}
