/* The cuts of one column weighed eight at a time, compiled once for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included more than once. SCAN_TARGET and FN(x) say for what. Every lane does the same
 * operations whatever the set, and the least cut of the best gain wins: the same answer everywhere. */

typedef double FN(vec) __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t FN(whole) __attribute__((vector_size(64), aligned(8), may_alias));

#define SCAN_PICK(yes, a, b) ((FN(vec))(((FN(whole))(a) & (yes)) | ((FN(whole))(b) & ~(yes))))

SCAN_TARGET static cut_found FN(cuts)(const cut_rows *r, const gbdt_sums *all,
                                      const gbdt_rule *rule) {
    const FN(whole) step = {0, 1, 2, 3, 4, 5, 6, 7};
    FN(vec) best = {-1, -1, -1, -1, -1, -1, -1, -1};
    const FN(vec) none = {0};
    FN(whole) where = {0};
    const int64_t low = ((int64_t)1 << r->shift) - 1;
    for (size_t i = 0; i < r->n; i += 8) {
        const FN(whole) w = *(const FN(whole) *)(r->first + i);
        const FN(whole) v = r->second ? *(const FN(whole) *)(r->second + i) : w;
        const FN(vec) n = __builtin_convertvector(v & low, FN(vec)) + r->also.n;
        FN(vec) g, h = n;
        if (r->second) {
            g = __builtin_convertvector(w, FN(vec)) + r->also.g;
            h = __builtin_convertvector(v >> r->shift, FN(vec)) + r->also.h;
        } else {
            g = __builtin_convertvector(w >> r->shift, FN(vec)) + r->also.g;
        }
        const FN(vec) right_n = all->n - n, right_h = all->h - h;
        const FN(vec) a = h + rule->l2, b = right_h + rule->l2;
        FN(vec) t = g, u = all->g - g;
        if (rule->l1 > 0) { /* softened: towards 0 by l1 */
            t = SCAN_PICK(t > rule->l1, t - rule->l1, SCAN_PICK(t < -rule->l1, t + rule->l1, none));
            u = SCAN_PICK(u > rule->l1, u - rule->l1, SCAN_PICK(u < -rule->l1, u + rule->l1, none));
        }
        const FN(vec) gain = (t * t * b + u * u * a) / (a * b);
        const FN(whole) legal = (n >= rule->min_n) & (right_n >= rule->min_n) & (h >= rule->min_h) &
                                (right_h >= rule->min_h) & (gain > best);
        best = SCAN_PICK(legal, gain, best);
        where = (legal & (step + (int64_t)i)) | (~legal & where);
    }
    cut_found f = {-1, 0};
    for (int k = 0; k < 8; k++) {
        if (best[k] > f.gain || (best[k] == f.gain && f.gain >= 0 && where[k] < f.at))
            f = (cut_found){best[k], where[k]};
    }
    return f;
}
#undef SCAN_PICK
