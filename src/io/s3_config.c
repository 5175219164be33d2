/* Where S3 is and who asks: an address taken apart, and the environment's keys, region and endpoint. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/s3_config.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_FILE = 1 << 18 };

/* The variable's text, NULL where it is empty. */
static const char *variable(const char *name) {
    const char *text = getenv(name);
    return text && text[0] ? text : NULL;
}

/* The first MOST_FILE bytes of a file that need not be there. */
static norni_str read_file(norni_arena *arena, const char *path) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *p = fd >= 0 ? norni_arena_get(arena, MOST_FILE, 1) : NULL;
    const ssize_t n = p ? read(fd, p, MOST_FILE) : 0;
    if (fd >= 0) (void)close(fd);
    return (norni_str){p, n > 0 ? (size_t)n : 0};
}

static norni_str ini_file(norni_arena *arena, const char *name, const char *base) {
    char path[PATH_MAX];
    const char *given = variable(name), *home = variable("HOME");
    if (given != NULL) return read_file(arena, given);
    if (home == NULL || strlen(home) + 32 > sizeof path) return (norni_str){NULL, 0};
    norni_format(path, sizeof path, "%s/.aws/%s", home, base);
    return read_file(arena, path);
}

static bool is_section(norni_str line, const char *profile) {
    norni_str name = {line.p + 1, line.n - 1};
    if (name.n > 0 && name.p[name.n - 1] == ']') name.n--;
    name = norni_str_trim(name);
    if (name.n > 8 && memcmp(name.p, "profile ", 8) == 0)
        name = norni_str_trim((norni_str){name.p + 8, name.n - 8});
    return norni_str_is(name, profile);
}

/* The key's value in the profile's section; NULL: there is none. */
static const char *ini_value(norni_arena *arena, norni_str file, const char *profile,
                             const char *key) {
    bool inside = false;
    for (const char *p = file.p, *end = file.p + file.n; p != NULL && p < end;) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        const norni_str line = norni_str_trim((norni_str){p, (size_t)((eol ? eol : end) - p)});
        p = eol ? eol + 1 : end;
        if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';') continue;
        if (line.p[0] == '[') {
            inside = is_section(line, profile);
            continue;
        }
        const char *is = memchr(line.p, '=', line.n);
        if (!inside || is == NULL) continue;
        const norni_str name = norni_str_trim((norni_str){line.p, (size_t)(is - line.p)});
        const norni_str value =
            norni_str_trim((norni_str){is + 1, (size_t)(line.p + line.n - is) - 1});
        if (norni_str_is(name, key)) return norni_arena_text(arena, value.p, value.n);
    }
    return NULL;
}

/* What goes into a header must not end it. */
static norn_status check_plain(const char *text, const char *what, norn_err *err) {
    for (const char *p = text; p != NULL && *p; p++) {
        if ((unsigned char)*p <= ' ' || (unsigned char)*p > '~')
            return norn_fail(err, NORN_E_ARG,
                             "s3: %s holds a blank or a character that is no plain letter; set it "
                             "again",
                             what);
    }
    return NORN_OK;
}

static norn_status check(const norni_s3_config *c, norn_err *err) {
    if ((c->key_id == NULL) != (c->secret == NULL))
        return norn_fail(err, NORN_E_ARG,
                         "s3: %s is set and %s is not; set both, or neither for public buckets",
                         c->key_id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                         c->key_id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    NORN_TRY(check_plain(c->key_id, "the access key id", err));
    NORN_TRY(check_plain(c->secret, "the secret access key", err));
    NORN_TRY(check_plain(c->token, "the session token", err));
    NORN_TRY(check_plain(c->region, "the region", err));
    if (strlen(c->region) > 40) return norn_fail(err, NORN_E_ARG, "s3: the region is too long");
    if (c->endpoint == NULL) return NORN_OK;
    NORN_TRY(check_plain(c->endpoint, "the endpoint", err));
    const bool http =
        strncmp(c->endpoint, "http://", 7) == 0 || strncmp(c->endpoint, "https://", 8) == 0;
    if (http && strlen(c->endpoint) < 512) return NORN_OK;
    return norn_fail(err, NORN_E_ARG,
                     "s3: the endpoint \"%s\" is none: AWS_ENDPOINT_URL is as http://host:port",
                     c->endpoint);
}

norn_status norni_s3_config_read(norni_arena *arena, norni_s3_config *out, norn_err *err) {
    const char *profile = variable("AWS_PROFILE");
    const char *region = variable("AWS_REGION"), *url = variable("AWS_ENDPOINT_URL_S3");
    if (profile == NULL) profile = "default";
    *out = (norni_s3_config){.key_id = variable("AWS_ACCESS_KEY_ID"),
                             .secret = variable("AWS_SECRET_ACCESS_KEY"),
                             .token = variable("AWS_SESSION_TOKEN"),
                             .region = region ? region : variable("AWS_DEFAULT_REGION"),
                             .endpoint = url ? url : variable("AWS_ENDPOINT_URL")};
    const norni_str keys = ini_file(arena, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
    const norni_str config = ini_file(arena, "AWS_CONFIG_FILE", "config");
    if (out->key_id == NULL && out->secret == NULL) {
        out->key_id = ini_value(arena, keys, profile, "aws_access_key_id");
        out->secret = ini_value(arena, keys, profile, "aws_secret_access_key");
        out->token = ini_value(arena, keys, profile, "aws_session_token");
    }
    if (out->region == NULL) out->region = ini_value(arena, config, profile, "region");
    if (out->endpoint == NULL) out->endpoint = ini_value(arena, config, profile, "endpoint_url");
    if (out->region == NULL || out->region[0] == '\0') out->region = "us-east-1";
    return check(out, err);
}

norn_status norni_s3_place_read(const char *url, norni_s3_place *out, norn_err *err) {
    const char *bucket = url + strlen("s3://"), *slash = strchr(bucket, '/');
    const size_t n = slash ? (size_t)(slash - bucket) : strlen(bucket);
    bool good = n >= 3 && n <= 63;
    for (size_t i = 0; i < n && good; i++) {
        const char c = bucket[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               ((c == '-' || c == '.') && i > 0 && i + 1 < n);
    }
    if (!good)
        return norn_fail(err, NORN_E_ARG,
                         "s3: \"%.*s\" is no bucket: 3 to 63 of a-z, 0-9, - and . make one",
                         (int)(n < 80 ? n : 80), bucket);
    *out = (norni_s3_place){{bucket, n}, norni_str_of(slash ? slash + 1 : "")};
    if (out->key.n == 0 || out->key.n > 1024 || out->key.p[out->key.n - 1] == '/')
        return norn_fail(err, NORN_E_ARG,
                         "s3: an address is s3://bucket/key, and a key is a name of 1 to 1024 "
                         "bytes that does not end in /");
    return NORN_OK;
}
