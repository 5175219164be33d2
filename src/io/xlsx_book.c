/* The parts of a workbook: its sheets, the one that is wanted, and what that one's cells refer to. */
/* SPDX-License-Identifier: Apache-2.0 */
/* ECMA-376 part 2: _rels/.rels names the workbook, xl/_rels/workbook.xml.rels its parts by id, the
 * workbook its sheets by those ids. Relationship types are told by their last word, which the
 * transitional and the strict form share. */
#include "io/xlsx_book.h"

#include "io/xlsx_xml.h"

enum { MOST_LINKS = 4000, MOST_NAME = 1024, LISTED = 160 };

struct norni_book_link {
    norni_book_link *next;
    const char *id, *type, *part; /* type: its last word */
};

struct norni_book_sheet {
    norni_book_sheet *next;
    const char *name, *part; /* part NULL: a chart or the like */
    bool hidden;
};

void norni_book_init(norni_book *b, norni_zip *zip) {
    *b = (norni_book){.zip = zip};
    norni_arena_init(&b->arena, &zip->ctx->alloc);
    norni_xlsx_refs_init(&b->refs, &zip->ctx->alloc);
}

void norni_book_clear(norni_book *b) {
    if (b->zip == NULL) return;
    norni_arena_clear(&b->arena);
    norni_xlsx_refs_clear(&b->refs);
    *b = (norni_book){0};
}

/* A part's name from a relationship's target, seen from the folder [base, base + n_base): "/xl/a.xml",
 * "a.xml", "../a.xml". false: it leads out of the file or is too long. */
static bool resolve(char *out, size_t size, const char *base, size_t n_base, const char *target) {
    size_t n = 0;
    if (*target == '/' || *target == '\\') {
        target++;
    } else {
        if (n_base >= size) return false;
        memcpy(out, base, n = n_base);
    }
    while (*target != '\0') {
        const size_t step = strcspn(target, "/\\");
        const bool last = target[step] == '\0';
        if (step == 2 && memcmp(target, "..", 2) == 0) {
            if (n == 0) return false;
            for (n--; n > 0 && out[n - 1] != '/';)
                n--;
        } else if (step > 0 && !(step == 1 && *target == '.')) {
            if (n + step + 2 > size) return false;
            memcpy(out + n, target, step);
            n += step;
            if (!last) out[n++] = '/';
        }
        target += step + (last ? 0 : 1);
    }
    out[n] = '\0';
    return n > 0 && out[n - 1] != '/';
}

/* Reads a list of relationships as seen from `folder`. */
typedef struct link_reader {
    norni_book *b;
    const char *folder;
    size_t n_folder;
} link_reader;

static norn_status keep_link(link_reader *l, const char *id, const char *type, const char *target,
                             norn_err *err) {
    norni_book *b = l->b;
    char part[MOST_NAME];
    const char *slash = strrchr(type, '/');
    if (strlen(id) >= MOST_NAME || strlen(type) >= MOST_NAME) return NORN_OK;
    if (!resolve(part, sizeof part, l->folder, l->n_folder, target)) return NORN_OK;
    if (b->n_links == MOST_LINKS)
        return norn_fail(err, NORN_E_LIMIT, "xlsx: the workbook has more than %d relationships",
                         (int)MOST_LINKS);
    if (slash != NULL) type = slash + 1;
    norni_book_link *link = norni_arena_get(&b->arena, 1, sizeof *link);
    if (link == NULL) return norni_alloc_fail(err, "xlsx", 1, sizeof *link);
    link->id = norni_arena_text(&b->arena, id, strlen(id));
    link->type = norni_arena_text(&b->arena, type, strlen(type));
    link->part = norni_arena_text(&b->arena, part, strlen(part));
    if (link->id == NULL || link->type == NULL || link->part == NULL)
        return norni_alloc_fail(err, "xlsx", MOST_NAME, 1);
    link->next = b->links;
    b->links = link;
    b->n_links++;
    return NORN_OK;
}

static void link_start(norni_xml *x, const char *name, const char **attr) {
    const char *id = norni_xml_attr(attr, "Id"), *type = norni_xml_attr(attr, "Type"),
               *target = norni_xml_attr(attr, "Target"), *mode = norni_xml_attr(attr, "TargetMode");
    if (strcmp(name, "Relationship") != 0 || id == NULL || type == NULL || target == NULL) return;
    if (mode != NULL && strcmp(mode, "External") == 0) return;
    norni_xml_refuse(x, keep_link(x->user, id, type, target, &x->fault));
}

static norn_status read_links(norni_book *b, const char *part, const char *folder, size_t n_folder,
                              norn_err *err) {
    static const norni_xml_calls calls = {link_start, NULL, NULL};
    link_reader l = {b, folder, n_folder};
    return norni_xml_all(b->zip, part, &calls, &l, err);
}

/* The part that a relationship of this type names, or NULL. */
static const char *part_of_type(const norni_book *b, const char *type) {
    for (const norni_book_link *l = b->links; l != NULL; l = l->next) {
        if (strcmp(l->type, type) == 0) return l->part;
    }
    return NULL;
}

/* The worksheet behind a relationship's id, or NULL. */
static const char *sheet_of_id(const norni_book *b, const char *id) {
    for (const norni_book_link *l = b->links; l != NULL; l = l->next) {
        if (strcmp(l->id, id) == 0) return strcmp(l->type, "worksheet") == 0 ? l->part : NULL;
    }
    return NULL;
}

static norn_status keep_sheet(norni_book *b, const char *name, const char *id, const char *state,
                              norn_err *err) {
    if (b->n_sheets == NORNI_ZIP_MOST_ENTRIES || strlen(name) >= MOST_NAME)
        return norn_fail(err, NORN_E_LIMIT, "xlsx: too many sheets, or a sheet's name is too long");
    norni_book_sheet *sheet = norni_arena_get(&b->arena, 1, sizeof *sheet);
    if (sheet == NULL) return norni_alloc_fail(err, "xlsx", 1, sizeof *sheet);
    *sheet = (norni_book_sheet){.part = sheet_of_id(b, id)};
    sheet->hidden = state != NULL && strcmp(state, "visible") != 0;
    sheet->name = norni_arena_text(&b->arena, name, strlen(name));
    if (sheet->name == NULL) return norni_alloc_fail(err, "xlsx", strlen(name), 1);
    norni_book_sheet **end = &b->sheets;
    while (*end != NULL)
        end = &(*end)->next;
    *end = sheet;
    b->n_sheets++;
    return NORN_OK;
}

static void book_start(norni_xml *x, const char *name, const char **attr) {
    norni_book *b = x->user;
    if (x->depth == 1 && strcmp(name, "workbook") != 0) {
        norni_xml_refuse(
            x, norn_fail(&x->fault, NORN_E_FORMAT, "xlsx: %s is no workbook", x->entry.name));
    } else if (x->depth == 2 && strcmp(name, "workbookPr") == 0) {
        const char *from = norni_xml_attr(attr, "date1904");
        b->refs.from_1904 = from != NULL && (strcmp(from, "1") == 0 || strcmp(from, "true") == 0);
    } else if (x->depth == 3 && strcmp(name, "sheet") == 0) {
        const char *sheet = norni_xml_attr(attr, "name"), *id = norni_xml_attr(attr, "id");
        if (sheet == NULL || id == NULL) return;
        norni_xml_refuse(x, keep_sheet(b, sheet, id, norni_xml_attr(attr, "state"), &x->fault));
    }
}

/* xl/workbook.xml -> xl/_rels/workbook.xml.rels */
static norn_status read_workbook_links(norni_book *b, const char *workbook, norn_err *err) {
    char part[MOST_NAME + 16];
    const char *slash = strrchr(workbook, '/');
    const size_t n_folder = slash ? (size_t)(slash - workbook) + 1 : 0;
    norni_format(part, sizeof part, "%.*s_rels/%s.rels", (int)n_folder, workbook,
                 workbook + n_folder);
    return read_links(b, part, workbook, n_folder, err);
}

static norn_status find_workbook(norni_book *b, const char **out, norn_err *err) {
    if (!norni_zip_has(b->zip, "_rels/.rels")) {
        const bool open_document =
            norni_zip_has(b->zip, "META-INF/manifest.xml") && norni_zip_has(b->zip, "content.xml");
        return norn_fail(err, NORN_E_FORMAT,
                         "xlsx: this zip file holds no workbook (no part _rels/.rels)%s",
                         open_document ? "; it is an OpenDocument file: save as .xlsx" : "");
    }
    NORN_TRY(read_links(b, "_rels/.rels", "", 0, err));
    const char *part = part_of_type(b, "officeDocument");
    if (part == NULL) return norn_fail(err, NORN_E_FORMAT, "xlsx: this zip file names no workbook");
    *out = part;
    const size_t n = strlen(part);
    if (n > 4 && strcmp(part + n - 4, ".bin") == 0)
        return norn_fail(err, NORN_E_FORMAT,
                         "xlsx: this is a binary workbook (.xlsb); save as .xlsx");
    return NORN_OK;
}

/* "A, B, C", cut where the room ends. */
static void list_sheets(const norni_book *b, char *out, size_t size) {
    size_t n = 0;
    out[0] = '\0';
    for (const norni_book_sheet *s = b->sheets; s != NULL; s = s->next) {
        if (s->part == NULL) continue;
        if (n + strlen(s->name) + 8 > size) {
            norni_format(out + n, size - n, "%s", n > 0 ? ", ..." : "...");
            return;
        }
        n += norni_format(out + n, size - n, "%s%s", n > 0 ? ", " : "", s->name);
    }
}

static norn_status choose_sheet(norni_book *b, const char *sheet, norn_err *err) {
    char names[LISTED];
    for (const norni_book_sheet *s = b->sheets; s != NULL; s = s->next) {
        if (s->part == NULL || (sheet ? strcmp(s->name, sheet) != 0 : s->hidden)) continue;
        b->sheet_name = s->name;
        b->sheet_part = s->part;
        return NORN_OK;
    }
    list_sheets(b, names, sizeof names);
    if (names[0] == '\0') return norn_fail(err, NORN_E_FORMAT, "xlsx: the workbook has no sheets");
    if (sheet == NULL) {
        return norn_fail(err, NORN_E_ARG,
                         "xlsx: every sheet is hidden; name the one to read; there are: %s", names);
    }
    return norn_fail(err, NORN_E_ARG, "xlsx: the sheets are %s; none is named %s", names, sheet);
}

norn_status norni_book_list(norni_book *b, norn_err *err) {
    static const norni_xml_calls calls = {book_start, NULL, NULL};
    const char *workbook = "";
    NORN_TRY(find_workbook(b, &workbook, err));
    b->links = NULL;
    NORN_TRY(read_workbook_links(b, workbook, err));
    return norni_xml_all(b->zip, workbook, &calls, b, err);
}

const char *norni_book_name(const norni_book *b, size_t k) {
    for (const norni_book_sheet *s = b->sheets; s != NULL; s = s->next) {
        if (s->part != NULL && k-- == 0) return s->name;
    }
    return NULL;
}

norn_status norni_book_read(norni_book *b, const char *sheet, norn_err *err) {
    NORN_TRY(norni_book_list(b, err));
    NORN_TRY(choose_sheet(b, sheet, err));
    const char *styles = part_of_type(b, "styles"), *strings = part_of_type(b, "sharedStrings");
    if (styles != NULL) NORN_TRY(norni_xlsx_refs_styles(&b->refs, b->zip, styles, err));
    if (strings != NULL) NORN_TRY(norni_xlsx_refs_strings(&b->refs, b->zip, strings, err));
    return NORN_OK;
}
