/* Tables as workbooks: what was written reads back to the bit, and nothing is left behind on failure. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "made_book.h"

#include <dirent.h>
#include <float.h>
#include <math.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/numtext.h"
#include "base/rng.h"
#include "io/xlsx_write.h"

typedef struct place {
    norn_ctx *ctx;
    char folder[64], path[96];
} place;

static int set_up(void **state) {
    static place p;
    strcpy(p.folder, "/tmp/norn_xlsx_XXXXXX");
    if (mkdtemp(p.folder) == NULL) return -1;
    snprintf(p.path, sizeof p.path, "%s/out.xlsx", p.folder);
    *state = &p;
    return norn_ctx_new(NULL, &p.ctx, NULL) == NORN_OK ? 0 : -1;
}

static int count_files(const place *p, bool remove_them) {
    int n = 0;
    DIR *dir = opendir(p->folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        n++;
        if (remove_them) assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
    }
    closedir(dir);
    return n;
}

static int tear_down(void **state) {
    place *p = *state;
    count_files(p, true);
    norn_ctx_free(p->ctx);
    return rmdir(p->folder);
}

#define GOOD(expr) assert_int_equal(expr, NORN_OK)

static norni_xlsx_out *open_out(const place *p, const char *sheet) {
    norni_xlsx_out *out;
    norn_err err;
    const norn_status st = norni_xlsx_out_open(p->ctx, p->path, sheet, &out, &err);
    if (st != NORN_OK) fail_msg("%s", err.text);
    return out;
}

static void put_text(norni_xlsx_out *out, const char *text) {
    GOOD(norni_xlsx_out_text(out, norni_str_of(text), NULL));
}

static made_text read_back(const place *p, const char *sheet) {
    norni_xlsx *x;
    norn_err err;
    if (norni_xlsx_open(p->ctx, p->path, sheet, &x, &err) != NORN_OK) fail_msg("%s", err.text);
    made_text t = made_fetch(x, 4096);
    if (t.st != NORN_OK) fail_msg("%s", t.err.text);
    norni_xlsx_close(x);
    return t;
}

static void check_back(const place *p, const char *sheet, const char *want) {
    made_text t = read_back(p, sheet);
    assert_string_equal(t.p, want);
    free(t.p);
}

static void tables_read_back(void **state) {
    const place *p = *state;
    norni_xlsx_out *out = open_out(p, "A & \"B\" \xC3\xA4");
    put_text(out, "id");
    put_text(out, "y");
    put_text(out, "z");
    GOOD(norni_xlsx_out_row(out, NULL));
    put_text(out, "=1+1");
    GOOD(norni_xlsx_out_num(out, 0.1 + 0.2, NULL));
    GOOD(norni_xlsx_out_num(out, NAN, NULL));
    GOOD(norni_xlsx_out_row(out, NULL));
    GOOD(norni_xlsx_out_row(out, NULL));
    put_text(out, "");
    GOOD(norni_xlsx_out_num(out, -INFINITY, NULL));
    GOOD(norni_xlsx_out_num(out, -3, NULL));
    assert_int_not_equal(access(p->path, F_OK), 0); /* not before it is whole */
    GOOD(norni_xlsx_out_commit(out, NULL));
    assert_int_equal(count_files(p, false), 1);
    check_back(p, "A & \"B\" \xC3\xA4", "id|y|z/=1+1|0.30000000000000004|/||-3/");
}

static void texts_survive(void **state) {
    static const struct {
        const char *text, *want;
    } rows[] = {
        {" <a> & \"b\" ]]> ", NULL},
        {"line\nline\ttab\r\n", NULL},
        {"_x0041_ _x004_ _x00_5_ __x0042__", NULL},
        {"\x01\x1B\x7F", NULL},
        {"\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD", NULL},
        {"\xF0\x9F\x98\x80\xE2\x82\xAC\xC3\xA4", NULL},
        {"\xC3(\xFF\xED\xA0\x80\xC0\x80",
         "\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
         "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"a\x1Fz\x1Ez", "a z z"}, /* the reader's separators */
    };
    const place *p = *state;
    norni_xlsx_out *out = open_out(p, NULL);
    char want[1024] = "";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_text(out, rows[i].text);
        GOOD(norni_xlsx_out_row(out, NULL));
        strcat(want, rows[i].want ? rows[i].want : rows[i].text);
        strcat(want, "/");
    }
    GOOD(norni_xlsx_out_text(out, (norni_str){"a\0b", 3}, NULL));
    strcat(want, "a b/");
    GOOD(norni_xlsx_out_commit(out, NULL));
    check_back(p, "Sheet1", want);
}

/* Every double of a wide choice comes back with its bits. */
static void numbers_survive_exactly(void **state) {
    enum { N = 40000, COLUMNS = 8 };
    static double x[N];
    const place *p = *state;
    const norni_rng rng = {3, 5};
    static const double chosen[] = {0.1,
                                    1.0 / 3,
                                    DBL_MAX,
                                    -DBL_MAX,
                                    DBL_MIN,
                                    DBL_TRUE_MIN,
                                    1e16,
                                    1e15,
                                    123456789012345678.0,
                                    1e-5,
                                    9.99e-6,
                                    5e-324,
                                    DBL_EPSILON,
                                    1 + DBL_EPSILON,
                                    -1e300,
                                    9007199254740993.0};
    for (size_t i = 0; i < N;) {
        const uint64_t bits = norni_rng_u64(rng, i);
        memcpy(&x[i], &bits, sizeof bits);
        if (i % 2 == 0) x[i] = norni_rng_normal(rng, i) * 1000;
        if (i < sizeof chosen / sizeof *chosen) x[i] = chosen[i];
        if (!isfinite(x[i])) x[i] = (double)i;
        i++;
    }
    norni_xlsx_out *out = open_out(p, NULL);
    for (size_t i = 0; i < N; i++) {
        GOOD(norni_xlsx_out_num(out, x[i], NULL));
        if (i % COLUMNS == COLUMNS - 1) GOOD(norni_xlsx_out_row(out, NULL));
    }
    GOOD(norni_xlsx_out_commit(out, NULL));
    made_text t = read_back(p, NULL);
    const char *at = t.p;
    for (size_t i = 0; i < N; i++) {
        const size_t n = strcspn(at, "|/");
        double y;
        assert_int_equal(norni_num_parse(at, n, &y), NORNI_NUM_OK);
        if (memcmp(&x[i], &y, sizeof y) != 0) fail_msg("number %zu: %.*s", i, (int)n, at);
        at += n + 1;
    }
    assert_int_equal(*at, '\0');
    free(t.p);
}

/* What another reader of workbooks sees: the XML itself. */
static char *part_text(const char *path, const char *part) {
    zip_t *zip = zip_open(path, ZIP_RDONLY | ZIP_CHECKCONS, NULL);
    zip_stat_t st;
    assert_non_null(zip);
    assert_int_equal(zip_stat(zip, part, 0, &st), 0);
    char *text = calloc(1, (size_t)st.size + 1);
    zip_file_t *f = zip_fopen(zip, part, 0);
    assert_non_null(text);
    assert_non_null(f);
    assert_int_equal(zip_fread(f, text, st.size), (zip_int64_t)st.size);
    zip_fclose(f);
    zip_discard(zip);
    return text;
}

static void header_is_bold_and_frozen(void **state) {
    const place *p = *state;
    norni_xlsx_out *out = open_out(p, NULL);
    put_text(out, "y");
    GOOD(norni_xlsx_out_num(out, 2020, NULL));
    GOOD(norni_xlsx_out_row(out, NULL));
    put_text(out, " a");
    GOOD(norni_xlsx_out_num(out, 1.5, NULL));
    GOOD(norni_xlsx_out_row(out, NULL));
    GOOD(norni_xlsx_out_commit(out, NULL));
    char *sheet = part_text(p->path, "xl/worksheets/sheet1.xml");
    assert_non_null(strstr(sheet,
                           "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" "
                           "state=\"frozen\"/>"));
    assert_non_null(
        strstr(sheet,
               "<sheetData><row r=\"1\"><c r=\"A1\" s=\"1\" t=\"inlineStr\"><is><t>y</t></is></c>"
               "<c r=\"B1\" s=\"1\"><v>2020</v></c></row><row r=\"2\"><c r=\"A2\" t=\"inlineStr\">"
               "<is><t xml:space=\"preserve\"> a</t></is></c><c r=\"B2\"><v>1.5</v></c></row>"
               "</sheetData></worksheet>"));
    free(sheet);
    char *styles = part_text(p->path, "xl/styles.xml");
    assert_non_null(strstr(styles, "<b/>"));
    free(styles);
}

static char *file_bytes(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *n = (size_t)ftell(f);
    rewind(f);
    char *p = malloc(*n);
    assert_non_null(p);
    assert_int_equal(fread(p, 1, *n, f), *n);
    fclose(f);
    return p;
}

static void write_some(const place *p, size_t rows) {
    norni_xlsx_out *out = open_out(p, NULL);
    for (size_t i = 0; i < rows; i++) {
        put_text(out, "text");
        GOOD(norni_xlsx_out_num(out, (double)i / 7, NULL));
        GOOD(norni_xlsx_out_row(out, NULL));
    }
    GOOD(norni_xlsx_out_commit(out, NULL));
}

static void bytes_are_the_same_each_time(void **state) {
    const place *p = *state;
    size_t n[2];
    char *b[2];
    for (int k = 0; k < 2; k++) {
        if (k == 1) usleep(2100000); /* zip's dates step by two seconds */
        write_some(p, 20000);
        b[k] = file_bytes(p->path, &n[k]);
    }
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(b[0], b[1], n[0]);
    free(b[0]);
    free(b[1]);
}

static void rows_end_at_a_million(void **state) {
    const place *p = *state;
    norni_xlsx_out *out = open_out(p, NULL);
    norn_err err;
    for (int i = 0; i < 1048576; i++)
        GOOD(norni_xlsx_out_row(out, NULL));
    assert_int_equal(norni_xlsx_out_num(out, 1, &err), NORN_E_LIMIT);
    assert_non_null(strstr(err.text, "1048576 rows"));
    assert_non_null(strstr(err.text, "csv"));
    assert_int_equal(norni_xlsx_out_row(out, &err), NORN_E_LIMIT);
    norni_xlsx_out_abort(out);
    out = open_out(p, NULL);
    for (int i = 0; i < 16384; i++)
        GOOD(norni_xlsx_out_num(out, i, NULL));
    assert_int_equal(norni_xlsx_out_num(out, 1, &err), NORN_E_LIMIT);
    assert_non_null(strstr(err.text, "16384 columns"));
    GOOD(norni_xlsx_out_commit(out, NULL));
    char *sheet = part_text(p->path, "xl/worksheets/sheet1.xml");
    assert_non_null(strstr(sheet, "<c r=\"XFD1\" s=\"1\"><v>16383</v>"));
    assert_non_null(strstr(sheet, "<c r=\"ZZ1\" s=\"1\"><v>701</v>"));
    assert_non_null(strstr(sheet, "<c r=\"AAA1\" s=\"1\"><v>702</v>"));
    free(sheet);
}

static void cells_hold_so_much(void **state) {
    const place *p = *state;
    norni_xlsx_out *out = open_out(p, NULL);
    norn_err err;
    static char text[4 * 16384 + 1];
    for (size_t i = 0; i < 16384; i++)
        memcpy(text + 4 * i, "\xF0\x9F\x98\x80", 4); /* two UTF-16 units */
    assert_int_equal(norni_xlsx_out_text(out, (norni_str){text, 4 * 16384}, &err), NORN_E_LIMIT);
    assert_non_null(strstr(err.text, "row 1, column 1"));
    GOOD(norni_xlsx_out_text(out, (norni_str){text, 4 * 16383}, &err));
    norni_xlsx_out_abort(out);
    assert_int_equal(count_files(p, false), 0);
}

static void names_of_sheets_are_checked(void **state) {
    static const char *const bad[] = {
        "", "a/b", "a:b", "[a]", "'a", "a'", "what?", "a\nb", "12345678901234567890123456789012"};
    const place *p = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        norni_xlsx_out *out;
        norn_err err;
        assert_int_equal(norni_xlsx_out_open(p->ctx, p->path, bad[i], &out, &err), NORN_E_ARG);
        assert_null(out);
        assert_non_null(strstr(err.text, "1 to 31 characters"));
    }
    assert_int_equal(count_files(p, false), 0);
}

static void an_abort_leaves_nothing(void **state) {
    const place *p = *state;
    norni_xlsx_out *out = open_out(p, NULL);
    put_text(out, "a");
    norni_xlsx_out_abort(out);
    norni_xlsx_out_abort(NULL);
    assert_int_equal(count_files(p, false), 0);
    write_some(p, 10);
    size_t n[2];
    char *before = file_bytes(p->path, &n[0]);
    out = open_out(p, NULL);
    for (int i = 0; i < 100000; i++) {
        GOOD(norni_xlsx_out_num(out, i, NULL));
        GOOD(norni_xlsx_out_row(out, NULL));
    }
    norni_xlsx_out_abort(out);
    char *after = file_bytes(p->path, &n[1]);
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(before, after, n[0]);
    assert_int_equal(count_files(p, false), 1);
    free(before);
    free(after);
}

static void full_disks_are_told(void **state) {
    const place *p = *state;
    norni_xlsx_out *out;
    norn_err err = {NORN_OK, ""};
    norn_status st = norni_xlsx_out_open(p->ctx, "/dev/full", NULL, &out, &err);
    assert_int_equal(st, NORN_OK);
    put_text(out, "a");
    assert_int_equal(norni_xlsx_out_commit(out, &err), NORN_E_IO);
    assert_non_null(strstr(err.text, "/dev/full"));
    assert_int_equal(norni_xlsx_out_open(p->ctx, "/nowhere/a.xlsx", NULL, &out, &err), NORN_E_IO);
    assert_null(out);
}

/* Memory does not grow with the sheet, neither written nor read. */
static void memory_stays_flat(void **state) {
    const place *p = *state;
    struct rusage before, after;
    write_some(p, 1000);
    made_text t = read_back(p, NULL);
    free(t.p);
    assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
    write_some(p, 1000000);
    norni_xlsx *x;
    char piece[4096];
    size_t got = 1, all = 0;
    GOOD(norni_xlsx_open(p->ctx, p->path, NULL, &x, NULL));
    while (got > 0) {
        GOOD(norni_xlsx_text(x, piece, sizeof piece, &got, NULL));
        all += got;
    }
    norni_xlsx_close(x);
    assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
    assert_true(all > 20000000);
    assert_true(after.ru_maxrss - before.ru_maxrss < 4096);
}

typedef struct stingy {
    norn_alloc real;
    size_t left, held;
} stingy;

static void *stingy_resize(void *user, void *ptr, size_t old, size_t size) {
    stingy *s = user;
    if (size > 0 && size > old && s->left-- == 0) {
        s->left = 0;
        return NULL;
    }
    void *q = s->real.resize(s->real.user, ptr, old, size);
    if (q != NULL || size == 0) s->held += size - (ptr ? old : 0);
    return q;
}

/* Opens, writes and commits; the first failure ends it. */
static norn_status write_all(norn_ctx *ctx, const char *path) {
    norni_xlsx_out *out;
    NORN_TRY(norni_xlsx_out_open(ctx, path, NULL, &out, NULL));
    norn_status st = norni_xlsx_out_text(out, norni_str_of("a"), NULL);
    for (int i = 0; i < 3000 && st == NORN_OK; i++) {
        st = norni_xlsx_out_num(out, i, NULL);
        if (st == NORN_OK) st = norni_xlsx_out_row(out, NULL);
    }
    if (st == NORN_OK) return norni_xlsx_out_commit(out, NULL);
    norni_xlsx_out_abort(out);
    return st;
}

static void out_of_memory_is_told(void **state) {
    const place *p = *state;
    norn_status st = NORN_E_MEM;
    size_t n = 0;
    for (; n < 200 && st != NORN_OK; n++) {
        stingy s = {norni_alloc_default(), SIZE_MAX, 0};
        norn_ctx_opt opt = norn_ctx_opt_default();
        norn_ctx *ctx;
        opt.alloc = (norn_alloc){stingy_resize, &s};
        GOOD(norn_ctx_new(&opt, &ctx, NULL));
        const size_t held = s.held;
        s.left = n;
        st = write_all(ctx, p->path);
        assert_true(st == NORN_OK || st == NORN_E_MEM);
        assert_int_equal(s.held, held);
        assert_int_equal(count_files(p, false), st == NORN_OK);
        norn_ctx_free(ctx);
    }
    assert_true(st == NORN_OK && n > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tables_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_survive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_survive_exactly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(header_is_bold_and_frozen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_are_the_same_each_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_end_at_a_million, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cells_hold_so_much, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_of_sheets_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_abort_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(full_disks_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_stays_flat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(out_of_memory_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("xlsx_write", tests, NULL, NULL);
}
