/* What products with a packed matrix reach, beside the measured peak of the instruction and OpenBLAS; row kernels beside them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* One thread, its CPU time, best of several rounds. NORN_OPENBLAS names a libopenblas (Debian's, or what
 * numpy's wheels carry: numpy.libs/libscipy_openblas64_-*.so); without it its column is nought. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "num/gemm_packed.h"
#include "num/transformer_rows_kernel.h"

enum { M = 512, WIDEST = 3072, ROUNDS = 9, LOOPS = 2000000 };

/* (n, k) of RoBERTa-base's products: query, key and value; their output; the two of the feed-forward. */
static const size_t shapes[][2] = {{768, 768}, {2304, 768}, {3072, 768}, {768, 3072}};

static float w[WIDEST * 768], x[M * WIDEST], y[M * WIDEST], gain[WIDEST];

/* ---- peaks: eight independent chains of one instruction on registers ---- */

#if defined(__x86_64__)
#    define PEAK(name, instruction)                                                                \
        static void name(void) {                                                                   \
            for (int i = 0; i < LOOPS; i++)                                                        \
                __asm__ volatile(instruction " %%zmm30, %%zmm31, %%zmm0\n\t" instruction           \
                                             " %%zmm30, %%zmm31, %%zmm1\n\t" instruction           \
                                             " %%zmm30, %%zmm31, %%zmm2\n\t" instruction           \
                                             " %%zmm30, %%zmm31, %%zmm3\n\t" instruction           \
                                             " %%zmm30, %%zmm31, %%zmm4\n\t" instruction           \
                                             " %%zmm30, %%zmm31, %%zmm5\n\t" instruction           \
                                             " %%zmm30, %%zmm31, %%zmm6\n\t" instruction           \
                                             " %%zmm30, %%zmm31, %%zmm7\n\t" instruction           \
                                             " %%zmm30, %%zmm31, %%zmm8\n\t" instruction           \
                                             " %%zmm30, %%zmm31, %%zmm9"                           \
                                 :                                                                 \
                                 :                                                                 \
                                 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", \
                                   "xmm8", "xmm9");                                                \
        }
PEAK(peak_f32, "vfmadd231ps")
PEAK(peak_s8, "vpdpbusd")
PEAK(peak_bf16, "vdpbf16ps")
#    undef PEAK

/* GFLOP/s, or billions of 8-bit operations, of one core. */
static double peak_of(norni_packed_kind kind) {
    static void (*const run[])(void) = {peak_f32, peak_s8, peak_bf16};
    static const double operations[] = {32, 128, 64};
    const bool have[] = {__builtin_cpu_supports("avx512f"), __builtin_cpu_supports("avx512vnni"),
                         norni_packed_usable(NORNI_PACKED_BF16)};
    double best = 0;
    for (int r = 0; have[kind] && r < ROUNDS; r++) {
        const double from = norni_clock_thread_seconds();
        run[kind]();
        const double rate =
            operations[kind] * 10 * LOOPS / (norni_clock_thread_seconds() - from) * 1e-9;
        if (rate > best) best = rate;
    }
    return best;
}
#else
static double peak_of(norni_packed_kind kind) {
    (void)kind;
    return 0;
}
#endif

/* ---- OpenBLAS ---- */

typedef void (*blas64)(int, int, int, int64_t, int64_t, int64_t, float, const float *, int64_t,
                       const float *, int64_t, float, float *, int64_t);
typedef void (*blas32)(int, int, int, int, int, int, float, const float *, int, const float *, int,
                       float, float *, int);
static blas64 other64;
static blas32 other32;

static void find_other(void) {
    const char *path = getenv("NORN_OPENBLAS");
    void *lib = path ? dlopen(path, RTLD_NOW) : NULL;
    if (!lib) {
        printf("no OpenBLAS: set NORN_OPENBLAS to its library\n");
        return;
    }
    *(void **)&other64 = dlsym(lib, "scipy_cblas_sgemm64_");
    *(void **)&other32 = dlsym(lib, "cblas_sgemm");
    void (*threads)(int) = NULL;
    *(void **)&threads = dlsym(lib, "scipy_openblas_set_num_threads64_");
    if (!threads) *(void **)&threads = dlsym(lib, "openblas_set_num_threads");
    if (threads) threads(1);
}

/* ---- products ---- */

typedef struct job {
    norni_packed p;
    norni_packed_simd widest;
    bool theirs;
    void *scratch;
} job;

static void product(const job *j) {
    const size_t n = j->p.n, k = j->p.k;
    if (!j->theirs)
        norni_packed_rows(&j->p, x, k, M, gain, y, n, j->scratch, j->widest);
    else if (other64)
        other64(101, 111, 112, M, (int64_t)n, (int64_t)k, 1, x, (int64_t)k, w, (int64_t)k, 0, y,
                (int64_t)n);
    else
        other32(101, 111, 112, M, (int)n, (int)k, 1, x, (int)k, w, (int)k, 0, y, (int)n);
}

static double rate_of(const job *j) {
    const double operations = 2.0 * M * (double)j->p.n * (double)j->p.k;
    double best = 0;
    product(j);
    for (int r = 0; r < ROUNDS; r++) {
        const double from = norni_clock_thread_seconds();
        product(j);
        const double rate = operations / (norni_clock_thread_seconds() - from) * 1e-9;
        if (rate > best) best = rate;
    }
    return best;
}

static void products(norni_packed_kind kind, double peak) {
    static const char *const names[] = {"f32", "s8", "bf16"};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        job j = {{kind, shapes[s][0], shapes[s][1], NULL}, NORNI_PACKED_VNNI, false, NULL};
        j.p.data = aligned_alloc(64, (norni_packed_bytes(kind, j.p.n, j.p.k) + 63) / 64 * 64);
        j.scratch = aligned_alloc(64, norni_packed_scratch(M, j.p.k));
        if (!j.p.data || !j.scratch) exit(1);
        norni_packed_put(&j.p, w, j.p.k, 0, j.p.n);
        const double best = rate_of(&j);
        printf("%-5s n %4zu k %4zu  %7.1f  %5.1f %%", names[kind], j.p.n, j.p.k, best,
               peak > 0 ? 100 * best / peak : 0);
        for (j.widest = NORNI_PACKED_AVX512; j.widest >= NORNI_PACKED_AVX2; j.widest--)
            printf("  %7.1f", kind == NORNI_PACKED_BF16 ? 0 : rate_of(&j));
        j.theirs = true;
        printf("  %7.1f\n", kind == NORNI_PACKED_F32 && (other32 || other64) ? rate_of(&j) : 0);
        free(j.p.data);
        free(j.scratch);
    }
}

/* ---- row kernels over a block of 512 tokens ---- */

static float scores[M * M];

static void rows(int what, const norni_rows_kernel *k) {
    const norni_attention_call tweet = {x, x + 768, x + 1536, 26, 64, 2304, 0.125F, y, 768, scores};
    norni_attention_call whole = tweet;
    whole.t = M;
    for (size_t i = 0; what == 0 && i < M; i++)
        k->layer_norm(y + i * 768, x + i * 768, 768, gain, gain, 1e-5F);
    if (what == 1) k->gelu(y, M * WIDEST);
    for (size_t i = 0; what == 2 && i < M; i++)
        k->softmax(y + i * M, M, 0.125F);
    for (size_t i = 0; what == 3 && i < 12 * 20; i++)
        k->attention(&tweet);
    for (size_t i = 0; what == 4 && i < 12; i++)
        k->attention(&whole);
    if (what == 5) k->tanh(y, M * 768);
}

static void row_kernels(void) {
    static const char *const names[] = {"layer norm 512 x 768",
                                        "gelu 512 x 3072",
                                        "softmax 512 x 512",
                                        "attention 20 texts of 26, 12 heads",
                                        "attention 1 text of 512, 12 heads",
                                        "tanh 512 x 768"};
    printf("\n%-36s %9s %9s\n", "row kernels, ms", "avx512", "avx2");
    for (int what = 0; what < 6; what++) {
        printf("%-36s", names[what]);
        for (norni_rows_simd s = NORNI_ROWS_AVX512; s >= NORNI_ROWS_AVX2; s--) {
            double best = 1e9;
            for (int r = 0; r < ROUNDS; r++) {
                memcpy(y, x, sizeof y);
                const double from = norni_clock_thread_seconds();
                rows(what, norni_rows_kernel_get(s));
                const double took = norni_clock_thread_seconds() - from;
                if (took < best) best = took;
            }
            printf(" %9.3f", best * 1e3);
        }
        printf("\n");
    }
}

int main(void) {
    find_other();
    for (size_t i = 0; i < sizeof w / sizeof *w; i++)
        w[i] = (float)(i % 97) / 97 - 0.4F;
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        x[i] = (float)(i % 89) / 89 - 0.6F;
    for (size_t i = 0; i < WIDEST; i++)
        gain[i] = (float)(i % 7) / 7;
    const double peak[] = {peak_of(NORNI_PACKED_F32), peak_of(NORNI_PACKED_S8),
                           peak_of(NORNI_PACKED_BF16)};
    printf(
        "512 rows, one thread, 1e9 operations/s; peaks: fma %.1f, vpdpbusd %.1f, vdpbf16ps %.1f\n"
        "                      widest   peak   avx512     avx2  OpenBLAS\n",
        peak[0], peak[1], peak[2]);
    products(NORNI_PACKED_F32, peak[0]);
    products(NORNI_PACKED_S8, peak[1]);
    if (norni_packed_usable(NORNI_PACKED_BF16)) products(NORNI_PACKED_BF16, peak[2]);
    row_kernels();
    return 0;
}
