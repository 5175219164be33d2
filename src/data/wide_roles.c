/* What each column of a table is for, told by lists of names and globs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/wide.h"

/* '*' any bytes, '?' one; one place to come back to is enough, since a later '*' takes over. */
static bool glob_is(norni_str glob, norni_str name) {
    size_t g = 0, i = 0, star = SIZE_MAX, from = 0;
    while (i < name.n) {
        if (g < glob.n && glob.p[g] == '*') {
            star = g++;
            from = i;
        } else if (g < glob.n && (glob.p[g] == '?' || glob.p[g] == name.p[i])) {
            g++, i++;
        } else if (star != SIZE_MAX) {
            g = star + 1;
            i = ++from;
        } else {
            return false;
        }
    }
    while (g < glob.n && glob.p[g] == '*')
        g++;
    return g == glob.n;
}

/* The next item of a list, blanks around it left out; false: there is none. */
static bool next_item(const char **list, norni_str *item) {
    while (*list != NULL && **list != '\0') {
        const size_t n = strcspn(*list, ",");
        *item = norni_str_trim((norni_str){*list, n});
        *list += n + ((*list)[n] == ',');
        if (item->n > 0) return true;
    }
    return false;
}

bool norni_wide_listed(const char *list, norni_str name) {
    norni_str item;
    while (next_item(&list, &item)) {
        if (glob_is(item, name)) return true;
    }
    return false;
}

/* "Feed, Kero, ... (12 columns)": the first names, as many as fit. */
static void list_names(const norni_str *name, size_t n, char *out, size_t size) {
    size_t at = 0;
    out[0] = '\0';
    for (size_t k = 0; k < n; k++) {
        if (at + name[k].n + 24 > size) {
            norni_format(out + at, size - at, "%s... (%zu columns)", k > 0 ? ", " : "", n);
            return;
        }
        at += norni_format(out + at, size - at, "%s%.*s", k > 0 ? ", " : "", (int)name[k].n,
                           name[k].p);
    }
}

/* The name nearest to what was asked, or none. */
static norni_str nearest(const norni_str *name, size_t n, norni_str asked) {
    norni_str best = {NULL, 0};
    size_t least = 4;
    for (size_t k = 0; k < n; k++) {
        const size_t d = norni_str_distance(name[k], asked);
        if (d < least) least = d, best = name[k];
    }
    return best;
}

/* Globs of many stars over long names: a second of work at most, since nobody asks here whether to stop. */
static norn_status check_work(const char *what, const char *list, const norni_str *name, size_t n,
                              norn_err *err) {
    static const uint64_t most = 1000000000;
    uint64_t bytes = 0, work = 0;
    norni_str item;
    for (size_t k = 0; k < n; k++)
        bytes += name[k].n + 1;
    while (next_item(&list, &item))
        work += memchr(item.p, '*', item.n) ? item.n * bytes : n;
    if (work <= most) return NORN_OK;
    return norn_fail(err, NORN_E_ARG,
                     "%s: the list is too long for a table whose %zu names take %llu bytes: ask "
                     "for fewer or shorter names and globs",
                     what, n, (unsigned long long)bytes);
}

/* Every item must mean a column. */
static norn_status check_list(const char *what, const char *list, const norni_str *name, size_t n,
                              norn_err *err) {
    char names[120];
    norni_str item;
    NORN_TRY(check_work(what, list, name, n, err));
    while (next_item(&list, &item)) {
        size_t k = 0;
        while (k < n && !glob_is(item, name[k]))
            k++;
        if (k < n) continue;
        const norni_str near = nearest(name, n, item);
        if (near.p != NULL)
            return norn_fail(err, NORN_E_ARG, "%s: no column is named %.*s; did you mean %.*s?",
                             what, (int)item.n, item.p, (int)near.n, near.p);
        list_names(name, n, names, sizeof names);
        return norn_fail(err, NORN_E_ARG, "%s: no column is named %.*s; there are %s", what,
                         (int)item.n, item.p, names);
    }
    return NORN_OK;
}

/* A target that another list names, too; a glob of that list may cover it: it stays a target. */
static norn_status check_once(const char *what, const char *list, const char *targets,
                              norn_err *err) {
    norni_str item;
    while (next_item(&list, &item)) {
        if (memchr(item.p, '*', item.n) || memchr(item.p, '?', item.n)) continue;
        if (norni_wide_listed(targets, item))
            return norn_fail(err, NORN_E_ARG, "%s: %.*s is a target, too; leave it out of one",
                             what, (int)item.n, item.p);
    }
    return NORN_OK;
}

norn_status norni_wide_roles(const norni_str *name, const bool *in_future, size_t n,
                             const norni_wide_opt *opt, norni_role *role, norn_err *err) {
    char names[160];
    size_t n_targets = 0;
    list_names(name, n, names, sizeof names);
    if (opt->targets == NULL || opt->targets[0] == '\0')
        return norn_fail(err, NORN_E_ARG,
                         "targets: name the columns to forecast, as A,Blend_*; there are %s",
                         names);
    NORN_TRY(check_list("targets", opt->targets, name, n, err));
    NORN_TRY(check_list("statics", opt->statics, name, n, err));
    NORN_TRY(check_list("known", opt->known, name, n, err));
    NORN_TRY(check_list("drop", opt->drop, name, n, err));
    NORN_TRY(check_once("statics", opt->statics, opt->targets, err));
    NORN_TRY(check_once("known", opt->known, opt->targets, err));
    NORN_TRY(check_once("drop", opt->drop, opt->targets, err));
    for (size_t k = 0; k < n; k++) {
        const bool target = norni_wide_listed(opt->targets, name[k]);
        role[k] = target                                  ? NORNI_ROLE_TARGET
                  : norni_wide_listed(opt->drop, name[k]) ? NORNI_ROLE_DROPPED
                  : (in_future != NULL && in_future[k]) || norni_wide_listed(opt->known, name[k])
                      ? NORNI_ROLE_KNOWN
                  : norni_wide_listed(opt->statics, name[k]) ? NORNI_ROLE_STATIC
                                                             : NORNI_ROLE_DRIVER;
        n_targets += target;
    }
    if (n_targets == 0)
        return norn_fail(err, NORN_E_ARG, "targets: '%s' names no column; there are %s",
                         opt->targets, names);
    return NORN_OK;
}

int64_t norni_wide_find(const norni_wide *w, norni_str name) {
    for (size_t k = 0; k < w->n_columns; k++) {
        if (norni_str_cmp(w->column[k].name, name) == 0) return (int64_t)k;
    }
    return -1;
}

size_t norni_wide_of_role(const norni_wide *w, norni_role role, size_t *out) {
    size_t n = 0;
    for (size_t k = 0; k < w->n_columns; k++) {
        if (w->column[k].role != role) continue;
        if (out != NULL) out[n] = k;
        n++;
    }
    return n;
}

norni_wide_opt norni_wide_opt_default(void) {
    return (norni_wide_opt){
        .horizon = 7, .max_missing = 0.3, .fill = NORNI_FILL_FFILL, .clip_width = 8};
}
