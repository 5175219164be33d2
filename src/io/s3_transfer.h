/* One exchange with S3 over libcurl, a file at this end: bytes, status, and what the answer says. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_S3_TRANSFER_H
#define NORNI_S3_TRANSFER_H

#include "base/alloc.h"
#include "base/poll.h"
#include "base/str.h"

struct norni_s3_curl;
typedef struct norni_s3_transfer {
    const norn_alloc *alloc;
    const norni_poll *poll;
    struct norni_s3_curl *curl;
    int fd;
    uint64_t at, size; /* bytes fetched or sent so far; bytes to send */
    /* of the last exchange */
    long status; /* of HTTP; 0: there was no answer */
    bool broken; /* no answer, or not a whole one */
    int failure; /* errno of the file at this end, or 0 */
    char etag[96], bucket_region[48];
    norni_buf said; /* an answer that is not the object: S3's words */
    char why[128];  /* what broke */
} norni_s3_transfer;

void norni_s3_transfer_init(norni_s3_transfer *t, const norn_alloc *alloc, const norni_poll *poll);
/* Loads libcurl. NORN_E_IO: it is not on this machine. */
NORN_CHECKED norn_status norni_s3_transfer_open(norni_s3_transfer *t, norn_err *err);
void norni_s3_transfer_close(norni_s3_transfer *t);
void norni_s3_forget_headers(norni_s3_transfer *t);
NORN_CHECKED norn_status norni_s3_header(norni_s3_transfer *t, const char *name, norni_str value,
                                         norn_err *err);
/* Gets the url's bytes into the file from t->at on (from 0 when the answer is the whole object), or
 * sends the file. Fails for what no further attempt mends: cancel, memory, the file at this end, a
 * certificate; else status and `broken` tell. */
NORN_CHECKED norn_status norni_s3_exchange(norni_s3_transfer *t, const char *url, bool sends,
                                           norn_err *err);
/* "403 AccessDenied: ...; look at ..." */
NORN_CHECKED norn_status norni_s3_fail(const norni_s3_transfer *t, int attempts, norn_err *err);

#endif
