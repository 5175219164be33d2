#!/usr/bin/env python3
"""Writes the table of public holidays as C: gen_holidays.py data/holidays/public_holidays.txt data/holidays/countries.csv OUT.h

The layout of the first is tools/make_holidays's. In C a day is the number of days since the first of January of the first year, lists of
days lie one behind the other, and a country is a run of entries, each a name and a list.
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import datetime
import sys

EPOCH = datetime.date(1970, 1, 1)


def days_of(line, first):
    """The days of a list's line, counted from `first`."""
    year, *words = line[2:].split()
    year, days = int(year), []
    for word in words:
        text, _, times = word.partition("*")
        for _ in range(int(times or 1)):
            if text != "-":
                days += [(datetime.date(year, int(day[:2]), int(day[2:])) - first).days for day in text.split("+")]
            year += 1
    return days


def c_text(text):
    """A C string literal; bytes beyond ASCII in octal, so that no digit behind them is taken along."""
    escaped = "".join(f"\\{b:03o}" if b < 32 or b > 126 or b in b'"\\?' else chr(b) for b in text.encode("utf-8"))
    return f'"{escaped}"'


def rows(values):
    """Values, joined by commas, a few on each line."""
    values = [str(value) for value in values]
    return "".join(f"    {', '.join(values[i:i + 12])},\n" for i in range(0, len(values), 12))


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        lines = f.read().split("\n")[:-1]
    with open(sys.argv[2], newline="", encoding="utf-8") as f:
        also = {code: names for code, names in list(csv.reader(f))[1:]}
    spans = next(line for line in lines if line.startswith("#")).split("countries, ")[1].split(",")[0].split("-")
    first = datetime.date(int(spans[0]), 1, 1)
    days, ends, names, entries, countries = [], [0], {}, [], []
    for line in lines:
        if line.startswith("= "):
            days += days_of(line, first)
            ends.append(len(days))
        elif line.startswith("@ "):
            countries.append((line[2:], len(entries)))
        elif not line.startswith("#"):
            place, name = line.split(" ", 1)
            entries.append((names.setdefault(name, len(names)), int(place)))
    if max(days) > 65535 or max(len(names), len(ends)) > 65535 or sorted(also) != [code for code, _ in countries]:
        sys.exit("gen_holidays: the tables do not fit each other, or the layout")
    starts = [start for _, start in countries] + [len(entries)]
    out = ["/* Made by tools/gen_holidays.py. */\n/* SPDX-License-Identifier: Apache-2.0 */\n",
           f"#define TABLE_FIRST_YEAR {spans[0]}\n#define TABLE_LAST_YEAR {spans[1]}\n",
           f"#define TABLE_FIRST_DAY {(first - EPOCH).days}\n",
           f"enum {{ N_COUNTRIES = {len(countries)}, N_ENTRIES = {len(entries)} }};\n",
           "/* lists of days, and where each begins */\n",
           f"static const uint16_t list_day[] = {{\n{rows(days)}}};\n",
           f"static const uint32_t list_at[] = {{\n{rows(ends)}}};\n",
           "static const char *const holiday_name[] = {\n", "".join(f"    {c_text(name)},\n" for name in names), "};\n",
           "/* (N_ENTRIES) name, list */\n",
           f"static const uint16_t entry[][2] = {{\n{rows(f'{{{name}, {place}}}' for name, place in entries)}}};\n",
           "/* (N_COUNTRIES) ascending */\n",
           "static const char *const country_code[] = {\n", rows(c_text(code) for code, _ in countries), "};\n",
           "/* other names of each, joined by | */\n",
           "static const char *const country_also[] = {\n", "".join(f"    {c_text(also[code])},\n" for code, _ in countries), "};\n",
           "/* (N_COUNTRIES + 1) first entries */\n",
           f"static const uint16_t country_entry[] = {{\n{rows(starts)}}};\n"]
    with open(sys.argv[3], "w", encoding="utf-8") as f:
        f.write("\n".join(out))


if __name__ == "__main__":
    main()
