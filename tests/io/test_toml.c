/* Configuration text: what is read, what is refused and with which words, limits, lack of memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "counted.h"
#include "io/toml.h"

/* An arena over an allocator that fails on demand and is counted. */
typedef struct place {
    counted_memory memory;
    norn_alloc alloc;
    norni_arena arena;
    norni_toml toml;
    norn_err err;
} place;

static int set_up(void **state) {
    static place p;
    p = (place){.memory.real = norni_alloc_default()};
    p.alloc = p.memory.real;
    p.alloc.resize = counted_resize;
    p.alloc.user = &p.memory;
    norni_arena_init(&p.arena, &p.alloc);
    *state = &p;
    return 0;
}

static int tear_down(void **state) {
    place *p = *state;
    norni_arena_clear(&p->arena);
    return p->memory.held == 0 ? 0 : -1;
}

static norn_status parse_n(place *p, const char *text, size_t n) {
    /* a copy without a byte behind it, so that the address sanitizer sees reading past the end */
    char *bytes = malloc(n > 0 ? n : 1);
    assert_non_null(bytes);
    if (n > 0) memcpy(bytes, text, n);
    p->err = (norn_err){NORN_OK, ""};
    const norni_arena_mark before = norni_arena_mark_get(&p->arena);
    const norn_status st = norni_toml_parse(&p->arena, bytes, n, &p->toml, &p->err);
    free(bytes);
    assert_true(st != NORN_OK || p->err.text[0] == '\0');
    if (st != NORN_OK) {
        const norni_arena_mark after = norni_arena_mark_get(&p->arena);
        assert_true(p->toml.row == NULL && p->toml.n_rows == 0);
        assert_true(after.head == before.head && after.used == before.used);
    }
    return st;
}

static void parse(place *p, const char *text) {
    const norn_status st = parse_n(p, text, strlen(text));
    if (st != NORN_OK) print_message("%s\n%s\n", text, p->err.text);
    assert_int_equal(st, NORN_OK);
}

static void assert_str(norni_str s, const char *want) {
    if (!norni_str_is(s, want)) print_message("'%.*s' is not '%s'\n", (int)s.n, s.p, want);
    assert_true(norni_str_is(s, want));
}

static void assert_row(const place *p, size_t i, const char *table, const char *key,
                       norni_toml_type type, const char *text, size_t line) {
    assert_true(i < p->toml.n_rows);
    const norni_toml_row *row = &p->toml.row[i];
    assert_str(row->table, table);
    assert_str(row->key, key);
    assert_int_equal(row->value.type, type);
    assert_str(row->value.text, text);
    assert_int_equal(row->line, line);
}

static const norni_toml_value *only_value(place *p, const char *text) {
    parse(p, text);
    assert_int_equal(p->toml.n_rows, 1);
    assert_str(p->toml.row[0].key, "a");
    return &p->toml.row[0].value;
}

static void rows_come_in_file_order(void **state) {
    place *p = *state;
    parse(p,
          "# a comment\n"
          "title = \"run\" # behind\n"
          "\n"
          "  horizon=12\n"
          "[ model ] # of the table\n"
          "name = 'ets'\n"
          "season-length_2 = 7.5\n"
          "[\"quoted [x] \\u00fc\"]\n"
          "[data]\n"
          "\t\"a key\"\t=\ttrue\n"
          "'b.c' = false\n"
          "1234 = [\n"
          "  1, # one\n"
          "\n"
          "  \"two\",\n"
          "]\n"
          "name = \"\"");
    assert_int_equal(p->toml.n_rows, 8);
    assert_row(p, 0, "", "title", NORNI_TOML_STRING, "run", 2);
    assert_row(p, 1, "", "horizon", NORNI_TOML_INT, "12", 4);
    assert_row(p, 2, "model", "name", NORNI_TOML_STRING, "ets", 6);
    assert_row(p, 3, "model", "season-length_2", NORNI_TOML_NUMBER, "7.5", 7);
    assert_row(p, 4, "data", "a key", NORNI_TOML_BOOL, "true", 10);
    assert_row(p, 5, "data", "b.c", NORNI_TOML_BOOL, "false", 11);
    assert_row(p, 6, "data", "1234", NORNI_TOML_ARRAY, "", 12);
    assert_row(p, 7, "data", "name", NORNI_TOML_STRING, "", 17);
    assert_true(p->toml.row[4].value.num == 1 && p->toml.row[5].value.num == 0);
    assert_int_equal(p->toml.row[6].value.n_items, 2);
}

static void files_without_rows_are_read(void **state) {
    place *p = *state;
    static const char *const files[] = {"",         "\n",           "# only",
                                        " \t ",     "\xEF\xBB\xBF", "[a]\n[b]",
                                        "\r\n\r\n", "[a] # c\r\n",  "# \xC3\xBC\t\n"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        parse(p, files[i]);
        assert_int_equal(p->toml.n_rows, 0);
    }
    assert_int_equal(norni_toml_parse(&p->arena, NULL, 0, &p->toml, NULL), NORN_OK);
}

/* LF, CRLF and a mix of both give the same rows; a byte order mark counts nothing. */
static void line_ends_do_not_show(void **state) {
    place *p = *state;
    static const char *const files[] = {"a = [1,\n2]\n[t]\nb = 'x' # c\n",
                                        "a = [1,\r\n2]\r\n[t]\r\nb = 'x' # c\r\n",
                                        "a = [1,\r\n2]\n[t]\r\nb = 'x' # c",
                                        "\xEF\xBB\xBF"
                                        "a = [1,\n2]\r\n[t]\nb = 'x'\t\r\n"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        parse(p, files[i]);
        assert_int_equal(p->toml.n_rows, 2);
        assert_row(p, 0, "", "a", NORNI_TOML_ARRAY, "", 1);
        assert_int_equal(p->toml.row[0].value.n_items, 2);
        assert_row(p, 1, "t", "b", NORNI_TOML_STRING, "x", 4);
    }
}

static void strings_are_unescaped(void **state) {
    place *p = *state;
    static const char *const rows[][2] = {
        {"a = \"\"", ""},
        {"a = ''", ""},
        {"a = \"\" # \"", ""},
        {"a = \"x # y\"", "x # y"},
        {"a = 'x # \"y\" \\n'", "x # \"y\" \\n"},
        {"a = \"it's\\ta \\\"b\\\" \\\\\"", "it's\ta \"b\" \\"},
        {"a = \"\\b\\t\\n\\f\\r\"", "\b\t\n\f\r"},
        {"a = \"raw\ttab\"", "raw\ttab"},
        {"a = \"\\u0041\\u00e9\\u20AC\\U0001F600\\uFFFF\"",
         "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBF"},
        {"a = \"\\u007F\\u0080\\u07ff\\u0800\\uD7FF\\uE000\\U00010000\\U0010fFfF\"",
         "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF"
         "\xBF"},
        {"a = \"Z\xC3\xBCrich \xF4\x8F\xBF\xBF\"", "Z\xC3\xBCrich \xF4\x8F\xBF\xBF"},
        {"a = \"\\u0001\"", "\x01"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const norni_toml_value *v = only_value(p, rows[i][0]);
        assert_int_equal(v->type, NORNI_TOML_STRING);
        assert_str(v->text, rows[i][1]);
        assert_true(v->num == 0 && v->item == NULL && v->n_items == 0);
    }
}

static void numbers_are_exact(void **state) {
    place *p = *state;
    static const struct {
        const char *file, *text;
        norni_toml_type type;
        double num;
    } rows[] = {
        {"a = 0", "0", NORNI_TOML_INT, 0},
        {"a = -0", "-0", NORNI_TOML_INT, 0},
        {"a = +99", "+99", NORNI_TOML_INT, 99},
        {"a = 1_000_0", "10000", NORNI_TOML_INT, 10000},
        {"a = 9223372036854775807", "9223372036854775807", NORNI_TOML_INT, 9223372036854775808.0},
        {"a = -9223372036854775808", "-9223372036854775808", NORNI_TOML_INT,
         -9223372036854775808.0},
        {"a = 0.1", "0.1", NORNI_TOML_NUMBER, 0.1},
        {"a = -1_2.5_0", "-12.50", NORNI_TOML_NUMBER, -12.5},
        {"a = 5e+22#", "5e+22", NORNI_TOML_NUMBER, 5e22},
        {"a = 1E06", "1E06", NORNI_TOML_NUMBER, 1e6},
        {"a = 6.626_07e-3_4", "6.62607e-34", NORNI_TOML_NUMBER, 6.62607e-34},
        {"a = 0.0", "0.0", NORNI_TOML_NUMBER, 0},
        {"a = 0e5", "0e5", NORNI_TOML_NUMBER, 0},
        {"a = 4.9e-324", "4.9e-324", NORNI_TOML_NUMBER, 4.9e-324},
        {"a = 1.7976931348623157e308", "1.7976931348623157e308", NORNI_TOML_NUMBER,
         1.7976931348623157e308},
        {"a = 1e-400", "1e-400", NORNI_TOML_NUMBER, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const norni_toml_value *v = only_value(p, rows[i].file);
        assert_int_equal(v->type, rows[i].type);
        assert_str(v->text, rows[i].text);
        assert_true(v->num == rows[i].num);
    }
}

static void arrays_nest_and_span_lines(void **state) {
    place *p = *state;
    const norni_toml_value *v =
        only_value(p, "a = [ [1, 2.5], [], # c, ]\n\n 'x', [[[true]], \"]\"] ,\n] # end");
    assert_int_equal(v->type, NORNI_TOML_ARRAY);
    assert_int_equal(v->n_items, 4);
    assert_int_equal(v->item[0].n_items, 2);
    assert_str(v->item[0].item[0].text, "1");
    assert_true(v->item[0].item[1].num == 2.5);
    assert_int_equal(v->item[1].type, NORNI_TOML_ARRAY);
    assert_true(v->item[1].n_items == 0 && v->item[1].item == NULL);
    assert_str(v->item[2].text, "x");
    const norni_toml_value *deep = &v->item[3];
    assert_int_equal(deep->n_items, 2);
    assert_int_equal(deep->item[0].item[0].item[0].type, NORNI_TOML_BOOL);
    assert_str(deep->item[1].text, "]");

    char many[40000] = "a = [";
    size_t n = strlen(many);
    for (int i = 0; i < 5000; i++)
        n += (size_t)snprintf(many + n, sizeof many - n, "%d,", i);
    snprintf(many + n, sizeof many - n, "]");
    v = only_value(p, many);
    assert_int_equal(v->n_items, 5000);
    for (size_t i = 0; i < 5000; i++)
        assert_true(v->item[i].num == (double)i);
}

/* One key may stand in several tables, and in one as the name of another. */
static void names_are_apart_per_table(void **state) {
    place *p = *state;
    parse(p, "a = 1\n[b]\na = 2\nb = 3\n[c]\na = 4\nA = 5\n'' = 6");
    assert_int_equal(p->toml.n_rows, 6);
    assert_row(p, 3, "c", "a", NORNI_TOML_INT, "4", 6);
    assert_row(p, 5, "c", "", NORNI_TOML_INT, "6", 8);
}

static void assert_refused(place *p, norn_status status, const char *file, size_t n,
                           const char *want) {
    const norn_status st = parse_n(p, file, n);
    if (st != status || strcmp(p->err.text, want) != 0)
        print_message("%s\ngives %d, %s\nnot   %s\n", file, (int)st, p->err.text, want);
    assert_int_equal(st, status);
    assert_int_equal(p->err.code, status);
    assert_string_equal(p->err.text, want);
}

#define CONTROL "of these only TAB, LF and CRLF are allowed"
#define ESCAPES                                                                                    \
    "is no escape; allowed are \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX, and no escapes " \
    "at "                                                                                          \
    "all in '...'"
#define NAME_CHARACTERS "it is made of A-Z a-z 0-9 _ - or quoted"

static void structure_is_checked(void **state) {
    place *p = *state;
    static const char *const rows[][2] = {
        {"a", "line 1: the line's end behind key 'a'; only = is allowed"},
        {"a b = 1", "line 1: 'b' behind key 'a'; only = is allowed"},
        {"a =", "line 1: the line's end where a value must begin"},
        {"a = # 1", "line 1: '#' where a value must begin"},
        {"a = \n1", "line 1: the line's end where a value must begin"},
        {"a == 1", "line 1: '=' where a value must begin"},
        {"= 1", "line 1: '=' where a key must begin; " NAME_CHARACTERS},
        {"\xC3\xBC = 1", "line 1: '\xC3\xBC' where a key must begin; " NAME_CHARACTERS},
        {"m\xC3\xBC = 1", "line 1: '\xC3\xBC' behind key 'm'; only = is allowed"},
        {"a = 1 b = 2", "line 1: 'b' behind the value; only a comment is allowed"},
        {"a = \"x\"\"y\"", "line 1: '\"' behind the value; only a comment is allowed"},
        {"a = [1] 2", "line 1: '2' behind the value; only a comment is allowed"},
        {"[a] b = 1", "line 1: 'b' behind the table name; only a comment is allowed"},
        {"\n\n[a", "line 3: the line's end behind table name 'a'; only ] is allowed"},
        {"[a b]", "line 1: 'b' behind table name 'a'; only ] is allowed"},
        {"[]", "line 1: ']' where a table name must begin; " NAME_CHARACTERS},
        {"[\"\"]", "line 1: the table name is empty; it must have a character or more"},
        {"x = 1\r\n[[a]]", "line 2: arrays of tables are not read; [name] begins a table"},
        {"a.b = 1",
         "line 1: a dot behind key 'a'; dotted names are not read (a quoted one may hold it)"},
        {"[a . 'b']",
         "line 1: a dot behind table name 'a'; dotted names are not read (a quoted one may hold "
         "it)"},
        {"a = {x = 1}", "line 1: inline tables are not read; write a [table]"},
        {"a = [1, {}]", "line 1: inline tables are not read; write a [table]"},
        {"\n\na = [1,\n2\n", "line 5: the array that began in line 3 is not closed"},
        {"a = [1\n2]",
         "line 2: '2' behind an item of the array that began in line 1; , or ] is allowed"},
        {"a = [,]", "line 1: ',' where a value must begin"},
        {"a = [1,,2]", "line 1: ',' where a value must begin"},
        {"a = [1}",
         "line 1: '}' behind an item of the array that began in line 1; , or ] is allowed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(p, NORN_E_FORMAT, rows[i][0], strlen(rows[i][0]), rows[i][1]);
}

static void values_are_checked(void **state) {
    place *p = *state;
    static const char *const rows[][2] = {
        {"a = inf", "line 1: 'inf' is no value; numbers must be finite"},
        {"a = -nan", "line 1: '-nan' is no value; numbers must be finite"},
        {"a = True", "line 1: 'True' is no value; booleans are true and false"},
        {"a = truefalse", "line 1: 'truefalse' is no value; text must stand in quotes"},
        {"a = ets, theta", "line 1: 'ets' is no value; text must stand in quotes"},
        {"a = 1979-05-27",
         "line 1: '1979-05-27' is no value; dates and times are not read, write "
         "them in quotes"},
        {"a = 1979-05-27T07:32:00Z",
         "line 1: '1979-05-27T07:32:00Z' is no value; dates and times "
         "are not read, write them in quotes"},
        {"a = 07:32:00",
         "line 1: '07:32:00' is no value; dates and times are not read, write them in quotes"},
        {"a = 0xff", "line 1: '0xff' is no value; hex, octal and binary numbers are not read"},
        {"a = 0b1", "line 1: '0b1' is no value; hex, octal and binary numbers are not read"},
        {"a = 012", "line 1: '012' is no value; numbers have no leading zero"},
        {"a = -00.5", "line 1: '-00.5' is no value; numbers have no leading zero"},
        {"a = .5", "line 1: '.5' is no value; numbers look like 12, -0.5 or 1e-3"},
        {"a = 5.", "line 1: '5.' is no value; numbers look like 12, -0.5 or 1e-3"},
        {"a = 1__0", "line 1: '1__0' is no value; numbers look like 12, -0.5 or 1e-3"},
        {"a = 1_", "line 1: '1_' is no value; numbers look like 12, -0.5 or 1e-3"},
        {"a = _1", "line 1: '_1' is no value; text must stand in quotes"},
        {"a = 1._5", "line 1: '1._5' is no value; numbers look like 12, -0.5 or 1e-3"},
        {"a = 1e", "line 1: '1e' is no value; numbers look like 12, -0.5 or 1e-3"},
        {"a = 1.e5", "line 1: '1.e5' is no value; numbers look like 12, -0.5 or 1e-3"},
        {"a = --1", "line 1: '--1' is no value; numbers look like 12, -0.5 or 1e-3"},
        {"a = +", "line 1: '+' is no value; numbers look like 12, -0.5 or 1e-3"},
        {"a = 1,5", "line 1: ',' behind the value; only a comment is allowed"},
        {"a = 9223372036854775808",
         "line 1: whole number 9223372036854775808 is outside [-2^63, 2^63)"},
        {"a = -1e4_00",
         "line 1: number -1e400 is too large; at most 1.7976931348623157e308 is allowed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(p, NORN_E_FORMAT, rows[i][0], strlen(rows[i][0]), rows[i][1]);
}

static void strings_are_checked(void **state) {
    place *p = *state;
    static const char *const rows[][2] = {
        {"a = \"x", "line 1: the string 'x' is not closed; \" must end it on its line"},
        {"a = 'x\"\nb = '", "line 1: the string 'x\"' is not closed; ' must end it on its line"},
        {"\"a = 1", "line 1: the string 'a = 1' is not closed; \" must end it on its line"},
        {"a = \"\"\"x\"\"\"",
         "line 1: multi-line strings are not read; write \"...\" with \\n in it"},
        {"a = '''\n'''", "line 1: multi-line strings are not read; write \"...\" with \\n in it"},
        {"a = \"\\q\"", "line 1: 'q' behind a backslash " ESCAPES},
        {"a = \"C:\\\xC3\xA9\"", "line 1: '\xC3\xA9' behind a backslash " ESCAPES},
        {"a = \"x\\\n y\"", "line 1: the line's end behind a backslash " ESCAPES},
        {"a = \"x\\", "line 1: the line's end behind a backslash " ESCAPES},
        {"a = \"\\u12\"", "line 1: '\\u12' has fewer than 4 hex digits"},
        {"a = \"\\U0001f60\"", "line 1: '\\U0001f60' has fewer than 8 hex digits"},
        {"a = \"\\u", "line 1: '\\u' has fewer than 4 hex digits"},
        {"a = \"\\u0000\"",
         "line 1: '\\u0000' is no character; allowed are 1 to 10FFFF without D800 to DFFF"},
        {"a = \"\\uD800\"",
         "line 1: '\\uD800' is no character; allowed are 1 to 10FFFF without D800 to DFFF"},
        {"a = \"\\U00110000\"",
         "line 1: '\\U00110000' is no character; allowed are 1 to 10FFFF without D800 to DFFF"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(p, NORN_E_FORMAT, rows[i][0], strlen(rows[i][0]), rows[i][1]);
}

static void names_stand_once(void **state) {
    place *p = *state;
    static const char *const rows[][2] = {
        {"a = 1\nb = 2\na = 3", "line 3: key 'a' stands already in line 1; a name may stand once"},
        {"[t]\na = 1\n\n\"\\u0061\" = 3",
         "line 4: key 'a' stands already in line 2; a name may stand once"},
        {"x = [\n1\n]\n'x' = 1", "line 4: key 'x' stands already in line 1; a name may stand once"},
        {"[t]\na = 1\n[u]\n[ 't' ]",
         "line 4: name 't' stands already in line 1; a name may stand once"},
        {"z = 1\nt = 1\n[t]", "line 3: name 't' stands already in line 2; a name may stand once"},
        {"\"\\u0007\\u007f\" = 1\n\"\\u0007\\u007f\" = 1",
         "line 2: key '?\?' stands already in line 1; a name may stand once"},
        {"aaaaaaaaaabbbbbbbbbbccccccccccddddddddd\xC3\xBC"
         "e = 1",
         "line 1: '\xC3\xBC' behind key 'aaaaaaaaaabbbbbbbbbbccccccccccddddddddd'; only = is "
         "allowed"},
        {"'aaaaaaaaaabbbbbbbbbbccccccccccddddddddd\xC3\xBC"
         "e' 1",
         "line 1: '1' behind key 'aaaaaaaaaabbbbbbbbbbccccccccccddddddddd'; only = is allowed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(p, NORN_E_FORMAT, rows[i][0], strlen(rows[i][0]), rows[i][1]);
}

static void bytes_are_checked(void **state) {
    place *p = *state;
    static const struct {
        const char *file;
        size_t n;
        const char *want;
    } rows[] = {
        {"a = 1\nb\0 = 2", 11, "line 2: control character 0x0; " CONTROL},
        {"# \x07", 3, "line 1: control character 0x7; " CONTROL},
        {"a = '\x1f'", 7, "line 1: control character 0x1f; " CONTROL},
        {"a = \"\x7f\"", 7, "line 1: control character 0x7f; " CONTROL},
        {"a = 1\rb = 2", 11, "line 1: control character 0xd; " CONTROL},
        {"a = 1\r", 6, "line 1: control character 0xd; " CONTROL},
        {"a = 1\n# \xFF", 9, "line 2: byte 0xff is not valid UTF-8; the file must be UTF-8"},
        {"# \xC3", 3, "line 1: byte 0xc3 is not valid UTF-8; the file must be UTF-8"},
        {"# \xC0\xAF", 4, "line 1: byte 0xc0 is not valid UTF-8; the file must be UTF-8"},
        {"# \xE0\x9F\xBF", 5, "line 1: byte 0xe0 is not valid UTF-8; the file must be UTF-8"},
        {"# \xED\xA0\x80", 5, "line 1: byte 0xed is not valid UTF-8; the file must be UTF-8"},
        {"# \xF0\x8F\xBF\xBF", 6, "line 1: byte 0xf0 is not valid UTF-8; the file must be UTF-8"},
        {"# \xF4\x90\x80\x80", 6, "line 1: byte 0xf4 is not valid UTF-8; the file must be UTF-8"},
        {"# \xF5\x80\x80\x80", 6, "line 1: byte 0xf5 is not valid UTF-8; the file must be UTF-8"},
        {"# \xE2\x82 ", 5, "line 1: byte 0xe2 is not valid UTF-8; the file must be UTF-8"},
        {"# \x80", 3, "line 1: byte 0x80 is not valid UTF-8; the file must be UTF-8"},
        {"a\xEF\xBB\xBF = 1", 8, "line 1: '\xEF\xBB\xBF' behind key 'a'; only = is allowed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(p, NORN_E_FORMAT, rows[i].file, rows[i].n, rows[i].want);
}

static void limits_hold(void **state) {
    place *p = *state;
    enum { ROWS = 10000, BYTES = 1 << 20 };
    parse(p, "a = [[[[1]]]]");
    const char *deep = "\na = [[[[\n[1]]]]]";
    assert_refused(p, NORN_E_LIMIT, deep, strlen(deep),
                   "line 3: arrays stand inside each other more than 4 deep");

    char *file = malloc(BYTES + 1);
    assert_non_null(file);
    for (int tables = 0; tables < 2; tables++) {
        size_t n = 0;
        for (int i = 0; i < ROWS; i++)
            n += (size_t)snprintf(file + n, BYTES - n, tables ? "[k%d]\n" : "k%d = 1\n", i);
        assert_int_equal(parse_n(p, file, n), NORN_OK);
        assert_int_equal(p->toml.n_rows, tables ? 0 : ROWS);
        snprintf(file + n, BYTES - n, tables ? "[k]" : "k = 1");
        assert_refused(
            p, NORN_E_LIMIT, file, n + 3,
            tables ? "line 10001: more than 10000 tables" : "line 10001: more than 10000 keys");
    }
    memset(file, '\n', BYTES + 1);
    assert_int_equal(parse_n(p, file, BYTES), NORN_OK);
    assert_refused(p, NORN_E_LIMIT, file, BYTES + 1,
                   "line 1: the file has 1048577 bytes, more than 1048576");
    free(file);
}

/* Whichever request for memory fails: an error, nothing kept, and the arena is as before. */
static void lack_of_memory_is_reported(void **state) {
    place *p = *state;
    char file[20000] = "";
    size_t n = 0;
    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf(file + n, sizeof file - n, "k%d = [%d, [[1, 2], 'x']]\n", i, i);
    n += (size_t)snprintf(file + n, sizeof file - n, "[t]\na = [");
    while (n < sizeof file - 10)
        n += (size_t)snprintf(file + n, sizeof file - n, "1,");
    n += (size_t)snprintf(file + n, sizeof file - n, "]");
    size_t failures = 0;
    norn_status st = NORN_E_MEM;
    for (p->memory.until = 1; st == NORN_E_MEM; p->memory.until++) {
        norni_arena_clear(&p->arena);
        assert_true(p->memory.held == 0);
        p->memory.calls = 0;
        st = parse_n(p, file, n);
        failures += st == NORN_E_MEM;
        assert_true(st == NORN_OK || norni_str_is((norni_str){p->err.text, 6}, "toml: "));
    }
    assert_int_equal(st, NORN_OK);
    assert_true(failures > 10);
}

/* Every beginning of a file, and the file with every byte replaced in turn, is read or refused with
 * a line; the address sanitizer watches. */
static void damaged_files_are_refused_with_a_line(void **state) {
    place *p = *state;
    const char whole[] =
        "# x\nt = \"a\\u00e9\\n\" # c\r\n[t2]\n'k' = [1_0, -2.5e3, [true, 'l\xC3\xBC']]\n\"q\" = "
        "false\n";
    const size_t n = sizeof whole - 1;
    const char bytes[] = "\0\n\r\"'[]{}=,#.\\_-+0e \x80\xC3\xED\xF4\xFF";
    for (size_t i = 0; i < n; i++) {
        if (parse_n(p, whole, i) != NORN_OK)
            assert_true(norni_str_is((norni_str){p->err.text, 5}, "line "));
        for (size_t k = 0; k < sizeof bytes - 1; k++) {
            char damaged[sizeof whole];
            memcpy(damaged, whole, sizeof whole);
            damaged[i] = bytes[k];
            if (parse_n(p, damaged, n) != NORN_OK)
                assert_true(norni_str_is((norni_str){p->err.text, 5}, "line "));
            norni_arena_reset(&p->arena);
        }
    }
    assert_int_equal(parse_n(p, whole, n), NORN_OK);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_PLACE(rows_come_in_file_order),
        WITH_PLACE(files_without_rows_are_read),
        WITH_PLACE(line_ends_do_not_show),
        WITH_PLACE(strings_are_unescaped),
        WITH_PLACE(numbers_are_exact),
        WITH_PLACE(arrays_nest_and_span_lines),
        WITH_PLACE(names_are_apart_per_table),
        WITH_PLACE(structure_is_checked),
        WITH_PLACE(values_are_checked),
        WITH_PLACE(strings_are_checked),
        WITH_PLACE(names_stand_once),
        WITH_PLACE(bytes_are_checked),
        WITH_PLACE(limits_hold),
        WITH_PLACE(lack_of_memory_is_reported),
        WITH_PLACE(damaged_files_are_refused_with_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
