/* Tags, names and links of tweets: lists as files write them, and what stands in the text itself. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/json_pull.h"
#include "signals/signals_read_parts.h"
#include "text/unicode.h"

/* A list that grows in the block's memory. */
typedef struct list {
    norni_str *item;
    uint32_t n, cap;
} list;

/* In lower case; once each. false: out of memory. */
static bool add(norni_tweet_block *b, list *l, norni_str word, bool urls) {
    if (word.n == 0 || l->n >= NORNI_TWEET_MOST_TAGS) return true;
    const bool ascii = norni_text_is_ascii(word.p, word.n);
    char *low = NULL;
    if (!urls) {
        b->scratch.n = 0;
        if (!ascii) norni_utf8_lower(word, &b->scratch);
        if (b->scratch.failed) return false;
        if (!ascii) word = (norni_str){b->scratch.p, b->scratch.n};
    }
    low = norni_tweet_room(b, word.n);
    if (low == NULL) return false;
    for (size_t k = 0; k < word.n; k++) {
        const char c = word.p[k];
        low[k] = !urls && c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    for (uint32_t k = 0; k < l->n; k++)
        if (l->item[k].n == word.n && memcmp(l->item[k].p, low, word.n) == 0) return true;
    if (l->n == l->cap) {
        const uint32_t cap = l->cap ? 2 * l->cap : 4;
        norni_str *more = norni_tweet_room(b, cap * sizeof *more);
        if (more == NULL) return false;
        if (l->n > 0) memcpy(more, l->item, l->n * sizeof *more);
        l->item = more;
        l->cap = cap;
    }
    l->item[l->n++] = (norni_str){low, word.n};
    return true;
}

static bool parts_words(char c, bool urls) {
    if ((unsigned char)c <= ' ' || c == '\'' || c == '"' || c == '[' || c == ']') return true;
    return !urls && (c == ',' || c == ';' || c == '#' || c == '$' || c == '@' || c == '|');
}

/* "a b", "a,b", "['a', 'b']". */
static bool add_words(norni_tweet_block *b, list *l, norni_str text, bool urls) {
    if (text.n == 0) return true;
    const char *p = text.p, *end = text.p + text.n;
    while (p < end && l->n < NORNI_TWEET_MOST_TAGS) {
        while (p < end && parts_words(*p, urls))
            p++;
        const char *from = p;
        while (p < end && !parts_words(*p, urls))
            p++;
        size_t n = (size_t)(p - from);
        while (urls && n > 0 && (from[n - 1] == ',' || from[n - 1] == ';'))
            n--;
        if (!add(b, l, (norni_str){from, n}, urls)) return false;
    }
    return true;
}

/* Bytes of the control character or line break at p, or 0. */
static size_t control_at(const char *p, const char *end) {
    const unsigned char *c = (const unsigned char *)p;
    const size_t room = (size_t)(end - p);
    if (c[0] < ' ' || c[0] == 0x7F) return 1;
    if (c[0] == 0xC2 && room > 1 && c[1] < 0xA0) return 2;
    return c[0] == 0xE2 && room > 2 && c[1] == 0x80 && (c[2] == 0xA8 || c[2] == 0xA9) ? 3 : 0;
}

/* An element is one tag or name: no sign in front, no control character, nothing else is taken off. */
static bool add_element(norni_tweet_block *b, list *l, norni_str text) {
    char *kept = norni_tweet_room(b, text.n);
    size_t n = 0;
    if (kept == NULL) return false;
    for (const char *p = text.p, *end = p + text.n; p < end;) {
        const size_t skip = control_at(p, end);
        if (skip == 0) kept[n++] = *p;
        p += skip > 0 ? skip : 1;
    }
    text = norni_str_trim((norni_str){kept, n});
    while (text.n > 0 && memchr("#$@ ", text.p[0], 4) != NULL)
        text = (norni_str){text.p + 1, text.n - 1};
    return add(b, l, text, false);
}

static bool add_json_text(norni_tweet_block *b, list *l, const norni_json_item *item, bool urls) {
    b->scratch2.n = 0;
    (void)norni_json_text(item, &b->scratch2);
    if (b->scratch2.failed) return false;
    if (b->scratch2.n == 0) return true;
    norni_str text = {b->scratch2.p, b->scratch2.n};
    b->scratch.n = 0;
    if (!norni_text_is_ascii(text.p, text.n)) { /* scratch is wanted for lower case: mend first */
        const size_t n_bad = norni_utf8_mend(text, &b->scratch);
        if (b->scratch.failed) return false;
        if (n_bad > 0) {
            b->scratch2.n = 0;
            norni_buf_add(&b->scratch2, b->scratch.p, b->scratch.n);
            if (b->scratch2.failed) return false;
            text = (norni_str){b->scratch2.p, b->scratch2.n};
        }
    }
    return urls ? add(b, l, norni_str_trim(text), true) : add_element(b, l, text);
}

/* The name of what an object of Twitter's entities is. */
static bool is_wanted_key(norni_str key, bool urls) {
    if (urls) return norni_str_is(key, "expanded_url") || norni_str_is(key, "url");
    return norni_str_is(key, "text") || norni_str_is(key, "tag") ||
           norni_str_is(key, "screen_name") || norni_str_is(key, "username");
}

/* ["a", "b"], or [{"text": "a"}, …]: valid JSON, as the reader saw. false: out of memory. */
static bool add_array(norni_tweet_block *b, list *l, norni_str text, bool urls) {
    norni_json_pull pull;
    norni_json_item item, taken = {.kind = NORNI_JSON_NULL};
    uint32_t depth = 0;
    bool wanted = false, long_form = false;
    norni_json_pull_init(&pull, text);
    while (norni_json_pull_next(&pull, &item, NULL) == NORN_OK && item.kind != NORNI_JSON_DONE) {
        if (item.kind == NORNI_JSON_OBJECT || item.kind == NORNI_JSON_ARRAY) depth++;
        if (item.kind == NORNI_JSON_OBJECT_END || item.kind == NORNI_JSON_ARRAY_END) {
            if (depth == 2 && taken.kind == NORNI_JSON_STRING && !add_json_text(b, l, &taken, urls))
                return false;
            if (depth == 2) {
                taken.kind = NORNI_JSON_NULL;
                long_form = false;
            }
            depth--;
        } else if (item.kind == NORNI_JSON_KEY) {
            wanted = depth == 2 && is_wanted_key(item.raw, urls) && !long_form;
            if (wanted) long_form = norni_str_is(item.raw, "expanded_url");
        } else if (item.kind == NORNI_JSON_STRING) {
            if (depth == 1 && !add_json_text(b, l, &item, urls)) return false;
            if (depth == 2 && wanted) taken = item;
            wanted = false;
        } else {
            wanted = false;
        }
    }
    return true;
}

bool norni_tweet_list(norni_tweet_block *b, const norni_raw_value *v, bool urls,
                      const norni_str **out, uint32_t *n) {
    list l = {NULL, 0, 0};
    if (*n > 0) { /* cashtags behind hashtags */
        l.item = norni_tweet_room(b, *n * sizeof *l.item);
        if (l.item == NULL) return false;
        memcpy(l.item, *out, *n * sizeof *l.item);
        l.n = l.cap = *n;
    }
    bool ok = true;
    if (v->kind == NORNI_RAW_LIST) {
        ok = add_array(b, &l, v->text, urls);
    } else if (v->kind == NORNI_RAW_TEXT) {
        const norni_str s = norni_str_trim(v->text);
        norni_json_pull pull;
        norni_json_item item;
        bool array = s.n > 1 && s.p[0] == '[' && memchr(s.p, '"', s.n) != NULL;
        if (array) {
            norni_json_pull_init(&pull, s);
            array = norni_json_pull_next(&pull, &item, NULL) == NORN_OK &&
                    norni_json_pull_skip(&pull, &item, NULL) == NORN_OK &&
                    norni_json_pull_next(&pull, &item, NULL) == NORN_OK;
        }
        ok = array ? add_array(b, &l, s, urls) : add_words(b, &l, s, urls);
    }
    *out = l.item;
    *n = l.n;
    return ok;
}

/* ---- the text itself ---- */

static bool is_ascii_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool has_prefix(const char *p, const char *end, const char *what, size_t n) {
    if ((size_t)(end - p) <= n) return false;
    for (size_t k = 0; k < n; k++)
        if ((p[k] >= 'A' && p[k] <= 'Z' ? p[k] + ('a' - 'A') : p[k]) != what[k]) return false;
    return true;
}

size_t norni_tweet_link(const char *begin, const char *p, const char *end) {
    const char second = end - p > 1 ? (char)(p[1] | 0x20) : 0; /* most words are told by it */
    if (second != 't' && second != 'w' && second != 'i') return 0;
    const bool free = p == begin || !is_ascii_word(p[-1]);
    const bool link =
        has_prefix(p, end, "http://", 7) || has_prefix(p, end, "https://", 8) ||
        (free && (has_prefix(p, end, "www.", 4) || has_prefix(p, end, "pic.twitter.com/", 16)));
    if (!link) return 0;
    const char *at = p;
    while (at < end) {
        size_t n = 1;
        bool good;
        if ((unsigned char)*at <= ' ' || *at == '"' || *at == '<' || *at == '>') break;
        if ((unsigned char)*at >= 0x80 &&
            norni_uni_class(norni_utf8_next(at, end, &n, &good)) & NORNI_UNI_SPACE)
            break;
        at += n;
    }
    return (size_t)(at - p);
}

/* Bytes of the word at p: letters, marks, numbers, the low line; *letter: not only digits. */
static size_t word_length(const char *p, const char *end, bool *letter) {
    const char *at = p;
    *letter = false;
    while (at < end) {
        size_t n;
        bool good;
        const uint32_t c = norni_utf8_next(at, end, &n, &good);
        const unsigned bits = norni_uni_class(c);
        if (!(bits & (NORNI_UNI_LETTER | NORNI_UNI_NUMBER | NORNI_UNI_MARK)) && c != '_') break;
        *letter = *letter || !(bits & NORNI_UNI_NUMBER);
        at += n;
    }
    return (size_t)(at - p);
}

static size_t cashtag_length(const char *p, const char *end) {
    size_t n = 0, room = (size_t)(end - p);
    while (n < room && n < 7 && ((p[n] | 0x20) >= 'a' && (p[n] | 0x20) <= 'z'))
        n++;
    if (n == 0 || n > 6) return 0;
    if (n + 1 < room && (p[n] == '.' || p[n] == '_') && is_ascii_word(p[n + 1]) &&
        (n + 2 == room || !is_ascii_word(p[n + 2])))
        n += 2; /* BRK.B */
    return n < room && is_ascii_word(p[n]) ? 0 : n;
}

static size_t name_length(const char *p, const char *end) {
    size_t n = 0, room = (size_t)(end - p);
    while (n < room && is_ascii_word(p[n]))
        n++;
    return n <= 32 ? n : 0;
}

/* The sign at p and what hangs on it; 0: nothing does. */
static size_t take_mark(norni_tweet_block *b, const char *p, const char *end, list l[3], bool *ok) {
    bool letter;
    size_t n = 0;
    if (*p == '#') {
        n = word_length(p + 1, end, &letter);
        if (!letter) n = 0;
    } else if (*p == '$') {
        n = cashtag_length(p + 1, end);
    } else {
        n = name_length(p + 1, end);
    }
    if (n > 0) *ok = add(b, &l[*p == '@'], (norni_str){p + 1, n}, false);
    return n;
}

bool norni_tweet_scan(norni_tweet_block *b, norni_str text, norni_tweet_marks *out) {
    list l[3] = {{NULL, 0, 0}, {NULL, 0, 0}, {NULL, 0, 0}};
    const char *p = text.p, *end = text.p + text.n;
    bool ok = true;
    while (ok && p < end) {
        const char c = *p;
        size_t n = 0;
        if ((c == '#' || c == '$' || c == '@') && (p == text.p || !is_ascii_word(p[-1]))) {
            n = take_mark(b, p, end, l, &ok);
            if (n > 0) n++;
        } else if (c == 'h' || c == 'H' || c == 'w' || c == 'W' || c == 'p' || c == 'P') {
            n = norni_tweet_link(text.p, p, end);
            if (n > 0) ok = add(b, &l[2], (norni_str){p, n}, true);
        }
        p += n > 0 ? n : 1;
    }
    *out = (norni_tweet_marks){l[0].item, l[1].item, l[2].item, l[0].n, l[1].n, l[2].n};
    return ok;
}
