/* Text that is not UTF-8, read as Windows-1252. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LATIN_H
#define NORNI_LATIN_H

#include "base/arena.h"
#include "base/str.h"

bool norni_utf8_valid(norni_str s);
/* Each byte a letter, as UTF-8 with a NUL behind it; the five bytes that Windows-1252 leaves open are
 * U+FFFD. .p NULL: no memory. */
norni_str norni_latin_decode(norni_arena *arena, norni_str s);

#endif
