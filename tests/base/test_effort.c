/* Bounds on the work: counted evaluations, a deadline, and which of them cut. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/effort.h"

static void without_bounds(void **state) {
    (void)state;
    norni_effort e = {0};
    assert_true(norni_effort_spend(NULL, UINT64_MAX));
    for (int k = 0; k < 1000; k++)
        assert_true(norni_effort_spend(&e, 3));
    assert_int_equal(e.spent, 3000);
    assert_false(e.cut || e.late);
}

static void counted(void **state) {
    (void)state;
    for (uint64_t limit = 1; limit < 50; limit++) {
        norni_effort e = {.limit = limit};
        uint64_t n = 0;
        while (norni_effort_spend(&e, 1))
            n++;
        assert_int_equal(n, limit); /* no more and no fewer */
        assert_true(e.cut && !e.late);
        assert_false(norni_effort_spend(&e, 0)); /* and it stays so */
    }
    norni_effort e = {.limit = 10};
    assert_false(norni_effort_spend(&e, 11)); /* at once */
}

static void timed(void **state) {
    (void)state;
    norni_effort e = {.deadline_ns = norni_clock_ns() + INT64_C(3600000000000)};
    assert_true(norni_effort_spend(&e, 1000000));
    e.deadline_ns = norni_clock_ns() - 1;
    assert_false(norni_effort_spend(&e, 1));
    assert_true(e.cut && e.late);
    e = (norni_effort){.limit = 1, .deadline_ns = norni_clock_ns() - 1};
    assert_false(norni_effort_spend(&e, 2));
    assert_true(e.cut && !e.late); /* the count is looked at first: it is the same everywhere */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_bounds), cmocka_unit_test(counted),
                                       cmocka_unit_test(timed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
