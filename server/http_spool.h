/* Where uploads wait: a private folder of the server, one below it for each request, and no trace of either afterwards. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_HTTP_SPOOL_H
#define SERVER_HTTP_SPOOL_H

#include <limits.h>

#include "base/str.h"

typedef struct http_spool {
    char path[PATH_MAX]; /* of the server's folder */
    int fd;              /* of that folder */
    int lock; /* held as long as the server lives: a folder whose lock is free is stale */
} http_spool;

/* Removes what killed servers left in `dir`, then makes the folder. NORN_E_IO names the folder and the remedy. */
NORN_CHECKED norn_status http_spool_open(http_spool *s, const char *dir, norn_err *err);
void http_spool_close(http_spool *s);
/* Removes a folder and all in it; links are not followed. */
void http_spool_remove(int parent, const char *name);

#endif
