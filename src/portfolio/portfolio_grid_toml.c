/* Grids from TOML: sections, ranges, sets of assets by name or as combinations, every allocation for each. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The form stands in docs/portfolio-grid.md. Sets come in the order of `assets`, then combinations in the order of `symbols`; behind them
 * allocations, then the axes of the rule. */
#include "base/grow.h"
#include "portfolio/portfolio_grid_alloc.h"

typedef struct range {
    const norni_port_key *key;
    size_t line, n; /* n: how many of min, max, step are there */
    double min, max, step;
} range;

typedef struct reader {
    norni_port_draft d;
    norni_arena *arena;
    norni_port_values slot[NORNI_PORT_SLOTS];
    const norni_port_key *from[NORNI_PORT_SLOTS]; /* the key that gave it */
    size_t line[NORNI_PORT_SLOTS];                /* where */
    range range[NORNI_PORT_SLOTS];
    const norni_toml_row *assets, *symbols, *combinations, *require, *weights;
    norni_port_alloc *alloc; /* (n_allocs) */
    size_t n_allocs;
    const norni_port_alloc *unkept; /* the first whose bounds a set cannot keep, NULL: none */
    size_t unkept_by;               /* assets of that set */
    size_t too_many, of;            /* the first combination of more symbols than there are */
    norn_err *err;
} reader;

static norn_status no_memory(const reader *r, size_t n, size_t size) {
    return norni_alloc_fail(r->err, "portfolio: grid", n, size);
}

static norn_status claim(reader *r, const norni_port_key *key, size_t line) {
    const norni_port_key *before = r->from[key->slot];
    if (before != NULL)
        return norni_port_key_fail(line, norni_str_of(key->name), r->err,
                                   "%s has given it already; only one of them is allowed",
                                   before == key ? "another table or key" : before->name);
    r->from[key->slot] = key;
    r->line[key->slot] = line;
    return NORN_OK;
}

/* ---- rows ---- */
static norn_status read_range(reader *r, const norni_port_key *key, const norni_toml_row *row) {
    range *g = &r->range[key->slot];
    const bool min = norni_str_is(row->key, "min"), max = norni_str_is(row->key, "max");
    if (!min && !max && !norni_str_is(row->key, "step"))
        return norni_port_key_fail(row->line, row->key, r->err,
                                   "not known here; a range [%s] has min, max and step", key->name);
    if (row->value.type != NORNI_TOML_INT && row->value.type != NORNI_TOML_NUMBER)
        return norni_port_key_fail(row->line, row->key, r->err, "it takes a number");
    if (g->key == NULL) NORN_TRY(claim(r, key, row->line));
    if (g->key != NULL && g->key != key)
        return norni_port_key_fail(row->line, row->key, r->err,
                                   "%s has a range already; only one of them is allowed",
                                   g->key->name);
    *(min ? &g->min : max ? &g->max : &g->step) = row->value.num;
    g->key = key;
    g->line = row->line;
    g->n++;
    return NORN_OK;
}

static norn_status read_row(reader *r, const norni_toml_row *row) {
    const norni_port_key *key = norni_port_key_range(row->table);
    if (key != NULL) return read_range(r, key, row);
    NORN_TRY(norni_port_key_find(row, row->table, row->key, &key, r->err));
    switch (key->slot) {
        case NORNI_PORT_AP_WEIGHTS: r->weights = row; return NORN_OK;
        case NORNI_PORT_UNI_ASSETS: r->assets = row; return NORN_OK;
        case NORNI_PORT_UNI_SYMBOLS: r->symbols = row; return NORN_OK;
        case NORNI_PORT_UNI_COMBINATIONS: r->combinations = row; return NORN_OK;
        case NORNI_PORT_UNI_REQUIRE: r->require = row; return NORN_OK;
        default: break;
    }
    NORN_TRY(claim(r, key, row->line));
    return norni_port_key_values(key, row, r->arena, &r->slot[key->slot], r->err);
}

static norn_status finish_ranges(reader *r) {
    for (size_t s = 0; s < NORNI_PORT_SLOTS; s++) {
        const range *g = &r->range[s];
        if (g->n == 0) continue;
        if (g->n != 3)
            return norni_port_key_fail(g->line, norni_str_of(g->key->name), r->err,
                                       "a range needs min, max and step; %zu of them are given",
                                       g->n);
        NORN_TRY(norni_port_key_steps(g->key, g->line, g->min, g->max, g->step, r->arena,
                                      &r->slot[s], r->err));
    }
    return NORN_OK;
}

static norn_status set_axes(reader *r) {
    NORN_TRY(norni_port_key_every(r->slot, r->from[NORNI_PORT_AX_EVERY], r->line, r->err));
    for (size_t a = 0; a < NORNI_PORT_AXES; a++) {
        if (r->slot[a].n > 0)
            NORN_TRY(norni_port_draft_axis(&r->d, (norni_port_axis)a, r->slot[a].v, r->slot[a].n));
    }
    return NORN_OK;
}

/* ---- allocations ---- */
static norn_status read_weights(reader *r, const norni_toml_value *v, norni_port_values *out) {
    double sum = 0;
    double *w = norni_arena_get(r->arena, v->n_items, sizeof *w);
    const size_t line = r->weights->line;
    const norni_str name = r->weights->key;
    if (w == NULL) return no_memory(r, v->n_items, sizeof *w);
    if (v->n_items < 2 || v->n_items > NORNI_PORT_MAX_ASSETS)
        return norni_port_key_fail(
            line, name, r->err,
            "a list of %zu weights; 2 to %d are allowed, as [0.6, 0.4], or a "
            "list of such lists",
            v->n_items, (int)NORNI_PORT_MAX_ASSETS);
    for (size_t i = 0; i < v->n_items; i++) {
        const norni_toml_value *x = &v->item[i];
        if ((x->type != NORNI_TOML_INT && x->type != NORNI_TOML_NUMBER) || x->num < -100 ||
            x->num > 100)
            return norni_port_key_fail(line, name, r->err,
                                       "'%.*s' is no weight; numbers from -100 to 100 are allowed",
                                       (int)(x->text.n < 40 ? x->text.n : 40), x->text.p);
        sum += w[i] = x->num;
    }
    if (!(sum > 0))
        return norni_port_key_fail(line, name, r->err,
                                   "the weights of a list sum to %g; above 0 is allowed", sum);
    *out = (norni_port_values){w, v->n_items};
    return NORN_OK;
}

static norn_status read_weight_lists(reader *r, norni_port_weights *out) {
    const norni_toml_value *v = r->weights != NULL ? &r->weights->value : NULL;
    if (v == NULL) return NORN_OK;
    if (v->type != NORNI_TOML_ARRAY || v->n_items == 0)
        return norni_port_key_fail(r->weights->line, r->weights->key, r->err,
                                   "it takes a list of weights, or a list of such lists");
    const bool many = v->item[0].type == NORNI_TOML_ARRAY;
    out->n = many ? v->n_items : 1;
    out->list = norni_arena_get(r->arena, out->n, sizeof *out->list);
    if (out->list == NULL) return no_memory(r, out->n, sizeof *out->list);
    for (size_t i = 0; i < out->n; i++)
        NORN_TRY(read_weights(r, many ? &v->item[i] : v, &out->list[i]));
    return NORN_OK;
}

static norn_status set_allocs(reader *r) {
    norni_port_values *kinds = &r->slot[NORNI_PORT_AP_KIND];
    norni_port_weights w = {NULL, 0};
    static const double fixed = NORNI_PORT_FIXED, equal = NORNI_PORT_EQUAL;
    bool takes = false;
    NORN_TRY(read_weight_lists(r, &w));
    if (kinds->n == 0) *kinds = (norni_port_values){w.n > 0 ? &fixed : &equal, 1};
    for (size_t i = 0; i < kinds->n; i++)
        takes = takes || (norni_port_alloc_kind)kinds->v[i] == NORNI_PORT_FIXED;
    if (takes && w.n == 0)
        return norni_port_key_fail(
            r->line[NORNI_PORT_AP_KIND], norni_str_of("kinds"), r->err,
            "\"fixed\" needs weights, as weights = [[0.6, 0.4], [0.5, 0.3, 0.2]]");
    if (!takes && w.n > 0)
        return norni_port_key_fail(r->weights->line, r->weights->key, r->err,
                                   "kinds has no \"fixed\" that would take them");
    return norni_port_allocs_make(r->slot, &w, r->arena, &r->alloc, &r->n_allocs, r->err);
}

/* ---- sets of assets ---- */
typedef struct asset_set {
    size_t n, at[NORNI_PORT_MAX_ASSETS]; /* as named; SIZE_MAX: not there */
} asset_set;

static norn_status add_set(reader *r, const asset_set *s) {
    size_t asset[NORNI_PORT_MAX_ASSETS], n = 0, added = 0;
    bool there[NORNI_PORT_MAX_ASSETS];
    double own[NORNI_PORT_MAX_ASSETS];
    for (size_t i = 0; i < s->n; i++) {
        there[i] = s->at[i] != SIZE_MAX;
        if (there[i]) asset[n++] = s->at[i];
    }
    norni_port_draft_named(&r->d, s->n, n);
    for (size_t k = 0; k < r->n_allocs; k++) {
        norni_port_alloc a = r->alloc[k];
        if (a.kind == NORNI_PORT_FIXED && a.n_weights != s->n) continue;
        const bool settled = norni_port_alloc_settle(&a, there, n, own);
        r->d.n_unkept += n >= 2 && !settled;
        if (n >= 2 && !settled && a.kind != NORNI_PORT_FIXED && r->unkept == NULL)
            r->unkept = &r->alloc[k], r->unkept_by = n;
        NORN_TRY(norni_port_draft_pair(&r->d, asset, n, settled ? &a : NULL));
        added++;
    }
    if (added > 0) return NORN_OK;
    return norni_port_key_fail(r->weights->line, r->weights->key, r->err,
                               "a set has %zu assets, but no list has %zu weights; give one, or a "
                               "kind other than \"fixed\"",
                               s->n, s->n);
}

/* Place of a symbol as it is written. */
static norn_status find(reader *r, const norni_toml_row *row, const norni_toml_value *v,
                        size_t *at) {
    norni_str symbol;
    if (v->type != NORNI_TOML_STRING || v->text.n == 0)
        return norni_port_key_fail(row->line, row->key, r->err,
                                   "it takes symbols in quotes, as [\"BTC\", \"ETH\"]");
    norn_err why = {NORN_OK, ""};
    const norn_status st = norni_port_symbol(r->arena, v->text, &symbol, &why);
    if (st == NORN_E_MEM) return no_memory(r, v->text.n, 1);
    if (st != NORN_OK) return norni_port_key_fail(row->line, row->key, r->err, "%s", why.text);
    return norni_port_draft_find(&r->d, symbol, at);
}

static norn_status read_set(reader *r, const norni_toml_row *row, const norni_toml_value *v,
                            asset_set *out) {
    if (v->n_items < 2 || v->n_items > NORNI_PORT_MAX_ASSETS)
        return norni_port_key_fail(row->line, row->key, r->err,
                                   "a set of %zu assets; 2 to %d are allowed, as [\"BTC\", "
                                   "\"ETH\"], or a list of such sets, or \"all\"",
                                   v->n_items, (int)NORNI_PORT_MAX_ASSETS);
    out->n = v->n_items;
    for (size_t i = 0; i < v->n_items; i++) {
        NORN_TRY(find(r, row, &v->item[i], &out->at[i]));
        for (size_t k = 0; k < i && out->at[i] != SIZE_MAX; k++) {
            if (out->at[k] == out->at[i])
                return norni_port_key_fail(row->line, row->key, r->err, "a set names '%.*s' twice",
                                           (int)v->item[i].text.n, v->item[i].text.p);
        }
    }
    return NORN_OK;
}

/* Symbols of a row, those that are there; "all" or no row: the panel's. */
static norn_status read_symbols(reader *r, const norni_toml_row *row, asset_set *out) {
    const norni_port_grid *g = r->d.g;
    out->n = 0;
    if (row == NULL || norni_str_is(row->value.text, "all")) {
        if (g->n_symbols > NORNI_PORT_MAX_ASSETS)
            return norn_fail(r->err, NORN_E_LIMIT,
                             "grid: [universe]: all %zu symbols are too many, at most %d; name "
                             "them in symbols",
                             g->n_symbols, (int)NORNI_PORT_MAX_ASSETS);
        for (; out->n < g->n_symbols; out->n++)
            out->at[out->n] = out->n;
        return NORN_OK;
    }
    asset_set named;
    if (row->value.n_items == 1) {
        named.n = 1;
        NORN_TRY(find(r, row, &row->value.item[0], &named.at[0]));
    } else {
        NORN_TRY(read_set(r, row, &row->value, &named));
    }
    for (size_t i = 0; i < named.n; i++) {
        if (named.at[i] != SIZE_MAX) out->at[out->n++] = named.at[i];
    }
    return NORN_OK;
}

static norn_status add_named(reader *r) {
    const norni_toml_row *row = r->assets;
    const norni_toml_value *v = row != NULL ? &row->value : NULL;
    asset_set s;
    if (row == NULL && r->combinations != NULL) return NORN_OK;
    if (v == NULL || norni_str_is(v->text, "all")) {
        NORN_TRY(read_symbols(r, r->symbols, &s));
        return s.n >= 2 ? add_set(r, &s) : NORN_OK;
    }
    const bool many = v->n_items > 0 && v->item[0].type == NORNI_TOML_ARRAY;
    for (size_t i = 0; i < (many ? v->n_items : 1); i++) {
        NORN_TRY(read_set(r, row, many ? &v->item[i] : v, &s));
        NORN_TRY(add_set(r, &s));
    }
    return NORN_OK;
}

/* Members of the universe that are in every combination, and those that change. */
typedef struct universe {
    asset_set all;
    bool must[NORNI_PORT_MAX_ASSETS];
    size_t free[NORNI_PORT_MAX_ASSETS], n_free;
} universe;

static norn_status read_universe(reader *r, universe *u) {
    const norni_toml_row *row = r->require;
    asset_set must = {0};
    NORN_TRY(read_symbols(r, r->symbols, &u->all));
    if (row != NULL) NORN_TRY(read_symbols(r, row, &must));
    if (row != NULL && must.n < row->value.n_items)
        return norni_port_key_fail(row->line, row->key, r->err,
                                   "a symbol is not in the prices, so that no set could hold it");
    u->n_free = 0;
    for (size_t i = 0; i < u->all.n; i++) {
        u->must[i] = false;
        for (size_t k = 0; k < must.n; k++)
            u->must[i] = u->must[i] || must.at[k] == u->all.at[i];
        if (!u->must[i]) u->free[u->n_free++] = i;
    }
    if (u->all.n - u->n_free < must.n)
        return norni_port_key_fail(row->line, row->key, r->err,
                                   "a symbol is not among symbols, so that no set could hold it");
    return NORN_OK;
}

/* Combinations of k assets in the universe's order. */
static norn_status combine(reader *r, const universe *u, size_t k) {
    const size_t fixed = u->all.n - u->n_free, take = k - fixed;
    size_t pick[NORNI_PORT_MAX_ASSETS]; /* (take) ascending places in u->free */
    if (k > u->all.n && r->too_many == 0) r->too_many = k, r->of = u->all.n;
    if (k < fixed || k > u->all.n) return NORN_OK;
    for (size_t i = 0; i < take; i++)
        pick[i] = i;
    for (;;) {
        asset_set s = {0};
        for (size_t i = 0, next = 0; i < u->all.n; i++) {
            const bool picked = next < take && u->free[pick[next]] == i;
            next += picked;
            if (picked || u->must[i]) s.at[s.n++] = u->all.at[i];
        }
        NORN_TRY(add_set(r, &s));
        size_t i = take;
        while (i > 0 && pick[i - 1] == u->n_free - take + i - 1)
            i--;
        if (i == 0) return NORN_OK;
        pick[i - 1]++;
        for (; i < take; i++)
            pick[i] = pick[i - 1] + 1;
    }
}

static norn_status add_combinations(reader *r) {
    const norni_port_key *key;
    norni_port_values sizes;
    universe u;
    if (r->combinations == NULL) return NORN_OK;
    NORN_TRY(norni_port_key_find(r->combinations, r->combinations->table, r->combinations->key,
                                 &key, r->err));
    NORN_TRY(norni_port_key_values(key, r->combinations, r->arena, &sizes, r->err));
    NORN_TRY(read_universe(r, &u));
    for (size_t i = 0; i < sizes.n; i++)
        NORN_TRY(combine(r, &u, (size_t)sizes.v[i]));
    return NORN_OK;
}

/* A grid of which nothing can ever be used says why, where that stands in it. */
static norn_status check_use(reader *r) {
    const norni_port_grid *g = r->d.g;
    const norni_port_alloc *a = r->unkept;
    for (size_t i = 0; i < g->n_pairs; i++)
        if (g->pair[i].set != UINT32_MAX) return NORN_OK;
    if (a != NULL) return norni_port_unkept_fail(a, r->unkept_by, r->line, r->err);
    if (g->n_pairs == 0 && r->too_many > 0 && r->d.missing.n == 0)
        return norni_port_key_fail(r->combinations->line, r->combinations->key, r->err,
                                   "%zu of %zu symbols cannot be combined", r->too_many, r->of);
    return NORN_OK;
}

static norn_status read_all(reader *r, const norni_toml *toml, norni_port_grid **out) {
    for (size_t i = 0; i < toml->n_rows; i++)
        NORN_TRY(read_row(r, &toml->row[i]));
    NORN_TRY(finish_ranges(r));
    if (r->require != NULL && r->combinations == NULL)
        return norni_port_key_fail(r->require->line, r->require->key, r->err,
                                   "it is of combinations, and none are asked for");
    NORN_TRY(set_axes(r));
    NORN_TRY(set_allocs(r));
    NORN_TRY(add_named(r));
    NORN_TRY(add_combinations(r));
    NORN_TRY(check_use(r));
    NORN_TRY(norni_port_draft_end(&r->d, "their weights keep their proportions", out));
    return NORN_OK;
}

norn_status norni_port_grid_toml(norni_arena *arena, const norni_toml *toml,
                                 const norni_str *symbol, size_t n, const norni_port_grid_opt *opt,
                                 norni_port_grid **out, norn_err *err) {
    reader *r = norni_arena_zero(arena, 1, sizeof *r);
    if (r == NULL) return norni_alloc_fail(err, "portfolio: grid", 1, sizeof *r);
    r->arena = arena;
    r->err = err;
    norn_status st = norni_port_draft_begin(&r->d, arena, symbol, n, opt, err);
    if (st == NORN_OK) st = read_all(r, toml, out);
    norni_port_draft_clear(&r->d);
    return st;
}
