/* Byte strings: borrowed views, a growable buffer, and a locale-free formatter. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_STR_H
#define NORNI_STR_H

#include <stdarg.h>
#include <string.h>

#include "base/alloc.h"

typedef struct norni_str {
    const char *p;
    size_t n;
} norni_str;

static inline norni_str norni_str_of(const char *text) {
    return (norni_str){text, text ? strlen(text) : 0};
}
static inline bool norni_str_is(norni_str a, const char *text) {
    const size_t n = strlen(text);
    return a.n == n && memcmp(a.p, text, n) == 0;
}
int norni_str_cmp(norni_str a, norni_str b);             /* by bytes */
bool norni_str_is_nocase(norni_str a, const char *text); /* ASCII only */
norni_str norni_str_trim(norni_str a);

/* snprintf without the locale; the verbs of norn_fail. Returns the bytes written (no NUL counted);
 * always NUL-terminates, cut at a UTF-8 edge. */
size_t norni_format(char *out, size_t size, const char *fmt, ...) NORN_PRINTF(3, 4);
size_t norni_vformat(char *out, size_t size, const char *fmt, va_list ap);

/* A growable byte buffer. A failed append sets `failed` and every later append does nothing: check
 * once at the end. */
typedef struct norni_buf {
    const norn_alloc *alloc;
    char *p;
    size_t n, cap;
    bool failed;
} norni_buf;

void norni_buf_init(norni_buf *b, const norn_alloc *alloc);
void norni_buf_clear(norni_buf *b);
bool norni_buf_reserve(norni_buf *b, size_t more); /* room for `more` bytes behind n */
void norni_buf_add(norni_buf *b, const void *p, size_t n);
void norni_buf_text(norni_buf *b, const char *text);
void norni_buf_format(norni_buf *b, const char *fmt, ...) NORN_PRINTF(2, 3);
void norni_buf_num(norni_buf *b, double x);
/* Edit distance for "did you mean": Damerau-Levenshtein, capped at 8. */
size_t norni_str_distance(norni_str a, norni_str b);

#endif
