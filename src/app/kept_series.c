/* What is kept of one series: where it ended, and the model of each column, as a record and back. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/kept_series.h"

#include "base/pack.h"

void norni_kept_pack(const norni_kept_series *k, norni_buf *out) {
    norni_pack_u32(out, (uint32_t)k->freq.unit);
    norni_pack_i32(out, k->freq.step);
    norni_pack_i32(out, k->freq.anchor);
    norni_pack_i64(out, k->n);
    norni_pack_u32(out, (uint32_t)k->n_times);
    for (size_t t = 0; t < k->n_times; t++)
        norni_pack_i64(out, k->times[t]);
    for (size_t i = 0; i < k->n_items; i++) {
        const norni_kept_item *item = &k->item[i];
        norni_pack_u32(out, (uint32_t)item->status * 2 + item->fallback);
        norni_pack_str(out, item->message);
        norni_pack_str(out, item->model);
    }
}

/* Times that norni_freq_at and its kin take: those that a reader gives. */
static void read_times(norni_unpack *u, norni_kept_series *k) {
    const bool index =
        k->freq.unit == NORNI_UNIT_INDEX || k->freq.unit == NORNI_UNIT_IRREGULAR; /* of either */
    const int64_t least = index ? -NORNI_INDEX_MAX : NORNI_TIME_MIN,
                  most = index ? NORNI_INDEX_MAX : NORNI_TIME_MAX;
    k->n_times = norni_unpack_count(u, 1, NORNI_KEPT_TIMES);
    for (size_t t = 0; t < k->n_times; t++) {
        k->times[t] = norni_unpack_between(u, least, most);
        if (t > 0 && k->times[t] <= k->times[t - 1]) u->failed = true;
    }
}

static void read_item(norni_unpack *u, norni_kept_item *item) {
    const uint32_t code = norni_unpack_count(u, 0, 2 * NORN_E_INTERNAL + 1);
    item->status = (norn_status)(code / 2);
    item->fallback = code % 2 == 1;
    item->message = norni_unpack_str(u);
    item->model = norni_unpack_str(u);
    if (item->status == NORN_E_CANCEL || (item->status == NORN_OK) != (item->model.n > 0) ||
        (item->status != NORN_OK && item->fallback))
        u->failed = true;
}

norn_status norni_kept_unpack(norni_str record, size_t n_items, norni_arena *arena,
                              norni_kept_series *out, norn_err *err) {
    norni_unpack u = {record, false};
    *out = (norni_kept_series){.n_items = n_items};
    out->freq.unit = (norni_unit)norni_unpack_count(&u, NORNI_UNIT_INDEX, NORNI_UNIT_IRREGULAR);
    out->freq.step = norni_unpack_i32(&u);
    out->freq.anchor = norni_unpack_i32(&u);
    if (out->freq.step < 1 || out->freq.anchor < 0 || out->freq.anchor > NORNI_BUSINESS_END) u.failed = true;
    out->n = norni_unpack_between(&u, 1, INT64_MAX / 2);
    read_times(&u, out);
    out->item = norni_arena_zero(arena, n_items, sizeof *out->item);
    if (out->item == NULL) return norni_alloc_fail(err, "load", n_items, sizeof *out->item);
    for (size_t i = 0; i < n_items; i++)
        read_item(&u, &out->item[i]);
    if (norni_unpack_end(&u)) return NORN_OK;
    return norn_fail(err, NORN_E_FORMAT, "load: a record that is none of a series and its models");
}
