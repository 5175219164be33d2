#!/usr/bin/env python3
"""Jobs of `norn serve`: later answers, events, cancellation, deadlines, owners, and the drain."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import socket
import threading
import time

import serve_kit

SLOW = "/v1/forecast?horizon=6&model=auto_arima&intervals=conformal&conformal-windows=5"


def until(true, seconds=10):
    end = time.monotonic() + seconds * serve_kit.SLACK
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.01)
    return False


def job_of(answer):
    return json.loads(answer[2])["id"]


def later(check, s):
    got = s.csv("/v1/forecast?horizon=3&model=theta", serve_kit.series(2), Prefer="respond-async")
    job = json.loads(got[2])
    check.that(got[0] == 202 and got[1]["location"] == "/v1/jobs/" + job["id"] and len(job["id"]) == 32, "respond-async: 202 and Location", got)
    check.that(until(lambda: json.loads(s.get("/v1/jobs/" + job["id"])[2])["status"] == "done"), "the job ends")
    seen = json.loads(s.get("/v1/jobs/" + job["id"])[2])
    direct = s.csv("/v1/forecast?horizon=3&model=theta", serve_kit.series(2))
    check.that(seen["result"] == json.loads(direct[2]) and seen["summary"]["n_ok"] == 2, "its result is what the POST would have answered", seen)
    check.that(s.get(seen["links"]["result"])[2] == direct[2], "and so are the bytes of its link")
    check.that(s.ask("DELETE", "/v1/jobs/" + job["id"])[0] == 204 and s.get("/v1/jobs/" + job["id"])[0] == 404, "DELETE forgets a finished job")
    check.that(s.get("/v1/jobs/" + "0" * 32)[0] == 404 and s.get("/v1/jobs/../x")[0] in (400, 404), "unknown jobs: 404")
    bad = s.csv("/v1/forecast?horizon=3&model=theta", "unique_id,ds,y\na,x,1\n", Prefer="respond-async")
    check.that(until(lambda: json.loads(s.get("/v1/jobs/" + job_of(bad))[2])["status"] == "failed"), "a job that fails says so")
    check.that(s.get(f"/v1/jobs/{job_of(bad)}/result")[0] == 422, "with the problem as its result")


def events(check, s):
    got = s.csv(SLOW, serve_kit.series(24, 60), Prefer="respond-async")
    stream = s.follow(f"/v1/jobs/{job_of(got)}/events")
    first, running_then, told = None, None, [stream.next()]
    while (e := stream.next()) is not None:
        told.append(e)
        if e[0] == "item" and first is None:
            first = e
            running_then = json.loads(s.get("/v1/jobs/" + job_of(got))[2])["status"]
    names = [e[0] for e in told]
    check.that(names[0] == "connected" and names[-1] == "complete", "events: connected … complete", names)
    check.that(names.count("item") == 24 and len({e[2]["id"] for e in told if e[0] == "item"}) == 24, "an item for each series", names.count("item"))
    check.that(running_then == "running", "the first comes while others are still to be done", running_then)
    check.that(told[-1][2].get("job") == job_of(got), "complete names the job", told[-1])
    ids = [e[1] for e in told if e[1]]
    check.that(ids == sorted(set(ids)), "events are numbered")
    again = s.follow(f"/v1/jobs/{job_of(got)}/events", **{"Last-Event-ID": str(ids[-4])}).all()
    check.that([e[1] for e in again if e[1]] == ids[-3:], "Last-Event-ID goes on behind it", [again, ids[-5:]])


def progress(check, s):
    stream = s.follow("/api/progress/my-task")
    check.that(stream.next()[0] == "connected", "progress may be asked for before the task comes")
    got = s.form("/full_report", [("file", serve_kit.finance(48, 5).encode(), "f.csv"), ("task_id", "my-task")])
    told = stream.all()
    stages = [e[2]["stage"] for e in told if e[0] == "progress"]
    shares = [e[2]["progress"] for e in told if e[0] == "progress"]
    check.that(got[0] == 200 and told and told[-1][0] == "complete", "and ends with complete", told)
    check.that({"upload", "validation", "forecasting"} <= set(stages) and shares == sorted(shares), "with the stages in their order", told)
    check.that(all("result" not in e[2] and "job" not in e[2] for e in told), "progress brings no results, and no job's id")


def deleted(s, big):
    """(cancelled, seconds from the DELETE to that)"""
    job = job_of(s.csv(SLOW, big, Prefer="respond-async"))
    until(lambda: json.loads(s.get("/v1/jobs/" + job)[2])["status"] == "running")
    start = time.monotonic()
    s.ask("DELETE", "/v1/jobs/" + job)
    ended = until(lambda: json.loads(s.get("/v1/jobs/" + job)[2])["status"] == "cancelled", 2)
    return ended, time.monotonic() - start


def left(check, s, body):
    """(the job ended, seconds from the client's leaving to that)"""
    c = socket.create_connection(("127.0.0.1", s.port))
    c.sendall(f"POST {SLOW} HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    check.that(until(lambda: s.metric("norn_jobs_running") == 1), "a job runs for a client")
    before = s.metric("norn_jobs_total", status="cancelled")
    start = time.monotonic()
    c.close()
    ended = until(lambda: s.metric("norn_jobs_running") == 0, 3)
    took = time.monotonic() - start
    check.that(until(lambda: s.metric("norn_jobs_total", status="cancelled") == before + 1), "and is counted as cancelled when the client leaves")
    return ended, took


def cancelled(check, s, norn, folder):
    big = serve_kit.series(200, 72)
    good, took = serve_kit.quickly(lambda: deleted(s, big), 0.4)
    check.that(good, f"DELETE cancels within 200 ms ({took:.3f} s)", took)
    good, took = serve_kit.quickly(lambda: left(check, s, big.encode()), 0.4)
    check.that(good, f"fault_22 a client that leaves: cancelled within 200 ms, the slot is free ({took:.3f} s)", took)
    quick = serve_kit.Server(norn, folder, "--job-timeout", "0.3", "--rate-per-minute", "0")

    def too_long():
        start = time.monotonic()
        return quick.csv(SLOW, big)[0] == 504, time.monotonic() - start

    good, took = serve_kit.quickly(too_long, 2)
    check.that(good, f"the deadline: 504 ({took:.3f} s)", took)
    quick.stop()


def owners(check, norn, folder):
    tokens = os.path.join(folder, "tokens")
    with open(tokens, "w") as f:
        f.write("alpha-token-1234567890\nbeta-token-1234567890\n")
    os.chmod(tokens, 0o600)
    s = serve_kit.Server(norn, folder, "--token-file", tokens)
    mine, yours = ({"Authorization": f"Bearer {name}-token-1234567890"} for name in ("alpha", "beta"))
    data = serve_kit.series(1)
    check.that(s.csv("/v1/forecast?horizon=2&model=theta", data)[0] == 401, "no token: 401")
    got = s.csv("/v1/forecast?horizon=2&model=theta", data, Prefer="respond-async", **mine)
    path = "/v1/jobs/" + job_of(got)
    check.that(s.get(path, **mine)[0] == 200, "its owner sees a job")
    check.that([s.get(path + tail, **yours)[0] for tail in ("", "/events", "/result")] == [404] * 3 and
               s.ask("DELETE", path, None, yours)[0] == 404, "another owner gets 404, whatever is asked")
    check.that(s.get(path)[0] == 401 and s.get("/metrics")[0] == 401 and s.get("/livez")[0] == 200, "who has no token sees only who lives")
    check.that(not any("token-1234" in json.dumps(line) for line in s.log()), "no token is logged")
    s.stop()


def drain(check, norn, folder):
    """(readyz refused, seconds from SIGTERM to that)"""
    s = serve_kit.Server(norn, folder, "--max-jobs", "16")
    data, codes = serve_kit.series(10, 60), []

    def one():
        try:
            codes.append(s.csv(SLOW, data)[0])
        except OSError as e:
            codes.append(repr(e))

    crowd = [threading.Thread(target=one) for _ in range(12)]
    for t in crowd:
        t.start()
    full = until(lambda: s.metric("norn_jobs_queued") + s.metric("norn_jobs_running") + len(codes) >= 12)
    s.process.send_signal(signal.SIGTERM)
    start = time.monotonic()
    refused = until(lambda: s.get("/readyz")[0] == 503, 1)
    took = time.monotonic() - start
    for t in crowd:
        t.join()
    code = s.process.wait(30)
    check.that(full and codes == [200] * 12 and code == 0, f"fault_21 SIGTERM with 12 in flight: 12 x 200, exit {code}", codes)
    return refused, took


def drained(check, norn, folder):
    good, took = serve_kit.quickly(lambda: drain(check, norn, folder), 0.1)
    check.that(good, f"fault_21 readyz says 503 {took * 1000:.0f} ms after SIGTERM", took)
    for sig, want in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        s = serve_kit.Server(norn, folder)
        s.csv(SLOW, serve_kit.series(200, 72), Prefer="respond-async")
        s.process.send_signal(sig)
        until(lambda: s.get("/readyz")[0] == 503, 5)  # two signals that come together are one
        s.process.send_signal(sig)
        code = s.process.wait(30)
        check.that(code == want and not s.spool(), f"a second signal: exit {want} at once", code)


def once(check, norn, folder):
    s = serve_kit.Server(norn, folder)
    body, out = serve_kit.finance(48, 9), []
    crowd = [threading.Thread(target=lambda: out.append(s.csv("/v1/report", body))) for _ in range(2)]
    for t in crowd:
        t.start()
    for t in crowd:
        t.join()
    full = [json.loads(got[2])["full_analysis_report"] for got in out]
    check.that(full[0]["forecast_chart"] == full[1]["forecast_chart"] and full[0]["kpis"] == full[1]["kpis"], "two equal requests: equal figures")
    misses = s.metric("norn_cache_requests_total", result="miss")
    others = s.metric("norn_cache_requests_total", result="shared") + s.metric("norn_cache_requests_total", result="hit")
    s.csv("/v1/report", body)
    check.that(s.metric("norn_cache_requests_total", result="miss") == misses and others >= 1,
               f"fault_38 two equal requests at once: computed once ({misses:.0f} misses, {others:.0f} shared or hit)", (misses, others))
    times = []
    for _ in range(5):
        start = time.monotonic()
        s.csv("/v1/report", body)
        times.append(time.monotonic() - start)
    check.that(min(times) < 0.25 * serve_kit.SLACK, f"and the third time it is there after {min(times) * 1000:.0f} ms", times)
    s.stop()


def places(check, norn, folder):
    """A place in the queue is a request's, and goes when that ends, in whatever way."""
    s = serve_kit.Server(norn, folder)
    head = b"POST /v1/forecast HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\n"
    good = "/v1/forecast?horizon=2&model=theta"
    for name, kind, body in (("that break off", b"text/csv", b"ds,y\n"), ("refused early", b"multipart/form-data", b"x" * 1000)):
        for _ in range(80):
            c = socket.create_connection(("127.0.0.1", s.port))
            c.sendall(head % kind + body)
            c.close()
        until(lambda: s.metric("norn_http_connections") <= 1, 2)
        got = s.csv(good, serve_kit.series(1))
        check.that(got[0] == 200, f"behind 80 uploads {name} the next is served", got)
    s.stop()


def test(check, norn, folder):
    s = serve_kit.Server(norn, folder)
    later(check, s)
    events(check, s)
    progress(check, s)
    cancelled(check, s, norn, folder)
    s.stop()
    owners(check, norn, folder)
    drained(check, norn, folder)
    places(check, norn, folder)
    once(check, norn, folder)


if __name__ == "__main__":
    serve_kit.main(test)
