/* The inside of the jobs: what their three files share. All but what is atomic is guarded by the queue's lock. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_JOBS_PARTS_H
#define SERVER_JOBS_PARTS_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "server/jobs.h"

enum {
    JOB_ID_TEXT = 33,
    JOB_NAME_TEXT = 72, /* owners, tasks */
    JOB_PATH_TEXT = 512,
    JOB_MOST_EVENTS = 512,
    JOB_MOST_EVENT_BYTES = 256 << 10,
    JOB_PLACES = 64, /* uploads on their way that are counted */
};

typedef struct job_event_kept {
    struct job_event_kept *next;
    uint64_t id;
    const char *name;
    bool progress; /* also told to those of /api/progress */
    size_t n;
    char text[];
} job_event_kept;

typedef struct job_follower {
    struct job_follower *next;
    jobs *q;
    job *j; /* held; or NULL: waits for the task */
    http_request *r;
    char owner[JOB_NAME_TEXT], task[JOB_NAME_TEXT];
    bool only_progress;
    double since, beat; /* when it came, when it was last told something */
    double ended;
    atomic_bool gone;
} job_follower;

/* An upload on its way; nobody's: free. */
typedef struct job_place {
    const http_request *of; /* never read: only told apart */
    double since;
} job_place;

struct job {
    jobs *q;
    job *next;         /* of all, newest first; of the buried */
    job *next_waiting; /* of the queue */
    char id[JOB_ID_TEXT], owner[JOB_NAME_TEXT], task[JOB_NAME_TEXT], kind[16],
        request_id[JOB_NAME_TEXT];
    char folder[JOB_PATH_TEXT], answer[JOB_PATH_TEXT]; /* the second is "" until there is one */
    job_work work;
    http_request *r;  /* that waits for the answer, or NULL */
    atomic_bool gone; /* set by the server's thread, seen by the keeper */
    job_state state;
    job_why why;
    unsigned held;
    bool listed;
    norn_ctx *ctx;
    double created, begun, ended, buried;
    char stage[32];
    int32_t percent;
    double told;
    job_event_kept *first, *last;
    size_t n_events, n_event_bytes;
    uint64_t last_event;
    unsigned status, retry_after;
    const char *type;
    char *detail, *errors, *summary;
    uint64_t answer_bytes;
};

struct jobs {
    norn_alloc alloc;
    jobs_opt opt;
    pthread_mutex_t lock;
    pthread_cond_t work;
    sem_t wake; /* of the keeper */
    pthread_t *runner, keeper;
    unsigned n_runners, n_waiting, n_running, n_kept;
    bool stop, closing;
    atomic_bool keeper_stop;
    job *all, *first_waiting, *last_waiting, *buried;
    job_follower *followers, *buried_followers;
    job_place place[JOB_PLACES];
    double mean_seconds; /* of jobs, lately */
    uint64_t kept_bytes;
    jobs_ended endings;
    metric *queued, *running, *rejected, *seconds, *ended;
};

double jobs_now(void);
char *jobs_copy(jobs *q, const char *text);
void jobs_drop_text(jobs *q, char *text);

/* With the lock held. */
void jobs_hold(job *j);
void jobs_unhold(job *j);
void jobs_forget(job *j); /* a finished one */
void jobs_tell(job *j, const char *name, norni_str json, bool progress);
void jobs_attach_task(job *j); /* those who waited for its name */
void jobs_end_followers(job *j);
void jobs_keep_followers(jobs *q, double now); /* gone, heartbeats, too long without a task */
void jobs_drop_events(job *j);
void jobs_cancel_locked(job *j, job_why why);

#endif
