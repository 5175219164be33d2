/* config.json of a RoBERTa classifier: its sizes, its labels, and what Norn does not run. */
/* SPDX-License-Identifier: Apache-2.0 */
/* What is left out has transformers' default (RobertaConfig). Sizes are limited so that every product of two of them fits, and so that one text's
 * attention needs no more than some tens of megabytes. */
#include <stddef.h>

#include "base/numtext.h"
#include "io/json_pull.h"
#include "text/roberta_parts.h"

/* A whole number of the file: where it goes and what is allowed. */
static const struct number {
    const char *name;
    size_t offset;
    int64_t least, most, usual;
} numbers[] = {
    {"hidden_size", offsetof(norni_roberta_config, hidden), 1, 8192, 768},
    {"num_hidden_layers", offsetof(norni_roberta_config, layers), 1, 128, 12},
    {"num_attention_heads", offsetof(norni_roberta_config, heads), 1, 1024, 12},
    {"intermediate_size", offsetof(norni_roberta_config, inner), 1, 65536, 3072},
    {"vocab_size", offsetof(norni_roberta_config, vocab), 3, 1 << 20, 50265},
    {"max_position_embeddings", offsetof(norni_roberta_config, positions), 4, 4098, 512},
    {"type_vocab_size", offsetof(norni_roberta_config, types), 1, 64, 2},
    {"pad_token_id", offsetof(norni_roberta_config, pad), 0, 4094, 1},
    {"bos_token_id", offsetof(norni_roberta_config, bos), 0, (1 << 20) - 1, 0},
    {"eos_token_id", offsetof(norni_roberta_config, eos), 0, (1 << 20) - 1, 2},
    {"num_labels", offsetof(norni_roberta_config, n_labels), 1, NORNI_ROBERTA_MOST_LABELS, 0},
};
enum { N_NUMBERS = sizeof numbers / sizeof numbers[0] };

/* A text of the file that must be this one. */
static const struct {
    const char *name, *wanted, *why;
} words[] = {
    {"model_type", "roberta", "other models are other networks"},
    {"hidden_act", "gelu", "RoBERTa's activation is the exact GELU"},
    {"position_embedding_type", "absolute", "relative positions are another network"},
};
enum { N_WORDS = sizeof words / sizeof words[0] };

typedef struct reader {
    norni_json_pull json;
    norni_arena *arena;
    norni_roberta_config *out;
    norni_buf text;
    bool is_roberta;
    int64_t n_named;
} reader;

static int64_t *number_at(norni_roberta_config *c, size_t k) {
    return (int64_t *)(void *)((char *)c + numbers[k].offset);
}

static int shown(norni_str s) {
    return s.n < 60 ? (int)s.n : 60;
}

static norn_status next(reader *r, norni_json_item *item, norn_err *err) {
    norn_err inner;
    const norn_status st = norni_json_pull_next(&r->json, item, &inner);
    return st == NORN_OK ? NORN_OK : norn_fail(err, st, "config.json: %s", inner.text);
}

static norn_status skip(reader *r, const norni_json_item *item, norn_err *err) {
    norn_err inner;
    const norn_status st = norni_json_pull_skip(&r->json, item, &inner);
    return st == NORN_OK ? NORN_OK : norn_fail(err, st, "config.json: %s", inner.text);
}

/* null stands for what is left out. */
static norn_status take_number(reader *r, size_t k, norn_err *err) {
    norni_json_item item;
    int64_t x = 0;
    NORN_TRY(next(r, &item, err));
    if (item.kind == NORNI_JSON_NULL) return NORN_OK;
    if (item.kind != NORNI_JSON_NUMBER ||
        norni_int_parse(item.raw.p, item.raw.n, &x) != NORNI_NUM_OK || x < numbers[k].least ||
        x > numbers[k].most)
        return norn_fail(err, NORN_E_FORMAT,
                         "config.json: %s=%.*s: a whole number from %lld to %lld is wanted",
                         numbers[k].name, item.kind == NORNI_JSON_NUMBER ? shown(item.raw) : 0,
                         item.kind == NORNI_JSON_NUMBER ? item.raw.p : "",
                         (long long)numbers[k].least, (long long)numbers[k].most);
    *number_at(r->out, k) = x;
    return NORN_OK;
}

static norn_status take_word(reader *r, size_t k, norn_err *err) {
    norni_json_item item;
    NORN_TRY(next(r, &item, err));
    if (item.kind == NORNI_JSON_NULL && k > 0) return NORN_OK;
    if (item.kind != NORNI_JSON_STRING || !norni_str_is(item.raw, words[k].wanted))
        return norn_fail(err, NORN_E_FORMAT, "config.json: %s=%.*s: only \"%s\" is run here (%s)",
                         words[k].name, item.kind == NORNI_JSON_STRING ? shown(item.raw) : 0,
                         item.kind == NORNI_JSON_STRING ? item.raw.p : "", words[k].wanted,
                         words[k].why);
    if (k == 0) r->is_roberta = true;
    return NORN_OK;
}

static norn_status take_eps(reader *r, norn_err *err) {
    norni_json_item item;
    double x = 0;
    NORN_TRY(next(r, &item, err));
    if (item.kind != NORNI_JSON_NUMBER ||
        norni_num_parse(item.raw.p, item.raw.n, &x) != NORNI_NUM_OK || !(x > 0 && x <= 1))
        return norn_fail(err, NORN_E_FORMAT,
                         "config.json: layer_norm_eps: a number in (0, 1] is wanted");
    r->out->eps = x;
    return NORN_OK;
}

static norn_status take_decoder(reader *r, norn_err *err) {
    norni_json_item item;
    NORN_TRY(next(r, &item, err));
    if (item.kind == NORNI_JSON_FALSE || item.kind == NORNI_JSON_NULL) return NORN_OK;
    return norn_fail(err, NORN_E_FORMAT, "config.json: is_decoder: only encoders are run here");
}

/* A label's text into the arena. */
static norn_status keep_label(reader *r, const norni_json_item *item, norni_str *out,
                              norn_err *err) {
    r->text.n = 0;
    (void)norni_json_text(item, &r->text);
    if (r->text.failed) return norni_alloc_fail(err, "config.json", r->text.n, 1);
    if (r->text.n == 0 || r->text.n > 100)
        return norn_fail(err, NORN_E_FORMAT, "config.json: id2label: a label has 1 to 100 bytes");
    const char *kept = norni_arena_text(r->arena, r->text.p, r->text.n);
    if (kept == NULL) return norni_alloc_fail(err, "config.json", r->text.n, 1);
    *out = (norni_str){kept, r->text.n};
    return NORN_OK;
}

/* {"0": "negative", …}: every number from 0 on once, in any order. */
static norn_status take_labels(reader *r, norn_err *err) {
    norni_json_item item;
    norni_roberta_config *c = r->out;
    int64_t highest = -1;
    NORN_TRY(next(r, &item, err));
    if (item.kind == NORNI_JSON_NULL) return NORN_OK;
    if (item.kind != NORNI_JSON_OBJECT)
        return norn_fail(err, NORN_E_FORMAT, "config.json: id2label is an object of labels");
    memset(c->label, 0, sizeof c->label);
    r->n_named = 0;
    for (;;) {
        int64_t k = 0;
        NORN_TRY(next(r, &item, err));
        if (item.kind == NORNI_JSON_OBJECT_END) break;
        if (norni_int_parse(item.raw.p, item.raw.n, &k) != NORNI_NUM_OK || k < 0 ||
            k >= NORNI_ROBERTA_MOST_LABELS || c->label[k].p != NULL)
            return norn_fail(err, NORN_E_FORMAT,
                             "config.json: id2label: '%.*s': the numbers from 0 on, each once "
                             "and below %d, are wanted",
                             shown(item.raw), item.raw.p, NORNI_ROBERTA_MOST_LABELS);
        NORN_TRY(next(r, &item, err));
        if (item.kind != NORNI_JSON_STRING)
            return norn_fail(err, NORN_E_FORMAT, "config.json: id2label: a label is a text");
        NORN_TRY(keep_label(r, &item, &c->label[k], err));
        if (k > highest) highest = k;
        r->n_named++;
    }
    if (r->n_named != highest + 1 || r->n_named == 0)
        return norn_fail(err, NORN_E_FORMAT,
                         "config.json: id2label: %lld labels, but the highest number is %lld",
                         (long long)r->n_named, (long long)highest);
    return NORN_OK;
}

static norn_status take_value(reader *r, norni_str key, norn_err *err) {
    norni_json_item item;
    for (size_t k = 0; k < N_NUMBERS; k++)
        if (norni_str_is(key, numbers[k].name)) return take_number(r, k, err);
    for (size_t k = 0; k < N_WORDS; k++)
        if (norni_str_is(key, words[k].name)) return take_word(r, k, err);
    if (norni_str_is(key, "layer_norm_eps")) return take_eps(r, err);
    if (norni_str_is(key, "is_decoder")) return take_decoder(r, err);
    if (norni_str_is(key, "id2label")) return take_labels(r, err);
    NORN_TRY(next(r, &item, err));
    return skip(r, &item, err);
}

static norn_status read_fields(reader *r, norn_err *err) {
    norni_json_item item;
    NORN_TRY(next(r, &item, err));
    if (item.kind != NORNI_JSON_OBJECT)
        return norn_fail(err, NORN_E_FORMAT, "config.json: an object is wanted");
    for (;;) {
        NORN_TRY(next(r, &item, err));
        if (item.kind == NORNI_JSON_OBJECT_END) break;
        NORN_TRY(take_value(r, item.raw, err));
    }
    return next(r, &item, err); /* nothing behind it */
}

/* Labels that the file does not name are LABEL_0 and so on, as transformers has it. */
static norn_status name_labels(reader *r, norn_err *err) {
    norni_roberta_config *c = r->out;
    if (r->n_named > 0) {
        if (c->n_labels > 0 && c->n_labels != r->n_named)
            return norn_fail(err, NORN_E_FORMAT,
                             "config.json: num_labels=%lld, but id2label names %lld",
                             (long long)c->n_labels, (long long)r->n_named);
        c->n_labels = r->n_named;
        return NORN_OK;
    }
    if (c->n_labels == 0) c->n_labels = 2;
    for (int64_t k = 0; k < c->n_labels; k++) {
        char text[32];
        const size_t n = norni_format(text, sizeof text, "LABEL_%d", (int)k);
        const char *kept = norni_arena_text(r->arena, text, n);
        if (kept == NULL) return norni_alloc_fail(err, "config.json", n, 1);
        c->label[k] = (norni_str){kept, n};
    }
    return NORN_OK;
}

/* What two fields say together. */
static norn_status check_together(const reader *r, norn_err *err) {
    const norni_roberta_config *c = r->out;
    if (!r->is_roberta)
        return norn_fail(err, NORN_E_FORMAT,
                         "config.json: model_type is left out; \"roberta\" is wanted");
    if (c->hidden % c->heads != 0)
        return norn_fail(err, NORN_E_FORMAT,
                         "config.json: hidden_size=%lld is no multiple of num_attention_heads=%lld",
                         (long long)c->hidden, (long long)c->heads);
    if (c->positions - c->pad < 4)
        return norn_fail(err, NORN_E_FORMAT,
                         "config.json: max_position_embeddings=%lld: positions begin behind "
                         "pad_token_id=%lld, and a text needs three",
                         (long long)c->positions, (long long)c->pad);
    if (c->bos >= c->vocab || c->eos >= c->vocab)
        return norn_fail(err, NORN_E_FORMAT,
                         "config.json: bos_token_id=%lld and eos_token_id=%lld are below "
                         "vocab_size=%lld",
                         (long long)c->bos, (long long)c->eos, (long long)c->vocab);
    return NORN_OK;
}

norn_status norni_roberta_config_read(norni_str json, norni_arena *arena, norni_roberta_config *out,
                                      norn_err *err) {
    reader r = {.arena = arena, .out = out};
    *out = (norni_roberta_config){.eps = 1e-12};
    for (size_t k = 0; k < N_NUMBERS; k++)
        *number_at(out, k) = numbers[k].usual;
    norni_json_pull_init(&r.json, json);
    norni_buf_init(&r.text, arena->alloc);
    norn_status st = read_fields(&r, err);
    if (st == NORN_OK) st = name_labels(&r, err);
    if (st == NORN_OK) st = check_together(&r, err);
    norni_buf_clear(&r.text);
    return st;
}
