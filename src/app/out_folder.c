/* The files of --output: a folder that is made, and files that are all there or none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/out_folder.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static norn_status check_folder(const char *path, norn_err *err) {
    char why[128];
    struct stat s;
    NORN_TRY(norni_folder_make(path, "--output", err));
    int code = stat(path, &s) != 0 ? errno : S_ISDIR(s.st_mode) ? 0 : ENOTDIR;
    if (code == 0 && access(path, W_OK | X_OK) != 0) code = errno;
    if (code == 0) return NORN_OK;
    return norn_fail(err, NORN_E_IO, "--output: cannot write to %s: %s", path,
                     strerror_r(code, why, sizeof why));
}

static bool is_there(const char *path) {
    struct stat s;
    return stat(path, &s) == 0;
}

static size_t join(char path[PATH_MAX], const char *folder, const char *name) {
    return norni_format(path, PATH_MAX, "%s/%s", folder, name);
}

norn_status norni_out_folder_make(const char *folder, const char *inside, norni_out_folder *made,
                                  norn_err *err) {
    char path[PATH_MAX];
    *made = (norni_out_folder){.folder = folder, .inside = inside};
    if (join(path, folder, inside ? inside : "") + 64 >= sizeof path)
        return norn_fail(err, NORN_E_ARG, "--output: the folder's name is too long");
    made->own = !is_there(folder);
    made->own_inside = inside != NULL && !is_there(path);
    norn_status st = check_folder(folder, err);
    if (st == NORN_OK && inside != NULL) st = check_folder(path, err);
    if (st != NORN_OK) norni_out_folder_undo(made);
    return st;
}

void norni_out_folder_undo(const norni_out_folder *made) {
    char path[PATH_MAX];
    if (made->folder == NULL) return;
    if (made->own_inside) {
        join(path, made->folder, made->inside);
        (void)rmdir(path);
    }
    if (made->own) (void)rmdir(made->folder);
}

static norn_status write_one(const norn_alloc *alloc, const char *folder,
                             const norni_folder_file *file, size_t k, const void *arg,
                             norni_out *out, norn_err *err) {
    char path[PATH_MAX];
    join(path, folder, file[k].name);
    NORN_TRY(norni_out_open(out, alloc, path, err));
    NORN_TRY(file[k].write(arg, k, out, err));
    if (out->buf.failed) return norni_alloc_fail(err, "--output", out->buf.cap, 2);
    return norni_out_flush(out, 0, err);
}

norn_status norni_out_folder_write(const norn_alloc *alloc, const char *folder,
                                   const norni_folder_file *file, size_t n, const void *arg,
                                   norn_err *err) {
    norni_out out[NORNI_FOLDER_MOST];
    size_t opened = 0;
    norn_status st = NORN_OK;
    assert(n <= NORNI_FOLDER_MOST);
    while (st == NORN_OK && opened < n) {
        out[opened] = (norni_out){.fd = -1};
        st = write_one(alloc, folder, file, opened, arg, &out[opened], err);
        opened++;
    }
    for (size_t k = 0; st == NORN_OK && k < opened; k++)
        st = norni_out_commit(&out[k], err);
    for (size_t k = 0; k < opened; k++)
        norni_out_abort(&out[k]);
    return st;
}
