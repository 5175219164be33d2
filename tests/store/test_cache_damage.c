/* A damaged cache: whatever a byte does, what comes back is what was put, or nothing. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <sys/stat.h>

#include "cache_bed.h"

enum { VALUES = 1000, FLIPS = 300, CUTS = 60, PROBES = 24 };

static uint64_t next(uint64_t *seed) {
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return *seed >> 33;
}

static void value_of(uint64_t i, char out[400]) {
    size_t n = (size_t)snprintf(out, 64, "value %llu ", (unsigned long long)i);
    while (n < 100 + i % 290)
        out[n] = (char)('a' + (i * 31 + n * n) % 26), n++;
    out[n] = '\0';
}

static void fill(bed *b, uint64_t n) {
    char text[400];
    for (uint64_t i = 0; i < n; i++) {
        const norni_cache_key k = bed_key(i);
        value_of(i, text);
        bed_put_new(b, &k, text);
    }
    norni_cache_close(b->cache); /* the log goes into the database */
    b->cache = NULL;
}

/* How many of the first n come back; a wrong one fails the test. `again`: what did not is put. */
static size_t count_hits(bed *b, uint64_t n, bool again) {
    char text[400];
    size_t hits = 0;
    for (uint64_t i = 0; i < n; i++) {
        const norni_cache_key k = bed_key(i);
        value_of(i, text);
        if (bed_ask(b, &k) == NORNI_CACHE_MINE) {
            norni_cache_leave(b->cache, &k, again ? norni_str_of(text) : (norni_str){NULL, 0});
        } else {
            assert_string_equal(b->value.p, text);
            hits++;
        }
    }
    return hits;
}

static sqlite3 *open_by_hand(const bed *b) {
    char path[128];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/cache-1.db", b->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void test_fault_05_flipped_values(void **state) {
    bed *b = *state;
    sqlite3_stmt *get = NULL, *set = NULL;
    unsigned char blob[600];
    uint64_t seed = 5;
    int n_flipped = 0;
    norni_cache_stats s;
    fill(b, VALUES);
    sqlite3 *db = open_by_hand(b);
    assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_prepare_v2(db, "SELECT rowid, value FROM entry", -1, &get, NULL);
    sqlite3_prepare_v2(db, "UPDATE entry SET value = ?1 WHERE rowid = ?2", -1, &set, NULL);
    while (sqlite3_step(get) == SQLITE_ROW) {
        const int n = sqlite3_column_bytes(get, 1);
        assert_true(n > 33 && n < (int)sizeof blob);
        memcpy(blob, sqlite3_column_blob(get, 1), (size_t)n);
        blob[next(&seed) % (uint64_t)n] ^= (unsigned char)(1U << next(&seed) % 8);
        sqlite3_bind_blob(set, 1, blob, n, SQLITE_STATIC);
        sqlite3_bind_int64(set, 2, sqlite3_column_int64(get, 0));
        assert_int_equal(sqlite3_step(set), SQLITE_DONE);
        sqlite3_reset(set);
        n_flipped++;
    }
    sqlite3_finalize(get);
    sqlite3_finalize(set);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(n_flipped, VALUES);
    bed_reopen(b);
    /* A few bits of a zstd frame's head mean nothing: the value is whole, and count_hits says so. */
    const size_t whole = count_hits(b, VALUES, false);
    assert_true(whole < VALUES / 50);
    norni_cache_stats_get(b->cache, &s);
    assert_int_equal(s.errors, VALUES - whole);
    assert_int_equal(s.entries, whole); /* the other rows are gone */
    assert_int_equal(b->n_warned, 1);
    assert_int_equal(count_hits(b, VALUES, true), whole);
    assert_int_equal(count_hits(b, VALUES, false), VALUES);
}

static size_t read_file(const char *path, char *p, size_t size) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    const size_t n = fread(p, 1, size, f);
    fclose(f);
    return n;
}

static void write_file(const char *path, const char *p, size_t n) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
}

/* Damages the closed database as `how` says, uses it, and has it whole again afterwards. */
static void each_damage(bed *b, size_t rounds, size_t (*how)(uint64_t *seed, char *p, size_t n)) {
    char path[128];
    const size_t room = 1 << 20;
    uint64_t seed = 55;
    size_t served = 0;
    char *whole = malloc(room), *bad = malloc(room);
    assert_true(whole != NULL && bad != NULL);
    fill(b, PROBES);
    snprintf(path, sizeof path, "%s/cache-1.db", b->dir);
    const size_t n = read_file(path, whole, room);
    assert_true(n > 4096 && n < room);
    for (size_t r = 0; r < rounds; r++) {
        bed_remove(b->dir);
        assert_int_equal(mkdir(b->dir, 0700), 0);
        memcpy(bad, whole, n);
        write_file(path, bad, how(&seed, bad, n));
        bed_reopen(b);
        served += count_hits(b, PROBES, true);
        assert_true(count_hits(b, PROBES, false) > 0); /* it goes on */
        norni_cache_close(b->cache);
        b->cache = NULL;
    }
    free(whole);
    free(bad);
    assert_true(served > 0 && served < rounds * PROBES);
}

static size_t flip(uint64_t *seed, char *p, size_t n) {
    p[next(seed) % n] ^= (char)(1U << next(seed) % 8);
    return n;
}

static void test_fault_05_flipped_file(void **state) {
    each_damage(*state, FLIPS, flip);
}

static size_t cut(uint64_t *seed, char *p, size_t n) {
    (void)p;
    return next(seed) % n;
}

static void test_fault_05_cut_file(void **state) {
    each_damage(*state, CUTS, cut);
}

static size_t rubbish(uint64_t *seed, char *p, size_t n) {
    for (size_t i = next(seed) % n; i < n; i++)
        p[i] = (char)next(seed);
    return n;
}

static void test_fault_05_rubbish(void **state) {
    each_damage(*state, CUTS, rubbish);
}

static bool there(const bed *b, const char *name) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", b->dir, name);
    return access(path, F_OK) == 0;
}

/* Put aside under numbers, of which three are kept; a warning for the first. */
static void test_put_aside(void **state) {
    bed *b = *state;
    char path[128];
    const norni_cache_key k = bed_key(1);
    snprintf(path, sizeof path, "%s/cache-1.db", b->dir);
    for (size_t i = 0; i < 5; i++) {
        write_file(path, "this is no database, and nobody may say that it is one", 54);
        assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
        bed_put(b, &k, "v");
        assert_int_equal(bed_ask(b, &k), NORNI_CACHE_HIT);
        assert_true(there(b, "cache-1.db.corrupt-1"));
        unlink(path);
    }
    assert_true(there(b, "cache-1.db.corrupt-3"));
    assert_false(there(b, "cache-1.db.corrupt-4"));
    assert_int_equal(b->n_warned, 1);
    /* Another program's database is not written to. */
    sqlite3 *db = open_by_hand(b);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE entry(key, other)", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
    bed_put(b, &k, "v");
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_HIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {BED(test_fault_05_flipped_values),
                                       BED(test_fault_05_flipped_file), BED(test_fault_05_cut_file),
                                       BED(test_fault_05_rubbish), BED(test_put_aside)};
    return cmocka_run_group_tests_name("cache_damage", tests, NULL, NULL);
}
