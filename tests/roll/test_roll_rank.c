/* Rolling ranks beside a naive twin and pandas' numbers; lanes and bitmaps beside each other. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "roll_twin.h"

#include "roll/roll_rank.h"
#include "roll/roll_rank_lanes.h"
#include "roll_rows.h"

static double twin_rank(const double *x, size_t lo, size_t hi, size_t min_periods,
                        const norni_roll_arg *arg) {
    size_t before = 0, equal = 0, n_valid = 0;
    if (hi == lo || !isfinite(x[hi - 1])) return NORNI_NAN;
    for (size_t i = lo; i < hi; i++) {
        if (!isfinite(x[i])) continue;
        n_valid++;
        before += arg->descending ? x[i] > x[hi - 1] : x[i] < x[hi - 1];
        equal += x[i] == x[hi - 1];
    }
    if (n_valid < min_periods) return NORNI_NAN;
    double rank = (double)before + 1;
    if (arg->ties == NORNI_ROLL_TIES_MAX) rank = (double)(before + equal);
    if (arg->ties == NORNI_ROLL_AVERAGE) rank = ((double)(2 * before + equal) + 1) / 2;
    return arg->percent ? rank / (double)n_valid : rank;
}

static norni_roll_arg arg_of(int ties, int descending, int percent) {
    return (norni_roll_arg){
        .ties = (norni_roll_ties)ties, .descending = descending != 0, .percent = percent != 0};
}

static void equals_twin(void **state) {
    (void)state;
    const twin_op op = {"rank", norni_roll_rank, twin_rank};
    for (int i = 0; i < 12; i++) {
        const norni_roll_arg arg = arg_of(i / 4, i / 2 % 2, i % 2);
        twin_rounds(&op, &arg, 200);
    }
}

static void ways_are_equal(void **state) {
    (void)state;
    static double x[TWIN_MAX], out[4][TWIN_MAX];
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norn_err err;
    norni_arena_init(&arena, &alloc);
    twin_state = 11;
    for (int r = 0; r < 600; r++) {
        const size_t n = 1 + twin_below(r % 10 ? 200 : 2000);
        const norni_roll_arg arg = arg_of(r % 3, r / 3 % 2, r / 6 % 2);
        norni_roll_windows w = {.n = n, .length = 1 + twin_below(NORNI_ROLL_RANK_SHORT)};
        w.n_out = twin_below(n + 1);
        w.first_end = 1 + (ptrdiff_t)twin_below(n - w.n_out + 1);
        w.min_periods = twin_below(w.length + 1);
        if (w.n_out > 0 && (size_t)w.first_end + w.n_out - 1 > n) w.n_out--;
        twin_fill(x, n, r % TWIN_KINDS);
        norni_roll_rank_short(x, &w, &arg, false, out[0]);
        norni_roll_rank_short(x, &w, &arg, true, out[1]);
        for (int plain = 0; plain < 2; plain++)
            assert_int_equal(
                norni_roll_rank_slide(x, &w, &arg, plain, &arena, NULL, out[2 + plain], &err),
                NORN_OK);
        assert_memory_equal(out[0], out[1], w.n_out * sizeof(double));
        assert_memory_equal(out[0], out[2], w.n_out * sizeof(double));
        assert_memory_equal(out[0], out[3], w.n_out * sizeof(double));
        norni_arena_reset(&arena);
    }
    norni_arena_clear(&arena);
}

/* Groups of words of every size: a long window, whole and at the block's edges. */
static void long_windows(void **state) {
    (void)state;
    enum { N = 300000, STEP = 20011 };
    static double x[N], out[N];
    const norn_alloc alloc = norni_alloc_default();
    const norni_roll_arg arg = {0};
    norni_arena arena;
    norn_err err;
    norni_arena_init(&arena, &alloc);
    twin_state = 3;
    for (size_t i = 0; i < N; i++)
        x[i] = twin_below(3) ? twin_unit() : (double)twin_below(100) / 100;
    norni_roll_windows w = {.n = N, .n_out = N, .length = 250000, .first_end = 1};
    assert_int_equal(norni_roll_rank(x, &w, &arg, &arena, NULL, out, &err), NORN_OK);
    for (size_t k = 0; k < N; k += STEP)
        twin_same(out[k], twin_rank(x, k + 1 > 250000 ? k + 1 - 250000 : 0, k + 1, 0, &arg), "rank",
                  0, k);
    norni_arena_clear(&arena);
}

static void equals_pandas(void **state) {
    (void)state;
    static roll_row row;
    FILE *f = roll_rows_open("roll_order_pandas.txt");
    int rows = 0;
    while (roll_row_read(f, &row)) {
        if (strcmp(row.op, "rank") != 0) continue;
        const int ties = strncmp(row.how, "average", 7) == 0 ? 0 : row.how[1] == 'i' ? 1 : 2;
        const char *comma = strchr(row.how, ',');
        assert_non_null(comma);
        const norni_roll_arg arg = arg_of(ties, comma[1] == '0', comma[3] == '1');
        roll_row_check(&row, norni_roll_rank, &arg);
        rows++;
    }
    fclose(f);
    assert_true(rows >= 100);
}

static void hears_cancel(void **state) {
    (void)state;
    twin_hears_cancel(norni_roll_rank);
}

static void polls_while_it_sorts(void **state) {
    (void)state;
    twin_polls_often(norni_roll_rank, TWIN_LONG + 1, false, 80);
    twin_polls_often(norni_roll_rank, TWIN_LONG / 4, false, 60);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_twin),          cmocka_unit_test(ways_are_equal),
        cmocka_unit_test(long_windows),         cmocka_unit_test(hears_cancel),
        cmocka_unit_test(polls_while_it_sorts), cmocka_unit_test(equals_pandas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
