/* Typed parameter rows: from them come flags, checks, help texts, specs and reference docs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/param.h"

#include "base/numtext.h"

norni_str norni_param_choice(const char *choices, size_t k) {
    const char *p = choices;
    for (; k > 0 && p != NULL; k--) {
        p = strchr(p, '|');
        if (p != NULL) p++;
    }
    if (p == NULL) return (norni_str){NULL, 0};
    const char *end = strchr(p, '|');
    return (norni_str){p, end ? (size_t)(end - p) : strlen(p)};
}

static bool same_name(norni_str given, norni_str name) {
    if (name.n != given.n) return false;
    for (size_t i = 0; i < given.n; i++) {
        const char c = given.p[i] == '_' ? '-' : given.p[i], d = name.p[i] == '_' ? '-' : name.p[i];
        if (c != d) return false;
    }
    return true;
}

const norni_param *norni_param_find(const norni_param *rows, size_t n_rows, norni_str name) {
    for (size_t i = 0; i < n_rows; i++) {
        if (same_name(name, norni_str_of(rows[i].name))) return &rows[i];
        for (size_t k = 0; rows[i].alias != NULL; k++) {
            const norni_str alias = norni_param_choice(rows[i].alias, k);
            if (alias.p == NULL) break;
            if (same_name(name, alias)) return &rows[i];
        }
    }
    return NULL;
}

/* "ets: alpha" or, for a flag whose part is the flag itself, "--horizon". */
static void title(char out[96], const norni_param *row, const char *part) {
    if (part != NULL && strncmp(part, "--", 2) == 0) {
        norni_format(out, 96, "%s:", part);
    } else {
        norni_format(out, 96, "%s: %s", part ? part : "option", row->name);
    }
}

static bool has_domain(const norni_param *row) {
    return row->min < row->max;
}

static norn_status parse_double(const norni_param *row, norni_str text, const char *part,
                                double *out, norn_err *err) {
    char name[96];
    title(name, row, part);
    if (norni_num_parse(text.p, text.n, out) != NORNI_NUM_OK) {
        return norn_fail(err, NORN_E_ARG, "%s '%.*s' is not a number", name, (int)text.n, text.p);
    }
    if (has_domain(row) && !(*out >= row->min && *out <= row->max)) {
        return norn_fail(err, NORN_E_ARG, "%s %g is outside [%g, %g]", name, *out, row->min,
                         row->max);
    }
    return NORN_OK;
}

static norn_status parse_int(const norni_param *row, norni_str text, const char *part, int32_t *out,
                             norn_err *err) {
    char name[96];
    int64_t value = 0;
    title(name, row, part);
    const norni_num_result r = norni_int_parse(text.p, text.n, &value);
    if (r == NORNI_NUM_BAD || r == NORNI_NUM_EMPTY) {
        return norn_fail(err, NORN_E_ARG, "%s '%.*s' is not a whole number", name, (int)text.n,
                         text.p);
    }
    const double lo = has_domain(row) ? row->min : INT32_MIN,
                 hi = has_domain(row) ? row->max : INT32_MAX;
    if (r == NORNI_NUM_OVERFLOW || (double)value < lo || (double)value > hi) {
        return norn_fail(err, NORN_E_ARG, "%s %.*s is outside [%lld, %lld]", name, (int)text.n,
                         text.p, (long long)lo, (long long)hi);
    }
    *out = (int32_t)value;
    return NORN_OK;
}

static norn_status parse_bool(const norni_param *row, norni_str text, const char *part, bool *out,
                              norn_err *err) {
    static const char *const yes[] = {"true", "on", "yes", "1"}, *const no[] = {"false", "off",
                                                                                "no", "0"};
    char name[96];
    for (size_t i = 0; i < 4; i++) {
        *out = norni_str_is_nocase(text, yes[i]);
        if (*out || norni_str_is_nocase(text, no[i])) return NORN_OK;
    }
    title(name, row, part);
    return norn_fail(err, NORN_E_ARG, "%s '%.*s' is neither true nor false", name, (int)text.n,
                     text.p);
}

static norn_status parse_choice(const norni_param *row, norni_str text, const char *part,
                                int32_t *out, norn_err *err) {
    char name[96];
    for (size_t k = 0;; k++) {
        const norni_str word = norni_param_choice(row->choices, k);
        if (word.p == NULL) break;
        if (word.n == text.n && memcmp(word.p, text.p, text.n) == 0) {
            *out = (int32_t)k;
            return NORN_OK;
        }
    }
    title(name, row, part);
    return norn_fail(err, NORN_E_ARG, "%s '%.*s' is not one of %s", name, (int)text.n, text.p,
                     row->choices);
}

/* "0.8" is a share of memory; "4GiB", "100MB", "512k", "1000000" are bytes. */
static norn_status parse_memsize(const norni_param *row, norni_str text, const char *part,
                                 norni_memsize *out, norn_err *err) {
    static const struct {
        const char *unit;
        double bytes;
    } units[] = {
        {"kib", 1024.0}, {"mib", 1048576.0}, {"gib", 1073741824.0}, {"tib", 1099511627776.0},
        {"kb", 1e3},     {"mb", 1e6},        {"gb", 1e9},           {"tb", 1e12},
        {"k", 1024.0},   {"m", 1048576.0},   {"g", 1073741824.0},   {"b", 1.0},
        {"", 1.0}};
    char name[96];
    size_t digits = 0;
    double value = 0;
    while (digits < text.n &&
           ((text.p[digits] >= '0' && text.p[digits] <= '9') || text.p[digits] == '.'))
        digits++;
    const norni_str unit = norni_str_trim((norni_str){text.p + digits, text.n - digits});
    if (norni_num_parse(text.p, digits, &value) == NORNI_NUM_OK && value > 0 && value < 1e18) {
        *out = (norni_memsize){0, 0};
        if (unit.n == 0 && value <= 1.0) {
            out->share = value;
            return NORN_OK;
        }
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
            if (!norni_str_is_nocase(unit, units[i].unit) || value * units[i].bytes > 9e18)
                continue;
            out->bytes = (uint64_t)(value * units[i].bytes);
            return NORN_OK;
        }
    }
    title(name, row, part);
    return norn_fail(err, NORN_E_ARG, "%s '%.*s' is neither a share in (0, 1] nor a size as 4GiB",
                     name, (int)text.n, text.p);
}

/* Splits "a,b,c"; the element's own parser says what is wrong. */
static norn_status parse_list(const norni_param *row, void *field, norni_str text,
                              norni_arena *arena, const char *part, norn_err *err) {
    const bool ints = row->type == NORNI_T_INTS;
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == ',';
    if (text.n == 0) n = 0;
    norni_ints *il = field;
    norni_doubles *dl = field;
    void *v = norni_arena_get(arena, n, ints ? sizeof(int32_t) : sizeof(double));
    if (v == NULL) return norni_alloc_fail(err, part, n, sizeof(double));
    for (size_t i = 0; i < n; i++) {
        const char *comma = memchr(text.p, ',', text.n);
        const norni_str one =
            norni_str_trim((norni_str){text.p, comma ? (size_t)(comma - text.p) : text.n});
        NORN_TRY(ints ? parse_int(row, one, part, (int32_t *)v + i, err)
                      : parse_double(row, one, part, (double *)v + i, err));
        if (comma != NULL) text = (norni_str){comma + 1, (size_t)(text.p + text.n - comma - 1)};
    }
    if (ints)
        *il = (norni_ints){n, v};
    else
        *dl = (norni_doubles){n, v};
    return NORN_OK;
}

norn_status norni_param_set(const norni_param *row, void *opt, norni_str text, norni_arena *arena,
                            const char *part, norn_err *err) {
    void *field = (char *)opt + row->offset;
    const norni_str trimmed = norni_str_trim(text);
    switch (row->type) {
        case NORNI_T_DOUBLE: return parse_double(row, trimmed, part, field, err);
        case NORNI_T_INT: return parse_int(row, trimmed, part, field, err);
        case NORNI_T_BOOL: return parse_bool(row, trimmed, part, field, err);
        case NORNI_T_CHOICE: return parse_choice(row, trimmed, part, field, err);
        case NORNI_T_SIZE: return parse_memsize(row, trimmed, part, field, err);
        case NORNI_T_DOUBLES:
        case NORNI_T_INTS: return parse_list(row, field, trimmed, arena, part, err);
        case NORNI_T_TEXT: break;
    }
    const char *copy = norni_arena_text(arena, text.p, text.n);
    if (copy == NULL) return norni_alloc_fail(err, part, text.n, 1);
    memcpy(field, &copy, sizeof copy);
    return NORN_OK;
}

norn_status norni_param_defaults(const norni_param *rows, size_t n_rows, void *opt,
                                 norni_arena *arena, norn_err *err) {
    for (size_t i = 0; i < n_rows; i++) {
        if (rows[i].def != NULL) {
            NORN_TRY(norni_param_set(&rows[i], opt, norni_str_of(rows[i].def), arena, rows[i].name,
                                     err));
        }
    }
    return NORN_OK;
}

void norni_param_print(const norni_param *row, const void *opt, norni_buf *out) {
    const void *field = (const char *)opt + row->offset;
    const norni_ints *il = field;
    const norni_doubles *dl = field;
    const norni_memsize *size = field;
    const char *text = NULL;
    switch (row->type) {
        case NORNI_T_DOUBLE: norni_buf_num(out, *(const double *)field); break;
        case NORNI_T_INT: norni_buf_format(out, "%d", (int)*(const int32_t *)field); break;
        case NORNI_T_BOOL: norni_buf_text(out, *(const bool *)field ? "true" : "false"); break;
        case NORNI_T_CHOICE: {
            const norni_str word =
                norni_param_choice(row->choices, (size_t) * (const int32_t *)field);
            norni_buf_add(out, word.p, word.n);
            break;
        }
        case NORNI_T_TEXT:
            memcpy(&text, field, sizeof text);
            norni_buf_text(out, text ? text : "");
            break;
        case NORNI_T_DOUBLES:
            for (size_t i = 0; i < dl->n; i++) {
                if (i > 0) norni_buf_text(out, ",");
                norni_buf_num(out, dl->v[i]);
            }
            break;
        case NORNI_T_INTS:
            for (size_t i = 0; i < il->n; i++)
                norni_buf_format(out, i ? ",%d" : "%d", (int)il->v[i]);
            break;
        case NORNI_T_SIZE:
            if (size->bytes)
                norni_buf_format(out, "%llu", (unsigned long long)size->bytes);
            else
                norni_buf_num(out, size->share);
            break;
    }
}
