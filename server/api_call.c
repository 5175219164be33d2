/* A call of an operation: its defaults, what the request asks, and where its answers go. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/api_parts.h"

#include <malloc.h>
#include <strings.h>

#include "app/portfolio_plan.h"
#include "app/signals_plan.h"
#include "app/text_plan.h"
#include "app/report_plan.h"
#include "base/numtext.h"

static void check_required(const api_call *c, api_fault *f) {
    for (size_t g = 0; g < c->op->n_groups; g++) {
        for (size_t i = 0; i < *c->op->groups[g].n_rows; i++) {
            const norni_param *row = &c->op->groups[g].rows[i];
            if (row->required && api_row_listed(c->op, row) && !api_call_given(c, row))
                api_fault_add(f, 400, row->name, "%s is needed: %s", row->name, row->help);
        }
    }
}

/* ---- where answers go ---- */

static bool has_choice(const norni_param *row, const char *word) {
    for (size_t k = 0;; k++) {
        const norni_str s = norni_param_choice(row->choices, k);
        if (s.p == NULL) return false;
        if (norni_str_is(s, word)) return true;
    }
}

static const char *place(api_call *c, const char *row_name, const char *file) {
    char path[400];
    const norni_param *row = api_row_find(c->op, norni_str_of(row_name));
    if (row == NULL) return NULL;
    const size_t n = norni_format(path, sizeof path, "%s/%s", job_folder(c->j), file);
    const char *kept = norni_arena_text(&c->arena, path, n);
    if (kept) memcpy((char *)c->opt + row->offset, &kept, sizeof kept);
    return kept;
}

static bool is_report(const api_call *c) {
    return c->op->groups[0].rows == norni_report_rows;
}

/* How much Accept wants a type, 0 … 1: the most exact range decides (RFC 9110, 12.5.1). */
static double wanted(const char *accept, const char *type) {
    const size_t n = strcspn(type, ";"), major = strcspn(type, "/") + 1;
    double best = 0;
    unsigned rank = 0;
    for (const char *p = accept; *p != '\0';) {
        p += strspn(p, ", \t");
        const size_t all = strcspn(p, ","), range = strcspn(p, ",; \t");
        unsigned fits = 0;
        if (range == n && strncasecmp(p, type, n) == 0) fits = 3;
        if (range == major + 1 && strncasecmp(p, type, major) == 0 && p[major] == '*') fits = 2;
        if (range == 3 && strncmp(p, "*/*", 3) == 0) fits = 1;
        if (fits > rank) {
            norni_str rest = {p + range, all - range};
            rank = fits;
            best = 1;
            while (rest.n > 0) {
                rest = norni_str_trim((norni_str){rest.p + 1, rest.n - 1});
                const char *end = memchr(rest.p, ';', rest.n);
                const norni_str one =
                    norni_str_trim((norni_str){rest.p, end ? (size_t)(end - rest.p) : rest.n});
                double q;
                if (one.n > 2 && (one.p[0] == 'q' || one.p[0] == 'Q') && one.p[1] == '=' &&
                    norni_num_parse(one.p + 2, one.n - 2, &q) == NORNI_NUM_OK && q >= 0 && q <= 1)
                    best = q;
                rest = end ? (norni_str){end, rest.n - (size_t)(end - rest.p)} : (norni_str){"", 0};
            }
        }
        p += all;
    }
    return best;
}

enum { AS_JSON, AS_CSV, AS_HTML, AS_XLSX, N_KINDS };
static const struct {
    const char *word, *type, *file;
} kinds[N_KINDS] = {
    {"json", "application/json", "answer.json"},
    {"csv", "text/csv; charset=utf-8", "answer.csv"},
    {"html", "text/html; charset=utf-8", "answer.html"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "answer.xlsx"}};

/* JSON unless Accept likes better what else there is: a report's page, others' CSV. */
static size_t by_accept(const api_call *c, const norni_param *row) {
    const size_t other = is_report(c) ? AS_HTML : AS_CSV;
    if (c->accept == NULL || (api_op_own(c->op) && !is_report(c))) return AS_JSON;
    const bool better = wanted(c->accept, kinds[other].type) > wanted(c->accept, kinds[0].type);
    return better && has_choice(row, kinds[other].word) ? other : AS_JSON;
}

/* Lines of JSON where Accept likes them better than one text. */
static const char lines_type[] = "application/x-ndjson";
static bool wants_lines(const api_call *c) {
    return c->accept != NULL && api_op_lines(c->op) &&
           wanted(c->accept, lines_type) > wanted(c->accept, kinds[AS_JSON].type);
}

/* The format: as asked, else by Accept, else JSON. */
static void choose_format(api_call *c, api_fault *f) {
    const norni_param *row = api_row_find(c->op, norni_str_of("format"));
    size_t k = AS_JSON;
    if (row != NULL && api_call_given(c, row)) {
        norni_buf b;
        norni_buf_init(&b, &c->a->alloc);
        norni_param_print(row, c->opt, &b);
        for (size_t i = 0; i < N_KINDS; i++) {
            if (norni_str_is((norni_str){b.p, b.n}, kinds[i].word)) k = i;
        }
        norni_buf_clear(&b);
    } else if (row != NULL) {
        k = by_accept(c, row);
    }
    if (row != NULL && has_choice(row, kinds[k].word)) {
        norn_err err;
        if (norni_param_set(row, c->opt, norni_str_of(kinds[k].word), &c->arena, NULL, &err) !=
            NORN_OK)
            api_fault_add(f, 400, "format", "%s", err.text);
    }
    c->type = kinds[k].type; /* a constant: the job outlives the call */
    if (k == AS_JSON && wants_lines(c)) c->type = lines_type;
    c->out = place(c, "out", kinds[k].file);
    c->summary = place(c, "summary", "summary.json");
}

/* What multi explains and measures comes back inside its JSON. */
static void place_tables(api_call *c) {
    const norni_param *etl = api_row_find(c->op, norni_str_of("etl"));
    bool wanted = false;
    if (etl != NULL && etl->type == NORNI_T_BOOL)
        memcpy(&wanted, (char *)c->opt + etl->offset, sizeof wanted);
    c->etl = wanted;
    if (wanted) c->type = "application/json";
    if (strcmp(c->type, "application/json") != 0) return;
    if (wanted || api_row_find(c->op, norni_str_of("explain")) != NULL)
        c->output = place(c, "output", "tables");
    if (!wanted) c->explain = place(c, "explain", "explain");
}

/* A report carries its task's name. */
static void place_task(api_call *c) {
    if (!is_report(c)) return;
    norni_report_opt *opt = c->opt;
    opt->task_id = job_task(c->j);
}

/* A request names no folder of ours as its model. */
static void place_models(api_call *c) {
    if (c->op->groups[0].rows == norni_signals_rows)
        ((norni_signals_opt *)c->opt)->sentiment.no_folders = true;
    if (c->op->groups[0].rows == norni_text_sentiment_rows)
        ((norni_text_opt *)c->opt)->sentiment.no_folders = true;
}

/* Files are called as the client calls them: so may a symbol be, and so a report says it. */
static void place_names(api_call *c, api_fault *f) {
    const bool prices = c->op->groups[0].rows == norni_portfolio_rows;
    const bool tweets = c->op->groups[0].rows == norni_signals_rows;
    if (!prices && !tweets) return;
    const char **name = norni_arena_get(&c->arena, API_MOST_FILES, sizeof *name);
    if (name == NULL) {
        api_fault_add(f, 503, NULL, "the server is out of memory");
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < c->n_input; i++) {
        if (c->input[i].data) name[n++] = c->input[i].name;
        if (prices && ((norni_portfolio_opt *)c->opt)->signal == c->input[i].path)
            ((norni_portfolio_opt *)c->opt)->signal_name = c->input[i].name;
    }
    if (prices) ((norni_portfolio_opt *)c->opt)->names = (norni_inputs){name, n};
    if (tweets) ((norni_signals_opt *)c->opt)->names = (norni_inputs){name, n};
}

/* ---- the call ---- */

/* Workers that the request asks for: an upper bound; results do not depend on it. */
static void read_threads(api_call *c, api_fault *f) {
    const norni_common_opt *common = c->opt;
    const norni_param *row = api_row_find(c->op, norni_str_of("threads"));
    int64_t n = 0;
    if (row == NULL || !api_call_given(c, row) || strcmp(common->threads, row->def) == 0) return;
    const norni_str text = norni_str_of(common->threads);
    if (norni_int_parse(text.p, text.n, &n) != NORNI_NUM_OK || n < 1 || n > 4096)
        api_fault_add(f, 400, "threads",
                      "threads: '%.40s' is neither %s nor a whole number in [1, 4096]",
                      common->threads, row->def);
    c->threads = (int32_t)n;
}

static void set_operand(api_call *c, api_fault *f) {
    const char **path = norni_arena_get(&c->arena, API_MOST_FILES, sizeof *path);
    char *field = (char *)c->opt + c->op->operand_offset;
    if (path == NULL) {
        api_fault_add(f, 503, NULL, "the server is out of memory");
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < c->n_input; i++) {
        if (c->input[i].data) path[n++] = c->input[i].path;
    }
    if (n == 0) {
        api_fault_add(f, 400, "file", "no file: send the data as the body, or as the part `file`");
    } else if (c->op->operand_many) {
        const norni_inputs in = {path, n};
        memcpy(field, &in, sizeof in);
    } else if (n > 1) {
        api_fault_add(f, 400, "file", "%zu files; %s takes one", n, c->op->name);
    } else {
        memcpy(field, &path[0], sizeof path[0]);
    }
}

/* A client's name for its task: short and plain, or none. */
static const char *task_of(http_request *r, char out[72], api_fault *f) {
    const http_part *p = http_part_find(r, "task_id");
    const char *asked = http_query(r, "task_id");
    const norni_str s = p ? p->text : norni_str_of(asked);
    bool ok = s.n <= 64;
    for (size_t i = 0; ok && i < s.n; i++) {
        const char c = s.p[i];
        ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '-' || c == '_';
    }
    if (!ok) api_fault_add(f, 400, "task_id", "task_id: at most 64 letters, digits, - and _");
    norni_format(out, 72, "%.*s", ok ? (int)s.n : 0, s.p ? s.p : "");
    return out;
}

/* All that was asked is known. */
static void settle(api_call *c, api_fault *f) {
    check_required(c, f);
    set_operand(c, f);
    read_threads(c, f);
    choose_format(c, f);
    place_tables(c);
    place_task(c);
    place_models(c);
    place_names(c, f);
}

bool api_call_read_later(api_call *c, const norn_alloc *alloc, api_fault *f) {
    norni_buf b;
    norni_buf_init(&b, alloc);
    c->alloc = alloc;
    if (!api_file_read(c->later, &b))
        api_fault_add(f, 503, NULL, "the body cannot be read back");
    else if (c->later_params)
        api_json_params(c, (norni_str){b.p, b.n}, f);
    else
        api_json_body(c, (norni_str){b.p, b.n}, f);
    norni_buf_clear(&b);
    c->alloc = &c->a->alloc;
#ifdef __GLIBC__
    malloc_trim(0); /* many small values were freed: the system gets them back */
#endif
    if (f->status == 0) settle(c, f);
    return f->status == 0;
}

void api_call_drop(void *call) {
    api_call *c = call;
    const norn_alloc alloc = c->a->alloc;
    norni_arena_clear(&c->arena);
    norni_alloc_drop(&alloc, c, 1, sizeof *c);
}

bool api_call_make(api *a, const norni_op *op, http_request *r, api_call **out, api_fault *f) {
    char task[72];
    norn_err err = {NORN_OK, ""};
    api_call *c = norni_alloc_zero(&a->alloc, 1, sizeof *c);
    norn_status st = NORN_OK;
    *out = NULL;
    if (c == NULL) {
        api_fault_add(f, 503, NULL, "the server is out of memory");
        return false;
    }
    c->a = a;
    c->op = op;
    c->alloc = &a->alloc;
    norni_arena_init(&c->arena, &a->alloc);
    c->opt = norni_arena_zero(&c->arena, 1, op->opt_size);
    if (c->opt == NULL) st = norni_alloc_fail(&err, "request", 1, op->opt_size);
    for (size_t g = 0; g < op->n_groups && st == NORN_OK; g++)
        st = norni_param_defaults(op->groups[g].rows, *op->groups[g].n_rows, c->opt, &c->arena,
                                  &err);
    task_of(r, task, f);
    if (st == NORN_OK && f->status == 0) st = job_new(a->q, op->name, r, task, &c->j, &err);
    if (st != NORN_OK) api_fault_add(f, 503, NULL, "%s", err.text);
    if (f->status == 0) {
        const char *accept = http_header(r, "Accept");
        c->accept = accept ? norni_arena_text(&c->arena, accept, strlen(accept)) : NULL;
        api_call_take(c, r, f);
        if (c->later[0] == '\0') settle(c, f);
    }
    if (f->status != 0) {
        if (c->j) job_discard(c->j);
        api_call_drop(c);
        return false;
    }
    *out = c;
    return true;
}
