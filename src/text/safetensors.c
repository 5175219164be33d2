/* A safetensors file in memory: opened, closed, searched, and its values as floats. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "text/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/safetensors_parts.h"

/* `code` is what errno said. */
static norn_status fail_open(norn_err *err, int code) {
    char text[128];
    return norn_fail(err, NORN_E_IO, "cannot be read: %s", strerror_r(code, text, sizeof text));
}

static norn_status map_file(int fd, norni_safetensors *out, norn_err *err) {
    struct stat st;
    if (fstat(fd, &st) != 0) return fail_open(err, errno);
    if (!S_ISREG(st.st_mode)) return norn_fail(err, NORN_E_IO, "it is no regular file");
    if (st.st_size == 0) return norn_fail(err, NORN_E_FORMAT, "the file is empty");
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) return fail_open(err, errno);
    out->map = p;
    out->bytes = p;
    out->n_bytes = (size_t)st.st_size;
    return NORN_OK;
}

norn_status norni_safetensors_open(const norn_alloc *alloc, const char *path,
                                   norni_safetensors *out, norn_err *err) {
    *out = (norni_safetensors){0};
    norni_arena_init(&out->arena, alloc);
    /* of a pipe the opening alone would wait */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return fail_open(err, errno);
    norn_status st = map_file(fd, out, err);
    (void)close(fd);
    if (st == NORN_OK) st = norni_safetensors_head(out, err);
    if (st != NORN_OK) norni_safetensors_close(out);
    return st;
}

norn_status norni_safetensors_parse(const norn_alloc *alloc, norni_str bytes,
                                    norni_safetensors *out, norn_err *err) {
    *out = (norni_safetensors){.bytes = (const unsigned char *)bytes.p, .n_bytes = bytes.n};
    norni_arena_init(&out->arena, alloc);
    const norn_status st = norni_safetensors_head(out, err);
    if (st != NORN_OK) norni_safetensors_close(out);
    return st;
}

void norni_safetensors_close(norni_safetensors *s) {
    if (s->map != NULL) (void)munmap(s->map, s->n_bytes);
    norni_arena_clear(&s->arena);
    const norni_arena arena = s->arena;
    *s = (norni_safetensors){.arena = arena};
}

const norni_tensor *norni_safetensors_find(const norni_safetensors *s, norni_str name) {
    size_t from = 0, to = s->n;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const int order = norni_str_cmp(s->tensor[middle].name, name);
        if (order == 0) return &s->tensor[middle];
        if (order < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return NULL;
}

/* ---- values ---- */

static uint32_t two_bytes(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

/* IEEE 754 binary16: its exponent is moved by a product with 2^112, which is exact and knows the
 * subnormal numbers too. */
static float half_float(uint32_t h) {
    const uint32_t magnitude = (h & 0x7FFF) << 13, sign = (h & 0x8000) << 16;
    uint32_t bits;
    float x;
    memcpy(&x, &magnitude, sizeof x);
    x *= 0x1p112F;
    memcpy(&bits, &x, sizeof bits);
    if (magnitude >= UINT32_C(0x7C00) << 13) bits |= UINT32_C(0x7F800000); /* infinite or NaN */
    bits |= sign;
    memcpy(&x, &bits, sizeof x);
    return x;
}

void norni_tensor_floats(const norni_tensor *t, size_t from, size_t n, float *out) {
    const unsigned char *p = t->data;
    if (n == 0) return;
    if (t->type == NORNI_F32) { /* this machine is little-endian, as the file */
        memcpy(out, p + 4 * from, n * sizeof *out);
    } else if (t->type == NORNI_F16) {
        for (size_t k = 0; k < n; k++)
            out[k] = half_float(two_bytes(p + 2 * (from + k)));
    } else {
        for (size_t k = 0; k < n; k++) {
            const uint32_t bits = two_bytes(p + 2 * (from + k)) << 16;
            memcpy(&out[k], &bits, sizeof bits);
        }
    }
}

void norni_tensor_release(const norni_safetensors *s, const norni_tensor *t) {
    const uintptr_t page = 4096, at = (uintptr_t)t->data, end = at + t->n_bytes;
    const uintptr_t first = (at + page - 1) / page * page, last = end / page * page;
    if (s->map == NULL || first >= last) return;
    (void)madvise((char *)s->map + (first - (uintptr_t)s->map), last - first, MADV_DONTNEED);
}
