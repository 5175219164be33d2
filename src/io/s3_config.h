/* Where S3 is and who asks: an address taken apart, and the environment's keys, region and endpoint. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_S3_CONFIG_H
#define NORNI_S3_CONFIG_H

#include "base/arena.h"
#include "base/str.h"

/* All in the arena, or static. */
typedef struct norni_s3_config {
    const char *key_id, *secret; /* NULL: requests are not signed (public buckets) */
    const char *token;           /* of temporary keys, or NULL */
    const char *region;
    const char *endpoint; /* "http://127.0.0.1:9000", or NULL: Amazon's */
} norni_s3_config;

/* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION or AWS_DEFAULT_REGION,
 * AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL; what they lack comes from the section AWS_PROFILE (default)
 * of ~/.aws/credentials and ~/.aws/config (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE). NORN_E_ARG: an
 * id without its secret, or a value that no request may hold. */
NORN_CHECKED norn_status norni_s3_config_read(norni_arena *arena, norni_s3_config *out,
                                              norn_err *err);

/* s3://bucket/key */
typedef struct norni_s3_place {
    norni_str bucket, key;
} norni_s3_place;
/* NORN_E_ARG: no bucket, no key, or a name that no bucket has. */
NORN_CHECKED norn_status norni_s3_place_read(const char *url, norni_s3_place *out, norn_err *err);

#endif
