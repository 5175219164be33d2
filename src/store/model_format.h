/* The layout of a model store, for those who write it and read it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MODEL_FORMAT_H
#define NORNI_MODEL_FORMAT_H

/* The file, numbers little-endian:
 *   "NORNMODL", u32 format, engine and header (u32 length, bytes each), u64 XXH3 of all before
 *   records: u32 key length, u32 payload length, key, payload, u64 XXH3 of these four
 *   the end: u32 0xFFFFFFFF, u64 number of records, u64 XXH3 of every byte before */
#define MODEL_MAGIC        "NORNMODL"
#define MODEL_END_MARK     UINT32_C(0xFFFFFFFF)
#define MODEL_MOST_KEY     (UINT32_C(1) << 24)
#define MODEL_MOST_PAYLOAD (UINT32_C(1) << 30)
enum {
    MODEL_FORMAT = 1,
    MODEL_MAGIC_SIZE = 8,
    MODEL_HEAD = 8, /* of a record: its two lengths */
    MODEL_CHECK = 8,
    MODEL_END = 4 + 8 + 8,
    MODEL_CHUNK = 1 << 20 /* bytes read or written at once */
};

#endif
