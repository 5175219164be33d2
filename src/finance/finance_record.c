/* What a cache keeps of one series of a report: everything that its answer consists of, to the bit. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/pack.h"
#include "finance/finance_backtest.h"

enum { RECORD_VERSION = 2 };

void norni_fin_record_key(const norni_fin_task *task, norni_buf *params, norni_buf *content) {
    const norni_fin_forecast_opt *opt = task->opt;
    const norni_fin_series *s = task->series;
    norni_pack_u32(params, RECORD_VERSION);
    norni_pack_u32(params, NORNI_FIN_HORIZON);
    norni_pack_u32(params, NORNI_FIN_LEAST_MONTHS);
    norni_pack_u32(params, (uint32_t)opt->n_candidates);
    for (size_t k = 0; k < opt->n_candidates; k++) {
        norni_pack_str(params, opt->candidate[k].name);
        norni_pack_str(params, opt->candidate[k].spec);
        norni_pack_i32(params, opt->candidate[k].rank);
    }
    norni_pack_str(params, opt->fallback.spec);
    norni_pack_f64(params, opt->level);
    norni_pack_i64(params, (int64_t)opt->seed);
    norni_pack_u32(params, opt->attempts);
    norni_pack_str(content, s->id); /* of the random streams */
    norni_pack_i64(content, s->first);
    norni_pack_i64(content, (int64_t)s->n);
    norni_pack_f64s(content, s->y, s->n);
}

void norni_fin_record_pack(const norni_fin_task *task, norni_buf *out) {
    const norni_fin_series *s = task->series;
    norni_pack_u32(out, RECORD_VERSION);
    norni_pack_i32(out, (int32_t)s->status);
    norni_pack_u32(out, (uint32_t)s->holdout);
    norni_pack_u32(out, s->best == SIZE_MAX ? UINT32_MAX : (uint32_t)s->best);
    norni_pack_u32(out, s->fallback);
    norni_pack_str(out, s->fitted);
    norni_pack_str(out, s->reason);
    norni_pack_f64(out, s->accuracy_percentage);
    norni_pack_u32(out, (uint32_t)task->opt->n_candidates);
    for (size_t k = 0; k < task->opt->n_candidates; k++) {
        const norni_fin_score *c = &s->score[k];
        norni_pack_u32(out, c->ok);
        norni_pack_f64(out, c->rmse);
        norni_pack_f64(out, c->mae);
        norni_pack_f64(out, c->mape);
        norni_pack_str(out, c->described);
        norni_pack_str(out, c->message);
    }
    norni_pack_u32(out, (uint32_t)s->n_points);
    for (size_t k = 0; k < s->n_points; k++) {
        norni_pack_f64(out, s->point[k].predicted);
        norni_pack_f64(out, s->point[k].lower);
        norni_pack_f64(out, s->point[k].upper);
    }
}

static norni_str take_text(norni_unpack *u, char to[NORNI_FIN_TEXT]) {
    const norni_str s = norni_unpack_str(u);
    if (s.n >= NORNI_FIN_TEXT) u->failed = true;
    const size_t n = u->failed ? 0 : s.n;
    if (n > 0) memcpy(to, s.p, n);
    to[n] = '\0';
    return (norni_str){to, n};
}

static void take_scores(const norni_fin_task *task, norni_unpack *u) {
    const uint32_t n = (uint32_t)task->opt->n_candidates;
    if (norni_unpack_u32(u) != n) u->failed = true;
    for (size_t k = 0; k < n && !u->failed; k++) {
        norni_fin_score *c = &task->slot->score[k];
        c->ok = norni_unpack_count(u, 0, 1) != 0;
        c->rmse = norni_unpack_f64(u);
        c->mae = norni_unpack_f64(u);
        c->mape = norni_unpack_f64(u);
        c->described = take_text(u, task->slot->described[k]);
        c->message = take_text(u, task->slot->message[k]);
    }
}

bool norni_fin_record_unpack(const norni_fin_task *task, norni_str bytes) {
    norni_fin_series *s = task->series;
    norni_unpack u = {.left = bytes};
    if (norni_unpack_u32(&u) != RECORD_VERSION) return false;
    const int32_t status = norni_unpack_i32(&u);
    s->holdout = norni_unpack_count(&u, 2, 6);
    const uint32_t best = norni_unpack_u32(&u);
    s->fallback = norni_unpack_count(&u, 0, 1) != 0;
    s->fitted = take_text(&u, task->slot->fitted);
    s->reason = take_text(&u, task->slot->reason);
    s->accuracy_percentage = norni_unpack_f64(&u);
    take_scores(task, &u);
    s->n_points = norni_unpack_count(&u, 0, NORNI_FIN_HORIZON);
    for (size_t k = 0; k < s->n_points; k++) {
        s->point[k].month = s->first + (int64_t)(s->n + k);
        s->point[k].predicted = norni_unpack_f64(&u);
        s->point[k].lower = norni_unpack_f64(&u);
        s->point[k].upper = norni_unpack_f64(&u);
    }
    if (!norni_unpack_end(&u)) return false;
    if (best != UINT32_MAX && best >= task->opt->n_candidates) return false;
    if (status != NORN_OK && status != NORN_E_DATA && status != NORN_E_NUMERIC) return false;
    s->status = (norn_status)status;
    s->best = best == UINT32_MAX ? SIZE_MAX : best;
    s->score = task->slot->score;
    s->cached = true;
    s->seconds = 0;
    return true;
}
