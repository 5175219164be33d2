/* The run: every part of every learner at every fit as one list of items, the costliest first. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Every target is in the list at every worker count; workers take items one by one, and an item's own
 * bags run beside it where workers are idle (env->share). An item writes its own slots and no other's,
 * what follows reads them in order of number: the same bits at any worker count. */
#include "app/multi_run.h"

#include "app/multi_fits.h"
#include "app/multi_gate.h"
#include "app/multi_item.h"
#include "app/multi_record.h"
#include "base/fp.h"

/* ---- the list ---- */

static size_t parts_of(const norni_multi_job *j, const norni_learner *l) {
    return l->whole ? 1 : j->table->n_trained * j->plan->horizon;
}

static norn_status list_items(norni_multi_job *j, norn_err *err) {
    const size_t h = j->plan->horizon;
    size_t n = 0;
    for (size_t s = 0; s < j->plan->n_specs; s++) {
        const norni_learner *l = j->plan->specs[s].learner;
        if (l != NULL) n += j->n_fits * parts_of(j, l);
    }
    j->item = norni_arena_get(j->arena, n, sizeof *j->item);
    j->cost = norni_arena_zero(j->arena, n, sizeof *j->cost);
    j->need = norni_arena_zero(j->arena, n, sizeof *j->need);
    if (j->kept) j->reach = norni_arena_zero(j->arena, n, sizeof *j->reach);
    if (!j->item || !j->cost || !j->need || (j->kept && !j->reach))
        return norni_alloc_fail(err, "multi", n, 40);
    for (size_t f = 0; f < j->n_fits; f++) {
        for (size_t s = 0; s < j->plan->n_specs; s++) {
            const norni_learner *l = j->plan->specs[s].learner;
            if (l == NULL) continue;
            for (size_t p = 0; p < parts_of(j, l); p++)
                j->item[j->n_items++] =
                    (norni_multi_item){(uint32_t)f, (uint32_t)s,
                                       l->whole ? (uint32_t)j->table->n_trained : (uint32_t)(p / h),
                                       l->whole ? 0 : (uint32_t)(p % h) + 1};
        }
    }
    return NORN_OK;
}

/* Parts of one learner at one fit cost alike. The newest fit is validated before any work: what no
 * option could mend is the caller's to hear at once. */
static norn_status estimate(norni_multi_job *j, norn_err *err) {
    double cost = 0;
    size_t need = 0;
    for (size_t i = 0; i < j->n_items; i++) {
        const norni_multi_item *at = &j->item[i];
        const norni_learner_spec *spec = &j->plan->specs[at->spec];
        const norni_learner *l = spec->learner;
        if (i == 0 || j->item[i - 1].spec != at->spec || j->item[i - 1].fit != at->fit) {
            const norni_arena_mark mark = norni_arena_mark_get(j->arena);
            norni_multi_view v;
            NORN_TRY(norni_multi_view_make(j, &j->fit[at->fit], spec, at->slot, j->arena, &v, err));
            cost = l->cost ? l->cost(spec->opt, &v.lesson) : 1e6;
            need = l->memory ? l->memory(spec->opt, &v.lesson) : 0;
            if (j->fit[at->fit].last && l->validate && !j->kept) {
                norn_err why = {NORN_OK, ""};
                if (l->validate(spec->opt, &v.lesson, &why) == NORN_E_ARG)
                    return norn_fail(err, NORN_E_ARG, "%s", why.text);
            }
            norni_arena_rewind(j->arena, mark);
        }
        j->cost[i] = cost;
        j->need[i] = need;
    }
    return NORN_OK;
}

/* ---- answers ---- */

static norn_status numbers(norni_multi_job *j, size_t n, double **out, norn_err *err) {
    *out = norni_arena_get(j->arena, n, sizeof **out);
    if (*out == NULL) return norni_alloc_fail(err, "multi", n, sizeof **out);
    for (size_t i = 0; i < n; i++)
        (*out)[i] = norni_canonical(NORNI_NAN);
    return NORN_OK;
}

static norn_status make_room(norni_multi_job *j, const norni_multi_wish *wish, norn_err *err) {
    const norni_multi_table *t = j->table;
    const size_t h = j->plan->horizon, n_specs = j->plan->n_specs, n = j->n_items;
    size_t windows, all;
    if (!norni_mul_size(t->n_targets * h, t->n_windows, &windows) ||
        !norni_mul_size(windows, n_specs, &all))
        return norn_fail(err, NORN_E_LIMIT, "multi: targets x windows x horizon is too much");
    NORN_TRY(numbers(j, windows, &j->actual, err));
    NORN_TRY(numbers(j, all, &j->oof, err));
    NORN_TRY(numbers(j, t->n_targets * n_specs * h, &j->ahead, err));
    for (size_t i = 0; i < t->n_targets; i++) {
        for (size_t k = 0; k < t->n_windows; k++)
            memcpy(j->actual + (i * t->n_windows + k) * h, t->y[i] + t->origin[k] + 1,
                   h * sizeof(double));
    }
    if (wish->states) j->state = norni_arena_zero(j->arena, n, sizeof *j->state);
    if (wish->texts) j->told = norni_arena_zero(j->arena, n, sizeof *j->told);
    if (wish->reasons) {
        j->reasons_arena = norni_arena_zero(j->arena, n, sizeof *j->reasons_arena);
        j->reason = norni_arena_zero(j->arena, n, sizeof *j->reason);
        for (size_t i = 0; j->reasons_arena && i < n; i++)
            norni_arena_init(&j->reasons_arena[i], &j->ctx->alloc);
        j->n_reasons = norni_arena_zero(j->arena, n, sizeof *j->n_reasons);
    }
    if ((wish->states && !j->state) || (wish->texts && !j->told) ||
        (wish->reasons && (!j->reasons_arena || !j->reason || !j->n_reasons)))
        return norni_alloc_fail(err, "multi", n, 64);
    return NORN_OK;
}

/* ---- the pool's work ---- */

typedef struct run {
    norni_multi_job *j;
    norni_multi_gate gate;
} run;

/* A part that does not even run alone, and what it is thought to take. */
static norn_status name_item(const norni_multi_job *j, size_t item, norn_err *err) {
    const norni_multi_item *at = &j->item[item];
    const norni_learner_spec *s = &j->plan->specs[at->spec];
    const norni_str target = norni_multi_item_is_whole(at) ? norni_str_of("all targets")
                                                           : j->table->trained_name[at->slot];
    return norn_fail(err, NORN_E_MEM,
                     "%.*s on %.*s does not fit even alone: it takes about %zu MiB besides table, "
                     "features and bins",
                     (int)(s->column.n > 30 ? 30 : s->column.n), s->column.p,
                     (int)(target.n > 30 ? 30 : target.n), target.p, (j->need[item] >> 20) + 1);
}

static norn_status try_item(norni_worker *w, size_t item, uint32_t attempt, void *arg,
                            norn_err *err) {
    run *r = arg;
    const norni_poll poll = norni_ctx_poll(w->ctx);
    const size_t need = r->j->need[item];
    NORN_TRY(norni_multi_gate_enter(&r->gate, need, &poll, err));
    const norn_status st = norni_multi_item_run(w, r->j, item, attempt, err);
    norni_multi_gate_leave(&r->gate, need);
    return st == NORN_E_MEM && w->alone ? name_item(r->j, item, err) : st;
}

static norn_status fall_back(norni_worker *w, size_t item, uint32_t attempt, void *arg,
                             norn_err *err) {
    (void)w, (void)attempt;
    return norni_multi_item_fall_back(((run *)arg)->j, item, err);
}

static bool recall(norni_worker *w, size_t item, void *arg, norni_outcome *o) {
    return norni_multi_recall(w, ((run *)arg)->j, item, o);
}

static norn_status remember(norni_worker *w, size_t item, void *arg, const norni_outcome *o,
                            norn_err *err) {
    return norni_multi_remember(w, ((run *)arg)->j, item, o, err);
}

static norn_status run_items(norni_multi_job *j, norn_err *err) {
    const uint64_t limit = norni_memory_limit(j->plan->opt->panel.common.memory_limit, NULL);
    run r = {.j = j};
    norni_tally own;
    norni_reporter reporter;
    norni_tally_init(&own);
    if (j->tally == NULL) j->tally = &own;
    const norni_batch_opt opt = {.loop = {.grain = 1, .cost = j->cost, .keep_going = true},
                                 .max_attempts = j->plan->max_attempts,
                                 .error_threshold = j->plan->opt->panel.common.error_threshold,
                                 .tally = j->tally,
                                 .memory_ends = true,
                                 .recall = j->store ? recall : NULL,
                                 .remember = j->store ? remember : NULL};
    norni_multi_gate_init(&r.gate, (size_t)(limit / 2));
    norni_reporter_start(&reporter, j->progress, j->progress_user, j->tally, j->n_items);
    const norn_status st =
        norni_batch_run(j->ctx, NULL, j->n_items, try_item, fall_back, &r, &opt, &j->batch, err);
    norni_reporter_stop(&reporter);
    if (j->tally == &own) j->tally = NULL;
    norni_multi_gate_clear(&r.gate);
    return st;
}

/* A window that begins before DATA would be filled with rows that nobody gave. */
static norn_status check_reach(const norni_multi_job *j, norn_err *err) {
    const size_t n = j->table->wide.n_rows;
    const norni_learner_spec *who = NULL;
    size_t most = n;
    for (size_t i = 0; j->reach && i < j->n_items; i++) {
        if (j->reach[i] <= most) continue;
        most = j->reach[i];
        who = &j->plan->specs[j->item[i].spec];
    }
    if (who == NULL) return NORN_OK;
    return norn_fail(err, NORN_E_DATA,
                     "%zu rows are too few: the kept models look back over %zu (%.*s); give them "
                     "the rows before, too",
                     n, most, (int)(who->column.n > 60 ? 60 : who->column.n), who->column.p);
}

static norn_status prepare(norni_multi_job *j, const norni_multi_wish *wish, norn_err *err) {
    NORN_TRY(norni_multi_fits_list(j, j->kept != NULL, err));
    NORN_TRY(norni_multi_fits_prepare(j, err));
    NORN_TRY(list_items(j, err));
    NORN_TRY(estimate(j, err));
    return make_room(j, wish, err);
}

norn_status norni_multi_run(norni_multi_job *j, const norni_multi_wish *wish, norn_err *err) {
    norn_status st = prepare(j, wish, err);
    if (st == NORN_OK) st = run_items(j, err);
    return st == NORN_OK ? check_reach(j, err) : st;
}

size_t norni_multi_n_fallback(const norni_multi_job *j, size_t spec, size_t target, bool last_only,
                              size_t *first) {
    size_t n = 0;
    for (size_t i = 0; i < j->n_items; i++) {
        const norni_multi_item *at = &j->item[i];
        const bool its = at->spec == spec &&
                         (norni_multi_item_is_whole(at) || j->table->trained[at->slot] == target);
        if (!its || (last_only && !j->fit[at->fit].last)) continue;
        const norni_outcome *o = &j->batch.outcome[i];
        if (o->status == NORN_OK && !o->fallback) continue;
        if (n++ == 0) *first = i;
    }
    return n;
}

void norni_multi_clear(norni_multi_job *j) {
    const norn_alloc *alloc = &j->ctx->alloc;
    for (size_t i = 0; i < j->n_items; i++) {
        if (j->state && j->state[i].p)
            norni_alloc_drop(alloc, (void *)(uintptr_t)j->state[i].p, j->state[i].n, 1);
        if (j->told && j->told[i]) norni_alloc_drop(alloc, j->told[i], strlen(j->told[i]) + 1, 1);
        if (j->reasons_arena && j->reasons_arena[i].alloc) norni_arena_clear(&j->reasons_arena[i]);
    }
    norni_batch_clear(&j->batch);
    norni_multi_fits_clear(j);
    j->n_items = 0;
}
