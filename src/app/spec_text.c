/* The grammar of specs, `[alias=]name(args)…[m]`, whatever the names stand for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/spec_text.h"

#include "base/numtext.h"

enum { MAX_SPECS = 64 };

/* Models other tools have and Norn does not build; users who ask for one are told so. */
static const char *const not_offered[] = {"tbats", "bats", "mfles", "garch", "arch"};

static bool find(const norni_spec_book *book, norni_str name, norni_spec_kind *out) {
    for (size_t i = 0; i < book->n; i++) {
        *out = book->at(book->set, i);
        if (norni_str_is_nocase(name, out->name)) return true;
    }
    return false;
}

/* Length of the first list element of s: up to a comma outside brackets. */
static size_t element_length(norni_str s) {
    int depth = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];
        if (c == '(' || c == '[') depth++;
        if (c == ')' || c == ']') depth--;
        if (c == ',' && depth <= 0) return i;
    }
    return s.n;
}

static const char *nearest(const norni_spec_book *book, norni_str name) {
    size_t best = 4;
    const char *found = NULL;
    for (size_t i = 0; i < book->n; i++) {
        const char *candidate = book->at(book->set, i).name;
        const size_t d = norni_str_distance(name, norni_str_of(candidate));
        if (d < best) {
            best = d;
            found = candidate;
        }
    }
    return found;
}

static norn_status fail_unknown(const norni_spec_book *book, norni_str name, norn_err *err) {
    for (size_t i = 0; i < sizeof not_offered / sizeof not_offered[0]; i++) {
        if (norni_str_is_nocase(name, not_offered[i])) {
            return norn_fail(err, NORN_E_ARG,
                             "model: %s is not offered; auto_ets and theta serve trend and season "
                             "(see `norn models`)",
                             not_offered[i]);
        }
    }
    const char *near = nearest(book, name);
    if (near != NULL) {
        return norn_fail(err, NORN_E_ARG,
                         "model: unknown model '%.*s'; did you mean %s? (see `norn models`)",
                         (int)name.n, name.p, near);
    }
    return norn_fail(err, NORN_E_ARG, "model: unknown model '%.*s' (see `norn models`)",
                     (int)name.n, name.p);
}

/* One argument: key=value, or a bare value for the row at its position. */
static norn_status parse_argument(norni_spec_text *spec, size_t position, norni_str arg,
                                  norni_arena *arena, norn_err *err) {
    const norni_spec_kind *m = &spec->kind;
    const char *eq = memchr(arg.p, '=', arg.n);
    const norni_param *row = NULL;
    norni_str value = arg;
    if (eq != NULL) {
        const norni_str key = norni_str_trim((norni_str){arg.p, (size_t)(eq - arg.p)});
        value = norni_str_trim((norni_str){eq + 1, (size_t)(arg.p + arg.n - eq - 1)});
        row = norni_param_find(m->params, m->n_params, key);
        if (row == NULL) {
            const bool of_levels = norni_str_is(key, "interval_width");
            if (of_levels || norni_str_is(key, "mcmc_samples"))
                return norn_fail(err, NORN_E_ARG, "model: %s has no parameter '%.*s'; %s", m->name,
                                 (int)key.n, key.p,
                                 of_levels ? "intervals are asked for in per cent, as --level 80"
                                           : "the posterior's mode is found, it is not sampled; "
                                             "--level 80 asks for intervals");
            return norn_fail(err, NORN_E_ARG,
                             "model: %s has no parameter '%.*s' (see `norn models %s`)", m->name,
                             (int)key.n, key.p, m->name);
        }
    } else if (position < m->n_params) {
        row = &m->params[position];
    } else {
        return norn_fail(err, NORN_E_ARG,
                         "model: %s takes at most %zu arguments; '%.*s' is one too many", m->name,
                         m->n_params, (int)arg.n, arg.p);
    }
    return norni_param_set(row, spec->opt, value, arena, m->name, err);
}

/* `first`: the position of the group's first argument; moved on by the bare ones in it, so that
 * arima(2,1,1)(0,1,1) gives six. */
static norn_status parse_arguments(norni_spec_text *spec, norni_str args, size_t *first,
                                   norni_arena *arena, norn_err *err) {
    for (size_t position = *first; args.n > 0; position++) {
        const size_t len = element_length(args);
        const norni_str arg = norni_str_trim((norni_str){args.p, len});
        if (arg.n == 0)
            return norn_fail(err, NORN_E_ARG, "model: %s has an empty argument", spec->kind.name);
        NORN_TRY(parse_argument(spec, position, arg, arena, err));
        if (memchr(arg.p, '=', arg.n) == NULL) ++*first;
        const size_t skip = len < args.n ? len + 1 : len;
        args.p += skip;
        args.n -= skip;
    }
    return NORN_OK;
}

static norn_status parse_season(norni_spec_text *spec, norni_str inside, norn_err *err) {
    int64_t m = 0;
    if (norni_int_parse(inside.p, inside.n, &m) != NORNI_NUM_OK || m < 1 || m > 100000) {
        return norn_fail(err, NORN_E_ARG,
                         "model: season '[%.*s]' is not a whole number in [1, 100000]",
                         (int)inside.n, inside.p);
    }
    spec->season = (int32_t)m;
    return NORN_OK;
}

/* "name(key=value,…)[m]" with only the values that differ from the defaults. */
static norn_status canonical_column(norni_spec_text *spec, norni_arena *arena, norn_err *err) {
    const norni_spec_kind *m = &spec->kind;
    norni_buf all, one, def;
    norni_buf_init(&all, arena->alloc);
    norni_buf_init(&one, arena->alloc);
    norni_buf_init(&def, arena->alloc);
    void *defaults = norni_arena_zero(arena, 1, m->opt_size);
    norn_status st = defaults ? norni_param_defaults(m->params, m->n_params, defaults, arena, err)
                              : norni_alloc_fail(err, "model", 1, m->opt_size);
    bool any = false;
    norni_buf_text(&all, m->name);
    for (size_t i = 0; st == NORN_OK && i < m->n_params; i++) {
        one.n = def.n = 0;
        norni_param_print(&m->params[i], spec->opt, &one);
        norni_param_print(&m->params[i], defaults, &def);
        if (norni_str_cmp((norni_str){one.p, one.n}, (norni_str){def.p, def.n}) == 0) continue;
        norni_buf_format(&all, "%s%s=", any ? "," : "(", m->params[i].name);
        norni_buf_add(&all, one.p, one.n);
        any = true;
    }
    if (any) norni_buf_text(&all, ")");
    if (spec->season > 0) norni_buf_format(&all, "[%d]", (int)spec->season);
    if (st == NORN_OK) {
        const char *text =
            all.failed || one.failed || def.failed ? NULL : norni_arena_text(arena, all.p, all.n);
        if (text == NULL) st = norni_alloc_fail(err, "model", all.n, 1);
        spec->column = (norni_str){text, all.n};
    }
    norni_buf_clear(&all);
    norni_buf_clear(&one);
    norni_buf_clear(&def);
    return st;
}

/* The bracket that closes rest's first one, or NULL; those in between come in pairs. */
static const char *closing(norni_str rest, char closer) {
    const char opener = rest.p[0];
    size_t depth = 0;
    for (size_t i = 0; i < rest.n; i++) {
        if (rest.p[i] == opener) depth++;
        if (rest.p[i] == closer && depth-- == 1) return rest.p + i;
    }
    return NULL;
}

static norn_status parse_one(const norni_spec_book *book, norni_str text, norni_arena *arena,
                             norni_spec_text *spec, norn_err *err) {
    memset(spec, 0, sizeof *spec);
    size_t name_end = 0;
    while (name_end < text.n && memchr("=([", text.p[name_end], 3) == NULL)
        name_end++;
    norni_str alias = {NULL, 0};
    if (name_end < text.n && text.p[name_end] == '=') {
        alias = norni_str_trim((norni_str){text.p, name_end});
        if (alias.n == 0)
            return norn_fail(err, NORN_E_ARG, "model: '%.*s' has an empty alias", (int)text.n,
                             text.p);
        text = norni_str_trim((norni_str){text.p + name_end + 1, text.n - name_end - 1});
        for (name_end = 0; name_end < text.n && memchr("([", text.p[name_end], 2) == NULL;)
            name_end++;
    }
    const norni_str name = norni_str_trim((norni_str){text.p, name_end});
    if (name.n == 0)
        return norn_fail(err, NORN_E_ARG,
                         "model: empty model name in the list (see `norn models`)");
    const norni_spec_kind *kind = &spec->kind;
    if (!find(book, name, &spec->kind)) return fail_unknown(book, name, err);
    spec->opt = norni_arena_zero(arena, 1, kind->opt_size ? kind->opt_size : 1);
    if (spec->opt == NULL) return norni_alloc_fail(err, "model", 1, kind->opt_size);
    NORN_TRY(norni_param_defaults(kind->params, kind->n_params, spec->opt, arena, err));
    norni_str rest = {text.p + name_end, text.n - name_end};
    size_t position = 0;
    while (rest.n > 0) {
        const char closer = rest.p[0] == '(' ? ')' : ']';
        const char *end = closing(rest, closer);
        if (end == NULL || (rest.p[0] != '(' && rest.p[0] != '[')) {
            return norn_fail(err, NORN_E_ARG,
                             "model: cannot read '%.*s'; a spec is [alias=]name(args)[season]",
                             (int)text.n, text.p);
        }
        const norni_str inside =
            norni_str_trim((norni_str){rest.p + 1, (size_t)(end - rest.p - 1)});
        NORN_TRY(closer == ')' ? parse_arguments(spec, inside, &position, arena, err)
                               : parse_season(spec, inside, err));
        rest = norni_str_trim((norni_str){end + 1, (size_t)(rest.p + rest.n - end - 1)});
    }
    if (book->check) NORN_TRY(book->check(book->set, kind->what, spec->opt, err));
    if (alias.n == 0) return canonical_column(spec, arena, err);
    spec->aliased = true;
    spec->column = (norni_str){norni_arena_text(arena, alias.p, alias.n), alias.n};
    return spec->column.p ? NORN_OK : norni_alloc_fail(err, "model", alias.n, 1);
}

norn_status norni_spec_text_parse(const norni_spec_book *book, norni_str text, norni_arena *arena,
                                  norni_spec_text *spec, norn_err *err) {
    return parse_one(book, norni_str_trim(text), arena, spec, err);
}

norn_status norni_spec_list_parse(const norni_spec_book *book, norni_str text, norni_arena *arena,
                                  norni_spec_text **specs, size_t *n, norn_err *err) {
    norni_spec_text *list = norni_arena_zero(arena, MAX_SPECS, sizeof *list);
    if (list == NULL) return norni_alloc_fail(err, "model", MAX_SPECS, sizeof *list);
    size_t count = 0;
    text = norni_str_trim(text);
    do {
        const size_t len = element_length(text);
        if (count == MAX_SPECS)
            return norn_fail(err, NORN_E_ARG, "model: more than %d models in one list", MAX_SPECS);
        NORN_TRY(
            parse_one(book, norni_str_trim((norni_str){text.p, len}), arena, &list[count], err));
        for (size_t i = 0; i < count; i++) {
            if (norni_str_cmp(list[i].column, list[count].column) == 0 && list[count].aliased)
                return norn_fail(err, NORN_E_ARG,
                                 "model: the alias '%.*s' stands twice; give one of them another "
                                 "name",
                                 (int)list[i].column.n, list[i].column.p);
            if (norni_str_cmp(list[i].column, list[count].column) == 0) {
                return norn_fail(err, NORN_E_ARG,
                                 "model: '%.*s' stands twice; give one an alias, as a=%.*s",
                                 (int)list[i].column.n, list[i].column.p, (int)list[i].column.n,
                                 list[i].column.p);
            }
        }
        count++;
        const bool more = len < text.n;
        text.p += more ? len + 1 : len;
        text.n -= more ? len + 1 : len;
        if (more && text.n == 0)
            return norn_fail(err, NORN_E_ARG, "model: the list ends with a comma");
    } while (text.n > 0);
    *specs = list;
    *n = count;
    return NORN_OK;
}
