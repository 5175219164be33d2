/* A byte-pair encoding from its two files: vocab.json and merges.txt. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The files write a byte as a character: those of Latin-1 that show stand for themselves, the other 68 are U+0100 and
 * following (Radford et al. 2019, GPT-2). Tokens are kept as the bytes that they stand for. */
#include "base/grow.h"
#include "base/numtext.h"
#include "io/json_pull.h"
#include "text/bpe_parts.h"
#include "text/unicode.h"

enum { MOST_TOKENS = 1 << 20, LAST_CHARACTER = 0x143 };

/* Byte that each character up to U+0143 stands for, or -1. */
typedef struct byte_characters {
    int16_t byte[LAST_CHARACTER + 1];
} byte_characters;

static bool shows(int b) {
    return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
}

static void fill_characters(byte_characters *c) {
    int16_t next = 256;
    for (size_t k = 0; k <= LAST_CHARACTER; k++)
        c->byte[k] = -1;
    for (int b = 0; b < 256; b++)
        c->byte[shows(b) ? b : next++] = (int16_t)b;
}

/* Appends the bytes that a token's characters stand for; false: one stands for none. */
static bool take_bytes(const byte_characters *chars, norni_str token, norni_buf *out) {
    const char *at = token.p, *end = token.p + token.n;
    while (at < end) {
        size_t n;
        bool good;
        const uint32_t c = norni_utf8_next(at, end, &n, &good);
        if (!good || c > LAST_CHARACTER || chars->byte[c] < 0) return false;
        const char b = (char)chars->byte[c];
        norni_buf_add(out, &b, 1);
        at += n;
    }
    return true;
}

typedef struct maker {
    norni_bpe *b;
    byte_characters chars;
    norni_buf text, bytes; /* scratch */
    size_t cap;            /* of b->id */
} maker;

static norn_status add_token(maker *m, norni_str raw, int32_t id, norn_err *err) {
    norni_bpe *b = m->b;
    bool added;
    m->bytes.n = 0;
    if (!take_bytes(&m->chars, raw, &m->bytes)) return NORN_OK; /* no text can become it */
    char *bytes = norni_arena_text(&b->arena, m->bytes.p ? m->bytes.p : "", m->bytes.n);
    if (m->bytes.failed || bytes == NULL) return norni_alloc_fail(err, "vocab.json", m->bytes.n, 1);
    const int64_t at = norni_map_add(&b->token, (norni_str){bytes, m->bytes.n}, &added);
    if (at == NORNI_MAP_NONE) return norni_alloc_fail(err, "vocab.json", b->token.n, 32);
    if (!added)
        return norn_fail(err, NORN_E_FORMAT,
                         "vocab.json: one token stands there twice, as %d and %d", (int)b->id[at],
                         (int)id);
    int32_t *wider = norni_list_grow(&b->arena, b->id, (size_t)at, &m->cap, 1024, sizeof *wider);
    if (wider == NULL) return norni_alloc_fail(err, "vocab.json", m->cap, sizeof *wider);
    b->id = wider;
    b->id[at] = id;
    return NORN_OK;
}

static norn_status read_vocab(maker *m, norni_str text, norn_err *err) {
    norni_json_pull p;
    norni_json_item item;
    norn_err inner;
    size_t n = 0;
    norni_json_pull_init(&p, text);
    norn_status st = norni_json_pull_next(&p, &item, &inner);
    if (st == NORN_OK && item.kind != NORNI_JSON_OBJECT)
        return norn_fail(err, NORN_E_FORMAT,
                         "vocab.json: an object of tokens and their ids is wanted");
    while (st == NORN_OK && (st = norni_json_pull_next(&p, &item, &inner)) == NORN_OK &&
           item.kind == NORNI_JSON_KEY) {
        int64_t id;
        m->text.n = 0;
        (void)norni_json_text(&item, &m->text);
        if (m->text.failed) return norni_alloc_fail(err, "vocab.json", m->text.n, 1);
        st = norni_json_pull_next(&p, &item, &inner);
        if (st != NORN_OK) break;
        if (item.kind != NORNI_JSON_NUMBER ||
            norni_int_parse(item.raw.p, item.raw.n, &id) != NORNI_NUM_OK || id < 0 ||
            id >= MOST_TOKENS)
            return norn_fail(err, NORN_E_FORMAT,
                             "vocab.json: byte %zu: an id from 0 to %d is wanted",
                             (size_t)(p.at - p.begin), MOST_TOKENS - 1);
        if (++n > MOST_TOKENS)
            return norn_fail(err, NORN_E_LIMIT, "vocab.json: more than %d tokens", MOST_TOKENS);
        NORN_TRY(
            add_token(m, (norni_str){m->text.p ? m->text.p : "", m->text.n}, (int32_t)id, err));
    }
    if (st == NORN_OK) st = norni_json_pull_next(&p, &item, &inner); /* nothing behind it */
    return st == NORN_OK ? NORN_OK : norn_fail(err, st, "vocab.json: %s", inner.text);
}

static void fill_byte_symbols(norni_bpe *b) {
    for (size_t k = 0; k < 256; k++) {
        const char c = (char)k;
        const int64_t at = norni_map_find(&b->token, (norni_str){&c, 1});
        b->byte[k] = at == NORNI_MAP_NONE ? (uint32_t)(b->token.n + k) : (uint32_t)at;
    }
    const int64_t at = norni_map_find(&b->token, norni_str_of("<unk>"));
    b->unknown = at == NORNI_MAP_NONE ? -1 : b->id[at];
}

static void add_pair(norni_bpe *b, uint32_t left, uint32_t right, uint32_t rank, uint32_t merged) {
    size_t k = norni_bpe_slot(b, left, right);
    for (; b->pair[k].rank != UINT32_MAX; k = (k + 1) & (b->n_slots - 1))
        if (b->pair[k].left == left && b->pair[k].right == right) return; /* the first one holds */
    b->pair[k] = (norni_bpe_pair){left, right, rank, merged};
}

static norn_status find_symbol(maker *m, norni_str word, size_t line, uint32_t *out,
                               norn_err *err) {
    const size_t from = m->bytes.n;
    if (!take_bytes(&m->chars, word, &m->bytes))
        return norn_fail(err, NORN_E_FORMAT,
                         "merges.txt: line %zu: a character that stands for no byte", line);
    if (m->bytes.failed) return norni_alloc_fail(err, "merges.txt", m->bytes.n, 1);
    const norni_str bytes = {m->bytes.p + from, m->bytes.n - from};
    const int64_t at = norni_map_find(&m->b->token, bytes);
    if (at == NORNI_MAP_NONE && bytes.n == 1) {
        *out = m->b->byte[(unsigned char)bytes.p[0]];
        return NORN_OK;
    }
    if (at == NORNI_MAP_NONE)
        return norn_fail(err, NORN_E_FORMAT,
                         "merges.txt: line %zu: a token that vocab.json does not have", line);
    *out = (uint32_t)at;
    return NORN_OK;
}

static norn_status add_line(maker *m, norni_str line, size_t number, uint32_t *rank,
                            norn_err *err) {
    const char *space = memchr(line.p, ' ', line.n);
    uint32_t left, right, merged;
    if (space == NULL || space == line.p || space == line.p + line.n - 1 ||
        memchr(space + 1, ' ', (size_t)(line.p + line.n - space - 1)) != NULL)
        return norn_fail(err, NORN_E_FORMAT,
                         "merges.txt: line %zu: two tokens with a blank between them are wanted",
                         number);
    const norni_str a = {line.p, (size_t)(space - line.p)}, c = {space + 1, line.n - a.n - 1};
    m->bytes.n = 0;
    NORN_TRY(find_symbol(m, a, number, &left, err));
    NORN_TRY(find_symbol(m, c, number, &right, err));
    const int64_t at = norni_map_find(&m->b->token, (norni_str){m->bytes.p, m->bytes.n});
    if (at == NORNI_MAP_NONE)
        return norn_fail(err, NORN_E_FORMAT,
                         "merges.txt: line %zu: what it makes is not in vocab.json", number);
    merged = (uint32_t)at;
    add_pair(m->b, left, right, (*rank)++, merged);
    return NORN_OK;
}

static norn_status read_merges(maker *m, norni_str text, norn_err *err) {
    size_t n_lines = 1, number = 0;
    uint32_t rank = 0;
    for (size_t k = 0; k < text.n; k++)
        n_lines += text.p[k] == '\n';
    if (n_lines > MOST_TOKENS)
        return norn_fail(err, NORN_E_LIMIT, "merges.txt: more than %d lines", MOST_TOKENS);
    for (m->b->n_slots = 16; m->b->n_slots < 2 * n_lines;)
        m->b->n_slots *= 2;
    m->b->pair = norni_arena_get(&m->b->arena, m->b->n_slots, sizeof *m->b->pair);
    if (m->b->pair == NULL)
        return norni_alloc_fail(err, "merges.txt", m->b->n_slots, sizeof *m->b->pair);
    for (size_t k = 0; k < m->b->n_slots; k++)
        m->b->pair[k].rank = UINT32_MAX;
    for (const char *at = text.p, *end = text.p + text.n; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        norni_str line = {at, (size_t)((stop ? stop : end) - at)};
        if (line.n > 0 && line.p[line.n - 1] == '\r') line.n--;
        number++;
        if (line.n > 0 && !(number == 1 && line.n >= 8 && memcmp(line.p, "#version", 8) == 0))
            NORN_TRY(add_line(m, line, number, &rank, err));
        at = stop ? stop + 1 : end;
    }
    return NORN_OK;
}

norn_status norni_bpe_make(const norn_alloc *alloc, norni_str vocab, norni_str merges,
                           norni_bpe **out, norn_err *err) {
    maker m;
    *out = NULL;
    m.b = norni_alloc_zero(alloc, 1, sizeof *m.b);
    if (m.b == NULL) return norni_alloc_fail(err, "vocab.json", 1, sizeof *m.b);
    m.b->alloc = *alloc;
    m.cap = 0;
    norni_arena_init(&m.b->arena, &m.b->alloc);
    norni_map_init(&m.b->token, &m.b->alloc);
    norni_buf_init(&m.text, alloc);
    norni_buf_init(&m.bytes, alloc);
    fill_characters(&m.chars);
    norn_status st = read_vocab(&m, vocab, err);
    if (st == NORN_OK) {
        fill_byte_symbols(m.b);
        st = read_merges(&m, merges, err);
    }
    norni_buf_clear(&m.text);
    norni_buf_clear(&m.bytes);
    if (st == NORN_OK) {
        *out = m.b;
    } else {
        norni_bpe_free(m.b);
    }
    return st;
}

void norni_bpe_free(norni_bpe *b) {
    if (b == NULL) return;
    const norn_alloc alloc = b->alloc;
    norni_map_clear(&b->token);
    norni_arena_clear(&b->arena);
    norni_alloc_drop(&alloc, b, 1, sizeof *b);
}

size_t norni_bpe_n_tokens(const norni_bpe *b) {
    return b->token.n;
}

int32_t norni_bpe_id(const norni_bpe *b, norni_str token) {
    byte_characters chars;
    char bytes[256];
    const char *at = token.p, *end = token.p + token.n;
    size_t n_bytes = 0;
    fill_characters(&chars);
    while (at < end) {
        size_t n;
        bool good;
        const uint32_t c = norni_utf8_next(at, end, &n, &good);
        if (!good || c > LAST_CHARACTER || chars.byte[c] < 0 || n_bytes == sizeof bytes) return -1;
        bytes[n_bytes++] = (char)chars.byte[c];
        at += n;
    }
    const int64_t k = norni_map_find(&b->token, (norni_str){bytes, n_bytes});
    return k == NORNI_MAP_NONE ? -1 : b->id[k];
}
