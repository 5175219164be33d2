/* The server's log: one line to stderr for each thing that happened, as text or as JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "io/writer.h"
#include "server/telemetry.h"

enum { N_KINDS = 64, LINES_A_SECOND = 200, MOST_LINE = 4096, MOST_TEXT = 1024 };

/* Lines of one kind (message, route, status) in the second at hand. */
typedef struct kind {
    uint64_t hash;
    int64_t second;
    unsigned n, left_out;
} kind;

/* stderr is one, and so is its state. */
static struct {
    pthread_mutex_t lock;
    bool json;
    norn_log_level level;
    kind kind[N_KINDS];
    uint64_t dropped; /* stderr would have blocked */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .json = true, .level = NORN_LOG_INFO};

void telemetry_log_setup(bool json, norn_log_level level) {
    pthread_mutex_lock(&state.lock);
    state.json = json;
    state.level = level;
    pthread_mutex_unlock(&state.lock);
}

static void put_time(char out[32]) {
    struct timespec now;
    struct tm day;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &day);
    char text[24];
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &day);
    const unsigned ms = (unsigned)(now.tv_nsec / 1000000);
    norni_format(out, 32, "%s.%u%u%uZ", text, ms / 100, ms / 10 % 10, ms % 10);
}

/* Text without control bytes: each becomes a question mark. */
static void put_plain(norni_buf *b, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)text[i];
        norni_buf_add(b, c < 0x20 || c == 0x7F ? "?" : &text[i], 1);
    }
}

static void put_json_line(norni_buf *b, const char *ts, const char *level, const char *msg,
                          const log_field *field, size_t n, unsigned left_out) {
    norni_json j;
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    norni_json_key_str(&j, "ts", norni_str_of(ts));
    norni_json_key_str(&j, "level", norni_str_of(level));
    norni_json_key_str(&j, "msg", norni_str_of(msg));
    for (size_t i = 0; i < n; i++) {
        if (field[i].text == NULL) {
            norni_json_key_num(&j, field[i].name, field[i].number);
            continue;
        }
        norni_str s = norni_str_of(field[i].text);
        if (s.n > MOST_TEXT) s.n = MOST_TEXT;
        norni_json_key_str(&j, field[i].name, s);
    }
    if (left_out > 0) norni_json_key_count(&j, "left_out", left_out);
    norni_json_close(&j, '}');
}

static void put_text_line(norni_buf *b, const char *ts, const char *level, const char *msg,
                          const log_field *field, size_t n, unsigned left_out) {
    norni_buf_format(b, "%s %s ", ts, level);
    put_plain(b, msg, strlen(msg));
    for (size_t i = 0; i < n; i++) {
        norni_buf_format(b, " %s=", field[i].name);
        if (field[i].text == NULL)
            norni_buf_num(b, field[i].number);
        else
            put_plain(b, field[i].text, strnlen(field[i].text, MOST_TEXT));
    }
    if (left_out > 0) norni_buf_format(b, " left_out=%u", left_out);
}

/* Whether a line of this kind may go out now; *left_out: how many did not, since the last that did. */
static bool admitted(const char *msg, const log_field *field, size_t n, unsigned *left_out) {
    norni_hash_stream h;
    norni_hash_stream_init(&h);
    norni_hash_stream_add(&h, msg, strlen(msg));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(field[i].name, "route") == 0)
            norni_hash_stream_add(&h, field[i].text, strlen(field[i].text));
        if (strcmp(field[i].name, "status") == 0)
            norni_hash_stream_add(&h, &field[i].number, sizeof field[i].number);
    }
    const uint64_t hash = norni_hash_stream_get(&h).lo;
    const int64_t second = norni_clock_ns() / 1000000000;
    kind *k = &state.kind[hash % N_KINDS];
    if (k->hash != hash) *k = (kind){.hash = hash, .second = second};
    if (k->second != second) {
        k->second = second;
        k->n = 0;
    }
    *left_out = k->left_out;
    if (k->n >= LINES_A_SECOND) {
        k->left_out++;
        return false;
    }
    k->n++;
    k->left_out = 0;
    return true;
}

/* A log reader that stands still must not stop the server: a line that would block is dropped. */
static void send_line(const char *p, size_t n) {
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&ready, 1, 0) != 1 || (ready.revents & (POLLERR | POLLNVAL))) {
        state.dropped++;
        return;
    }
    for (size_t done = 0; done < n;) {
        const ssize_t got = write(STDERR_FILENO, p + done, n - done);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return;
        done += (size_t)got;
    }
}

void telemetry_log(norn_log_level level, const char *msg, const log_field *field, size_t n) {
    static const char words[] = "error\0warn\0\0info\0\0debug"; /* six bytes each */
    const char *word = words + 6 * (size_t)level;
    char ts[32];
    unsigned left_out = 0;
    norni_buf b;
    const norn_alloc alloc = norni_alloc_default();
    pthread_mutex_lock(&state.lock);
    if (level > state.level || !admitted(msg, field, n, &left_out)) {
        pthread_mutex_unlock(&state.lock);
        return;
    }
    norni_buf_init(&b, &alloc);
    put_time(ts);
    if (state.json)
        put_json_line(&b, ts, word, msg, field, n, left_out);
    else
        put_text_line(&b, ts, word, msg, field, n, left_out);
    norni_buf_text(&b, "\n");
    if (!b.failed && b.n <= 4 * (size_t)MOST_LINE) send_line(b.p, b.n);
    norni_buf_clear(&b);
    pthread_mutex_unlock(&state.lock);
}
