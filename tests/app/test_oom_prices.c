/* Every allocation of reading prices fails in turn: the same panel, or an error; never a crash or a leak. Compressed files read the same. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/portfolio_read.h"
#include "counting.h"

enum { WIDE, LONG, N_FILES };
static const char *const names[N_FILES] = {"BTC_USDT-1h.csv", "rest.csv"};
static char folder[] = "/tmp/norn-oom-XXXXXX";

static void path_of(char out[200], const char *name) {
    snprintf(out, 200, "%s/%s", folder, name);
}

static int write_data(void **state) {
    char path[200];
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    path_of(path, names[WIDE]);
    FILE *f = fopen(path, "w");
    if (f == NULL) return -1;
    fprintf(f, "timestamp,open,close\n");
    for (int t = 0; t < 300; t++)
        fprintf(f, "%lld,1,%d\n", 1704067200000LL + 3600000LL * t, 100 + t % 17);
    if (fclose(f) != 0) return -1;
    path_of(path, names[LONG]);
    f = fopen(path, "w");
    if (f == NULL) return -1;
    fprintf(f, "time,symbol,close\n");
    for (int t = 0; t < 300; t++)
        fprintf(f, "%lld,\"E\"\"%d\",%d\n", 1704067200LL + 3600LL * t, t % 3,
                t % 3 == 2 ? 0 : 3 + t % 5);
    return fclose(f);
}

static int remove_data(void **state) {
    char path[200];
    (void)state;
    for (int k = 0; k < N_FILES; k++) {
        path_of(path, names[k]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

static norn_status read_all(counting *c, const char *path, norni_hash128 *key) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_port_prices p;
    norn_err err = {NORN_OK, ""};
    opt.alloc = (norn_alloc){counting_resize, c};
    opt.n_threads = 2;
    norn_status st = norn_ctx_new(&opt, &ctx, NULL);
    if (st != NORN_OK) return st;
    const norni_port_read_opt read = {
        .in = {&path, 1},
        .symbols = "E\"1,BTC,E\"2,E\"0,GONE",
        .prices = {.align = NORNI_PORT_UNION, .frame = NORNI_PORT_4H}};
    st = norni_port_read(&(norni_op_env){.ctx = ctx}, &read, &p, NULL, &err);
    if (st != NORN_OK && st != NORN_E_MEM) fail_msg("%s", err.text);
    if (st == NORN_OK) {
        assert_int_equal(p.n_assets, 3);
        *key = norni_port_prices_key(&p);
        norni_port_prices_clear(&p);
    }
    norn_ctx_free(ctx);
    return st;
}

static void every_allocation_fails(void **state) {
    (void)state;
    for (int onwards = 0; onwards < 2; onwards++) {
        counting count = {.below = norni_alloc_default()};
        norni_hash128 key, other;
        assert_int_equal(read_all(&count, folder, &key), NORN_OK);
        assert_int_equal(atomic_load(&count.live), 0);
        const long n = atomic_load(&count.calls);
        long refused = 0;
        assert_true(n > 60);
        for (long k = 1; k <= n; k++) {
            counting c = {.below = norni_alloc_default(), .fail_at = k, .onwards = onwards != 0};
            const norn_status st = read_all(&c, folder, &other);
            if (st != NORN_OK && st != NORN_E_MEM)
                fail_msg("allocation %ld: status %s", k, norn_status_name(st));
            if (st == NORN_OK) assert_memory_equal(&key, &other, sizeof key);
            refused += st == NORN_E_MEM;
            if (atomic_load(&c.live) != 0) fail_msg("allocation %ld: a leak", k);
        }
        assert_true(refused > n / 4);
    }
}

static void compressed_is_the_same(void **state) {
    static const char *const other[] = {"rest.csv.gz", "rest.csv.zst"};
    counting c = {.below = norni_alloc_default()};
    norni_hash128 key, again;
    char plain[200], path[200], command[1000];
    (void)state;
    path_of(plain, names[LONG]);
    assert_int_equal(read_all(&c, folder, &key), NORN_OK);
    for (int k = 0; k < 2; k++) {
        path_of(path, other[k]);
        snprintf(command, sizeof command, "%s -c '%s' > '%s' 2>/dev/null && mv '%s' '%s.away'",
                 k ? "zstd -q" : "gzip", plain, path, plain, plain);
        if (system(command) != 0) continue; /* the tool is not here */
        assert_int_equal(read_all(&c, folder, &again), NORN_OK);
        snprintf(command, sizeof command, "mv '%s.away' '%s' && rm '%s'", plain, plain, path);
        assert_int_equal(system(command), 0);
        assert_memory_equal(&key, &again, sizeof key);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails),
                                       cmocka_unit_test(compressed_is_the_same)};
    return cmocka_run_group_tests(tests, write_data, remove_data);
}
