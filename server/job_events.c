/* Jobs: their events, kept for those who come late, and told to those who follow. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/jobs_parts.h"

#include "io/writer.h"

static const double beat_seconds = 5, patience_seconds = 60, progress_seconds = 0.05;

/* ---- events ---- */

static void drop_first(job *j) {
    job_event_kept *e = j->first;
    j->first = e->next;
    if (j->first == NULL) j->last = NULL;
    j->n_events--;
    j->n_event_bytes -= e->n;
    norni_alloc_drop(&j->q->alloc, e, sizeof *e + e->n, 1);
}

void jobs_drop_events(job *j) {
    while (j->first != NULL)
        drop_first(j);
}

static void keep_event(job *j, uint64_t id, const char *name, norni_str json, bool progress) {
    job_event_kept *e = norni_alloc_get(&j->q->alloc, sizeof *e + json.n, 1);
    if (e == NULL) return;
    e->next = NULL;
    e->id = id;
    e->name = name;
    e->progress = progress;
    e->n = json.n;
    memcpy(e->text, json.p, json.n);
    if (j->last)
        j->last->next = e;
    else
        j->first = e;
    j->last = e;
    j->n_events++;
    j->n_event_bytes += json.n;
    while (j->first != j->last &&
           (j->n_events > JOB_MOST_EVENTS || j->n_event_bytes > JOB_MOST_EVENT_BYTES))
        drop_first(j);
}

/* ---- followers ---- */

static void client_gone(void *user) {
    job_follower *f = user; /* buried followers stay for a while */
    atomic_store(&f->gone, true);
    sem_post(&f->q->wake);
}

/* Ends the stream at *at and takes it off the list. */
static void end_follower(jobs *q, job_follower **at) {
    job_follower *f = *at;
    *at = f->next;
    http_events_end(f->r);
    f->r = NULL;
    if (f->j) jobs_unhold(f->j);
    f->j = NULL;
    f->ended = jobs_now();
    f->next = q->buried_followers;
    q->buried_followers = f;
}

/* One event to one follower. Who follows a task by its name does not learn the job's id: that opens its result. */
static bool send_to(const job_follower *f, const job *j, const char *name, uint64_t id,
                    norni_str json) {
    norni_buf b;
    norni_json w;
    if (f->only_progress || strcmp(name, "complete") != 0) return http_event(f->r, name, id, json);
    norni_buf_init(&b, &f->q->alloc);
    norni_json_init(&w, &b);
    norni_json_open(&w, '{');
    norni_json_key_str(&w, "task_id", norni_str_of(j->task));
    norni_json_key_int(&w, "progress", 100);
    norni_json_key_str(&w, "job", norni_str_of(j->id));
    norni_json_close(&w, '}');
    const bool ok = http_event(f->r, name, id, b.failed ? json : (norni_str){b.p, b.n});
    norni_buf_clear(&b);
    return ok;
}

void jobs_tell(job *j, const char *name, norni_str json, bool progress) {
    const uint64_t id = ++j->last_event;
    const double now = jobs_now();
    keep_event(j, id, name, json, progress);
    for (job_follower **at = &j->q->followers; *at != NULL;) {
        job_follower *f = *at;
        const bool told = f->j == j && (progress || !f->only_progress);
        if (told) f->beat = now;
        if (told && !send_to(f, j, name, id, json))
            end_follower(j->q, at);
        else
            at = &f->next;
    }
}

void job_event(job *j, const char *name, norni_str json) {
    pthread_mutex_lock(&j->q->lock);
    jobs_tell(j, name, json, false);
    pthread_mutex_unlock(&j->q->lock);
}

void job_progress(job *j, const char *stage, int32_t percent) {
    norni_buf b;
    norni_json w;
    pthread_mutex_lock(&j->q->lock);
    const double now = jobs_now();
    const bool same = strcmp(stage, j->stage) == 0;
    if (same && (percent == j->percent || now - j->told < progress_seconds)) {
        pthread_mutex_unlock(&j->q->lock);
        return;
    }
    norni_format(j->stage, sizeof j->stage, "%s", stage);
    j->percent = percent;
    j->told = now;
    norni_buf_init(&b, &j->q->alloc);
    norni_json_init(&w, &b);
    norni_json_open(&w, '{');
    norni_json_key_str(&w, "task_id", norni_str_of(j->task));
    norni_json_key_str(&w, "stage", norni_str_of(j->stage));
    norni_json_key_int(&w, "progress", percent);
    norni_json_close(&w, '}');
    if (!b.failed) jobs_tell(j, "progress", (norni_str){b.p, b.n}, true);
    norni_buf_clear(&b);
    pthread_mutex_unlock(&j->q->lock);
}

void jobs_end_followers(job *j) {
    for (job_follower **at = &j->q->followers; *at != NULL;) {
        if ((*at)->j == j)
            end_follower(j->q, at);
        else
            at = &(*at)->next;
    }
}

static bool beat(job_follower *f, double now) {
    f->beat = now;
    return http_event(f->r, "heartbeat", 0, norni_str_of("{}"));
}

static void tell_one(job_follower *f, const char *name, const char *detail) {
    norni_buf b;
    norni_json w;
    norni_buf_init(&b, &f->q->alloc);
    norni_json_init(&w, &b);
    norni_json_open(&w, '{');
    norni_json_key_str(&w, "task_id", norni_str_of(f->task));
    norni_json_key_int(&w, "status", 404);
    norni_json_key_str(&w, "detail", norni_str_of(detail));
    norni_json_close(&w, '}');
    if (!b.failed) (void)http_event(f->r, name, 0, (norni_str){b.p, b.n});
    norni_buf_clear(&b);
}

void jobs_keep_followers(jobs *q, double now) {
    for (job_follower **at = &q->followers; *at != NULL;) {
        job_follower *f = *at;
        bool end = atomic_load(&f->gone) || (q->closing && f->j == NULL);
        if (!end && f->j == NULL && now - f->since > patience_seconds) {
            tell_one(f, "error", "no such task has come");
            end = true;
        }
        if (!end && now - f->beat > beat_seconds) end = !beat(f, now);
        if (end)
            end_follower(q, at);
        else
            at = &f->next;
    }
}

/* ---- who comes ---- */

static job_follower *new_follower(jobs *q, http_request *r, bool only_progress) {
    job_follower *f = norni_alloc_zero(&q->alloc, 1, sizeof *f);
    if (f == NULL) {
        http_problem(r, 503, "the server is out of memory", NULL, 5);
        return NULL;
    }
    f->q = q;
    f->r = r;
    f->only_progress = only_progress;
    f->since = f->beat = jobs_now();
    return f;
}

static bool say_connected(job_follower *f, const job *j, uint64_t missed) {
    norni_buf b;
    norni_json w;
    norni_buf_init(&b, &f->q->alloc);
    norni_json_init(&w, &b);
    norni_json_open(&w, '{');
    if (j && !f->only_progress) norni_json_key_str(&w, "id", norni_str_of(j->id));
    norni_json_key_str(&w, "task_id", norni_str_of(j ? j->task : f->task));
    if (missed > 0) norni_json_key_int(&w, "missed", (int64_t)missed);
    norni_json_close(&w, '}');
    const bool ok = !b.failed && http_event(f->r, "connected", 0, (norni_str){b.p, b.n});
    norni_buf_clear(&b);
    return ok;
}

/* What was told before it came. */
static bool replay(job_follower *f, const job *j, uint64_t after) {
    for (const job_event_kept *e = j->first; e != NULL; e = e->next) {
        if (e->id <= after || (f->only_progress && !e->progress)) continue;
        if (!send_to(f, j, e->name, e->id, (norni_str){e->text, e->n})) return false;
    }
    return true;
}

static void enlist(job_follower *f, bool goes_on) {
    f->next = f->q->followers;
    f->q->followers = f;
    if (!goes_on) end_follower(f->q, &f->q->followers);
}

void job_follow(job *j, http_request *r, uint64_t after, bool only_progress) {
    jobs *q = j->q;
    job_follower *f = new_follower(q, r, only_progress);
    if (f == NULL) return;
    pthread_mutex_lock(&q->lock);
    http_events(r, client_gone, f);
    const uint64_t oldest = j->first ? j->first->id : j->last_event + 1;
    const uint64_t missed = oldest > after + 1 ? oldest - after - 1 : 0;
    const bool ok = say_connected(f, j, only_progress ? 0 : missed) && replay(f, j, after);
    jobs_hold(j);
    f->j = j;
    enlist(f, ok && j->ended == 0 && j->listed);
    pthread_mutex_unlock(&q->lock);
}

static job *find_task(jobs *q, const char *owner, const char *task) {
    for (job *j = q->all; j != NULL; j = j->next) {
        if (strcmp(j->task, task) == 0 && strcmp(j->owner, owner) == 0) return j;
    }
    return NULL;
}

void jobs_follow_task(jobs *q, const char *owner, const char *task, http_request *r) {
    pthread_mutex_lock(&q->lock);
    job *j = find_task(q, owner ? owner : "", task);
    if (j) jobs_hold(j);
    pthread_mutex_unlock(&q->lock);
    if (j) {
        job_follow(j, r, 0, true);
        job_release(j);
        return;
    }
    job_follower *f = new_follower(q, r, true);
    if (f == NULL) return;
    norni_format(f->owner, sizeof f->owner, "%s", owner ? owner : "");
    norni_format(f->task, sizeof f->task, "%s", task);
    pthread_mutex_lock(&q->lock);
    http_events(r, client_gone, f);
    const bool ok = say_connected(f, NULL, 0);
    f->j = ok ? find_task(q, f->owner, f->task) : NULL; /* it may have come just now */
    if (f->j) jobs_hold(f->j);
    const bool over = f->j && f->j->ended != 0;
    if (f->j) (void)replay(f, f->j, 0);
    enlist(f, ok && !over);
    pthread_mutex_unlock(&q->lock);
}

void jobs_attach_task(job *j) {
    for (job_follower *f = j->q->followers; f != NULL; f = f->next) {
        if (f->j != NULL || strcmp(f->task, j->task) != 0 || strcmp(f->owner, j->owner) != 0)
            continue;
        f->j = j;
        jobs_hold(j);
    }
}
