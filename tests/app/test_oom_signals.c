/* Every allocation of signals and of the operations on texts fails in turn: an error, never a crash, a leak or another digest; slow memory changes nothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/op_signals.h"
#include "app/op_text.h"
#include "counting.h"
#include "slow_runs.h"

static char folder[] = "/tmp/norn-oom-XXXXXX";
static char csv_path[64], lines_path[64], out_path[64], store_path[64];

static const char *const said[] = {"Strong breakout, buy the rally", "not bullish, I sell",
                                   "quiet day :(", "great news \xF0\x9F\x9A\x80 target hit",
                                   "caf\xC3\xA9 levels, watch the chart"};

static int write_tweets(const char *name, bool json, int n) {
    FILE *f = fopen(name, "w");
    if (f == NULL) return -1;
    if (!json)
        fprintf(f, "tweet_id,timestamp,username,content,likes,retweets,views,hashtags,note\n");
    for (int i = 0; i < n; i++) {
        const char *text = said[(i * 7 + i / 9) % 5];
        const int day = i / 24 % 28 + 1, hour = i % 24;
        if (json)
            fprintf(f,
                    "{\"id\":%d,\"text\":\"%s "
                    "%d\",\"created_at\":\"2025-03-%02dT%02d:00:00Z\",\"user\":\"u%d\","
                    "\"likes\":%d,\"hashtags\":[\"one\",\"two%d\"]}\n",
                    i, text, i, day, hour, i % 17, i % 50, i % 3);
        else
            fprintf(f, "%d,2025-03-%02dT%02d:00:00Z,u%d,\"%s %d\",%d,%d,%d,one two%d,n%d\n", i, day,
                    hour, i % 17, text, i, i % 50, i % 9, i % 900, i % 3, i);
    }
    if (json) fprintf(f, "broken\n{\"id\":1,\"text\":\"again\"}\n");
    return fclose(f);
}

static int begin(void **state) {
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(csv_path, sizeof csv_path, "%s/t.csv", folder);
    snprintf(lines_path, sizeof lines_path, "%s/t.jsonl", folder);
    snprintf(out_path, sizeof out_path, "%s/out", folder);
    snprintf(store_path, sizeof store_path, "%s/store", folder);
    return write_tweets(csv_path, false, 260) != 0 || write_tweets(lines_path, true, 60) != 0 ? -1
                                                                                              : 0;
}

static int end(void **state) {
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : -1;
}

static const char *input = csv_path;

enum { TO_FOLDER = 1, LINES = 2, POINT_IN_TIME = 4, AS_TABLE = 8, VADER = 16, STREAM = 32 };

static void fill(void *opt, int how) {
    norni_signals_opt *o = opt;
    input = how & LINES ? lines_path : csv_path;
    o->data = (norni_inputs){&input, 1};
    o->common.out = o->common.summary = "/dev/null";
    o->common.error_threshold = 1;
    o->min_tweets = 2;
    o->unix_seconds = 1700000000;
    if (how & VADER) o->sentiment.model = "vader";
    if (how & POINT_IN_TIME) o->point_in_time = NORNI_TERMS_HOUR;
    if (how & STREAM) o->stream = true;
    if (how & TO_FOLDER) {
        o->output = out_path;
        o->hashtags = "one #TWO1";
        o->common.plot = "/dev/null";
    }
    if (how & AS_TABLE) {
        o->common.format = NORNI_FORMAT_CSV;
        o->near_duplicates = 1;
        o->half_life = 5;
        o->engagement_weight = true;
        o->author_cap = 0.3;
    }
}

static void signals_may_lack_any_memory(void **state) {
    static const int how[] = {LINES | VADER, LINES | VADER | TO_FOLDER,
                              LINES | VADER | POINT_IN_TIME | AS_TABLE, LINES | VADER | STREAM};
    (void)state;
    for (size_t k = 0; k < sizeof how / sizeof how[0]; k++)
        counting_fail_each(&(counted_op){
            .name = "signals", .fill = fill, .how = how[k], .onwards = k % 2 == 0, .least = 30});
}

static void fill_text(void *opt, int how) {
    norni_text_opt *o = opt;
    o->data = how & LINES ? lines_path : csv_path;
    o->common.out = o->common.summary = "/dev/null";
    o->sentiment.model = "vader";
    if (how & LINES) {
        o->input_format = NORNI_TEXT_LINES;
        o->max_n = 2;
    }
    if (how & POINT_IN_TIME) o->point_in_time = 2;
}

static void texts_may_lack_any_memory(void **state) {
    static const char *const name[] = {"text-sentiment", "text-tfidf", "text-tokenize"};
    (void)state;
    for (size_t k = 0; k < 3; k++)
        counting_fail_each(
            &(counted_op){.name = name[k], .fill = fill_text, .how = LINES, .least = 5});
    counting_fail_each(
        &(counted_op){.name = "text-tfidf", .fill = fill_text, .how = POINT_IN_TIME, .least = 5});
}

static void delays_change_nothing(void **state) {
    (void)state;
    delays_leave_the_digest("signals", fill, 0);
    delays_leave_the_digest("signals", fill, POINT_IN_TIME | AS_TABLE);
    delays_leave_the_digest("signals", fill, LINES | STREAM);
    delays_leave_the_digest("text-sentiment", fill_text, 0);
    delays_leave_the_digest("text-tfidf", fill_text, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(signals_may_lack_any_memory),
                                       cmocka_unit_test(texts_may_lack_any_memory),
                                       cmocka_unit_test(delays_change_nothing)};
    return cmocka_run_group_tests(tests, begin, end);
}
