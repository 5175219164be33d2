#!/usr/bin/env python3
"""/openapi.json of `norn serve`: valid, complete, made from the rows, and every example in it is answered."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse

import serve_kit

VALIDATE = """
import json, sys
from openapi_spec_validator import validate
validate(json.load(open(sys.argv[1])))
"""
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def validated(check, spec):
    name = "a validator of OpenAPI 3.1 finds nothing"
    for python in (os.path.join(TOP, ".venv-test", "bin", "python3"), sys.executable):
        if not os.path.exists(python) or subprocess.run([python, "-c", "import openapi_spec_validator"], capture_output=True).returncode:
            continue
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump(spec, f)
            f.flush()
            done = subprocess.run([python, "-c", VALIDATE, f.name], capture_output=True, text=True)
        check.that(done.returncode == 0, name, done.stderr[-500:])
        return
    check.skip(name, "openapi-spec-validator is not installed (pip install openapi-spec-validator into .venv-test)")


def refs(value):
    if isinstance(value, dict):
        for k, v in value.items():
            if k == "$ref":
                yield v
            yield from refs(v)
    elif isinstance(value, list):
        for v in value:
            yield from refs(v)


def found(spec, ref):
    at = spec
    for part in ref[2:].split("/"):
        if part not in at:
            return False
        at = at[part]
    return ref.startswith("#/")


def rows(check, norn, spec):
    """What the command's help lists is what the text offers."""
    for op in ("forecast", "multi", "report"):
        help_text = subprocess.run([norn, "help", op], capture_output=True, text=True).stdout
        offered = spec["paths"][f"/v1/{op}"]["post"]["parameters"]
        strange = [p["name"] for p in offered if f"--{p['name']}" not in help_text]
        check.that(len(offered) > 8 and not strange, f"{op}: every parameter is a flag of the command", strange)
    horizon = [p for p in spec["paths"]["/v1/forecast"]["post"]["parameters"] if p["name"] == "horizon"][0]["schema"]
    check.that(horizon["type"] == "integer" and horizon["minimum"] >= 1 and horizon["maximum"] >= 1000, "numbers have their domain", horizon)
    mode = [p for p in spec["paths"]["/v1/report"]["post"]["parameters"] if p["name"] == "mode"][0]["schema"]
    check.that(mode["enum"] == ["finance_guardian", "financial_storyteller"] and mode["default"] == "finance_guardian", "choices and defaults", mode)


def replayed(check, s, spec):
    for path, item in spec["paths"].items():
        post = item.get("post")
        if post is None:
            if "{" not in path:
                check.that(s.get(path)[0] == 200, f"GET {path} is answered")
            continue
        content = post["requestBody"]["content"]
        params = post["x-norn-example-params"]
        names = {p["name"] for p in post["parameters"]}
        got = s.json(path, content["application/json"]["example"])
        check.that(got[0] == 200, f"POST {path}: the JSON example", got[2][:300])
        query = urllib.parse.urlencode({k: ",".join(map(str, v)) if isinstance(v, list) else v for k, v in params.items()})
        got = s.csv(f"{path}?{query}", content["text/csv"]["example"])
        check.that(got[0] == 200 and set(params) <= names, f"POST {path}: the CSV example", got[2][:300])


def test(check, norn, folder):
    s = serve_kit.Server(norn, folder)
    spec = json.loads(s.get("/openapi.json")[2])
    check.that(spec["openapi"].startswith("3.1") and spec["info"]["version"] == json.loads(s.get("/version")[2])["version"], "it is 3.1")
    validated(check, spec)
    missing = [r for r in refs(spec) if not found(spec, r)]
    check.that(not missing, "every reference leads somewhere", missing)
    ids = [op["operationId"] for item in spec["paths"].values() for op in item.values()]
    check.that(len(ids) == len(set(ids)), "operations have names of their own", ids)
    want = {"/full_report", "/api/full_report", "/api/simulate", "/v1/jobs/{id}", "/metrics", "/readyz"} | {
        f"/v1/{op}" for op in ("forecast", "evaluate", "rolling", "multi", "report", "simulate", "portfolio")}
    check.that(want <= set(spec["paths"]), "every route is there", want - set(spec["paths"]))
    rows(check, norn, spec)
    replayed(check, s, spec)
    s.stop()


if __name__ == "__main__":
    serve_kit.main(test)
