/* Emoticons and emoji of a tweet: how many bytes they take. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "text/tweet_tokens_parts.h"
#include "text/unicode.h"

static bool is_of(char c, const char *set) {
    return c != '\0' && strchr(set, c) != NULL;
}

/* No letter or digit stands at `at`: what ends in a letter would otherwise take the head of a word. */
static bool is_free(const char *at, const char *end) {
    return at == end || !(norni_tweet_class_of(at) & (TWEET_LETTER | TWEET_DIGIT | TWEET_WIDE));
}

static bool begins_with(const char *at, const char *end, const char *what) {
    const size_t n = strlen(what);
    return (size_t)(end - at) >= n && memcmp(at, what, n) == 0;
}

/* :-) ;D >:( 8) =P: a brow, eyes, a nose, a mouth; `behind` something, `after_word` a word. */
static size_t upright(const char *at, const char *end, bool behind, bool after_word) {
    const char *p = at;
    if (*p == '>' && end - p > 1 && is_of(p[1], ":;=")) p++;
    if (!is_of(*p, ":;=8xX")) return 0;
    if (behind && !is_of(*p, ":;")) return 0; /* 128), f(x), (8) */
    p++;
    if (p < end && *p == '\'' && p[-1] == ':') p++; /* :'( */
    const bool nose = end - p > 1 && is_of(*p, "-o^");
    if (nose) p++;
    if (p == end) return 0;
    const bool letter_eyes = is_of(*at, "8xX");
    if (is_of(*p, letter_eyes ? ")(D" : ")([]{}/\\|*@$><")) {
        const char mouth = *p;
        if (letter_eyes && mouth == ')' && at[0] != '8' && !nose) return 0; /* x) */
        for (size_t k = 0; p < end && *p == mouth && k < 64; k++)
            p++;
        return letter_eyes && !is_free(p, end) ? 0 : (size_t)(p - at);
    }
    if (letter_eyes || !is_of(*p, "dDpPbBoOsScC3xXL") || after_word) return 0;
    const char mouth = *p;
    for (size_t k = 0; p < end && *p == mouth && k < 64; k++)
        p++;
    return is_free(p, end) ? (size_t)(p - at) : 0;
}

/* (: ]-; D: a mouth first, for those who write it so. */
static size_t turned(const char *at, const char *end, bool after_word) {
    const char *p = at;
    if (after_word || !is_of(*p, "()[]D")) return 0;
    const bool letter = *p++ == 'D';
    if (p < end && is_of(*p, "-o'")) p++;
    if (p == end || !is_of(*p, letter ? ":;" : ":;=")) return 0;
    p++;
    return p == end || (norni_tweet_class_of(p) & TWEET_WHITE) ? (size_t)(p - at) : 0;
}

size_t norni_tweet_emoticon(const char *from, const char *at, const char *end) {
    static const char *const whole[] = {"<3",  "</3", "^_^", "^^",  "-_-", ">_<", "T_T",
                                        "o_O", "O_o", "o_o", "O_O", "xD",  "XD",  "\\o/"};
    const bool after_word =
        at > from &&
        (norni_tweet_class_of(at - 1) & (TWEET_LETTER | TWEET_DIGIT | TWEET_WIDE | TWEET_LOW_LINE));
    if (!is_of(*at, ":;=8xX><^-ToO\\()[]D")) return 0;
    for (size_t k = 0; k < sizeof whole / sizeof whole[0]; k++)
        if (whole[k][0] == *at && begins_with(at, end, whole[k]) &&
            is_free(at + strlen(whole[k]), end) &&
            !(after_word && (norni_tweet_class_of(at) & TWEET_LETTER)))
            return strlen(whole[k]);
    const bool behind = at > from && !(norni_tweet_class_of(at - 1) & TWEET_WHITE);
    const size_t n = upright(at, end, behind, after_word);
    return n > 0 ? n : turned(at, end, after_word);
}

/* The next character, 0 at the end. */
static uint32_t peek(const char *at, const char *end, size_t *n) {
    bool good;
    *n = 0;
    return at < end ? norni_utf8_next(at, end, n, &good) : 0;
}

static bool is_flag_letter(uint32_t c) {
    return c >= 0x1F1E6 && c <= 0x1F1FF;
}

static bool is_picture(uint32_t c) {
    return c >= 0x203C &&
           ((norni_uni_class(c) & NORNI_UNI_PICTOGRAPH) || (c >= 0x1F3FB && c <= 0x1F3FF));
}

/* What changes the picture before it: a style, a skin tone, the letters of a flag's tag, a keycap. */
static bool is_change(uint32_t c) {
    return c == 0xFE0F || c == 0xFE0E || (c >= 0x1F3FB && c <= 0x1F3FF) ||
           (c >= 0xE0020 && c <= 0xE007F) || c == 0x20E3;
}

/* Signs that are pictures only where U+FE0F asks for it: © ® ™ ‼ ↔ and the like stay signs without. */
static bool is_text_sign(uint32_t c) {
    return c < 0x2300;
}

static const char *over_changes(const char *at, const char *end) {
    size_t n;
    while (is_change(peek(at, end, &n)))
        at += n;
    return at;
}

size_t norni_tweet_emoji(const char *at, const char *end) {
    size_t n, m;
    const uint32_t c = peek(at, end, &n);
    const char *p = at + n;
    if (c < 0x80) { /* a keycap: 1 U+FE0F U+20E3 */
        uint32_t next = peek(p, end, &m);
        if (next == 0xFE0F) next = peek(p + m, end, &n), m += n;
        return next == 0x20E3 ? (size_t)(p - at) + m : 0;
    }
    if (is_flag_letter(c)) {
        if (is_flag_letter(peek(p, end, &m))) p += m;
        return (size_t)(p - at);
    }
    const bool sign = c == 0xA9 || c == 0xAE || is_text_sign(c);
    if (c != 0xA9 && c != 0xAE && !is_picture(c)) return 0;
    if (sign && peek(p, end, &m) != 0xFE0F) return 0;
    p = over_changes(p, end);
    while (peek(p, end, &n) == 0x200D && is_picture(peek(p + n, end, &m)))
        p = over_changes(p + n + m, end);
    return (size_t)(p - at);
}
