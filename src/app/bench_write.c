/* What `norn bench` tells: lines for people, and the JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/bench_parts.h"

#include "app/version.h"

static const int32_t ahead[] = {2, 4, 8, 16, 32};
enum { N_AHEAD = sizeof ahead / sizeof ahead[0] };
static const double mib = 1048576;

void norni_bench_say_point(const norni_bench *b, const norni_bench_point *p) {
    const norni_bench_set *s = &p->set;
    const double gain = b->serial.least / s->least;
    norni_say(
        b->env,
        "%d worker%s%s: %g s (median %g, up to %g, %zu run%s), %g %s/s, speed-up %g, "
        "efficiency %g; %g MiB; digest %s",
        (int)s->workers, s->workers == 1 ? "" : "s", p->over ? " (more than there are cores)" : "",
        norni_bench_round(s->least), norni_bench_round(s->median), norni_bench_round(s->most), s->n,
        s->n == 1 ? "" : "s", norni_bench_round(b->n_items / s->least), b->work->item,
        norni_bench_round(gain), norni_bench_round(gain / s->workers),
        norni_bench_round(s->rss / mib),
        s->same && norni_bench_same(s->one.digest, b->serial.one.digest) ? "equal" : "DIFFERENT");
    if (s->workers > 1)
        norni_say(b->env,
                  "  %d one-thread processes: speed-up %g, so the workers reach %g of what this "
                  "machine gives; %g MiB in all",
                  (int)s->workers, norni_bench_round(p->process_gain),
                  norni_bench_round(gain / p->process_gain),
                  norni_bench_round(p->process_rss / mib));
}

void norni_bench_say_amdahl(const norni_bench *b) {
    const norni_amdahl *a = &b->amdahl;
    if (!a->fitted) {
        norni_say(b->env,
                  "Amdahl: no fit, it takes three worker counts or more within the usable cores "
                  "(here %zu)",
                  a->n_points);
        return;
    }
    norni_say(b->env, "Amdahl: serial share %g, residual %g (of 1/speed-up, %zu worker counts)",
              norni_bench_round(a->serial_share), norni_bench_round(a->residual), a->n_points);
    for (size_t k = 0; k < N_AHEAD; k++)
        norni_say(b->env, "  projection, not measured: %d workers, speed-up %g", (int)ahead[k],
                  norni_bench_round(norni_amdahl_speed_up(a, ahead[k])));
}

static void key_bool(norni_json *j, const char *key, bool x) {
    norni_json_key(j, key);
    norni_json_bool(j, x);
}

/* Unknown is null. */
static void key_known(norni_json *j, const char *key, double x) {
    norni_json_key(j, key);
    if (x < 0)
        norni_json_null(j);
    else
        norni_json_num(j, x);
}

static void write_machine(const norni_machine *m, norni_json *j) {
    norni_json_key(j, "machine");
    norni_json_open(j, '{');
    norni_json_key_str(j, "cpu", norni_str_of(m->cpu));
    norni_json_key_str(j, "system", norni_str_of(m->system));
    norni_json_key_int(j, "usable_cores", m->usable_cores);
    norni_json_key_int(j, "online_cores", m->online_cores);
    norni_json_key_str(j, "thread_siblings", norni_str_of(m->siblings));
    norni_json_key_str(j, "governor", norni_str_of(m->governor));
    norni_json_key_num(j, "memory_bytes", m->memory);
    norni_json_key(j, "load_average");
    norni_json_open(j, '[');
    for (size_t k = 0; k < 3 && m->load[0] >= 0; k++)
        norni_json_num(j, m->load[k]);
    norni_json_close(j, ']');
    key_known(j, "other_processes_cores", m->other_cores);
    key_known(j, "stolen_share", m->stolen);
    key_bool(j, "busy", m->busy);
    norni_json_close(j, '}');
}

static void write_set(const norni_bench *b, const norni_bench_set *s, norni_json *j) {
    norni_json_key_num(j, "seconds", s->least);
    norni_json_key_num(j, "median_seconds", s->median);
    norni_json_key_num(j, "longest_seconds", s->most);
    norni_json_key_count(j, "runs", s->n);
    norni_json_key_num(j, "cpu_seconds", s->cpu_seconds);
    norni_json_key_num(j, "items_per_second", b->n_items / s->least);
    if (b->work->rate_key != NULL) norni_json_key_num(j, b->work->rate_key, b->n_items / s->least);
    norni_json_key_num(j, "peak_bytes", s->peak);
    norni_json_key_num(j, "peak_rss_bytes", s->rss);
}

static void write_point(const norni_bench *b, size_t k, norni_json *j) {
    const norni_bench_point *p = &b->point[k];
    const double gain = norni_bench_speed_up(b, k);
    norni_json_open(j, '{');
    norni_json_key_int(j, "workers", p->set.workers);
    write_set(b, &p->set, j);
    norni_json_key_num(j, "speed_up", gain);
    norni_json_key_num(j, "efficiency", gain / p->set.workers);
    norni_json_key_num(j, "process_speed_up", p->process_gain);
    norni_json_key_num(j, "of_processes", gain / p->process_gain);
    norni_json_key_num(j, "process_seconds", p->process_seconds);
    norni_json_key_num(j, "process_peak_bytes", p->set.workers * b->serial.peak);
    norni_json_key_num(j, "process_peak_rss_bytes", p->process_rss);
    key_bool(j, "more_than_cores", p->over);
    key_bool(j, "digest_equal",
             p->set.same && norni_bench_same(p->set.one.digest, b->serial.one.digest));
    norni_json_close(j, '}');
}

static void write_amdahl(const norni_amdahl *a, norni_json *j) {
    norni_json_key(j, "amdahl");
    if (!a->fitted) {
        norni_json_null(j);
        return;
    }
    norni_json_open(j, '{');
    norni_json_key_num(j, "serial_share", a->serial_share);
    norni_json_key_num(j, "residual", a->residual);
    norni_json_key_count(j, "n_points", a->n_points);
    norni_json_key(j, "projections");
    norni_json_open(j, '[');
    for (size_t k = 0; k < N_AHEAD; k++) {
        norni_json_open(j, '{');
        norni_json_key_int(j, "workers", ahead[k]);
        norni_json_key_num(j, "speed_up", norni_amdahl_speed_up(a, ahead[k]));
        key_bool(j, "projection", true);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    norni_json_close(j, '}');
}

void norni_bench_json(const norni_bench *b, norni_json *j) {
    double rss = b->serial.rss;
    norni_json_open(j, '{');
    norni_json_key_str(j, "workload", norni_str_of(b->work->name));
    norni_json_key_str(j, "version", norni_str_of(NORNI_VERSION));
    key_bool(j, "quick", b->opt->quick);
    b->work->facts(b, j);
    norni_json_key_num(j, "n_items", b->n_items);
    norni_json_key_str(j, "item", norni_str_of(b->work->item));
    norni_json_key_int(j, "usable_cores", b->machine.usable_cores);
    write_machine(&b->machine, j);
    norni_json_key_str(j, "cache", norni_str_of("off"));
    norni_json_key_str(j, "digest", norni_str_of(b->digest));
    key_bool(j, "digests_equal", b->equal);
    key_bool(j, "deterministic", b->equal);
    norni_json_key_num(j, "serial_seconds", b->serial.least);
    norni_json_key_num(j, "serial_peak_bytes", b->serial.peak);
    for (size_t k = 0; k < b->n_points; k++)
        rss = b->point[k].set.rss > rss ? b->point[k].set.rss : rss;
    norni_json_key_num(j, "peak_rss_bytes", rss);
    norni_json_key(j, "serial");
    norni_json_open(j, '{');
    write_set(b, &b->serial, j);
    norni_json_close(j, '}');
    norni_json_key(j, "workers");
    norni_json_open(j, '[');
    for (size_t k = 0; k < b->n_points; k++)
        write_point(b, k, j);
    norni_json_close(j, ']');
    write_amdahl(&b->amdahl, j);
    if (b->work->numbers != NULL) b->work->numbers(b, j);
    norni_json_close(j, '}');
    norni_buf_text(j->b, "\n");
}

norn_status norni_bench_write(const norni_bench *b, norn_err *err) {
    norni_out file;
    norni_json j;
    NORN_TRY(norni_out_open(&file, &b->env->ctx->alloc, b->opt->common.out, err));
    norni_json_init(&j, &file.buf);
    norni_bench_json(b, &j);
    const norn_status st =
        file.buf.failed ? norni_alloc_fail(err, "bench", 1, 1) : norni_out_commit(&file, err);
    norni_out_abort(&file);
    return st;
}
