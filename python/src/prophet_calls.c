/* Prophet's model from Python: made from a specification, fitted one or many at a time, predicted from. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/prophet_calls.h"

#include "python/src/vector.h"

#include <string.h>

static const char CAPSULE[] = "norn.prophet";
/* Work below these runs in the calling thread: a thread of its own costs more than a small fit. */
static const double ALONE_FIT = 3e7, ALONE_DRAWS = 1e6;

static void free_capsule(PyObject *capsule) {
    norn_prophet_free(PyCapsule_GetPointer(capsule, CAPSULE));
}

static PyObject *capsule_of(norn_prophet *p) {
    PyObject *capsule = PyCapsule_New(p, CAPSULE, free_capsule);
    if (capsule == NULL) norn_prophet_free(p);
    return capsule;
}

norn_prophet *nornpy_prophet_of(PyObject *capsule) {
    return PyCapsule_GetPointer(capsule, CAPSULE);
}

/* ---- arguments ---- */

/* A list's size and zeroed room for as many items; NULL with an exception set. */
static void *room_for(PyObject *list, size_t each, size_t *n) {
    const Py_ssize_t size = PyList_Size(list);
    if (size < 0) return NULL;
    void *room = PyMem_Calloc((size_t)size + 1, each);
    *n = (size_t)size;
    if (room == NULL) PyErr_NoMemory();
    return room;
}

norn_prophet_seasonality *nornpy_prophet_seasons(PyObject *list, size_t *n) {
    norn_prophet_seasonality *s = room_for(list, sizeof *s, n);
    for (size_t i = 0; s != NULL && i < *n; i++) {
        PyObject *name, *condition;
        int order = 0, mult = 0;
        bool good = PyArg_ParseTuple(PyList_GetItem(list, (Py_ssize_t)i), "OdidiO", &name,
                                     &s[i].period, &order, &s[i].prior, &mult, &condition) &&
                    (s[i].name = nornpy_text(name, "seasonality")) != NULL;
        if (good && condition != Py_None)
            good = (s[i].condition = nornpy_text(condition, "condition_name")) != NULL;
        s[i].order = order;
        s[i].multiplicative = mult;
        if (good) continue;
        PyMem_Free(s);
        return NULL;
    }
    return s;
}

norn_prophet_regressor *nornpy_prophet_regressors(PyObject *list, size_t *n) {
    norn_prophet_regressor *r = room_for(list, sizeof *r, n);
    for (size_t i = 0; r != NULL && i < *n; i++) {
        PyObject *name;
        int standardise = 0, mult = 0;
        const bool good = PyArg_ParseTuple(PyList_GetItem(list, (Py_ssize_t)i), "Odiidd", &name,
                                           &r[i].prior, &standardise, &mult, &r[i].mu, &r[i].sd) &&
                          (r[i].name = nornpy_text(name, "regressor")) != NULL;
        r[i].standardise = standardise;
        r[i].multiplicative = mult;
        if (good) continue;
        PyMem_Free(r);
        return NULL;
    }
    return r;
}

/* Holidays as columns: names, days, first and last day of their windows, prior scales. */
typedef struct holidays {
    const char **name;
    norn_prophet_holiday *row; /* (n) */
    size_t n;
} holidays;

static bool fill_holidays(PyObject *const column[4], holidays *h) {
    nornpy_vector v[4] = {{.n = 0}, {.n = 0}, {.n = 0}, {.n = 0}};
    const int64_t *whole[3] = {NULL, NULL, NULL};
    bool good = true;
    for (int k = 0; k < 3 && good; k++)
        good = nornpy_integers_take(column[k], "holidays", &v[k], &whole[k]) && v[k].n == h->n;
    good = good && nornpy_vector_take(column[3], "holidays", false, &v[3]) && v[3].n == h->n;
    if (!good && !PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "holidays: the columns have different lengths");
    for (size_t i = 0; good && i < h->n; i++) {
        const int64_t lower = whole[1][i], upper = whole[2][i];
        if (lower < INT32_MIN || lower > INT32_MAX || upper < INT32_MIN || upper > INT32_MAX) {
            PyErr_Format(PyExc_ValueError, "holidays: the window of '%s' is too wide", h->name[i]);
            good = false;
        }
        h->row[i] = (norn_prophet_holiday){.name = h->name[i],
                                           .day = whole[0][i],
                                           .lower = (int32_t)lower,
                                           .upper = (int32_t)upper,
                                           .prior = v[3].p[i]};
    }
    for (int k = 0; k < 4; k++)
        nornpy_vector_drop(&v[k]);
    return good;
}

static bool take_holidays(PyObject *object, holidays *h) {
    PyObject *names, *column[4];
    if (object == Py_None) return true;
    if (!PyArg_ParseTuple(object, "OOOOO", &names, &column[0], &column[1], &column[2], &column[3]))
        return false;
    h->name = nornpy_texts(names, "holiday", &h->n);
    if (h->name == NULL) return false;
    h->row = PyMem_Calloc(h->n + 1, sizeof *h->row);
    if (h->row == NULL) return PyErr_NoMemory() != NULL;
    return fill_holidays(column, h);
}

/* Rows that Python objects lend: (ds, y, cap, floor, [name, …], [column, …]), None where there is none. */
typedef struct rows_call {
    norn_prophet_rows rows;
    nornpy_vector ds, number[3];
    nornpy_vector *x; /* (n_x) */
    size_t n_taken;   /* of x */
    const char **name;
    const double **column;
} rows_call;

static void drop_rows(rows_call *c) {
    nornpy_vector_drop(&c->ds);
    for (int k = 0; k < 3; k++)
        nornpy_vector_drop(&c->number[k]);
    for (size_t k = 0; k < c->n_taken; k++)
        nornpy_vector_drop(&c->x[k]);
    PyMem_Free(c->x);
    PyMem_Free((void *)c->name);
    PyMem_Free((void *)c->column);
}

static bool take_number(PyObject *object, const char *name, size_t n, nornpy_vector *v,
                        const double **out) {
    if (object == Py_None) return true;
    if (!nornpy_vector_take(object, name, false, v)) return false;
    *out = v->p;
    if (v->n == n) return true;
    PyErr_Format(PyExc_ValueError, "%s: %zu rows, ds has %zu", name, v->n, n);
    return false;
}

static bool take_rows(PyObject *object, rows_call *c) {
    PyObject *ds, *y, *cap, *floor_, *names, *columns;
    norn_prophet_rows *r = &c->rows;
    if (!PyArg_ParseTuple(object, "OOOOOO", &ds, &y, &cap, &floor_, &names, &columns) ||
        !nornpy_integers_take(ds, "ds", &c->ds, &r->ds))
        return false;
    r->n = c->ds.n;
    if (!take_number(y, "y", r->n, &c->number[0], &r->y) ||
        !take_number(cap, "cap", r->n, &c->number[1], &r->cap) ||
        !take_number(floor_, "floor", r->n, &c->number[2], &r->floor))
        return false;
    c->name = nornpy_texts(names, "column", &r->n_x);
    if (c->name == NULL) return false;
    c->x = PyMem_Calloc(r->n_x + 1, sizeof *c->x);
    c->column = PyMem_Calloc(r->n_x + 1, sizeof *c->column);
    if (c->x == NULL || c->column == NULL) return PyErr_NoMemory() != NULL;
    for (size_t k = 0; k < r->n_x; k++) {
        PyObject *values = PyList_GetItem(columns, (Py_ssize_t)k);
        c->n_taken = k + 1;
        if (values == NULL || !take_number(values, c->name[k], r->n, &c->x[k], &c->column[k]))
            return false;
    }
    r->x_name = c->name;
    r->x = c->column;
    return true;
}

static bool take_predict(PyObject *object, norn_prophet_predict_opt *opt) {
    int samples = 0, paths = 0, components = 0, parameters = 0;
    unsigned long long seed = 0;
    *opt = norn_prophet_predict_opt_default();
    if (!PyArg_ParseTuple(object, "idKip|p", &samples, &opt->interval_width, &seed, &paths,
                          &components, &parameters))
        return false;
    opt->samples = samples;
    opt->seed = seed;
    opt->paths = (norn_prophet_paths)paths;
    opt->components = components;
    opt->parameters = parameters;
    return true;
}

PyObject *nornpy_prophet_countries(PyObject *module, PyObject *none) {
    size_t n;
    const char *const *const code = norn_prophet_countries(&n);
    PyObject *list = PyList_New(0);
    (void)module;
    (void)none;
    for (size_t i = 0; list && i < n; i++) {
        PyObject *text = PyUnicode_FromString(code[i]);
        if (text == NULL || PyList_Append(list, text) < 0) Py_CLEAR(list);
        Py_XDECREF(text);
    }
    return list;
}

/* ---- a specification ---- */

typedef struct make_job {
    norn_prophet_opt opt;
    holidays holiday;
    const char *country;
    const norn_prophet_seasonality *season;
    const norn_prophet_regressor *regressor;
    size_t n_season, n_regressor;
    norn_prophet *out;
} make_job;

static norn_status make_work(norn_ctx *ctx, void *arg, norn_err *err) {
    make_job *j = arg;
    NORN_TRY(norn_prophet_new(ctx, &j->opt, &j->out, err));
    if (j->holiday.n > 0)
        NORN_TRY(norn_prophet_add_holidays(j->out, j->holiday.row, j->holiday.n, err));
    for (size_t i = 0; i < j->n_season; i++)
        NORN_TRY(norn_prophet_add_seasonality(j->out, &j->season[i], err));
    for (size_t i = 0; i < j->n_regressor; i++)
        NORN_TRY(norn_prophet_add_regressor(j->out, &j->regressor[i], err));
    return j->country ? norn_prophet_add_country(j->out, j->country, err) : NORN_OK;
}

/* (growth, changepoints or None, n_changepoints, range, yearly, weekly, daily, multiplicative, of holidays,
 * minmax, scales of seasonality, holidays and changepoints, country or None) */
static bool take_options(PyObject *object, nornpy_vector *v, make_job *j) {
    norn_prophet_opt *o = &j->opt;
    PyObject *given, *country;
    int growth = 0, mult = 0, minmax = 0;
    *o = norn_prophet_opt_default();
    if (!PyArg_ParseTuple(object, "iOidiiipipdddO", &growth, &given, &o->n_changepoints,
                          &o->changepoint_range, &o->yearly, &o->weekly, &o->daily, &mult,
                          &o->holidays_multiplicative, &minmax, &o->seasonality_prior,
                          &o->holidays_prior, &o->changepoint_prior, &country))
        return false;
    o->growth = (norn_prophet_growth)growth;
    o->multiplicative = mult;
    o->minmax = minmax;
    if (given != Py_None) {
        o->changepoints_given = true;
        if (!nornpy_integers_take(given, "changepoints", v, &o->changepoints)) return false;
        o->n_given = v->n;
    }
    if (country != Py_None) j->country = nornpy_text(country, "country_name");
    return country == Py_None || j->country != NULL;
}

PyObject *nornpy_prophet_make(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *options, *seasons, *regressors, *table, *answer = NULL;
    nornpy_vector v = {.n = 0};
    make_job j = {.out = NULL};
    norn_prophet_seasonality *season = NULL;
    norn_prophet_regressor *regressor = NULL;
    if (!PyArg_ParseTuple(args, "OOOO", &options, &seasons, &regressors, &table)) return NULL;
    if (!take_options(options, &v, &j) || !take_holidays(table, &j.holiday)) goto done;
    season = nornpy_prophet_seasons(seasons, &j.n_season);
    regressor = season ? nornpy_prophet_regressors(regressors, &j.n_regressor) : NULL;
    if (regressor == NULL) goto done;
    j.season = season;
    j.regressor = regressor;
    if (nornpy_run_leased(s, 0, make_work, &j, false)) {
        answer = capsule_of(j.out);
        j.out = NULL;
    }
done:
    norn_prophet_free(j.out);
    PyMem_Free(season);
    PyMem_Free(regressor);
    PyMem_Free((void *)j.holiday.name);
    PyMem_Free(j.holiday.row);
    nornpy_vector_drop(&v);
    return answer;
}

/* ---- fit ---- */

typedef struct fit_job {
    norn_prophet *p;
    const norn_prophet *warm;
    rows_call rows;
} fit_job;

static norn_status fit_work(norn_ctx *ctx, void *arg, norn_err *err) {
    const fit_job *j = arg;
    return norn_prophet_fit(ctx, j->p, &j->rows.rows, j->warm, err);
}

PyObject *nornpy_prophet_fit(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule, *rows, *warm;
    int n_columns = 0, convex = 0, n_threads = 0;
    fit_job j = {.p = NULL};
    if (!PyArg_ParseTuple(args, "OOO(ip)i", &capsule, &rows, &warm, &n_columns, &convex,
                          &n_threads))
        return NULL;
    if ((j.p = nornpy_prophet_of(capsule)) == NULL) return NULL;
    if (warm != Py_None && (j.warm = nornpy_prophet_of(warm)) == NULL) return NULL;
    bool good = take_rows(rows, &j.rows);
    const double cost = (double)j.rows.rows.n * n_columns * n_columns;
    good = good && nornpy_run_leased(s, n_threads, fit_work, &j, !convex || cost > ALONE_FIT);
    drop_rows(&j.rows);
    return good ? Py_NewRef(Py_None) : NULL;
}

typedef struct many_job {
    const norn_prophet *p;
    size_t n;
    rows_call *call;         /* (n) */
    norn_prophet_rows *rows; /* (n) */
    norn_prophet **out;      /* (n) */
    norn_status *status;     /* (n) */
} many_job;

static norn_status many_work(norn_ctx *ctx, void *arg, norn_err *err) {
    const many_job *j = arg;
    return norn_prophet_fit_many(ctx, j->p, j->rows, j->n, j->out, j->status, err);
}

static bool take_series(PyObject *list, many_job *j) {
    const Py_ssize_t n = PyList_Size(list);
    if (n < 0) return false;
    j->call = PyMem_Calloc((size_t)n + 1, sizeof *j->call);
    j->rows = PyMem_Calloc((size_t)n + 1, sizeof *j->rows);
    j->out = PyMem_Calloc((size_t)n + 1, sizeof *j->out);
    j->status = PyMem_Calloc((size_t)n + 1, sizeof *j->status);
    if (!j->call || !j->rows || !j->out || !j->status) return PyErr_NoMemory() != NULL;
    for (; j->n < (size_t)n; j->n++) {
        if (!take_rows(PyList_GetItem(list, (Py_ssize_t)j->n), &j->call[j->n])) {
            drop_rows(&j->call[j->n]);
            return false;
        }
        j->rows[j->n] = j->call[j->n].rows;
    }
    return true;
}

/* A capsule, or the word of the status that kept it from being. */
static PyObject *fitted_or_word(many_job *j, size_t i) {
    norn_prophet *p = j->out[i];
    j->out[i] = NULL;
    return p ? capsule_of(p) : PyUnicode_FromString(norn_status_name(j->status[i]));
}

PyObject *nornpy_prophet_fit_many(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule, *list, *answer = NULL;
    int n_threads = 0;
    many_job j = {.p = NULL};
    if (!PyArg_ParseTuple(args, "OOi", &capsule, &list, &n_threads)) return NULL;
    if ((j.p = nornpy_prophet_of(capsule)) == NULL) return NULL;
    if (take_series(list, &j) && nornpy_run_leased(s, n_threads, many_work, &j, true))
        answer = PyList_New((Py_ssize_t)j.n);
    for (size_t i = 0; answer != NULL && i < j.n; i++) {
        PyObject *one = fitted_or_word(&j, i);
        if (one == NULL || PyList_SetItem(answer, (Py_ssize_t)i, one) != 0) Py_CLEAR(answer);
    }
    for (size_t i = 0; i < j.n; i++) {
        drop_rows(&j.call[i]);
        norn_prophet_free(j.out[i]);
    }
    PyMem_Free(j.call);
    PyMem_Free(j.rows);
    PyMem_Free((void *)j.out);
    PyMem_Free(j.status);
    return answer;
}

/* ---- predict, draw, cross-validate ---- */

/* (ds, cutoff or None, {name: values}) */
static PyObject *table_answer(nornpy_state *s, const norn_prophet_table *t) {
    PyObject *columns = PyDict_New();
    for (size_t k = 0; columns != NULL && k < t->n_column; k++) {
        PyObject *values = nornpy_array(s, t->value[k], t->n, "float64");
        if (values == NULL || PyDict_SetItemString(columns, t->name[k], values) != 0)
            Py_CLEAR(columns);
        Py_XDECREF(values);
    }
    if (columns == NULL) return NULL;
    PyObject *cutoff = t->cutoff ? nornpy_array(s, t->cutoff, t->n, "int64") : Py_NewRef(Py_None);
    PyObject *ds = cutoff ? nornpy_array(s, t->ds, t->n, "int64") : NULL;
    PyObject *answer = ds ? Py_BuildValue("(OOO)", ds, cutoff, columns) : NULL;
    Py_XDECREF(ds);
    Py_XDECREF(cutoff);
    Py_DECREF(columns);
    return answer;
}

typedef struct ahead_job {
    const norn_prophet *p;
    rows_call rows;
    norn_prophet_predict_opt opt;
    norn_prophet_table table;
    const int64_t *cutoff;
    size_t n_cutoff;
    int64_t horizon;
    double *trend, *yhat;
} ahead_job;

static norn_status predict_work(norn_ctx *ctx, void *arg, norn_err *err) {
    ahead_job *j = arg;
    return norn_prophet_predict(ctx, j->p, &j->rows.rows, &j->opt, &j->table, err);
}

static norn_status samples_work(norn_ctx *ctx, void *arg, norn_err *err) {
    const ahead_job *j = arg;
    return norn_prophet_samples(ctx, j->p, &j->rows.rows, &j->opt, j->trend, j->yhat, err);
}

typedef struct spread_job {
    norn_prophet *p;
    rows_call rows;
} spread_job;

static norn_status spread_work(norn_ctx *ctx, void *arg, norn_err *err) {
    spread_job *j = arg;
    return norn_prophet_spread(ctx, j->p, &j->rows.rows, err);
}

/* (model, its rows) */
PyObject *nornpy_prophet_spread(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule, *rows, *answer = NULL;
    spread_job j = {.p = NULL};
    if (!PyArg_ParseTuple(args, "OO", &capsule, &rows)) return NULL;
    if ((j.p = nornpy_prophet_of(capsule)) == NULL) return NULL;
    if (take_rows(rows, &j.rows) && nornpy_run_leased(s, 0, spread_work, &j, j.rows.rows.n > 50000))
        answer = Py_NewRef(Py_None);
    drop_rows(&j.rows);
    return answer;
}

static norn_status cv_work(norn_ctx *ctx, void *arg, norn_err *err) {
    ahead_job *j = arg;
    return norn_prophet_cv(ctx, j->p, &j->rows.rows, j->cutoff, j->n_cutoff, j->horizon, &j->opt,
                           &j->table, err);
}

static bool heavy_draws(const ahead_job *j) {
    return (double)j->rows.rows.n * (j->opt.samples + 100) > ALONE_DRAWS;
}

PyObject *nornpy_prophet_predict(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule, *rows, *opt, *answer = NULL;
    ahead_job j = {.p = NULL};
    if (!PyArg_ParseTuple(args, "OOO", &capsule, &rows, &opt)) return NULL;
    if ((j.p = nornpy_prophet_of(capsule)) == NULL || !take_predict(opt, &j.opt)) return NULL;
    if (take_rows(rows, &j.rows) && nornpy_run_leased(s, 0, predict_work, &j, heavy_draws(&j)))
        answer = table_answer(s, &j.table);
    norn_prophet_table_free(&j.table);
    drop_rows(&j.rows);
    return answer;
}

/* numpy.empty((n, m)) and its memory, held by `view`. */
static PyObject *matrix(nornpy_state *s, size_t n, size_t m, Py_buffer *view, double **p) {
    PyObject *array = PyObject_CallFunction(s->np_empty, "((nn))", (Py_ssize_t)n, (Py_ssize_t)m);
    if (array == NULL) return NULL;
    if (PyObject_GetBuffer(array, view, PyBUF_CONTIG) != 0) {
        Py_DECREF(array);
        return NULL;
    }
    *p = view->buf;
    return array;
}

PyObject *nornpy_prophet_samples(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule, *rows, *opt, *trend = NULL, *yhat = NULL, *answer = NULL;
    Py_buffer of_trend, of_yhat;
    ahead_job j = {.p = NULL};
    if (!PyArg_ParseTuple(args, "OOO", &capsule, &rows, &opt)) return NULL;
    if ((j.p = nornpy_prophet_of(capsule)) == NULL || !take_predict(opt, &j.opt)) return NULL;
    if (take_rows(rows, &j.rows)) {
        const size_t n = j.rows.rows.n, m = (size_t)(j.opt.samples > 0 ? j.opt.samples : 0);
        trend = matrix(s, n, m, &of_trend, &j.trend);
        yhat = trend ? matrix(s, n, m, &of_yhat, &j.yhat) : NULL;
        if (yhat != NULL && nornpy_run_leased(s, 0, samples_work, &j, heavy_draws(&j)))
            answer = Py_BuildValue("(OO)", trend, yhat);
    }
    if (trend != NULL) PyBuffer_Release(&of_trend);
    if (yhat != NULL) PyBuffer_Release(&of_yhat);
    Py_XDECREF(trend);
    Py_XDECREF(yhat);
    drop_rows(&j.rows);
    return answer;
}

PyObject *nornpy_prophet_cv(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule, *rows, *cutoffs, *opt, *answer = NULL;
    long long horizon = 0;
    int n_threads = 0;
    nornpy_vector v = {.n = 0};
    ahead_job j = {.p = NULL};
    if (!PyArg_ParseTuple(args, "OOOLOi", &capsule, &rows, &cutoffs, &horizon, &opt, &n_threads))
        return NULL;
    if ((j.p = nornpy_prophet_of(capsule)) == NULL || !take_predict(opt, &j.opt)) return NULL;
    j.horizon = horizon;
    bool good = nornpy_integers_take(cutoffs, "cutoffs", &v, &j.cutoff);
    j.n_cutoff = v.n;
    if (good && take_rows(rows, &j.rows) && nornpy_run_leased(s, n_threads, cv_work, &j, true))
        answer = table_answer(s, &j.table);
    norn_prophet_table_free(&j.table);
    drop_rows(&j.rows);
    nornpy_vector_drop(&v);
    return answer;
}
