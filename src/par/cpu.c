/* How many cores this process may use: affinity, cgroup v2 and v1 quotas. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/numtext.h"
#include "base/str.h"
#include "par/cgroup.h"
#include "par/pool.h"

enum { PATH_MOST = 4096 };

/* quota/period in cores, or 0 when unlimited. */
static double quota_cores(double quota, double period) {
    return quota > 0 && period > 0 ? quota / period : 0;
}

/* cgroup v2: "max 100000" or "150000 100000". */
static double read_v2(const char *folder) {
    char path[PATH_MOST], text[128];
    double quota = 0, period = 0;
    norni_format(path, sizeof path, "%s/cpu.max", folder);
    if (!norni_cgroup_text(path, text, sizeof text)) return 0;
    char *space = strchr(text, ' ');
    if (space == NULL) return 0;
    char *end = strpbrk(space + 1, "\n ");
    const size_t len = end ? (size_t)(end - space - 1) : strlen(space + 1);
    if (norni_num_parse(text, (size_t)(space - text), &quota) != NORNI_NUM_OK) return 0; /* "max" */
    if (norni_num_parse(space + 1, len, &period) != NORNI_NUM_OK) return 0;
    return quota_cores(quota, period);
}

static double read_v1(const char *folder) {
    return quota_cores(norni_cgroup_number(folder, "cpu.cfs_quota_us"),
                       norni_cgroup_number(folder, "cpu.cfs_period_us"));
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
    const double cores = norni_cgroup_tightest(root ? root : "", "cpu", read_v2, read_v1);
    if (cores > 0 && cores < n) {
        const int32_t whole = (int32_t)cores;
        n = (double)whole < cores ? whole + 1 : whole;
    }
    return n < 1 ? 1 : n;
}
