/* JSON text read piece by piece: strict, without memory of its own. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_JSON_PULL_H
#define NORNI_JSON_PULL_H

#include "base/str.h"

typedef enum norni_json_kind {
    NORNI_JSON_DONE, /* the text is over */
    NORNI_JSON_OBJECT,
    NORNI_JSON_OBJECT_END,
    NORNI_JSON_ARRAY,
    NORNI_JSON_ARRAY_END,
    NORNI_JSON_KEY,
    NORNI_JSON_STRING,
    NORNI_JSON_NUMBER,
    NORNI_JSON_TRUE,
    NORNI_JSON_FALSE,
    NORNI_JSON_NULL,
} norni_json_kind;

typedef struct norni_json_item {
    norni_json_kind kind;
    norni_str
        raw; /* of a key or string: between the quotes, escapes as they stand; of a number: its text. Borrowed */
    bool escaped; /* raw has escapes */
} norni_json_item;

enum { NORNI_JSON_DEPTH = 64 };

/* RFC 8259 without mercy: no comments, no trailing commas, no NaN, nothing behind the value. Bytes above 0x7F in strings are passed
 * as they are: whoever takes the text mends it (text/unicode.h). */
typedef struct norni_json_pull {
    const char *begin, *at, *end;
    uint64_t objects; /* bit per depth: it is an object */
    uint32_t depth;
    uint8_t want; /* what may come next */
} norni_json_pull;

void norni_json_pull_init(norni_json_pull *p, norni_str text);
/* NORN_E_FORMAT "byte 17: …"; NORN_E_LIMIT: deeper than NORNI_JSON_DEPTH. After an error nothing more is read. */
NORN_CHECKED norn_status norni_json_pull_next(norni_json_pull *p, norni_json_item *out,
                                              norn_err *err);
/* Passes over the rest of the value whose first item is `item`. */
NORN_CHECKED norn_status norni_json_pull_skip(norni_json_pull *p, const norni_json_item *item,
                                              norn_err *err);
/* Appends a key or string unescaped; a surrogate without its other half becomes U+FFFD. Returns how many did. */
size_t norni_json_text(const norni_json_item *item, norni_buf *out);

#endif
