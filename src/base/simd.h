/* Words of target attributes that compilers spell differently. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIMD_H
#define NORNI_SIMD_H

/* Behind a list of features, in one string: vectors of 512 bits where gcc would halve them. clang knows no such word, and leaves out
 * the whole attribute that has it. */
#ifdef __clang__
#    define NORNI_PREFER_512 ""
#else
#    define NORNI_PREFER_512 ",prefer-vector-width=512"
#endif

#endif
