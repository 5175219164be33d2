/* Measurements of `norn bench`: every set of runs in a forked process, its numbers in memory that both see. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A process of its own has its own peak of memory, and leaves nothing behind that would speed up or slow
 * down the next one. One-thread processes that run beside each other wait for each other before every
 * run, so that their time is what all of them together take, not what luck in starting makes of it. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/bench_parts.h"
#include "base/clock.h"
#include "par/budget.h"
#include "plot/axis.h"

double norni_bench_speed_up(const norni_bench *b, size_t point) {
    return b->serial.least / b->point[point].set.least;
}

double norni_bench_round(double x) {
    return norni_axis_round(x, 4);
}

enum { WAIT_MS = 50 };

/* What one child has to say. */
typedef struct child_word {
    norn_status status;
    char text[256];
    norni_bench_set set;
    int64_t begin[NORNI_BENCH_RUNS], end[NORNI_BENCH_RUNS]; /* ns */
} child_word;

typedef struct shared_words {
    pthread_barrier_t barrier; /* of processes that run beside each other */
    child_word word[];         /* one for each child */
} shared_words;

typedef struct child_job {
    const norni_bench *b;
    norni_bench_fn run;
    const void *arg;
    int32_t workers;
    const norni_bench_how *how;
    size_t n_runs; /* 0: as `how` says; else exactly so many, together with the others */
} child_job;

typedef struct child_list {
    pid_t pid[NORNI_BENCH_WORKERS];
    int pipe[NORNI_BENCH_WORKERS]; /* read ends; -1: it has ended and is gone */
    int32_t n;
} child_list;

bool norni_bench_same(norni_hash128 x, norni_hash128 y) {
    return x.hi == y.hi && x.lo == y.lo;
}

static void summarise(norni_bench_set *set) {
    double sorted[NORNI_BENCH_RUNS];
    if (set->n == 0) return;
    memcpy(sorted, set->seconds, set->n * sizeof *sorted);
    set->median = norni_median_sort(sorted, set->n);
    set->least = sorted[0];
    set->most = sorted[set->n - 1];
}

void norni_bench_set_join(norni_bench_set *set, const norni_bench_set *more) {
    if (set->n == 0) {
        *set = *more;
        return;
    }
    const size_t room = NORNI_BENCH_RUNS - set->n, n = more->n < room ? more->n : room;
    set->cpu_seconds =
        (set->cpu_seconds * (double)set->n + more->cpu_seconds * (double)n) / (double)(set->n + n);
    memcpy(set->seconds + set->n, more->seconds, n * sizeof *more->seconds);
    set->n += n;
    if (more->peak > set->peak) set->peak = more->peak;
    if (more->rss > set->rss) set->rss = more->rss;
    set->same = set->same && more->same && norni_bench_same(set->one.digest, more->one.digest);
    summarise(set);
}

/* ---- in the child ---- */

static bool goes_on(const child_job *job, const norni_bench_set *set, double spent) {
    if (job->n_runs > 0) return set->n < job->n_runs;
    return set->n < NORNI_BENCH_RUNS &&
           (set->n < job->how->least_runs || spent < job->how->least_seconds);
}

/* What must not happen, for tests. */
static void plant_bit(norni_bench_one *one) {
    uint64_t bits;
    one->digest.lo ^= 1;
    memcpy(&bits, one->extra, sizeof bits);
    bits ^= 1;
    memcpy(one->extra, &bits, sizeof bits);
}

static norn_status run_all(const child_job *job, shared_words *shared, child_word *w, norn_ctx *ctx,
                           norn_err *err) {
    norni_bench_set *set = &w->set;
    double spent = 0;
    set->same = true;
    while (goes_on(job, set, spent)) {
        norni_bench_one one;
        memset(&one, 0, sizeof one);
        if (job->n_runs > 0) (void)pthread_barrier_wait(&shared->barrier);
        w->begin[set->n] = norni_clock_ns();
        NORN_TRY(job->run(job->arg, ctx, job->workers, &one, err));
        w->end[set->n] = norni_clock_ns();
        if (job->how->plant > 0 && job->workers == job->how->plant) plant_bit(&one);
        if (set->n == 0) set->one = one;
        set->same = set->same && norni_bench_same(set->one.digest, one.digest);
        set->seconds[set->n] = (double)(w->end[set->n] - w->begin[set->n]) * 1e-9;
        spent += set->seconds[set->n++];
    }
    return NORN_OK;
}

static void work_in_child(const child_job *job, shared_words *shared, child_word *w) {
    norn_ctx_opt how = norn_ctx_opt_default();
    norn_err err = {NORN_OK, ""};
    norni_budget budget;
    norn_ctx *ctx = NULL;
    norni_budget_init(&budget, job->b->env->ctx->alloc, 0);
    how.alloc = norni_budget_alloc(&budget);
    how.n_threads = job->workers > 0 ? job->workers : 1;
    w->set.workers = job->workers;
    w->status = norn_ctx_new(&how, &ctx, &err);
    const double cpu = norni_clock_process_seconds();
    if (w->status == NORN_OK) w->status = run_all(job, shared, w, ctx, &err);
    norn_ctx_free(ctx);
    w->set.cpu_seconds =
        (norni_clock_process_seconds() - cpu) / (double)(w->set.n > 0 ? w->set.n : 1);
    w->set.peak = (double)atomic_load(&budget.peak);
    w->set.rss = (double)norni_peak_rss_bytes();
    summarise(&w->set);
    memcpy(w->text, err.text, sizeof w->text);
}

/* ---- the parent ---- */

static void end_children(child_list *l, bool kill_them) {
    for (int32_t i = 0; i < l->n; i++) {
        if (l->pipe[i] < 0) continue;
        int status;
        if (kill_them) (void)kill(l->pid[i], SIGKILL);
        while (waitpid(l->pid[i], &status, 0) < 0 && errno == EINTR) {
        }
        (void)close(l->pipe[i]);
        l->pipe[i] = -1;
    }
}

static norn_status start_child(child_list *l, const child_job *job, shared_words *shared,
                               norn_err *err) {
    int ends[2];
    const pid_t parent = getpid();
    if (pipe(ends) != 0)
        return norn_fail(err, NORN_E_IO, "bench: cannot make a pipe (error %d)", errno);
    const pid_t pid = fork();
    if (pid ==
        0) { /* the write end stays open until the child ends: the parent hears of it by that */
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGTERM, SIG_DFL);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent) work_in_child(job, shared, &shared->word[l->n]);
        _exit(0);
    }
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        return norn_fail(err, NORN_E_IO, "bench: cannot start a process (error %d)", errno);
    }
    l->pid[l->n] = pid;
    l->pipe[l->n++] = ends[0];
    return NORN_OK;
}

/* A child has closed its pipe: how did it go? */
static norn_status hear(child_list *l, int32_t i, const child_word *w, norn_err *err) {
    int status = 0;
    while (waitpid(l->pid[i], &status, 0) < 0 && errno == EINTR) {
    }
    (void)close(l->pipe[i]);
    l->pipe[i] = -1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return norn_fail(err, NORN_E_INTERNAL, "bench: a measuring process ended by signal %d",
                         WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    if (w->status != NORN_OK) return norn_fail(err, w->status, "%s", w->text);
    return NORN_OK;
}

static norn_status wait_all(const norni_bench *b, child_list *l, const shared_words *shared,
                            norn_err *err) {
    for (int32_t left = l->n; left > 0;) {
        struct pollfd fd[NORNI_BENCH_WORKERS];
        for (int32_t i = 0; i < l->n; i++)
            fd[i] = (struct pollfd){l->pipe[i], POLLIN, 0};
        (void)poll(fd, (nfds_t)l->n, WAIT_MS);
        if (norn_ctx_cancelled(b->env->ctx))
            return norn_fail(err, NORN_E_CANCEL, "bench: cancelled");
        for (int32_t i = 0; i < l->n; i++) {
            if (l->pipe[i] < 0 || fd[i].revents == 0) continue;
            NORN_TRY(hear(l, i, &shared->word[i], err));
            left--;
        }
    }
    return NORN_OK;
}

static size_t shared_size(int32_t n) {
    return sizeof(shared_words) + (size_t)n * sizeof(child_word);
}

static norn_status open_shared(int32_t n, shared_words **out, norn_err *err) {
    pthread_barrierattr_t how;
    void *p = mmap(NULL, shared_size(n), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return norni_alloc_fail(err, "bench", 1, shared_size(n));
    *out = p;
    bool good = pthread_barrierattr_init(&how) == 0;
    if (good) {
        good = pthread_barrierattr_setpshared(&how, PTHREAD_PROCESS_SHARED) == 0 &&
               pthread_barrier_init(&(*out)->barrier, &how, (unsigned)n) == 0;
        (void)pthread_barrierattr_destroy(&how);
    }
    if (good) return NORN_OK;
    (void)munmap(p, shared_size(n));
    return norn_fail(err, NORN_E_INTERNAL, "bench: no barrier between processes");
}

/* n children with the same job; their words in *shared, which is the caller's to close. */
static norn_status run_children(const child_job *job, int32_t n, shared_words *shared,
                                norn_err *err) {
    child_list l = {.n = 0};
    norn_status st = NORN_OK;
    for (int32_t i = 0; i < n && st == NORN_OK; i++)
        st = start_child(&l, job, shared, err);
    if (st == NORN_OK) st = wait_all(job->b, &l, shared, err);
    end_children(&l, st != NORN_OK);
    return st;
}

norn_status norni_bench_measure(const norni_bench *b, norni_bench_fn run, const void *arg,
                                int32_t workers, const norni_bench_how *how, norni_bench_set *out,
                                norn_err *err) {
    const child_job job = {b, run, arg, workers, how, 0};
    shared_words *shared = NULL;
    NORN_TRY(open_shared(1, &shared, err));
    const norn_status st = run_children(&job, 1, shared, err);
    if (st == NORN_OK) *out = shared->word[0].set;
    (void)munmap(shared, shared_size(1));
    return st;
}

/* Run r of all children: from the first that began to the last that ended. */
static double together(const shared_words *shared, int32_t n, size_t r) {
    int64_t begin = shared->word[0].begin[r], end = shared->word[0].end[r];
    for (int32_t i = 1; i < n; i++) {
        if (shared->word[i].begin[r] < begin) begin = shared->word[i].begin[r];
        if (shared->word[i].end[r] > end) end = shared->word[i].end[r];
    }
    return (double)(end - begin) * 1e-9;
}

norn_status norni_bench_processes(const norni_bench *b, norni_bench_fn run, const void *arg,
                                  int32_t n, size_t n_runs, norni_bench_set *out, norn_err *err) {
    const child_job job = {b, run, arg, 0, &b->how, n_runs};
    shared_words *shared = NULL;
    NORN_TRY(open_shared(n, &shared, err));
    const norn_status st = run_children(&job, n, shared, err);
    if (st == NORN_OK) {
        *out = shared->word[0].set;
        for (size_t r = 0; r < out->n; r++)
            out->seconds[r] = together(shared, n, r);
        for (int32_t i = 1; i < n; i++) {
            const norni_bench_set *s = &shared->word[i].set;
            out->rss += s->rss;
            out->peak += s->peak;
            out->same = out->same && s->same && norni_bench_same(s->one.digest, out->one.digest);
        }
        summarise(out);
    }
    (void)munmap(shared, shared_size(n));
    return st;
}
