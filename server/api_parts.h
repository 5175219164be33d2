/* The bridge between HTTP and the library: what its files share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_PARTS_H
#define SERVER_API_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "app/registry.h"
#include "server/http.h"
#include "server/jobs.h"
#include "server/telemetry.h"
#include "store/cache.h"

enum {
    API_MOST_FILES = 32,
    API_MOST_JSON = 16 << 20,  /* bytes of a JSON body */
    API_MOST_PARAMS = 1 << 20, /* bytes of parameters */
    API_MOST_DEPTH = 64,
    API_MOST_VALUES = 4 << 20,   /* of a JSON body */
    API_MOST_COLUMNS = 4096,     /* of a table in JSON */
    API_MOST_CELLS = 16 << 20,   /* of such a table, those that no row gives among them */
    API_MOST_CELLS_PER_BYTE = 8, /* of its JSON: what no row gives costs, too */
    API_MOST_ERRORS = 16,
    API_MOST_ROWS = 256 /* parameters of an operation */
};

/* One server. */
typedef struct api {
    norn_alloc alloc;
    jobs *q;
    struct metrics *metrics;
    norni_cache *cache; /* or NULL */
    bool redis;
    int32_t workers;
    uint64_t job_bytes; /* memory of one job */
    char folder[256];   /* private: of jobs */
    atomic_bool draining;
    http_server *http; /* NULL before it listens */
    norni_str openapi; /* made once */
    metric *items, *cache_requests, *cache_bytes, *backend_up, *pool_threads, *disk_free;
    pthread_mutex_t scrape;
    norni_cache_stats told; /* what cache_requests has been told already */
} api;

/* What is wrong with a request. */
typedef struct api_fault {
    unsigned status; /* 0: nothing */
    char detail[300];
    norni_buf errors; /* the inside of a JSON array */
    size_t n_errors;
} api_fault;

typedef struct api_input {
    char path[320]; /* in the job's folder */
    char name[80];  /* as the client calls it, for messages */
    bool data;      /* of the operand */
} api_input;

/* One call of an operation. It frees itself with api_call_drop. */
typedef struct api_call {
    api *a;
    const norni_op *op;
    norni_arena arena;
    void *opt; /* op->opt_size bytes */
    job *j;
    const norni_param *given[API_MOST_ROWS];
    size_t n_given;
    api_input input[API_MOST_FILES];
    size_t n_input;
    const char *out, *summary; /* files of the operation's answers */
    const char *explain, *output;
    int32_t threads; /* as asked; 0: as the server gives */
    bool etl;
    atomic_bool has_stages; /* the operation tells its own */
    const char *type;       /* of the answer */
    const char *accept;     /* as the client says, or NULL */
    char later[320]; /* a file of JSON in the job's folder that the runner reads first; "": none */
    bool later_params;       /* it holds parameters only, not a whole body */
    const norn_alloc *alloc; /* of tables on their way: the server's, on the runner the job's */
} api_call;

/* ---- api_request.c: from a request to a call ---- */

void api_fault_init(api_fault *f, const norn_alloc *alloc);
void api_fault_clear(api_fault *f);
/* The first fault's text and status stand; each is one of the errors. `name` NULL: none. */
void api_fault_add(api_fault *f, unsigned status, const char *name, const char *fmt, ...)
    NORN_PRINTF(4, 5);
void api_fault_answer(api_fault *f, http_request *r);
/* What the request's body and query ask; much JSON is put aside for the runner. */
void api_call_take(api_call *c, http_request *r, api_fault *f);
bool api_call_given(const api_call *c, const norni_param *row);
/* One parameter's text, checked by the operation's row. */
void api_call_set(api_call *c, norni_str name, norni_str text, api_fault *f);
/* A new file in the job's folder for the operand (name NULL) or the row of that name; or NULL. */
api_input *api_call_input(api_call *c, const char *name, const char *called, api_fault *f);
/* The row of a name, as rows are found everywhere; NULL: none that this operation takes. */
const norni_param *api_row_find(const norni_op *op, norni_str name);
/* Whether the server decides about it. */
bool api_row_own(const norni_param *row);
bool api_row_listed(const norni_op *op, const norni_param *row);
/* The bytes of a file, appended. */
bool api_file_read(const char *path, norni_buf *out);
norn_status api_file_write(const char *path, norni_str bytes, norn_err *err);

/* ---- api_call.c ---- */

/* A call of `op` as the request asks. false: *f says why. The call has its job, held by the caller. */
bool api_call_make(api *a, const norni_op *op, http_request *r, api_call **out, api_fault *f);
void api_call_drop(void *call);
/* On the runner: reads what was put aside, then checks the whole. false: *f says why. */
bool api_call_read_later(api_call *c, const norn_alloc *alloc, api_fault *f);

/* ---- api_json.c: JSON bodies ---- */

/* {"data": …, "params": {…}} */
void api_json_body(api_call *c, norni_str text, api_fault *f);
/* {…} of parameters; tables among them when `tables`. */
void api_json_params(api_call *c, norni_str text, api_fault *f);

/* ---- api_unpack.c: packed uploads ---- */

/* NORN_E_LIMIT for a file that would become far larger than it is. On the runner; it can be cancelled. */
NORN_CHECKED norn_status api_unpack_check(const api_call *c, norn_ctx *ctx, norn_err *err);

/* ---- api_run.c: a call is run ---- */

void api_call_run(void *call, job *j, int32_t threads);

/* ---- api_answer.c: what it answers ---- */

/* Whether it answers its JSON as it is, not in the envelope of the tables. */
bool api_op_own(const norni_op *op);
/* Whether it reads records of JSON (lines, an array), whose members may be lists and objects. */
bool api_op_records(const norni_op *op);
/* Whether its JSON is lines, one for each record. */
bool api_op_lines(const norni_op *op);
/* Makes the file of the answer from what the operation wrote. */
NORN_CHECKED norn_status api_answer_make(api_call *c, norn_ctx *ctx, const norni_op_result *r,
                                         const char **path, norn_err *err);
/* Counts and digest as a JSON object. */
void api_answer_summary(const api_call *c, const norni_op_result *r, norni_buf *out);

/* ---- api_openapi.c ---- */

NORN_CHECKED norn_status api_openapi_make(const norn_alloc *alloc, norni_str *out, norn_err *err);
void api_openapi_free(const norn_alloc *alloc, norni_str *text);

/* ---- api.c: the routes ---- */

enum { API_MOST_ROUTES = 96 };
size_t api_routes(norni_arena *arena, http_route *route);
void api_metrics(api *a);

#endif
