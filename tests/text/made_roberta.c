/* A RoBERTa model made by a formula, written as the folder that users have. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Tensor number i (their order below) has values offset + amplitude u, u in [-1, 1) from the top bits of splitmix64's finaliser over
 * (i, place). tests/oracle/make_roberta.py has the same formula in Python: the fixtures carry logits only. */
#include "made_roberta.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 4096, PATH = 1200 };

typedef struct made_tensor {
    char name[96];
    size_t n_dims, dim[2];
    float amplitude, offset;
} made_tensor;

typedef struct made_list {
    made_tensor *tensor;
    size_t n;
} made_list;

/* The largest power of two that is at most sqrt(3 / k): a row's product then has about unit variance. */
static float amplitude_of(size_t k) {
    float a = 1;
    while (a * a * (float)k > 3)
        a /= 2;
    return a;
}

static made_tensor *add(made_list *l, const char *name, size_t n_dims, size_t rows,
                        size_t columns) {
    made_tensor *t = &l->tensor[l->n++];
    *t = (made_tensor){.n_dims = n_dims, .dim = {rows, columns}, .amplitude = 0.125F};
    (void)snprintf(t->name, sizeof t->name, "%s", name);
    if (n_dims == 2) t->amplitude = amplitude_of(columns);
    return t;
}

static void add_linear(made_list *l, const char *stem, size_t rows, size_t columns, float gain) {
    char name[96];
    (void)snprintf(name, sizeof name, "%s.weight", stem);
    add(l, name, 2, rows, columns)->amplitude *= gain;
    (void)snprintf(name, sizeof name, "%s.bias", stem);
    (void)add(l, name, 1, rows, 1);
}

static void add_norm(made_list *l, const char *stem, size_t n) {
    char name[96];
    (void)snprintf(name, sizeof name, "%s.LayerNorm.weight", stem);
    add(l, name, 1, n, 1)->offset = 1;
    (void)snprintf(name, sizeof name, "%s.LayerNorm.bias", stem);
    (void)add(l, name, 1, n, 1);
}

static made_list list_of(const made_roberta *m) {
    const size_t h = m->hidden;
    made_list l = {malloc((m->layers * 16 + 16) * sizeof *l.tensor), 0};
    if (l.tensor == NULL) exit(1);
    add(&l, "roberta.embeddings.word_embeddings.weight", 2, m->vocab, h)->amplitude = 1;
    add(&l, "roberta.embeddings.position_embeddings.weight", 2, m->positions, h)->amplitude = 0.5F;
    add(&l, "roberta.embeddings.token_type_embeddings.weight", 2, 1, h)->amplitude = 0.5F;
    add_norm(&l, "roberta.embeddings", h);
    for (size_t k = 0; k < m->layers; k++) {
        static const char *const leaf[] = {"attention.self.query", "attention.self.key",
                                           "attention.self.value", "attention.output.dense",
                                           "intermediate.dense",   "output.dense"};
        char stem[64];
        for (size_t j = 0; j < 6; j++) {
            (void)snprintf(stem, sizeof stem, "roberta.encoder.layer.%zu.%s", k, leaf[j]);
            add_linear(&l, stem, j == 4 ? m->inner : h, j == 5 ? m->inner : h, j < 2 ? m->gain : 1);
        }
        for (size_t j = 3; j < 6; j += 2) {
            (void)snprintf(stem, sizeof stem, "roberta.encoder.layer.%zu.%.*s", k,
                           (int)(strlen(leaf[j]) - 6), leaf[j]);
            add_norm(&l, stem, h);
        }
    }
    add_linear(&l, "classifier.dense", h, h, 1);
    add_linear(&l, "classifier.out_proj", m->labels, h, m->gain);
    return l;
}

static uint64_t mixed(uint64_t item, uint64_t k) {
    uint64_t z = (item + 1) * UINT64_C(0x9E3779B97F4A7C15) + k * UINT64_C(0xD1342543DE82EF95);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* Of halves eight bits only, which they hold exactly. */
static float value(const made_tensor *t, size_t item, size_t k, bool half) {
    const uint64_t z = mixed(item, k);
    const float u = half ? (float)((int)(z >> 56) - 128) * 0x1p-7F
                         : (float)((int)(z >> 40) - (1 << 23)) * 0x1p-23F;
    const float x = u * t->amplitude;
    return x + t->offset;
}

/* A float of few bits as IEEE half; those that are made are normal numbers or 0. */
static uint16_t half_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t rest = bits & 0x7FFFFFFF;
    return (uint16_t)((bits >> 16 & 0x8000) |
                      (rest == 0 ? 0 : (rest >> 13) - (UINT32_C(112) << 10)));
}

static bool is_half(const made_roberta *m, const made_tensor *t) {
    return t->n_dims == 2 && m->type != MADE_F32;
}

static bool write_values(FILE *f, const made_roberta *m, const made_tensor *t, size_t item) {
    const size_t n = t->dim[0] * t->dim[1];
    const bool half = is_half(m, t);
    float piece[PIECE];
    uint16_t halves[PIECE];
    bool good = true;
    for (size_t at = 0; good && at < n; at += PIECE) {
        const size_t some = n - at < PIECE ? n - at : PIECE;
        for (size_t k = 0; k < some; k++)
            piece[k] = value(t, item, at + k, half);
        for (size_t k = 0; half && k < some; k++) {
            uint32_t bits;
            memcpy(&bits, piece + k, sizeof bits);
            halves[k] = m->type == MADE_F16 ? half_of(piece[k]) : (uint16_t)(bits >> 16);
        }
        good = half ? fwrite(halves, 2, some, f) == some : fwrite(piece, 4, some, f) == some;
    }
    return good;
}

static bool write_weights(FILE *f, const made_roberta *m) {
    static const char *const type[] = {"F32", "F16", "BF16"};
    made_list l = list_of(m);
    char *head = malloc(l.n * 256 + 16);
    size_t n = 1, at = 0;
    if (head == NULL) exit(1);
    head[0] = '{';
    for (size_t k = 0; k < l.n; k++) {
        const made_tensor *t = &l.tensor[k];
        const bool half = is_half(m, t);
        const size_t bytes = t->dim[0] * t->dim[1] * (half ? 2 : 4);
        char shape[64];
        (void)snprintf(shape, sizeof shape, t->n_dims == 2 ? "%zu,%zu" : "%zu", t->dim[0],
                       t->dim[1]);
        n += (size_t)snprintf(
            head + n, 256, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
            k > 0 ? "," : "", t->name, half ? type[m->type] : "F32", shape, at, at + bytes);
        at += bytes;
    }
    head[n++] = '}';
    while (n % 8 != 0)
        head[n++] = ' ';
    const uint64_t length = n;
    bool good = fwrite(&length, 8, 1, f) == 1 && fwrite(head, 1, n, f) == n;
    for (size_t k = 0; good && k < l.n; k++)
        good = write_values(f, m, &l.tensor[k], k);
    free(head);
    free(l.tensor);
    return good;
}

static void write_config(FILE *f, const made_roberta *m) {
    (void)fprintf(
        f,
        "{\"model_type\": \"roberta\", \"hidden_size\": %zu, \"num_hidden_layers\": %zu,\n"
        " \"num_attention_heads\": %zu, \"intermediate_size\": %zu, \"vocab_size\": %zu,\n"
        " \"max_position_embeddings\": %zu, \"type_vocab_size\": 1, "
        "\"layer_norm_eps\": %g,\n"
        " \"hidden_act\": \"gelu\", \"pad_token_id\": 1, \"bos_token_id\": 0, "
        "\"eos_token_id\": 2,\n",
        m->hidden, m->layers, m->heads, m->inner, m->vocab, m->positions, m->eps);
    if (m->names != NULL) {
        (void)fprintf(f, " \"id2label\": {%s}}\n", m->names);
    } else {
        (void)fprintf(f, " \"num_labels\": %zu}\n", m->labels);
    }
}

bool made_roberta_write(const char *folder, const made_roberta *m) {
    char path[PATH];
    (void)snprintf(path, sizeof path, "%s/config.json", folder);
    FILE *f = fopen(path, "wb");
    if (f == NULL) return false;
    write_config(f, m);
    if (fclose(f) != 0) return false;
    (void)snprintf(path, sizeof path, "%s/model.safetensors", folder);
    f = fopen(path, "wb");
    if (f == NULL) return false;
    const bool good = write_weights(f, m);
    return fclose(f) == 0 && good;
}

bool made_copy(const char *from, const char *folder, const char *name) {
    char path[PATH], piece[PIECE];
    size_t n = 0;
    bool good = true;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(from, "rb"), *out = in ? fopen(path, "wb") : NULL;
    while (out != NULL && good && (n = fread(piece, 1, sizeof piece, in)) > 0)
        good = fwrite(piece, 1, n, out) == n;
    if (in != NULL) (void)fclose(in);
    return out != NULL && fclose(out) == 0 && good;
}

void made_remove(const char *folder) {
    static const char *const name[] = {"config.json", "model.safetensors", "vocab.json",
                                       "merges.txt"};
    char path[PATH];
    for (size_t k = 0; k < 4; k++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, name[k]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}
