/* Cells a second and resident memory of the workbook writer and reader. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: bench_xlsx [rows [columns [file]]] (default 300000 5; a given file is read, not written). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ctx.h"
#include "base/rng.h"
#include "io/xlsx_read.h"
#include "io/xlsx_write.h"

enum { TIMES = 5 };

static void stop_on(norn_status st, const norn_err *err) {
    if (st == NORN_OK) return;
    fprintf(stderr, "bench_xlsx: %s\n", err->text);
    exit(1);
}

/* Rows of an id, a date and numbers of a few digits and of all of them, as panels have them. */
static double write_book(norn_ctx *ctx, const char *path, size_t rows, size_t columns) {
    const norni_rng rng = {11, 1};
    norni_xlsx_out *out;
    norn_err err;
    const int64_t start = norni_clock_ns();
    stop_on(norni_xlsx_out_open(ctx, path, "Data", &out, &err), &err);
    for (size_t c = 0; c < columns; c++) {
        char name[32];
        const size_t n = norni_format(name, sizeof name, "column %zu", c);
        stop_on(norni_xlsx_out_text(out, (norni_str){name, n}, &err), &err);
    }
    stop_on(norni_xlsx_out_row(out, &err), &err);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) {
            char text[32];
            const size_t n = norni_format(text, sizeof text, "series %zu", r / 100);
            const double x = norni_rng_normal(rng, r * columns + c) * 1000;
            stop_on(c == 0 ? norni_xlsx_out_text(out, (norni_str){text, n}, &err)
                           : norni_xlsx_out_num(
                                 out, c % 2 == 0 ? x : (double)(int64_t)(100 * x) / 100, &err),
                    &err);
        }
        stop_on(norni_xlsx_out_row(out, &err), &err);
    }
    stop_on(norni_xlsx_out_commit(out, &err), &err);
    return (double)(norni_clock_ns() - start) * 1e-9;
}

static double read_book(norn_ctx *ctx, const char *path, size_t *cells, size_t *bytes) {
    static char piece[1 << 16];
    norni_xlsx *x;
    norn_err err;
    *cells = *bytes = 0;
    const int64_t start = norni_clock_ns();
    stop_on(norni_xlsx_open(ctx, path, NULL, &x, &err), &err);
    for (size_t got = 1; got > 0;) {
        stop_on(norni_xlsx_text(x, piece, sizeof piece, &got, &err), &err);
        *bytes += got;
        for (size_t i = 0; i < got; i++)
            *cells += piece[i] == 0x1F || piece[i] == 0x1E;
    }
    norni_xlsx_close(x);
    return (double)(norni_clock_ns() - start) * 1e-9;
}

int main(int argc, char **argv) {
    const size_t rows = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 300000,
                 columns = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 5;
    char made[] = "/tmp/bench_xlsx_XXXXXX";
    const char *path = argc > 3 ? argv[3] : made;
    norn_ctx *ctx;
    norn_err err;
    struct stat st;
    stop_on(norn_ctx_new(NULL, &ctx, &err), &err);
    if (argc <= 3) {
        const int fd = mkstemp(made);
        if (fd < 0) return 1;
        close(fd);
        const double s = write_book(ctx, path, rows, columns);
        const double cells = (double)((rows + 1) * columns);
        printf("write: %.0f cells in %.3f s: %.0f cells/s\n", cells, s, cells / s);
    }
    if (stat(path, &st) == 0) printf("file: %lld bytes\n", (long long)st.st_size);
    for (int k = 0; k < TIMES; k++) {
        size_t cells, bytes;
        const double s = read_book(ctx, path, &cells, &bytes);
        printf("read: %zu cells, %zu bytes of text in %.3f s: %.0f cells/s\n", cells, bytes, s,
               (double)cells / s);
    }
    struct rusage use;
    if (getrusage(RUSAGE_SELF, &use) == 0) printf("largest resident: %ld KiB\n", use.ru_maxrss);
    if (argc <= 3) unlink(made);
    norn_ctx_free(ctx);
    return 0;
}
