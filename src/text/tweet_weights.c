/* The default model's file: its weights written, and read with everything checked. */
/* SPDX-License-Identifier: Apache-2.0 */
/* "NORNTWM1", a note (how it was made), the numbers as doubles, the features' hashes as gaps of seven bits a byte (low bits first, the top bit
 * says that more follow), three weights a feature, and the 64-bit XXH3 of all before. Little-endian. */
#include <math.h>

#include "base/hash.h"
#include "base/pack.h"
#include "text/tweet_model_parts.h"

#define MAGIC "NORNTWM1"
enum { MAGIC_BYTES = 8, SUM_BYTES = 8, MOST_FEATURES = 250000, MOST_NOTE = 4096 };
#define MOST_WEIGHT 1e6 /* of a number: no sum overflows */

static void add_gap(norni_buf *out, uint32_t gap) {
    unsigned char b[5];
    size_t n = 0;
    for (; gap > 127; gap >>= 7)
        b[n++] = (unsigned char)(gap | 128);
    b[n++] = (unsigned char)gap;
    norni_buf_add(out, b, n);
}

norn_status norni_tweet_weights_write(const norni_tweet_weights *w, norni_str note, norni_buf *out,
                                      norn_err *err) {
    const size_t first = out->n;
    norni_buf_add(out, MAGIC, MAGIC_BYTES);
    norni_pack_str(out, note);
    norni_pack_u32(out, TWEET_N_DENSE);
    norni_pack_u32(out, w->n_features);
    norni_pack_f64s(out, w->scale, TWEET_N_GROUPS);
    norni_pack_f64s(out, w->bias, NORNI_N_SENTIMENTS);
    norni_pack_f64s(out, w->dense[0], TWEET_N_DENSE * NORNI_N_SENTIMENTS);
    norni_pack_f64(out, w->slope);
    norni_pack_f64s(out, w->shift, NORNI_N_SENTIMENTS);
    norni_pack_f64s(out, w->prior, NORNI_N_SENTIMENTS);
    for (size_t j = 0; j < w->n_features; j++)
        add_gap(out, j == 0 ? w->hash[0] : w->hash[j] - w->hash[j - 1]);
    norni_buf_add(out, w->weight, (size_t)w->n_features * NORNI_N_SENTIMENTS);
    if (out->failed) return norni_alloc_fail(err, "tweet model", w->n_features, 8);
    norni_pack_i64(out, (int64_t)norni_hash64(out->p + first, out->n - first));
    if (out->failed) return norni_alloc_fail(err, "tweet model", w->n_features, 8);
    return NORN_OK;
}

static norn_status bad(norn_err *err, const char *what) {
    return norn_fail(err, NORN_E_FORMAT, "tweet model: %s", what);
}

/* Hashes rise without a break; false: they do not, or end early. */
static bool read_gaps(norni_unpack *u, uint32_t *hash, size_t n) {
    uint64_t last = 0;
    for (size_t j = 0; j < n; j++) {
        uint64_t gap = 0;
        unsigned shift = 0;
        bool more = true;
        for (; more && shift < 35 && u->left.n > 0; shift += 7) {
            const unsigned char b = (unsigned char)*u->left.p++;
            u->left.n--;
            gap |= (uint64_t)(b & 127) << shift;
            more = b > 127;
        }
        last += gap;
        if (more || (j > 0 && gap == 0) || last > UINT32_MAX) return false;
        hash[j] = (uint32_t)last;
    }
    return true;
}

static void read_numbers(norni_unpack *u, double *x, size_t n, double least, double most) {
    for (size_t k = 0; k < n; k++)
        x[k] = norni_unpack_within(u, least, most);
}

norn_status norni_tweet_weights_read(norni_str bytes, norni_arena *arena, norni_tweet_weights *out,
                                     norn_err *err) {
    *out = (norni_tweet_weights){0};
    if (bytes.n > TWEET_MODEL_BYTES) return bad(err, "more than 1,000,000 bytes");
    if (bytes.n < MAGIC_BYTES + SUM_BYTES || memcmp(bytes.p, MAGIC, MAGIC_BYTES) != 0)
        return bad(err, "the file does not begin with " MAGIC);
    const size_t n = bytes.n - SUM_BYTES;
    norni_unpack sum = {.left = {bytes.p + n, SUM_BYTES}};
    if ((uint64_t)norni_unpack_i64(&sum) != norni_hash64(bytes.p, n))
        return bad(err, "the file is not whole: its checksum differs");
    norni_unpack u = {.left = {bytes.p + MAGIC_BYTES, n - MAGIC_BYTES}};
    if (norni_unpack_str(&u).n > MOST_NOTE) return bad(err, "the note is longer than 4,096 bytes");
    (void)norni_unpack_count(&u, TWEET_N_DENSE, TWEET_N_DENSE);
    out->n_features = norni_unpack_count(&u, 0, MOST_FEATURES);
    read_numbers(&u, out->scale, TWEET_N_GROUPS, -MOST_WEIGHT, MOST_WEIGHT);
    read_numbers(&u, out->bias, NORNI_N_SENTIMENTS, -MOST_WEIGHT, MOST_WEIGHT);
    read_numbers(&u, out->dense[0], TWEET_N_DENSE * NORNI_N_SENTIMENTS, -MOST_WEIGHT, MOST_WEIGHT);
    out->slope = norni_unpack_within(&u, 1e-3, 1e3);
    read_numbers(&u, out->shift, NORNI_N_SENTIMENTS, -100, 100);
    read_numbers(&u, out->prior, NORNI_N_SENTIMENTS, 1e-3, 1);
    (void)norni_unpack_has(&u, out->n_features, 1 + NORNI_N_SENTIMENTS);
    if (u.failed) return bad(err, "a number is missing or outside its range");
    out->hash = norni_arena_get(arena, out->n_features + 1, sizeof *out->hash);
    out->weight = norni_arena_get(arena, out->n_features + 1, NORNI_N_SENTIMENTS);
    if (out->hash == NULL || out->weight == NULL)
        return norni_alloc_fail(err, "tweet model", out->n_features, 8);
    if (!read_gaps(&u, out->hash, out->n_features))
        return bad(err, "the features' hashes do not rise");
    if (u.left.n != (size_t)out->n_features * NORNI_N_SENTIMENTS)
        return bad(err, "the weights are not three a feature");
    memcpy(out->weight, u.left.p, u.left.n);
    return NORN_OK;
}
