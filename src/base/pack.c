/* Numbers and texts as bytes for records and files, and back with every length checked. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pack.h"

#include <float.h>

static void put(norni_buf *b, uint64_t x, size_t n) {
    unsigned char byte[8];
    for (size_t i = 0; i < n; i++)
        byte[i] = (unsigned char)(x >> (8 * i));
    norni_buf_add(b, byte, n);
}

static uint64_t take(norni_unpack *u, size_t n) {
    uint64_t x = 0;
    if (u->failed || u->left.n < n) {
        u->failed = true;
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        x |= (uint64_t)(unsigned char)u->left.p[i] << (8 * i);
    u->left.p += n;
    u->left.n -= n;
    return x;
}

void norni_pack_u32(norni_buf *b, uint32_t x) {
    put(b, x, 4);
}

void norni_pack_i32(norni_buf *b, int32_t x) {
    put(b, (uint32_t)x, 4);
}

void norni_pack_i64(norni_buf *b, int64_t x) {
    put(b, (uint64_t)x, 8);
}

void norni_pack_f64(norni_buf *b, double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    put(b, bits, 8);
}

void norni_pack_f64s(norni_buf *b, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        norni_pack_f64(b, x[i]);
}

void norni_pack_f32(norni_buf *b, double x) {
    const float rounded = (float)x;
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    put(b, bits, 4);
}

void norni_pack_str(norni_buf *b, norni_str s) {
    norni_pack_u32(b, (uint32_t)s.n);
    norni_buf_add(b, s.p, s.n);
}

uint32_t norni_unpack_u32(norni_unpack *u) {
    return (uint32_t)take(u, 4);
}

int32_t norni_unpack_i32(norni_unpack *u) {
    return (int32_t)(uint32_t)take(u, 4);
}

int64_t norni_unpack_i64(norni_unpack *u) {
    return (int64_t)take(u, 8);
}

double norni_unpack_f64(norni_unpack *u) {
    const uint64_t bits = take(u, 8);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

void norni_unpack_f64s(norni_unpack *u, double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] = norni_unpack_f64(u);
}

double norni_unpack_f32(norni_unpack *u) {
    const uint32_t bits = (uint32_t)take(u, 4);
    float x;
    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

norni_str norni_unpack_str(norni_unpack *u) {
    const size_t n = norni_unpack_u32(u);
    if (u->failed || u->left.n < n) {
        u->failed = true;
        return (norni_str){"", 0};
    }
    const norni_str s = {u->left.p, n};
    u->left.p += n;
    u->left.n -= n;
    return s;
}

uint32_t norni_unpack_count(norni_unpack *u, uint32_t least, uint32_t most) {
    const uint32_t x = norni_unpack_u32(u);
    if (!u->failed && x >= least && x <= most) return x;
    u->failed = true;
    return least;
}

int64_t norni_unpack_between(norni_unpack *u, int64_t least, int64_t most) {
    const int64_t x = norni_unpack_i64(u);
    if (!u->failed && x >= least && x <= most) return x;
    u->failed = true;
    return least;
}

double norni_unpack_within(norni_unpack *u, double least, double most) {
    const double x = norni_unpack_f64(u);
    if (!u->failed && x >= least && x <= most) return x;
    u->failed = true;
    return least;
}

void norni_unpack_finite(norni_unpack *u, double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] = norni_unpack_within(u, -DBL_MAX, DBL_MAX);
}

bool norni_unpack_has(norni_unpack *u, size_t n, size_t size) {
    size_t bytes;
    if (!norni_mul_size(n, size, &bytes) || bytes > u->left.n) u->failed = true;
    return !u->failed;
}

bool norni_unpack_end(const norni_unpack *u) {
    return !u->failed && u->left.n == 0;
}
