/* Charts as SVG: escaping, finite coordinates, small files, spikes that survive, hostile input,
 * memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/calendar.h"
#include "plot/line_chart.h"
#include "plot/svg.h"
#include "svg_check.h"

/* cmocka's own compares floats. */
#define assert_near(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

enum { N = 60, H = 12 };

/* One series with a forecast and two levels, and room for changes. */
typedef struct sample {
    norn_alloc alloc;
    norni_buf out;
    int64_t times[N], future[H];
    double y[N], f[H], lo[2][H], hi[2][H];
    norni_plot_band bands[2];
    norni_plot_line line;
    norni_plot_facet facet;
    norni_plot_chart chart;
} sample;

static int set_up(void **state) {
    static sample s;
    memset(&s, 0, sizeof s);
    s.alloc = norni_alloc_default();
    norni_buf_init(&s.out, &s.alloc);
    for (int i = 0; i < N + H; i++) {
        const int64_t t = norni_days_from_civil(2015 + i / 12, i % 12 + 1, 1) * NORNI_US_DAY;
        if (i < N) {
            s.times[i] = t;
            s.y[i] = 100 + i + 10 * (i % 12);
            continue;
        }
        const int k = i - N;
        s.future[k] = t;
        s.f[k] = 160 + k;
        for (int b = 0; b < 2; b++) {
            s.lo[b][k] = s.f[k] - 5 * (b + 1) * (k + 1);
            s.hi[b][k] = s.f[k] + 5 * (b + 1) * (k + 1);
        }
    }
    s.bands[0] = (norni_plot_band){80, s.lo[0], s.hi[0]};
    s.bands[1] = (norni_plot_band){95, s.lo[1], s.hi[1]};
    s.line = (norni_plot_line){norni_str_of("ets"), s.f, s.bands, 2};
    s.facet = (norni_plot_facet){.title = norni_str_of("sales"),
                                 .times = s.times,
                                 .y = s.y,
                                 .n = N,
                                 .future_times = s.future,
                                 .n_future = H,
                                 .lines = &s.line,
                                 .n_lines = 1};
    s.chart =
        (norni_plot_chart){.title = norni_str_of("A chart"), .facets = &s.facet, .n_facets = 1};
    *state = &s;
    return 0;
}

static int tear_down(void **state) {
    sample *s = *state;
    norni_buf_clear(&s->out);
    return 0;
}

/* The document as a C string. */
static const char *draw(sample *s) {
    norn_err err = {0};
    s->out.n = 0;
    if (norni_plot_lines(&s->out, &s->chart, &err) != NORN_OK) fail_msg("%s", err.text);
    norni_buf_add(&s->out, "", 1);
    assert_false(s->out.failed);
    return s->out.p;
}

/* What the d attribute of the k-th path of a class draws. */
typedef struct drawn {
    size_t moves, steps;
    double x_lo, x_hi, y_lo, y_hi, last_x, last_y;
} drawn;

static double take_number(const char **p) {
    while (**p == ' ')
        (*p)++;
    char *end;
    const double x = strtod(*p, &end);
    assert_ptr_not_equal(end, *p);
    *p = end;
    return x;
}

static drawn read_path(const char *d) {
    drawn r = {.x_lo = 1e9, .x_hi = -1e9, .y_lo = 1e9, .y_hi = -1e9};
    char verb = 0;
    double x = 0, y = 0;
    while (*d != '"' && *d != '\0') {
        if (*d == 'z') {
            d++;
            continue;
        }
        if (strchr("Mlhv", *d) != NULL) verb = *d++;
        assert_int_not_equal(verb, 0);
        if (verb == 'M') {
            x = take_number(&d);
            y = take_number(&d);
            r.moves++;
        } else {
            if (verb != 'v') x += take_number(&d);
            if (verb != 'h') y += take_number(&d);
            r.steps++;
        }
        r.x_lo = fmin(r.x_lo, x);
        r.x_hi = fmax(r.x_hi, x);
        r.y_lo = fmin(r.y_lo, y);
        r.y_hi = fmax(r.y_hi, y);
    }
    r.last_x = x;
    r.last_y = y;
    return r;
}

/* The k-th path whose tag begins with `head`, behind the legend. */
static drawn find_path(const char *svg, const char *head, size_t k) {
    const char *p = strstr(svg, "<g transform");
    for (p = p ? strstr(p, head) : NULL; p != NULL && k > 0; k--)
        p = strstr(p + 1, head);
    assert_non_null(p);
    return read_path(strstr(p, " d=\"") + 4);
}

static void the_parts_are_there(void **state) {
    sample *s = *state;
    s->chart.n_more = 145;
    s->chart.x_label = norni_str_of("month");
    s->chart.y_label = norni_str_of("pieces");
    const char *svg = draw(s);
    static const char *const parts[] = {"role=\"img\"",
                                        "aria-labelledby=\"",
                                        "<title id=\"",
                                        ">A chart</title>",
                                        "<desc id=\"",
                                        "prefers-color-scheme:dark",
                                        "<title>sales</title>",
                                        "<title>ets</title>",
                                        "nc-now",
                                        ">80% interval<",
                                        ">95% interval<",
                                        ">History<",
                                        ">ets<",
                                        ">2016<",
                                        ">and 145 more series<",
                                        ">month<",
                                        ">pieces<",
                                        ">sales<"};
    assert_null(fault_of(svg));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strstr(svg, parts[i]) == NULL) fail_msg("%s is missing", parts[i]);
    }
    assert_non_null(
        strstr(svg,
               "Line chart of 1 series. sales: 60 values from 2015-01-01 to 2019-12-01, last "
               "value 269; forecast by ets: 12 steps to 2020-12-01, last 171, 95% interval 51 "
               "to 291. And 145 more."));
    assert_int_equal(strncmp(svg, "<svg ", 5), 0);
    assert_string_equal(svg + strlen(svg) - 7, "</svg>\n");
    s->chart.description = norni_str_of("own words");
    svg = draw(s);
    assert_non_null(strstr(svg, ">own words</desc>"));
    assert_null(strstr(svg, "Line chart of"));
}

static void text_is_escaped(void **state) {
    sample *s = *state;
    static const char hostile[] =
        "</title><script>\"'&\x01\x7f\n\xff\xc3(\xed\xa0\x80\xef\xbf\xbf\xe0\x80\x80\xc3\xa9";
    const norni_str text = {hostile, sizeof hostile - 1};
    s->chart.title = s->facet.title = s->line.name = s->chart.x_label = s->chart.y_label = text;
    s->chart.width = 4096;
    const char *svg = draw(s);
    assert_null(fault_of(svg));
    assert_null(strstr(svg, "<script"));
#define BAD "\xEF\xBF\xBD"
    assert_non_null(strstr(svg, ">&lt;/title&gt;&lt;script&gt;&quot;&#39;&amp;" BAD BAD " " BAD BAD
                                "(" BAD BAD BAD BAD BAD BAD BAD "\xc3\xa9<"));
    s->chart.description = text;
    assert_null(fault_of(draw(s)));
}

/* A text of every cut length ends in an ellipsis behind a whole character. */
static void long_titles_are_cut(void **state) {
    sample *s = *state;
    static char text[600];
    for (size_t i = 0; i < 200; i++)
        memcpy(text + 3 * i, "\xE2\x82\xAC", 3);
    s->facet.title = (norni_str){text, sizeof text};
    const char *svg = draw(s);
    assert_null(fault_of(svg));
    assert_non_null(strstr(svg, "\xE2\x82\xAC\xE2\x80\xA6<"));
    for (double room = 5; room < 90; room += 1) {
        s->out.n = 0;
        norni_svg_fit(&s->out, (norni_str){"ab \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 tail", 16}, 10,
                      room);
        norni_buf_add(&s->out, "", 1);
        assert_null(strstr(s->out.p, BAD));
        const bool whole = s->out.n == 17;
        assert_int_equal(whole, strstr(s->out.p, "\xE2\x80\xA6") == NULL);
        assert_true(whole ||
                    room < norni_svg_width(
                               norni_str_of("ab \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 tail"), 10));
    }
}

/* Numbers with "nan" or "inf" in them, exponents in a path, coordinates far outside. */
static void assert_clean(const char *svg) {
    static const char *const never[] = {"nan", "NaN", "inf", "Inf", "\"\"/>\n<path d"};
    const char *fault = fault_of(svg);
    if (fault != NULL) fail_msg("%s", fault);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        if (strstr(svg, never[i]) != NULL) fail_msg("%s in the document", never[i]);
    }
    for (const char *p = strstr(svg, " d=\""); p != NULL; p = strstr(p + 1, " d=\"")) {
        const drawn d = read_path(p + 4);
        if (d.moves == 0) continue;
        assert_true(d.x_lo >= -1 && d.x_hi <= 4200 && d.y_lo >= -1 && d.y_hi <= 4200);
    }
}

static void hostile_values_stay_finite(void **state) {
    sample *s = *state;
    const double inf = (double)INFINITY, gap = (double)NAN;
    const double v[] = {0,       -0.0,   1,      -1,      5,          gap,       inf,
                        -inf,    1e300,  -1e300, DBL_MAX, -DBL_MAX,   DBL_MIN,   5e-324,
                        -5e-324, 1e-300, 3e-300, 1e9,     1e9 + 1e-6, 123456.789};
    enum { V = sizeof v / sizeof v[0] };
    for (size_t a = 0; a < V; a++) {
        for (size_t b = 0; b < V; b++) {
            for (size_t i = 0; i < N; i++)
                s->y[i] = i % 3 == 0 ? v[a] : v[b];
            for (size_t i = 0; i < H; i++) {
                s->f[i] = v[(a + i) % V];
                s->lo[0][i] = v[(b + i) % V];
                s->hi[0][i] = v[(a + b + i) % V];
                s->hi[1][i] = a % 2 ? v[b] : gap;
            }
            s->line.n_bands = a % 3;
            s->facet.n_lines = b % 2;
            assert_clean(draw(s));
        }
    }
}

static void hostile_times_stay_finite(void **state) {
    sample *s = *state;
    const int64_t t[] = {INT64_MIN,     INT64_MIN + 1, -1, 0, 1, 1000000, INT64_C(1600000000000000),
                         INT64_MAX - 1, INT64_MAX};
    enum { T = sizeof t / sizeof t[0] };
    for (size_t a = 0; a < T; a++) {
        for (size_t b = a; b < T; b++) {
            for (size_t i = 0; i < N; i++)
                s->times[i] = i < N / 2 ? t[a] : t[b];
            for (size_t i = 0; i < H; i++)
                s->future[i] = t[b];
            for (int mode = 0; mode < 4; mode++) {
                s->chart.is_index = mode % 2 == 1;
                s->facet.n_lines = mode / 2 == 1;
                assert_clean(draw(s));
            }
        }
    }
}

static void series_of_all_lengths(void **state) {
    sample *s = *state;
    for (size_t n = 0; n < 4; n++) {
        for (size_t h = 0; h < 4; h++) {
            s->facet.n = n;
            s->facet.n_future = h;
            const char *svg = draw(s);
            assert_clean(svg);
            assert_int_equal(strstr(svg, ">no values<") != NULL, n == 0 && h == 0);
        }
    }
    s->facet = (norni_plot_facet){.title = norni_str_of("nothing")};
    assert_clean(draw(s));
}

static void gaps_break_the_line_and_lone_points_are_dots(void **state) {
    sample *s = *state;
    s->y[10] = (double)NAN;
    s->y[20] = (double)INFINITY;
    s->y[22] = (double)NAN;
    const char *svg = draw(s);
    assert_int_equal(find_path(svg, "<path class=\"nc-h\"", 0).moves, 3);
    const drawn dots = find_path(svg, "<path class=\"nc-h nc-dot\"", 0);
    assert_int_equal(dots.moves, 1);
    assert_int_equal(count_of(svg, "nc-f nc-dot"), 0);
    /* the forecast begins where the history ends */
    const drawn history = find_path(svg, "<path class=\"nc-h\"", 0),
                forecast = find_path(svg, "<path class=\"nc-f", 0);
    assert_near(history.last_x, forecast.x_lo, 0.011);
    s->f[1] = (double)NAN;
    s->y[N - 1] = (double)NAN;
    svg = draw(s);
    assert_int_equal(count_of(svg, "nc-f nc-dot"), 1);
    assert_true(find_path(svg, "<path class=\"nc-f", 0).x_lo > forecast.x_lo + 1);
}

static void exploding_intervals_leave_through_the_edge(void **state) {
    sample *s = *state;
    const drawn calm = find_path(draw(s), "<path class=\"nc-h\"", 0);
    for (size_t i = 0; i < H; i++)
        s->hi[1][i] = s->f[i] + 1e3 * (double)(i * i * i);
    const char *svg = draw(s);
    const drawn history = find_path(svg, "<path class=\"nc-h\"", 0);
    const drawn wide = find_path(svg, "<path class=\"nc-b", 0),
                narrow = find_path(svg, "<path class=\"nc-b", 1);
    assert_true(history.y_hi - history.y_lo > 0.2 * (calm.y_hi - calm.y_lo));
    assert_near(wide.y_lo, 0, 0.001);
    assert_true(narrow.y_lo > 1);
    /* the cut edge goes on towards its point: it reaches the top before the next month */
    assert_true(wide.steps > 2 * H);
}

/* The widest band is drawn first, in whatever order the bands come. */
static void bands_are_nested(void **state) {
    sample *s = *state;
    const drawn wide = find_path(draw(s), "<path class=\"nc-b", 0),
                narrow = find_path(draw(s), "<path class=\"nc-b", 1);
    assert_true(wide.y_hi > narrow.y_hi && wide.y_lo < narrow.y_lo);
    norni_buf before;
    norni_buf_init(&before, &s->alloc);
    norni_buf_add(&before, s->out.p, s->out.n);
    const norni_plot_band swap = s->bands[0];
    s->bands[0] = s->bands[1];
    s->bands[1] = swap;
    assert_string_equal(draw(s), before.p);
    norni_buf_clear(&before);
    assert_int_equal(count_of(draw(s), "fill-opacity=\".19\""),
                     2 + 3); /* two bands, swatches of one and two */
}

static void long_histories_make_small_files_that_keep_spikes(void **state) {
    sample *s = *state;
    enum { LONG = 1000000, SPIKE = 654321, DIP = 654322 };
    int64_t *times = calloc(LONG, sizeof *times);
    double *y = calloc(LONG, sizeof *y);
    assert_non_null(times);
    assert_non_null(y);
    uint32_t seed = 1;
    for (size_t i = 0; i < LONG; i++) {
        seed = seed * 1664525u + 1013904223u;
        times[i] = (int64_t)i * 60 * NORNI_US_SECOND;
        y[i] = i % 7 == 3 ? (double)NAN : (double)(seed >> 8) / (1 << 24);
    }
    s->facet = (norni_plot_facet){.title = norni_str_of("long"),
                                  .times = times,
                                  .y = y,
                                  .n = LONG,
                                  .future_times = s->future};
    const drawn plain = find_path(draw(s), "<path class=\"nc-h\"", 0);
    assert_true(s->out.n < 200000);
    assert_int_equal(plain.moves, 1); /* gaps narrower than a pixel are no gaps */
    y[SPIKE] = 3;
    y[DIP] = -2;
    const drawn d = find_path(draw(s), "<path class=\"nc-h\"", 0);
    assert_true(s->out.n < 200000);
    assert_true(plain.steps < 4 * 960 && d.steps < 4 * 960);
    /* 6 per cent of room on both sides of [-2, 3] in an area of 384 px */
    assert_near(d.y_lo, 384 * 0.06 / 1.12, 0.02);
    assert_near(d.y_hi, 384 * 1.06 / 1.12, 0.02);
    for (size_t i = 400000; i < 500000; i++)
        y[i] = (double)NAN;
    assert_int_equal(find_path(draw(s), "<path class=\"nc-h\"", 0).moves, 2);
    free(times);
    free(y);
}

/* Forecasts and bands may be long as well. */
static void long_forecasts_make_small_files(void **state) {
    sample *s = *state;
    enum { LONG = 200000 };
    int64_t *times = calloc(LONG, sizeof *times);
    double *y = calloc(3 * LONG, sizeof *y);
    assert_non_null(times);
    assert_non_null(y);
    for (size_t i = 0; i < LONG; i++) {
        times[i] = s->times[N - 1] + (int64_t)(i + 1) * NORNI_US_DAY;
        y[i] = (double)(i % 97);
        y[LONG + i] = -1 - (double)(i % 89) - (i == LONG / 2 ? 50 : 0);
        y[2 * LONG + i] = 101 + (double)(i % 83);
    }
    static norni_plot_band band;
    band = (norni_plot_band){90, y + LONG, y + 2 * LONG};
    s->line = (norni_plot_line){norni_str_of("m"), y, &band, 1};
    s->facet.future_times = times;
    s->facet.n_future = LONG;
    const char *svg = draw(s);
    assert_clean(svg);
    assert_true(s->out.n < 200000);
    const drawn d = find_path(svg, "<path class=\"nc-b", 0);
    assert_true(d.steps < 2 * 960);
    free(times);
    free(y);
}

static void same_input_same_bytes(void **state) {
    sample *s = *state;
    (void)draw(s);
    norni_buf first = s->out;
    norni_buf_init(&s->out, &s->alloc);
    (void)draw(s);
    assert_int_equal(first.n, s->out.n);
    assert_memory_equal(first.p, s->out.p, first.n);
    norni_buf_clear(&first);
    /* what stood in the buffer stays */
    s->out.n = 0;
    norni_buf_text(&s->out, "head");
    assert_int_equal(norni_plot_lines(&s->out, &s->chart, NULL), NORN_OK);
    assert_memory_equal(s->out.p, "head<svg ", 9);
}

static void facets_stand_in_a_grid(void **state) {
    sample *s = *state;
    static const struct {
        size_t n;
        int32_t width;
        size_t columns;
    } rows[] = {{1, 0, 1},  {2, 0, 2},    {3, 0, 3},   {4, 0, 2}, {5, 0, 3},
                {12, 0, 3}, {12, 700, 2}, {5, 320, 1}, {40, 0, 3}};
    static norni_plot_facet facets[40];
    static char name[40][8];
    for (size_t i = 0; i < 40; i++) {
        norni_format(name[i], sizeof name[i], "id%zu", i);
        facets[i] = s->facet;
        facets[i].title = norni_str_of(name[i]);
    }
    s->chart.facets = facets;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        s->chart.n_facets = rows[i].n;
        s->chart.width = rows[i].width;
        const char *svg = draw(s);
        assert_clean(svg);
        assert_int_equal(count_of(svg, "<g transform="), rows[i].n);
        assert_int_equal(count_of(svg, "<title>id"), rows[i].n);
        const char *first = strstr(svg, "translate("), *y = strchr(first, ' '),
                   *end = strchr(y, ')');
        char same_row[32];
        norni_format(same_row, sizeof same_row, "%.*s\"><title>", (int)(end + 1 - y), y);
        assert_int_equal(count_of(svg, same_row), rows[i].columns);
    }
}

/* Series with times of their own keep them; series of nearly the same times share one axis. */
static void times_are_shared_where_they_are_alike(void **state) {
    sample *s = *state;
    static int64_t early[N];
    for (size_t i = 0; i < N; i++)
        early[i] = s->times[i] - 36500 * NORNI_US_DAY;
    static norni_plot_facet two[2];
    two[0] = two[1] = s->facet;
    two[0].n_lines = two[1].n_lines = 0;
    two[1].n = 40;
    s->chart.facets = two;
    s->chart.n_facets = 2;
    const drawn whole = find_path(draw(s), "<path class=\"nc-h\"", 0),
                part = find_path(draw(s), "<path class=\"nc-h\"", 1);
    assert_true(part.x_hi < 0.7 * whole.x_hi);
    two[1].times = early;
    assert_near(find_path(draw(s), "<path class=\"nc-h\"", 1).x_hi, whole.x_hi, 0.011);
}

static void models_beyond_the_palette_are_dashed(void **state) {
    sample *s = *state;
    static norni_plot_line lines[30];
    static char name[30][8];
    for (size_t i = 0; i < 30; i++) {
        norni_format(name[i], sizeof name[i], "m%zu", i);
        lines[i] = s->line;
        lines[i].name = norni_str_of(name[i]);
    }
    s->facet.lines = lines;
    s->facet.n_lines = 30;
    const char *svg = draw(s);
    assert_clean(svg);
    assert_non_null(strstr(svg, "<path class=\"nc-f nc-c0 nc-d1\""));
    assert_int_equal(count_of(svg, "<path class=\"nc-f nc-c"), 24 + 30); /* legend and lines */
}

static void wrong_calls_are_refused(void **state) {
    sample *s = *state;
    norn_err err;
    norni_plot_chart c = s->chart;
    assert_int_equal(norni_plot_lines(&s->out, NULL, &err), NORN_E_ARG);
    assert_int_equal(norni_plot_lines(NULL, &c, &err), NORN_E_ARG);
    c.n_facets = 0;
    assert_int_equal(norni_plot_lines(&s->out, &c, &err), NORN_E_ARG);
    assert_string_equal(err.text, "chart: no series given, at least one is needed");
    c = s->chart;
    c.facets = NULL;
    assert_int_equal(norni_plot_lines(&s->out, &c, NULL), NORN_E_ARG);
    c = s->chart;
    c.width = -1;
    assert_int_equal(norni_plot_lines(&s->out, &c, &err), NORN_E_ARG);
    const sample good = *s;
    for (int i = 0; i < 8; i++) {
        if (i == 0) s->facet.y = NULL;
        if (i == 1) s->facet.times = NULL;
        if (i == 2) s->facet.future_times = NULL;
        if (i == 3) s->facet.lines = NULL;
        if (i == 4) s->line.y = NULL;
        if (i == 5) s->line.bands = NULL;
        if (i == 6) s->bands[1].lo = NULL;
        if (i == 7) s->bands[0].level = (double)NAN;
        assert_int_equal(norni_plot_lines(&s->out, &s->chart, &err), NORN_E_ARG);
        s->facet = good.facet;
        s->line = good.line;
        memcpy(s->bands, good.bands, sizeof good.bands);
    }
    s->line.n_bands = NORNI_PLOT_BANDS + 1;
    assert_int_equal(norni_plot_lines(&s->out, &s->chart, &err), NORN_E_ARG);
    assert_int_equal(s->out.n, 0);
}

/* An allocator that refuses one call, after `left` others. */
typedef struct miser {
    norn_alloc real;
    size_t left;
} miser;

static void *grudging(void *user, void *ptr, size_t old, size_t size) {
    miser *m = user;
    if (size > 0 && m->left-- == 0) return NULL;
    return m->real.resize(m->real.user, ptr, old, size);
}

static void lack_of_memory_is_reported(void **state) {
    sample *s = *state;
    miser m = {s->alloc, 0};
    const norn_alloc alloc = {.resize = grudging, .user = &m};
    s->y[10] = s->y[12] = (double)NAN; /* dots need a buffer of their own */
    (void)draw(s);
    size_t calls = 0;
    for (norn_status st = NORN_E_MEM; st != NORN_OK; calls++) {
        norni_buf b;
        norn_err err = {0};
        norni_buf_init(&b, &alloc);
        m.left = calls;
        st = norni_plot_lines(&b, &s->chart, &err);
        assert_true(st == NORN_OK || st == NORN_E_MEM);
        if (st != NORN_OK) assert_int_equal(b.n, 0);
        if (st == NORN_OK) { /* never a part for the whole */
            assert_int_equal(b.n + 1, s->out.n);
            assert_memory_equal(b.p, s->out.p, b.n);
        }
        norni_buf_clear(&b);
    }
    assert_true(calls > 4);
}

/* Infinite is missing, and bounds that are swapped are put right. */
static void infinite_is_missing_and_bounds_may_be_swapped(void **state) {
    sample *s = *state;
    norni_buf want;
    norni_buf_init(&want, &s->alloc);
    s->y[5] = s->f[3] = s->hi[1][7] = (double)NAN;
    (void)draw(s);
    norni_buf_add(&want, s->out.p, s->out.n);
    s->y[5] = s->f[3] = (double)INFINITY;
    s->hi[1][7] = -(double)INFINITY;
    assert_string_equal(draw(s), want.p);
    for (size_t i = 0; i < H - 1; i++) { /* the last one is named in the description */
        const double lo = s->lo[0][i];
        s->lo[0][i] = s->hi[0][i];
        s->hi[0][i] = lo;
    }
    assert_string_equal(draw(s), want.p);
    norni_buf_clear(&want);
}

#define WITH_SAMPLE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_SAMPLE(the_parts_are_there),
        WITH_SAMPLE(text_is_escaped),
        WITH_SAMPLE(long_titles_are_cut),
        WITH_SAMPLE(hostile_values_stay_finite),
        WITH_SAMPLE(hostile_times_stay_finite),
        WITH_SAMPLE(series_of_all_lengths),
        WITH_SAMPLE(gaps_break_the_line_and_lone_points_are_dots),
        WITH_SAMPLE(exploding_intervals_leave_through_the_edge),
        WITH_SAMPLE(bands_are_nested),
        WITH_SAMPLE(long_histories_make_small_files_that_keep_spikes),
        WITH_SAMPLE(long_forecasts_make_small_files),
        WITH_SAMPLE(infinite_is_missing_and_bounds_may_be_swapped),
        WITH_SAMPLE(same_input_same_bytes),
        WITH_SAMPLE(facets_stand_in_a_grid),
        WITH_SAMPLE(times_are_shared_where_they_are_alike),
        WITH_SAMPLE(models_beyond_the_palette_are_dashed),
        WITH_SAMPLE(wrong_calls_are_refused),
        WITH_SAMPLE(lack_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
