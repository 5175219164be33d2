/* Fuzzing a RoBERTa folder: any config.json, vocabulary and merges beside a small model's weights give an error, or finite logits. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The weights are the 16-hidden model's of tests/text/made_roberta.c, so that a config that fits them is run; another is refused for its shapes. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../text/made_roberta.h"
#include "text/roberta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

static char folder[64];

static void remove_folder(void) {
    made_remove(folder);
}

static void make_folder(void) {
    static const made_roberta small = {16, 1, 2, 24, 64, 12, 3, MADE_F32, 1e-5, 2, NULL};
    static const char shape[] = "/tmp/norn-fuzz-roberta-XXXXXX";
    if (folder[0] != '\0') return;
    memcpy(folder, shape, sizeof shape);
    demand(mkdtemp(folder) != NULL && made_roberta_write(folder, &small));
    demand(atexit(remove_folder) == 0);
}

static void put_file(const char *name, norni_str bytes) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    demand(f != NULL && fwrite(bytes.p, 1, bytes.n, f) == bytes.n);
    demand(fclose(f) == 0);
}

static void run(norn_ctx *ctx, const norni_roberta *r) {
    static const char text[] = "ab a!b @you http://x \xF0\x9F\x9A\x80 \xFF abababababab";
    const norni_str texts[2] = {{text, sizeof text - 1}, {"", 0}};
    const size_t n_labels = norni_roberta_n_labels(r);
    float logits[2 * 64];
    norn_err err;
    demand(n_labels >= 1 && n_labels <= 64);
    for (size_t k = 0; k < n_labels; k++)
        demand(norni_roberta_label(r, k).n > 0);
    const norn_status st = norni_roberta_logits(ctx, NULL, r, texts, 2, logits, NULL, &err);
    demand(st == NORN_OK || st == NORN_E_DATA);
    for (size_t k = 0; st == NORN_OK && k < 2 * n_labels; k++)
        demand(__builtin_isfinite(logits[k]));
}

/* config.json, a NUL, vocab.json, a NUL, merges.txt. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const name[3] = {"config.json", "vocab.json", "merges.txt"};
    const char *at = (const char *)data, *end = at + size;
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_roberta *r = NULL;
    norni_sentiment_model model;
    norn_err err = {NORN_OK, ""};
    if (size == 0) return 0;
    make_folder();
    for (size_t k = 0; k < 3; k++) {
        const char *stop = k < 2 ? memchr(at, '\0', (size_t)(end - at)) : NULL;
        put_file(name[k], (norni_str){at, (size_t)((stop ? stop : end) - at)});
        at = stop ? stop + 1 : end;
    }
    opt.n_threads = 1;
    demand(norn_ctx_new(&opt, &ctx, NULL) == NORN_OK);
    const norni_roberta_opt how = {.precision = (norni_precision)(size % 2)};
    const norn_status st = norni_roberta_open(ctx, folder, &how, &r, &err);
    demand((st == NORN_OK) == (r != NULL));
    demand(st == NORN_OK || (err.text[0] != '\0' && st != NORN_E_INTERNAL && st != NORN_E_IO));
    if (r != NULL) {
        run(ctx, r);
        (void)!norni_roberta_model(r, &model, &err);
        norni_roberta_free(r);
    }
    norn_ctx_free(ctx);
    return 0;
}
