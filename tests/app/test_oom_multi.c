/* Every allocation of a whole `norn multi` fails in turn, once and from then on: an error, never a crash or a leak. */
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

#include "app/op_multi.h"
#include "base/rng.h"
#include "counting.h"

static char place[] = "/tmp/norn-oom-multi-XXXXXX", path[6][64];
enum { DATA, SAVED, OUT, SUMMARY, ITEMS, FUTURE };
static const char *const leaf[6] = {"plant.csv",    "saved.norn", "out.csv",
                                    "summary.json", "items.csv",  "future.csv"};
enum { FIT, LOAD };

static int write_data(void **state) {
    (void)state;
    if (mkdtemp(place) == NULL) return -1;
    for (size_t i = 0; i < 6; i++)
        snprintf(path[i], sizeof path[i], "%s/%s", place, leaf[i]);
    FILE *f = fopen(path[DATA], "w");
    if (f == NULL) return -1;
    fprintf(f, "date,A,B,feed,mode,API\n");
    for (uint64_t t = 0; t < 48; t++) {
        const norni_rng rng = {9, t};
        fprintf(f, "2024-%02d-%02d,%.3f,%.3f,%.3f,%s,%d\n", (int)(t / 28 + 1), (int)(t % 28 + 1),
                50 + norni_rng_normal(rng, 0), 9 + norni_rng_normal(rng, 1),
                norni_rng_normal(rng, 2), t % 8 < 4 ? "wet" : "dry", (int)(30 + t / 16));
    }
    if (fclose(f) != 0) return -1;
    f = fopen(path[FUTURE], "w");
    if (f == NULL) return -1;
    fprintf(f, "date,feed\n2024-02-21,1\n2024-02-22,0.5\n");
    return fclose(f);
}

static int remove_data(void **state) {
    (void)state;
    for (size_t i = 0; i < 6; i++)
        (void)unlink(path[i]);
    return rmdir(place); /* nothing else was left in it */
}

static void fill(void *opt, int how) {
    static const char *data;
    static int32_t windows[1] = {3};
    norni_multi_opt *o = opt;
    data = path[DATA];
    o->panel.data = (norni_inputs){&data, 1};
    o->panel.common.out = path[OUT];
    o->panel.common.summary = path[SUMMARY];
    o->panel.common.items = path[ITEMS];
    o->panel.common.retry_attempts = 1;
    o->future = path[FUTURE];
    if (how == LOAD) {
        o->load = path[SAVED];
        return;
    }
    o->targets = "A,B";
    o->statics = "API";
    o->horizon = 2;
    o->lookback = 3;
    o->driver_lookback = 2;
    o->roll = (norni_ints){1, windows};
    o->windows = 3;
    o->refit = 0;
    o->max_features = 6;
    o->model = "gbdt(n_trees=2,early_stopping=0,base=last),ensemble";
    o->save = path[SAVED];
}

static void fits(void **state) {
    (void)state;
    const counted_op op = {.name = "multi", .fill = fill, .how = FIT, .least = 60};
    counting_fail_each(&op);
}

static void fits_onwards(void **state) {
    (void)state;
    const counted_op op = {.name = "multi", .fill = fill, .how = FIT, .onwards = true, .least = 60};
    counting_fail_each(&op);
}

static void loads(void **state) {
    (void)state;
    counting count = {.below = norni_alloc_default()};
    assert_int_equal(counting_run(&(counted_op){.name = "multi", .fill = fill}, &count), NORN_OK);
    const counted_op op = {.name = "multi", .fill = fill, .how = LOAD, .least = 30};
    counting_fail_each(&op);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(fits), cmocka_unit_test(fits_onwards),
                                       cmocka_unit_test(loads)};
    return cmocka_run_group_tests(tests, write_data, remove_data);
}
