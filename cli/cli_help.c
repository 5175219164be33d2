/* Help texts, all from the registry's rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli_help.h"

#include "app/learner_spec.h"
#include "app/spec.h"
#include "app/version.h"
#include "io/writer.h"
#include "server/api_serve.h"

void cli_help_all(FILE *to) {
    size_t n;
    const norni_op *ops = norni_registry_ops(&n);
    fprintf(to,
            "norn %s: forecasts for many time series, in parallel, with the same bits at any "
            "number of workers\n\n",
            NORNI_VERSION);
    fprintf(to, "Usage: norn COMMAND [ARGUMENTS]\n\nExamples\n");
    fprintf(to,
            "  norn forecast sales.csv --horizon 12 --out forecast.csv\n"
            "  norn evaluate sales.csv --horizon 12 --windows 5\n");
    fprintf(to, "  norn models theta\n\nCommands\n");
    for (size_t i = 0; i < n; i++)
        fprintf(to, "  %-15s %s\n", norni_op_command(&ops[i]), ops[i].summary);
    fprintf(to, "  %-15s %s\n", api_serve_op()->name, api_serve_op()->summary);
    fprintf(to, "  %-15s %s\n", "models", "list the models, or one model's parameters");
    fprintf(to, "  %-15s %s\n", "version", "print the version");
    fprintf(to, "  %-15s %s\n", "help", "this text, or a command's: norn help COMMAND");
    fprintf(to,
            "\nExit codes: 0 all good; 1 the run failed; 2 wrong usage; 3 input not usable;\n"
            "4 finished, but more items failed than --error-threshold; 130 interrupted.\n");
}

enum { LEFT_WIDTH = 36 }; /* characters of the column of names */

/* Characters of UTF-8. */
static int width_of(const char *text) {
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static void print_row(FILE *to, const norni_param *row, const char *dashes) {
    char left[512], letter[8] = "    "; /* choices are never cut: a test looks at all of them */
    if (row->letter && dashes[0]) norni_format(letter, sizeof letter, "-%c, ", row->letter);
    const char *value = row->type == NORNI_T_BOOL ? (dashes[0] ? "" : "true|false")
                        : row->metavar            ? row->metavar
                        : row->choices            ? row->choices
                                                  : "X";
    const bool on = dashes[0] && row->is_on;
    norni_format(left, sizeof left, "%s%s%s%s%s%s", dashes[0] ? letter : "  ", dashes,
                 on ? "no-" : "", row->name, value[0] ? (dashes[0] ? " " : "=") : "", value);
    const int width = width_of(left);
    if (width > LEFT_WIDTH)
        fprintf(to, "  %s\n  %*s %s%s", left, LEFT_WIDTH, "", on ? "not: " : "", row->help);
    else
        fprintf(to, "  %s%*s %s%s", left, LEFT_WIDTH - width, "", on ? "not: " : "", row->help);
    if (row->required)
        fprintf(to, " (required)");
    else if (row->def && (row->type != NORNI_T_BOOL || dashes[0] == '\0')) /* flags are off */
        fprintf(to, " [%s]", row->def);
    if (row->alias) fprintf(to, " (also %s%s)", dashes, row->alias);
    fputc('\n', to);
}

static bool listed(const norni_op *op, const char *name) {
    const size_t n = strlen(name);
    for (const char *p = op->unlisted; p != NULL && (p = strstr(p, name)) != NULL; p++) {
        if (p[-1] == '|' && p[n] == '|') return false;
    }
    return true;
}

void cli_help_op(FILE *to, const norni_op *op) {
    fprintf(to, "norn %s: %s\n\nUsage: norn %s%s%s [FLAGS]\n\nExamples\n%s", norni_op_command(op),
            op->summary, norni_op_command(op), op->operand ? " " : "",
            op->operand ? op->operand : "", op->examples);
    for (size_t g = 0; g < op->n_groups; g++) {
        fprintf(to, "\n%s\n", op->groups[g].title);
        for (size_t i = 0; i < *op->groups[g].n_rows; i++) {
            if (listed(op, op->groups[g].rows[i].name)) print_row(to, &op->groups[g].rows[i], "--");
        }
    }
}

static int print_model(const norni_model *m) {
    printf("%s: %s\n", m->name, m->summary);
    if (m->source) printf("Source: %s\n", m->source);
    printf("Intervals: %s. Missing values: %s. Exogenous columns: %s. Kept by --save: %s.\n",
           m->intervals ? "yes" : "no", m->missing ? "served" : "not served",
           m->exogenous ? "used" : "not used", m->save ? "yes" : "no");
    if (m->n_params > 0) printf("\nParameters, as %s(%s=…)\n", m->name, m->params[0].name);
    for (size_t i = 0; i < m->n_params; i++)
        print_row(stdout, &m->params[i], "");
    return 0;
}

/* A learner of several targets: `norn multi`. */
static int print_learner(const norni_learner *l) {
    printf("%s: %s\n", l->name, l->summary);
    if (l->source) printf("Source: %s\n", l->source);
    printf("For norn multi. Fits: %s. Missing values: %s. Explains: %s. Kept by --save: %s.\n",
           l->whole ? "all targets and steps at once" : "each target and step",
           l->missing ? "served" : "filled first", l->explain ? "yes" : "no",
           l->save ? "yes" : "no");
    if (l->n_params > 0) printf("\nParameters, as %s(%s=…)\n", l->name, l->params[0].name);
    for (size_t i = 0; i < l->n_params; i++)
        print_row(stdout, &l->params[i], "");
    return 0;
}

static void list_learners(void) {
    const norni_learner_set *set = norni_registry_learners();
    printf("\nOf many targets with drivers (norn multi)\n%-18s %-9s %-8s %-9s %s\n", "MODEL",
           "EXPLAINS", "MISSING", "KEPT", "");
    for (size_t i = 0; i < set->n; i++) {
        const norni_learner *l = set->learners[i];
        printf("%-18s %-9s %-8s %-9s %s\n", l->name, l->explain ? "yes" : "no",
               l->missing ? "yes" : "filled", l->save ? "yes" : "no", l->summary);
    }
    printf("%-18s %-9s %-8s %-9s %s\n", "ensemble", "no", "yes", "yes", NORNI_MIX_SUMMARY);
}

static int print_models_json(const norni_model_set *set) {
    norn_alloc alloc = norni_alloc_default();
    norni_buf b;
    norni_json j;
    norni_buf_init(&b, &alloc);
    norni_json_init(&j, &b);
    norni_json_open(&j, '[');
    for (size_t i = 0; i < set->n; i++) {
        norni_json_open(&j, '{');
        norni_json_key(&j, "name");
        norni_json_str(&j, norni_str_of(set->models[i]->name));
        norni_json_key(&j, "summary");
        norni_json_str(&j, norni_str_of(set->models[i]->summary));
        norni_json_key(&j, "intervals");
        norni_json_bool(&j, set->models[i]->intervals);
        norni_json_key(&j, "missing");
        norni_json_bool(&j, set->models[i]->missing);
        norni_json_key(&j, "exogenous");
        norni_json_bool(&j, set->models[i]->exogenous);
        norni_json_key(&j, "kept");
        norni_json_bool(&j, set->models[i]->save != NULL);
        norni_json_key(&j, "source");
        norni_json_str(&j, norni_str_of(set->models[i]->source));
        norni_json_close(&j, '}');
    }
    norni_json_close(&j, ']');
    norni_buf_text(&b, "\n");
    const int code = b.failed || fwrite(b.p, 1, b.n, stdout) != b.n ? 1 : 0;
    norni_buf_clear(&b);
    return code;
}

/* The words that --model has for it: they know the nearest name. */
static int unknown_model(const norni_model_set *set, const char *name) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_spec spec;
    norn_err err = {NORN_OK, ""};
    norni_arena_init(&arena, &alloc);
    if (norni_spec_parse(set, norni_str_of(name), &arena, &spec, &err) == NORN_OK)
        fprintf(stderr, "norn models: '%s' is a spec; its model is %s\n", name, spec.model->name);
    else
        fprintf(stderr, "norn models: %s\n", err.text);
    norni_arena_clear(&arena);
    return 2;
}

int cli_help_models(int argc, char **argv) {
    const norni_model_set *set = norni_registry_models();
    if (argc >= 1 && (strcmp(argv[0], "--json") == 0 || strcmp(argv[0], "--format=json") == 0))
        return print_models_json(set);
    if (argc >= 2 && strcmp(argv[0], "--format") == 0 && strcmp(argv[1], "json") == 0)
        return print_models_json(set);
    if (argc >= 1) {
        const norni_model *m = norni_model_find(set, norni_str_of(argv[0]));
        const norni_learner *l =
            norni_learner_find(norni_registry_learners(), norni_str_of(argv[0]));
        if (m != NULL) (void)print_model(m);
        if (m != NULL && l != NULL) printf("\n");
        if (l != NULL) return print_learner(l);
        return m != NULL ? 0 : unknown_model(set, argv[0]);
    }
    printf("%-18s %-9s %-8s %-9s %s\n", "MODEL", "INTERVALS", "MISSING", "EXOGENOUS", "");
    for (size_t i = 0; i < set->n; i++) {
        const norni_model *m = set->models[i];
        printf("%-18s %-9s %-8s %-9s %s\n", m->name, m->intervals ? "yes" : "no",
               m->missing ? "yes" : "no", m->exogenous ? "yes" : "no", m->summary);
    }
    list_learners();
    printf(
        "\nA spec is [alias=]name(key=value,…)[season], as e=ets(error=A)[12]; `norn models NAME` "
        "shows the parameters.\n");
    return 0;
}
