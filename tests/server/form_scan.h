/* A whole form scanned in pieces of any size into one flat text: what its tests and its fuzz harness compare. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FORM_SCAN_H
#define TESTS_FORM_SCAN_H

#include "server/http_multipart.h"

static unsigned form_begin(void *user, const char *name, const char *filename, const char *type) {
    norni_buf_format(user, "[%s|%s|%s:", name, filename ? filename : "-", type ? type : "-");
    return 0;
}

static unsigned form_bytes(void *user, const char *p, size_t n) {
    norni_buf_add(user, p, n);
    return 0;
}

static unsigned form_end(void *user) {
    norni_buf_text(user, "]");
    return 0;
}

/* The status; *out: every part, as [name|filename|type:bytes]. step 0: pieces of 1, 2, 3 … bytes. */
static inline unsigned form_scan(const char *type, const char *p, size_t n, size_t step,
                                 norni_buf *out) {
    const http_multipart_to to = {form_begin, form_bytes, form_end, out};
    http_multipart m;
    out->n = 0;
    unsigned status = http_multipart_init(&m, type, &to);
    for (size_t at = 0, piece = 1; at < n && status == 0; piece++) {
        const size_t want = step ? step : piece, some = n - at < want ? n - at : want;
        status = http_multipart_feed(&m, p + at, some);
        at += some;
    }
    return status != 0 ? status : http_multipart_finish(&m);
}

#endif
