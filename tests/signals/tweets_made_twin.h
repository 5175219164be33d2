/* The twin's fixture: tweets, what a model says of them, and the signals that the twin found. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TWEETS_MADE_TWIN_H
#define TWEETS_MADE_TWIN_H

#include "tweets_made.h"

enum { TWIN_NUMBERS = 23 };

typedef struct twin {
    char *bytes, *at; /* `at`: the first line behind the signals */
    norni_tweets tweets;
    norni_sentiment *say;           /* (tweets.n) */
    double (*number)[TWIN_NUMBERS]; /* (tweets.n) as the fixture names them */
    norni_signals signals;          /* made of the numbers */
} twin;

void twin_open(twin *t);
void twin_close(twin *t);
/* The next line, ended by NUL; NULL: none. */
char *twin_line(twin *t);
/* Reads numbers (at most `most`) parted by blanks; how many there were. */
size_t twin_numbers(const char *line, double *out, size_t most);
/* Whether two numbers are one but for rounding; NaN equals NaN. */
bool twin_same(double a, double b);
/* The numbers of a signal in the fixture's order. */
void twin_numbers_of(const norni_signal *s, double out[TWIN_NUMBERS]);

#endif
