/* Drivers of profit: the columns whose Shapley values are largest, with how much they tell, in words too. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Shapley values of boosted trees (exact, models/learner.h's contribute): a driver's score is the mean of its values' sizes
 * over at most 256 examples, evenly spaced, in profit's unit. Values of one example and the intercept add up to its fitted
 * profit. The reference took a random forest on all number columns, profit's own ratios among them. */
#include <math.h>

#include "base/fp.h"
#include "finance/finance_driver_fit.h"
#include "finance/finance_findings.h"
#include "finance/finance_words.h"

enum { SHOWN = 5 };
static const double LITTLE = 0.2;

static const norni_learner *find_learner(const norni_learner_set *set, const char *name) {
    for (size_t i = 0; set && i < set->n; i++) {
        if (norni_str_is(norni_str_of(set->learners[i]->name), name)) return set->learners[i];
    }
    return NULL;
}

/* The SHOWN terms of most importance, ties by their order. */
static norn_status take_best(const norni_explanation *why, norni_arena *arena,
                             norni_fin_drivers *out, norn_err *err) {
    out->item = norni_arena_get(arena, SHOWN + 1, sizeof *out->item);
    if (!out->item) return norni_alloc_fail(err, "drivers", SHOWN, sizeof *out->item);
    for (size_t k = 0; k < why->n_terms; k++) {
        const norni_fin_driver d = {why->term[k].name, why->term[k].importance};
        if (!(d.score > 0)) continue;
        size_t at = out->n < SHOWN ? out->n++ : SHOWN;
        for (; at > 0 && d.score > out->item[at - 1].score; at--)
            out->item[at] = out->item[at - 1];
        out->item[at] = d;
    }
    return NORN_OK;
}

static norni_str plain(norni_str name) {
    for (unsigned k = 0; k < NORNI_FIN_NUMBERS; k++) {
        if (norni_str_is(name, norni_fin_key_name((norni_fin_key)k)))
            return norni_str_of(norni_fin_said((norni_fin_metric)k));
    }
    return name;
}

static void say(norni_buf *b, const norni_fin_drivers *d, const norni_fin_driver_rows *rows) {
    char amount[NORNI_FIN_WORD], share[NORNI_FIN_WORD], count[NORNI_FIN_WORD];
    bool parts = false;
    const norni_str first = plain(d->item[0].feature);
    norni_buf_format(b, "Profit goes most with %.*s: %s a %s on average", (int)first.n, first.p,
                     norni_fin_amount_text(d->item[0].score, amount), rows->example);
    for (size_t i = 1; i < d->n && i < 3; i++) {
        const norni_str next = plain(d->item[i].feature);
        norni_buf_format(b, "%s%.*s (%s)", i == 1 ? ", then with " : " and ", (int)next.n, next.p,
                         norni_fin_amount_text(d->item[i].score, amount));
    }
    for (size_t i = 0; i < d->n; i++)
        parts = parts || norni_str_is(d->item[i].feature, "revenue") ||
                norni_str_is(d->item[i].feature, "expenses");
    norni_buf_text(b, ".");
    if (parts)
        norni_buf_text(b,
                       " Revenue less expenses is profit by definition, so that these two explain "
                       "it and do not cause it.");
    if (isnan(d->r2)) return;
    (void)norni_fin_count_text(rows->n, rows->example, count);
    if (d->r2 < LITTLE)
        norni_buf_format(
            b,
            " Of %s that it had not seen the model tells little, so that these are hints at best.",
            count);
    else
        norni_buf_format(b,
                         " The model tells %s of profit's variation over %s that it had not seen.",
                         norni_fin_percent_text(100 * d->r2, share), count);
}

static norn_status keep_text(norni_buf *b, norni_arena *arena, norni_str *out, norn_err *err) {
    char *text = b->failed ? NULL : norni_arena_text(arena, b->p, b->n);
    *out = (norni_str){text ? text : "", text ? b->n : 0};
    const norn_status st = text ? NORN_OK : norni_alloc_fail(err, "drivers", b->n, 1);
    norni_buf_clear(b);
    return st;
}

static norn_status learn(norni_env *env, const norni_learner *learner,
                         const norni_fin_driver_rows *rows, norni_fin_drivers *out, norn_err *err) {
    norni_fin_driver_fit fit;
    norni_buf text;
    NORN_TRY(norni_fin_driver_fit_make(env, learner, rows, &fit, err));
    NORN_TRY(take_best(&fit.why, env->arena, out, err));
    NORN_TRY(norni_fin_driver_r2(env, &fit, rows, &out->r2, err));
    char *model = norni_arena_text(env->arena, fit.settings, strlen(fit.settings));
    if (!model) return norni_alloc_fail(err, "drivers", sizeof fit.settings, 1);
    out->model = norni_str_of(model);
    norni_buf_init(&text, env->arena->alloc);
    if (out->n)
        say(&text, out, rows);
    else
        norni_buf_text(&text, "No column of the table tells anything of profit.");
    return keep_text(&text, env->arena, &out->insight, err);
}

norn_status norni_fin_drivers_make(norn_ctx *ctx, const norni_fin_book *book,
                                   const norni_learner_set *learners, uint64_t seed,
                                   norni_arena *arena, norni_fin_drivers *out, norn_err *err) {
    const norni_learner *learner = find_learner(learners, "gbdt");
    norni_fin_driver_rows rows;
    *out = (norni_fin_drivers){.r2 = NORNI_NAN, .model = norni_str_of("")};
    norni_env env = {
        .arena = arena, .poll = norni_ctx_poll(ctx), .seed = seed, .item = 0x6472697665};
    NORN_TRY(norni_fin_driver_rows_make(book, seed, arena, &rows, err));
    double mean, var = 0;
    if (rows.n_x > 0) (void)norni_mean_var(rows.y, rows.n, 0, &mean, &var);
    const char *why =
        !book->all.value[NORNI_FIN_PROFIT] ? "There is no profit to explain: no column of it, and "
                                             "none of both revenue and expenses."
        : rows.n < NORNI_FIN_DRIVER_LEAST
            ? "Too few months to say what drives profit: twelve are needed."
        : !rows.n_x || !learner
            ? "There is no number column besides profit and cash flow that could drive it."
        : !(var > 0) || !isfinite(var) ? "Profit does not vary: nothing drives it."
                                       : NULL;
    if (why == NULL) return learn(&env, learner, &rows, out, err);
    out->insight = norni_str_of(why);
    return NORN_OK;
}

void norni_fin_drivers_json(norni_json *j, const norni_fin_drivers *d) {
    norni_json_open(j, '{');
    norni_json_key_str(j, "insight", d->insight);
    norni_json_key(j, "feature_attributions");
    norni_json_open(j, '[');
    for (size_t i = 0; i < d->n; i++) {
        norni_json_open(j, '{');
        norni_json_key_str(j, "feature", d->item[i].feature);
        norni_json_key_num(j, "contribution_score", d->item[i].score);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    norni_json_key_str(j, "model_version", d->model);
    norni_json_key_num(j, "r_squared_out_of_fold", d->r2);
    norni_json_close(j, '}');
}
