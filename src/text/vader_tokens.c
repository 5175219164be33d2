/* A text as VADER's words: emoji in words, split at white space, signs taken off around words of three letters and more. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/grow.h"
#include "text/unicode.h"
#include "text/vader_parts.h"

static bool is_sign(char c) {
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
           (c >= '{' && c <= '~');
}

/* The text with its emoji written out; a blank before one that stands close behind something. */
static void write_out(norni_str text, norni_buf *out) {
    const char *at = text.p, *end = text.p + text.n;
    bool after_blank = true;
    while (at < end && !out->failed) {
        const char *from = at;
        while (at < end && (unsigned char)*at < 0x80)
            at++;
        if (at > from) {
            norni_buf_add(out, from, (size_t)(at - from));
            after_blank = at[-1] == ' ';
            continue;
        }
        size_t n;
        bool good;
        const norni_str words = norni_vader_emoji(norni_utf8_next(at, end, &n, &good));
        if (words.n > 0) {
            if (!after_blank) norni_buf_add(out, " ", 1);
            norni_buf_add(out, words.p, words.n);
        } else {
            norni_buf_add(out, good ? at : "\xEF\xBF\xBD", good ? n : 3);
        }
        after_blank = false;
        at += n;
    }
}

/* Signs around it taken off, but where two letters or fewer would be left: that is an emoticon. */
static norni_str bare(norni_str token) {
    norni_str s = token;
    size_t n_points = 0;
    while (s.n > 0 && is_sign(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_sign(s.p[s.n - 1]))
        s.n--;
    for (size_t k = 0; k < s.n && n_points <= 2; k++)
        n_points += ((unsigned char)s.p[k] & 0xC0) != 0x80;
    return n_points <= 2 ? token : s;
}

/* Python's str.isupper: a capital, and no letter of another case. */
static bool is_upper(norni_str s) {
    const char *at = s.p, *end = s.p + s.n;
    bool found = false;
    while (at < end) {
        size_t n;
        bool good;
        const unsigned bits = norni_uni_class(norni_utf8_next(at, end, &n, &good));
        const bool capital = bits & NORNI_UNI_UPPER;
        if ((bits & NORNI_UNI_LOWER) || ((bits & NORNI_UNI_CASED) && !capital)) return false;
        found = found || capital;
        at += n;
    }
    return found;
}

static bool has_not(norni_str s) { /* n't */
    for (size_t k = 0; k + 2 < s.n; k++)
        if (s.p[k] == 'n' && s.p[k + 1] == '\'' && s.p[k + 2] == 't') return true;
    return false;
}

static norn_status fill(const norni_vader *v, norni_str token, norni_buf *lower,
                        norni_arena *scratch, norni_vader_token *t, norn_err *err) {
    const norni_str s = bare(token);
    lower->n = 0;
    norni_utf8_lower(s, lower);
    const char *kept =
        lower->failed ? NULL : norni_arena_text(scratch, lower->p ? lower->p : "", lower->n);
    if (kept == NULL) return norni_alloc_fail(err, "vader", s.n, 1);
    t->lower = (norni_str){kept, lower->n};
    const int64_t at = norni_map_find(&v->word, t->lower);
    t->valence = at == NORNI_MAP_NONE ? (double)NAN : v->valence[at];
    t->boost = at == NORNI_MAP_NONE ? 0 : v->boost[at];
    t->negates = (at != NORNI_MAP_NONE && v->negates[at]) || has_not(t->lower);
    t->upper = is_upper(s);
    return NORN_OK;
}

/* As NORNI_UNI_SPACE has it, without the look-up. */
static bool is_ascii_white(char c, size_t *n) {
    *n = 1;
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F);
}

static norn_status split(const norni_vader *v, norni_str text, norni_buf *lower,
                         norni_arena *scratch, norni_vader_token **out, size_t *n, norn_err *err) {
    const char *end = text.p + text.n, *at = text.p;
    size_t cap = 0;
    while (at < end) {
        const char *start = at, *stop;
        size_t step = 0;
        bool good;
        for (; at < end; at += step)
            if ((unsigned char)*at < 0x80
                    ? is_ascii_white(*at, &step)
                    : norni_uni_class(norni_utf8_next(at, end, &step, &good)) & NORNI_UNI_SPACE)
                break;
        stop = at;
        if (at < end) at += step;
        if (stop == start) continue;
        norni_vader_token *list = norni_list_grow(scratch, *out, *n, &cap, 64, sizeof *list);
        if (list == NULL) return norni_alloc_fail(err, "vader", cap, sizeof *list);
        *out = list;
        NORN_TRY(
            fill(v, (norni_str){start, (size_t)(stop - start)}, lower, scratch, &list[*n], err));
        ++*n;
    }
    return NORN_OK;
}

norn_status norni_vader_tokens(const norni_vader *v, norni_str text, norni_arena *scratch,
                               norni_vader_token **out, size_t *n, norn_err *err) {
    norni_buf written, lower;
    norn_status st;
    *out = NULL;
    *n = 0;
    norni_buf_init(&written, &v->alloc);
    norni_buf_init(&lower, &v->alloc);
    write_out(text, &written);
    st = written.failed ? norni_alloc_fail(err, "vader", text.n, 1)
                        : split(v, (norni_str){written.p ? written.p : "", written.n}, &lower,
                                scratch, out, n, err);
    norni_buf_clear(&written);
    norni_buf_clear(&lower);
    return st;
}
