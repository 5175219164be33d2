/* What machine a benchmark ran on, and what else ran there meanwhile. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/bench_machine.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/numtext.h"
#include "base/str.h"
#include "par/budget.h"
#include "par/cgroup.h"
#include "par/pool.h"

enum { TEXT_ROOM = 8192, PATH_ROOM = 512, FIELDS = 8 };

static bool read_text(const char *root, const char *path, char *out, size_t size) {
    char whole[PATH_ROOM];
    norni_format(whole, sizeof whole, "%s%s", root, path);
    out[0] = '\0';
    return norni_cgroup_text(whole, out, size);
}

/* Copies one line without the blanks around it. */
static void take_line(char *out, size_t size, const char *text) {
    const norni_str line = norni_str_trim((norni_str){text, strcspn(text, "\n")});
    norni_format(out, size, "%.*s", (int)line.n, line.p);
}

static void read_cpu(norni_machine *m, const char *root, const char *otherwise) {
    char text[TEXT_ROOM];
    const char *at =
        read_text(root, "/proc/cpuinfo", text, sizeof text) ? strstr(text, "model name") : NULL;
    const char *colon = at ? strchr(at, ':') : NULL;
    take_line(m->cpu, sizeof m->cpu, colon ? colon + 1 : otherwise);
}

/* Numbers with one blank or more between them; how many were read. */
static size_t read_numbers(const char *p, double *out, size_t most) {
    size_t n = 0;
    while (n < most) {
        p += strspn(p, " ");
        const size_t len = strcspn(p, " \n");
        if (len == 0 || norni_num_parse(p, len, &out[n]) != NORNI_NUM_OK) return n;
        n++;
        p += len;
    }
    return n;
}

void norni_machine_read(norni_machine *m, const char *root) {
    char text[TEXT_ROOM];
    struct utsname name;
    const bool named = uname(&name) == 0;
    memset(m, 0, sizeof *m);
    read_cpu(m, root, named ? name.machine : "unknown");
    if (named)
        norni_format(m->system, sizeof m->system, "%s %s %s", name.sysname, name.release,
                     name.machine);
    if (read_text(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", text, sizeof text))
        take_line(m->governor, sizeof m->governor, text);
    if (read_text(root, "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list", text,
                  sizeof text))
        take_line(m->siblings, sizeof m->siblings, text);
    m->usable_cores = norni_cpu_usable(root);
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    m->online_cores = online > 0 && online < 65536 ? (int32_t)online : m->usable_cores;
    m->memory = (double)norni_memory_usable(root);
    m->other_cores = m->stolen = -1;
    if (!read_text(root, "/proc/loadavg", text, sizeof text) || read_numbers(text, m->load, 3) < 3)
        m->load[0] = m->load[1] = m->load[2] = -1;
    m->busy = m->load[0] >= m->usable_cores;
}

static double seconds_of(struct timeval t) {
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

norni_machine_clock norni_machine_clock_read(const char *root) {
    char text[TEXT_ROOM];
    double field[FIELDS] = {0}; /* user nice system idle iowait irq softirq steal */
    norni_machine_clock c = {-1, 0, 0, 0};
    const double hertz = (double)sysconf(_SC_CLK_TCK);
    struct rusage own, ended;
    if (read_text(root, "/proc/stat", text, sizeof text) && strncmp(text, "cpu ", 4) == 0 &&
        read_numbers(text + 4, field, FIELDS) >= 5 && hertz > 0) {
        c.busy = (field[0] + field[1] + field[2] + field[5] + field[6]) / hertz;
        c.idle = (field[3] + field[4]) / hertz;
        c.stolen = field[7] / hertz;
    }
    if (getrusage(RUSAGE_SELF, &own) == 0 && getrusage(RUSAGE_CHILDREN, &ended) == 0)
        c.own = seconds_of(own.ru_utime) + seconds_of(own.ru_stime) + seconds_of(ended.ru_utime) +
                seconds_of(ended.ru_stime);
    return c;
}

void norni_machine_between(norni_machine *m, const norni_machine_clock *from,
                           const norni_machine_clock *to, double seconds) {
    if (from->busy < 0 || to->busy < 0 || !(seconds > 0)) return;
    const double busy = to->busy - from->busy, idle = to->idle - from->idle,
                 stolen = to->stolen - from->stolen, all = busy + idle + stolen;
    const double others = (busy - (to->own - from->own)) / seconds;
    if (!(all > 0)) return; /* less than a tick */
    m->other_cores = others > 0 ? others : 0;
    m->stolen = stolen > 0 ? stolen / all : 0;
    /* Idle cores beside the others' work mean that nobody waited for them. */
    if (m->other_cores > 0.25 && idle < 0.5 * seconds) m->busy = true;
}
