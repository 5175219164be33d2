/* Statuses and error texts: what every call of Norn returns, and the words that go with it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORN_STATUS_H
#define NORN_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#define NORN_API                          __attribute__((visibility("default")))
#define NORN_CHECKED                      __attribute__((warn_unused_result))
#define NORN_PRINTF(fmt_index, first_arg) __attribute__((format(printf, fmt_index, first_arg)))

/* One row per status: enumerator, value, the word that files and summaries carry. */
#define NORN_STATUS_LIST(X)          \
    X(NORN_OK, 0, "ok")              \
    X(NORN_E_ARG, 1, "argument")     \
    X(NORN_E_MEM, 2, "memory")       \
    X(NORN_E_DATA, 3, "data")        \
    X(NORN_E_NUMERIC, 4, "numeric")  \
    X(NORN_E_IO, 5, "io")            \
    X(NORN_E_FORMAT, 6, "format")    \
    X(NORN_E_CANCEL, 7, "cancelled") \
    X(NORN_E_LIMIT, 8, "limit")      \
    X(NORN_E_INTERNAL, 9, "internal")

/// Whether a call worked. The reason an iteration ended is a `norn_stop`, never a status.
typedef enum norn_status {
#define NORN_STATUS_ENUM(name, value, text) name = (value),
    NORN_STATUS_LIST(NORN_STATUS_ENUM)
#undef NORN_STATUS_ENUM
} norn_status;

/// Why an iteration ended.
typedef enum norn_stop {
    NORN_STOP_CLOSED_FORM = 0,  ///< nothing was iterated
    NORN_STOP_CONVERGED = 1,
    NORN_STOP_MAXITER = 2,
    NORN_STOP_STALLED = 3,
    NORN_STOP_CANCELLED = 4
} norn_stop;

/// An error's text: which part, what was given, what is allowed. Owned by the caller; every
/// function accepts NULL in its place. UTF-8, cut at a character's edge, free of the locale.
typedef struct norn_err {
    norn_status code;
    char text[256];
} norn_err;

/// The status' word, as "data"; "unknown" outside the enumeration. Never NULL; static storage.
NORN_API const char *norn_status_name(norn_status status);

/// Fills `err` (may be NULL) and returns `code`. Understands %s %.Ns %.*s %c %d %u %x %zu %lld %llu %g
/// (%g prints the shortest text that reads back as the same double, in every locale) and %%.
NORN_API norn_status norn_fail(norn_err *err, norn_status code, const char *fmt, ...)
    NORN_PRINTF(3, 4);

#define NORN_TRY(expr)                                  \
    do {                                                \
        const norn_status norn_try_st = (expr);         \
        if (norn_try_st != NORN_OK) return norn_try_st; \
    } while (0)

#define NORN_TRY_GOTO(expr, label)     \
    do {                               \
        st = (expr);                   \
        if (st != NORN_OK) goto label; \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
