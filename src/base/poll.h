/* How a kernel asks whether it should stop, without seeing the context. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_POLL_H
#define NORNI_POLL_H

#include <stdbool.h>
#include <stddef.h>

/* Nobody works longer than about 1 ms between two polls. */
typedef struct norni_poll {
    bool (*stop)(void *user);
    void *user;
} norni_poll;

static inline bool norni_poll_stop(const norni_poll *p) {
    return p != NULL && p->stop != NULL && p->stop(p->user);
}

#endif
