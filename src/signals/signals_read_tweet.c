/* A raw tweet as a tweet: its text mended and cleaned, its time, counts and lists read, its faults noted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "signals/signals_read_parts.h"
#include "text/nfkc.h"
#include "text/unicode.h"

void norni_tweet_refuse(norni_tweet_block *b, const norni_tweet_record *r,
                        norni_tweet_refusal reason, const char *what) {
    norni_tweet_example *e = &b->refused_first[reason];
    if (e->line != 0) return;
    e->file = b->file;
    e->line = r->line;
    norni_format(e->what, sizeof e->what, "%s", what);
}

static void set_example(norni_tweet_example *e, const norni_tweet *t, const char *what,
                        norni_str value) {
    if (e->line != 0) return;
    e->file = t->file;
    e->line = t->line;
    const int n = value.n < 60 ? (int)value.n : 60;
    norni_format(e->what, sizeof e->what, n > 0 ? "%s: %.*s" : "%s", what, n, value.p);
}

void norni_tweet_note(norni_tweet_block *b, norni_tweet *t, norni_tweet_fault fault,
                      const char *what, norni_str value) {
    t->faults |= (uint16_t)(1u << fault);
    set_example(&b->fault_first[fault], t, what, value);
}

/* ---- texts ---- */

bool norni_tweet_mend(norni_tweet_block *b, norni_raw_tweet *raw, norni_str *cell) {
    if (norni_text_is_utf8(cell->p, cell->n)) return true;
    b->scratch2.n = 0;
    (void)norni_utf8_mend(*cell, &b->scratch2);
    raw->mended = true;
    char *kept = b->scratch2.failed ? NULL : norni_tweet_room(b, b->scratch2.n);
    if (kept == NULL) return false;
    memcpy(kept, b->scratch2.p, b->scratch2.n);
    *cell = (norni_str){kept, b->scratch2.n};
    return true;
}

/* At most NORNI_TWEET_MOST_TEXT bytes, cut between code points. */
static norni_str cut_text(norni_str s) {
    if (s.n <= NORNI_TWEET_MOST_TEXT) return s;
    s.n = NORNI_TWEET_MOST_TEXT;
    while (s.n > 0 && ((unsigned char)s.p[s.n] & 0xC0) == 0x80)
        s.n--;
    return s;
}

/* Bytes of the white space at p, or 0: as \s of Python's regular expressions. */
static size_t white_length(const char *p, const char *end) {
    const unsigned char c = (unsigned char)*p;
    size_t n = 1;
    bool good;
    if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F);
    if (c != 0xC2 && c != 0xE1 && c != 0xE2 && c != 0xE3) return 0;
    return norni_uni_class(norni_utf8_next(p, end, &n, &good)) & NORNI_UNI_SPACE ? n : 0;
}

/* Most texts are clean as they stand: then the room goes back. */
static norni_str keep_clean(norni_tweet_block *b, norni_str text, norni_str out) {
    const size_t room = (text.n + 7) & ~(size_t)7, used = (out.n + 7) & ~(size_t)7;
    const bool small = b->free != NULL && out.p + room == b->free;
    if (text.p != b->scratch.p) {
        const norni_str whole = norni_str_trim(text);
        if (whole.n == out.n && memcmp(whole.p, out.p, out.n) == 0) {
            if (small) b->free -= room;
            if (small) b->n_free += room;
            return whole;
        }
    }
    if (small) b->free -= room - used;
    if (small) b->n_free += room - used;
    return out;
}

norni_str norni_tweet_clean(norni_tweet_block *b, norni_str text, bool ascii) {
    if (!ascii && !norni_nfkc_is(text)) {
        b->scratch.n = 0;
        norni_nfkc(text, &b->scratch);
        if (b->scratch.failed) return (norni_str){NULL, 0};
        text = cut_text((norni_str){b->scratch.p, b->scratch.n});
    }
    char *out = norni_tweet_room(b, text.n);
    if (out == NULL) return (norni_str){NULL, 0};
    const char *p = text.p, *end = text.p + text.n;
    size_t n = 0;
    bool blank = false; /* white space, or a link, was passed */
    while (p < end) {
        size_t skip = 0;
        const unsigned char c = (unsigned char)*p;
        if (c <= ' ' || c >= 0x80) {
            skip = white_length(p, end);
            blank = blank || skip > 0;
        } else if (c == 'h' || c == 'H' || c == 'w' || c == 'W' || c == 'p' || c == 'P') {
            skip = norni_tweet_link(text.p, p, end);
        }
        if (skip > 0) {
            p += skip;
            continue;
        }
        if (blank && n > 0) out[n++] = ' ';
        blank = false;
        out[n++] = *p++;
    }
    return keep_clean(b, text, (norni_str){out, n});
}

static bool take_texts(norni_tweet_block *b, const norni_raw_tweet *raw, norni_tweet *t) {
    const norni_raw_value *content = &raw->value[NORNI_ROLE_CONTENT],
                          *cleaned = &raw->value[NORNI_ROLE_CLEANED];
    const norni_str none = {"", 0};
    t->content = content->kind == NORNI_RAW_TEXT ? content->text : cleaned->text;
    norni_str text = cleaned->kind == NORNI_RAW_TEXT ? norni_str_trim(cleaned->text) : none;
    const bool given = text.n > 0;
    if (!given) text = t->content;
    if (text.n > NORNI_TWEET_MOST_TEXT) {
        norni_tweet_note(b, t, NORNI_FAULT_LONG_TEXT, "a text of more than 64 KiB", none);
        text = cut_text(text);
    }
    t->text = given ? text : norni_tweet_clean(b, text, raw->ascii);
    if (t->text.p == NULL) return false;
    if (t->text.n == 0) norni_tweet_note(b, t, NORNI_FAULT_EMPTY, "an empty text", t->content);
    return true;
}

/* ---- the rest ---- */

static norni_str text_of(const norni_raw_value *v) {
    if (v->kind != NORNI_RAW_TEXT && v->kind != NORNI_RAW_NUMBER) return (norni_str){"", 0};
    return norni_str_trim(v->text);
}

static void take_time(norni_tweet_block *b, const norni_raw_tweet *raw, norni_tweet *t) {
    bool zoned;
    t->stamp = text_of(&raw->value[NORNI_ROLE_TIME]);
    if (!norni_tweet_time(t->stamp, &t->time, &zoned)) {
        norni_tweet_note(b, t, NORNI_FAULT_TIME, t->stamp.n > 0 ? "not a time" : "no time",
                         t->stamp);
        return;
    }
    t->zone = zoned ? 1 : 2;
    if (!zoned) set_example(&b->plain_first, t, "a time without an offset", t->stamp);
}

static void take_counts(norni_tweet_block *b, const norni_raw_tweet *raw, norni_tweet *t) {
    static const char *const name[] = {"likes", "retweets", "replies", "views"};
    int64_t *const to[] = {&t->likes, &t->retweets, &t->replies, &t->views};
    for (size_t k = 0; k < 4; k++) {
        const norni_raw_value *v = &raw->value[NORNI_ROLE_LIKES + k];
        int fault = 0;
        *to[k] = NORNI_TWEET_NO_COUNT;
        if (v->kind == NORNI_RAW_TEXT || v->kind == NORNI_RAW_NUMBER) {
            fault = norni_tweet_count(v->text, to[k]);
        } else if (v->kind == NORNI_RAW_LIST || v->kind == NORNI_RAW_OTHER) {
            fault = 2;
        }
        if (fault == 2) norni_tweet_note(b, t, NORNI_FAULT_COUNT, name[k], v->text);
    }
}

static bool take_lists(norni_tweet_block *b, const norni_raw_tweet *raw, norni_tweet *t) {
    const norni_raw_value *tags = &raw->value[NORNI_ROLE_HASHTAGS],
                          *cash = &raw->value[NORNI_ROLE_CASHTAGS],
                          *names = &raw->value[NORNI_ROLE_MENTIONS],
                          *urls = &raw->value[NORNI_ROLE_URLS];
    norni_tweet_marks m = {.hashtag = NULL};
    const bool no_tags = tags->kind == NORNI_RAW_NONE && cash->kind == NORNI_RAW_NONE;
    const bool no_names = names->kind == NORNI_RAW_NONE, no_urls = urls->kind == NORNI_RAW_NONE;
    if (b->opt->tags_from_text && (no_tags || no_names || no_urls) &&
        !norni_tweet_scan(b, cut_text(t->content), &m))
        return false;
    if (no_tags) {
        t->hashtag = m.hashtag;
        t->n_hashtags = m.n_hashtags;
    } else if (!norni_tweet_list(b, tags, false, &t->hashtag, &t->n_hashtags) ||
               !norni_tweet_list(b, cash, false, &t->hashtag, &t->n_hashtags)) {
        return false;
    }
    t->mention = m.mention;
    t->n_mentions = m.n_mentions;
    t->url = m.url;
    t->n_urls = m.n_urls;
    if (!no_names) t->n_mentions = 0;
    if (!no_urls) t->n_urls = 0;
    return (no_names || norni_tweet_list(b, names, false, &t->mention, &t->n_mentions)) &&
           (no_urls || norni_tweet_list(b, urls, true, &t->url, &t->n_urls));
}

static const char *no_text(const norni_raw_tweet *raw) {
    switch (raw->value[NORNI_ROLE_CONTENT].kind) {
        case NORNI_RAW_NONE: return "no text";
        case NORNI_RAW_NULL: return "the text is null";
        case NORNI_RAW_TEXT:
        case NORNI_RAW_NUMBER:
        case NORNI_RAW_LIST:
        case NORNI_RAW_OTHER: break;
    }
    return "the text is of another type";
}

norn_status norni_tweet_finish(norni_tweet_block *b, const norni_tweet_record *r,
                               const norni_raw_tweet *raw, norni_tweet *t, int8_t *refused,
                               norn_err *err) {
    const norni_raw_value *value = raw->value;
    *t = (norni_tweet){.line = r->line, .file = b->file, .twin = UINT32_MAX};
    if (value[NORNI_ROLE_CONTENT].kind != NORNI_RAW_TEXT &&
        value[NORNI_ROLE_CLEANED].kind != NORNI_RAW_TEXT) {
        norni_tweet_refuse(b, r, NORNI_REFUSED_NO_TEXT, no_text(raw));
        *refused = NORNI_REFUSED_NO_TEXT;
        return NORN_OK;
    }
    t->id = text_of(&value[NORNI_ROLE_ID]);
    t->user = text_of(&value[NORNI_ROLE_USER]);
    t->language = text_of(&value[NORNI_ROLE_LANGUAGE]);
    t->extra = raw->extra;
    t->n_extra = (uint32_t)raw->n_extra;
    if (t->id.n == 0)
        norni_tweet_note(b, t, NORNI_FAULT_NO_ID, "a tweet without id", (norni_str){"", 0});
    take_time(b, raw, t);
    take_counts(b, raw, t);
    if (!take_texts(b, raw, t) || !take_lists(b, raw, t))
        return norni_alloc_fail(err, "tweets", 1, r->n);
    if (raw->mended) norni_tweet_note(b, t, NORNI_FAULT_UTF8, "bytes that are not UTF-8", t->id);
    b->has_user = b->has_user || t->user.n > 0;
    b->has_views = b->has_views || value[NORNI_ROLE_VIEWS].kind != NORNI_RAW_NONE;
    return NORN_OK;
}
