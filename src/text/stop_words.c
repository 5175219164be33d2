/* Words that carry no subject of their own: scikit-learn's English list. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "text/stop_words.h"

#include "stop_words_table.h"

norni_str norni_stop_word_next(size_t *at) {
    const char *word = stop_words + *at;
    const char *end = memchr(word, ' ', sizeof stop_words - 1 - *at);
    const size_t n = end ? (size_t)(end - word) : sizeof stop_words - 1 - *at;
    *at += n + (end != NULL);
    return (norni_str){word, n};
}
