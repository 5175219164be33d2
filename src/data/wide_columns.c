/* The cells of a table's columns, each on its row; columns of words as codes. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Input rows are visited in the input's order, so that of rows with one time the last observed value
 * of each column holds. A block of columns at a time, since the rows lie row-major. */
#include <math.h>

#include "base/numtext.h"
#include "base/sort.h"
#include "base/fp.h"
#include "data/wide_job.h"

enum { BLOCK = 16 };

static size_t column_length(const norni_wide_job *job, size_t c) {
    return job->n_grid + (job->role[c] == NORNI_ROLE_KNOWN ? job->out->n_ahead : 0);
}

static bool is_ascending(const uint32_t *x, size_t n) {
    for (size_t k = 1; k < n; k++) {
        if (x[k] <= x[k - 1]) return false;
    }
    return true;
}

static size_t first_at_least(const uint32_t *x, size_t n, size_t value) {
    size_t lo = 0;
    while (lo < n) {
        const size_t mid = lo + (n - lo) / 2;
        if (x[mid] < value)
            lo = mid + 1;
        else
            n = mid;
    }
    return lo;
}

/* One cell onto its row: a number is stronger than a word, a word than nothing. */
static inline void put(const norni_wide_part *p, double *to, double cell) {
    if (!isnan(cell)) {
        *to = cell;
    } else if (isnan(*to)) {
        const int64_t word = norni_wide_word_of(cell);
        if (word >= 0 && p->word != NULL) *to = norni_wide_word(p->word[word]);
    }
}

static norn_status scatter_block(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)w, (void)err;
    norni_wide_job *job = arg;
    const norni_wide_raw *raw = job->raw;
    const size_t begin = item * BLOCK,
                 end = begin + BLOCK < raw->n_columns ? begin + BLOCK : raw->n_columns;
    for (size_t c = begin; c < end; c++) {
        const size_t n = job->v[c] ? column_length(job, c) : 0;
        for (size_t k = 0; k < n; k++)
            job->v[c][k] = NORNI_NAN;
    }
    for (size_t i = 0; i < raw->n_parts; i++) {
        const norni_wide_part *p = &raw->part[i];
        const uint32_t *to = job->to + job->base[i];
        const bool sorted = is_ascending(p->column, p->n_columns);
        const size_t from = sorted ? first_at_least(p->column, p->n_columns, begin) : 0;
        for (size_t k = from; k < p->n_columns && !(sorted && p->column[k] >= end); k++) {
            const size_t c = p->column[k];
            if (c < begin || c >= end || job->v[c] == NULL) continue;
            if (p->future && job->role[c] != NORNI_ROLE_KNOWN) continue;
            double *v = job->v[c];
            const size_t n = column_length(job, c);
            for (size_t r = 0; r < p->n; r++) {
                if (to[r] < n)
                    put(p, &v[to[r]], p->col ? p->col[k][r] : p->v[r * p->n_columns + k]);
            }
        }
    }
    for (size_t c = begin; c < end; c++) {
        size_t last = job->v[c] ? job->n_grid : 0;
        while (last > 0 && isnan(job->v[c][last - 1]) &&
               norni_wide_word_of(job->v[c][last - 1]) < 0)
            last--;
        job->last[c] = last;
    }
    return NORN_OK;
}

/* Rows at the end in which nothing but columns known ahead has a value are rows ahead. */
static void cut_rows(norni_wide_job *job) {
    size_t most = 0, n_known = 0;
    for (size_t c = 0; c < job->raw->n_columns; c++) {
        n_known += job->role[c] == NORNI_ROLE_KNOWN;
        if (job->role[c] == NORNI_ROLE_TARGET || job->role[c] == NORNI_ROLE_DRIVER ||
            job->role[c] == NORNI_ROLE_STATIC)
            most = job->last[c] > most ? job->last[c] : most;
    }
    norni_wide *out = job->out;
    if (n_known > 0 && most > 0) out->n_rows = most;
    out->n_gaps = job->report->n_gaps;
    const size_t half = out->n_rows / 2,
                 held = job->opt->hold_half && job->opt->n_held > half ? half : job->opt->n_held;
    job->n_train = held < out->n_rows ? out->n_rows - held : out->n_rows;
}

/* The different entries of a column of words; numbers among them by their text. */
typedef struct word_list {
    norni_str text[NORNI_MOST_WORDS];
    size_t n;
    bool full; /* there are more */
} word_list;

static int32_t list_word(word_list *l, norni_str s, norni_arena *arena, bool *failed) {
    for (size_t k = 0; k < l->n; k++) {
        if (norni_str_cmp(l->text[k], s) == 0) return (int32_t)k;
    }
    l->full = l->full || l->n == NORNI_MOST_WORDS;
    if (l->full) return -1;
    const char *kept = norni_arena_text(arena, s.p, s.n);
    *failed = *failed || kept == NULL;
    if (kept == NULL) return -1;
    l->text[l->n] = (norni_str){kept, s.n};
    return (int32_t)l->n++;
}

static norni_str cell_word(const norni_wide_job *job, double cell, char number[NORNI_NUM_MAX]) {
    const int64_t word = norni_wide_word_of(cell);
    if (word >= 0) return job->raw->word[word].text;
    return (norni_str){number, norni_num_print(number, cell)};
}

static int compare_words(const void *arg, size_t a, size_t b) {
    const norni_str *text = arg;
    return norni_str_cmp(text[a], text[b]);
}

/* A column of words: categories in the order of their bytes, cells as their numbers. */
static norn_status make_nominal(norni_wide_job *job, size_t c, word_list *l, norn_err *err) {
    norni_wide_column *column = &job->out->column[c];
    size_t order[NORNI_MOST_WORDS], room[NORNI_MOST_WORDS], rank[NORNI_MOST_WORDS];
    char number[NORNI_NUM_MAX];
    bool failed = false;
    norni_str *category = norni_arena_get(job->arena, l->n, sizeof *category);
    if (category == NULL) return norni_alloc_fail(err, "table", l->n, sizeof *category);
    for (size_t k = 0; k < l->n; k++)
        order[k] = k;
    norni_sort_index(order, l->n, compare_words, l->text, room);
    for (size_t k = 0; k < l->n; k++) {
        rank[order[k]] = k;
        category[k] = l->text[order[k]];
    }
    const size_t n = column_length(job, c);
    for (size_t r = 0; r < n; r++) {
        double *v = &job->v[c][r];
        if (isnan(*v) && norni_wide_word_of(*v) < 0) continue;
        const int32_t k = list_word(l, cell_word(job, *v, number), &job->scratch, &failed);
        *v = k < 0 ? NORNI_NAN : (double)rank[k];
    }
    column->nominal = true;
    column->category = category;
    column->n_categories = l->n;
    column->n_text = 0;
    return NORN_OK;
}

/* A column in which words stand: nominal when most of its cells are words and few are different. */
static norn_status settle_words(norni_wide_job *job, size_t c, bool many, norn_err *err) {
    norni_wide_column *column = &job->out->column[c];
    word_list l = {.full = many};
    char number[NORNI_NUM_MAX];
    size_t n_words = 0, n_numbers = 0;
    bool failed = false;
    const size_t n = column_length(job, c);
    for (size_t r = 0; r < n; r++) {
        const double v = job->v[c][r];
        const int64_t word = norni_wide_word_of(v);
        n_numbers += isnan(v) ? 0 : 1;
        n_words += word >= 0;
        if (l.full || (isnan(v) && word < 0)) continue;
        (void)list_word(&l, cell_word(job, v, number), job->arena, &failed);
    }
    if (failed) return norni_alloc_fail(err, "table", NORNI_MOST_WORDS, sizeof(norni_str));
    const bool words = n_words > n_numbers;
    if (words && column->role == NORNI_ROLE_TARGET)
        return norn_fail(err, NORN_E_DATA,
                         "target %.*s is a column of words ('%.*s' in line %llu); a target is a "
                         "column of numbers",
                         (int)(column->name.n > 80 ? 80 : column->name.n), column->name.p,
                         (int)(column->first_text.n > 40 ? 40 : column->first_text.n),
                         column->first_text.p, (unsigned long long)column->first_text_line);
    if (words && !l.full) return make_nominal(job, c, &l, err);
    if (words) {
        column->role = NORNI_ROLE_DROPPED;
        column->why = "words, more than 64 different ones";
        return NORN_OK;
    }
    for (size_t r = 0; r < n; r++) { /* text among numbers: missing */
        if (isnan(job->v[c][r])) job->v[c][r] = NORNI_NAN;
    }
    return norni_wide_note(
        job, err,
        "column %.*s: %zu cells are text, counted as missing (first: '%.*s' in line %llu)",
        (int)(column->name.n > 80 ? 80 : column->name.n), column->name.p, column->n_text,
        (int)(column->first_text.n > 40 ? 40 : column->first_text.n), column->first_text.p,
        (unsigned long long)column->first_text_line);
}

/* Text cells of each column, from the words that were met. */
static norn_status count_words(norni_wide_job *job, norn_err *err) {
    bool *many = norni_arena_zero(&job->scratch, job->raw->n_columns, sizeof *many);
    if (many == NULL) return norni_alloc_fail(err, "table", job->raw->n_columns, sizeof *many);
    for (size_t k = 0; k < job->raw->n_words; k++) {
        const norni_wide_token *t = &job->raw->word[k];
        if (t->n == 0) continue;
        many[t->column] = many[t->column] || t->text.p == NULL;
        norni_wide_column *c = &job->out->column[t->column];
        if (c->n_text == 0 || t->first_line < c->first_text_line) {
            c->first_text_line = t->first_line;
            c->first_text = t->first;
        }
        c->n_text += t->n;
    }
    for (size_t c = 0; c < job->raw->n_columns; c++) {
        norni_wide_column *column = &job->out->column[c];
        if (job->raw->category != NULL && job->raw->category[c] != NULL) {
            const size_t n = job->raw->n_categories[c];
            norni_str *category = norni_arena_get(job->arena, n, sizeof *category);
            if (category == NULL) return norni_alloc_fail(err, "table", n, sizeof *category);
            for (size_t k = 0; k < n; k++) {
                const norni_str s = job->raw->category[c][k];
                category[k] = (norni_str){norni_arena_text(job->arena, s.p, s.n), s.n};
                if (category[k].p == NULL) return norni_alloc_fail(err, "table", s.n, 1);
            }
            if (column->role == NORNI_ROLE_TARGET)
                return norn_fail(
                    err, NORN_E_DATA,
                    "target %.*s is a column of words; a target is a column of numbers",
                    (int)(column->name.n > 80 ? 80 : column->name.n), column->name.p);
            column->nominal = true;
            column->category = category;
            column->n_categories = n;
        }
        if (column->n_text == 0 || job->v[c] == NULL) continue;
        const char *kept = norni_arena_text(job->arena, column->first_text.p, column->first_text.n);
        if (kept == NULL) return norni_alloc_fail(err, "table", column->first_text.n, 1);
        column->first_text.p = kept;
        NORN_TRY(settle_words(job, c, many[c], err));
        job->report->n_text += column->n_text;
    }
    return NORN_OK;
}

/* Room for every column that is used, in one block: an arena that grows in steps holds up to twice as
 * much. */
static norn_status make_room(norni_wide_job *job, norn_err *err) {
    const size_t n = job->raw->n_columns;
    size_t total = 0, at = 0;
    for (size_t c = 0; c < n; c++) {
        if (job->out->column[c].role == NORNI_ROLE_DROPPED) continue;
        const size_t length = (column_length(job, c) + 7) / 8 * 8; /* a cache line's beginning */
        if (__builtin_add_overflow(total, length, &total)) total = SIZE_MAX;
    }
    double *v = norni_arena_get(job->arena, total, sizeof *v);
    if (v == NULL) return norni_alloc_fail(err, "table", total, sizeof *v);
    for (size_t c = 0; c < n; c++) {
        norni_wide_column *column = &job->out->column[c];
        if (column->role == NORNI_ROLE_DROPPED) continue;
        column->at = job->v[c] = v + at;
        at += (column_length(job, c) + 7) / 8 * 8;
    }
    return NORN_OK;
}

norn_status norni_wide_scatter(norni_wide_job *job, norn_err *err) {
    const size_t n = job->raw->n_columns;
    const norni_for_opt loop = {.plumbing = true};
    job->v = norni_arena_zero(&job->scratch, n, sizeof *job->v);
    job->last = norni_arena_zero(&job->scratch, n, sizeof *job->last);
    if (job->v == NULL || job->last == NULL)
        return norni_alloc_fail(err, "table", n, sizeof *job->v);
    NORN_TRY(make_room(job, err));
    NORN_TRY(
        norni_for(job->ctx, job->worker, (n + BLOCK - 1) / BLOCK, scatter_block, job, &loop, err));
    cut_rows(job);
    return count_words(job, err);
}
