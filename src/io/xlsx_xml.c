/* One XML part of a workbook, parsed step by step: no DOCTYPE, bounded depth and tags. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Without a DOCTYPE there are no entities but the five of XML itself, nothing external and nothing
 * that grows. Expat keeps an unfinished tag whole and scans it anew with every piece (quadratic:
 * CVE-2023-52425), so a tag may span a few pieces only. Its memory comes from malloc: the hooks that
 * expat has carry neither a context nor a block's old size, which norn_alloc needs. */
#include "io/xlsx_xml.h"

static norn_status fail_tag(const norni_xml *x, norn_err *err) {
    return norn_fail(err, NORN_E_LIMIT, "xlsx: %s has a tag of more than %d KiB", x->entry.name,
                     (int)NORNI_XML_MOST_TAG >> 10);
}

/* A tag that came whole with its last piece: how many pieces expat waits for is its version's own. */
static bool is_long(norni_xml *x) {
    if (XML_GetCurrentByteCount(x->parser) <= NORNI_XML_MOST_TAG) return false;
    norni_xml_refuse(x, fail_tag(x, &x->fault));
    return true;
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attr) {
    norni_xml *x = user;
    if (x->st != NORN_OK) return; /* expat may tell a little more after it was stopped */
    x->n_moved = x->n_fed;
    if (is_long(x)) return;
    if (++x->depth > NORNI_XML_MOST_DEPTH) {
        norni_xml_refuse(x,
                         norn_fail(&x->fault, NORN_E_LIMIT, "xlsx: %s nests more than %d tags deep",
                                   x->entry.name, (int)NORNI_XML_MOST_DEPTH));
        return;
    }
    if (x->calls.start != NULL) x->calls.start(x, norni_xml_local(name), attr);
}

static void XMLCALL on_end(void *user, const XML_Char *name) {
    norni_xml *x = user;
    if (x->st != NORN_OK) return;
    x->n_moved = x->n_fed;
    if (x->calls.end != NULL) x->calls.end(x, norni_xml_local(name));
    x->depth--;
}

static void XMLCALL on_text(void *user, const XML_Char *p, int n) {
    norni_xml *x = user;
    if (x->st != NORN_OK) return;
    x->n_moved = x->n_fed;
    if (x->calls.text != NULL) x->calls.text(x, p, (size_t)n);
}

static void XMLCALL on_comment(void *user, const XML_Char *text) {
    norni_xml *x = user;
    (void)text;
    if (x->st != NORN_OK) return;
    x->n_moved = x->n_fed;
    (void)is_long(x);
}

static void XMLCALL on_instruction(void *user, const XML_Char *target, const XML_Char *text) {
    (void)target;
    on_comment(user, text);
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset) {
    norni_xml *x = user;
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    norni_xml_refuse(
        x, norn_fail(&x->fault, NORN_E_FORMAT, "xlsx: the workbook declares a DOCTYPE; refused"));
}

norn_status norni_xml_open(norni_xml *x, norni_zip *zip, const char *name,
                           const norni_xml_calls *calls, void *user, norn_err *err) {
    *x = (norni_xml){.calls = *calls, .user = user};
    NORN_TRY(norni_zip_entry_open(zip, name, &x->entry, err));
    x->parser = XML_ParserCreate(NULL);
    if (x->parser == NULL) {
        norni_xml_close(x);
        return norn_fail(err, NORN_E_MEM, "xlsx: out of memory");
    }
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_text);
    XML_SetCommentHandler(x->parser, on_comment);
    XML_SetProcessingInstructionHandler(x->parser, on_instruction);
    XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
    return NORN_OK;
}

void norni_xml_close(norni_xml *x) {
    if (x->parser != NULL) XML_ParserFree(x->parser);
    x->parser = NULL;
    norni_zip_entry_close(&x->entry);
}

void norni_xml_refuse(norni_xml *x, norn_status st) {
    if (st == NORN_OK || x->st != NORN_OK) return;
    x->st = st;
    (void)XML_StopParser(x->parser, XML_FALSE);
}

void norni_xml_pause(norni_xml *x) {
    if (x->st == NORN_OK) (void)XML_StopParser(x->parser, XML_TRUE);
}

static norn_status fail_parse(const norni_xml *x, norn_err *err) {
    const enum XML_Error code = XML_GetErrorCode(x->parser);
    if (code == XML_ERROR_NO_MEMORY) return norn_fail(err, NORN_E_MEM, "xlsx: out of memory");
    return norn_fail(err, NORN_E_FORMAT, "xlsx: %s, line %llu, byte %llu: %s", x->entry.name,
                     (unsigned long long)XML_GetCurrentLineNumber(x->parser),
                     (unsigned long long)XML_GetCurrentColumnNumber(x->parser),
                     XML_ErrorString(code));
}

/* Reads and parses one piece, or goes on where the last step paused. */
static norn_status parse_piece(norni_xml *x, enum XML_Status *out, norn_err *err) {
    if (x->paused) {
        *out = XML_ResumeParser(x->parser);
        return NORN_OK;
    }
    size_t got;
    void *to = XML_GetBuffer(x->parser, NORNI_XML_PIECE);
    if (to == NULL) return fail_parse(x, err);
    NORN_TRY(norni_zip_entry_read(&x->entry, to, NORNI_XML_PIECE, &got, err));
    x->n_fed += got;
    *out = XML_ParseBuffer(x->parser, (int)got, got == 0);
    return NORN_OK;
}

norn_status norni_xml_step(norni_xml *x, norn_err *err) {
    enum XML_Status told = XML_STATUS_OK;
    if (norn_ctx_cancelled(x->entry.zip->ctx)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
    NORN_TRY(parse_piece(x, &told, err));
    if (x->st != NORN_OK) return norn_fail(err, x->st, "%s", x->fault.text);
    if (told == XML_STATUS_ERROR) return fail_parse(x, err);
    x->paused = told == XML_STATUS_SUSPENDED;
    if (x->n_fed - x->n_moved > NORNI_XML_MOST_TAG) return fail_tag(x, err);
    XML_ParsingStatus where;
    XML_GetParsingStatus(x->parser, &where);
    x->over = where.parsing == XML_FINISHED;
    return NORN_OK;
}

norn_status norni_xml_all(norni_zip *zip, const char *name, const norni_xml_calls *calls,
                          void *user, norn_err *err) {
    norni_xml x;
    NORN_TRY(norni_xml_open(&x, zip, name, calls, user, err));
    norn_status st = NORN_OK;
    while (st == NORN_OK && !x.over)
        st = norni_xml_step(&x, err);
    norni_xml_close(&x);
    return st;
}

const char *norni_xml_attr(const char **attr, const char *name) {
    for (; attr[0] != NULL; attr += 2) {
        const bool declares = strncmp(attr[0], "xmlns", 5) == 0; /* a namespace */
        if (!declares && strcmp(norni_xml_local(attr[0]), name) == 0) return attr[1];
    }
    return NULL;
}
