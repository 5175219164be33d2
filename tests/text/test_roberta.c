/* Tests of RoBERTa's logits: against transformers, alone and in company, at any number of workers, in every precision. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With NORN_ROBERTA=FOLDER in the environment also over a model of tests/oracle/make_roberta.py --random, with its logits.txt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "roberta_bed.h"

enum { N_VOCAB = 1761, MOST_LABELS = 8, N_MANY = 300 };

static const made_roberta usual = {64, 2, 4, 128, N_VOCAB, 66, 3, MADE_F32, 1e-5, 2, NULL};

/* Texts and logits up to the next case; the largest difference, at most `most`. */
static double compare_lines(bed *t, text_file *f, double most, char **line, size_t *n_texts) {
    char *text = malloc(1 << 16);
    const size_t n_labels = norni_roberta_n_labels(t->r);
    double worst = 0;
    assert_non_null(text);
    assert_in_range(n_labels, 1, MOST_LABELS);
    while ((*line = text_file_line(f)) != NULL && strncmp(*line, "case", 4) != 0) {
        const char *at = *line;
        float logits[MOST_LABELS];
        size_t n = 0;
        if (*at == '-') {
            at++;
        } else {
            n = text_hex(&at, text, 1 << 16);
        }
        const norni_str one = {text, n};
        bed_logits(t, &one, 1, logits);
        for (size_t k = 0; k < n_labels; k++) {
            char *end;
            const double want = strtod(at, &end), off = fabs((double)logits[k] - want);
            assert_true(end > at);
            at = end;
            if (!(off <= most))
                fail_msg("%.*s: logit %zu is %g, not %g", (int)n, text, k, (double)logits[k], want);
            if (off > worst) worst = off;
        }
        ++*n_texts;
    }
    free(text);
    return worst;
}

static void logits_are_transformers(void **state) {
    text_file f = text_file_read("roberta_logits.txt");
    char *line = text_file_line(&f);
    size_t n_cases = 0, n_texts = 0;
    (void)state;
    while (line != NULL) {
        made_roberta m = {.gain = 2};
        char type[8];
        bed t;
        assert_int_equal(
            sscanf(line, "case %zu %zu %zu %zu %zu %zu %7s %lf %zu", &m.hidden, &m.layers, &m.heads,
                   &m.inner, &m.positions, &m.labels, type, &m.eps, &m.vocab),
            9);
        m.type = strcmp(type, "F32") == 0   ? MADE_F32
                 : strcmp(type, "F16") == 0 ? MADE_F16
                                            : MADE_BF16;
        bed_make(&t, &m, 2);
        bed_open(&t, NULL);
        const double worst = compare_lines(&t, &f, 1e-5, &line, &n_texts);
        print_message("# hidden %zu, %zu layers: logits within %.2g of transformers'\n", m.hidden,
                      m.layers, worst);
        bed_close(&t);
        n_cases++;
    }
    assert_int_equal(n_cases, 5);
    assert_int_equal(n_texts, 5 * 21);
    text_file_free(&f);
}

static void large_model_too(void **state) {
    const char *folder = getenv("NORN_ROBERTA");
    char path[1024], *line;
    size_t n_texts = 0;
    bed t = {.ctx = NULL};
    (void)state;
    if (folder == NULL) {
        print_message("# NORN_ROBERTA is not set: the made models alone\n");
        return;
    }
    (void)snprintf(path, sizeof path, "%s/logits.txt", folder);
    text_file f = text_path_read(path);
    t.ctx = bed_ctx(0, NULL);
    if (norni_roberta_open(t.ctx, folder, NULL, &t.r, &t.err) != NORN_OK)
        fail_msg("%s", t.err.text);
    const double worst = compare_lines(&t, &f, 1e-4, &line, &n_texts);
    print_message("# %zu texts: logits within %.2g of transformers'\n", n_texts, worst);
    norni_roberta_free(t.r);
    norn_ctx_free(t.ctx);
    text_file_free(&f);
}

typedef struct many {
    char bytes[N_MANY][256];
    norni_str text[N_MANY];
    float logits[N_MANY * MOST_LABELS];
} many;

static many *make_many(void) {
    many *m = calloc(1, sizeof *m);
    assert_non_null(m);
    for (size_t k = 0; k < N_MANY; k++)
        m->text[k] = bed_text(k, m->bytes[k], sizeof m->bytes[k]);
    return m;
}

/* A text's bits do not depend on its neighbours or on how batches are cut. */
static void alone_as_in_company(void **state) {
    many *m = make_many();
    bed t;
    (void)state;
    bed_make(&t, &usual, 2);
    for (int p = 0; p < 3; p++) {
        if (!norni_precision_usable((norni_precision)p, NULL)) continue;
        bed_open(&t, &(norni_roberta_opt){.precision = (norni_precision)p});
        bed_logits(&t, m->text, N_MANY, m->logits);
        for (size_t k = 0; k < N_MANY; k++) {
            float alone[3];
            bed_logits(&t, &m->text[k], 1, alone);
            assert_memory_equal(alone, m->logits + 3 * k, sizeof alone);
        }
        float *other = malloc(sizeof m->logits);
        assert_non_null(other);
        bed_open(&t, &(norni_roberta_opt){.precision = (norni_precision)p, .batch_tokens = 37});
        bed_logits(&t, m->text, N_MANY, other);
        assert_memory_equal(other, m->logits, 3 * N_MANY * sizeof *other);
        free(other);
    }
    bed_close(&t);
    free(m);
}

static void same_bits_at_any_number_of_workers(void **state) {
    static const int32_t threads[] = {1, 2, 3, 7, 64};
    many *m = make_many();
    float *first = malloc(sizeof m->logits);
    bed t;
    (void)state;
    assert_non_null(first);
    bed_make(&t, &usual, 1);
    for (int p = 0; p < 2; p++)
        for (size_t k = 0; k < sizeof threads / sizeof threads[0]; k++) {
            norni_roberta_free(t.r);
            t.r = NULL;
            norn_ctx_free(t.ctx);
            t.ctx = bed_ctx(threads[k], NULL);
            bed_open(&t, &(norni_roberta_opt){.precision = (norni_precision)p, .batch_tokens = 64});
            bed_logits(&t, m->text, N_MANY, k == 0 ? first : m->logits);
            if (k > 0) assert_memory_equal(first, m->logits, 3 * N_MANY * sizeof *first);
        }
    bed_close(&t);
    free(first);
    free(m);
}

static void softmax3(const float *logit, double p[3]) {
    double sum = 0;
    for (size_t k = 0; k < 3; k++)
        sum += p[k] = exp((double)logit[k]);
    for (size_t k = 0; k < 3; k++)
        p[k] /= sum;
}

/* Probabilities of the narrow kinds beside those of fp32, and labels where fp32 is sure of them. */
static void narrow_kinds_agree(void **state) {
    static const made_roberta wide = {192, 4, 6, 512, N_VOCAB, 66, 3, MADE_F32, 1e-5, 1, NULL};
    many *m = make_many();
    float *exact = malloc(sizeof m->logits);
    bed t;
    (void)state;
    assert_non_null(exact);
    bed_make(&t, &wide, 2);
    bed_open(&t, NULL);
    bed_logits(&t, m->text, N_MANY, exact);
    for (int kind = 1; kind < 3; kind++) {
        double worst = 0;
        size_t sure = 0, same = 0;
        if (!norni_precision_usable((norni_precision)kind, NULL)) continue;
        bed_open(&t, &(norni_roberta_opt){.precision = (norni_precision)kind});
        bed_logits(&t, m->text, N_MANY, m->logits);
        assert_memory_not_equal(exact, m->logits, 3 * N_MANY * sizeof *exact);
        for (size_t k = 0; k < N_MANY; k++) {
            double p[3], q[3], margin = 0;
            size_t best = 0, other = 0;
            softmax3(exact + 3 * k, p);
            softmax3(m->logits + 3 * k, q);
            for (size_t j = 0; j < 3; j++) {
                if (p[j] > p[best]) best = j;
                if (q[j] > q[other]) other = j;
                if (fabs(p[j] - q[j]) > worst) worst = fabs(p[j] - q[j]);
            }
            margin = p[best] - fmax(p[(best + 1) % 3], p[(best + 2) % 3]);
            sure += margin > 0.05;
            same += margin > 0.05 && best == other;
        }
        print_message("# kind %d: %zu of %zu labels, probabilities within %.3g\n", kind, same, sure,
                      worst);
        assert_true(sure > N_MANY / 2 && 100 * same >= 99 * sure);
        assert_true(worst < 0.02);
    }
    bed_close(&t);
    free(exact);
    free(m);
}

static void other_machines_are_told(void **state) {
    const char *why;
    norni_roberta *r;
    norn_err err;
    norn_ctx *ctx = bed_ctx(1, NULL);
    (void)state;
    assert_true(norni_precision_usable(NORNI_PRECISION_FP32, &why));
    assert_true(norni_precision_usable(NORNI_PRECISION_INT8, NULL));
    if (!norni_precision_usable(NORNI_PRECISION_BF16, &why)) {
        assert_string_equal(why, "this CPU lacks avx512_bf16");
        const norni_roberta_opt opt = {.precision = NORNI_PRECISION_BF16};
        assert_int_equal(norni_roberta_open(ctx, "nowhere", &opt, &r, &err), NORN_E_ARG);
        assert_non_null(strstr(err.text, why));
    }
    norn_ctx_free(ctx);
}

/* Texts are cut to the model's positions less the two around them; a long one costs no more than its beginning. */
static void long_texts_are_cut(void **state) {
    static const made_roberta narrow = {64, 1, 4, 64, N_VOCAB, 40, 3, MADE_F32, 1e-5, 1, NULL};
    const size_t n_long = 1 << 20;
    char *text = malloc(n_long);
    float whole[3], cut[3], longer[3];
    size_t n_cut = 9;
    bed t;
    (void)state;
    assert_non_null(text);
    for (size_t k = 0; k < n_long; k++)
        text[k] = k % 2 ? '!' : "abcde"[k / 2 % 5]; /* a piece each, so a token each */
    bed_make(&t, &narrow, 2);
    bed_open(&t, NULL);
    const norni_str at_limit = {text, 36}, over = {text, 37}, far_over = {text, n_long};
    assert_int_equal(norni_roberta_logits(t.ctx, NULL, t.r, &at_limit, 1, whole, &n_cut, &t.err),
                     NORN_OK);
    assert_int_equal(n_cut, 0);
    assert_int_equal(norni_roberta_logits(t.ctx, NULL, t.r, &over, 1, cut, &n_cut, &t.err),
                     NORN_OK);
    assert_int_equal(n_cut, 1);
    assert_memory_equal(whole, cut, sizeof whole);
    assert_int_equal(norni_roberta_logits(t.ctx, NULL, t.r, &far_over, 1, longer, &n_cut, &t.err),
                     NORN_OK);
    assert_int_equal(n_cut, 1);
    assert_memory_equal(whole, longer, sizeof whole);
    const norni_str shorter = {text, 35};
    bed_logits(&t, &shorter, 1, cut);
    assert_memory_not_equal(whole, cut, sizeof whole);
    bed_close(&t);
    free(text);
}

static void recipe_and_odd_texts(void **state) {
    static const char *const pair[][2] = {
        {"@someone hello", "@user hello"},
        {"a http://x.y/z?q b", "a http b"},
        {"@a @ @b, https://c", "@user @ @user http"},
        {" @x", " @user"},
        {"two  blanks @x ", "two  blanks @user "},
        {"tab\t@x mail@x.y", "tab\t@x mail@x.y"},
        {"bad \xFF utf-8", "bad \xEF\xBF\xBD utf-8"},
    };
    float plain[3], cooked[3];
    bed t, raw;
    (void)state;
    bed_make(&t, &usual, 1);
    bed_make(&raw, &usual, 1);
    bed_open(&t, NULL);
    bed_open(&raw, &(norni_roberta_opt){.raw = true});
    for (size_t k = 0; k < sizeof pair / sizeof pair[0]; k++) {
        const norni_str given = norni_str_of(pair[k][0]), meant = norni_str_of(pair[k][1]);
        bed_logits(&t, &given, 1, cooked);
        bed_logits(&raw, &meant, 1, plain);
        if (memcmp(plain, cooked, sizeof plain) != 0) fail_msg("pair %zu: %s", k, pair[k][0]);
    }
    const norni_str given = norni_str_of(pair[0][0]), special = norni_str_of("</s>"),
                    nothing = norni_str_of("");
    bed_logits(&t, &given, 1, cooked);
    bed_logits(&raw, &given, 1, plain);
    assert_memory_not_equal(plain, cooked, sizeof plain);
    bed_logits(&raw, &special, 1, plain); /* four characters, not the end of a text */
    bed_logits(&raw, &nothing, 1, cooked);
    assert_memory_not_equal(plain, cooked, sizeof plain);
    assert_int_equal(norni_roberta_logits(t.ctx, NULL, t.r, NULL, 0, plain, NULL, &t.err), NORN_OK);
    bed_close(&t);
    bed_close(&raw);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_are_transformers),
        cmocka_unit_test(large_model_too),
        cmocka_unit_test(alone_as_in_company),
        cmocka_unit_test(same_bits_at_any_number_of_workers),
        cmocka_unit_test(narrow_kinds_agree),
        cmocka_unit_test(other_machines_are_told),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(recipe_and_odd_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
