/* A configuration as text: assets, weights, methods, and one sentence of all. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "portfolio/portfolio_grid_parts.h"

const char *norni_port_method_name(norni_port_method m) {
    switch (m) {
        case NORNI_PORT_THRESHOLD: return "threshold";
        case NORNI_PORT_CALENDAR: return "calendar";
        case NORNI_PORT_HYBRID: return "hybrid";
        case NORNI_PORT_ON_TARGET: return "on_target";
        case NORNI_PORT_NEVER: break;
    }
    return "never";
}

const char *norni_port_clock_name(norni_port_clock c) {
    static const char *const name[NORNI_PORT_CLOCKS] = {
        [NORNI_PORT_CLOCK_DAYS] = "days",     [NORNI_PORT_CLOCK_WEEKS] = "weeks",
        [NORNI_PORT_CLOCK_MONTHS] = "months", [NORNI_PORT_CLOCK_QUARTERS] = "quarters",
        [NORNI_PORT_CLOCK_YEARS] = "years",   [NORNI_PORT_CLOCK_BARS] = "bars"};
    return c < NORNI_PORT_CLOCKS ? name[c] : "days";
}

void norni_port_config_assets(const norni_port_config *c, const norni_str *symbol, norni_buf *out) {
    for (size_t i = 0; i < c->n_assets; i++) {
        if (i > 0) norni_buf_text(out, "|");
        norni_buf_add(out, symbol[c->asset[i]].p, symbol[c->asset[i]].n);
    }
}

/* Four decimals. */
static void put_weight(norni_buf *out, double w) {
    const double units = floor(fabs(w) * 1e4 + 0.5);
    const unsigned long long whole = units < 1e15 ? (unsigned long long)units : 0;
    const unsigned rest = (unsigned)(whole % 10000);
    norni_buf_format(out, "%s%llu.%u%u%u%u", w < 0 && whole > 0 ? "-" : "", whole / 10000,
                     rest / 1000, rest / 100 % 10, rest / 10 % 10, rest % 10);
}

/* "(lookback_days=90, leverage=2)", of what matters; nothing where nothing does. */
typedef struct listing {
    norni_buf *out;
    bool begun;
} listing;

static void put_item(listing *l, const char *name, double x) {
    norni_buf_format(l->out, "%s%s=%g", l->begun ? ", " : "(", name, x);
    l->begun = true;
}

static void put_parameters(const norni_port_alloc *a, norni_buf *out) {
    listing l = {out, false};
    const norni_port_alloc_kind k = a->kind;
    const bool estimated = k != NORNI_PORT_FIXED && k != NORNI_PORT_EQUAL;
    const bool bounded = k == NORNI_PORT_MIN_VARIANCE || k == NORNI_PORT_MEAN_VARIANCE;
    if (estimated || a->vol_target > 0) put_item(&l, "lookback_days", a->lookback_days);
    if (a->estimate_days > 0) put_item(&l, "estimate_days", a->estimate_days);
    if (a->shrinkage == NORNI_PORT_SAMPLE) {
        norni_buf_format(out, "%sshrinkage=sample", l.begun ? ", " : "(");
        l.begun = true;
    }
    if (k == NORNI_PORT_MEAN_VARIANCE) put_item(&l, "risk_aversion", a->risk_aversion);
    if (bounded && (a->min_weight < 0 || a->min_weight > 0))
        put_item(&l, "min_weight", a->min_weight);
    if (bounded && (a->max_weight < 1 || a->max_weight > 1))
        put_item(&l, "max_weight", a->max_weight);
    if (k == NORNI_PORT_MOMENTUM) put_item(&l, "top_k", a->top_k);
    if (k == NORNI_PORT_MOMENTUM && a->skip_days > 0) put_item(&l, "skip_days", a->skip_days);
    if (a->leverage < 1 || a->leverage > 1) put_item(&l, "leverage", a->leverage);
    if (a->vol_target > 0) {
        put_item(&l, "vol_target", a->vol_target);
        put_item(&l, "max_leverage", a->max_leverage);
    }
    if (l.begun) norni_buf_text(out, ")");
}

void norni_port_alloc_text(const norni_port_alloc *a, norni_buf *out) {
    for (size_t i = 0; i < a->n_weights && a->kind == NORNI_PORT_FIXED; i++) {
        if (i > 0) norni_buf_text(out, "|");
        put_weight(out, a->weight[i]);
    }
    if (a->kind != NORNI_PORT_FIXED) norni_buf_text(out, norni_port_alloc_name(a->kind));
    put_parameters(a, out);
}

void norni_port_config_weights(const norni_port_config *c, norni_buf *out) {
    if (c->alloc.kind != NORNI_PORT_EQUAL) {
        norni_port_alloc_text(&c->alloc, out);
        return;
    }
    for (size_t i = 0; i < c->n_assets; i++) {
        if (i > 0) norni_buf_text(out, "|");
        put_weight(out, 1 / (double)c->n_assets);
    }
    put_parameters(&c->alloc, out);
}

/* A share as per cent, without the noise of its last bits. */
static double percent(double share) {
    return floor(share * 1e6 + 0.5) / 1e4;
}

/* A blank before what was put from `at` on. */
static void put_blank(norni_buf *out, size_t at) {
    norni_buf_text(out, " ");
    if (out->failed) return;
    memmove(out->p + at + 1, out->p + at, out->n - at - 1);
    out->p[at] = ' ';
}

static double basis_points(double share) {
    return floor(share * 1e8 + 0.5) / 1e4;
}

static void put_assets(const norni_port_config *c, const norni_str *symbol, norni_buf *out) {
    const bool equal = c->alloc.kind == NORNI_PORT_EQUAL;
    const bool fixed = c->alloc.kind == NORNI_PORT_FIXED;
    for (size_t i = 0; i < c->n_assets; i++) {
        const norni_str s = symbol[c->asset[i]];
        norni_buf_format(out, "%s%.*s", i > 0 ? ", " : "", (int)s.n, s.p);
        if (fixed && i < c->alloc.n_weights)
            norni_buf_format(out, " %g %%", percent(c->alloc.weight[i]));
    }
    if (equal) norni_buf_text(out, " in equal parts");
    if (!fixed && !equal) norni_buf_format(out, " by %s", norni_port_alloc_name(c->alloc.kind));
    const size_t at = out->n;
    put_parameters(&c->alloc, out);
    if (out->n > at && !out->failed) put_blank(out, at);
}

static void put_clock(const norni_port_rule *r, norni_buf *out) {
    static const char *const one[NORNI_PORT_CLOCKS] = {
        [NORNI_PORT_CLOCK_DAYS] = "day",     [NORNI_PORT_CLOCK_WEEKS] = "week",
        [NORNI_PORT_CLOCK_MONTHS] = "month", [NORNI_PORT_CLOCK_QUARTERS] = "quarter",
        [NORNI_PORT_CLOCK_YEARS] = "year",   [NORNI_PORT_CLOCK_BARS] = "bar"};
    const bool single = r->every >= 1 && r->every <= 1;
    if (single && r->clock < NORNI_PORT_CLOCKS)
        norni_buf_format(out, "every %s", one[r->clock]);
    else
        norni_buf_format(out, "every %g %s", r->every, norni_port_clock_name(r->clock));
}

static void put_method(const norni_port_rule *r, norni_buf *out) {
    const bool both = r->method == NORNI_PORT_HYBRID;
    if (r->method == NORNI_PORT_NEVER) norni_buf_text(out, "; bought and held");
    if (r->method == NORNI_PORT_ON_TARGET) norni_buf_text(out, "; when new targets come");
    if (r->method == NORNI_PORT_THRESHOLD || both)
        norni_buf_format(out, "; when a weight is %g%s off", percent(r->threshold),
                         r->relative ? " per cent of its target"
                         : percent(r->threshold) >= 1 && percent(r->threshold) <= 1 ? " point"
                                                                                    : " points");
    if (r->method == NORNI_PORT_CALENDAR || both) {
        norni_buf_text(out, both ? " or " : "; ");
        put_clock(r, out);
    }
    if (r->method != NORNI_PORT_NEVER && r->edge) norni_buf_text(out, ", back to the band's edge");
}

static void put_limits(const norni_port_rule *r, norni_buf *out) {
    if (r->min_interval_hours > 0)
        norni_buf_format(out, ", at least %g h apart", r->min_interval_hours);
    if (r->momentum_days > 0)
        norni_buf_format(out, ", not while up more than %g %% in %g days",
                         percent(r->momentum_limit), r->momentum_days);
    if (r->turnover_cap > 0)
        norni_buf_format(out, ", at most %g %% traded at once", percent(r->turnover_cap));
    if (r->delay > 0)
        norni_buf_format(out, ", %d %s later", r->delay, r->delay == 1 ? "bar" : "bars");
    if (r->min_trade > 0) norni_buf_format(out, ", no trade below %g %%", percent(r->min_trade));
}

void norni_port_config_words(const norni_port_config *c, const norni_str *symbol, norni_buf *out) {
    const norni_port_rule *r = &c->rule;
    put_assets(c, symbol, out);
    put_method(r, out);
    if (r->method != NORNI_PORT_NEVER) put_limits(r, out);
    norni_buf_format(out, "; costs %g bps", basis_points(r->fee + r->slippage));
    if (r->fixed_fee > 0) norni_buf_format(out, " and %g a trade", r->fixed_fee);
    if (r->cash_rate > 0 || r->cash_rate < 0)
        norni_buf_format(out, "; %g %% on cash", percent(r->cash_rate));
    if (r->borrow_rate > 0)
        norni_buf_format(out, "; %g %% on what is owed", percent(r->borrow_rate));
}
