/* VADER: sentiment by a lexicon and rules, with the scores of its reference implementation. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Hutto, Gilbert, "VADER: a parsimonious rule-based model for sentiment analysis of social media text", ICWSM 2014. The rules are kept as the
 * authors' implementation 3.3.2 applies them, its oddities included, because its published scores are what users compare with: after "but" equal
 * valences are told apart by the first of them only; "so" or "this" before a word counts for "never so" at distance three. Each rule changes the
 * valence of word i by what stands up to three words before it. */
#include "text/vader.h"

#include <math.h>

#include "text/vader_parts.h"

#define NEGATION (-0.74)
#define CAPITALS 0.733

typedef struct judged {
    const norni_vader_token *t;
    size_t n;
    bool mixed; /* some words are in capitals, not all */
} judged;

static bool in_lexicon(const norni_vader_token *t) {
    return !isnan(t->valence);
}

static bool is(const judged *j, size_t i, const char *word) {
    return norni_str_is(j->t[i].lower, word);
}

/* What a word before adds to the valence. */
static double boost_of(const judged *j, size_t i, double valence) {
    double b = j->t[i].boost;
    if (b == 0) return 0;
    if (valence < 0) b *= -1;
    if (j->t[i].upper && j->mixed) b += valence > 0 ? CAPITALS : -CAPITALS;
    return b;
}

/* Word i, turned round by what stands `back` + 1 words before it. */
static double negate(const judged *j, size_t i, size_t back, double x) {
    const bool so1 = is(j, i - 1, "so") || is(j, i - 1, "this");
    if (back == 0) return j->t[i - 1].negates ? x * NEGATION : x;
    if (back == 1) {
        if (is(j, i - 2, "never") && so1) return x * 1.25;
        if (is(j, i - 2, "without") && is(j, i - 1, "doubt")) return x;
        return j->t[i - 2].negates ? x * NEGATION : x;
    }
    const bool so2 = is(j, i - 2, "so") || is(j, i - 2, "this");
    if ((is(j, i - 3, "never") && so2) || so1) return x * 1.25;
    if (is(j, i - 3, "without") && (is(j, i - 2, "doubt") || is(j, i - 1, "doubt"))) return x;
    return j->t[i - 3].negates ? x * NEGATION : x;
}

/* Words [i, i + n) are the phrase. */
static bool is_phrase(const judged *j, size_t i, size_t n, const char *phrase) {
    const char *at = phrase;
    if (j->t[i].lower.n > 0 && j->t[i].lower.p[0] != *phrase) return false; /* most */
    for (size_t k = 0; k < n; k++) {
        const norni_str w = j->t[i + k].lower;
        if (k > 0 && *at++ != ' ') return false;
        if (strlen(at) < w.n || memcmp(at, w.p, w.n) != 0) return false;
        at += w.n;
    }
    return *at == '\0';
}

/* The valence of a phrase that means something else than its words; false: it is none. */
static bool phrase_at(const judged *j, size_t i, size_t n, double *x) {
    static const struct {
        const char *phrase;
        double valence;
    } row[] = {{"the shit", 3},         {"the bomb", 3},   {"bad ass", 1.5},
               {"badass", 1.5},         {"bus stop", 0},   {"yeah right", -2},
               {"kiss of death", -1.5}, {"to die for", 3}, {"beating heart", 3.5}};
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++)
        if (is_phrase(j, i, n, row[k].phrase)) {
            *x = row[k].valence;
            return true;
        }
    return false;
}

static double idioms(const judged *j, size_t i, double x) {
    static const char *const weak[] = {"just enough", "kind of", "sort of"};
    if (!phrase_at(j, i - 1, 2, &x) && !phrase_at(j, i - 2, 3, &x) && !phrase_at(j, i - 2, 2, &x) &&
        !phrase_at(j, i - 3, 3, &x))
        (void)phrase_at(j, i - 3, 2, &x);
    if (i + 1 < j->n) (void)phrase_at(j, i, 2, &x);
    if (i + 2 < j->n) (void)phrase_at(j, i, 3, &x);
    for (size_t from = i - 3; from <= i - 2; from++)
        for (size_t k = 0; k < 3; k++)
            if (is_phrase(j, from, 2, weak[k])) x += -0.293;
    return x;
}

static double least(const judged *j, size_t i, double x) {
    if (i == 0 || in_lexicon(&j->t[i - 1]) || !is(j, i - 1, "least")) return x;
    if (i > 1 && (is(j, i - 2, "at") || is(j, i - 2, "very"))) return x;
    return x * NEGATION;
}

static double valence_of(const judged *j, size_t i) {
    double x = j->t[i].valence;
    if (is(j, i, "no") && i + 1 < j->n && in_lexicon(&j->t[i + 1])) x = 0;
    if ((i > 0 && is(j, i - 1, "no")) || (i > 1 && is(j, i - 2, "no")) ||
        (i > 2 && is(j, i - 3, "no") && (is(j, i - 1, "or") || is(j, i - 1, "nor"))))
        x = j->t[i].valence * NEGATION;
    if (j->t[i].upper && j->mixed) x += x > 0 ? CAPITALS : -CAPITALS;
    for (size_t back = 0; back < 3; back++) {
        static const double fade[] = {1, 0.95, 0.9};
        if (i <= back || in_lexicon(&j->t[i - back - 1])) continue;
        double b = boost_of(j, i - back - 1, x);
        if (back > 0 && b != 0) b *= fade[back];
        x = negate(j, i, back, x + b);
        if (back == 2) x = idioms(j, i, x);
    }
    return least(j, i, x);
}

/* Half before the first "but", one and a half behind it; of equal valences only the first is found. */
static void contrast(const judged *j, double *x) {
    size_t but = 0;
    while (but < j->n && !is(j, but, "but"))
        but++;
    if (but == j->n) return;
    for (size_t k = 0; k < j->n; k++) {
        const double v = x[k];
        size_t first = 0;
        if (v == 0) continue; /* nought stays nought */
        while (x[first] != v)
            first++;
        if (first < but) {
            x[first] = v * 0.5;
        } else if (first > but) {
            x[first] = v * 1.5;
        }
    }
}

/* Emphasis of ! and ?. */
static double emphasis(norni_str text) {
    size_t n_bang = 0, n_ask = 0;
    for (size_t k = 0; k < text.n; k++) {
        n_bang += text.p[k] == '!';
        n_ask += text.p[k] == '?';
    }
    const double bang = (n_bang < 4 ? (double)n_bang : 4) * 0.292;
    return bang + (n_ask < 2 ? 0 : n_ask <= 3 ? (double)n_ask * 0.18 : 0.96);
}

/* x to as many digits as `scale` has noughts, half to even, as Python's round: by the exact value of x. */
static double rounded(double x, double scale) {
    const double t = x * scale, down = floor(t), part = t - down;
    double r = part > 0.5 ? down + 1 : down;
    if (part == 0.5) {
        const double rest = fma(x, scale, -t); /* of the exact product */
        r = rest > 0 || (rest == 0 && fmod(down, 2) != 0) ? down + 1 : down;
    }
    return r / scale;
}

static void sum_up(const double *x, size_t n, double emph, norni_vader_score *out) {
    double sum = 0, pos = 0, neg = 0, neu = 0;
    for (size_t k = 0; k < n; k++) {
        sum += x[k];
        if (x[k] > 0) pos += x[k] + 1; /* a neutral word counts 1, too */
        if (x[k] < 0) neg += x[k] - 1;
        if (x[k] == 0) neu++;
        out->n_positive += x[k] > 0;
        out->n_negative += x[k] < 0;
        if (fabs(x[k]) > fabs(out->strongest)) out->strongest = x[k];
    }
    if (sum > 0) {
        sum += emph;
    } else if (sum < 0) {
        sum -= emph;
    }
    if (pos > fabs(neg)) {
        pos += emph;
    } else if (pos < fabs(neg)) {
        neg -= emph;
    }
    const double total = pos + fabs(neg) + neu, c = sum / sqrt(sum * sum + 15);
    out->compound = rounded(c < -1 ? -1 : c > 1 ? 1 : c, 1e4);
    out->pos = rounded(fabs(pos / total), 1e3);
    out->neg = rounded(fabs(neg / total), 1e3);
    out->neu = rounded(fabs(neu / total), 1e3);
}

/* The text's start of whole characters. */
static norni_str start_of(norni_str text, size_t most) {
    if (text.n <= most) return text;
    while (most > 0 && ((unsigned char)text.p[most] & 0xC0) == 0x80)
        most--;
    return (norni_str){text.p, most};
}

norn_status norni_vader_judge(const norni_vader *v, norni_str text, norni_arena *scratch,
                              norni_vader_score *out, double **valence, norn_err *err) {
    const norni_str s = start_of(text, NORNI_VADER_BYTES);
    norni_vader_token *t;
    judged j = {0};
    size_t n_upper = 0;
    *out = (norni_vader_score){.cut = s.n < text.n};
    NORN_TRY(norni_vader_tokens(v, s, scratch, &t, &j.n, err));
    j.t = t;
    double *x = norni_arena_zero(scratch, j.n + 1, sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "vader", j.n, sizeof *x);
    if (j.n > 0) {
        for (size_t i = 0; i < j.n; i++)
            n_upper += t[i].upper;
        j.mixed = n_upper > 0 && n_upper < j.n;
        for (size_t i = 0; i < j.n; i++)
            if (in_lexicon(&t[i]) && t[i].boost == 0 &&
                !(i + 1 < j.n && is(&j, i, "kind") && is(&j, i + 1, "of")))
                x[i] = valence_of(&j, i);
        contrast(&j, x);
        sum_up(x, j.n, emphasis(s), out);
    }
    out->n_words = j.n;
    *valence = x;
    return NORN_OK;
}

norn_status norni_vader_score_of(const norni_vader *v, norni_str text, norni_arena *scratch,
                                 norni_vader_score *out, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    double *valence;
    const norn_status st = norni_vader_judge(v, text, scratch, out, &valence, err);
    norni_arena_rewind(scratch, mark);
    return st;
}
