/* Where the fields of a delimited text end: 64 bytes at a time, quotes resolved by parity. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CSV_MARKS_H
#define NORNI_CSV_MARKS_H

#include "base/str.h"

/* Readable bytes that every text must have behind its end. */
enum { NORNI_TEXT_PAD = 64, NORNI_MARKS_BLOCK = 4096 };

/* What bytes mean. In a table that a program wrote (a workbook's sheet) fields end with 0x1F and
 * records with 0x1E, and a quote is a letter. */
typedef struct norni_csv_syntax {
    char delimiter, eol, eol2; /* eol2: CR beside LF; the same as eol in a table */
    bool quotes;               /* '"' may open a field */
} norni_csv_syntax;

static inline norni_csv_syntax norni_csv_text_syntax(char delimiter) {
    return (norni_csv_syntax){delimiter, '\n', '\r', true};
}
static inline norni_csv_syntax norni_csv_table_syntax(void) {
    return (norni_csv_syntax){0x1F, 0x1E, 0x1E, false};
}
static inline bool norni_csv_is_eol(const norni_csv_syntax *s, char c) {
    return c == s->eol || c == s->eol2;
}

/* How the quotes of one stretch of text are to be read. */
typedef enum norni_csv_quoting {
    NORNI_CSV_PLAIN,  /* there are none */
    NORNI_CSV_PARITY, /* each opens a field or closes one: parity tells what lies inside */
    NORNI_CSV_ODD,    /* some stand elsewhere: the state machine must decide */
} norni_csv_quoting;

/* What a stretch of text holds. */
typedef struct norni_csv_count {
    size_t lines; /* LF, CR or CRLF; in a table: records */
    bool has_quote, has_nul;
} norni_csv_count;
norni_csv_count norni_csv_count_bytes(const norni_csv_syntax *s, const char *p, size_t n);

/* The quoting of a text that begins outside of quotes. *open: it ends inside a quoted field. */
norni_csv_quoting norni_csv_quoting_of(const norni_csv_syntax *s, const char *p, size_t n,
                                       bool *open);

/* AUTO: AVX2 where the machine has it; NARROW: SSE2 or plain C; MACHINE: byte by byte. */
typedef enum norni_csv_engine {
    NORNI_CSV_AUTO,
    NORNI_CSV_NARROW,
    NORNI_CSV_MACHINE
} norni_csv_engine;

/* Ends of fields and records of [p, end), found block by block. The text begins outside of quotes;
 * NORNI_TEXT_PAD bytes behind it are readable. */
typedef struct norni_csv_marks {
    const char *text, *end, *block; /* block: behind the part that was scanned */
    norni_csv_syntax syntax;
    norni_csv_quoting quoting;
    norni_csv_engine engine;    /* AUTO; tests take the slower twins, too */
    uint64_t inside;            /* parity: all ones while a quote is open */
    uint32_t state;             /* state machine */
    const char *opened, *wrong; /* state machine: the open quote; text behind a closing quote */
    size_t n, i;
    uint32_t at[NORNI_MARKS_BLOCK + 64]; /* offsets from `base` */
    const char *base;
} norni_csv_marks;

void norni_csv_marks_init(norni_csv_marks *m, const norni_csv_syntax *s, norni_csv_quoting quoting,
                          const char *p, const char *end);
bool norni_csv_marks_fill(norni_csv_marks *m); /* false: the text is over */

/* The next end of a field (a delimiter or a record's end), or the text's end when there is none. */
static inline const char *norni_csv_mark(norni_csv_marks *m) {
    while (m->i == m->n) {
        if (!norni_csv_marks_fill(m)) return m->end;
    }
    return m->base + m->at[m->i++];
}

#endif
