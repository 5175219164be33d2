/* Words of a report: numbers for people, thresholds, figures that are not there, trust in forecasts, markdown. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/fp.h"
#include "finance/finance_narrative.h"
#include "finance/finance_words.h"
#include "month_box.h"

typedef struct scene {
    month_box *box;
    norni_fin_kpis kpis;
    norni_fin_forecasts forecasts;
    norni_fin_series series[2];
    norni_fin_anomalies anomalies;
    norni_fin_anomaly anomaly[2];
    norni_fin_correlations correlations;
    norni_fin_correlation link;
    norni_fin_drivers drivers;
    norni_fin_facts facts;
} scene;

/* n months, no figure at all. */
static scene *scene_new(size_t n) {
    scene *s = norni_arena_zero(&arena, 1, sizeof *s);
    double *k;
    s->box = month_box_new(n);
    k = &s->kpis.total_revenue;
    for (size_t i = 0; i < sizeof s->kpis / sizeof *k; i++)
        k[i] = NORNI_NAN;
    s->drivers.r2 = NORNI_NAN;
    s->anomalies.item = s->anomaly;
    s->correlations.item = &s->link;
    s->forecasts.series = s->series;
    s->facts = (norni_fin_facts){&s->box->book, &s->kpis,         &s->forecasts,
                                 &s->anomalies, &s->correlations, &s->drivers};
    return s;
}

typedef enum section { NARRATIVE, STORY, ADVICE, MARKDOWN, STORY_MARKDOWN } section;

static const char *words(const scene *s, section what) {
    norni_buf b;
    norni_json j;
    norni_buf_init(&b, &alloc);
    norni_json_init(&j, &b);
    if (what == NARRATIVE || what == STORY)
        norni_fin_narratives_json(&j, &s->facts,
                                  what == NARRATIVE ? NORNI_FIN_GUARDIAN : NORNI_FIN_STORYTELLER);
    else if (what == ADVICE)
        norni_fin_recommendations_json(&j, &s->facts);
    else
        norni_fin_markdown(&b, &s->facts,
                           what == MARKDOWN ? NORNI_FIN_GUARDIAN : NORNI_FIN_STORYTELLER);
    assert_false(b.failed);
    const char *text = norni_arena_text(&arena, b.p, b.n);
    norni_buf_clear(&b);
    /* never a number that is not there, never a blank too many */
    if (strstr(text, "n/a") || strstr(text, " nan") || strstr(text, "inf ") || strstr(text, "  ") ||
        strstr(text, "(null)"))
        fail_msg("%s", text);
    return text;
}

static void assert_says(const scene *s, section what, const char *part) {
    const char *text = words(s, what);
    if (!strstr(text, part)) fail_msg("\"%s\" is not in %s", part, text);
}

static void assert_silent(const scene *s, section what, const char *part) {
    const char *text = words(s, what);
    if (strstr(text, part)) fail_msg("\"%s\" is in %s", part, text);
}

static void numbers(void **state) {
    (void)state;
    static const struct {
        double x;
        const char *amount, *number, *percent, *sign;
    } row[] = {{0, "0", "0.00", "0 %", "0 %"},
               {-0.0, "0", "0.00", "0 %", "0 %"},
               {12.345, "12.35", "12.35", "12.3 %", "+12.3 %"},
               {-0.004, "-0.004", "0.00", "0 %", "0 %"},
               {0.0456, "0.046", "0.05", "0 %", "0 %"},
               {2.34e-9, "2.3e-9", "0.00", "0 %", "0 %"},
               {-950, "-950", "-950.00", "-950 %", "-950 %"},
               {999.6, "1K", "999.60", "999.6 %", "+999.6 %"},
               {1234, "1.23K", "1234.00", "1.23K %", "+1.23K %"},
               {999960, "1M", "999960.00", "1M %", "+1M %"},
               {-3932500, "-3.93M", "-3.93M", "-3.93M %", "-3.93M %"},
               {7.25e9, "7.25B", "7.25B", "7.25B %", "+7.25B %"},
               {1049000, "1.05M", "1.05M", "1.05M %", "+1.05M %"},
               {-412345, "-412.3K", "-412345.00", "-412.3K %", "-412.3K %"},
               {4067941506598262, "4068T", "4068T", "4068T %", "+4068T %"},
               {9.9999e20, "1e21", "1e21", "1e21 %", "+1e21 %"},
               {1.2e300, "1.2e300", "1.2e300", "1.2e300 %", "+1.2e300 %"},
               {NORNI_NAN, "n/a", "n/a", "n/a", "n/a"}};
    char out[NORNI_FIN_WORD];
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        assert_string_equal(norni_fin_amount_text(row[i].x, out), row[i].amount);
        assert_string_equal(norni_fin_number_text(row[i].x, out), row[i].number);
        assert_string_equal(norni_fin_percent_text(row[i].x, out), row[i].percent);
        assert_string_equal(norni_fin_signed_text(row[i].x, out), row[i].sign);
    }
    assert_string_equal(norni_fin_points_text(-0.0901, out), "9 points");
    assert_string_equal(norni_fin_points_text(0.01, out), "1 point");
    assert_string_equal(norni_fin_month_words(2024 * 12 + 11, out), "December 2024");
    assert_string_equal(norni_fin_value_text(NORNI_FIN_DSO, 1, out), "1 day");
    assert_string_equal(norni_fin_value_text(NORNI_FIN_DSO, 10.75, out), "10.8 days");
    assert_string_equal(norni_fin_value_text(NORNI_FIN_PROFIT_MARGIN, 0.311, out), "31.1 %");
    assert_string_equal(norni_fin_count_text(1, "month", out), "1 month");
    assert_string_equal(norni_fin_count_text(2, "month", out), "2 months");
}

/* The reference called a current ratio of 7.36 "0.00": what is there is told, what is not is not. */
static void figures_that_are_there(void **state) {
    (void)state;
    scene *s = scene_new(24);
    s->kpis.current_ratio = 7.36, s->kpis.roas = 1.95, s->kpis.profit_margin = 0.311;
    assert_says(s, NARRATIVE, "Liquidity is strong, with an average current ratio of 7.36.");
    assert_says(s, NARRATIVE, "ROAS averages 1.95, below 2");
    assert_says(s, NARRATIVE, "Profit margin stands at 31.1 %.");
    assert_says(s, NARRATIVE, "above 25 %");
    assert_says(s, NARRATIVE, "The current ratio averages 7.36, above 2");
    assert_silent(s, NARRATIVE, "Critical");
    assert_silent(s, ADVICE, "Critical");
    assert_silent(s, NARRATIVE, "DSO");
    assert_silent(s, NARRATIVE, "cash conversion");
    assert_says(s, ADVICE,
                "[\"Of what could be judged, profit margin and liquidity are within expected "
                "ranges.\",\"Not judged, for want of figures: collections and debt.\"]");
    s->kpis.dso = 40;
    assert_says(s, ADVICE, "profit margin, collections and liquidity are within expected ranges.");
    s->kpis.debt_to_equity_ratio = 1;
    assert_says(s, ADVICE, "[\"All key metrics are within expected ranges.\"]");
    s->kpis.dso = s->kpis.debt_to_equity_ratio = NORNI_NAN;
    s->kpis.current_ratio = 0.8;
    assert_says(s, NARRATIVE, "Liquidity is weak");
    assert_says(s, ADVICE, "Critical: the current ratio averages 0.80, below 1");
}

static void nothing_there(void **state) {
    (void)state;
    scene *s = scene_new(0);
    assert_says(
        s, NARRATIVE,
        "{\"summary_text\":\"There are too few figures for a summary.\",\"analyst_insights\":[]}");
    assert_says(s, STORY, "{\"narrative\":\"There are too few figures for a story.\"}");
    assert_says(s, ADVICE, "nothing is recommended");
    assert_says(s, MARKDOWN, "# Financial report");
    assert_silent(s, MARKDOWN, "## Anomalies");
    assert_silent(s, MARKDOWN, "## Key figures");
    assert_silent(s, MARKDOWN, "## Forecast\n");
    s->facts.forecasts = NULL, s->facts.anomalies = NULL;
    s->facts.correlations = NULL, s->facts.drivers = NULL;
    (void)words(s, MARKDOWN);
    (void)words(s, NARRATIVE);
    (void)words(s, STORY_MARKDOWN);
}

typedef struct rule {
    size_t at; /* of the figure in norni_fin_kpis */
    double x;
    const char *says;
} rule;
#define AT(field) offsetof(norni_fin_kpis, field)

static void thresholds(void **state) {
    (void)state;
    static const rule row[] = {
        {AT(roas), 1.99, "ROAS averages 1.99, below 2"},
        {AT(roas), 2, NULL},
        {AT(roas), 5, NULL},
        {AT(roas), 5.01, "above 5"},
        {AT(dso), 45.1, "DSO averages 45.1 days, above 45"},
        {AT(dso), 45, NULL},
        {AT(dso), 30, NULL},
        {AT(dso), 29, "DSO averages 29 days, below 30"},
        {AT(current_ratio), 0.99, "Critical: the current ratio averages 0.99, below 1"},
        {AT(current_ratio), 2, NULL},
        {AT(current_ratio), 2.1, "above 2"},
        {AT(profit_margin), 0.099, "below 10 %"},
        {AT(profit_margin), 0.2, NULL},
        {AT(profit_margin), 0.26, "above 25 %"},
        {AT(profit_margin), -0.2, "Profit margin is -20 %, below 10 %"},
        {AT(cash_conversion_cycle), 61, "averages 61 days, above 60"},
        {AT(cash_conversion_cycle), 45, NULL},
        {AT(cash_conversion_cycle), -3, "averages -3 days, below 30"}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        scene *s = scene_new(24);
        memcpy((char *)&s->kpis + row[i].at, &row[i].x, sizeof row[i].x);
        if (row[i].says)
            assert_says(s, NARRATIVE, row[i].says);
        else
            assert_says(s, NARRATIVE, "\"analyst_insights\":[]");
    }
    scene *s = scene_new(24);
    s->kpis.profit_margin = 0.049, s->kpis.dso = 46, s->kpis.debt_to_equity_ratio = 2.1;
    assert_says(s, ADVICE, "Profit margin is 4.9 %, below 5 %");
    assert_says(s, ADVICE, "DSO averages 46 days, above 45");
    assert_says(s, ADVICE, "Debt to equity averages 2.10, above 2");
}

/* Growths over quarters and years, a month that is not over left out. */
static void growths(void **state) {
    (void)state;
    scene *s = scene_new(25);
    double *r = month_metric(s->box, NORNI_FIN_REVENUE),
           *e = month_metric(s->box, NORNI_FIN_EXPENSES),
           *p = month_metric(s->box, NORNI_FIN_PROFIT), *ar = month_metric(s->box, NORNI_FIN_AR),
           *ap = month_metric(s->box, NORNI_FIN_AP),
           *l = month_metric(s->box, NORNI_FIN_LIABILITIES),
           *q = month_metric(s->box, NORNI_FIN_EQUITY);
    for (size_t i = 0; i < 25; i++) {
        r[i] = i < 12 ? 100 : i < 21 ? 110 : 140;
        e[i] = i < 12 ? 50 : i < 21 ? 70 : 75;
        p[i] = r[i] - e[i];
        ar[i] = i < 21 ? 10 : 20, ap[i] = i < 21 ? 10 : 9;
        l[i] = 100 * norni_exp(0.03 * (double)i), q[i] = 100 * norni_exp(-0.03 * (double)i);
    }
    r[24] = 1, e[24] = 1, s->box->book.all.part_last = true;
    assert_says(s, NARRATIVE,
                "Revenue performance is strong: October to December 2021 brought 40 % more than "
                "the same months a year before.");
    assert_says(s, NARRATIVE,
                "Revenue of October to December 2021 grew 40 % against the same months a year "
                "before");
    assert_says(s, NARRATIVE,
                "Expenses of the last 12 months changed by +42.5 % against the 12 before and "
                "revenue by +17.5 %: costs outpace sales");
    assert_says(s, NARRATIVE,
                "Accounts receivable of October to December 2021 changed by +100 % against the "
                "same months a year before and revenue by +40 %");
    assert_says(s, NARRATIVE,
                "Accounts payable of October to December 2021 fell 10 % against the same months a "
                "year before while expenses rose 50 %");
    assert_says(s, NARRATIVE, "Liabilities grew 3 % a month");
    assert_says(s, NARRATIVE, "Equity shrank 3 % a month");
    assert_says(
        s, STORY,
        "In the 12 months to December 2021, revenue grew 17.5 % and profit fell 7.5 % against the "
        "12 months before.");
    assert_says(s, STORY, "remarkable growth");
    for (size_t i = 21; i < 24; i++)
        r[i] = 90;
    assert_says(s, NARRATIVE,
                "Revenue is under pressure: October to December 2021 brought 10 % less than the "
                "same months a year before.");
    assert_silent(s, NARRATIVE, "Revenue of October"); /* 10 %, not beyond */
    s->kpis.growth_rate = 12.34;
    assert_says(s, STORY, "The key figures' growth of +12.3 % compares the calendar year");
    r[22] = NORNI_NAN; /* no quarter to speak of */
    assert_silent(s, NARRATIVE, "brought");
    s->box->book.all.n = 23, s->box->book.all.part_last = false; /* too short for a year before */
    for (size_t i = 0; i < 23; i++)
        r[i] = i < 20 ? 100 : 80;
    assert_says(s, NARRATIVE,
                "Revenue is under pressure: September to November 2021 brought 20 % less than the "
                "three months before.");
    s->box->book.all.n = 14;
    assert_says(s, NARRATIVE,
                "Revenue is stable: December 2020 to February 2021 brought as much as the three "
                "months before.");
    s->box->book.all.n = 24;
    s->box->book.all.step = 3; /* books of quarters: every third month */
    for (size_t i = 0; i < 24; i++) {
        s->box->rows[i] = i % 3 == 2;
        r[i] = i % 3 < 2 ? NORNI_NAN : i < 12 ? 100 : 105;
    }
    assert_says(s, NARRATIVE,
                "Revenue is stable and growing: the quarter of December 2021 brought 5 % more than "
                "that of a year before.");
    s->box->book.all.step = 1;
    for (size_t i = 0; i < 24; i++)
        r[i] = 100 + (i >= 12 ? 10 : 0), e[i] = 0.5 * r[i];
    assert_silent(s, NARRATIVE, "outpace");
}

/* Books that do not fit are named, in the insights and before any advice. */
static void doubts(void **state) {
    (void)state;
    scene *s = scene_new(24);
    double *r = month_metric(s->box, NORNI_FIN_REVENUE),
           *e = month_metric(s->box, NORNI_FIN_EXPENSES),
           *p = month_metric(s->box, NORNI_FIN_PROFIT), *q = month_metric(s->box, NORNI_FIN_EQUITY);
    for (size_t i = 0; i < 24; i++)
        r[i] = 100, e[i] = 60, p[i] = 40, q[i] = 500;
    s->kpis.profit_margin = 0.2;
    assert_silent(s, ADVICE, "Check the books");
    r[3] = r[4] = -100;
    for (size_t i = 6; i < 24; i++)
        p[i] = 80;
    q[23] = -1234;
    for (int k = NARRATIVE; k <= ADVICE; k += ADVICE) {
        assert_says(s, (section)k, "revenue is below 0 in 2 of 24 months");
        assert_says(s, (section)k,
                    "Critical: liabilities exceed assets by 1.23K in December 2021: equity is "
                    "negative");
        assert_says(s, (section)k, "profit is not revenue less expenses in 20 of 24 months");
    }
    assert_silent(s, ADVICE, "within expected ranges");
    assert_says(s, ADVICE, "Not judged, for want of figures: collections, liquidity and debt.");
    s->kpis.financial_health_score = 100;
    s->kpis.health_margin = 25;
    assert_says(s, NARRATIVE, "score is 100.00 of 100, from 1 of its 4 parts.");
    assert_says(s, STORY, "stands at 100.00 of 100, from 1 of its 4 parts, which is good.");
    s->kpis.health_liquidity = s->kpis.health_debt = s->kpis.health_growth = 25;
    assert_says(s, NARRATIVE, "score is 100.00 of 100.");
}

static void forecast(scene *s, double accuracy) {
    static double y[24];
    for (size_t i = 0; i < 24; i++)
        y[i] = 1e6;
    s->forecasts.n = 1;
    s->series[0] = (norni_fin_series){.name = {"revenue", 7},
                                      .n = 24,
                                      .first = 2022 * 12,
                                      .y = y,
                                      .n_points = 3,
                                      .accuracy_percentage = accuracy};
    for (int64_t i = 0; i < 3; i++)
        s->series[0].point[i] = (norni_fin_point){2024 * 12 + i, 1.1e6, 0.9e6, 1.3e6};
}

static void outlook(void **state) {
    (void)state;
    scene *s = scene_new(24);
    forecast(s, 93.14);
    assert_says(s, NARRATIVE,
                "Revenue is forecast at 3.3M in all from January 2024 to March 2024, +10 % against "
                "the same months a year before; "
                "March 2024 alone lies between 900K and 1.3M. In back-tests this forecast was 93.1 "
                "% accurate, which makes it reliable.");
    assert_says(s, MARKDOWN, "| revenue | March 2024 | 1.1M | 900K | 1.3M |");
    assert_says(s, MARKDOWN, "| Forecast accuracy in back-tests | 93.1 % |");
    for (double accuracy = -40; accuracy < 90; accuracy += 10) {
        forecast(s, accuracy);
        for (int k = 0; k < 5; k++)
            assert_silent(s, (section)k, "reliable");
        if (accuracy < 70) {
            assert_says(s, STORY, "do not rely on it");
            assert_says(s, NARRATIVE,
                        "Forecast of revenue came out less than 70 % accurate in back-tests: plan "
                        "with its interval, not with the points.");
        } else {
            assert_says(s, NARRATIVE, "a fair guide, not a promise");
        }
    }
    s->series[1] = s->series[0];
    s->series[0].accuracy_percentage = s->series[1].accuracy_percentage = 12;
    s->series[1].name = norni_str_of("profit_margin");
    s->forecasts.n = 2;
    assert_says(s, NARRATIVE,
                "Forecasts of revenue, profit margin came out less than 70 % accurate");
    forecast(s, 100);
    static double none[24];
    s->series[0].y = none;
    assert_says(s, NARRATIVE, "Revenue is 0 in every month, and forecast at 0.");
    assert_silent(s, NARRATIVE, "reliable");
    forecast(s, NORNI_NAN);
    assert_says(s, NARRATIVE, "No back-test could measure");
    for (int k = 0; k < 5; k++)
        assert_silent(s, (section)k, "reliable");
    s->series[0].n_points = 0;
    assert_says(s, NARRATIVE, "There is no forecast: the history is too short");
    s->box->book.all.step = 3;
    assert_says(s, NARRATIVE, "There is no forecast: values do not stand in every month");
}

static void findings(void **state) {
    (void)state;
    scene *s = scene_new(24);
    s->kpis.profit_margin = 0.2;
    assert_says(s, NARRATIVE, "No month stands out of its trend and season.");
    s->anomalies.n = 1;
    s->anomaly[0] = (norni_fin_anomaly){.month = 2024 * 12,
                                        .metric = (norni_fin_metric)NORNI_FIN_REVENUE,
                                        .value = 2.1e6,
                                        .mean = 1e6,
                                        .median = 1e6,
                                        .votes = 63,
                                        .trend = true};
    assert_says(s, NARRATIVE,
                "Attention: Revenue of 2.1M in January 2024 is 110 % above the 1M that the trend "
                "leads to expect.");
    assert_says(s, ADVICE, "Look into revenue of January 2024: 2.1M where 1M was to be expected.");
    s->anomaly[0].group = (norni_str){"LATAM", 5};
    assert_says(s, NARRATIVE, "Attention: Revenue (LATAM) of 2.1M in January 2024 is");
    assert_says(s, ADVICE, "Look into revenue (LATAM) of January 2024: 2.1M where");
    s->anomaly[0].group.n = 0;
    s->anomaly[0].month = 2020 * 12; /* two years ago: no news */
    assert_silent(s, NARRATIVE, "Attention");
    assert_says(s, NARRATIVE, "Looking back: Revenue of 2.1M in January 2020 is 110 % above");
    assert_says(s, ADVICE, "Look into the one finding that stands out: revenue of January 2020.");
    s->anomaly[0].month = 2024 * 12;
    s->anomaly[1] = s->anomaly[0];
    s->anomaly[0].metric = NORNI_FIN_PROFIT_MARGIN, s->anomaly[0].value = -0.173,
    s->anomaly[0].mean = 0.131;
    assert_says(s, NARRATIVE,
                "Profit margin of -17.3 % in January 2024 is 30.4 points below the 13.1 % that");
    s->anomaly[0] = s->anomaly[1];
    s->anomaly[0].value = 1.2e6;
    assert_silent(s, NARRATIVE, "Attention");
    assert_silent(s, NARRATIVE, "stands out");
    assert_says(s, ADVICE, "Look into the one finding that stands out: revenue of January 2024.");
    s->anomaly[1] = s->anomaly[0], s->anomalies.n = 2;
    assert_says(s, ADVICE, "Look into January 2024: revenue and 1 other figure stand out.");
    s->anomaly[1].month--;
    assert_says(s, ADVICE, "Look into the 2 findings that stand out");
    assert_says(s, MARKDOWN, "\n## Anomalies\n\n- Revenue of 1.2M in January 2024 is 20 % above");
    s->correlations.n = 1;
    s->link = (norni_fin_correlation){(norni_fin_metric)NORNI_FIN_REVENUE,
                                      (norni_fin_metric)NORNI_FIN_MARKETING,
                                      0.9,
                                      2,
                                      0.001,
                                      6,
                                      true,
                                      40,
                                      0.002};
    assert_says(s, NARRATIVE,
                "Granger's test suggests that changes in marketing spend come 2 months before "
                "changes in revenue");
    s->link.p_value_without_season = 0.02; /* what the season tells is no lead */
    assert_silent(s, NARRATIVE, "come 2 months before");
    s->link.p_value_without_season = NORNI_NAN;
    assert_silent(s, NARRATIVE, "come 2 months before");
    s->link.p_value_without_season = 0.002, s->link.p_value = 0.02;
    assert_silent(s, NARRATIVE, "come 2 months before"); /* of six tests one at .02 is chance */
    s->drivers.n = 1;
    s->drivers.insight = norni_str_of("Profit is driven most by <script>*x*_y_</script>.");
    assert_says(s, MARKDOWN, "by &lt;script\\>\\*x\\*\\_y\\_&lt;/script\\>.");
    assert_says(s, NARRATIVE, "Profit is driven most by");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(figures_that_are_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(thresholds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(growths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(doubts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(outlook, set_up, tear_down),
        cmocka_unit_test_setup_teardown(findings, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("finance_narrative", tests, NULL, NULL);
}
