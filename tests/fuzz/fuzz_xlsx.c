/* Fuzzing the workbook reader: any bytes become text or an error with words, and how they are fetched
 * never shows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "io/xlsx_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

#define LINKS "officeDocument/2006/relationships/"

/* A whole workbook; the fuzzer's bytes take the place of one of its parts, since it cannot guess a
 * part's checksum. */
static const struct {
    const char *name, *text;
} usual[] = {
    {"xl/worksheets/sheet1.xml",
     "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" "
     "s=\"1\"><v>43861"
     "</v></c></row><row><c t=\"s\"><v>1</v></c></row></sheetData></worksheet>"},
    {"xl/strings.xml", "<sst><si><t>a</t></si><si><r><t>b</t></r></si></sst>"},
    {"xl/styles.xml",
     "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs>"
     "</styleSheet>"},
    {"xl/workbook.xml", "<workbook><sheets><sheet name=\"Data\" r:id=\"r1\"/></sheets></workbook>"},
    {"xl/_rels/workbook.xml.rels",
     "<R><Relationship Id=\"r1\" Type=\"" LINKS "worksheet\" Target=\"worksheets/sheet1.xml\"/>"
     "<Relationship Id=\"r2\" Type=\"" LINKS "sharedStrings\" Target=\"strings.xml\"/>"
     "<Relationship Id=\"r3\" Type=\"" LINKS "styles\" Target=\"styles.xml\"/></R>"},
    {"_rels/.rels", "<R><Relationship Id=\"r1\" Type=\"" LINKS
                    "officeDocument\" Target=\"xl/workbook.xml\"/></R>"},
};
enum { N_PARTS = sizeof usual / sizeof *usual, HEADS = 4096 };

static size_t put_number(uint8_t *p, size_t at, uint64_t x, size_t width) {
    for (size_t k = 0; k < width; k++, x >>= 8)
        p[at++] = (uint8_t)x;
    return at;
}

static size_t put_bytes(uint8_t *p, size_t at, const void *bytes, size_t n) {
    memcpy(p + at, bytes, n);
    return at + n;
}

/* The local head (list false) or the row of the list at the end. */
static size_t put_head(uint8_t *p, size_t at, const char *name, const void *bytes, size_t n,
                       bool list, size_t from) {
    at = put_number(p, at, list ? 0x02014B50 : 0x04034B50, 4);
    if (list) at = put_number(p, at, 20, 2);
    at = put_number(p, at, 20, 2);
    at = put_number(p, at, 0, 8); /* flags, stored, time, date */
    at = put_number(p, at, crc32(0, bytes, (uInt)n), 4);
    at = put_number(p, at, n, 4);
    at = put_number(p, at, n, 4);
    at = put_number(p, at, strlen(name), 2);
    at = put_number(p, at, 0, list ? 12 : 2);
    if (list) at = put_number(p, at, from, 4);
    return put_bytes(p, at, name, strlen(name));
}

/* A zip file of stored parts, part `mine` being the given bytes. */
static uint8_t *made_zip(size_t mine, const uint8_t *data, size_t size, size_t *out) {
    uint8_t *p = malloc(size + HEADS);
    size_t at = 0, from[N_PARTS];
    demand(p != NULL);
    for (size_t pass = 0; pass < 2; pass++) {
        const size_t begin = at;
        for (size_t i = 0; i < N_PARTS; i++) {
            const void *text = i == mine ? (const void *)data : (const void *)usual[i].text;
            const size_t n = i == mine ? size : strlen(usual[i].text);
            if (pass == 0) from[i] = at;
            at = put_head(p, at, usual[i].name, text, n, pass == 1, from[i]);
            if (pass == 0) at = put_bytes(p, at, text, n);
        }
        if (pass == 0) continue;
        const size_t list = at - begin;
        at = put_number(p, at, 0x06054B50, 4);
        at = put_number(p, at, 0, 4);
        at = put_number(p, at, N_PARTS, 2);
        at = put_number(p, at, N_PARTS, 2);
        at = put_number(p, at, list, 4);
        at = put_number(p, at, begin, 4);
        at = put_number(p, at, 0, 2);
    }
    demand(at <= size + HEADS);
    *out = at;
    return p;
}

typedef struct outcome {
    norn_status st;
    norn_err err;
    uint64_t n, hash;
} outcome;

/* Reads all, `cap` bytes at a time. */
static outcome read_all(norn_ctx *ctx, const uint8_t *p, size_t n, size_t cap) {
    static char piece[1 << 16];
    outcome o = {.hash = 14695981039346656037u};
    norni_xlsx *x = NULL;
    size_t got = 0;
    o.st = norni_xlsx_open_bytes(ctx, p, n, NULL, &x, &o.err);
    demand((o.st == NORN_OK) == (x != NULL));
    while (o.st == NORN_OK) {
        o.st = norni_xlsx_text(x, piece, cap, &got, &o.err);
        if (got == 0) break;
        demand(o.st == NORN_OK && got <= cap);
        for (size_t i = 0; i < got; i++) {
            demand(piece[i] != '\0');
            o.hash = (o.hash ^ (uint8_t)piece[i]) * 1099511628211u;
        }
        o.n += got;
    }
    demand(o.st == NORN_OK || o.err.text[0] != '\0');
    demand(o.st == NORN_OK || memchr(o.err.text, '\0', sizeof o.err.text) != NULL);
    demand(o.st != NORN_E_INTERNAL && o.st != NORN_E_IO);
    norni_xlsx_close(x);
    return o;
}

/* The workbook around the fuzzer's bytes must itself be whole, or nothing behind it is reached. */
static void check_usual(norn_ctx *ctx) {
    static bool checked;
    size_t n;
    if (checked) return;
    uint8_t *p = made_zip(0, (const uint8_t *)usual[0].text, strlen(usual[0].text), &n);
    const outcome o = read_all(ctx, p, n, 64);
    demand(o.st == NORN_OK && o.n == strlen("a|2020-01-31/b|/"));
    free(p);
    checked = true;
}

/* The first byte chooses which part the rest is, or that it is the whole file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    const size_t mine = data[0] % (N_PARTS + 1);
    norn_ctx *ctx = NULL;
    uint8_t *made = NULL;
    const uint8_t *p = data + 1;
    size_t n = size - 1;
    demand(norn_ctx_new(NULL, &ctx, NULL) == NORN_OK);
    check_usual(ctx);
    if (mine < N_PARTS) p = made = made_zip(mine, data + 1, size - 1, &n);
    const outcome a = read_all(ctx, p, n, 1 << 16), b = read_all(ctx, p, n, 7);
    demand(a.st == b.st && a.n == b.n && a.hash == b.hash);
    demand(a.st == NORN_OK || strcmp(a.err.text, b.err.text) == 0);
    free(made);
    norn_ctx_free(ctx);
    return 0;
}
