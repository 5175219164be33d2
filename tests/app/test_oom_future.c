/* Forecasts with regressors and with conformal intervals: every allocation fails in turn. */
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

static char data_path[] = "/tmp/norn-oom-data-XXXXXX",
            future_path[] = "/tmp/norn-oom-future-XXXXXX";

static int write_rows(char *path, int from, int to, bool with_y) {
    const int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL) return -1;
    fprintf(f, with_y ? "unique_id,ds,y,price,promo\n" : "unique_id,ds,price,promo\n");
    for (int i = 0; i < 3; i++) {
        for (int t = from; t < to; t++) {
            fprintf(f, "s%d,%d,", i, t);
            if (with_y) fprintf(f, "%d.5,", 50 + t * i % 17 + 3 * (t % 4 == 1));
            fprintf(f, "%d,%d\n", 10 + t * 7 % 5, t % 6 == 2);
        }
    }
    return fclose(f);
}

static int write_data(void **state) {
    (void)state;
    return write_rows(data_path, 1, 31, true) + write_rows(future_path, 31, 35, false);
}

static int remove_data(void **state) {
    (void)state;
    return unlink(data_path) + unlink(future_path);
}

static void fill(void *opt, int how) {
    static const char *path = data_path;
    norni_forecast_opt *o = opt;
    o->panel.data = (norni_inputs){&path, 1};
    o->horizon = 4;
    o->model = how == 0 ? "arima(1,0,0),naive" : "theta,window_average,mstl(trend=ses)[4]";
    o->panel.common.out = o->panel.common.items = o->panel.common.summary = "/dev/null";
    if (how == 0) o->future = future_path;
    if (how == 1) {
        o->method.intervals = 1;
        o->method.conformal_windows = 2;
        o->fitted = true;
    }
}

static void with_future(void **state) {
    (void)state;
    counting_fail_each(&(counted_op){.name = "forecast", .fill = fill, .how = 0, .least = 40});
}

static void with_conformal(void **state) {
    (void)state;
    counting_fail_each(&(counted_op){.name = "forecast", .fill = fill, .how = 1, .least = 40});
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(with_future),
                                       cmocka_unit_test(with_conformal)};
    return cmocka_run_group_tests(tests, write_data, remove_data);
}
