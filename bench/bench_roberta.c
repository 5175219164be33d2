/* Tweets a second through a RoBERTa classifier, by precision and workers, beside what the matrix kernels alone reach. */
/* SPDX-License-Identifier: Apache-2.0 */
/* NORN_ROBERTA names a model's folder; without it one of roberta-base's shape and made weights is written to a temporary folder (500 MB). Every text has
 * 24 tokens and the two around them, the mean of TweetEval's. Each line is a process of its own, so that its peak memory is its own. On a busy
 * machine read the seconds of the cores.  bench_roberta [texts] [fp32|int8|bf16] [workers]
 * bench_roberta rounds KIND WORKERS TEXTS: one model in this process; each line of standard input asks for a round and is answered with its seconds by
 * the clock and of the cores; in the end peak bytes and logits: for bench/roberta_peers.py.
 * bench_roberta agree: int8 and bf16 beside fp32 over texts.txt of the folder, a text a line, as tests/oracle/train_small_roberta.py leaves it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tests/text/made_roberta.h"
#include "bench_spent.h"
#include "num/gemm_packed.h"
#include "text/roberta_parts.h"

enum { TOKENS = 26, ROUNDS = 3, M = 512 };

static const char *const names[] = {"fp32", "int8", "bf16"};

static void *get(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (p == NULL) exit(1);
    return p;
}

/* GFLOP/s of one thread over the four products of a layer, rows as many as a batch has. */
static double kernel_rate(norni_packed_kind kind, size_t h, size_t inner) {
    const size_t shape[4][2] = {{3 * h, h}, {h, h}, {inner, h}, {h, inner}};
    const size_t widest = 3 * h > inner ? 3 * h : inner;
    float *w = get(widest * widest * sizeof *w), *x = get(M * widest * sizeof *x),
          *y = get(M * widest * sizeof *y);
    void *scratch = get(norni_packed_scratch(M, widest));
    norni_packed p[4];
    double best = 0;
    for (size_t k = 0; k < widest * widest; k++)
        w[k] = (float)(k * 2654435761U % 1000) / 500 - 1;
    for (size_t k = 0; k < M * widest; k++)
        x[k] = (float)(k * 2246822519U % 1000) / 500 - 1;
    for (size_t k = 0; k < 4; k++) {
        p[k] = (norni_packed){kind, shape[k][0], shape[k][1], NULL};
        p[k].data = get(norni_packed_bytes(kind, p[k].n, p[k].k));
        norni_packed_put(&p[k], w, p[k].k, 0, p[k].n);
    }
    for (int round = 0; round < 10; round++) {
        double flop = 0, from = norni_clock_thread_seconds();
        for (size_t k = 0; k < 4; k++) {
            norni_packed_rows(&p[k], x, p[k].k, M, NULL, y, p[k].n, scratch, NORNI_PACKED_VNNI);
            flop += 2.0 * M * (double)p[k].n * (double)p[k].k;
        }
        const double rate = flop / (norni_clock_thread_seconds() - from) * 1e-9;
        if (rate > best) best = rate;
    }
    for (size_t k = 0; k < 4; k++)
        free(p[k].data);
    free(w), free(x), free(y), free(scratch);
    return best;
}

/* A letter, a sign, a letter …: a token each in any byte-level vocabulary. */
static norni_str *make_texts(size_t n) {
    norni_str *text = get(n * sizeof *text);
    for (size_t k = 0; k < n; k++) {
        char *p = get(64);
        for (size_t i = 0; i < TOKENS - 2; i++)
            p[i] = i % 2 ? "!?.,;"[(k + i) % 5] : (char)('a' + (k * 7 + i * 3) % 26);
        text[k] = (norni_str){p, TOKENS - 2};
    }
    return text;
}

/* Multiplications and additions of the matrices for one text. */
static double flop_of(const norni_roberta_config *c) {
    const double h = (double)c->hidden, inner = (double)c->inner, t = TOKENS;
    const double whole = 2 * (4 * h * h + 2 * h * inner), last = 2 * 3 * h * h;
    return t * (whole * (double)(c->layers - 1) + last) + whole - last + 2 * h * h;
}

static int run(const char *folder, size_t n, norni_precision precision, int32_t workers) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx;
    norni_roberta *r;
    norn_err err;
    spent load = {1e30, 1e30}, best = {1e30, 1e30};
    opt.n_threads = workers;
    const norni_roberta_opt how = {.precision = precision};
    if (norn_ctx_new(&opt, &ctx, &err) != NORN_OK) return 1;
    spent start = now();
    if (norni_roberta_open(ctx, folder, &how, &r, &err) != NORN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    keep_least(&load, start);
    norni_str *texts = make_texts(n);
    float *logits = get(n * norni_roberta_n_labels(r) * sizeof *logits);
    for (int round = 0; round < ROUNDS; round++) {
        start = now();
        if (norni_roberta_logits(ctx, NULL, r, texts, n, logits, NULL, &err) != NORN_OK) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        keep_least(&best, start);
    }
    const double rss = (double)norni_peak_rss_bytes() / 1e6;
    const double flop = flop_of(&r->config) * (double)n,
                 peak = kernel_rate(r->layer[0].qkv.w.kind, (size_t)r->config.hidden,
                                    (size_t)r->config.inner);
    printf("%s %d %8.1f %8.1f %9.1f %9.1f %7.0f%% %7.2f %7.0f\n", names[precision], (int)workers,
           (double)n / best.wall, (double)n / best.cores, flop / best.cores * 1e-9, peak,
           100 * flop / best.cores * 1e-9 / peak, load.wall, rss);
    norni_roberta_free(r);
    norn_ctx_free(ctx);
    return 0;
}

/* A round for each line of standard input. */
static int rounds(const char *folder, norni_precision precision, int32_t workers, size_t n) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx;
    norni_roberta *r;
    norn_err err;
    char line[64];
    opt.n_threads = workers;
    const norni_roberta_opt how = {.precision = precision};
    if (folder == NULL || norn_ctx_new(&opt, &ctx, &err) != NORN_OK) return 1;
    if (norni_roberta_open(ctx, folder, &how, &r, &err) != NORN_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    norni_str *texts = make_texts(n);
    const size_t n_labels = norni_roberta_n_labels(r);
    float *logits = get(n * n_labels * sizeof *logits);
    while (fgets(line, sizeof line, stdin)) {
        spent took = {1e30, 1e30};
        const spent start = now();
        if (norni_roberta_logits(ctx, NULL, r, texts, n, logits, NULL, &err) != NORN_OK) return 1;
        keep_least(&took, start);
        printf("%.6f %.6f\n", took.wall, took.cores);
        (void)fflush(stdout);
    }
    printf("%llu\n", (unsigned long long)norni_peak_rss_bytes());
    for (size_t k = 0; k < n * n_labels; k++)
        printf("%.9g%c", (double)logits[k], (k + 1) % n_labels ? ' ' : '\n');
    norni_roberta_free(r);
    norn_ctx_free(ctx);
    return 0;
}

static norni_precision precision_of(const char *name) {
    return strcmp(name, names[0]) == 0 ? NORNI_PRECISION_FP32
           : strcmp(name, "bf16") == 0 ? NORNI_PRECISION_BF16
                                       : NORNI_PRECISION_INT8;
}

enum { MOST_TEXTS = 20000, MOST_BYTES = 1 << 24, THREE = 3 };

/* Texts of a file, a line each; their number. */
static size_t read_texts(const char *folder, norni_str *text) {
    char path[1024], *bytes = get(MOST_BYTES);
    snprintf(path, sizeof path, "%s/texts.txt", folder);
    FILE *f = fopen(path, "rb");
    const size_t size = f ? fread(bytes, 1, MOST_BYTES, f) : 0;
    size_t n = 0;
    for (char *at = bytes, *end = bytes + size; at < end && n < MOST_TEXTS;) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL) stop = end;
        text[n++] = (norni_str){at, (size_t)(stop - at)};
        at = stop + 1;
    }
    if (f) fclose(f);
    return n;
}

/* What one precision gives; false: words on stderr. */
static bool score_all(norn_ctx *ctx, const char *folder, norni_precision precision,
                      const norni_str *text, size_t n, norni_sentiment *out) {
    const norni_roberta_opt how = {.precision = precision};
    norni_roberta *r = NULL;
    norni_sentiment_model m;
    norn_err err;
    const bool good = norni_roberta_open(ctx, folder, &how, &r, &err) == NORN_OK &&
                      norni_roberta_model(r, &m, &err) == NORN_OK &&
                      m.score(ctx, NULL, m.self, text, n, out, &err) == NORN_OK;
    if (!good) fprintf(stderr, "%s\n", err.text);
    norni_roberta_free(r);
    return good;
}

static void print_agreement(const norni_sentiment *a, const norni_sentiment *b, size_t n) {
    size_t sure = 0, same_sure = 0, same = 0, within = 0;
    double worst = 0;
    for (size_t k = 0; k < n; k++) {
        double second = 0, off = 0;
        for (int32_t j = 0; j < THREE; j++) {
            const double d = a[k].p[j] > b[k].p[j] ? a[k].p[j] - b[k].p[j] : b[k].p[j] - a[k].p[j];
            if (d > off) off = d;
            if (j != a[k].label && a[k].p[j] > second) second = a[k].p[j];
        }
        const bool is_sure = a[k].p[a[k].label] - second > 0.05, is_same = a[k].label == b[k].label;
        sure += is_sure;
        same += is_same;
        same_sure += is_sure && is_same;
        within += off <= 0.02;
        if (off > worst) worst = off;
    }
    printf(
        "%zu texts: %zu labels the same; %zu of %zu with a margin above 0.05; probabilities within "
        "0.02 for %zu, at most %.4f apart\n",
        n, same, same_sure, sure, within, worst);
}

static int agree(const char *folder) {
    norni_str *text = get(MOST_TEXTS * sizeof *text);
    norni_sentiment *exact = get(MOST_TEXTS * sizeof *exact),
                    *other = get(MOST_TEXTS * sizeof *other);
    norn_ctx *ctx;
    norn_err err;
    if (folder == NULL || norn_ctx_new(NULL, &ctx, &err) != NORN_OK) return 1;
    const size_t n = read_texts(folder, text);
    bool good = score_all(ctx, folder, NORNI_PRECISION_FP32, text, n, exact);
    for (int p = 1; good && p < 3; p++) {
        if (!norni_precision_usable((norni_precision)p, NULL)) continue;
        good = score_all(ctx, folder, (norni_precision)p, text, n, other);
        printf("%s: ", names[p]);
        if (good) print_agreement(exact, other, n);
    }
    norn_ctx_free(ctx);
    return !good;
}

/* In a process of its own. */
static int run_apart(const char *folder, size_t n, norni_precision precision, int32_t workers) {
    int status = 1;
    (void)fflush(stdout);
    const pid_t child = fork();
    if (child == 0) exit(run(folder, n, precision, workers));
    return child > 0 && waitpid(child, &status, 0) == child ? status : 1;
}

int main(int argc, char **argv) {
    static const made_roberta base = {768, 12, 12, 3072, 50265, 514, 3, MADE_F32, 1e-5, 1, NULL};
    char made[] = "/tmp/norn-bench-roberta-XXXXXX";
    const char *folder = getenv("NORN_ROBERTA");
    const size_t n = argc > 1 ? (size_t)atoi(argv[1]) : 80;
    int bad = 0;
    if (argc > 1 && strcmp(argv[1], "agree") == 0) return agree(folder);
    if (argc > 4 && strcmp(argv[1], "rounds") == 0)
        return rounds(folder, precision_of(argv[2]), atoi(argv[3]), (size_t)atoi(argv[4]));
    if (folder == NULL) {
        if (mkdtemp(made) == NULL || !made_roberta_write(made, &base) ||
            !made_copy(NORN_FIXTURES "/bpe_vocab.json", made, "vocab.json") ||
            !made_copy(NORN_FIXTURES "/bpe_merges.txt", made, "merges.txt"))
            return 1;
    }
    printf(
        "%zu texts of %d tokens; GFLOP/s of a core\nkind workers /s wall  /s core   model   "
        "kernels   share  load s  RSS MB\n",
        n, TOKENS);
    for (int p = 0; p < 3; p++)
        for (int32_t workers = 1; workers <= 2; workers++) {
            if (!norni_precision_usable((norni_precision)p, NULL)) continue;
            if (argc > 2 && strcmp(argv[2], names[p]) != 0) continue;
            if (argc > 3 && atoi(argv[3]) != workers) continue;
            bad |=
                run_apart(folder ? folder : made, p == 0 ? n : 2 * n, (norni_precision)p, workers);
        }
    if (folder == NULL) made_remove(made);
    return bad != 0;
}
