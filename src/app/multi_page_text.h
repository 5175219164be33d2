/* The script and the style of the page that explains forecasts; needs nothing from a network. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_PAGE_TEXT_H
#define NORNI_MULTI_PAGE_TEXT_H

/* Pieces that follow each other, NULL at the end: no compiler has to take a longer string. The script
 * reads the element #data (multi_page.c), writes only text, never markup, and asks for nothing. */
extern const char *const norni_page_style[];
extern const char *const norni_page_script[];

#endif
