/* The sheets' series and blends joined by day and written: targets, futures, statics, and all in one. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A day that stands in two months' sheets (their first and last columns overlap) takes the value of the
 * sheet whose month it is in; else the later sheet's. Several samples of a day in the laboratory are
 * their mean; in final.csv a result holds until the next one, 31 days at most, as it is what is known of
 * the stream. Yields, API, sulphur and shares of a day are the means over its month's blends. */
#include <math.h>

#include "base/fp.h"
#include "base/map.h"
#include "base/sort.h"
#include "app/multi_etl_parts.h"
#include "io/writer.h"

enum { MOST_DAYS = 200000, LAB_DAYS = 31 };

/* A month's blends as means. */
typedef struct month_mean {
    int32_t month;
    size_t n, n_yield[NORNI_ETL_YIELDS], n_api, n_sulphur;
    double yield[NORNI_ETL_YIELDS], api, sulphur, *share; /* (n_crudes) */
} month_mean;

/* A blend that is written: of one id and month the last. */
typedef struct blend_row {
    const norni_etl_sheet *sheet;
    const norni_etl_blend *blend;
} blend_row;

typedef struct etl_table {
    const norni_op_env *env;
    norni_arena arena;
    norni_etl_sheet *sheet;
    size_t n_sheets;
    int64_t first, n_days; /* days from the first to the last, those without a row too */
    bool *has;             /* (n_days) some sheet has the day */
    norni_map names;       /* series, in order: flows, feeds, the others as they come */
    double *v;             /* (names.n, n_days) */
    uint8_t *own;          /* (names.n, n_days) 0: nothing, 1: another month's sheet, 2: its own */
    uint32_t *samples;     /* (names.n, n_days) of the laboratory */
    norni_map crudes;      /* in the order of their bytes when written */
    size_t *crude_order;
    blend_row *blend;
    size_t n_blends;
    month_mean *month;
    size_t n_months;
    const char *output;
    norni_hash_stream hash; /* of all that is written */
} etl_table;

static bool daily(const norni_etl_sheet *s) {
    return s->kind == NORNI_ETL_TAGS || s->kind == NORNI_ETL_LAB;
}

/* Names and days that there are. */
static norn_status collect(etl_table *t, norn_err *err) {
    int64_t last = INT64_MIN;
    t->first = INT64_MAX;
    for (size_t k = 0; k < NORNI_ETL_FLOWS; k++) {
        if (norni_map_add(&t->names, norni_str_of(norni_etl_flow[k].name), NULL) < 0)
            return norni_alloc_fail(err, "etl", t->names.n, 32);
    }
    for (size_t k = 0; k < NORNI_ETL_FEEDS; k++) {
        if (norni_map_add(&t->names, norni_str_of(norni_etl_feed[k]), NULL) < 0)
            return norni_alloc_fail(err, "etl", t->names.n, 32);
    }
    for (size_t i = 0; i < t->n_sheets; i++) {
        const norni_etl_sheet *s = &t->sheet[i];
        for (size_t k = 0; k < s->n_series && daily(s); k++) {
            if (norni_map_add(&t->names, s->series[k], NULL) < 0)
                return norni_alloc_fail(err, "etl", t->names.n, 32);
        }
        for (size_t k = 0; k < s->n_days && s->kind == NORNI_ETL_TAGS; k++) {
            t->first = s->day[k] < t->first ? s->day[k] : t->first;
            last = s->day[k] > last ? s->day[k] : last;
        }
    }
    t->n_days = last - t->first + 1;
    if (t->n_days > MOST_DAYS)
        return norn_fail(err, NORN_E_DATA, "etl: the sheets' dates span %lld days",
                         (long long)t->n_days);
    const size_t days = (size_t)t->n_days, n = t->names.n;
    t->has = norni_arena_zero(&t->arena, days, sizeof *t->has);
    t->v = norni_arena_get(&t->arena, n * days, sizeof *t->v);
    t->own = norni_arena_zero(&t->arena, n * days, sizeof *t->own);
    t->samples = norni_arena_zero(&t->arena, n * days, sizeof *t->samples);
    if (!t->has || !t->v || !t->own || !t->samples)
        return norni_alloc_fail(err, "etl", n * days, sizeof *t->v);
    for (size_t k = 0; k < n * days; k++)
        t->v[k] = NORNI_NAN;
    return NORN_OK;
}

static void join_series(etl_table *t, const norni_etl_sheet *s, size_t k) {
    const size_t days = (size_t)t->n_days, name = (size_t)norni_map_find(&t->names, s->series[k]);
    for (size_t d = 0; d < s->n_days; d++) {
        const double v = s->v[k * s->n_days + d];
        const int64_t at = s->day[d] - t->first;
        if (at < 0 || at >= t->n_days || isnan(v)) continue;
        const size_t cell = name * days + (size_t)at;
        if (s->kind == NORNI_ETL_LAB) {
            const double n = ++t->samples[cell];
            t->v[cell] = n == 1 ? v : t->v[cell] + (v - t->v[cell]) / n;
            continue;
        }
        const uint8_t own = norni_etl_month(s->day[d]) == s->month ? 2 : 1;
        if (own < t->own[cell]) continue;
        t->v[cell] = v;
        t->own[cell] = own;
    }
}

static void join_days(etl_table *t) {
    for (size_t i = 0; i < t->n_sheets; i++) {
        const norni_etl_sheet *s = &t->sheet[i];
        for (size_t d = 0; d < s->n_days && s->kind == NORNI_ETL_TAGS; d++)
            t->has[s->day[d] - t->first] = true;
        for (size_t k = 0; k < s->n_series && daily(s); k++)
            join_series(t, s, k);
    }
}

/* A laboratory's result holds until the next one. */
static void hold_samples(etl_table *t) {
    const size_t days = (size_t)t->n_days;
    for (size_t k = 0; k < t->names.n; k++) {
        size_t age = LAB_DAYS;
        for (size_t d = 0; d < days; d++) {
            double *v = &t->v[k * days + d];
            age = t->samples[k * days + d] > 0 ? 0 : age + 1;
            if (isnan(*v) && age < LAB_DAYS && d > 0) *v = v[-1];
        }
    }
}

static int compare_keys(const void *arg, size_t a, size_t b) {
    const norni_map *map = arg;
    return norni_str_cmp(map->keys[a], map->keys[b]);
}

/* Blends of all sheets, of one id and month the last; crudes by name. */
static norn_status join_blends(etl_table *t, norn_err *err) {
    size_t most = 0;
    for (size_t i = 0; i < t->n_sheets; i++)
        most += t->sheet[i].n_blends;
    t->blend = norni_arena_get(&t->arena, most, sizeof *t->blend);
    t->month = norni_arena_zero(&t->arena, most, sizeof *t->month);
    if (t->blend == NULL || t->month == NULL)
        return norni_alloc_fail(err, "etl", most, sizeof *t->blend);
    for (size_t i = 0; i < t->n_sheets; i++) {
        const norni_etl_sheet *s = &t->sheet[i];
        for (size_t k = 0; k < s->n_crudes; k++) {
            if (norni_map_add(&t->crudes, s->crude[k], NULL) < 0)
                return norni_alloc_fail(err, "etl", t->crudes.n, 32);
        }
        for (size_t k = 0; k < s->n_blends; k++) {
            size_t j = 0;
            while (j < t->n_blends && (norni_str_cmp(t->blend[j].blend->id, s->blend[k].id) != 0 ||
                                       t->blend[j].blend->month != s->blend[k].month))
                j++;
            t->blend[j] = (blend_row){s, &s->blend[k]};
            t->n_blends += j == t->n_blends;
        }
    }
    t->crude_order = norni_arena_get(&t->arena, t->crudes.n, sizeof *t->crude_order);
    size_t *room = norni_arena_get(&t->arena, t->crudes.n, sizeof *room);
    if (t->crude_order == NULL || room == NULL)
        return norni_alloc_fail(err, "etl", t->crudes.n, sizeof *room);
    for (size_t k = 0; k < t->crudes.n; k++)
        t->crude_order[k] = k;
    norni_sort_index(t->crude_order, t->crudes.n, compare_keys, &t->crudes, room);
    return NORN_OK;
}

static double share_of(const etl_table *t, const blend_row *b, size_t crude) {
    double share = 0;
    for (size_t k = 0; k < b->sheet->n_crudes; k++) { /* a crude that stands twice counts twice */
        if (norni_str_cmp(b->sheet->crude[k], t->crudes.keys[crude]) == 0)
            share += b->blend->share[k];
    }
    return share;
}

static void add_mean(double *mean, size_t *n, double v) {
    if (isnan(v)) return;
    ++*n;
    *mean += (v - *mean) / (double)*n;
}

static norn_status make_months(etl_table *t, norn_err *err) {
    for (size_t i = 0; i < t->n_blends; i++) {
        const norni_etl_blend *b = t->blend[i].blend;
        size_t m = 0;
        if (b->month == NORNI_ETL_NO_MONTH) continue;
        while (m < t->n_months && t->month[m].month != b->month)
            m++;
        month_mean *mean = &t->month[m];
        if (m == t->n_months) {
            mean->month = b->month;
            mean->share = norni_arena_zero(&t->arena, t->crudes.n, sizeof *mean->share);
            if (mean->share == NULL)
                return norni_alloc_fail(err, "etl", t->crudes.n, sizeof *mean->share);
            t->n_months++;
        }
        mean->n++;
        for (int y = 0; y < NORNI_ETL_YIELDS; y++)
            add_mean(&mean->yield[y], &mean->n_yield[y], b->yield[y]);
        add_mean(&mean->api, &mean->n_api, b->api);
        add_mean(&mean->sulphur, &mean->n_sulphur, b->sulphur);
        for (size_t c = 0; c < t->crudes.n; c++)
            mean->share[c] += (share_of(t, &t->blend[i], c) - mean->share[c]) / (double)mean->n;
    }
    return NORN_OK;
}

static const month_mean *month_at(const etl_table *t, int64_t day) {
    for (size_t m = 0; m < t->n_months; m++) {
        if (t->month[m].month == norni_etl_month(day)) return &t->month[m];
    }
    return NULL;
}

static void put_date(norni_buf *b, int64_t day) {
    static const norni_time_style dates = {.kind = NORNI_TIME_DATE, .sep = '-'};
    char text[48];
    norni_buf_add(b, text, norni_time_print(text, day * NORNI_US_DAY, &dates));
}

static void put_cell(norni_buf *b, double v) {
    norni_buf_text(b, ",");
    norni_csv_num(b, v);
}

static void put_name(norni_buf *b, const char *before, norni_str name) {
    norni_buf_text(b, ",");
    if (before[0] == '\0') {
        norni_csv_text(b, name, false);
        return;
    }
    const bool quotes = memchr(name.p, ',', name.n) != NULL || memchr(name.p, '"', name.n) != NULL;
    norni_buf_text(b, quotes ? "\"" : "");
    norni_buf_text(b, before);
    for (size_t k = 0; k < name.n; k++) {
        if (name.p[k] == '"') norni_buf_text(b, "\"");
        const char c = name.p[k] == ' ' && strcmp(before, "crude_") == 0 ? '_' : name.p[k];
        norni_buf_add(b, &c, 1);
    }
    norni_buf_text(b, quotes ? "\"" : "");
}

/* Which groups of columns a table of days has. */
typedef enum day_group { FLOWS = 1, YIELDS = 2, FEEDS = 4, OTHERS = 8, STATICS = 16 } day_group;

static bool in_group(size_t series, unsigned groups) {
    if (series < NORNI_ETL_FLOWS) return (groups & FLOWS) != 0;
    return series < NORNI_ETL_FLOWS + NORNI_ETL_FEEDS ? (groups & FEEDS) != 0
                                                      : (groups & OTHERS) != 0;
}

static void put_yields(norni_buf *b, const month_mean *m, bool head) {
    for (int y = 0; y < NORNI_ETL_YIELDS; y++) {
        if (head)
            put_name(b, "Blend_Yield_", norni_str_of(norni_etl_yield[y]));
        else
            put_cell(b, m != NULL && m->n_yield[y] > 0 ? m->yield[y] : NORNI_NAN);
    }
}

static void put_statics(const etl_table *t, norni_buf *b, const month_mean *m, bool head) {
    if (head)
        norni_buf_text(b, ",API,Sulphur");
    else {
        put_cell(b, m != NULL && m->n_api > 0 ? m->api : NORNI_NAN);
        put_cell(b, m != NULL && m->n_sulphur > 0 ? m->sulphur : NORNI_NAN);
    }
    for (size_t k = 0; k < t->crudes.n; k++) {
        if (head)
            put_name(b, "crude_", t->crudes.keys[t->crude_order[k]]);
        else
            put_cell(b, m != NULL ? m->share[t->crude_order[k]] : NORNI_NAN);
    }
}

/* The header (day < 0) or a day's row. */
static void put_row(const etl_table *t, norni_buf *b, int64_t day, unsigned groups) {
    const bool head = day < 0;
    const month_mean *m = head ? NULL : month_at(t, t->first + day);
    if (head)
        norni_buf_text(b, "date");
    else
        put_date(b, t->first + day);
    for (size_t k = 0; k < t->names.n; k++) {
        if (k == NORNI_ETL_FLOWS && (groups & YIELDS)) put_yields(b, m, head);
        if (!in_group(k, groups)) continue;
        if (head)
            put_name(b, "", t->names.keys[k]);
        else
            put_cell(b, t->v[k * (size_t)t->n_days + (size_t)day]);
    }
    if (groups & STATICS) put_statics(t, b, m, head);
    norni_buf_text(b, "\n");
}

static void put_blends(const etl_table *t, norni_buf *b) {
    norni_buf_text(b, "blend_id");
    put_statics(t, b, NULL, true);
    norni_buf_text(b, ",month\n");
    for (size_t i = 0; i < t->n_blends; i++) {
        const norni_etl_blend *blend = t->blend[i].blend;
        norni_csv_text(b, blend->id, true);
        put_cell(b, blend->api);
        put_cell(b, blend->sulphur);
        for (size_t k = 0; k < t->crudes.n; k++)
            put_cell(b, share_of(t, &t->blend[i], t->crude_order[k]));
        if (blend->month == NORNI_ETL_NO_MONTH)
            norni_buf_text(b, ",\n");
        else
            norni_buf_format(b, ",%d-%s%d\n", blend->month / 12, blend->month % 12 < 9 ? "0" : "",
                             blend->month % 12 + 1);
    }
}

/* Opens OUTPUT/name, writes it whole; groups 0: the blends. */
static norn_status write_file(etl_table *t, const char *name, unsigned groups, norn_err *err) {
    norni_out o;
    char path[4096];
    if (strlen(t->output) + strlen(name) + 2 > sizeof path)
        return norn_fail(err, NORN_E_ARG, "etl: the output's name is too long");
    norni_format(path, sizeof path, "%s/%s", t->output, name);
    NORN_TRY(norni_out_open(&o, &t->env->ctx->alloc, path, err));
    norn_status st = NORN_OK;
    if (groups == 0) {
        put_blends(t, &o.buf);
        norni_hash_stream_add(&t->hash, o.buf.p, o.buf.n);
    }
    for (int64_t d = -1; groups != 0 && st == NORN_OK && d < t->n_days; d++) {
        const size_t before = o.buf.n;
        if (d < 0 || t->has[d]) put_row(t, &o.buf, d, groups);
        norni_hash_stream_add(&t->hash, o.buf.p + before, o.buf.n - before);
        st = norni_out_flush(&o, 1 << 20, err);
    }
    if (st == NORN_OK) st = norni_out_commit(&o, err);
    if (st != NORN_OK) norni_out_abort(&o);
    return st;
}

static norn_status write_all(etl_table *t, norni_etl_result *out, norn_err *err) {
    NORN_TRY(collect(t, err));
    join_days(t);
    hold_samples(t);
    NORN_TRY(join_blends(t, err));
    NORN_TRY(make_months(t, err));
    for (int64_t d = 0; d < t->n_days; d++)
        out->n_days += t->has[d];
    for (size_t k = 0; k < t->names.n; k++) {
        bool any = false;
        for (int64_t d = 0; d < t->n_days && !any; d++)
            any = !isnan(t->v[k * (size_t)t->n_days + (size_t)d]);
        out->n_series += any;
        if (!any)
            norni_say(t->env, "%.*s: no sheet has a value of it", (int)t->names.keys[k].n,
                      t->names.keys[k].p);
    }
    out->n_blends = t->n_blends;
    out->n_crudes = t->crudes.n;
    NORN_TRY(norni_folder_make(t->output, "etl", err));
    NORN_TRY(write_file(t, "targets.csv", FLOWS | YIELDS, err));
    NORN_TRY(write_file(t, "futures.csv", FEEDS, err));
    NORN_TRY(write_file(t, "statics.csv", 0, err));
    return write_file(t, "final.csv", FLOWS | YIELDS | FEEDS | OTHERS | STATICS, err);
}

norn_status norni_etl_write(const norni_op_env *env, norni_etl_sheet *sheet, size_t n,
                            const char *output, norni_etl_result *out, norn_err *err) {
    etl_table t = {.env = env, .sheet = sheet, .n_sheets = n, .output = output};
    norni_arena_init(&t.arena, &env->ctx->alloc);
    norni_map_init(&t.names, &env->ctx->alloc);
    norni_map_init(&t.crudes, &env->ctx->alloc);
    norni_hash_stream_init(&t.hash);
    const norn_status st = write_all(&t, out, err);
    out->digest = norni_hash_stream_get(&t.hash);
    norni_map_clear(&t.names);
    norni_map_clear(&t.crudes);
    norni_arena_clear(&t.arena);
    return st;
}
