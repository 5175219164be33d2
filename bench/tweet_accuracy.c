/* How well the sentiment models judge TweetEval's validation tweets: macro-recall, accuracy, F1 of the two poles, calibration. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: NORN_DATA=DIR tweet_accuracy, or tweet_accuracy TEXTS LABELS [MODEL.bin]: a text a line, and 0 (negative), 1 or 2 a line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/tweet_model.h"

enum { BINS = 15, CLASSES = NORNI_N_SENTIMENTS };

static void stop_on(norn_status st, const norn_err *err) {
    if (st == NORN_OK) return;
    fprintf(stderr, "tweet_accuracy: %s\n", err->text);
    exit(1);
}

static norni_str read_all(const char *path) {
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    size_t n = 0;
    if (f == NULL) {
        fprintf(stderr, "tweet_accuracy: %s is not there: nothing was measured\n", path);
        exit(3);
    }
    for (size_t got = 1; got > 0;) {
        char *more = realloc(text, n + (1 << 20));
        if (more == NULL) exit(1);
        text = more;
        got = fread(text + n, 1, 1 << 20, f);
        n += got;
    }
    (void)fclose(f);
    return (norni_str){text, n};
}

static norni_str *lines_of(norni_str text, size_t *n) {
    size_t cap = 1;
    for (size_t k = 0; k < text.n; k++)
        cap += text.p[k] == '\n';
    norni_str *line = calloc(cap, sizeof *line);
    if (line == NULL) exit(1);
    *n = 0;
    for (const char *at = text.p, *end = text.p + text.n; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL) stop = end;
        line[(*n)++] = (norni_str){at, (size_t)(stop - at)};
        at = stop + 1;
    }
    return line;
}

/* Mean gap between the largest p and how often it is right, over bins of equal width. */
static double calibration_error(const norni_sentiment *s, const norni_str *label, size_t n) {
    double hit[BINS] = {0}, sum[BINS] = {0}, gap = 0;
    for (size_t i = 0; i < n; i++) {
        size_t best = 0;
        for (size_t c = 1; c < CLASSES; c++)
            if (s[i].p[c] > s[i].p[best]) best = c;
        const double p = s[i].p[best];
        const size_t bin = p < 1 ? (size_t)(p * BINS) : BINS - 1;
        sum[bin] += p;
        hit[bin] += (size_t)(label[i].p[0] - '0') == best;
    }
    for (size_t b = 0; b < BINS; b++)
        gap += fabs(hit[b] - sum[b]) / (double)n;
    return gap;
}

static void judge(norn_ctx *ctx, norni_sentiment_model m, const norni_str *line,
                  const norni_str *label, size_t n) {
    norni_sentiment *s = calloc(n, sizeof *s);
    double hit[CLASSES] = {0}, seen[CLASSES] = {0}, said[CLASSES] = {0}, f1[CLASSES], recall = 0,
           right = 0;
    norn_err err;
    if (s == NULL) exit(1);
    stop_on(m.score(ctx, NULL, m.self, line, n, s, &err), &err);
    for (size_t i = 0; i < n; i++) {
        const size_t is = (size_t)(label[i].p[0] - '0'), got = (size_t)s[i].label;
        seen[is]++;
        said[got]++;
        hit[is] += is == got;
    }
    for (size_t c = 0; c < CLASSES; c++) {
        recall += hit[c] / seen[c] / CLASSES;
        right += hit[c];
        f1[c] = 2 * hit[c] / (seen[c] + said[c]);
    }
    printf(
        "%-8s macro-recall %.4f (%.3f %.3f %.3f), accuracy %.4f, F1pn %.4f, ECE %.4f, %zu tweets\n",
        m.name, recall, hit[0] / seen[0], hit[1] / seen[1], hit[2] / seen[2], right / (double)n,
        (f1[0] + f1[2]) / 2, calibration_error(s, label, n), n);
    free(s);
    norni_sentiment_free(&m);
}

int main(int argc, char **argv) {
    const norn_alloc alloc = norni_alloc_default();
    const char *data = getenv("NORN_DATA");
    char path[2][2048];
    norni_sentiment_model m;
    norn_ctx *ctx;
    norn_err err;
    size_t n = 0, n_labels = 0;
    if (argc < 3 && data == NULL) {
        fprintf(stderr,
                "tweet_accuracy: NORN_DATA is not set: the validation tweets are absent, nothing "
                "was measured\n");
        return 3;
    }
    (void)snprintf(path[0], sizeof path[0], "%s/tweets/tweeteval_sentiment/val_text.txt",
                   data ? data : "");
    (void)snprintf(path[1], sizeof path[1], "%s/tweets/tweeteval_sentiment/val_labels.txt",
                   data ? data : "");
    const norni_str text = read_all(argc < 3 ? path[0] : argv[1]),
                    answers = read_all(argc < 3 ? path[1] : argv[2]);
    norni_str *line = lines_of(text, &n), *label = lines_of(answers, &n_labels);
    if (n == 0 || n != n_labels) {
        fprintf(stderr, "tweet_accuracy: %zu texts and %zu labels\n", n, n_labels);
        return 1;
    }
    for (size_t i = 0; i < n; i++)
        if (label[i].n < 1 || label[i].p[0] < '0' || label[i].p[0] > '2') {
            fprintf(stderr, "tweet_accuracy: label %zu is none of 0, 1, 2\n", i + 1);
            return 1;
        }
    stop_on(norn_ctx_new(NULL, &ctx, &err), &err);
    stop_on(norni_vader_model(&alloc, (norni_str){"", 0}, &m, &err), &err);
    judge(ctx, m, line, label, n);
    stop_on(argc > 3 ? norni_tweet_model_read(&alloc, read_all(argv[3]), argv[3], &m, &err)
                     : norni_tweet_model_default(&alloc, &m, &err),
            &err);
    judge(ctx, m, line, label, n);
    norn_ctx_free(ctx);
    free(line);
    free(label);
    return 0;
}
