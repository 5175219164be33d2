/* Explanations of a multi run: files by hand, figures, and a page that runs, needs no network and trusts no name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "app/multi_scores.h"
#include "base/fp.h"
#include "multi_folder.h"

enum {
    CUTS = 6,
    BINS = CUTS + 3,
    WORDS = 3,
    CODES = WORDS + 2,
    TERMS = 4,
    LINES = 30,
    REASONS = 6
};

static const char bad[] = "</script><script>alert(1)</script><!--";

typedef struct bed {
    norn_ctx *ctx;
    char folder[300];
    double cut[CUTS], score[BINS], sd[BINS], weight[BINS], word[CODES], pair[BINS * CODES],
        slope[LINES][2], given[TERMS], straight[LINES];
    norni_str category[WORDS];
    norni_term term[TERMS], line[LINES];
    char name[LINES][16];
    norni_multi_reason r[REASONS];
} bed;

static norni_term_axis numbers(const bed *b, const char *name) {
    return (norni_term_axis){.name = norni_str_of(name),
                             .n_bins = BINS,
                             .n_cuts = CUTS,
                             .cut = b->cut,
                             .least = 0,
                             .most = 12};
}

static norni_term_axis words(const bed *b, const char *name) {
    return (norni_term_axis){.feature = 1,
                             .name = norni_str_of(name),
                             .n_bins = CODES,
                             .least = 0,
                             .most = WORDS - 1,
                             .category = b->category};
}

/* A model of boosted terms: a step function, names, a pair, and one that does nothing. */
static void make_terms(bed *b) {
    for (size_t i = 0; i < CUTS; i++)
        b->cut[i] = (double)(i + 1) * 1.5;
    for (size_t i = 0; i < BINS; i++) {
        b->score[i] = (double)i - 3.25;
        b->sd[i] = 0.5;
        b->weight[i] = i == BINS - 1 ? 0 : (double)(10 * i + 1);
    }
    for (size_t i = 0; i < CODES; i++)
        b->word[i] = i % 2 ? 2 : -1;
    for (size_t i = 0; i < BINS * CODES; i++)
        b->pair[i] = (double)(i % 7) - 3;
    b->category[0] = norni_str_of("AGB");
    b->category[1] = norni_str_of(bad);
    b->category[2] = norni_str_of("=1+1");
    b->term[0] = (norni_term){.name = norni_str_of("feed_lag1"),
                              .n_axes = 1,
                              .axis = {numbers(b, "feed_lag1")},
                              .importance = 2.5,
                              .score = b->score,
                              .sd = b->sd,
                              .weight = b->weight};
    b->term[1] = (norni_term){.name = norni_str_of(bad),
                              .n_axes = 1,
                              .axis = {words(b, bad)},
                              .importance = 4,
                              .score = b->word,
                              .sd = b->sd,
                              .weight = b->weight};
    b->term[2] = (norni_term){.name = norni_str_of("=cmd & API"),
                              .n_axes = 2,
                              .axis = {numbers(b, "API"), words(b, "crude")},
                              .importance = 1,
                              .score = b->pair};
    b->term[3] = (norni_term){.name = norni_str_of("nothing"),
                              .n_axes = 1,
                              .axis = {numbers(b, "nothing")},
                              .importance = 0};
    static const double given[TERMS] = {3, -1.5, 0.25, 0};
    memcpy(b->given, given, sizeof given);
}

static void make_lines(bed *b) {
    for (size_t i = 0; i < LINES; i++) {
        (void)snprintf(b->name[i], sizeof b->name[i], "driver_lag%zu", i);
        b->slope[i][0] = i % 2 ? 1 : -0.5;
        b->slope[i][1] = 4;
        b->straight[i] = (double)i / 4 - 3;
        b->line[i] = (norni_term){.name = norni_str_of(b->name[i]),
                                  .n_axes = 1,
                                  .axis = {{.feature = i,
                                            .name = norni_str_of(b->name[i]),
                                            .least = 0,
                                            .most = 10,
                                            .linear = true}},
                                  .importance = (double)(i * 7 % LINES),
                                  .score = b->slope[i]};
    }
}

static int set_up(void **state) {
    static bed b;
    memset(&b, 0, sizeof b);
    assert_int_equal(norn_ctx_new(NULL, &b.ctx, NULL), NORN_OK);
    assert_non_null(folder_new(b.folder, sizeof b.folder));
    make_terms(&b);
    make_lines(&b);
    for (size_t i = 0; i < REASONS; i++) {
        const bool ebm = i % 2 == 0;
        b.r[i] = (norni_multi_reason){.target = norni_str_of(i < 4 ? "Blend_Yield_Gas & LPG" : bad),
                                      .model = norni_str_of(ebm ? "ebm" : "ridge"),
                                      .step = i % 4 < 2 ? 7 : 1,
                                      .why = {.intercept = 100,
                                              .n_terms = ebm ? TERMS : LINES,
                                              .term = ebm ? b.term : b.line,
                                              .n_rows = 500,
                                              .additive = true},
                                      .time = 20000 * NORNI_US_DAY,
                                      .style = {.kind = NORNI_TIME_DATE, .sep = '-'},
                                      .forecast = 101.75,
                                      .contribution = i == 5 ? NULL
                                                      : ebm  ? b.given
                                                             : b.straight};
    }
    *state = &b;
    return 0;
}

static int tear_down(void **state) {
    bed *b = *state;
    folder_remove(b->folder);
    norn_ctx_free(b->ctx);
    return 0;
}

static void write_all(bed *b, size_t n) {
    norn_err err = {0};
    if (norni_multi_reasons_write(b->ctx, b->r, n, b->folder, &err) != NORN_OK)
        fail_msg("%s", err.text);
}

static void assert_has(const bed *b, const char *name, const char *part) {
    assert_file_has(b->folder, name, part);
}

static void files_bear_the_numbers(void **state) {
    bed *b = *state;
    write_all(b, REASONS);
    assert_has(b, "term_importances.csv", "target,model,step,rank,term,importance,share\n");
    assert_has(b, "term_importances.csv", ",ebm,7,2,feed_lag1,2.5,0.3333333333333333\n");
    assert_has(b, "term_importances.csv", ",ebm,7,3,'=cmd & API,1,");
    assert_has(b, "contributions.csv", "& LPG,ebm,7,2024-10-04,101.75,intercept,100\n");
    assert_has(b, "contributions.csv", "& LPG,ebm,7,2024-10-04,101.75,feed_lag1,3\n");
    assert_has(b, "contributions.csv", "101.75,'=cmd & API,0.25\n");
    assert_has(b, "explanations.json", "{\"format\":\"norn-explanations\",\"version\":1,");
    assert_has(b, "explanations.json", "\"cuts\":[1.5,3,4.5,6,7.5,9]");
    assert_has(b, "explanations.json",
               "\"scores\":[-3.25,-2.25,-1.25,-0.25,0.75,1.75,2.75,3.75,4.75]");
    assert_has(b, "explanations.json", "\"scores\":[[-3,-2,-1,0,1],[2,3,-3,");
    assert_has(b, "explanations.json", "\"slope\":-0.5,\"centre\":4}");
    assert_has(b, "explanations.json", "\"contribution\":null");
    char *text = file_read(b->folder, "contributions.csv");
    assert_null(strstr(text, "\n="));
    assert_int_equal(count_of(text, "\n"), 1 + 3 * (TERMS + 1) + 2 * (LINES + 1));
    free(text);
}

static void figures_are_well_formed(void **state) {
    bed *b = *state;
    write_all(b, REASONS);
    assert_int_equal(assert_figures(b->folder), 4 + 4 + 2 + 1);
    assert_has(b, "shapes_Blend_Yield_Gas_LPG_ebm.svg",
               ">Shapes: Blend_Yield_Gas &amp; LPG by ebm, 1 step ahead<");
    assert_has(b, "shapes_Blend_Yield_Gas_LPG_ebm.svg",
               ">where missing: \xE2\x88\x92"
               "3.25<");
    assert_has(b, "pdp_2d_combined_Blend_Yield_Gas_LPG_ebm.svg", ">=cmd &amp; API<");
    assert_has(b, "shap_ridge_summary_Blend_Yield_Gas_LPG.svg", ">17 others<");
    assert_has(b, "feature_importance_analysis.svg", ">by ridge<");
}

/* The page without its scripts must nest; what they bear is checked apart. */
static void cut_scripts(char *page) {
    for (char *p = strstr(page, "<script"); p != NULL; p = strstr(p, "<script")) {
        char *from = strchr(p, '>') + 1, *end = strstr(from, "</script>");
        memmove(from, end, strlen(end) + 1);
        p = from;
    }
}

static void the_page_trusts_no_name(void **state) {
    bed *b = *state;
    write_all(b, REASONS);
    char *page = file_read(b->folder, "explanations.html");
    assert_null(strstr(page, "<script>alert"));
    assert_null(strstr(page, "<!--"));
    assert_int_equal(count_of(page, "<script"), 2);
    assert_int_equal(count_of(page, "</script>"), 2);
    assert_non_null(strstr(page, "\"\\u003c/script>\\u003cscript>alert(1)"));
    assert_non_null(strstr(page, "prefers-color-scheme:dark"));
    assert_non_null(strstr(page, "default-src 'none'"));
    assert_null(strstr(page, "innerHTML"));
    static const char *const never[] = {" src=",  " href=",  "url(",  "@import",
                                        "fetch(", "XMLHttp", "https:"};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        if (strstr(page, never[i]) != NULL) fail_msg("%s in the page", never[i]);
    }
    /* only the name of SVG's own language */
    assert_int_equal(count_of(page, "http:"), count_of(page, "http://www.w3.org/2000/svg"));
    char *html = strstr(page, "<html");
    cut_scripts(html);
    const char *fault = fault_of(html);
    if (fault != NULL) fail_msg("page: %s", fault);
    free(page);
}

static void the_page_runs(void **state) {
    bed *b = *state;
    const char *script = getenv("NORN_PAGE_RUNNER");
    if (script == NULL || system("node --version >/dev/null 2>&1") != 0) skip();
    char command[1200];
    b->score[4] = NORNI_NAN;
    write_all(b, REASONS);
    (void)snprintf(command, sizeof command, "node '%s' '%s/explanations.html' > '%s/said.txt'",
                   script, b->folder, b->folder);
    assert_int_equal(system(command), 0);
    assert_has(
        b, "said.txt",
        "ebm forecasts 101.75 of Blend_Yield_Gas & LPG for 2024-10-04, 7 steps ahead. It starts "
        "from 100, and the terms below move it; it learned from 500 rows.\n4 terms, 4 bars\n");
    assert_has(b, "said.txt", "\n15 terms, 13 bars\n");
    assert_has(b, "said.txt", "\n15 terms, 0 bars\n");
    assert_has(b, "said.txt", " shapes\n");
}

/* A learner that knows no names: bins without cuts are codes. */
static void bins_without_cuts_are_codes(void **state) {
    bed *b = *state;
    b->term[0].axis[0].n_cuts = 0;
    write_all(b, 1);
    assert_has(b, "explanations.json", "\"categories\":[\"0\",\"1\",\"2\",");
    assert_has(b, "explanations.html", "\"k\":\"names\",\"g\":[\"0\",\"1\",");
    assert_has(b, "shapes_Blend_Yield_Gas_LPG_ebm.svg", ">6</text>");
}

static void nothing_to_explain(void **state) {
    bed *b = *state;
    static char name[16][256];
    write_all(b, 0);
    assert_int_equal(folder_list(b->folder, name, 16), 4);
    assert_has(b, "explanations.json", "\"explanations\":[]}");
    b->r[0].why.n_terms = 0;
    write_all(b, 1);
}

static void any_numbers(void **state) {
    bed *b = *state;
    static const double odd[] = {0, 1e300, -1e300, 1e-300, 5};
    for (size_t i = 0; i < BINS; i++) {
        b->score[i] = odd[i % 5];
        b->sd[i] = i % 3 ? 1e300 : NORNI_NAN;
        b->weight[i] = 0;
    }
    b->term[0].axis[0].least = b->term[0].axis[0].most = 3; /* a constant within cuts */
    b->term[1].axis[0].n_bins = 2;
    b->term[2].axis[0].least = NORNI_NAN;
    b->given[1] = NORNI_INF;
    b->r[0].forecast = NORNI_NAN;
    b->r[0].time = NORNI_TIME_NONE;
    write_all(b, REASONS);
    char *page = file_read(b->folder, "explanations.html");
    char *html = strstr(page, "<html");
    cut_scripts(html);
    assert_null(fault_of(html));
    assert_null(strstr(html, "nan"));
    free(page);
}

static void the_same_reasons_give_the_same_bytes(void **state) {
    bed *b = *state;
    static folder_texts before;
    write_all(b, REASONS);
    folder_remember(b->folder, &before);
    write_all(b, REASONS);
    assert_folder_same(b->folder, &before);
}

static void a_full_disk_is_said(void **state) {
    bed *b = *state;
    static char name[16][256];
    norn_err err = {0};
    folder_full(300);
    const norn_status st = norni_multi_reasons_write(b->ctx, b->r, REASONS, b->folder, &err);
    folder_full(RLIM_INFINITY);
    assert_int_equal(st, NORN_E_IO);
    assert_int_equal(folder_list(b->folder, name, 16), 0);
}

static norn_status write_on(void *user, norn_ctx *ctx, norn_err *err) {
    const bed *b = user;
    return norni_multi_reasons_write(ctx, b->r, 2, b->folder, err);
}

static void without_memory(void **state) {
    assert_no_memory_said(write_on, *state, 3);
}

int main(void) {
#define U(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {U(files_bear_the_numbers),
                                       U(figures_are_well_formed),
                                       U(the_page_trusts_no_name),
                                       U(the_page_runs),
                                       U(bins_without_cuts_are_codes),
                                       U(nothing_to_explain),
                                       U(any_numbers),
                                       U(the_same_reasons_give_the_same_bytes),
                                       U(a_full_disk_is_said),
                                       U(without_memory)};
    return cmocka_run_group_tests_name("multi_reasons", tests, NULL, NULL);
}
