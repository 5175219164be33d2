/* Numbers, counts and times as people read them in a portfolio's reports. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_text_values.h"

#include <math.h>

#include "base/numtext.h"

/* Digits of v with a comma before every third from the right. */
static size_t put_grouped(char *out, uint64_t v) {
    char digit[NORNI_NUM_MAX];
    size_t n = 0, at = 0;
    do {
        digit[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    for (size_t i = n; i-- > 0;) {
        out[at++] = digit[i];
        if (i > 0 && i % 3 == 0) out[at++] = ',';
    }
    return at;
}

const char *norni_port_count_text(uint64_t n, char out[NORNI_PORT_WORD]) {
    out[put_grouped(out, n)] = '\0';
    return out;
}

/* "-1.50e200" */
static void put_huge(double x, char out[NORNI_PORT_WORD]) {
    double m = fabs(x);
    int32_t e = 0;
    while (m >= 9.995) {
        m /= 10;
        e++;
    }
    const unsigned hundredths = (unsigned)(m * 100 + 0.5);
    (void)norni_format(out, NORNI_PORT_WORD, "%s%u.%u%ue%d", x < 0 ? "-" : "", hundredths / 100,
                       hundredths / 10 % 10, hundredths % 10, e);
}

const char *norni_port_fixed(double x, int32_t decimals, char out[NORNI_PORT_WORD]) {
    double power = 1;
    size_t at = 0;
    if (!isfinite(x)) {
        (void)norni_format(out, NORNI_PORT_WORD, "-");
        return out;
    }
    if (fabs(x) >= 1e13) {
        put_huge(x, out);
        return out;
    }
    for (int32_t i = 0; i < decimals; i++)
        power *= 10;
    const uint64_t scaled = (uint64_t)(fabs(x) * power + 0.5), whole = (uint64_t)power;
    if (x < 0 && scaled > 0) out[at++] = '-';
    at += put_grouped(out + at, scaled / whole);
    if (decimals > 0) {
        uint64_t rest = scaled % whole;
        out[at] = '.';
        for (int32_t i = decimals; i > 0; i--) {
            out[at + (size_t)i] = (char)('0' + rest % 10);
            rest /= 10;
        }
        at += (size_t)decimals + 1;
    }
    out[at] = '\0';
    return out;
}

/* Decimals that leave a share readable: 0.012 %, 1.23 %, 1,234 %. */
static int32_t share_decimals(double percent) {
    return fabs(percent) >= 999.5 ? 0 : fabs(percent) > 0 && fabs(percent) < 0.0995 ? 3 : 2;
}

static const char *put_percent(double share, bool plus, char out[NORNI_PORT_WORD]) {
    char number[NORNI_PORT_WORD];
    if (!isfinite(share)) return norni_port_fixed(share, 0, out);
    (void)norni_port_fixed(100 * share, share_decimals(100 * share), number);
    const bool shown = share > 0 && plus && isfinite(100 * share);
    (void)norni_format(out, NORNI_PORT_WORD, "%s%s %%", shown ? "+" : "", number);
    return out;
}

const char *norni_port_percent(double share, char out[NORNI_PORT_WORD]) {
    return put_percent(share, false, out);
}

const char *norni_port_percent_plus(double share, char out[NORNI_PORT_WORD]) {
    return put_percent(share, true, out);
}

const char *norni_port_chance(double p, char out[NORNI_PORT_WORD]) {
    char number[NORNI_PORT_WORD];
    if (!isfinite(p)) return norni_port_fixed(p, 0, out);
    const bool low = p > 0 && p < 0.001, high = p < 1 && p > 0.999;
    const double percent = low ? 0.1 : high ? 99.9 : 100 * p;
    const bool fine = (percent > 0 && percent < 9.95) || (percent > 90.05 && percent < 100);
    (void)norni_port_fixed(percent, fine ? 1 : 0, number);
    (void)norni_format(out, NORNI_PORT_WORD, "%s%s %%",
                       low    ? "under "
                       : high ? "over "
                              : "",
                       number);
    return out;
}

const char *norni_port_ratio(double x, char out[NORNI_PORT_WORD]) {
    const double size = fabs(x);
    return norni_port_fixed(x, size >= 0.995 || !(size > 0) ? 2 : size >= 0.0995 ? 3 : 4, out);
}

const char *norni_port_time_text(const norni_port_prices *p, int64_t us,
                                 char out[NORNI_PORT_WORD]) {
    norni_time_style style = {.kind = NORNI_TIME_DATETIME, .sep = ' '};
    if (p->bars_per_day <= 1) style = (norni_time_style){.kind = NORNI_TIME_DATE, .sep = '-'};
    out[norni_time_print(out, us, &style)] = '\0';
    return out;
}

const char *norni_port_stamp_text(int64_t us, char out[NORNI_PORT_WORD]) {
    const norni_time_style style = {.kind = NORNI_TIME_DATETIME, .sep = ' '};
    const size_t n = norni_time_print(out, us, &style);
    (void)norni_format(out + n, NORNI_PORT_WORD - n, " UTC");
    return out;
}

void norni_port_put_counted(norni_buf *b, uint64_t n, const char *one, const char *many) {
    char number[NORNI_PORT_WORD];
    norni_buf_format(b, "%s %s", norni_port_count_text(n, number), n == 1 ? one : many);
}

bool norni_port_is_trading(const norni_port_prices *p) {
    const double year = p->periods_per_year / p->bars_per_day;
    return year > 200 && year < 300;
}

void norni_port_put_days(norni_buf *b, const norni_port_prices *p, double days) {
    char number[NORNI_PORT_WORD];
    norni_buf_format(b, "%s %s%s", norni_port_fixed(days, days == floor(days) ? 0 : 2, number),
                     norni_port_is_trading(p) ? "trading " : "", days == 1 ? "day" : "days");
}

void norni_port_put_borrowing(norni_buf *b, const norni_port_rule *rule) {
    char number[NORNI_PORT_WORD];
    if (rule->borrow_rate < 0 || rule->borrow_rate > 0)
        norni_buf_format(b, "what is owed costs %s a year",
                         norni_port_percent(rule->borrow_rate, number));
    else
        norni_buf_text(b, "what is owed costs nothing (borrow_rate 0), which no lender offers");
}

const char *norni_port_metric_words(norni_port_metric m) {
    switch (m) {
        case NORNI_PORT_BY_OUTPERFORMANCE: return "test outperformance";
        case NORNI_PORT_BY_RETURN: return "test return";
        case NORNI_PORT_BY_SHARPE: return "test Sharpe ratio";
        case NORNI_PORT_BY_SORTINO: return "test Sortino ratio";
        case NORNI_PORT_BY_CALMAR: return "test Calmar ratio";
        case NORNI_PORT_BY_CAGR: return "test CAGR";
        case NORNI_PORT_BY_DRAWDOWN: return "test max drawdown";
        case NORNI_PORT_BY_VOLATILITY: return "test volatility";
        case NORNI_PORT_BY_ULCER: return "test Ulcer index";
        case NORNI_PORT_BY_OMEGA: return "test Omega ratio";
        case NORNI_PORT_BY_TRAIN_OUTPERFORMANCE: return "train outperformance";
        case NORNI_PORT_BY_TRAIN_SHARPE: return "train Sharpe ratio";
        case NORNI_PORT_METRICS: break;
    }
    return "metric";
}

bool norni_port_metric_is_share(norni_port_metric m) {
    return m == NORNI_PORT_BY_OUTPERFORMANCE || m == NORNI_PORT_BY_RETURN ||
           m == NORNI_PORT_BY_CAGR || m == NORNI_PORT_BY_DRAWDOWN ||
           m == NORNI_PORT_BY_VOLATILITY || m == NORNI_PORT_BY_ULCER ||
           m == NORNI_PORT_BY_TRAIN_OUTPERFORMANCE;
}

double norni_port_metric_shown(norni_port_metric m, double ranked) {
    return m == NORNI_PORT_BY_VOLATILITY || m == NORNI_PORT_BY_ULCER ? -ranked : ranked;
}

const char *norni_port_metric_text(norni_port_metric m, double ranked, char out[NORNI_PORT_WORD]) {
    const double x = norni_port_metric_shown(m, ranked);
    const bool relative =
        m == NORNI_PORT_BY_OUTPERFORMANCE || m == NORNI_PORT_BY_TRAIN_OUTPERFORMANCE;
    if (!norni_port_metric_is_share(m)) return norni_port_ratio(x, out);
    return relative ? norni_port_percent_plus(x, out) : norni_port_percent(x, out);
}
