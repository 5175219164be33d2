/* Tweets a second of one core: the tokeniser, VADER, the default model. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: bench_sentiment FILE, a text a line (a CSV's lines do): CPU time, the best of five rounds. */
#include <string.h>

#include "bench_spent.h"
#include "text/tweet_model.h"
#include "text/tweet_tokens.h"

enum { ROUNDS = 5 };

static void stop_on(norn_status st, const norn_err *err) {
    if (st == NORN_OK) return;
    fprintf(stderr, "bench_sentiment: %s\n", err->text);
    exit(1);
}

static char *read_all(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    *n = 0;
    for (size_t got = 1; f != NULL && got > 0;) {
        char *more = realloc(text, *n + (1 << 20));
        if (more == NULL) exit(1);
        text = more;
        got = fread(text + *n, 1, 1 << 20, f);
        *n += got;
    }
    if (f != NULL) (void)fclose(f);
    return text;
}

static norni_str *lines_of(const char *text, size_t size, size_t *n) {
    size_t cap = 1;
    for (size_t k = 0; k < size; k++)
        cap += text[k] == '\n';
    norni_str *line = calloc(cap, sizeof *line);
    if (line == NULL) exit(1);
    *n = 0;
    for (const char *at = text, *end = text + size; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL) stop = end;
        line[(*n)++] = (norni_str){at, (size_t)(stop - at)};
        at = stop + 1;
    }
    return line;
}

static void say(const char *what, double seconds, size_t n, size_t bytes) {
    printf("%-10s %9.0f tweets/s, %6.1f MB/s, %5.2f us a tweet\n", what, (double)n / seconds,
           (double)bytes * 1e-6 / seconds, seconds * 1e6 / (double)n);
}

static void time_tokens(const norni_str *line, size_t n, size_t bytes) {
    const norn_alloc alloc = norni_alloc_default();
    spent least = {1e300, 1e300};
    norni_arena arena;
    norn_err err;
    norni_arena_init(&arena, &alloc);
    for (int r = 0; r < ROUNDS; r++) {
        const spent start = now();
        for (size_t i = 0; i < n; i++) {
            norni_tweet_token *t;
            size_t n_tokens;
            norni_arena_reset(&arena);
            stop_on(norni_tweet_tokens(line[i], &arena, &t, &n_tokens, &err), &err);
        }
        keep_least(&least, start);
    }
    norni_arena_clear(&arena);
    say("tokens", least.cores, n, bytes);
}

static void time_model(norn_ctx *ctx, norni_sentiment_model m, const norni_str *line, size_t n,
                       size_t bytes) {
    norni_sentiment *out = calloc(n, sizeof *out);
    spent least = {1e300, 1e300};
    norn_err err;
    if (out == NULL) exit(1);
    for (int r = 0; r < ROUNDS; r++) {
        const spent start = now();
        stop_on(m.score(ctx, NULL, m.self, line, n, out, &err), &err);
        keep_least(&least, start);
    }
    say(m.name, least.cores, n, bytes);
    free(out);
    norni_sentiment_free(&m);
}

int main(int argc, char **argv) {
    const norn_alloc alloc = norni_alloc_default();
    norn_ctx_opt opt = norn_ctx_opt_default();
    norni_sentiment_model m;
    norn_ctx *ctx;
    norn_err err;
    size_t size = 0, n = 0;
    char *text = argc == 2 ? read_all(argv[1], &size) : NULL;
    if (text == NULL || size == 0) {
        fprintf(stderr, "bench_sentiment FILE: a text a line\n");
        return 2;
    }
    norni_str *line = lines_of(text, size, &n);
    opt.n_threads = 1;
    stop_on(norn_ctx_new(&opt, &ctx, &err), &err);
    printf("%zu lines of %.0f bytes\n", n, (double)size / (double)n);
    time_tokens(line, n, size);
    stop_on(norni_vader_model(&alloc, (norni_str){"", 0}, &m, &err), &err);
    time_model(ctx, m, line, n, size);
    const spent start = now();
    stop_on(norni_tweet_model_default(&alloc, &m, &err), &err);
    printf("default model made in %.1f ms\n", (now().cores - start.cores) * 1e3);
    time_model(ctx, m, line, n, size);
    norn_ctx_free(ctx);
    free(line);
    free(text);
    return 0;
}
