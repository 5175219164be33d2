/* Model specs and levels: what is accepted, what columns they bear, what is refused and how. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/op_forecast.h"
#include "app/registry.h"

static void check_columns(void **state) {
    static const char *const cases[][2] = {
        {"naive", "naive"},
        {" theta ", "theta"},
        {"t=theta", "t"},
        {"seasonal_naive[12]", "seasonal_naive[12]"},
        {"window_average(3)", "window_average(window=3)"},
        {"window_average(window=7)", "window_average"}, /* the default leaves no trace */
        {"x=window_average(window=3)[4]", "x"},
        {"ets(error=M,season=N)", "ets(error=M)"},
        {"arima(2,1,1)(0,1,1)[12]", "arima(p=2,d=1,q=1,sd=1,sq=1)[12]"},
        {"ensemble(members=ets(error=A)+theta)[4]", "ensemble(members=ets(error=A)+theta)[4]"},
        {"arima(2,1,1,0,1,1)[12]", "arima(p=2,d=1,q=1,sd=1,sq=1)[12]"},
        {"arima(0,1,1,constant=drift)(1,0)", "arima(d=1,q=1,sp=1,constant=drift)"},
    };
    (void)state;
    norn_alloc alloc = norni_alloc_default();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        norni_arena arena;
        norni_spec *specs = NULL;
        size_t n = 0;
        norn_err err = {NORN_OK, ""};
        norni_arena_init(&arena, &alloc);
        const norn_status st = norni_specs_parse(norni_registry_models(), norni_str_of(cases[i][0]),
                                                 &arena, &specs, &n, &err);
        if (st != NORN_OK) fail_msg("%s: %s", cases[i][0], err.text);
        assert_int_equal(n, 1);
        assert_string_equal(specs[0].column.p, cases[i][1]);
        norni_arena_clear(&arena);
    }
}

static void check_list(void **state) {
    (void)state;
    norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_spec *specs = NULL;
    size_t n = 0;
    norni_arena_init(&arena, &alloc);
    assert_int_equal(norni_specs_parse(norni_registry_models(),
                                       norni_str_of("naive,e=ets(error=M,season=N)[12],drift"),
                                       &arena, &specs, &n, NULL),
                     NORN_OK);
    assert_int_equal(n, 3);
    assert_int_equal(specs[1].season, 12);
    assert_string_equal(specs[1].model->name, "ets");
    assert_string_equal(specs[2].column.p, "drift");
    norni_arena_clear(&arena);
}

static void check_refusals(void **state) {
    static const char *const cases[][2] = {
        {"", "empty model name"},
        {"naive,", "ends with a comma"},
        {"nave", "did you mean naive"},
        {"garch", "not offered"},
        {"naive(1)", "at most 0"},
        {"naive[0]", "season '[0]'"},
        {"naive[x]", "season '[x]'"},
        {"theta(season=blue)", "not one of auto|additive"},
        {"theta(n_paths=1)", "outside"},
        {"theta(", "cannot read"},
        {"=naive", "empty alias"},
        {"a=naive,a=drift", "stands twice"},
        {"theta(colour=red)", "no parameter 'colour'"},
    };
    (void)state;
    norn_alloc alloc = norni_alloc_default();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        norni_arena arena;
        norni_spec *specs = NULL;
        size_t n = 0;
        norn_err err = {NORN_OK, ""};
        norni_arena_init(&arena, &alloc);
        assert_int_equal(norni_specs_parse(norni_registry_models(), norni_str_of(cases[i][0]),
                                           &arena, &specs, &n, &err),
                         NORN_E_ARG);
        if (strstr(err.text, cases[i][1]) == NULL) fail_msg("%s: %s", cases[i][0], err.text);
        norni_arena_clear(&arena);
    }
}

static void check_levels(void **state) {
    (void)state;
    norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_doubles levels;
    norni_arena_init(&arena, &alloc);
    assert_int_equal(norni_levels_parse("95,80, 95,50.5", &arena, &levels, NULL), NORN_OK);
    assert_int_equal(levels.n, 3);
    assert_true(levels.v[0] == 50.5 && levels.v[1] == 80 && levels.v[2] == 95);
    assert_int_equal(norni_levels_parse("none", &arena, &levels, NULL), NORN_OK);
    assert_int_equal(levels.n, 0);
    assert_int_equal(norni_levels_parse("80,", &arena, &levels, NULL), NORN_E_ARG);
    assert_int_equal(norni_levels_parse("nan", &arena, &levels, NULL), NORN_E_ARG);
    norni_arena_clear(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_columns), cmocka_unit_test(check_list),
        cmocka_unit_test(check_refusals), cmocka_unit_test(check_levels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
