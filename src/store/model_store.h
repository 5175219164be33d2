/* The file of --save: what a run has fitted, one record a series, for a later run to go on from. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MODEL_STORE_H
#define NORNI_MODEL_STORE_H

#include "base/arena.h"
#include "base/ctx.h"
#include "base/str.h"

/* Written by store/model_writer.h. A record has a key (the series' id) and a payload; what stands in
 * the payloads and in the header is the caller's. */
typedef struct norni_model_store norni_model_store;

/* Reads the file once, checks every byte of it and remembers where each record stands (8 to 16 bytes
 * a record). NORN_E_IO: it cannot be read; NORN_E_FORMAT: no model store, one of a newer format, cut
 * short, or damaged: the text says which and where. */
NORN_CHECKED norn_status norni_model_store_open(norn_ctx *ctx, const char *path,
                                                norni_model_store **out, norn_err *err);
void norni_model_store_close(norni_model_store *s); /* NULL is legal */
norni_str norni_model_store_header(const norni_model_store *s);
norni_str norni_model_store_engine(const norni_model_store *s);
uint64_t norni_model_store_n(const norni_model_store *s);
/* The checksum of the whole file. */
uint64_t norni_model_store_check(const norni_model_store *s);
/* The payload of a key, read into the arena; *found false: there is none. `at` (may be NULL) gets the
 * record's number in the file, from 0. Any thread. */
NORN_CHECKED norn_status norni_model_store_get(const norni_model_store *s, norni_str key,
                                               norni_arena *arena, norni_str *payload, uint64_t *at,
                                               bool *found, norn_err *err);
/* Calls fn for every record in the file's order. */
typedef norn_status (*norni_model_record_fn)(void *arg, uint64_t at, norni_str key,
                                             norni_str payload, norn_err *err);
NORN_CHECKED norn_status norni_model_store_each(const norni_model_store *s,
                                                norni_model_record_fn fn, void *arg, norn_err *err);

#endif
