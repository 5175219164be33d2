/* Fuzzing the report's reader: any bytes become a table without gaps or an error with words, and the order
 * of the files never shows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/calendar.h"
#include "finance/finance_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

enum { MOST = 3 };

/* The first byte chooses the options, the rest are files with 0x01 between them. */
static norni_fin_read_opt chosen(uint8_t choice) {
    static const char *const map[4] = {"", "a=revenue", "Sales=none, b = expenses,c=date",
                                       "x=y,=,"};
    norni_fin_read_opt opt = {(norni_fin_dates)(choice % 3), norni_str_of(map[choice >> 2 & 3])};
    return opt;
}

static size_t cut(norn_ctx *ctx, norni_arena *arena, const uint8_t *data, size_t size,
                  norni_fin_source *out) {
    static const char *const name[MOST] = {"a.csv", "b.csv", "c.csv"};
    size_t n = 0;
    while (n < MOST) {
        const uint8_t *const end = n + 1 < MOST && size > 0 ? memchr(data, 1, size) : NULL;
        const size_t len = end ? (size_t)(end - data) : size;
        norn_err err = {NORN_OK, ""};
        out[n] = (norni_fin_source){.name = name[n]};
        if (norni_grid_parse(ctx, data, len, NULL, arena, &out[n].grid, &err) == NORN_OK)
            n++;
        else
            demand(err.text[0] != '\0');
        if (end == NULL) break;
        data += len + 1;
        size -= len + 1;
    }
    return n;
}

static void check_groups(const norni_fin_groups *g, size_t n) {
    demand((g->of == NULL) == (g->n == 0));
    for (size_t i = 0; g->of != NULL && i < n; i++)
        demand(g->of[i] < g->n || g->of[i] == UINT32_MAX);
    for (size_t k = 1; k < g->n; k++)
        demand(norni_str_cmp(g->name[k - 1], g->name[k]) < 0);
}

static void check_table(const norni_fin_table *t) {
    size_t imputed = 0;
    bool any = false;
    demand(t->n >= 1 && t->n + t->n_undated <= t->rows_read);
    demand(t->n_mapping == t->columns_read && t->columns_kept == t->columns_read);
    for (size_t i = 0; i < t->n; i++) {
        demand(t->time[i] >= NORNI_TIME_MIN && t->time[i] <= NORNI_TIME_MAX);
        demand(i == 0 || t->time[i - 1] <= t->time[i]);
    }
    for (int k = 0; k < NORNI_FIN_NUMBERS; k++) {
        imputed += t->imputed[k];
        if (t->number[k] == NULL) continue;
        any = true;
        for (size_t i = 0; i < t->n; i++)
            demand(t->number[k][i] == t->number[k][i]);
    }
    demand(any && imputed == t->n_corrections);
    for (size_t i = 0; i < t->n_corrections; i++)
        demand(t->correction[i].row < t->n && t->correction[i].original.n > 0);
    check_groups(&t->region, t->n);
    check_groups(&t->department, t->n);
}

static void write_down(const norni_fin_table *t, norni_buf *b) {
    norni_json j;
    norni_json_init(&j, b);
    norni_json_open(&j, '[');
    norni_fin_validation_json(&j, t, 1);
    norni_fin_corrections_json(&j, t, (norni_str){"", 0});
    for (int k = 0; k < NORNI_FIN_NUMBERS; k++) {
        for (size_t i = 0; t->number[k] != NULL && i < t->n; i++)
            norni_json_num(&j, t->number[k][i]);
    }
    for (size_t i = 0; i < t->n; i++)
        norni_json_int(&j, t->time[i]);
    norni_json_close(&j, ']');
    demand(!b->failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    norn_ctx *ctx = NULL;
    norn_ctx_opt ctx_opt = norn_ctx_opt_default();
    norni_arena arena;
    norni_fin_source source[2 * MOST];
    norni_buf text[2];
    norn_status st[2];
    ctx_opt.n_threads = 1;
    demand(norn_ctx_new(&ctx_opt, &ctx, NULL) == NORN_OK);
    norni_arena_init(&arena, &ctx->alloc);
    const norni_fin_read_opt opt = chosen(data[0]);
    const size_t n = cut(ctx, &arena, data + 1, size - 1, source);
    for (size_t i = 0; i < n; i++) /* the same name: words may name any of them */
        source[i].name = "a.csv";
    for (size_t i = 0; i < n; i++)
        source[2 * MOST - 1 - i] = source[i];
    for (int k = 0; k < 2; k++) {
        norni_fin_table t;
        norn_err err = {NORN_OK, ""};
        norni_buf_init(&text[k], &ctx->alloc);
        st[k] =
            norni_fin_read(ctx, k == 0 ? source : source + 2 * MOST - n, n, &opt, &arena, &t, &err);
        if (st[k] == NORN_OK) {
            check_table(&t);
            write_down(&t, &text[k]);
        } else {
            demand(err.text[0] != '\0' && memchr(err.text, '\0', sizeof err.text) != NULL);
            demand(st[k] != NORN_E_INTERNAL && st[k] != NORN_E_MEM);
            norni_buf_text(&text[k], err.text);
        }
    }
    demand(st[0] == st[1] && text[0].n == text[1].n &&
           memcmp(text[0].p, text[1].p, text[0].n) == 0);
    norni_buf_clear(&text[0]);
    norni_buf_clear(&text[1]);
    norni_arena_clear(&arena);
    norn_ctx_free(ctx);
    return 0;
}
