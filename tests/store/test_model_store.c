/* The model store: what is written is found, and no damaged, foreign or newer file passes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <norn/ctx.h>

#include "base/pack.h"
#include "store/model_store.h"
#include "store/model_writer.h"

static norn_ctx *ctx;
static char folder[] = "/tmp/norn-models-XXXXXX";
static char path[64];

static int set_up(void **state) {
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/m.norn", folder);
    return norn_ctx_new(NULL, &ctx, NULL) == NORN_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    (void)unlink(path);
    norn_ctx_free(ctx);
    return rmdir(folder); /* nothing else may be left in it */
}

/* Key and payload of record i: lengths of 0 and many among them. */
static norni_str key_of(size_t i, char *buf) {
    if (i == 7) return (norni_str){"", 0};
    return (norni_str){buf, (size_t)snprintf(buf, 64, "series-%zu", i * i)};
}

static norni_str payload_of(size_t i, char *buf) {
    const size_t n = i == 11 ? 100000 : i % 200;
    for (size_t k = 0; k < n; k++)
        buf[k] = (char)(i * 31 + k * k);
    return (norni_str){buf, n};
}

static void write_store(size_t n) {
    norni_model_writer w;
    norni_buf frames;
    char key[64];
    char *payload = malloc(100000);
    assert_non_null(payload);
    assert_int_equal(norni_model_writer_open(&w, &ctx->alloc, path, NULL), NORN_OK);
    assert_int_equal(
        norni_model_writer_head(&w, norni_str_of("9.8.7"), norni_str_of("the header"), NULL),
        NORN_OK);
    norni_buf_init(&frames, &ctx->alloc);
    for (size_t i = 0; i < n; i++) {
        norni_model_frame(&frames, key_of(i, key), payload_of(i, payload));
        if (i % 3 != 2 && i + 1 != n) continue; /* in handfuls */
        assert_int_equal(
            norni_model_writer_add(&w, (norni_str){frames.p, frames.n}, i % 3 + 1, NULL), NORN_OK);
        frames.n = 0;
    }
    assert_false(frames.failed);
    norni_buf_clear(&frames);
    free(payload);
    assert_int_equal(norni_model_writer_commit(&w, NULL), NORN_OK);
    norni_model_writer_abort(&w);
}

typedef struct walk {
    size_t next;
    char payload[100000];
} walk;

static norn_status see(void *arg, uint64_t at, norni_str key, norni_str payload, norn_err *err) {
    (void)err;
    walk *w = arg;
    char buf[64];
    assert_int_equal(at, w->next);
    assert_int_equal(norni_str_cmp(key, key_of(w->next, buf)), 0);
    assert_int_equal(norni_str_cmp(payload, payload_of(w->next, w->payload)), 0);
    w->next++;
    return NORN_OK;
}

static void check_store(size_t n) {
    norni_model_store *s = NULL;
    norni_arena arena;
    walk *w = calloc(1, sizeof *w);
    char buf[64];
    norni_str found;
    bool have = false;
    uint64_t at = 0;
    assert_non_null(w);
    norni_arena_init(&arena, &ctx->alloc);
    assert_int_equal(norni_model_store_open(ctx, path, &s, NULL), NORN_OK);
    assert_true(norni_str_is(norni_model_store_engine(s), "9.8.7"));
    assert_true(norni_str_is(norni_model_store_header(s), "the header"));
    assert_int_equal(norni_model_store_n(s), n);
    for (size_t i = 0; i < n + 50; i++) {
        norni_arena_reset(&arena);
        assert_int_equal(norni_model_store_get(s, key_of(i, buf), &arena, &found, &at, &have, NULL),
                         NORN_OK);
        assert_int_equal(have, i < n);
        if (!have) continue;
        assert_int_equal(at, i);
        assert_int_equal(norni_str_cmp(found, payload_of(i, w->payload)), 0);
    }
    assert_int_equal(norni_model_store_each(s, see, w, NULL), NORN_OK);
    assert_int_equal(w->next, n);
    norni_model_store_close(s);
    norni_arena_clear(&arena);
    free(w);
}

static void found_again(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 8, 767, 768, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        write_store(sizes[i]);
        check_store(sizes[i]);
    }
}

static norni_buf read_file(void) {
    norni_buf b;
    char part[4096];
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    norni_buf_init(&b, &ctx->alloc);
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        norni_buf_add(&b, part, n);
    (void)fclose(f);
    return b;
}

static void put_file(const char *p, size_t n) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static norn_err refused(const char *p, size_t n) {
    norni_model_store *s = NULL;
    norn_err err = {NORN_OK, ""};
    put_file(p, n);
    assert_int_equal(norni_model_store_open(ctx, path, &s, &err), NORN_E_FORMAT);
    assert_null(s);
    assert_non_null(strstr(err.text, path));
    return err;
}

/* Cut at every byte, every bit changed once: never taken for whole. */
static void damage(void **state) {
    (void)state;
    write_store(6);
    norni_buf b = read_file();
    for (size_t n = 0; n < b.n; n++) {
        const norn_err err = refused(b.p, n);
        assert_non_null(strstr(err.text, n < 16 ? "no model store" : "cut short"));
    }
    for (size_t i = 0; i < b.n; i++) {
        b.p[i] ^= (char)(1 << i % 8);
        (void)refused(b.p, b.n);
        b.p[i] ^= (char)(1 << i % 8);
    }
    norni_buf_add(&b, "x", 1);
    assert_non_null(strstr(refused(b.p, b.n).text, "behind its end"));
    norni_buf_clear(&b);
}

static void other_files(void **state) {
    (void)state;
    norni_model_store *s = NULL;
    norn_err err = {NORN_OK, ""};
    norni_buf b;
    const char *csv = "unique_id,ds,y\nA,2020-01-01,1\nA,2020-02-01,2\n";
    assert_non_null(strstr(refused(csv, strlen(csv)).text, "no model store"));
    norni_buf_init(&b, &ctx->alloc);
    norni_buf_text(&b, "NORNMODL"); /* a later version keeps these three */
    norni_pack_u32(&b, 2);
    norni_pack_str(&b, norni_str_of("12.0"));
    norni_buf_text(&b, "whatever follows");
    err = refused(b.p, b.n);
    assert_non_null(strstr(err.text, "norn 12.0"));
    assert_non_null(strstr(err.text, "format 2; this version reads format 1"));
    norni_buf_clear(&b);
    assert_int_equal(norni_model_store_open(ctx, folder, &s, &err), NORN_E_IO);
    assert_int_equal(norni_model_store_open(ctx, "/tmp/no such/m", &s, &err), NORN_E_IO);
    assert_int_equal(norni_model_store_open(ctx, "/dev/null", &s, &err), NORN_E_IO);
    assert_non_null(strstr(err.text, "not a regular file"));
}

/* Whole by its checksums, but with one key twice. */
static void twice(void **state) {
    (void)state;
    norni_model_writer w;
    norni_buf frames;
    norni_buf_init(&frames, &ctx->alloc);
    for (int k = 0; k < 2; k++)
        norni_model_frame(&frames, norni_str_of("same"), norni_str_of(k ? "a" : "b"));
    assert_int_equal(norni_model_writer_open(&w, &ctx->alloc, path, NULL), NORN_OK);
    assert_int_equal(norni_model_writer_head(&w, norni_str_of("1"), norni_str_of(""), NULL),
                     NORN_OK);
    assert_int_equal(norni_model_writer_add(&w, (norni_str){frames.p, frames.n}, 2, NULL), NORN_OK);
    assert_int_equal(norni_model_writer_commit(&w, NULL), NORN_OK);
    norni_buf_clear(&frames);
    norni_buf b = read_file();
    assert_non_null(strstr(refused(b.p, b.n).text, "stands twice"));
    norni_buf_clear(&b);
}

static void writing(void **state) {
    (void)state;
    norni_model_writer w;
    norn_err err = {NORN_OK, ""};
    assert_int_equal(norni_model_writer_open(&w, &ctx->alloc, "-", &err), NORN_E_ARG);
    assert_int_equal(norni_model_writer_open(&w, &ctx->alloc, "m.zst", &err), NORN_E_ARG);
    norni_model_writer_abort(&w); /* never open */
    assert_int_equal(norni_model_writer_open(&w, &ctx->alloc, "/tmp/no such/m", &err), NORN_E_IO);
    put_file("precious", 8);
    assert_int_equal(norni_model_writer_open(&w, &ctx->alloc, path, &err), NORN_OK);
    assert_int_equal(norni_model_writer_head(&w, norni_str_of("1"), norni_str_of(""), &err),
                     NORN_OK);
    norni_model_writer_abort(&w); /* the old file stands */
    norni_buf b = read_file();
    assert_true(b.n == 8 && memcmp(b.p, "precious", 8) == 0);
    norni_buf_clear(&b);
    assert_int_equal(norni_model_writer_open(&w, &ctx->alloc, "/dev/full", &err), NORN_OK);
    assert_int_equal(norni_model_writer_head(&w, norni_str_of("1"), norni_str_of(""), &err),
                     NORN_E_IO);
    norni_model_writer_abort(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(found_again), cmocka_unit_test(damage),
                                       cmocka_unit_test(other_files), cmocka_unit_test(twice),
                                       cmocka_unit_test(writing)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
