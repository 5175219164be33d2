/* Typed parameter rows: from them come flags, checks, help texts, specs and reference docs. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PARAM_H
#define NORNI_PARAM_H

#include "base/arena.h"
#include "base/str.h"

typedef enum norni_type {
    NORNI_T_DOUBLE,  /* double */
    NORNI_T_INT,     /* int32_t */
    NORNI_T_BOOL,    /* bool */
    NORNI_T_CHOICE,  /* int32_t: index into `choices` */
    NORNI_T_TEXT,    /* const char *, NULL when not given */
    NORNI_T_DOUBLES, /* norni_doubles */
    NORNI_T_INTS,    /* norni_ints */
    NORNI_T_SIZE,    /* norni_memsize: bytes, or a share of memory ("0.8", "4GiB") */
} norni_type;

typedef struct norni_doubles {
    size_t n;
    double *v;
} norni_doubles;
typedef struct norni_ints {
    size_t n;
    int32_t *v;
} norni_ints;
typedef struct norni_memsize {
    double share;   /* of the usable memory, or 0 */
    uint64_t bytes; /* or 0 */
} norni_memsize;

/* Whether a row's text names a file or a folder. `.path = true` is NORNI_PATH_LOCAL. */
typedef enum norni_path {
    NORNI_PATH_NONE,
    NORNI_PATH_LOCAL,  /* only for who sits at the machine */
    NORNI_PATH_UPLOAD, /* a request may bring the file itself, as a part of that name */
} norni_path;

/* One row. `name` is written as the flag without dashes ("season-length"); files and Python use
 * underscores. */
typedef struct norni_param {
    const char *name;
    norni_type type;
    size_t offset; /* of the field in the options struct */
    const char
        *def; /* default as text; NULL = empty (TEXT, lists) or must be given when `required` */
    double min, max;     /* inclusive domain of numbers */
    const char *choices; /* CHOICE: "a|b|c" */
    const char *metavar; /* "H", "FILE" */
    const char *help;    /* one line */
    bool required;
    char letter;       /* short flag, or 0 */
    const char *alias; /* further names, as "workers|n-jobs", or NULL */
    bool words;        /* TEXT: `--name a b c` is one text, "a b c" */
    bool is_on;        /* BOOL: true unless `--no-name` is said */
    norni_path path;   /* the text names a file or a folder: no request's text ever sets it */
} norni_param;

/* Sets every field to its default. Lists live in the arena. Only fails when memory is out or a row
 * is wrong. */
NORN_CHECKED norn_status norni_param_defaults(const norni_param *rows, size_t n_rows, void *opt,
                                              norni_arena *arena, norn_err *err);
/* Row by name or alias ('_' equals '-'), or NULL. */
const norni_param *norni_param_find(const norni_param *rows, size_t n_rows, norni_str name);
/* Parses text into the row's field and checks its domain; `part` opens the error text, as "ets". */
NORN_CHECKED norn_status norni_param_set(const norni_param *row, void *opt, norni_str text,
                                         norni_arena *arena, const char *part, norn_err *err);
/* The field's value as text (canonical, as in specs). */
void norni_param_print(const norni_param *row, const void *opt, norni_buf *out);
/* The k-th choice's word. */
norni_str norni_param_choice(const char *choices, size_t k);

#endif
