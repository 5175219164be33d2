/* The plant's workbooks (monitoring tags, blends, laboratory) as tables for `norn multi`. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Files are listed, their sheets are listed (in parallel by file), each sheet is read (in parallel by
 * sheet), and everything is joined in the order of the files' names and the sheets in them. */
#include "app/multi_etl.h"

#include <dirent.h>
#include <fcntl.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/multi_etl_parts.h"
#include "base/grow.h"
#include "base/sort.h"
#include "io/s3_client.h"
#include "io/xlsx_read.h"

typedef struct etl_file {
    const char *path;
    char at[32]; /* where it is opened: a fetched object has no name */
    int fd;      /* of a fetched one, or -1 */
    bool is_book;
    norni_arena arena;
    const char *const *sheet; /* (n) */
    size_t n;
} etl_file;

typedef struct etl_job {
    const norni_op_env *env;
    norni_arena arena;
    etl_file *file;
    size_t n_files, cap_files;
    norni_etl_sheet *sheet;
    size_t n_sheets;
} etl_job;

static bool ends_with(const char *path, const char *end) {
    const size_t n = strlen(path), k = strlen(end);
    return n > k && norni_str_is_nocase((norni_str){path + n - k, k}, end);
}

static bool is_book(const char *path) {
    return ends_with(path, ".xlsx") || ends_with(path, ".xlsm");
}

/* A server's uploads have no names: their first bytes tell. */
static bool begins_as_book(const char *path) {
    char head[4] = "";
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    const ssize_t n = read(fd, head, sizeof head);
    (void)close(fd);
    return n == (ssize_t)sizeof head && memcmp(head, "PK\3\4", sizeof head) == 0;
}

static norn_status add_file(etl_job *job, const char *path, norn_err *err) {
    etl_file *file =
        norni_list_grow(&job->arena, job->file, job->n_files, &job->cap_files, 32, sizeof *file);
    if (file == NULL) return norni_alloc_fail(err, "etl", job->cap_files, sizeof *file);
    job->file = file;
    file[job->n_files++] =
        (etl_file){.path = path, .fd = -1, .is_book = is_book(path) || begins_as_book(path)};
    return NORN_OK;
}

static int compare_paths(const void *arg, size_t a, size_t b) {
    const char *const *path = arg;
    return strcmp(path[a], path[b]);
}

/* The folder's workbooks and CSV files in the order of their names. */
static norn_status add_folder(etl_job *job, const char *folder, norn_err *err) {
    char text[128];
    norn_status st = NORN_OK;
    DIR *d = opendir(folder);
    if (d == NULL)
        return norn_fail(err, NORN_E_IO, "%s: cannot read: %s", folder,
                         strerror_r(errno, text, sizeof text));
    const char **path = NULL;
    size_t n = 0, cap = 0;
    for (struct dirent *e = readdir(d); e != NULL && st == NORN_OK; e = readdir(d)) {
        const char *name = e->d_name;
        if (name[0] == '.' || name[0] == '~') continue; /* ~$ is a lock of a spreadsheet */
        if (!is_book(name) && !ends_with(name, ".csv") && !ends_with(name, ".csv.gz")) continue;
        const size_t room = strlen(folder) + strlen(name) + 2;
        char *full = norni_arena_get(&job->arena, room, 1);
        const char **grown = norni_list_grow(&job->arena, path, n, &cap, 64, sizeof *grown);
        if (full == NULL || grown == NULL) {
            st = norni_alloc_fail(err, "etl", room, 1);
            break;
        }
        norni_format(full, room, "%s/%s", folder, name);
        path = grown;
        path[n++] = full;
    }
    (void)closedir(d);
    if (st != NORN_OK || n == 0) return st;
    size_t *order = norni_arena_get(&job->arena, n, sizeof *order),
           *scratch = norni_arena_get(&job->arena, n, sizeof *scratch);
    if (order == NULL || scratch == NULL) return norni_alloc_fail(err, "etl", n, sizeof *order);
    for (size_t k = 0; k < n; k++)
        order[k] = k;
    norni_sort_index(order, n, compare_paths, path, scratch);
    for (size_t k = 0; k < n; k++)
        NORN_TRY(add_file(job, path[order[k]], err));
    return NORN_OK;
}

static norn_status list_files(etl_job *job, const norni_inputs *in, norn_err *err) {
    for (size_t k = 0; k < in->n; k++) {
        struct stat st;
        if (stat(in->path[k], &st) == 0 && S_ISDIR(st.st_mode))
            NORN_TRY(add_folder(job, in->path[k], err));
        else
            NORN_TRY(add_file(job, in->path[k], err));
    }
    if (job->n_files > 0) return NORN_OK;
    return norn_fail(err, NORN_E_DATA, "etl: there is no workbook and no CSV file in %s",
                     in->n ? in->path[0] : "nothing");
}

/* "PATH: words", once. */
static norn_status name_file(const char *path, const char *sheet, const norn_err *e,
                             norn_err *err) {
    return norn_fail(err, e->code, "%s%s%s: %s", path, sheet ? ", sheet " : "", sheet ? sheet : "",
                     e->text);
}

static norn_status list_sheets(norni_worker *w, size_t item, void *arg, norn_err *err) {
    etl_file *f = &((etl_job *)arg)->file[item];
    norn_err e = {NORN_OK, ""};
    norni_arena_init(&f->arena, &w->ctx->alloc);
    f->n = 1;
    if (!f->is_book) return NORN_OK;
    norn_status st = NORN_OK;
    if (norni_is_s3(f->path)) { /* once, for all of its sheets */
        st = norni_path_open(w->ctx, f->path, &f->fd, &e);
        norni_format(f->at, sizeof f->at, "/proc/self/fd/%d", f->fd);
    }
    if (st == NORN_OK)
        st = norni_xlsx_sheets(w->ctx, f->fd >= 0 ? f->at : f->path, &f->arena, &f->sheet, &f->n,
                               &e);
    if (st == NORN_OK) return NORN_OK;
    return name_file(f->path, NULL, &e, err);
}

static norni_str stem_of(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *from = slash ? slash + 1 : path, *dot = strchr(from, '.');
    return (norni_str){from, dot ? (size_t)(dot - from) : strlen(from)};
}

/* One entry for each sheet of one of the three kinds. */
static norn_status choose_sheets(etl_job *job, norni_etl_result *out, norn_err *err) {
    size_t most = 0;
    for (size_t i = 0; i < job->n_files; i++)
        most += job->file[i].n;
    job->sheet = norni_arena_zero(&job->arena, most, sizeof *job->sheet);
    if (job->sheet == NULL) return norni_alloc_fail(err, "etl", most, sizeof *job->sheet);
    for (size_t i = 0; i < job->n_files; i++) {
        const etl_file *f = &job->file[i];
        const norni_str stem = stem_of(f->path);
        for (size_t k = 0; k < f->n; k++) {
            const char *name = f->is_book ? f->sheet[k] : NULL;
            norni_etl_kind kind = norni_etl_kind_of(name ? norni_str_of(name) : stem);
            /* A book of one sheet with any name is what its file's name says. */
            if (kind == NORNI_ETL_NONE && f->n == 1) kind = norni_etl_kind_of(stem);
            if (kind == NORNI_ETL_NONE) {
                out->n_skipped++;
                norni_say(job->env,
                          "%s%s%s: neither monitoring tags, blends nor laboratory: not read",
                          f->path, name ? ", sheet " : "", name ? name : "");
                continue;
            }
            norni_etl_sheet *s = &job->sheet[job->n_sheets++];
            s->path = f->path;
            s->at = f->fd >= 0 ? f->at : f->path;
            s->name = name;
            s->kind = kind;
            s->month = name ? norni_etl_month_of(norni_str_of(name)) : NORNI_ETL_NO_MONTH;
            if (s->month == NORNI_ETL_NO_MONTH) s->month = norni_etl_month_of(stem);
        }
    }
    return NORN_OK;
}

static norn_status read_sheet(norni_worker *w, size_t item, void *arg, norn_err *err) {
    norni_etl_sheet *s = &((etl_job *)arg)->sheet[item];
    norni_grid grid;
    norn_err e = {NORN_OK, ""};
    norni_arena_init(&s->arena, &w->ctx->alloc);
    norn_status st = norni_grid_read(w->ctx, s->at, s->name, &s->arena, &grid, &e);
    if (st == NORN_OK)
        st = s->kind == NORNI_ETL_BLENDS ? norni_etl_read_blends(s, &grid, &e)
                                         : norni_etl_read_tags(s, &grid, &e);
    return st == NORN_OK ? st : name_file(s->path, s->name, &e, err);
}

/* Blends whose sheet says no month take that of their workbook's tags. */
static norn_status settle_months(etl_job *job, norn_err *err) {
    for (size_t i = 0; i < job->n_sheets; i++) {
        norni_etl_sheet *s = &job->sheet[i];
        int32_t month = NORNI_ETL_NO_MONTH;
        size_t n_lost = 0;
        for (size_t k = 0; k < job->n_sheets && s->kind == NORNI_ETL_BLENDS; k++) {
            const norni_etl_sheet *t = &job->sheet[k];
            if (t->kind == NORNI_ETL_TAGS && strcmp(t->path, s->path) == 0) month = t->month;
        }
        for (size_t k = 0; k < s->n_blends; k++) {
            if (s->blend[k].month == NORNI_ETL_NO_MONTH) s->blend[k].month = month;
            n_lost += s->blend[k].month == NORNI_ETL_NO_MONTH;
        }
        if (n_lost > 0)
            NORN_TRY(norni_etl_note(s, err,
                                    "no month is told for %zu blends (in a row Month, in the names "
                                    "of sheet or file as JUL24): they belong to no day",
                                    n_lost));
    }
    return NORN_OK;
}

static void count_all(const etl_job *job, norni_etl_result *out) {
    out->n_files = job->n_files;
    out->n_sheets = job->n_sheets;
    for (size_t i = 0; i < job->n_sheets; i++) {
        const norni_etl_sheet *s = &job->sheet[i];
        out->n_dropped += s->n_dropped;
        for (size_t k = 0; k < s->n_notes; k++)
            norni_say(job->env, "%.*s", (int)s->note[k].n, s->note[k].p);
    }
}

static norn_status run(etl_job *job, const norni_inputs *in, const char *output,
                       norni_etl_result *out, norn_err *err) {
    const norni_for_opt loop = {.plumbing = false};
    norn_ctx *ctx = job->env->ctx;
    bool any = false;
    NORN_TRY(list_files(job, in, err));
    NORN_TRY(norni_for(ctx, NULL, job->n_files, list_sheets, job, &loop, err));
    NORN_TRY(choose_sheets(job, out, err));
    NORN_TRY(norni_for(ctx, NULL, job->n_sheets, read_sheet, job, &loop, err));
    NORN_TRY(settle_months(job, err));
    for (size_t i = 0; i < job->n_sheets; i++)
        any = any || (job->sheet[i].kind == NORNI_ETL_TAGS && job->sheet[i].n_series > 0);
    if (!any)
        return norn_fail(err, NORN_E_DATA,
                         "etl: no sheet of monitoring tags was found (named as 'TS Monitoring "
                         "Tags') in %zu files",
                         job->n_files);
    count_all(job, out);
    return norni_etl_write(job->env, job->sheet, job->n_sheets, output, out, err);
}

norn_status norni_multi_etl(const norni_op_env *env, const norni_inputs *in, const char *output,
                            norni_etl_result *out, norn_err *err) {
    etl_job job = {.env = env};
    memset(out, 0, sizeof *out);
    norni_arena_init(&job.arena, &env->ctx->alloc);
    const norn_status st = run(&job, in, output, out, err);
    for (size_t i = 0; i < job.n_sheets; i++) {
        if (job.sheet[i].arena.alloc != NULL) norni_arena_clear(&job.sheet[i].arena);
    }
    for (size_t i = 0; i < job.n_files; i++) {
        if (job.file[i].arena.alloc != NULL) norni_arena_clear(&job.file[i].arena);
        if (job.file[i].fd >= 0) (void)close(job.file[i].fd);
    }
    norni_arena_clear(&job.arena);
    return st;
}
