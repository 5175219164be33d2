/* Fuzzing safetensors files: any bytes give an error or tensors that lie inside them, side by side, each found by its name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "text/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

static void check_tensor(const norni_safetensors *s, const norni_tensor *t, const uint8_t *data,
                         size_t size) {
    static volatile unsigned char sink;
    demand(t->data >= data + 10 && t->data <= data + size);
    demand(t->n_bytes <= (size_t)(data + size - t->data));
    demand(t->n_dims <= 8 && t->n_values <= t->n_bytes);
    demand(norni_safetensors_find(s, t->name) == t);
    for (size_t k = 0; k < t->n_bytes; k++)
        sink = (unsigned char)(sink + t->data[k]);
    if (t->type == NORNI_TENSOR_OTHER) return;
    float x[16];
    for (size_t at = 0, n; at < t->n_values; at += n) {
        n = t->n_values - at < 16 ? t->n_values - at : 16;
        norni_tensor_floats(t, at, n, x);
    }
}

/* The file as it is; and, so that the header's text is reached more often, behind a length that fits. */
static void read_file(const norn_alloc *alloc, const uint8_t *data, size_t size) {
    norni_safetensors s;
    norn_err err = {NORN_OK, ""};
    size_t total = 0;
    const norn_status st =
        norni_safetensors_parse(alloc, (norni_str){(const char *)data, size}, &s, &err);
    demand(st == NORN_OK || st == NORN_E_FORMAT || st == NORN_E_LIMIT);
    if (st != NORN_OK) {
        demand(err.text[0] != '\0' && s.n == 0);
        return;
    }
    for (size_t k = 0; k < s.n; k++) {
        check_tensor(&s, &s.tensor[k], data, size);
        total += s.tensor[k].n_bytes;
    }
    demand(total <= size);
    norni_safetensors_close(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const norn_alloc alloc = norni_alloc_default();
    read_file(&alloc, data, size);
    size_t n = 0; /* the header: up to the last brace */
    for (size_t k = 8; k < size; k++)
        if (data[k] == '}') n = k - 7;
    uint8_t *fitted = malloc(size + 1);
    if (fitted == NULL || size < 10) {
        free(fitted);
        return 0;
    }
    memcpy(fitted, data, size);
    for (size_t k = 0; k < 8; k++)
        fitted[k] = (uint8_t)((uint64_t)n >> 8 * k);
    read_file(&alloc, fitted, size);
    free(fitted);
    return 0;
}
