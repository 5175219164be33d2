/* Fuzzing numbers as text: any bytes parse or are refused, and what is printed reads back as the
 * same bits. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/numtext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

/* Print and parse are inverse to each other; -0 prints as 0. */
static void round_trip(double x) {
    char text[NORNI_NUM_MAX];
    double back = 0;
    const size_t n = norni_num_print(text, x);
    demand(n >= 1 && n <= sizeof text);
    if (!isfinite(x)) return;
    demand(norni_num_parse(text, n, &back) == NORNI_NUM_OK);
    demand(back == x && (x != 0 || !signbit(back)));
}

/* glibc's strtod rounds exactly too, so both must agree wherever both accept the text. */
static void against_strtod(const char *text, size_t n, double parsed) {
    if (n > 4000) return;
    char copy[4001], *end = NULL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    if (memchr(copy, '\0', n) != NULL) return;
    const double theirs = strtod(copy, &end);
    demand(end != copy);
    demand(theirs == parsed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    double x = 0;
    int64_t whole = 0;
    const char *text = (const char *)data;
    if (norni_num_parse(text, size, &x) == NORNI_NUM_OK) {
        demand(isfinite(x));
        against_strtod(text, size, x);
        round_trip(x);
    }
    if (norni_int_parse(text, size, &whole) == NORNI_NUM_OK) {
        char printed[NORNI_NUM_MAX];
        int64_t again = 0;
        const size_t n = norni_int_print(printed, whole);
        demand(norni_int_parse(printed, n, &again) == NORNI_NUM_OK && again == whole);
    }
    if (size >= sizeof x) {
        memcpy(&x, data, sizeof x);
        round_trip(x);
    }
    return 0;
}
