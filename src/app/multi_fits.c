/* The rows at which learners are fitted, and all that is computed once for each: features chosen, gaps
 * filled, bins. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Everything here is computed from rows [0, n) of its fit alone: a row that is forecast by the fit's
 * models lies behind them. Bins are those of a column's own values; a part at step h looks a column
 * that is known ahead up h rows further on. */
#include "app/multi_fits.h"

#include <math.h>

#include "app/multi_screen.h"
#include "base/fp.h"
#include "base/hash.h"

enum { MOST_BIN_KINDS = 8 };

int32_t norni_multi_bins_of(const norni_learner_spec *spec) {
    const norni_learner *l = spec->learner;
    int32_t own = 0;
    if (l->max_bins > 0) return l->max_bins;
    const norni_param *row = norni_param_find(l->params, l->n_params, norni_str_of("max-bins"));
    if (row == NULL || row->type != NORNI_T_INT) return 256;
    memcpy(&own, (const char *)spec->opt + row->offset, sizeof own);
    return own > NORNI_BINS_MOST ? NORNI_BINS_MOST : own < 3 ? 3 : own;
}

/* Of what the fit's models can know: names, rows, targets' values. */
static uint64_t key_of(const norni_multi_table *t, size_t n) {
    norni_hash_stream h;
    const uint64_t shape[4] = {n, t->n_trained, t->x.n, t->x.horizon};
    norni_hash_stream_init(&h);
    norni_hash_stream_add(&h, shape, sizeof shape);
    for (size_t j = 0; j < t->x.n; j++)
        norni_hash_stream_add(&h, t->x.col[j].name.p, t->x.col[j].name.n + 1);
    for (size_t i = 0; i < t->n_trained; i++) {
        norni_hash_stream_add(&h, &t->trained_name[i].n, sizeof t->trained_name[i].n);
        norni_hash_stream_add(&h, t->trained_name[i].p, t->trained_name[i].n);
        norni_hash_stream_add(&h, t->trained_y[i], n * sizeof(double));
    }
    return norni_hash_stream_get(&h).lo;
}

norn_status norni_multi_fits_list(norni_multi_job *j, bool only_last, norn_err *err) {
    const norni_multi_table *t = j->table;
    const size_t k = only_last ? 0 : t->n_windows,
                 every = j->plan->refit > 0 ? j->plan->refit : (k > 0 ? k : 1);
    j->n_fits = (k + every - 1) / every + 1;
    j->fit = norni_arena_zero(j->arena, j->n_fits, sizeof *j->fit);
    if (j->fit == NULL) return norni_alloc_fail(err, "multi", j->n_fits, sizeof *j->fit);
    for (size_t i = 0; i < j->n_fits; i++) {
        norni_multi_fit *f = &j->fit[i];
        norni_arena_init(&f->arena, &j->ctx->alloc);
        f->last = i + 1 == j->n_fits;
        f->first_window = f->last ? k : i * every;
        f->n_windows = f->last ? 0 : k - f->first_window < every ? k - f->first_window : every;
        f->n = f->last ? t->wide.n_rows : t->origin[f->first_window] + 1;
        f->key = key_of(t, f->n);
    }
    return NORN_OK;
}

void norni_multi_fits_clear(norni_multi_job *j) {
    for (size_t i = 0; j->fit != NULL && i < j->n_fits; i++)
        norni_arena_clear(&j->fit[i].arena);
    j->fit = NULL;
}

/* ---- features chosen ---- */

static norn_status choose_room(norni_multi_job *j, norn_err *err) {
    const norni_multi_table *t = j->table;
    const size_t most = j->plan->max_features, n = t->n_trained;
    for (size_t i = 0; i < j->n_fits; i++) {
        norni_multi_fit *f = &j->fit[i];
        norni_multi_choice *choice = norni_arena_zero(&f->arena, n + 1, sizeof *choice);
        size_t *room = norni_arena_get(&f->arena, n * most + 1, sizeof *room);
        if (!choice || !room) return norni_alloc_fail(err, "multi", n * most, sizeof *room);
        for (size_t k = 0; k < n; k++)
            choice[k] = (norni_multi_choice){most, room + k * most};
        f->choice = choice;
        f->room = room;
    }
    return NORN_OK;
}

static norn_status choose_one(norni_worker *w, size_t k, void *arg, norn_err *err) {
    const norni_multi_job *j = arg;
    const norni_multi_table *t = j->table;
    const norni_multi_fit *f = &j->fit[k / t->n_trained];
    const size_t slot = k % t->n_trained, most = j->plan->max_features;
    return norni_multi_screen(w, t, t->trained[slot], f->n, most, f->room + slot * most, err);
}

static norn_status choose(norni_multi_job *j, norn_err *err) {
    const norni_multi_table *t = j->table;
    const size_t most = j->plan->max_features;
    if (j->kept) return NORN_OK; /* norni_multi_view_make looks there */
    if (most == 0 || t->x.n <= most) return NORN_OK;
    NORN_TRY(choose_room(j, err));
    NORN_TRY(norni_for(j->ctx, NULL, j->n_fits * t->n_trained, choose_one, j,
                       &(norni_for_opt){.plumbing = true}, err));
    for (size_t i = 0; i < j->n_fits; i++) {
        norni_multi_fit *f = &j->fit[i];
        NORN_TRY(norni_multi_screen_join(f->choice, t->n_trained, t->x.n, &f->arena,
                                         &f->choice[t->n_trained], err));
    }
    return NORN_OK;
}

/* ---- gaps filled ---- */

/* Mean of the observed, the commonest code of a nominal one; 0 where there is none. */
static double fill_of(const double *x, size_t from, size_t to, bool nominal) {
    size_t count[NORNI_MOST_WORDS + 1] = {0}, best = 0;
    double sum = 0, n = 0;
    for (size_t t = from; t < to; t++) {
        if (isnan(x[t])) continue;
        sum += x[t];
        n++;
        if (nominal && x[t] >= 0 && x[t] <= NORNI_MOST_WORDS) count[(size_t)x[t]]++;
    }
    for (size_t k = 1; nominal && k <= NORNI_MOST_WORDS; k++) {
        if (count[k] > count[best]) best = k;
    }
    if (nominal) return (double)best;
    return n > 0 && isfinite(sum) ? sum / n : 0;
}

static double *fill_copy(norni_arena *arena, const double *x, size_t from, size_t to,
                         double value) {
    double *copy = norni_arena_get(arena, to - from, sizeof *copy);
    for (size_t t = from; copy != NULL && t < to; t++)
        copy[t - from] = isnan(x[t]) ? value : x[t];
    return copy;
}

/* What stands for a missing value of feature k, and its values with the gaps filled; a lag is its
 * column moved, looked at once for all lags. */
static norn_status fill_feature(const norni_multi_job *j, norni_multi_fit *f, double **whole,
                                double *mean, size_t k, norn_err *err) {
    const norni_multi_table *t = j->table;
    const norni_wide *w = &t->wide;
    norni_feature_column *c = &f->filled[k];
    const bool lag = c->origin == NORNI_ORIGIN_LAG && !c->shifted && c->source < w->n_columns,
               nominal = c->kind == NORNI_FEATURE_NOMINAL;
    const double *x = lag ? w->column[c->source].at : c->at;
    const size_t from = lag ? 0 : t->x.first, to = w->n_rows + (c->shifted ? t->x.horizon : 0);
    if (j->kept_fill)
        f->fill[k] = j->kept_fill[k];
    else if (!lag || isnan(mean[c->source]))
        f->fill[k] = fill_of(x, from, f->n, nominal);
    else
        f->fill[k] = mean[c->source];
    if (lag) mean[c->source] = f->fill[k];
    if (!t->gappy[k]) return NORN_OK;
    double *copy = lag ? whole[c->source] : NULL;
    if (copy == NULL) copy = fill_copy(&f->arena, x, from, to, f->fill[k]);
    if (copy == NULL) return norni_alloc_fail(err, "multi", to, sizeof *copy);
    if (lag) whole[c->source] = copy;
    /* rows before the copy's first are never read */
    c->at = (const double *)((uintptr_t)copy - (lag ? c->lag : from) * sizeof *copy); /* NOLINT */
    return NORN_OK;
}

static norn_status fill_fit(norni_worker *worker, size_t i, void *arg, norn_err *err) {
    const norni_multi_job *j = arg;
    const norni_multi_table *t = j->table;
    norni_multi_fit *f = &j->fit[i];
    double **whole = norni_arena_zero(&worker->arena, t->wide.n_columns, sizeof *whole);
    f->filled = norni_arena_get(&f->arena, t->x.n, sizeof *f->filled);
    f->fill = norni_arena_zero(&f->arena, t->x.n, sizeof *f->fill);
    double *mean = norni_arena_get(&worker->arena, t->wide.n_columns, sizeof *mean);
    if (!f->filled || !f->fill || !whole || !mean)
        return norni_alloc_fail(err, "multi", t->x.n, sizeof *f->filled);
    memcpy(f->filled, t->x.col, t->x.n * sizeof *f->filled);
    for (size_t k = 0; k < t->wide.n_columns; k++)
        mean[k] = NORNI_NAN;
    for (size_t k = 0; k < t->x.n; k++)
        NORN_TRY(fill_feature(j, f, whole, mean, k, err));
    return NORN_OK;
}

static norn_status fill_gaps(norni_multi_job *j, norn_err *err) {
    bool wanted = false;
    for (size_t k = 0; k < j->plan->n_specs; k++)
        wanted = wanted || (j->plan->specs[k].learner && !j->plan->specs[k].learner->missing);
    if (!wanted) return NORN_OK;
    return norni_for(j->ctx, NULL, j->n_fits, fill_fit, j, &(norni_for_opt){.plumbing = true}, err);
}

/* ---- bins ---- */

static norn_status bins_room(norni_multi_job *j, norni_multi_fit *f, const int32_t *kind, size_t n,
                             norn_err *err) {
    const size_t n_x = j->table->x.n;
    f->bins = norni_arena_zero(&f->arena, n, sizeof *f->bins);
    if (f->bins == NULL) return norni_alloc_fail(err, "bins", n, sizeof *f->bins);
    for (size_t b = 0; b < n; b++) {
        f->bins[b] =
            (norni_multi_bins){.max_bins = kind[b],
                               .column = norni_arena_zero(&f->arena, n_x, sizeof *f->bins->column),
                               .index = norni_arena_zero(&f->arena, n_x, sizeof *f->bins->index)};
        if (!f->bins[b].column || !f->bins[b].index)
            return norni_alloc_fail(err, "bins", n_x, sizeof *f->bins->column);
    }
    f->n_bins = n;
    return NORN_OK;
}

/* The blocks belong to the fit alone, so that fits run side by side. */
static norn_status bin_fit(norni_worker *w, size_t i, void *arg, norn_err *err) {
    const norni_multi_job *j = arg;
    const norni_multi_table *t = j->table;
    norni_multi_fit *f = &j->fit[i];
    const norni_poll poll = norni_ctx_poll(w->ctx);
    const size_t n = f->n - t->x.first;
    const norni_multi_choice *all = f->choice ? &f->choice[t->n_trained] : NULL;
    for (size_t b = 0; b < f->n_bins; b++) {
        const norni_multi_bins *to = &f->bins[b];
        for (size_t k = 0; k < (all ? all->n : t->x.n); k++) {
            const size_t c = all ? all->feature[k] : k;
            const double *x = t->x.col[c].at + t->x.first;
            uint16_t *index = norni_arena_get(&f->arena, n, sizeof *index);
            if (norni_poll_stop(&poll)) return norn_fail(err, NORN_E_CANCEL, "bins: cancelled");
            if (index == NULL) return norni_alloc_fail(err, "bins", n, sizeof *index);
            NORN_TRY(norni_bins_cut(&f->arena, x, n, t->x.col[c].kind, (uint32_t)to->max_bins,
                                    &to->column[c], err));
            norni_bins_place(&to->column[c], x, n, index);
            to->index[c] = index;
        }
    }
    return NORN_OK;
}

static norn_status make_bins(norni_multi_job *j, norn_err *err) {
    int32_t kind[MOST_BIN_KINDS];
    size_t n = 0;
    for (size_t k = 0; k < j->plan->n_specs; k++) {
        const norni_learner_spec *s = &j->plan->specs[k];
        size_t at = 0;
        if (s->learner == NULL || !s->learner->wants_bins) continue;
        const int32_t own = norni_multi_bins_of(s);
        while (at < n && kind[at] != own)
            at++;
        if (at == MOST_BIN_KINDS)
            return norn_fail(err, NORN_E_ARG, "model: more than %d different max-bins",
                             MOST_BIN_KINDS);
        if (at == n) kind[n++] = own;
    }
    if (n == 0) return NORN_OK;
    for (size_t i = 0; i < j->n_fits; i++)
        NORN_TRY(bins_room(j, &j->fit[i], kind, n, err));
    return norni_for(j->ctx, NULL, j->n_fits, bin_fit, j, &(norni_for_opt){.plumbing = true}, err);
}

norn_status norni_multi_fits_prepare(norni_multi_job *j, norn_err *err) {
    NORN_TRY(choose(j, err));
    NORN_TRY(fill_gaps(j, err));
    return j->kept ? NORN_OK : make_bins(j, err); /* states bring their own */
}

/* ---- what a learner is shown ---- */

static norn_status view_columns(const norni_multi_job *j, const norni_multi_fit *f,
                                const norni_learner_spec *spec, const norni_multi_choice *choice,
                                norni_arena *arena, norni_multi_view *v, norn_err *err) {
    const norni_features *x = &j->table->x;
    const bool filled = !spec->learner->missing && f->filled != NULL;
    const norni_feature_column *from = filled ? f->filled : x->col;
    v->x = *x;
    v->x.col = from;
    if (choice == NULL) return NORN_OK;
    norni_feature_column *col = norni_arena_get(arena, choice->n, sizeof *col);
    if (col == NULL) return norni_alloc_fail(err, "multi", choice->n, sizeof *col);
    for (size_t k = 0; k < choice->n; k++)
        col[k] = from[choice->feature[k]];
    v->x.n = choice->n;
    v->x.col = col;
    v->feature = choice->feature;
    return NORN_OK;
}

static norn_status view_bins(const norni_multi_job *j, const norni_multi_fit *f,
                             const norni_learner_spec *spec, const norni_multi_choice *choice,
                             norni_arena *arena, norni_multi_view *v, norn_err *err) {
    const size_t rows = f->n - j->table->x.first;
    const int32_t kind = norni_multi_bins_of(spec);
    size_t b = 0;
    while (b < f->n_bins && f->bins[b].max_bins != kind)
        b++;
    if (b == f->n_bins) return NORN_OK; /* --load: states bring their own */
    const norni_multi_bins *from = &f->bins[b];
    v->bins = (norni_bins){rows, v->x.n, from->column, from->index};
    v->lesson.bins = &v->bins;
    if (choice == NULL) return NORN_OK;
    norni_bin_column *column = norni_arena_get(arena, choice->n, sizeof *column);
    const uint16_t **index = norni_arena_get(arena, choice->n, sizeof *index);
    if (!column || !index) return norni_alloc_fail(err, "multi", choice->n, sizeof *column);
    for (size_t k = 0; k < choice->n; k++) {
        column[k] = from->column[choice->feature[k]];
        index[k] = from->index[choice->feature[k]];
    }
    v->bins.column = column;
    v->bins.index = index;
    return NORN_OK;
}

norn_status norni_multi_view_make(const norni_multi_job *j, const norni_multi_fit *f,
                                  const norni_learner_spec *spec, size_t slot, norni_arena *arena,
                                  norni_multi_view *v, norn_err *err) {
    const norni_multi_table *t = j->table;
    const norni_multi_choice *all = j->kept ? j->kept_choice : f->choice,
                             *choice = all ? &all[slot] : NULL;
    memset(v, 0, sizeof *v);
    NORN_TRY(view_columns(j, f, spec, choice, arena, v, err));
    v->lesson = (norni_lesson){.n = f->n,
                               .n_targets = t->n_trained,
                               .horizon = j->plan->horizon,
                               .lookback = t->made_of.lookback,
                               .target_name = t->trained_name,
                               .y = t->trained_y,
                               .x = &v->x,
                               .all = &t->x,
                               .n_season = t->n_season,
                               .season = t->season,
                               .start = t->wide.start,
                               .freq = t->wide.freq,
                               .times = t->wide.times,
                               .key = f->key};
    if (spec->season > 0) {
        v->lesson.season = &spec->season;
        v->lesson.n_season = spec->season > 1;
    }
    if (!spec->learner->wants_bins) return NORN_OK;
    return view_bins(j, f, spec, choice, arena, v, err);
}
