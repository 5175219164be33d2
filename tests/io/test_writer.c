/* Output that is whole or absent, CSV fields and JSON: what lies on the disk after success and
 * after every failure. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/writer.h"

/* Every test works in a folder of its own, made afresh. */
typedef struct place {
    char folder[64];
    char path[96];
    norn_alloc alloc;
} place;

static int set_up(void **state) {
    static place p;
    strcpy(p.folder, "/tmp/norn_writer_XXXXXX");
    if (mkdtemp(p.folder) == NULL) return -1;
    snprintf(p.path, sizeof p.path, "%s/out.csv", p.folder);
    p.alloc = norni_alloc_default();
    *state = &p;
    return 0;
}

/* Number of files in the folder; removes them where asked. */
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
    const place *p = *state;
    count_files(p, true);
    return rmdir(p->folder);
}

static void put_file(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void assert_file(const char *path, const char *want) {
    char text[256] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(text, want);
}

static void write_whole(const place *p, const char *path, const char *text) {
    norni_out o;
    norn_err err;
    assert_int_equal(norni_out_open(&o, &p->alloc, path, &err), NORN_OK);
    norni_buf_text(&o.buf, text);
    assert_int_equal(norni_out_commit(&o, &err), NORN_OK);
    norni_out_abort(&o);
}

static void a_file_appears_whole_at_commit(void **state) {
    const place *p = *state;
    norni_out o;
    norn_err err;
    struct stat st;
    const mode_t mask = umask(027);
    assert_int_equal(norni_out_open(&o, &p->alloc, p->path, &err), NORN_OK);
    norni_buf_text(&o.buf, "a,b\n");
    assert_int_equal(norni_out_flush(&o, 100, &err), NORN_OK);
    assert_int_equal(o.buf.n, 4); /* not enough yet */
    assert_int_equal(norni_out_flush(&o, 4, &err), NORN_OK);
    assert_int_equal(o.buf.n, 0);
    assert_int_equal(access(p->path, F_OK), -1);
    norni_buf_text(&o.buf, "1,2\n");
    assert_int_equal(norni_out_commit(&o, &err), NORN_OK);
    norni_out_abort(&o);
    norni_out_abort(&o);
    umask(mask);
    assert_file(p->path, "a,b\n1,2\n");
    assert_int_equal(count_files(p, false), 1);
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void abort_leaves_what_was_there(void **state) {
    const place *p = *state;
    norni_out o;
    norn_err err;
    for (int existed = 0; existed < 2; existed++) {
        if (existed) put_file(p->path, "old");
        assert_int_equal(norni_out_open(&o, &p->alloc, p->path, &err), NORN_OK);
        norni_buf_text(&o.buf, "new");
        assert_int_equal(norni_out_flush(&o, 0, &err), NORN_OK);
        norni_out_abort(&o);
        assert_int_equal(count_files(p, false), existed);
        if (existed) assert_file(p->path, "old");
    }
}

static void an_existing_file_keeps_mode_and_links(void **state) {
    const place *p = *state;
    char link_path[128];
    struct stat st;
    put_file(p->path, "old");
    assert_int_equal(chmod(p->path, 0604), 0);
    snprintf(link_path, sizeof link_path, "%s/link", p->folder);
    assert_int_equal(symlink("out.csv", link_path), 0);
    write_whole(p, link_path, "new");
    assert_file(p->path, "new");
    assert_int_equal(lstat(link_path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0604);
}

static void names_of_any_length_and_folder_work(void **state) {
    const place *p = *state;
    char path[400], name[256], here[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    snprintf(path, sizeof path, "%s/%s", p->folder, name);
    write_whole(p, path, "long");
    assert_file(path, "long");
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(p->folder), 0);
    write_whole(p, "plain.csv", "here");
    assert_file("plain.csv", "here");
    assert_int_equal(chdir(here), 0);
}

/* The error of opening, or else of committing 100000 bytes to path. */
static norn_status try_to_write(const place *p, const char *path, norn_err *err) {
    norni_out o;
    norn_status st = norni_out_open(&o, &p->alloc, path, err);
    if (st != NORN_OK) {
        norni_out_abort(&o);
        return st;
    }
    for (int i = 0; i < 10000; i++)
        norni_buf_text(&o.buf, "123456789\n");
    st = norni_out_commit(&o, err);
    norni_out_abort(&o);
    return st;
}

static void failures_name_path_and_reason(void **state) {
    const place *p = *state;
    norn_err err;
    char want[256], path[128];
    assert_int_equal(try_to_write(p, "/dev/full", &err), NORN_E_IO);
    assert_string_equal(err.text, "cannot write /dev/full: No space left on device");
    assert_int_equal(err.code, NORN_E_IO);
    assert_int_equal(access("/dev/full", F_OK), 0);

    assert_int_equal(try_to_write(p, p->folder, &err), NORN_E_IO);
    snprintf(want, sizeof want, "cannot write %s: Is a directory", p->folder);
    assert_string_equal(err.text, want);

    snprintf(path, sizeof path, "%s/none/out.csv", p->folder);
    assert_int_equal(try_to_write(p, path, &err), NORN_E_IO);
    snprintf(want, sizeof want, "cannot write %s: No such file or directory", path);
    assert_string_equal(err.text, want);

    put_file(p->path, "a file");
    snprintf(path, sizeof path, "%s/below", p->path);
    assert_int_equal(try_to_write(p, path, &err), NORN_E_IO);
    snprintf(want, sizeof want, "cannot write %s: Not a directory", path);
    assert_string_equal(err.text, want);
    assert_int_equal(count_files(p, false), 1);
    assert_int_equal(try_to_write(p, path, NULL), NORN_E_IO);
}

/* A file size limit stands in for a disk that fills up half way. */
static void a_full_disk_leaves_nothing(void **state) {
    const place *p = *state;
    norn_err err;
    char want[256];
    struct rlimit before, small;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 5000;
    put_file(p->path, "old");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const norn_status st = try_to_write(p, p->path, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(st, NORN_E_IO);
    snprintf(want, sizeof want, "cannot write %s: File too large", p->path);
    assert_string_equal(err.text, want);
    assert_int_equal(count_files(p, false), 1);
    assert_file(p->path, "old");
}

/* Runs try_to_write(path) with standard output on fd; the status comes back as the exit status, 99
 * for a wrong text. */
static int child_status(const place *p, int fd, const char *path, const char *want) {
    const pid_t child = fork();
    if (child == 0) {
        norn_err err = {NORN_OK, ""};
        signal(SIGPIPE, SIG_IGN);
        dup2(fd, STDOUT_FILENO);
        const norn_status st = try_to_write(p, path, &err);
        _exit(strcmp(err.text, want) == 0 ? (int)st : 99);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void standard_output_is_a_stream(void **state) {
    const place *p = *state;
    struct stat st;
    const char *const names[] = {NULL, "-", "/dev/stdout"};
    for (size_t i = 0; i < 3; i++) {
        int fd = open(p->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert_int_equal(child_status(p, fd, names[i], ""), NORN_OK);
        close(fd);
        assert_int_equal(stat(p->path, &st), 0);
        assert_int_equal(st.st_size, 100000);

        fd = open("/dev/full", O_WRONLY);
        assert_int_equal(
            child_status(p, fd, names[i], "cannot write standard output: No space left on device"),
            NORN_E_IO);
        close(fd);

        int ends[2];
        assert_int_equal(pipe(ends), 0);
        close(ends[0]);
        assert_int_equal(
            child_status(p, ends[1], names[i], "cannot write standard output: Broken pipe"),
            NORN_E_IO);
        close(ends[1]);
    }
    assert_int_equal(count_files(p, false), 1);
}

/* A reader slower than the writer, over a pipe that fills: every byte arrives. */
static void a_named_pipe_is_written_directly(void **state) {
    const place *p = *state;
    norn_err err;
    assert_int_equal(mkfifo(p->path, 0600), 0);
    const pid_t child = fork();
    if (child == 0) {
        char text[1000];
        long n = 0;
        const int fd = open(p->path, O_RDONLY);
        for (ssize_t got = read(fd, text, sizeof text); got > 0; got = read(fd, text, sizeof text))
            n += got;
        _exit(n == 100000 ? 0 : 1);
    }
    assert_int_equal(try_to_write(p, p->path, &err), NORN_OK);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(count_files(p, false), 1);
}

static void *no_memory(void *user, void *ptr, size_t old, size_t size) {
    (void)user, (void)ptr, (void)old, (void)size;
    return NULL;
}

static void lack_of_memory_is_reported(void **state) {
    place *p = *state;
    norn_err err;
    norni_out o;
    const norn_alloc real = p->alloc;
    p->alloc.resize = no_memory;
    assert_int_equal(norni_out_open(&o, &p->alloc, p->path, &err), NORN_E_MEM);
    norni_out_abort(&o);
    assert_int_equal(norni_out_open(&o, &p->alloc, "-", &err), NORN_OK);
    norni_buf_text(&o.buf, "lost");
    assert_int_equal(norni_out_commit(&o, &err), NORN_E_MEM);
    norni_out_abort(&o);
    p->alloc = real;
    assert_int_equal(count_files(p, false), 0);
}

static void csv_fields_are_quoted_where_needed(void **state) {
    const place *p = *state;
    static const char *const rows[][2] = {
        {"", ""},
        {"plain", "plain"},
        {"a b", "a b"},
        {"a,b", "\"a,b\""},
        {"say \"x\"", "\"say \"\"x\"\"\""},
        {"\"", "\"\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"cr\rhere", "\"cr\rhere\""},
        {" lead", "\" lead\""},
        {"tail ", "\"tail \""},
        {"=1+2", "'=1+2"},
        {"+cmd", "'+cmd"},
        {"-cmd", "'-cmd"},
        {"@sum", "'@sum"},
        {"\tx", "'\tx"},
        {"\rx", "\"'\rx\""},
        {"=a,\"b\"", "\"'=a,\"\"b\"\"\""},
        {"-12.5", "-12.5"},
        {"+3e4", "+3e4"},
        {"-", "'-"},
        {"-1+1", "'-1+1"},
        {"a=1", "a=1"},
        {"Z\xC3\xBCrich", "Z\xC3\xBCrich"},
        {"'=1", "'=1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        norni_buf b;
        norni_buf_init(&b, &p->alloc);
        norni_csv_text(&b, norni_str_of(rows[i][0]), true);
        norni_buf_add(&b, "", 1);
        assert_string_equal(b.p, rows[i][1]);
        norni_buf_clear(&b);
    }
}

static void csv_numbers_leave_gaps_empty(void **state) {
    const place *p = *state;
    norni_buf b;
    norni_buf_init(&b, &p->alloc);
    const double x[] = {1.5, (double)NAN, -0.0, (double)INFINITY, 1e-7, -(double)INFINITY, 1e300};
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++) {
        norni_csv_num(&b, x[i]);
        norni_buf_text(&b, ";");
    }
    norni_buf_add(&b, "", 1);
    assert_string_equal(b.p, "1.5;;0;;1e-7;;1e300;");
    norni_buf_clear(&b);
}

static void json_keeps_commas_and_nesting(void **state) {
    const place *p = *state;
    norni_buf b;
    norni_json j;
    norni_buf_init(&b, &p->alloc);
    norni_json_init(&j, &b);
    norni_json_open(&j, '{');
    norni_json_key(&j, "a");
    norni_json_open(&j, '[');
    norni_json_num(&j, 0.1);
    norni_json_num(&j, (double)NAN);
    norni_json_num(&j, -(double)INFINITY);
    norni_json_int(&j, INT64_MIN);
    norni_json_open(&j, '[');
    norni_json_close(&j, ']');
    norni_json_open(&j, '{');
    norni_json_close(&j, '}');
    norni_json_close(&j, ']');
    norni_json_key(&j, "b\"");
    norni_json_bool(&j, true);
    norni_json_key(&j, "c");
    norni_json_bool(&j, false);
    norni_json_key(&j, "d");
    norni_json_null(&j);
    norni_json_key(&j, "e");
    norni_json_str(&j, (norni_str){NULL, 0});
    norni_json_close(&j, '}');
    norni_buf_add(&b, "", 1);
    assert_string_equal(b.p,
                        "{\"a\":[0.1,null,null,-9223372036854775808,[],{}],\"b\\\"\":true,\"c\":"
                        "false,\"d\":null,\"e\":\"\"}");
    b.n = 0;
    norni_json_init(&j, &b);
    for (int i = 0; i < 60; i++)
        norni_json_open(&j, '[');
    norni_json_int(&j, 1);
    norni_json_int(&j, 2);
    for (int i = 0; i < 60; i++)
        norni_json_close(&j, ']');
    assert_int_equal(b.n, 123);
    norni_buf_clear(&b);
}

#define BAD "\xEF\xBF\xBD"

static void json_strings_are_escaped_and_valid(void **state) {
    const place *p = *state;
    static const struct {
        const char *text;
        size_t n;
        const char *want;
    } rows[] = {
        {"a\"b\\c/", 6, "\"a\\\"b\\\\c/\""},
        {"\n\r\t\b\x1f", 5, "\"\\n\\r\\t\\u0008\\u001f\""},
        {"nul\0in", 6, "\"nul\\u0000in\""},
        {"\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80", 9, "\"\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        {"a\xFFz", 3, "\"a" BAD "z\""},
        {"\xC3", 1, "\"" BAD "\""},
        {"\xC0\xAF", 2, "\"" BAD BAD "\""},
        {"\xED\xA0\x80", 3, "\"" BAD BAD BAD "\""},
        {"\xF4\x90\x80\x80", 4, "\"" BAD BAD BAD BAD "\""},
        {"\xE2\x82", 2, "\"" BAD BAD "\""},
        {"\xF4\x8F\xBF\xBF", 4, "\"\xF4\x8F\xBF\xBF\""},
        {"\xE0\x9F\xBF", 3, "\"" BAD BAD BAD "\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        norni_buf b;
        norni_json j;
        norni_buf_init(&b, &p->alloc);
        norni_json_init(&j, &b);
        norni_json_str(&j, (norni_str){rows[i].text, rows[i].n});
        norni_buf_add(&b, "", 1);
        assert_string_equal(b.p, rows[i].want);
        norni_buf_clear(&b);
    }
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_PLACE(a_file_appears_whole_at_commit),
        WITH_PLACE(abort_leaves_what_was_there),
        WITH_PLACE(an_existing_file_keeps_mode_and_links),
        WITH_PLACE(names_of_any_length_and_folder_work),
        WITH_PLACE(failures_name_path_and_reason),
        WITH_PLACE(a_full_disk_leaves_nothing),
        WITH_PLACE(standard_output_is_a_stream),
        WITH_PLACE(a_named_pipe_is_written_directly),
        WITH_PLACE(lack_of_memory_is_reported),
        WITH_PLACE(csv_fields_are_quoted_where_needed),
        WITH_PLACE(csv_numbers_leave_gaps_empty),
        WITH_PLACE(json_keeps_commas_and_nesting),
        WITH_PLACE(json_strings_are_escaped_and_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
