/* Rolling runs: every allocation fails in turn, once and from then on; streamed, gathered, as a workbook. */
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

#include "app/op_rolling.h"
#include "counting.h"

static char data_path[] = "/tmp/norn-oom-roll-XXXXXX", mixed_path[] = "/tmp/norn-oom-mixed-XXXXXX",
            book_path[] = "/tmp/norn-oom-book-XXXXXX.xlsx";

/* by_time: the rows of a series do not stand together. */
static int write_rows(char *path, bool by_time) {
    const int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL) return -1;
    fprintf(f, "unique_id,ds,y,price\n");
    for (int k = 0; k < 4 * 40; k++) {
        const int i = by_time ? k % 4 : k / 40, t = by_time ? k / 4 : k % 40;
        fprintf(f, "s%d,2024-%02d-%02d,%d.5,%d\n", i, t / 28 + 1, t % 28 + 1, 50 + t * i % 17,
                10 + t * 7 % 5);
    }
    return fclose(f);
}

static int write_data(void **state) {
    (void)state;
    const int fd = mkstemps(book_path, 5);
    return write_rows(data_path, false) + write_rows(mixed_path, true) + (fd >= 0 ? close(fd) : -1);
}

static int remove_data(void **state) {
    (void)state;
    return unlink(data_path) + unlink(mixed_path) + unlink(book_path);
}

static void fill(void *opt, int how) {
    static const char *paths[] = {data_path, mixed_path, data_path};
    norni_rolling_opt *o = opt;
    o->panel.data = (norni_inputs){&paths[how], 1};
    o->window = how == 1 ? "5D" : "5";
    o->op =
        "count,first,sum,mean,product,var,sem,skew,zscore,min,argmax,median,a=quantile(0.9),rank,"
        "corr(price),slope,ewm(0.3),ewm_std(span=5)";
    o->cols = "price";
    o->min_periods = 2;
    o->panel.common.out = how == 2 ? book_path : "/dev/null";
    o->panel.common.items = o->panel.common.summary = "/dev/null";
}

static void streamed(void **state) {
    (void)state;
    counting_fail_each(
        &(counted_op){.name = "rolling", .fill = fill, .how = 0, .least = 30, .again = true});
    counting_fail_each(
        &(counted_op){.name = "rolling", .fill = fill, .how = 0, .least = 30, .onwards = true});
}

static void gathered(void **state) {
    (void)state;
    counting_fail_each(&(counted_op){.name = "rolling", .fill = fill, .how = 1, .least = 30});
}

static void workbook(void **state) {
    (void)state;
    counting_fail_each(
        &(counted_op){.name = "rolling", .fill = fill, .how = 2, .least = 30, .again = true});
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(streamed), cmocka_unit_test(gathered),
                                       cmocka_unit_test(workbook)};
    return cmocka_run_group_tests_name("oom_rolling", tests, write_data, remove_data);
}
