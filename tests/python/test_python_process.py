"""The package among processes and threads: Ctrl-C, fork, threads at once, import time, progress, logging."""
# SPDX-License-Identifier: Apache-2.0
import concurrent.futures
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import unittest

import norn
import numpy as np

RNG = np.random.default_rng(3)


def panel(n_series, n, seed=1):
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    y = np.concatenate([10 + i % 7 + t * 0.02 + 3 * np.sin(2 * np.pi * t / 12) + rng.normal(size=n) for i in range(n_series)])
    return {"unique_id": np.repeat([f"s{i}" for i in range(n_series)], n), "ds": np.tile(t, n_series), "y": y}


def digest_in_child(pipe):
    f = norn.Forecaster(["auto_ets", "naive"], season_length=12)
    f.forecast(panel(20, 60), 3)
    x = norn.rolling_mean(np.arange(1e5), 10)
    pipe.send((f.report_["digest"], float(np.nansum(x))))
    pipe.close()


class Interrupts(unittest.TestCase):
    def test_ctrl_c_stops_within_a_moment(self):
        f = norn.Forecaster(["auto_arima"], season_length=12)
        data = panel(400, 300)
        sent = []

        def press():
            time.sleep(1.0)
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)
        threading.Thread(target=press).start()
        with self.assertRaises(KeyboardInterrupt):
            f.forecast(data, 12)
        late = time.monotonic() - sent[0]
        self.assertLess(late, 1.0)  # 0.2 s on a machine that is not shared
        f.models = ["naive"]  # and the package goes on
        self.assertEqual(len(f.forecast(panel(3, 30), 2)["ds"]), 6)

    def test_ctrl_c_is_heard_while_rows_are_sorted(self):
        n = 4_000_000
        table = {"unique_id": RNG.integers(0, 1000, n), "ds": RNG.integers(0, 10**15, n), "y": RNG.normal(size=n)}
        norn.rolling({k: v[:10] for k, v in table.items()}, 7, "mean", on="ds", by="unique_id")
        sent, heard = [], 0

        def press(delay):
            time.sleep(delay)
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)
        for delay in (0.05, 0.1, 0.2):
            thread = threading.Thread(target=press, args=(delay,))
            thread.start()
            try:
                norn.rolling(table, 7, "mean", on="ds", by="unique_id")
                thread.join()
                time.sleep(0.1)
            except KeyboardInterrupt:
                heard += len(sent)
                late = time.monotonic() - sent[-1]
                self.assertLess(late, 0.4)  # 0.06 s here; 0.2 s is promised; NumPy's lexsort took 1.6 s
            thread.join()
        self.assertGreater(heard, 0)

    def test_an_exception_in_progress_stops_the_work(self):
        import norn.forecaster as module
        before = module._bar

        class Broken(Exception):
            pass

        def bar(total):
            def tick(done, expected):
                raise Broken
            tick.bar = type("Bar", (), {"close": lambda self: None})()
            return tick
        module._bar = bar
        try:
            with self.assertRaises(Broken):
                norn.Forecaster(["auto_arima"], season_length=12, verbose=True).forecast(panel(300, 200), 12)
        finally:
            module._bar = before


class Processes(unittest.TestCase):
    def test_forked_children(self):
        digest_here = []
        receive, send = multiprocessing.Pipe(False)
        digest_in_child(send)  # the pool has run in the parent
        digest_here.append(receive.recv())
        for way in ("fork", "spawn"):
            context = multiprocessing.get_context(way)
            for _ in range(10 if way == "fork" else 1):
                receive, send = context.Pipe(False)
                child = context.Process(target=digest_in_child, args=(send,))
                child.start()
                send.close()
                self.assertTrue(receive.poll(60), way)
                digest_here.append(receive.recv())
                child.join(60)
                self.assertEqual(child.exitcode, 0)
        self.assertEqual(len(set(digest_here)), 1)

    def test_fork_while_another_thread_works(self):
        stop = threading.Event()

        def work():
            while not stop.is_set():
                norn.Forecaster(["auto_ets"], season_length=12).forecast(panel(10, 60), 3)
        thread = threading.Thread(target=work)
        thread.start()
        try:
            for _ in range(5):
                pid = os.fork()
                if pid == 0:
                    good = np.isfinite(norn.rolling_mean(np.arange(1e6), 5)[-1])
                    os._exit(0 if good else 1)
                deadline = time.monotonic() + 30
                done = 0, 0
                while done[0] == 0 and time.monotonic() < deadline:
                    done = os.waitpid(pid, os.WNOHANG)
                    time.sleep(0.01)
                if done[0] == 0:
                    os.kill(pid, signal.SIGKILL)
                self.assertEqual(done[1:] if done[0] else "hangs", (0,))
        finally:
            stop.set()
            thread.join()

    def test_threads_at_once(self):
        x = RNG.normal(size=200_000)
        want_mean = norn.rolling_mean(x, 9).tobytes()
        f = norn.Forecaster(["auto_ets"], season_length=12)
        f.forecast(panel(8, 60), 3)
        want = f.report_["digest"]

        def work(k):
            if k % 3:
                return norn.rolling_mean(x, 9).tobytes() == want_mean
            g = norn.Forecaster(["auto_ets"], season_length=12)
            g.forecast(panel(8, 60), 3)
            return g.report_["digest"] == want
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertTrue(all(pool.map(work, range(60))))

    def test_work_lets_other_threads_run(self):
        n, stop = [0], threading.Event()

        def count():
            while not stop.is_set():
                n[0] += 1
                time.sleep(0.001)
        thread = threading.Thread(target=count)
        thread.start()
        begun = time.monotonic()
        norn.Forecaster(["auto_arima"], season_length=12, n_jobs=1).forecast(panel(30, 120), 12)
        took = time.monotonic() - begun
        stop.set()
        thread.join()
        self.assertGreater(n[0], took * 20)  # none, if the lock were kept

    def test_thread_counts(self):
        self.assertGreaterEqual(norn.get_num_threads(), 1)
        norn.set_num_threads(3)
        try:
            self.assertEqual(norn.get_num_threads(), 3)
            for bad in (-1, 5000):
                with self.assertRaises(ValueError):
                    norn.set_num_threads(bad)
        finally:
            norn.set_num_threads(0)


class Surroundings(unittest.TestCase):
    def test_import_is_quick_and_lazy(self):
        program = ("import time, sys; import numpy; a = time.perf_counter(); import norn; "
                   "print(time.perf_counter() - a, [m for m in ('pandas', 'polars', 'pyarrow', 'duckdb', 'tqdm', 'logging') if m in sys.modules])")
        best = 9.0
        for _ in range(5):
            seconds, loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split(" ", 1)
            best = min(best, float(seconds))
            self.assertEqual(loaded.strip().replace("'logging'", "").strip("[], "), "")
        self.assertLess(best, 0.03)

    def test_logging(self):
        data = panel(2, 30)
        data["y"][35:] = np.nan
        with self.assertLogs("norn", logging.INFO) as seen:
            norn.Forecaster(["auto_ets"], season_length=1).forecast({k: v for k, v in data.items()}, 2)
        self.assertTrue(any("2 series" in line for line in seen.output), seen.output)

    def test_progress_through_tqdm(self):
        program = ("import sys; sys.path.insert(0, %r); import norn, test_python_process as t; "
                   "norn.Forecaster(['auto_arima'], season_length=12, verbose=True).forecast(t.panel(60, 100), 3)"
                   % os.path.dirname(os.path.abspath(__file__)))
        try:
            import tqdm  # noqa: F401
        except ImportError:
            self.skipTest("no tqdm")
        done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
        self.assertIn("norn", done.stderr)


if __name__ == "__main__":
    unittest.main()
