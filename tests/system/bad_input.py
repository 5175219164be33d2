#!/usr/bin/env python3
"""Every kind of bad input: what norn says, its exit code, and the table in docs/bad-input.md that is made from this list.

Run: bad_input.py NORN [--doc FILE]   (TAP on stdout; --doc writes the table instead and runs nothing)
"""
# SPDX-License-Identifier: Apache-2.0
import gzip
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

GOOD = "unique_id,ds,y\n" + "".join(f"a,2020-{m:02d}-01,{100 + m}\n" for m in range(1, 13))
PRICED = "unique_id,ds,y,price\n" + "".join(f"a,2020-{m:02d}-01,{100 + m},{m % 5}\n" for m in range(1, 13))
AHEAD = "unique_id,ds,price\n" + "".join(f"a,2021-{m:02d}-01,{m}\n" for m in range(1, 4))
H = ["--horizon", "3"]
FUTURE = H + ["--model", "arima", "--future"]
FEASTS = "holiday,ds,lower_window,upper_window,prior_scale\nlaunch,2020-05-01,-1,1,5\nlaunch,2021-02-01,0,0,5\n"
FEAST = H + ["--model", "prophet", "--holidays"]


def judge(*args):
    """A case's `command`: norn evaluate of the case's data."""
    return ["evaluate", "data.csv", "--horizon", "3", *args]


def roll(op, *args):
    """A case's `command`: norn rolling of the case's data."""
    return ["rolling", "data.csv", "--op", op, *args]


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(sheet, head=""):
    """A workbook of one sheet, part by part, so that each part can be wrong."""
    made = io.BytesIO()
    rels = '<Relationships><Relationship Id="r1" Type="' + LINK
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("_rels/.rels", rels + '/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        z.writestr("xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{LINK}"><sheets><sheet name="Data" sheetId="1" r:id="r1"/></sheets></workbook>')
        z.writestr("xl/_rels/workbook.xml.rels", rels + '/worksheet" Target="worksheets/sheet1.xml"/></Relationships>')
        z.writestr("xl/worksheets/sheet1.xml", f'{head}<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>')
    return made.getvalue()


def row(*cells):
    return "<row>" + "".join(f'<c t="str"><v>{c}</v></c>' for c in cells) + "</row>"


def zip_of(name, text):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(name, text)
    return made.getvalue()


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(8)) + "]>"


class Case:
    """One row: a name, the file's bytes (None: no file), the arguments behind DATA, exit code, a pattern of the message."""

    def __init__(self, name, data, args, code, pattern, **more):
        self.name, self.data, self.args, self.code, self.pattern = name, data, args, code, pattern
        self.more = more


CASES = [
    # the table's file
    Case("empty file", "", H, 3, r"empty"),
    Case("header without rows", "unique_id,ds,y\n", H, 3, r"no (data )?rows?|no data"),
    Case("missing file", None, H, 3, r"No such file"),
    Case("directory instead of a file", None, H, 3, r"[Dd]irectory", directory=True),
    Case("no permission to read", GOOD, H, 3, r"Permission denied", forbid=True),
    Case("ragged row, too few fields", GOOD + "a,2021-01-01\n", H, 3, r"line 14"),
    Case("ragged row, too many fields", GOOD + "a,2021-01-01,3,4,5\n", H, 3, r"line 14"),
    Case("unclosed quote", GOOD + '"a,2021-01-01,3\n', H, 3, r"line 14.*quote"),
    Case("NUL byte", GOOD.encode() + b"a,2021-01-01,\x003\n", H, 3, r"NUL"),
    Case("UTF-16", GOOD.encode("utf-16"), H, 3, r"UTF-16"),
    Case("duplicate date", GOOD + "a,2020-05-01,7\n", H, 3, r"2020-05-01.*(twice|duplicate)|(twice|duplicate).*2020-05-01"),
    Case("bad date", GOOD + "a,2021-02-30,7\n", H, 3, r"line 14.*2021-02-30"),
    Case("ambiguous date", "unique_id,ds,y\na,01/02/2020,1\na,02/02/2020,2\n", H, 3, r"line 2.*01/02/2020"),
    Case("text instead of a number", GOOD + "a,2021-01-01,abc\n", H, 3, r"line 14.*abc"),
    Case("decimal comma", GOOD.replace(",", ";") + "a;2021-01-01;1,5\n", H, 3, r"line 14.*'1,5'.*with a point"),
    Case("number out of range (1e400)", GOOD + "a,2021-01-01,1e400\n", H, 3, r"line 14.*1e400"),
    Case("infinite number", GOOD + "a,2021-01-01,inf\n", H, 3, r"line 14.*inf"),
    Case("missing value column", "unique_id,ds,value\na,2020-01-01,1\n", H, 3, r"'?y'?.*--target-col"),
    Case("missing time column", "unique_id,when,y\na,2020-01-01,1\n", H, 3, r"'?ds'?.*--time-col"),
    Case("named id column absent", GOOD, H + ["--id-col", "shop"], 3, r"shop"),
    Case("duplicate column name", "unique_id,ds,y,y\na,2020-01-01,1,2\n", H, 3, r"y.*twice|twice.*y|duplicate"),
    Case("mixed date styles", GOOD + "a,202101,7\n", H, 3, r"line 14"),
    Case("zoned and unzoned times", "unique_id,ds,y\na,2020-01-01T00:00:00Z,1\na,2020-01-01T01:00:00,2\n", H, 3, r"line 3.*zone"),
    Case("gap when gaps are refused", GOOD.replace("a,2020-05-01,105\n", ""), H + ["--gaps", "error"], 3, r"2020-05-01"),
    Case("a date whose zone moves it before the year 1", "ds,y\n0001-01-01T00:00:00+02:00,1\n", H, 3, r"line 2.*0001-01-01"),
    Case("an integer time without room behind it", "ds,y\n9223372036854775804,1\n", H, 3, r"line 2.*9223372036854775804"),
    Case("a forecast beyond the year 9999", "ds,y\n9998-01-01,1\n9999-01-01,2\n", H, 4, r"beyond.*year 9999.*--horizon"),
    Case("binary rubbish", bytes(range(1, 256)) * 4, H, 3, r"found: \\x01\\x02"),
    Case("control bytes in a cell", GOOD.replace("105", "\x1b[31mred"), H, 3, r"'\\x1b\[31mred' is not a number"),
    Case("a column that a model could use, without a future file (read)", PRICED, H + ["--model", "arima"], 0, r"column price is not used: no future values \(--future FILE\)"),
    Case("evaluate: a column that a model could use (read)", PRICED, [], 0, r"column price is not used: not named by --exogenous",
         command=judge("--model", "arima,naive", "--windows", "1")),
    Case("times without a calendar step (read)", "ds,y\n" + "".join(f"2020-01-01T00:{t},{t[:2]}\n" for t in ("00:00", "10:00", "20:00", "23:07", "41:13")), H + ["--model", "naive"], 0,
         r"frequency irregular.*give it with --freq"),
    # the command line
    Case("horizon 0", GOOD, ["--horizon", "0"], 2, r"horizon.*0.*\[1, 100000\]"),
    Case("horizon is text", GOOD, ["--horizon", "six"], 2, r"horizon.*six"),
    Case("horizon absent", GOOD, [], 2, r"--horizon H is needed"),
    Case("negative season", GOOD, H + ["--season-length", "-4"], 2, r"season-length.*-4"),
    Case("season of text", GOOD, H + ["--season-length", "x"], 2, r"season-length.*x"),
    Case("unknown model", GOOD, H + ["--model", "autoets"], 2, r"unknown model 'autoets'; did you mean auto_ets"),
    Case("model not offered", GOOD, H + ["--model", "tbats"], 2, r"tbats is not offered"),
    Case("unknown model parameter", GOOD, H + ["--model", "ets(colour=red)"], 2, r"no parameter 'colour'"),
    Case("model parameter out of range", GOOD, H + ["--model", "window_average(window=0)"], 2, r"window.*0"),
    Case("unclosed bracket in a model", GOOD, H + ["--model", "ets(error=A"], 2, r"ets\(error=A"),
    Case("same model twice", GOOD, H + ["--model", "naive,naive"], 2, r"'naive' stands twice"),
    Case("level 0", GOOD, H + ["--level", "0"], 2, r"level: '0'"),
    Case("level 100", GOOD, H + ["--level", "80,100"], 2, r"level: '100'"),
    Case("unknown frequency", GOOD, H + ["--freq", "fortnight"], 2, r"fortnight"),
    Case("unknown flag", GOOD, H + ["--horison", "3"], 2, r"unknown flag --horison; did you mean --horizon"),
    Case("flag without its value", GOOD, ["--horizon"], 2, r"--horizon needs a value"),
    Case("flag given twice", GOOD, H + H, 2, r"--horizon is given twice"),
    Case("threads 0", GOOD, H + ["--threads", "0"], 2, r"--threads: '0'"),
    Case("bad delimiter", GOOD, H + ["--delimiter", "ab"], 2, r"delimiter: 'ab'"),

    Case("unknown command", None, [], 2, r"unknown command 'forcast'; did you mean forecast", command=["forcast", "x.csv"]),
    Case("help for an unknown command", None, [], 2, r"norn help: unknown command 'evaluat'; did you mean evaluate", command=["help", "evaluat"]),
    Case("parameters of an unknown model", None, [], 2, r"unknown model 'autoets'; did you mean auto_ets", command=["models", "autoets"]),
    Case("parameters of a spec", None, [], 2, r"norn models: 'theta\[12\]' is a spec; its model is theta", command=["models", "theta[12]"]),
    Case("no command", None, [], 2, r"Usage: norn", command=[]),
    # the machine
    Case("full disk", GOOD, H + ["--out", "/dev/full"], 1, r"No space left on device"),
    Case("full disk, standard output", GOOD, H, 1, r"No space left on device", stdout="/dev/full"),
    Case("output folder absent", GOOD, H + ["--out", "no/such/folder/f.csv"], 1, r"no/such/folder/f.csv.*No such file"),
    Case("output is a directory", GOOD, H + ["--out", "."], 1, r"directory"),
    Case("full disk, summary", GOOD, H + ["--out", "/dev/null", "--summary", "/dev/full"], 1, r"No space left on device"),
    Case("folder that may not be written", GOOD, H + ["--out", "out.csv"], 1, r"out.csv.*Permission denied", readonly=True),
    Case("chart into an absent folder", GOOD, H + ["--out", "/dev/null", "--plot", "no/such/c.svg"], 1, r"no/such/c.svg.*No such file"),
    Case("memory limit too small", GOOD, H + ["--memory-limit", "1MiB"], 2, r"--memory-limit.*at least 32MiB"),
    Case("memory limit of text", GOOD, H + ["--memory-limit", "lots"], 2, r"--memory-limit.*lots"),
    Case("run folder is a file", GOOD, H + ["--resume", "data.csv"], 1, r"run folder data.csv"),
    Case("configuration absent", GOOD, H + ["--config", "no.toml"], 2, r"no.toml.*No such file"),
    Case("a second input that is absent", GOOD, ["absent.csv"] + H, 3, r"absent.csv: cannot read: No such file"),
    Case("a second input that is a directory", GOOD, ["."] + H, 3, r"\.: cannot read: Is a directory"),
    Case("an absent input with a run folder", GOOD, ["absent.csv"] + H + ["--resume", "run"], 1, r"absent.csv: cannot read: No such file"),
    Case("the input as the output", GOOD, H + ["--out", "./data.csv"], 2, r"--out: ./data.csv is the input"),
    Case("two outputs in one file", GOOD, H + ["--out", "x.csv", "--items", "./x.csv"], 2, r"--out and --items are one file"),
    Case("an output of a format that is not written", GOOD, H + ["--out", "x.parquet"], 2, r"--out: parquet is not written; csv"),
    Case("a chart that is no SVG", GOOD, H + ["--out", "/dev/null", "--plot", "x.png"], 2, r"--plot: png is not written"),
    Case("empty id", GOOD + ",2021-01-01,3\n", H, 3, r"line 14, column unique_id: the id is empty"),
    Case("dates as digits (read)", GOOD.replace("-", ""), H, 0, r"frequency MS"),
    Case("months as digits (read)", GOOD.replace("-01,", ",").replace("-", ""), H, 0, r"frequency MS"),
    Case("dates as digits, one without a day", GOOD.replace("-", "") + "a,20210230,3\n", H, 3, r"line 14.*20210230.*another style"),
    Case("day numbers instead of dates", "ds,y\n" + "".join(f"{43101 + 31 * k},1\n" for k in range(40)) + "44400,1\n", H, 3, r"periods are missing: check --freq"),
    Case("a column without a name (read)", "".join(f"{k},{line}\n" if k else f",{line}\n" for k, line in enumerate(GOOD.splitlines())), H, 0, r"1 of 1 items ok"),
    # forms of text
    Case("mixed line ends (read)", GOOD.replace("\n", "\r\n", 3) + "a,2021-01-01,3\ra,2021-02-01,4\n", H, 0, r"1 of 1 items ok"),
    Case("byte order mark (read)", "\ufeff" + GOOD, H, 0, r"1 of 1 items ok"),
    Case("UTF-16 without a mark", GOOD.encode("utf-16-le"), H, 3, r"NUL"),
    Case("quote inside a cell (read)", GOOD.replace("a,", 'a"b,'), H, 0, r"1 of 1 items ok"),
    Case("text behind a closing quote", GOOD + '"a"b,2021-01-01,3\n', H, 3, r"line 14.*closing quote"),
    Case("cell of 10 MB as a value", GOOD + "a,2021-01-01," + "9" * 10_000_000 + "x\n", H, 3, r"line 14, column y: '9{40}'"),
    Case("cell of 10 MB as an id (read)", GOOD.replace("a,", "a" * 10_000_000 + ",", 1).replace("\na,", "\nb,"), H, 0, r"2 of 2 items ok"),
    Case("quote never closed, 70 MB behind it", GOOD + '"a,2021-01-01,3\n' + "a,2021-01-01,3\n" * 5_000_000, H, 3, r"line 14.*quote"),
    Case("100,000 columns, long layout", ",".join(f"c{i}" for i in range(100_000)) + "\n", H, 3, r"100000 columns; at most 4096"),
    Case("100,000 columns, wide layout (read)", "t" + "".join(f",c{i}" for i in range(100_000)) + "\n" +
         "".join(str(t) + f",{t}" * 100_000 + "\n" for t in range(1, 5)), ["--horizon", "1", "--layout", "wide", "--model", "naive", "--out", "/dev/null"],
         0, r"100000 of 100000 items ok"),
    Case("files with different columns", GOOD, ["other.csv"] + H, 3, r"other.csv: line 1: the header is not the first file's", other="ds,unique_id,y\n1,a,2\n"),
    Case("fault in the second file", GOOD, ["other.csv"] + H, 3, r"other.csv: line 2, column y: 'x'", other="unique_id,ds,y\nb,2020-01-01,x\n"),
    Case("pattern without a file", GOOD, ["no-*.csv"] + H, 2, r"no file matches 'no-\*.csv'"),
    # compressed files and workbooks
    Case("gzip cut off", gzip.compress(GOOD.encode() * 50)[:-20], H, 3, r"gzip data are damaged"),
    Case("gzip of nothing", gzip.compress(b""), H, 3, r"empty"),
    Case("Zstandard rubbish", b"\x28\xb5\x2f\xfd" + bytes(range(200)), H, 3, r"Zstandard data are damaged"),
    Case("zip that is no workbook", zip_of("readme.txt", "hello"), H, 3, r"xlsx"),
    Case("workbook cut off", workbook(row("unique_id", "ds", "y"))[:-40], H, 3, r"xlsx"),
    Case("old or encrypted workbook", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), H, 3, r"save as .xlsx|\.xlsx"),
    Case("unknown sheet", workbook(row("unique_id", "ds", "y")), H + ["--sheet", "Nope"], 2, r"Data.*Nope|Nope.*Data"),
    Case("error value in a cell", workbook(row("unique_id", "ds", "y") + '<row><c t="str"><v>a</v></c><c><v>1</v></c><c t="e"><v>#DIV/0!</v></c></row>'), H, 3,
         r"C2.*#DIV/0!"),
    Case("entity bomb", workbook(row("unique_id", "ds", "&i;"), ENTITIES), H, 3, r"DOCTYPE"),
    Case("zip bomb", workbook(" " * 300_000_000), H, 3, r"xlsx.*(times|inflate|larger|bomb|limit|100)"),
    # what is known ahead
    Case("a future file that no model uses", PRICED, H + ["--future", "other.csv"], 2, r"--model may name one that does: arima, auto_arima", other=AHEAD),
    Case("future file absent", PRICED, FUTURE + ["no.csv"], 3, r"forecast: --future: no.csv: cannot read: No such file"),
    Case("text in the future file", PRICED, FUTURE + ["other.csv"], 3, r"--future: other.csv: line 3, column price: 'x'", other=AHEAD.replace("-02-01,2", "-02-01,x")),
    Case("a future file without a further column", PRICED, FUTURE + ["other.csv"], 3, r"--future: no column beside id, time and 'y'",
         other="unique_id,ds,y\na,2021-01-01,\n"),
    Case("a column of the future file that the data lack", GOOD, FUTURE + ["other.csv"], 3, r"column 'price' is missing", other=AHEAD),
    Case("a future file too short (served by the fallback)", PRICED, FUTURE + ["other.csv"], 0,
         r"1 item is served by the fallback \(--items lists it\); first: a, arima: the file of --future has no values at 2021-03-01",
         other=AHEAD.replace("a,2021-03-01,3\n", "")),
    Case("a future file of other series, no fallback", PRICED, FUTURE + ["other.csv", "--fallback", "none"], 4,
         r"failed: a, arima: the file of --future has no series 'a'", other=AHEAD.replace("a,", "b,")),
    Case("a future file with the target's column, too (read)", PRICED, FUTURE + ["other.csv"], 0, r"1 of 1 items ok \(0 by fallback\)",
         other=AHEAD.replace("ds,", "ds,y,").replace("-01,", "-01,,")),
    Case("data and future file both from standard input", None, [], 2, r"DATA and --future cannot both be standard input",
         command=["forecast", "-", *FUTURE, "-"]),
    Case("the future file as the output", PRICED, FUTURE + ["other.csv", "--out", "other.csv"], 2, r"--out: other.csv is the input", other=AHEAD),
    # holidays, components
    Case("a holidays file that no model uses", GOOD, H + ["--holidays", "other.csv"], 2, r"--holidays: none of the models.*: prophet", other=FEASTS),
    Case("holidays file absent", GOOD, FEAST + ["no.csv"], 3, r"forecast: --holidays: no.csv: cannot read: No such file"),
    Case("a holidays file without days", GOOD, FEAST + ["other.csv"], 3, r"other.csv: column 'ds' is missing", other="holiday\nlaunch\n"),
    Case("a holiday without a name", GOOD, FEAST + ["other.csv"], 3, r"other.csv: line 3, column holiday: the name is empty",
         other=FEASTS.replace("launch,2021", ",2021")),
    Case("a holiday on no day", GOOD, FEAST + ["other.csv"], 3, r"other.csv: line 3, column ds: '2021-02-30' is not a day",
         other=FEASTS.replace("02-01", "02-30")),
    Case("a holiday's window on the wrong side", GOOD, FEAST + ["other.csv"], 3, r"line 2, column lower_window: '1' is outside \[-3660, 0\]",
         other=FEASTS.replace("-1,1", "1,1")),
    Case("one window of two", GOOD, FEAST + ["other.csv"], 3, r"both lower_window and upper_window, or neither", other=FEASTS.replace(",upper_window", ",until")),
    Case("a holiday's prior scale of 0", GOOD, FEAST + ["other.csv"], 3, r"line 2, column prior_scale: '0' is not > 0", other=FEASTS.replace("1,5", "1,0")),
    Case("two prior scales of one holiday", GOOD, FEAST + ["other.csv"], 3, r"line 3, column prior_scale: holiday 'launch' has 7 here and 5 in line 2",
         other=FEASTS.replace("0,5", "0,7")),
    Case("two windows of one holiday's day", GOOD, FEAST + ["other.csv"], 3, r"line 3, column holiday: 'launch' stands for the same day in line 2",
         other=FEASTS.replace("2021-02", "2020-05")),
    Case("a holiday of a name that Prophet needs", GOOD, FEAST + ["other.csv"], 3, r"other.csv: prophet: holiday 'trend': this name is reserved",
         other=FEASTS.replace("launch", "trend")),
    Case("a holidays column misspelt", GOOD, FEAST + ["other.csv"], 3, r"column 'prior_scales' is not known; did you mean prior_scale\?",
         other=FEASTS.replace("scale", "scales")),
    Case("data and holidays both from standard input", None, [], 2, r"DATA and --holidays cannot both be standard input", command=["forecast", "-", *FEAST, "-"]),
    Case("the holidays file as the output", GOOD, FEAST + ["other.csv", "--out", "other.csv"], 2, r"--out: other.csv is the input", other=FEASTS),
    Case("evaluate: holidays that no model uses", GOOD, [], 2, r"--holidays: none of the models.*: prophet", command=judge("--holidays", "other.csv"), other=FEASTS),
    Case("components of models that have none", GOOD, H + ["--model", "ets", "--plot-components", "p.svg"], 2, r"--plot-components: none of the models.*: prophet"),
    Case("a chart of components that is no SVG", GOOD, H + ["--model", "prophet", "--plot-components", "p.png"], 2, r"--plot-components: png is not written"),
    Case("two charts in one file", GOOD, H + ["--model", "prophet", "--plot", "p.svg", "--plot-components", "p.svg"], 2, r"--plot and --plot-components are one file"),
    # intervals, bounds, kept models
    Case("conformal windows without conformal intervals", GOOD, H + ["--conformal-windows", "20"], 2,
         r"--conformal-windows 20 has no effect without --intervals conformal"),
    Case("a model without intervals (said)", GOOD, H + ["--model", "window_average"], 0, r"window_average has no intervals of its own; --intervals conformal"),
    Case("too few errors for a conformal interval (said)", GOOD, H + ["--model", "naive", "--intervals", "conformal"], 0, r"95 % needs 19.*more --conformal-windows"),
    Case("a negative bound on evaluations", GOOD, H + ["--budget-evals", "-1"], 2, r"--budget-evals: -1 is outside \[0"),
    Case("a bound in time of text", GOOD, H + ["--budget-ms", "soon"], 2, r"--budget-ms.*soon"),
    Case("models to standard output", GOOD, H + ["--save", "-"], 2, r"save: models go to a file"),
    Case("models from standard input", GOOD, H + ["--load", "-"], 2, r"--load: models come from a file"),
    Case("kept models absent", GOOD, H + ["--load", "no.norn"], 3, r"load: no.norn: cannot read: No such file"),
    Case("kept models that are none", GOOD, H + ["--load", "data.csv"], 3, r"load: data.csv is no model store"),
    Case("models over the input", GOOD, H + ["--save", "data.csv"], 2, r"--save: data.csv is the input"),
    Case("models of exogenous columns", PRICED, FUTURE + ["other.csv", "--save", "m.norn"], 2, r"--future: models of exogenous columns are not kept", other=AHEAD),
    # evaluate
    Case("evaluate: the hold-out absent", GOOD, [], 3, r"--actual: no.csv: cannot read: No such file", command=judge("--actual", "no.csv")),
    Case("evaluate: a hold-out that does not continue the data", GOOD, [], 3, r"--actual has no value over the horizon of 'a'",
         command=judge("--actual", "data.csv")),
    Case("evaluate: windows with a hold-out", GOOD, [], 2, r"--actual is one hold-out", command=judge("--actual", "other.csv", "--windows", "2")),
    Case("evaluate: no window", GOOD, [], 2, r"--windows: 0 is outside \[1", command=judge("--windows", "0")),
    Case("evaluate: series too short", GOOD, [], 4, r"failed: a, naive: .*one window needs 14", command=["evaluate", "data.csv", "--horizon", "12", "--model", "naive"]),
    Case("evaluate: grid absent", GOOD, [], 2, r"--grid: no.toml: cannot read: No such file", command=judge("--grid", "no.toml")),
    Case("evaluate: an unknown parameter in a grid", GOOD, [], 2, r"--grid: other.csv: line 2: .*no parameter 'erorr' \(see `norn models ets`\)",
         command=judge("--grid", "other.csv"), other='[ets]\nerorr = ["A"]\n'),
    Case("evaluate: data and grid both from standard input", None, [], 2, r"DATA and --grid cannot both be standard input",
         command=["evaluate", "-", "--horizon", "3", "--grid", "-"]),
    Case("evaluate: an exogenous column that is not there", PRICED, [], 3, r"column 'rain' is missing", command=judge("--model", "arima", "--exogenous", "rain")),
    Case("evaluate: exogenous columns that no model uses", PRICED, [], 2, r"--exogenous: none of the models.*arima, auto_arima", command=judge("--exogenous", "price")),
    Case("evaluate: the error analysis into a file", GOOD, [], 1, r"data.csv/errors.csv: Not a directory", command=judge("--errors", "data.csv")),
    Case("evaluate: an unknown metric", GOOD, [], 2, r"--metric: 'smap' is not one of", command=judge("--metric", "smap")),
    # rolling
    Case("rolling: no window", GOOD, [], 2, r"--window W is missing", command=roll("mean")),
    Case("rolling: a window of no rows", GOOD, [], 2, r"window: '0' is neither", command=roll("mean", "--window", "0")),
    Case("rolling: a window of months", GOOD, [], 2, r"window: '2M' is neither a number .* nor a time as 7D", command=roll("mean", "--window", "2M")),
    Case("rolling: days over numbered rows", "unique_id,ds,y\na,1,1\na,2,2\n", [], 3, r"--window 7D needs dates", command=roll("mean", "--window", "7D")),
    Case("rolling: an unknown operation", GOOD, [], 2, r"unknown operation 'meen'; did you mean mean\?", command=roll("meen", "--window", "3")),
    Case("rolling: a quantile beyond 1", GOOD, [], 2, r"quantile: q 1.5 is outside \[0, 1\]", command=roll("quantile(1.5)", "--window", "3")),
    Case("rolling: an argument that is not there", GOOD, [], 2, r"std: 'q' is not one of its arguments: ddof", command=roll("std(q=1)", "--window", "3")),
    Case("rolling: a bracket that stays open", GOOD, [], 2, r"does not end with \)", command=roll("quantile(0.5", "--window", "3")),
    Case("rolling: ewm without a weight", GOOD, [], 2, r"one of alpha, com, span and halflife", command=roll("ewm")),
    Case("rolling: two columns of one name", GOOD, [], 2, r"two columns would be called 'mean'", command=roll("mean,mean", "--window", "3")),
    Case("rolling: the other column is not there", PRICED, [], 3, r"column 'rain' is missing", command=roll("corr(rain)", "--window", "3")),
    Case("rolling: a further column of words", "unique_id,ds,y,price\na,1,1,cheap\na,2,2,dear\n", [], 3, r"line 2.*'cheap'",
         command=roll("corr(price)", "--window", "3")),
    Case("rolling: more values than the window has", GOOD, [], 2, r"min_periods: 4 is above the window, 3", command=roll("mean", "--window", "3", "--min-periods", "4")),
    Case("rolling: expanding and centred", GOOD, [], 2, r"center: an expanding window goes from the first", command=roll("mean", "--window", "expanding", "--center")),
    Case("rolling: a run folder", GOOD, [], 2, r"--resume: a rolling run keeps no run folder", command=roll("mean", "--window", "3", "--resume", "run")),
    # series that cannot be used: the batch goes on
    Case("all-missing series, no fallback", "unique_id,ds,y\n" + "".join(f"a,{t},\n" for t in range(5)),
         H + ["--fallback", "none"], 4, r"1 of 1 items failed"),
]


def run_case(norn, case, folder):
    path = os.path.join(folder, "data.csv")
    if case.data is not None:
        with open(path, "wb") as f:
            f.write(case.data if isinstance(case.data, bytes) else case.data.encode())
    if "other" in case.more:
        with open(os.path.join(folder, "other.csv"), "w", encoding="ascii") as f:
            f.write(case.more["other"])
    if case.more.get("directory"):
        os.mkdir(path)
    drop = None
    if case.more.get("forbid"):
        os.chmod(path, 0)
        if os.geteuid() == 0:
            drop = lambda: os.setuid(65534)
    if case.more.get("readonly") and os.geteuid() == 0:
        drop = lambda: os.setuid(65534)
    if case.more.get("readonly"):
        open(os.path.join(folder, "stdout"), "wb").close()
        os.chmod(folder, 0o555)
    command = [norn] + case.more["command"] if "command" in case.more else [norn, "forecast", "data.csv"] + case.args
    out = open(case.more.get("stdout", os.path.join(folder, "stdout")), "wb")
    done = subprocess.run(command, cwd=folder, stdout=out, stderr=subprocess.PIPE, preexec_fn=drop, timeout=120)
    out.close()
    text = done.stderr.decode("utf-8", "replace")
    problems = []
    if done.returncode != case.code:
        problems.append(f"exit code {done.returncode}, wanted {case.code}")
    if not re.search(case.pattern, text, re.S):
        problems.append(f"no /{case.pattern}/ in: {text.strip()}")
    if case.code in (2, 3) and "stdout" not in case.more and os.path.getsize(os.path.join(folder, "stdout")) > 0:
        problems.append("something was written to standard output")
    if case.more.get("readonly"):
        os.chmod(folder, 0o755)
    left = [n for n in os.listdir(folder) if n not in ("data.csv", "stdout", "other.csv")]
    if left:
        problems.append(f"left behind: {left}")
    message = [line for line in text.strip().splitlines() if line.startswith("norn")]
    return problems, message[0] if message else ""


def without_measures(text):
    """What a machine or a build changes: times, bytes, digests."""
    return re.sub(r"in [0-9.e-]+ s|xxh3:[0-9a-f]+|[0-9]{5,}( x [0-9]+)? bytes", "", text)


def main():
    norn = os.path.abspath(sys.argv[1])
    doc = sys.argv[sys.argv.index("--doc") + 1] if "--doc" in sys.argv else None
    kept = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "bad-input.md")
    base = tempfile.mkdtemp()
    os.chmod(base, 0o755)
    copy = os.path.join(base, "norn")  # where any user may run it
    shutil.copy(norn, copy)
    os.chmod(copy, 0o755)
    rows = []
    if not doc:
        print(f"1..{len(CASES) + 1}")
    for k, case in enumerate(CASES, 1):
        folder = os.path.join(base, str(k))
        os.mkdir(folder)
        os.chmod(folder, 0o755)
        problems, message = run_case(copy, case, folder)
        rows.append((case.name, case.code, message))
        if not doc:
            print(f"{'not ok' if problems else 'ok'} {k} {case.name}")
            for p in problems:
                print("# " + p.replace("\n", "\n# "))
    shutil.rmtree(base)
    text = ("# Bad input\n\nEvery kind of bad input that the tests try, what `norn` says and its exit code "
            "(2 wrong usage, 3 input not usable, 1 the run failed, 4 too many items failed).\n"
            "Made by `tests/system/bad_input.py build/norn --doc docs/bad-input.md`; tested by the same list.\n\n"
            "| what | exit code | message |\n|---|---|---|\n")
    for name, code, message in rows:
        text += f"| {name} | {code} | {message.replace('|', chr(92) + '|')} |\n"
    if doc:
        with open(doc, "w") as f:
            f.write(text)
        return
    with open(kept) as f:
        same = without_measures(f.read()) == without_measures(text)
    print(f"{'ok' if same else 'not ok'} {len(CASES) + 1} docs/bad-input.md says the same")


if __name__ == "__main__":
    main()
