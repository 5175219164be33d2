/* Options, hooks and outcome that every operation shares. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_COMMON_H
#define NORNI_COMMON_H

#include "base/hash.h"
#include "base/param.h"
#include "io/panel_read.h"
#include "models/model.h"
#include "par/batch.h"
#include "par/budget.h"

/* First member of every operation's options, so that one set of rows serves all. */
typedef struct norni_common_opt {
    const char *threads; /* "auto" or a number; read by the face that makes the context */
    int32_t seed;
    const char *out, *summary, *items, *resume, *plot;
    const char *config; /* read by the face, before the flags */
    norni_memsize memory_limit;
    int32_t format;   /* auto csv json xlsx html */
    int32_t progress; /* auto always never */
    bool quiet, parallel;
    bool no_escape_formulas;
    int32_t cache;
    int32_t retry_attempts, chunk_size;
    double error_threshold;
} norni_common_opt;

enum {
    NORNI_FORMAT_AUTO,
    NORNI_FORMAT_CSV,
    NORNI_FORMAT_JSON,
    NORNI_FORMAT_XLSX,
    NORNI_FORMAT_HTML
};

extern const norni_param norni_common_rows[];
extern const size_t norni_n_common_rows;

/* Options of operations that read a panel file: first member of theirs. */
typedef struct norni_panel_opt {
    norni_common_opt common;
    norni_inputs data; /* paths, "-" = stdin; never empty */
    const char *sheet;
    const char *id_col, *time_col, *target_col, *delimiter, *freq;
    int32_t layout, epoch, duplicates;
    int32_t gaps; /* 0: by the operation, else norni_gap_policy + 1 */
} norni_panel_opt;

extern const norni_param norni_panel_rows[];
extern const size_t norni_n_panel_rows;

/* The reader's options; NORN_E_ARG for a delimiter or frequency that cannot be. */
NORN_CHECKED norn_status norni_panel_read_opt(const norni_panel_opt *in, norni_read_opt *out,
                                              norn_err *err);

/* One of , ; | tab, as --delimiter says it; NULL: 0. */
NORN_CHECKED norn_status norni_delimiter_parse(const char *text, char *out, norn_err *err);

struct norni_learner_set; /* models/learner.h */

/* What an operation gets besides its options. */
typedef struct norni_op_env {
    norn_ctx *ctx;
    const norni_model_set *models;
    const struct norni_learner_set *learners; /* of many targets; NULL: the registry's */
    norni_progress_fn progress;               /* NULL: none */
    void *progress_user;
    void (*say)(void *user,
                const char *text); /* one line for people, never a result; NULL: silent */
    void *say_user;
    const norni_budget *budget; /* of ctx's memory, for reports; or NULL */
    /* For a server; each may be NULL. `item`: one item is done; a JSON object {"id", "status", "model", numbers}, borrowed
     * for the call; from any worker, one call at a time, in the order in which they end. */
    void (*item)(void *user, norni_str json);
    /* A stage of the operation begins or ends, as "forecasting", 25; one call at a time. */
    void (*stage)(void *user, const char *stage, int32_t percent);
    void *hook_user;           /* of both */
    struct norni_cache *cache; /* store/cache.h: results kept between runs; NULL: none */
} norni_op_env;

void norni_say(const norni_op_env *env, const char *fmt, ...) NORN_PRINTF(2, 3);
/* Each line of a text that is not empty. */
void norni_say_lines(const norni_op_env *env, norni_str text);

/* How a run ended, beyond its status. */
typedef struct norni_op_result {
    size_t n_items, n_ok, n_fallback, n_failed;
    bool above_threshold; /* more items failed than --error-threshold */
    bool digests_differ;  /* bench only */
    bool input_failed;    /* the status is about the input: it is not usable */
    char digest[NORNI_DIGEST_TEXT];
    char why[256]; /* the commonest reason of the failed items, or empty */
} norni_op_result;

/* The inputs with patterns (* ? [) expanded to the files they match, in order of name; texts live in
 * the arena. NORN_E_ARG: nothing matches. */
NORN_CHECKED norn_status norni_inputs_expand(const norni_inputs *in, norni_arena *arena,
                                             norni_inputs *out, norn_err *err);
/* csv, json or xlsx: as asked, else by the file's extension, else csv. */
int32_t norni_format_of(const norni_common_opt *opt);
/* NORN_E_ARG: a choice that only a report knows (--format html, --cache on). */
NORN_CHECKED norn_status norni_table_format_check(const norni_common_opt *opt, norn_err *err);

#endif
