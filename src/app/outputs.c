/* Where a run writes: every place usable, and none another's or an input. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/outputs.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/s3_client.h"
#include "io/s3_config.h"

static bool is_file(const norni_output *o) {
    return o->path != NULL && strcmp(o->path, "-") != 0;
}

/* The folder that the file is in; false: the path is too long. */
static bool folder_of(const char *path, char out[PATH_MAX]) {
    const char *slash = strrchr(path, '/');
    const size_t n = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (n >= PATH_MAX) return false;
    memcpy(out, n > 0 ? path : ".", n > 0 ? n : 1);
    out[n > 0 ? n : 1] = '\0';
    return true;
}

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* One file by number, or by folder and name when it is not there yet; devices may be shared. */
static bool is_same(const char *a, const char *b) {
    struct stat x, y;
    char folder[PATH_MAX];
    if (norni_is_s3(a) || norni_is_s3(b)) return strcmp(a, b) == 0;
    const bool has_a = stat(a, &x) == 0, has_b = stat(b, &y) == 0;
    if (has_a && has_b) return x.st_dev == y.st_dev && x.st_ino == y.st_ino && S_ISREG(x.st_mode);
    if (has_a || has_b || strcmp(name_of(a), name_of(b)) != 0) return false;
    return folder_of(a, folder) && stat(folder, &x) == 0 && folder_of(b, folder) &&
           stat(folder, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static norn_status check_folder(const norni_output *o, norn_err *err) {
    char folder[PATH_MAX], why[128];
    struct stat s;
    norni_s3_place place;
    if (norni_is_s3(o->path)) return norni_s3_place_read(o->path, &place, err);
    if (!folder_of(o->path, folder))
        return norn_fail(err, NORN_E_ARG, "%s: the path is too long", o->flag);
    if (stat(o->path, &s) == 0 && !S_ISREG(s.st_mode)) return NORN_OK; /* opening it will tell */
    if (access(folder, W_OK | X_OK) == 0) return NORN_OK;
    return norn_fail(err, NORN_E_IO, "%s: cannot write %s: %s", o->flag, o->path,
                     strerror_r(errno, why, sizeof why));
}

static norn_status check_name(const norni_output *o, bool html, norn_err *err) {
    static const char *const others[] = {".html", ".parquet", ".feather", ".arrow", ".xls", ".xlsb",
                                         ".xlsm", ".ods",     ".tsv",     ".bz2",   ".xz",  ".zip",
                                         ".7z",   ".png",     ".pdf",     ".jpg",   ".rds", ".db"};
    const norni_str path = norni_str_of(o->path);
    const bool plot = strncmp(o->flag, "--plot", 6) == 0;
    for (size_t i = html ? 1 : 0; i < sizeof others / sizeof others[0]; i++) {
        const size_t n = strlen(others[i]);
        if (path.n <= n || !norni_str_is_nocase((norni_str){path.p + path.n - n, n}, others[i]))
            continue;
        return norn_fail(err, NORN_E_ARG, "%s: %s is not written; %s", o->flag, others[i] + 1,
                         plot ? "the chart is an .svg"
                              : "csv, json and xlsx are, and .gz or .zst behind the first two");
    }
    return NORN_OK;
}

static norn_status check_all(const norni_inputs *in, const norni_output *outputs, size_t n,
                             bool html, norn_err *err) {
    for (size_t i = 0; i < n; i++) {
        const norni_output *o = &outputs[i];
        if (!is_file(o)) continue;
        for (size_t k = 0; k < in->n; k++) {
            if (strcmp(in->path[k], "-") != 0 && is_same(o->path, in->path[k]))
                return norn_fail(err, NORN_E_ARG, "%s: %s is the input; name another file", o->flag,
                                 o->path);
        }
        for (size_t k = 0; k < i; k++) {
            if (is_file(&outputs[k]) && is_same(o->path, outputs[k].path))
                return norn_fail(err, NORN_E_ARG, "%s and %s are one file: %s", outputs[k].flag,
                                 o->flag, o->path);
        }
        NORN_TRY(check_name(o, html, err));
        NORN_TRY(check_folder(o, err));
    }
    return NORN_OK;
}

norn_status norni_outputs_check(const norni_inputs *in, const norni_output *outputs, size_t n,
                                norn_err *err) {
    return check_all(in, outputs, n, false, err);
}

norn_status norni_outputs_check_pages(const norni_inputs *in, const norni_output *outputs, size_t n,
                                      norn_err *err) {
    return check_all(in, outputs, n, true, err);
}

norn_status norni_inputs_join(const norni_inputs *in, const norni_output *more, size_t n,
                              norni_arena *arena, norni_inputs *out, norn_err *err) {
    const char **path = norni_arena_get(arena, in->n + n, sizeof *path);
    const char *owner = NULL; /* of standard input */
    if (path == NULL) return norni_alloc_fail(err, "input", in->n + n, sizeof *path);
    *out = (norni_inputs){path, 0};
    for (size_t k = 0; k < in->n + n; k++) {
        const norni_output o = k < in->n ? (norni_output){"DATA", in->path[k]} : more[k - in->n];
        if (o.path == NULL) continue;
        if (strcmp(o.path, "-") == 0) {
            if (owner != NULL)
                return norn_fail(err, NORN_E_ARG,
                                 "%s and %s cannot both be standard input; name a file", owner,
                                 o.flag);
            owner = o.flag;
        }
        path[out->n++] = o.path;
    }
    return NORN_OK;
}

norn_status norni_outputs_check_common(const norni_inputs *in, const norni_common_opt *opt,
                                       const norni_output more[2], norn_err *err) {
    const norni_output all[] = {{"--out", opt->out},
                                {"--summary", opt->summary},
                                {"--items", opt->items},
                                {"--plot", opt->plot},
                                more[0],
                                more[1]};
    NORN_TRY(norni_table_format_check(opt, err));
    return norni_outputs_check(in, all, sizeof all / sizeof all[0], err);
}
