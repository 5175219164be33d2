/* Words that carry no subject of their own: scikit-learn's English list. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_STOP_WORDS_H
#define NORNI_STOP_WORDS_H

#include "base/str.h"

/* The next word of the list, ascending; *at is 0 at first. An empty one: no more. */
norni_str norni_stop_word_next(size_t *at);

#endif
