/* rolling_mean and its kind: one Python function for each row of the library's rolling operations. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/rolling.h"

#include <norn/rolling.h>
#include <stdio.h>
#include <string.h>

#include "python/src/vector.h"
#include "roll/roll_ops.h"

enum { OP_TEXT = 400, MOST_ARGS = 12 };
/* Below, the interpreter's lock stays where it is; above, Ctrl-C is looked for. In ns of one core. */
static const double HOLD_BELOW = 20e3, WATCH_ABOVE = 30e6;

/* A call's arguments, borrowed. */
typedef struct roll_call {
    const norni_roll_row *row;
    PyObject *x, *window, *other, *out, *min_periods, *center, *closed, *zero_copy_only;
    PyObject *arg[MOST_ARGS]; /* of row->args, in their order */
    char op[OP_TEXT];
    norn_rolling_opt opt;
    const double *from, *with;
    double *to;
    size_t n;
} roll_call;

static bool weighted(const norni_roll_row *row) {
    return row->shape == NORNI_ROLL_WEIGHTED;
}

static bool paired(const norni_roll_row *row) {
    return row->shape == NORNI_ROLL_PAIR || row->shape == NORNI_ROLL_TREND;
}

/* The k-th name in "q|interpolation", or nothing. */
static norni_str arg_name(const char *args, size_t k) {
    for (const char *p = args; *p != '\0'; k--) {
        const char *end = strchr(p, '|');
        const size_t n = end ? (size_t)(end - p) : strlen(p);
        if (k == 0) return (norni_str){p, n};
        if (end == NULL) break;
        p = end + 1;
    }
    return (norni_str){NULL, 0};
}

static PyObject **place_of(roll_call *c, norni_str name) {
    const struct {
        const char *name;
        PyObject **place;
    } fixed[] = {{"x", &c->x},
                 {"out", &c->out},
                 {"min_periods", &c->min_periods},
                 {"zero_copy_only", &c->zero_copy_only},
                 {"window", &c->window},
                 {"center", &c->center},
                 {"closed", &c->closed},
                 {"other", &c->other}};
    const size_t n = weighted(c->row) ? 4 : paired(c->row) ? 8 : 7;
    for (size_t k = 0; k < n; k++) {
        if (norni_str_is(name, fixed[k].name)) return fixed[k].place;
    }
    for (size_t k = 0; k < MOST_ARGS; k++) {
        const norni_str arg = arg_name(c->row->args, k);
        if (arg.p == NULL) break;
        if (arg.n == name.n && memcmp(arg.p, name.p, arg.n) == 0) return &c->arg[k];
    }
    return NULL;
}

/* x, window, then what the operation itself takes. */
static bool take_positional(roll_call *c, PyObject *const *args, Py_ssize_t n) {
    PyObject **place[3 + MOST_ARGS];
    Py_ssize_t n_places = 0;
    place[n_places++] = &c->x;
    if (c->row->shape == NORNI_ROLL_PAIR) place[n_places++] = &c->other;
    if (!weighted(c->row)) place[n_places++] = &c->window;
    for (size_t k = 0; k < MOST_ARGS && arg_name(c->row->args, k).p != NULL; k++) {
        if (!norni_str_is(arg_name(c->row->args, k), "other")) place[n_places++] = &c->arg[k];
    }
    if (n > n_places) {
        PyErr_Format(PyExc_TypeError, "rolling %s: %zd arguments by place, at most %zd are taken",
                     c->row->name, n, n_places);
        return false;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        *place[i] = args[i];
    return true;
}

static bool take_named(roll_call *c, PyObject *const *values, PyObject *names) {
    const Py_ssize_t n = names ? PyTuple_Size(names) : 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t length = 0;
        PyObject *name = PyTuple_GetItem(names, i);
        const char *text = PyUnicode_AsUTF8AndSize(name, &length);
        if (text == NULL) return false;
        PyObject **place = place_of(c, (norni_str){text, (size_t)length});
        if (place == NULL || *place != NULL) {
            PyErr_Format(PyExc_TypeError, "rolling %s: argument '%U' is %s", c->row->name, name,
                         place ? "given twice" : "unknown");
            return false;
        }
        *place = values[i];
    }
    return true;
}

static bool given(const PyObject *o) {
    return o != NULL && o != Py_None;
}

/* "key=value," at the end of op; false: it does not fit, or an exception is set. */
static bool add_arg(roll_call *c, norni_str name, PyObject *value, size_t *used) {
    char buffer[80];
    const char *text = buffer;
    PyObject *made = NULL;
    if (PyBool_Check(value)) {
        text = value == Py_True ? "true" : "false";
    } else {
        made = PyObject_Str(value);
        text = made ? PyUnicode_AsUTF8AndSize(made, NULL) : NULL;
        if (text == NULL) {
            Py_XDECREF(made);
            return false;
        }
    }
    const size_t n = *used < OP_TEXT ? norni_format(c->op + *used, OP_TEXT - *used, "%s%.*s=%s",
                                                    *used > strlen(c->row->name) + 1 ? "," : "",
                                                    (int)name.n, name.p, text)
                                     : 0;
    *used += n;
    Py_XDECREF(made);
    if (*used + 3 < OP_TEXT) return true;
    PyErr_Format(PyExc_ValueError, "rolling %s: an argument is too long", c->row->name);
    return false;
}

/* The operation as the library's text: "quantile(q=0.9,interpolation=lower)". */
static bool write_op(roll_call *c) {
    size_t used = norni_format(c->op, OP_TEXT, "%s(", c->row->name);
    const size_t empty = used;
    for (size_t k = 0; k < MOST_ARGS; k++) {
        const norni_str name = arg_name(c->row->args, k);
        if (name.p == NULL) break;
        if (norni_str_is(name, "other")) {
            if (given(c->other)) used += norni_format(c->op + used, OP_TEXT - used, "other");
            continue;
        }
        if (given(c->arg[k]) && !add_arg(c, name, c->arg[k], &used)) return false;
    }
    if (used == empty)
        c->op[used - 1] = '\0';
    else
        (void)norni_format(c->op + used, OP_TEXT - used, ")");
    return true;
}

static bool read_closed(roll_call *c) {
    static const char *const word[] = {"right", "left", "both", "neither"};
    if (!given(c->closed)) return true;
    const char *text = PyUnicode_Check(c->closed) ? PyUnicode_AsUTF8AndSize(c->closed, NULL) : "";
    if (text == NULL) return false;
    for (int k = 0; k < 4; k++) {
        if (strcmp(text, word[k]) == 0) {
            c->opt.closed = (norn_rolling_closed)k;
            return true;
        }
    }
    PyErr_Format(PyExc_ValueError,
                 "closed: %R is unknown; one of 'right', 'left', 'both', 'neither'", c->closed);
    return false;
}

static bool read_window(nornpy_state *s, roll_call *c) {
    norn_err err = {NORN_OK, ""};
    if (weighted(c->row)) {
        c->opt.kind = NORN_ROLLING_EXPANDING;
        return true;
    }
    if (!given(c->window)) {
        PyErr_Format(PyExc_TypeError, "rolling %s: the window is missing", c->row->name);
        return false;
    }
    if (PyUnicode_Check(c->window)) {
        const char *text = PyUnicode_AsUTF8AndSize(c->window, NULL);
        if (text == NULL) return false;
        const norn_status st = norn_rolling_window(text, &c->opt, &err);
        return st == NORN_OK || nornpy_raise(s, st, &err) != NULL;
    }
    PyObject *index = PyNumber_Index(c->window);
    if (index == NULL) return false;
    const long long n = PyLong_AsLongLong(index);
    Py_DECREF(index);
    if (n == -1 && PyErr_Occurred()) return false;
    if (n < 1) {
        const norn_status st = norn_fail(
            &err, NORN_E_ARG, "rolling: window=%lld is no number of values (1 or more)", n);
        return nornpy_raise(s, st, &err) != NULL;
    }
    c->opt.window = (size_t)n;
    return true;
}

static bool read_options(nornpy_state *s, roll_call *c) {
    c->opt = norn_rolling_opt_default();
    if (!read_window(s, c) || !read_closed(c)) return false;
    if (given(c->min_periods)) {
        c->opt.min_periods = PyLong_AsLongLong(c->min_periods);
        if (c->opt.min_periods == -1 && PyErr_Occurred()) return false;
        if (c->opt.min_periods < 0) {
            PyErr_SetString(PyExc_ValueError, "min_periods: it is 0 or more");
            return false;
        }
    }
    if (c->center) {
        const int yes = PyObject_IsTrue(c->center);
        if (yes < 0) return false;
        c->opt.center = yes == 1;
    }
    return write_op(c);
}

static norn_status work(norn_ctx *ctx, void *arg, norn_err *err) {
    const roll_call *c = arg;
    if (c->with == NULL) return norn_rolling(ctx, c->from, c->n, c->op, &c->opt, c->to, err);
    const double *const columns[2] = {c->from, c->with};
    const char *const names[2] = {"x", "other"};
    const char *const op = c->op;
    double *const out = c->to;
    const norn_rolling_data data = {
        .n = c->n, .n_columns = 2, .n_rolled = 1, .columns = columns, .names = names};
    return norn_rolling_columns(ctx, &data, &op, 1, &c->opt, &out, err);
}

static bool run(nornpy_state *s, roll_call *c) {
    const double cost = (double)c->n * (c->row->cost + 4);
    norn_err err = {NORN_OK, ""};
    norn_status st;
    norn_ctx *ctx = nornpy_lease(s, 0);
    bool good;
    if (ctx == NULL) return false;
    if (cost > WATCH_ABOVE) {
        good = nornpy_run(s, ctx, work, c, NULL, NULL);
    } else {
        if (cost < HOLD_BELOW) {
            st = work(ctx, c, &err);
        } else {
            Py_BEGIN_ALLOW_THREADS st = work(ctx, c, &err);
            Py_END_ALLOW_THREADS
        }
        good = st == NORN_OK;
        if (!good) (void)nornpy_raise(s, st, &err);
    }
    nornpy_give_back(s, ctx);
    return good;
}

/* The answer's array and the columns, then the work. */
static PyObject *roll(nornpy_state *s, roll_call *c) {
    nornpy_vector x = {.n = 0}, other = {.n = 0}, out = {.n = 0};
    PyObject *answer = NULL;
    const int plain = c->zero_copy_only ? PyObject_IsTrue(c->zero_copy_only) : 0;
    if (plain < 0 || !nornpy_vector_take(c->x, "x", plain == 1, &x)) goto done;
    if (given(c->other)) {
        if (!nornpy_vector_take(c->other, "other", plain == 1, &other)) goto done;
        if (other.n != x.n) {
            PyErr_Format(PyExc_ValueError, "other: %zu values, x has %zu", other.n, x.n);
            goto done;
        }
        c->with = other.p;
    }
    answer = given(c->out) ? Py_NewRef(c->out) : PyObject_CallFunction(s->np_empty, "n", x.n);
    if (answer == NULL || !nornpy_vector_out(answer, x.n, &out)) goto fail;
    if (nornpy_overlap(x.p, x.n, out.p, x.n) || nornpy_overlap(c->with, other.n, out.p, x.n)) {
        PyErr_SetString(PyExc_ValueError, "out: it shares memory with the values");
        goto fail;
    }
    c->from = x.p;
    c->n = x.n;
    c->to = out.view.buf;
    if (run(s, c)) goto done;
fail:
    Py_CLEAR(answer);
done:
    nornpy_vector_drop(&x);
    nornpy_vector_drop(&other);
    nornpy_vector_drop(&out);
    return answer;
}

/* pandas, Polars, lists …: python/norn/_series.py makes columns of them and comes back here. */
static PyObject *roll_series(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names) {
    const Py_ssize_t n_names = names ? PyTuple_Size(names) : 0;
    PyObject *module = PyImport_ImportModule("norn._series"), *answer = NULL;
    PyObject *function = module ? PyObject_GetAttrString(module, "roll") : NULL;
    PyObject *values = PyTuple_New(n), *named = PyDict_New();
    Py_XDECREF(module);
    if (function == NULL || values == NULL || named == NULL) goto done;
    for (Py_ssize_t i = 0; i < n; i++)
        if (PyTuple_SetItem(values, i, Py_NewRef(args[i])) != 0) goto done;
    for (Py_ssize_t i = 0; i < n_names; i++)
        if (PyDict_SetItem(named, PyTuple_GetItem(names, i), args[n + i]) != 0) goto done;
    answer = PyObject_CallFunctionObjArgs(function, PyTuple_GetItem(self, 2), values, named, NULL);
done:
    Py_XDECREF(function);
    Py_XDECREF(values);
    Py_XDECREF(named);
    return answer;
}

/* self: (module, the operation's row number, its public name) */
static PyObject *call(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names) {
    nornpy_state *s = nornpy_state_of(PyTuple_GetItem(self, 0));
    const size_t row = PyLong_AsSize_t(PyTuple_GetItem(self, 1));
    roll_call c = {.row = &norni_roll_rows[row]};
    if (!take_positional(&c, args, n) || !take_named(&c, args + n, names)) return NULL;
    if (c.x == NULL || (c.row->shape == NORNI_ROLL_PAIR && c.other == NULL)) {
        PyErr_Format(PyExc_TypeError, "rolling %s: %s is missing", c.row->name,
                     c.x ? "other" : "x");
        return NULL;
    }
    if (!PyObject_CheckBuffer(c.x) || (given(c.other) && !PyObject_CheckBuffer(c.other)))
        return roll_series(self, args, n, names);
    if (!read_options(s, &c)) return NULL;
    return roll(s, &c);
}

/* "rolling_quantile(x, window, q, interpolation, *, …)" and the row's help. */
static void write_doc(const norni_roll_row *row, const char *name, char *doc, size_t size) {
    size_t n =
        norni_format(doc, size, "%s(x%s%s", name, row->shape == NORNI_ROLL_PAIR ? ", other" : "",
                     weighted(row) ? "" : ", window");
    for (size_t k = 0; arg_name(row->args, k).p != NULL; k++) {
        const norni_str arg = arg_name(row->args, k);
        if (!norni_str_is(arg, "other"))
            n += norni_format(doc + n, size - n, ", %.*s=None", (int)arg.n, arg.p);
    }
    n += norni_format(doc + n, size - n,
                      ", *%s, min_periods=None%s, out=None, zero_copy_only=False)",
                      row->shape == NORNI_ROLL_TREND ? ", other=None" : "",
                      weighted(row) ? "" : ", center=False, closed='right'");
    n += norni_format(doc + n, size - n, "\n--\n\n%s: %s.\n\n",
                      weighted(row) ? "Weighted" : "Rolling", row->help);
    (void)norni_format(
        doc + n, size - n, "%s%s",
        weighted(row) ? ""
                      : "window: how many values, a span of time as '7D' (of a pandas Series with "
                        "times as its "
                        "index), or 'expanding'. A window with fewer than min_periods values "
                        "(default: window; 1 "
                        "for spans and 'expanding') gives NaN.\n",
        "NaN and infinities are missing values, as in pandas. float64 arrays are read in place; "
        "others are copied once unless zero_copy_only. out: a float64 array for the answer. A "
        "pandas or "
        "Polars series gives a series of its kind.");
}

/* One for each row. The functions point into it: each holds it through its self. */
typedef struct roll_function {
    PyMethodDef method;
    char name[48], doc[1400];
} roll_function;

static void free_functions(PyObject *capsule) {
    PyMem_Free(PyCapsule_GetPointer(capsule, "norn.rolling"));
}

static bool add_function(PyObject *module, PyObject *owner, roll_function *f, size_t row,
                         PyObject *names) {
    const norni_roll_row *r = &norni_roll_rows[row];
    bool good = false;
    (void)norni_format(f->name, sizeof f->name, "%s%s", weighted(r) ? "" : "rolling_", r->name);
    write_doc(r, f->name, f->doc, sizeof f->doc);
    f->method = (PyMethodDef){f->name, (PyCFunction)(void (*)(void))call,
                              METH_FASTCALL | METH_KEYWORDS, f->doc};
    PyObject *self = Py_BuildValue("(OnsO)", module, (Py_ssize_t)row, f->name, owner);
    PyObject *of = PyUnicode_FromString("norn"), *name = PyUnicode_FromString(f->name);
    PyObject *function = self && of ? PyCFunction_NewEx(&f->method, self, of) : NULL;
    if (function != NULL && name != NULL)
        good = PyModule_AddObjectRef(module, f->name, function) == 0 &&
               PyList_Append(names, name) == 0;
    Py_XDECREF(function);
    Py_XDECREF(name);
    Py_XDECREF(of);
    Py_XDECREF(self);
    return good;
}

bool nornpy_rolling_init(PyObject *module) {
    roll_function *table = PyMem_Calloc(norni_n_roll_rows, sizeof *table);
    if (table == NULL) return PyErr_NoMemory() != NULL;
    PyObject *owner = PyCapsule_New(table, "norn.rolling", free_functions);
    if (owner == NULL) {
        PyMem_Free(table);
        return false;
    }
    PyObject *names = PyList_New(0);
    bool good = names != NULL;
    for (size_t i = 0; i < norni_n_roll_rows && good; i++)
        good = add_function(module, owner, &table[i], i, names);
    good = good && PyModule_AddObjectRef(module, "rolling_names", names) == 0;
    Py_XDECREF(names);
    Py_DECREF(owner);
    return good;
}
