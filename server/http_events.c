/* Server-sent events: a buffer that handlers fill and libmicrohttpd empties, asleep while it is empty. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "server/http_request.h"

/* libmicrohttpd's thread: what there is, or sleep. */
static ssize_t read_events(void *user, uint64_t at, char *out, size_t most) {
    http_request *r = user;
    (void)at;
    ssize_t result = 0;
    pthread_mutex_lock(&r->lock);
    const size_t left = r->events.n - r->events_at;
    if (left > 0) {
        const size_t n = left < most ? left : most;
        memcpy(out, r->events.p + r->events_at, n);
        r->events_at += n;
        if (r->events_at == r->events.n) r->events.n = r->events_at = 0;
        r->bytes_out += n;
        result = (ssize_t)n;
    } else if (r->gone_called || r->closed) {
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (r->ended) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        r->waiting = true;
        MHD_suspend_connection(r->link);
    }
    pthread_mutex_unlock(&r->lock);
    return result;
}

static void drop_events(void *user) {
    http_release(user);
}

/* Under the request's lock. */
static void wake(http_request *r) {
    if (!r->waiting) return;
    r->waiting = false;
    MHD_resume_connection(r->link);
}

void http_events(http_request *r, void (*gone)(void *user), void *user) {
    static const http_pair header[] = {{"Content-Type", "text/event-stream"},
                                       {"Cache-Control", "no-store"},
                                       {"X-Content-Type-Options", "nosniff"},
                                       {"X-Accel-Buffering", "no"}};
    http_hold(r); /* the handler's, until http_events_end */
    http_hold(r); /* the response's */
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, read_events, r, drop_events);
    for (size_t i = 0; response != NULL && i < sizeof header / sizeof header[0]; i++)
        (void)MHD_add_response_header(response, header[i].name, header[i].value);
    if (response != NULL)
        (void)MHD_add_response_header(response, "X-Request-Id", r->view.request_id);
    if (response == NULL) http_release(r);
    pthread_mutex_lock(&r->lock);
    r->stream = true;
    r->gone = gone;
    r->gone_user = user;
    r->beat = norni_clock_ns();
    norni_buf_text(&r->events, ": open\n\n");
    pthread_mutex_unlock(&r->lock);
    http_give(r, response, 200, 0);
}

static void put_lines(norni_buf *b, norni_str text) {
    do {
        const char *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
        const size_t n = end ? (size_t)(end - text.p) : text.n;
        norni_buf_text(b, "data: ");
        norni_buf_add(b, text.p, n);
        norni_buf_text(b, "\n");
        text.p += n + (end != NULL);
        text.n -= n + (end != NULL);
    } while (text.n > 0);
}

bool http_event(http_request *r, const char *name, uint64_t id, norni_str json) {
    pthread_mutex_lock(&r->lock);
    const bool slow = r->events.n - r->events_at + json.n > HTTP_MOST_EVENTS;
    const bool open = !r->closed && !r->gone_called && !r->ended && !slow;
    if (open) {
        norni_buf_format(&r->events, "event: %s\n", name);
        if (id != 0) norni_buf_format(&r->events, "id: %llu\n", (unsigned long long)id);
        put_lines(&r->events, json);
        norni_buf_text(&r->events, "\n");
        r->beat = norni_clock_ns();
        wake(r);
    }
    const bool good = open && !r->events.failed;
    pthread_mutex_unlock(&r->lock);
    return good;
}

/* Under the server's lock, which stands behind a request's: a request whose lock is taken is being served anyway. */
void http_events_beat(http_request *r, int64_t now, int64_t every) {
    if (pthread_mutex_trylock(&r->lock) != 0) return;
    if (!r->ended && !r->closed && !r->gone_called && now - r->beat > every) {
        norni_buf_text(&r->events, ": beat\n\n");
        r->beat = now;
        wake(r);
    }
    pthread_mutex_unlock(&r->lock);
}

void http_events_end(http_request *r) {
    pthread_mutex_lock(&r->lock);
    r->ended = true;
    if (!r->closed) wake(r);
    while (r->gone_running && !pthread_equal(r->gone_thread, pthread_self()))
        pthread_cond_wait(&r->told, &r->lock);
    pthread_mutex_unlock(&r->lock);
    http_release(r);
}

void http_defer(http_request *r, void (*gone)(void *user), void *user) {
    pthread_mutex_lock(&r->lock);
    r->deferred = true;
    r->gone = gone;
    r->gone_user = user;
    pthread_mutex_unlock(&r->lock);
}

void http_tell_gone(http_request *r) {
    pthread_mutex_lock(&r->lock);
    const bool open = r->stream ? !r->ended : r->deferred && !r->answered;
    void (*const gone)(void *user) = r->gone;
    if (!open || r->gone_called) {
        pthread_mutex_unlock(&r->lock);
        return;
    }
    r->gone_called = true;
    r->gone_running = true;
    r->gone_thread = pthread_self();
    if (r->stream && !r->closed) wake(r); /* to see that it has ended */
    pthread_mutex_unlock(&r->lock);
    if (gone != NULL) gone(r->gone_user);
    pthread_mutex_lock(&r->lock);
    r->gone_running = false;
    pthread_cond_broadcast(&r->told);
    pthread_mutex_unlock(&r->lock);
}
