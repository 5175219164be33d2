/* /openapi.json: OpenAPI 3.1 of every route, made from the registry's rows when the server starts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/version.h"
#include "base/numtext.h"
#include "io/writer.h"
#include "server/api_openapi_parts.h"

/* ---- schemas of rows ---- */

static void put_domain(norni_json *w, const norni_param *row) {
    if (!(row->min < row->max)) return;
    norni_json_key_num(w, "minimum", row->min);
    norni_json_key_num(w, "maximum", row->max);
}

static void put_number(norni_json *w, const norni_param *row, const char *type) {
    double x;
    norni_json_key_str(w, "type", norni_str_of(type));
    put_domain(w, row);
    if (row->def && norni_num_parse(row->def, strlen(row->def), &x) == NORNI_NUM_OK)
        norni_json_key_num(w, "default", x);
}

static void put_choices(norni_json *w, const norni_param *row) {
    norni_json_key_str(w, "type", norni_str_of("string"));
    norni_json_key(w, "enum");
    norni_json_open(w, '[');
    for (size_t k = 0;; k++) {
        const norni_str s = norni_param_choice(row->choices, k);
        if (s.p == NULL) break;
        norni_json_str(w, s);
    }
    norni_json_close(w, ']');
    if (row->def) norni_json_key_str(w, "default", norni_str_of(row->def));
}

static void put_list(norni_json *w, const norni_param *row, const char *type) {
    norni_json_key_str(w, "type", norni_str_of("array"));
    norni_json_key(w, "items");
    norni_json_open(w, '{');
    norni_json_key_str(w, "type", norni_str_of(type));
    put_domain(w, row);
    norni_json_close(w, '}');
}

static void put_schema(norni_json *w, const norni_param *row, bool described) {
    norni_json_open(w, '{');
    switch (row->type) {
        case NORNI_T_DOUBLE: put_number(w, row, "number"); break;
        case NORNI_T_INT: put_number(w, row, "integer"); break;
        case NORNI_T_BOOL:
            norni_json_key_str(w, "type", norni_str_of("boolean"));
            norni_json_key(w, "default");
            norni_json_bool(w, row->def && strcmp(row->def, "true") == 0);
            break;
        case NORNI_T_CHOICE: put_choices(w, row); break;
        case NORNI_T_DOUBLES: put_list(w, row, "number"); break;
        case NORNI_T_INTS: put_list(w, row, "integer"); break;
        case NORNI_T_TEXT:
        case NORNI_T_SIZE:
            norni_json_key_str(w, "type", norni_str_of("string"));
            if (row->def) norni_json_key_str(w, "default", norni_str_of(row->def));
            break;
    }
    if (described) norni_json_key_str(w, "description", norni_str_of(row->help));
    norni_json_close(w, '}');
}

/* Rows that a request may set. */
typedef void (*row_fn)(norni_json *w, const norni_op *op, const norni_param *row);
static void each_row(norni_json *w, const norni_op *op, row_fn fn) {
    for (size_t g = 0; g < op->n_groups; g++) {
        for (size_t i = 0; i < *op->groups[g].n_rows; i++) {
            const norni_param *row = &op->groups[g].rows[i];
            if (row->path == NORNI_PATH_NONE && !api_row_own(row) && api_row_listed(op, row))
                fn(w, op, row);
        }
    }
}

/* `required` would force it into the query, where a form's field or `params` do as well. */
#define ELSEWHERE "; needed: here, as a field of the form, or in params"

static void query_row(norni_json *w, const norni_op *op, const norni_param *row) {
    (void)op;
    norni_json_open(w, '{');
    norni_json_key_str(w, "name", norni_str_of(row->name));
    norni_json_key_str(w, "in", norni_str_of("query"));
    char text[400];
    const size_t n =
        norni_format(text, sizeof text, "%s%s", row->help, row->required ? ELSEWHERE : "");
    norni_json_key_str(w, "description", (norni_str){text, n});
    if (row->required) {
        norni_json_key(w, "x-needed");
        norni_json_bool(w, true);
    }
    if (row->type == NORNI_T_DOUBLES || row->type == NORNI_T_INTS) {
        norni_json_key_str(w, "style", norni_str_of("form"));
        norni_json_key(w, "explode");
        norni_json_bool(w, false);
    }
    norni_json_key(w, "schema");
    put_schema(w, row, false);
    norni_json_close(w, '}');
}

static void param_row(norni_json *w, const norni_op *op, const norni_param *row) {
    (void)op;
    norni_json_key(w, row->name);
    put_schema(w, row, true);
}

static void required_row(norni_json *w, const norni_op *op, const norni_param *row) {
    (void)op;
    if (row->required) norni_json_str(w, norni_str_of(row->name));
}

static void raw(norni_json *w, const char *json) {
    norni_buf_text(w->b, json);
    w->after_key = false;
}

static bool has_required(const norni_op *op) {
    for (size_t g = 0; g < op->n_groups; g++) {
        for (size_t i = 0; i < *op->groups[g].n_rows; i++) {
            if (op->groups[g].rows[i].required && api_row_listed(op, &op->groups[g].rows[i]))
                return true;
        }
    }
    return false;
}

/* components/schemas/NAME: the parameters as a JSON object. */
static void put_params(norni_json *w, const norni_op *op) {
    norni_json_key(w, op->name);
    norni_json_open(w, '{');
    norni_json_key_str(w, "type", norni_str_of("object"));
    norni_json_key(w, "additionalProperties");
    norni_json_bool(w, false);
    norni_json_key(w, "properties");
    norni_json_open(w, '{');
    each_row(w, op, param_row);
    norni_json_close(w, '}');
    if (has_required(op)) {
        norni_json_key(w, "required");
        norni_json_open(w, '[');
        each_row(w, op, required_row);
        norni_json_close(w, ']');
    }
    norni_json_close(w, '}');
}

/* ---- bodies ---- */

static void upload_row(norni_json *w, const norni_op *op) {
    for (size_t g = 0; g < op->n_groups; g++) {
        for (size_t i = 0; i < *op->groups[g].n_rows; i++) {
            const norni_param *row = &op->groups[g].rows[i];
            if (row->path != NORNI_PATH_UPLOAD || !api_row_listed(op, row)) continue;
            norni_json_key(w, row->name);
            norni_json_open(w, '{');
            norni_json_key_str(w, "type", norni_str_of("string"));
            norni_json_key_str(w, "format", norni_str_of("binary"));
            norni_json_key_str(w, "description", norni_str_of(row->help));
            norni_json_close(w, '}');
        }
    }
}

static void put_multipart(norni_json *w, const norni_op *op) {
    norni_json_key(w, "multipart/form-data");
    norni_json_open(w, '{');
    norni_json_key(w, "schema");
    norni_json_open(w, '{');
    norni_json_key_str(w, "type", norni_str_of("object"));
    norni_json_key(w, "properties");
    norni_json_open(w, '{');
    norni_json_key(w, "file");
    raw(w, "{\"type\":\"string\",\"format\":\"binary\"}");
    norni_json_key(w, "files");
    raw(w, "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"format\":\"binary\"}}");
    norni_json_key(w, "task_id");
    raw(w, "{\"type\":\"string\",\"maxLength\":64}");
    norni_json_key(w, "params");
    norni_json_open(w, '{');
    char ref[80];
    norni_format(ref, sizeof ref, "#/components/schemas/%s", op->name);
    norni_json_key_str(w, "$ref", norni_str_of(ref));
    norni_json_close(w, '}');
    upload_row(w, op);
    each_row(w, op, param_row);
    norni_json_close(w, '}');
    norni_json_close(w, '}');
    norni_json_close(w, '}');
}

static void put_json_body(norni_json *w, const norni_op *op) {
    char ref[80];
    norni_format(ref, sizeof ref, "#/components/schemas/%s", op->name);
    norni_json_key(w, "application/json");
    norni_json_open(w, '{');
    norni_json_key(w, "schema");
    raw(w,
        "{\"type\":\"object\",\"required\":[\"data\"],\"additionalProperties\":false,"
        "\"properties\":{\"data\":{\"oneOf\":[{\"type\":\"array\",\"items\":{\"type\":"
        "\"object\"}},{\"type\":\"object\"}]},"
        "\"params\":{\"$ref\":\"");
    norni_buf_text(w->b, ref);
    norni_buf_text(w->b, "\"}}}");
    norni_json_key(w, "example");
    api_example_body(w, op->name);
    norni_json_close(w, '}');
}

static void put_body(norni_json *w, const norni_op *op) {
    static const char *const kind[] = {
        "application/octet-stream", "application/gzip", "application/zstd",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"};
    const bool records = api_op_records(op);
    norni_json_key(w, "requestBody");
    norni_json_open(w, '{');
    norni_json_key(w, "required");
    norni_json_bool(w, true);
    norni_json_key(w, "content");
    norni_json_open(w, '{');
    norni_json_key(w, "text/csv");
    norni_json_open(w, '{');
    norni_json_key(w, "schema");
    raw(w, "{\"type\":\"string\"}");
    norni_json_key(w, "example");
    api_example_csv(w, op->name);
    norni_json_close(w, '}');
    for (size_t i = 0; i < sizeof kind / sizeof kind[0]; i++) {
        norni_json_key(w, kind[i]);
        raw(w, "{\"schema\":{\"type\":\"string\",\"format\":\"binary\"}}");
    }
    if (records) {
        norni_json_key(w, "application/x-ndjson");
        raw(w, "{\"schema\":{\"type\":\"string\"}}");
    }
    put_multipart(w, op);
    put_json_body(w, op);
    norni_json_close(w, '}');
    norni_json_close(w, '}');
}

/* ---- paths ---- */

static const char answers[] =
    "{\"200\":{\"description\":\"the answer\",\"headers\":{\"Norn-Job\":{\"schema\":{\"type\":"
    "\"string\"}}},\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\"}},"
    "\"text/csv\":{\"schema\":{\"type\":\"string\"}},\"text/html\":{\"schema\":{\"type\":"
    "\"string\"}}}},\"202\":{\"description\":\"accepted; see Location\",\"content\":{"
    "\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Job\"}}}},"
    "\"default\":{\"$ref\":\"#/components/responses/Problem\"}}";

static void put_operation(norni_json *w, const norni_op *op, const char *path) {
    char id[64];
    size_t n = 0;
    for (const char *p = path + 1; *p && n + 1 < sizeof id; p++)
        id[n++] = *p == '/' ? '_' : *p;
    id[n] = '\0';
    norni_json_key(w, path);
    norni_json_open(w, '{');
    norni_json_key(w, "post");
    norni_json_open(w, '{');
    norni_json_key_str(w, "operationId", norni_str_of(id));
    norni_json_key_str(w, "summary", norni_str_of(op->summary));
    norni_json_key(w, "parameters");
    norni_json_open(w, '[');
    each_row(w, op, query_row);
    norni_json_close(w, ']');
    put_body(w, op);
    norni_json_key(w, "responses");
    raw(w, answers);
    norni_json_key(w, "x-norn-example-params");
    api_example_params(w, op->name);
    norni_json_close(w, '}');
    norni_json_close(w, '}');
}

static void put_paths(norni_json *w) {
    size_t n;
    const norni_op *ops = norni_registry_ops(&n);
    norni_json_key(w, "paths");
    norni_json_open(w, '{');
    for (size_t i = 0; i < n; i++) {
        char path[64];
        if (!ops[i].served) continue;
        norni_format(path, sizeof path, "/v1/%s", norni_op_route(&ops[i]));
        put_operation(w, &ops[i], path);
        if (strcmp(ops[i].name, "report") == 0) {
            put_operation(w, &ops[i], "/full_report");
            put_operation(w, &ops[i], "/api/full_report");
        }
        if (strcmp(ops[i].name, "simulate") == 0) put_operation(w, &ops[i], "/api/simulate");
    }
    norni_buf_text(w->b, ",");
    norni_buf_text(w->b, api_openapi_fixed_paths);
    norni_json_close(w, '}');
}

static void put_components(norni_json *w) {
    size_t n;
    const norni_op *ops = norni_registry_ops(&n);
    norni_json_key(w, "components");
    norni_json_open(w, '{');
    norni_json_key(w, "schemas");
    norni_json_open(w, '{');
    for (size_t i = 0; i < n; i++) {
        if (ops[i].served) put_params(w, &ops[i]);
    }
    norni_buf_text(w->b, ",");
    norni_buf_text(w->b, api_openapi_schemas);
    norni_json_close(w, '}');
    norni_buf_text(w->b, ",");
    norni_buf_text(w->b, api_openapi_components);
    norni_json_close(w, '}');
}

norn_status api_openapi_make(const norn_alloc *alloc, norni_str *out, norn_err *err) {
    norni_buf b;
    norni_json w;
    norni_buf_init(&b, alloc);
    norni_json_init(&w, &b);
    norni_json_open(&w, '{');
    norni_json_key_str(&w, "openapi", norni_str_of("3.1.0"));
    norni_json_key(&w, "info");
    norni_json_open(&w, '{');
    norni_json_key_str(&w, "title", norni_str_of("Norn"));
    norni_json_key_str(&w, "version", norni_str_of(NORNI_VERSION));
    norni_json_key_str(&w, "description",
                       norni_str_of("Reports and forecasts over HTTP. Every parameter is a flag of "
                                    "the command of the same name."));
    norni_json_close(&w, '}');
    norni_json_key(&w, "security");
    raw(&w, "[{},{\"token\":[]}]");
    put_paths(&w);
    put_components(&w);
    norni_json_close(&w, '}');
    norni_buf_text(&b, "\n");
    *out = (norni_str){NULL, 0};
    if (!b.failed) {
        char *kept = norni_alloc_get(alloc, b.n, 1);
        if (kept != NULL) {
            memcpy(kept, b.p, b.n);
            *out = (norni_str){kept, b.n};
        }
    }
    norni_buf_clear(&b);
    return out->p ? NORN_OK : norni_alloc_fail(err, "openapi", b.n, 1);
}

void api_openapi_free(const norn_alloc *alloc, norni_str *text) {
    union {
        const char *from;
        void *to;
    } p = {text->p};
    norni_alloc_drop(alloc, p.to, text->n, 1);
}
