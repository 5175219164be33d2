/* Stable sorting: equal keys keep their order, so that no result depends on the sorter. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"

#include <stdbool.h>
#include <string.h>

enum { RUN = 16 };

static void insertion_sort(size_t *x, size_t n, norni_cmp_fn cmp, const void *arg) {
    for (size_t i = 1; i < n; i++) {
        const size_t key = x[i];
        size_t j = i;
        for (; j > 0 && cmp(arg, x[j - 1], key) > 0; j--)
            x[j] = x[j - 1];
        x[j] = key;
    }
}

static void merge_runs(const size_t *from, size_t mid, size_t n, size_t *to, norni_cmp_fn cmp,
                       const void *arg) {
    size_t i = 0, j = mid;
    for (size_t k = 0; k < n; k++) {
        const bool left = i < mid && (j >= n || cmp(arg, from[i], from[j]) <= 0);
        to[k] = left ? from[i++] : from[j++];
    }
}

void norni_sort_index(size_t *index, size_t n, norni_cmp_fn cmp, const void *arg, size_t *scratch) {
    bool sorted = true;
    for (size_t i = 1; i < n && sorted; i++)
        sorted = cmp(arg, index[i - 1], index[i]) <= 0;
    if (sorted) return;
    for (size_t i = 0; i < n; i += RUN)
        insertion_sort(index + i, n - i < RUN ? n - i : RUN, cmp, arg);
    size_t *from = index, *to = scratch;
    for (size_t width = RUN; width < n; width *= 2) {
        for (size_t i = 0; i < n; i += 2 * width) {
            const size_t len = n - i < 2 * width ? n - i : 2 * width;
            merge_runs(from + i, len < width ? len : width, len, to + i, cmp, arg);
        }
        size_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != index) memcpy(index, from, n * sizeof *index);
}

/* NaN sorts behind everything. */
static bool comes_after(double a, double b) {
    return a > b || (a != a && b == b);
}

static void sift_down(double *x, size_t root, size_t n) {
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && comes_after(x[child + 1], x[child])) child++;
        if (!comes_after(x[child], x[root])) return;
        const double t = x[root];
        x[root] = x[child];
        x[child] = t;
    }
}

/* Heap sort: in place, no worst case, and equal doubles cannot be told apart (0 and -0 excepted,
 * which writers make one). */
static void heap_sort(double *x, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        sift_down(x, i, n);
    for (size_t end = n; end-- > 1;) {
        const double t = x[0];
        x[0] = x[end];
        x[end] = t;
        sift_down(x, 0, end);
    }
}

static void small_sort(double *x, size_t n) {
    for (size_t i = 1; i < n; i++) {
        const double key = x[i];
        size_t j = i;
        for (; j > 0 && comes_after(x[j - 1], key); j--)
            x[j] = x[j - 1];
        x[j] = key;
    }
}

/* Quick sort by the median of three, heap sort where it degenerates. */
static void quick_sort(double *x, size_t n, int depth) {
    while (n > 24) {
        if (depth-- == 0) {
            heap_sort(x, n);
            return;
        }
        double a = x[0], b = x[n / 2], c = x[n - 1];
        const double pivot = comes_after(a, b) ? (comes_after(b, c)   ? b
                                                  : comes_after(a, c) ? c
                                                                      : a)
                                               : (comes_after(a, c)   ? a
                                                  : comes_after(b, c) ? c
                                                                      : b);
        size_t i = 0, j = n - 1;
        for (;; i++, j--) {
            while (comes_after(pivot, x[i]))
                i++;
            while (comes_after(x[j], pivot))
                j--;
            if (i >= j) break;
            const double t = x[i];
            x[i] = x[j];
            x[j] = t;
        }
        const size_t left = j + 1;
        if (left < n - left) {
            quick_sort(x, left, depth);
            x += left;
            n -= left;
        } else {
            quick_sort(x + left, n - left, depth);
            n = left;
        }
    }
    small_sort(x, n);
}

void norni_sort_doubles(double *x, size_t n) {
    int depth = 2;
    for (size_t k = n; k > 1; k /= 2)
        depth += 2;
    quick_sort(x, n, depth);
}
