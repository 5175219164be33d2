#!/usr/bin/env python3
"""POST /v1/portfolio: prices as a body or as files, progress, what is wrong with its row, and an end when nobody wants it any more."""
# SPDX-License-Identifier: Apache-2.0
import json
import random
import time

import serve_kit

WALK = "window-days=40&test-windows=3"


def prices(symbols=("BTC", "ETH", "BNB", "SOL"), n=170, seed=1):
    rng, price, rows = random.Random(seed), [100.0 / (k + 1) for k in range(len(symbols))], []
    for t in range(n):
        price = [p * (1 + 0.06 * (rng.random() - 0.49)) for p in price]
        rows.append((f"2024-{1 + t // 28:02d}-{1 + t % 28:02d}", list(price)))
    return rows


def wide(symbols=("BTC", "ETH", "BNB", "SOL"), n=170, seed=1):
    return "date," + ",".join(symbols) + "\n" + "".join(f"{d}," + ",".join(f"{p:.6g}" for p in row) + "\n" for d, row in prices(symbols, n, seed))


def job_of(answer):
    return json.loads(answer[2])["id"]


def until(true, seconds=10):
    end = time.monotonic() + seconds * serve_kit.SLACK
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.01)
    return False


def bodies(check, s):
    first = s.csv("/v1/portfolio?quick=true&" + WALK, wide())
    check.that(first[0] == 200 and first[1]["content-type"] == "application/json", "a CSV body", first)
    answer = json.loads(first[2])
    found = answer["result"]
    check.that(answer["summary"]["n_items"] == 12 and answer["summary"]["digest"] == found["digest"], "the envelope has counts and digest", answer)
    check.that(len(found["splits"]) == 3 and found["best_config"]["config_id"] >= 1 and len(found["top"]) == 10 and
               0 <= found["overfitting"]["probability_of_backtest_overfitting"] <= 1, "splits, the best, and how lucky it was", found)
    params = {"quick": True, "window-days": 40, "test_windows": 3}
    form = s.form("/v1/portfolio", [("file", wide().encode(), "p.csv"), ("params", json.dumps(params))])
    check.that(form[0] == 200 and form[2] == first[2], "multipart with params: the same bytes", form)
    rows = prices()
    columns = {"date": [d for d, _ in rows], **{k: [float(f"{p[i]:.6g}") for _, p in rows] for i, k in enumerate(("BTC", "ETH", "BNB", "SOL"))}}
    same = s.json("/v1/portfolio", {"data": columns, "params": params})
    check.that(same[0] == 200 and json.loads(same[2])["summary"]["digest"] == found["digest"], "columns of JSON: the same digest", same)
    files = [("file", ("timestamp,open,high,low,close,volume\n" + "".join(f"{d},1,1,1,{p[i]:.6g},1\n" for d, p in rows)).encode(), name)
             for i, name in enumerate(("BTC_USDT.csv", "ETH_USDT.csv", "BNB_USDT.csv", "SOL_USDT.csv"))]
    apart = s.form("/v1/portfolio", files + [("params", json.dumps(params))])
    check.that(apart[0] == 200 and json.loads(apart[2])["summary"]["digest"] == found["digest"], "a file of bars for each symbol, called as the symbol",
               apart)
    table = s.csv("/v1/portfolio?quick=true&" + WALK, wide(), Accept="text/csv")
    check.that(table[1]["content-type"].startswith("text/csv") and table[2].startswith(b"config_id,assets,weights,threshold"), "Accept: text/csv", table)
    grid = b'[allocation]\nkinds = ["equal", "erc"]\nlookback_days = 20\n[rebalance]\nthreshold = [0.02, 0.05]\n'
    own = s.form("/v1/portfolio", [("file", wide().encode(), "p.csv"), ("grid", grid, "grid.toml"), ("window-days", 40), ("test-windows", 3)])
    check.that(own[0] == 200 and json.loads(own[2])["summary"]["n_items"] == 4, "a grid of one's own", own)
    mood = "time,signal,signal_btc\n" + "".join(f"{d}T00:00:00Z,{0.5 if i % 9 else -0.5},{0.5 if i % 7 else ''}\n" for i, (d, _) in enumerate(rows))
    told = {**params, "signal-min": 0.1}
    felt = s.form("/v1/portfolio", [("file", wide().encode(), "p.csv"), ("signal", mood.encode(), "mood.csv"), ("params", json.dumps(told))])
    by = json.loads(felt[2]).get("result", {}).get("signal", {})
    check.that(felt[0] == 200 and by.get("file") == "mood.csv" and sorted(by["columns"]) == ["signal", "signal", "signal", "signal_btc"],
               "signals as a file of their own filter", felt)
    check.that(felt[0] == 200 and json.loads(felt[2])["summary"]["digest"] != found["digest"], "and make another run", felt)
    bad = s.form("/v1/portfolio", [("file", wide().encode(), "p.csv"), ("signal", mood.replace("-0.5", "low").encode(), "mood.csv"), ("params", json.dumps(told))])
    check.that(bad[0] == 422 and "mood.csv" in bad[2].decode() and "line 2" in bad[2].decode(), "a text as a signal, with its line", bad)
    dry = s.csv("/v1/portfolio?dry-run=true&" + WALK, wide())
    check.that(dry[0] == 200 and json.loads(dry[2])["result"]["counts"]["n_configurations"] == 58320, "dry-run counts", dry)


def wrong(check, s):
    bad = wide().splitlines()
    bad[17] = bad[17].rsplit(",", 1)[0] + ",much"
    for name, path, body, status, word in (
            ("a text as a price", "?quick=true&" + WALK, "\n".join(bad) + "\n", 422, "18"),
            ("one symbol", "?quick=true&" + WALK, wide(("BTC",)), 422, "two"),
            ("too few bars", "?quick=true", wide(), 422, "bars"),
            ("an unknown metric", "?metric=luck", wide(), 400, "metric"),
            ("a window of no days", "?window-days=0", wide(), 400, "window-days"),
            ("a path of the server's", "?output=/tmp/x", wide(), 400, "output"),
            ("a grid of the server's", "?grid=/etc/passwd", wide(), 400, "grid"),
            ("signals of the server's", "?signal=/etc/passwd", wide(), 400, "signal"),
            ("a least without signals", "?signal-min=0.2", wide(), 400, "signal")):
        code, head, body = s.csv("/v1/portfolio" + path, body)
        problem = json.loads(body)
        check.that(code == status and head["content-type"] == "application/problem+json" and word in json.dumps(problem), name, (code, problem))
    grid = b"[rebalance]\nthreshold = [0.1]\nnonsense = 3\n"
    code, _, body = s.form("/v1/portfolio", [("file", wide().encode(), "p.csv"), ("grid", grid, "mine.toml"), ("window-days", 40), ("test-windows", 3)])
    check.that(code == 400 and b"line 3" in body and b"mine.toml" in body, "a grid's mistake with its line", (code, body))


def events(check, s):
    got = s.csv("/v1/portfolio?" + WALK, wide(), Prefer="respond-async")
    told = s.follow(f"/v1/jobs/{job_of(got)}/events").all()
    names = [e[0] for e in told]
    stages = [e[2]["stage"] for e in told if e[0] == "progress" and "stage" in e[2]]
    check.that(names[0] == "connected" and names[-1] == "complete", "events: connected … complete", names)
    check.that({"simulating"} <= set(stages), "with its stages", told)
    whole = json.loads(s.get("/v1/jobs/" + job_of(got))[2])
    check.that(whole["summary"]["n_ok"] == whole["result"]["result"]["counts"]["n_usable"] > 50000, "the whole grid", whole.get("summary"))


def cancel(check, s):
    slow = (b'[allocation]\nkinds = ["equal"]\n[rebalance]\nmethod = ["hybrid"]\n[threshold]\nmin = 0.0005\nmax = 0.4\nstep = 0.0005\n'
            b'[every]\nmin = 1\nmax = 500\nstep = 1\n[costs]\nfee_bps = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]\n')
    got = s.form("/v1/portfolio", [("file", wide().encode(), "p.csv"), ("grid", slow, "slow.toml"), ("window-days", 40), ("test-windows", 3)],
                 Prefer="respond-async")
    job = job_of(got)
    running = until(lambda: json.loads(s.get("/v1/jobs/" + job)[2])["status"] == "running")
    time.sleep(0.3)
    gone = s.ask("DELETE", "/v1/jobs/" + job)
    check.that(running and gone[0] in (200, 202, 204), "a search is cancelled", gone)
    check.that(until(lambda: s.get("/v1/jobs/" + job)[0] == 404 or json.loads(s.get("/v1/jobs/" + job)[2])["status"] == "cancelled", 5),
               "and ends", s.get("/v1/jobs/" + job))
    check.that(s.csv("/v1/portfolio?quick=true&" + WALK, wide())[0] == 200, "the next one is served")


def test(check, norn, folder):
    s = serve_kit.Server(norn, folder)
    for part in (bodies, wrong, events, cancel):
        part(check, s)
    check.that(s.stop() == 0, "the server ends")


if __name__ == "__main__":
    serve_kit.main(test)
