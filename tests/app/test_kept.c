/* Records of kept series: there and back, what cannot be; models that cannot be kept are named. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/forecast_models.h"
#include "app/registry.h"

static norn_alloc alloc;
static norni_arena arena;
static norni_buf b;

static int set_up(void **state) {
    (void)state;
    alloc = norni_alloc_default();
    norni_arena_init(&arena, &alloc);
    norni_buf_init(&b, &alloc);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    norni_buf_clear(&b);
    norni_arena_clear(&arena);
    return 0;
}

static norn_status round_trip(const norni_kept_series *k, norni_kept_series *out) {
    b.n = 0;
    norni_kept_pack(k, &b);
    assert_false(b.failed);
    return norni_kept_unpack((norni_str){b.p, b.n}, k->n_items, &arena, out, NULL);
}

static norni_kept_series sample(norni_kept_item *item) {
    item[0] = (norni_kept_item){.model = norni_str_of("state")};
    item[1] = (norni_kept_item){
        .fallback = true, .model = norni_str_of("other"), .message = norni_str_of("why")};
    item[2] = (norni_kept_item){.status = NORN_E_DATA, .message = norni_str_of("no value")};
    return (norni_kept_series){.freq = {NORNI_UNIT_MONTH, 1, 31},
                               .n = 40,
                               .n_times = 3,
                               .times = {-5, 0, NORNI_TIME_MAX},
                               .n_items = 3,
                               .item = item};
}

static void there_and_back(void **state) {
    (void)state;
    norni_kept_item item[3];
    norni_kept_series k = sample(item), out;
    assert_int_equal(round_trip(&k, &out), NORN_OK);
    assert_true(out.freq.unit == k.freq.unit && out.freq.step == 1 && out.freq.anchor == 31);
    assert_true(out.n == 40 && out.n_times == 3 && norni_kept_end(&out) == NORNI_TIME_MAX);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(out.item[i].status, item[i].status);
        assert_int_equal(out.item[i].fallback, item[i].fallback);
        assert_int_equal(norni_str_cmp(out.item[i].model, item[i].model), 0);
        assert_int_equal(norni_str_cmp(out.item[i].message, item[i].message), 0);
    }
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(norni_kept_unpack((norni_str){b.p, n}, 3, &arena, &out, NULL),
                         NORN_E_FORMAT);
    assert_int_equal(norni_kept_unpack((norni_str){b.p, b.n}, 2, &arena, &out, NULL),
                     NORN_E_FORMAT);
}

static void what_cannot_be(void **state) {
    (void)state;
    norni_kept_item item[3];
    for (int k = 0; k < 12; k++) {
        norni_kept_series s = sample(item), out;
        switch (k) {
            case 0: s.freq.step = 0; break;
            case 1: s.freq.anchor = 33; break;
            case 2: s.freq.unit = (norni_unit)12; break;
            case 3: s.n = 0; break;
            case 4: s.times[1] = -5; break; /* not ascending */
            case 5: s.times[2] = NORNI_TIME_MAX + 1; break;
            case 6: s.n_times = 0; break;
            case 7: item[0].model.n = 0; break;           /* served by nothing */
            case 8: item[2].model = item[0].model; break; /* failed and served */
            case 9: item[2].fallback = true; break;
            case 10: item[2].status = NORN_E_CANCEL; break;
            default: item[2].status = (norn_status)(NORN_E_INTERNAL + 1); break;
        }
        if (round_trip(&s, &out) != NORN_E_FORMAT) fail_msg("case %d passed", k);
    }
}

/* A model without all three of save, load and update is named. */
static void unkeepable(void **state) {
    (void)state;
    const norni_model_set *set = norni_registry_models();
    norn_err err = {NORN_OK, ""};
    norni_spec spec = {.model = NULL}, other = {.model = set->models[0]};
    for (size_t k = 0; k < set->n; k++) {
        const norni_forecast_plan plan = {.specs = &spec, .n_specs = 1, .fallback = &other};
        norni_model without = *set->models[k];
        spec.model = set->models[k];
        if (spec.model->save) assert_int_equal(norni_models_check(&plan, &err), NORN_OK);
        without.update = NULL;
        spec.model = &without;
        assert_int_equal(norni_models_check(&plan, &err), NORN_E_ARG);
        assert_non_null(strstr(err.text, without.name));
    }
    norni_model without = *set->models[0];
    without.save = NULL;
    other.model = &without;
    spec.model = set->models[1];
    const norni_forecast_plan plan = {.specs = &spec, .n_specs = 1, .fallback = &other};
    assert_int_equal(norni_models_check(&plan, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "the fallback naive"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back),
                                       cmocka_unit_test(what_cannot_be),
                                       cmocka_unit_test(unkeepable)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
