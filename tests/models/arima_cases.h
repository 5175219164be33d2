/* Reads tests/fixtures/arima_r.csv and its like (R's numbers for ARIMA models, and their series); what fits run in. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARIMA_CASES_H
#define ARIMA_CASES_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/arima/arima_fit.h"

enum { CASE_NUMBERS = 64, CASE_LENGTH = 480, CASE_SERIES = 16, CASE_LINE = 8192 };

typedef struct r_series {
    char name[32];
    size_t n;
    double y[CASE_LENGTH];
} r_series;

typedef struct r_case {
    char kind[8], name[32];
    norni_arima_order order;
    norni_arima_constant constant;
    size_t n_x, n_coef, n;
    double v[CASE_NUMBERS]; /* (n) behind the head */
    const r_series *series;
} r_case;

typedef struct r_file {
    FILE *f;
    size_t n_series;
    r_series series[CASE_SERIES];
    char line[CASE_LINE];
} r_file;

/* What a fit runs in; its arena is cleared behind it. */
typedef struct bed {
    norn_alloc alloc;
    norni_arena arena;
    norni_env env;
} bed;

static inline void bed_make(bed *b) {
    b->alloc = norni_alloc_default();
    norni_arena_init(&b->arena, &b->alloc);
    b->env = (norni_env){.arena = &b->arena};
}

/* The line's next field, or NULL. */
static inline char *next_field(char **rest) {
    char *const field = *rest;
    if (field == NULL) return NULL;
    char *const comma = strpbrk(field, ",\n");
    *rest = comma && *comma == ',' ? comma + 1 : NULL;
    if (comma) *comma = '\0';
    return field;
}

static inline void copy_name(char *to, size_t size, const char *from) {
    const size_t n = from ? strlen(from) : 0, kept = n < size ? n : size - 1;
    if (kept > 0) memcpy(to, from, kept);
    to[kept] = '\0';
}

static inline double number_of(const char *text) {
    return strcmp(text, "NA") == 0 ? (double)NAN : strtod(text, NULL);
}

static inline bool r_open_file(r_file *r, const char *path) {
    memset(r, 0, sizeof *r);
    r->f = fopen(path, "r");
    return r->f != NULL;
}

static inline bool r_open(r_file *r) {
    return r_open_file(r, NORN_FIXTURES "/arima_r.csv");
}

static inline void read_series(r_file *r, char *rest) {
    r_series *const s = &r->series[r->n_series++];
    copy_name(s->name, sizeof s->name, next_field(&rest));
    for (const char *field = next_field(&rest); field; field = next_field(&rest))
        s->y[s->n++] = number_of(field);
}

/* The next row that is of no series; false at the end, where the file is closed. */
static inline bool r_next(r_file *r, r_case *c) {
    while (fgets(r->line, sizeof r->line, r->f)) {
        char *rest = r->line;
        const char *kind = next_field(&rest);
        if (strcmp(kind, "series") == 0) {
            read_series(r, rest);
            continue;
        }
        memset(c, 0, sizeof *c);
        copy_name(c->kind, sizeof c->kind, kind);
        copy_name(c->name, sizeof c->name, next_field(&rest));
        int32_t head[9];
        for (size_t i = 0; i < 9; i++)
            head[i] = (int32_t)strtol(next_field(&rest), NULL, 10);
        c->order =
            (norni_arima_order){head[0], head[1], head[2], head[3], head[4], head[5], head[6]};
        c->constant = (norni_arima_constant)head[7];
        c->n_x = (size_t)head[8];
        c->n_coef = (size_t)(head[0] + head[2] + head[3] + head[5] + (head[7] > 0) + head[8]);
        for (const char *field = next_field(&rest); field; field = next_field(&rest))
            c->v[c->n++] = number_of(field);
        for (size_t i = 0; i < r->n_series; i++) {
            if (strcmp(r->series[i].name, c->name) == 0) c->series = &r->series[i];
        }
        return true;
    }
    fclose(r->f);
    return false;
}

#endif
