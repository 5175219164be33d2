/* Progress of a long run, told by one thread of its own, never by workers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "par/progress.h"

#include <signal.h>
#include <time.h>

#include "base/clock.h"

void norni_tally_init(norni_tally *t) {
    atomic_init(&t->n_done, 0);
    atomic_init(&t->n_failed, 0);
    atomic_init(&t->share_ppm, -1);
}

static void report(const norni_reporter *r, bool last) {
    const size_t n_done = atomic_load(&r->tally->n_done);
    const int ppm = atomic_load(&r->tally->share_ppm);
    norni_progress p = {.n_done = n_done,
                        .n_total = r->n_total,
                        .n_failed = atomic_load(&r->tally->n_failed),
                        .share = ppm < 0 ? -1 : ppm / 1e6,
                        .elapsed_seconds = (double)(norni_clock_ns() - r->start_ns) / 1e9,
                        .last = last};
    if (r->n_total > 0) p.share = (double)n_done / (double)r->n_total;
    r->fn(r->user, &p);
}

static void *reporter_main(void *arg) {
    norni_reporter *r = arg;
    pthread_mutex_lock(&r->lock);
    while (!r->over) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&r->changed, &r->lock, &until);
        if (!r->over) {
            pthread_mutex_unlock(&r->lock);
            report(r, false);
            pthread_mutex_lock(&r->lock);
        }
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

void norni_reporter_start(norni_reporter *r, norni_progress_fn fn, void *user,
                          const norni_tally *tally, size_t n_total) {
    sigset_t all, before;
    *r = (norni_reporter){.fn = fn, .user = user, .tally = tally, .n_total = n_total};
    r->start_ns = norni_clock_ns();
    if (fn == NULL) return;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    sigfillset(&all); /* handlers run in the host's threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r->started = pthread_create(&r->thread, NULL, reporter_main, r) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void norni_reporter_stop(norni_reporter *r) {
    if (r->fn == NULL) return;
    if (r->started) {
        pthread_mutex_lock(&r->lock);
        r->over = true;
        pthread_cond_signal(&r->changed);
        pthread_mutex_unlock(&r->lock);
        pthread_join(r->thread, NULL);
    }
    report(r, true);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    r->fn = NULL;
}
