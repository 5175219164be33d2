/* Limits of the control groups this process is in. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CGROUP_H
#define NORNI_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/* Reads a small file as text; false when there is none. */
bool norni_cgroup_text(const char *path, char *out, size_t size);
/* The number in folder/file, or 0. */
double norni_cgroup_number(const char *folder, const char *file);

/* A group's own limit, or 0 for none. */
typedef double (*norni_cgroup_fn)(const char *folder);
/* The smallest limit from this process' groups upward (v2, or v1 with this controller), or 0.
 * `root`: "" but in tests. */
double norni_cgroup_tightest(const char *root, const char *controller, norni_cgroup_fn read_v2,
                             norni_cgroup_fn read_v1);

#endif
