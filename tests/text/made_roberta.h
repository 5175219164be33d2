/* A RoBERTa model made by a formula, written as the folder that users have. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MADE_ROBERTA_H
#define MADE_ROBERTA_H

#include <stdbool.h>
#include <stddef.h>

typedef enum made_type { MADE_F32, MADE_F16, MADE_BF16 } made_type;

typedef struct made_roberta {
    size_t hidden, layers, heads, inner, vocab, positions, labels;
    made_type type; /* of the matrices; vectors are F32 */
    double eps;
    float
        gain; /* of queries, keys and the last matrix, a power of two: 2 makes attention and logits sharp */
    const char *names; /* of the labels as in id2label: "\"0\": \"a\", …"; NULL: LABEL_0 … */
} made_roberta;

/* Writes config.json and model.safetensors into the folder, which is there. */
bool made_roberta_write(const char *folder, const made_roberta *m);
/* Copies a file. */
bool made_copy(const char *from, const char *folder, const char *name);
/* Removes the folder and the four files that a model has. */
void made_remove(const char *folder);

#endif
