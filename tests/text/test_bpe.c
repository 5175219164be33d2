/* Tests of byte-pair encoding against Hugging Face's tokenizers, of files that are not one, and of memory that runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With NORN_BPE=FOLDER in the environment the same over a whole vocabulary: FOLDER has vocab.json, merges.txt and ids.txt (tests/oracle/text_fixtures.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/bpe.h"
#include "text_fixture.h"

typedef struct bed {
    norn_alloc alloc;
    norni_bpe *b;
    norni_bpe_cache cache;
    norni_bpe_ids ids;
    norni_arena scratch;
} bed;

static norn_status make(bed *t, const text_file *vocab, const text_file *merges, norn_err *err) {
    return norni_bpe_make(&t->alloc, (norni_str){vocab->bytes, vocab->n},
                          (norni_str){merges->bytes, merges->n}, &t->b, err);
}

static void open_bed(bed *t) {
    t->alloc = norni_alloc_default();
    t->b = NULL;
    norni_bpe_cache_init(&t->cache, &t->alloc);
    norni_bpe_ids_init(&t->ids, &t->alloc);
    norni_arena_init(&t->scratch, &t->alloc);
}

static void close_bed(bed *t) {
    norni_bpe_free(t->b);
    norni_bpe_cache_clear(&t->cache);
    norni_bpe_ids_clear(&t->ids);
    norni_arena_clear(&t->scratch);
}

static void open_small(bed *t) {
    text_file vocab = text_file_read("bpe_vocab.json"), merges = text_file_read("bpe_merges.txt");
    norn_err err;
    open_bed(t);
    if (make(t, &vocab, &merges, &err) != NORN_OK) fail_msg("%s", err.text);
    text_file_free(&vocab);
    text_file_free(&merges);
}

/* Every line of a file of texts and ids; how many there were. */
static size_t compare(bed *t, text_file *f) {
    char *line, *text = malloc(1 << 20);
    size_t n_lines = 0;
    norn_err err;
    assert_non_null(text);
    while ((line = text_file_line(f)) != NULL) {
        const char *at = line;
        const size_t n = text_hex(&at, text, 1 << 20);
        size_t k = 0;
        t->ids.n = 0;
        assert_int_equal(
            norni_bpe_encode(t->b, &t->cache, (norni_str){text, n}, &t->scratch, &t->ids, &err),
            NORN_OK);
        for (; *at == ' '; k++) {
            char *end;
            const long want = strtol(at, &end, 10);
            if (k >= t->ids.n || t->ids.id[k] != want)
                fail_msg("text %zu, id %zu: %s", n_lines + 1, k + 1, line);
            at = end;
        }
        if (k != t->ids.n)
            fail_msg("text %zu: %zu ids too many: %s", n_lines + 1, t->ids.n - k, line);
        n_lines++;
    }
    free(text);
    return n_lines;
}

static void ids_are_hugging_faces(void **state) {
    bed t;
    text_file f = text_file_read("bpe_ids.txt");
    (void)state;
    open_small(&t);
    assert_int_equal(compare(&t, &f), 400);
    f.at = f.bytes; /* lines are cut by now: the first alone, from a warm cache */
    assert_int_equal(norni_bpe_id(t.b, norni_str_of("</s>")), 2);
    assert_int_equal(norni_bpe_id(t.b, norni_str_of("no such token")), -1);
    text_file_free(&f);
    close_bed(&t);
}

static void whole_vocabulary_too(void **state) {
    const char *folder = getenv("NORN_BPE");
    char path[1024];
    bed t;
    norn_err err;
    (void)state;
    if (folder == NULL) {
        print_message("# NORN_BPE is not set: the small vocabulary alone\n");
        return;
    }
    open_bed(&t);
    (void)snprintf(path, sizeof path, "%s/vocab.json", folder);
    text_file vocab = text_path_read(path);
    (void)snprintf(path, sizeof path, "%s/merges.txt", folder);
    text_file merges = text_path_read(path);
    (void)snprintf(path, sizeof path, "%s/ids.txt", folder);
    text_file ids = text_path_read(path);
    if (make(&t, &vocab, &merges, &err) != NORN_OK) fail_msg("%s", err.text);
    print_message("# %zu texts\n", compare(&t, &ids));
    text_file_free(&vocab);
    text_file_free(&merges);
    text_file_free(&ids);
    close_bed(&t);
}

static void faults_and_long_words(void **state) {
    bed t;
    norn_err err;
    char *word = malloc(300000);
    (void)state;
    open_small(&t);
    /* bytes that are no UTF-8 read as U+FFFD */
    assert_int_equal(
        norni_bpe_encode(t.b, &t.cache, norni_str_of("a\xFF z"), &t.scratch, &t.ids, &err),
        NORN_OK);
    const size_t n = t.ids.n;
    assert_int_equal(
        norni_bpe_encode(t.b, &t.cache, norni_str_of("a\xEF\xBF\xBD z"), &t.scratch, &t.ids, &err),
        NORN_OK);
    assert_int_equal(t.ids.n, 2 * n);
    assert_memory_equal(t.ids.id, t.ids.id + n, n * sizeof *t.ids.id);
    /* a word of 300,000 letters: n log n; "aa" or the like is merged everywhere */
    memset(word, 'e', 300000);
    t.ids.n = 0;
    assert_int_equal(
        norni_bpe_encode(t.b, &t.cache, (norni_str){word, 300000}, &t.scratch, &t.ids, &err),
        NORN_OK);
    assert_true(t.ids.n <= 150000 && t.ids.n > 1);
    t.ids.n = 0;
    assert_int_equal(
        norni_bpe_encode(t.b, &t.cache, (norni_str){word, 0}, &t.scratch, &t.ids, &err), NORN_OK);
    assert_int_equal(t.ids.n, 0);
    free(word);
    close_bed(&t);
}

static void bad_files_are_told(void **state) {
    static const struct {
        const char *vocab, *merges, *says;
    } row[] = {
        {"[1]", "", "object"},
        {"{\"a\": 1, \"b\": \"2\"}", "", "an id"},
        {"{\"a\": -1}", "", "an id"},
        {"{\"a\": 1048576}", "", "an id"},
        {"{\"a\": 1,}", "", "byte 9"},
        {"{\"a\": 1, \"a\": 2}", "", "twice"},
        {"{\"a\": 1, \"b\": 2}", "a\n", "line 1"},
        {"{\"a\": 1, \"b\": 2}", "#version: 0.2\na b\n", "line 2: what it makes"},
        {"{\"a\": 1, \"b\": 2, \"ab\": 3}", "#version: 0.2\na b\nab cd\n", "line 3"},
        {"{\"a\": 1, \"b\": 2, \"ab\": 3}", "a \xE2\x82\xAC\n", "stands for no byte"},
    };
    bed t;
    (void)state;
    open_bed(&t);
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        norn_err err = {0};
        assert_int_not_equal(norni_bpe_make(&t.alloc, norni_str_of(row[k].vocab),
                                            norni_str_of(row[k].merges), &t.b, &err),
                             NORN_OK);
        assert_null(t.b);
        if (strstr(err.text, row[k].says) == NULL) fail_msg("row %zu: %s", k, err.text);
    }
    close_bed(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_hugging_faces),
        cmocka_unit_test(whole_vocabulary_too),
        cmocka_unit_test(faults_and_long_words),
        cmocka_unit_test(bad_files_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
