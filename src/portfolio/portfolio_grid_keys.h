/* Words of a grid in TOML: sections, keys, what each may hold, and their values as numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_GRID_KEYS_H
#define NORNI_PORTFOLIO_GRID_KEYS_H

#include "portfolio/portfolio_grid_parts.h"

/* Behind the axes of the rule: parameters of allocations, in the order of their product. */
enum {
    NORNI_PORT_AP_KIND = NORNI_PORT_AXES,
    NORNI_PORT_AP_LOOKBACK,
    NORNI_PORT_AP_ESTIMATE,
    NORNI_PORT_AP_SHRINKAGE,
    NORNI_PORT_AP_RISK_AVERSION,
    NORNI_PORT_AP_MIN_WEIGHT,
    NORNI_PORT_AP_MAX_WEIGHT,
    NORNI_PORT_AP_TOP_K,
    NORNI_PORT_AP_SKIP,
    NORNI_PORT_AP_LEVERAGE,
    NORNI_PORT_AP_VOL_TARGET,
    NORNI_PORT_AP_MAX_LEVERAGE,
    NORNI_PORT_SLOTS,
    /* not numbers */
    NORNI_PORT_AP_WEIGHTS = NORNI_PORT_SLOTS,
    NORNI_PORT_UNI_ASSETS,
    NORNI_PORT_UNI_SYMBOLS,
    NORNI_PORT_UNI_COMBINATIONS,
    NORNI_PORT_UNI_REQUIRE,
};

typedef struct norni_port_key {
    const char *section, *name;
    int slot;
    double least, most, scale; /* of numbers; the value is number times scale */
    bool whole, above;         /* whole numbers alone; above `least`, not at it */
    const char *words;         /* "a|b": the value is which of them; "false|true" takes booleans */
    double word_value;         /* of the second word, where not 1 */
} norni_port_key;

/* The key of a row, or NULL with an error that names the line and what is allowed. */
NORN_CHECKED norn_status norni_port_key_find(const norni_toml_row *row, norni_str section,
                                             norni_str name, const norni_port_key **key,
                                             norn_err *err);
/* The key that a table "[threshold]" or "[rebalance.threshold]" in quotes is a range of, or NULL. */
const norni_port_key *norni_port_key_range(norni_str table);
/* Values of a scalar or a list, none twice, in the arena. */
NORN_CHECKED norn_status norni_port_key_values(const norni_port_key *key, const norni_toml_row *row,
                                               norni_arena *arena, norni_port_values *out,
                                               norn_err *err);
/* min, min + step, … up to max. */
NORN_CHECKED norn_status norni_port_key_steps(const norni_port_key *key, size_t line, double min,
                                              double max, double step, norni_arena *arena,
                                              norni_port_values *out, norn_err *err);
/* Clocks other than days count whole units; slot and line by NORNI_PORT_AX_…, key: what gave `every` or NULL. */
NORN_CHECKED norn_status norni_port_key_every(const norni_port_values *slot,
                                              const norni_port_key *key, const size_t *line,
                                              norn_err *err);
/* "line 7: threshold: …" */
NORN_CHECKED norn_status norni_port_key_fail(size_t line, norni_str name, norn_err *err,
                                             const char *fmt, ...) NORN_PRINTF(4, 5);

#endif
