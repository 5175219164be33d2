/* A folder of a test's own, what is in it, and a disk that is full: for tests of what a multi run writes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TEST_MULTI_FOLDER_H
#define NORNI_TEST_MULTI_FOLDER_H

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../plot/svg_check.h"
#include "../plot/svg_labels.h"
#include "base/alloc.h"

static inline char *folder_new(char *room, size_t size) {
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(room, size, "%s/norn_multi_XXXXXX", tmp != NULL ? tmp : "/tmp");
    return mkdtemp(room);
}

/* Names in the folder in any order; how many. */
static inline size_t folder_list(const char *folder, char name[][256], size_t most) {
    DIR *d = opendir(folder);
    size_t n = 0;
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        if (n < most) (void)snprintf(name[n], 256, "%s", e->d_name);
        n++;
    }
    if (d != NULL) (void)closedir(d);
    return n;
}

static inline void folder_remove(const char *folder) {
    static char name[256][256];
    const size_t n = folder_list(folder, name, 256);
    for (size_t i = 0; i < n && i < 256; i++) {
        char path[768];
        (void)snprintf(path, sizeof path, "%s/%s", folder, name[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

/* A file's text, with a NUL behind it; the caller frees it. NULL: there is none. */
static inline char *file_read(const char *folder, const char *name) {
    char path[768];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL || fstat(fileno(f), &st) != 0) return NULL;
    char *text = malloc((size_t)st.st_size + 1);
    const size_t n = fread(text, 1, (size_t)st.st_size, f);
    text[n] = '\0';
    (void)fclose(f);
    return text;
}

static inline void assert_text_has(const char *name, const char *text, const char *part) {
    if (text == NULL) fail_msg("%s is missing", name);
    if (strstr(text, part) == NULL) fail_msg("%s lacks: %s\n%.3000s", name, part, text);
}

static inline void assert_file_has(const char *folder, const char *name, const char *part) {
    char *text = file_read(folder, name);
    assert_text_has(name, text, part);
    free(text);
}

/* What the folder holds, before something is written again. */
typedef struct folder_texts {
    char name[64][256];
    char *text[64];
    size_t n;
} folder_texts;

static inline void folder_remember(const char *folder, folder_texts *t) {
    t->n = folder_list(folder, t->name, 64);
    assert_true(t->n <= 64);
    for (size_t i = 0; i < t->n; i++)
        t->text[i] = file_read(folder, t->name[i]);
}

/* The same files and bytes; t is done with. */
static inline void assert_folder_same(const char *folder, folder_texts *t) {
    static char name[64][256];
    assert_int_equal(folder_list(folder, name, 64), t->n);
    for (size_t i = 0; i < t->n; i++) {
        char *after = file_read(folder, t->name[i]);
        assert_non_null(after);
        assert_string_equal(t->text[i], after);
        free(t->text[i]);
        free(after);
    }
}

/* Each figure in the folder is well formed, trusts no name, and no two texts overlap; how many. */
static inline size_t assert_figures(const char *folder) {
    static char name[64][256];
    const size_t n = folder_list(folder, name, 64);
    size_t n_svg = 0;
    for (size_t i = 0; i < n; i++) {
        const char *dot = strrchr(name[i], '.');
        if (dot == NULL || strcmp(dot, ".svg") != 0) continue;
        char *text = file_read(folder, name[i]);
        const char *fault = fault_of(text);
        if (fault != NULL) fail_msg("%s: %s", name[i], fault);
        assert_null(strstr(text, "<script"));
        assert_no_overlap(text);
        assert_null(strstr(text, "nan"));
        free(text);
        n_svg++;
    }
    return n_svg;
}

/* Runs write(user, ctx) with every step-th allocation failing in turn, and all later ones: no memory each
 * time, nothing lost. */
typedef struct failing {
    norn_alloc below;
    long calls, live, fail_at;
} failing;

static inline void *failing_resize(void *user, void *ptr, size_t old, size_t size) {
    failing *f = user;
    if (size == 0) f->live -= ptr != NULL;
    if (size > 0 && ++f->calls >= f->fail_at && f->fail_at > 0) return NULL;
    if (size > 0) f->live += ptr == NULL;
    return f->below.resize(f->below.user, ptr, old, size);
}

typedef norn_status (*write_fn)(void *user, norn_ctx *ctx, norn_err *err);

static inline void assert_no_memory_said(write_fn write, void *user, long step) {
    failing f = {.below = norni_alloc_default()};
    norn_ctx_opt opt = norn_ctx_opt_default();
    opt.alloc = (norn_alloc){failing_resize, &f};
    opt.n_threads = 1; /* counting is one thread's */
    for (long at = 1;; at += step) {
        norn_ctx *ctx = NULL;
        f.fail_at = f.calls = f.live = 0;
        assert_int_equal(norn_ctx_new(&opt, &ctx, NULL), NORN_OK);
        f.fail_at = f.calls + at;
        norn_err err = {0};
        const norn_status st = write(user, ctx, &err);
        const bool all = f.calls < f.fail_at;
        norn_ctx_free(ctx);
        assert_int_equal(f.live, 0);
        if (st != (all ? NORN_OK : NORN_E_MEM))
            fail_msg("allocation %ld of %ld: status %d %s", at, f.calls, (int)st, err.text);
        if (all) break;
    }
}

/* Files beyond `bytes` cannot be written until folder_full(RLIM_INFINITY). */
static inline void folder_full(rlim_t bytes) {
    struct rlimit r;
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)getrlimit(RLIMIT_FSIZE, &r);
    r.rlim_cur = bytes < r.rlim_max ? bytes : r.rlim_max;
    (void)setrlimit(RLIMIT_FSIZE, &r);
}

#endif
