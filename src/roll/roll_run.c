/* Rolling operations over columns and groups: which call does what, on how many cores. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The outputs of all groups, laid end to end, are cut into blocks, whose size follows from the data alone;
 * an item is one operation on one block. A kernel gives a window the same bits wherever its call begins,
 * so blocks cut long groups in two. Where that would make a call read much more than it writes (windows
 * as long as the groups, expanding ones) or where no window bounds what is read (ewm), a block takes the
 * groups that begin in it whole. */
#include "roll/roll_run.h"

enum {
    BLOCK = 1 << 15,
    SERIAL_NS = 150000 /* a call below is over before a second core has woken up */
};

typedef struct roll_job {
    const norni_roll_groups *groups;
    const norni_roll_spec *spec;
    const norni_roll_task *tasks;
    size_t n_tasks, n, block, n_blocks;
    bool whole; /* windows may hold whole groups */
} roll_job;

/* Outputs [k0, k1) of group g of one task. */
static norn_status run_part(const roll_job *job, const norni_roll_task *task, size_t g, size_t k0,
                            size_t k1, norni_arena *arena, const norni_poll *poll, norn_err *err) {
    const size_t at = job->groups->offsets[g], n = job->groups->offsets[g + 1] - at;
    const bool fades = task->op->row->shape == NORNI_ROLL_WEIGHTED;
    const norni_roll_spec *spec = job->spec;
    norni_roll_arg arg = task->op->arg;
    norni_roll_windows w = {.n = n, .n_out = n};
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    if (!fades) {
        NORN_TRY(norni_roll_bounds(
            spec, job->groups->times ? job->groups->times + (at - job->groups->offsets[0]) : NULL,
            n, k0, k1, arena, &w, err));
    }
    const size_t usual = fades ? 0 : spec->kind == NORNI_ROLL_FIXED ? spec->length : 1;
    w.min_periods = spec->min_periods < 0 ? usual : (size_t)spec->min_periods;
    arg.other = task->other ? task->other + at : NULL;
    const norn_status st = task->op->row->fn(task->x + at, &w, &arg, arena, poll,
                                             task->out + (at - job->groups->offsets[0]) + k0, err);
    norni_arena_rewind(arena, mark);
    return st;
}

/* The first group that ends behind the output `a`. */
static size_t group_of(const norni_roll_groups *groups, size_t a) {
    size_t lo = 0, hi = groups->n_groups;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (groups->offsets[mid + 1] - groups->offsets[0] > a)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

static norn_status run_block(const roll_job *job, const norni_roll_task *task, size_t block,
                             norni_arena *arena, const norni_poll *poll, norn_err *err) {
    const norni_roll_groups *groups = job->groups;
    const size_t first = block * job->block;
    const size_t last = first + job->block < job->n ? first + job->block : job->n;
    const bool whole = job->whole || task->op->row->shape == NORNI_ROLL_WEIGHTED;
    for (size_t g = group_of(groups, first); g < groups->n_groups; g++) {
        const size_t a = groups->offsets[g] - groups->offsets[0],
                     z = groups->offsets[g + 1] - groups->offsets[0];
        if (a >= last) break;
        if (a == z || (whole && a < first)) continue;
        const size_t k0 = a < first ? first - a : 0, k1 = whole || z < last ? z - a : last - a;
        NORN_TRY(run_part(job, task, g, k0, k1, arena, poll, err));
    }
    return NORN_OK;
}

static norn_status run_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    const roll_job *job = arg;
    const norni_poll poll = norni_ctx_poll(w->ctx);
    return run_block(job, &job->tasks[item % job->n_tasks], item / job->n_tasks, &w->arena, &poll,
                     err);
}

static norn_status run_serial(norn_ctx *ctx, norni_worker *worker, const roll_job *job,
                              norn_err *err) {
    const norni_poll poll = norni_ctx_poll(ctx);
    norni_arena own, *arena = worker ? &worker->arena : &own;
    norn_status st = NORN_OK;
    if (worker == NULL) norni_arena_init(&own, &ctx->alloc);
    for (size_t b = 0; b < job->n_blocks && st == NORN_OK; b++) {
        for (size_t k = 0; k < job->n_tasks && st == NORN_OK; k++)
            st = run_block(job, &job->tasks[k], b, arena, &poll, err);
    }
    if (worker == NULL) norni_arena_clear(&own);
    return st;
}

static size_t longest_group(const norni_roll_groups *groups) {
    size_t n = 0;
    for (size_t g = 0; g < groups->n_groups; g++) {
        const size_t one = groups->offsets[g + 1] - groups->offsets[g];
        if (one > n) n = one;
    }
    return n;
}

/* How many values behind their beginnings the blocks of this size look back at, by time. */
static double look_back(const roll_job *job, size_t block) {
    const norni_roll_groups *groups = job->groups;
    double sum = 0;
    for (size_t a = block; a < job->n; a += block) {
        const size_t g = group_of(groups, a), at = groups->offsets[g],
                     from = at - groups->offsets[0], k = a - from;
        const int64_t *t = groups->times + from;
        size_t lo = 0, hi = k;
        while (lo < hi) {
            const size_t mid = lo + (hi - lo) / 2;
            if ((uint64_t)t[k] - (uint64_t)t[mid] > (uint64_t)job->spec->span)
                lo = mid + 1;
            else
                hi = mid;
        }
        sum += (double)(k - lo);
    }
    return sum;
}

/* Blocks that look back at fewer values than they write, or whole groups. */
static void plan_blocks(roll_job *job) {
    const norni_roll_spec *spec = job->spec;
    job->block = BLOCK;
    if (job->n <= BLOCK) {
        job->whole = true;
    } else if (spec->kind == NORNI_ROLL_EXPANDING) {
        job->whole = true;
    } else if (spec->kind == NORNI_ROLL_FIXED && spec->length > BLOCK / 4) {
        job->whole = spec->length >= longest_group(job->groups) / 4;
        if (!job->whole) job->block = 4 * spec->length;
    } else if (spec->kind == NORNI_ROLL_SPAN) {
        while (job->block < job->n && look_back(job, job->block) > (double)job->n / 4)
            job->block *= 2;
    }
    job->n_blocks = (job->n + job->block - 1) / job->block;
}

norn_status norni_roll_run(norn_ctx *ctx, norni_worker *worker, const norni_roll_groups *groups,
                           const norni_roll_spec *spec, const norni_roll_task *tasks,
                           size_t n_tasks, norn_err *err) {
    roll_job job = {.groups = groups, .spec = spec, .tasks = tasks, .n_tasks = n_tasks};
    job.n = groups->offsets[groups->n_groups] - groups->offsets[0];
    double ns = 0;
    if (job.n == 0 || n_tasks == 0) return NORN_OK;
    plan_blocks(&job);
    for (size_t k = 0; k < n_tasks; k++)
        ns += tasks[k].op->row->cost * (double)job.n;
    if (ns < SERIAL_NS) return run_serial(ctx, worker, &job, err);
    return norni_for(ctx, worker, job.n_blocks * n_tasks, run_item, &job, NULL, err);
}
