/* An item's key, and its slots in the answer: forecasts, state, text. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_slots.h"

norn_status norni_multi_item_key(const norni_multi_job *j, size_t item, norni_arena *arena,
                                 norni_str *out, norn_err *err) {
    const norni_multi_item *at = &j->item[item];
    const norni_str column = j->plan->specs[at->spec].column;
    const bool whole = norni_multi_item_is_whole(at);
    const norni_str target = whole ? norni_str_of("*") : j->table->trained_name[at->slot];
    char step[24];
    const size_t n_step = norni_format(step, sizeof step, "%u", (unsigned)at->step),
                 n = column.n + 1 + target.n + 1 + n_step;
    char *text = norni_arena_get(arena, n, 1), *p = text;
    if (text == NULL) return norni_alloc_fail(err, "multi", n, 1);
    memcpy(p, column.p, column.n);
    p += column.n;
    *p++ = '\0'; /* no name holds one */
    memcpy(p, target.p, target.n);
    p += target.n;
    *p++ = '\0';
    memcpy(p, step, n_step);
    *out = (norni_str){text, n};
    return NORN_OK;
}

void norni_multi_item_each(const norni_multi_job *j, size_t item, norni_multi_slot_fn fn,
                           void *user) {
    const norni_multi_item *at = &j->item[item];
    const norni_multi_table *t = j->table;
    const norni_multi_fit *f = &j->fit[at->fit];
    const bool whole = norni_multi_item_is_whole(at);
    const size_t from = whole ? 0 : at->slot, to = whole ? t->n_trained : at->slot + 1,
                 first = whole ? 0 : at->step - 1, n = whole ? j->plan->horizon : 1;
    for (size_t slot = from; slot < to; slot++) {
        const size_t target = t->trained[slot];
        for (size_t k = f->first_window; k < f->first_window + f->n_windows; k++)
            fn(user, target, k, false, norni_multi_oof(j, at->spec, target, k) + first, n);
        if (f->last) fn(user, target, 0, true, norni_multi_ahead(j, at->spec, target) + first, n);
    }
}

norn_status norni_multi_item_keep(norni_multi_job *j, size_t item, norni_str state, norn_err *err) {
    norni_str *slot = &j->state[item];
    if (slot->p != NULL) norni_alloc_drop(&j->ctx->alloc, (void *)(uintptr_t)slot->p, slot->n, 1);
    *slot = (norni_str){NULL, 0};
    if (state.n == 0) return NORN_OK;
    char *p = norni_alloc_get(&j->ctx->alloc, state.n, 1);
    if (p == NULL) return norni_alloc_fail(err, "save", state.n, 1);
    memcpy(p, state.p, state.n);
    *slot = (norni_str){p, state.n};
    return NORN_OK;
}

norn_status norni_multi_item_tell(norni_multi_job *j, size_t item, const char *text,
                                  norn_err *err) {
    if (j->told == NULL) return NORN_OK;
    char **slot = &j->told[item];
    if (*slot != NULL) norni_alloc_drop(&j->ctx->alloc, *slot, strlen(*slot) + 1, 1);
    const size_t n = strlen(text) + 1;
    *slot = norni_alloc_get(&j->ctx->alloc, n, 1);
    if (*slot == NULL) return norni_alloc_fail(err, "items", n, 1);
    memcpy(*slot, text, n);
    return NORN_OK;
}
