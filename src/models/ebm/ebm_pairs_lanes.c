/* The pairs' loops over rows and cuts: compiled for each instruction set, chosen at run time. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/ebm/ebm_pairs_lanes.h"

#define LANES_TARGET
#define FN(x) pair_plain_##x
#include "models/ebm/ebm_pairs_lanes_body.h"
#undef LANES_TARGET
#undef FN

#if defined(__x86_64__)
#    define LANES_TARGET __attribute__((target("avx2")))
#    define FN(x)        pair_avx2_##x
#    include "models/ebm/ebm_pairs_lanes_body.h"
#    undef LANES_TARGET
#    undef FN
#endif

#define LANES(word, name)                                                                       \
    {                                                                                           \
        name, pair_##word##_scan, pair_##word##_scan_each, pair_##word##_step,                  \
            pair_##word##_parts, pair_##word##_stack, pair_##word##_round, pair_##word##_square \
    }

const norni_ebm_lanes *norni_ebm_lanes_get(int plain) {
    static const norni_ebm_lanes baseline = LANES(plain, "baseline");
#if defined(__x86_64__)
    static const norni_ebm_lanes avx2 = LANES(avx2, "avx2");
    if (!plain && __builtin_cpu_supports("avx2")) return &avx2;
#endif
    (void)plain;
    return &baseline;
}
