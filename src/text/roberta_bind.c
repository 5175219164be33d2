/* The tensors of a RoBERTa classifier: found, checked against config.json, and packed by all workers. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A matrix is read from the mapped file once, packed, and its pages let go; the embeddings stay in the file, of whose pages only those
 * that are read take memory. So there is one copy of the weights, whatever the number of workers. */
#include "text/roberta_parts.h"

enum { MOST_PARTS = 3, NAME = 128 };

/* A matrix to pack: its parts stand one below the other. */
typedef struct matrix {
    norni_packed *to;
    const norni_tensor *part[MOST_PARTS];
    size_t n_parts;
} matrix;

typedef struct binder {
    norni_roberta *r;
    matrix *matrix; /* (n) */
    size_t n;
} binder;

static norn_status fail_shape(norn_err *err, const char *name, const norni_tensor *t,
                              const size_t want[2], size_t n_dims) {
    const size_t *is = t->dim;
    if (t->n_dims == 2 && n_dims == 2)
        return norn_fail(err, NORN_E_FORMAT,
                         "model.safetensors: %s is (%zu, %zu), config.json wants (%zu, %zu)", name,
                         is[0], is[1], want[0], want[1]);
    if (n_dims == 2)
        return norn_fail(err, NORN_E_FORMAT,
                         "model.safetensors: %s has %zu dimensions, config.json wants (%zu, %zu)",
                         name, t->n_dims, want[0], want[1]);
    return norn_fail(err, NORN_E_FORMAT,
                     "model.safetensors: %s has %zu values in %zu dimensions, config.json wants "
                     "(%zu)",
                     name, t->n_values, t->n_dims, want[0]);
}

/* The tensor of n_dims dimensions `want`. */
static norn_status find(const norni_roberta *r, const char *name, size_t n_dims,
                        const size_t want[2], const norni_tensor **out, norn_err *err) {
    const norni_tensor *t = norni_safetensors_find(&r->file, norni_str_of(name));
    if (t == NULL)
        return norn_fail(err, NORN_E_FORMAT,
                         "model.safetensors: %s is not there; the weights of a "
                         "RobertaForSequenceClassification are wanted",
                         name);
    if (t->type == NORNI_TENSOR_OTHER)
        return norn_fail(err, NORN_E_FORMAT,
                         "model.safetensors: %s: F32, F16 and BF16 are read, no other type", name);
    bool same = t->n_dims == n_dims;
    for (size_t k = 0; same && k < n_dims; k++)
        same = t->dim[k] == want[k];
    if (!same) return fail_shape(err, name, t, want, n_dims);
    *out = t;
    return NORN_OK;
}

static norn_status check_finite(const float *x, size_t n, norni_str name, norn_err *err) {
    bool bad = false;
    for (size_t k = 0; k < n; k++) {
        uint32_t bits;
        memcpy(&bits, x + k, sizeof bits);
        bad |= (bits & UINT32_C(0x7F800000)) == UINT32_C(0x7F800000);
    }
    if (!bad) return NORN_OK;
    return norn_fail(err, NORN_E_DATA, "model.safetensors: %.*s has a value that is not finite",
                     (int)name.n, name.p);
}

/* n floats of the tensor `name`, copied into `to`. */
static norn_status copy_vector(norni_roberta *r, const char *name, size_t n, float *to,
                               norn_err *err) {
    const norni_tensor *t = NULL;
    const size_t want[2] = {n, 0};
    NORN_TRY(find(r, name, 1, want, &t, err));
    norni_tensor_floats(t, 0, n, to);
    return check_finite(to, n, t->name, err);
}

static norn_status get_floats(norni_roberta *r, size_t n, float **out, norn_err *err) {
    *out = norni_arena_get(&r->arena, n, sizeof **out);
    return *out != NULL ? NORN_OK : norni_alloc_fail(err, "roberta", n, sizeof **out);
}

static norn_status bind_norm(norni_roberta *r, const char *stem, norni_roberta_norm *out,
                             norn_err *err) {
    const size_t n = (size_t)r->config.hidden;
    char name[NAME];
    float *both;
    NORN_TRY(get_floats(r, 2 * n, &both, err));
    (void)norni_format(name, sizeof name, "%s.LayerNorm.weight", stem);
    NORN_TRY(copy_vector(r, name, n, both, err));
    (void)norni_format(name, sizeof name, "%s.LayerNorm.bias", stem);
    NORN_TRY(copy_vector(r, name, n, both + n, err));
    *out = (norni_roberta_norm){both, both + n};
    return NORN_OK;
}

/* Parts stem[0] … of (n, k) each, as one matrix of kind `kind`; packed later. */
static norn_status bind_linear(binder *b, const char *const *stem, size_t n_parts, size_t n,
                               size_t k, norni_packed_kind kind, norni_roberta_linear *out,
                               norn_err *err) {
    norni_roberta *r = b->r;
    matrix *m = &b->matrix[b->n++];
    char name[NAME];
    float *bias;
    *m = (matrix){.to = &out->w, .n_parts = n_parts};
    NORN_TRY(get_floats(r, n_parts * n, &bias, err));
    for (size_t p = 0; p < n_parts; p++) {
        const size_t want[2] = {n, k};
        (void)norni_format(name, sizeof name, "%s.weight", stem[p]);
        NORN_TRY(find(r, name, 2, want, &m->part[p], err));
        (void)norni_format(name, sizeof name, "%s.bias", stem[p]);
        NORN_TRY(copy_vector(r, name, n, bias + p * n, err));
    }
    *out = (norni_roberta_linear){.w = {.kind = kind, .n = n_parts * n, .k = k}, .bias = bias};
    return NORN_OK;
}

static norni_packed_kind kind_of(norni_precision p) {
    return p == NORNI_PRECISION_INT8   ? NORNI_PACKED_S8
           : p == NORNI_PRECISION_BF16 ? NORNI_PACKED_BF16
                                       : NORNI_PACKED_F32;
}

static norn_status bind_layer(binder *b, size_t l, norn_err *err) {
    norni_roberta *r = b->r;
    norni_roberta_layer *to = &r->layer[l];
    const size_t h = (size_t)r->config.hidden, inner = (size_t)r->config.inner;
    const norni_packed_kind kind = kind_of(r->opt.precision);
    static const char *const leaf[6] = {"attention.self.query", "attention.self.key",
                                        "attention.self.value", "attention.output",
                                        "intermediate.dense",   "output"};
    char stem[6][NAME], dense[2][NAME];
    const char *name[6];
    for (size_t k = 0; k < 6; k++) {
        (void)norni_format(stem[k], NAME, "roberta.encoder.layer.%zu.%s", l, leaf[k]);
        name[k] = stem[k];
    }
    NORN_TRY(bind_norm(r, stem[3], &to->attended, err));
    NORN_TRY(bind_norm(r, stem[5], &to->done, err));
    for (size_t k = 0; k < 2; k++) {
        (void)norni_format(dense[k], NAME, "%s.dense", stem[3 + 2 * k]);
        name[3 + 2 * k] = dense[k];
    }
    NORN_TRY(bind_linear(b, name, 3, h, h, kind, &to->qkv, err));
    NORN_TRY(bind_linear(b, name + 3, 1, h, h, kind, &to->out, err));
    NORN_TRY(bind_linear(b, name + 4, 1, inner, h, kind, &to->up, err));
    return bind_linear(b, name + 5, 1, h, inner, kind, &to->down, err);
}

static norn_status bind_embeddings(norni_roberta *r, norn_err *err) {
    const norni_roberta_config *c = &r->config;
    const size_t h = (size_t)c->hidden;
    const size_t word[2] = {(size_t)c->vocab, h}, position[2] = {(size_t)c->positions, h},
                 type[2] = {(size_t)c->types, h};
    const norni_tensor *t = NULL;
    float *first;
    NORN_TRY(find(r, "roberta.embeddings.word_embeddings.weight", 2, word, &r->word, err));
    NORN_TRY(
        find(r, "roberta.embeddings.position_embeddings.weight", 2, position, &r->position, err));
    NORN_TRY(find(r, "roberta.embeddings.token_type_embeddings.weight", 2, type, &t, err));
    NORN_TRY(get_floats(r, h, &first, err));
    norni_tensor_floats(t, 0, h, first); /* a text alone is of type 0 */
    r->type = first;
    NORN_TRY(check_finite(first, h, t->name, err));
    return bind_norm(r, "roberta.embeddings", &r->embedded, err);
}

static norn_status bind_head(binder *b, norn_err *err) {
    static const char *const head = "classifier.dense", *const last = "classifier.out_proj";
    norni_roberta *r = b->r;
    const size_t h = (size_t)r->config.hidden;
    NORN_TRY(bind_linear(b, &head, 1, h, h, NORNI_PACKED_F32, &r->head, err));
    return bind_linear(b, &last, 1, (size_t)r->config.n_labels, h, NORNI_PACKED_F32, &r->last, err);
}

/* ---- packing ---- */

/* One block for all matrices, cut at multiples of 64. */
static norn_status cut_memory(binder *b, norn_err *err) {
    norni_roberta *r = b->r;
    size_t total = 64, at = 0;
    for (size_t k = 0; k < b->n; k++) /* up to 32 times its bytes in the file: no overflow */
        total +=
            (norni_packed_bytes(b->matrix[k].to->kind, b->matrix[k].to->n, b->matrix[k].to->k) +
             63) /
            64 * 64;
    r->packed = norni_alloc_get(&r->alloc, total, 1);
    if (r->packed == NULL) return norni_alloc_fail(err, "roberta", total, 1);
    r->n_packed = total;
    char *base = (char *)r->packed + (64 - (uintptr_t)r->packed % 64) % 64;
    for (size_t k = 0; k < b->n; k++) {
        norni_packed *p = b->matrix[k].to;
        p->data = base + at;
        at += (norni_packed_bytes(p->kind, p->n, p->k) + 63) / 64 * 64;
    }
    return NORN_OK;
}

static norn_status pack_one(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const binder *b = arg;
    const matrix *m = &b->matrix[item];
    const size_t n_values = m->part[0]->n_values;
    float *w = norni_arena_get(&worker->arena, m->n_parts * n_values, sizeof *w);
    if (w == NULL) return norni_alloc_fail(err, "roberta", m->n_parts * n_values, sizeof *w);
    for (size_t p = 0; p < m->n_parts; p++) {
        norni_tensor_floats(m->part[p], 0, n_values, w + p * n_values);
        norni_tensor_release(&b->r->file, m->part[p]);
        NORN_TRY(check_finite(w + p * n_values, n_values, m->part[p]->name, err));
    }
    norni_packed_put(m->to, w, m->to->k, 0, m->to->n);
    return NORN_OK;
}

norn_status norni_roberta_bind(norn_ctx *ctx, norni_roberta *r, norn_err *err) {
    const size_t n_layers = (size_t)r->config.layers, n = 4 * n_layers + 2;
    binder b = {.r = r};
    r->layer = norni_arena_zero(&r->arena, n_layers, sizeof *r->layer);
    b.matrix = norni_arena_zero(&r->arena, n, sizeof *b.matrix);
    if (r->layer == NULL || b.matrix == NULL)
        return norni_alloc_fail(err, "roberta", n, sizeof *b.matrix);
    NORN_TRY(bind_embeddings(r, err));
    NORN_TRY(bind_head(&b, err)); /* first: a model without one is soon told */
    for (size_t l = 0; l < n_layers; l++)
        NORN_TRY(bind_layer(&b, l, err));
    NORN_TRY(cut_memory(&b, err));
    return norni_for(ctx, NULL, b.n, pack_one, &b, NULL, err);
}
