/* Limits of the control groups this process is in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "par/cgroup.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/numtext.h"
#include "base/str.h"

enum { PATH_MOST = 4096, TEXT_MOST = 8192 };

bool norni_cgroup_text(const char *path, char *out, size_t size) {
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

double norni_cgroup_number(const char *folder, const char *file) {
    char path[PATH_MOST], text[64];
    double value = 0;
    norni_format(path, sizeof path, "%s/%s", folder, file);
    if (!norni_cgroup_text(path, text, sizeof text)) return 0;
    text[strcspn(text, "\n")] = '\0';
    return norni_num_parse(text, strlen(text), &value) == NORNI_NUM_OK ? value : 0;
}

/* The tightest quota from the group upward to the mount. */
static double tightest(const char *mount, const char *group, norni_cgroup_fn read_one,
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

static bool has_controller(const char *names, const char *want) {
    const size_t n = strlen(want);
    for (const char *p = names; p != NULL; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
        if (strncmp(p, want, n) == 0 && (p[n] == ',' || p[n] == '\0')) return true;
    }
    return false;
}

/* Walks /proc/self/cgroup: "0::/group" is v2, "4:cpu,cpuacct:/group" is v1. */
double norni_cgroup_tightest(const char *root, const char *controller, norni_cgroup_fn read_v2,
                             norni_cgroup_fn read_v1) {
    char path[PATH_MOST], text[TEXT_MOST], mount[PATH_MOST];
    double best = 0;
    norni_format(path, sizeof path, "%s/proc/self/cgroup", root);
    if (!norni_cgroup_text(path, text, sizeof text)) return 0;
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
        } else if (has_controller(controllers, controller)) {
            norni_format(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root, controllers);
            best = tightest(mount, group, read_v1, best);
            norni_format(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root, controller);
            best = tightest(mount, group, read_v1, best);
        }
    }
    return best;
}
