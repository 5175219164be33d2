/* The CSV reader alone, on one core: cutting, marks, typed columns, whole panels, from a file. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: bench_csv FILE.csv [ROUNDS]   (long layout; no file: one is made). CPU time of one thread, kernel included; behind it
 * the wall time of the whole panel in memory at 1 and 2 threads. The best of the rounds is printed. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/panel_cells.h"

typedef struct stage {
    const char *name;
    bool marks, typed, panel;
} stage;

typedef struct totals {
    uint64_t bytes, rows, marks, series;
    double seconds;
} totals;

/* All chunks of the file through one stage. */
static norn_status run_stage(norn_ctx *ctx, const char *path, const stage *s, totals *t,
                             norn_err *err) {
    const norni_inputs in = {&path, 1};
    const char *bytes = getenv("CHUNK");
    const norni_read_opt opt = {.no_exogenous = true,
                                .chunk_bytes = bytes ? (size_t)atol(bytes) : 0};
    norni_reader *r = NULL;
    norni_chunk chunk = {.p = NULL};
    norni_arena scratch;
    norni_panel panel = {.n_series = 0};
    static norni_csv_marks m;
    bool end = false;
    *t = (totals){0, 0, 0, 0, 0};
    NORN_TRY(norni_reader_open(ctx, &in, &opt, &r, err));
    norni_arena_init(&scratch, &ctx->alloc);
    norni_arena_init(&panel.arena, &ctx->alloc);
    norn_status st = NORN_OK;
    const double start = norni_clock_process_seconds();
    while (st == NORN_OK) {
        st = norni_reader_next(r, &chunk, &end, err);
        if (st != NORN_OK || end) break;
        t->bytes += chunk.n;
        norni_arena_reset(&scratch);
        if (s->marks) {
            norni_csv_marks_init(&m, &chunk.syntax, chunk.quoting, chunk.p, chunk.p + chunk.n);
            while (norni_csv_marks_fill(&m))
                t->marks += m.n;
        } else if (s->typed) {
            norni_chunk_rows rows;
            st = norni_parse_long(r, &chunk, &scratch, &rows, err);
            t->rows += rows.n;
        } else if (s->panel) {
            norni_align_report report;
            norni_panel_reset(&panel);
            st = norni_reader_parse(r, NULL, &chunk, &scratch, &panel, &report, err);
            t->rows += panel.n_obs;
            t->series += panel.n_series;
        }
    }
    t->seconds = norni_clock_process_seconds() - start;
    norni_panel_clear(&panel);
    norni_arena_clear(&scratch);
    norni_chunk_clear(&ctx->alloc, &chunk);
    norni_reader_close(r);
    return st;
}

/* Wall seconds of one panel with everything, as a data frame would be. */
static norn_status gather_once(const char *path, int32_t threads, double *seconds, norn_err *err) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_panel panel;
    norni_align_report report;
    const norni_read_opt read = {.no_exogenous = true};
    opt.n_threads = threads;
    NORN_TRY(norn_ctx_new(&opt, &ctx, err));
    const int64_t start = norni_clock_ns();
    const norn_status st = norni_panel_read(ctx, path, &read, &panel, &report, err);
    *seconds = (double)(norni_clock_ns() - start) / 1e9;
    if (st == NORN_OK) norni_panel_clear(&panel);
    norn_ctx_free(ctx);
    return st;
}

static norn_status gather_all(const char *path, int rounds, norn_err *err) {
    for (int32_t threads = 1; threads <= 2; threads++) {
        double best = 1e99, seconds = 0;
        for (int i = 0; i < rounds; i++) {
            NORN_TRY(gather_once(path, threads, &seconds, err));
            if (seconds < best) best = seconds;
        }
        printf("whole panel in memory, %d thread%s %.3f s\n", (int)threads, threads > 1 ? "s" : " ",
               best);
    }
    return NORN_OK;
}

/* 2 million rows, when no file is given. */
static const char *make_file(char *path) {
    const int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL) return NULL;
    fprintf(f, "unique_id,ds,y\n");
    for (int i = 0; i < 20000; i++) {
        for (int t = 0; t < 100; t++)
            fprintf(f, "S%07d,2020-%02d-%02d,%d.%02d\n", i, t / 28 + 1, t % 28 + 1,
                    100 + (i * 31 + t * 7) % 900, (i + t * 13) % 100);
    }
    return fclose(f) == 0 ? path : NULL;
}

int main(int argc, char **argv) {
    static const stage stages[] = {{"read and cut", false, false, false},
                                   {"  + marks", true, false, false},
                                   {"  + typed columns", false, true, false},
                                   {"  + panel (gaps, frequency)", false, false, true}};
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norn_err err = {NORN_OK, ""};
    const int rounds = argc > 2 ? atoi(argv[2]) : 5;
    char own[] = "/tmp/norn-bench-XXXXXX";
    const char *path = argc > 1 ? argv[1] : make_file(own);
    opt.n_threads = 1;
    if (path == NULL || norn_ctx_new(&opt, &ctx, &err) != NORN_OK) {
        fprintf(stderr, "bench_csv: no file to read\n");
        return 1;
    }
    for (size_t k = 0; k < sizeof stages / sizeof stages[0]; k++) {
        totals best = {0, 0, 0, 0, 1e99}, t;
        for (int i = 0; i < rounds; i++) {
            if (run_stage(ctx, path, &stages[k], &t, &err) != NORN_OK) {
                fprintf(stderr, "%s: %s\n", path, err.text);
                norn_ctx_free(ctx);
                return 1;
            }
            if (t.seconds < best.seconds) best = t;
        }
        printf("%-30s %8.3f s %7.2f GB/s", stages[k].name, best.seconds,
               (double)best.bytes / best.seconds / 1e9);
        if (best.rows > 0) printf(" %7.1f ns a row", best.seconds * 1e9 / (double)best.rows);
        printf("\n");
    }
    norn_ctx_free(ctx);
    const norn_status st = gather_all(path, rounds, &err);
    if (argc < 2) (void)unlink(own);
    if (st == NORN_OK) return 0;
    fprintf(stderr, "%s: %s\n", path, err.text);
    return 1;
}
