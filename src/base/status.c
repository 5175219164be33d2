/* Statuses and error texts: what every call of Norn returns, and the words that go with it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <norn/status.h>

#include "base/alloc.h"
#include "base/str.h"

const char *norn_status_name(norn_status status) {
    switch (status) {
#define NORN_STATUS_CASE(name, value, text) \
    case name: return text;
        NORN_STATUS_LIST(NORN_STATUS_CASE)
#undef NORN_STATUS_CASE
    }
    return "unknown";
}

norn_status norn_fail(norn_err *err, norn_status code, const char *fmt, ...) {
    if (err == NULL) return code;
    va_list ap;
    va_start(ap, fmt);
    norni_vformat(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    err->code = code;
    return code;
}

norn_status norni_alloc_fail(norn_err *err, const char *part, size_t n, size_t size) {
    return norn_fail(err, NORN_E_MEM, "%s: out of memory (wanted %zu x %zu bytes)", part, n, size);
}
