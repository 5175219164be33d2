/* Jobs: one job from its folder and id to its answer, and what of it is kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/jobs_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/writer.h"

enum { MOST_DEEP = 16 };

char *jobs_copy(jobs *q, const char *text) {
    const size_t n = text ? strlen(text) + 1 : 0;
    char *kept = n ? norni_alloc_get(&q->alloc, n, 1) : NULL;
    if (kept != NULL) memcpy(kept, text, n);
    return kept;
}

void jobs_drop_text(jobs *q, char *text) {
    if (text != NULL) norni_alloc_drop(&q->alloc, text, strlen(text) + 1, 1);
}

/* ---- folders ---- */

static void empty_folder(int at, const char *name, unsigned depth) {
    const int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return;
    DIR *d = fdopendir(fd);
    if (d == NULL) {
        close(fd);
        return;
    }
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        if (unlinkat(fd, e->d_name, 0) == 0) continue;
        if (depth < MOST_DEEP) empty_folder(fd, e->d_name, depth + 1);
        unlinkat(fd, e->d_name, AT_REMOVEDIR);
    }
    closedir(d);
}

/* Links are not followed. */
void jobs_sweep(const char *path) {
    empty_folder(AT_FDCWD, path, 0);
    rmdir(path);
}

/* ---- holding ---- */

void jobs_hold(job *j) {
    j->held++;
}
void jobs_unhold(job *j) {
    j->held--;
}

void job_discard(job *j) {
    pthread_mutex_lock(&j->q->lock);
    jobs_forget(j);
    jobs_unhold(j);
    pthread_mutex_unlock(&j->q->lock);
}

void job_release(job *j) {
    pthread_mutex_lock(&j->q->lock);
    jobs_unhold(j);
    pthread_mutex_unlock(&j->q->lock);
}

/* From the list to the grave; its files go at once. */
void jobs_forget(job *j) {
    jobs *q = j->q;
    if (!j->listed) return;
    for (job **at = &q->all; *at != NULL; at = &(*at)->next) {
        if (*at != j) continue;
        *at = j->next;
        break;
    }
    j->listed = false;
    if (j->ended != 0) {
        q->n_kept--;
        q->kept_bytes -= j->answer_bytes;
    }
    jobs_end_followers(j);
    if (j->answer[0]) unlink(j->answer);
    if (j->folder[0]) jobs_sweep(j->folder);
    j->buried = jobs_now();
    j->next = q->buried;
    q->buried = j;
}

/* ---- a new one ---- */

static bool make_id(char *out) {
    unsigned char byte[16];
    size_t got = 0;
    while (got < sizeof byte) {
        const ssize_t n = getrandom(byte + got, sizeof byte - got, 0);
        if (n < 0 && errno != EINTR) return false;
        if (n > 0) got += (size_t)n;
    }
    for (size_t i = 0; i < sizeof byte; i++) {
        *out++ = "0123456789abcdef"[byte[i] >> 4];
        *out++ = "0123456789abcdef"[byte[i] & 15];
    }
    *out = '\0';
    return true;
}

norn_status job_new(jobs *q, const char *kind, const http_request *r, const char *task, job **out,
                    norn_err *err) {
    const http_view *v = http_view_of(r);
    job *j = norni_alloc_zero(&q->alloc, 1, sizeof *j);
    *out = NULL;
    if (j == NULL) return norni_alloc_fail(err, "job", 1, sizeof *j);
    j->q = q;
    j->held = 1;
    if (!make_id(j->id)) {
        norni_alloc_drop(&q->alloc, j, 1, sizeof *j);
        return norn_fail(err, NORN_E_INTERNAL, "job: no random bits are to be had");
    }
    norni_format(j->owner, sizeof j->owner, "%s", v->token_owner ? v->token_owner : "");
    norni_format(j->task, sizeof j->task, "%s", task && task[0] ? task : j->id);
    norni_format(j->kind, sizeof j->kind, "%s", kind);
    norni_format(j->request_id, sizeof j->request_id, "%s", v->request_id ? v->request_id : "");
    norni_format(j->folder, sizeof j->folder, "%s/%s", q->opt.folder, j->id);
    if (mkdir(j->folder, 0700) != 0) {
        const norn_status st =
            norn_fail(err, NORN_E_IO, "job: its folder cannot be made: %s", strerror(errno));
        norni_alloc_drop(&q->alloc, j, 1, sizeof *j);
        return st;
    }
    pthread_mutex_lock(&q->lock);
    j->created = jobs_now();
    j->next = q->all;
    q->all = j;
    j->listed = true;
    jobs_attach_task(j);
    pthread_mutex_unlock(&q->lock);
    *out = j;
    return NORN_OK;
}

const char *job_id(const job *j) {
    return j->id;
}
const char *job_task(const job *j) {
    return j->task;
}
const char *job_kind(const job *j) {
    return j->kind;
}
const char *job_folder(const job *j) {
    return j->folder;
}
const char *job_request_id(const job *j) {
    return j->request_id;
}
double job_seconds(const job *j) {
    return j->begun == 0 ? 0 : (j->ended != 0 ? j->ended : jobs_now()) - j->begun;
}

job *jobs_find(jobs *q, const char *owner, const char *id) {
    job *found = NULL;
    pthread_mutex_lock(&q->lock);
    for (job *j = q->all; j != NULL && found == NULL; j = j->next) {
        if (strcmp(j->id, id) == 0 && strcmp(j->owner, owner ? owner : "") == 0) found = j;
    }
    if (found) jobs_hold(found);
    pthread_mutex_unlock(&q->lock);
    return found;
}

/* ---- the end ---- */

/* What is said of a job that was cancelled. */
static job_end end_of(job_why why) {
    switch (why) {
        case JOB_WHY_DEADLINE:
            return (job_end){.status = 504, .detail = "the job ran longer than the server allows"};
        case JOB_WHY_GONE:
            return (job_end){.status = 504,
                             .detail = "the request took longer than the server allows"};
        case JOB_WHY_STOP:
            return (job_end){.status = 503, .detail = "the server ends", .retry_after = 5};
        case JOB_WHY_NONE:
        case JOB_WHY_ASKED: break;
    }
    return (job_end){.status = 409, .detail = "the job was cancelled"};
}

/* Room for one more: the oldest of the finished go. */
static void make_room(jobs *q, const job *mine) {
    while (q->n_kept > q->opt.most_kept || q->kept_bytes > q->opt.most_bytes) {
        job *oldest = NULL;
        for (job *j = q->all; j != NULL; j = j->next) {
            if (j->ended != 0 && j != mine && (oldest == NULL || j->ended < oldest->ended))
                oldest = j;
        }
        if (oldest == NULL) return;
        jobs_forget(oldest);
    }
}

/* The answer is kept beside the job's folder, which goes. */
static void keep_answer(job *j, const char *path) {
    struct stat s;
    char kept[JOB_PATH_TEXT];
    norni_format(kept, sizeof kept, "%s/%s.answer", j->q->opt.folder, j->id);
    if (rename(path, kept) != 0 || stat(kept, &s) != 0) {
        j->status = 500;
        j->detail = jobs_copy(j->q, "the answer could not be kept");
        return;
    }
    memcpy(j->answer, kept, sizeof kept);
    j->answer_bytes = (uint64_t)s.st_size;
}

static void tell_end(job *j) {
    norni_buf b;
    norni_json w;
    norni_buf_init(&b, &j->q->alloc);
    norni_json_init(&w, &b);
    norni_json_open(&w, '{');
    norni_json_key_str(&w, "task_id", norni_str_of(j->task));
    if (j->state == JOB_DONE) {
        norni_json_key_int(&w, "progress", 100);
        j->percent = 100;
    } else {
        norni_json_key_int(&w, "status", j->status);
        norni_json_key_str(&w, "detail", norni_str_of(j->detail ? j->detail : ""));
    }
    norni_json_close(&w, '}');
    if (!b.failed)
        jobs_tell(j, j->state == JOB_DONE ? "complete" : "error", (norni_str){b.p, b.n}, true);
    norni_buf_clear(&b);
    jobs_end_followers(j);
}

static void fill_end(job *j, const job_end *end) {
    jobs *q = j->q;
    const bool cancelled = j->why != JOB_WHY_NONE && end->path == NULL;
    const job_end other = end_of(j->why);
    const job_end *e = cancelled ? &other : end;
    j->status = e->status;
    j->type = e->type;
    j->retry_after = e->retry_after;
    j->detail = jobs_copy(q, e->detail);
    j->errors = jobs_copy(q, e->errors);
    j->summary = jobs_copy(q, end->summary);
    if (e->path) keep_answer(j, e->path);
    j->state = j->answer[0] ? JOB_DONE : cancelled ? JOB_CANCELLED : JOB_FAILED;
    j->ended = jobs_now();
    q->endings.all++;
    q->endings.errors += j->status >= 500 && j->status != 503 && j->why != JOB_WHY_GONE;
    q->n_kept++;
    q->kept_bytes += j->answer_bytes;
}

static const char *const state_word[] = {"queued", "running", "done", "failed", "cancelled"};

void job_finish(job *j, const job_end *end) {
    jobs *q = j->q;
    pthread_mutex_lock(&q->lock);
    fill_end(j, end);
    tell_end(j);
    http_request *r = j->r;
    j->r = NULL;
    make_room(q, j);
    char folder[JOB_PATH_TEXT];
    memcpy(folder, j->folder, sizeof folder);
    j->folder[0] = '\0';
    pthread_mutex_unlock(&q->lock);
    const char *const by_kind[] = {j->kind};
    const char *const by_end[] = {j->kind, state_word[j->state]};
    if (j->begun != 0) metric_observe(q->seconds, by_kind, j->ended - j->begun);
    metric_add(q->ended, by_end, 1);
    if (r != NULL) job_answer(j, r);
    jobs_sweep(folder);
}

/* ---- what a client sees ---- */

static bool read_whole(const char *path, norni_buf *out) {
    struct stat s;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return false;
    bool ok = fstat(fd, &s) == 0 && norni_buf_reserve(out, (size_t)s.st_size + 1);
    while (ok) {
        const ssize_t n = read(fd, out->p + out->n, out->cap - out->n);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            ok = n == 0;
            break;
        }
        out->n += (size_t)n;
        ok = norni_buf_reserve(out, 1);
    }
    close(fd);
    return ok;
}

void job_answer(job *j, http_request *r) {
    norni_buf b;
    /* A report's page bears its style inside, and runs nothing. */
    const http_pair head[] = {
        {"Norn-Job", j->id},
        {"Content-Security-Policy",
         "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"}};
    pthread_mutex_lock(&j->q->lock);
    const bool over = j->ended != 0; /* from then on nothing of the answer changes */
    pthread_mutex_unlock(&j->q->lock);
    const bool page = over && j->type != NULL && strncmp(j->type, "text/html", 9) == 0;
    if (!over) {
        http_problem(r, 404, "the job has no result yet", NULL, 0);
        return;
    }
    if (j->state != JOB_DONE) {
        http_problem(r, j->status, j->detail ? j->detail : "the job failed", j->errors,
                     j->retry_after);
        return;
    }
    norni_buf_init(&b, &j->q->alloc);
    if (read_whole(j->answer, &b))
        http_answer(r, j->status, j->type, (norni_str){b.p, b.n}, head, page ? 2 : 1);
    else
        http_problem(r, 404, "the job's result is no longer kept", NULL, 0);
    norni_buf_clear(&b);
}

/* A JSON text as it stands behind a key. */
static void put_raw(norni_json *w, const char *key, norni_str json) {
    norni_json_key(w, key);
    norni_buf_add(w->b, json.p, json.n);
    w->after_key = false;
}

static void put_links(norni_json *w, const job *j) {
    static const char *const name[] = {"self", "events", "result"};
    static const char *const tail[] = {"", "/events", "/result"};
    norni_json_key(w, "links");
    norni_json_open(w, '{');
    for (size_t i = 0; i < 3; i++) {
        char path[80];
        const size_t n = norni_format(path, sizeof path, "/v1/jobs/%s%s", j->id, tail[i]);
        if (i < 2 || j->state == JOB_DONE) norni_json_key_str(w, name[i], (norni_str){path, n});
    }
    norni_json_close(w, '}');
}

void job_print(job *j, norni_buf *out) {
    norni_json w;
    norni_buf b;
    norni_buf_init(&b, &j->q->alloc);
    pthread_mutex_lock(&j->q->lock);
    norni_json_init(&w, out);
    norni_json_open(&w, '{');
    norni_json_key_str(&w, "id", norni_str_of(j->id));
    norni_json_key_str(&w, "kind", norni_str_of(j->kind));
    norni_json_key_str(&w, "status", norni_str_of(state_word[j->state]));
    norni_json_key_str(&w, "task_id", norni_str_of(j->task));
    norni_json_key_int(&w, "progress", j->percent);
    norni_json_key_str(&w, "stage", norni_str_of(j->stage));
    norni_json_key_num(&w, "seconds", job_seconds(j));
    put_links(&w, j);
    if (j->summary) put_raw(&w, "summary", norni_str_of(j->summary));
    if (j->ended != 0 && j->state != JOB_DONE) {
        norni_json_key_int(&w, "code", j->status);
        norni_json_key_str(&w, "detail", norni_str_of(j->detail ? j->detail : ""));
        if (j->errors) put_raw(&w, "errors", norni_str_of(j->errors));
    }
    const bool result = j->state == JOB_DONE && strcmp(j->type, "application/json") == 0;
    pthread_mutex_unlock(&j->q->lock);
    if (result && read_whole(j->answer, &b)) put_raw(&w, "result", (norni_str){b.p, b.n});
    norni_json_close(&w, '}');
    norni_buf_clear(&b);
}

void job_delete(job *j) {
    pthread_mutex_lock(&j->q->lock);
    if (j->ended != 0)
        jobs_forget(j);
    else
        jobs_cancel_locked(j, JOB_WHY_ASKED);
    pthread_mutex_unlock(&j->q->lock);
    sem_post(&j->q->wake);
}
