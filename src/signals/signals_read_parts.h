/* The parts of the reader of tweets: records, roles of columns, blocks of records taken apart side by side. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_READ_PARTS_H
#define NORNI_SIGNALS_READ_PARTS_H

#include "signals/signals_read.h"

enum {
    NORNI_TWEET_MOST_RECORD = 16 << 20, /* bytes of a line or element */
    NORNI_TWEET_MOST_TEXT = 64 << 10,   /* bytes of a text that are analysed */
    NORNI_TWEET_MOST_EXTRA = 256,       /* columns without meaning: more are left out */
    NORNI_TWEET_MOST_TAGS = 256,        /* of one list of one tweet */
    NORNI_TWEET_BLOCK = 256,            /* records of one item of the parallel loop */
};

typedef enum norni_tweet_role {
    NORNI_ROLE_CLEANED,
    NORNI_ROLE_CONTENT,
    NORNI_ROLE_ID,
    NORNI_ROLE_TIME,
    NORNI_ROLE_USER,
    NORNI_ROLE_LIKES, /* the four counts stand in this order */
    NORNI_ROLE_RETWEETS,
    NORNI_ROLE_REPLIES,
    NORNI_ROLE_VIEWS,
    NORNI_ROLE_HASHTAGS,
    NORNI_ROLE_CASHTAGS,
    NORNI_ROLE_MENTIONS,
    NORNI_ROLE_URLS,
    NORNI_ROLE_LANGUAGE,
    NORNI_N_ROLES,
    NORNI_ROLE_EXTRA = NORNI_N_ROLES
} norni_tweet_role;

/* What a name means; *rank: the smaller wins where several columns have one meaning. */
norni_tweet_role norni_tweet_role_of(const norni_tweets_read_opt *opt, norni_str name,
                                     uint32_t *rank);

/* A piece of the input that is one tweet. Its bytes are the table's: cells are unquoted where they stand. */
typedef struct norni_tweet_record {
    char *p;
    size_t n;
    uint64_t line;   /* or number of the element */
    uint64_t byte;   /* of an element: its first byte in the input, from 0 */
    int32_t refused; /* norni_tweet_refusal, or -1 */
} norni_tweet_record;

/* The form of the input and what is open at the end of what was read. */
typedef struct norni_tweet_split {
    norni_tweet_format format; /* AUTO: not known yet */
    bool begun;                /* the mark of byte order, the array's bracket are passed */
    bool ended;                /* the array is closed */
    bool comma;                /* a comma was passed: an element must follow */
    bool discard;              /* the record is too long: its rest is passed over */
    uint64_t n_long;           /* such records */
    bool has_header;
    char delimiter, eol;
    bool quotes;
    uint64_t line, element, byte; /* of what comes next */
    size_t scanned; /* bytes of the open element that were looked at, and what is open there */
    uint32_t depth;
    bool in_string, escape;
} norni_tweet_split;

/* Records of [p, p + n), at most `most`; *used: bytes of them. `last`: the input ends here. NORN_E_FORMAT: not an array. */
NORN_CHECKED norn_status norni_tweet_split_records(norni_tweet_split *s, char *p, size_t n,
                                                   bool last, norni_tweet_record *out, size_t most,
                                                   size_t *n_out, size_t *used, norn_err *err);
/* Form, delimiter and ends of lines by the input's beginning; *used: bytes passed. *more: they are too few. */
NORN_CHECKED norn_status norni_tweet_split_begin(norni_tweet_split *s, const char *p, size_t n,
                                                 bool last, bool table,
                                                 const norni_tweets_read_opt *opt, size_t *used,
                                                 bool *more, norn_err *err);

/* The next cell of a record, unquoted in place; *at NULL behind the last one. */
norni_str norni_tweet_cell(const norni_tweet_split *s, char **at, char *end);

/* Columns of a delimited text. */
typedef struct norni_tweet_columns {
    size_t n, n_extra;
    uint8_t *role;    /* (n) norni_tweet_role */
    norni_str *extra; /* (n_extra) names */
    bool has[NORNI_N_ROLES];
} norni_tweet_columns;

typedef enum norni_raw_kind {
    NORNI_RAW_NONE, /* absent */
    NORNI_RAW_NULL,
    NORNI_RAW_TEXT,
    NORNI_RAW_NUMBER,
    NORNI_RAW_LIST,  /* text: the JSON array */
    NORNI_RAW_OTHER, /* text: the JSON value */
} norni_raw_kind;
typedef struct norni_raw_value {
    norni_str text;
    norni_str name; /* JSON: the key */
    norni_raw_kind kind;
    uint32_t rank;
} norni_raw_value;
typedef struct norni_raw_tweet {
    norni_raw_value value[NORNI_N_ROLES];
    norni_str *extra; /* (n_extra) in the block's memory */
    size_t n_extra;
    bool ascii, valid; /* the whole record; UTF-8 without fault */
    bool mended;       /* a cell was */
} norni_raw_tweet;

/* A block of records and what came of it. */
typedef struct norni_tweet_block {
    const norni_tweets_read_opt *opt;
    const norni_tweet_split *split;
    const norni_tweet_columns *columns; /* NULL: JSON */
    const norni_tweet_record *record;   /* (n) */
    norni_tweet *tweet;                 /* (n) */
    int8_t *refused;                    /* (n) norni_tweet_refusal, or -1 */
    size_t n;
    uint32_t file;
    norni_arena arena; /* the tweets' memory beyond the records' own */
    char *free;        /* a piece of it, for small things */
    size_t n_free;
    norni_buf scratch, scratch2;
    norni_str *extra; /* (n_extra) names in order of first sight */
    size_t n_extra;
    norni_str *cell; /* JSON: (NORNI_TWEET_MOST_EXTRA) of the record at hand */
    size_t guess;    /* JSON: the name that may come next */
    norni_tweet_example refused_first[NORNI_N_REFUSALS], fault_first[NORNI_N_FAULTS], plain_first;
    bool has_user, has_views;
    uint64_t bad_byte; /* an element that is not JSON: where, and in what way */
    norn_err bad;
} norni_tweet_block;

/* n bytes aligned to 8; NULL: out of memory. */
void *norni_tweet_room(norni_tweet_block *b, size_t n);
/* A fault of the tweet, told once per block. */
void norni_tweet_note(norni_tweet_block *b, norni_tweet *t, norni_tweet_fault fault,
                      const char *what, norni_str value);
/* The record as a raw tweet; *refused: norni_tweet_refusal or -1. */
NORN_CHECKED norn_status norni_tweet_of_cells(norni_tweet_block *b, const norni_tweet_record *r,
                                              norni_raw_tweet *out, int8_t *refused, norn_err *err);
NORN_CHECKED norn_status norni_tweet_of_json(norni_tweet_block *b, const norni_tweet_record *r,
                                             norni_raw_tweet *out, int8_t *refused, norn_err *err);
void norni_tweet_refuse(norni_tweet_block *b, const norni_tweet_record *r,
                        norni_tweet_refusal reason, const char *what);

/* 0: known; 1: unknown (empty, null, NaN); 2: unknown and a fault. */
int norni_tweet_count(norni_str text, int64_t *out);
/* *zoned: it names an offset or is an epoch. */
bool norni_tweet_time(norni_str text, int64_t *us, bool *zoned);

/* Tags, names or links of a list; appended to (*out, *n). `urls`: case and signs stay. false: out of memory. */
bool norni_tweet_list(norni_tweet_block *b, const norni_raw_value *v, bool urls,
                      const norni_str **out, uint32_t *n);
typedef struct norni_tweet_marks {
    const norni_str *hashtag, *mention, *url;
    uint32_t n_hashtags, n_mentions, n_urls;
} norni_tweet_marks;
/* What stands in the text itself. */
bool norni_tweet_scan(norni_tweet_block *b, norni_str text, norni_tweet_marks *out);
/* Bytes of the link that begins at p, or 0. `begin`: of the text. */
size_t norni_tweet_link(const char *begin, const char *p, const char *end);
/* NFKC, without links, white space collapsed. p NULL: out of memory. */
norni_str norni_tweet_clean(norni_tweet_block *b, norni_str text, bool ascii);

/* Bytes that stay ASCII from p on. */
size_t norni_text_ascii(const char *p, size_t n);
static inline bool norni_text_is_ascii(const char *p, size_t n) {
    return norni_text_ascii(p, n) == n;
}
/* A stream of one input: what is known of it between two pieces. */
typedef struct norni_tweet_stream {
    norni_tweet_split split;
    norni_tweet_columns columns;
    bool has_columns;
    norni_arena arena; /* of the columns */
} norni_tweet_stream;
void norni_tweet_stream_free(const norn_alloc *alloc, norni_tweet_stream *s); /* NULL is legal */
/* Roles of the header's cells. NORN_E_FORMAT: none is a text. */
NORN_CHECKED norn_status norni_tweet_header(norni_tweet_stream *s, const norni_tweet_record *r,
                                            const norni_tweets_read_opt *opt, norni_tweets *t,
                                            norn_err *err);
/* Takes n records apart and appends their tweets; *full: opt's most_tweets are there. */
NORN_CHECKED norn_status norni_tweet_take(norn_ctx *ctx, const norni_tweet_stream *s,
                                          const norni_tweet_record *record, size_t n, uint32_t file,
                                          const norni_tweets_read_opt *opt, norni_tweets *t,
                                          bool *full, norn_err *err);
/* Gives every tweet from `from` on a cell for each of the table's extra columns. */
NORN_CHECKED norn_status norni_tweet_pad(norni_tweets *t, size_t from, norn_err *err);

bool norni_text_is_utf8(const char *p, size_t n);
/* The cell in the block's memory where it is not UTF-8. false: out of memory. */
bool norni_tweet_mend(norni_tweet_block *b, norni_raw_tweet *raw, norni_str *cell);
/* The tweet of a raw one; *refused: norni_tweet_refusal or -1. */
NORN_CHECKED norn_status norni_tweet_finish(norni_tweet_block *b, const norni_tweet_record *r,
                                            const norni_raw_tweet *raw, norni_tweet *t,
                                            int8_t *refused, norn_err *err);

#endif
