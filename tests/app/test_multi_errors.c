/* The error analysis of a multi run: numbers by hand, names that stay in the folder, whole files or none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "app/multi_scores.h"
#include "base/fp.h"
#include "multi_folder.h"

enum { T = 5, M = 2, O = 30, H = 3, N = O * H };

typedef struct bed {
    norn_ctx *ctx;
    char folder[300];
    norni_str target[T], model[M];
    size_t origin[O];
    int64_t times[O + 8 + H];
    double actual[T * N], forecast[M * T * N], scale[T];
    norni_multi_scores s;
} bed;

static int set_up(void **state) {
    static bed b;
    static const char *const targets[T] = {"Blend_Yield_Gas & LPG", "../x", "BLEND_yield_Gas+LPG",
                                           "=1+cmd|' /C calc'!A0", "<script>"};
    memset(&b, 0, sizeof b);
    assert_int_equal(norn_ctx_new(NULL, &b.ctx, NULL), NORN_OK);
    assert_non_null(folder_new(b.folder, sizeof b.folder));
    for (size_t t = 0; t < T; t++) {
        b.target[t] = norni_str_of(targets[t]);
        b.scale[t] = 2;
    }
    b.model[0] = norni_str_of("ebm");
    b.model[1] = norni_str_of("ridge");
    for (size_t i = 0; i < O + 8 + H; i++)
        b.times[i] = (19700 + (int64_t)i) * NORNI_US_DAY;
    for (size_t i = 0; i < O; i++)
        b.origin[i] = i + 4;
    for (size_t i = 0; i < T * N; i++) {
        b.actual[i] = 100 + (double)(i * 7 % 11);
        b.forecast[i] = b.actual[i] + (double)(i % H) + 1;      /* errors 1, 2, 3 by step */
        b.forecast[T * N + i] = b.actual[i] - (i % 2 ? 4 : -4); /* 4 and -4 */
    }
    b.s = (norni_multi_scores){.n_targets = T,
                               .n_models = M,
                               .n_origins = O,
                               .horizon = H,
                               .target = b.target,
                               .model = b.model,
                               .origin = b.origin,
                               .times = b.times,
                               .style = {.kind = NORNI_TIME_DATE, .sep = '-'},
                               .freq = {NORNI_UNIT_DAY, 1, 0},
                               .actual = b.actual,
                               .forecast = b.forecast,
                               .scale = b.scale};
    *state = &b;
    return 0;
}

static int tear_down(void **state) {
    bed *b = *state;
    folder_remove(b->folder);
    norn_ctx_free(b->ctx);
    return 0;
}

static void write_all(bed *b) {
    norn_err err = {0};
    if (norni_multi_errors_write(b->ctx, &b->s, b->folder, &err) != NORN_OK)
        fail_msg("%s", err.text);
}

static void assert_has(const bed *b, const char *name, const char *part) {
    assert_file_has(b->folder, name, part);
}

static void tables_bear_the_numbers(void **state) {
    bed *b = *state;
    b->actual[0] = NORNI_NAN;        /* the first row of the first target is not known */
    b->forecast[T * N + 5] = 1000.5; /* ridge, first target, origin 1, step 3: the worst */
    write_all(b);
    assert_has(b, "errors.csv", "target,model,origin,time,step,actual,forecast,error\n");
    assert_has(b, "errors.csv", "Blend_Yield_Gas & LPG,ebm,2023-12-13,2023-12-14,1,,101,\n");
    assert_has(b, "errors.csv", "Blend_Yield_Gas & LPG,ebm,2023-12-13,2023-12-15,2,107,109,2\n");
    assert_has(b, "metrics.csv", "../x,ebm,1,30,1,1,1,1,");
    assert_has(b, "metrics.csv", "../x,ebm,3,30,9,3,3,1.7320508075688772,");
    assert_has(b, "metrics.csv", ",bias,r2_grade,mape_grade\n");
    assert_has(b, "metrics.csv", "Blend_Yield_Gas & LPG,ebm,all,89,");
    assert_has(b, "metrics.csv",
               ",3,2.25,1.5,3,worse than the mean,low\n"); /* step 3 in sds of 2 */
    assert_has(b, "worst_days.csv",
               "Blend_Yield_Gas & LPG,ridge,1,2023-12-17,3,102,1000.5,898.5\n");
    assert_has(b, "report.md", "worst: off by 899 at 2023-12-17, 3 steps ahead.");
    char *text = file_read(b->folder, "errors.csv");
    assert_int_equal(count_of(text, "\n"), 1 + T * M * N);
    free(text);
    text = file_read(b->folder, "worst_days.csv");
    assert_int_equal(count_of(text, "\n"), 1 + T * M * 10);
    free(text);
}

static void formulas_are_defused(void **state) {
    bed *b = *state;
    write_all(b);
    static const char *const names[] = {"errors.csv", "metrics.csv", "worst_days.csv"};
    for (size_t i = 0; i < 3; i++) {
        assert_has(b, names[i], "\n'=1+cmd|' /C calc'!A0,ebm,");
        char *text = file_read(b->folder, names[i]);
        assert_null(strstr(text, "\n=1"));
        free(text);
    }
}

static void names_stay_in_the_folder(void **state) {
    bed *b = *state;
    static char name[64][256];
    write_all(b);
    assert_int_equal(folder_list(b->folder, name, 64), 4 + T * M + 1);
    assert_int_equal(assert_figures(b->folder), T * M + 1);
    assert_has(b, "error_analysis_Blend_Yield_Gas_LPG_ebm.svg", ">Error by weekday<");
    assert_has(b, "error_analysis__._x_ebm.svg", ">Errors of ebm for ../x<");
    /* one name but for its case */
    assert_has(b, "error_analysis_BLEND_yield_Gas_LPG_ebm_2.svg", "BLEND_yield_Gas+LPG");
    assert_has(b, "model_comparison_comprehensive.svg", "Boxes over 5 targets");
}

static void the_same_run_gives_the_same_bytes(void **state) {
    bed *b = *state;
    static folder_texts before;
    write_all(b);
    folder_remember(b->folder, &before);
    write_all(b);
    assert_folder_same(b->folder, &before);
}

static void any_values_any_calendar(void **state) {
    bed *b = *state;
    static const double odd[] = {0, 1e300, -1e300, 1e-300, 5};
    static const norni_unit unit[] = {NORNI_UNIT_HOUR, NORNI_UNIT_MONTH, NORNI_UNIT_INDEX,
                                      NORNI_UNIT_IRREGULAR};
    b->s.n_targets = 2;
    for (size_t k = 0; k < 5; k++) {
        for (size_t i = 0; i < 2 * N; i++) {
            b->actual[i] = k == 4 ? NORNI_NAN : odd[i % (k + 1)];
            b->forecast[i] = i % 7 == 0 ? NORNI_NAN : odd[i % 5];
            b->forecast[2 * N + i] = odd[k];
        }
        b->s.freq.unit = unit[k % 4];
        b->s.style.kind = k % 4 == 2 ? NORNI_TIME_INDEX : NORNI_TIME_DATE;
        write_all(b);
        char *text = file_read(b->folder, "error_analysis__._x_ridge.svg");
        assert_null(fault_of(text));
        assert_null(strstr(text, "nan"));
        free(text);
    }
    assert_has(b, "report.md", "no actual value to compare with.\n");
    b->s.n_origins = 0;
    write_all(b);
    b->s.n_targets = b->s.n_models = 0;
    write_all(b);
}

static void a_full_disk_leaves_nothing_half(void **state) {
    bed *b = *state;
    static char name[64][256];
    norn_err err = {0};
    folder_full(2000);
    const norn_status st = norni_multi_errors_write(b->ctx, &b->s, b->folder, &err);
    folder_full(RLIM_INFINITY);
    assert_int_equal(st, NORN_E_IO);
    assert_non_null(strstr(err.text, "errors.csv"));
    assert_int_equal(folder_list(b->folder, name, 64), 0);
}

static void a_file_is_no_folder(void **state) {
    bed *b = *state;
    char path[400];
    norn_err err = {0};
    (void)snprintf(path, sizeof path, "%s/there", b->folder);
    FILE *f = fopen(path, "w");
    (void)fclose(f);
    assert_int_equal(norni_multi_errors_write(b->ctx, &b->s, path, &err), NORN_E_IO);
    assert_non_null(strstr(err.text, "cannot make folder"));
    (void)snprintf(path, sizeof path, "%s/not/there", b->folder);
    assert_int_equal(norni_multi_errors_write(b->ctx, &b->s, path, &err), NORN_E_IO);
}

static void cancelled_is_said(void **state) {
    bed *b = *state;
    norn_err err = {0};
    norn_ctx_cancel(b->ctx);
    assert_int_equal(norni_multi_errors_write(b->ctx, &b->s, b->folder, &err), NORN_E_CANCEL);
    norn_ctx_rearm(b->ctx);
}

static norn_status write_on(void *user, norn_ctx *ctx, norn_err *err) {
    const bed *b = user;
    return norni_multi_errors_write(ctx, &b->s, b->folder, err);
}

static void without_memory(void **state) {
    bed *b = *state;
    b->s.n_targets = 1;
    b->s.n_models = 1;
    assert_no_memory_said(write_on, b, 5);
}

int main(void) {
#define U(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {U(tables_bear_the_numbers),
                                       U(formulas_are_defused),
                                       U(names_stay_in_the_folder),
                                       U(the_same_run_gives_the_same_bytes),
                                       U(any_values_any_calendar),
                                       U(a_full_disk_leaves_nothing_half),
                                       U(a_file_is_no_folder),
                                       U(cancelled_is_said),
                                       U(without_memory)};
    return cmocka_run_group_tests_name("multi_errors", tests, NULL, NULL);
}
