/* The CSV reader: what each text becomes, at every chunk size and worker count; what is refused, with line and column. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../par/workers.h"
#include "base/numtext.h"
#include "io/panel_read.h"

/* The panel as text: "id@start freq: v v v; …" or the error's text. */
static void show(norn_ctx *ctx, const char *text, size_t n, const norni_read_opt *opt, char *out,
                 size_t size) {
    norni_panel p;
    norni_align_report report;
    norn_err err = {NORN_OK, ""};
    size_t at = 0;
    out[0] = '\0';
    if (norni_panel_parse(ctx, text, n, opt, &p, &report, &err) != NORN_OK) {
        norni_format(out, size, "%s", err.text);
        return;
    }
    for (size_t i = 0; i < p.n_series; i++) {
        char time[48], freq[48];
        const norni_str id = norni_panel_id(&p, i);
        time[norni_time_print(time, p.start[i], &p.style)] = '\0';
        norni_freq_print(freq, sizeof freq, p.freq[i], p.start[i]);
        at += norni_format(out + at, size - at, "%s%.*s@%s %s:", i ? "; " : "", (int)id.n, id.p,
                           time, freq);
        for (size_t t = 0; t < norni_panel_n(&p, i); t++) {
            const double v = norni_panel_y(&p, i)[t];
            at += isnan(v) ? norni_format(out + at, size - at, " .")
                           : norni_format(out + at, size - at, " %g", v);
        }
    }
    norni_panel_clear(&p);
}

/* Whatever the chunk size and the workers: one answer. */
static void expect(const char *text, size_t n, norni_read_opt opt, const char *want) {
    static const size_t chunks[] = {0, 1, 2, 3, 5, 7, 8, 13, 16, 31, 32, 33, 63, 64, 65};
    char got[4096];
    for (int32_t threads = 1; threads <= 3; threads += 2) {
        norn_ctx *ctx = ctx_of_threads(threads);
        for (size_t k = 0; k < sizeof chunks / sizeof chunks[0]; k++) {
            opt.chunk_bytes = chunks[k];
            show(ctx, text, n, &opt, got, sizeof got);
            if (strstr(got, want) == NULL)
                fail_msg("chunk %zu, %d workers:\n%s\ngave  %s\nwant  %s", chunks[k], (int)threads,
                         text, got, want);
        }
        norn_ctx_free(ctx);
    }
}

#define LONG(text, want) expect(text, sizeof text - 1, (norni_read_opt){0}, want)

static void long_layout(void **state) {
    (void)state;
    LONG("unique_id,ds,y\na,1,2\na,2,3.5\nb,1,-7\nb,2,1e3\n",
         "a@1 I (integer index): 2 3.5; b@1 I (integer index): -7 1000");
    LONG("\xEF\xBB\xBFunique_id,ds,y\r\na,1,2\r\na,2,3\r\n", "a@1 I (integer index): 2 3");
    LONG("unique_id,ds,y\ra,1,2\ra,2,3\r", "a@1 I (integer index): 2 3");
    LONG("unique_id,ds,y\na,1,2\na,2,3", "a@1 I (integer index): 2 3");
    LONG("\n\nunique_id,ds,y\n\na,1,2\n\n\na,2,3\n\n", "a@1 I (integer index): 2 3");
    LONG("y;ds;unique_id\n2;1;a\n3;2;a\n", "a@1 I (integer index): 2 3");
    LONG("ds,y\n2020-01-31,1\n2020-02-29,2\n2020-03-31,3\n", "@2020-01-31 ME: 1 2 3");
    LONG("unique_id,ds,y\n\"a, \"\"x\"\"\n\",1,2\n\"a, \"\"x\"\"\n\",2,\"3\"\n",
         "a, \"x\"\n@1 I (integer index): 2 3");
    LONG("unique_id,ds,y\na,2,3\nb,1,9\na,1,2\nb,2,8\n",
         "a@1 I (integer index): 2 3; b@1 I (integer index): 9 8");
    LONG("unique_id,ds,y\na,1,\na,2,NA\na,3,NaN\na,4,null\na,5,1\na,7,2\n",
         "a@1 I (integer index): . . . . 1 . 2");
    LONG("unique_id,ds,y\na,2020-01-01,1\na,2020-01-02,2\na,2020-01-05,5\n",
         "a@2020-01-01 D: 1 2 . . 5");
    LONG("unique_id,ds,y\na,2020-01-02,1\na,2020-01-03,2\na,2020-01-06,3\na,2020-01-07,4\n",
         "a@2020-01-02 B: 1 2 3 4");
    LONG("unique_id,ds,y,price\na,1,2,7\na,2,3,8\n", "a@1 I (integer index): 2 3");
    LONG("unique_id,ds,y\na,1998 Q1,1\na,1998 Q2,2\nb,1998 Q4,3\n",
         "a@1998 Q1 QS: 1 2; b@1998 Q4 QS: 3");
    LONG("ds,y\n1976 Jul,1\n1976 Aug,2\n", "@1976 Jul MS: 1 2");
    LONG("ds,y\n2021W52,1\n2022W01,2\n", "@2021W52 W-MON: 1 2");
    LONG("ds,y\n2020-01-01 00:00,1\n2020-01-01 00:15,2\n2020-01-01 00:45,4\n",
         "@2020-01-01 00:00 15min: 1 2 . 4");
    LONG("ds,y\n2020-01-01T01:00:00+01:00,1\n2020-01-01T01:00:00Z,2\n",
         "@2020-01-01T00:00:00Z h: 1 2");
}

static void refusals(void **state) {
    (void)state;
    LONG("", "the file is empty");
    LONG("\n\r\n", "the file is empty");
    LONG("unique_id,ds,y\n", "no data rows");
    LONG("unique_id,ds,y\na,1,2\na,2\n", "line 3, 2 fields where the header has 3");
    LONG("unique_id,ds,y\na,1,2\n\na,2,3,4\n", "line 4, more than 3 fields");
    LONG("unique_id,ds,y\na,1,2\na,2,\"3\n", "line 3: a quote opens here and is never closed");
    LONG("unique_id,ds,y\na,1,\"2\"x\n", "line 2: text stands behind a closing quote");
    LONG("unique_id,ds,y\n\"a\n\n\",1,2\n\"a\n\n\",2,x\n", "line 5, column y: 'x' is not a number");
    LONG("unique_id,ds,y\na,1,2\0\n", "line 2: a NUL byte");
    LONG("\xFF\xFEu\0n\0", "UTF-16");
    LONG("unique_id,ds,y\na,1,1e400\n", "line 2, column y: '1e400' is too large");
    LONG("unique_id,ds,y\na,1,1_000\n", "line 2, column y: '1_000' is not a number");
    LONG("unique_id,ds,y\na,31/12/2020,1\n", "year-month-day");
    LONG("unique_id,ds,y\na,2020-02-29,1\na,2021-02-29,1\n", "line 3, column ds: '2021-02-29'");
    LONG("unique_id,ds,y\na,2020-01-01,1\na,7,1\n",
         "line 3, column ds: '7' is written in another style");
    LONG("unique_id,ds,y\na,2020-01-01T00:00Z,1\na,2020-01-01T01:00,1\n",
         "line 3, column ds: '2020-01-01T01:00' lacks a time zone");
    LONG("unique_id,ds,y\na,1,2\nb,1,2\na,1,3\n", "series a: 1 stands twice (lines 2 and 4)");
    LONG("unique_id,ds\na,1\n",
         "column 'y' is missing; name yours with --target-col (found: unique_id, ds)");
    LONG("unique_id,ds,y,ds\na,1,2,3\n", "column 'ds' stands twice");
    LONG("unique_id,,y\na,1,2\n", "column 'ds' is missing");
    LONG("unique_id,ds,y\na,1,2\n,2,3\n", "line 3, column unique_id: the id is empty");
    LONG("unique_id,ds,y\n\"\",1,2\n", "line 2, column unique_id: the id is empty");
    LONG("unique_id,ds,y\na,1,2\na,2,2\na,2000000000,3\n", "periods are missing");
}

static void policies(void **state) {
    (void)state;
    static const char dup[] = "ds,y\n1,4\n2,5\n2,7\n3,6\n",
                      gap[] = "unique_id,ds,y\na,1,4\na,3,5\na,4,6\n";
    const struct {
        norni_dup_policy policy;
        const char *want;
    } cases[] = {{NORNI_DUPS_FIRST, "4 5 6"},
                 {NORNI_DUPS_LAST, "4 7 6"},
                 {NORNI_DUPS_SUM, "4 12 6"},
                 {NORNI_DUPS_MEAN, "4 6 6"}};
    for (size_t i = 0; i < 4; i++) {
        expect(dup, sizeof dup - 1, (norni_read_opt){.align = {.duplicates = cases[i].policy}},
               cases[i].want);
    }
    expect(gap, sizeof gap - 1, (norni_read_opt){.align = {.gaps = NORNI_GAPS_ERROR}},
           "series a: 2 is missing (after line 2)");
    expect(gap, sizeof gap - 1, (norni_read_opt){.align = {.gaps = NORNI_GAPS_KEEP}}, ": 4 5 6");
    static const char month[] = "ds,y\n2020-01-01,1\n2020-02-01,2\n2020-02-15,3\n";
    expect(month, sizeof month - 1,
           (norni_read_opt){.align = {.has_freq = true, .freq = {NORNI_UNIT_MONTH, 1, 1}}},
           "2020-02-15 does not lie on the grid of frequency MS");
    static const char epoch[] = "ds,y\n0,1\n86400,2\n";
    expect(epoch, sizeof epoch - 1, (norni_read_opt){.epoch = NORNI_EPOCH_S}, "@0 D: 1 2");
}

static void other_layouts(void **state) {
    (void)state;
    static const char rows[] = "id,v1,v2,v3\nx,1,2,3\n\ny,4,,\n\"z\",5,,6\n",
                      bare[] = "x,1,2,3\ny,4,5\n";
    expect(rows, sizeof rows - 1, (norni_read_opt){.layout = NORNI_LAYOUT_ROWS},
           "x@1 I (integer index): 1 2 3; y@1 I (integer index): 4; z@1 I (integer index): 5 . 6");
    expect(bare, sizeof bare - 1, (norni_read_opt){.layout = NORNI_LAYOUT_ROWS},
           "x@1 I (integer index): 1 2 3; y@1 I (integer index): 4 5");
    static const char twice[] = "x,1,2\ny,1\nx,3\n", bad[] = "x,1,2\ny,1,q\n";
    expect(twice, sizeof twice - 1, (norni_read_opt){.layout = NORNI_LAYOUT_ROWS},
           "line 3: series 'x' stands twice");
    expect(bad, sizeof bad - 1, (norni_read_opt){.layout = NORNI_LAYOUT_ROWS},
           "line 2, column 3: 'q' is not a number");
    static const char wide[] = "when,a,b\n2020-01-01,1,\n2020-02-01,2,7\n2020-03-01,,8\n";
    expect(wide, sizeof wide - 1, (norni_read_opt){.layout = NORNI_LAYOUT_WIDE},
           "a@2020-01-01 MS: 1 2; b@2020-02-01 MS: 7 8");
    static const char ragged[] = "when,a,b\n1,1,2\n2,3\n";
    expect(ragged, sizeof ragged - 1, (norni_read_opt){.layout = NORNI_LAYOUT_WIDE},
           "line 3, 2 fields where the header has 3");
}

/* Quoted newlines at every place against chunk and block edges: the padding moves them through 130 offsets. */
static void fault_30_quotes_at_every_offset(void **state) {
    (void)state;
    norn_ctx *ctx = ctx_of_threads(2);
    for (int pad = 0; pad < 131; pad++) {
        char text[1024], want[1024], got[2048];
        const size_t n =
            norni_format(text, sizeof text,
                         "unique_id,ds,y\n%.*s,1,2\n\"q\n,\"\"\",1,5\n\"q\n,\"\"\",2,6\n", pad + 1,
                         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                         "xxxxxxxxxxxxxxxxxxxxxxxxxxx"
                         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        norni_format(want, sizeof want, "q\n,\"@1 I (integer index): 5 6");
        for (size_t chunk = 1; chunk < 70; chunk += 13) {
            show(ctx, text, n, &(norni_read_opt){.chunk_bytes = chunk}, got, sizeof got);
            if (strstr(got, want) == NULL) fail_msg("pad %d chunk %zu: %s", pad, chunk, got);
        }
    }
    norn_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(long_layout), cmocka_unit_test(refusals),
                                       cmocka_unit_test(policies), cmocka_unit_test(other_layouts),
                                       cmocka_unit_test(fault_30_quotes_at_every_offset)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
