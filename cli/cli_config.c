/* The file of --config: flags of an operation, and tables for each, in a subset of TOML. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli_rows.h"
#include "io/toml.h"

enum { MOST_BYTES = 1 << 20 };

static norn_status fail_line(const char *path, size_t line, const char *text, norn_err *err) {
    return norn_fail(err, NORN_E_ARG, "%s: line %zu: %s", path, line, text);
}

static norn_status read_file(const char *path, norni_arena *arena, norni_str *out, norn_err *err) {
    char why[128];
    FILE *f = fopen(path, "rb");
    char *text = norni_arena_get(arena, MOST_BYTES + 1, 1);
    if (f == NULL)
        return norn_fail(err, NORN_E_ARG, "--config: cannot read %s: %s", path,
                         strerror_r(errno, why, sizeof why));
    const size_t n = text ? fread(text, 1, MOST_BYTES + 1, f) : 0;
    const bool bad = ferror(f) != 0;
    const int code = errno;
    (void)fclose(f);
    if (text == NULL) return norni_alloc_fail(err, "--config", MOST_BYTES, 1);
    if (bad)
        return norn_fail(err, NORN_E_ARG, "--config: cannot read %s: %s", path,
                         strerror_r(code, why, sizeof why));
    *out = (norni_str){text, n};
    return NORN_OK;
}

/* A list is written as an array or as the flag's own text. */
static void print_value(const norni_toml_value *v, norni_buf *b) {
    if (v->type != NORNI_TOML_ARRAY) norni_buf_add(b, v->text.p, v->text.n);
    for (size_t i = 0; i < v->n_items; i++) {
        if (i > 0) norni_buf_text(b, ",");
        print_value(&v->item[i], b);
    }
}

static bool is_operation(norni_str name) {
    return norni_registry_op(name) != NULL;
}

static norn_status fail_key(const norni_op *op, const char *path, const norni_toml_row *r,
                            norn_err *err) {
    char text[160], name[64];
    const char *near = cli_row_near(op, r->key);
    norni_format(name, sizeof name, "%.*s", (int)(r->key.n > 40 ? 40 : r->key.n), r->key.p);
    if (near == NULL) {
        norni_format(text, sizeof text, "unknown key '%s' (see `norn help %s`)", name,
                     norni_op_command(op));
        return fail_line(path, r->line, text, err);
    }
    norni_format(text, sizeof text, "unknown key '%s'; did you mean ", name);
    size_t n = strlen(text);
    for (const char *p = near; *p != '\0' && n + 2 < sizeof text; p++)
        text[n++] = *p == '-' ? '_' : *p; /* as keys are written */
    text[n++] = '?';
    text[n] = '\0';
    return fail_line(path, r->line, text, err);
}

/* The environment wins over the file, and it knows the threads alone. */
static bool environment_has(const norni_param *row) {
    static const char *const names[] = {"NORN_NUM_THREADS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS"};
    if (strcmp(row->name, "threads") != 0) return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (getenv(names[i]) != NULL) return true;
    }
    return false;
}

static norn_status set_row(const norni_op *op, const char *path, const norni_toml_row *r,
                           norni_arena *arena, void *opt, cli_configured *out, norn_err *err) {
    const norni_param *row = cli_row_find(op, r->key);
    norn_err why = {NORN_OK, ""};
    if (row == NULL) return fail_key(op, path, r, err);
    if (strcmp(row->name, "config") == 0)
        return fail_line(path, r->line, "'config' cannot be set in a file", err);
    for (size_t i = 0; i < out->n && r->table.n == 0; i++) {
        if (out->row[i] == row)
            return fail_line(path, r->line, "this flag is set twice, under two names", err);
    }
    if (environment_has(row)) return NORN_OK;
    norni_buf b;
    norni_buf_init(&b, arena->alloc);
    print_value(&r->value, &b);
    norn_status st = b.failed ? norni_alloc_fail(&why, "--config", 1, 1)
                              : norni_param_set(row, opt, (norni_str){b.p ? b.p : "", b.n}, arena,
                                                op->name, &why);
    norni_buf_clear(&b);
    if (st != NORN_OK) return fail_line(path, r->line, why.text, err);
    if (out->n < CLI_MAX_ROWS) out->row[out->n++] = row;
    return NORN_OK;
}

norn_status cli_config_read(const norni_op *op, const char *path, norni_arena *arena, void *opt,
                            cli_configured *out, norn_err *err) {
    norni_str text = {"", 0};
    norni_toml t;
    norn_err why = {NORN_OK, ""};
    NORN_TRY(read_file(path, arena, &text, err));
    if (norni_toml_parse(arena, text.p, text.n, &t, &why) != NORN_OK)
        return norn_fail(err, NORN_E_ARG, "%s: %s", path, why.text);
    /* The top's keys first, so that the operation's own table wins over them. */
    for (int own = 0; own < 2; own++) {
        for (size_t i = 0; i < t.n_rows; i++) {
            const norni_toml_row *r = &t.row[i];
            if (r->table.n > 0 && !is_operation(r->table))
                return fail_line(path, r->line, "unknown table; tables are named after commands",
                                 err);
            if (own ? !norni_str_is(r->table, op->name) : r->table.n > 0) continue;
            NORN_TRY(set_row(op, path, r, arena, opt, out, err));
        }
    }
    return NORN_OK;
}
