/* Workbooks made in memory from XML that a test wrote, and a sheet read back as readable text. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MADE_BOOK_H
#define NORNI_MADE_BOOK_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "base/ctx.h"
#include "io/xlsx_read.h"

#define MADE_LINKS       "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define MADE_SHEET(rows) "<worksheet xmlns=\"m\"><sheetData>" rows "</sheetData></worksheet>"

typedef struct made_part {
    const char *name, *text;
} made_part;

typedef struct made_bytes {
    char *p;
    size_t n;
} made_bytes;

static inline zip_t *made_zip_open(zip_source_t **source) {
    zip_error_t error;
    zip_error_init(&error);
    *source = zip_source_buffer_create(NULL, 0, 0, &error);
    assert_non_null(*source);
    zip_source_keep(*source);
    zip_t *zip = zip_open_from_source(*source, ZIP_TRUNCATE, &error);
    assert_non_null(zip);
    return zip;
}

static inline made_bytes made_zip_close(zip_t *zip, zip_source_t *source) {
    zip_stat_t st;
    made_bytes b;
    assert_int_equal(zip_close(zip), 0);
    assert_int_equal(zip_source_open(source), 0);
    assert_int_equal(zip_source_stat(source, &st), 0);
    b.n = (size_t)st.size;
    b.p = malloc(b.n);
    assert_non_null(b.p);
    assert_int_equal(zip_source_read(source, b.p, b.n), (zip_int64_t)b.n);
    zip_source_close(source);
    zip_source_free(source);
    return b;
}

static inline void made_zip_add(zip_t *zip, const char *name, zip_source_t *source) {
    assert_non_null(source);
    const zip_int64_t i = zip_file_add(zip, name, source, 0);
    assert_true(i >= 0);
    assert_int_equal(zip_set_file_compression(zip, (zip_uint64_t)i, ZIP_CM_DEFLATE, 1), 0);
}

/* The parts every workbook has, unless the test brings its own: one sheet named Data. */
static const made_part made_usual[] = {
    {"_rels/.rels", "<Relationships><Relationship Id=\"r1\" Type=\"" MADE_LINKS
                    "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"},
    {"xl/workbook.xml",
     "<workbook xmlns:r=\"l\"><sheets><sheet name=\"Data\" sheetId=\"1\" "
     "r:id=\"r1\"/></sheets></workbook>"},
    {"xl/_rels/workbook.xml.rels",
     "<Relationships><Relationship Id=\"r1\" Type=\"" MADE_LINKS
     "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
     "<Relationship Id=\"r2\" Type=\"" MADE_LINKS
     "/worksheet\" Target=\"/xl/worksheets/sheet2.xml\"/>"
     "<Relationship Id=\"r3\" Type=\"" MADE_LINKS "/styles\" Target=\"styles.xml\"/>"
     "<Relationship Id=\"r4\" Type=\"" MADE_LINKS "/sharedStrings\" Target=\"./strings.xml\"/>"
     "<Relationship Id=\"r5\" Type=\"" MADE_LINKS "/chartsheet\" Target=\"c.xml\"/>"
     "</Relationships>"},
    {"xl/styles.xml", "<styleSheet/>"},
    {"xl/strings.xml", "<sst/>"},
};

/* `own` ends with a NULL name; a NULL text leaves a usual part out. */
static inline void made_add_parts(zip_t *zip, const made_part *own) {
    for (size_t i = 0; i < sizeof made_usual / sizeof *made_usual; i++) {
        bool replaced = false;
        for (const made_part *o = own; o->name != NULL; o++)
            replaced = replaced || strcmp(o->name, made_usual[i].name) == 0;
        if (replaced) continue;
        const char *text = made_usual[i].text;
        made_zip_add(zip, made_usual[i].name, zip_source_buffer(zip, text, strlen(text), 0));
    }
    for (const made_part *o = own; o->name != NULL; o++) {
        if (o->text != NULL)
            made_zip_add(zip, o->name, zip_source_buffer(zip, o->text, strlen(o->text), 0));
    }
}

static inline made_bytes made_book(const made_part *own) {
    zip_source_t *source;
    zip_t *zip = made_zip_open(&source);
    made_add_parts(zip, own);
    return made_zip_close(zip, source);
}

static inline made_bytes made_sheet(const char *sheet) {
    return made_book((made_part[]){{"xl/worksheets/sheet1.xml", sheet}, {NULL, NULL}});
}

/* A sheet's text, fields ended by '|' and records by '/', in pieces of `cap` bytes. */
typedef struct made_text {
    norn_status st;
    norn_err err;
    char *p;
    size_t n;
} made_text;

static inline made_text made_fetch(norni_xlsx *x, size_t cap) {
    made_text t = {.p = calloc(1, 1)};
    size_t room = 0, got = 0;
    do {
        if (t.n + cap > room) t.p = realloc(t.p, (room = 2 * (t.n + cap)) + 1);
        assert_non_null(t.p);
        t.st = norni_xlsx_text(x, t.p + t.n, cap, &got, &t.err);
        for (size_t i = 0; i < got; i++) {
            char *c = &t.p[t.n + i];
            *c = *c == 0x1F ? '|' : *c == 0x1E ? '/' : *c;
        }
        t.n += got;
    } while (t.st == NORN_OK && got > 0);
    t.p[t.n] = '\0';
    return t;
}

static inline made_text made_read(norn_ctx *ctx, made_bytes b, const char *sheet, size_t cap) {
    norni_xlsx *x = NULL;
    made_text t = {.st = NORN_OK};
    const norn_status st = norni_xlsx_open_bytes(ctx, b.p, b.n, sheet, &x, &t.err);
    if (st != NORN_OK) {
        assert_null(x);
        t.st = st;
        t.p = calloc(1, 1);
        return t;
    }
    t = made_fetch(x, cap);
    norni_xlsx_close(x);
    return t;
}

static inline void made_check_text(norn_ctx *ctx, made_bytes b, const char *sheet,
                                   const char *want) {
    static const size_t caps[] = {1, 7, 1 << 16};
    for (size_t i = 0; i < sizeof caps / sizeof *caps; i++) {
        made_text t = made_read(ctx, b, sheet, caps[i]);
        if (t.st != NORN_OK) fail_msg("%s", t.err.text);
        assert_string_equal(t.p, want);
        free(t.p);
    }
    free(b.p);
}

static inline void made_check_error(norn_ctx *ctx, made_bytes b, const char *sheet,
                                    norn_status want, const char *words) {
    made_text t = made_read(ctx, b, sheet, 64);
    assert_int_equal(t.st, want);
    assert_int_equal(t.err.code, want);
    if (strstr(t.err.text, words) == NULL) fail_msg("'%s' lacks '%s'", t.err.text, words);
    free(t.p);
    free(b.p);
}

static inline int made_set_up(void **state) {
    norn_ctx *ctx = NULL;
    if (norn_ctx_new(NULL, &ctx, NULL) != NORN_OK) return -1;
    *state = ctx;
    return 0;
}

static inline int made_tear_down(void **state) {
    norn_ctx_free(*state);
    return 0;
}

#endif
