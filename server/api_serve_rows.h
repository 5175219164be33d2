/* What the flags of `norn serve` fill. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_SERVE_ROWS_H
#define SERVER_API_SERVE_ROWS_H

#include "server/api_serve.h"

typedef struct api_serve_opt {
    const char *host, *token_file, *spool_dir, *cache_dir, *redis, *alert_url, *config;
    int32_t port, max_connections, max_per_ip, rate_per_minute, header_seconds, request_seconds;
    int32_t max_jobs, runners, workers, keep_jobs;
    norni_memsize max_body, memory_limit, keep_bytes, cache_limit;
    double job_seconds, keep_seconds, drain_seconds, alert_seconds;
    int32_t cache, log_format, log_level;
    bool no_tokens;
} api_serve_opt;

#endif
