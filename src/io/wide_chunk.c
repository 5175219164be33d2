/* A chunk of a table's text as rows of numbers and words. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/wide_chunk.h"

#include "base/grow.h"
#include "base/map.h"
#include "base/fp.h"

typedef struct wide_walk {
    const norni_wide_plan *plan;
    norni_fields f;
    norni_cell_clock clock;
    norni_wide_rows *out;
    norni_map words; /* key: slot and text */
    size_t cap_words;
    size_t *n_of_slot; /* (n_slots) different words, or NULL: there are none yet */
    size_t row_of_line, cap_lines;
    const char *counted; /* lines are counted up to here */
    uint64_t line;       /* of `counted` */
} wide_walk;

/* Line of the record at hand; records come in order, so that all text is counted once. */
static uint64_t record_line(wide_walk *w) {
    const norni_chunk *c = w->f.chunk;
    w->line +=
        norni_csv_count_bytes(&c->syntax, w->counted, (size_t)(w->f.record - w->counted)).lines;
    w->counted = w->f.record;
    return w->line;
}

/* Number of the word in this chunk, one more cell counted. */
static norn_status add_word(wide_walk *w, uint32_t slot, norni_str text, double *out,
                            norn_err *err) {
    norni_arena *arena = w->f.arena;
    norni_wide_rows *r = w->out;
    bool added = false;
    if (w->n_of_slot == NULL) {
        w->n_of_slot = norni_arena_zero(arena, w->plan->n_slots, sizeof *w->n_of_slot);
        if (w->n_of_slot == NULL)
            return norni_alloc_fail(err, "input", w->plan->n_slots, sizeof *w->n_of_slot);
    }
    char *key = norni_arena_get(arena, text.n + sizeof slot, 1);
    if (key == NULL) return norni_alloc_fail(err, "input", text.n, 1);
    memcpy(key, &slot, sizeof slot);
    if (text.n > 0) memcpy(key + sizeof slot, text.p, text.n);
    norni_str k = {key, text.n + sizeof slot};
    int64_t number = norni_map_find(&w->words, k);
    const bool many = number < 0 && w->n_of_slot[slot] >= NORNI_MOST_WORDS;
    if (many) k.n = sizeof slot; /* one of too many: the empty text stands for them */
    if (number < 0) number = norni_map_add(&w->words, k, &added);
    if (number < 0) return norni_alloc_fail(err, "input", w->words.n, 32);
    if (added) {
        norni_wide_token *word =
            norni_list_grow(arena, r->word, r->n_words, &w->cap_words, 16, sizeof *word);
        if (word == NULL) return norni_alloc_fail(err, "input", w->cap_words, sizeof *word);
        r->word = word;
        const norni_str kept = {key + sizeof slot, text.n};
        r->word[r->n_words++] =
            (norni_wide_token){slot, many ? (norni_str){NULL, 0} : kept, 0, record_line(w), kept};
        w->n_of_slot[slot] += !many;
    }
    if (r->word[number].n++ == 0) r->word[number].first_line = record_line(w);
    *out = norni_wide_word((uint32_t)number);
    return NORN_OK;
}

static norn_status take_cell(wide_walk *w, size_t k, const char *at, double *row, norn_err *err) {
    const uint32_t slot = w->plan->slot[k];
    if (slot == UINT32_MAX) return NORN_OK;
    const norni_str s = norni_field(&w->f, at);
    double *v = &row[slot];
    if (s.p == NULL) return norni_alloc_fail(err, "input", 1, 1);
    /* Bytes behind a field may be read where it lies in the chunk; one without its quotes may not. */
    if (s.p == w->f.p && norni_cell_short(s.p, s.n, v)) return NORN_OK;
    if (norni_cell_value(s, w->plan->head->name[k], v, NULL)) return NORN_OK;
    return add_word(w, slot, norni_str_trim(s), v, err);
}

/* `at`: the mark behind the cell at hand. */
static norn_status fail_cell(wide_walk *w, const char *at, const norn_err *cell, norn_err *err) {
    while (at != w->f.end && !norni_csv_is_eol(&w->f.marks->syntax, *at))
        at = norni_csv_mark(w->f.marks);
    NORN_TRY(norni_fields_check(&w->f, at, err));
    return norni_fields_raise(&w->f, cell, err);
}

static bool is_blank(norni_str s) {
    return norni_str_trim(s).n == 0;
}

/* The cells of one record into row; sets the time's field. */
static norn_status take_record(wide_walk *w, const char *at, bool above, double *row,
                               norni_str *time, norn_err *err) {
    const size_t n = w->plan->head->n, time_column = w->plan->head->time;
    norni_fields *f = &w->f;
    norn_err cell = {NORN_OK, ""};
    *time = (norni_str){"", 0};
    for (size_t s = 0; s < w->plan->n_slots; s++)
        row[s] = NORNI_NAN;
    for (size_t k = 0;; k++) {
        const bool is_end = at == f->end || norni_csv_is_eol(&f->marks->syntax, *at);
        if (is_end && norni_fields_odd(f, at)) NORN_TRY(norni_fields_check(f, at, err));
        if (k == time_column) {
            *time = norni_field(f, at);
        } else if (k < n && !above) {
            NORN_TRY(take_cell(w, k, at, row, err));
        } else if (k >= n && !above && !is_blank((norni_str){f->p, (size_t)(at - f->p)})) {
            (void)norn_fail(&cell, NORN_E_FORMAT, "more than %zu fields where the header has %zu",
                            n, n);
            return fail_cell(w, at, &cell, err);
        }
        f->p = at + 1;
        if (is_end) {
            /* A short row of text is torn; a sheet's rows end with their last cell. */
            if (k + 1 >= n || above || !f->marks->syntax.quotes) return NORN_OK;
            f->p = at;
            (void)norn_fail(&cell, NORN_E_FORMAT, "%zu fields where the header has %zu", k + 1, n);
            char place[160];
            norni_chunk_place(&f->t->cut, f->chunk, place);
            return norn_fail(err, cell.code, "%sline %llu, %s", place,
                             (unsigned long long)record_line(w), cell.text);
        }
        at = norni_csv_mark(f->marks);
    }
}

static bool has_digit(norni_str s) {
    for (size_t k = 0; k < s.n; k++) {
        if (s.p[k] >= '0' && s.p[k] <= '9') return true;
    }
    return false;
}

/* The row's time; *keep false: it has none. */
static norn_status take_time(wide_walk *w, norni_str time, bool *keep, norn_err *err) {
    norni_wide_rows *r = w->out;
    norn_err cell = {NORN_OK, ""};
    const norni_wide_head *h = w->plan->head;
    *keep = norni_cell_time(&w->clock, time, h->name[h->time], &r->time[r->n], &cell);
    if (*keep) return NORN_OK;
    if (has_digit(time)) return norni_fields_raise(&w->f, &cell, err);
    if (r->n_untimed++ == 0) r->untimed = record_line(w);
    return NORN_OK;
}

/* Lines of the rows, from where they stop running in step. */
static norn_status keep_line(wide_walk *w, uint64_t line, norn_err *err) {
    norni_wide_rows *r = w->out;
    if (r->line == NULL && line == r->first_line + r->n) return NORN_OK;
    if (r->n == w->cap_lines || r->line == NULL) {
        const size_t cap = r->n < 512 ? 1024 : 2 * r->n;
        uint32_t *grown = norni_arena_get(w->f.arena, cap, sizeof *grown);
        if (grown == NULL) return norni_alloc_fail(err, "input", cap, sizeof *grown);
        for (size_t k = 0; k < r->n; k++)
            grown[k] = r->line ? r->line[k] : (uint32_t)k;
        r->line = grown;
        w->cap_lines = cap;
    }
    r->line[r->n] = (uint32_t)(line - r->first_line);
    return NORN_OK;
}

static norn_status walk_rows(wide_walk *w, norn_err *err) {
    const uint64_t data_line = w->plan->head->data_line;
    norni_wide_rows *r = w->out;
    const char *at = NULL;
    norni_str time;
    while (norni_fields_record(&w->f, &at)) {
        const uint64_t line = record_line(w);
        const bool above = line < data_line;
        bool keep = false;
        NORN_TRY(take_record(w, at, above, r->v + r->n * w->plan->n_slots, &time, err));
        if (above) {
            r->n_above++;
            continue;
        }
        NORN_TRY(take_time(w, time, &keep, err));
        if (!keep) { /* its words count for nothing */
            const double *row = r->v + r->n * w->plan->n_slots;
            for (size_t s = 0; s < w->plan->n_slots; s++) {
                const int64_t word = norni_wide_word_of(row[s]);
                if (word >= 0) r->word[word].n--;
            }
            continue;
        }
        NORN_TRY(keep_line(w, line, err));
        r->n++;
    }
    return NORN_OK;
}

norn_status norni_wide_parse(const norni_wide_plan *plan, const norni_chunk *chunk,
                             norni_arena *arena, norni_wide_rows *out, norn_err *err) {
    wide_walk w = {.plan = plan, .out = out};
    const size_t per_row = plan->head->n > 1 ? plan->head->n - 1 : 1;
    const size_t by_cells = norni_chunk_delimiters(chunk) / per_row + 2,
                 by_lines = chunk->count.lines + 2,
                 /* a sheet's rows may be short: their number is that of the lines */
        most =
            chunk->syntax.quotes && plan->head->n > 1 && by_cells < by_lines ? by_cells : by_lines;
    size_t cells;
    *out = (norni_wide_rows){.first_line = chunk->first_line};
    NORN_TRY(norni_fields_init(&w.f, plan->t, chunk, arena, err));
    w.clock = (norni_cell_clock){.style = plan->t->style, .epoch = plan->t->opt.epoch};
    w.counted = chunk->p;
    w.line = chunk->first_line;
    if (!norni_mul_size(most, plan->n_slots + 1, &cells)) cells = SIZE_MAX;
    out->time = norni_arena_get(arena, by_lines, sizeof *out->time);
    out->v = norni_arena_get(arena, cells, sizeof *out->v);
    if (out->time == NULL || out->v == NULL)
        return norni_alloc_fail(err, "input", cells, sizeof *out->v);
    norni_map_init(&w.words, &plan->t->cut.ctx->alloc);
    const norn_status st = walk_rows(&w, err);
    norni_map_clear(&w.words);
    return st;
}
