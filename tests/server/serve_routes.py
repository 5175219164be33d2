#!/usr/bin/env python3
"""The routes of `norn serve`: every operation by every kind of body, errors as problems, and nothing of the server's own in a request's hand."""
# SPDX-License-Identifier: Apache-2.0
import gzip
import json
import os
import re
import subprocess
import threading
import time

import serve_kit

PLANT = "ds,output,feed\n" + "".join(f"2024-{3 + i // 30:02d}-{1 + i % 30:02d},{20 + 3 * (50 + i * 13 % 17) + i % 7},{50 + i * 13 % 17}\n"
                                     for i in range(30))


def problem(answer, status):
    code, head, body = answer
    if code != status or head.get("content-type") != "application/problem+json":
        return False
    p = json.loads(body)
    return p["status"] == status and bool(p["detail"]) and p["instance"].startswith("/")


def bodies(check, s):
    data = serve_kit.series(2)
    want = "horizon=3&model=theta&level=80"
    first = s.csv("/v1/forecast?" + want, data)
    check.that(first[0] == 200 and first[1]["content-type"] == "application/json", "a CSV body is forecast", first)
    answer = json.loads(first[2])
    check.that(answer["operation"] == "forecast" and answer["summary"]["n_ok"] == 2 and len(answer["result"]["series"]) == 2,
               "the envelope has counts and the result", answer)
    rows = [dict(zip(("unique_id", "ds", "y"), line.split(","))) for line in data.splitlines()[1:]]
    for row in rows:
        row["y"] = int(row["y"])
    columns = {k: [row[k] for row in rows] for k in ("unique_id", "ds", "y")}
    params = {"horizon": 3, "model": ["theta"], "level": [80]}
    same = {"rows of JSON": s.json("/v1/forecast", {"data": rows, "params": params}),
            "columns of JSON": s.json("/v1/forecast", {"data": columns, "params": params}),
            "gzip": s.ask("POST", "/v1/forecast?" + want, gzip.compress(data.encode()), {"Content-Type": "application/octet-stream"}),
            "multipart with params": s.form("/v1/forecast", [("file", data.encode(), "a.csv"), ("params", json.dumps(params))]),
            "multipart with fields": s.form("/v1/forecast", [("file", data.encode(), "a.csv"), ("horizon", 3), ("model", "theta"), ("level", 80)])}
    for name, answer in same.items():
        check.that(answer[0] == 200 and answer[2] == first[2], f"{name}: the same bytes", answer)
    as_csv = s.csv("/v1/forecast?" + want, data, Accept="text/csv")
    check.that(as_csv[1]["content-type"].startswith("text/csv") and as_csv[2].startswith(b"unique_id,ds,theta"), "Accept: text/csv", as_csv)
    book = s.csv("/v1/forecast?format=xlsx&" + want, data)
    check.that(book[0] == 200 and book[2][:2] == b"PK", "format=xlsx", book[:2])
    back = s.ask("POST", "/v1/rolling?window=3&op=mean&id-col=unique_id&time-col=ds&target-col=theta", book[2],
                 {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"})
    check.that(back[0] == 200, "a workbook as a body", back)
    future = s.form("/v1/forecast", [("file", b"ds,y,x\n" + b"".join(b"2024-%02d-01,%d,%d\n" % (m, m * 3 % 7, m % 4) for m in range(1, 13)), "a.csv"),
                                     ("future", b"ds,x\n2025-01-01,1\n2025-02-01,2\n", "f.csv"), ("horizon", 2), ("model", "arima(1,0,0)")])
    check.that(future[0] == 200, "a future table as a part of its own", future)
    wish = {"data": columns, "params": {"horizon": 2, "model": "theta", "future": [{"ds": "2018-01-01", "x": 1}]}}
    got = s.json("/v1/forecast", wish)
    check.that(got[0] in (400, 422) and b"x" in got[2], "a future table in JSON is read", got)


def operations(check, s):
    data = serve_kit.series(2)
    for path, body in (("/v1/evaluate?horizon=3&windows=2&model=theta", data), ("/v1/rolling?window=3&op=mean,std", data),
                       ("/v1/report", serve_kit.finance()), ("/v1/simulate?parameter=expenses&change-pct=15", serve_kit.finance())):
        got = s.csv(path, body)
        check.that(got[0] == 200 and json.loads(got[2]), "POST " + path.split("?")[0], got)
    for prefix in ("", "/api"):
        got = s.form(prefix + "/full_report", [("file", serve_kit.finance().encode(), "f.csv"), ("mode", "finance_guardian"), ("task_id", "t-1")])
        report = json.loads(got[2]) if got[0] == 200 else {}
        full = report.get("full_analysis_report", {})
        check.that(report.get("task_id") == "t-1" and len(full) >= 16 and len(full["forecast_chart"]["revenue"]) == 3, "POST " + prefix + "/full_report", got)
    page = s.form("/full_report", [("file", serve_kit.finance().encode(), "f.csv"), ("format", "html")])
    check.that(page[0] == 200 and page[1]["content-type"].startswith("text/html") and b"<html" in page[2][:400], "format=html is a page", page[:2])
    two = serve_kit.finance().splitlines()
    parts = [("files", "\n".join(two[:1] + two[1:40]).encode(), "a.csv"), ("files", "\n".join(two[:1] + two[40:]).encode(), "b.csv")]
    check.that(s.form("/full_report", parts)[0] == 200, "several files are one report")
    got = s.form("/api/simulate", [("file", serve_kit.finance().encode(), "f.csv"), ("parameter", "expenses"), ("change_pct", 15)])
    check.that(got[0] == 200 and json.loads(got[2])["impact"]["profit_impact_absolute"] < 0, "simulate: +15 % expenses lower the profit", got)
    check.that(problem(s.form("/full_report", [("mode", "finance_guardian")]), 400), "no file: 400")
    done = [line for line in s.log() if line["msg"] == "Parallel forecasting completed" and line["kind"] == "report"]
    check.that(done and done[0]["seconds"] > 0 and done[0]["series"] > 5 and done[0]["workers"] >= 1 and done[0]["request_id"],
               "a report logs that its forecasting completed", done)


def multi(check, s):
    got = s.csv("/v1/multi?targets=output&horizon=2&lookback=5&windows=3&model=ebm", PLANT)
    answer = json.loads(got[2]) if got[0] == 200 else {}
    why = answer.get("explanations", [])
    check.that(got[0] == 200 and why and why[0]["target"] == "output" and 1 <= len(why[0]["importances"]) <= 20, "multi says why", got)
    check.that(answer.get("metrics", {}).get("columns", [""])[0] == "model" and answer["metrics"]["rows"], "multi brings its metrics", answer)
    check.that(problem(s.csv("/v1/multi?targets=output&horizon=2&explain=/tmp/x", PLANT), 400), "explain is no request's own")
    got = s.csv("/v1/multi?etl=true", PLANT)
    check.that(got[0] in (200, 422), "etl answers tables, or says what is no plant's book", got)


def refused(check, s, norn):
    data = serve_kit.series(1)
    spec = json.loads(s.get("/openapi.json")[2])
    local = ["out", "summary", "items", "resume", "plot", "config", "output", "errors", "explain", "save", "load", "series", "cache-dir",
             "redis", "analyse", "memory-limit", "progress", "plot-components", "cache-limit"]
    for op in ("forecast", "evaluate", "rolling", "multi", "report", "simulate", "portfolio"):
        offered = {p["name"] for p in spec["paths"][f"/v1/{op}"]["post"]["parameters"]}
        check.that(not offered & set(local), f"{op} offers no file of the server", offered & set(local))
        bad = [name for name in local for way in (s.csv(f"/v1/{op}?{name}=/etc/passwd", data),
                                                  s.json(f"/v1/{op}", {"data": [{"a": 1}], "params": {name: "/etc/passwd"}}),
                                                  s.form(f"/v1/{op}", [("file", data.encode(), "a.csv"), (name.replace("-", "_"), "/etc/passwd")]))
               if way[0] != 400]
        check.that(not bad, f"{op}: names of files are refused with 400", bad)
        for name in ("future", "actual", "holidays", "grid"):
            got = s.csv(f"/v1/{op}?{name}=s3://bucket/key", data)
            check.that(got[0] == 400, f"{op}: {name}=s3://… is refused", got) if op == "evaluate" or name == "future" else None
    for name in ("../../etc/passwd", "/etc/passwd", "s3://bucket/key", "*.csv", "C:\\x.csv", "-"):
        got = s.form("/v1/forecast", [("file", data.encode(), name), ("horizon", 2), ("model", "theta")])
        check.that(got[0] == 200 and b"passwd" not in got[2], f"a file called {name} is only its bytes", got)
    check.that(s.form("/v1/forecast", [("file", "/etc/passwd"), ("horizon", 2)])[0] in (400, 422), "a path as the file's text is its text")
    for model in ("prophet(holidays=/etc/passwd)", "theta(/etc/passwd)", "@/etc/passwd", "s3://b/k"):
        got = s.json("/v1/forecast", {"data": [{"ds": f"2024-{m:02d}-01", "y": m} for m in range(1, 13)], "params": {"horizon": 2, "model": model}})
        check.that(got[0] in (400, 422) or b'"n_fallback":1' in got[2], f"a spec names no file: {model}", got)
        check.that(b"root:" not in got[2], "and none is read", got)


def errors(check, s):
    data = serve_kit.series(1)
    got = s.csv("/v1/forecast?horizen=3&model=theta", data)
    p = json.loads(got[2])
    check.that(problem(got, 400) and "did you mean horizon" in p["errors"][0]["detail"] and p["errors"][0]["parameter"] == "horizen",
               "an unknown parameter is named, with its neighbour", p)
    check.that(any(e["parameter"] == "horizon" for e in p["errors"]), "and so is what is missing", p)
    check.that(problem(s.csv("/v1/forecast?horizon=-1", data), 400), "a number out of its domain: 400")
    check.that(problem(s.csv("/v1/forecast?horizon=3&horizon=4", data), 400), "a parameter twice: 400")
    check.that(problem(s.csv("/v1/forecast?horizon=3&model=nonesuch", data), 400), "an unknown model: 400")
    got = s.csv("/v1/forecast?horizon=3&model=theta", "unique_id,ds,y\na,2024-01-01,1\na,2024-02-01,zzz\n")
    p = json.loads(got[2])
    check.that(problem(got, 422) and p["errors"][0]["row"] == 3 and p["errors"][0]["column"] == "y", "bad data: 422 with row and column", p)
    check.that("norn-serve" not in got[2].decode(), "no path of the server is told", got)
    check.that(problem(s.csv("/v1/forecast?horizon=3", ""), 400), "an empty body: 400")
    for name, text in (("a key twice", '{"data":[{"a":1}],"params":{"horizon":1,"horizon":2}}'), ("too deep", "[" * 100 + "]" * 100),
                       ("no JSON", "{"), ("no object", "[1]"), ("an unknown key", '{"datum":[]}'), ("a table in a cell", '{"data":[{"a":[1]}]}'),
                       ("columns of unequal length", '{"data":{"a":[1],"b":[1,2]}}'), ("a NUL", '{"data":[{"a":"\\u0000"}]}')):
        check.that(problem(s.json("/v1/forecast", text), 400), f"JSON with {name}: 400")
    big = '{"data":[{"a":1}],"params":{"model":"' + "x" * (1 << 20) + '"}}'
    check.that(problem(s.json("/v1/forecast", big), 413), "params beyond 1 MiB: 413")
    check.that(problem(s.ask("POST", "/v1/forecast", "x", {"Content-Type": "image/png"}), 415), "a picture: 415")
    check.that(problem(s.get("/v1/forecast"), 405) and problem(s.get("/nothing"), 404), "405 and 404")
    check.that(problem(s.ask("POST", "/v1/cache", "x", {"Content-Type": "text/csv"}), 404) and
               problem(s.ask("POST", "/v1/bench", "x", {"Content-Type": "text/csv"}), 404), "cache and bench have no routes")
    for path in ("/livez", "/readyz", "/healthz", "/version"):
        check.that(s.get(path)[0] == 200, "GET " + path)
    for path in ("/", "/multi"):
        got = s.get(path)
        check.that(got[0] == 200 and got[1]["content-type"].startswith("text/html"), "GET " + path, got[:2])


def wide_json(check, s):
    """Much JSON: read by a runner, within bounds, while the server answers others."""
    sparse = json.dumps({"data": [{f"c{i}": 1} for i in range(20000)], "params": {"horizon": 1}})
    hole = json.dumps({"data": [{"ds": "2024-01-01", "y": 1}] * 3000 + [{f"c{i}": 1} for i in range(3000)], "params": {"horizon": 1}})
    dense = '{"data":{"y":[' + "1," * 5_000_000 + '1]}}'
    for name, body in (("20,000 rows of a column each", sparse), ("a table that is mostly empty", hole), ("five million values", dense)):
        start = time.monotonic()
        got = s.json("/v1/forecast", body)
        took = time.monotonic() - start
        check.that(problem(got, 413) and b"send CSV" in got[2] and took < 3 * serve_kit.SLACK, f"JSON, {name}: 413 soon ({took:.2f} s)", got)
    n = 300_000
    body = json.dumps({"data": [{"ds": f"{1000 + i // 360:04d}-{1 + i // 30 % 12:02d}-{1 + i % 30:02d}T{i % 24:02d}:00", "y": i % 97 + 0.25}
                                for i in range(n)], "params": {"window": 3, "op": "nonesuch"}})
    before = s.metric("process_resident_memory_bytes")
    slowest, done, out = 0.0, [], []

    def send():
        out.append(s.json("/v1/rolling", body))
        done.append(1)

    crowd = [threading.Thread(target=send) for _ in range(4)]
    for t in crowd:
        t.start()
    while len(done) < 4:
        start = time.monotonic()
        s.get("/livez")
        slowest = max(slowest, time.monotonic() - start)
        time.sleep(0.005)
    for t in crowd:
        t.join()
    check.that(all(problem(got, 400) and b"nonesuch" in got[2] for got in out), "what is wrong in a large JSON body is told as in a small one", out[0])
    check.that(slowest < 1 * serve_kit.SLACK, f"and others are answered meanwhile ({slowest * 1000:.0f} ms)", slowest)
    grown = (s.metric("process_resident_memory_bytes") - before) / 2 ** 20
    check.that(grown < 100 or serve_kit.SANITIZED, f"and the memory is given back ({grown:.0f} MiB more)", grown)
    rows = [{"ds": f"{1960 + i // 12}-{1 + i % 12:02d}-01", "y": i % 12 + 0.125, "note": "x" * 120} for i in range(600)]
    big = s.json("/v1/forecast", {"data": rows, "params": {"horizon": 3, "model": "theta"}})
    small = s.csv("/v1/forecast?horizon=3&model=theta", "ds,y\n" + "".join(f"{r['ds']},{r['y']}\n" for r in rows))
    check.that(big[0] == 200 and json.loads(big[2])["result"] == json.loads(small[2])["result"], "a large JSON body forecasts as CSV does", big)


def told(check, s):
    """Texts and formats as they are promised."""
    got = s.json("/v1/forecast", {"data": [{"ds": "2024-01-01", "y": [1]}]})
    check.that(b"column y is no plain value" in got[2], "a bad cell's column is named", got)
    got = s.json("/v1/forecast", {"datum" + "x" * 80: 1})
    check.that(b"unknown key datum" + b"x" * 35 + b";" in got[2], "a long unknown key is named, cut", got)
    for text, want in (("[]", b"a list without rows"), ("[1]", b"row 1 is no object"), ("{}", b"an object without columns"), ("1", b"a list of rows")):
        got = s.json("/v1/forecast", '{"data":%s}' % text)
        check.that(problem(got, 400) and want in got[2], f"data: {text} is told as it is", got)
    got = s.ask("POST", "/v1/forecast", "x", {"Content-Type": "multipart/form-data"})
    check.that(problem(got, 400) and b"queue" not in got[2] and "retry-after" not in got[1], "a form without a boundary is told as such", got)
    data = serve_kit.series(1)
    for accept, kind in (("text/csv;q=0.5, application/json;q=0.1", "text/csv"), ("text/csv;q=0.1, application/json", "application/json"),
                         ("text/csv;q=0, */*;q=0.1", "application/json"), ("text/*", "text/csv"), ("*/*", "application/json"),
                         ("TEXT/CSV; q=1.0, application/*; q=0.9", "text/csv")):
        got = s.csv("/v1/forecast?horizon=2&model=theta", data, Accept=accept)
        check.that(got[0] == 200 and got[1]["content-type"].startswith(kind), f"Accept: {accept}", got[:2])
    got = s.form("/v1/evaluate", [("file", data.encode(), "a.csv"), ("actual", data.encode(), "b.csv"), ("model", "theta")])
    check.that(problem(got, 400) and json.loads(got[2])["errors"][0]["parameter"] == "horizon", "evaluate with actual asks for the horizon", got)
    got = s.form("/v1/forecast", [("files", b"ds,y\n2024-01-01,1\n2024-02-01,2\n", "a.csv"), ("files", b"ds,y\n2024-01-01,1\n2024-03-01,2\n", "b.csv"),
                                  ("horizon", 2), ("model", "naive")])
    check.that(problem(got, 422) and b"line 2 of file 1 and line 2 of file 2" in got[2], "a time in two files is named with both files", got)
    spec = json.loads(s.get("/openapi.json")[2])["paths"]
    needed = {op: {p["name"] for p in spec[f"/v1/{op}"]["post"]["parameters"] if p.get("x-needed")} for op in ("forecast", "evaluate", "simulate", "report")}
    check.that(needed["forecast"] == needed["evaluate"] == {"horizon"} and len(needed["simulate"]) == 2 and not needed["report"],
               "/openapi.json says what is needed", needed)
    secret = s.csv("/v1/forecast?horizon=3&model=theta&target-col=payroll", "unique_id,ds,payroll\na,2024-01-01,1\na,2024-02-01,hunter2\n")
    lines = [line for line in s.log() if line["msg"] == "Job failed" and line.get("request_id") == secret[1]["x-request-id"]]
    check.that(problem(secret, 422) and b"hunter2" in secret[2] and lines and (lines[0].get("code"), lines[0].get("status"), lines[0].get("row")) == ("data", 422, 3),
               "a job that fails is logged with code, status and row", lines)
    text = json.dumps(s.log())
    check.that("hunter2" not in text and "payroll" not in text, "and not with what the client's data hold")


def rows_are_marked(check, norn):
    """Every row whose help shows a file or folder is refused above; here: that none was forgotten."""
    source, bad = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "app"), []
    for name in sorted(os.listdir(source)):
        if not name.endswith(".c"):
            continue
        with open(os.path.join(source, name), encoding="utf-8") as f:
            text = f.read()
        for row in re.findall(r'\{\.name = "[a-z0-9-]+",\n(?:[^{}]*\n)*?[^{}]*\}', text):
            metavar = re.search(r'\.metavar = "([^"]*)"', row)
            word = metavar.group(1) if metavar else ""
            if ".type = NORNI_T_TEXT" in row and re.search(r"FILE|DIR|FOLDER|PATH|\.toml|\.csv|TEST|HOST:PORT", word) and ".path" not in row:
                bad.append(f"{name}: {row.splitlines()[0]}")
    check.that(not bad, "every row that names a file or folder says so", bad)


def equal_bytes(check, norn, folder):
    """The same upload at one worker and at many, in any order."""
    uploads = [("/v1/forecast?horizon=3&model=auto_ets,theta", serve_kit.series(6)), ("/v1/report", serve_kit.finance()),
               ("/v1/evaluate?horizon=2&windows=2&model=theta&format=csv", serve_kit.series(3))]
    seen = []
    for workers, order in ((1, 1), (4, -1)):
        s = serve_kit.Server(norn, folder, "--workers", str(workers), "--cache", "off")
        got = {path: s.csv(path, body)[2] for path, body in uploads[::order]}
        seen.append({path: re.sub(rb'"(session_id|task_id|generated_at|timestamp|dataset_id|model_id)":"[^"]*"', b"", body)
                     for path, body in got.items()})
        s.stop()
    for path, _ in uploads:
        a, b = (re.sub(rb",[0-9.e-]+\n", b"\n", x[path]) if "evaluate" in path else x[path] for x in seen)
        check.that(a == b and len(a) > 50, f"equal bytes at 1 and 4 workers: {path.split('?')[0]}", (a[:200], b[:200]))


def test(check, norn, folder):
    rows_are_marked(check, norn)
    s = serve_kit.Server(norn, folder)
    bodies(check, s)
    operations(check, s)
    multi(check, s)
    refused(check, s, norn)
    errors(check, s)
    told(check, s)
    wide_json(check, s)
    check.that(s.stop() == 0, "SIGTERM: exit 0")
    check.that(not s.spool(), "nothing is left in the spool", s.spool())
    closed = subprocess.run([norn, "serve", "--host", "0.0.0.0", "--port", "0"], capture_output=True, text=True, timeout=30)
    check.that(closed.returncode == 2 and "--token-file" in closed.stderr, "a public address without tokens is refused", closed.stderr)
    loud = serve_kit.Server(norn, folder, "--host", "0.0.0.0", "--insecure-no-tokens")
    check.that(any("NO TOKENS" in line["msg"] for line in loud.log()), "or asked for, and warned of")
    loud.stop()
    equal_bytes(check, norn, folder)
    help_text = subprocess.run([norn, "serve", "--help"], capture_output=True, text=True).stdout
    check.that("--token-file" in help_text and "--redis" in help_text, "norn serve --help")
    check.that(subprocess.run([norn, "serve", "--prot", "1"], capture_output=True).returncode == 2, "an unknown flag: exit 2")


if __name__ == "__main__":
    serve_kit.main(test)
