/* What /openapi.json says besides the registry's rows: fixed routes, problems, jobs, and examples that can be sent. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/api_openapi_parts.h"

const char api_openapi_fixed_paths[] =
    "\"/v1/jobs/{id}\":{\"get\":{\"summary\":\"A job: its state, and its result when it is "
    "done\",\"op"
    "erationId\":\"get_v1_jobs_id\",\"responses\":{\"200\":{\"description\":\"the "
    "job\",\"content\":{\"appl"
    "ication/json\":{\"schema\":{\"type\":\"object\"}}}},\"default\":{\"$ref\":\"#/components/"
    "responses/P"
    "roblem\"}},\"parameters\":[{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{"
    "\"type\":\"strin"
    "g\"}}]},\"delete\":{\"summary\":\"Cancel a job, or forget a finished "
    "one\",\"operationId\":\"delet"
    "e_job\",\"parameters\":[{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{"
    "\"type\":\"string\"}"
    "}],\"responses\":{\"204\":{\"description\":\"it "
    "is\"},\"default\":{\"$ref\":\"#/components/responses/"
    "Problem\"}}}},\"/v1/jobs/{id}/result\":{\"get\":{\"summary\":\"The answer of a finished "
    "job\",\"op"
    "erationId\":\"get_v1_jobs_id_result\",\"responses\":{\"200\":{\"description\":\"the "
    "answer\",\"conte"
    "nt\":{\"application/json\":{\"schema\":{\"type\":\"object\"}}}},\"default\":{\"$ref\":\"#/"
    "components/r"
    "esponses/"
    "Problem\"}},\"parameters\":[{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{"
    "\"ty"
    "pe\":\"string\"}}]}},\"/v1/jobs/{id}/events\":{\"get\":{\"summary\":\"A job's events, each "
    "series "
    "as soon as it is "
    "done\",\"operationId\":\"get_v1_jobs_id_events\",\"responses\":{\"200\":{\"descri"
    "ption\":\"server-sent "
    "events\",\"content\":{\"text/event-stream\":{\"schema\":{\"type\":\"string\"}}}"
    "},\"default\":{\"$ref\":\"#/components/responses/"
    "Problem\"}},\"parameters\":[{\"name\":\"id\",\"in\":\""
    "path\",\"required\":true,\"schema\":{\"type\":\"string\"}},{\"name\":\"Last-Event-ID\",\"in\":"
    "\"header\","
    "\"schema\":{\"type\":\"integer\"}}]}},\"/api/progress/{id}\":{\"get\":{\"summary\":\"A task's "
    "progres"
    "s; may be asked for before the task comes\",\"operationId\":\"get_api_progress_id\",\"response"
    "s\":{\"200\":{\"description\":\"server-sent "
    "events\",\"content\":{\"text/event-stream\":{\"schema\":{"
    "\"type\":\"string\"}}}},\"default\":{\"$ref\":\"#/components/responses/"
    "Problem\"}},\"parameters\":[{"
    "\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}]}},\"/"
    "livez\":{\"get\":{"
    "\"summary\":\"Whether the process "
    "lives\",\"operationId\":\"get_livez\",\"responses\":{\"200\":{\"des"
    "cription\":\"it "
    "does\",\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\"}}}},\"defaul"
    "t\":{\"$ref\":\"#/components/responses/Problem\"}}}},\"/healthz\":{\"get\":{\"summary\":\"The "
    "same\","
    "\"operationId\":\"get_healthz\",\"responses\":{\"200\":{\"description\":\"it "
    "does\",\"content\":{\"appl"
    "ication/json\":{\"schema\":{\"type\":\"object\"}}}},\"default\":{\"$ref\":\"#/components/"
    "responses/P"
    "roblem\"}}}},\"/readyz\":{\"get\":{\"summary\":\"Whether it takes jobs: 503 while it drains, "
    "or "
    "the queue is "
    "full\",\"operationId\":\"get_readyz\",\"responses\":{\"200\":{\"description\":\"it does"
    "\",\"content\":{\"application/"
    "json\":{\"schema\":{\"type\":\"object\"}}}},\"default\":{\"$ref\":\"#/comp"
    "onents/responses/Problem\"}}}},\"/version\":{\"get\":{\"summary\":\"The "
    "version\",\"operationId\":\""
    "get_version\",\"responses\":{\"200\":{\"description\":\"the "
    "version\",\"content\":{\"application/jso"
    "n\":{\"schema\":{\"type\":\"object\"}}}},\"default\":{\"$ref\":\"#/components/responses/"
    "Problem\"}}}}"
    ",\"/metrics\":{\"get\":{\"summary\":\"Figures for "
    "Prometheus\",\"operationId\":\"get_metrics\",\"resp"
    "onses\":{\"200\":{\"description\":\"the exposition format "
    "0.0.4\",\"content\":{\"text/plain\":{\"sch"
    "ema\":{\"type\":\"string\"}}}},\"default\":{\"$ref\":\"#/components/responses/"
    "Problem\"}}}},\"/opena"
    "pi.json\":{\"get\":{\"summary\":\"This "
    "text\",\"operationId\":\"get_openapi_json\",\"responses\":{\"20"
    "0\":{\"description\":\"this "
    "text\",\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\"}}"
    "}},\"default\":{\"$ref\":\"#/components/responses/Problem\"}}}}";

const char api_openapi_schemas[] =
    "\"Problem\":{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\"],\"properties\":{"
    "\"type\":{\"t"
    "ype\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
    "\"detail\":{\"type\":\"s"
    "tring\"},\"instance\":{\"type\":\"string\"},\"request_id\":{\"type\":\"string\"},\"errors\":{"
    "\"type\":\"ar"
    "ray\",\"items\":{\"type\":\"object\",\"properties\":{\"parameter\":{\"type\":\"string\"},"
    "\"detail\":{\"typ"
    "e\":\"string\"},\"row\":{\"type\":\"integer\"},\"column\":{\"type\":[\"string\",\"integer\"]}}"
    "}}}},\"Job\":"
    "{\"type\":\"object\",\"required\":[\"id\",\"kind\",\"status\",\"progress\",\"links\"],"
    "\"properties\":{\"id\""
    ":{\"type\":\"string\"},\"kind\":{\"type\":\"string\"},\"status\":{\"enum\":[\"queued\","
    "\"running\",\"done\","
    "\"failed\",\"cancelled\"]},\"task_id\":{\"type\":\"string\"},\"progress\":{\"type\":"
    "\"integer\"},\"stage\""
    ":{\"type\":\"string\"},\"seconds\":{\"type\":\"number\"},\"links\":{\"type\":\"object\"},"
    "\"summary\":{\"typ"
    "e\":\"object\"},\"result\":{},\"detail\":{\"type\":\"string\"},\"code\":{\"type\":\"integer\"}"
    ",\"errors\":{"
    "\"type\":\"array\"}}}";

const char api_openapi_components[] =
    "\"responses\":{\"Problem\":{\"description\":\"what is wrong, as RFC 9457 has "
    "it\",\"content\":{\"ap"
    "plication/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/"
    "Problem\"}}}}},\"securityS"
    "chemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}";

/* ---- examples: tables by rule ---- */

enum { MONTHS = 36, DAYS = 60 };

typedef struct example {
    const char *op;
    void (*row)(norni_buf *b, int i); /* row -1: the header */
    int n_rows;
    const char *params; /* JSON */
} example;

static void put_month(norni_buf *b, int i) {
    norni_buf_format(b, "%d-%s%d-01", 2021 + i / 12, i % 12 < 9 ? "0" : "", 1 + i % 12);
}

static void series_row(norni_buf *b, int i) {
    if (i < 0) {
        norni_buf_text(b, "unique_id,ds,y\n");
        return;
    }
    norni_buf_text(b, "shop,");
    put_month(b, i);
    norni_buf_format(b, ",%d\n", 100 + 2 * i + 10 * ((i * 7) % 12));
}

static void finance_row(norni_buf *b, int i) {
    if (i < 0) {
        norni_buf_text(b, "date,revenue,expenses,cashflow,assets,liabilities,ar,ap,region\n");
        return;
    }
    const int revenue = 100000 + 1500 * i + 4000 * ((i * 5) % 12), spent = 60000 + 900 * i;
    put_month(b, i);
    norni_buf_format(b, ",%d,%d,%d,%d,%d,%d,%d,EMEA\n", revenue, spent, (revenue - spent) / 2,
                     500000 + 2000 * i, 300000 - 500 * i, 30000 + 100 * i, 20000 + 50 * i);
}

static void plant_row(norni_buf *b, int i) {
    if (i < 0) {
        norni_buf_text(b, "ds,output,feed\n");
        return;
    }
    const int feed = 50 + (i * 13) % 17;
    const int day = i < 31 ? i + 1 : i - 30;
    norni_buf_format(b, "2024-0%d-%s%d,%d,%d\n", i < 31 ? 3 : 4, day < 10 ? "0" : "", day,
                     20 + 3 * feed + i % 7, feed);
}

static void price_row(norni_buf *b, int i) {
    if (i < 0) {
        norni_buf_text(b, "date,BTC,ETH,BNB\n");
        return;
    }
    const int day = i % 28 + 1;
    norni_buf_format(b, "2024-0%d-%s%d,%d,%d,%d\n", i / 28 + 1, day < 10 ? "0" : "", day,
                     40000 + 500 * ((i * 7) % 23) + 60 * i, 2000 + 90 * ((i * 5) % 17) - 3 * i,
                     300 + 11 * ((i * 11) % 19) + i);
}

static void tweet_row(norni_buf *b, int i) {
    static const char *const said[] = {"breakout with volume, strong buy", "weak close, I sell",
                                       "not bullish any more", "quiet day, waiting for levels"};
    if (i < 0) {
        norni_buf_text(b, "tweet_id,timestamp,content,likes,retweets,replies,views,hashtags\n");
        return;
    }
    norni_buf_format(b, "%d,2025-10-0%dT10:%d:00Z,\"%s\",%d,%d,%d,%d,nifty50\n", 100 + i, 1 + i % 5,
                     10 + i, said[i % 4], 3 * i, i, i % 3, 500 + 40 * i);
}

static void review_row(norni_buf *b, int i) {
    static const char *const said[] = {"works well, I like it", "broke after a day, awful"};
    if (i < 0)
        norni_buf_text(b, "id,text\n");
    else
        norni_buf_format(b, "%d,\"%s\"\n", i + 1, said[i % 2]);
}

static const example examples[] = {
    {"forecast", series_row, MONTHS, "{\"horizon\":6,\"model\":\"theta\",\"level\":\"80,95\"}"},
    {"evaluate", series_row, MONTHS, "{\"horizon\":3,\"windows\":2,\"model\":\"drift\"}"},
    {"rolling", series_row, MONTHS, "{\"window\":\"3\",\"op\":\"mean,std\"}"},
    {"multi", plant_row, DAYS,
     "{\"targets\":\"output\",\"horizon\":2,\"lookback\":7,\"windows\":4,\"model\":\"ridge\"}"},
    {"report", finance_row, MONTHS, "{\"mode\":\"financial_storyteller\"}"},
    {"simulate", finance_row, MONTHS, "{\"parameter\":\"expenses\",\"change-pct\":10}"},
    {"portfolio", price_row, 84, "{\"quick\":true,\"window-days\":20,\"test-windows\":3}"},
    {"signals", tweet_row, 40, "{\"min-tweets\":3,\"half-life\":12}"},
    {"text-sentiment", review_row, 4, "{\"model\":\"vader\"}"},
    {"text-tfidf", review_row, 4, "{\"max-n\":2}"},
    {"text-tokenize", review_row, 4, "{}"}};

static const example *find(const char *op) {
    for (size_t i = 1; i < sizeof examples / sizeof examples[0]; i++) {
        if (strcmp(examples[i].op, op) == 0) return &examples[i];
    }
    return &examples[0];
}

void api_example_csv(norni_json *w, const char *op) {
    const example *e = find(op);
    norni_buf b;
    norni_buf_init(&b, w->b->alloc);
    for (int i = -1; i < e->n_rows; i++)
        e->row(&b, i);
    norni_json_str(w, (norni_str){b.p, b.n});
    w->b->failed = w->b->failed || b.failed;
    norni_buf_clear(&b);
}

void api_example_params(norni_json *w, const char *op) {
    norni_buf_text(w->b, find(op)->params);
    w->after_key = false;
}

/* The same table by rows, every cell a text: readers see what a CSV file would have. */
void api_example_body(norni_json *w, const char *op) {
    const example *e = find(op);
    norni_buf b;
    norni_buf_init(&b, w->b->alloc);
    norni_json_open(w, '{');
    norni_json_key(w, "data");
    norni_json_open(w, '{');
    for (int i = -1; i < e->n_rows; i++)
        e->row(&b, i);
    norni_buf_add(&b, "", 1); /* strcspn reads up to it */
    const char *head = b.p, *end = b.failed ? b.p : b.p + b.n - 1;
    for (size_t k = 0; head < end; k++) {
        const size_t len = strcspn(head, ",\n");
        char name[32];
        norni_format(name, sizeof name, "%.*s", (int)len, head);
        norni_json_key(w, name);
        norni_json_open(w, '[');
        for (const char *line = memchr(b.p, '\n', b.n - 1); line && line + 1 < end;
             line = memchr(line + 1, '\n', (size_t)(end - line - 1))) {
            const char *cell = line + 1;
            for (size_t i = 0; i < k; i++)
                cell += strcspn(cell, ",\n") + 1;
            norni_json_str(w, (norni_str){cell, strcspn(cell, ",\n")});
        }
        norni_json_close(w, ']');
        if (head[len] == '\n') break;
        head += len + 1;
    }
    norni_json_close(w, '}');
    norni_json_key(w, "params");
    api_example_params(w, op);
    norni_json_close(w, '}');
    w->b->failed = w->b->failed || b.failed;
    norni_buf_clear(&b);
}
