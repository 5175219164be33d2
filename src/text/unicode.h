/* Strict UTF-8, and what a code point is, by Unicode 16.0.0. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_UNICODE_H
#define NORNI_UNICODE_H

#include "base/str.h"

/* Bits of a class; the order is that of tools/make_unicode.mjs. */
enum {
    NORNI_UNI_LETTER = 1, /* general category L */
    NORNI_UNI_NUMBER = 2, /* N */
    NORNI_UNI_WHITE = 4,  /* White_Space: \s of most regular expressions */
    NORNI_UNI_SPACE = 8,  /* White_Space and U+001C to U+001F: Python's str.isspace and str.split */
    NORNI_UNI_UPPER = 16, /* Uppercase */
    NORNI_UNI_LOWER = 32, /* Lowercase */
    NORNI_UNI_MARK = 64,  /* M */
    NORNI_UNI_CASED = 128,      /* Cased */
    NORNI_UNI_IGNORABLE = 256,  /* Case_Ignorable */
    NORNI_UNI_PICTOGRAPH = 512, /* Extended_Pictographic: emoji and what may become one */
};
/* Of U+110000 and above: 0. */
unsigned norni_uni_class(uint32_t c);
/* \w of Python's regular expressions: letters, numbers and the low line. */
static inline bool norni_uni_is_word(uint32_t c) {
    return c == '_' || (norni_uni_class(c) & (NORNI_UNI_LETTER | NORNI_UNI_NUMBER));
}
/* Lower case of one code point, whatever stands around it: 1 or 2 code points. */
size_t norni_uni_lower(uint32_t c, uint32_t out[2]);

enum { NORNI_UNI_BAD = 0xFFFD };
/* The code point at s[0]; *n (1 to 4) the bytes it takes. What is not UTF-8 (surrogates, overlong forms, values above
 * U+10FFFF, cut sequences) is U+FFFD over its maximal part that could have begun one (Unicode 16.0, 3.9, table 3-8), and
 * *good is false. */
uint32_t norni_utf8_next(const char *s, const char *end, size_t *n, bool *good);
/* c (not a surrogate, at most U+10FFFF) as 1 to 4 bytes. */
size_t norni_utf8_put(uint32_t c, char out[4]);
/* Appends s with every fault replaced by U+FFFD; returns how many there were. */
size_t norni_utf8_mend(norni_str s, norni_buf *out);
/* Appends s (mended) as Python's str.lower has it, final sigma included. */
void norni_utf8_lower(norni_str s, norni_buf *out);

#endif
