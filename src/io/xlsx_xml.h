/* One XML part of a workbook, parsed step by step: no DOCTYPE, bounded depth and tags. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_XLSX_XML_H
#define NORNI_XLSX_XML_H

#include <expat.h>

#include "io/xlsx_zip.h"

enum {
    NORNI_XML_PIECE = 1 << 16, /* bytes parsed in one step */
    NORNI_XML_MOST_DEPTH = 64,
    NORNI_XML_MOST_TAG = 1 << 18, /* bytes of one tag, comment or instruction */
};

typedef struct norni_xml norni_xml;

/* What a part's reader is told. Names come without their namespace prefix; `depth` is 1 for the
 * root. Any may be NULL. */
typedef struct norni_xml_calls {
    void (*start)(norni_xml *x, const char *name, const char **attr);
    void (*end)(norni_xml *x, const char *name);
    void (*text)(norni_xml *x, const char *p, size_t n);
} norni_xml_calls;

struct norni_xml {
    norni_zip_entry entry;
    XML_Parser parser;
    norni_xml_calls calls;
    void *user;
    uint64_t n_fed, n_moved; /* bytes given; given when something was last told */
    uint32_t depth;
    bool paused, over;
    norn_status st; /* of norni_xml_refuse */
    norn_err fault;
};

/* `name` is borrowed. After an error nothing is left open. */
NORN_CHECKED norn_status norni_xml_open(norni_xml *x, norni_zip *zip, const char *name,
                                        const norni_xml_calls *calls, void *user, norn_err *err);
/* Parses the next piece; x->over: that was the last. */
NORN_CHECKED norn_status norni_xml_step(norni_xml *x, norn_err *err);
void norni_xml_close(norni_xml *x); /* legal on a zeroed one */
/* Opens, parses all, closes. */
NORN_CHECKED norn_status norni_xml_all(norni_zip *zip, const char *name,
                                       const norni_xml_calls *calls, void *user, norn_err *err);

/* Inside a call: ends the parse with `st`, whose words stand in x->fault:
 * norni_xml_refuse(x, norn_fail(&x->fault, ...)). NORN_OK does nothing. */
void norni_xml_refuse(norni_xml *x, norn_status st);
/* Inside a call: this step ends here, the next goes on. */
void norni_xml_pause(norni_xml *x);

/* Value of the attribute with this local name, or NULL. */
const char *norni_xml_attr(const char **attr, const char *name);
/* Behind the namespace prefix. */
static inline const char *norni_xml_local(const char *name) {
    const char *colon = strchr(name, ':');
    return colon ? colon + 1 : name;
}

#endif
