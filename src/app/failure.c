/* How an item that its own model did not serve is told: as JSON, and as a line for people. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/failure.h"

#include "io/writer.h"

void norni_failure_json(norni_str id, norni_str column, const norni_str *cutoff,
                        const norni_outcome *o, norni_buf *b) {
    norni_json j;
    norni_buf_text(b, ",");
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    norni_json_key_str(&j, "item", id);
    norni_json_key_str(&j, "status", norni_str_of(norn_status_name(o->status)));
    norni_json_key_str(&j, "message", norni_str_of(o->message ? o->message : ""));
    norni_json_key_int(&j, "attempts", o->attempts);
    norni_json_key_str(&j, "model", column);
    if (cutoff != NULL) {
        norni_json_key_str(&j, "cutoff", *cutoff);
    }
    norni_json_close(&j, '}');
}

/* What follows the model's name in a message that begins with it, as columns do. */
static const char *behind_name(const char *message, norni_str column) {
    const char *end = strstr(message, ": ");
    const size_t n = end ? (size_t)(end - message) : 0;
    if (n == 0 || n > column.n || memcmp(message, column.p, n) != 0) return message;
    return n == column.n || column.p[n] == '(' || column.p[n] == '[' ? end + 2 : message;
}

void norni_failure_line(norni_str id, norni_str column, const norni_outcome *o, norni_buf *b) {
    norni_buf_format(b, "%.*s%s%.*s: %s", (int)id.n, id.p, id.n ? ", " : "", (int)column.n,
                     column.p, behind_name(o->message ? o->message : "", column));
}
