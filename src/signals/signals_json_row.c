/* One analysed tweet as a JSON object: the CSV's fields, lists as lists, components under their group. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "io/writer.h"
#include "signals/signals_report.h"
#include "signals/signals_report_fields.h"

static void put_strings(norni_json *j, const norni_str *s, size_t n) {
    norni_json_open(j, '[');
    for (size_t i = 0; i < n; i++)
        norni_json_str(j, s[i]);
    norni_json_close(j, ']');
}

static void put_keywords(norni_json *j, const norni_signals *s, const norni_signal *g,
                         norni_field_kind kind) {
    char negated[64];
    norni_json_open(j, '[');
    for (uint32_t i = 0; i < g->n_hits; i++) {
        const norni_keyword_hit *h = &g->hit[i];
        const norni_str phrase = norni_keywords_phrase(s->keywords, h->phrase);
        if (!norni_field_takes(h, kind)) continue;
        const size_t n = norni_format(negated, sizeof negated, "not %.*s", (int)phrase.n, phrase.p);
        norni_json_str(j, h->negated ? (norni_str){negated, n} : phrase);
    }
    norni_json_close(j, ']');
}

static void put_terms(norni_json *j, const norni_signals *s, const norni_signal *g, bool scores) {
    norni_json_open(j, '[');
    for (uint32_t i = 0; i < g->n_terms; i++) {
        if (scores)
            norni_json_num(j, g->term_score[i]);
        else if (g->term[i] < s->n_terms)
            norni_json_str(j, s->term[g->term[i]]);
    }
    norni_json_close(j, ']');
}

static void put_count(norni_json *j, int64_t x) {
    if (x >= 0)
        norni_json_int(j, x);
    else
        norni_json_null(j);
}

static void put_text_or_null(norni_json *j, norni_str s) {
    if (s.n > 0)
        norni_json_str(j, s);
    else
        norni_json_null(j);
}

/* An empty text of a tweet is what it says; an empty id, name, time or language is not known. */
static void put_text(norni_json *j, const norni_signal_field *f, norni_str s) {
    if (f->offset == offsetof(norni_tweet, content) || f->offset == offsetof(norni_tweet, text))
        norni_json_str(j, s);
    else
        put_text_or_null(j, s);
}

static void put_value(norni_json *j, const norni_signals *s, size_t i,
                      const norni_signal_field *f) {
    const norni_tweet *w = &s->tweets->tweet[i];
    const norni_signal *g = &s->signal[i];
    char room[40];
    switch (f->kind) {
        case NORNI_FIELD_TEXT: put_text(j, f, *(const norni_str *)norni_field_at(w, f)); return;
        case NORNI_FIELD_COUNT: put_count(j, *(const int64_t *)norni_field_at(w, f)); return;
        case NORNI_FIELD_TAGS: put_strings(j, w->hashtag, w->n_hashtags); return;
        case NORNI_FIELD_MENTIONS: put_strings(j, w->mention, w->n_mentions); return;
        case NORNI_FIELD_URLS: put_strings(j, w->url, w->n_urls); return;
        case NORNI_FIELD_TIME:
            put_text_or_null(j, (norni_str){room, norni_field_time(room, w->time)});
            return;
        case NORNI_FIELD_TWIN: put_text_or_null(j, norni_field_twin(s->tweets, w, room)); return;
        case NORNI_FIELD_NUMBER: norni_json_num(j, *(const double *)norni_field_at(g, f)); return;
        case NORNI_FIELD_WHOLE: norni_json_int(j, *(const uint32_t *)norni_field_at(g, f)); return;
        case NORNI_FIELD_LONG: norni_json_int(j, *(const int64_t *)norni_field_at(g, f)); return;
        case NORNI_FIELD_BULLISH:
        case NORNI_FIELD_BEARISH: put_keywords(j, s, g, f->kind); return;
        case NORNI_FIELD_TERMS: put_terms(j, s, g, false); return;
        case NORNI_FIELD_SCORES: put_terms(j, s, g, true); return;
        case NORNI_FIELD_BASE:
        case NORNI_FIELD_MOOD:
        case NORNI_FIELD_LABEL:
        case NORNI_FIELD_STRENGTH: norni_json_str(j, norni_field_label(g, f->kind)); return;
    }
}

static bool same_group(const norni_signal_field *a, const norni_signal_field *b) {
    return a->group != NULL && b->group != NULL && strcmp(a->group, b->group) == 0;
}

static void put_extras(norni_json *j, const norni_tweets *t, size_t i) {
    norni_buf *b = j->b;
    norni_buf name;
    norni_buf_init(&name, b->alloc);
    for (size_t k = 0; k < t->n_extra && !b->failed; k++) {
        name.n = 0;
        norni_signal_extra_name(t, k, &name);
        if (name.failed) b->failed = true;
        norni_json_str(j, (norni_str){name.p, name.n});
        norni_buf_text(b, ":");
        j->after_key = true;
        put_text_or_null(j, t->tweet[i].extra[k]);
    }
    norni_buf_clear(&name);
}

void norni_signals_row_json(const norni_signals *s, size_t i, norni_buf *out) {
    size_t n;
    const norni_signal_field *f = norni_signal_fields(&n);
    norni_json j;
    norni_json_init(&j, out);
    norni_json_open(&j, '{');
    for (size_t k = 0; k < n; k++) {
        const bool list = f[k].group != NULL && f[k].key == NULL;
        const bool first = f[k].group != NULL && (k == 0 || !same_group(&f[k - 1], &f[k]));
        const bool last = f[k].group != NULL && (k + 1 == n || !same_group(&f[k], &f[k + 1]));
        if (first) {
            norni_json_key(&j, f[k].group);
            norni_json_open(&j, list ? '[' : '{');
        }
        if (!list) norni_json_key(&j, f[k].group != NULL ? f[k].key : f[k].name);
        put_value(&j, s, i, &f[k]);
        if (last) norni_json_close(&j, list ? ']' : '}');
    }
    put_extras(&j, s->tweets, i);
    norni_json_close(&j, '}');
}
