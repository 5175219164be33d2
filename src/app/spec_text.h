/* The grammar of specs, `[alias=]name(args)…[m]`, whatever the names stand for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SPEC_TEXT_H
#define NORNI_SPEC_TEXT_H

#include "base/param.h"

/* Something that a spec may name. */
typedef struct norni_spec_kind {
    const char *name;
    const norni_param *params;
    size_t n_params, opt_size;
    const void *what; /* the model or learner itself */
} norni_spec_kind;

typedef struct norni_spec_book {
    const void *set;
    size_t n;
    norni_spec_kind (*at)(const void *set, size_t i); /* i in [0, n) */
    /* Checks the options that a spec gave; NULL = nothing to check. */
    norn_status (*check)(const void *set, const void *what, const void *opt, norn_err *err);
} norni_spec_book;

typedef struct norni_spec_text {
    norni_spec_kind kind;
    void *opt;        /* kind.opt_size bytes, from the arena */
    norni_str column; /* alias or canonical spec, unique in its list */
    int32_t season;   /* from [m], or 0 */
    bool aliased;     /* column is an alias */
} norni_spec_text;

/* Parses a comma-separated list; commas inside brackets never split. *specs (*n) live in the arena.
 * NORN_E_ARG names the spec and what is allowed. */
NORN_CHECKED norn_status norni_spec_list_parse(const norni_spec_book *book, norni_str text,
                                               norni_arena *arena, norni_spec_text **specs,
                                               size_t *n, norn_err *err);
/* The same for one spec. */
NORN_CHECKED norn_status norni_spec_text_parse(const norni_spec_book *book, norni_str text,
                                               norni_arena *arena, norni_spec_text *spec,
                                               norn_err *err);

#endif
