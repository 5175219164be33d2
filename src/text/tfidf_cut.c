/* A block of texts cut into terms, each counted where it is first met. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Terms are slices of one buffer: the words that are left of a text stand in it parted by one blank, so that every n-gram is a slice too, and its hash
 * comes from its words'. A term's entry in the text at hand is found without a second look-up: the term remembers it. */
#include "base/grow.h"
#include "text/tfidf_parts.h"
#include "text/unicode.h"

#define LOW32 UINT64_C(0xFFFFFFFF)

enum {
    SLACK = 16, /* readable bytes behind every term */
    FIRST = 1 << 10,
    POLL_EVERY = 1 << 13
};

typedef struct met {
    norni_tfidf_gram gram;
    uint32_t seen;  /* the last text that had it, from 1 */
    uint32_t place; /* its entry there */
} met;

typedef struct token {
    uint64_t hash;
    const char *p;
    size_t n;
} token;

typedef struct cut {
    const norni_tfidf_cutter *how;
    norni_arena *arena;
    norni_poll poll;
    met *term;
    uint64_t *slots; /* 32 bits of the hash, 32 of the index + 1 */
    norni_tfidf_entry *entry;
    token *token;
    size_t *row; /* (n + 1) */
    size_t *at;  /* (cap_at) where the characters of the text at hand begin in `joined` */
    char *joined;
    norni_buf lower;
    size_t n_terms, cap_terms, n_slots, n_entries, cap_entries, cap_tokens, cap_at, n_joined;
    uint32_t text; /* from 1 */
    size_t since;
} cut;

static bool grow_slots(cut *c) {
    const size_t n_slots = c->n_slots ? 2 * c->n_slots : 4 * FIRST;
    uint64_t *slots = norni_arena_zero(c->arena, n_slots, sizeof *slots);
    if (slots == NULL) return false;
    for (size_t k = 0; k < c->n_terms; k++) {
        const uint64_t hash = c->term[k].gram.hash;
        size_t at = (size_t)hash & (n_slots - 1);
        while (slots[at] != 0)
            at = (at + 1) & (n_slots - 1);
        slots[at] = (hash & ~LOW32) | (k + 1);
    }
    c->slots = slots;
    c->n_slots = n_slots;
    return true;
}

/* A new term at the empty slot, which moves where the table grows. */
static norn_status new_term(cut *c, uint64_t hash, const char *p, size_t n, size_t at, met **out,
                            norn_err *err) {
    if (c->n_terms >= UINT32_MAX - 1)
        return norn_fail(err, NORN_E_LIMIT, "tfidf: more than %u terms in %d texts", UINT32_MAX - 1,
                         (int)NORNI_TFIDF_BLOCK);
    met *term =
        norni_list_grow(c->arena, c->term, c->n_terms, &c->cap_terms, 2 * FIRST, sizeof *term);
    if (term == NULL) return norni_alloc_fail(err, "tfidf", c->n_terms, 2 * sizeof *term);
    c->term = term;
    *out = &term[c->n_terms++];
    **out = (met){.gram = {.hash = hash, .p = p, .n = (uint32_t)n}};
    c->slots[at] = (hash & ~LOW32) | c->n_terms;
    if (2 * (c->n_terms + 1) > c->n_slots && !grow_slots(c))
        return norni_alloc_fail(err, "tfidf", 2 * c->n_slots, sizeof *c->slots);
    return NORN_OK;
}

static norn_status add_term(cut *c, uint64_t hash, const char *p, size_t n, norn_err *err) {
    if (++c->since >= POLL_EVERY) {
        c->since = 0;
        if (norni_poll_stop(&c->poll)) return norn_fail(err, NORN_E_CANCEL, "tfidf: cancelled");
    }
    const size_t mask = c->n_slots - 1;
    met *m = NULL;
    size_t at = (size_t)hash & mask;
    for (uint64_t slot; (slot = c->slots[at]) != 0; at = (at + 1) & mask) {
        if ((slot ^ hash) >> 32 != 0) continue;
        met *other = &c->term[(slot & LOW32) - 1];
        if (other->gram.hash == hash && other->gram.n == n &&
            norni_tfidf_same(other->gram.p, p, n)) {
            m = other;
            break;
        }
    }
    if (m == NULL) NORN_TRY(new_term(c, hash, p, n, at, &m, err));
    m->gram.count++;
    const size_t begin = c->row[c->text - 1];
    if (m->seen == c->text) {
        c->entry[begin + m->place].tf++;
        return NORN_OK;
    }
    norni_tfidf_entry *entry = norni_list_grow(c->arena, c->entry, c->n_entries, &c->cap_entries,
                                               8 * FIRST, sizeof *entry);
    if (entry == NULL) return norni_alloc_fail(err, "tfidf", c->n_entries, 2 * sizeof *entry);
    c->entry = entry;
    m->seen = c->text;
    m->place = (uint32_t)(c->n_entries - begin);
    m->gram.df++;
    entry[c->n_entries++] = (norni_tfidf_entry){(uint32_t)(m - c->term), 1};
    return NORN_OK;
}

/* ---- words ---- */

/* Of a byte: an ASCII letter, a digit or low line, a byte of something beyond ASCII, or a sign (0). */
enum { LETTER = 1, DIGIT = 2, WIDE = 4 };
#define L13 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
#define D5  2, 2, 2, 2, 2
#define W32 \
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4
static const uint8_t kind_of[256] = {
    0, 0, 0, 0, 0, 0,   0,   0, 0, 0, 0, 0, 0, 0,   0,   0, 0, 0, 0, 0, 0,   0,   0,   0,  0, 0,
    0, 0, 0, 0, 0, 0,   0,   0, 0, 0, 0, 0, 0, 0,   0,   0, 0, 0, 0, 0, 0,   0,   D5,  D5, 0, 0,
    0, 0, 0, 0, 0, L13, L13, 0, 0, 0, 0, 2, 0, L13, L13, 0, 0, 0, 0, 0, W32, W32, W32, W32};

/* The next run of word characters from *at on; *chars how many, *kinds what they are. A sign stands at `end`. */
static norni_str next_run(const char **at, const char *end, size_t *chars, unsigned *kinds) {
    const char *p = *at;
    unsigned kind, all = 0;
    size_t n, more = 0; /* more: bytes than characters */
    bool good;
    for (;; p += n) {
        while ((kind = kind_of[(unsigned char)*p]) == 0 && p < end)
            p++;
        if (p == end || kind != WIDE || norni_uni_is_word(norni_utf8_next(p, end, &n, &good)))
            break;
    }
    const char *begin = p;
    for (; p < end; p += n) {
        for (; (kind = kind_of[(unsigned char)*p]) & (LETTER | DIGIT); p++)
            all |= kind;
        if (kind == 0 || !norni_uni_is_word(norni_utf8_next(p, end, &n, &good))) break;
        all |= WIDE;
        more += n - 1;
    }
    *at = p;
    *chars = (size_t)(p - begin) - more;
    *kinds = all;
    return (norni_str){begin, (size_t)(p - begin)};
}

static bool is_stop(const norni_tfidf_cutter *how, const token *t) {
    if (how->n_slots == 0) return false;
    for (size_t at = (size_t)t->hash & (how->n_slots - 1);; at = (at + 1) & (how->n_slots - 1)) {
        const norni_str *s = &how->stop[at];
        if (s->p == NULL) return false;
        if (s->n == t->n && memcmp(s->p, t->p, t->n) == 0) return true;
    }
}

static norn_status cut_words(cut *c, norni_str text, norn_err *err) {
    const norni_tfidf_opt *o = &c->how->opt;
    const char *at = text.p, *end = text.p + text.n;
    size_t n_tokens = 0, chars;
    unsigned kinds;
    for (norni_str run; (run = next_run(&at, end, &chars, &kinds)).n > 0;) {
        if (chars < 2 || (o->token == NORNI_TFIDF_ALPHA && kinds != LETTER)) continue;
        token *list =
            norni_list_grow(c->arena, c->token, n_tokens, &c->cap_tokens, FIRST / 4, sizeof *list);
        if (list == NULL) return norni_alloc_fail(err, "tfidf", n_tokens, 2 * sizeof *list);
        c->token = list;
        char *to = c->joined + c->n_joined;
        memcpy(to, run.p, SLACK); /* most words; both ends have the room */
        if (run.n > SLACK) memcpy(to, run.p, run.n);
        token *t = &list[n_tokens];
        *t = (token){norni_tfidf_hash(to, run.n), to, run.n};
        if (is_stop(c->how, t)) continue;
        to[run.n] = ' ';
        c->n_joined += run.n + 1;
        n_tokens++;
    }
    const size_t least = (size_t)o->min_n, most = (size_t)o->max_n;
    for (size_t k = 0; k < n_tokens; k++) {
        const token *t = c->token + k;
        uint64_t hash = t->hash;
        for (size_t n = 1; n <= most && k + n <= n_tokens; n++) {
            const token *last = t + n - 1;
            if (n > 1) hash = norni_tfidf_hash_more(hash, last->hash);
            if (n >= least)
                NORN_TRY(add_term(c, hash, t->p, (size_t)(last->p + last->n - t->p), err));
        }
    }
    return NORN_OK;
}

/* ---- characters ---- */

/* n-grams of `least` to `most` characters of the text, whose characters begin at at[0 … n] */
static norn_status add_chars(cut *c, const size_t *at, size_t n, bool padded, norn_err *err) {
    const norni_tfidf_opt *o = &c->how->opt;
    for (size_t width = (size_t)o->min_n; width <= (size_t)o->max_n; width++) {
        const size_t w = padded && width > n ? n : width;
        for (size_t k = 0; k + w <= n; k++) {
            const char *p = c->joined + at[k];
            const size_t bytes = at[k + w] - at[k];
            NORN_TRY(add_term(c, norni_tfidf_hash(p, bytes), p, bytes, err));
        }
        if (padded && w == n) break; /* scikit-learn takes a short word once */
    }
    return NORN_OK;
}

/* The text with its white space as scikit-learn has it before it cuts: of `char`, runs of two and more are one blank; of `char_wb`, the words
 * stand between single blanks. at (n + 1): where the characters begin. */
static size_t squeeze(cut *c, norni_str text, bool words, size_t *at) {
    const char *p = text.p, *end = text.p + text.n;
    char *to = c->joined;
    size_t n_chars = 0, w = c->n_joined, n;
    bool good;
    if (words) {
        at[n_chars++] = w;
        to[w++] = ' ';
    }
    while (p < end) {
        const uint32_t ch = norni_utf8_next(p, end, &n, &good);
        const char *begin = p;
        p += n;
        const bool blank = norni_uni_class(ch) & NORNI_UNI_SPACE;
        if (blank) {
            bool more = false;
            while (p < end &&
                   (norni_uni_class(norni_utf8_next(p, end, &n, &good)) & NORNI_UNI_SPACE)) {
                p += n;
                more = true;
            }
            if (more || words) {
                if (words && n_chars == 1) continue; /* before the first word */
                at[n_chars++] = w;
                to[w++] = ' ';
                continue;
            }
        }
        at[n_chars++] = w;
        memcpy(to + w, begin, (size_t)(p - begin));
        w += (size_t)(p - begin);
    }
    if (words && to[w - 1] != ' ') {
        at[n_chars++] = w;
        to[w++] = ' ';
    }
    at[n_chars] = w;
    c->n_joined = w;
    return n_chars;
}

static norn_status cut_chars(cut *c, norni_str text, norn_err *err) {
    const bool words = c->how->opt.analyzer == NORNI_TFIDF_CHAR_WB;
    if (text.n + 3 > c->cap_at) {
        c->cap_at = 2 * (text.n + 3);
        c->at = norni_arena_get(c->arena, c->cap_at, sizeof *c->at);
        if (c->at == NULL) return norni_alloc_fail(err, "tfidf", c->cap_at, sizeof *c->at);
    }
    const size_t *at = c->at;
    const size_t n = squeeze(c, text, words, c->at);
    if (!words) return add_chars(c, at, n, false, err);
    for (size_t k = 0, next; k + 1 < n; k = next) {
        next = k + 1;
        while (c->joined[at[next]] != ' ')
            next++;
        NORN_TRY(add_chars(c, at + k, next + 1 - k, true, err));
    }
    return NORN_OK;
}

/* ---- texts ---- */

static void lower_ascii(const char *restrict from, char *restrict to, size_t n) {
    for (size_t k = 0; k < n; k++)
        to[k] = (char)(from[k] | (from[k] >= 'A' && from[k] <= 'Z' ? 32 : 0));
}

/* The text as it is cut, in c->lower, a NUL and some room behind it. */
static bool prepare(cut *c, norni_str text) {
    norni_buf *b = &c->lower;
    b->n = 0;
    if (!norni_tfidf_is_ascii(text)) {
        if (c->how->opt.lowercase) {
            norni_utf8_lower(text, b);
        } else {
            (void)norni_utf8_mend(text, b);
        }
        if (b->failed || !norni_buf_reserve(b, SLACK)) return false;
        b->p[b->n] = '\0';
        return true;
    }
    if (!norni_buf_reserve(b, text.n + SLACK)) return false;
    if (!c->how->opt.lowercase) {
        if (text.n > 0) memcpy(b->p, text.p, text.n);
    } else {
        lower_ascii(text.p, b->p, text.n);
    }
    b->n = text.n;
    b->p[b->n] = '\0';
    return true;
}

static norn_status cut_begin(cut *c, const norni_str *texts, size_t n, norn_err *err) {
    size_t room = SLACK;
    for (size_t i = 0; i < n; i++) {
        if (texts[i].n > NORNI_TFIDF_TEXT_BYTES)
            return norn_fail(err, NORN_E_LIMIT,
                             "tfidf: a text has %zu bytes; %zu are the most that one may have",
                             texts[i].n, NORNI_TFIDF_TEXT_BYTES);
        room += (norni_tfidf_is_ascii(texts[i]) ? texts[i].n : 3 * texts[i].n) +
                3; /* a bad byte becomes three */
    }
    c->joined = norni_arena_get(c->arena, room, 1);
    c->row = norni_arena_get(c->arena, n + 1, sizeof *c->row);
    if (c->joined == NULL || c->row == NULL || !grow_slots(c))
        return norni_alloc_fail(err, "tfidf", room, 1);
    return NORN_OK;
}

/* What was cut, side by side in one piece of memory, the terms by parts of the hash's range. */
static norn_status keep(const cut *c, const norn_alloc *alloc, size_t n, norni_tfidf_block *out,
                        norn_err *err) {
    size_t next[NORNI_TFIDF_PARTS];
    *out = (norni_tfidf_block){.n_grams = c->n_terms, .n_entries = c->n_entries, .n_texts = n};
    const size_t grams = c->n_terms * sizeof *out->gram, rows = (n + 1) * sizeof *out->row;
    const size_t entries = c->n_entries * sizeof *out->entry, map = c->n_terms * sizeof *out->map;
    out->n_memory = grams + rows + entries + map + c->n_joined + SLACK;
    out->memory = norni_alloc_get(alloc, out->n_memory, 1);
    if (out->memory == NULL) return norni_alloc_fail(err, "tfidf", out->n_memory, 1);
    char *p = out->memory;
    out->gram = (void *)p;
    out->row = (void *)(p + grams);
    out->entry = (void *)(p + grams + rows);
    out->map = (void *)(p + grams + rows + entries);
    char *bytes = p + grams + rows + entries + map;
    if (c->n_joined > 0) memcpy(bytes, c->joined, c->n_joined);
    memcpy(out->row, c->row, rows);
    for (size_t k = 0; k < c->n_terms; k++)
        out->part[(c->term[k].gram.hash >> NORNI_TFIDF_PART_SHIFT) + 1]++;
    for (size_t k = 0; k < NORNI_TFIDF_PARTS; k++) {
        next[k] = out->part[k];
        out->part[k + 1] += out->part[k];
    }
    uint32_t *moved = out->map; /* for now */
    for (size_t k = 0; k < c->n_terms; k++) {
        norni_tfidf_gram g = c->term[k].gram;
        g.p = bytes + (g.p - c->joined);
        moved[k] = (uint32_t)next[g.hash >> NORNI_TFIDF_PART_SHIFT]++;
        out->gram[moved[k]] = g;
    }
    for (size_t k = 0; k < c->n_entries; k++)
        out->entry[k] = (norni_tfidf_entry){moved[c->entry[k].term], c->entry[k].tf};
    return NORN_OK;
}

static norn_status cut_texts(cut *c, const norni_str *texts, const int64_t *time, size_t n,
                             norn_err *err) {
    NORN_TRY(cut_begin(c, texts, n, err));
    for (size_t i = 0; i < n; i++) {
        c->row[i] = c->n_entries;
        c->text = (uint32_t)i + 1;
        if (time != NULL && time[i] == INT64_MIN) continue;
        if (norni_poll_stop(&c->poll)) return norn_fail(err, NORN_E_CANCEL, "tfidf: cancelled");
        if (!prepare(c, texts[i])) return norni_alloc_fail(err, "tfidf", texts[i].n, 3);
        const norni_str text = {c->lower.p, c->lower.n};
        NORN_TRY(c->how->opt.analyzer == NORNI_TFIDF_WORD ? cut_words(c, text, err)
                                                          : cut_chars(c, text, err));
    }
    c->row[n] = c->n_entries;
    return NORN_OK;
}

norn_status norni_tfidf_cut(const norni_tfidf_cutter *how, const norn_alloc *alloc,
                            norni_arena *scratch, norni_poll poll, const norni_str *texts,
                            const int64_t *time, size_t n, norni_tfidf_block *out, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    cut c = {.how = how, .arena = scratch, .poll = poll};
    norni_buf_init(&c.lower, alloc);
    norn_status st = cut_texts(&c, texts, time, n, err);
    if (st == NORN_OK) st = keep(&c, alloc, n, out, err);
    norni_buf_clear(&c.lower);
    if (mark.head != NULL)
        norni_arena_rewind(scratch, mark); /* else its reset keeps all of it warm */
    return st;
}
