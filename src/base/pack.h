/* Numbers and texts as bytes for records and files, and back with every length checked. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PACK_H
#define NORNI_PACK_H

#include "base/str.h"

/* Little-endian on every machine; doubles by their bits. */
void norni_pack_u32(norni_buf *b, uint32_t x);
void norni_pack_i32(norni_buf *b, int32_t x);
void norni_pack_i64(norni_buf *b, int64_t x);
void norni_pack_f64(norni_buf *b, double x);
void norni_pack_f64s(norni_buf *b, const double *x, size_t n); /* no length in front */
void norni_pack_f32(norni_buf *b, double x); /* rounded: for what need not come back to the bit */
void norni_pack_str(norni_buf *b, norni_str s); /* length, then the bytes */

/* Reads in the order of writing. Beyond the end everything is 0 and `failed` is set: check once at
 * the end (norni_unpack_end). */
typedef struct norni_unpack {
    norni_str left;
    bool failed;
} norni_unpack;

uint32_t norni_unpack_u32(norni_unpack *u);
int32_t norni_unpack_i32(norni_unpack *u);
int64_t norni_unpack_i64(norni_unpack *u);
double norni_unpack_f64(norni_unpack *u);
void norni_unpack_f64s(norni_unpack *u, double *x, size_t n);
double norni_unpack_f32(norni_unpack *u);
norni_str norni_unpack_str(norni_unpack *u); /* borrowed */
/* A count that must lie in [least, most]; else `failed`, and `least`. */
uint32_t norni_unpack_count(norni_unpack *u, uint32_t least, uint32_t most);
int64_t norni_unpack_between(norni_unpack *u, int64_t least, int64_t most); /* an i64 */
/* A number in [least, most] (NaN is not); else `failed`, and `least`. */
double norni_unpack_within(norni_unpack *u, double least, double most);
/* n finite numbers; else `failed`. */
void norni_unpack_finite(norni_unpack *u, double *x, size_t n);
/* Room for n things of `size` bytes at least is left; else `failed`: to be asked before memory is. */
bool norni_unpack_has(norni_unpack *u, size_t n, size_t size);
/* Nothing failed and nothing is left. */
bool norni_unpack_end(const norni_unpack *u);

#endif
