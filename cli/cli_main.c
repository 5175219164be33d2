/* The command `norn`: parse, call one operation, print how it ended. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/version.h"
#include "base/numtext.h"
#include "cli/cli_args.h"
#include "cli/cli_help.h"
#include "cli/cli_progress.h"
#include "server/api_serve.h"

enum {
    EXIT_GOOD = 0,
    EXIT_RUN = 1,
    EXIT_USAGE = 2,
    EXIT_INPUT = 3,
    EXIT_PARTIAL = 4,
    EXIT_INTERRUPT = 130
};

/* The one context that a signal may cancel. */
static norn_ctx *_Atomic running;
static volatile sig_atomic_t interrupts;

static void on_interrupt(int sig) {
    (void)sig;
    norn_ctx *ctx = atomic_load(&running);
    if (interrupts++ > 0 || ctx == NULL) _exit(EXIT_INTERRUPT); /* asked twice: at once */
    norn_ctx_cancel(ctx);
}

/* Ids and cells may stand in a text: their control bytes go out as \x1b, so that no terminal obeys
 * them. */
static void put_line(const char *text) {
    char out[512];
    size_t n = 0;
    for (const char *p = text; *p != '\0'; p++) {
        const unsigned char c = (unsigned char)*p;
        if (n + 8 > sizeof out) {
            fwrite(out, 1, n, stderr);
            n = 0;
        }
        if ((c < 32 && c != '\n' && c != '\t') || c == 127)
            n += (size_t)snprintf(out + n, 5, "\\x%02x", c);
        else
            out[n++] = *p;
    }
    out[n++] = '\n';
    fwrite(out, 1, n, stderr);
}

static void say_line(void *user, const char *text) {
    (void)user;
    put_line(text);
}

static void log_line(void *user, norn_log_level level, const char *text) {
    (void)user;
    if (level <= NORN_LOG_WARN) fputs("warning: ", stderr);
    put_line(text);
}

static int exit_code(norn_status status) {
    switch (status) {
        case NORN_OK: return EXIT_GOOD;
        case NORN_E_ARG: return EXIT_USAGE;
        case NORN_E_DATA:
        case NORN_E_FORMAT: return EXIT_INPUT;
        case NORN_E_CANCEL: return EXIT_INTERRUPT;
        case NORN_E_MEM:
        case NORN_E_NUMERIC:
        case NORN_E_IO:
        case NORN_E_LIMIT:
        case NORN_E_INTERNAL: break;
    }
    return EXIT_RUN;
}

/* Memory that the process takes besides what the context gives out: code, stacks, libraries. */
enum { OWN_BYTES = 16 << 20, LEAST_LIMIT = 32 << 20 };

static norn_status make_budget(const norni_common_opt *common, norni_budget *budget,
                               norn_err *err) {
    const uint64_t limit = norni_memory_limit(common->memory_limit, NULL);
    if (limit < LEAST_LIMIT)
        return norn_fail(err, NORN_E_ARG, "--memory-limit: %llu bytes; at least 32MiB are needed",
                         (unsigned long long)limit);
    norni_budget_init(budget, norni_alloc_default(), (size_t)limit - OWN_BYTES);
    return NORN_OK;
}

static norn_status make_context(const norni_common_opt *common, norni_budget *budget,
                                norn_ctx **ctx, norn_err *err) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    int64_t n = 0;
    const norni_str text = norni_str_of(common->threads);
    if (!norni_str_is(text, "auto")) {
        if (norni_int_parse(text.p, text.n, &n) != NORNI_NUM_OK || n < 1 || n > 4096) {
            return norn_fail(err, NORN_E_ARG,
                             "--threads: '%s' is neither auto nor a whole number in [1, 4096]",
                             common->threads);
        }
    }
    NORN_TRY(make_budget(common, budget, err));
    opt.alloc = norni_budget_alloc(budget);
    opt.n_threads = (int32_t)n;
    opt.log_level = NORN_LOG_WARN;
    if (!common->quiet) opt.log = log_line;
    return norn_ctx_new(&opt, ctx, err);
}

static int finish(const norni_op *op, const norni_inputs *in, norn_status st,
                  const norni_op_result *r, const norn_err *err) {
    if (st == NORN_OK && r->digests_differ) {
        fprintf(stderr, "norn %s: digests differ between worker counts\n", norni_op_command(op));
        return EXIT_RUN;
    }
    if (st == NORN_OK && r->above_threshold) {
        fprintf(stderr, "norn %s: %zu of %zu items failed, more than --error-threshold allows%s",
                norni_op_command(op), r->n_failed, r->n_items, r->why[0] ? ": " : "");
        put_line(r->why);
        return EXIT_PARTIAL;
    }
    if (st == NORN_OK) return EXIT_GOOD;
    if (r->input_failed) {
        const char *path = in->n == 1 ? in->path[0] : "";
        if (strcmp(path, "-") == 0) path = "standard input";
        fprintf(stderr, "norn %s: %s%s", norni_op_command(op), path, path[0] ? ": " : "");
        put_line(err->text);
        return EXIT_INPUT;
    }
    fprintf(stderr, "norn %s: ", norni_op_command(op));
    put_line(err->text[0] ? err->text : norn_status_name(st));
    return exit_code(st);
}

static int run_op(const norni_op *op, int argc, char **argv) {
    norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    cli_args args = {.opt = NULL};
    norni_budget budget;
    norn_err err = {NORN_OK, ""};
    norn_ctx *ctx = NULL;
    norni_op_result result = {0};
    norni_arena_init(&arena, &alloc);
    norn_status st = cli_args_parse(op, argc, argv, &arena, &args, &err);
    if (st == NORN_OK && args.want_help) {
        cli_help_op(stdout, op);
        norni_arena_clear(&arena);
        return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_RUN;
    }
    if (st == NORN_OK) st = make_context(args.opt, &budget, &ctx, &err);
    if (st == NORN_OK) {
        const norni_common_opt *common = args.opt;
        const bool terminal = isatty(STDERR_FILENO) == 1;
        norni_op_env env = {.ctx = ctx, .models = norni_registry_models(), .budget = &budget};
        if (common->progress == 1 || (common->progress == 0 && terminal && !common->quiet))
            env.progress = cli_progress_draw;
        if (!common->quiet) env.say = say_line;
        atomic_store(&running, ctx);
        st = op->run(&env, args.opt, &result, &err);
        atomic_store(&running, NULL);
    }
    const int code = finish(op, &args.operands, st, &result, &err);
    norn_ctx_free(ctx);
    norni_arena_clear(&arena);
    return code;
}

/* The server makes its own contexts, one a job, and hears signals itself. */
static int serve(int argc, char **argv) {
    const norni_op *op = api_serve_op();
    norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    cli_args args = {.opt = NULL};
    norn_err err = {NORN_OK, ""};
    norni_arena_init(&arena, &alloc);
    const norn_status st = cli_args_parse(op, argc, argv, &arena, &args, &err);
    int code = EXIT_GOOD;
    if (st != NORN_OK) {
        fputs("norn serve: ", stderr);
        put_line(err.text);
        code = exit_code(st);
    } else if (args.want_help) {
        cli_help_op(stdout, op);
    } else {
        code = api_serve_run(args.opt);
    }
    norni_arena_clear(&arena);
    return code;
}

/* `place` is what the user called: "norn", or "norn help". */
static int unknown_command(const char *place, const char *name) {
    size_t n, best = 4;
    const norni_op *ops = norni_registry_ops(&n);
    const char *near = NULL;
    if (strcmp(name, "text") == 0) {
        fprintf(stderr, "norn text: say what: sentiment, tfidf or tokenize, then the file\n");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < n + 3; i++) {
        const char *candidate = i < n        ? norni_op_command(&ops[i])
                                : i == n     ? "models"
                                : i == n + 1 ? "version"
                                             : "serve";
        const size_t d = norni_str_distance(norni_str_of(name), norni_str_of(candidate));
        if (d < best) {
            best = d;
            near = candidate;
        }
    }
    if (near)
        fprintf(stderr, "%s: unknown command '%s'; did you mean %s? (`norn help` lists them)\n",
                place, name, near);
    else
        fprintf(stderr, "%s: unknown command '%s' (`norn help` lists them)\n", place, name);
    return EXIT_USAGE;
}

static int help_command(int argc, char **argv) {
    if (argc < 1) {
        cli_help_all(stdout);
        return EXIT_GOOD;
    }
    int used = 0;
    const norni_op *op = norni_registry_command(argc, argv, &used);
    if (op == NULL && strcmp(argv[0], api_serve_op()->name) == 0) op = api_serve_op();
    if (op != NULL) {
        cli_help_op(stdout, op);
        return EXIT_GOOD;
    }
    if (strcmp(argv[0], "text") == 0) {
        size_t n;
        const norni_op *ops = norni_registry_ops(&n);
        for (size_t i = 0; i < n; i++) {
            if (strncmp(norni_op_command(&ops[i]), "text ", 5) == 0)
                printf("norn %s FILE: %s\n", norni_op_command(&ops[i]), ops[i].summary);
        }
        return EXIT_GOOD;
    }
    if (strcmp(argv[0], "models") == 0) {
        printf("norn models [NAME] [--json]: list the models, or one model's parameters\n");
        return EXIT_GOOD;
    }
    if (strcmp(argv[0], "version") == 0 || strcmp(argv[0], "help") == 0) {
        cli_help_all(stdout);
        return EXIT_GOOD;
    }
    return unknown_command("norn help", argv[0]);
}

static int dispatch(int argc, char **argv) {
    if (argc < 2) {
        cli_help_all(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    int used = 0;
    const norni_op *op = norni_registry_command(argc - 1, argv + 1, &used);
    if (op != NULL) return run_op(op, argc - 1 - used, argv + 1 + used);
    if (strcmp(name, "serve") == 0) return serve(argc - 2, argv + 2);
    if (strcmp(name, "models") == 0) return cli_help_models(argc - 2, argv + 2);
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
        printf("norn %s\n", NORNI_VERSION);
        return EXIT_GOOD;
    }
    if (strcmp(name, "help") == 0) return help_command(argc - 2, argv + 2);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) return help_command(0, NULL);
    return unknown_command("norn", name);
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error text, not a death */
    signal(SIGXFSZ, SIG_IGN); /* so is a file that may not grow */
    const int code = dispatch(argc, argv);
    if (fflush(stdout) != 0 && code == EXIT_GOOD) {
        fprintf(stderr, "norn: cannot write to standard output: %s\n", strerror(errno));
        return EXIT_RUN;
    }
    return code;
}
