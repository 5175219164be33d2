/* How many cores this process may use: affinity, cgroup v2 and v1 quotas. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/numtext.h"
#include "base/str.h"
#include "par/pool.h"

enum { PATH_MOST = 4096, TEXT_MOST = 8192 };

/* Reads a small file as text; false when there is none. */
static bool read_text(const char *path, char *out, size_t size) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    size_t n = 0;
    while (n + 1 < size) {
        const ssize_t got = read(fd, out + n, size - 1 - n);
        if (got <= 0) break;
        n += (size_t)got;
    }
    close(fd);
    out[n] = '\0';
    return n > 0;
}

/* quota/period in cores, or 0 when unlimited. */
static double quota_cores(double quota, double period) {
    return quota > 0 && period > 0 ? quota / period : 0;
}

/* cgroup v2: "max 100000" or "150000 100000". */
static double read_v2(const char *folder) {
    char path[PATH_MOST], text[128];
    double quota = 0, period = 0;
    norni_format(path, sizeof path, "%s/cpu.max", folder);
    if (!read_text(path, text, sizeof text)) return 0;
    char *space = strchr(text, ' ');
    if (space == NULL) return 0;
    char *end = strpbrk(space + 1, "\n ");
    const size_t len = end ? (size_t)(end - space - 1) : strlen(space + 1);
    if (norni_num_parse(text, (size_t)(space - text), &quota) != NORNI_NUM_OK) return 0; /* "max" */
    if (norni_num_parse(space + 1, len, &period) != NORNI_NUM_OK) return 0;
    return quota_cores(quota, period);
}

static double read_number(const char *folder, const char *file) {
    char path[PATH_MOST], text[64];
    double value = 0;
    norni_format(path, sizeof path, "%s/%s", folder, file);
    if (!read_text(path, text, sizeof text)) return 0;
    text[strcspn(text, "\n")] = '\0';
    return norni_num_parse(text, strlen(text), &value) == NORNI_NUM_OK ? value : 0;
}

static double read_v1(const char *folder) {
    return quota_cores(read_number(folder, "cpu.cfs_quota_us"),
                       read_number(folder, "cpu.cfs_period_us"));
}

/* The tightest quota from the group upward to the mount. */
static double tightest(const char *mount, const char *group, double (*read_one)(const char *),
                       double best) {
    char folder[PATH_MOST];
    norni_format(folder, sizeof folder, "%s%s", mount, strcmp(group, "/") == 0 ? "" : group);
    const size_t mount_len = strlen(mount);
    for (;;) {
        const double cores = read_one(folder);
        if (cores > 0 && (best == 0 || cores < best)) best = cores;
        char *slash = strrchr(folder, '/');
        if (slash == NULL || strlen(folder) <= mount_len) return best;
        *slash = '\0';
    }
}

static bool has_cpu_controller(const char *names) {
    for (const char *p = names; p != NULL; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
        if (strncmp(p, "cpu", 3) == 0 && (p[3] == ',' || p[3] == '\0')) return true;
    }
    return false;
}

/* Walks /proc/self/cgroup: "0::/group" is v2, "4:cpu,cpuacct:/group" is v1. */
static double cgroup_cores(const char *root) {
    char path[PATH_MOST], text[TEXT_MOST], mount[PATH_MOST];
    double best = 0;
    norni_format(path, sizeof path, "%s/proc/self/cgroup", root);
    if (!read_text(path, text, sizeof text)) return 0;
    for (char *line = text, *next; line != NULL && *line != '\0'; line = next) {
        next = strchr(line, '\n');
        if (next != NULL) *next++ = '\0';
        char *first = strchr(line, ':'), *second = first ? strchr(first + 1, ':') : NULL;
        if (second == NULL) continue;
        *second = '\0';
        const char *controllers = first + 1, *group = second + 1;
        if (controllers[0] == '\0') {
            norni_format(mount, sizeof mount, "%s/sys/fs/cgroup", root);
            best = tightest(mount, group, read_v2, best);
        } else if (has_cpu_controller(controllers)) {
            norni_format(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root, controllers);
            best = tightest(mount, group, read_v1, best);
            norni_format(mount, sizeof mount, "%s/sys/fs/cgroup/cpu", root);
            best = tightest(mount, group, read_v1, best);
        }
    }
    return best;
}

int32_t norni_cpu_usable(const char *root) {
    cpu_set_t set;
    int32_t n = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        n = CPU_COUNT(&set);
    } else { /* more cores than the set holds */
        const long online = sysconf(_SC_NPROCESSORS_ONLN);
        if (online > 0) n = online < 4096 ? (int32_t)online : 4096;
    }
    const double cores = cgroup_cores(root ? root : "");
    if (cores > 0 && cores < n) {
        const int32_t whole = (int32_t)cores;
        n = (double)whole < cores ? whole + 1 : whole;
    }
    return n < 1 ? 1 : n;
}
