/* What one import of the module owns: its contexts, its exceptions, NumPy's names; and who may use it when. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_STATE_H
#define NORNPY_STATE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <norn/ctx.h>
#include <sys/types.h>

enum { NORNPY_SPARE = 64 };

/* Every member is read and written under the interpreter's lock. */
typedef struct nornpy_state {
    PyObject *error;                 /* norn.NornError */
    PyObject *argument_error;        /* norn.NornArgumentError: NornError and ValueError */
    PyObject *np_empty;              /* numpy.empty */
    PyObject *np_array;              /* numpy.ndarray */
    struct nornpy_function *rolling; /* rolling_calls.c's functions */
    pid_t pid;                       /* whose the contexts are: a forked child makes its own */
    int32_t n_threads;               /* as asked, 0 = automatic */
    norn_ctx *main;                  /* all workers; or NULL */
    bool main_busy, main_stale;
    norn_ctx *spare[NORNPY_SPARE]; /* one worker each, for calls made while main is busy */
    int32_t n_spare;
} nornpy_state;

static inline nornpy_state *nornpy_state_of(PyObject *module) {
    return (nornpy_state *)PyModule_GetState(module);
}

/* ---- python/src/contexts.c ---- */

/* A context for one call, given back with nornpy_give_back. The first caller gets all workers; calls
 * that other threads make meanwhile run on one worker each, so that nobody waits. Results are the
 * same on any. n_threads > 0: as many, whoever is busy. NULL with an exception set. */
norn_ctx *nornpy_lease(nornpy_state *s, int32_t n_threads);
void nornpy_give_back(nornpy_state *s, norn_ctx *ctx);
/* Frees all contexts of this process. */
void nornpy_contexts_clear(nornpy_state *s);

/* How far a call is, for nornpy_run's tick. */
typedef norn_status (*nornpy_work)(norn_ctx *ctx, void *arg, norn_err *err);
/* Called every 50 ms with the interpreter's lock held; false with an exception set stops the work. */
typedef bool (*nornpy_tick)(void *arg);
/* Runs `work` in a thread of its own, without the interpreter's lock, while the calling thread looks
 * for signals: Ctrl-C stops the work within 200 ms and leaves KeyboardInterrupt. False: an exception
 * is set (the library's error, or the signal's). */
bool nornpy_run(nornpy_state *s, norn_ctx *ctx, nornpy_work work, void *arg, nornpy_tick tick,
                void *tick_arg);
/* The work under a context leased for it: heavy work as nornpy_run does it, light work in the calling
 * thread, without the lock. */
bool nornpy_run_leased(nornpy_state *s, int32_t n_threads, nornpy_work work, void *arg, bool heavy);

PyObject *nornpy_set_num_threads(PyObject *module, PyObject *arg);
PyObject *nornpy_get_num_threads(PyObject *module, PyObject *unused);

/* ---- python/src/raise.c ---- */

/* Makes the exception classes and adds them to the module; false with an exception set. */
bool nornpy_errors_init(nornpy_state *s, PyObject *module);
/* The library's words as a str: flags as Python's names, "--id-col" as "id_col". */
PyObject *nornpy_words(const char *text, size_t n);
/* Sets the exception for a status that is not NORN_OK, and returns NULL. */
PyObject *nornpy_raise(nornpy_state *s, norn_status st, const norn_err *err);
/* Sets a NornArgumentError of this text, in PyUnicode_FromFormat's format; false. */
bool nornpy_refuse(nornpy_state *s, const char *format, ...);

#endif
