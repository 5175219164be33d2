/* The file of --grid: models and lists of their parameters, every combination a spec. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/evaluate_grid.h"

#include "base/map.h"
#include "io/source.h"
#include "io/toml.h"

enum { MOST_BYTES = 1 << 20, MOST_KEYS = 64 };

/* One table's parameters, each with its choices. */
typedef struct grid_table {
    norni_str model;
    const norni_toml_row *row[MOST_KEYS];
    size_t n_rows;
    size_t line; /* of the first key */
} grid_table;

typedef struct grid_reader {
    const norni_model_set *set;
    const char *path;
    norni_arena *arena;
    norni_spec *spec; /* (NORNI_GRID_MOST) */
    size_t n;
    size_t n_tried;
    norni_map seen;
} grid_reader;

static norn_status fail_line(const grid_reader *g, size_t line, const char *why, norn_err *err) {
    return norn_fail(err, NORN_E_ARG, "--grid: %s: line %zu: %s", g->path, line, why);
}

/* A value alone counts as a list of one. */
static size_t n_choices(const norni_toml_row *r) {
    return r->value.type == NORNI_TOML_ARRAY ? r->value.n_items : 1;
}

static norni_str choice(const norni_toml_row *r, size_t k) {
    return r->value.type == NORNI_TOML_ARRAY ? r->value.item[k].text : r->value.text;
}

/* A spec's comma would split it in two. */
static bool splits(norni_str s) {
    int depth = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '(' || s.p[i] == '[') depth++;
        if (s.p[i] == ')' || s.p[i] == ']') depth--;
        if (depth < 0 || (s.p[i] == ',' && depth == 0)) return true;
    }
    return depth != 0;
}

static norn_status check_row(const grid_reader *g, const norni_toml_row *r, bool whole_specs,
                             norn_err *err) {
    if (n_choices(r) == 0) return fail_line(g, r->line, "the list is empty", err);
    for (size_t k = 0; k < n_choices(r); k++) {
        const norni_toml_value *v =
            r->value.type == NORNI_TOML_ARRAY ? &r->value.item[k] : &r->value;
        if (v->type == NORNI_TOML_ARRAY)
            return fail_line(g, r->line, "a list inside a list is no value", err);
        if (!whole_specs && splits(v->text))
            return fail_line(g, r->line, "a value holds a comma or a bracket without its other one",
                             err);
    }
    return NORN_OK;
}

/* Adds a spec unless an earlier one says the same. */
static norn_status add_spec(grid_reader *g, norni_str text, size_t line, norn_err *err) {
    norn_err why = {NORN_OK, ""};
    bool added = false;
    if (g->n_tried++ == NORNI_GRID_MOST)
        return norn_fail(err, NORN_E_LIMIT, "--grid: %s: more than %d combinations", g->path,
                         NORNI_GRID_MOST);
    norni_spec *spec = &g->spec[g->n];
    const norn_status st = norni_spec_parse(g->set, text, g->arena, spec, &why);
    if (st == NORN_E_MEM) return norn_fail(err, st, "%s", why.text);
    if (st != NORN_OK) return fail_line(g, line, why.text, err);
    if (norni_map_add(&g->seen, spec->column, &added) == NORNI_MAP_NONE)
        return norni_alloc_fail(err, "--grid", g->n, sizeof(norni_str));
    g->n += added;
    return NORN_OK;
}

/* true and false also mean yes and no where a model's parameter has those words. */
static norni_str word_of(const grid_reader *g, const grid_table *t, size_t k, size_t at) {
    const norni_toml_row *r = t->row[k];
    const norni_toml_value *v = r->value.type == NORNI_TOML_ARRAY ? &r->value.item[at] : &r->value;
    const norni_model *m = norni_model_find(g->set, t->model);
    const norni_param *row = m ? norni_param_find(m->params, m->n_params, r->key) : NULL;
    const char *yes_no = v->num != 0 ? "yes" : "no";
    if (v->type != NORNI_TOML_BOOL || row == NULL || row->type != NORNI_T_CHOICE) return v->text;
    for (size_t c = 0;; c++) {
        const norni_str word = norni_param_choice(row->choices, c);
        if (word.p == NULL) return v->text;
        if (norni_str_is(word, yes_no)) return word;
    }
}

static norn_status write_spec(const grid_reader *g, const grid_table *t, const size_t *at,
                              norni_buf *b, norn_err *err) {
    bool any = false;
    b->n = 0;
    norni_buf_add(b, t->model.p, t->model.n);
    for (size_t k = 0; k < t->n_rows; k++) {
        if (norni_str_is(t->row[k]->key, "season_length")) continue;
        const norni_str value = word_of(g, t, k, at[k]);
        norni_buf_text(b, any ? "," : "(");
        norni_buf_add(b, t->row[k]->key.p, t->row[k]->key.n);
        norni_buf_text(b, "=");
        norni_buf_add(b, value.p, value.n);
        any = true;
    }
    if (any) norni_buf_text(b, ")");
    for (size_t k = 0; k < t->n_rows; k++) {
        if (!norni_str_is(t->row[k]->key, "season_length")) continue;
        const norni_str value = choice(t->row[k], at[k]);
        norni_buf_text(b, "[");
        norni_buf_add(b, value.p, value.n);
        norni_buf_text(b, "]");
    }
    return b->failed ? norni_alloc_fail(err, g->path, b->cap, 2) : NORN_OK;
}

/* Every combination of a table, the last key changing fastest. */
static norn_status add_table(grid_reader *g, const grid_table *t, norn_err *err) {
    size_t at[MOST_KEYS] = {0};
    norni_buf text;
    norn_status st = NORN_OK;
    norni_buf_init(&text, g->arena->alloc);
    for (bool more = true; more && st == NORN_OK;) {
        st = write_spec(g, t, at, &text, err);
        if (st == NORN_OK) st = add_spec(g, (norni_str){text.p, text.n}, t->line, err);
        more = false;
        for (size_t k = t->n_rows; k > 0 && !more; k--) {
            more = ++at[k - 1] < n_choices(t->row[k - 1]);
            if (!more) at[k - 1] = 0;
        }
    }
    norni_buf_clear(&text);
    return st;
}

/* The rows from `first` that stand in one table; *next is the first of another. */
static norn_status gather_table(const grid_reader *g, const norni_toml *t, size_t first,
                                grid_table *out, size_t *next, norn_err *err) {
    const norni_str name = t->row[first].table;
    *out = (grid_table){.model = name, .line = t->row[first].line};
    for (*next = first; *next < t->n_rows; (*next)++) {
        const norni_toml_row *r = &t->row[*next];
        if (norni_str_cmp(r->table, name) != 0) break;
        NORN_TRY(check_row(g, r, false, err));
        if (norni_str_is(r->key, "model")) {
            if (r->value.type != NORNI_TOML_STRING)
                return fail_line(g, r->line, "model is a name, as \"ets\"", err);
            out->model = r->value.text;
            continue;
        }
        if (out->n_rows == MOST_KEYS) return fail_line(g, r->line, "more than 64 keys", err);
        out->row[out->n_rows++] = r;
    }
    return NORN_OK;
}

/* A table without rows does not show in what was parsed, and its model would be dropped in silence.
 * Lists inside lists are refused by now, so a line that begins with [ opens a table. */
static norn_status check_tables(const grid_reader *g, const norni_toml *t, norni_str text,
                                norn_err *err) {
    size_t open = 0, row = 0, line = 1; /* line of the table that has no row yet, or 0 */
    for (const char *p = text.p, *end = text.p + text.n; p < end; line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        const norni_str one = norni_str_trim((norni_str){p, (size_t)((stop ? stop : end) - p)});
        if (one.n > 0 && one.p[0] == '[') {
            if (open > 0) break;
            open = line;
        }
        if (row < t->n_rows && t->row[row].line == line) {
            open = 0;
            row++;
        }
        p = stop ? stop + 1 : end;
    }
    if (open == 0) return NORN_OK;
    return fail_line(
        g, open, "a table without a parameter; model = [\"theta\"] takes a model as it is", err);
}

static norn_status read_rows(grid_reader *g, const norni_toml *t, norni_str text, norn_err *err) {
    for (size_t i = 0; i < t->n_rows;) {
        const norni_toml_row *r = &t->row[i];
        grid_table table;
        if (r->table.n > 0) {
            NORN_TRY(gather_table(g, t, i, &table, &i, err));
            NORN_TRY(add_table(g, &table, err));
            continue;
        }
        if (!norni_str_is(r->key, "model"))
            return fail_line(g, r->line,
                             "only `model`, a list of specs, may stand above the first [table]",
                             err);
        NORN_TRY(check_row(g, r, true, err));
        for (size_t k = 0; k < n_choices(r); k++)
            NORN_TRY(add_spec(g, choice(r, k), r->line, err));
        i++;
    }
    NORN_TRY(check_tables(g, t, text, err));
    if (g->n > 0) return NORN_OK;
    return norn_fail(err, NORN_E_ARG,
                     "--grid: %s names no model; a grid is [ets], error = [\"A\", \"M\"], …",
                     g->path);
}

norn_status norni_evaluate_grid_text(const norni_model_set *set, const char *path, norni_str text,
                                     norni_arena *arena, norni_spec **specs, size_t *n,
                                     norn_err *err) {
    grid_reader g = {.set = set, .path = path, .arena = arena};
    norn_err why = {NORN_OK, ""};
    norni_toml t;
    const norn_status parsed = norni_toml_parse(arena, text.p, text.n, &t, &why);
    if (parsed == NORN_E_MEM) return norn_fail(err, parsed, "%s", why.text);
    if (parsed != NORN_OK) return norn_fail(err, NORN_E_ARG, "--grid: %s: %s", path, why.text);
    g.spec = norni_arena_get(arena, NORNI_GRID_MOST, sizeof *g.spec);
    if (g.spec == NULL) return norni_alloc_fail(err, "--grid", NORNI_GRID_MOST, sizeof *g.spec);
    norni_map_init(&g.seen, arena->alloc);
    const norn_status st = read_rows(&g, &t, text, err);
    norni_map_clear(&g.seen);
    *specs = g.spec;
    *n = g.n;
    return st;
}

norn_status norni_evaluate_grid(norn_ctx *ctx, const norni_model_set *set, const char *path,
                                norni_arena *arena, norni_spec **specs, size_t *n, norn_err *err) {
    const norni_source_opt opt = {.sheet = NULL};
    norni_source *source = NULL;
    norn_err why = {NORN_OK, ""};
    char *text = norni_arena_get(arena, MOST_BYTES + 1, 1);
    size_t size = 0, got = 1;
    if (text == NULL) return norni_alloc_fail(err, "--grid", MOST_BYTES, 1);
    norn_status st = norni_source_open(ctx, path, &opt, &source, &why);
    while (st == NORN_OK && got > 0 && size <= MOST_BYTES) {
        st = norni_source_read(source, text + size, MOST_BYTES + 1 - size, &got, &why);
        size += st == NORN_OK ? got : 0;
    }
    norni_source_close(source);
    if (st == NORN_E_IO) st = NORN_E_ARG; /* as every other word of a grid that will not do */
    if (st != NORN_OK) return norn_fail(err, st, "--grid: %s: %s", path, why.text);
    if (size > MOST_BYTES)
        return norn_fail(err, NORN_E_LIMIT, "--grid: %s is longer than 1 MiB", path);
    return norni_evaluate_grid_text(set, path, (norni_str){text, size}, arena, specs, n, err);
}
