/* Options, hooks and outcome that every operation shares. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/common.h"

#define AT(field) offsetof(norni_common_opt, field)
const norni_param norni_common_rows[] = {
    {.name = "threads",
     .type = NORNI_T_TEXT,
     .offset = AT(threads),
     .def = "auto",
     .metavar = "N|auto",
     .alias = "workers",
     .letter = 'j',
     .help = "workers; results are the same at any number (1 = serial)"},
    {.name = "seed",
     .type = NORNI_T_INT,
     .offset = AT(seed),
     .def = "0",
     .min = 0,
     .max = 2147483647,
     .metavar = "N",
     .help = "seed of simulated intervals"},
    {.name = "out",
     .type = NORNI_T_TEXT,
     .offset = AT(out),
     .def = "-",
     .metavar = "FILE|-",
     .letter = 'o',
     .help = "where the result goes; written whole or not at all"},
    {.name = "format",
     .type = NORNI_T_CHOICE,
     .offset = AT(format),
     .def = "auto",
     .choices = "auto|csv|json",
     .help = "auto: by the extension of --out, else csv"},
    {.name = "summary",
     .type = NORNI_T_TEXT,
     .offset = AT(summary),
     .metavar = "FILE.json",
     .help = "counts, failures, times, peak memory and the digest of the run"},
    {.name = "items",
     .type = NORNI_T_TEXT,
     .offset = AT(items),
     .metavar = "FILE.csv",
     .help = "a row for each item: status, model served, parameters, attempts, seconds"},
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
     .choices = "off",
     .help = "this version computes every result afresh: off is the only choice"},
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
     .help = "column of series ids (default unique_id; none = one series)"},
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
     .help = "D B W MS ME QS QE YS h min s 15min … (default: inferred)"},
    {.name = "epoch",
     .type = NORNI_T_CHOICE,
     .offset = AT(epoch),
     .def = "none",
     .choices = "none|s|ms",
     .help = "integer times are seconds or milliseconds since 1970"},
    {.name = "gaps",
     .type = NORNI_T_CHOICE,
     .offset = AT(gaps),
     .def = "fill",
     .choices = "fill|error|keep",
     .help = "missing periods: fill with missing values, refuse, or keep rows as they are"},
    {.name = "duplicates",
     .type = NORNI_T_CHOICE,
     .offset = AT(duplicates),
     .def = "error",
     .choices = "error|first|last|sum|mean",
     .help = "two rows with one id and time"},
};
#undef AT
const size_t norni_n_panel_rows = sizeof norni_panel_rows / sizeof norni_panel_rows[0];

norn_status norni_panel_read_opt(const norni_panel_opt *in, norni_read_opt *out, norn_err *err) {
    memset(out, 0, sizeof *out);
    out->layout = (norni_layout)in->layout;
    out->epoch = (norni_epoch)in->epoch;
    out->id_col = in->id_col;
    out->time_col = in->time_col;
    out->target_col = in->target_col;
    out->align.gaps = (norni_gap_policy)in->gaps;
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
    if (opt->format != NORNI_FORMAT_AUTO) return opt->format;
    const size_t n = opt->out ? strlen(opt->out) : 0;
    return n > 5 && strcmp(opt->out + n - 5, ".json") == 0 ? NORNI_FORMAT_JSON : NORNI_FORMAT_CSV;
}
