/* Room for what charts show: texts and numbers that live as long as a page. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "signals/signals_charts_parts.h"

norn_status norni_signals_no_memory(const norni_signal_page *p, size_t n) {
    return norni_alloc_fail(p->err, "signal chart", n, sizeof(double));
}

norn_status norni_signals_keep(const norni_signal_page *p, const char *text, norni_str *out) {
    const char *kept = norni_arena_text(p->arena, text, strlen(text));
    if (kept == NULL) return norni_signals_no_memory(p, strlen(text));
    *out = norni_str_of(kept);
    return NORN_OK;
}

double *norni_signals_numbers(const norni_signal_page *p, size_t n, size_t lists) {
    size_t all;
    if (!norni_mul_size(n, lists, &all)) return NULL;
    return norni_arena_get(p->arena, all, sizeof(double));
}
