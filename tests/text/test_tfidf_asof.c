/* Tests of TF-IDF as of each interval: the same as a fit to what came before, never a look ahead; and of memory that runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>

#include "tfidf_texts.h"

enum { N = 700, EVERY = 100 };

/* Some intervals empty, some before the epoch, in no order; every 41st text has no time. */
static void make_times(int64_t *time, size_t n) {
    for (size_t i = 0; i < n; i++)
        time[i] =
            i % 41 == 40 ? INT64_MIN : (int64_t)(i * 7919 % 2500) - 450 + (i % 3 == 0 ? 10000 : 0);
}

static int64_t interval(int64_t time) {
    return time / EVERY - (time % EVERY < 0);
}

/* Row i, by terms and bits, against the text's row by a vocabulary fitted to earlier intervals. */
static void check_row(norn_ctx *ctx, const made_texts *t, const int64_t *time,
                      const norni_tfidf_opt *opt, const norni_tfidf_asof *a, size_t i,
                      size_t *n_full) {
    norni_str *before = calloc(t->n, sizeof *before);
    size_t n = 0;
    norni_tfidf *v;
    norni_tfidf_rows r;
    assert_non_null(before);
    for (size_t k = 0; k < t->n; k++)
        if (time[k] != INT64_MIN && interval(time[k]) < interval(time[i])) before[n++] = t->text[k];
    const size_t first = a->rows.start[i], length = a->rows.start[i + 1] - first;
    if (time[i] == INT64_MIN ||
        norni_tfidf_fit(ctx, NULL, before, n, opt, &v, NULL) == NORN_E_DATA) {
        assert_int_equal(length, 0);
        free(before);
        return;
    }
    assert_int_equal(norni_tfidf_transform(ctx, NULL, v, &t->text[i], 1, &r, NULL), NORN_OK);
    assert_int_equal(r.start[1], length);
    for (size_t k = 0; k < length; k++) {
        assert_int_equal(
            norni_str_cmp(a->term[a->rows.index[first + k]], norni_tfidf_term(v, r.index[k])), 0);
        assert_true(a->rows.value[first + k] == r.value[k]);
    }
    *n_full += length > 0;
    norni_tfidf_rows_clear(&r);
    norni_tfidf_free(v);
    free(before);
}

static norni_tfidf_opt option(int k) {
    norni_tfidf_opt o = k == 0 ? norni_tfidf_opt_default() : norni_tfidf_opt_signals();
    if (k == 2) o.max_features = 40, o.token = NORNI_TFIDF_WORDS;
    if (k == 3) o.max_features = 25, o.binary = true, o.min_df = (norni_tfidf_df){0.02, true};
    if (k == 4) o.max_df = (norni_tfidf_df){12, false}, o.max_features = 60, o.sublinear = true;
    if (k == 5) o.analyzer = NORNI_TFIDF_CHAR_WB, o.max_n = 3, o.max_features = 30;
    if (k == 6) o.max_features = 1, o.norm = NORNI_TFIDF_L1, o.smooth = false;
    return o;
}

static void it_is_a_fit_to_what_came_before(void **state) {
    made_texts t = make_texts(N, 5);
    int64_t time[N];
    norn_ctx *ctx = ctx_of(2);
    (void)state;
    make_times(time, N);
    for (int k = 0; k < 7; k++) {
        const norni_tfidf_opt opt = option(k);
        norni_tfidf_asof a;
        size_t n_full = 0;
        assert_int_equal(
            norni_tfidf_transform_asof(ctx, NULL, t.text, time, N, EVERY, &opt, &a, NULL), NORN_OK);
        for (size_t i = 0; i < N; i += k == 0 ? 3 : 5)
            check_row(ctx, &t, time, &opt, &a, i, &n_full);
        for (size_t j = 1; j < a.n_terms; j++)
            assert_true(norni_str_cmp(a.term[j - 1], a.term[j]) < 0);
        if (n_full <= (k == 6 ? 2 : 20))
            fail_msg("options %d: only %zu rows have a term", k, n_full);
        norni_tfidf_asof_clear(&a);
    }
    norn_ctx_free(ctx);
    drop_texts(&t);
}

/* Texts from `from` on are others; what stands before is the same to the bit. */
static void later_texts_change_nothing(void **state) {
    made_texts t = make_texts(N, 5), other = make_texts(N, 99);
    int64_t time[N];
    norn_ctx *ctx = ctx_of(3);
    const norni_tfidf_opt opt = option(2);
    norni_tfidf_asof a, b;
    size_t n_same = 0, n_others = 0;
    const int64_t from = interval(1200);
    (void)state;
    make_times(time, N);
    assert_int_equal(norni_tfidf_transform_asof(ctx, NULL, t.text, time, N, EVERY, &opt, &a, NULL),
                     NORN_OK);
    for (size_t i = 0; i < N; i++)
        if (interval(time[i]) < from && time[i] != INT64_MIN) other.text[i] = t.text[i];
    assert_int_equal(
        norni_tfidf_transform_asof(ctx, NULL, other.text, time, N, EVERY, &opt, &b, NULL), NORN_OK);
    for (size_t i = 0; i < N; i++) {
        const size_t n = a.rows.start[i + 1] - a.rows.start[i];
        const size_t n_other = b.rows.start[i + 1] - b.rows.start[i];
        bool same = n == n_other;
        for (size_t k = 0; same && k < n; k++) {
            const size_t x = a.rows.start[i] + k, y = b.rows.start[i] + k;
            same = a.rows.value[x] == b.rows.value[y] &&
                   norni_str_cmp(a.term[a.rows.index[x]], b.term[b.rows.index[y]]) == 0;
        }
        if (interval(time[i]) < from) {
            assert_true(same);
            n_same += n > 0;
        } else {
            n_others += !same;
        }
    }
    assert_true(n_same > 50 && n_others > 50);
    norni_tfidf_asof_clear(&a);
    norni_tfidf_asof_clear(&b);
    norn_ctx_free(ctx);
    drop_texts(&t);
    drop_texts(&other);
}

static void the_bits_are_the_same_at_any_worker_count(void **state) {
    static const int32_t n_workers[] = {1, 2, 3, 7, 64};
    enum { MANY = 4000 };
    made_texts t = make_texts(MANY, 8);
    int64_t *time = calloc(MANY, sizeof *time);
    norn_ctx *kept = ctx_of(1);
    const norni_tfidf_opt opt = option(1);
    norni_tfidf_asof first;
    (void)state;
    assert_non_null(time);
    make_times(time, MANY);
    for (size_t w = 0; w < 5; w++) {
        norn_ctx *ctx = w == 0 ? kept : ctx_of(n_workers[w]);
        norni_tfidf_asof a;
        assert_int_equal(
            norni_tfidf_transform_asof(ctx, NULL, t.text, time, MANY, EVERY, &opt, &a, NULL),
            NORN_OK);
        if (w == 0) {
            first = a;
            continue;
        }
        assert_true(same_rows(&first.rows, &a.rows) && first.n_terms == a.n_terms);
        for (size_t k = 0; k < a.n_terms; k++)
            assert_int_equal(norni_str_cmp(first.term[k], a.term[k]), 0);
        norni_tfidf_asof_clear(&a);
        norn_ctx_free(ctx);
    }
    norni_tfidf_asof_clear(&first);
    norn_ctx_free(kept);
    drop_texts(&t);
    free(time);
}

static void intervals_that_cannot_be(void **state) {
    const norni_str text[] = {{"one two", 7}, {"two three", 9}};
    const int64_t none[] = {INT64_MIN, INT64_MIN};
    norn_ctx *ctx = ctx_of(1);
    norni_tfidf_asof a;
    norn_err err;
    (void)state;
    assert_int_equal(norni_tfidf_transform_asof(ctx, NULL, text, none, 2, 0, NULL, &a, &err),
                     NORN_E_ARG);
    assert_int_equal(norni_tfidf_transform_asof(ctx, NULL, text, none, 2, 5, NULL, &a, &err),
                     NORN_OK);
    assert_int_equal(a.rows.start[2], 0);
    assert_int_equal(a.n_terms, 0);
    norni_tfidf_asof_clear(&a);
    assert_int_equal(norni_tfidf_transform_asof(ctx, NULL, text, none, 0, 5, NULL, &a, &err),
                     NORN_OK);
    norni_tfidf_asof_clear(&a);
    norn_ctx_free(ctx);
}

/* ---- memory ---- */

/* Refuses the call number `left` and all behind it; counts what lives. */
typedef struct scarce {
    norn_alloc below;
    atomic_long left, live;
} scarce;

static void *scarce_resize(void *user, void *ptr, size_t old, size_t size) {
    scarce *s = user;
    if (size > 0 && atomic_fetch_sub(&s->left, 1) <= 0) return NULL;
    void *p = s->below.resize(s->below.user, ptr, old, size);
    if (size == 0) {
        atomic_fetch_sub(&s->live, ptr != NULL);
    } else if (p != NULL && ptr == NULL) {
        atomic_fetch_add(&s->live, 1);
    }
    return p;
}

static norn_status all_of_it(const made_texts *t, const int64_t *time, scarce *s, int how) {
    norn_ctx_opt ctx_opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_tfidf *v = NULL;
    norni_tfidf_rows r = {0}, later = {0};
    norni_tfidf_asof a = {0};
    norn_err err;
    const norni_tfidf_opt opt = option(how);
    ctx_opt.alloc = (norn_alloc){scarce_resize, s};
    ctx_opt.n_threads = 2;
    norn_status st = norn_ctx_new(&ctx_opt, &ctx, &err);
    if (st != NORN_OK) return st;
    st = norni_tfidf_fit_transform(ctx, NULL, t->text, t->n, &opt, &v, &r, &err);
    if (st == NORN_OK) {
        st = norni_tfidf_transform(ctx, NULL, v, t->text, t->n, &later, &err);
        norni_tfidf_rows_clear(&r);
        norni_tfidf_free(v);
    }
    if (st == NORN_OK) {
        norni_tfidf_rows_clear(&later);
        st = norni_tfidf_transform_asof(ctx, NULL, t->text, time, t->n, EVERY, &opt, &a, &err);
    }
    if (st == NORN_OK) norni_tfidf_asof_clear(&a);
    norn_ctx_free(ctx);
    return st;
}

static void memory_that_runs_out_is_told(void **state) {
    made_texts t = make_texts(1100, 3);
    int64_t time[1100];
    (void)state;
    make_times(time, 1100);
    for (int how = 1; how < 6; how += 4) {
        for (long n = 0;; n++) {
            scarce s = {.below = norni_alloc_default()};
            atomic_store(&s.left, n);
            const norn_status st = all_of_it(&t, time, &s, how);
            if (atomic_load(&s.live) != 0) fail_msg("%ld calls: %ld blocks leak", n, s.live);
            if (st == NORN_OK) {
                assert_true(n > 30);
                break;
            }
            if (st != NORN_E_MEM) fail_msg("%ld calls: status %s", n, norn_status_name(st));
        }
    }
    drop_texts(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_a_fit_to_what_came_before),
        cmocka_unit_test(later_texts_change_nothing),
        cmocka_unit_test(the_bits_are_the_same_at_any_worker_count),
        cmocka_unit_test(intervals_that_cannot_be),
        cmocka_unit_test(memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
