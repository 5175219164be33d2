/* Every allocation of a whole forecast run fails in turn, once and from then on: an error, never a crash or a leak. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/op_forecast.h"
#include "counting.h"

static char data_path[] = "/tmp/norn-oom-XXXXXX";

static int write_data(void **state) {
    (void)state;
    const int fd = mkstemp(data_path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL) return -1;
    fprintf(f, "unique_id,ds,y,\"x,1\"\n");
    for (int i = 0; i < 6; i++) {
        for (int t = 0; t < 30 + i; t++) {
            if (i == 2 && t == 7) continue; /* a gap */
            fprintf(f, "s%d,%d-%02d-01,%d.5,1\n", i, 2000 + t / 12, t % 12 + 1,
                    100 + t * i + 10 * (t % 12 == 3));
        }
    }
    for (int t = 0; t < 20; t++)
        fprintf(f, "void,%d-%02d-01,,1\n", 2000 + t / 12, t % 12 + 1); /* fails as an item */
    return fclose(f);
}

static int remove_data(void **state) {
    (void)state;
    return unlink(data_path);
}

/* A run folder, a workbook, compressed items and a chart: everything that holds memory of its own. */
static bool all_files, loads;
static char place[] = "/tmp/norn-oom-dir-XXXXXX";

static void remove_run(void) {
    static const char *const names[] = {"run/run.txt",  "run/items.log", "out.xlsx",
                                        "items.csv.gz", "chart.svg",     "saved.norn"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", place, names[i]);
        (void)unlink(path);
    }
    snprintf(path, sizeof path, "%s/run", place);
    (void)rmdir(path);
}

static void fill(void *opt, int how) {
    static const char *path = data_path;
    norni_forecast_opt *o = opt;
    (void)how;
    o->panel.data = (norni_inputs){&path, 1};
    o->horizon = 4;
    o->model = "naive,auto_ets,theta,dynamic_theta,naive2";
    o->fitted = true;
    o->panel.common.out = o->panel.common.items = o->panel.common.summary = "/dev/null";
    static char file[6][64];
    static const char *const leaf[6] = {"run",       "out.xlsx",   "items.csv.gz",
                                        "chart.svg", "saved.norn", "kept.norn"};
    for (size_t i = 0; i < 6; i++)
        snprintf(file[i], sizeof file[i], "%s/%s", place, leaf[i]);
    if (all_files || loads) o->save = file[4];
    if (loads) { /* five series of the store, one with new rows, and one that it does not have */
        o->model = NULL;
        o->fitted = false;
        o->load = file[5];
        o->panel.common.items = "/dev/null";
        remove_run();
    }
    if (all_files) {
        o->model = "naive,theta";
        o->panel.common.resume = file[0];
        o->panel.common.out = file[1];
        o->panel.common.items = file[2];
        o->panel.common.plot = file[3];
        remove_run();
    }
}

static void fail_each(bool onwards) {
    const counted_op op = {
        .name = "forecast", .fill = fill, .how = 0, .onwards = onwards, .least = 40};
    counting_fail_each(&op);
}

static void fault_02_fail_once_with_files(void **state) {
    (void)state;
    all_files = true;
    assert_non_null(mkdtemp(place));
    fail_each(false);
    remove_run();
    assert_int_equal(rmdir(place), 0); /* nothing else was left in it */
    all_files = false;
}

/* Keeps the models of all series but the last, without a period at the end of each. */
static void keep_models(void) {
    char text[1 << 14], path[64], to[64];
    FILE *f = fopen(data_path, "r");
    assert_non_null(f);
    const size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    text[n] = '\0';
    char *last = strstr(text, "s5,");
    assert_non_null(last);
    f = fopen(data_path, "w");
    assert_non_null(f);
    (void)fwrite(text, 1, (size_t)(last - text), f);
    assert_int_equal(fclose(f), 0);
    all_files = true;
    counting count = {.below = norni_alloc_default()};
    assert_int_equal(counting_run(&(counted_op){.name = "forecast", .fill = fill}, &count),
                     NORN_OK);
    all_files = false;
    snprintf(path, sizeof path, "%s/saved.norn", place);
    snprintf(to, sizeof to, "%s/kept.norn", place);
    assert_int_equal(rename(path, to), 0);
    f = fopen(data_path, "w");
    assert_non_null(f);
    (void)fwrite(text, 1, n, f);
    fprintf(f, "s1,2002-08-01,120,1\ns1,2002-10-01,130,1\n");
    assert_int_equal(fclose(f), 0);
}

static void fault_02_fail_once_with_models(void **state) {
    (void)state;
    char path[64];
    assert_non_null(mkdtemp(strcpy(place, "/tmp/norn-oom-dir-XXXXXX")));
    keep_models();
    loads = true;
    fail_each(false);
    loads = false;
    remove_run();
    snprintf(path, sizeof path, "%s/kept.norn", place);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(place), 0);
}

static void fault_01_fail_once(void **state) {
    (void)state;
    fail_each(false);
}

static void fault_01_fail_from_then_on(void **state) {
    (void)state;
    fail_each(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(fault_01_fail_once),
                                       cmocka_unit_test(fault_02_fail_once_with_files),
                                       cmocka_unit_test(fault_02_fail_once_with_models),
                                       cmocka_unit_test(fault_01_fail_from_then_on)};
    return cmocka_run_group_tests(tests, write_data, remove_data);
}
