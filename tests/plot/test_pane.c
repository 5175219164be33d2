/* Panels of all kinds: well-formed, finite, escaped, small, without labels that overlap, for any values. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/fp.h"
#include "base/rng.h"
#include "plot/pane_kinds.h"
#include "svg_check.h"
#include "svg_labels.h"

enum { KINDS = 10, MOST = 400 };

typedef struct bed {
    norn_alloc alloc;
    norni_arena arena;
    norni_buf out;
    norni_str name[MOST];
    norni_pane panel[KINDS];
    norni_pane_sheet sheet;
} bed;

static int set_up(void **state) {
    static bed b;
    memset(&b, 0, sizeof b);
    b.alloc = norni_alloc_default();
    norni_arena_init(&b.arena, &b.alloc);
    norni_buf_init(&b.out, &b.alloc);
    static const char *const names[5] = {"feed_lag1", "API", "Blend_Yield_Gas & LPG",
                                         "Total_Stabilized_Naphtha_Product_Flowrate_mean7", "x"};
    for (size_t i = 0; i < MOST; i++)
        b.name[i] = norni_str_of(names[i % 5]);
    b.sheet = (norni_pane_sheet){.title = norni_str_of("All kinds"), .panel = b.panel};
    *state = &b;
    return 0;
}

static int tear_down(void **state) {
    bed *b = *state;
    norni_buf_clear(&b->out);
    norni_arena_clear(&b->arena);
    return 0;
}

static void ok(norn_status st) {
    assert_int_equal(st, NORN_OK);
}

/* Every kind from the same values v (n), n >= 1. */
static void fill(bed *b, const double *v, size_t n) {
    const norni_str title = norni_str_of("A panel"), label = norni_str_of("axis & label");
    const size_t few = n < 12 ? n : 12;
    norni_arena_reset(&b->arena);
    norni_pane *p = b->panel;
    for (size_t i = 0; i < KINDS; i++)
        p[i] = (norni_pane){.title = title,
                            .x.label = label,
                            .y.label = label,
                            .note = norni_str_of(i % 2 ? "R\xC2\xB2 0.91, excellent" : "")};
    double *edge = norni_arena_get(&b->arena, n + 1, sizeof *edge);
    for (size_t i = 0; i <= n; i++)
        edge[i] = (double)i;
    const norni_shape steps = {n, edge, NULL, v, v, v}, words = {few, NULL, b->name, v, v, v};
    const size_t half[2] = {few / 2, n};
    const double *const box[2] = {v, v};
    p[0].square = p[1].zero = true;
    ok(norni_pane_scatter(&b->arena, &p[0], v, v, n, NULL));
    ok(norni_pane_scatter(&b->arena, &p[1], edge, v, n, NULL));
    ok(norni_pane_qq(&b->arena, &p[2], v, n, NULL));
    ok(norni_pane_histogram(&b->arena, &p[3], v, n, true, NULL));
    ok(norni_pane_bars(&b->arena, &p[4], b->name, v, few, NULL));
    ok(norni_pane_waterfall(&b->arena, &p[5], b->name, v, few, v[0], NULL));
    ok(norni_pane_groups(&b->arena, &p[6], NULL, n / 2, NULL, v, 2, NULL));
    ok(norni_pane_boxes(&b->arena, &p[7], b->name, box, half, 2, NULL));
    ok(norni_pane_shape(&b->arena, &p[8], n % 2 ? &steps : &words, NULL));
    ok(norni_pane_heat(&b->arena, &p[9], v, 1, n, edge, edge, NULL));
    b->sheet.n_panels = KINDS;
}

static const char *draw(bed *b) {
    norn_err err = {0};
    b->out.n = 0;
    if (norni_plot_panes(&b->out, &b->sheet, &err) != NORN_OK) fail_msg("%s", err.text);
    norni_buf_add(&b->out, "", 1);
    assert_false(b->out.failed);
    return b->out.p;
}

static void assert_clean(const char *svg) {
    static const char *const never[] = {"nan", "NaN", "inf", "Inf"};
    const char *fault = fault_of(svg);
    if (fault != NULL) fail_msg("%s", fault);
    for (size_t i = 0; i < 4; i++) {
        if (strstr(svg, never[i]) != NULL) fail_msg("%s in the document", never[i]);
    }
    for (const char *p = strstr(svg, " d=\""); p != NULL; p = strstr(p + 1, " d=\"")) {
        for (const char *q = p + 4; *q != '"'; q++) {
            assert_non_null(strchr("Mlhvz-. 0123456789", *q));
            if (*q != 'M') continue;
            char *end;
            const double x = strtod(q + 1, &end), y = strtod(end, NULL);
            if (!(x >= -1 && x <= 4200 && y >= -20 && y <= 4200)) fail_msg("far outside: %.40s", q);
        }
    }
}

static void usual_values_are_readable(void **state) {
    bed *b = *state;
    double v[200], u[200];
    const norni_rng rng = {7, 1};
    norni_rng_normals(rng, 0, v, 200);
    static const double scale[] = {1, 1e-7, 1234567, 3e9, 0.01};
    for (size_t k = 0; k < sizeof scale / sizeof scale[0]; k++) {
        for (size_t i = 0; i < 200; i++)
            u[i] = scale[k] * (10 * (double)(k % 2) + v[i]);
        for (int32_t w = 0; w < 3; w++) {
            b->sheet.width = w == 0 ? 0 : w == 1 ? 640 : 400;
            fill(b, u, 200 - (size_t)w);
            const char *svg = draw(b);
            assert_clean(svg);
            assert_no_overlap(svg);
        }
    }
    assert_int_equal(count_of(draw(b), "<g transform"), KINDS);
}

static void any_values_are_drawn(void **state) {
    bed *b = *state;
    const double nan = NORNI_NAN, inf = NORNI_INF;
    static const double odd[] = {0,       -0.0,     1,      -1,     1e300, -1e300,
                                 DBL_MAX, -DBL_MAX, 5e-324, 1e-300, 1e9,   1e9 + 1e-6};
    double v[24];
    enum { ODD = sizeof odd / sizeof odd[0] };
    for (size_t a = 0; a < ODD + 2; a++) {
        for (size_t c = 0; c < ODD + 2; c++) {
            for (size_t i = 0; i < 24; i++) {
                const size_t k = i % 3 == 0 ? a : c;
                v[i] = k < ODD ? odd[k] : k == ODD ? nan : inf;
            }
            for (size_t n = 1; n < 24; n = n * 2 + 3) {
                fill(b, v, n);
                assert_clean(draw(b));
            }
        }
    }
}

static void nothing_is_said(void **state) {
    bed *b = *state;
    double v[4] = {NORNI_NAN, NORNI_NAN, NORNI_INF, NORNI_NAN};
    fill(b, v, 4);
    assert_true(count_of(draw(b), ">no values<") >= 6);
    b->panel[0] = (norni_pane){.title = norni_str_of("empty")};
    b->sheet.n_panels = 1;
    assert_int_equal(count_of(draw(b), ">no values<"), 1);
}

static void clouds_stay_small(void **state) {
    bed *b = *state;
    enum { N = 1000000 };
    double *v = malloc(N * sizeof *v), *u = malloc(N * sizeof *u);
    norni_rng_normals((norni_rng){1, 1}, 0, v, N);
    norni_rng_normals((norni_rng){1, 2}, 0, u, N);
    v[N / 2] = 40;
    u[N / 2] = -40; /* a lone point far out stays */
    ok(norni_pane_scatter(&b->arena, &b->panel[0], v, u, N, NULL));
    ok(norni_pane_histogram(&b->arena, &b->panel[1], v, N, true, NULL));
    ok(norni_pane_qq(&b->arena, &b->panel[2], v, N, NULL));
    norni_layer line = {.mark = NORNI_MARK_LINE, .n = N, .x = v, .y = u};
    for (size_t i = 0; i < N; i++)
        v[i] = (double)i;
    b->panel[3] = (norni_pane){.layer = &line, .n_layers = 1};
    b->sheet.n_panels = 4;
    const char *svg = draw(b);
    assert_clean(svg);
    assert_true(strlen(svg) < 300000);
    b->sheet.n_panels = 1;
    svg = draw(b);
    assert_true(strlen(svg) > 1000);
    free(v);
    free(u);
}

static void a_lone_point_far_out_stays(void **state) {
    bed *b = *state;
    enum { N = 5000 };
    static double x[N], y[N];
    memset(x, 0, sizeof x);
    memset(y, 0, sizeof y);
    x[77] = 10;
    y[77] = 10;
    ok(norni_pane_scatter(&b->arena, &b->panel[0], x, y, N, NULL));
    b->sheet.n_panels = 1;
    const char *svg = draw(b), *path = strstr(svg, "<path class=\"nc-f nc-c0 nc-pt\" d=\"");
    assert_non_null(path);
    assert_int_equal(count_of(path, "h0"), 2); /* 4,999 points in one spot, and one */
}

static void text_is_escaped(void **state) {
    bed *b = *state;
    const norni_str bad = norni_str_of("</title><script>alert(1)</script>\"'&\x01");
    double v[6] = {1, -2, 3, 4, 5, 6};
    for (size_t i = 0; i < MOST; i++)
        b->name[i] = bad;
    fill(b, v, 6);
    for (size_t i = 0; i < KINDS; i++)
        b->panel[i].title = b->panel[i].note = b->panel[i].x.label = b->panel[i].y.label = bad;
    b->sheet.title = b->sheet.below = bad;
    const char *svg = draw(b);
    assert_clean(svg);
    assert_null(strstr(svg, "<script"));
}

static void gaps_and_bands_follow_the_values(void **state) {
    bed *b = *state;
    double edge[6] = {0, 1, 2, 3, 4, 5}, score[5] = {1, 2, NORNI_NAN, 2, 1},
           sd[5] = {.1, .1, .1, .1, .1};
    const norni_shape s = {5, edge, NULL, score, sd, NULL};
    ok(norni_pane_shape(&b->arena, &b->panel[0], &s, NULL));
    b->sheet.n_panels = 1;
    const char *svg = draw(b), *band = strstr(svg, "<path class=\"nc-b nc-c0\""),
               *step = strstr(svg, "<path class=\"nc-f nc-c0\"");
    assert_true(band != NULL && step != NULL && band < step);
    char head[400] = "";
    strncpy(head, band, (size_t)(step - band) < 399 ? (size_t)(step - band) : 399);
    assert_int_equal(count_of(head, "M"), 2); /* two runs, each closed */
    assert_int_equal(count_of(head, "z"), 2);
}

static void the_same_sheet_gives_the_same_bytes(void **state) {
    bed *b = *state;
    double v[50];
    for (size_t i = 0; i < 50; i++)
        v[i] = (double)(i * i % 37);
    fill(b, v, 50);
    const size_t n = strlen(draw(b));
    char *copy = malloc(n + 1);
    memcpy(copy, b->out.p, n + 1);
    assert_string_equal(draw(b), copy);
    free(copy);
}

typedef struct failing {
    norn_alloc below;
    long calls, fail_at;
} failing;

static void *failing_resize(void *user, void *ptr, size_t old, size_t size) {
    failing *f = user;
    if (size > 0 && ++f->calls == f->fail_at) return NULL;
    return f->below.resize(f->below.user, ptr, old, size);
}

static void without_memory(void **state) {
    bed *b = *state;
    double v[5000];
    for (size_t i = 0; i < 5000; i++)
        v[i] = (double)(i * i % 3701);
    fill(b, v, 5000);
    failing f = {.below = b->alloc};
    const norn_alloc alloc = {failing_resize, &f};
    for (f.fail_at = 1;; f.fail_at++) {
        norni_buf out;
        norn_err err = {0};
        norni_buf_init(&out, &alloc);
        f.calls = 0;
        const norn_status st = norni_plot_panes(&out, &b->sheet, &err);
        assert_true(st == NORN_OK ? f.calls < f.fail_at : st == NORN_E_MEM && out.n == 0);
        norni_buf_clear(&out);
        if (st == NORN_OK) break;
    }
    assert_true(f.fail_at > 5);
}

static void wrong_calls_are_refused(void **state) {
    bed *b = *state;
    norn_err err = {0};
    b->sheet.n_panels = 0;
    assert_int_equal(norni_plot_panes(&b->out, &b->sheet, &err), NORN_E_ARG);
    const norni_layer bare = {
        .mark = NORNI_MARK_BOXES, .n = 3, .x = (double[3]){0}, .y = (double[3]){0}};
    b->panel[0] = (norni_pane){.layer = &bare, .n_layers = 1};
    b->sheet.n_panels = 1;
    assert_int_equal(norni_plot_panes(&b->out, &b->sheet, &err), NORN_E_ARG);
    assert_string_equal(err.text, "chart: layer 0 of panel 0 lacks an array");
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {T(usual_values_are_readable),
                                       T(any_values_are_drawn),
                                       T(nothing_is_said),
                                       T(clouds_stay_small),
                                       T(a_lone_point_far_out_stays),
                                       T(text_is_escaped),
                                       T(gaps_and_bands_follow_the_values),
                                       T(the_same_sheet_gives_the_same_bytes),
                                       T(without_memory),
                                       T(wrong_calls_are_refused)};
    return cmocka_run_group_tests_name("pane", tests, NULL, NULL);
}
