/* Fuzzing forms: any bytes, cut into any pieces, give the same parts or the same refusal; what is put into a form comes out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "../server/form_scan.h"

#define TYPE "multipart/form-data; boundary=bb"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

/* One part that holds the bytes, and one behind it. */
static void round_trip(const char *p, size_t n, norni_buf *form, norni_buf *out) {
    static const char head[] = "--bb\r\nContent-Disposition: form-data; name=a\r\n\r\n",
                      tail[] =
                          "\r\n--bb\r\nContent-Disposition: form-data; name=b\r\n\r\ny\r\n--bb--",
                      before[] = "[a|-|-:", after[] = "][b|-|-:y]";
    if (memmem(p, n, "\r\n--bb", 6) != NULL) return;
    form->n = 0;
    norni_buf_text(form, head);
    norni_buf_add(form, p, n);
    norni_buf_text(form, tail);
    demand(form_scan(TYPE, form->p, form->n, 7, out) == 0);
    demand(out->n == sizeof before - 1 + n + sizeof after - 1);
    demand(n == 0 || memcmp(out->p + sizeof before - 1, p, n) == 0);
    demand(memcmp(out->p + sizeof before - 1 + n, after, sizeof after - 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const norn_alloc alloc = norni_alloc_default();
    const char *p = (const char *)data;
    norni_buf whole, pieces;
    norni_buf_init(&whole, &alloc);
    norni_buf_init(&pieces, &alloc);
    const unsigned status = form_scan(TYPE, p, size, size + 1, &whole);
    demand(status == 0 || status == 400);
    demand(whole.n <= size + 32 * (HTTP_MOST_PARTS + 1));
    static const size_t step[] = {0, 1, 2, 3, 5, 64};
    for (size_t i = 0; i < sizeof step / sizeof step[0]; i++) {
        demand(form_scan(TYPE, p, size, step[i], &pieces) == status);
        demand(pieces.n == whole.n && (whole.n == 0 || memcmp(pieces.p, whole.p, whole.n) == 0));
    }
    round_trip(p, size, &whole, &pieces);
    norni_buf_clear(&whole);
    norni_buf_clear(&pieces);
    return 0;
}
