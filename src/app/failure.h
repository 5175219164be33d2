/* How an item that its own model did not serve is told: as JSON, and as a line for people. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FAILURE_H
#define NORNI_FAILURE_H

#include "base/str.h"
#include "par/batch.h"

/* An object of the summary's list, with a comma before it; cutoff NULL: not told. */
void norni_failure_json(norni_str id, norni_str column, const norni_str *cutoff,
                        const norni_outcome *o, norni_buf *b);
/* "id, model: reason" */
void norni_failure_line(norni_str id, norni_str column, const norni_outcome *o, norni_buf *b);

#endif
