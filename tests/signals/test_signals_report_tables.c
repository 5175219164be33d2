/* Tables of a run of signals: analysed tweets cell by cell, in blocks, hostile cells, the hourly column, too little memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "../io/counted.h"
#include "base/numtext.h"
#include "io/json_pull.h"
#include "report_made.h"
#include "signals/signals_report_fields.h"

static norn_alloc own;

/* A plain reader of RFC 4180, the twin of what spreadsheets and pandas do. */
typedef struct table {
    norni_arena arena;
    norni_str *cell; /* (rows, columns) */
    size_t rows, columns;
} table;

static norni_str next_cell(table *t, const char **at, const char *end, bool *last) {
    char *out = norni_arena_get(&t->arena, (size_t)(end - *at) + 1, 1);
    const bool quoted = *at < end && **at == '"';
    const char *p = *at + quoted;
    size_t n = 0;
    assert_non_null(out);
    while (p < end) {
        if (quoted && *p == '"' && p + 1 < end && p[1] == '"')
            p++;
        else if (quoted ? *p == '"' : *p == ',' || *p == '\n')
            break;
        out[n++] = *p++;
    }
    p += quoted;
    assert_true(p < end && (*p == ',' || *p == '\n'));
    *last = *p == '\n';
    *at = p + 1;
    return (norni_str){out, n};
}

static table table_of(const norni_buf *b) {
    table t = {.rows = 0};
    const char *at = b->p, *const end = b->p + b->n;
    size_t n = 0, cap = 0;
    norni_arena_init(&t.arena, &own);
    for (const char *p = at; p < end; p++)
        cap += *p == ',' || *p == '\n';
    t.cell = norni_arena_get(&t.arena, cap + 1, sizeof *t.cell);
    assert_non_null(t.cell);
    while (at < end) {
        const size_t from = n;
        bool last = false;
        while (!last)
            t.cell[n++] = next_cell(&t, &at, end, &last);
        if (t.rows++ == 0) t.columns = n;
        assert_int_equal(n - from, t.columns);
    }
    return t;
}

static norni_str cell_at(const table *t, size_t row, const char *name) {
    for (size_t k = 0; k < t->columns; k++)
        if (norni_str_is(t->cell[k], name)) return t->cell[(row + 1) * t->columns + k];
    fail_msg("no column %s", name);
    return (norni_str){"", 0};
}

static double number_at(const table *t, size_t row, const char *name) {
    const norni_str s = cell_at(t, row, name);
    double v = NAN;
    if (s.n > 0) assert_int_equal(norni_num_parse(s.p, s.n, &v), NORNI_NUM_OK);
    return v;
}

static bool is_empty(double v) {
    return v != v;
}

/* The k-th text of a list cell; how many there are. */
static size_t list_at(norni_str cell, size_t k, norni_buf *out) {
    norni_json_pull p;
    norni_json_item item;
    size_t n = 0;
    norni_json_pull_init(&p, cell);
    assert_int_equal(norni_json_pull_next(&p, &item, NULL), NORN_OK);
    assert_int_equal(item.kind, NORNI_JSON_ARRAY);
    while (norni_json_pull_next(&p, &item, NULL) == NORN_OK && item.kind != NORNI_JSON_ARRAY_END) {
        if (n++ == k && item.kind == NORNI_JSON_STRING) (void)norni_json_text(&item, out);
    }
    assert_int_equal(item.kind, NORNI_JSON_ARRAY_END);
    return n;
}

static norni_buf csv_of(const made_report *m, size_t from, size_t to, bool escape) {
    norni_buf b;
    norn_err err = {NORN_OK, ""};
    norni_buf_init(&b, &own);
    if (norni_signals_csv(&m->s, from, to, escape, &b, &err) != NORN_OK) fail_msg("%s", err.text);
    return b;
}

static void same(norni_str a, norni_str b) {
    assert_int_equal(a.n, b.n);
    if (a.n > 0) assert_memory_equal(a.p, b.p, a.n);
}

static void cells_hold_the_tweet_and_its_signal(void **state) {
    (void)state;
    made_report m;
    norni_buf name;
    made_make(&m, &(made_wish){.n = 120, .hostile = true, .extras = true});
    norni_buf b = csv_of(&m, 0, m.t.n, false);
    table t = table_of(&b);
    norni_buf_init(&name, &own);
    assert_int_equal(t.rows, m.t.n + 1);
    for (size_t i = 0; i < m.t.n; i++) {
        const norni_tweet *w = &m.t.tweet[i];
        const norni_signal *g = &m.s.signal[i];
        same(cell_at(&t, i, "tweet_id"), w->id);
        same(cell_at(&t, i, "content"), w->content);
        same(cell_at(&t, i, "username"), w->user);
        assert_true(number_at(&t, i, "signal_score") == g->signal_score);
        assert_true(number_at(&t, i, "prob_positive") == g->base.p[NORNI_POSITIVE]);
        assert_true(number_at(&t, i, "sentiment_strength") == g->base_confidence);
        assert_true(number_at(&t, i, "confidence_interval_lower") == g->lo);
        assert_true(number_at(&t, i, "likes") == (double)w->likes);
        assert_true(is_empty(number_at(&t, i, "views")) == (w->views < 0));
        assert_true(
            norni_str_is(cell_at(&t, i, "signal_label"), norni_signal_label_name(g->label)));
        name.n = 0;
        assert_int_equal(list_at(cell_at(&t, i, "hashtags"), 0, &name), w->n_hashtags);
        same((norni_str){name.p, name.n}, w->hashtag[0]);
        assert_int_equal(list_at(cell_at(&t, i, "top_tfidf_terms"), 0, &name), g->n_terms);
        assert_int_equal(list_at(cell_at(&t, i, "top_tfidf_scores"), 0, &name), g->n_terms);
        same(cell_at(&t, i, "=source"), w->extra[0]);
        same(cell_at(&t, i, "input_signal_score"), w->extra[1]);
    }
    norni_buf_clear(&name);
    norni_arena_clear(&t.arena);
    norni_buf_clear(&b);
    made_clear(&m);
}

/* A spreadsheet runs no cell of the file: none begins like a formula but a number. */
static void formulas_are_escaped(void **state) {
    (void)state;
    made_report m;
    made_make(&m, &(made_wish){.n = 64, .hostile = true, .extras = true});
    norni_buf b = csv_of(&m, 0, m.t.n, true);
    table t = table_of(&b);
    size_t marked = 0;
    for (size_t k = 0; k < t.rows * t.columns; k++) {
        const norni_str s = t.cell[k];
        double v;
        if (s.n > 0 && strchr("=+-@\t\r", s.p[0]) != NULL)
            assert_int_equal(norni_num_parse(s.p, s.n, &v), NORNI_NUM_OK);
        marked += s.n > 1 && s.p[0] == '\'' && strchr("=+-@", s.p[1]) != NULL;
    }
    assert_true(marked > 100);
    norni_arena_clear(&t.arena);
    norni_buf_clear(&b);
    made_clear(&m);
}

static void blocks_join_to_the_whole(void **state) {
    (void)state;
    static const size_t cut[] = {0, 1, 50, 50, 177, 200};
    made_report m;
    made_make(&m, &(made_wish){.n = 200, .extras = true});
    norni_buf whole = csv_of(&m, 0, 200, true);
    size_t at = 0;
    for (size_t k = 0; k + 1 < sizeof cut / sizeof *cut; k++) {
        norni_buf part = csv_of(&m, cut[k], cut[k + 1], true);
        assert_true(at + part.n <= whole.n);
        if (part.n > 0) assert_memory_equal(whole.p + at, part.p, part.n);
        at += part.n;
        norni_buf_clear(&part);
    }
    assert_int_equal(at, whole.n);
    norni_buf b;
    norn_err err = {NORN_OK, ""};
    norni_buf_init(&b, &own);
    assert_int_equal(norni_signals_csv(&m.s, 100, 201, true, &b, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "201"));
    norni_buf_clear(&b);
    norni_buf_clear(&whole);
    made_clear(&m);
}

static void no_cell_is_nan(void **state) {
    (void)state;
    made_report m;
    made_make(&m, &(made_wish){.n = 60, .not_finite = true});
    norni_buf b = csv_of(&m, 0, m.t.n, true);
    table t = table_of(&b);
    for (size_t k = 0; k < t.rows * t.columns; k++) {
        assert_false(norni_str_is_nocase(t.cell[k], "nan"));
        assert_false(norni_str_is_nocase(t.cell[k], "inf"));
    }
    assert_true(is_empty(number_at(&t, 0, "engagement_rate")));
    assert_true(is_empty(number_at(&t, 0, "confidence_interval_lower")));
    assert_false(is_empty(number_at(&t, 1, "engagement_rate")));
    norni_arena_clear(&t.arena);
    norni_buf_clear(&b);
    made_clear(&m);
}

static void an_empty_run_has_headers(void **state) {
    (void)state;
    made_report m;
    norni_buf hours;
    made_make(&m, &(made_wish){.n = 0});
    norni_buf b = csv_of(&m, 0, 0, true);
    table t = table_of(&b);
    assert_int_equal(t.rows, 1);
    norni_buf_init(&hours, &own);
    assert_int_equal(norni_signals_hourly(&m.a, &hours, NULL), NORN_OK);
    assert_ptr_equal(memchr(hours.p, '\n', hours.n), hours.p + hours.n - 1);
    norni_buf_clear(&hours);
    norni_arena_clear(&t.arena);
    norni_buf_clear(&b);
    made_clear(&m);
}

/* An hour's row stands at its end, empty where no tweet counts; a column for each tag. */
static void hours_stand_at_their_end(void **state) {
    (void)state;
    made_report m;
    norni_buf b;
    char time[40];
    made_make(&m, &(made_wish){.n = 300, .hours = 400, .n_tags = 2, .hostile = true});
    norni_buf_init(&b, &own);
    assert_int_equal(norni_signals_hourly(&m.a, &b, NULL), NORN_OK);
    table t = table_of(&b);
    size_t empty = 0, tag = 0;
    while (!norni_str_is(m.a.group[tag].tag, "tag0"))
        tag++;
    assert_int_equal(t.rows, m.a.n_hours + 1);
    assert_int_equal(t.columns, 10 + m.a.n_groups);
    for (size_t h = 0; h < m.a.n_hours; h++) {
        const norni_signal_bucket *u = &m.a.hour[h];
        same(cell_at(&t, h, "time"), (norni_str){time, norni_field_time(time, u->end)});
        assert_true(number_at(&t, h, "n") == (double)u->n);
        assert_true(is_empty(number_at(&t, h, "signal")) == (u->n_valid == 0));
        if (u->n_valid > 0) assert_true(number_at(&t, h, "signal") == u->signal);
        empty += u->n_valid == 0;
        const norni_signal_bucket *of_tag = norni_signal_row_at(&m.a.row[tag], h);
        assert_true(is_empty(number_at(&t, h, "signal_tag0")) ==
                    (of_tag == NULL || of_tag->n_valid == 0));
    }
    assert_true(empty > 10);
    norni_arena_clear(&t.arena);
    norni_buf_clear(&b);
    made_clear(&m);
}

/* Tags of any name never share a column, with each other or with the market's. */
static void columns_of_hours_are_unique(void **state) {
    (void)state;
    static const char *const tag[] = {"lo", "hi", "tag_lo", "tag_tag_lo", "n"};
    static const char *const want[] = {"signal_tag_lo", "signal_tag_hi", "signal_tag_tag_lo",
                                       "signal_tag_tag_tag_lo", "signal_n"};
    made_report m;
    norni_buf b;
    made_make(&m, &(made_wish){.n = 600});
    norni_buf_init(&b, &own);
    for (size_t k = 0; k < 5; k++)
        m.a.group[k].tag = norni_str_of(tag[k]);
    assert_int_equal(norni_signals_hourly(&m.a, &b, NULL), NORN_OK);
    table t = table_of(&b);
    for (size_t k = 0; k < 5; k++)
        assert_true(norni_str_is(t.cell[10 + k], want[k]));
    for (size_t k = 0; k < t.columns; k++)
        for (size_t i = 0; i < k; i++)
            assert_true(norni_str_cmp(t.cell[k], t.cell[i]) != 0);
    norni_arena_clear(&t.arena);
    norni_buf_clear(&b);
    made_clear(&m);
}

/* ---- too little memory ---- */

enum { OTHERS = 6 };
typedef struct job {
    const made_report *m;
    size_t what; /* 0 report, 1 tweets, 2 hours, 3 page, 4 a row, 5 words, from OTHERS on charts */
} job;

static norn_status write_it(const job *j, norni_buf *b, norn_err *err) {
    const made_report *m = j->m;
    if (j->what == 0) return norni_signals_json(&m->a, &m->s, &m->stamp, b, err);
    if (j->what == 1) return norni_signals_csv(&m->s, 0, m->t.n, true, b, err);
    if (j->what == 2) return norni_signals_hourly(&m->a, b, err);
    if (j->what == 3) return norni_signals_html(&m->a, &m->s, &m->stamp, b, err);
    if (j->what >= OTHERS)
        return norni_signals_chart(&m->a, &m->s, &m->stamp, (norni_signal_chart)(j->what - OTHERS),
                                   b, err);
    if (j->what == 4)
        norni_signals_row_json(&m->s, 8, b);
    else
        norni_signals_tell(&m->a, &m->s, &m->stamp, b);
    return b->failed ? norn_fail(err, NORN_E_MEM, "out of memory") : NORN_OK;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    made_report m;
    made_make(&m, &(made_wish){.n = 90, .extras = true, .refused = true, .hostile = true});
    m.stamp.max_points = 40; /* so that the sample is drawn */
    for (size_t what = 0; what < OTHERS + NORNI_N_SIGNAL_CHARTS; what++) {
        const job j = {&m, what};
        norn_status st = NORN_E_MEM;
        size_t k = 0;
        while (st == NORN_E_MEM) {
            counted_memory memory = {.real = own, .until = ++k};
            const norn_alloc alloc = {counted_resize, &memory};
            norn_err err = {NORN_OK, ""};
            norni_buf b;
            norni_buf_init(&b, &alloc);
            st = write_it(&j, &b, &err);
            if (st == NORN_E_MEM) assert_true(err.text[0] != '\0');
            norni_buf_clear(&b);
            assert_int_equal(memory.held, 0);
        }
        assert_int_equal(st, NORN_OK);
        assert_true(k > 1);
    }
    made_clear(&m);
}

int main(void) {
    own = norni_alloc_default();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_hold_the_tweet_and_its_signal),
        cmocka_unit_test(formulas_are_escaped),
        cmocka_unit_test(blocks_join_to_the_whole),
        cmocka_unit_test(no_cell_is_nan),
        cmocka_unit_test(an_empty_run_has_headers),
        cmocka_unit_test(hours_stand_at_their_end),
        cmocka_unit_test(columns_of_hours_are_unique),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
