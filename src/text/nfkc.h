/* Normalization form KC of Unicode 16.0.0. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_NFKC_H
#define NORNI_NFKC_H

#include "base/str.h"

/* Whether a quick look shows that s (valid UTF-8) is in the form: false also where it may be. */
bool norni_nfkc_is(norni_str s);
/* Appends s (what is not UTF-8 becomes U+FFFD) in the form. Time is linear in the text, long runs of combining marks
 * included: they are sorted by counting. */
void norni_nfkc(norni_str s, norni_buf *out);

#endif
