/* How operations open a sentiment model: by name, or from a folder. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SENTIMENT_DOOR_H
#define NORNI_SENTIMENT_DOOR_H

#include "app/common.h"
#include "text/sentiment.h"

typedef struct norni_sentiment_door_opt {
    const char *model;   /* "default", "vader", or a folder of a RoBERTa */
    const char *lexicon; /* VADER's own words, a file; or NULL */
    int32_t precision;   /* norni_precision */
    bool no_folders;     /* of a server: a request names no folder of ours */
    bool raw;            /* RoBERTa: texts as they are */
} norni_sentiment_door_opt;

/* The rows of --model, --lexicon, --precision, --raw-text over `field`, the place of a norni_sentiment_door_opt in the options. */
#define NORNI_SENTIMENT_ROWS(options, field)                                                 \
    {.name = "model",                                                                        \
     .type = NORNI_T_TEXT,                                                                   \
     .offset = offsetof(options, field.model),                                               \
     .def = "default",                                                                       \
     .metavar = "default|vader|DIR",                                                         \
     .help =                                                                                 \
         "what scores a text: the embedded model, VADER, or a folder of a RoBERTa from "     \
         "Hugging Face"},                                                                    \
        {.name = "precision",                                                                \
         .type = NORNI_T_CHOICE,                                                             \
         .offset = offsetof(options, field.precision),                                       \
         .def = "fp32",                                                                      \
         .choices = "fp32|int8|bf16",                                                        \
         .help = "of a RoBERTa's products; int8 is about three times as fast"},              \
        {.name = "raw-text",                                                                 \
         .type = NORNI_T_BOOL,                                                               \
         .offset = offsetof(options, field.raw),                                             \
         .def = "false",                                                                     \
         .help =                                                                             \
             "of a RoBERTa: texts as they are, names and links not replaced by @user and "   \
             "http"},                                                                        \
    {                                                                                        \
        .name = "lexicon", .type = NORNI_T_TEXT, .offset = offsetof(options, field.lexicon), \
        .path = NORNI_PATH_UPLOAD, .metavar = "FILE",                                        \
        .help = "of VADER: your own words, lines of word, tab, valence from -4 to 4"         \
    }

/* "fp32", "int8" or "bf16" of a folder's model; "" of those that have no precision. */
const char *norni_sentiment_door_precision(const norni_sentiment_door_opt *opt);
/* *out is the caller's (norni_sentiment_free). NORN_E_ARG names the flag; a folder's errors name its file. */
NORN_CHECKED norn_status norni_sentiment_door_open(const norni_op_env *env,
                                                   const norni_sentiment_door_opt *opt,
                                                   norni_sentiment_model *out, norn_err *err);

#endif
