/* Options, hooks and outcome that every operation shares. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/common.h"
#include "io/decoder.h"
#include "io/s3_client.h"

#include <glob.h>
#include <unistd.h>

#define AT(field) offsetof(norni_common_opt, field)
const norni_param norni_common_rows[] = {
    {.name = "threads",
     .type = NORNI_T_TEXT,
     .offset = AT(threads),
     .def = "auto",
     .metavar = "N|auto",
     .alias = "workers|n-jobs",
     .letter = 'j',
     .help = "workers; results are the same at any number (1 = serial)"},
    {.name = "seed",
     .type = NORNI_T_INT,
     .offset = AT(seed),
     .def = "0",
     .min = 0,
     .max = 2147483647,
     .metavar = "N",
     .help = "seed of whatever is drawn at random; where nothing is drawn it changes nothing"},
    {.name = "out",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(out),
     .def = "-",
     .metavar = "FILE|-",
     .letter = 'o',
     .help = "where the result goes; written whole or not at all"},
    {.name = "format",
     .type = NORNI_T_CHOICE,
     .offset = AT(format),
     .def = "auto",
     .choices = "auto|csv|json|xlsx|html",
     .help = "auto: by the extension of --out (behind it .gz or .zst), else csv; of a report json "
             "or html, of a portfolio json or csv, else json"},
    {.name = "summary",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(summary),
     .metavar = "FILE.json",
     .help = "counts, failures, times, peak memory and the digest of the run"},
    {.name = "items",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(items),
     .metavar = "FILE.csv",
     .help = "a row for each item: status, model served, parameters, attempts, seconds; of a "
             "portfolio each configuration's numbers"},
    {.name = "resume",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(resume),
     .metavar = "DIR",
     .help = "keep every finished item in DIR, and go on there after an interruption"},
    {.name = "plot",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(plot),
     .metavar = "FILE.svg",
     .help = "a chart: forecasts of the first twelve series, accuracy along the horizon, or the "
             "best portfolio's equity, or how signals are distributed"},
    {.name = "config",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(config),
     .metavar = "FILE.toml",
     .help = "flags from a file, with underscores; flags and the environment win over it"},
    {.name = "memory-limit",
     .type = NORNI_T_SIZE,
     .offset = AT(memory_limit),
     .def = "0.8",
     .metavar = "SHARE|SIZE",
     .help = "memory to use, as 0.8 of what there is or 4GiB; never changes a result, but that "
             "`multi` thins a table that does not fit"},
    {.name = "progress",
     .type = NORNI_T_CHOICE,
     .offset = AT(progress),
     .def = "auto",
     .choices = "auto|always|never",
     .help = "progress bar on stderr; auto: only on a terminal"},
    {.name = "quiet",
     .type = NORNI_T_BOOL,
     .offset = AT(quiet),
     .def = "false",
     .letter = 'q',
     .help = "nothing on stderr but errors"},
    {.name = "no-escape-formulas",
     .type = NORNI_T_BOOL,
     .offset = AT(no_escape_formulas),
     .def = "false",
     .help = "write texts like =A1 to CSV as they are, without the ' that keeps spreadsheets off"},
    {.name = "retry-attempts",
     .type = NORNI_T_INT,
     .offset = AT(retry_attempts),
     .def = "3",
     .min = 1,
     .max = 100,
     .metavar = "N",
     .help = "attempts at an item that breaks down numerically, before its fallback"},
    {.name = "error-threshold",
     .type = NORNI_T_DOUBLE,
     .offset = AT(error_threshold),
     .def = "0.05",
     .min = 0,
     .max = 1,
     .metavar = "SHARE",
     .help = "exit code 4 when more than this share of the items failed"},
    {.name = "chunk-size",
     .type = NORNI_T_INT,
     .offset = AT(chunk_size),
     .def = "1000",
     .min = 1,
     .max = 1000000,
     .metavar = "N",
     .help = "series handed out or written at once; never changes a result"},
    {.name = "cache",
     .type = NORNI_T_CHOICE,
     .offset = AT(cache),
     .def = "off",
     .choices = "off|on",
     .help = "on: `norn report` keeps its results between runs; others compute afresh"},
    {.name = "parallel",
     .type = NORNI_T_BOOL,
     .offset = AT(parallel),
     .def = "true",
     .help = "accepted and changes nothing: see --threads"},
};
#undef AT
const size_t norni_n_common_rows = sizeof norni_common_rows / sizeof norni_common_rows[0];

#define AT(field) offsetof(norni_panel_opt, field)
const norni_param norni_panel_rows[] = {
    {.name = "id-col",
     .type = NORNI_T_TEXT,
     .offset = AT(id_col),
     .metavar = "NAME",
     .help = "column of series ids (default unique_id; without it the file is one series)"},
    {.name = "time-col",
     .type = NORNI_T_TEXT,
     .offset = AT(time_col),
     .metavar = "NAME",
     .help = "column of times (default ds)"},
    {.name = "target-col",
     .type = NORNI_T_TEXT,
     .offset = AT(target_col),
     .metavar = "NAME",
     .help = "column of values (default y)"},
    {.name = "sheet",
     .type = NORNI_T_TEXT,
     .offset = AT(sheet),
     .metavar = "NAME",
     .help = "sheet of an .xlsx workbook (default: the first visible one)"},
    {.name = "layout",
     .type = NORNI_T_CHOICE,
     .offset = AT(layout),
     .def = "long",
     .choices = "long|wide|rows",
     .help = "long: id,time,value; wide: time, then a column a series; rows: id, then its values"},
    {.name = "delimiter",
     .type = NORNI_T_TEXT,
     .offset = AT(delimiter),
     .metavar = "CHAR",
     .help = "field separator (default: found in the header); 'tab' for a tab"},
    {.name = "freq",
     .type = NORNI_T_TEXT,
     .offset = AT(freq),
     .metavar = "FREQ",
     .help = "D B W MS ME BME QS QE YS h min s 15min … (default: inferred)"},
    {.name = "epoch",
     .type = NORNI_T_CHOICE,
     .offset = AT(epoch),
     .def = "none",
     .choices = "none|s|ms",
     .help = "integer times are seconds or milliseconds since 1970"},
    {.name = "gaps",
     .type = NORNI_T_CHOICE,
     .offset = AT(gaps),
     .def = "auto",
     .choices = "auto|fill|error|keep",
     .help =
         "missing periods: fill with missing values (auto, but for rolling), refuse, or keep rows "
         "as they are (auto for rolling)"},
    {.name = "duplicates",
     .type = NORNI_T_CHOICE,
     .offset = AT(duplicates),
     .def = "error",
     .choices = "error|first|last|sum|mean",
     .help = "two rows with one id and time"},
};
#undef AT
const size_t norni_n_panel_rows = sizeof norni_panel_rows / sizeof norni_panel_rows[0];

void norni_say_lines(const norni_op_env *env, norni_str text) {
    for (size_t at = 0; at < text.n;) {
        const char *end = memchr(text.p + at, '\n', text.n - at);
        const size_t n = end ? (size_t)(end - text.p) - at : text.n - at;
        if (n > 0) norni_say(env, "%.*s", (int)n, text.p + at);
        at += n + 1;
    }
}

norn_status norni_delimiter_parse(const char *text, char *out, norn_err *err) {
    *out = 0;
    if (text == NULL) return NORN_OK;
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0) {
        *out = '\t';
        return NORN_OK;
    }
    if (strlen(text) != 1 || strchr(",;|\t", text[0]) == NULL)
        return norn_fail(err, NORN_E_ARG, "--delimiter: '%.20s' is not one of , ; tab |", text);
    *out = text[0];
    return NORN_OK;
}

norn_status norni_panel_read_opt(const norni_panel_opt *in, norni_read_opt *out, norn_err *err) {
    memset(out, 0, sizeof *out);
    out->layout = (norni_layout)in->layout;
    out->epoch = (norni_epoch)in->epoch;
    out->id_col = in->id_col;
    out->time_col = in->time_col;
    out->target_col = in->target_col;
    out->source.sheet = in->sheet;
    out->source.keep_bytes = (size_t)(norni_memory_limit(in->common.memory_limit, NULL) / 8);
    out->align.gaps = in->gaps == 0 ? NORNI_GAPS_FILL : (norni_gap_policy)(in->gaps - 1);
    out->align.duplicates = (norni_dup_policy)in->duplicates;
    if (in->delimiter != NULL) {
        const bool tab = strcmp(in->delimiter, "tab") == 0 || strcmp(in->delimiter, "\\t") == 0;
        if (!tab && (strlen(in->delimiter) != 1 || strchr("\"\r\n", in->delimiter[0]) != NULL)) {
            return norn_fail(err, NORN_E_ARG, "delimiter: '%s' is not one character (or tab)",
                             in->delimiter);
        }
        out->delimiter = tab ? '\t' : in->delimiter[0];
    }
    if (in->freq != NULL) {
        if (!norni_freq_parse(norni_str_of(in->freq), &out->align.freq)) {
            return norn_fail(err, NORN_E_ARG,
                             "freq: '%s' is unknown; allowed are D B W MS ME QS QE YS h min s I, "
                             "with a step as 15min",
                             in->freq);
        }
        out->align.has_freq = true;
    }
    return NORN_OK;
}

static norn_status add_matches(const char *pattern, norni_arena *arena, const char ***path,
                               size_t *n, norn_err *err) {
    glob_t g;
    const int code = glob(pattern, 0, NULL, &g);
    if (code == GLOB_NOSPACE) return norni_alloc_fail(err, "inputs", 1, 1);
    if (code != 0) return norn_fail(err, NORN_E_ARG, "no file matches '%s'", pattern);
    const char **grown = norni_arena_get(arena, *n + g.gl_pathc, sizeof *grown);
    bool good = grown != NULL;
    if (good && *n > 0) memcpy(grown, *path, *n * sizeof *grown);
    for (size_t i = 0; good && i < g.gl_pathc; i++) {
        grown[*n + i] = norni_arena_text(arena, g.gl_pathv[i], strlen(g.gl_pathv[i]));
        good = grown[*n + i] != NULL;
    }
    if (good) {
        *path = grown;
        *n += g.gl_pathc;
    }
    const size_t wanted = *n + g.gl_pathc;
    globfree(&g);
    return good ? NORN_OK : norni_alloc_fail(err, "inputs", wanted, sizeof *grown);
}

norn_status norni_inputs_expand(const norni_inputs *in, norni_arena *arena, norni_inputs *out,
                                norn_err *err) {
    const char **path = NULL;
    size_t n = 0;
    for (size_t i = 0; i < in->n; i++) {
        const char *p = in->path[i];
        if (strpbrk(p, "*?[") != NULL && !norni_is_s3(p) && access(p, F_OK) != 0) {
            NORN_TRY(add_matches(p, arena, &path, &n, err));
            continue;
        }
        const char **grown = norni_arena_get(arena, n + 1, sizeof *grown);
        if (grown == NULL) return norni_alloc_fail(err, "inputs", n + 1, sizeof *grown);
        if (n > 0) memcpy(grown, path, n * sizeof *grown);
        grown[n++] = p;
        path = grown;
    }
    *out = (norni_inputs){path, n};
    return NORN_OK;
}

void norni_say(const norni_op_env *env, const char *fmt, ...) {
    if (env->say == NULL) return;
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    env->say(env->say_user, text);
}

int32_t norni_format_of(const norni_common_opt *opt) {
    size_t n;
    if (opt->format != NORNI_FORMAT_AUTO) return opt->format;
    (void)norni_codec_of_name(opt->out, &n);
    if (n <= 5) return NORNI_FORMAT_CSV;
    if (memcmp(opt->out + n - 5, ".json", 5) == 0) return NORNI_FORMAT_JSON;
    return memcmp(opt->out + n - 5, ".xlsx", 5) == 0 ? NORNI_FORMAT_XLSX : NORNI_FORMAT_CSV;
}

norn_status norni_table_format_check(const norni_common_opt *opt, norn_err *err) {
    if (opt->format == NORNI_FORMAT_HTML)
        return norn_fail(err, NORN_E_ARG,
                         "--format html is a report's alone; csv, json and xlsx are written here");
    if (opt->cache)
        return norn_fail(err, NORN_E_ARG,
                         "--cache on: only `norn report` keeps its results between runs");
    return NORN_OK;
}
