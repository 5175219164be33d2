/* How operations that keep results open the cache: rows, folder, Redis, where warnings go. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cache_door.h"

#define AT(field) offsetof(norni_cache_door_opt, field)
const norni_param norni_cache_rows[] = {
    {.name = "cache-dir",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(cache_dir),
     .metavar = "DIR",
     .help = "folder of what is kept (default: NORN_CACHE_DIR, $XDG_CACHE_HOME/norn, "
             "~/.cache/norn)"},
    {.name = "redis",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(redis),
     .metavar = "HOST:PORT",
     .help = "asked first; the folder serves where it does not answer within 200 ms; no TLS, no "
             "password"},
    {.name = "cache-limit",
     .type = NORNI_T_SIZE,
     .offset = AT(cache_limit),
     .def = "512MiB",
     .metavar = "SIZE",
     .help = "size that the folder may have; the longest unused results go first"},
};
#undef AT
const size_t norni_n_cache_rows = sizeof norni_cache_rows / sizeof norni_cache_rows[0];

norn_status norni_cache_door_open(const norni_op_env *env, const norni_cache_door *door,
                                  norni_cache **out, norn_err *err) {
    const norni_cache_opt opt = {.dir = door->dir,
                                 .most_bytes = door->most_bytes,
                                 .redis = door->redis,
                                 .warn = env->say,
                                 .warn_user = env->say_user,
                                 .lenient = !door->strict};
    return norni_cache_open(&env->ctx->alloc, &opt, out, err);
}
