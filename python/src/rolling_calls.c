/* rolling_mean and its kind: one Python function for each row of the library's rolling operations. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/rolling_calls.h"

#include <string.h>

#include "python/src/rolled_rows.h"
#include "python/src/vector.h"
#include "roll/roll_ops.h"

enum { OP_TEXT = 400, MOST_ARGS = 12, MOST_ROWS = 40 };
/* Below, the interpreter's lock stays where it is; above, Ctrl-C is looked for. In ns of one core. */
static const double HOLD_BELOW = 20e3, WATCH_ABOVE = 30e6;

/* A call's arguments, borrowed. */
typedef struct roll_call {
    const norni_roll_row *row;
    PyObject *x, *window, *other, *out, *min_periods, *center, *closed, *zero_copy_only;
    PyObject *arg[MOST_ARGS]; /* of row->args, in their order */
    PyObject *times,
        *ticks; /* what _series.py gives beside for spans: int64, how many a microsecond */
    char op[OP_TEXT];
    norn_rolling_opt opt;
    const double *from, *with;
    const int64_t *at;
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
    if (name.n > 0 && name.p[0] == '_' && !weighted(c->row)) {
        if (norni_str_is(name, "_times")) return &c->times;
        if (norni_str_is(name, "_ticks")) return &c->ticks;
    }
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
static bool add_arg(nornpy_state *s, roll_call *c, norni_str name, PyObject *value, size_t *used) {
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
    return nornpy_refuse(s, "rolling %s: an argument is too long", c->row->name);
}

/* The operation as the library's text: "quantile(q=0.9,interpolation=lower)". */
static bool write_op(nornpy_state *s, roll_call *c) {
    size_t used = norni_format(c->op, OP_TEXT, "%s(", c->row->name);
    const size_t empty = used;
    for (size_t k = 0; k < MOST_ARGS; k++) {
        const norni_str name = arg_name(c->row->args, k);
        if (name.p == NULL) break;
        if (norni_str_is(name, "other")) {
            if (given(c->other)) used += norni_format(c->op + used, OP_TEXT - used, "other");
            continue;
        }
        if (given(c->arg[k]) && !add_arg(s, c, name, c->arg[k], &used)) return false;
    }
    if (used == empty)
        c->op[used - 1] = '\0';
    else
        (void)norni_format(c->op + used, OP_TEXT - used, ")");
    return true;
}

bool nornpy_closed_take(nornpy_state *s, PyObject *object, norn_rolling_closed *to) {
    static const char *const word[] = {"right", "left", "both", "neither"};
    if (!given(object)) return true;
    const char *text = PyUnicode_Check(object) ? PyUnicode_AsUTF8AndSize(object, NULL) : "";
    if (text == NULL) return false;
    for (int k = 0; k < 4; k++) {
        if (strcmp(text, word[k]) == 0) {
            *to = (norn_rolling_closed)k;
            return true;
        }
    }
    return nornpy_refuse(s, "closed: %R is unknown; one of 'right', 'left', 'both', 'neither'",
                         object);
}

bool nornpy_least_take(nornpy_state *s, PyObject *object, int64_t *to) {
    if (!given(object)) return true;
    PyObject *index = PyNumber_Index(object);
    if (index == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) return false;
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "min_periods: %R is no whole number", object);
        return false;
    }
    const long long n = PyLong_AsLongLong(index);
    Py_DECREF(index);
    if (n == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        return nornpy_refuse(s, "min_periods: %R is too large", object);
    }
    if (n < 0) return nornpy_refuse(s, "min_periods: %lld is below 0", n);
    *to = n;
    return true;
}

bool nornpy_span_scale(nornpy_state *s, norn_rolling_opt *opt, long long ticks) {
    if (opt->kind != NORN_ROLLING_SPAN) return true;
    if (ticks >= 1 && !__builtin_mul_overflow(opt->span, ticks, &opt->span)) return true;
    return nornpy_refuse(s, "window: it is longer than all times in nanoseconds");
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
        if (st != NORN_OK) return nornpy_raise(s, st, &err) != NULL;
        if (c->opt.kind != NORN_ROLLING_SPAN) return true;
        const long long ticks = c->ticks ? PyLong_AsLongLong(c->ticks) : 1;
        if (PyErr_Occurred()) return false;
        if (c->times != NULL) return nornpy_span_scale(s, &c->opt, ticks);
        return nornpy_refuse(s,
                             "window: %R is a span of time, and x has no times; give a pandas "
                             "Series with times as its index, or a number of values; "
                             "norn.rolling(df, window, ops, on) serves tables",
                             c->window);
    }
    PyObject *index = PyBool_Check(c->window) ? NULL : PyNumber_Index(c->window);
    if (index == NULL) {
        if (!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_TypeError))
            PyErr_Format(PyExc_TypeError,
                         "window: %R is neither a number of values, nor a span of time as '7D', "
                         "nor 'expanding'",
                         c->window);
        return false;
    }
    const long long n = PyLong_AsLongLong(index);
    Py_DECREF(index);
    if (n == -1 && PyErr_Occurred()) {
        PyErr_Clear();
        return nornpy_refuse(s, "window: %R is no number of values that fits 64 bits", c->window);
    }
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
    if (!read_window(s, c) || !nornpy_closed_take(s, c->closed, &c->opt.closed) ||
        !nornpy_least_take(s, c->min_periods, &c->opt.min_periods))
        return false;
    if (c->center) {
        const int yes = PyObject_IsTrue(c->center);
        if (yes < 0) return false;
        c->opt.center = yes == 1;
    }
    return write_op(s, c);
}

static norn_status work(norn_ctx *ctx, void *arg, norn_err *err) {
    const roll_call *c = arg;
    if (c->with == NULL && c->at == NULL)
        return norn_rolling(ctx, c->from, c->n, c->op, &c->opt, c->to, err);
    const double *const columns[2] = {c->from, c->with};
    const char *const names[2] = {"x", "other"};
    const char *const op = c->op;
    double *const out = c->to;
    const nornpy_roll_rows rows = {.n = c->n,
                                   .n_columns = c->with ? 2 : 1,
                                   .n_rolled = 1,
                                   .columns = columns,
                                   .names = names,
                                   .ops = &op,
                                   .n_ops = 1,
                                   .times = c->at,
                                   .opt = c->opt};
    return nornpy_roll_rows_run(ctx, &rows, &out, err);
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
    nornpy_vector x = {.n = 0}, other = {.n = 0}, times = {.n = 0}, out = {.n = 0};
    PyObject *answer = NULL;
    const int plain = c->zero_copy_only ? PyObject_IsTrue(c->zero_copy_only) : 0;
    if (plain < 0 || !nornpy_vector_take(c->x, "x", plain == 1, &x)) goto done;
    if (given(c->other)) {
        if (!nornpy_vector_take(c->other, "other", plain == 1, &other)) goto done;
        if (other.n != x.n) {
            nornpy_refuse(s, "other: %zu values, x has %zu", other.n, x.n);
            goto done;
        }
        c->with = other.p;
    }
    if (c->opt.kind == NORN_ROLLING_SPAN) {
        if (!nornpy_integers_take(c->times, "times", &times, &c->at)) goto done;
        if (times.n != x.n) {
            nornpy_refuse(s, "x: %zu values, %zu times", x.n, times.n);
            goto done;
        }
    }
    answer = given(c->out) ? Py_NewRef(c->out) : PyObject_CallFunction(s->np_empty, "n", x.n);
    if (answer == NULL || !nornpy_vector_out(s, answer, x.n, &out)) goto fail;
    if (nornpy_overlap(x.p, x.n, out.p, x.n) || nornpy_overlap(c->with, other.n, out.p, x.n)) {
        nornpy_refuse(s, "out: it shares memory with the values");
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
    nornpy_vector_drop(&times);
    nornpy_vector_drop(&out);
    return answer;
}

/* pandas, Polars, lists …: python/norn/_series.py makes columns of them and comes back here. */
static PyObject *roll_series(const char *name, PyObject *const *args, Py_ssize_t n,
                             PyObject *names) {
    const Py_ssize_t n_names = names ? PyTuple_Size(names) : 0;
    PyObject *module = PyImport_ImportModule("norn._series"), *answer = NULL;
    PyObject *function = module ? PyObject_GetAttrString(module, "roll") : NULL;
    PyObject *values = PyTuple_New(n), *named = PyDict_New(), *text = PyUnicode_FromString(name);
    Py_XDECREF(module);
    if (!function || !values || !named || !text) goto done;
    for (Py_ssize_t i = 0; i < n; i++)
        if (PyTuple_SetItem(values, i, Py_NewRef(args[i])) != 0) goto done;
    for (Py_ssize_t i = 0; i < n_names; i++)
        if (PyDict_SetItem(named, PyTuple_GetItem(names, i), args[n + i]) != 0) goto done;
    answer = PyObject_CallFunctionObjArgs(function, text, values, named, NULL);
done:
    Py_XDECREF(function);
    Py_XDECREF(values);
    Py_XDECREF(named);
    Py_XDECREF(text);
    return answer;
}

/* NumPy's masked arrays lend what lies below their masks, too. */
static bool masked(nornpy_state *s, PyObject *o) {
    return (PyObject *)Py_TYPE(o) != s->np_array && PyObject_HasAttrString(o, "mask") &&
           PyObject_HasAttrString(o, "filled");
}

/* Bytes are texts, as their kind of file is, and not small numbers. */
static bool lends(nornpy_state *s, PyObject *o) {
    return PyObject_CheckBuffer(o) && !PyBytes_Check(o) && !PyByteArray_Check(o) && !masked(s, o);
}

/* One for each row: what a Python function points to. */
struct nornpy_function {
    PyMethodDef method;
    char name[48], doc[1400];
};

static PyObject *call(PyObject *module, size_t row, PyObject *const *args, Py_ssize_t n,
                      PyObject *names) {
    nornpy_state *s = nornpy_state_of(module);
    roll_call c = {.row = &norni_roll_rows[row]};
    if (!take_positional(&c, args, n) || !take_named(&c, args + n, names)) return NULL;
    if (c.x == NULL || (c.row->shape == NORNI_ROLL_PAIR && c.other == NULL)) {
        PyErr_Format(PyExc_TypeError, "rolling %s: %s is missing", c.row->name,
                     c.x ? "other" : "x");
        return NULL;
    }
    if (given(c.out) && masked(s, c.out)) {
        PyErr_SetString(PyExc_TypeError,
                        "out: a masked array's mask would stay as it is; give out.data");
        return NULL;
    }
    if (!lends(s, c.x) || (given(c.other) && !lends(s, c.other)))
        return roll_series(s->rolling[row].name, args, n, names);
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
        doc + n, size - n, "%s%s%s",
        weighted(row) ? ""
                      : "window: how many values, a span of time as '7D' (of a pandas Series with "
                        "times as its "
                        "index), or 'expanding'. A window with fewer than min_periods values "
                        "(default: window; 1 "
                        "for spans and 'expanding') gives NaN.\n",
        "NaN and infinities are missing values, as in pandas. float64 arrays are read in place; "
        "others are copied once unless zero_copy_only. out: a float64 array for the answer. A "
        "pandas or "
        "Polars series gives a series of its kind.",
        paired(row) ? " Two pandas series are paired by their labels." : "");
}

/* A function whose self is the module is pickled by its name; so each row has a C function of its own. */
#define OWN(k)                                                                       \
    static PyObject *call_##k(PyObject *module, PyObject *const *args, Py_ssize_t n, \
                              PyObject *names) {                                     \
        return call(module, k, args, n, names);                                      \
    }
#define TENS(f, t) f(t##0) f(t##1) f(t##2) f(t##3) f(t##4) f(t##5) f(t##6) f(t##7) f(t##8) f(t##9)
TENS(OWN, )
TENS(OWN, 1)
TENS(OWN, 2)
TENS(OWN, 3)
#define NAME(k) call_##k,
static PyObject *(*const own[MOST_ROWS])(PyObject *, PyObject *const *, Py_ssize_t, PyObject *) = {
    TENS(NAME, ) TENS(NAME, 1) TENS(NAME, 2) TENS(NAME, 3)};

static bool add_function(PyObject *module, struct nornpy_function *f, size_t row, PyObject *names) {
    const norni_roll_row *r = &norni_roll_rows[row];
    bool good = false;
    (void)norni_format(f->name, sizeof f->name, "%s%s", weighted(r) ? "" : "rolling_", r->name);
    write_doc(r, f->name, f->doc, sizeof f->doc);
    f->method = (PyMethodDef){f->name, (PyCFunction)(void (*)(void))own[row],
                              METH_FASTCALL | METH_KEYWORDS, f->doc};
    PyObject *of = PyUnicode_FromString("norn"), *name = PyUnicode_FromString(f->name);
    PyObject *function = of ? PyCFunction_NewEx(&f->method, module, of) : NULL;
    if (function != NULL && name != NULL)
        good = PyModule_AddObjectRef(module, f->name, function) == 0 &&
               PyList_Append(names, name) == 0;
    Py_XDECREF(function);
    Py_XDECREF(name);
    Py_XDECREF(of);
    return good;
}

bool nornpy_rolling_init(PyObject *module) {
    nornpy_state *s = nornpy_state_of(module);
    if (norni_n_roll_rows > MOST_ROWS) {
        PyErr_SetString(PyExc_SystemError, "rolling: more operations than functions");
        return false;
    }
    s->rolling = PyMem_Calloc(norni_n_roll_rows, sizeof *s->rolling);
    if (s->rolling == NULL) return PyErr_NoMemory() != NULL;
    PyObject *names = PyList_New(0);
    bool good = names != NULL;
    for (size_t i = 0; i < norni_n_roll_rows && good; i++)
        good = add_function(module, &s->rolling[i], i, names);
    good = good && PyModule_AddObjectRef(module, "rolling_names", names) == 0;
    Py_XDECREF(names);
    return good;
}

void nornpy_rolling_clear(nornpy_state *s) {
    PyMem_Free(s->rolling);
    s->rolling = NULL;
}
