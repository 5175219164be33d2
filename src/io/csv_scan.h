/* A CSV text made ready for parsing in parallel: chunks cut at record ends, separators found 64
 * bytes at a time. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CSV_SCAN_H
#define NORNI_CSV_SCAN_H

#include "base/arena.h"
#include "base/str.h"
#include "par/pool.h"

#if defined(__SSE2__)
#    include <emmintrin.h>
#endif

enum { NORNI_CSV_PAD = 64, NORNI_CSV_MOST_COLUMNS = 4096, NORNI_CSV_MOST_FIELD = 1 << 20 };

/* One piece of the data, cut at record ends; its size depends on the text alone. */
typedef struct norni_csv_chunk {
    const char *p, *end;
    size_t n_records;    /* upper bound: blank lines count */
    size_t n_separators; /* delimiters inside */
    size_t first_line;   /* records ends before it, header included */
} norni_csv_chunk;

/* A text with NORNI_CSV_PAD readable zero bytes behind it: a block of the allocator, or a file's
 * own pages. */
typedef struct norni_text {
    char *p;
    size_t n, cap; /* cap: size of the block or the mapping */
    bool mapped;
} norni_text;

/* The text. Where it has quotes, lone CRs or a NUL-free oddity, a normalised copy stands in: fields
 * unquoted, separators 0x1F and 0x1E, and the line of each record beside it. */
typedef struct norni_csv {
    norn_ctx *ctx;
    norni_text text; /* as read */
    char *copy;      /* normalised, or NULL */
    size_t copy_cap;
    char delimiter, eol; /* as they stand in the text that is parsed */
    norni_str *header;   /* (n_header) first record's fields */
    size_t n_header;
    const char *first;      /* the first record itself */
    norni_csv_chunk *chunk; /* (n_chunks) of everything behind the first record */
    norni_csv_chunk head;   /* the first record as a chunk of its own */
    size_t n_chunks;
    uint64_t *line; /* (n_line) of each record of the normalised copy, or NULL */
    size_t n_line, line_cap;
    uint64_t header_line;
    bool head_is_data; /* the first record is the first chunk, too */
} norni_csv;

/* The whole of `path` ("-" = stdin). A regular file is mapped, not copied: fresh pages would cost
 * more than parsing them. */
NORN_CHECKED norn_status norni_file_read(norn_ctx *ctx, const char *path, norni_text *out,
                                         norn_err *err);
void norni_text_clear(norn_ctx *ctx, norni_text *text);
/* Takes the text over (also on failure). delimiter 0: found in the first record. chunk_bytes 0: 1
 * MiB. */
NORN_CHECKED norn_status norni_csv_open(norn_ctx *ctx, norni_text text, char delimiter,
                                        size_t chunk_bytes, norni_csv *out, norn_err *err);
void norni_csv_close(norni_csv *csv);
/* Line of the k-th record (0 = first) behind the start of chunk c; blank lines are no records. */
uint64_t norni_csv_line(const norni_csv *csv, size_t c, size_t k);

/* Walks over separators: delimiters and record ends. */
typedef struct norni_csv_walk {
    const char *base, *end; /* of the block in `mask` */
    uint64_t mask;
    char delimiter, eol;
} norni_csv_walk;

static inline uint64_t norni_csv_mask(const char *p, char a, char b) {
    uint64_t mask = 0;
#if defined(__SSE2__)
    const __m128i va = _mm_set1_epi8(a), vb = _mm_set1_epi8(b);
    for (int i = 0; i < 4; i++) {
        const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        const __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(x, va), _mm_cmpeq_epi8(x, vb));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * i);
    }
#else
    for (int i = 0; i < 64; i++)
        mask |= (uint64_t)(p[i] == a || p[i] == b) << i;
#endif
    return mask;
}

static inline void norni_csv_walk_init(norni_csv_walk *w, const norni_csv *csv,
                                       const norni_csv_chunk *chunk) {
    *w = (norni_csv_walk){chunk->p, chunk->end, 0, csv->delimiter, csv->eol};
    if (chunk->p < chunk->end) w->mask = norni_csv_mask(chunk->p, w->delimiter, w->eol);
}

/* The next separator, or the chunk's end when there is none. */
static inline const char *norni_csv_next(norni_csv_walk *w) {
    while (w->mask == 0) {
        w->base += 64;
        if (w->base >= w->end) {
            w->base = w->end;
            return w->end;
        }
        w->mask = norni_csv_mask(w->base, w->delimiter, w->eol);
    }
    const char *at = w->base + __builtin_ctzll(w->mask);
    w->mask &= w->mask - 1;
    return at < w->end ? at : w->end;
}

/* A field without the CR that belongs to its CRLF. */
static inline norni_str norni_csv_field(const norni_csv *csv, const char *p, const char *end,
                                        bool last) {
    if (last && end > p && end[-1] == '\r' && csv->eol == '\n') end--;
    return (norni_str){p, (size_t)(end - p)};
}

/* Nothing stands between p and the record's end. */
static inline bool norni_csv_blank(const norni_csv *csv, const char *p, const char *end) {
    if (*p == csv->eol) return true;
    return csv->eol == '\n' && *p == '\r' && (p + 1 == end || p[1] == '\n');
}

#endif
