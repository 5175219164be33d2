/* Jobs: the bounded queue, the threads that run it, and the keeper that sees deadlines, clients that left, and age. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/jobs_parts.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"

enum { TICK_MS = 50, PLACE_SECONDS = 5, BURIED_SECONDS = 10 };

double jobs_now(void) {
    return (double)norni_clock_ns() * 1e-9;
}

/* ---- places ---- */

/* How long until the queue has moved on by one, by what jobs took lately. */
static unsigned come_again(const jobs *q) {
    const double s = q->mean_seconds * (q->n_waiting + 1) / q->n_runners;
    return s < 1 ? 1 : s > 60 ? 60 : (unsigned)(s + 0.999);
}

static unsigned places_taken(jobs *q, double now) {
    unsigned n = 0;
    for (size_t i = 0; i < JOB_PLACES; i++) {
        if (now - q->place[i].since > PLACE_SECONDS) q->place[i].of = NULL;
        n += q->place[i].of != NULL;
    }
    return n;
}

static void reject(jobs *q, const char *reason) {
    const char *const label[] = {reason};
    metric_add(q->rejected, label, 1);
}

bool jobs_admit(jobs *q, const http_request *r, unsigned *retry_after) {
    const double now = jobs_now();
    pthread_mutex_lock(&q->lock);
    const unsigned taken = places_taken(q, now);
    const unsigned idle = q->n_runners - q->n_running;
    /* Not every upload becomes a job: twice as many may be on their way. A slow one keeps its place for a while only. */
    const unsigned most = q->opt.most_waiting + idle;
    const bool free_place = !q->stop && q->n_waiting < most && q->n_waiting + taken < 2 * most;
    for (size_t i = 0; free_place && i < JOB_PLACES; i++) {
        if (q->place[i].of != NULL) continue;
        q->place[i] = (job_place){r, now};
        break;
    }
    *retry_after = come_again(q);
    pthread_mutex_unlock(&q->lock);
    if (!free_place) reject(q, "queue_full");
    return free_place;
}

unsigned jobs_retry_after(jobs *q) {
    pthread_mutex_lock(&q->lock);
    const unsigned s = come_again(q);
    pthread_mutex_unlock(&q->lock);
    return s;
}

void jobs_arrived(jobs *q, const http_request *r) {
    pthread_mutex_lock(&q->lock);
    for (size_t i = 0; i < JOB_PLACES; i++) {
        if (q->place[i].of == r) q->place[i].of = NULL;
    }
    pthread_mutex_unlock(&q->lock);
}

static void count_up(jobs *q) {
    metric_set(q->queued, NULL, q->n_waiting);
    metric_set(q->running, NULL, q->n_running);
}

static void client_gone(void *user) {
    job *j = user; /* buried jobs stay for a while, so that a late call does no harm */
    atomic_store(&j->gone, true);
    sem_post(&j->q->wake);
}

bool job_submit(job *j, const job_work *work, http_request *r) {
    jobs *q = j->q;
    pthread_mutex_lock(&q->lock);
    const unsigned idle = q->n_runners - q->n_running;
    if (q->stop || q->n_waiting >= q->opt.most_waiting + idle) {
        jobs_forget(j);
        pthread_mutex_unlock(&q->lock);
        reject(q, "queue_full");
        work->drop(work->work);
        return false;
    }
    j->work = *work;
    j->r = r;
    if (r != NULL) http_defer(r, client_gone, j);
    jobs_hold(j); /* by the queue */
    j->next_waiting = NULL;
    if (q->last_waiting)
        q->last_waiting->next_waiting = j;
    else
        q->first_waiting = j;
    q->last_waiting = j;
    q->n_waiting++;
    count_up(q);
    pthread_cond_signal(&q->work);
    pthread_mutex_unlock(&q->lock);
    return true;
}

static void unlink_waiting(job *j) {
    jobs *q = j->q;
    job **at = &q->first_waiting, *before = NULL;
    for (; *at != NULL && *at != j; at = &(*at)->next_waiting)
        before = *at;
    if (*at == NULL) return;
    *at = j->next_waiting;
    if (q->last_waiting == j) q->last_waiting = before;
    q->n_waiting--;
    count_up(q);
}

/* ---- cancellation ---- */

void jobs_cancel_locked(job *j, job_why why) {
    if (j->state != JOB_WAITING && j->state != JOB_RUNNING) return;
    if (j->why == JOB_WHY_NONE) j->why = why;
    if (j->ctx != NULL) norn_ctx_cancel(j->ctx);
}

void job_cancel(job *j, job_why why) {
    pthread_mutex_lock(&j->q->lock);
    jobs_cancel_locked(j, why);
    pthread_mutex_unlock(&j->q->lock);
    sem_post(&j->q->wake);
}

job_why job_cancelled(const job *j) {
    pthread_mutex_lock(&j->q->lock);
    const job_why why = j->why;
    pthread_mutex_unlock(&j->q->lock);
    return why;
}

void job_context(job *j, norn_ctx *ctx) {
    pthread_mutex_lock(&j->q->lock);
    j->ctx = ctx;
    if (ctx != NULL && j->why != JOB_WHY_NONE) norn_ctx_cancel(ctx);
    pthread_mutex_unlock(&j->q->lock);
}

void jobs_cancel_all(jobs *q) {
    pthread_mutex_lock(&q->lock);
    for (job *j = q->all; j != NULL; j = j->next)
        jobs_cancel_locked(j, JOB_WHY_STOP);
    pthread_mutex_unlock(&q->lock);
    sem_post(&q->wake);
}

void jobs_close(jobs *q) {
    pthread_mutex_lock(&q->lock);
    q->closing = true;
    pthread_mutex_unlock(&q->lock);
    sem_post(&q->wake);
}

/* ---- runners ---- */

/* All workers for one who is alone, fewer when others run or wait. */
static int32_t share_of(const jobs *q) {
    const unsigned want = q->n_running + q->n_waiting;
    const unsigned n = want < q->n_runners ? want : q->n_runners;
    const int32_t share = q->opt.workers / (int32_t)(n ? n : 1);
    return share < 1 ? 1 : share;
}

static void *run(void *arg) {
    jobs *q = arg;
    pthread_mutex_lock(&q->lock);
    for (;;) {
        while (!q->stop && q->first_waiting == NULL)
            pthread_cond_wait(&q->work, &q->lock);
        job *j = q->first_waiting;
        if (j == NULL) break;
        unlink_waiting(j);
        q->n_running++;
        const int32_t threads = share_of(q);
        j->state = JOB_RUNNING;
        j->begun = jobs_now();
        count_up(q);
        pthread_mutex_unlock(&q->lock);
        j->work.run(j->work.work, j, threads);
        j->work.drop(j->work.work);
        pthread_mutex_lock(&q->lock);
        q->n_running--;
        const double took = jobs_now() - j->begun;
        q->mean_seconds += 0.2 * (took - q->mean_seconds);
        count_up(q);
        jobs_unhold(j);
    }
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

/* ---- the keeper ---- */

/* A waiting job that was cancelled, taken from the queue; or NULL. */
static job *take_cancelled(jobs *q) {
    for (job *j = q->first_waiting; j != NULL; j = j->next_waiting) {
        if (j->why == JOB_WHY_NONE) continue;
        unlink_waiting(j);
        return j;
    }
    return NULL;
}

static void see_jobs(jobs *q, double now) {
    for (job *j = q->all, *next; j != NULL; j = next) {
        next = j->next;
        const bool over = j->state == JOB_RUNNING && now - j->begun > q->opt.deadline;
        if (atomic_load(&j->gone)) jobs_cancel_locked(j, JOB_WHY_GONE);
        if (over) jobs_cancel_locked(j, JOB_WHY_DEADLINE);
        if (j->ended != 0 && now - j->ended > q->opt.keep_seconds) jobs_forget(j);
    }
}

/* What nobody holds any more, some seconds on. */
static void free_buried(jobs *q, double before) {
    for (job **at = &q->buried; *at != NULL;) {
        job *j = *at;
        if (j->held > 0 || j->buried > before) {
            at = &j->next;
            continue;
        }
        *at = j->next;
        jobs_drop_events(j);
        jobs_drop_text(q, j->detail);
        jobs_drop_text(q, j->errors);
        jobs_drop_text(q, j->summary);
        norni_alloc_drop(&q->alloc, j, 1, sizeof *j);
    }
    for (job_follower **at = &q->buried_followers; *at != NULL;) {
        job_follower *f = *at;
        if (f->ended > before) {
            at = &f->next;
            continue;
        }
        *at = f->next;
        norni_alloc_drop(&q->alloc, f, 1, sizeof *f);
    }
}

static void *keep(void *arg) {
    jobs *q = arg;
    while (!atomic_load(&q->keeper_stop)) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += TICK_MS * 1000000L;
        if (until.tv_nsec >= 1000000000L) {
            until.tv_nsec -= 1000000000L;
            until.tv_sec++;
        }
        while (sem_timedwait(&q->wake, &until) != 0 && errno == EINTR) {
        }
        pthread_mutex_lock(&q->lock);
        const double now = jobs_now();
        see_jobs(q, now);
        jobs_keep_followers(q, now);
        job *j;
        while ((j = take_cancelled(q)) != NULL) {
            pthread_mutex_unlock(&q->lock);
            job_finish(j, &(job_end){0});
            j->work.drop(j->work.work);
            pthread_mutex_lock(&q->lock);
            jobs_unhold(j);
        }
        free_buried(q, now - BURIED_SECONDS);
        pthread_mutex_unlock(&q->lock);
    }
    return NULL;
}

/* ---- life of the queue ---- */

static void declare(jobs *q) {
    struct metrics *m = q->opt.metrics;
    q->queued = metric_declare(m, METRIC_GAUGE, "norn_jobs_queued", "Jobs that wait.", "");
    q->running = metric_declare(m, METRIC_GAUGE, "norn_jobs_running", "Jobs that run.", "");
    q->rejected = metric_declare(m, METRIC_COUNTER, "norn_jobs_rejected_total",
                                 "Requests that found no place.", "reason");
    q->seconds = metric_declare(m, METRIC_HISTOGRAM, "norn_job_duration_seconds",
                                "Seconds that jobs ran.", "kind");
    q->ended = metric_declare(m, METRIC_COUNTER, "norn_jobs_total", "Jobs by how they ended.",
                              "kind,status");
}

norn_status jobs_new(const jobs_opt *opt, jobs **out, norn_err *err) {
    jobs *q = norni_alloc_zero(opt->alloc, 1, sizeof *q);
    *out = NULL;
    if (q == NULL) return norni_alloc_fail(err, "jobs", 1, sizeof *q);
    q->alloc = *opt->alloc;
    q->opt = *opt;
    q->opt.alloc = &q->alloc;
    q->mean_seconds = 0.5;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->work, NULL);
    sem_init(&q->wake, 0, 0);
    declare(q);
    q->runner = norni_alloc_zero(&q->alloc, opt->runners, sizeof *q->runner);
    if (q->runner == NULL) {
        jobs_free(q);
        return norni_alloc_fail(err, "jobs", opt->runners, sizeof *q->runner);
    }
    bool ok = pthread_create(&q->keeper, NULL, keep, q) == 0;
    if (!ok) atomic_store(&q->keeper_stop, true);
    for (unsigned i = 0; ok && i < opt->runners; i++) {
        ok = pthread_create(&q->runner[i], NULL, run, q) == 0;
        q->n_runners += ok;
    }
    if (!ok) {
        jobs_free(q);
        return norn_fail(err, NORN_E_IO, "jobs: no more threads can be started");
    }
    *out = q;
    return NORN_OK;
}

void jobs_free(jobs *q) {
    if (q == NULL) return;
    pthread_mutex_lock(&q->lock);
    q->stop = true;
    pthread_cond_broadcast(&q->work);
    pthread_mutex_unlock(&q->lock);
    for (unsigned i = 0; i < q->n_runners; i++)
        pthread_join(q->runner[i], NULL);
    if (!atomic_exchange(&q->keeper_stop, true) && q->runner != NULL) {
        sem_post(&q->wake);
        pthread_join(q->keeper, NULL);
    }
    pthread_mutex_lock(&q->lock);
    while (q->all != NULL)
        jobs_forget(q->all);
    for (job *j = q->buried; j != NULL; j = j->next)
        j->held = 0;
    free_buried(q, jobs_now() + 1);
    pthread_mutex_unlock(&q->lock);
    if (q->runner) norni_alloc_drop(&q->alloc, q->runner, q->opt.runners, sizeof *q->runner);
    sem_destroy(&q->wake);
    pthread_cond_destroy(&q->work);
    pthread_mutex_destroy(&q->lock);
    norn_alloc alloc = q->alloc;
    norni_alloc_drop(&alloc, q, 1, sizeof *q);
}

bool jobs_idle(jobs *q) {
    const jobs_count n = jobs_counts(q);
    return n.waiting == 0 && n.running == 0;
}

jobs_count jobs_counts(jobs *q) {
    pthread_mutex_lock(&q->lock);
    const jobs_count n = {q->n_waiting, q->n_running, q->opt.most_waiting, q->n_kept};
    pthread_mutex_unlock(&q->lock);
    return n;
}

jobs_ended jobs_endings(jobs *q) {
    pthread_mutex_lock(&q->lock);
    const jobs_ended n = q->endings;
    pthread_mutex_unlock(&q->lock);
    return n;
}
