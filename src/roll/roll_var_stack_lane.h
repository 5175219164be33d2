/* Moments of windows of one length about values of theirs, a run of windows in each lane: one text for all lanes. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Included behind roll_var_lane.h and roll_var_pairs.h; the file that includes it defines LANES, LANE_TARGET, and
 * the functions LANE_NAME(strided), (where) and (store). */

/* y - pivot, 0 where missing. */
LANE_FN LANE_NAME(pair) LANE_NAME(away)(const double *p, size_t run, LANE pivot, bool counted) {
    LANE v = LANE_NAME(strided)(p, run);
    if (counted) v = LANE_NAME(where)(v, pivot);
    return LANE_NAME(sum_exact)(v, -pivot);
}

/* Windows first + i run + t, t < run <= length, of lane i: they hold the value `run - 1` behind the
 * lane's first. True: some result is NaN. */
LANE_FN bool LANE_NAME(round_of)(const norni_roll_var_job *j, size_t first, size_t run,
                                 LANE_NAME(pair) * before, norni_roll_central kind, int order,
                                 bool counted, bool tidy) {
    const size_t length = j->c.longest;
    const double *y = j->y + first, *border = y + run - 1;
    double *out = j->out + first;
    const LANE zero = LANE_SET(0), ddof = LANE_SET((double)j->ddof),
               k = LANE_SET(known(length, tidy)), factor = LANE_SET(j->factor);
    LANE pivot = LANE_NAME(strided)(border, run), n = LANE_SET((double)length);
    if (counted) pivot = LANE_NAME(where)(pivot, zero);
    LANE nan = zero;
    LANE_NAME(tail) s, from;
    for (int p = 0; p < 4; p++)
        s.t[p] = from.t[p] = (LANE_NAME(pair)){zero, zero};
    for (size_t t = run - 1;; t--) { /* sums of [t, border) */
        for (int p = 0; p < order; p++)
            before[t * (size_t)order + (size_t)p] = s.t[p];
        if (t == 0) break;
        LANE_NAME(gather)(&s, LANE_NAME(away)(y + t - 1, run, pivot, counted), order, tidy);
    }
    for (size_t i = run; i < length; i++)
        LANE_NAME(gather)(&from, LANE_NAME(away)(y + i, run, pivot, counted), order, tidy);
    for (size_t t = 0; t < run; t++) {
        const LANE_NAME(pair) last = LANE_NAME(away)(y + t + length - 1, run, pivot, counted);
        if (t > 0) LANE_NAME(gather)(&from, last, order, tidy);
        for (int p = 0; p < order; p++)
            s.t[p] = LANE_NAME(add)(from.t[p], before[t * (size_t)order + (size_t)p], tidy);
        if (counted) n = LANE_NAME(strided)(j->count + first + t, run);
        LANE v = LANE_NAME(finish_pairs)(&s, kind, n, ddof, last, k,
                                         LANE_SQRT(s.t[1].hi) * LANE_SET(1.01));
        if (kind <= NORNI_ROLL_SEM) v = v * factor;
        nan = nan + (v - v);
        double lane[LANES];
        LANE_NAME(store)(lane, v);
        for (size_t i = 0; i < LANES; i++)
            out[t + i * run] = lane[i];
    }
    double sum = 0, lane[LANES];
    LANE_NAME(store)(lane, nan);
    for (size_t i = 0; i < LANES; i++)
        sum += lane[i];
    return sum != 0;
}

LANE_FN void LANE_NAME(rounds)(norni_roll_var_job *j, size_t run, LANE_NAME(pair) * before,
                               norni_roll_central kind, bool counted, bool tidy) {
    const int order = kind == NORNI_ROLL_KURT ? 4 : kind == NORNI_ROLL_SKEW ? 3 : 2;
    const size_t n = j->c.to - j->c.from;
    j->uncertain = false;
    for (size_t k = 0; k < n; k += LANES * run) { /* the last round does some windows again */
        const size_t first = k + LANES * run <= n ? k : n - LANES * run;
        j->uncertain |= LANE_NAME(round_of)(j, first, run, before, kind, order, counted, tidy);
    }
}

LANE_FN void LANE_NAME(rounds_of)(norni_roll_var_job *j, size_t run, LANE_NAME(pair) * before,
                                  norni_roll_central kind) {
    const bool counted = j->count != NULL;
    if (j->c.longest > LONGEST_UNTIDY)
        LANE_NAME(rounds)(j, run, before, kind, counted, true);
    else if (counted)
        LANE_NAME(rounds)(j, run, before, kind, true, false);
    else
        LANE_NAME(rounds)(j, run, before, kind, false, false);
}

LANE_TARGET static void LANE_NAME(rounds_kurt)(norni_roll_var_job *j, size_t run, void *b) {
    LANE_NAME(rounds_of)(j, run, b, NORNI_ROLL_KURT);
}
LANE_TARGET static void LANE_NAME(rounds_skew)(norni_roll_var_job *j, size_t run, void *b) {
    LANE_NAME(rounds_of)(j, run, b, NORNI_ROLL_SKEW);
}
LANE_TARGET static void LANE_NAME(rounds_var)(norni_roll_var_job *j, size_t run, void *b) {
    if (j->kind == NORNI_ROLL_ZSCORE)
        LANE_NAME(rounds_of)(j, run, b, NORNI_ROLL_ZSCORE);
    else
        LANE_NAME(rounds_of)(j, run, b, j->kind);
}
