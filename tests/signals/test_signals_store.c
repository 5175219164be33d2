/* Tests of the store of tweets: each id once, torn tails, a second writer, failures that leave it as it was. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "read_bed.h"
#include "signals/signals_store.h"

static bed b;
static char folder[] = "/tmp/norn-store-XXXXXX";
enum { NOW = 1388548743 };

static const char batch[] =
    "tweet_id,username,timestamp,content,likes,views,hashtags,lang,z\n"
    "1,ann,2014-01-01 00:00:00,\"first \"\"one\"\"\",5,,Gold Oil,en,q\n"
    "2,bob,1388548743,second http://x.y,0,7,gold,de,\n"
    ",ann,,no id,,,,en,\n";

static int open_bed(void **state) {
    (void)state;
    return bed_open(&b, 2, 0, false) && mkdtemp(folder) != NULL ? 0 : -1;
}

static void in_folder(char out[200], const char *name) {
    snprintf(out, 200, "%s/%s", folder, name);
}

static void empty_folder(void) {
    static const char *const name[] = {"tweets_incremental.jsonl", "tweets_incremental.meta.json",
                                       "scraping_metadata.json", ".lock"};
    for (size_t k = 0; k < sizeof name / sizeof name[0]; k++) {
        char path[200];
        in_folder(path, name[k]);
        (void)unlink(path);
    }
}

static int close_bed(void **state) {
    (void)state;
    empty_folder();
    bed_close(&b);
    return rmdir(folder) == 0 && atomic_load(&b.live) == 0 ? 0 : -1;
}

static void read_text(bed *own, const char *text, norni_tweets *t) {
    norn_err err = {NORN_OK, ""};
    norni_tweets_init(t, &own->ctx->alloc);
    if (bed_read(own, norni_str_of(text), NULL, t, &err) != NORN_OK) fail_msg("%s", err.text);
}

/* Bytes of a file of the folder, NUL behind them; the caller frees. Not there: "". */
static char *text_of(const char *name) {
    char path[200];
    in_folder(path, name);
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    if (f != NULL) {
        const size_t n = fread(text, 1, (1 << 20) - 1, f);
        text[n] = '\0';
        (void)fclose(f);
    }
    return text;
}

static void assert_has(const char *name, const char *what) {
    char *text = text_of(name);
    if (strstr(text, what) == NULL) fail_msg("%s: no %s in %s", name, what, text);
    free(text);
}

static norni_tweet_store_count add(const char *text) {
    norni_tweet_store *s = NULL;
    norni_tweet_store_count count = {0};
    norni_tweets t;
    norn_err err = {NORN_OK, ""};
    read_text(&b, text, &t);
    if (norni_tweet_store_open(b.ctx, folder, &s, &err) != NORN_OK ||
        norni_tweet_store_add(s, &t, NOW, &count, &err) != NORN_OK)
        fail_msg("%s", err.text);
    norni_tweet_store_close(s);
    norni_tweets_clear(&t);
    return count;
}

static void each_id_once(void **state) {
    (void)state;
    empty_folder();
    norni_tweet_store_count c = add(batch);
    assert_true(c.n_before == 0 && c.n_offered == 3 && c.n_added == 3 && c.n_known == 0);
    char *lines = text_of("tweets_incremental.jsonl");
    c = add(batch);
    assert_true(c.n_before == 3 && c.n_offered == 3 && c.n_added == 0 && c.n_known == 3);
    char *again = text_of("tweets_incremental.jsonl");
    assert_string_equal(lines, again);
    free(lines);
    free(again);
    assert_has(
        "tweets_incremental.jsonl",
        "{\"tweet_id\":\"1\",\"username\":\"ann\",\"timestamp\":\"2014-01-01T00:00:00+00:00\","
        "\"content\":\"first \\\"one\\\"\",\"cleaned_content\":\"first "
        "\\\"one\\\"\",\"replies\":null,"
        "\"retweets\":null,\"likes\":5,\"views\":null,\"hashtags\":[\"gold\",\"oil\"]");
    assert_has("tweets_incremental.jsonl", "\"z\":\"q\"}\n");
    assert_has("tweets_incremental.meta.json", "\"count\":3,");
    assert_has("tweets_incremental.meta.json", "\"language_distribution\":{\"en\":2,\"de\":1}");
    assert_has("tweets_incremental.meta.json", "\"unique_users\":2");
    assert_has("scraping_metadata.json",
               "\"gold\":{\"scraped_count\":4,\"unique_added\":2,"
               "\"target_count\":null,\"scraped_at\":\"2014-01-01T03:59:03+00:00\"}");
    assert_has("scraping_metadata.json", "\"total_tweets\":3,\"sessions\":[{");
    assert_has("scraping_metadata.json", "\"unique\":0,\"duplicates\":3,\"duplicate_rate\":1,");
}

static norni_tweet_past is_stored(void *user, norni_str id) {
    return norni_tweet_store_has(user, id) ? NORNI_TWEET_STORED : NORNI_TWEET_NEW;
}

/* As the command adds: what is known never reaches the store, but was offered. */
static norni_tweet_store_count offer(const char *text, int64_t now) {
    norni_tweets_read_opt opt = norni_tweets_read_opt_default();
    norni_tweet_store *s = NULL;
    norni_tweet_store_count count = {0};
    norni_tweets t;
    norn_err err = {NORN_OK, ""};
    read_text(&b, text, &t);
    if (norni_tweet_store_open(b.ctx, folder, &s, &err) != NORN_OK) fail_msg("%s", err.text);
    opt.known = is_stored;
    opt.user = s;
    if (norni_tweets_settle(b.ctx, &opt, &t, &err) != NORN_OK ||
        norni_tweet_store_add(s, &t, now, &count, &err) != NORN_OK)
        fail_msg("%s", err.text);
    assert_true(norni_tweet_store_had(s, norni_str_of("4")) == (count.n_before == 3));
    assert_true(norni_tweet_store_has(s, norni_str_of("4")));
    norni_tweets_restart(&t); /* a second piece of a stream without a tweet offers nothing */
    norni_tweet_store_count none = {0};
    if (norni_tweet_store_add(s, &t, now, &none, &err) != NORN_OK) fail_msg("%s", err.text);
    assert_true(none.n_offered == 0 && none.n_known == 0 && none.n_before == 3);
    norni_tweet_store_close(s);
    norni_tweets_clear(&t);
    return count;
}

static void what_the_reader_refused_was_offered(void **state) {
    static const char text[] =
        "tweet_id,content,hashtags\n4,a b c,gold\n5,d e f,oil\n"
        "6,g h i,oil\n4,a b c,gold\n";
    (void)state;
    empty_folder();
    norni_tweet_store_count c = offer(text, NOW);
    assert_true(c.n_offered == 4 && c.n_added == 3 && c.n_known == 1);
    assert_has("scraping_metadata.json",
               "\"offered\":4,\"unique\":3,\"duplicates\":1,\"duplicate_rate\":0.25,");
    c = offer(text, NOW + 3600);
    assert_true(c.n_offered == 4 && c.n_added == 0 && c.n_known == 4);
    assert_has("scraping_metadata.json",
               "\"offered\":4,\"unique\":0,\"duplicates\":4,\"duplicate_rate\":1,");
    add("tweet_id,content,hashtags\n7,j k l,gold\n");
    char *lines = text_of("tweets_incremental.jsonl");
    assert_null(strstr(lines, "username")); /* nobody is known, and nothing says otherwise */
    free(lines);
    assert_has("tweets_incremental.meta.json", "\"unique_users\":0");
}

/* A tag's time is that of the last session in which it had a tweet. */
static void the_time_of_a_tag_is_its_own(void **state) {
    (void)state;
    empty_folder();
    (void)offer("tweet_id,content,hashtags\n4,a b c,gold\n5,d e f,oil\n6,g h i,oil\n", NOW);
    norni_tweet_store *s = NULL;
    norni_tweet_store_count count;
    norni_tweets t;
    read_text(&b, "tweet_id,content,hashtags\n7,j k l,oil\n", &t);
    assert_int_equal(norni_tweet_store_open(b.ctx, folder, &s, NULL), NORN_OK);
    assert_int_equal(norni_tweet_store_add(s, &t, NOW + 3600, &count, NULL), NORN_OK);
    norni_tweet_store_close(s);
    norni_tweets_clear(&t);
    assert_has("scraping_metadata.json",
               "\"gold\":{\"scraped_count\":1,\"unique_added\":1,"
               "\"target_count\":null,"
               "\"scraped_at\":\"2014-01-01T03:59:03+00:00\"}");
    assert_has("scraping_metadata.json",
               "\"oil\":{\"scraped_count\":3,\"unique_added\":3,"
               "\"target_count\":null,"
               "\"scraped_at\":\"2014-01-01T04:59:03+00:00\"}");
}

/* What the store holds reads as the tweets that were put in. */
static void it_reads_as_it_was(void **state) {
    norni_tweets was, is;
    (void)state;
    empty_folder();
    (void)add(batch);
    read_text(&b, batch, &was);
    char *text = text_of("tweets_incremental.jsonl");
    read_text(&b, text, &is);
    assert_int_equal(is.n, was.n);
    for (size_t k = 0; k < is.n; k++) {
        assert_true(norni_str_cmp(is.tweet[k].content, was.tweet[k].content) == 0);
        assert_true(norni_str_cmp(is.tweet[k].text, was.tweet[k].text) == 0);
        assert_true(is.tweet[k].time == was.tweet[k].time &&
                    is.tweet[k].likes == was.tweet[k].likes);
        assert_int_equal(is.tweet[k].n_hashtags, was.tweet[k].n_hashtags);
    }
    free(text);
    norni_tweets_clear(&is);
    norni_tweets_clear(&was);
}

static void write_lines(const char *text) {
    char path[200];
    in_folder(path, "tweets_incremental.jsonl");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void a_torn_tail_is_cut(void **state) {
    (void)state;
    empty_folder();
    (void)add(batch);
    char *lines = text_of("tweets_incremental.jsonl");
    const size_t n = strlen(lines);
    for (size_t cut = 1; cut < n; cut += 13) {
        char *part = strdup(lines);
        assert_non_null(part);
        part[n - cut] = '\0';
        write_lines(part);
        const norni_tweet_store_count c = add(batch);
        const char *last = strrchr(part, '\n');
        assert_int_equal(c.torn_bytes, strlen(part) - (last ? (size_t)(last + 1 - part) : 0));
        char *now = text_of("tweets_incremental.jsonl");
        assert_string_equal(now, lines);
        free(now);
        free(part);
    }
    free(lines);
}

static void what_is_broken_is_told(void **state) {
    norni_tweet_store *s = NULL;
    norn_err err = {NORN_OK, ""};
    (void)state;
    empty_folder();
    write_lines("{\"tweet_id\":\"1\",\"content\":\"a\"}\n{broken\n");
    assert_int_equal(norni_tweet_store_open(b.ctx, folder, &s, &err), NORN_E_FORMAT);
    assert_non_null(strstr(err.text, "tweets_incremental.jsonl: line 2"));
    assert_null(s);
    empty_folder();
    assert_int_equal(norni_tweet_store_open(b.ctx, "", &s, &err), NORN_E_ARG);
    assert_int_equal(norni_tweet_store_open(b.ctx, "/dev/null/x", &s, &err), NORN_E_IO);
}

static void one_writer_at_a_time(void **state) {
    norni_tweet_store *s = NULL, *other = NULL;
    norn_err err = {NORN_OK, ""};
    (void)state;
    empty_folder();
    assert_int_equal(norni_tweet_store_open(b.ctx, folder, &s, &err), NORN_OK);
    assert_int_equal(norni_tweet_store_open(b.ctx, folder, &other, &err), NORN_E_IO);
    assert_non_null(strstr(err.text, "another process"));
    norni_tweet_store_close(s);
    assert_int_equal(norni_tweet_store_open(b.ctx, folder, &s, &err), NORN_OK);
    assert_false(norni_tweet_store_has(s, norni_str_of("1")));
    norni_tweet_store_close(s);
}

/* A disk that is full at any byte: a limit on the size of files stands for it. */
static void a_full_disk_leaves_it(void **state) {
    (void)state;
    empty_folder();
    (void)add(batch);
    char *lines = text_of("tweets_incremental.jsonl"),
         *meta = text_of("tweets_incremental.meta.json"),
         *scraping = text_of("scraping_metadata.json");
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    norni_buf more;
    norni_buf_init(&more, &b.ctx->alloc);
    norni_buf_text(&more, "tweet_id,content,hashtags\n");
    for (int k = 0; k < 40; k++)
        norni_buf_format(&more, "n%d,some new text,tag%d\n", k, k);
    norni_buf_add(&more, "", 1);
    int failed = 0, done = 0;
    for (rlim_t limit = 100; limit < 60000; limit += 1531) {
        norni_tweet_store *s = NULL;
        norni_tweet_store_count count;
        norni_tweets t;
        norn_err err = {NORN_OK, ""};
        read_text(&b, more.p, &t);
        assert_int_equal(norni_tweet_store_open(b.ctx, folder, &s, &err), NORN_OK);
        small = old;
        small.rlim_cur = limit;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        const norn_status st = norni_tweet_store_add(s, &t, NOW, &count, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        if (st == NORN_OK) {
            done++;
        } else {
            assert_int_equal(st, NORN_E_IO);
            assert_int_equal(norni_tweet_store_add(s, &t, NOW, &count, &err), NORN_E_IO);
            char *l = text_of("tweets_incremental.jsonl"),
                 *m = text_of("tweets_incremental.meta.json"),
                 *c = text_of("scraping_metadata.json");
            assert_string_equal(l, lines);
            assert_string_equal(m, meta);
            assert_string_equal(c, scraping);
            free(l);
            free(m);
            free(c);
            failed++;
        }
        norni_tweet_store_close(s);
        norni_tweets_clear(&t);
        if (done) break;
    }
    signal(SIGXFSZ, SIG_DFL);
    assert_true(failed > 5 && done == 1);
    norni_buf_clear(&more);
    free(lines);
    free(meta);
    free(scraping);
}

static norn_status fill(bed *own, norni_tweet_store_count *count) {
    norni_tweet_store *s = NULL;
    norni_tweets t;
    norni_tweets_init(&t, &own->ctx->alloc);
    norn_status st = bed_read(own, norni_str_of(batch), NULL, &t, NULL);
    if (st == NORN_OK) st = norni_tweet_store_open(own->ctx, folder, &s, NULL);
    if (st == NORN_OK) st = norni_tweet_store_add(s, &t, NOW, count, NULL);
    norni_tweet_store_close(s);
    norni_tweets_clear(&t);
    return st;
}

static void every_allocation_fails(void **state) {
    bed own;
    norni_tweet_store_count count;
    (void)state;
    empty_folder();
    assert_true(bed_open(&own, 1, 0, false));
    assert_int_equal(fill(&own, &count), NORN_OK);
    bed_close(&own);
    const long n = atomic_load(&own.calls);
    char *want = text_of("tweets_incremental.jsonl");
    long refused = 0;
    for (long k = 1; k <= n; k++) {
        empty_folder();
        if (!bed_open(&own, 1, k, k % 2 == 0)) continue;
        const norn_status st = fill(&own, &count);
        if (st != NORN_OK && st != NORN_E_MEM)
            fail_msg("allocation %ld: %s", k, norn_status_name(st));
        char *got = text_of("tweets_incremental.jsonl");
        assert_string_equal(got, st == NORN_OK ? want : "");
        free(got);
        refused += st == NORN_E_MEM;
        bed_close(&own);
        if (atomic_load(&own.live) != 0) fail_msg("allocation %ld: a leak", k);
    }
    assert_true(refused > 20);
    free(want);
}

/* A process that is killed at any moment: what is left opens, and the same tweets make it whole. */
static void a_killed_writer(void **state) {
    enum { N = 3000 };
    (void)state;
    empty_folder();
    norni_buf text;
    norni_buf_init(&text, &b.ctx->alloc);
    norni_buf_text(&text, "tweet_id,content\n");
    for (int k = 0; k < N; k++)
        norni_buf_format(&text, "%d,text of %d\n", k, k);
    norni_buf_add(&text, "", 1);
    for (int round = 0; round < 6; round++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            bed own;
            norni_tweet_store *s;
            norni_tweet_store_count count;
            norni_tweets t;
            if (!bed_open(&own, 1, 0, false)) _exit(1);
            norni_tweets_init(&t, &own.ctx->alloc);
            norn_status st = bed_read(&own, norni_str_of(text.p), NULL, &t, NULL);
            if (st == NORN_OK) st = norni_tweet_store_open(own.ctx, folder, &s, NULL);
            if (st == NORN_OK) st = norni_tweet_store_add(s, &t, NOW, &count, NULL);
            _exit(st != NORN_OK);
        }
        (void)usleep((useconds_t)(3000 * round));
        (void)kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
    }
    const norni_tweet_store_count c = add(text.p);
    assert_int_equal(c.n_before + c.n_added, N);
    norni_buf_clear(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_reader_refused_was_offered),
        cmocka_unit_test(the_time_of_a_tag_is_its_own),
        cmocka_unit_test(each_id_once),
        cmocka_unit_test(it_reads_as_it_was),
        cmocka_unit_test(a_torn_tail_is_cut),
        cmocka_unit_test(what_is_broken_is_told),
        cmocka_unit_test(one_writer_at_a_time),
        cmocka_unit_test(a_full_disk_leaves_it),
        cmocka_unit_test(every_allocation_fails),
        cmocka_unit_test(a_killed_writer),
    };
    return cmocka_run_group_tests(tests, open_bed, close_bed);
}
