/* Where bytes come from: files, pipes, gzip and Zstandard, and what is said when they fail midway. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "io/decoder.h"
#include "io/panel_read.h"
#include "io/source.h"
#include "io/spool.h"

enum { N = 300000 };
static char *plain;
static norn_ctx *ctx;
static char folder[] = "/tmp/norn_source_XXXXXX", path[64];

static int set_up(void **state) {
    (void)state;
    plain = malloc(N);
    if (plain == NULL || mkdtemp(folder) == NULL) return -1;
    for (size_t i = 0; i < N; i++)
        plain[i] = (char)('a' + norni_rng_u64((norni_rng){3, 0}, i) % 20);
    snprintf(path, sizeof path, "%s/data", folder);
    return norn_ctx_new(NULL, &ctx, NULL) == NORN_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    free(plain);
    norn_ctx_free(ctx);
    (void)unlink(path);
    return rmdir(folder);
}

static void write_file(const void *p, size_t n) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* Reads all of the source in uneven steps. */
static norn_status read_all(norni_source *s, norni_buf *out, norn_err *err) {
    for (size_t step = 1;; step = step * 3 % 70001 + 1) {
        size_t got = 0;
        assert_true(norni_buf_reserve(out, step));
        const norn_status st = norni_source_read(s, out->p + out->n, step, &got, err);
        if (st != NORN_OK) return st;
        if (got == 0) return NORN_OK;
        out->n += got;
    }
}

static void expect_plain(norni_source *s, size_t n) {
    norn_alloc alloc = norni_alloc_default();
    norni_buf b;
    norni_buf_init(&b, &alloc);
    assert_int_equal(read_all(s, &b, NULL), NORN_OK);
    assert_int_equal(b.n, n);
    if (n > 0) assert_memory_equal(b.p, plain, n);
    norni_buf_clear(&b);
}

/* The text in three members or frames, one of them empty. */
static void encode(norni_codec codec, norni_buf *b) {
    assert_int_equal(norni_encode(codec, plain, 1000, b, NULL), NORN_OK);
    assert_int_equal(norni_encode(codec, plain, 0, b, NULL), NORN_OK);
    assert_int_equal(norni_encode(codec, plain + 1000, N - 1000, b, NULL), NORN_OK);
}

static void every_codec(void **state) {
    (void)state;
    for (int codec = NORNI_CODEC_NONE; codec <= NORNI_CODEC_ZSTD; codec++) {
        norn_alloc alloc = norni_alloc_default();
        norni_buf b;
        norni_source *s = NULL;
        norni_buf_init(&b, &alloc);
        encode((norni_codec)codec, &b);
        if (codec != NORNI_CODEC_NONE) assert_true(b.n < N);
        write_file(b.p, b.n);
        assert_int_equal(norni_source_open(ctx, path, NULL, &s, NULL), NORN_OK);
        expect_plain(s, N);
        assert_true(norni_source_can_rewind(s));
        assert_int_equal(norni_source_rewind(s, NULL), NORN_OK);
        expect_plain(s, N);
        norni_source_close(s);
        assert_int_equal(norni_source_bytes(ctx, b.p, b.n, NULL, &s, NULL), NORN_OK);
        expect_plain(s, N);
        norni_source_close(s);
        norni_buf_clear(&b);
    }
}

/* Cut or spoilt at many places: an error with words, never wrong bytes that pass for right ones. */
static void damaged_codecs(void **state) {
    (void)state;
    for (int codec = NORNI_CODEC_GZIP; codec <= NORNI_CODEC_ZSTD; codec++) {
        norn_alloc alloc = norni_alloc_default();
        norni_buf b, out;
        norni_buf_init(&b, &alloc);
        norni_buf_init(&out, &alloc);
        assert_int_equal(norni_encode((norni_codec)codec, plain, N, &b, NULL), NORN_OK);
        for (size_t cut = 5; cut < b.n; cut += b.n / 37) {
            norni_source *s = NULL;
            norn_err err = {NORN_OK, ""};
            out.n = 0;
            assert_int_equal(norni_source_bytes(ctx, b.p, cut, NULL, &s, NULL), NORN_OK);
            assert_int_equal(read_all(s, &out, &err), NORN_E_FORMAT);
            assert_non_null(strstr(err.text, "damaged"));
            norni_source_close(s);
        }
        b.p[b.n / 2] = (char)(b.p[b.n / 2] ^ 0x55);
        norni_source *s = NULL;
        out.n = 0;
        assert_int_equal(norni_source_bytes(ctx, b.p, b.n, NULL, &s, NULL), NORN_OK);
        const norn_status st = read_all(s, &out, NULL);
        assert_true(st == NORN_E_FORMAT || memcmp(out.p, plain, N) != 0);
        norni_source_close(s);
        norni_buf_clear(&b);
        norni_buf_clear(&out);
    }
}

static void growing_and_shrinking(void **state) {
    (void)state;
    for (int grow = 0; grow < 2; grow++) {
        norni_source *s = NULL;
        norn_alloc alloc = norni_alloc_default();
        norni_buf b;
        norn_err err = {NORN_OK, ""};
        char first[100];
        size_t got;
        norni_buf_init(&b, &alloc);
        write_file(plain, N);
        assert_int_equal(norni_source_open(ctx, path, NULL, &s, NULL), NORN_OK);
        assert_int_equal(norni_source_read(s, first, sizeof first, &got, NULL), NORN_OK);
        assert_int_equal(truncate(path, grow ? N + 10 : N / 2), 0);
        assert_int_equal(read_all(s, &b, &err), NORN_E_IO);
        assert_non_null(strstr(err.text, "changed while it was read"));
        norni_source_close(s);
        norni_buf_clear(&b);
    }
}

/* A removed file is read to its end: the descriptor holds it. */
static void vanishing(void **state) {
    (void)state;
    norni_source *s = NULL;
    write_file(plain, N);
    assert_int_equal(norni_source_open(ctx, path, NULL, &s, NULL), NORN_OK);
    assert_int_equal(unlink(path), 0);
    expect_plain(s, N);
    norni_source_close(s);
}

static void long_pipes(void **state) {
    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        norni_source *s = NULL;
        const norni_source_opt opt = {.keep_bytes = keep ? N : 70000};
        (void)unlink(path);
        assert_int_equal(mkfifo(path, 0600), 0);
        const pid_t pid = fork();
        if (pid == 0) {
            const int fd = open(path, O_WRONLY);
            for (size_t done = 0; fd >= 0 && done < N;) {
                const ssize_t n = write(fd, plain + done, N - done < 5000 ? N - done : 5000);
                if (n <= 0) _exit(1);
                done += (size_t)n;
            }
            _exit(0);
        }
        assert_int_equal(norni_source_open(ctx, path, &opt, &s, NULL), NORN_OK);
        expect_plain(s, N);
        norn_err err = {NORN_OK, ""};
        /* keep == N: the end was not seen yet when N bytes were kept, so it cannot be known */
        if (!norni_source_can_rewind(s)) {
            assert_int_equal(norni_source_rewind(s, &err), NORN_E_LIMIT);
            assert_non_null(strstr(err.text, "only once"));
        }
        norni_source_close(s);
    }
    (void)unlink(path);
    write_file(plain, 1);
}

static void spools(void **state) {
    (void)state;
    norn_alloc alloc = norni_alloc_default();
    for (size_t keep = 0; keep <= N; keep = keep * 17 + 100) {
        norni_spool s;
        static char back[N];
        norni_spool_init(&s, &alloc, keep);
        for (size_t at = 0, step = 1; at < N; step = step * 5 % 9001 + 1) {
            const size_t n = N - at < step ? N - at : step;
            assert_int_equal(norni_spool_add(&s, plain + at, n, NULL), NORN_OK);
            at += n;
        }
        assert_int_equal(norni_spool_size(&s), N);
        for (size_t at = 0; at < N; at += N / 7) {
            assert_int_equal(norni_spool_read(&s, at, back, N - at, NULL), NORN_OK);
            assert_memory_equal(back, plain + at, N - at);
        }
        norni_spool_clear(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_codec),
                                       cmocka_unit_test(damaged_codecs),
                                       cmocka_unit_test(growing_and_shrinking),
                                       cmocka_unit_test(vanishing),
                                       cmocka_unit_test(long_pipes),
                                       cmocka_unit_test(spools)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
