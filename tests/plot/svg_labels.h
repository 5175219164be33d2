/* Whether the labels of a chart overlap or leave the page: for tests of charts. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORN_TESTS_SVG_LABELS_H
#define NORN_TESTS_SVG_LABELS_H

#include <stdlib.h>
#include <string.h>

#include "plot/svg.h"

typedef struct label_box {
    double x, y, w, h;
} label_box;

static inline double label_attr(const char *tag, const char *name, const char *end) {
    const char *p = strstr(tag, name);
    assert_true(p != NULL && p < end);
    return strtod(p + strlen(name), NULL);
}

/* The width that the chart reckons with, of the text in [p, end) with its entities. */
static inline double label_width(const char *p, const char *end, double size) {
    static const char *const entity[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    char text[1000];
    size_t n = 0;
    for (; p < end && n < sizeof text; p++) {
        text[n++] = *p;
        for (size_t k = 0; k < 5 && *p == '&'; k++) {
            const size_t len = strlen(entity[k]);
            if (strncmp(p, entity[k], len) != 0) continue;
            text[n - 1] = "&<>\"'"[k];
            p += len - 1;
            break;
        }
    }
    return norni_svg_width((norni_str){text, n}, size) / 1.06;
}

/* The boxes of all texts by the widths that the chart itself reckons with; none may meet another or
 * leave the page. */
static inline void assert_no_overlap(const char *svg) {
    static label_box at[4000];
    size_t n = 0;
    double dx = 0, dy = 0;
    const double width = label_attr(svg, " width=\"", svg + 400),
                 height = label_attr(svg, " height=\"", svg + 400);
    for (const char *p = strstr(svg, "<rect"); p != NULL && *p != '\0'; p++) {
        if (strncmp(p, "<g transform=\"translate(", 24) == 0) {
            char *end;
            dx = strtod(p + 24, &end);
            dy = strtod(end, NULL);
        }
        if (strncmp(p, "<text ", 6) != 0) continue;
        const char *close = strchr(p, '>'), *end = strstr(close, "</text>");
        const double size = strncmp(p + 13, "nc-title", 8) == 0 ? 18
                            : strncmp(p + 13, "nc-ft", 5) == 0  ? 13
                            : strncmp(p + 13, "nc-l", 4) == 0   ? 12
                                                                : 11;
        const double w = label_width(close + 1, end, size);
        label_box t = {label_attr(p, " x=\"", close), label_attr(p, " y=\"", close), w,
                       size * 0.75};
        if (strncmp(close - 8, "\"middle\"", 8) == 0) t.x -= w / 2;
        if (strncmp(close - 5, "\"end\"", 5) == 0) t.x -= w;
        t.x += dx;
        t.y += dy - t.h;
        if (t.x < -1 || t.x + t.w > width + 1 || t.y < -1 || t.y + t.h > height + 1)
            fail_msg("text leaves the page: %.60s", p);
        for (size_t i = 0; i < n; i++) {
            if (t.x < at[i].x + at[i].w && at[i].x < t.x + t.w && t.y < at[i].y + at[i].h &&
                at[i].y < t.y + t.h)
                fail_msg("texts overlap: %.90s", p);
        }
        assert_true(n < sizeof at / sizeof at[0]);
        at[n++] = t;
    }
    assert_true(n > 3);
}

#endif
