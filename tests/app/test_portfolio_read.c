/* Tests of reading prices: layouts, columns, folders and timeframes, times, symbols asked for, errors with their places. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/portfolio_files.h"
#include "app/portfolio_read.h"

enum { MOST = 8 };
typedef struct part {
    const char *name, *text;
} part;

static norn_ctx *ctx;

static int open_ctx(void **state) {
    (void)state;
    return norn_ctx_new(NULL, &ctx, NULL);
}
static int close_ctx(void **state) {
    (void)state;
    norn_ctx_free(ctx);
    return 0;
}

static norni_port_read_opt usual(void) {
    return (norni_port_read_opt){.prices = norni_port_prices_opt_default()};
}

static norn_status read_parts(const part *in, norni_port_read_opt opt, norni_port_prices *p,
                              norni_port_read_report *report, norn_err *err) {
    norni_str bytes[MOST];
    const char *name[MOST];
    size_t n = 0;
    for (; n < MOST && in[n].text != NULL; n++) {
        bytes[n] = norni_str_of(in[n].text);
        name[n] = in[n].name;
    }
    opt.in.n = n;
    opt.bytes = bytes;
    opt.name = name;
    *err = (norn_err){NORN_OK, ""};
    return norni_port_read(&(norni_op_env){.ctx = ctx}, &opt, p, report, err);
}

static norni_port_prices take(const part *in, norni_port_read_opt opt) {
    norni_port_prices p;
    norn_err err;
    if (read_parts(in, opt, &p, NULL, &err) != NORN_OK) fail_msg("%s", err.text);
    return p;
}

static void refuse(const part *in, norni_port_read_opt opt, norn_status want, const char *words) {
    norni_port_prices p;
    norn_err err;
    const norn_status st = read_parts(in, opt, &p, NULL, &err);
    if (st != want || strstr(err.text, words) == NULL)
        fail_msg("%s: '%s' is not in '%s'", norn_status_name(st), words, err.text);
}

static bool same(const norni_port_prices *a, const norni_port_prices *b) {
    const norni_hash128 x = norni_port_prices_key(a), y = norni_port_prices_key(b);
    return x.hi == y.hi && x.lo == y.lo;
}

static void noted(const norni_port_prices *p, const char *words) {
    char text[4000];
    snprintf(text, sizeof text, "%.*s", (int)p->notes.n, p->notes.n ? p->notes.p : "");
    if (strstr(text, words) == NULL) fail_msg("'%s' is not in '%s'", words, text);
}

static const part wide[] = {
    {"p.csv", "time,BTC/USDT,ETH\n2024-01-01,1,10\n2024-01-02,2,\n2024-01-03,3,30\n"},
    {NULL, NULL}};

static void layouts_are_told(void **state) {
    static const part others[][4] = {
        {{"p",
          "symbol,date,open,Close\nBTC_USDT,2024-01-01,9,1\nETH,2024-01-01,9,10\nBTC_USDT,2024-01-"
          "02,9,2\n"
          "BTC_USDT,2024-01-03,9,3\nETH,2024-01-03,9,30\n"},
         {NULL, NULL}},
        {{"p",
          "ds;unique_id;y\r\n2024-01-03;btcusdt;3\r\n2024-01-03;ETH;30\r\n2024-01-01;btcusdt;1\r\n"
          "2024-01-01;ETH;10\r\n2024-01-02;btcusdt;2"},
         {NULL, NULL}},
        {{"x/BTC_USDT.csv",
          "Timestamp,Open,High,Low,CLOSE,Volume\n2024-01-01,9,9,9,1,5\n2024-01-02,9,9,9,2,5\n"
          "2024-01-03,9,9,9,3,5\n"},
         {"ETH.csv", "date,close\n2024-01-01,10\n2024-01-03,30\n"},
         {NULL, NULL}},
        {{"BTC/1d.csv", "ds,y\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n"},
         {"ETH-USDT/1d.csv", "ds,y,volume\n2024-01-01,10,1\n2024-01-03,30,1\n"},
         {NULL, NULL}},
        {{"a", ",BTC\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n"},
         {"b", "\"\",\"ETH\"\n2024-01-01,10\n2024-01-02,NA\n2024-01-03,30\n"},
         {NULL, NULL}},
        {{"a", "time,BTC\n2024-01-01,1\n"}, /* parts of one symbol */
         {"b", "time,BTC,ETH\n2024-01-02,2,\n2024-01-03,3,30\n2024-01-01,,10\n"},
         {NULL, NULL}},
    };
    norni_port_read_opt opt = usual();
    (void)state;
    opt.prices.align = NORNI_PORT_UNION;
    opt.prices.frame = NORNI_PORT_1D;
    norni_port_prices a = take(wide, opt);
    assert_true(a.n_bars == 3 && a.n_assets == 2);
    assert_true(a.price[2] == 2 && a.price[3] == 10 && !a.traded[3] && a.price[5] == 30);
    assert_int_equal(a.style.kind, NORNI_TIME_DATE);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        norni_port_prices b = take(others[i], opt);
        if (!same(&a, &b)) fail_msg("layout %zu", i);
        norni_port_prices_clear(&b);
    }
    norni_port_prices_clear(&a);
}

static void columns_have_many_names(void **state) {
    static const part adjusted[] = {
        {"A.csv", "Date,Close,Adj Close,Volume\n2024-01-01,4,2,0\n2024-01-02,5,3,0\n"},
        {NULL, NULL}};
    static const part own[] = {
        {"A.csv", "when,coin,last,bid\n2024-01-01,A,4,1\n2024-01-02,A,5,1\n"}, {NULL, NULL}};
    static const part tickers[] = {
        {"A.csv", "Date,LOW,OPEN,Y,HD\n2024-01-01,4,2,0.5,7\n2024-01-02,5,3,1,8\n"}, {NULL, NULL}};
    norni_port_read_opt opt = usual();
    (void)state;
    norni_port_prices p = take(adjusted, opt);
    assert_true(p.price[0] == 4);
    noted(&p, "column 'Close' is read, not 'Adj Close' (--price-col)");
    norni_port_prices_clear(&p);
    opt.price_col = "adj close";
    p = take(adjusted, opt);
    assert_true(p.price[0] == 2);
    assert_int_equal(p.notes.n, 0);
    norni_port_prices_clear(&p);
    opt.time_col = "when";
    opt.id_col = "COIN";
    opt.price_col = "Last";
    p = take(own, opt);
    assert_true(p.n_assets == 1 && p.price[1] == 5);
    norni_port_prices_clear(&p);
    opt = usual();
    p = take(tickers, opt); /* Lowe's, Opendoor, Alleghany: symbols */
    assert_true(p.n_assets == 4 && norni_str_is(p.symbol[2], "Y"));
    norni_port_prices_clear(&p);
    opt.price_col = "none";
    refuse(own, opt, NORN_E_DATA, "line 1: there is no column 'none' (--price-col)");
    static const part no_time[] = {{"p", "ticker,close,what\nA,1,2\n"}, {NULL, NULL}};
    static const part no_price[] = {{"p", "ticker,date,what\nA,2024-01-01,2\n"}, {NULL, NULL}};
    refuse(no_time, usual(), NORN_E_DATA, "--time-col");
    refuse(no_price, usual(), NORN_E_DATA, "--price-col");
}

static void times_are_told_by_size(void **state) {
    static const char *const times[][2] = {
        {"2024-01-01 00:00:00", "2024-01-01 01:00:00"},
        {"2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z"},
        {"2024-01-01T05:30:00+05:30", "2024-01-01T06:30:00+05:30"},
        {"1704067200", "1704070800"},
        {"1704067200000", "1704070800000"},
        {"1704067200000000", "1704070800000000"},
        {"1704067200000000000", "1704070800000000000"}};
    const int64_t first = norni_days_from_civil(2024, 1, 1) * NORNI_US_DAY;
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char text[200];
        snprintf(text, sizeof text, "time,A\n%s,1\n%s,2\n", times[i][0], times[i][1]);
        norni_port_prices p = take((part[]){{"p", text}, {NULL, NULL}}, usual());
        if (p.time[0] != first || p.time[1] != first + NORNI_US_DAY / 24)
            fail_msg("%s", times[i][0]);
        norni_port_prices_clear(&p);
    }
    norni_port_prices p = take((part[]){{"p", "t,A\n0,1\n1,2\n"}, {NULL, NULL}}, usual());
    assert_int_equal(p.style.kind, NORNI_TIME_INDEX);
    norni_port_prices_clear(&p);
    norni_port_read_opt opt = usual();
    opt.prices.frame = NORNI_PORT_1H;
    refuse((part[]){{"p", "t,A\n0,1\n1,2\n"}, {NULL, NULL}}, opt, NORN_E_DATA, "integers");
    refuse((part[]){{"p", "t,A\n1704067200,1\n9000000000000000,2\n"}, {NULL, NULL}}, usual(),
           NORN_E_DATA, "line 3: the time 9000000000000000 lies outside");
    refuse((part[]){{"p", "t,A\n2024-01-01T00:00Z,1\n2024-01-01T01:00,2\n"}, {NULL, NULL}}, usual(),
           NORN_E_DATA, "lacks a time zone");
    refuse(
        (part[]){
            {"p", "t,A\n2024-01-01T00:00Z,1\n"}, {"q", "t,B\n2024-01-01T00:00,1\n"}, {NULL, NULL}},
        usual(), NORN_E_DATA, "q: its times lack a time zone, those of p do");
    refuse((part[]){{"p", "t,A\n2024-01-01,1\n"}, {"q", "t,B\n1,1\n"}, {NULL, NULL}}, usual(),
           NORN_E_DATA, "q: its times are integers, those of p dates");
    p = take(
        (part[]){{"p", "t,A\n2024-01-01,1\n"}, {"q", "t,B\n2024-01-01 00:00,1\n"}, {NULL, NULL}},
        usual());
    assert_true(p.n_assets == 2 && p.style.kind == NORNI_TIME_DATETIME);
    norni_port_prices_clear(&p);
}

static void symbols_stand_by_name(void **state) {
    const part shuffled[] = {{"p",
                              "symbol,time,close\nZ,2024-01-02,4\nB/USD,2024-01-01,1\n"
                              "A,2024-01-01,3\nZ,2024-01-01,2\nA,2024-01-02,5\n"
                              "B/USD,2024-01-02,7\n"},
                             {NULL, NULL}};
    norni_port_read_opt opt = usual();
    (void)state;
    norni_port_prices p = take(shuffled, opt);
    assert_true(p.n_assets == 3 && norni_str_is(p.symbol[0], "Z"));
    norni_port_prices_clear(&p);
    opt.by_name = true;
    p = take(shuffled, opt);
    assert_true(norni_str_is(p.symbol[0], "A") && norni_str_is(p.symbol[1], "B") &&
                norni_str_is(p.symbol[2], "Z") && p.price[0] == 3 && p.price[2] == 2);
    norni_port_prices_clear(&p);
}

static void volumes_are_no_prices(void **state) {
    const part wide_bars[] = {{"p", "t,A,B,Volume\n2024-01-01,1,2,3000\n"}, {NULL, NULL}};
    const part ranges[] = {{"p", "t,A,B,high,low\n2024-01-01,1,2,3,4\n"}, {NULL, NULL}};
    const part shares[] = {{"p", "t,A,LOW\n2024-01-01,1,2\n"}, {NULL, NULL}};
    norni_port_read_opt opt = usual();
    (void)state;
    norni_port_prices p = take(wide_bars, opt);
    assert_int_equal(p.n_assets, 2);
    noted(&p, "p: column 'Volume' is left out: it names a part of a bar, no symbol");
    norni_port_prices_clear(&p);
    p = take(ranges, opt);
    assert_int_equal(p.n_assets, 2);
    norni_port_prices_clear(&p);
    p = take(shares, opt);
    assert_int_equal(p.n_assets, 2);
    noted(&p, "p: column 'LOW' is taken for a symbol");
    norni_port_prices_clear(&p);
    opt.symbols = "A,VOLUME";
    p = take(wide_bars, opt);
    assert_int_equal(p.n_assets, 2);
    norni_port_prices_clear(&p);
}

static void symbols_are_chosen(void **state) {
    norni_port_read_opt opt = usual();
    (void)state;
    opt.symbols = "SOL,eth/usdt,BTC";
    norni_port_prices p = take(wide, opt);
    assert_true(p.n_assets == 2 && norni_str_is(p.symbol[0], "ETH") && p.n_bars == 2);
    noted(&p, "SOL: the input has no such symbol");
    norni_port_prices_clear(&p);
    opt.symbols = "BTC";
    p = take(wide, opt);
    assert_true(p.n_bars == 3); /* ETH's gap is not waited for */
    norni_port_prices_clear(&p);
    opt.symbols = "DOGE";
    refuse(wide, opt, NORN_E_DATA, "none of the symbols 'DOGE'");
    opt.symbols = "A,,B";
    refuse(wide, opt, NORN_E_ARG, "--symbols 'A,,B'");
    opt.symbols = "";
    refuse(wide, opt, NORN_E_ARG, "--symbols is empty");
}

static void errors_have_places(void **state) {
    (void)state;
    refuse((part[]){{"p", "t,A\n2024-01-01,1\n2024-01-02,x\n"}, {NULL, NULL}}, usual(), NORN_E_DATA,
           "line 3, column A: 'x' is not a number");
    refuse((part[]){{"p", "t,A\n2024-01-01,1\n"}, {"q", "t,B\n01/02/2024,1\n"}, {NULL, NULL}},
           usual(), NORN_E_DATA, "q: line 2, column t: '01/02/2024' is not a time");
    refuse((part[]){{"p", "t,A\n2024-01-01,1,2\n"}, {NULL, NULL}}, usual(), NORN_E_FORMAT,
           "line 2");
    refuse((part[]){{"p", "t,A,A\n2024-01-01,1,2\n"}, {NULL, NULL}}, usual(), NORN_E_DATA,
           "line 1: symbol 'A' stands twice");
    refuse((part[]){{"p", "t,A,\n2024-01-01,1,\n2024-01-02,1,5\n"}, {NULL, NULL}}, usual(),
           NORN_E_DATA, "line 3: column 3 holds a price, but the header has no symbol");
    refuse((part[]){{"p", "t,BTC,BTC/USDT\n2024-01-01,1,2\n"}, {NULL, NULL}}, usual(), NORN_E_DATA,
           "'BTC' and 'BTC/USDT' are both BTC");
    refuse((part[]){{"p", "t,A\n"}, {NULL, NULL}}, usual(), NORN_E_DATA, "no data rows");
    refuse((part[]){{"p", "t,A\n2024-01-01,1\n2024-01-01,2\n"}, {NULL, NULL}}, usual(), NORN_E_DATA,
           "A has two prices at 2024-01-01, 1 and 2");
    norni_port_prices p =
        take((part[]){{"p", "t,A\n2024-01-01,1\n"}, {"q", "t,B\n"}, {NULL, NULL}}, usual());
    noted(&p, "q: it holds no rows and is left out");
    norni_port_prices_clear(&p);
    refuse((part[]){{NULL, NULL}}, usual(), NORN_E_ARG, "no file");
}

/* Folders. */
static char top[] = "/tmp/norn-prices-XXXXXX";

static void put(const char *name, const char *text) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", top, name);
    for (char *slash = path + strlen(top) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void put_bars(const char *name, int hours, int n, double from) {
    static char text[20000];
    size_t at = (size_t)snprintf(text, sizeof text, "timestamp,open,high,low,close,volume\n");
    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%lld,1,1,1,%g,1\n",
                               1704067200000LL + 3600000LL * hours * i, from + hours * (i + 1));
    put(name, text);
}

static norn_status read_path(const char *inner, norni_port_read_opt opt, norni_port_prices *p,
                             norn_err *err) {
    char path[400];
    const char *in = path;
    snprintf(path, sizeof path, "%s%s%s", top, inner[0] ? "/" : "", inner);
    opt.in = (norni_inputs){&in, 1};
    *err = (norn_err){NORN_OK, ""};
    return norni_port_read(&(norni_op_env){.ctx = ctx}, &opt, p, NULL, err);
}

static void folders_are_walked(void **state) {
    norni_port_read_opt opt = usual();
    norni_port_prices p, q;
    norn_err err;
    (void)state;
    assert_non_null(mkdtemp(top));
    put_bars("data/ohlcv/BTC_USDT/1h.csv", 1, 48, 100);
    put_bars("data/ohlcv/BTC_USDT/1d.csv", 24, 2, 500);
    put_bars("data/ohlcv/ETH_USDT/15m.csv", 1, 48,
             200); /* by its name finer; what stands in it decides */
    put_bars("data/ohlcv/OLD_USDT/1d.csv", 24, 2, 300);
    put("data/ohlcv/BTC_USDT/notes.csv", "no,prices\n");
    put("data/readme.txt", "text");
    opt.prices.frame = NORNI_PORT_1H;
    if (read_path("data", opt, &p, &err) != NORN_OK) fail_msg("%s", err.text);
    assert_true(p.n_assets == 2 && p.n_bars == 48 && norni_str_is(p.symbol[1], "ETH"));
    noted(&p, "OLD_USDT/1d.csv: its timeframe cannot make the bars asked for");
    assert_true(p.price[0] == 101 && p.price[1] == 201);
    if (read_path("data/ohlcv/", opt, &q, &err) != NORN_OK) fail_msg("%s", err.text);
    assert_true(same(&p, &q));
    norni_port_prices_clear(&q);
    norni_port_prices_clear(&p);
    opt.prices.frame = NORNI_PORT_4H;
    if (read_path("data/ohlcv/*/1h.csv", opt, &p, &err) != NORN_OK) fail_msg("%s", err.text);
    assert_true(p.n_assets == 1 && p.n_bars == 12 && p.price[0] == 104 &&
                norni_str_is(p.symbol[0], "BTC"));
    norni_port_prices_clear(&p);
    opt.prices.frame = NORNI_PORT_1D;
    if (read_path("data/ohlcv", opt, &p, &err) != NORN_OK) fail_msg("%s", err.text);
    assert_true(p.n_assets == 3 && p.n_bars == 2 && p.price[0] == 524 && p.price[1] == 224);
    norni_port_prices_clear(&p);
    if (read_path("data/ohlcv/OLD_USDT", opt, &p, &err) != NORN_OK) fail_msg("%s", err.text);
    assert_true(p.n_assets == 1 && norni_str_is(p.symbol[0], "OLD"));
    norni_port_prices_clear(&p);
    opt.prices.frame = NORNI_PORT_AS_IS;
    assert_int_equal(read_path("data/ohlcv", opt, &p, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "BTC_USDT has several timeframes"));
    opt.prices.frame = NORNI_PORT_1H;
    assert_int_equal(read_path("data/ohlcv/OLD_USDT", opt, &p, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "no file has the timeframe"));
    put_bars("plain/AAA.csv", 1, 30, 1);
    put_bars("plain/BBB-1h.csv", 1, 30, 2);
    if (read_path("plain", opt, &p, &err) != NORN_OK) fail_msg("%s", err.text);
    assert_true(p.n_assets == 2 && norni_str_is(p.symbol[1], "BBB"));
    norni_port_prices_clear(&p);
    assert_int_equal(chdir(top), 0);
    assert_int_equal(chdir("plain"), 0);
    const char *dot = ".";
    opt.in = (norni_inputs){&dot, 1};
    assert_int_equal(norni_port_read(&(norni_op_env){.ctx = ctx}, &opt, &p, NULL, &err), NORN_OK);
    norni_port_prices_clear(&p);
    put("bad/AAA.csv", "time,close\n2024-01-01,x\n");
    assert_int_equal(read_path("bad", opt, &p, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "bad/AAA.csv: line 2, column close"));
    assert_int_equal(read_path("bad/AAA.csv", opt, &p, &err), NORN_E_DATA);
    assert_ptr_equal(strstr(err.text, "line 2, column close"),
                     err.text); /* whoever asked knows the name */
    put("none/readme.txt", "");
    assert_int_equal(read_path("none", opt, &p, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "holds no prices"));
    assert_int_equal(read_path("nowhere", opt, &p, &err), NORN_E_IO);
    char command[400];
    snprintf(command, sizeof command, "rm -r '%s'", top);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(system(command), 0);
}

static void names_are_timeframes(void **state) {
    static const char *const good[] = {"1m", "15m", "1h", "4H", "1d", "1D", "1w", "30s"};
    static const int64_t seconds[] = {60, 900, 3600, 14400, 86400, 86400, 604800, 30};
    static const char *const bad[] = {"", "h", "1", "1M", "1x", "h1", "1hh", "0h", "12345h", "1 h"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(norni_port_step_of_name(norni_str_of(good[i])),
                         seconds[i] * NORNI_US_SECOND);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(norni_port_step_of_name(norni_str_of(bad[i])), 0);
}

/* The same text in chunks, by any number of workers. */
static void chunks_never_show(void **state) {
    enum { ROWS = 60000 };
    char *text = malloc(ROWS * 48 + 100);
    norni_hash128 key[3];
    size_t at = 0;
    (void)state;
    assert_non_null(text);
    at += (size_t)sprintf(text, "time,A,B\n");
    for (int i = 0; i < ROWS; i++)
        at += (size_t)sprintf(text + at, "%d,%d.5,%d\n", 1000 + i, 1 + i % 977, 1 + i % 31);
    assert_true(at > (size_t)1 << 19);
    for (int32_t k = 0; k < 3; k++) {
        norn_ctx_opt o = norn_ctx_opt_default();
        o.n_threads = (int32_t[]){1, 2, 7}[k];
        norn_ctx *own = NULL, *kept = ctx;
        assert_int_equal(norn_ctx_new(&o, &own, NULL), NORN_OK);
        ctx = own;
        norni_port_prices p = take((part[]){{"p", text}, {NULL, NULL}}, usual());
        assert_true(p.n_bars == ROWS && p.price[2 * 50000 + 1] == 1 + 50000 % 31);
        key[k] = norni_port_prices_key(&p);
        norni_port_prices_clear(&p);
        ctx = kept;
        norn_ctx_free(own);
    }
    assert_memory_equal(&key[0], &key[1], sizeof key[0]);
    assert_memory_equal(&key[0], &key[2], sizeof key[0]);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_are_told),       cmocka_unit_test(columns_have_many_names),
        cmocka_unit_test(times_are_told_by_size), cmocka_unit_test(symbols_are_chosen),
        cmocka_unit_test(symbols_stand_by_name),  cmocka_unit_test(volumes_are_no_prices),

        cmocka_unit_test(errors_have_places),     cmocka_unit_test(folders_are_walked),
        cmocka_unit_test(names_are_timeframes),   cmocka_unit_test(chunks_never_show),
    };
    return cmocka_run_group_tests(tests, open_ctx, close_ctx);
}
