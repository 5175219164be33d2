/* What cells refer to: shared strings and number formats; and how a date's number is written. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_XLSX_REFS_H
#define NORNI_XLSX_REFS_H

#include "io/xlsx_zip.h"

enum {
    NORNI_XLSX_MOST_TEXT = 1 << 20, /* bytes of one cell */
    NORNI_XLSX_MOST_STYLES = 1 << 16,
    NORNI_XLSX_DATE_MAX = 32, /* bytes that any printed date fits in */
};

/* How a style shows a number. */
typedef enum norni_xlsx_shown {
    NORNI_XLSX_NUMBER,
    NORNI_XLSX_DATE,  /* a day; with a time only where the number has a fraction */
    NORNI_XLSX_CLOCK, /* always with a time */
} norni_xlsx_shown;

/* Shared strings and styles of one workbook. */
typedef struct norni_xlsx_refs {
    const norn_alloc *alloc;
    norni_buf strings;    /* all of them, one behind the other */
    uint64_t *string_end; /* (n_strings), offsets */
    size_t n_strings, cap_strings;
    size_t strings_most; /* bound of both, in bytes */
    uint8_t *shown;      /* (n_styles), norni_xlsx_shown by style */
    size_t n_styles;
    bool from_1904; /* day 0 is 1904-01-01 */
} norni_xlsx_refs;

void norni_xlsx_refs_init(norni_xlsx_refs *r, const norn_alloc *alloc); /* 256 MiB of strings */
void norni_xlsx_refs_clear(norni_xlsx_refs *r);
NORN_CHECKED norn_status norni_xlsx_refs_strings(norni_xlsx_refs *r, norni_zip *zip,
                                                 const char *part, norn_err *err);
NORN_CHECKED norn_status norni_xlsx_refs_styles(norni_xlsx_refs *r, norni_zip *zip,
                                                const char *part, norn_err *err);

static inline norni_str norni_xlsx_string(const norni_xlsx_refs *r, size_t i) {
    const uint64_t from = i > 0 ? r->string_end[i - 1] : 0;
    if (r->strings.p == NULL) return norni_str_of(""); /* all of them are empty */
    return (norni_str){r->strings.p + from, (size_t)(r->string_end[i] - from)};
}

/* Decodes OOXML's _xHHHH_ in place and makes spaces of the bytes 0, 0x1E and 0x1F; returns the new
 * length. */
size_t norni_xlsx_unescape(char *p, size_t n);
/* What a format code such as "dd/mm/yyyy;@" shows. */
norni_xlsx_shown norni_xlsx_format_shows(const char *code);
/* The date that number `serial` stands for: 2020-01-31 or 2020-01-31 12:30:00[.ffffff]; returns the
 * length (no NUL), 0 when it is outside of the calendar (below 0, or behind the year 9999). Times
 * within 10 us of a whole millisecond are that: a double of 15 digits says no more. */
size_t norni_xlsx_date_print(char out[NORNI_XLSX_DATE_MAX], double serial, bool from_1904,
                             bool clock);

#endif
