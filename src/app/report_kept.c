/* A whole report as a cache keeps it: what may differ between two answers is left open, and filled in each time. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/report_kept.h"

#include "base/pack.h"

enum { KEPT_VERSION = 2, N_MARKS = 4 };

void norni_report_answer_init(norni_report_answer *a, const norn_alloc *alloc) {
    memset(a, 0, sizeof *a);
    norni_buf_init(&a->body, alloc);
    norni_buf_init(&a->events, alloc);
    norni_buf_init(&a->failures, alloc);
}

void norni_report_answer_clear(norni_report_answer *a) {
    norni_buf_clear(&a->body);
    norni_buf_clear(&a->events);
    norni_buf_clear(&a->failures);
}

/* ---- marks ---- */

norni_report_marks norni_report_marks_of(const norni_cache_key *key) {
    static const char digit[] = "0123456789abcdef";
    norni_report_marks m;
    char hex[49];
    uint64_t bits = 0;
    for (size_t i = 0; i < 24; i++) {
        hex[2 * i] = digit[key->byte[i] >> 4];
        hex[2 * i + 1] = digit[key->byte[i] & 15];
    }
    hex[48] = '\0';
    for (size_t i = 24; i < 32; i++)
        bits = bits << 8 | key->byte[i];
    norni_format(m.session, sizeof m.session, "S%s", hex);
    norni_format(m.task, sizeof m.task, "T%s", hex);
    norni_format(m.when, sizeof m.when, "W%s", hex);
    /* 19 digits always: between 10^18 and 9 * 10^18 */
    m.unix_seconds = (int64_t)(bits % UINT64_C(8000000000000000000)) + INT64_C(1000000000000000000);
    return m;
}

norni_fin_stamp norni_report_marks_stamp(const norni_report_marks *m, bool has_task) {
    return (norni_fin_stamp){.unix_seconds = m->unix_seconds,
                             .when = norni_str_of(m->when),
                             .session_id = norni_str_of(m->session),
                             .task_id = has_task ? norni_str_of(m->task) : (norni_str){"", 0}};
}

void norni_report_fill(const norni_report_marks *m, norni_str body, const norni_fin_stamp *stamp,
                       norni_buf *out) {
    char number[24], now[24];
    norni_format(number, sizeof number, "%lld", (long long)m->unix_seconds);
    norni_format(now, sizeof now, "%lld", (long long)stamp->unix_seconds);
    const norni_str mark[N_MARKS] = {norni_str_of(m->session), norni_str_of(m->task),
                                     norni_str_of(m->when), norni_str_of(number)};
    const norni_str text[N_MARKS] = {stamp->session_id, stamp->task_id, stamp->when,
                                     norni_str_of(now)};
    const char *next[N_MARKS];
    size_t done = 0;
    (void)norni_buf_reserve(out, body.n + 256);
    for (size_t k = 0; k < N_MARKS; k++)
        next[k] = memmem(body.p, body.n, mark[k].p, mark[k].n);
    for (;;) {
        size_t k = N_MARKS;
        for (size_t i = 0; i < N_MARKS; i++) {
            if (next[i] != NULL && (k == N_MARKS || next[i] < next[k])) k = i;
        }
        if (k == N_MARKS) break;
        const size_t at = (size_t)(next[k] - body.p);
        norni_buf_add(out, body.p + done, at - done);
        norni_buf_add(out, text[k].p, text[k].n);
        done = at + mark[k].n;
        next[k] = memmem(body.p + done, body.n - done, mark[k].p, mark[k].n);
    }
    norni_buf_add(out, body.p + done, body.n - done);
}

/* ---- bytes ---- */

static norni_str text_of(const norni_buf *b) {
    return (norni_str){b->p ? b->p : "", b->n};
}

void norni_report_pack(const norni_report_answer *a, norni_buf *out) {
    norni_pack_u32(out, KEPT_VERSION);
    norni_pack_str(out, norni_str_of(a->digest));
    norni_pack_i64(out, (int64_t)a->n_items);
    norni_pack_i64(out, (int64_t)a->n_ok);
    norni_pack_i64(out, (int64_t)a->n_fallback);
    norni_pack_i64(out, (int64_t)a->n_failed);
    norni_pack_str(out, text_of(&a->events));
    norni_pack_str(out, text_of(&a->failures));
    norni_pack_str(out, text_of(&a->body));
}

bool norni_report_unpack(norni_str bytes, norni_report_answer *a) {
    norni_unpack u = {.left = bytes};
    if (norni_unpack_u32(&u) != KEPT_VERSION) return false;
    const norni_str digest = norni_unpack_str(&u);
    const int64_t most = INT64_C(1) << 31;
    a->n_items = (size_t)norni_unpack_between(&u, 0, most);
    a->n_ok = (size_t)norni_unpack_between(&u, 0, most);
    a->n_fallback = (size_t)norni_unpack_between(&u, 0, most);
    a->n_failed = (size_t)norni_unpack_between(&u, 0, most);
    const norni_str events = norni_unpack_str(&u), failures = norni_unpack_str(&u),
                    body = norni_unpack_str(&u);
    if (!norni_unpack_end(&u) || digest.n >= sizeof a->digest) return false;
    memcpy(a->digest, digest.p, digest.n);
    a->digest[digest.n] = '\0';
    norni_buf_add(&a->events, events.p, events.n);
    norni_buf_add(&a->failures, failures.p, failures.n);
    norni_buf_add(&a->body, body.p, body.n);
    return !a->events.failed && !a->failures.failed && !a->body.failed;
}
