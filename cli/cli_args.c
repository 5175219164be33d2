/* Flags of the command line into an operation's options, by its rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli_args.h"

#include "cli/cli_config.h"
#include "cli/cli_rows.h"

/* Sizes differ by operation, so the given rows are remembered by their place in the groups. */
typedef struct seen_rows {
    const norni_param *row[CLI_MAX_ROWS];
    size_t n;
} seen_rows;

static const norni_param *find_letter(const norni_op *op, char letter) {
    for (size_t g = 0; g < op->n_groups; g++) {
        for (size_t i = 0; i < *op->groups[g].n_rows; i++) {
            if (op->groups[g].rows[i].letter == letter) return &op->groups[g].rows[i];
        }
    }
    return NULL;
}

static norn_status fail_flag(const norni_op *op, norni_str name, norn_err *err) {
    const char *near = cli_row_near(op, name);
    if (near != NULL) {
        return norn_fail(err, NORN_E_ARG,
                         "unknown flag --%.*s; did you mean --%s? (see `norn help %s`)",
                         (int)name.n, name.p, near, norni_op_command(op));
    }
    return norn_fail(err, NORN_E_ARG, "unknown flag --%.*s (see `norn help %s`)", (int)name.n,
                     name.p, norni_op_command(op));
}

static norn_status set_row(const norni_param *row, void *opt, norni_str value, norni_arena *arena,
                           seen_rows *seen, norn_err *err) {
    char part[64];
    for (size_t i = 0; i < seen->n; i++) {
        if (seen->row[i] == row)
            return norn_fail(err, NORN_E_ARG, "--%s is given twice", row->name);
    }
    if (seen->n < CLI_MAX_ROWS) seen->row[seen->n++] = row;
    norni_format(part, sizeof part, "--%s", row->name);
    return norni_param_set(row, opt, value, arena, part, err);
}

/* "--name a b c": every word up to the next flag. */
static norn_status set_words(const norni_param *row, int argc, char **argv, int *used,
                             norni_arena *arena, cli_args *out, seen_rows *seen, norn_err *err) {
    size_t n = 0;
    int words = 1;
    while (words < argc && argv[words][0] != '-')
        n += strlen(argv[words++]) + 1;
    if (words == 1)
        return norn_fail(err, NORN_E_ARG, "--%s needs a value (%s)", row->name, row->metavar);
    char *text = norni_arena_get(arena, n + 1, 1), *end = text;
    if (text == NULL) return norni_alloc_fail(err, "arguments", n, 1);
    for (int i = 1; i < words; i++) {
        const size_t k = strlen(argv[i]);
        memcpy(end, argv[i], k);
        end[k] = ' ';
        end += k + 1;
    }
    end[-1] = '\0';
    *used = words;
    if (words > 2) out->last_word = argv[words - 1];
    return set_row(row, out->opt, norni_str_of(text), arena, seen, err);
}

/* One "--name", "--name=value", "--name value" or "-x value"; *used arguments are consumed. */
static norn_status parse_flag(const norni_op *op, int argc, char **argv, int *used,
                              norni_arena *arena, cli_args *out, seen_rows *seen, norn_err *err) {
    const char *text = argv[0];
    const bool is_long = text[1] == '-';
    const char *eq = is_long ? strchr(text, '=') : NULL;
    const norni_str name =
        is_long ? (norni_str){text + 2, eq ? (size_t)(eq - text - 2) : strlen(text + 2)}
                : norni_str_of(text + 1);
    *used = 1;
    if (norni_str_is(name, "help") || (!is_long && norni_str_is(name, "h"))) {
        out->want_help = true;
        return NORN_OK;
    }
    const norni_param *row =
        is_long ? cli_row_find(op, name) : (name.n == 1 ? find_letter(op, name.p[0]) : NULL);
    if (row == NULL && is_long && eq == NULL && name.n > 3 && memcmp(name.p, "no-", 3) == 0) {
        row = cli_row_find(op, (norni_str){name.p + 3, name.n - 3});
        if (row != NULL && row->is_on)
            return set_row(row, out->opt, norni_str_of("false"), arena, seen, err);
        row = NULL;
    }
    if (row == NULL) {
        return is_long ? fail_flag(op, name, err)
                       : norn_fail(err, NORN_E_ARG, "unknown flag %s (see `norn help %s`)", text,
                                   norni_op_command(op));
    }
    if (row->type == NORNI_T_BOOL && eq == NULL)
        return set_row(row, out->opt, norni_str_of("true"), arena, seen, err);
    if (eq == NULL && argc < 2) {
        return norn_fail(err, NORN_E_ARG, "--%s needs a value (%s)", row->name,
                         row->metavar   ? row->metavar
                         : row->choices ? row->choices
                                        : "VALUE");
    }
    if (eq == NULL && row->words) return set_words(row, argc, argv, used, arena, out, seen, err);
    if (eq == NULL) *used = 2;
    return set_row(row, out->opt, norni_str_of(eq ? eq + 1 : argv[1]), arena, seen, err);
}

/* The file that --config names, before the flags are read, since they win over it. */
static const char *config_path(const norni_op *op, int argc, char **argv) {
    if (cli_row_find(op, norni_str_of("config")) == NULL) return NULL;
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--config=", 9) == 0) return argv[i] + 9;
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) return argv[i + 1];
    }
    return NULL;
}

static norn_status check_required(const norni_op *op, const cli_configured *configured,
                                  const seen_rows *seen, norn_err *err) {
    for (size_t g = 0; g < op->n_groups; g++) {
        for (size_t i = 0; i < *op->groups[g].n_rows; i++) {
            const norni_param *row = &op->groups[g].rows[i];
            bool given = !row->required;
            for (size_t k = 0; k < seen->n && !given; k++)
                given = seen->row[k] == row;
            for (size_t k = 0; k < configured->n && !given; k++)
                given = configured->row[k] == row;
            if (!given) {
                return norn_fail(err, NORN_E_ARG, "--%s %s is needed: %s (see `norn help %s`)",
                                 row->name, row->metavar ? row->metavar : "", row->help,
                                 norni_op_command(op));
            }
        }
    }
    return NORN_OK;
}

norn_status cli_args_parse(const norni_op *op, int argc, char **argv, norni_arena *arena,
                           cli_args *out, norn_err *err) {
    seen_rows seen = {.n = 0};
    cli_configured configured = {.n = 0};
    const char **operand = norni_arena_get(arena, (size_t)argc + 1, sizeof *operand);
    size_t n_operands = 0;
    bool only_operands = false;
    out->want_help = false;
    out->last_word = NULL;
    out->opt = norni_arena_zero(arena, 1, op->opt_size);
    if (out->opt == NULL || operand == NULL)
        return norni_alloc_fail(err, "arguments", 1, op->opt_size);
    for (size_t g = 0; g < op->n_groups; g++) {
        NORN_TRY(
            norni_param_defaults(op->groups[g].rows, *op->groups[g].n_rows, out->opt, arena, err));
    }
    const char *config = config_path(op, argc, argv);
    if (config != NULL) NORN_TRY(cli_config_read(op, config, arena, out->opt, &configured, err));
    for (int i = 0; i < argc;) {
        int used = 1;
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (!only_operands && argv[i][0] == '-' && argv[i][1] != '\0') {
            NORN_TRY(parse_flag(op, argc - i, argv + i, &used, arena, out, &seen, err));
            if (out->want_help) return NORN_OK;
        } else if (op->operand == NULL || (n_operands > 0 && !op->operand_many)) {
            return norn_fail(err, NORN_E_ARG, "unexpected argument '%s' (see `norn help %s`)",
                             argv[i], norni_op_command(op));
        } else {
            operand[n_operands++] = argv[i];
        }
        i += used;
    }
    if (op->operand != NULL && n_operands == 0 && out->last_word != NULL)
        return norn_fail(err, NORN_E_ARG,
                         "%s is missing: '%s' was taken as one more word of the flag before it; "
                         "put the file first",
                         op->operand, out->last_word);
    if (op->operand != NULL && n_operands == 0 && !op->operand_optional) {
        return norn_fail(err, NORN_E_ARG, "%s is missing: norn %s %s … (see `norn help %s`)",
                         op->operand, norni_op_command(op), op->operand, norni_op_command(op));
    }
    out->operands = (norni_inputs){operand, n_operands};
    char *field = (char *)out->opt + op->operand_offset;
    if (op->operand_many)
        memcpy(field, &out->operands, sizeof out->operands);
    else if (op->operand != NULL && n_operands > 0)
        memcpy(field, &operand[0], sizeof operand[0]);
    return check_required(op, &configured, &seen, err);
}
