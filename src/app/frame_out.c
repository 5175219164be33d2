/* An answer's rows as columns in memory: ids and times in the kind they came in, numbers beside. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/frame.h"
#include "app/method.h"
#include "app/registry.h"
#include "base/map.h"
#include "base/numtext.h"

norn_status norni_frame_begin(norni_frame *frame, norni_arena *arena, size_t n, size_t room,
                              norn_err *err) {
    norni_frame_column *column = norni_arena_zero(arena, room, sizeof *column);
    *frame = (norni_frame){.n = n, .column = column};
    return column ? NORN_OK : norni_alloc_fail(err, "answer", room, sizeof *column);
}

/* Adds the column under a name of its own: the panel's goes with the panel. */
static norn_status add_column(norni_frame *frame, norni_arena *arena, norni_frame_column c,
                              norn_err *err) {
    c.name.p = c.name.p ? norni_arena_text(arena, c.name.p, c.name.n) : NULL;
    if (c.name.p == NULL) return norni_alloc_fail(err, "answer", c.name.n, 1);
    frame->column[frame->n_columns++] = c;
    return NORN_OK;
}

norn_status norni_frame_add_number(norni_frame *frame, norni_arena *arena, norni_str name,
                                   double **out, norn_err *err) {
    double *v = norni_arena_get(arena, frame->n, sizeof *v);
    if (v == NULL) return norni_alloc_fail(err, "answer", frame->n, sizeof *v);
    *out = v;
    const norni_frame_column c = {.name = name, .kind = NORNI_FRAME_NUMBER, .number = v};
    return add_column(frame, arena, c, err);
}

norn_status norni_frame_add_integer(norni_frame *frame, norni_arena *arena, norni_str name,
                                    int64_t **out, norn_err *err) {
    int64_t *v = norni_arena_get(arena, frame->n, sizeof *v);
    if (v == NULL) return norni_alloc_fail(err, "answer", frame->n, sizeof *v);
    *out = v;
    const norni_frame_column c = {.name = name, .kind = NORNI_FRAME_INTEGER, .integer = v};
    return add_column(frame, arena, c, err);
}

static norn_status integer_ids(norni_frame *frame, norni_arena *arena, const norni_panel *p,
                               norni_str name, const size_t *of_row, norn_err *err) {
    int64_t *v = norni_arena_get(arena, frame->n, sizeof *v),
            *id = norni_arena_get(arena, p->n_series, sizeof *id);
    if (!v || !id) return norni_alloc_fail(err, "answer", frame->n, sizeof *v);
    for (size_t i = 0; i < p->n_series; i++) {
        const norni_str text = norni_panel_id(p, i);
        if (norni_int_parse(text.p, text.n, &id[i]) != NORNI_NUM_OK)
            return norn_fail(err, NORN_E_DATA, "the kept models' id '%.*s' is no integer",
                             (int)(text.n > 60 ? 60 : text.n), text.p);
    }
    for (size_t r = 0; r < frame->n; r++)
        v[r] = id[of_row[r]];
    const norni_frame_column c = {.name = name, .kind = NORNI_FRAME_INTEGER, .integer = v};
    return add_column(frame, arena, c, err);
}

norn_status norni_frame_add_ids(norni_frame *frame, norni_arena *arena, const norni_panel *p,
                                const norni_frame_column *like, const size_t *of_row,
                                norn_err *err) {
    const norni_str name = p->id_name.p ? p->id_name : norni_str_of("unique_id");
    if (like != NULL && like->kind == NORNI_FRAME_INTEGER)
        return integer_ids(frame, arena, p, name, of_row, err);
    uint32_t *code = norni_arena_get(arena, frame->n, sizeof *code);
    norni_str *text = norni_arena_get(arena, p->n_series, sizeof *text);
    char *bytes = norni_arena_get(arena, p->id_offsets[p->n_series] - p->id_offsets[0] + 1, 1);
    if (!code || !text || !bytes) return norni_alloc_fail(err, "answer", frame->n, sizeof *code);
    for (size_t i = 0, at = 0; i < p->n_series; i++) {
        const norni_str id = norni_panel_id(p, i);
        if (id.n > 0) memcpy(bytes + at, id.p, id.n);
        text[i] = (norni_str){bytes + at, id.n};
        at += id.n;
    }
    for (size_t r = 0; r < frame->n; r++)
        code[r] = (uint32_t)of_row[r];
    const norni_frame_column c = {
        .name = name, .kind = NORNI_FRAME_TEXT, .code = code, .text = text, .n_text = p->n_series};
    return add_column(frame, arena, c, err);
}

/* Equal times are one text. */
static norn_status text_times(norni_frame *frame, norni_arena *arena, norni_str name,
                              const norni_time_style *style, const int64_t *time, norn_err *err) {
    uint32_t *code = norni_arena_get(arena, frame->n, sizeof *code);
    norni_str *text = NULL;
    norni_map seen;
    bool room = code != NULL;
    norni_map_init(&seen, arena->alloc);
    for (size_t r = 0; r < frame->n && room; r++) {
        char printed[48];
        bool added = false;
        const norni_str key = {printed, norni_time_print(printed, time[r], style)};
        int64_t at = norni_map_find(&seen, key);
        if (at == NORNI_MAP_NONE) {
            const char *kept = norni_arena_text(arena, printed, key.n);
            at = kept ? norni_map_add(&seen, (norni_str){kept, key.n}, &added) : NORNI_MAP_NONE;
        }
        room = at != NORNI_MAP_NONE;
        code[r] = (uint32_t)at;
    }
    const size_t n = seen.n;
    if (room) text = norni_arena_get(arena, n, sizeof *text);
    if (text != NULL && n > 0) memcpy(text, seen.keys, n * sizeof *text);
    norni_map_clear(&seen);
    if (text == NULL) return norni_alloc_fail(err, "answer", frame->n, sizeof *code);
    const norni_frame_column c = {
        .name = name, .kind = NORNI_FRAME_TEXT, .code = code, .text = text, .n_text = n};
    return add_column(frame, arena, c, err);
}

norn_status norni_frame_add_times(norni_frame *frame, norni_arena *arena, norni_str name,
                                  const norni_panel *p, const norni_frame_column *like,
                                  const int64_t *time, norn_err *err) {
    const norni_time_kind style = p->style.kind;
    const bool index = style == NORNI_TIME_INDEX, plain = like == NULL;
    const int64_t unit = style == NORNI_TIME_EPOCH_S    ? NORNI_US_SECOND
                         : style == NORNI_TIME_EPOCH_MS ? 1000
                                                        : 1;
    const bool whole = index || unit > 1;
    if (like ? like->kind == NORNI_FRAME_TEXT
             : !whole && style != NORNI_TIME_DATE && style != NORNI_TIME_DATETIME)
        return text_times(frame, arena, name, &p->style, time, err);
    int64_t *v = norni_arena_get(arena, frame->n, sizeof *v);
    if (v == NULL) return norni_alloc_fail(err, "answer", frame->n, sizeof *v);
    for (size_t r = 0; r < frame->n; r++)
        v[r] = time[r] == NORNI_TIME_NONE ? NORNI_TIME_NONE : time[r] / unit;
    const norni_frame_column c = {.name = name,
                                  .kind = whole ? NORNI_FRAME_INTEGER : NORNI_FRAME_TIME,
                                  .integer = v,
                                  .date = plain ? style == NORNI_TIME_DATE : like->date,
                                  .zoned = plain ? p->style.zone : like->zoned};
    return add_column(frame, arena, c, err);
}

norn_status norni_frame_add_keys(norni_frame *frame, norni_arena *arena, const norni_panel *p,
                                 const norni_frame *data, const size_t *of_row, const int64_t *time,
                                 norn_err *err) {
    const norni_frame_column *id = data && p->id_name.p ? norni_frame_find(data, p->id_name) : NULL,
                             *ds = data && p->time_name.p ? norni_frame_find(data, p->time_name)
                                                          : NULL;
    if (p->has_id) NORN_TRY(norni_frame_add_ids(frame, arena, p, id, of_row, err));
    return norni_frame_add_times(frame, arena, p->time_name.p ? p->time_name : norni_str_of("ds"),
                                 p, ds, time, err);
}

norn_status norni_frame_add_horizon(norni_frame *frame, norni_arena *arena, const norni_panel *p,
                                    const norni_frame *data, size_t horizon, size_t n_paths,
                                    norn_err *err) {
    size_t *of_row = norni_arena_get(arena, frame->n, sizeof *of_row), r = 0;
    int64_t *time = norni_arena_get(arena, frame->n, sizeof *time);
    if (!of_row || !time) return norni_alloc_fail(err, "answer", frame->n, 16);
    for (size_t i = 0; i < p->n_series; i++) {
        for (size_t k = 0; k < n_paths * horizon; k++, r++) {
            of_row[r] = i;
            time[r] = k < horizon ? norni_panel_future(p, i, k) : time[r - horizon];
        }
    }
    return norni_frame_add_keys(frame, arena, p, data, of_row, time, err);
}

norni_str norni_frame_name(norni_arena *arena, norni_str column, const norni_doubles *levels,
                           size_t end) {
    norni_buf b;
    norni_buf_init(&b, arena->alloc);
    norni_buf_add(&b, column.p, column.n);
    if (end > 0) {
        norni_buf_text(&b, end % 2 ? "-lo-" : "-hi-");
        norni_buf_num(&b, levels->v[(end - 1) / 2]);
    }
    const norni_str name = {b.failed ? NULL : norni_arena_text(arena, b.p, b.n), b.n};
    norni_buf_clear(&b);
    return name;
}

norn_status norni_frame_options(const char *op, const norni_frame_call *call, norni_arena *arena,
                                void *opt, size_t size, norn_err *err) {
    const norni_op *o = norni_registry_op(norni_str_of(op));
    if (o == NULL || o->opt_size != size)
        return norn_fail(err, NORN_E_INTERNAL, "%s: no such operation", op);
    memset(opt, 0, size);
    for (size_t g = 0; g < o->n_groups; g++)
        NORN_TRY(norni_param_defaults(o->groups[g].rows, *o->groups[g].n_rows, opt, arena, err));
    for (size_t i = 0; i < call->n_options; i++) {
        const norni_param *row = NULL;
        for (size_t g = 0; g < o->n_groups && row == NULL; g++)
            row = norni_param_find(o->groups[g].rows, *o->groups[g].n_rows,
                                   norni_str_of(call->option[i]));
        if (row == NULL)
            return norn_fail(err, NORN_E_ARG, "%s: there is no option '%s'", op, call->option[i]);
        NORN_TRY(norni_param_set(row, opt, norni_str_of(call->value[i]), arena, op, err));
    }
    return NORN_OK;
}

void norni_frame_say(void *said, const char *text) {
    norni_buf_text(said, text);
    norni_buf_text(said, "\n");
}

void norni_frame_say_panel(norni_buf *said, const norni_panel *p, const norni_align_report *r,
                           const norni_ints *seasons) {
    char freq[32], season[64];
    if (p->n_series == 0) return;
    norni_freq_print(freq, sizeof freq, p->freq[0], p->start[0]);
    norni_seasons_print(seasons, norni_freq_season(p->freq[0]), season, sizeof season);
    norni_buf_format(said, "frequency %s, season length %s%s\n%zu series, %zu observations\n", freq,
                     season, norni_freq_remedy(p->freq[0]), p->n_series, p->n_obs);
    if (r->n_gaps > 0)
        norni_buf_format(
            said, "%zu missing periods in %zu series filled with missing values; first: %s\n",
            r->n_gaps, r->n_gap_series, r->first_gap);
    if (r->n_duplicates > 0)
        norni_buf_format(said, "%zu duplicate rows resolved; first: %s\n", r->n_duplicates,
                         r->first_duplicate);
}

void norni_frame_result_clear(norni_frame_result *r) {
    if (r->arena.alloc == NULL) return;
    norni_buf_clear(&r->said);
    norni_buf_clear(&r->failed);
    norni_arena_clear(&r->arena);
    memset(r, 0, sizeof *r);
}
