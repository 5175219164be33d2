/* Objects of S3 as files: fetched whole into a nameless temporary file, sent whole from one. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_S3_CLIENT_H
#define NORNI_S3_CLIENT_H

#include "base/alloc.h"
#include "base/poll.h"

bool norni_is_s3(const char *path); /* begins with s3:// */
/* Fetches the object into a file without a name in TMPDIR, *fd at its first byte (the caller closes it).
 * What a broken connection left is fetched on from there, of the same object (If-Match), three times at
 * most; so are 429 and 5xx. NORN_E_IO: S3's own words; NORN_E_ARG, NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_s3_fetch(const norn_alloc *alloc, const norni_poll *poll,
                                        const char *url, int *fd, norn_err *err);
/* Sends the file's bytes from 0 on (at most 5 GiB) as the object; S3 checks their SHA-256. */
NORN_CHECKED norn_status norni_s3_send(const norn_alloc *alloc, const norni_poll *poll, int fd,
                                       const char *url, norn_err *err);

#endif
