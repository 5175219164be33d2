/* Signature version 4: the Authorization header of a request to S3. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_S3_SIGN_H
#define NORNI_S3_SIGN_H

#include "io/s3_crypto.h"

typedef struct norni_s3_pair {
    norni_str name, value;
} norni_s3_pair;

/* All borrowed. `header` holds every header that is signed, host and x-amz-date among them, by name in
 * lower case, in any order; at most NORNI_S3_MOST_PAIRS of each kind. */
typedef struct norni_s3_request {
    const char *method;
    norni_str path;                      /* as it is sent: encoded, beginning with / */
    const norni_s3_pair *query, *header; /* query: not encoded */
    size_t n_query, n_header;
    const char *payload; /* SHA-256 of the body in hex, or UNSIGNED-PAYLOAD */
    const char *time;    /* 20130524T000000Z */
    const char *region, *service;
} norni_s3_request;
enum { NORNI_S3_MOST_PAIRS = 16 };

/* RFC 3986: all but A-Z a-z 0-9 - . _ ~ (and / when it is kept) as %XX. */
void norni_s3_encode(norni_buf *out, norni_str text, bool keep_slash);
/* "a=1&b=2", encoded and in the order that signing wants. NORN_E_ARG: too many pairs. */
NORN_CHECKED norn_status norni_s3_query(norni_buf *out, const norni_s3_pair *query, size_t n,
                                        norn_err *err);
/* Appends "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...". */
NORN_CHECKED norn_status norni_s3_sign(const norni_s3_crypto *c, const norni_s3_request *r,
                                       const char *key_id, const char *secret, norni_buf *out,
                                       norn_err *err);

#endif
