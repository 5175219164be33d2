/* What a run folder's header says, so that another run is told apart. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/run_header.h"

void norni_header_rows(const norni_param *rows, size_t n, const void *opt, const char *const *skip,
                       norni_buf *b) {
    for (size_t i = 0; i < n; i++) {
        bool bears = true;
        for (size_t k = 0; skip && skip[k]; k++)
            bears = bears && strcmp(rows[i].name, skip[k]) != 0;
        if (!bears) continue;
        norni_buf_format(b, "%s: ", rows[i].name);
        norni_param_print(&rows[i], opt, b);
        norni_buf_text(b, "\n");
    }
}

void norni_header_panel(const norni_panel_opt *opt, norni_buf *b) {
    static const char *const common[] = {"seed", "retry-attempts"};
    norni_header_rows(norni_panel_rows, norni_n_panel_rows, opt, NULL, b);
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        const norni_param *row =
            norni_param_find(norni_common_rows, norni_n_common_rows, norni_str_of(common[i]));
        if (row != NULL) norni_header_rows(row, 1, opt, NULL, b);
    }
}

norn_status norni_header_file(norn_ctx *ctx, const char *what, const char *path, norni_buf *b,
                              norn_err *err) {
    char text[NORNI_DIGEST_TEXT];
    norni_hash128 hash;
    uint64_t size;
    norn_err why = {NORN_OK, ""};
    if (strcmp(path, "-") == 0) {
        norni_buf_format(b, "%s: standard input\n", what);
        return NORN_OK;
    }
    const norn_status st = norni_file_hash(ctx, path, &size, &hash, &why);
    if (st != NORN_OK) return norn_fail(err, st, "%s: %s", path, why.text);
    norni_hash_text(hash, text);
    norni_buf_format(b, "%s: %llu bytes %s\n", what, (unsigned long long)size, text);
    return NORN_OK;
}

void norni_header_series(const norni_panel *p, size_t i, norni_hash_stream *h) {
    const size_t n = norni_panel_n(p, i);
    const norni_str id = norni_panel_id(p, i);
    const uint64_t shape[7] = {n,
                               id.n,
                               (uint64_t)p->start[i],
                               (uint64_t)p->freq[i].unit,
                               (uint64_t)p->freq[i].step,
                               (uint64_t)p->freq[i].anchor,
                               p->times != NULL};
    norni_hash_stream_add(h, shape, sizeof shape);
    norni_hash_stream_add(h, id.p, id.n);
    norni_hash_stream_add(h, norni_panel_y(p, i), n * sizeof(double));
    if (p->times) norni_hash_stream_add(h, p->times + p->offsets[i], n * sizeof *p->times);
}
