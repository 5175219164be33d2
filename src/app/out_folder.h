/* The files of --output: a folder that is made, and files that are all there or none. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OUT_FOLDER_H
#define NORNI_OUT_FOLDER_H

#include "app/common.h"
#include "io/writer.h"

/* Folders that were made, for the case that nothing comes into them. */
typedef struct norni_out_folder {
    const char *folder;   /* as --output says it; or NULL */
    const char *inside;   /* a folder within, as "data"; or NULL */
    bool own, own_inside; /* made here, and not there before */
} norni_out_folder;
/* Makes the folder and the one inside it, so that a place where nothing can be written is told before any work. After an error they
 * are gone again. */
NORN_CHECKED norn_status norni_out_folder_make(const char *folder, const char *inside,
                                               norni_out_folder *made, norn_err *err);
/* Takes away those that were made, where they are empty. */
void norni_out_folder_undo(const norni_out_folder *made);

typedef struct norni_folder_file {
    const char *name; /* inside the folder */
    /* Appends to out->buf, flushing now and then. */
    norn_status (*write)(const void *arg, size_t k, norni_out *out, norn_err *err);
} norni_folder_file;
enum { NORNI_FOLDER_MOST = 24 };

/* All of them written, then all of them named: after a failure not one is there. */
NORN_CHECKED norn_status norni_out_folder_write(const norn_alloc *alloc, const char *folder,
                                                const norni_folder_file *file, size_t n,
                                                const void *arg, norn_err *err);

#endif
