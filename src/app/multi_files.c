/* The files of a multi-target run's figures: their folder, names safe for any file system, whole or absent. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_files.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ctx.h"

enum { PART_MOST = 100, NAME_MOST = 240 };

norn_status norni_multi_folder_make(const char *flag, const char *folder, norn_err *err) {
    struct stat s;
    char text[128];
    if (mkdir(folder, 0777) == 0) return NORN_OK;
    int code = errno;
    if (code == EEXIST && stat(folder, &s) == 0) code = S_ISDIR(s.st_mode) ? 0 : ENOTDIR;
    if (code == 0 && access(folder, W_OK | X_OK) != 0) code = errno;
    if (code == 0) return NORN_OK;
    return norn_fail(err, NORN_E_IO, "%s%scannot make folder %s: %s", flag ? flag : "",
                     flag ? ": " : "", folder, strerror_r(code, text, sizeof text));
}

norn_status norni_multi_files_open(norni_multi_files *f, norn_ctx *ctx, const char *folder,
                                   norn_err *err) {
    *f = (norni_multi_files){.ctx = ctx, .folder = folder};
    norni_arena_init(&f->arena, &ctx->alloc);
    norni_map_init(&f->taken, &ctx->alloc);
    return norni_multi_folder_make(NULL, folder, err);
}

void norni_multi_files_clear(norni_multi_files *f) {
    if (f->ctx == NULL) return;
    norni_map_clear(&f->taken);
    norni_arena_clear(&f->arena);
}

static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/* What is not plain becomes one '_'; no part begins with a dot or a dash, none is empty. */
static size_t put_safe(char *out, norni_str s) {
    size_t n = 0;
    for (size_t i = 0; i < s.n && n < PART_MOST; i++) {
        const bool plain = is_plain(s.p[i]) && !(n == 0 && (s.p[i] == '.' || s.p[i] == '-'));
        if (plain)
            out[n++] = s.p[i];
        else if (n == 0 || out[n - 1] != '_')
            out[n++] = '_';
    }
    if (n == 0) out[n++] = '_';
    return n;
}

/* Whether the name was free; it is taken then. */
static norn_status take_name(norni_multi_files *f, const char *name, size_t n, bool *free_name,
                             norn_err *err) {
    char *low = norni_arena_text(&f->arena, name, n);
    if (low == NULL) return norni_alloc_fail(err, "files", n + 1, 1);
    for (size_t i = 0; i < n; i++) {
        if (low[i] >= 'A' && low[i] <= 'Z') low[i] = (char)(low[i] - 'A' + 'a');
    }
    if (norni_map_add(&f->taken, (norni_str){low, n}, free_name) == NORNI_MAP_NONE)
        return norni_alloc_fail(err, "files", n + 1, 1);
    return NORN_OK;
}

norn_status norni_multi_files_name(norni_multi_files *f, const norni_str *part, size_t n,
                                   const char *ext, const char **path, norn_err *err) {
    char name[NAME_MOST + 32];
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        char safe[PART_MOST];
        const bool trusted = i % 2 == 0;
        size_t more = trusted ? part[i].n : put_safe(safe, part[i]);
        if (len + more > NAME_MOST) more = NAME_MOST - len;
        memcpy(name + len, trusted ? part[i].p : safe, more);
        len += more;
    }
    bool free_name = false;
    for (size_t copy = 1; !free_name; copy++) {
        size_t end = len;
        if (copy > 1) end += norni_format(name + len, 24, "_%zu", copy);
        NORN_TRY(take_name(f, name, end, &free_name, err));
        if (free_name) len = end;
    }
    const size_t folder = strlen(f->folder), tail = strlen(ext);
    char *text = norni_arena_get(&f->arena, folder + len + tail + 2, 1);
    if (text == NULL) return norni_alloc_fail(err, "files", folder + len + tail + 2, 1);
    memcpy(text, f->folder, folder);
    text[folder] = '/';
    memcpy(text + folder + 1, name, len);
    memcpy(text + folder + 1 + len, ext, tail + 1);
    *path = text;
    return NORN_OK;
}

norn_status norni_multi_files_begin(norni_multi_files *f, const char *name, norni_out *out,
                                    norn_err *err) {
    const size_t n = strlen(f->folder) + strlen(name) + 2;
    char *path = norni_arena_get(&f->arena, n, 1);
    if (path == NULL) return norni_alloc_fail(err, "files", n, 1);
    norni_format(path, n, "%s/%s", f->folder, name);
    return norni_out_open(out, &f->ctx->alloc, path, err);
}

norn_status norni_multi_files_end(norni_out *out, norn_status st, norn_err *err) {
    if (st == NORN_OK) return norni_out_commit(out, err);
    norni_out_abort(out);
    return st;
}

norn_status norni_multi_files_draw(norni_multi_files *f, const char *path,
                                   const norni_pane_sheet *sheet, norn_err *err) {
    norni_out out;
    NORN_TRY(norni_out_open(&out, &f->ctx->alloc, path, err));
    return norni_multi_files_end(&out, norni_plot_panes(&out.buf, sheet, err), err);
}
