/* The passes over returns, compiled for several instruction sets, and the choice among them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_metrics_lanes.h"

#include <stdint.h>
#include <string.h>

#include "base/fp.h"
#include "base/simd.h"

enum { LANES = NORNI_PORT_METRIC_LANES };

#define PORT_TARGET
#define FN(x)      base_##x
#define PORT_WIDTH 2
#include "portfolio/portfolio_metrics_body.h"
#undef PORT_TARGET
#undef FN
#undef PORT_WIDTH

#if defined(__x86_64__)
#    define PORT_TARGET __attribute__((target("avx2")))
#    define FN(x)       avx2_##x
#    define PORT_WIDTH  4
#    include "portfolio/portfolio_metrics_body.h"
#    undef PORT_TARGET
#    undef FN
#    undef PORT_WIDTH
#    define PORT_TARGET __attribute__((target("avx512f,avx512dq,avx512vl" NORNI_PREFER_512)))
#    define FN(x)       avx512_##x
#    define PORT_WIDTH  8
#    include "portfolio/portfolio_metrics_body.h"
#    undef PORT_TARGET
#    undef FN
#    undef PORT_WIDTH
#endif

const norni_port_passes *norni_port_passes_of(int cap) {
    static const norni_port_passes base = {base_powers, base_sides, base_logs, base_line};
#if defined(__x86_64__)
    static const norni_port_passes avx2 = {avx2_powers, avx2_sides, avx2_logs, avx2_line};
    static const norni_port_passes avx512 = {avx512_powers, avx512_sides, avx512_logs, avx512_line};
    if (cap >= 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return &avx512;
    if (cap >= 1 && __builtin_cpu_supports("avx2")) return &avx2;
#endif
    (void)cap;
    return &base;
}
