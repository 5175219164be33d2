/* From a request to a call: its files into the job's folder, its parameters through the operation's rows, and nothing else. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/api_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "io/writer.h"

/* ---- faults ---- */

void api_fault_init(api_fault *f, const norn_alloc *alloc) {
    f->status = 0;
    f->detail[0] = '\0';
    f->n_errors = 0;
    norni_buf_init(&f->errors, alloc);
}

void api_fault_clear(api_fault *f) {
    norni_buf_clear(&f->errors);
}

void api_fault_add(api_fault *f, unsigned status, const char *name, const char *fmt, ...) {
    char text[300];
    norni_json w;
    va_list ap;
    va_start(ap, fmt);
    norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    if (f->status == 0) {
        f->status = status;
        norni_format(f->detail, sizeof f->detail, "%s", text);
    }
    if (f->n_errors++ >= API_MOST_ERRORS) return;
    norni_json_init(&w, &f->errors);
    norni_buf_text(&f->errors, f->n_errors > 1 ? "," : "[");
    norni_json_open(&w, '{');
    if (name) norni_json_key_str(&w, "parameter", norni_str_of(name));
    norni_json_key_str(&w, "detail", norni_str_of(text));
    norni_json_close(&w, '}');
}

void api_fault_answer(api_fault *f, http_request *r) {
    norni_buf_add(&f->errors, "]", 2);
    const bool errors = f->n_errors > 0 && !f->errors.failed;
    http_problem(r, f->status, f->detail, errors ? f->errors.p : NULL, f->status == 503 ? 1 : 0);
}

/* ---- rows ---- */

bool api_row_listed(const norni_op *op, const norni_param *row) {
    char word[64];
    norni_format(word, sizeof word, "|%s|", row->name);
    return op->unlisted == NULL || strstr(op->unlisted, word) == NULL;
}

bool api_row_own(const norni_param *row) {
    static const char *const own[] = {"memory-limit", "progress",    "quiet", "cache-dir",
                                      "redis",        "cache-limit", "stream"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (strcmp(row->name, own[i]) == 0) return true;
    }
    return false;
}

const norni_param *api_row_find(const norni_op *op, norni_str name) {
    for (size_t g = 0; g < op->n_groups; g++) {
        const norni_param *row = norni_param_find(op->groups[g].rows, *op->groups[g].n_rows, name);
        if (row != NULL) return api_row_listed(op, row) ? row : NULL;
    }
    return NULL;
}

static const char *near_row(const norni_op *op, norni_str name) {
    const char *near = NULL;
    size_t best = 4;
    for (size_t g = 0; g < op->n_groups; g++) {
        for (size_t i = 0; i < *op->groups[g].n_rows; i++) {
            const norni_param *row = &op->groups[g].rows[i];
            if (row->path != NORNI_PATH_NONE || api_row_own(row) || !api_row_listed(op, row))
                continue;
            const size_t d = norni_str_distance(name, norni_str_of(row->name));
            if (d < best) {
                best = d;
                near = row->name;
            }
        }
    }
    return near;
}

bool api_call_given(const api_call *c, const norni_param *row) {
    for (size_t i = 0; i < c->n_given; i++) {
        if (c->given[i] == row) return true;
    }
    return false;
}

void api_call_set(api_call *c, norni_str name, norni_str text, api_fault *f) {
    char called[64];
    norn_err err = {NORN_OK, ""};
    norni_format(called, sizeof called, "%.*s", (int)(name.n < 60 ? name.n : 60), name.p);
    const norni_param *row = api_row_find(c->op, name);
    if (row == NULL) {
        const char *near = near_row(c->op, name);
        if (near)
            api_fault_add(f, 400, called, "unknown parameter %s; did you mean %s?", called, near);
        else
            api_fault_add(f, 400, called, "unknown parameter %s (see /openapi.json)", called);
    } else if (row->path == NORNI_PATH_UPLOAD) {
        api_fault_add(f, 400, called, "%s is a file: send it as a part of that name", called);
    } else if (row->path != NORNI_PATH_NONE || api_row_own(row)) {
        api_fault_add(f, 400, called, "%s is the server's own: no request sets it", called);
    } else if (api_call_given(c, row)) {
        api_fault_add(f, 400, called, "%s is given twice", called);
    } else if (memchr(text.p, '\0', text.n) != NULL) {
        api_fault_add(f, 400, called, "%s holds a NUL", called);
    } else if (norni_param_set(row, c->opt, text, &c->arena, NULL, &err) != NORN_OK) {
        const char *said = err.text; /* "option: horizon …" */
        if (strncmp(said, "option: ", 8) == 0) said += 8;
        api_fault_add(f, err.code == NORN_E_MEM ? 503 : 400, called, "%s", said);
    } else if (c->n_given < API_MOST_ROWS) {
        c->given[c->n_given++] = row;
    }
}

/* ---- files ---- */

/* What of a client's file name may stand in a message. */
static void plain_name(char out[80], const char *name) {
    size_t n = 0;
    for (const char *p = name; p && *p && n < 79; p++) {
        const unsigned char ch = (unsigned char)*p;
        if (ch == '/' || ch == '\\')
            n = 0;
        else if (ch >= 32 && ch < 127)
            out[n++] = *p;
    }
    out[n] = '\0';
}

api_input *api_call_input(api_call *c, const char *name, const char *called, api_fault *f) {
    if (c->n_input == API_MOST_FILES) {
        api_fault_add(f, 400, name, "more than %d files", API_MOST_FILES);
        return NULL;
    }
    const norni_param *row = name ? api_row_find(c->op, norni_str_of(name)) : NULL;
    if (name != NULL && (row == NULL || row->path != NORNI_PATH_UPLOAD)) {
        api_fault_add(f, 400, name, "%s is no file of this operation", name);
        return NULL;
    }
    if (row != NULL && api_call_given(c, row)) {
        api_fault_add(f, 400, name, "%s is given twice", name);
        return NULL;
    }
    api_input *in = &c->input[c->n_input];
    norni_format(in->path, sizeof in->path, "%s/in%zu", job_folder(c->j), c->n_input);
    plain_name(in->name, called && called[0] ? called : name ? name : "file");
    c->n_input++;
    in->data = row == NULL;
    if (row == NULL) return in;
    const char *path = in->path;
    memcpy((char *)c->opt + row->offset, &path, sizeof path);
    if (c->n_given < API_MOST_ROWS) c->given[c->n_given++] = row;
    return in;
}

static norn_status write_all(int fd, const char *p, size_t n) {
    while (n > 0) {
        const ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) return NORN_E_IO;
        p += k;
        n -= (size_t)k;
    }
    return NORN_OK;
}

norn_status api_file_write(const char *path, norni_str bytes, norn_err *err) {
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const norn_status st = fd < 0 ? NORN_E_IO : write_all(fd, bytes.p, bytes.n);
    if (fd >= 0 && close(fd) != 0) return norn_fail(err, NORN_E_IO, "the spool is full");
    return st == NORN_OK ? NORN_OK : norn_fail(err, st, "the spool cannot be written");
}

static norn_status copy_file(const char *from, const char *to) {
    char room[65536];
    norn_status st = NORN_OK;
    const int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (in < 0 || out < 0) st = NORN_E_IO;
    while (st == NORN_OK) {
        const ssize_t n = read(in, room, sizeof room);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) break;
        st = n < 0 ? NORN_E_IO : write_all(out, room, (size_t)n);
    }
    if (in >= 0) close(in);
    if (out >= 0 && close(out) != 0) st = NORN_E_IO;
    return st;
}

/* The part's bytes become the file. */
static void move_part(const http_part *p, const char *path, api_fault *f) {
    norn_err err = {NORN_OK, ""};
    norn_status st;
    if (p->path == NULL)
        st = api_file_write(path, p->text, &err);
    else
        st = rename(p->path, path) == 0 ? NORN_OK : copy_file(p->path, path);
    if (st != NORN_OK) api_fault_add(f, 503, NULL, "the server's spool cannot be written");
}

static void take_part(const http_part *p, const api_input *in, api_fault *f) {
    if (in != NULL) move_part(p, in->path, f);
}

bool api_file_read(const char *path, norni_buf *out) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? -1 : 1;
    while (n > 0 && norni_buf_reserve(out, 1 << 16)) {
        n = read(fd, out->p + out->n, out->cap - out->n);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            out->n += (size_t)n;
    }
    if (fd >= 0) close(fd);
    return n == 0 && !out->failed;
}

/* ---- what a request holds ---- */

static bool is_json(const char *type) {
    static const char word[] = "application/json";
    const size_t n = sizeof word - 1;
    return type != NULL && strncasecmp(type, word, n) == 0 &&
           (type[n] == '\0' || strchr("; \t", type[n]) != NULL); /* application/jsonl is lines */
}

/* The first byte of a part that is not white space, or 0. */
static char first_byte(const http_part *p) {
    char head[256];
    norni_str s = p->text;
    if (p->path != NULL) {
        const int fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        const ssize_t n = fd < 0 ? 0 : read(fd, head, sizeof head);
        if (fd >= 0) close(fd);
        s = (norni_str){head, n > 0 ? (size_t)n : 0};
    }
    for (size_t i = 0; i < s.n; i++) {
        if (memchr(" \t\r\n", s.p[i], 4) == NULL) return s.p[i];
    }
    return 0;
}

/* JSON: a little at once, so that what is wrong is told at once; more is read by the runner, not by a thread of the server. */
static void take_json(api_call *c, const http_part *p, bool params, api_fault *f) {
    const uint64_t most = params ? API_MOST_PARAMS : API_MOST_JSON;
    if (!params && api_op_records(c->op) && first_byte(p) == '[') {
        take_part(p, api_call_input(c, NULL, NULL, f), f); /* records: the operation's to read */
    } else if (p->path == NULL) {
        if (params)
            api_json_params(c, p->text, f);
        else
            api_json_body(c, p->text, f);
    } else if (p->size > most) {
        api_fault_add(f, 413, p->name, "JSON of %llu bytes; at most %llu are taken: send CSV",
                      (unsigned long long)p->size, (unsigned long long)most);
    } else if (c->later[0] != '\0') {
        api_fault_add(f, 400, p->name, "%s is given twice", p->name);
    } else {
        norni_format(c->later, sizeof c->later, "%s/json", job_folder(c->j));
        c->later_params = params;
        move_part(p, c->later, f);
    }
}

static void take_field(api_call *c, const http_part *p, api_fault *f) {
    const char *name = p->name ? p->name : "";
    const norni_param *row = api_row_find(c->op, norni_str_of(name));
    if (strcmp(name, "task_id") == 0) return;
    if (strcmp(name, "file") == 0 || strcmp(name, "files") == 0 || strcmp(name, "files[]") == 0) {
        take_part(p, api_call_input(c, NULL, p->filename, f), f);
    } else if (strcmp(name, "params") == 0) {
        take_json(c, p, true, f);
    } else if (row != NULL && row->path == NORNI_PATH_UPLOAD && p->filename != NULL) {
        take_part(p, api_call_input(c, row->name, p->filename, f), f);
    } else if (p->filename != NULL) {
        api_fault_add(f, 400, name, "a file called '%.40s': files are file, files%s", name,
                      row && row->path ? "" : " and those of the operation");
    } else if (p->text.n > 0 || row != NULL) { /* an empty field that nobody knows says nothing */
        api_call_set(c, norni_str_of(name), p->text, f);
    }
}

void api_call_take(api_call *c, http_request *r, api_fault *f) {
    const http_view *v = http_view_of(r);
    const bool whole = v->n_parts == 1 && v->part[0].name != NULL && v->part[0].name[0] == '\0';
    for (size_t i = 0; i < v->n_query; i++) {
        if (strcmp(v->query[i].name, "task_id") == 0) continue;
        api_call_set(c, norni_str_of(v->query[i].name), norni_str_of(v->query[i].value), f);
    }
    if (whole && is_json(http_header(r, "Content-Type"))) {
        take_json(c, &v->part[0], false, f);
    } else if (whole) {
        if (v->part[0].size > 0) take_part(&v->part[0], api_call_input(c, NULL, NULL, f), f);
    } else {
        for (size_t i = 0; i < v->n_parts; i++)
            take_field(c, &v->part[i], f);
    }
}
