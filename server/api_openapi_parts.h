/* What /openapi.json is made of besides the registry's rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_OPENAPI_PARTS_H
#define SERVER_API_OPENAPI_PARTS_H

#include "io/writer.h"
#include "server/api_parts.h"

/* Members of JSON objects, without the brackets around. */
extern const char api_openapi_fixed_paths[];
extern const char api_openapi_schemas[];
extern const char api_openapi_components[];

/* Requests that can be sent as they stand: a CSV text, parameters, {"data", "params"}. */
void api_example_csv(norni_json *w, const char *op);
void api_example_params(norni_json *w, const char *op);
void api_example_body(norni_json *w, const char *op);

#endif
