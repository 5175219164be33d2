/* What the two files of a safetensors reader share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SAFETENSORS_PARTS_H
#define NORNI_SAFETENSORS_PARTS_H

#include "text/safetensors.h"

/* Reads and checks the header of s->bytes (s->n_bytes) and fills s->tensor, in s->arena. */
NORN_CHECKED norn_status norni_safetensors_head(norni_safetensors *s, norn_err *err);

#endif
