/* Tests of RoBERTa folders: what is missing or hostile, labels and probabilities, memory that runs out, a cancelled run. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "roberta_bed.h"

static const made_roberta usual = {32, 2, 4, 48, 1761, 40, 3, MADE_F32, 1e-5, 2, NULL};

static void put_file(const bed *t, const char *name, const char *text) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", t->folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static void drop_file(const bed *t, const char *name) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", t->folder, name);
    (void)unlink(path);
}

/* Opening fails with the status, and the text has `says`. */
static void refused(bed *t, norn_status want, const char *says) {
    t->err.text[0] = '\0';
    const norn_status st = norni_roberta_open(t->ctx, t->folder, NULL, &t->r, &t->err);
    assert_null(t->r);
    if (st != want || strstr(t->err.text, says) == NULL)
        fail_msg("%s: %s, not %s: %s", norn_status_name(st), t->err.text, norn_status_name(want),
                 says);
}

#define SIZES                                                                          \
    "\"hidden_size\": 32, \"num_hidden_layers\": 2, \"num_attention_heads\": 4, "      \
    "\"intermediate_size\": 48, \"vocab_size\": 1761, \"max_position_embeddings\": 40" \
    ", \"type_vocab_size\": 1, \"num_labels\": 3, \"layer_norm_eps\": 1e-5"
#define GOOD "\"model_type\": \"roberta\", " SIZES

static void configs_are_checked(void **state) {
    static const struct {
        const char *config, *says;
    } row[] = {
        {"", "config.json"},
        {"[]", "an object is wanted"},
        {"{" GOOD, "config.json"},
        {"{" GOOD "} 1", "config.json"},
        {"{" SIZES "}", "model_type is left out"},
        {"{\"model_type\": \"bert\"}", "model_type=bert"},
        {"{\"model_type\": null}", "model_type="},
        {"{" GOOD ", \"hidden_act\": \"relu\"}", "hidden_act=relu"},
        {"{" GOOD ", \"position_embedding_type\": \"relative_key\"}", "position_embedding_type="},
        {"{" GOOD ", \"is_decoder\": true}", "is_decoder"},
        {"{" GOOD ", \"hidden_size\": 0}", "hidden_size=0: a whole number from 1 to"},
        {"{" GOOD ", \"hidden_size\": 8193}", "hidden_size=8193"},
        {"{" GOOD ", \"hidden_size\": 1e3}", "hidden_size=1e3"},
        {"{" GOOD ", \"hidden_size\": \"32\"}", "hidden_size="},
        {"{" GOOD ", \"hidden_size\": 99999999999999999999}", "hidden_size=999"},
        {"{" GOOD ", \"num_hidden_layers\": 129}", "num_hidden_layers=129"},
        {"{" GOOD ", \"num_attention_heads\": 5}", "no multiple of num_attention_heads=5"},
        {"{" GOOD ", \"max_position_embeddings\": 4099}", "max_position_embeddings=4099"},
        {"{" GOOD ", \"pad_token_id\": 37}", "positions begin behind"},
        {"{" GOOD ", \"bos_token_id\": 1761}", "bos_token_id=1761"},
        {"{" GOOD ", \"eos_token_id\": -1}", "eos_token_id=-1"},
        {"{" GOOD ", \"layer_norm_eps\": 0}", "layer_norm_eps"},
        {"{" GOOD ", \"layer_norm_eps\": \"x\"}", "layer_norm_eps"},
        {"{" GOOD ", \"num_labels\": 65}", "num_labels=65"},
        {"{" GOOD ", \"id2label\": []}", "id2label is an object"},
        {"{" GOOD ", \"id2label\": {}}", "id2label: 0 labels"},
        {"{" GOOD ", \"id2label\": {\"0\": \"a\", \"2\": \"b\"}}", "the highest number is 2"},
        {"{" GOOD ", \"id2label\": {\"0\": \"a\", \"0\": \"b\"}}", "each once"},
        {"{" GOOD ", \"id2label\": {\"64\": \"a\"}}", "below 64"},
        {"{" GOOD ", \"id2label\": {\"x\": \"a\"}}", "'x'"},
        {"{" GOOD ", \"id2label\": {\"0\": 1}}", "a label is a text"},
        {"{" GOOD ", \"id2label\": {\"0\": \"\"}}", "1 to 100 bytes"},
        {"{" GOOD ", \"id2label\": {\"0\": \"a\", \"1\": \"b\"}}", "num_labels=3, but"},
        {"{" GOOD ", \"vocab_size\": 1000}", "but config.json says vocab_size=1000"},
        {"{" GOOD ", \"vocab_size\": 1762}", "is (1761, 32), config.json wants (1762, 32)"},
        {"{" GOOD ", \"hidden_size\": 36}", "(1761, 32), config.json wants (1761, 36)"},
        {"{" GOOD ", \"num_hidden_layers\": 3}", "roberta.encoder.layer.2."},
        {"{" GOOD ", \"intermediate_size\": 47}", "(48, 32), config.json wants (47, 32)"},
        {"{" GOOD ", \"max_position_embeddings\": 41}", "(40, 32), config.json wants (41, 32)"},
        {"{" GOOD ", \"num_labels\": 2}", "classifier.out_proj.weight is (3, 32)"},
        {"{" GOOD ", \"type_vocab_size\": 2}", "is (1, 32), config.json wants (2, 32)"},
    };
    bed t;
    (void)state;
    bed_make(&t, &usual, 2);
    put_file(&t, "config.json", "{" GOOD ", \"position_embedding_type\": null, \"x\": [{}]}");
    bed_open(&t, NULL);
    assert_int_equal(norni_roberta_n_labels(t.r), 3);
    assert_int_equal(norni_str_cmp(norni_roberta_label(t.r, 2), norni_str_of("LABEL_2")), 0);
    norni_roberta_free(t.r);
    t.r = NULL;
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        put_file(&t, "config.json", row[k].config);
        refused(&t, NORN_E_FORMAT, row[k].says);
    }
    bed_close(&t);
}

static void missing_files_are_told(void **state) {
    bed t;
    (void)state;
    bed_make(&t, &usual, 1);
    drop_file(&t, "model.safetensors");
    refused(&t, NORN_E_IO, "model.safetensors: cannot be read");
    put_file(&t, "model.safetensors.index.json", "{}");
    refused(&t, NORN_E_IO, "cut into several files");
    drop_file(&t, "model.safetensors.index.json");
    put_file(&t, "pytorch_model.bin", "x");
    refused(&t, NORN_E_IO, "tools/convert_roberta.py");
    drop_file(&t, "pytorch_model.bin");
    put_file(&t, "model.safetensors", "x");
    refused(&t, NORN_E_FORMAT, "model.safetensors: 1 bytes are no safetensors file");
    drop_file(&t, "merges.txt");
    refused(&t, NORN_E_IO, "merges.txt: cannot be read");
    drop_file(&t, "vocab.json");
    refused(&t, NORN_E_IO, "vocab.json: cannot be read");
    put_file(&t, "tokenizer.json", "{}");
    refused(&t, NORN_E_IO, "but tokenizer.json is");
    drop_file(&t, "tokenizer.json");
    put_file(&t, "vocab.json", "{\"a\": 1, \"a\": 2}");
    put_file(&t, "merges.txt", "#version: 0.2\n");
    refused(&t, NORN_E_FORMAT, "vocab.json: one token stands there twice");
    drop_file(&t, "vocab.json");
    char path[256];
    (void)snprintf(path, sizeof path, "%s/vocab.json", t.folder);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: opening it must not wait */
    refused(&t, NORN_E_IO, "vocab.json: it is no regular file");
    drop_file(&t, "config.json");
    refused(&t, NORN_E_IO, "config.json: cannot be read");
    bed_close(&t);
}

/* Puts `with` where the value of a tensor lies in the file. */
static void poke(const bed *t, const char *name, size_t at, const void *with, size_t n) {
    const norn_alloc alloc = norni_alloc_default();
    norni_safetensors s;
    norn_err err;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/model.safetensors", t->folder);
    assert_int_equal(norni_safetensors_open(&alloc, path, &s, &err), NORN_OK);
    const norni_tensor *found = norni_safetensors_find(&s, norni_str_of(name));
    assert_non_null(found);
    const long place = (long)(found->data - s.bytes) + (long)at;
    norni_safetensors_close(&s);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, place, SEEK_SET), 0);
    assert_int_equal(fwrite(with, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void weights_are_finite(void **state) {
    static const char *const name[] = {
        "roberta.encoder.layer.1.attention.self.key.weight", "classifier.out_proj.weight",
        "roberta.encoder.layer.0.output.dense.bias", "roberta.embeddings.LayerNorm.weight",
        "roberta.embeddings.token_type_embeddings.weight"};
    const float bad[2] = {NAN, INFINITY}, large[32] = {3e38F, -3e38F, 3e38F};
    bed t;
    (void)state;
    for (size_t k = 0; k < sizeof name / sizeof name[0]; k++) {
        bed_make(&t, &usual, 1);
        poke(&t, name[k], 8, &bad[k % 2], sizeof *bad);
        refused(&t, NORN_E_DATA, name[k]);
        bed_close(&t);
    }
    /* of the embeddings only those that are used are read: a text that meets the bad one is told */
    for (int p = 0; p < 2; p++) {
        const norni_str texts[2] = {norni_str_of("up"), norni_str_of("a")};
        float logits[6];
        bed_make(&t, &usual, 1);
        poke(&t, "roberta.embeddings.word_embeddings.weight", 0, p == 0 ? bad : large,
             p == 0 ? sizeof bad : sizeof large); /* of <s> */
        bed_open(&t, &(norni_roberta_opt){.precision = (norni_precision)p});
        const norn_status st =
            norni_roberta_logits(t.ctx, NULL, t.r, texts, 2, logits, NULL, &t.err);
        if (p == 0) {
            assert_int_equal(st, NORN_E_DATA);
            assert_non_null(strstr(t.err.text, "not finite"));
        } else {
            assert_true(st == NORN_OK || st == NORN_E_DATA);
        }
        bed_close(&t);
    }
}

static void labels_have_meanings(void **state) {
    static const struct {
        size_t n;
        const char *names;
        int class_of[3]; /* -1: refused */
    } row[] = {
        {3, "\"0\": \"negative\", \"1\": \"neutral\", \"2\": \"positive\"", {0, 1, 2}},
        {3, "\"2\": \"Negative\", \"0\": \"POSITIVE\", \"1\": \"Neutral\"", {2, 1, 0}},
        {3, NULL, {0, 1, 2}},
        {3, "\"0\": \"0\", \"1\": \"1\", \"2\": \"2\"", {0, 1, 2}},
        {2, "\"0\": \"Bearish\", \"1\": \"Bullish\"", {0, 2, 0}},
        {2, "\"0\": \"positive\", \"1\": \"negative\"", {2, 0, 0}},
        {3, "\"0\": \"bearish\", \"1\": \"neutral\", \"2\": \"bullish\"", {0, 1, 2}},
        {2, NULL, {-1, 0, 0}},
        {2, "\"0\": \"positive\", \"1\": \"neutral\"", {-1, 0, 0}},
        {3, "\"0\": \"positive\", \"1\": \"negative\", \"2\": \"bullish\"", {-1, 0, 0}},
        {3, "\"0\": \"anger\", \"1\": \"joy\", \"2\": \"fear\"", {-1, 0, 0}},
        {3, "\"0\": \"1\", \"1\": \"0\", \"2\": \"2\"", {-1, 0, 0}},
        {1, "\"0\": \"positive\"", {-1, 0, 0}},
        {4,
         "\"0\": \"negative\", \"1\": \"neutral\", \"2\": \"positive\", \"3\": \"mixed\"",
         {-1, 0, 0}},
    };
    (void)state;
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        made_roberta m = usual;
        norni_sentiment_model model;
        norni_sentiment got[3];
        float logits[6];
        const norni_str texts[3] = {norni_str_of("nifty up again"), norni_str_of(" \t"),
                                    norni_str_of("")};
        bed t;
        m.labels = row[k].n;
        m.names = row[k].names;
        bed_make(&t, &m, 1);
        bed_open(&t, NULL);
        const norn_status st = norni_roberta_model(t.r, &model, &t.err);
        if (row[k].class_of[0] < 0) {
            assert_int_equal(st, NORN_E_DATA);
            assert_non_null(strstr(t.err.text, "labels "));
            assert_null(model.free);
            bed_close(&t);
            continue;
        }
        assert_int_equal(st, NORN_OK);
        assert_string_equal(model.name, t.folder + strlen("/tmp/"));
        bed_logits(&t, texts, 1, logits);
        assert_int_equal(model.score(t.ctx, NULL, model.self, texts, 3, got, &t.err), NORN_OK);
        double sum = 0;
        for (size_t j = 0; j < m.labels; j++)
            sum += exp((double)logits[j]);
        for (size_t j = 0; j < m.labels; j++)
            assert_true(fabs(got[0].p[row[k].class_of[j]] - exp((double)logits[j]) / sum) < 1e-14);
        assert_true(fabs(got[0].p[0] + got[0].p[1] + got[0].p[2] - 1) < 1e-15);
        if (m.labels == 2) assert_true(got[0].p[NORNI_NEUTRAL] == 0);
        assert_true(got[0].score == got[0].p[2] - got[0].p[0]);
        for (size_t j = 0; j < 3; j++)
            assert_true(got[0].p[j] <= got[0].p[got[0].label]);
        for (size_t j = 1; j < 3; j++) {
            assert_int_equal(got[j].label, NORNI_NEUTRAL);
            assert_true(got[j].score == 0 && got[j].p[0] == 1.0 / 3 && got[j].p[2] == 1.0 / 3);
        }
        norni_sentiment_free(&model);
        t.r = NULL;
        bed_close(&t);
    }
}

static size_t left;
static long live;
static void *few(void *user, void *ptr, size_t old, size_t size) {
    const norn_alloc *below = user;
    if (size > 0) {
        if (left == 0) return NULL;
        left--;
    }
    void *p = below->resize(below->user, ptr, old, size);
    live += (size > 0 && ptr == NULL && p != NULL) - (size == 0 && ptr != NULL);
    return p;
}

static void memory_that_runs_out_is_told(void **state) {
    norn_alloc below = norni_alloc_default();
    const norn_alloc alloc = {few, &below};
    const norni_str texts[2] = {norni_str_of("nifty up again @you"), norni_str_of("b")};
    bed t;
    (void)state;
    bed_make(&t, &usual, 1);
    for (size_t n = 0;; n++) {
        norni_roberta *r = NULL;
        norni_sentiment_model model = {0};
        norni_sentiment got[2];
        left = SIZE_MAX;
        norn_ctx *ctx = bed_ctx(1, &alloc);
        left = n;
        norn_status st = norni_roberta_open(ctx, t.folder, NULL, &r, &t.err);
        if (st == NORN_OK) st = norni_roberta_model(r, &model, &t.err);
        if (st == NORN_OK) st = model.score(ctx, NULL, model.self, texts, 2, got, &t.err);
        if (st == NORN_OK) {
            norni_sentiment_free(&model);
        } else {
            norni_roberta_free(r);
        }
        norn_ctx_free(ctx);
        assert_int_equal(live, 0);
        if (st == NORN_OK) {
            assert_true(n > 20);
            break;
        }
        assert_int_equal(st, NORN_E_MEM);
        assert_true(t.err.text[0] != '\0');
    }
    bed_close(&t);
}

static void cancelled_runs_end(void **state) {
    const norni_str text = norni_str_of("nifty");
    float logits[3];
    bed t;
    (void)state;
    bed_make(&t, &usual, 2);
    bed_open(&t, NULL);
    norn_ctx_cancel(t.ctx);
    assert_int_equal(norni_roberta_logits(t.ctx, NULL, t.r, &text, 1, logits, NULL, &t.err),
                     NORN_E_CANCEL);
    norn_ctx_rearm(t.ctx);
    bed_logits(&t, &text, 1, logits);
    bed_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configs_are_checked), cmocka_unit_test(missing_files_are_told),
        cmocka_unit_test(weights_are_finite),  cmocka_unit_test(labels_have_meanings),
        cmocka_unit_test(cancelled_runs_end),  cmocka_unit_test(memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
