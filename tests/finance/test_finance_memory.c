/* Months and figures of a report with less and less memory: an error that says so or an answer, never a leak. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "finance/finance_figures.h"
#include "finance_books.h"

enum { BLOCK = 65000 }; /* what an arena's first block certainly holds */

/* Gives no more blocks once it is closed; counts those that live. */
typedef struct scarce {
    norn_alloc own;
    bool closed;
    long live;
} scarce;

static void *scarce_resize(void *user, void *ptr, size_t old, size_t size) {
    scarce *s = user;
    if (size > 0 && s->closed) return NULL;
    void *p = s->own.resize(s->own.user, ptr, old, size);
    if (size == 0)
        s->live -= ptr != NULL;
    else if (p != NULL && ptr == NULL)
        s->live++;
    return p;
}

static norn_status make(norni_fin_book *book, norni_arena *arena, norni_json *j, norn_err *err) {
    static const norni_fin_forecasts none = {0};
    NORN_TRY(norni_fin_book_make(book, arena, err));
    norni_json_open(j, '[');
    NORN_TRY(norni_fin_visuals_json(j, book, arena, err));
    NORN_TRY(norni_fin_tables_json(j, book, &none, arena, err));
    norni_fin_preview_json(j, book, 5);
    norni_fin_schema_json(j, book);
    norni_json_close(j, ']');
    return NORN_OK;
}

/* With `room` bytes of arena for all; without `text` the JSON has no room. */
static norn_status make_in(const norni_fin_table *table, size_t room, bool text) {
    scarce memory = {.own = norni_alloc_default()}, paper = {.own = norni_alloc_default()};
    const norn_alloc alloc = {scarce_resize, &memory}, sheets = {scarce_resize, &paper};
    norni_arena arena;
    norni_buf b;
    norni_json j;
    norn_err err = {NORN_OK, ""};
    norni_fin_book book = {.table = *table};
    norni_arena_init(&arena, &alloc);
    assert_non_null(norni_arena_get(&arena, room > BLOCK ? room : BLOCK, 1));
    norni_arena_reset(&arena);
    if (room < BLOCK) assert_non_null(norni_arena_get(&arena, BLOCK - room, 1));
    memory.closed = true, paper.closed = !text;
    norni_buf_init(&b, &sheets);
    norni_json_init(&j, &b);
    const norn_status st = make(&book, &arena, &j, &err);
    if (st == NORN_OK) assert_int_equal(b.failed, !text);
    norni_buf_clear(&b);
    norni_arena_clear(&arena);
    assert_int_equal(memory.live, 0);
    assert_int_equal(paper.live, 0);
    if (st != NORN_OK) assert_int_equal(st, NORN_E_MEM);
    if (st != NORN_OK) assert_true(err.text[0] != '\0');
    return st;
}

static void scarce_memory(void **state) {
    (void)state;
    book_box *b = book_rows(
        "date,region,department,revenue,expenses,profit,assets,liabilities,ar,ap\n"
        "2023-01-31,A,X,100,60,40,500,250,50,30\n"
        "2023-01-31,B,Y,200,90,110,300,100,60,40\n"
        "2023-05-31,A,X,-20,40,-60,400,700,10,8\n");
    b->region[1] = UINT32_MAX;
    size_t refused = 0, served = 0;
    for (size_t room = 0; room < 60000; room += room < 4096 ? 64 : 512) {
        if (make_in(&b->book.table, room, true) == NORN_OK)
            served++;
        else
            refused++;
    }
    assert_true(refused > 40 && served > 5);
    assert_int_equal(make_in(&b->book.table, 1 << 20, false), NORN_OK);
    book_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(scarce_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
