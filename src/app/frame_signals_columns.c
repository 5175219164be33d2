/* Analysed tweets as columns: the fields of analyzed_tweets.csv, numbers as they are, lists as items and where each begins. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/frame_signals.h"
#include "signals/signals_report_fields.h"

typedef struct columns_job {
    norni_frame_signals_result *out;
    const norni_tweet *tweet;   /* (n) */
    const norni_signal *signal; /* (n) */
    size_t n;
} columns_job;

static norn_status no_room(const columns_job *j, norn_err *err) {
    return norni_alloc_fail(err, "signals", j->n, 8);
}

static norni_frame_column *next_column(columns_job *j, const norni_signal_field *f,
                                       norni_frame_kind kind) {
    norni_frame_column *c = &j->out->frame.column[j->out->frame.n_columns++];
    *c = (norni_frame_column){.name = norni_str_of(f->name), .kind = kind};
    return c;
}

/* ---- numbers ---- */

static norn_status add_number(columns_job *j, const norni_signal_field *f, norn_err *err) {
    double *to = norni_arena_get(&j->out->arena, j->n + 1, sizeof *to);
    if (to == NULL) return no_room(j, err);
    for (size_t i = 0; i < j->n; i++)
        to[i] = *(const double *)norni_field_at(&j->signal[i], f);
    next_column(j, f, NORNI_FRAME_NUMBER)->number = to;
    return NORN_OK;
}

static int64_t whole_of(const columns_job *j, const norni_signal_field *f, size_t i) {
    if (f->kind == NORNI_FIELD_WHOLE) return *(const uint32_t *)norni_field_at(&j->signal[i], f);
    if (f->kind == NORNI_FIELD_LONG) return *(const int64_t *)norni_field_at(&j->signal[i], f);
    if (f->kind == NORNI_FIELD_TIME)
        return j->tweet[i].time == NORNI_TWEET_NO_TIME ? NORNI_TIME_NONE : j->tweet[i].time;
    const int64_t count = *(const int64_t *)norni_field_at(&j->tweet[i], f);
    return count < 0 ? NORNI_TIME_NONE : count;
}

static norn_status add_whole(columns_job *j, const norni_signal_field *f, norn_err *err) {
    int64_t *to = norni_arena_get(&j->out->arena, j->n + 1, sizeof *to);
    if (to == NULL) return no_room(j, err);
    for (size_t i = 0; i < j->n; i++)
        to[i] = whole_of(j, f, i);
    const bool time = f->kind == NORNI_FIELD_TIME;
    norni_frame_column *c = next_column(j, f, time ? NORNI_FRAME_TIME : NORNI_FRAME_INTEGER);
    c->integer = to;
    c->zoned = time;
    return NORN_OK;
}

/* ---- texts ---- */

static norn_status text_of(const columns_job *j, const norni_signal_field *f, size_t i,
                           norni_str *text, norn_err *err) {
    char room[40];
    if (f->kind == NORNI_FIELD_TEXT) {
        *text = *(const norni_str *)norni_field_at(&j->tweet[i], f);
        return NORN_OK;
    }
    const norni_str twin = norni_field_twin(&j->out->run.tweets, &j->tweet[i], room);
    *text = (norni_str){twin.n > 0 ? norni_arena_text(&j->out->arena, twin.p, twin.n) : "", twin.n};
    return text->p != NULL ? NORN_OK : no_room(j, err);
}

/* A text of its own for each tweet; empty ones are missing, but a tweet's content. */
static norn_status add_texts(columns_job *j, const norni_signal_field *f, norn_err *err) {
    norni_str *text = norni_arena_get(&j->out->arena, j->n + 1, sizeof *text);
    uint32_t *code = norni_arena_get(&j->out->arena, j->n + 1, sizeof *code);
    const bool content = strstr(f->name, "content") != NULL;
    size_t n_text = 0;
    if (text == NULL || code == NULL) return no_room(j, err);
    for (size_t i = 0; i < j->n; i++) {
        norni_str own;
        NORN_TRY(text_of(j, f, i, &own, err));
        code[i] = own.n > 0 || content ? (uint32_t)n_text : UINT32_MAX;
        if (code[i] != UINT32_MAX) text[n_text++] = own;
    }
    norni_frame_column *c = next_column(j, f, NORNI_FRAME_TEXT);
    c->code = code;
    c->text = text;
    c->n_text = n_text;
    return NORN_OK;
}

/* One of a few words. */
static norn_status add_labels(columns_job *j, const norni_signal_field *f, norn_err *err) {
    enum { MOST = 8 };
    norni_str *text = norni_arena_zero(&j->out->arena, MOST, sizeof *text);
    uint32_t *code = norni_arena_get(&j->out->arena, j->n + 1, sizeof *code);
    size_t n_text = 0;
    if (text == NULL || code == NULL) return no_room(j, err);
    for (size_t i = 0; i < j->n; i++) {
        const norni_str word = norni_field_label(&j->signal[i], f->kind);
        uint32_t k = 0;
        while (k < n_text && text[k].p != word.p && norni_str_cmp(text[k], word) != 0)
            k++;
        if (k == n_text && n_text < MOST) text[n_text++] = word;
        code[i] = k;
    }
    norni_frame_column *c = next_column(j, f, NORNI_FRAME_TEXT);
    c->code = code;
    c->text = text;
    c->n_text = n_text;
    return NORN_OK;
}

/* ---- lists ---- */

static size_t items_of(const columns_job *j, norni_field_kind kind, size_t i) {
    const norni_signal *g = &j->signal[i];
    size_t n = 0;
    if (kind == NORNI_FIELD_TAGS) return j->tweet[i].n_hashtags;
    if (kind == NORNI_FIELD_MENTIONS) return j->tweet[i].n_mentions;
    if (kind == NORNI_FIELD_URLS) return j->tweet[i].n_urls;
    if (kind == NORNI_FIELD_SCORES || kind == NORNI_FIELD_TERMS) return g->n_terms;
    for (uint32_t k = 0; k < g->n_hits; k++)
        n += norni_field_takes(&g->hit[k], kind);
    return n;
}

static norn_status keyword_of(const columns_job *j, const norni_keyword_hit *h, norni_str *out,
                              norn_err *err) {
    char negated[64];
    *out = norni_keywords_phrase(j->out->run.signals.keywords, h->phrase);
    if (!h->negated) return NORN_OK;
    const size_t n = norni_format(negated, sizeof negated, "not %.*s", (int)out->n, out->p);
    *out = (norni_str){norni_arena_text(&j->out->arena, negated, n), n};
    return out->p != NULL ? NORN_OK : no_room(j, err);
}

/* The texts of tweet i from `to` on. */
static norn_status fill_texts(const columns_job *j, norni_field_kind kind, size_t i, norni_str *to,
                              norn_err *err) {
    const norni_tweet *w = &j->tweet[i];
    const norni_signal *g = &j->signal[i];
    const norni_str *from = kind == NORNI_FIELD_TAGS       ? w->hashtag
                            : kind == NORNI_FIELD_MENTIONS ? w->mention
                                                           : w->url;
    size_t n = 0;
    if (kind == NORNI_FIELD_BULLISH || kind == NORNI_FIELD_BEARISH) {
        for (uint32_t k = 0; k < g->n_hits; k++) {
            if (norni_field_takes(&g->hit[k], kind))
                NORN_TRY(keyword_of(j, &g->hit[k], &to[n++], err));
        }
        return NORN_OK;
    }
    for (n = items_of(j, kind, i); n > 0; n--)
        to[n - 1] = from[n - 1];
    return NORN_OK;
}

static norn_status fill_list(const columns_job *j, const norni_signal_field *f,
                             const int64_t *start, norni_frame_column *c, size_t n_items,
                             norn_err *err) {
    norni_arena *arena = &j->out->arena;
    const norni_signals *s = &j->out->run.signals;
    double *number = NULL;
    uint32_t *code = NULL;
    norni_str *text = NULL;
    if (f->kind == NORNI_FIELD_SCORES)
        number = norni_arena_get(arena, n_items + 1, sizeof *number);
    else
        code = norni_arena_get(arena, n_items + 1, sizeof *code);
    const bool own = f->kind != NORNI_FIELD_SCORES && f->kind != NORNI_FIELD_TERMS;
    if (own) text = norni_arena_get(arena, n_items + 1, sizeof *text);
    if ((number == NULL && code == NULL) || (own && text == NULL)) return no_room(j, err);
    for (size_t i = 0; i < j->n; i++) {
        const norni_signal *g = &j->signal[i];
        const size_t from = (size_t)start[i], n = (size_t)start[i + 1] - from;
        for (size_t k = 0; !own && k < n; k++) {
            if (number != NULL)
                number[from + k] = g->term_score[k];
            else
                code[from + k] = g->term[k];
        }
        if (own) NORN_TRY(fill_texts(j, f->kind, i, text + from, err));
    }
    for (size_t k = 0; own && k < n_items; k++)
        code[k] = (uint32_t)k;
    c->kind = number != NULL ? NORNI_FRAME_NUMBER : NORNI_FRAME_TEXT;
    c->number = number;
    c->code = code;
    c->text = own ? text : s->term;
    c->n_text = own ? n_items : s->n_terms;
    return NORN_OK;
}

static norn_status add_list(columns_job *j, const norni_signal_field *f, norn_err *err) {
    norni_frame_list *list = &j->out->list[j->out->n_lists];
    int64_t *start = norni_arena_zero(&j->out->arena, j->n + 1, sizeof *start);
    norni_frame_column *c = norni_arena_zero(&j->out->arena, 1, sizeof *c);
    if (start == NULL || c == NULL) return no_room(j, err);
    for (size_t i = 0; i < j->n; i++)
        start[i + 1] = start[i] + (int64_t)items_of(j, f->kind, i);
    const size_t n_items = (size_t)start[j->n];
    if (n_items >= UINT32_MAX)
        return norn_fail(err, NORN_E_LIMIT, "signals: %s has %zu items", f->name, n_items);
    c->name = norni_str_of(f->name);
    NORN_TRY(fill_list(j, f, start, c, n_items, err));
    *list = (norni_frame_list){{.n = n_items, .n_columns = 1, .column = c}, start};
    j->out->n_lists++;
    return NORN_OK;
}

/* ---- all of them ---- */

static bool has(const norni_frame_signals_call *call, const char *name) {
    for (size_t k = 0; k < call->n_have; k++) {
        if (norni_str_is(call->have[k], name)) return true;
    }
    return false;
}

static norn_status add_field(columns_job *j, const norni_signal_field *f, norn_err *err) {
    switch (f->kind) {
        case NORNI_FIELD_NUMBER: return add_number(j, f, err);
        case NORNI_FIELD_COUNT:
        case NORNI_FIELD_WHOLE:
        case NORNI_FIELD_LONG:
        case NORNI_FIELD_TIME: return add_whole(j, f, err);
        case NORNI_FIELD_TEXT:
        case NORNI_FIELD_TWIN: return add_texts(j, f, err);
        case NORNI_FIELD_BASE:
        case NORNI_FIELD_MOOD:
        case NORNI_FIELD_LABEL:
        case NORNI_FIELD_STRENGTH: return add_labels(j, f, err);
        case NORNI_FIELD_TAGS:
        case NORNI_FIELD_MENTIONS:
        case NORNI_FIELD_URLS:
        case NORNI_FIELD_BULLISH:
        case NORNI_FIELD_BEARISH:
        case NORNI_FIELD_TERMS:
        case NORNI_FIELD_SCORES: return add_list(j, f, err);
    }
    return norn_fail(err, NORN_E_INTERNAL, "signals: %s is of no kind", f->name);
}

norn_status norni_frame_signals_columns(const norni_frame_signals_call *call,
                                        norni_frame_signals_result *out, norn_err *err) {
    size_t n;
    const norni_signal_field *f = norni_signal_fields(&n);
    columns_job j = {out, out->run.tweets.tweet, out->run.signals.signal, out->run.tweets.n};
    out->frame = (norni_frame){
        .n = j.n, .column = norni_arena_zero(&out->arena, n, sizeof *out->frame.column)};
    if (out->frame.column == NULL) return no_room(&j, err);
    for (size_t k = 0; k < n; k++) {
        if (!has(call, f[k].name)) NORN_TRY(add_field(&j, &f[k], err));
    }
    return NORN_OK;
}
