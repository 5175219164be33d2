/* Opening the folder of a RoBERTa classifier: its four files, and what is said when one is missing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/bpe_parts.h"
#include "text/roberta_parts.h"

enum {
    MOST_PATH = 4096,
    MOST_CONFIG = 1 << 20,
    MOST_VOCAB = 1 << 26,
    FROM_BATCH = 16,
    MOST_BATCH = 4096
};

typedef struct loader {
    norn_ctx *ctx;
    norni_roberta *r;
    const char *folder;
} loader;

static norn_status path_of(const loader *l, const char *name, char path[MOST_PATH], norn_err *err) {
    if (strlen(l->folder) + strlen(name) + 2 > MOST_PATH)
        return norn_fail(err, NORN_E_ARG, "roberta: the folder's name has more than %d bytes",
                         MOST_PATH - 64);
    (void)norni_format(path, MOST_PATH, "%s/%s", l->folder, name);
    return NORN_OK;
}

static bool has(const loader *l, const char *name) {
    char path[MOST_PATH];
    norn_err inner;
    return path_of(l, name, path, &inner) == NORN_OK && access(path, F_OK) == 0;
}

/* What a folder that lacks `name` is told. */
static norn_status fail_missing(const loader *l, const char *name, int code, norn_err *err) {
    char text[128];
    if (code == ENOENT && strcmp(name, "model.safetensors") == 0) {
        if (has(l, "pytorch_model.bin"))
            return norn_fail(err, NORN_E_IO,
                             "model.safetensors is not there, but pytorch_model.bin is: "
                             "tools/convert_roberta.py makes the one from the other");
        if (has(l, "model.safetensors.index.json"))
            return norn_fail(err, NORN_E_IO,
                             "model.safetensors is cut into several files: "
                             "tools/convert_roberta.py makes one of them");
    }
    if (code == ENOENT && has(l, "tokenizer.json"))
        return norn_fail(err, NORN_E_IO,
                         "%s is not there, but tokenizer.json is: tools/convert_roberta.py writes "
                         "vocab.json and merges.txt from it",
                         name);
    return norn_fail(err, NORN_E_IO, "%s: cannot be read: %s", name,
                     strerror_r(code, text, sizeof text));
}

static norn_status read_descriptor(int fd, const char *name, size_t most, norni_buf *out,
                                   norn_err *err) {
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return norn_fail(err, NORN_E_IO, "%s: it is no regular file", name);
    if (st.st_size > (off_t)most)
        return norn_fail(err, NORN_E_LIMIT, "%s: %llu bytes, %zu are allowed", name,
                         (unsigned long long)st.st_size, most);
    const size_t size = (size_t)st.st_size;
    if (!norni_buf_reserve(out, size + 1)) return norni_alloc_fail(err, name, size, 1);
    while (out->n < size) {
        char text[128];
        const ssize_t got = read(fd, out->p + out->n, size - out->n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return norn_fail(err, NORN_E_IO, "%s: cannot be read: %s", name,
                             strerror_r(errno, text, sizeof text));
        if (got == 0) break;
        out->n += (size_t)got;
    }
    return NORN_OK;
}

/* A whole file of the folder, up to `most` bytes. */
static norn_status read_file(const loader *l, const char *name, size_t most, norni_buf *out,
                             norn_err *err) {
    char path[MOST_PATH];
    NORN_TRY(path_of(l, name, path, err));
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return fail_missing(l, name, errno, err);
    const norn_status st = read_descriptor(fd, name, most, out, err);
    (void)close(fd);
    return st;
}

static norn_status load_config(const loader *l, norni_buf *text, norn_err *err) {
    norni_roberta *r = l->r;
    NORN_TRY(read_file(l, "config.json", MOST_CONFIG, text, err));
    NORN_TRY(norni_roberta_config_read((norni_str){text->p, text->n}, &r->arena, &r->config, err));
    r->most_tokens = (size_t)(r->config.positions - r->config.pad - 1);
    return NORN_OK;
}

/* A token of the vocabulary goes before what config.json says, as with transformers' tokenizer. */
static norn_status check_tokens(norni_roberta *r, norn_err *err) {
    norni_roberta_config *c = &r->config;
    for (size_t k = 0; k < r->bpe->token.n; k++)
        if (r->bpe->id[k] >= c->vocab)
            return norn_fail(err, NORN_E_FORMAT,
                             "vocab.json: id %d, but config.json says vocab_size=%lld",
                             (int)r->bpe->id[k], (long long)c->vocab);
    const int32_t bos = norni_bpe_id(r->bpe, norni_str_of("<s>")),
                  eos = norni_bpe_id(r->bpe, norni_str_of("</s>"));
    if (bos >= 0) c->bos = bos;
    if (eos >= 0) c->eos = eos;
    return NORN_OK;
}

static norn_status load_tokens(const loader *l, norni_buf *vocab, norni_buf *merges,
                               norn_err *err) {
    norni_roberta *r = l->r;
    NORN_TRY(read_file(l, "vocab.json", MOST_VOCAB, vocab, err));
    NORN_TRY(read_file(l, "merges.txt", MOST_VOCAB, merges, err));
    if (norni_str_trim((norni_str){merges->p, merges->n}).n == 0)
        return norn_fail(err, NORN_E_FORMAT, "merges.txt: it is empty");
    NORN_TRY(norni_bpe_make(&r->alloc, (norni_str){vocab->p, vocab->n},
                            (norni_str){merges->p, merges->n}, &r->bpe, err));
    return check_tokens(r, err);
}

static norn_status load_weights(const loader *l, norn_err *err) {
    static const char *const name = "model.safetensors";
    char path[MOST_PATH];
    norn_err inner = {NORN_OK, ""};
    NORN_TRY(path_of(l, name, path, err));
    if (access(path, F_OK) != 0) return fail_missing(l, name, errno, err);
    const norn_status st = norni_safetensors_open(&l->r->alloc, path, &l->r->file, &inner);
    if (st != NORN_OK) return norn_fail(err, st, "%s: %s", name, inner.text);
    return norni_roberta_bind(l->ctx, l->r, err);
}

/* The last part of the folder's name. */
static void name_model(norni_roberta *r, const char *folder) {
    size_t end = strlen(folder);
    while (end > 1 && folder[end - 1] == '/')
        end--;
    size_t from = end;
    while (from > 0 && folder[from - 1] != '/')
        from--;
    const size_t n = end - from < sizeof r->name - 1 ? end - from : sizeof r->name - 1;
    memcpy(r->name, folder + from, n);
    r->name[n] = '\0';
}

static norn_status load_all(const loader *l, norn_err *err) {
    norni_buf text[3];
    for (size_t k = 0; k < 3; k++)
        norni_buf_init(&text[k], &l->r->alloc);
    norn_status st = load_config(l, &text[0], err);
    if (st == NORN_OK) st = load_tokens(l, &text[1], &text[2], err);
    for (size_t k = 0; k < 3; k++)
        norni_buf_clear(&text[k]);
    return st == NORN_OK ? load_weights(l, err) : st;
}

bool norni_precision_usable(norni_precision p, const char **why) {
    const bool good = p != NORNI_PRECISION_BF16 || norni_packed_usable(NORNI_PACKED_BF16);
    if (why != NULL) *why = good ? "" : "this CPU lacks avx512_bf16";
    return good;
}

static norn_status check_opt(const norni_roberta_opt *opt, norn_err *err) {
    const char *why;
    if (opt->precision != NORNI_PRECISION_FP32 && opt->precision != NORNI_PRECISION_INT8 &&
        opt->precision != NORNI_PRECISION_BF16)
        return norn_fail(err, NORN_E_ARG, "roberta: precision %d: fp32, int8 and bf16 are known",
                         (int)opt->precision);
    if (!norni_precision_usable(opt->precision, &why))
        return norn_fail(err, NORN_E_ARG, "roberta: precision bf16: %s", why);
    if (opt->batch_tokens != 0 &&
        (opt->batch_tokens < FROM_BATCH || opt->batch_tokens > MOST_BATCH))
        return norn_fail(err, NORN_E_ARG,
                         "roberta: batches of %zu tokens: 0 (512), or %d to %d, are allowed",
                         opt->batch_tokens, FROM_BATCH, MOST_BATCH);
    return NORN_OK;
}

norn_status norni_roberta_open(norn_ctx *ctx, const char *folder, const norni_roberta_opt *opt,
                               norni_roberta **out, norn_err *err) {
    static const norni_roberta_opt usual = {0};
    *out = NULL;
    if (opt == NULL) opt = &usual;
    NORN_TRY(check_opt(opt, err));
    norni_roberta *r = norni_alloc_zero(&ctx->alloc, 1, sizeof *r);
    if (r == NULL) return norni_alloc_fail(err, "roberta", 1, sizeof *r);
    r->alloc = ctx->alloc;
    r->opt = *opt;
    if (r->opt.batch_tokens == 0) r->opt.batch_tokens = 512;
    norni_arena_init(&r->arena, &r->alloc);
    name_model(r, folder);
    const norn_status st = load_all(&(loader){ctx, r, folder}, err);
    if (st != NORN_OK) {
        norni_roberta_free(r);
        return st;
    }
    *out = r;
    return NORN_OK;
}

void norni_roberta_free(norni_roberta *r) {
    if (r == NULL) return;
    const norn_alloc alloc = r->alloc;
    norni_bpe_free(r->bpe);
    norni_safetensors_close(&r->file);
    norni_alloc_drop(&alloc, r->packed, r->n_packed, 1);
    norni_arena_clear(&r->arena);
    norni_alloc_drop(&alloc, r, 1, sizeof *r);
}

size_t norni_roberta_n_labels(const norni_roberta *r) {
    return (size_t)r->config.n_labels;
}

norni_str norni_roberta_label(const norni_roberta *r, size_t k) {
    return r->config.label[k];
}
