/* Numbers as text and back: shortest round trip out, exactly rounded in, never the locale. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_NUMTEXT_H
#define NORNI_NUMTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NORNI_NUM_MAX = 32 }; /* bytes that any printed number fits in */

/* Writes the shortest text that reads back as x into out (>= NORNI_NUM_MAX, no NUL); returns its
 * length. Plain notation for exponents inside [1e-5, 1e16), else 1.5e-7; integers carry no ".0"; -0
 * prints 0; NaN and infinities print nan, inf, -inf (writers decide what stands for them). */
size_t norni_num_print(char *out, double x);
size_t norni_int_print(char *out, int64_t x);

typedef enum norni_num_result {
    NORNI_NUM_OK,
    NORNI_NUM_EMPTY,    /* no characters, or only blanks */
    NORNI_NUM_BAD,      /* not a number */
    NORNI_NUM_OVERFLOW, /* as 1e400: finite text, infinite value */
} norni_num_result;

/* Exactly rounded value of the whole text [s, s+n): optional blanks around, sign, digits, '.',
 * exponent. nan/inf/hex/underscores/thousands are BAD. 1e-400 is 0. */
norni_num_result norni_num_parse(const char *s, size_t n, double *out);
/* Whole text as a decimal int64; BAD when it is not one, OVERFLOW outside the range. */
norni_num_result norni_int_parse(const char *s, size_t n, int64_t *out);

#endif
