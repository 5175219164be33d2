/* Models made of others kept: every member's bytes, or none for one that is left out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/combine/members.h"

norn_status norni_members_save(const char *part, const norni_members *m, norni_buf *out,
                               norn_err *err) {
    norni_buf one;
    norni_pack_u32(out, (uint32_t)m->n);
    for (size_t k = 0; k < m->n; k++) {
        const norni_member *member = &m->list[k];
        if (member->state == NULL) {
            norni_pack_str(out, (norni_str){NULL, 0});
            continue;
        }
        if (member->model->save == NULL)
            return norn_fail(err, NORN_E_ARG, "%s: the member %s cannot be kept", part,
                             member->model->name);
        norni_buf_init(&one, out->alloc);
        const norn_status st = member->model->save(member->state, 0, &one, err);
        if (st == NORN_OK) norni_pack_str(out, (norni_str){one.p, one.n});
        norni_buf_clear(&one);
        if (st != NORN_OK) return st;
    }
    return out->failed ? norni_alloc_fail(err, part, out->cap, 2) : NORN_OK;
}

norn_status norni_members_load(const char *part, norni_env *env, norni_unpack *u, norni_members *m,
                               norn_err *err) {
    m->n_ok = 0;
    (void)norni_unpack_count(u, (uint32_t)m->n, (uint32_t)m->n);
    for (size_t k = 0; k < m->n && !u->failed; k++) {
        norni_member *member = &m->list[k];
        const norni_str saved = norni_unpack_str(u);
        member->state = NULL;
        if (saved.n == 0) continue;
        if (member->model->load == NULL) {
            u->failed = true;
            break;
        }
        NORN_TRY(member->model->load(env, member->opt, saved, &member->state, err));
        m->n_ok++;
    }
    if (u->failed || m->n_ok == 0)
        return norn_fail(err, NORN_E_FORMAT,
                         "%s: the kept model is damaged or has other members than these options",
                         part);
    return NORN_OK;
}

norn_status norni_members_update(const char *part, norni_env *env, norni_members *m,
                                 const norni_series *more, norn_err *err) {
    for (size_t k = 0; k < m->n; k++) {
        const norni_member *member = &m->list[k];
        if (member->state == NULL) continue;
        if (member->model->update == NULL)
            return norn_fail(err, NORN_E_ARG, "%s: the member %s cannot be moved on; fit again",
                             part, member->model->name);
        NORN_TRY(member->model->update(env, member->state, more, err));
    }
    return NORN_OK;
}
