/* A stream of delimited text and the pieces that are read of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CSV_CHUNK_H
#define NORNI_CSV_CHUNK_H

#include "base/arena.h"
#include "io/csv_marks.h"
#include "io/source.h"

enum {
    NORNI_CHUNK_BYTES = 1 << 20,       /* of a chunk that is not one long series */
    NORNI_HEAD_BYTES = 1 << 18,        /* read before anything is cut: header and sample */
    NORNI_MOST_RECORD = 64 << 20,      /* bytes of one record */
    NORNI_MOST_SERIES_TEXT = 64 << 20, /* bytes of one series that is still cut whole */
};

/* A piece of the text: whole records, the last one ended; NORNI_TEXT_PAD zero bytes behind. */
typedef struct norni_chunk {
    char *p;
    size_t n, cap;
    uint64_t first_line; /* of its first byte, counted from 1 in its input */
    norni_csv_count count;
    norni_csv_quoting quoting;
    norni_csv_syntax syntax; /* of its input */
    size_t input;            /* which of the inputs */
} norni_chunk;

void norni_chunk_clear(const norn_alloc *alloc, norni_chunk *c);

typedef struct norni_cutter {
    norn_ctx *ctx;
    const char *const *path; /* (n_inputs), or NULL: bytes */
    const void *bytes;
    size_t n_bytes, n_inputs, input;
    norni_source_opt source_opt;
    norni_source *source;
    norni_csv_syntax syntax;
    char delimiter; /* as asked; 0: found in each input's first record */
    size_t target;  /* bytes of a chunk */
    bool keep_head; /* the first record is data, too */
    bool by_series; /* cut where the id changes */
    size_t id_field;
    bool whole; /* a series is longer than NORNI_MOST_SERIES_TEXT: cutting by series is in vain */
    norni_chunk rest; /* what was read behind the last cut, from rest_at on */
    size_t rest_at;
    bool source_over;  /* the current input has no more bytes than `rest` */
    bool begun;        /* first records are dropped from now on, unless keep_head */
    norni_arena arena; /* of the header */
    norni_str *header; /* (n_header) fields of the first input's first record */
    size_t n_header;
    uint64_t header_line;
} norni_cutter;

/* Room for n bytes and the padding behind them. */
NORN_CHECKED norn_status norni_chunk_reserve(const norn_alloc *alloc, norni_chunk *c, size_t n,
                                             norn_err *err);
/* Line of the byte at `at` inside the chunk. */
uint64_t norni_chunk_line(const norni_chunk *chunk, const char *at);
/* "data.csv: " when there are several inputs, else "". */
void norni_chunk_place(const norni_cutter *cut, const norni_chunk *chunk, char out[160]);

/* Fills a chunk up to `want` bytes, from what is left over and then from the source. */
NORN_CHECKED norn_status norni_cutter_read(norni_cutter *cut, norni_chunk *c, size_t want,
                                           norn_err *err);
/* "FILE: line 3: what". */
NORN_CHECKED norn_status norni_cutter_fail(const norni_cutter *cut, uint64_t line, const char *what,
                                           norn_err *err);

#endif
