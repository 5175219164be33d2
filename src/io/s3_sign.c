/* Signature version 4: the Authorization header of a request to S3. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: AWS, "Create a signed AWS API request" (AWS Signature Version 4). Paths are encoded once, as
 * S3 wants it, not twice as other services do. libcurl 7.88 signs an empty body whatever is sent, and
 * does not sort queries (curl#9717), so the signature is made here. */
#include "io/s3_sign.h"

void norni_s3_encode(norni_buf *out, norni_str text, bool keep_slash) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.n; i++) {
        const unsigned char c = (unsigned char)text.p[i];
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~' ||
                           (c == '/' && keep_slash);
        const char coded[3] = {'%', digits[c >> 4], digits[c & 15]};
        norni_buf_add(out, plain ? (const char *)&c : coded, plain ? 1 : 3);
    }
}

static int pair_cmp(const norni_s3_pair *a, const norni_s3_pair *b) {
    const int by_name = norni_str_cmp(a->name, b->name);
    return by_name ? by_name : norni_str_cmp(a->value, b->value);
}

/* The pairs by name, then value. */
static norn_status sorted(const norni_s3_pair *pair, size_t n,
                          norni_s3_pair out[NORNI_S3_MOST_PAIRS], norn_err *err) {
    if (n > NORNI_S3_MOST_PAIRS) return norn_fail(err, NORN_E_ARG, "s3: too many fields");
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0 && pair_cmp(&pair[i], &out[at - 1]) < 0; at--)
            out[at] = out[at - 1];
        out[at] = pair[i];
    }
    return NORN_OK;
}

norn_status norni_s3_query(norni_buf *out, const norni_s3_pair *query, size_t n, norn_err *err) {
    norni_s3_pair coded[NORNI_S3_MOST_PAIRS], order[NORNI_S3_MOST_PAIRS];
    size_t cut[2 * NORNI_S3_MOST_PAIRS + 1] = {0};
    norni_buf text;
    memset(coded, 0, sizeof coded);
    if (n > NORNI_S3_MOST_PAIRS) return norn_fail(err, NORN_E_ARG, "s3: too many fields");
    norni_buf_init(&text, out->alloc);
    for (size_t i = 0; i < n; i++) {
        norni_s3_encode(&text, query[i].name, false);
        cut[2 * i + 1] = text.n;
        norni_s3_encode(&text, query[i].value, false);
        cut[2 * i + 2] = text.n;
    }
    for (size_t i = 0; i < n && !text.failed; i++) {
        const size_t *c = &cut[2 * i];
        coded[i] = (norni_s3_pair){{text.p + c[0], c[1] - c[0]}, {text.p + c[1], c[2] - c[1]}};
    }
    norn_status st = text.failed ? norni_alloc_fail(err, "s3", n, 64) : NORN_OK;
    if (st == NORN_OK) st = sorted(coded, n, order, err);
    for (size_t i = 0; i < n && st == NORN_OK; i++) {
        if (i > 0) norni_buf_text(out, "&");
        norni_buf_add(out, order[i].name.p, order[i].name.n);
        norni_buf_text(out, "=");
        norni_buf_add(out, order[i].value.p, order[i].value.n);
    }
    norni_buf_clear(&text);
    return st;
}

/* A header's value as it is signed: trimmed, inner blanks as one. */
static void add_value(norni_buf *out, norni_str value) {
    const norni_str v = norni_str_trim(value);
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] != ' ' || v.p[i - 1] != ' ') norni_buf_add(out, v.p + i, 1);
    }
}

static void add_names(norni_buf *out, const norni_s3_pair *header, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i > 0) norni_buf_text(out, ";");
        norni_buf_add(out, header[i].name.p, header[i].name.n);
    }
}

static norn_status canonical(const norni_s3_request *r, const norni_s3_pair *header, norni_buf *out,
                             norn_err *err) {
    norni_buf_text(out, r->method);
    norni_buf_text(out, "\n");
    norni_buf_add(out, r->path.p, r->path.n);
    norni_buf_text(out, "\n");
    NORN_TRY(norni_s3_query(out, r->query, r->n_query, err));
    norni_buf_text(out, "\n");
    for (size_t i = 0; i < r->n_header; i++) {
        norni_buf_add(out, header[i].name.p, header[i].name.n);
        norni_buf_text(out, ":");
        add_value(out, header[i].value);
        norni_buf_text(out, "\n");
    }
    norni_buf_text(out, "\n");
    add_names(out, header, r->n_header);
    norni_buf_text(out, "\n");
    norni_buf_text(out, r->payload);
    return out->failed ? norni_alloc_fail(err, "s3", out->cap, 2) : NORN_OK;
}

/* The day's key: a chain of HMACs from the secret over date, region and service. */
static norn_status signing_key(const norni_s3_crypto *c, const norni_s3_request *r,
                               const char *secret, unsigned char key[NORNI_SHA256], norn_err *err) {
    const norni_str step[] = {norni_str_of(r->region), norni_str_of(r->service),
                              norni_str_of("aws4_request")};
    char first[256];
    if (strlen(secret) > sizeof first - 8)
        return norn_fail(err, NORN_E_ARG, "s3: the secret access key is longer than 247 bytes");
    const size_t n = norni_format(first, sizeof first, "AWS4%s", secret);
    NORN_TRY(norni_hmac_sha256(c, first, n, (norni_str){r->time, 8}, key, err));
    for (size_t i = 0; i < 3; i++)
        NORN_TRY(norni_hmac_sha256(c, key, NORNI_SHA256, step[i], key, err));
    return NORN_OK;
}

static norn_status sign_text(const norni_s3_crypto *c, const norni_s3_request *r,
                             const norni_s3_pair *header, const char *key_id, const char *secret,
                             norni_buf *text, norni_buf *out, norn_err *err) {
    char hash[NORNI_SHA256_TEXT], scope[128];
    unsigned char key[NORNI_SHA256];
    NORN_TRY(canonical(r, header, text, err));
    NORN_TRY(norni_sha256_text(c, text->p, text->n, hash, err));
    norni_format(scope, sizeof scope, "%.*s/%s/%s/aws4_request", 8, r->time, r->region, r->service);
    text->n = 0;
    norni_buf_format(text, "AWS4-HMAC-SHA256\n%s\n%s\n%s", r->time, scope, hash);
    if (text->failed) return norni_alloc_fail(err, "s3", text->cap, 2);
    NORN_TRY(signing_key(c, r, secret, key, err));
    NORN_TRY(norni_hmac_sha256(c, key, sizeof key, (norni_str){text->p, text->n}, key, err));
    norni_hex_text(key, sizeof key, hash);
    norni_buf_format(out, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=", key_id, scope);
    add_names(out, header, r->n_header);
    norni_buf_format(out, ", Signature=%s", hash);
    return out->failed ? norni_alloc_fail(err, "s3", out->cap, 2) : NORN_OK;
}

norn_status norni_s3_sign(const norni_s3_crypto *c, const norni_s3_request *r, const char *key_id,
                          const char *secret, norni_buf *out, norn_err *err) {
    norni_s3_pair header[NORNI_S3_MOST_PAIRS];
    norni_buf text;
    NORN_TRY(sorted(r->header, r->n_header, header, err));
    norni_buf_init(&text, out->alloc);
    const norn_status st = sign_text(c, r, header, key_id, secret, &text, out, err);
    norni_buf_clear(&text);
    return st;
}
