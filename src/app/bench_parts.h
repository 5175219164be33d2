/* What `norn bench` is made of: workloads, runs in processes of their own, and the harness over them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BENCH_PARTS_H
#define NORNI_BENCH_PARTS_H

#include "app/bench_amdahl.h"
#include "app/bench_machine.h"
#include "app/common.h"
#include "io/writer.h"

enum {
    NORNI_BENCH_POINTS = 16,
    NORNI_BENCH_WORKERS = 64,
    NORNI_BENCH_RUNS = 256, /* of one measurement */
    NORNI_BENCH_EXTRA = 6400,
};

typedef struct norni_bench_opt {
    norni_common_opt common;
    const char *workload;
    const char *model;  /* NULL: the workload's */
    const char *output; /* folder for charts and JSON; NULL: none */
    int32_t n_series;   /* 0: the workload's */
    bool quick;
} norni_bench_opt;

/* What one run of the work came to. */
typedef struct norni_bench_one {
    norni_hash128 digest;
    size_t n_items, n_ok, n_fallback, n_failed;
    double extra[NORNI_BENCH_EXTRA]; /* the workload's own numbers */
} norni_bench_one;

/* The same run again and again, in a process of its own. */
typedef struct norni_bench_set {
    int32_t workers; /* 0: serial */
    size_t n;
    double seconds[NORNI_BENCH_RUNS];
    double least, median, most; /* of seconds */
    double cpu_seconds;         /* of one run, the mean */
    double peak;                /* bytes that were allocated at once */
    double rss;                 /* bytes that the process held at most */
    bool same;                  /* every run has the first one's digest */
    norni_bench_one one;
} norni_bench_set;

/* One run under a context with that many workers; 0: serial, the context has one. Called in a forked child:
 * what it leaves in memory is lost. */
typedef norn_status (*norni_bench_fn)(const void *arg, norn_ctx *ctx, int32_t workers,
                                      norni_bench_one *out, norn_err *err);

typedef struct norni_bench_how {
    double least_seconds; /* a measurement goes on until it has taken so long */
    size_t least_runs;    /* and at least so many runs */
    size_t rounds;        /* all worker counts again, so that a machine's moods meet all of them */
    int32_t plant; /* > 0: runs with so many workers get a wrong bit in digest and first number */
} norni_bench_how;
norni_bench_how norni_bench_how_default(bool quick);

typedef struct norni_bench norni_bench;

/* A workload. `run` sees what `prepare` made; everything in b->arena. */
typedef struct norni_bench_work {
    const char *name, *item; /* "forecast", "series": what a second's worth is counted in */
    const char *rate_key;    /* a further name of items_per_second in the JSON, or NULL */
    bool takes_model;        /* --model means something */
    bool takes_series;       /* so does --series */
    bool brief;              /* measured as briefly as with --quick */
    norn_status (*prepare)(norni_bench *b, norn_err *err);
    norn_status (*run)(const norni_bench *b, norn_ctx *ctx, int32_t workers, norni_bench_one *out,
                       norn_err *err);
    norn_status (*more)(norni_bench *b, norn_err *err); /* its own measurements, behind; or NULL */
    void (*facts)(const norni_bench *b, norni_json *j); /* keys that say what the work is */
    void (*numbers)(const norni_bench *b, norni_json *j); /* what `more` found; or NULL */
    void (*last)(const norni_bench *b);                   /* lines at the very end; or NULL */
    void (*clear)(norni_bench *b);                        /* or NULL */
} norni_bench_work;

typedef struct norni_bench_point {
    norni_bench_set set;
    double process_seconds; /* until the last of as many one-thread processes has done one run */
    double process_gain;    /* workers x serial seconds / process_seconds */
    double process_rss;     /* bytes that they hold in all */
    bool over;              /* more workers than usable cores */
} norni_bench_point;

struct norni_bench {
    const norni_op_env *env;
    const norni_bench_opt *opt;
    const norni_bench_work *work;
    norni_bench_how how;
    norni_arena arena; /* of what the workload prepared */
    void *data;        /* its own */
    double n_items;    /* of one run; set by prepare, else what the first run counted */
    norni_machine machine;
    int32_t most; /* workers */
    norni_bench_set serial;
    norni_bench_point point[NORNI_BENCH_POINTS];
    size_t n_points;
    bool equal;
    norni_amdahl amdahl;
    char digest[NORNI_DIGEST_TEXT];
};

extern const norni_bench_work norni_bench_forecast, norni_bench_multi, norni_bench_proof,
    norni_bench_report, norni_bench_rolling, norni_bench_search, norni_bench_signals;

/* The whole benchmark: measures, tells, writes JSON and charts. The digest in `out`, digests_differ too. */
NORN_CHECKED norn_status norni_bench_run(const norni_op_env *env, const norni_bench_opt *opt,
                                         const norni_bench_work *work, const norni_bench_how *how,
                                         norni_op_result *out, norn_err *err);

/* Runs in a process of their own. NORN_E_CANCEL: b's context was cancelled; a run's own failure as it is. */
NORN_CHECKED norn_status norni_bench_measure(const norni_bench *b, norni_bench_fn run,
                                             const void *arg, int32_t workers,
                                             const norni_bench_how *how, norni_bench_set *out,
                                             norn_err *err);
/* n processes begin each of n_runs serial runs together; a run's seconds: until the last of them is done; rss: of all. */
NORN_CHECKED norn_status norni_bench_processes(const norni_bench *b, norni_bench_fn run,
                                               const void *arg, int32_t n, size_t n_runs,
                                               norni_bench_set *out, norn_err *err);
/* Adds the runs of `more`. */
void norni_bench_set_join(norni_bench_set *set, const norni_bench_set *more);
bool norni_bench_same(norni_hash128 x, norni_hash128 y);

/* The workload's run as a norni_bench_fn; arg: the norni_bench. */
norn_status norni_bench_work_run(const void *arg, norn_ctx *ctx, int32_t workers,
                                 norni_bench_one *out, norn_err *err);

/* Worker counts: 1, 2, 4, … and `most`, one after the other; 0 behind the last. */
int32_t norni_bench_next(int32_t workers, int32_t most);
/* To four significant digits, for people. */
double norni_bench_round(double x);
double norni_bench_speed_up(const norni_bench *b, size_t point);

/* bench_write.c: the JSON; bench_charts.c: four SVG files and the JSON in a folder. */
void norni_bench_json(const norni_bench *b, norni_json *j);
NORN_CHECKED norn_status norni_bench_write(const norni_bench *b, norn_err *err);
NORN_CHECKED norn_status norni_bench_charts(const norni_bench *b, const char *folder,
                                            norn_err *err);
/* "4 workers: …", one line for a point. */
void norni_bench_say_point(const norni_bench *b, const norni_bench_point *p);
void norni_bench_say_amdahl(const norni_bench *b);

#endif
