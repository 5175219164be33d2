/* Tables of targets and drivers: headers, times, words, gaps, roles, filling, limits; the cut never shows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../par/workers.h"
#include "base/fp.h"
#include "base/hash.h"
#include "counted.h"
#include "io/wide_read.h"
#include "par/budget.h"

typedef struct read_result {
    norn_status st;
    norn_err err;
    norni_arena arena;
    norni_wide w;
    norni_wide_report r;
} read_result;

static norn_ctx *ctx_of(void **state) {
    return *state;
}

static read_result parse(norn_ctx *ctx, const char *text, norni_wide_opt opt) {
    read_result x = {.st = NORN_OK};
    norni_arena_init(&x.arena, &ctx->alloc);
    x.st =
        norni_wide_parse_bytes(ctx, NULL, text, strlen(text), &opt, &x.arena, &x.w, &x.r, &x.err);
    return x;
}

/* Of opt.path. */
static read_result read_files(norn_ctx *ctx, norni_wide_opt opt) {
    read_result x = {.st = NORN_OK};
    norni_arena_init(&x.arena, &ctx->alloc);
    x.st = norni_wide_read(ctx, NULL, &opt, &x.arena, &x.w, &x.r, &x.err);
    return x;
}

static read_result taken(read_result x) {
    if (x.st != NORN_OK) fail_msg("%s", x.err.text);
    return x;
}

static read_result good(norn_ctx *ctx, const char *text, norni_wide_opt opt) {
    return taken(parse(ctx, text, opt));
}

static void clear(read_result *x) {
    norni_arena_clear(&x->arena);
}

static norni_wide_opt for_targets(const char *targets) {
    norni_wide_opt opt = norni_wide_opt_default();
    opt.targets = targets;
    return opt;
}

static const norni_wide_column *column(const read_result *x, const char *name) {
    const int64_t k = norni_wide_find(&x->w, norni_str_of(name));
    if (k < 0) fail_msg("no column %s", name);
    return &x->w.column[k];
}

static void is_value(double a, double b) {
    if (!(a == b || (isnan(a) && isnan(b)))) fail_msg("%g where %g should be", a, b);
}

static bool noted(const read_result *x, const char *words) {
    for (size_t k = 0; k < x->r.n_notes; k++) {
        char text[300];
        snprintf(text, sizeof text, "%.*s", (int)x->r.note[k].n, x->r.note[k].p);
        if (strstr(text, words) != NULL) return true;
    }
    return false;
}

static void refused(read_result x, norn_status st, const char *words) {
    assert_int_equal(x.st, st);
    if (strstr(x.err.text, words) == NULL) fail_msg("'%s' lacks '%s'", x.err.text, words);
    clear(&x);
}

static void refuse(norn_ctx *ctx, const char *text, norni_wide_opt opt, norn_status st,
                   const char *words) {
    refused(parse(ctx, text, opt), st, words);
}

static void test_plain(void **state) {
    read_result x = good(
        ctx_of(state),
        "\xEF\xBB\xBF"
        "date,feed,kero,crude_A\r\n2024-01-01,1,\"10\",.5\r\n"
        "2024-01-02,2,11,.6\r\n2024-01-03,3,,.7",
        (norni_wide_opt){.targets = "kero", .statics = "crude_*", .max_missing = .3, .horizon = 2});
    assert_int_equal(x.w.n_rows, 3);
    assert_int_equal(x.w.n_ahead, 2);
    assert_int_equal(x.w.n_columns, 3);
    assert_int_equal(x.w.freq.unit, NORNI_UNIT_DAY);
    assert_true(norni_str_is(x.w.time_name, "date"));
    assert_int_equal(column(&x, "kero")->role, NORNI_ROLE_TARGET);
    assert_int_equal(column(&x, "crude_A")->role, NORNI_ROLE_STATIC);
    assert_int_equal(column(&x, "feed")->role, NORNI_ROLE_DRIVER);
    is_value(column(&x, "kero")->at[1], 11);
    is_value(column(&x, "kero")->at[2], NORNI_NAN);
    assert_int_equal(column(&x, "kero")->n_missing, 1);
    is_value(column(&x, "crude_A")->at[2], .7);
    assert_int_equal(x.w.times[4] - x.w.times[0], 4 * NORNI_US_DAY);
    assert_int_equal(x.r.n_notes, 0);
    clear(&x);
}

static void test_rows(void **state) {
    /* out of order, a gap, a time twice (the last observed value holds), a total, an empty date */
    read_result x =
        good(ctx_of(state),
             "Date;y;x\n2024-01-05;5;50\n2024-01-01;1;10\n2024-01-02;2;20\n2024-01-05;;55\n"
             "Total;99;99\n;;\n2024-01-04;4;40\n",
             for_targets("y"));
    assert_int_equal(x.w.n_rows, 5);
    assert_int_equal(x.w.n_gaps, 1);
    assert_int_equal(x.w.n_duplicates, 1);
    assert_int_equal(x.r.n_untimed, 2);
    assert_int_equal(x.r.first_untimed, 6);
    is_value(column(&x, "y")->at[4], 5);
    is_value(column(&x, "x")->at[4], 55);
    is_value(column(&x, "y")->at[2], NORNI_NAN); /* a target's gap stays one */
    is_value(column(&x, "x")->at[2], 20);        /* a driver's is filled from behind */
    assert_true(noted(&x, "2024-01-03"));
    assert_true(noted(&x, "line 6"));
    assert_true(noted(&x, "share their time"));
    clear(&x);
}

static void test_day_zero(void **state) {
    read_result x = good(ctx_of(state),
                         "date,y\n1970-01-01,7\n2025-06-01,1\n2025-06-02,2\n1970-01-01,8\n"
                         "2025-06-03,3\n",
                         for_targets("y"));
    assert_int_equal(x.w.n_rows, 3);
    assert_int_equal(x.r.n_epoch, 2);
    assert_int_equal(x.r.first_epoch, 2);
    assert_true(noted(&x, "day zero"));
    is_value(column(&x, "y")->at[0], 1);
    clear(&x);
    /* a series that really begins there keeps its day */
    x = good(ctx_of(state), "date,y\n1970-01-01,7\n1970-01-02,1\n1970-01-03,2\n", for_targets("y"));
    assert_int_equal(x.w.n_rows, 3);
    assert_int_equal(x.r.n_epoch, 0);
    clear(&x);
    x = good(ctx_of(state), "year,y\n1970-01-01,7\n1971-01-01,1\n1972-01-01,2\n1973-01-01,2\n",
             for_targets("y"));
    assert_int_equal(x.w.n_rows, 4);
    clear(&x);
}

static void test_words(void **state) {
    read_result x =
        good(ctx_of(state),
             "date,y,grade,tag,note\n2024-01-01,1,B,1,n1\n2024-01-02,2,A,Bad Input,n2\n"
             "2024-01-03,3,,3,n3\n2024-01-04,4,B,Bad Input,\n2024-01-05,5,7,5,n4\n",
             (norni_wide_opt){.targets = "y", .max_missing = .5, .fill = NORNI_FILL_NONE});
    const norni_wide_column *g = column(&x, "grade"), *t = column(&x, "tag");
    assert_true(g->nominal);
    assert_int_equal(g->n_categories, 3);
    assert_true(norni_str_is(g->category[0], "7"));
    assert_true(norni_str_is(g->category[1], "A"));
    is_value(g->at[0], 2);
    is_value(g->at[1], 1);
    is_value(g->at[2], NORNI_NAN);
    is_value(g->at[4], 0);
    assert_false(t->nominal);
    assert_int_equal(t->n_text, 2);
    assert_int_equal(t->first_text_line, 3);
    assert_true(norni_str_is(t->first_text, "Bad Input"));
    assert_true(noted(&x,
                      "column tag: 2 cells are text, counted as missing (first: 'Bad Input' "
                      "in line 3)"));
    is_value(t->at[1], NORNI_NAN);
    clear(&x);
    refuse(ctx_of(state), "date,y\n2024-01-01,a\n2024-01-02,b\n", for_targets("y"), NORN_E_DATA,
           "target y is a column of words ('a' in line 2)");
    norni_buf b;
    norni_buf_init(&b, &ctx_of(state)->alloc);
    norni_buf_text(&b, "date,y,note\n");
    for (int k = 1; k <= 80; k++)
        norni_buf_format(&b, "%d,%d,words %d\n", k, k, k);
    norni_buf_add(&b, "", 1);
    x = good(ctx_of(state), b.p, for_targets("y"));
    assert_int_equal(column(&x, "note")->role, NORNI_ROLE_DROPPED);
    assert_non_null(strstr(column(&x, "note")->why, "more than 64"));
    assert_int_equal(x.w.freq.unit, NORNI_UNIT_INDEX);
    clear(&x);
    norni_buf_clear(&b);
}

static void test_heads(void **state) {
    /* a title, merged group names, names of which one stands twice, units */
    read_result x = good(ctx_of(state),
                         "Plant 7 monitoring,,,,\n,Flows,,Quality,\nDate,feed,y,API,feed\n,t/h,t/h,"
                         ",t/h\n2024-01-01,1,2,3,4\n2024-01-02,5,6,7,8\n2024-01-03,5,6,7,9\n",
                         for_targets("y"));
    assert_int_equal(x.w.n_rows, 3);
    assert_int_equal(x.r.n_head_rows, 3);
    assert_true(noted(&x, "3 rows beside the header"));
    is_value(column(&x, "Quality feed")->at[2], 9);
    is_value(column(&x, "feed")->at[0], 1);
    clear(&x);
    /* no usual name: the first column is the time; a named one is found anywhere */
    x = good(ctx_of(state), "tag,y\n2024-01-01,1\n2024-01-02,2\n", for_targets("y"));
    assert_true(norni_str_is(x.w.time_name, "tag"));
    clear(&x);
    x = good(ctx_of(state), "y,TIMESTAMP\n1,2024-01-01 00:00\n2,2024-01-01 01:00\n",
             for_targets("y"));
    assert_int_equal(x.w.freq.unit, NORNI_UNIT_HOUR);
    clear(&x);
    norni_wide_opt opt = for_targets("y");
    opt.time_col = "when";
    x = good(ctx_of(state), "date,y,when\n5,1,2024-01-01\n6,2,2024-01-02\n", opt);
    assert_int_equal(x.w.freq.unit, NORNI_UNIT_DAY);
    is_value(column(&x, "date")->at[1], 6);
    clear(&x);
    opt.time_col = "nowhere";
    refuse(ctx_of(state), "date,y\n2024-01-01,1\n", opt, NORN_E_ARG, "no column named nowhere");
    refuse(ctx_of(state), "y,x\n1.5,2\n2.5,3\n", for_targets("y"), NORN_E_DATA,
           "line 2, column y: '1.5' is not a time");
    refuse(ctx_of(state), "date,y\n", for_targets("y"), NORN_E_DATA, "no data rows");
    refuse(ctx_of(state), "", for_targets("y"), NORN_E_FORMAT, "empty");
    /* an empty name is the number of its place */
    x = good(ctx_of(state), "date,,y\n2024-01-01,3,1\n2024-01-02,4,2\n", for_targets("y"));
    is_value(column(&x, "column_2")->at[1], 4);
    clear(&x);
}

static void test_roles(void **state) {
    const char *text = "date,y1,y2,a\n2024-01-01,1,2,3\n2024-01-02,1,2,4\n";
    read_result x = good(ctx_of(state), text, for_targets(" y*"));
    assert_int_equal(norni_wide_of_role(&x.w, NORNI_ROLE_TARGET, NULL), 2);
    clear(&x);
    refuse(ctx_of(state), text, for_targets("y3"), NORN_E_ARG, "did you mean y1?");
    refuse(ctx_of(state), text, for_targets("Naphtha"), NORN_E_ARG, "there are y1, y2, a");
    refuse(ctx_of(state), text, for_targets(NULL), NORN_E_ARG, "name the columns to forecast");
    norni_wide_opt opt = for_targets("y1");
    opt.drop = "y2,a";
    x = good(ctx_of(state), text, opt);
    assert_int_equal(column(&x, "a")->role, NORNI_ROLE_DROPPED);
    clear(&x);
    opt.statics = "API";
    refuse(ctx_of(state), text, opt, NORN_E_ARG, "statics: no column is named API");
}

static void test_clean(void **state) {
    const char *text =
        "ds,y,flat,empty,holey,late,x\n1,1,5,,,,2\n2,2,5,,1,7,\n3,3,5,,,,4\n"
        "4,,5,,,9,\n5,5,6,,2,,8\n";
    norni_wide_opt opt = for_targets("y");
    opt.n_held = 1; /* the last row is validation: flat is constant before it */
    opt.max_missing = 0.5;
    read_result x = good(ctx_of(state), text, opt);
    assert_string_equal(column(&x, "flat")->why, "constant");
    assert_string_equal(column(&x, "empty")->why, "all missing");
    assert_string_equal(column(&x, "holey")->why, "75 % missing, more than 50 % are allowed");
    assert_int_equal(column(&x, "late")->role, NORNI_ROLE_DRIVER);
    is_value(column(&x, "late")->at[0], NORNI_NAN); /* nothing is known yet */
    is_value(column(&x, "late")->at[2], 7);
    is_value(column(&x, "late")->at[4], 9);
    is_value(column(&x, "y")->at[3], NORNI_NAN);
    is_value(column(&x, "x")->at[1], 2);
    assert_int_equal(x.r.n_dropped, 3);
    assert_true(noted(&x, "column holey is not used: 75 % missing"));
    clear(&x);
    opt.fill = NORNI_FILL_MEAN;
    x = good(ctx_of(state), text, opt);
    is_value(column(&x, "x")->at[1], 2);
    is_value(column(&x, "x")->at[3], 3); /* the mean of 2 and 4, not of 8 */
    clear(&x);
    opt.fill = NORNI_FILL_ZERO;
    x = good(ctx_of(state), text, opt);
    is_value(column(&x, "late")->at[0], 0);
    clear(&x);
    opt.fill = NORNI_FILL_NONE;
    x = good(ctx_of(state), text, opt);
    is_value(column(&x, "x")->at[3], NORNI_NAN);
    clear(&x);
}

static void test_clip(void **state) {
    norni_buf b;
    norni_buf_init(&b, &ctx_of(state)->alloc);
    norni_buf_text(&b, "ds,y,x\n");
    for (int k = 0; k < 40; k++)
        norni_buf_format(&b, "%d,%d,%d\n", k, k == 20 ? 100000 : k, k == 20 ? 100000 : k % 7);
    norni_buf_add(&b, "", 1);
    norni_wide_opt opt = for_targets("y");
    opt.outliers = NORNI_OUTLIERS_CLIP;
    read_result x = good(ctx_of(state), b.p, opt);
    /* median 3, MAD 2: 3 + 8 * 2 / 0.6745 */
    assert_true(fabs(column(&x, "x")->at[20] - (3 + 16 / 0.67448975019608171)) < 1e-9);
    is_value(column(&x, "y")->at[20], 100000); /* targets stay as they are */
    assert_int_equal(x.r.n_clipped, 1);
    clear(&x);
    norni_buf_clear(&b);
}

/* Rows that only a known column has are rows ahead. */
static void test_known(void **state) {
    norni_wide_opt opt = for_targets("y");
    opt.known = "price";
    opt.horizon = 2;
    read_result x = good(ctx_of(state),
                         "date,y,x,price\n2024-01-01,1,1,5\n2024-01-02,2,2,6\n"
                         "2024-01-03,,,7\n2024-01-04,,,8\n2024-01-05,,,9\n",
                         opt);
    assert_int_equal(x.w.n_rows, 2);
    assert_int_equal(column(&x, "price")->role, NORNI_ROLE_KNOWN);
    is_value(column(&x, "price")->at[2], 7);
    is_value(column(&x, "price")->at[3], 8);
    clear(&x);
}

static char *put_file(const char *name, const char *text) {
    static char path[4][128];
    static int k;
    char *p = path[k++ % 4];
    snprintf(p, 128, "/tmp/norn_wide_%d_%s", (int)getpid(), name);
    FILE *f = fopen(p, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return p;
}

static void test_files(void **state) {
    norn_ctx *ctx = ctx_of(state);
    const char *path[2];
    path[0] = put_file("a.csv", "date,y\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n");
    path[1] = put_file("b.csv", "x,date,z\n7,2024-01-03,1\n5,2024-01-01,2\n");
    const char *future = put_file("f.csv",
                                  "date,plan\n2024-01-02,20\n2024-01-03,30\n"
                                  "2024-01-04,40\n2024-01-01,10\n2024-01-06,60\n2024-01-05,50\n");
    norni_wide_opt opt = for_targets("y");
    opt.path = path;
    opt.n_paths = 2;
    opt.future_path = future;
    opt.horizon = 3;
    opt.max_missing = 0.5;
    read_result x = taken(read_files(ctx, opt));
    assert_int_equal(x.w.n_rows, 3);
    is_value(column(&x, "x")->at[0], 5);
    is_value(column(&x, "x")->at[1], 5);
    is_value(column(&x, "x")->at[2], 7);
    const norni_wide_column *plan = column(&x, "plan");
    assert_int_equal(plan->role, NORNI_ROLE_KNOWN);
    is_value(plan->at[0], 10);
    is_value(plan->at[3], 40);
    is_value(plan->at[4], 50);
    is_value(plan->at[5], 60);
    clear(&x);
    opt.future_path = put_file("g.csv", "date,plan\n2024-01-04 06:00,20\n");
    refused(read_files(ctx, opt), NORN_E_DATA, "line 2");
    unlink(path[0]), unlink(path[1]), unlink(future), unlink(opt.future_path);
}

static void test_plan_too_short(void **state) {
    const char *path = put_file("a.csv", "date,y\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n");
    norni_wide_opt opt = for_targets("y");
    opt.path = &path;
    opt.n_paths = 1;
    opt.future_path = put_file("f.csv", "date,plan\n2024-01-04,40\n2024-01-05,50\n");
    opt.horizon = 3;
    refused(read_files(ctx_of(state), opt), NORN_E_DATA, "period 3 of the 3 ahead");
    unlink(path), unlink(opt.future_path);
}

static void test_sizes(void **state) {
    norn_ctx *ctx = ctx_of(state);
    read_result x = good(ctx, "date,y,x\n2024-01-01,1,2\n", for_targets("y"));
    assert_int_equal(x.w.n_rows, 1); /* a single row */
    clear(&x);
    x = good(ctx, "date,y,x\n2024-01-01,,\n2024-01-02,,\n", for_targets("y"));
    assert_true(noted(&x, "target y has no values"));
    clear(&x);
    x = good(ctx, "date,y\n2024-01-01,4\n2024-01-02,4\n", for_targets("y"));
    assert_int_equal(column(&x, "y")->role, NORNI_ROLE_TARGET); /* constant, but forecast */
    clear(&x);
    norni_buf b;
    norni_buf_init(&b, &ctx->alloc);
    norni_buf_text(&b, "date");
    for (int c = 0; c < 5000; c++)
        norni_buf_format(&b, ",tag_%d", c);
    for (int t = 0; t < 30; t++) {
        norni_buf_format(&b, "\n%d", t);
        for (int c = 0; c < 5000; c++)
            norni_buf_text(&b, (t * 7 + c * 13) % 10 < 3 ? "," : (t + c) % 2 ? ",1.25" : ",-3");
    }
    norni_buf_add(&b, "\n", 2);
    norni_wide_opt opt = for_targets("tag_7");
    opt.max_missing = 0.5;
    x = good(ctx, b.p, opt);
    assert_int_equal(x.w.n_columns, 5000);
    assert_int_equal(x.w.n_rows, 30);
    size_t missing = 0;
    for (size_t c = 0; c < x.w.n_columns; c++)
        missing += x.w.column[c].n_missing;
    assert_int_equal(missing, 5000 * 9);
    clear(&x);
    norni_buf_clear(&b);
    refuse(ctx, "date,y\n2024-01-01,1,2\n", for_targets("y"), NORN_E_FORMAT, "line 2");
    refuse(ctx, "date,y,z\n2024-01-01,1,2\n2024-01-02,3\n", for_targets("y"), NORN_E_FORMAT,
           "line 3, 2 fields where the header has 3");
    refuse(ctx, "date,y\n2024-01-01,1\n2024-02-31,1\n", for_targets("y"), NORN_E_DATA, "line 3");
    refuse(ctx, "date,y\n2024-01-01,1\n2024-01-02,\"1\n", for_targets("y"), NORN_E_FORMAT,
           "never closed");
}

static norni_hash128 digest(const read_result *x) {
    norni_hash_stream h;
    norni_hash_stream_init(&h);
    norni_hash_stream_add(&h, x->w.times, (x->w.n_rows + x->w.n_ahead) * sizeof *x->w.times);
    for (size_t c = 0; c < x->w.n_columns; c++) {
        const norni_wide_column *k = &x->w.column[c];
        const size_t head[] = {(size_t)k->role, k->n_missing, k->n_text, k->first_text_line,
                               k->n_categories};
        norni_hash_stream_add(&h, head, sizeof head);
        if (k->role == NORNI_ROLE_DROPPED) norni_hash_stream_add(&h, k->why, strlen(k->why));
        for (size_t t = 0; k->role != NORNI_ROLE_DROPPED && t < x->w.n_rows; t++) {
            const double v = norni_canonical(k->at[t]);
            norni_hash_stream_add(&h, &v, sizeof v);
        }
    }
    for (size_t k = 0; k < x->r.n_notes; k++)
        norni_hash_stream_add(&h, x->r.note[k].p, x->r.note[k].n);
    return norni_hash_stream_get(&h);
}

/* A table with everything that a cut may part, large enough for several chunks. */
static void make_mixed(norni_buf *b, int n) {
    norni_buf_text(b, "Mixed table,,,,\ndate,y,\"x, quoted\",grade,tag\n");
    for (int t = 0; t < n; t++) {
        const int day = (t * 37) % n; /* all days in another order */
        norni_buf_format(b, "%d,", day + day / 50);
        norni_buf_format(b, t % 11 ? "%d.%d," : ",", t % 13, t % 97);
        norni_buf_format(b, t % 5 ? "\"%d\"," : "\"\",", t % 101);
        norni_buf_format(b, "%s,", t % 3 ? "high" : t % 7 ? "low" : "\"a \"\"b\"\"\nc\"");
        norni_buf_format(b, t % 17 ? "%g\r\n" : "Bad\r\n", 1e-3 * t);
        if (t % 23 == 0) norni_buf_text(b, "\r\nTotal,1,2,3,4\n");
    }
}

static void test_cuts(void **state) {
    static const size_t chunk[] = {0, 64, 1000, 7};
    static const int32_t threads[] = {1, 2, 3, 7, 64};
    (void)state;
    norni_hash128 want = {0, 0};
    for (size_t k = 0; k < 9; k++) {
        norn_ctx *ctx = ctx_of_threads(threads[k < 5 ? k : 1]);
        norni_buf b;
        norni_buf_init(&b, &ctx->alloc);
        make_mixed(&b, 500);
        norni_buf_add(&b, "", 1);
        norni_wide_opt opt = for_targets("y");
        opt.chunk_bytes = k < 5 ? 300 : chunk[k - 5];
        read_result x = good(ctx, b.p, opt);
        const norni_hash128 got = digest(&x);
        if (k == 0) want = got;
        assert_true(got.hi == want.hi && got.lo == want.lo);
        assert_int_equal(x.r.n_untimed, 22);
        assert_true(column(&x, "grade")->nominal);
        clear(&x);
        norni_buf_clear(&b);
        norn_ctx_free(ctx);
    }
}

enum { LARGE_ROWS = 4000, LARGE_COLUMNS = 400 };

/* y at random; x5, x102, x199, x296, x393 foretell it three rows ahead, x10 is constant. */
static void put_large(const char *path) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("ds,y", f);
    for (int c = 0; c < LARGE_COLUMNS; c++)
        fprintf(f, ",x%d", c);
    uint64_t seed = 7;
    static double y[LARGE_ROWS + 8];
    for (int t = 0; t < LARGE_ROWS + 8; t++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        y[t] = (double)(seed >> 40) / 1e4;
    }
    for (int t = 0; t < LARGE_ROWS; t++) {
        fprintf(f, "\n%d,%.4f", t, y[t]);
        for (int c = 0; c < LARGE_COLUMNS; c++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            const double noise = (double)(seed >> 40) / 1e4;
            if (c % 97 == 5 && t % 31 == 0)
                fputc(',', f);
            else if (c == 10)
                fputs(",7", f);
            else
                fprintf(f, ",%.4f", c % 97 == 5 ? y[t + 3] + 0.05 * (c / 97 + 1) * noise : noise);
        }
    }
    fclose(f);
}

/* A table of 24 MB under a limit of 6 MiB: the drivers that tell most are kept, the budget holds. */
static void test_limit(void **state) {
    (void)state;
    const char *path = put_file("large.csv", "");
    put_large(path);
    norni_hash128 want = {0, 0};
    for (int k = 0; k < 3; k++) {
        norn_ctx_opt o = norn_ctx_opt_default();
        norn_ctx *ctx = NULL;
        norni_budget budget;
        norni_budget_init(&budget, norni_alloc_default(), 6 << 20);
        o.alloc = norni_budget_alloc(&budget);
        o.n_threads = k + 1;
        assert_int_equal(norn_ctx_new(&o, &ctx, NULL), NORN_OK);
        norni_wide_opt opt = for_targets("y");
        opt.path = &path;
        opt.n_paths = 1;
        opt.horizon = 3;
        opt.n_held = 500;
        opt.memory = 6 << 20;
        opt.max_columns = 20;
        opt.chunk_bytes = k == 2 ? 5000 : 0;
        read_result x = taken(read_files(ctx, opt));
        assert_true(x.r.streamed);
        assert_int_equal(norni_wide_of_role(&x.w, NORNI_ROLE_DRIVER, NULL), 20);
        for (int c = 5; c < LARGE_COLUMNS; c += 97) {
            char name[16];
            snprintf(name, sizeof name, "x%d", c);
            assert_int_equal(column(&x, name)->role, NORNI_ROLE_DRIVER);
            assert_true(x.r.profile[c + 1].r > 0.95);
            assert_int_equal(x.r.profile[c + 1].n_missing, 113);
        }
        assert_string_equal(column(&x, "x10")->why, "constant");
        assert_non_null(strstr(column(&x, "x11")->why, "20 drivers are kept"));
        const norni_hash128 got = digest(&x);
        if (k == 0) want = got;
        assert_true(got.hi == want.hi && got.lo == want.lo);
        print_message("# peak %zu KiB of %d, table of %zu MB\n", atomic_load(&budget.peak) >> 10,
                      6 << 10, (size_t)LARGE_ROWS * LARGE_COLUMNS * 15 / 1000000);
        clear(&x);
        if (k == 0) {
            opt.memory = 100000;
            refused(read_files(ctx, opt), NORN_E_LIMIT, "limit is");
        }
        norn_ctx_free(ctx);
    }
    unlink(path);
}

static norn_status read_inside(norni_worker *w, size_t item, void *arg, norn_err *err) {
    norni_hash128 *got = arg;
    norni_buf b;
    norni_wide_opt opt = for_targets("y");
    read_result x = {.st = NORN_OK};
    opt.chunk_bytes = 500 + 100 * item;
    norni_buf_init(&b, &w->ctx->alloc);
    norni_arena_init(&x.arena, &w->ctx->alloc);
    make_mixed(&b, 200);
    const norn_status st =
        norni_wide_parse_bytes(w->ctx, w, b.p, b.n, &opt, &x.arena, &x.w, &x.r, err);
    if (st == NORN_OK) got[item] = digest(&x);
    norni_buf_clear(&b);
    clear(&x);
    return st;
}

/* Inside of a worker's item, where there is no pipe. */
static void test_inside(void **state) {
    norni_hash128 got[9];
    norn_err err = {NORN_OK, ""};
    norn_ctx *ctx = ctx_of(state);
    norni_buf b;
    const norni_for_opt loop = {.grain = 1};
    if (norni_for(ctx, NULL, 9, read_inside, got, &loop, &err) != NORN_OK) fail_msg("%s", err.text);
    norni_buf_init(&b, &ctx->alloc);
    make_mixed(&b, 200);
    norni_buf_add(&b, "", 1);
    read_result x = good(ctx, b.p, for_targets("y"));
    const norni_hash128 want = digest(&x);
    for (size_t k = 0; k < 9; k++)
        assert_true(got[k].hi == want.hi && got[k].lo == want.lo);
    clear(&x);
    norni_buf_clear(&b);
}

/* Every allocation fails in turn: an error each time, and nothing is lost. */
static void test_memory(void **state) {
    (void)state;
    counted_memory m = {.real = norni_alloc_default()};
    norn_ctx_opt o = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_buf b;
    o.alloc = (norn_alloc){counted_resize, &m};
    o.n_threads = 1;
    assert_int_equal(norn_ctx_new(&o, &ctx, NULL), NORN_OK);
    norni_buf_init(&b, &m.real);
    make_mixed(&b, 120);
    norni_buf_add(&b, "", 1);
    const char *path = put_file("memory.csv", b.p);
    norni_buf_clear(&b);
    for (int thin = 0; thin < 2; thin++) {
        norni_wide_opt opt = for_targets("y");
        norn_status st = NORN_E_MEM;
        const int64_t held = m.held;
        opt.path = &path;
        opt.n_paths = 1;
        opt.chunk_bytes = 2000;
        opt.max_columns = (size_t)thin; /* two drivers of numbers: one is kept */
        for (size_t until = 1; st == NORN_E_MEM; until++) {
            m.calls = 0;
            m.until = until;
            read_result x = read_files(ctx, opt);
            m.until = 0;
            st = x.st;
            if (st != NORN_OK && st != NORN_E_MEM) fail_msg("%d: %s", (int)until, x.err.text);
            clear(&x);
            if (until > 1) assert_true(m.held - held < 200000); /* the pool's, once */
        }
    }
    norn_ctx_free(ctx);
    assert_int_equal(m.held, 0);
    unlink(path);
}

static void test_arrays(void **state) {
    norn_ctx *ctx = ctx_of(state);
    const int64_t day = NORNI_US_DAY, time[] = {3 * day, day, 2 * day},
                  ahead[] = {4 * day, 5 * day};
    const double y[] = {3, 1, 2}, x[] = {NORNI_NAN, 10, 20}, g[] = {1, 0, 1}, plan[] = {4, 5},
                 past[] = {3, 1, 2};
    const norni_str words[] = {{"a", 1}, {"b", 1}};
    const norni_wide_array c[] = {{{"y", 1}, y, NULL, 0},
                                  {{"x", 1}, x, NULL, 0},
                                  {{"g", 1}, g, words, 2},
                                  {{"plan", 4}, past, NULL, 0}},
                           f[] = {{{"plan", 4}, plan, NULL, 0}};
    const norni_wide_arrays in = {.n = 3,
                                  .n_columns = 4,
                                  .n_future = 2,
                                  .n_future_columns = 1,
                                  .time = time,
                                  .style = {.kind = NORNI_TIME_DATE, .sep = '-'},
                                  .column = c,
                                  .future_time = ahead,
                                  .future = f};
    norni_wide_opt opt = for_targets("y");
    opt.horizon = 2;
    opt.max_missing = 0.5;
    read_result r = {.st = NORN_OK};
    norni_arena_init(&r.arena, &ctx->alloc);
    if (norni_wide_of_arrays(ctx, NULL, &in, &opt, &r.arena, &r.w, &r.r, &r.err) != NORN_OK)
        fail_msg("%s", r.err.text);
    is_value(column(&r, "y")->at[0], 1);
    is_value(column(&r, "x")->at[2], 20);
    is_value(column(&r, "g")->at[0], 0);
    assert_true(column(&r, "g")->nominal);
    is_value(column(&r, "plan")->at[4], 5);
    clear(&r);
}

static int set_up(void **state) {
    norn_ctx *ctx = NULL;
    if (norn_ctx_new(NULL, &ctx, NULL) != NORN_OK) return -1;
    *state = ctx;
    return 0;
}

static int tear_down(void **state) {
    norn_ctx_free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),          cmocka_unit_test(test_rows),
        cmocka_unit_test(test_day_zero),       cmocka_unit_test(test_words),
        cmocka_unit_test(test_heads),          cmocka_unit_test(test_roles),
        cmocka_unit_test(test_clean),          cmocka_unit_test(test_clip),
        cmocka_unit_test(test_known),          cmocka_unit_test(test_files),
        cmocka_unit_test(test_plan_too_short), cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_cuts),           cmocka_unit_test(test_limit),
        cmocka_unit_test(test_arrays),         cmocka_unit_test(test_memory),
        cmocka_unit_test(test_inside),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
