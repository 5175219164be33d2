/* Tests of TF-IDF against scikit-learn, of its ties, bits at any worker count, arguments and memory that runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "text/stop_words.h"
#include "text_fixture.h"
#include "tfidf_texts.h"

/* ---- scikit-learn ---- */

enum { MOST_TEXTS = 128, MOST_BYTES = 1 << 16 };

typedef struct oracle {
    norn_ctx *ctx;
    norni_str text[MOST_TEXTS];
    size_t n;
    char bytes[MOST_BYTES];
    size_t n_bytes, n_cases, n_refused;
    norni_tfidf *fitted;
    norni_tfidf_rows rows, again; /* of the fit, and of transform */
    size_t at_term, at_row;
    bool open;
} oracle;

static norni_str take_hex(oracle *o, const char **at) {
    while (**at == ' ')
        ++*at;
    if (**at == '-') {
        ++*at;
        return (norni_str){o->bytes, 0};
    }
    const norni_str s = {o->bytes + o->n_bytes,
                         text_hex(at, o->bytes + o->n_bytes, MOST_BYTES - o->n_bytes)};
    o->n_bytes += s.n;
    return s;
}

static void end_case(oracle *o) {
    if (!o->open) return;
    assert_int_equal(o->at_term, norni_tfidf_n_terms(o->fitted));
    assert_int_equal(o->at_row, o->n);
    norni_tfidf_free(o->fitted);
    norni_tfidf_rows_clear(&o->rows);
    norni_tfidf_rows_clear(&o->again);
    o->open = false;
}

static void begin_case(oracle *o, const char *line, bool refused) {
    const size_t kept = o->n_bytes;
    norni_tfidf_opt opt = norni_tfidf_opt_default();
    int analyzer, token, norm, min_n, max_n, min_share, max_share, lower, sub, smooth, binary, idf,
        english, used;
    size_t corpus;
    norni_str stop[8];
    norn_err err = {NORN_OK, ""};
    assert_int_equal(sscanf(line, "O %zu %d %d %d %d %d %lf %d %lf %d %zu %d %d %d %d %d %d %zu%n",
                            &corpus, &analyzer, &token, &norm, &min_n, &max_n, &opt.min_df.value,
                            &min_share, &opt.max_df.value, &max_share, &opt.max_features, &lower,
                            &sub, &smooth, &binary, &idf, &english, &opt.n_stop, &used),
                     18);
    const char *at = line + used;
    assert_true(opt.n_stop <= 8);
    for (size_t k = 0; k < opt.n_stop; k++)
        stop[k] = take_hex(o, &at);
    opt.stop = stop;
    opt.analyzer = (norni_tfidf_analyzer)analyzer;
    opt.token = (norni_tfidf_token)token;
    opt.norm = (norni_tfidf_norm)norm;
    opt.min_n = min_n;
    opt.max_n = max_n;
    opt.min_df.share = min_share;
    opt.max_df.share = max_share;
    opt.lowercase = lower;
    opt.sublinear = sub;
    opt.smooth = smooth;
    opt.binary = binary;
    opt.use_idf = idf;
    opt.english_stops = english;
    o->n_cases++;
    const norn_status st =
        norni_tfidf_fit_transform(o->ctx, NULL, o->text, o->n, &opt, &o->fitted, &o->rows, &err);
    o->n_bytes = kept;
    if (refused) {
        assert_int_equal(st, NORN_E_DATA);
        assert_true(o->fitted == NULL && o->rows.start == NULL);
        o->n_refused++;
        return;
    }
    if (st != NORN_OK) fail_msg("%s: %s", line, err.text);
    assert_int_equal(norni_tfidf_transform(o->ctx, NULL, o->fitted, o->text, o->n, &o->again, &err),
                     NORN_OK);
    assert_true(same_rows(&o->rows, &o->again));
    o->open = true;
    o->at_term = o->at_row = 0;
}

static void check_term(oracle *o, const char *at) {
    const size_t kept = o->n_bytes;
    const norni_str term = take_hex(o, &at);
    double idf;
    unsigned long long df;
    assert_int_equal(sscanf(at, "%lf %llu", &idf, &df), 2);
    assert_true(o->at_term < norni_tfidf_n_terms(o->fitted));
    const norni_str got = norni_tfidf_term(o->fitted, o->at_term);
    if (norni_str_cmp(got, term) != 0)
        fail_msg("term %zu is '%.*s', not '%.*s'", o->at_term, (int)got.n, got.p, (int)term.n,
                 term.p);
    assert_true(fabs(norni_tfidf_idf(o->fitted, o->at_term) - idf) <= 1e-12);
    assert_true(norni_tfidf_df_of(o->fitted, o->at_term) == df);
    o->n_bytes = kept;
    o->at_term++;
}

static void check_row(oracle *o, const char *line) {
    char *at;
    const size_t n = strtoull(line, &at, 10), first = o->rows.start[o->at_row];
    assert_int_equal(o->rows.start[++o->at_row] - first, n);
    for (size_t k = first; k < first + n; k++) {
        assert_int_equal(strtoull(at, &at, 10), o->rows.index[k]);
        const double want = strtod(at, &at);
        if (!(fabs(o->rows.value[k] - want) <= 1e-12))
            fail_msg("row %zu, term %u: %.17g, not %.17g", o->at_row - 1, o->rows.index[k],
                     o->rows.value[k], want);
    }
}

static void weights_are_scikit_learns(void **state) {
    text_file f = text_file_read("tfidf.txt");
    oracle *o = calloc(1, sizeof *o);
    char *line, *pending = NULL;
    (void)state;
    assert_non_null(o);
    o->ctx = ctx_of(2);
    for (;;) {
        line = text_file_line(&f);
        if (pending != NULL) begin_case(o, pending, line != NULL && *line == 'E');
        pending = NULL;
        if (line == NULL) break;
        const char *at = line + 1;
        if (*line == 'C') {
            end_case(o);
            o->n = o->n_bytes = 0;
        } else if (*line == 'T') {
            assert_true(o->n < MOST_TEXTS);
            o->text[o->n++] = take_hex(o, &at);
        } else if (*line == 'O') {
            end_case(o);
            pending = line;
        } else if (*line == 'V') {
            check_term(o, at);
        } else if (*line == 'R') {
            check_row(o, at);
        }
    }
    end_case(o);
    assert_true(o->n_cases > 70 && o->n_refused > 2);
    norn_ctx_free(o->ctx);
    free(o);
    text_file_free(&f);
}

/* ---- what scikit-learn leaves open ---- */

static void ties_at_the_cut_go_by_code_points(void **state) {
    const char *const words[] = {"zz yy xx ww", "xx zz", "vv uu zz", "\xC3\xA9\xC3\xA9 ww"};
    norni_str text[4];
    norni_tfidf_opt opt = norni_tfidf_opt_default();
    norni_tfidf *t;
    norn_ctx *ctx = ctx_of(2);
    (void)state;
    for (size_t k = 0; k < 4; k++)
        text[k] = norni_str_of(words[k]);
    /* zz 3; ww and xx 2; uu, vv, yy and éé 1 */
    const char *const want[] = {"zz",
                                "ww zz",
                                "ww xx zz",
                                "uu ww xx zz",
                                "uu vv ww xx zz",
                                "uu vv ww xx yy zz",
                                "uu vv ww xx yy zz \xC3\xA9\xC3\xA9"};
    for (size_t most = 1; most <= 7; most++) {
        char got[64] = "";
        opt.max_features = most;
        assert_int_equal(norni_tfidf_fit(ctx, NULL, text, 4, &opt, &t, NULL), NORN_OK);
        for (size_t k = 0; k < norni_tfidf_n_terms(t); k++) {
            const norni_str term = norni_tfidf_term(t, k);
            (void)snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.*s", k ? " " : "",
                           (int)term.n, term.p);
        }
        assert_string_equal(got, want[most - 1]);
        norni_tfidf_free(t);
    }
    norn_ctx_free(ctx);
}

static void the_bits_are_the_same_at_any_worker_count(void **state) {
    static const int32_t n_workers[] = {1, 2, 3, 7, 64};
    made_texts t = make_texts(5000, 1), other = make_texts(1500, 2);
    norni_tfidf *first = NULL;
    norni_tfidf_rows rows, later;
    (void)state;
    for (int how = 0; how < 3; how++) {
        norni_tfidf_opt opt = how == 0 ? norni_tfidf_opt_default() : norni_tfidf_opt_signals();
        norn_ctx *kept = ctx_of(1);
        if (how == 2) {
            opt.analyzer = NORNI_TFIDF_CHAR_WB;
            opt.min_n = 2;
            opt.max_n = 4;
            opt.sublinear = true;
        }
        for (size_t w = 0; w < 5; w++) {
            norn_ctx *ctx = w == 0 ? kept : ctx_of(n_workers[w]);
            norni_tfidf *again;
            norni_tfidf_rows r, l;
            assert_int_equal(
                norni_tfidf_fit_transform(ctx, NULL, t.text, t.n, &opt, &again, &r, NULL), NORN_OK);
            assert_int_equal(norni_tfidf_transform(ctx, NULL, again, other.text, other.n, &l, NULL),
                             NORN_OK);
            if (w == 0) {
                first = again;
                rows = r;
                later = l;
                assert_true(r.start[r.n] > 5000 && norni_tfidf_n_terms(first) > 100);
                continue;
            }
            assert_true(same_terms(first, again) && same_rows(&rows, &r) && same_rows(&later, &l));
            norni_tfidf_free(again);
            norni_tfidf_rows_clear(&r);
            norni_tfidf_rows_clear(&l);
            norn_ctx_free(ctx);
        }
        norni_tfidf_free(first);
        norni_tfidf_rows_clear(&rows);
        norni_tfidf_rows_clear(&later);
        norn_ctx_free(kept);
    }
    drop_texts(&t);
    drop_texts(&other);
}

static void long_and_faulty_texts(void **state) {
    char *bytes = malloc(1 << 20);
    norni_tfidf_opt opt = norni_tfidf_opt_default();
    norn_ctx *ctx = ctx_of(2);
    norni_tfidf *t;
    norni_tfidf_rows r;
    (void)state;
    assert_non_null(bytes);
    for (size_t k = 0; k < 1 << 20; k++)
        bytes[k] =
            k % 7 == 6 ? ' ' : (char)(k * 2654435761u >> 13); /* faults in UTF-8 among them */
    const norni_str text[] = {{bytes, 1 << 20}, {bytes, 100}, {NULL, 0}, {"\xC3", 1}};
    for (int lower = 0; lower < 2; lower++)
        for (int analyzer = 0; analyzer < 3; analyzer++) {
            opt.lowercase = lower;
            opt.analyzer = (norni_tfidf_analyzer)analyzer;
            opt.max_n = 2;
            assert_int_equal(norni_tfidf_fit_transform(ctx, NULL, text, 4, &opt, &t, &r, NULL),
                             NORN_OK);
            double sum = 0;
            for (size_t k = r.start[0]; k < r.start[1]; k++) {
                sum += r.value[k] * r.value[k];
                assert_true(k == 0 || r.index[k] > r.index[k - 1]);
            }
            if (!(fabs(sum - 1) < 1e-9) || r.start[1] < 300)
                fail_msg("analyzer %d: sum %g, %zu terms", analyzer, sum, r.start[1]);
            norni_tfidf_rows_clear(&r);
            norni_tfidf_free(t);
        }
    norn_ctx_free(ctx);
    free(bytes);
}

/* ---- arguments ---- */

static void options_that_cannot_be_are_refused(void **state) {
    const norni_str text[] = {{"one two", 7}, {"two three", 9}};
    norn_ctx *ctx = ctx_of(1);
    (void)state;
    for (int k = 0; k < 13; k++) {
        norni_tfidf_opt o = norni_tfidf_opt_default();
        norni_tfidf *t = NULL;
        norni_tfidf_asof a;
        norn_err err = {NORN_OK, ""};
        const int64_t time[] = {1, 2};
        if (k == 0) o.min_n = 0;
        if (k == 1) o.max_n = 9;
        if (k == 2) o.min_n = 2;
        if (k == 3) o.min_df = (norni_tfidf_df){0, false};
        if (k == 4) o.min_df = (norni_tfidf_df){1.5, false};
        if (k == 5) o.min_df = (norni_tfidf_df){-0.1, true};
        if (k == 6) o.max_df = (norni_tfidf_df){1.1, true};
        if (k == 7) o.max_df = (norni_tfidf_df){NAN, true};
        if (k == 8) o.max_df = (norni_tfidf_df){NAN, false};
        if (k == 9) o.min_df = (norni_tfidf_df){1, true}, o.max_df = (norni_tfidf_df){0.5, true};
        if (k == 10) o.analyzer = (norni_tfidf_analyzer)7;
        if (k == 11) o.token = (norni_tfidf_token)7;
        if (k == 12) o.norm = (norni_tfidf_norm)7;
        assert_int_equal(norni_tfidf_fit(ctx, NULL, text, 2, &o, &t, &err), NORN_E_ARG);
        assert_true(t == NULL && strncmp(err.text, "tfidf: ", 7) == 0);
        assert_int_equal(norni_tfidf_transform_asof(ctx, NULL, text, time, 2, 1, &o, &a, &err),
                         NORN_E_ARG);
        norni_tfidf_asof_clear(&a);
    }
    norni_tfidf *t = NULL;
    assert_int_equal(norni_tfidf_fit(ctx, NULL, text, 0, NULL, &t, NULL), NORN_E_DATA);
    assert_int_equal(norni_tfidf_fit(ctx, NULL, text, 2, NULL, &t, NULL), NORN_OK);
    norni_tfidf_rows r;
    assert_int_equal(norni_tfidf_transform(ctx, NULL, t, NULL, 0, &r, NULL), NORN_OK);
    assert_int_equal(r.start[0], 0);
    norni_tfidf_rows_clear(&r);
    norni_tfidf_free(t);
    norni_tfidf_free(NULL);
    norn_ctx_cancel(ctx);
    assert_int_equal(norni_tfidf_fit(ctx, NULL, text, 2, NULL, &t, NULL), NORN_E_CANCEL);
    norn_ctx_free(ctx);
}

static void stop_words_are_318(void **state) {
    size_t n = 0;
    norni_str word, last = {"", 0};
    (void)state;
    for (size_t at = 0; (word = norni_stop_word_next(&at)).n > 0; n++) {
        assert_true(norni_str_cmp(last, word) < 0);
        last = word;
    }
    assert_int_equal(n, 318);
    assert_true(norni_str_is(last, "yourselves"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_scikit_learns),
        cmocka_unit_test(ties_at_the_cut_go_by_code_points),
        cmocka_unit_test(the_bits_are_the_same_at_any_worker_count),
        cmocka_unit_test(long_and_faulty_texts),
        cmocka_unit_test(options_that_cannot_be_are_refused),
        cmocka_unit_test(stop_words_are_318),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
