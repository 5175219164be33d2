/* Every allocation of a finance report and of a simulation fails in turn: an error, never a crash, a leak or another digest. */
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

#include "app/op_report.h"
#include "app/op_simulate.h"
#include "counting.h"

static char data_path[] = "/tmp/norn-oom-XXXXXX";

static int write_data(void **state) {
    (void)state;
    const int fd = mkstemp(data_path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL) return -1;
    fprintf(f, "Date,Sales Revenue,Costs,Region,Note\n");
    for (int t = 0; t < 13; t++)
        fprintf(f, "%d-%02d-28,%d,%s%d,\"E, %d\",n\n", 2022 + t / 12, t % 12 + 1,
                1000 + 10 * t + 70 * (t % 5), t == 4 ? "$" : "", 600 + 7 * (t % 3), t % 2);
    return fclose(f);
}

static int remove_data(void **state) {
    (void)state;
    return unlink(data_path);
}

static const char *path = data_path;

static void fill_report(void *opt, int html) {
    norni_report_opt *o = opt;
    o->data = (norni_inputs){&path, 1};
    o->door.common.out = o->door.common.items = o->door.common.summary = o->series = "/dev/null";
    o->door.common.error_threshold = 1;
    o->door.common.format = html ? NORNI_FORMAT_HTML : NORNI_FORMAT_JSON;
}

static void fill_simulate(void *opt, int how) {
    norni_simulate_opt *o = opt;
    (void)how;
    o->report.data = (norni_inputs){&path, 1};
    o->report.door.common.out = o->report.door.common.summary = "/dev/null";
    o->parameter = "expenses";
    o->change_pct = 10;
}

static void reports(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++)
        counting_fail_each(&(counted_op){.name = "report",
                                         .fill = fill_report,
                                         .how = k,
                                         .onwards = k == 1,
                                         .least = 60,
                                         .again = true});
}

static void simulations(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++)
        counting_fail_each(&(counted_op){
            .name = "simulate", .fill = fill_simulate, .onwards = k == 1, .least = 20});
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reports), cmocka_unit_test(simulations)};
    return cmocka_run_group_tests(tests, write_data, remove_data);
}
