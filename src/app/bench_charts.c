/* The charts of `norn bench`: times, scaling, memory and throughput as four SVG files, and the JSON beside them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/bench_parts.h"
#include "plot/pane_kinds.h"

enum { NAME_ROOM = 40, WORDS_ROOM = 320, MOST_LAYERS = 4, FINE = 64 };
static const double mib = 1048576;

typedef struct chart_maker {
    const norni_bench *b;
    norni_arena arena;
    const char *folder;
    char below[WORDS_ROOM];
} chart_maker;

/* ---- what the charts share ---- */

static norni_str name_of(chart_maker *m, int32_t n, const char *word) {
    char text[NAME_ROOM];
    const size_t len = norni_format(text, sizeof text, "%d%s", (int)n, word);
    const char *kept = norni_arena_text(&m->arena, text, len);
    return kept ? (norni_str){kept, len} : (norni_str){"", 0};
}

static norni_str title_of(chart_maker *m, const char *what) {
    char text[WORDS_ROOM];
    const size_t len = norni_format(text, sizeof text, "norn bench %s%s: %s", m->b->work->name,
                                    m->b->opt->quick ? " --quick" : "", what);
    const char *kept = norni_arena_text(&m->arena, text, len);
    return kept ? (norni_str){kept, len} : (norni_str){"", 0};
}

static norn_status write_sheet(chart_maker *m, const char *file, const char *title,
                               const norni_pane *panel, size_t n, norn_err *err) {
    char path[4096];
    norni_out out;
    const norni_pane_sheet sheet = {.title = title_of(m, title),
                                    .panel = panel,
                                    .n_panels = n,
                                    .columns = n,
                                    .height = 260,
                                    .below = norni_str_of(m->below)};
    norni_format(path, sizeof path, "%s/%s", m->folder, file);
    NORN_TRY(norni_out_open(&out, &m->b->env->ctx->alloc, path, err));
    norn_status st = norni_plot_panes(&out.buf, &sheet, err);
    if (st == NORN_OK) st = norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}

/* The worker counts as names of groups. */
static norni_str *count_names(chart_maker *m) {
    norni_str *name = norni_arena_get(&m->arena, m->b->n_points, sizeof *name);
    for (size_t k = 0; name != NULL && k < m->b->n_points; k++)
        name[k] = name_of(m, m->b->point[k].set.workers, "");
    return name;
}

/* Two groups of bars over the worker counts; value (2, n_points). */
static norn_status pair_of_bars(chart_maker *m, norni_pane *p, const char *const group[2],
                                const double *value, norn_err *err) {
    norni_str *name = count_names(m), *kind = norni_arena_get(&m->arena, 2, sizeof *kind);
    if (name == NULL || kind == NULL) return norni_alloc_fail(err, "chart", 2, sizeof *kind);
    kind[0] = norni_str_of(group[0]);
    kind[1] = norni_str_of(group[1]);
    p->x.label = norni_str_of("workers, or one-thread processes");
    return norni_pane_groups(&m->arena, p, name, m->b->n_points, kind, value, 2, err);
}

/* ---- the four ---- */

static norn_status draw_times(chart_maker *m, norn_err *err) {
    const norni_bench *b = m->b;
    const size_t n = b->n_points + 1;
    norni_pane panel[2] = {
        {.title = norni_str_of("Seconds of one run, the least"),
         .x.label = norni_str_of("seconds")},
        {.title = norni_str_of("Seconds of all runs"), .x.label = norni_str_of("seconds")}};
    norni_str *name = norni_arena_get(&m->arena, n, sizeof *name);
    double *least = norni_arena_get(&m->arena, n, sizeof *least);
    const double **all = norni_arena_get(&m->arena, n, sizeof *all);
    size_t *count = norni_arena_get(&m->arena, n, sizeof *count);
    if (!name || !least || !all || !count) return norni_alloc_fail(err, "chart", n, 64);
    for (size_t k = 0; k < n; k++) {
        const norni_bench_set *s = k == 0 ? &b->serial : &b->point[k - 1].set;
        name[k] = k == 0 ? norni_str_of("serial")
                         : name_of(m, s->workers, k == 1 ? " worker" : " workers");
        least[k] = s->least;
        all[k] = s->seconds;
        count[k] = s->n;
    }
    NORN_TRY(norni_pane_bars(&m->arena, &panel[0], name, least, n, err));
    NORN_TRY(norni_pane_boxes(&m->arena, &panel[1], name, all, count, n, err));
    return write_sheet(m, "performance_comparison.svg", "times", panel, 2, err);
}

static double ideal(const norni_amdahl *a, double p) {
    (void)a;
    return p;
}

static norni_layer curve(chart_maker *m, const char *name,
                         double (*f)(const norni_amdahl *, double), double last) {
    norni_layer l = {.mark = NORNI_MARK_LINE, .name = norni_str_of(name), .dashed = true};
    double *x = norni_arena_get(&m->arena, 2 * FINE, sizeof *x);
    for (size_t i = 0; x != NULL && i < FINE; i++) {
        x[i] = 1 + (last - 1) * (double)i / (FINE - 1);
        x[FINE + i] = f(&m->b->amdahl, x[i]);
    }
    l.n = x != NULL ? FINE : 0;
    l.x = x;
    l.y = x != NULL ? x + FINE : NULL;
    return l;
}

static norn_status draw_scaling(chart_maker *m, norn_err *err) {
    const norni_bench *b = m->b;
    const size_t n = b->n_points;
    const double last = b->point[n - 1].set.workers;
    norni_layer layer[MOST_LAYERS];
    double *v = norni_arena_get(&m->arena, 5 * n, sizeof *v);
    if (v == NULL) return norni_alloc_fail(err, "chart", 5 * n, sizeof *v);
    double *x = v, *gain = v + n, *processes = v + 2 * n, *efficiency = v + 3 * n;
    for (size_t k = 0; k < n; k++) {
        x[k] = b->point[k].set.workers;
        gain[k] = norni_bench_speed_up(b, k);
        processes[k] = b->point[k].process_gain;
        efficiency[k] = gain[k] / x[k];
        efficiency[n + k] = processes[k] / x[k];
    }
    norni_pane panel[2] = {{.title = norni_str_of("Speed-up over the serial run"),
                            .x = {.label = norni_str_of("workers, or one-thread processes"),
                                  .scale = NORNI_SCALE_WHOLE},
                            .y.label = norni_str_of("times"),
                            .layer = layer},
                           {.title = norni_str_of("Efficiency: speed-up per worker")}};
    layer[0] = (norni_layer){.mark = NORNI_MARK_LINE,
                             .name = norni_str_of("workers"),
                             .thick = true,
                             .n = n,
                             .x = x,
                             .y = gain};
    layer[1] = (norni_layer){.mark = NORNI_MARK_LINE,
                             .name = norni_str_of("one-thread processes"),
                             .colour = 1,
                             .n = n,
                             .x = x,
                             .y = processes};
    layer[2] = curve(m, "one more for each worker", ideal, last);
    layer[2].ink = true;
    layer[3] = curve(m, "Amdahl's law, fitted", norni_amdahl_speed_up, last);
    layer[3].colour = 2;
    if (layer[2].n == 0 || layer[3].n == 0) return norni_alloc_fail(err, "chart", 2 * FINE, 8);
    panel[0].n_layers = b->amdahl.fitted ? 4 : 3;
    if (last < 2) { /* a single count: a point, not a line */
        for (size_t k = 0; k < 2; k++)
            layer[k].mark = NORNI_MARK_POINTS;
        panel[0].n_layers = 2;
    }
    static const char *const group[] = {"workers", "one-thread processes"};
    NORN_TRY(pair_of_bars(m, &panel[1], group, efficiency, err));
    return write_sheet(m, "scalability_analysis.svg", "scaling", panel, 2, err);
}

static norn_status draw_memory(chart_maker *m, norn_err *err) {
    const norni_bench *b = m->b;
    const size_t n = b->n_points;
    double *held = norni_arena_get(&m->arena, 4 * n, sizeof *held), *got = held + 2 * n;
    if (held == NULL) return norni_alloc_fail(err, "chart", 4 * n, sizeof *held);
    for (size_t k = 0; k < n; k++) {
        held[k] = b->point[k].set.rss / mib;
        held[n + k] = b->point[k].process_rss / mib;
        got[k] = b->point[k].set.peak / mib;
        got[n + k] = b->point[k].set.workers * b->serial.peak / mib;
    }
    norni_pane panel[2] = {
        {.title = norni_str_of("Peak of resident memory"), .y.label = norni_str_of("MiB")},
        {.title = norni_str_of("Peak of what was allocated"), .y.label = norni_str_of("MiB")}};
    static const char *const group[] = {"one process with its workers",
                                        "as many one-thread processes in all"};
    NORN_TRY(pair_of_bars(m, &panel[0], group, held, err));
    NORN_TRY(pair_of_bars(m, &panel[1], group, got, err));
    return write_sheet(m, "memory_usage_analysis.svg", "memory", panel, 2, err);
}

static norn_status draw_throughput(chart_maker *m, norn_err *err) {
    const norni_bench *b = m->b;
    const size_t n = b->n_points;
    double *rate = norni_arena_get(&m->arena, 2 * n, sizeof *rate);
    if (rate == NULL) return norni_alloc_fail(err, "chart", 2 * n, sizeof *rate);
    for (size_t k = 0; k < n; k++) {
        rate[k] = b->n_items / b->point[k].set.least;
        rate[n + k] = b->point[k].set.workers * b->n_items / b->point[k].process_seconds;
    }
    norni_pane panel = {.title = norni_str_of("Work done in a second")};
    panel.y.label = norni_str_of(b->work->item);
    static const char *const group[] = {"one process with its workers",
                                        "as many one-thread processes in all"};
    NORN_TRY(pair_of_bars(m, &panel, group, rate, err));
    return write_sheet(m, "throughput_analysis.svg", "throughput", &panel, 1, err);
}

static norn_status write_copy(chart_maker *m, norn_err *err) {
    char path[4096];
    norni_out out;
    norni_json j;
    norni_format(path, sizeof path, "%s/bench.json", m->folder);
    NORN_TRY(norni_out_open(&out, &m->b->env->ctx->alloc, path, err));
    norni_json_init(&j, &out.buf);
    norni_bench_json(m->b, &j);
    const norn_status st =
        out.buf.failed ? norni_alloc_fail(err, "bench", 1, 1) : norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}

norn_status norni_bench_charts(const norni_bench *b, const char *folder, norn_err *err) {
    chart_maker m = {.b = b, .folder = folder};
    norni_arena_init(&m.arena, &b->env->ctx->alloc);
    norni_format(m.below, sizeof m.below, "%s, %d usable cores, load %g at the start%s; digests %s",
                 b->machine.cpu, (int)b->machine.usable_cores, b->machine.load[0],
                 b->machine.busy ? ", busy: numbers are low" : "",
                 b->equal ? "equal" : "DIFFERENT");
    norn_status st = draw_times(&m, err);
    if (st == NORN_OK) st = draw_scaling(&m, err);
    if (st == NORN_OK) st = draw_memory(&m, err);
    if (st == NORN_OK) st = draw_throughput(&m, err);
    if (st == NORN_OK) st = write_copy(&m, err);
    norni_arena_clear(&m.arena);
    return st;
}
