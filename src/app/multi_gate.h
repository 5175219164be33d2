/* Admission by memory: who may begin while others hold theirs. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_GATE_H
#define NORNI_MULTI_GATE_H

#include <pthread.h>

#include "base/poll.h"
#include "base/alloc.h"

/* Holds `room` bytes at most, or one user alone, however much it needs. Changes when things run, never
 * what they give. */
typedef struct norni_multi_gate {
    pthread_mutex_t lock; /* guards the two below */
    pthread_cond_t changed;
    size_t used, n_inside;
    size_t room; /* 0: no bound */
} norni_multi_gate;

void norni_multi_gate_init(norni_multi_gate *g, size_t room);
void norni_multi_gate_clear(norni_multi_gate *g);
/* Waits until `need` bytes are free or nobody is inside. NORN_E_CANCEL: poll said so. */
NORN_CHECKED norn_status norni_multi_gate_enter(norni_multi_gate *g, size_t need,
                                                const norni_poll *poll, norn_err *err);
void norni_multi_gate_leave(norni_multi_gate *g, size_t need);

#endif
