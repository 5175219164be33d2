/* `norn text tfidf`: the weights of each text's terms, and the vocabulary. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/text_jobs.h"
#include "data/calendar.h"

typedef struct tfidf_job {
    norni_text_out w;
    norni_tfidf *model; /* NULL: as of each interval */
    norni_tfidf_rows rows;
    norni_tfidf_asof asof;
} tfidf_job;

static norni_str term_of(const tfidf_job *j, size_t k) {
    return j->model != NULL ? norni_tfidf_term(j->model, k) : j->asof.term[k];
}

static void put_csv(tfidf_job *job, const norni_tfidf_rows *r, size_t i, size_t k) {
    norni_buf *b = &job->w.out.buf;
    norni_text_out_name(&job->w, i);
    norni_buf_text(b, ",");
    norni_csv_text(b, term_of(job, r->index[k]), job->w.escape);
    norni_buf_text(b, ",");
    norni_csv_num(b, r->value[k]);
}

static void put_json(tfidf_job *job, const norni_tfidf_rows *r, size_t i) {
    norni_buf *b = &job->w.out.buf;
    norni_json j;
    norni_buf_text(b, "{\"row\":");
    norni_text_out_name(&job->w, i);
    norni_buf_text(b, ",\"terms\":{");
    for (size_t k = r->start[i]; k < r->start[i + 1]; k++) {
        if (k > r->start[i]) norni_buf_text(b, ",");
        norni_json_init(&j, b);
        norni_json_str(&j, term_of(job, r->index[k]));
        norni_buf_text(b, ":");
        norni_json_init(&j, b);
        norni_json_num(&j, r->value[k]);
    }
    norni_buf_text(b, "}}");
}

static norn_status put_rows(tfidf_job *job, norn_err *err) {
    const norni_tfidf_rows *r = job->model != NULL ? &job->rows : &job->asof.rows;
    norni_buf *b = &job->w.out.buf;
    if (!job->w.json) {
        norni_csv_text(b, job->w.t->id ? job->w.t->id_name : norni_str_of("row"), job->w.escape);
        norni_buf_text(b, ",term,value\n");
    }
    for (size_t i = 0; i < r->n; i++) {
        if (job->w.json) {
            norni_text_out_begin(&job->w);
            put_json(job, r, i);
            NORN_TRY(norni_text_out_end(&job->w, err));
            continue;
        }
        for (size_t k = r->start[i]; k < r->start[i + 1]; k++) {
            norni_text_out_begin(&job->w);
            put_csv(job, r, i, k);
            NORN_TRY(norni_text_out_end(&job->w, err));
        }
    }
    return NORN_OK;
}

static norn_status write_terms(const norni_op_env *env, const tfidf_job *job, const char *path,
                               norn_err *err) {
    norni_out out;
    NORN_TRY(norni_out_open(&out, &env->ctx->alloc, path, err));
    norn_status st = NORN_OK;
    norni_buf_text(&out.buf, "term,df,idf\n");
    for (size_t k = 0; st == NORN_OK && k < norni_tfidf_n_terms(job->model); k++) {
        norni_csv_text(&out.buf, norni_tfidf_term(job->model, k), job->w.escape);
        norni_buf_format(&out.buf, ",%llu,", (unsigned long long)norni_tfidf_df_of(job->model, k));
        norni_csv_num(&out.buf, norni_tfidf_idf(job->model, k));
        norni_buf_text(&out.buf, "\n");
        st = norni_out_flush(&out, (size_t)1 << 20, err);
    }
    if (st == NORN_OK && out.buf.failed) st = norni_alloc_fail(err, "--terms", out.buf.cap, 2);
    if (st == NORN_OK) st = norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}

static norn_status read_times(const norni_texts *t, int64_t *time, norn_err *err) {
    for (size_t i = 0; i < t->n; i++) {
        norni_time_style style;
        bool zoned;
        if (!norni_time_parse(t->time[i], &time[i], &style, &zoned))
            return norn_fail(err, NORN_E_DATA, "row %zu: '%.*s' is no time", i + 1,
                             (int)(t->time[i].n < 40 ? t->time[i].n : 40), t->time[i].p);
    }
    return NORN_OK;
}

static norn_status weigh_asof(const norni_op_env *env, const norni_text_opt *opt,
                              const norni_texts *t, const norni_tfidf_opt *how, tfidf_job *job,
                              norn_err *err) {
    const int64_t every = opt->point_in_time == 1 ? NORNI_US_DAY / 24 : NORNI_US_DAY;
    int64_t *time = norni_alloc_get(&env->ctx->alloc, t->n + 1, sizeof *time);
    if (time == NULL) return norni_alloc_fail(err, "text", t->n, sizeof *time);
    norn_status st = read_times(t, time, err);
    if (st == NORN_OK)
        st = norni_tfidf_transform_asof(env->ctx, NULL, t->text, time, t->n, every, how, &job->asof,
                                        err);
    norni_alloc_drop(&env->ctx->alloc, time, t->n + 1, sizeof *time);
    return st;
}

norn_status norni_text_tfidf(const norni_op_env *env, const norni_text_opt *opt,
                             const norni_texts *t, norni_op_result *out, norn_err *err) {
    norni_tfidf_opt how;
    tfidf_job job;
    memset(&job, 0, sizeof job);
    NORN_TRY(norni_text_tfidf_plan(opt, &how, err));
    if (opt->terms != NULL && opt->point_in_time != 0)
        return norn_fail(
            err, NORN_E_ARG,
            "--terms: with --point-in-time every interval has a vocabulary of its own");
    norn_status st = opt->point_in_time != 0
                         ? weigh_asof(env, opt, t, &how, &job, err)
                         : norni_tfidf_fit_transform(env->ctx, NULL, t->text, t->n, &how,
                                                     &job.model, &job.rows, err);
    out->input_failed = st == NORN_E_DATA;
    if (st == NORN_OK) {
        st = norni_text_out_open(&job.w, env, opt, t, err);
        if (st == NORN_OK) st = put_rows(&job, err);
        if (st == NORN_OK && opt->terms != NULL) st = write_terms(env, &job, opt->terms, err);
        if (st == NORN_OK) st = norni_text_out_commit(&job.w, out->digest, err);
        norni_out_abort(&job.w.out);
    }
    norni_tfidf_rows_clear(&job.rows);
    norni_tfidf_asof_clear(&job.asof);
    norni_tfidf_free(job.model);
    return st;
}
