/* Kept learners taken up again: the store's header read, and held against the new table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_kept.h"

#include <math.h>

#include "app/multi_keep_parts.h"
#include "app/version.h"
#include "base/fp.h"
#include "base/pack.h"

enum { MOST_SPECS = 64, MOST = 1 << 28, SHOWN = 80, USUAL_HORIZON = 7 };

/* ---- the header ---- */

typedef struct reading {
    norni_unpack u;
    norni_arena *arena;
    bool room; /* memory suffices */
} reading;

static void *room_for(reading *r, size_t n, size_t size, size_t bytes_each) {
    if (!norni_unpack_has(&r->u, n, bytes_each)) n = 0; /* a damaged count asks for no memory */
    void *p = norni_arena_zero(r->arena, n + 1, size);
    r->room = r->room && p != NULL;
    return p;
}

static norni_str read_text(reading *r) {
    const norni_str s = norni_unpack_str(&r->u);
    const char *p = norni_arena_text(r->arena, s.p ? s.p : "", s.n);
    r->room = r->room && p != NULL;
    return (norni_str){p, s.n};
}

static norni_ints read_ints(reading *r) {
    norni_ints v = {norni_unpack_count(&r->u, 0, MOST), NULL};
    v.v = room_for(r, v.n, sizeof *v.v, 4);
    for (size_t i = 0; r->room && !r->u.failed && i < v.n; i++)
        v.v[i] = norni_unpack_i32(&r->u);
    return v;
}

static void read_features(reading *r, norni_features_opt *x) {
    *x = norni_features_opt_default();
    x->lookback = norni_unpack_count(&r->u, 0, MOST);
    x->driver_lookback = norni_unpack_count(&r->u, 0, MOST);
    x->lags = read_ints(r);
    x->driver_lags = read_ints(r);
    x->windows = read_ints(r);
    x->seasons = read_ints(r);
    bool *const flags[] = {&x->mean,         &x->std,      &x->least,   &x->most,
                           &x->roll_drivers, &x->calendar, &x->statics, &x->known};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        *flags[i] = norni_unpack_count(&r->u, 0, 1) == 1;
}

static void read_columns(reading *r, norni_multi_kept *k) {
    k->n_columns = norni_unpack_count(&r->u, 1, MOST);
    k->column = room_for(r, k->n_columns, sizeof *k->column, 12);
    for (size_t c = 0; r->room && !r->u.failed && c < k->n_columns; c++) {
        norni_wide_column *to = &k->column[c];
        to->name = read_text(r);
        to->role = (norni_role)norni_unpack_count(&r->u, 0, NORNI_ROLE_DROPPED);
        const uint32_t words = norni_unpack_count(&r->u, 0, NORNI_MOST_WORDS + 1);
        to->nominal = words > 0;
        to->n_categories = words > 0 ? words - 1 : 0;
        norni_str *name = room_for(r, to->n_categories, sizeof *name, 4);
        for (size_t i = 0; r->room && i < to->n_categories; i++)
            name[i] = read_text(r);
        to->category = name;
    }
}

static norni_str *read_names(reading *r, size_t *n) {
    *n = norni_unpack_count(&r->u, 1, MOST);
    norni_str *name = room_for(r, *n, sizeof *name, 4);
    for (size_t i = 0; r->room && !r->u.failed && i < *n; i++)
        name[i] = read_text(r);
    return name;
}

static void read_choice(reading *r, norni_multi_kept *k) {
    if (norni_unpack_count(&r->u, 0, 1) == 0) return;
    k->choice = room_for(r, k->n_trained + 1, sizeof *k->choice, 4);
    for (size_t i = 0; r->room && !r->u.failed && i <= k->n_trained; i++) {
        const size_t n = norni_unpack_count(&r->u, 0, (uint32_t)k->n_features);
        size_t *feature = room_for(r, n, sizeof *feature, 4);
        for (size_t c = 0; r->room && !r->u.failed && c < n; c++)
            feature[c] = norni_unpack_count(&r->u, 0, (uint32_t)k->n_features - 1);
        k->choice[i] = (norni_multi_choice){n, feature};
    }
}

/* "alias=name(every=parameter)" of all, as --model would have it. */
static void join_specs(reading *r, norni_multi_kept *k, const norni_str *column) {
    norni_buf b;
    norni_buf_init(&b, r->arena->alloc);
    for (size_t s = 0; s < k->n_specs; s++) {
        if (s > 0) norni_buf_text(&b, ",");
        if (memchr(column[s].p, '(', column[s].n) == NULL &&
            memchr(column[s].p, '[', column[s].n) == NULL)
            norni_buf_format(&b, "%.*s=", (int)column[s].n, column[s].p);
        norni_buf_add(&b, k->spec[s].p, k->spec[s].n);
    }
    k->model = b.failed ? NULL : norni_arena_text(r->arena, b.p, b.n);
    r->room = r->room && k->model != NULL;
    norni_buf_clear(&b);
}

static void read_header(reading *r, norni_multi_kept *k) {
    norni_str column[MOST_SPECS] = {{NULL, 0}};
    k->n_specs = norni_unpack_count(&r->u, 1, MOST_SPECS);
    k->spec = room_for(r, k->n_specs, sizeof *k->spec, 8);
    for (size_t s = 0; r->room && !r->u.failed && s < k->n_specs; s++) {
        column[s] = read_text(r);
        k->spec[s] = read_text(r);
    }
    if (r->room && !r->u.failed) join_specs(r, k, column);
    k->horizon = norni_unpack_count(&r->u, 1, 10000);
    k->n_windows = norni_unpack_count(&r->u, 0, 100000);
    k->fill_kind = (norni_wide_fill)norni_unpack_count(&r->u, 0, NORNI_FILL_NONE);
    k->freq.unit = (norni_unit)norni_unpack_count(&r->u, 0, NORNI_UNIT_IRREGULAR);
    k->freq.step = norni_unpack_i32(&r->u);
    k->freq.anchor = norni_unpack_i32(&r->u);
    const norni_ints season = read_ints(r);
    k->season = season.v;
    k->n_season = season.n;
    read_features(r, &k->features);
    read_columns(r, k);
    k->feature = read_names(r, &k->n_features);
    k->trained = read_names(r, &k->n_trained);
    if (norni_unpack_count(&r->u, 0, 1) == 1) {
        k->fill = room_for(r, k->n_features, sizeof *k->fill, 8);
        if (r->room && !r->u.failed) norni_unpack_f64s(&r->u, k->fill, k->n_features);
    }
    read_choice(r, k);
    k->features.horizon = k->horizon;
}

norn_status norni_multi_kept_open(norn_ctx *ctx, const char *path, norni_multi_kept *k,
                                  norn_err *err) {
    *k = (norni_multi_kept){.path = path};
    norni_arena_init(&k->arena, &ctx->alloc);
    NORN_TRY(norni_model_store_open(ctx, path, &k->store, err));
    reading r = {{norni_model_store_header(k->store), false}, &k->arena, true};
    const norni_str what = norni_unpack_str(&r.u);
    const uint32_t layout = norni_unpack_u32(&r.u);
    if (!norni_str_is(what, "multi"))
        return norn_fail(err, NORN_E_FORMAT, "load: %s holds no models of norn multi", path);
    if (layout == MULTI_KEPT) read_header(&r, k);
    if (!r.room) return norni_alloc_fail(err, "load", r.u.left.n, 1);
    if (layout == MULTI_KEPT && norni_unpack_end(&r.u)) return NORN_OK;
    const norni_str engine = norni_model_store_engine(k->store);
    return norn_fail(
        err, NORN_E_FORMAT,
        "load: %s was written by norn %.*s in another way than this version (%s) reads", path,
        (int)(engine.n > 40 ? 40 : engine.n), engine.p, NORNI_VERSION);
}

void norni_multi_kept_clear(norni_multi_kept *k) {
    norni_model_store_close(k->store);
    if (k->arena.alloc != NULL) norni_arena_clear(&k->arena);
    memset(k, 0, sizeof *k);
}

/* ---- held against options and table ---- */

/* Their names as a list; what has a meaning in a list becomes '?', which any byte is. */
static const char *list_of(const norni_multi_kept *k, norni_role role, norni_arena *arena,
                           bool *room) {
    norni_buf b;
    bool any = false;
    norni_buf_init(&b, arena->alloc);
    for (size_t c = 0; c < k->n_columns; c++) {
        const norni_str name = k->column[c].name;
        if (k->column[c].role != role) continue;
        if (any) norni_buf_text(&b, ",");
        for (size_t i = 0; i < name.n; i++) {
            const bool plain = name.p[i] != ',' && name.p[i] != '*' && name.p[i] != ' ';
            norni_buf_add(&b, plain ? name.p + i : "?", 1);
        }
        any = true;
    }
    const char *text = any && !b.failed ? norni_arena_text(arena, b.p, b.n) : NULL;
    *room = *room && !b.failed && (!any || text);
    norni_buf_clear(&b);
    return text;
}

norn_status norni_multi_kept_fill(const norni_multi_kept *k, norni_multi_opt *opt,
                                  norni_arena *arena, norn_err *err) {
    bool room = true;
    if (opt->model == NULL) opt->model = k->model;
    if ((size_t)opt->horizon != k->horizon && opt->horizon != USUAL_HORIZON)
        return norn_fail(err, NORN_E_ARG,
                         "horizon: the models in %s forecast %zu periods; leave --horizon out",
                         k->path, k->horizon);
    opt->horizon = (int32_t)k->horizon;
    opt->targets = list_of(k, NORNI_ROLE_TARGET, arena, &room);
    opt->statics = list_of(k, NORNI_ROLE_STATIC, arena, &room);
    if (opt->future == NULL) opt->known = list_of(k, NORNI_ROLE_KNOWN, arena, &room);
    opt->missing = (int32_t)k->fill_kind;
    opt->max_missing = 1;
    opt->seasons = (norni_ints){k->n_season, k->season};
    return room ? NORN_OK : norni_alloc_fail(err, "load", k->n_columns, 64);
}

static int shown(norni_str s) {
    return (int)(s.n > SHOWN ? SHOWN : s.n);
}

/* Codes of the new words by the old list; a word that it does not have is one beyond its end. */
static norn_status recode(const norni_wide_column *old, norni_wide_column *c, size_t n,
                          norni_arena *arena, norn_err *err) {
    double *code = norni_arena_get(arena, n, sizeof *code);
    if (code == NULL) return norni_alloc_fail(err, "load", n, sizeof *code);
    for (size_t t = 0; t < n; t++) {
        size_t i = 0;
        code[t] = NORNI_NAN;
        if (isnan(c->at[t]) || c->at[t] < 0 || c->at[t] >= (double)c->n_categories) continue;
        while (i < old->n_categories &&
               norni_str_cmp(old->category[i], c->category[(size_t)c->at[t]]) != 0)
            i++;
        code[t] = (double)i;
    }
    c->at = code;
    c->category = old->category;
    c->n_categories = old->n_categories;
    return NORN_OK;
}

norn_status norni_multi_kept_columns(const norni_multi_kept *k, norni_arena *arena, norni_wide *w,
                                     norn_err *err) {
    norni_wide_column *column = norni_arena_get(arena, k->n_columns, sizeof *column);
    if (column == NULL) return norni_alloc_fail(err, "load", k->n_columns, sizeof *column);
    for (size_t c = 0; c < k->n_columns; c++) {
        const norni_wide_column *old = &k->column[c];
        const int64_t at = norni_wide_find(w, old->name);
        if (at < 0 || w->column[at].at == NULL)
            return norn_fail(err, NORN_E_DATA,
                             "load: the models in %s were fitted with a column '%.*s', which is "
                             "not there",
                             k->path, shown(old->name), old->name.p);
        column[c] = w->column[at];
        if (column[c].nominal != old->nominal && column[c].n_missing < w->n_rows)
            return norn_fail(err, NORN_E_DATA,
                             "load: column '%.*s' was of %s when the models in "
                             "%s were fitted",
                             shown(old->name), old->name.p, old->nominal ? "words" : "numbers",
                             k->path);
        if (old->role == NORNI_ROLE_KNOWN && column[c].role != NORNI_ROLE_KNOWN)
            return norn_fail(err, NORN_E_DATA,
                             "load: column '%.*s' must be known ahead: --future brings it",
                             shown(old->name), old->name.p);
        if (column[c].nominal && old->nominal)
            NORN_TRY(recode(old, &column[c],
                            w->n_rows + (old->role == NORNI_ROLE_KNOWN ? w->n_ahead : 0), arena,
                            err));
        column[c].role = old->role;
    }
    w->column = column; /* in the order of the features that were fitted */
    w->n_columns = k->n_columns;
    return NORN_OK;
}

norn_status norni_multi_kept_check(const norni_multi_kept *k, const norni_multi_plan *plan,
                                   const norni_multi_table *t, norn_err *err) {
    if (plan->n_specs != k->n_specs)
        return norn_fail(err, NORN_E_ARG, "load: the models in %s are %s; leave --model out",
                         k->path, k->model);
    for (size_t s = 0; s < k->n_specs; s++) {
        norni_buf b;
        norni_buf_init(&b, k->arena.alloc);
        norni_multi_spec_text(&plan->specs[s], &b);
        const bool same = norni_str_cmp((norni_str){b.p, b.n}, k->spec[s]) == 0, failed = b.failed;
        norni_buf_clear(&b);
        if (failed) return norni_alloc_fail(err, "load", k->spec[s].n, 2);
        if (!same)
            return norn_fail(err, NORN_E_ARG, "load: '%.*s' in %s was fitted as %.*s",
                             shown(plan->specs[s].column), plan->specs[s].column.p, k->path,
                             shown(k->spec[s]), k->spec[s].p);
    }
    if (t->wide.freq.unit != k->freq.unit || t->wide.freq.step != k->freq.step)
        return norn_fail(err, NORN_E_DATA,
                         "load: the rows are not spaced as those that the models in %s were fitted "
                         "to; --freq names their spacing",
                         k->path);
    for (size_t i = 0; i < k->n_trained; i++) {
        if (i < t->n_trained && norni_str_cmp(k->trained[i], t->trained_name[i]) == 0) continue;
        return norn_fail(err, NORN_E_DATA, "load: target '%.*s' has no observed value",
                         shown(k->trained[i]), k->trained[i].p);
    }
    for (size_t i = 0; i < k->n_features || i < t->x.n; i++) {
        if (i < k->n_features && i < t->x.n && norni_str_cmp(k->feature[i], t->x.col[i].name) == 0)
            continue;
        const norni_str name = i < k->n_features ? k->feature[i] : t->x.col[i].name;
        return norn_fail(err, NORN_E_DATA,
                         "load: feature '%.*s' of the models in %s cannot be made of these %zu "
                         "rows; give them the rows before, too",
                         shown(name), name.p, k->path, t->wide.n_rows);
    }
    return NORN_OK;
}

norn_status norni_multi_kept_state(const norni_multi_kept *k, norni_str key, norni_arena *arena,
                                   norni_str *saved, norn_err *err) {
    norni_str payload;
    bool found = false;
    NORN_TRY(norni_model_store_get(k->store, key, arena, &payload, NULL, &found, err));
    if (!found)
        return norn_fail(err, NORN_E_FORMAT, "load: %s lacks the model of %.*s", k->path,
                         shown(key), key.p);
    norni_unpack u = {payload, false};
    const bool good = norni_unpack_count(&u, 0, 1) == 1;
    *saved = norni_unpack_str(&u);
    if (!norni_unpack_end(&u))
        return norn_fail(err, NORN_E_FORMAT, "load: %s: a record is damaged", k->path);
    if (good) return NORN_OK;
    return norn_fail(err, NORN_E_DATA, "its fit had failed: %.*s", shown(*saved), saved->p);
}

norn_status norni_multi_kept_errors(const norni_multi_kept *k, norni_str column, norni_str target,
                                    norni_arena *arena, double **miss, size_t n_learners,
                                    double *weight, norn_err *err) {
    const size_t n = k->n_windows * k->horizon;
    norni_str key, payload;
    bool found = false;
    *miss = norni_arena_get(arena, n, sizeof **miss);
    if (*miss == NULL) return norni_alloc_fail(err, "load", n, sizeof **miss);
    for (size_t i = 0; i < n; i++)
        (*miss)[i] = norni_canonical(NORNI_NAN);
    NORN_TRY(norni_multi_errors_key(column, target, arena, &key, err));
    NORN_TRY(norni_model_store_get(k->store, key, arena, &payload, NULL, &found, err));
    if (!found) return NORN_OK; /* of a target that could not be trained */
    norni_unpack u = {payload, false};
    norni_unpack_f64s(&u, *miss, n);
    norni_unpack_f64s(&u, weight, n_learners);
    if (norni_unpack_end(&u)) return NORN_OK;
    return norn_fail(err, NORN_E_FORMAT, "load: %s: a record is damaged", k->path);
}
