/* Runs a fuzz harness as a test, without libFuzzer: every file of the folders given, and a fixed
 * number of deterministic mutations of each, and more of them for some seconds. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: replay_NAME [-mutate=N] [-cpu=SECONDS] FOLDER...   -cpu: rounds of further mutations until so much CPU time is spent. Prints "replayed N inputs"; 1 when a folder is missing or
 * empty. An input that breaks the harness lies in replay-failed.bin, and is named on stderr. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Of the sanitizers' runtime, where there is one. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

enum { MOST_FILES = 4096, GROWTH = 4096 };

/* The input in hand, for the words of a failure; read by the signal handler only. */
static struct {
    const uint8_t *bytes;
    size_t n;
    char words[PATH_MAX + 64];
} now;

static void tell(void) {
    if (now.words[0] == '\0') return; /* leaks are found behind the last input */
    const int fd = open("replay-failed.bin", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    size_t done = 0;
    for (ssize_t n = 1; fd >= 0 && n > 0 && done<now.n; done += n> 0 ? (size_t)n : 0)
        n = write(fd, now.bytes + done, now.n - done);
    (void)!write(STDERR_FILENO, now.words, strlen(now.words));
}

static void on_abort(int signal_number) {
    tell();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void run(const char *name, unsigned mutation, const uint8_t *bytes, size_t n) {
    /* a block of just this size, so that the address sanitizer sees a read behind it */
    uint8_t *own = malloc(n > 0 ? n : 1);
    if (own == NULL) exit(1);
    if (n > 0) memcpy(own, bytes, n);
    now.bytes = own;
    now.n = n;
    snprintf(now.words, sizeof now.words, "replay: broken by %s, mutation %u; see %s\n", name,
             mutation, "replay-failed.bin");
    (void)LLVMFuzzerTestOneInput(own, n);
    now.words[0] = '\0';
    free(own);
}

/* xorshift64*, seeded by the file's name: the same inputs on every machine and in any order. */
static uint64_t next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

static size_t below(uint64_t *state, size_t n) {
    return (size_t)((next(state) >> 11) % n);
}

static uint64_t seed_of(const char *leaf) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a */
    for (; *leaf != '\0'; leaf++)
        hash = (hash ^ (uint8_t)*leaf) * UINT64_C(0x100000001B3);
    return hash != 0 ? hash : 1;
}

/* Takes the bytes [from, from + len) out. */
static size_t cut(uint8_t *p, size_t n, size_t from, size_t len) {
    memmove(p + from, p + from + len, n - from - len);
    return n - len;
}

/* Puts a copy of the bytes [from, from + len) before `to`. */
static size_t copy_in(uint8_t *p, size_t n, size_t from, size_t len, size_t to) {
    uint8_t piece[GROWTH / 4];
    memcpy(piece, p + from, len);
    memmove(p + to + len, p + to, n - to);
    memcpy(p + to, piece, len);
    return n + len;
}

/* One change; `p` has room for GROWTH bytes more than the file. Returns the new size. */
static size_t change(uint8_t *p, size_t n, uint64_t *state) {
    static const uint8_t telling[] =
        "\0\n\r\t \"',;:.+-eE019[](){}=#\\_/TZ\x7F\x80\xC3\xED\xEF\xFF";
    const size_t kind = n > 0 ? below(state, 8) : 6;
    const size_t at = below(state, n + 1), most = n - at < GROWTH / 4 ? n - at : GROWTH / 4;
    if (kind == 0 && at < n) p[at] ^= (uint8_t)(1U << below(state, 8));
    if (kind == 1 && at < n) p[at] = (uint8_t)next(state);
    if (kind == 2 && at < n) p[at] = telling[below(state, sizeof telling - 1)];
    if (kind == 3) return cut(p, n, at, below(state, most + 1));
    if (kind == 4) return copy_in(p, n, at, below(state, most + 1), below(state, n + 1));
    if (kind == 5) return at; /* the beginning alone */
    if (kind == 6) {          /* a new byte */
        memmove(p + at + 1, p + at, n - at);
        p[at] = telling[below(state, sizeof telling - 1)];
        return n + 1;
    }
    if (kind == 7 && at < n) p[at] = p[below(state, n)];
    return n;
}

static void run_mutations(const char *name, const uint8_t *bytes, size_t n, unsigned round,
                          unsigned mutations) {
    const char *slash = strrchr(name, '/');
    uint64_t state = seed_of(slash ? slash + 1 : name) ^ round * UINT64_C(0x9E3779B97F4A7C15);
    if (state == 0) state = 1;
    uint8_t *p = malloc(n + GROWTH);
    if (p == NULL) exit(1);
    for (unsigned k = 1; k <= mutations; k++) {
        size_t len = n;
        if (n > 0) memcpy(p, bytes, n);
        /* each change adds a quarter of GROWTH at most */
        for (size_t changes = 1 + below(&state, 4); changes > 0; changes--)
            len = change(p, len, &state);
        run(name, k, p, len);
    }
    free(p);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The folder's files by name, into name (MOST_FILES); 0 after words on stderr. */
static size_t list_folder(const char *folder, char **name) {
    size_t n = 0;
    char path[PATH_MAX];
    struct stat st;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        fprintf(stderr, "replay: cannot read folder %s: %s\n", folder, strerror(errno));
        return 0;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.' || n == MOST_FILES) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) continue;
        name[n] = strdup(path);
        if (name[n++] == NULL) exit(1);
    }
    closedir(dir);
    if (n == 0) fprintf(stderr, "replay: folder %s holds no file\n", folder);
    qsort(name, n, sizeof *name, by_name);
    return n;
}

/* Runs one file and its mutations; false when it cannot be read. */
static bool replay(const char *name, unsigned round, unsigned mutations) {
    struct stat st;
    FILE *f = fopen(name, "rb");
    if (f == NULL || fstat(fileno(f), &st) != 0 || st.st_size < 0) {
        fprintf(stderr, "replay: cannot read %s: %s\n", name, strerror(errno));
        if (f != NULL) fclose(f);
        return false;
    }
    uint8_t *bytes = malloc((size_t)st.st_size + 1);
    if (bytes == NULL) exit(1);
    const size_t n = fread(bytes, 1, (size_t)st.st_size, f);
    fclose(f);
    if (round == 0) run(name, 0, bytes, n);
    run_mutations(name, bytes, n, round, mutations);
    free(bytes);
    return n == (size_t)st.st_size;
}

static bool replay_folder(const char *folder, unsigned round, unsigned mutations, size_t *count) {
    static char *name[MOST_FILES];
    const size_t n = list_folder(folder, name);
    bool good = n > 0;
    for (size_t i = 0; i < n; i++) {
        good = replay(name[i], round, mutations) && good;
        *count += (round == 0) + (size_t)mutations;
        free(name[i]);
    }
    return good;
}

int main(int argc, char **argv) {
    enum { OF_A_ROUND = 50 };
    unsigned mutations = 0, cpu_seconds = 0;
    size_t count = 0;
    bool good = true, any = false;
    signal(SIGABRT, on_abort);
    if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(tell);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "-mutate=", 8) == 0)
            mutations = (unsigned)strtoul(argv[i] + 8, NULL, 10);
        if (strncmp(argv[i], "-cpu=", 5) == 0)
            cpu_seconds = (unsigned)strtoul(argv[i] + 5, NULL, 10);
    }
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-') continue;
        any = true;
        good = replay_folder(argv[i], 0, mutations, &count) && good;
        for (unsigned round = 1; good && clock() / CLOCKS_PER_SEC < (clock_t)cpu_seconds; round++)
            good = replay_folder(argv[i], round, OF_A_ROUND, &count);
    }
    if (!any) fprintf(stderr, "replay: no folder given\n");
    printf("replayed %zu inputs\n", count);
    return good && any ? 0 : 1;
}
