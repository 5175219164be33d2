/* Contexts for calls from any thread and after any fork, and work that Ctrl-C can stop. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "python/src/state.h"

static norn_ctx *new_context(nornpy_state *s, int32_t n_threads) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_err err = {NORN_OK, ""};
    norn_ctx *ctx = NULL;
    opt.n_threads = n_threads;
    const norn_status st = norn_ctx_new(&opt, &ctx, &err);
    if (st != NORN_OK) (void)nornpy_raise(s, st, &err);
    return ctx;
}

norn_ctx *nornpy_lease(nornpy_state *s, int32_t n_threads) {
    const pid_t pid = getpid();
    if (s->pid != pid) { /* a forked child: the parent's threads are not here */
        s->main = NULL;
        s->main_busy = s->main_stale = false;
        s->n_spare = 0;
        s->pid = pid;
    }
    if (n_threads > 0 && n_threads != s->n_threads) return new_context(s, n_threads);
    if (!s->main_busy) {
        if (s->main == NULL) s->main = new_context(s, s->n_threads);
        s->main_busy = s->main != NULL;
        return s->main;
    }
    return s->n_spare > 0 ? s->spare[--s->n_spare] : new_context(s, 1);
}

static void free_context(norn_ctx *ctx) {
    Py_BEGIN_ALLOW_THREADS /* it joins its threads */
        norn_ctx_free(ctx);
    Py_END_ALLOW_THREADS
}

void nornpy_give_back(nornpy_state *s, norn_ctx *ctx) {
    if (s->pid != getpid()) return; /* forked inside the call: not ours to free */
    if (norn_ctx_cancelled(ctx)) norn_ctx_rearm(ctx);
    if (ctx == s->main) {
        s->main_busy = false;
        if (!s->main_stale) return;
        s->main = NULL;
        s->main_stale = false;
    } else if (s->n_spare < NORNPY_SPARE && norn_ctx_threads(ctx) == 1) {
        s->spare[s->n_spare++] = ctx;
        return;
    }
    free_context(ctx);
}

void nornpy_contexts_clear(nornpy_state *s) {
    if (s->pid != getpid()) return;
    norn_ctx *main = s->main_busy ? NULL : s->main;
    if (main != NULL) s->main = NULL;
    while (s->n_spare > 0)
        norn_ctx_free(s->spare[--s->n_spare]);
    norn_ctx_free(main);
}

/* ---- a call in a thread of its own ---- */

typedef struct call {
    norn_ctx *ctx;
    nornpy_work work;
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    norn_status status;
    norn_err err;
} call;

static void *run_call(void *arg) {
    call *c = arg;
    const norn_status st = c->work(c->ctx, c->arg, &c->err);
    pthread_mutex_lock(&c->lock);
    c->status = st;
    c->done = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static bool start_thread(call *c, pthread_t *thread) {
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) return false;
    const int code = pthread_create(thread, NULL, run_call, c);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0;
}

/* True: the call is done. */
static bool wait_a_while(call *c) {
    struct timespec until;
    bool done;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 50 * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    Py_BEGIN_ALLOW_THREADS pthread_mutex_lock(&c->lock);
    while (!c->done && pthread_cond_timedwait(&c->changed, &c->lock, &until) == 0) {
    }
    done = c->done;
    pthread_mutex_unlock(&c->lock);
    Py_END_ALLOW_THREADS return done;
}

static bool init_call(call *c) {
    pthread_condattr_t attr;
    if (pthread_mutex_init(&c->lock, NULL) != 0) return false;
    if (pthread_condattr_init(&attr) != 0) goto fail;
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    const int code = pthread_cond_init(&c->changed, &attr);
    (void)pthread_condattr_destroy(&attr);
    if (code == 0) return true;
fail:
    (void)pthread_mutex_destroy(&c->lock);
    return false;
}

bool nornpy_run(nornpy_state *s, norn_ctx *ctx, nornpy_work work, void *arg, nornpy_tick tick,
                void *tick_arg) {
    call c = {.ctx = ctx, .work = work, .arg = arg};
    pthread_t thread;
    bool good = true;
    if (!init_call(&c)) {
        PyErr_NoMemory();
        return false;
    }
    if (!start_thread(&c, &thread)) {
        Py_BEGIN_ALLOW_THREADS(void) run_call(&c);
        Py_END_ALLOW_THREADS
    } else {
        while (!wait_a_while(&c)) {
            if (!good) continue;
            good = PyErr_CheckSignals() == 0 && (tick == NULL || tick(tick_arg));
            if (!good) norn_ctx_cancel(ctx);
        }
        Py_BEGIN_ALLOW_THREADS(void) pthread_join(thread, NULL);
        Py_END_ALLOW_THREADS
    }
    (void)pthread_cond_destroy(&c.changed);
    (void)pthread_mutex_destroy(&c.lock);
    if (!good) return false;
    if (c.status != NORN_OK) (void)nornpy_raise(s, c.status, &c.err);
    return c.status == NORN_OK;
}

bool nornpy_run_leased(nornpy_state *s, int32_t n_threads, nornpy_work work, void *arg,
                       bool heavy) {
    norn_err err = {NORN_OK, ""};
    norn_status st = NORN_OK;
    norn_ctx *ctx = nornpy_lease(s, n_threads);
    if (ctx == NULL) return false;
    bool good = true;
    if (heavy) {
        good = nornpy_run(s, ctx, work, arg, NULL, NULL);
    } else {
        Py_BEGIN_ALLOW_THREADS st = work(ctx, arg, &err);
        Py_END_ALLOW_THREADS if (st != NORN_OK)(void) nornpy_raise(s, st, &err);
        good = st == NORN_OK;
    }
    nornpy_give_back(s, ctx);
    return good;
}

/* ---- how many workers ---- */

PyObject *nornpy_set_num_threads(PyObject *module, PyObject *arg) {
    nornpy_state *s = nornpy_state_of(module);
    const long n = PyLong_AsLong(arg);
    norn_err err = {NORN_OK, ""};
    if (n == -1 && PyErr_Occurred()) return NULL;
    if (n < 0 || n > 4096)
        return nornpy_raise(s,
                            norn_fail(&err, NORN_E_ARG,
                                      "set_num_threads: n=%lld is outside [0, 4096]", (long long)n),
                            &err);
    s->n_threads = (int32_t)n;
    if (s->pid != getpid() || s->main == NULL) Py_RETURN_NONE;
    if (s->main_busy) {
        s->main_stale = true;
        Py_RETURN_NONE;
    }
    norn_ctx *main = s->main;
    s->main = NULL;
    free_context(main);
    Py_RETURN_NONE;
}

PyObject *nornpy_get_num_threads(PyObject *module, PyObject *unused) {
    (void)unused;
    nornpy_state *s = nornpy_state_of(module);
    if (s->n_threads > 0) return PyLong_FromLong(s->n_threads);
    norn_ctx *ctx = nornpy_lease(s, 0);
    if (ctx == NULL) return NULL;
    const long n = s->main == ctx ? norn_ctx_threads(ctx) : norn_ctx_threads(s->main);
    nornpy_give_back(s, ctx);
    return PyLong_FromLong(n);
}
