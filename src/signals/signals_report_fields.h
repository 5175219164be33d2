/* The fields of one analysed tweet: names, order and where each stands, once for CSV, JSON and docs. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_REPORT_FIELDS_H
#define NORNI_SIGNALS_REPORT_FIELDS_H

#include "signals/signals_score.h"

typedef enum norni_field_kind {
    NORNI_FIELD_TEXT,  /* norni_str of the tweet */
    NORNI_FIELD_COUNT, /* int64_t of the tweet; below 0: unknown */
    NORNI_FIELD_TAGS,
    NORNI_FIELD_MENTIONS,
    NORNI_FIELD_URLS,
    NORNI_FIELD_TIME,   /* the time as it was understood, UTC */
    NORNI_FIELD_TWIN,   /* the earlier tweet of nearly the same text: its id, or "row 17" */
    NORNI_FIELD_NUMBER, /* double of the signal */
    NORNI_FIELD_WHOLE,  /* uint32_t of the signal */
    NORNI_FIELD_LONG,   /* int64_t of the signal */
    NORNI_FIELD_BASE,   /* labels */
    NORNI_FIELD_MOOD,
    NORNI_FIELD_LABEL,
    NORNI_FIELD_STRENGTH,
    NORNI_FIELD_BULLISH, /* keyword lists; a negated keyword stands as "not bullish" on the other side */
    NORNI_FIELD_BEARISH,
    NORNI_FIELD_TERMS,
    NORNI_FIELD_SCORES
} norni_field_kind;

typedef struct norni_signal_field {
    const char *name;  /* of the CSV column, and of the JSON key where there is no group */
    const char *group; /* JSON: the object or list that holds it; NULL: the tweet itself */
    const char *key;   /* its key there; NULL: the group is a list */
    norni_field_kind kind;
    size_t offset;
} norni_signal_field;

const norni_signal_field *norni_signal_fields(size_t *n);
/* Name of the input's column k: its own, or with "input_" before it where it has one of ours (an analysed file that is
 * analysed again). */
void norni_signal_extra_name(const norni_tweets *t, size_t k, norni_buf *out);

static inline const void *norni_field_at(const void *record, const norni_signal_field *f) {
    return (const char *)record + f->offset;
}
/* What is written of a keyword hit: whether it stands in that side's list. */
static inline bool norni_field_takes(const norni_keyword_hit *h, norni_field_kind kind) {
    const bool bullish = (h->side == NORNI_BULLISH) != h->negated;
    return bullish == (kind == NORNI_FIELD_BULLISH);
}
norni_str norni_field_label(const norni_signal *g, norni_field_kind kind);
/* Into out (>= 40 bytes); the length. */
size_t norni_field_time(char *out, int64_t us);
/* The twin's id, or "row 17" in `room` (>= 32 bytes); empty: none. */
norni_str norni_field_twin(const norni_tweets *t, const norni_tweet *w, char *room);

#endif
