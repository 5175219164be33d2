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
    norni_json_key(&j, "item");
    norni_json_str(&j, id);
    norni_json_key(&j, "status");
    norni_json_str(&j, norni_str_of(norn_status_name(o->status)));
    norni_json_key(&j, "message");
    norni_json_str(&j, norni_str_of(o->message ? o->message : ""));
    norni_json_key(&j, "attempts");
    norni_json_int(&j, o->attempts);
    norni_json_key(&j, "model");
    norni_json_str(&j, column);
    if (cutoff != NULL) {
        norni_json_key(&j, "cutoff");
        norni_json_str(&j, *cutoff);
    }
    norni_json_close(&j, '}');
}

void norni_failure_line(norni_str id, norni_str column, const norni_outcome *o, norni_buf *b) {
    norni_buf_format(b, "%.*s, %.*s: %s", (int)id.n, id.p, (int)column.n, column.p,
                     o->message ? o->message : "");
}
