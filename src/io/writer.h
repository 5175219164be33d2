/* Output that is whole or absent: files written beside their name and renamed, stdout as a stream;
 * CSV and JSON on top. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_WRITER_H
#define NORNI_WRITER_H

#include <sys/types.h>

#include "base/str.h"
#include "io/decoder.h"

typedef struct norni_out {
    norni_buf buf; /* append here, then norni_out_flush now and then */
    int fd;
    char *path, *temp; /* NULL for stdout; temp also NULL while the file has no name */
    bool nameless; /* a file without a name until it is committed: a killed process leaves none */
    bool remote;   /* an object of S3: sent when it is committed */
    mode_t mode;   /* of the file that is replaced */
    norni_codec codec;
    norni_buf packed;
    const norn_alloc *alloc;
} norni_out;

/* path "-" or NULL: stdout; s3://bucket/key: an object. Else a temporary file in the folder of `path`, renamed at the end (a
 * special file such as /dev/full is written directly). A name that ends in .gz or .zst is compressed.
 */
NORN_CHECKED norn_status norni_out_open(norni_out *o, const norn_alloc *alloc, const char *path,
                                        norn_err *err);
/* Writes the buffer out when it holds `least` bytes or more (0: always). */
NORN_CHECKED norn_status norni_out_flush(norni_out *o, size_t least, norn_err *err);
/* Bytes that norni_encode made with o->codec, behind all that was appended. */
NORN_CHECKED norn_status norni_out_packed(norni_out *o, const char *p, size_t n, norn_err *err);
/* Flushes, syncs, closes, renames. After an error nothing is left behind. */
NORN_CHECKED norn_status norni_out_commit(norni_out *o, norn_err *err);
/* The same under the name with `.partial` behind it: what an interrupted run has. */
NORN_CHECKED norn_status norni_out_commit_partial(norni_out *o, norn_err *err);
void norni_out_abort(norni_out *o); /* legal after commit */

/* Makes the folder of files to be written where it is not there; one at s3:// needs no making. `part`
 * opens the error's text, as "--errors". */
NORN_CHECKED norn_status norni_folder_make(const char *path, const char *part, norn_err *err);

/* CSV: quotes a field where RFC 4180 asks for it; a leading = + - @ TAB CR in a text field gets a '
 * before it (OWASP) unless it is a number. */
void norni_csv_text(norni_buf *b, norni_str s, bool escape);
void norni_csv_num(norni_buf *b, double x); /* NaN and infinities empty */

/* JSON, streaming: the writer keeps commas and nesting (depth <= 64). */
typedef struct norni_json {
    norni_buf *b;
    uint64_t started; /* bit per depth: something was written */
    uint32_t depth;
    bool after_key;
} norni_json;
void norni_json_init(norni_json *j, norni_buf *b);
void norni_json_open(norni_json *j, char bracket); /* '{' or '[' */
void norni_json_close(norni_json *j, char bracket);
void norni_json_key(norni_json *j, const char *key);
void norni_json_str(norni_json *j, norni_str s); /* escapes; invalid UTF-8 becomes U+FFFD */
void norni_json_num(norni_json *j, double x);    /* NaN and infinities null */
void norni_json_int(norni_json *j, int64_t x);
void norni_json_bool(norni_json *j, bool x);
void norni_json_null(norni_json *j);
/* A key and its value. */
void norni_json_key_str(norni_json *j, const char *key, norni_str s);
void norni_json_key_num(norni_json *j, const char *key, double x);
void norni_json_key_int(norni_json *j, const char *key, int64_t x);
void norni_json_key_count(norni_json *j, const char *key, size_t x);

#endif
