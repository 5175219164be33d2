/* What matrix products reach: GFLOP/s of one thread, beside OpenBLAS where its library is given. */
/* SPDX-License-Identifier: Apache-2.0 */
/* NORN_OPENBLAS names a libopenblas (as numpy's wheels carry: numpy.libs/libscipy_openblas64_-*.so). */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "num/gemm_kernel.h"

enum { MOST = 3072 * 2048, ROUNDS = 7 };

static const struct {
    size_t m, n, k;
    bool a_turned, b_turned;
} sizes[] = {
    {3072, 512, 512, false, true},    {3072, 2048, 512, false, true},
    {3072, 512, 2048, false, false},  {512, 2048, 3072, true, false},
    {384, 512, 512, false, true},     {96, 96, 512, false, true},
    {144, 144, 512, false, true},     {96, 96, 64, false, true},
    {384, 64, 64, false, true},       {384, 128, 64, false, true},
    {384, 64, 128, false, false},     {64, 64, 384, true, false},
    {128, 64, 384, true, false},      {512, 512, 512, false, false},
    {1024, 1024, 1024, false, false},
};

typedef void (*blas32)(int, int, int, int64_t, int64_t, int64_t, float, const float *, int64_t,
                       const float *, int64_t, float, float *, int64_t);
typedef void (*blas64)(int, int, int, int64_t, int64_t, int64_t, double, const double *, int64_t,
                       const double *, int64_t, double, double *, int64_t);
static blas32 other32;
static blas64 other64;

static float a32[MOST], b32[MOST], c32[MOST];
static double a64[MOST], b64[MOST], c64[MOST];
static _Alignas(64) char scratch[1 << 20];

static void find_other(void) {
    const char *path = getenv("NORN_OPENBLAS");
    void *lib = path ? dlopen(path, RTLD_NOW) : NULL;
    if (!lib) {
        printf("no OpenBLAS: set NORN_OPENBLAS to its library\n");
        return;
    }
    *(void **)&other32 = dlsym(lib, "scipy_cblas_sgemm64_");
    *(void **)&other64 = dlsym(lib, "scipy_cblas_dgemm64_");
    void (*threads)(int) = NULL;
    *(void **)&threads = dlsym(lib, "scipy_openblas_set_num_threads64_");
    if (threads) threads(1);
}

enum { OURS_32, THEIRS_32, OURS_64, THEIRS_64 };

static void run(const norni_gemm *g, norni_gemm_simd widest, int what) {
    const norni_gemm_kernel *k = norni_gemm_kernel_get(widest);
    const int ta = g->a_turned ? 112 : 111, tb = g->b_turned ? 112 : 111;
    const int64_t m = (int64_t)g->m, n = (int64_t)g->n, p = (int64_t)g->k, lda = (int64_t)g->lda,
                  ldb = (int64_t)g->ldb, ldc = (int64_t)g->ldc;
    if (what == OURS_32) k->f32(g, a32, b32, c32, scratch);
    if (what == OURS_64) k->f64(g, a64, b64, c64, scratch);
    if (what == THEIRS_32 && other32)
        other32(101, ta, tb, m, n, p, 1, a32, lda, b32, ldb, 0, c32, ldc);
    if (what == THEIRS_64 && other64)
        other64(101, ta, tb, m, n, p, 1, a64, lda, b64, ldb, 0, c64, ldc);
}

/* GFLOP/s of the best of a few rounds, each of 5 ms or more. */
static double rate(const norni_gemm *g, norni_gemm_simd widest, int what) {
    const double flops = 2 * (double)g->m * (double)g->n * (double)g->k;
    const int64_t times = 1 + (int64_t)(5e8 / flops);
    double best = 0;
    run(g, widest, what);
    for (int r = 0; r < ROUNDS; r++) {
        const double from = norni_clock_thread_seconds();
        for (int64_t i = 0; i < times; i++)
            run(g, widest, what);
        const double took = norni_clock_thread_seconds() - from;
        if (flops * (double)times / took > best) best = flops * (double)times / took;
    }
    return best * 1e-9;
}

int main(int argc, char **argv) {
    const norni_gemm_simd widest = argc > 1 ? (norni_gemm_simd)atoi(argv[1]) : NORNI_GEMM_AVX512;
    find_other();
    for (size_t i = 0; i < MOST; i++) {
        a64[i] = (double)(i % 97) / 97 - 0.4, b64[i] = (double)(i % 89) / 89 - 0.6;
        a32[i] = (float)a64[i], b32[i] = (float)b64[i];
    }
    printf("kernel %s, one thread\n%-22s %5s %9s %9s %9s %9s\n",
           norni_gemm_kernel_get(widest)->name, "m x n x k", "turn", "f32", "OpenBLAS", "f64",
           "OpenBLAS");
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t m = sizes[s].m, n = sizes[s].n, k = sizes[s].k;
        const norni_gemm g = {.m = m,
                              .n = n,
                              .k = k,
                              .lda = sizes[s].a_turned ? m : k,
                              .ldb = sizes[s].b_turned ? k : n,
                              .ldc = n,
                              .a_turned = sizes[s].a_turned,
                              .b_turned = sizes[s].b_turned};
        char text[64];
        snprintf(text, sizeof text, "%zu x %zu x %zu", m, n, k);
        printf("%-22s %4s%s %9.1f %9.1f %9.1f %9.1f\n", text, g.a_turned ? "a" : "-",
               g.b_turned ? "b" : "-", rate(&g, widest, OURS_32),
               other32 ? rate(&g, widest, THEIRS_32) : 0, rate(&g, widest, OURS_64),
               other64 ? rate(&g, widest, THEIRS_64) : 0);
    }
    return 0;
}
