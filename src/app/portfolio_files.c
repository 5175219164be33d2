/* Which files hold a portfolio's prices: folders walked, timeframes chosen, symbols told by names. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A folder holds files SYMBOL.csv, or folders SYMBOL/ with a file for each timeframe (1h.csv, 1d.csv), or a folder ohlcv/ with
 * those. "BTC_USDT/1h.csv", "BTC_USDT-1h.csv" are the symbol BTC_USDT at 1h. Of a symbol's timeframes the one that is
 * asked for is read, else the longest that it is a multiple of. Names count wherever they come from: a folder, a pattern, a request. */
#include "app/portfolio_files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/grow.h"
#include "base/sort.h"
#include "portfolio/portfolio_prices_parts.h"

enum { MOST_FILES = 100000 };

static const char *const endings[] = {".csv",    ".csv.gz",  ".csv.zst", ".tsv",
                                      ".tsv.gz", ".tsv.zst", ".xlsx"};

typedef struct name_list {
    const char **name; /* (n) */
    size_t n, cap;
} name_list;

typedef struct file_list {
    norni_arena *arena;
    const norni_port_read_opt *opt;
    norni_port_file *file;
    size_t n, cap;
} file_list;

/* The length without a table's ending; 0: there is none. */
static size_t stem_of(norni_str name) {
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const size_t n = strlen(endings[i]);
        if (name.n > n && norni_str_is_nocase((norni_str){name.p + name.n - n, n}, endings[i]))
            return name.n - n;
    }
    return 0;
}

int64_t norni_port_step_of_name(norni_str s) {
    static const char units[] = "smhdw";
    static const int64_t seconds[] = {1, 60, 3600, 86400, 604800};
    int64_t n = 0;
    size_t i = 0;
    for (; i < s.n && i < 4 && s.p[i] >= '0' && s.p[i] <= '9'; i++)
        n = 10 * n + (s.p[i] - '0');
    const char *unit = i + 1 == s.n && i > 0 ? strchr(units, s.p[i]) : NULL;
    if (i + 1 == s.n && s.p[i] == 'D') unit = units + 3;
    if (i + 1 == s.n && s.p[i] == 'H') unit = units + 2;
    return unit && *unit ? n * seconds[unit - units] * NORNI_US_SECOND : 0;
}

/* What stands behind the last '/' before `end`. */
static norni_str last_part(const char *text, size_t end) {
    while (end > 0 && text[end - 1] == '/')
        end--;
    size_t from = end;
    while (from > 0 && text[from - 1] != '/')
        from--;
    return (norni_str){text + from, end - from};
}

/* Symbol and timeframe of a file's name. */
static void read_name(const char *name, norni_str *symbol, int64_t *step) {
    const norni_str part = last_part(name, strlen(name));
    const size_t stem = stem_of(part);
    *symbol = (norni_str){part.p, stem ? stem : part.n};
    *step = norni_port_step_of_name(*symbol);
    if (*step > 0) { /* 1h.csv: the folder's name */
        const norni_str folder = last_part(name, (size_t)(part.p - name));
        if (folder.n > 0 && !norni_str_is(folder, ".") && !norni_str_is(folder, ".."))
            *symbol = folder;
        return;
    }
    for (size_t at = symbol->n; at-- > 1;) {
        const char c = symbol->p[at];
        if (c != '_' && c != '-' && c != '.' && c != ' ') continue;
        *step = norni_port_step_of_name((norni_str){symbol->p + at + 1, symbol->n - at - 1});
        if (*step > 0) symbol->n = at;
        return;
    }
}

static norn_status add_file(file_list *l, const char *path, const norni_str *bytes,
                            const char *name, norn_err *err) {
    norni_port_file *grown = norni_list_grow(l->arena, l->file, l->n, &l->cap, 16, sizeof *l->file);
    if (grown == NULL) return norni_alloc_fail(err, "prices", l->cap, sizeof *l->file);
    l->file = grown;
    if (l->n >= MOST_FILES)
        return norn_fail(err, NORN_E_LIMIT, "prices: more than %d files", (int)MOST_FILES);
    norni_port_file *f = &l->file[l->n++];
    *f = (norni_port_file){.path = path, .bytes = bytes, .name = name};
    read_name(name, &f->symbol, &f->step);
    return NORN_OK;
}

static int by_name(const void *arg, size_t a, size_t b) {
    const name_list *l = arg;
    return strcmp(l->name[a], l->name[b]);
}

/* The folder's entries, hidden ones left out, in the order of their bytes. */
static norn_status list_folder(norni_arena *arena, const char *folder, name_list *out,
                               norn_err *err) {
    DIR *d = opendir(folder);
    const struct dirent *e;
    name_list l = {NULL, 0, 0};
    norn_status st = NORN_OK;
    char text[128];
    if (d == NULL)
        return norn_fail(err, NORN_E_IO, "cannot read the folder '%.120s': %s", folder,
                         strerror_r(errno, text, sizeof text));
    while (st == NORN_OK && (e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.') continue;
        const char **grown = norni_list_grow(arena, l.name, l.n, &l.cap, 64, sizeof *grown);
        const char *name = norni_arena_text(arena, e->d_name, strlen(e->d_name));
        if (grown) l.name = grown;
        if (!grown || !name)
            st = norni_alloc_fail(err, "prices", l.cap, sizeof *grown);
        else if (l.n >= MOST_FILES)
            st = norn_fail(err, NORN_E_LIMIT, "prices: more than %d files in '%.120s'",
                           (int)MOST_FILES, folder);
        else
            l.name[l.n++] = name;
    }
    (void)closedir(d);
    if (st != NORN_OK) return st;
    size_t *index = norni_arena_get(arena, 2 * l.n, sizeof *index);
    const char **sorted = norni_arena_get(arena, l.n, sizeof *sorted);
    if (!index || !sorted) return norni_alloc_fail(err, "prices", l.n, 3 * sizeof *index);
    for (size_t k = 0; k < l.n; k++)
        index[k] = k;
    norni_sort_index(index, l.n, by_name, &l, index + l.n);
    for (size_t k = 0; k < l.n; k++)
        sorted[k] = l.name[index[k]];
    *out = (name_list){sorted, l.n, l.n};
    return NORN_OK;
}

static norn_status join_path(norni_arena *arena, const char *folder, const char *name,
                             const char **out, norn_err *err) {
    const size_t n = strlen(folder), m = strlen(name);
    const bool slash = n > 0 && folder[n - 1] == '/';
    char *p = norni_arena_get(arena, n + m + 2, 1);
    if (p == NULL) return norni_alloc_fail(err, "prices", n + m, 1);
    memcpy(p, folder, n);
    p[n] = '/';
    memcpy(p + n + !slash, name, m + 1);
    *out = p;
    return NORN_OK;
}

static bool is_folder(const char *path) {
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

/* Files of a folder: all tables, or only those whose name is a timeframe. Folders in it go to *inner. */
static norn_status walk_files(file_list *l, const char *folder, bool frames_alone, name_list *inner,
                              norn_err *err) {
    name_list all = {NULL, 0, 0};
    NORN_TRY(list_folder(l->arena, folder, &all, err));
    if (inner)
        *inner = (name_list){norni_arena_get(l->arena, all.n, sizeof *inner->name), 0, all.n};
    if (inner && inner->name == NULL) return norni_alloc_fail(err, "prices", all.n, 8);
    for (size_t k = 0; k < all.n; k++) {
        const norni_str name = norni_str_of(all.name[k]);
        const size_t stem = stem_of(name);
        const char *path = NULL;
        if (stem == 0 && inner == NULL) continue;
        NORN_TRY(join_path(l->arena, folder, all.name[k], &path, err));
        if (is_folder(path)) {
            if (inner) inner->name[inner->n++] = path;
        } else if (stem > 0 &&
                   (!frames_alone || norni_port_step_of_name((norni_str){name.p, stem}) > 0)) {
            NORN_TRY(add_file(l, path, NULL, path, err));
        }
    }
    return NORN_OK;
}

static norn_status walk_folder(file_list *l, const char *folder, bool again, norn_err *err) {
    const size_t before = l->n;
    const char *ohlcv = NULL;
    name_list inner;
    NORN_TRY(walk_files(l, folder, false, &inner, err));
    const bool direct = l->n > before;
    for (size_t k = 0; k < inner.n; k++) {
        if (norni_str_is(last_part(inner.name[k], strlen(inner.name[k])), "ohlcv"))
            ohlcv = inner.name[k];
        NORN_TRY(walk_files(l, inner.name[k], true, NULL, err));
    }
    if (!direct && l->n == before && ohlcv && !again) return walk_folder(l, ohlcv, true, err);
    if (l->n > before) return NORN_OK;
    return norn_fail(err, NORN_E_DATA,
                     "'%.120s' holds no prices: neither tables (SYMBOL.csv, .csv.gz, .csv.zst, "
                     ".xlsx) nor folders SYMBOL/ with timeframes (1h.csv)",
                     folder);
}

/* A folder by its full name, so that "." has one. */
static norn_status walk_input(file_list *l, const char *path, norn_err *err) {
    const norni_str part = last_part(path, strlen(path));
    if (part.n > 0 && !norni_str_is(part, ".") && !norni_str_is(part, ".."))
        return walk_folder(l, path, false, err);
    char full[PATH_MAX];
    const char *kept = realpath(path, full) ? norni_arena_text(l->arena, full, strlen(full)) : path;
    if (kept == NULL) return norni_alloc_fail(err, "prices", 1, 1);
    return walk_folder(l, kept, false, err);
}

/* Of files of one symbol: which is better for bars of `want`; a file without a timeframe is no rival. */
static bool serves(int64_t step, int64_t want) {
    return want == 0 || (step <= want && want % step == 0);
}

typedef struct frame_choice {
    const norni_port_file *best; /* NULL: none serves */
    const norni_port_file *some; /* any other */
    size_t n;                    /* of different timeframes */
} frame_choice;

static norn_status choose(const file_list *l, size_t k, int64_t want, frame_choice *c,
                          norn_err *err) {
    const norni_port_file *f = &l->file[k];
    if (c->some && c->some->step != f->step && want == 0)
        return norn_fail(err, NORN_E_DATA,
                         "prices: %.*s has several timeframes (%.60s, %.60s); say which "
                         "(--timeframe)",
                         norni_port_shown(f->symbol), f->symbol.p, c->some->name, f->name);
    c->some = f;
    if (serves(f->step, want) && (!c->best || f->step > c->best->step)) c->best = f;
    return NORN_OK;
}

/* Keeps, of each symbol's timeframes, the one to read. */
static norn_status choose_frames(file_list *l, norni_buf *notes, norn_err *err) {
    const int64_t want = norni_port_frame_step(l->opt->prices.frame);
    frame_choice *choice = norni_arena_zero(l->arena, l->n, sizeof *choice);
    norni_port_file *kept = norni_arena_get(l->arena, l->n, sizeof *kept);
    norni_map map;
    size_t n = 0;
    norn_status st = NORN_OK;
    if (!choice || !kept) return norni_alloc_fail(err, "prices", l->n, sizeof *kept);
    norni_map_init(&map, l->arena->alloc);
    for (size_t k = 0; k < l->n && st == NORN_OK; k++) {
        if (l->file[k].step == 0) continue;
        const int64_t i = norni_map_add(&map, l->file[k].symbol, NULL);
        st =
            i < 0 ? norni_alloc_fail(err, "prices", l->n, 32) : choose(l, k, want, &choice[i], err);
    }
    for (size_t k = 0; k < l->n && st == NORN_OK; k++) {
        const norni_port_file *f = &l->file[k];
        const int64_t i = f->step ? norni_map_find(&map, f->symbol) : -1;
        if (i < 0 || (choice[i].best && choice[i].best->step == f->step)) {
            kept[n++] = *f;
        } else if (choice[i].best == NULL) {
            norni_buf_format(notes,
                             "%s: its timeframe cannot make the bars asked for; it is left out\n",
                             f->name);
        }
    }
    norni_map_clear(&map);
    if (st != NORN_OK) return st;
    if (n == 0)
        return norn_fail(
            err, NORN_E_DATA,
            "prices: no file has the timeframe asked for, or a finer one that makes it "
            "(%.100s); take a longer --timeframe",
            l->file[0].name);
    l->file = kept;
    l->n = n;
    return NORN_OK;
}

norn_status norni_port_files_find(const norni_port_read_opt *opt, norni_arena *arena,
                                  norni_port_file **file, size_t *n, norni_buf *notes,
                                  norn_err *err) {
    file_list l = {.arena = arena, .opt = opt};
    norni_inputs in = opt->in;
    if (opt->in.n == 0) return norn_fail(err, NORN_E_ARG, "prices: no file is given");
    if (opt->bytes == NULL) NORN_TRY(norni_inputs_expand(&opt->in, arena, &in, err));
    for (size_t k = 0; k < in.n; k++) {
        if (opt->bytes != NULL) {
            const char *name = opt->name && opt->name[k] ? opt->name[k] : "prices";
            NORN_TRY(add_file(&l, NULL, &opt->bytes[k], name, err));
        } else if (is_folder(in.path[k])) {
            NORN_TRY(walk_input(&l, in.path[k], err));
        } else {
            const bool named = opt->name && in.n == opt->in.n && opt->name[k];
            const bool piped = strcmp(in.path[k], "-") == 0;
            const char *name = named ? opt->name[k] : piped ? "prices" : in.path[k];
            NORN_TRY(add_file(&l, in.path[k], NULL, name, err));
        }
    }
    NORN_TRY(choose_frames(&l, notes, err));
    *file = l.file;
    *n = l.n;
    return NORN_OK;
}
