/* A fitted EBM in memory of its own: made, named, copied, freed; and bytes handed to the caller. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ebm_handle.h"

#include "models/ebm/ebm_clone.h"

norn_status norni_ebm_handle_empty(const norn_alloc *alloc, norn_ebm **out, norn_err *err) {
    *out = norni_alloc_zero(alloc, 1, sizeof **out);
    if (*out == NULL) return norni_alloc_fail(err, "ebm", 1, sizeof **out);
    (*out)->alloc = *alloc;
    norni_arena_init(&(*out)->arena, &(*out)->alloc);
    return NORN_OK;
}

void norn_ebm_free(norn_ebm *m) {
    if (m == NULL) return;
    const norn_alloc alloc = m->alloc;
    norni_arena_clear(&m->arena);
    norni_alloc_drop(&alloc, m, 1, sizeof *m);
}

norn_status norni_ebm_handle_name(norn_ebm *h, const char *const *name, norn_err *err) {
    const size_t n = h->m.n_columns;
    h->name = norni_arena_get(&h->arena, n, sizeof *h->name);
    h->nominal = norni_arena_get(&h->arena, n, sizeof *h->nominal);
    if (h->name == NULL || h->nominal == NULL)
        return norni_alloc_fail(err, "ebm", n, sizeof *h->name);
    for (size_t j = 0; j < n; j++) {
        char own[32];
        const char *noughts = j > 999 ? "" : j > 99 ? "0" : j > 9 ? "00" : "000";
        if (name == NULL) norni_format(own, sizeof own, "feature_%s%zu", noughts, j);
        const char *text = name ? name[j] : own;
        h->name[j] = norni_arena_text(&h->arena, text, strlen(text));
        if (h->name[j] == NULL) return norni_alloc_fail(err, "ebm", strlen(text), 1);
        h->nominal[j] = h->m.mains[j].kind == NORNI_FEATURE_NOMINAL;
    }
    return NORN_OK;
}

norn_status norni_ebm_handle_new(const norn_alloc *alloc, const norni_ebm *m,
                                 const char *const *name, norn_ebm **out, norn_err *err) {
    norn_status st;
    NORN_TRY(norni_ebm_handle_empty(alloc, out, err));
    NORN_TRY_GOTO(norni_ebm_clone(&(*out)->arena, m, &(*out)->m, err), fail);
    NORN_TRY_GOTO(norni_ebm_handle_name(*out, name, err), fail);
    return NORN_OK;
fail:
    norn_ebm_free(*out);
    *out = NULL;
    return st;
}

norn_status norn_ebm_copy(const norn_ebm *m, norn_ebm **out, norn_err *err) {
    return norni_ebm_handle_new(&m->alloc, &m->m, m->name, out, err);
}

/* ---- bytes ---- */

typedef struct owned_bytes {
    norn_alloc alloc;
    char *p;
    size_t cap;
} owned_bytes;

norn_status norni_ebm_bytes_give(norni_buf *from, norn_ebm_bytes *out, norn_err *err) {
    *out = (norn_ebm_bytes){0};
    norni_buf_add(from, "", 1);
    owned_bytes *o = from->failed ? NULL : norni_alloc_get(from->alloc, 1, sizeof *o);
    if (o == NULL) {
        norni_buf_clear(from);
        return norni_alloc_fail(err, "ebm", 1, sizeof *o);
    }
    *o = (owned_bytes){*from->alloc, from->p, from->cap};
    *out = (norn_ebm_bytes){from->n - 1, from->p, o};
    norni_buf_init(from, from->alloc);
    return NORN_OK;
}

void norn_ebm_bytes_free(norn_ebm_bytes *b) {
    owned_bytes *o = b ? b->owner : NULL;
    if (o == NULL) return;
    const norn_alloc alloc = o->alloc;
    norni_alloc_drop(&alloc, o->p, o->cap, 1);
    norni_alloc_drop(&alloc, o, 1, sizeof *o);
    *b = (norn_ebm_bytes){0};
}
