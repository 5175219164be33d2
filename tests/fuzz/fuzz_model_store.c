/* Fuzzing kept models: any bytes as a store's file, as its header and a record under right checksums,
 * as one model's state. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses: 'F' the rest is a file; 'H' the rest is a header and, behind the first
 * 0xFF 0xFE, a record; else the second byte chooses a model and the rest is its state. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/forecast_models.h"
#include "app/registry.h"
#include "base/pack.h"
#include "store/model_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

typedef struct watched {
    const norni_models *m;
    norni_arena arena;
    uint64_t n;
} watched;

static norn_status see(void *arg, uint64_t at, norni_str key, norni_str payload, norn_err *err) {
    watched *w = arg;
    norni_str again;
    norni_kept_series k;
    bool found = false;
    uint64_t number = 0;
    demand(at == w->n++);
    norni_arena_reset(&w->arena);
    demand(norni_model_store_get(w->m->store, key, &w->arena, &again, &number, &found, err) ==
           NORN_OK);
    demand(found && number == at && norni_str_cmp(again, payload) == 0);
    const norn_status st = norni_kept_unpack(payload, w->m->n_columns, &w->arena, &k, err);
    demand(st == NORN_OK || st == NORN_E_FORMAT);
    if (st != NORN_OK) return NORN_OK;
    norni_buf b; /* what was read is written the same */
    norni_buf_init(&b, w->arena.alloc);
    norni_kept_pack(&k, &b);
    demand(!b.failed && norni_str_cmp((norni_str){b.p, b.n}, payload) == 0);
    norni_buf_clear(&b);
    for (int64_t h = 0; h < 3; h++)
        (void)norni_freq_at(k.freq, norni_kept_end(&k), h);
    return NORN_OK;
}

static void open_file(norn_ctx *ctx, const char *p, size_t n) {
    char path[64];
    norni_models m;
    norn_err err = {NORN_OK, ""};
    const int fd = memfd_create("store", MFD_CLOEXEC);
    demand(fd >= 0 && write(fd, p, n) == (ssize_t)n);
    norni_format(path, sizeof path, "/proc/self/fd/%d", fd);
    const norn_status st = norni_models_open(ctx, path, &m, &err);
    demand(st == NORN_OK || st == NORN_E_FORMAT);
    demand(st == NORN_OK || err.text[0] != '\0');
    if (st == NORN_OK) {
        watched w = {.m = &m};
        norni_panel panel;
        norni_arena_init(&w.arena, &ctx->alloc);
        demand(norni_model_store_each(m.store, see, &w, &err) == NORN_OK);
        demand(w.n == norni_model_store_n(m.store));
        norni_arena_clear(&w.arena);
        if (norni_models_panel(ctx, &m, &panel, &err) == NORN_OK) norni_panel_clear(&panel);
    }
    norni_models_clear(&m);
    close(fd);
}

/* A file whose checksums are right. */
static void open_parts(norn_ctx *ctx, norni_str header, norni_str record) {
    norni_buf b;
    norni_hash_stream h;
    norni_buf_init(&b, &ctx->alloc);
    norni_buf_add(&b, MODEL_MAGIC, MODEL_MAGIC_SIZE);
    norni_pack_u32(&b, MODEL_FORMAT);
    norni_pack_str(&b, norni_str_of("0"));
    norni_pack_str(&b, header);
    norni_pack_i64(&b, (int64_t)norni_hash64(b.p, b.n));
    norni_model_frame(&b, norni_str_of("id"), record);
    norni_model_frame(&b, norni_str_of("jd"), record);
    norni_pack_u32(&b, MODEL_END_MARK);
    norni_pack_i64(&b, 2);
    norni_hash_stream_init(&h);
    norni_hash_stream_add(&h, b.p, b.n);
    norni_pack_i64(&b, (int64_t)norni_hash_stream_get(&h).lo);
    demand(!b.failed);
    open_file(ctx, b.p, b.n);
    norni_buf_clear(&b);
}

static void predict(const norni_model *m, norni_env *env, const void *state) {
    double mean[3], sd[3];
    char text[256];
    norni_dist d = {.horizon = 3, .mean = mean, .sd = sd};
    (void)m->predict(env, state, 0, 3, false, &d, NULL);
    m->describe(state, 0, text, sizeof text);
}

/* A state that loads is a state: it forecasts, moves on, and is written as one that loads again. */
static void load_state(norn_ctx *ctx, const norni_model *m, norni_str saved) {
    static const double y[] = {101, 99, 1e300, 0, -5};
    const norni_series more = {.n = 5, .y = y, .horizon = 3};
    norni_arena arena;
    norni_buf b;
    void *state = NULL, *again = NULL;
    norni_arena_init(&arena, &ctx->alloc);
    norni_buf_init(&b, &ctx->alloc);
    void *opt = norni_arena_zero(&arena, 1, m->opt_size + 1);
    norni_env env = {.arena = &arena, .models = norni_registry_models()};
    demand(opt && norni_param_defaults(m->params, m->n_params, opt, &arena, NULL) == NORN_OK);
    const norn_status st = m->load(&env, opt, saved, &state, NULL);
    demand(st == NORN_OK || st == NORN_E_FORMAT);
    if (st == NORN_OK) {
        predict(m, &env, state);
        demand(m->save(state, 0, &b, NULL) == NORN_OK);
        demand(m->load(&env, opt, (norni_str){b.p, b.n}, &again, NULL) == NORN_OK);
        if (m->update(&env, again, &more, NULL) == NORN_OK) predict(m, &env, again);
    }
    norni_buf_clear(&b);
    norni_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const norni_model_set *set = norni_registry_models();
    const char *p = (const char *)data;
    norn_ctx *ctx = NULL;
    if (size < 2) return 0;
    demand(norn_ctx_new(NULL, &ctx, NULL) == NORN_OK);
    const char *cut = memmem(p, size, "\xFF\xFE", 2);
    if (p[0] == 'F') {
        open_file(ctx, p + 1, size - 1);
    } else if (p[0] == 'H' && cut != NULL) {
        open_parts(ctx, (norni_str){p + 1, (size_t)(cut - p - 1)},
                   (norni_str){cut + 2, size - (size_t)(cut - p) - 2});
    } else {
        const norni_model *m = set->models[data[1] % set->n];
        if (m->load != NULL) load_state(ctx, m, (norni_str){p + 2, size - 2});
    }
    norn_ctx_free(ctx);
    return 0;
}
