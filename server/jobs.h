/* Jobs: a bounded queue, the threads that run it, deadlines, cancellation, events, and what is kept of the finished. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_JOBS_H
#define SERVER_JOBS_H

#include "server/http.h"
#include "server/telemetry.h"

typedef struct jobs jobs;
typedef struct job job;

typedef enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED } job_state;
typedef enum job_why {
    JOB_WHY_NONE,
    JOB_WHY_GONE, /* the client has left, or its time is up */
    JOB_WHY_DEADLINE,
    JOB_WHY_ASKED,
    JOB_WHY_STOP /* the server ends */
} job_why;

/* How a job ended; texts are copied. */
typedef struct job_end {
    unsigned status;    /* of HTTP */
    const char *type;   /* a constant: of the file `path`, else of a problem */
    const char *path;   /* the answer, in the job's folder; or NULL: a problem */
    const char *detail; /* of a problem */
    const char *errors; /* of a problem: a JSON array, or NULL */
    unsigned retry_after;
    const char *summary; /* a JSON object: counts and the digest; or NULL */
} job_end;

/* What is to be run. `run` is called once in a runner's thread, with a count of workers to use, and must call job_finish; `drop` is
 * called once when `work` is no longer needed, also when it never ran. */
typedef struct job_work {
    void (*run)(void *work, job *j, int32_t threads);
    void (*drop)(void *work);
    void *work;
} job_work;

typedef struct jobs_opt {
    const norn_alloc *alloc;
    unsigned runners, most_waiting;
    int32_t workers;     /* that the running jobs share */
    double deadline;     /* seconds of running */
    const char *folder;  /* of the jobs' folders; is there */
    unsigned most_kept;  /* finished jobs */
    uint64_t most_bytes; /* of their answers */
    double keep_seconds; /* behind the end */
    struct metrics *metrics;
} jobs_opt;

NORN_CHECKED norn_status jobs_new(const jobs_opt *opt, jobs **out, norn_err *err);
/* No job may run any more (jobs_idle). */
void jobs_free(jobs *q);
/* Whether a place is free; it is the request's for the few seconds of an upload. Else *retry_after says when to come again. */
bool jobs_admit(jobs *q, const http_request *r, unsigned *retry_after);
/* That upload has come, or will not come any more: its place is free again. */
void jobs_arrived(jobs *q, const http_request *r);
unsigned jobs_retry_after(jobs *q);
/* Nothing waits, nothing runs. */
bool jobs_idle(jobs *q);
void jobs_cancel_all(jobs *q);
/* The server ends: whoever waits for a task that has not come is sent away. */
void jobs_close(jobs *q);
typedef struct jobs_count {
    unsigned waiting, running, most_waiting, kept;
} jobs_count;
jobs_count jobs_counts(jobs *q);

typedef struct jobs_ended {
    uint64_t all, errors; /* errors: by the server's fault */
} jobs_ended;
jobs_ended jobs_endings(jobs *q);
/* Removes a folder and all in it. */
void jobs_sweep(const char *folder);

/* ---- one job; every job * that is handed out is held until job_release ---- */

/* With a folder of its own and 128 random bits as id; it belongs to the owner of the request's token. `task` is the client's name for
 * it, or empty: the id then. */
NORN_CHECKED norn_status job_new(jobs *q, const char *kind, const http_request *r, const char *task,
                                 job **out, norn_err *err);
void job_release(job *j);
/* The same for one that was never submitted. */
void job_discard(job *j);
const char *job_id(const job *j);
const char *job_task(const job *j);
const char *job_kind(const job *j);
const char *job_folder(const job *j);
const char *job_request_id(const job *j);
/* Hands it to the runners; `work` is theirs in any case. `r` (or NULL) waits for the answer: it is deferred, and answered when the job
 * ends. false: the queue is full (r is the caller's still). */
bool job_submit(job *j, const job_work *work, http_request *r);
/* Of that owner, or NULL. */
job *jobs_find(jobs *q, const char *owner, const char *id);
void job_cancel(job *j, job_why why);
job_why job_cancelled(const job *j);
/* The context that a cancellation stops; NULL before it is freed. */
void job_context(job *j, norn_ctx *ctx);
void job_finish(job *j, const job_end *end);
double job_seconds(const job *j);

/* An event for those who follow; `name` is a constant. From any thread. */
void job_event(job *j, const char *name, norni_str json);
/* A stage and how far, 0 … 100; too many in a short time are left out. */
void job_progress(job *j, const char *stage, int32_t percent);
/* `r` becomes a stream of the job's events behind number `after`; only progress for those of /api/progress. */
void job_follow(job *j, http_request *r, uint64_t after, bool only_progress);
/* The same for a task that may come yet. */
void jobs_follow_task(jobs *q, const char *owner, const char *task, http_request *r);

/* What a client sees of it: {"id", "kind", "status", …, "links"}, and its result when that is JSON. */
void job_print(job *j, norni_buf *out);
/* Answers r with the finished job's result, or its problem; 404 while there is none. */
void job_answer(job *j, http_request *r);
/* Cancels what waits or runs; forgets what is finished. */
void job_delete(job *j);

#endif
