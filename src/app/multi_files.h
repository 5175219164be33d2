/* The files of a multi-target run's figures: their folder, names safe for any file system, whole or absent. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_FILES_H
#define NORNI_MULTI_FILES_H

#include "app/common.h"
#include "base/map.h"
#include "io/writer.h"
#include "plot/pane.h"

/* Makes the folder where it is not there, for the flag (or NULL) that named it. NORN_E_IO: it cannot be
 * made, is none, or may not be written. */
NORN_CHECKED norn_status norni_multi_folder_make(const char *flag, const char *folder,
                                                 norn_err *err);

/* A folder that files are written into, and the names that are taken there. */
typedef struct norni_multi_files {
    norn_ctx *ctx;
    const char *folder;
    norni_arena arena; /* of names */
    norni_map taken;   /* in lower case: some file systems know no other */
} norni_multi_files;

/* Makes the folder where it is not there. norni_multi_files_clear is due after a failure, too. */
NORN_CHECKED norn_status norni_multi_files_open(norni_multi_files *f, norn_ctx *ctx,
                                                const char *folder, norn_err *err);
void norni_multi_files_clear(norni_multi_files *f);

/* "folder/" and the parts one behind the other: those at odd places (1, 3, ...) are untrusted, and keep
 * letters, digits, '.', '_', '-' of ASCII only, at most 100 bytes; `ext` last. A name that is taken
 * gets _2, _3, ... before ext. *path lives in the arena. */
NORN_CHECKED norn_status norni_multi_files_name(norni_multi_files *f, const norni_str *part,
                                                size_t n, const char *ext, const char **path,
                                                norn_err *err);
/* Opens folder/name; the name is as it is. */
NORN_CHECKED norn_status norni_multi_files_begin(norni_multi_files *f, const char *name,
                                                 norni_out *out, norn_err *err);
/* Commits `out` when st is NORN_OK, else leaves nothing. */
NORN_CHECKED norn_status norni_multi_files_end(norni_out *out, norn_status st, norn_err *err);
/* The sheet as one file. */
NORN_CHECKED norn_status norni_multi_files_draw(norni_multi_files *f, const char *path,
                                                const norni_pane_sheet *sheet, norn_err *err);

#endif
