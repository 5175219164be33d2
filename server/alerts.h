/* Alerts: a thread that looks at the server now and then, and posts what is wrong, and that it is over. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_ALERTS_H
#define SERVER_ALERTS_H

#include "server/telemetry.h"

typedef struct alerts alerts;

/* What is looked at; each as it is now. */
typedef struct alerts_state {
    double answers,
        errors; /* counted since the start: all jobs that ended, and those that failed by the server's fault */
    double memory;    /* share of the usable memory in use */
    double disk_free; /* share of the spool's disk */
    double queue;     /* share of the queue in use */
} alerts_state;

typedef struct alerts_opt {
    const norn_alloc *alloc;
    const char *url; /* http://…, or https://… where libcurl is */
    const char *instance;
    double seconds; /* between two looks */
    double window;  /* of the error rate */
    double least;   /* answers in the window before a rate says anything */
    void (*look)(void *user, alerts_state *out);
    void *user;
    struct metrics *metrics;
} alerts_opt;

/* NORN_E_ARG: a url that cannot be. */
NORN_CHECKED norn_status alerts_start(const alerts_opt *opt, alerts **out, norn_err *err);
void alerts_stop(alerts *a); /* NULL is legal; waits for a post under way, its time-out at most */

#endif
