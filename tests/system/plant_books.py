"""Workbooks as the plant writes them, for tests: sheets of cells in a plain zip, dates as numbers with a format."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import zipfile
from xml.sax.saxutils import escape

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def column(k):
    name = ""
    k += 1
    while k:
        k, rest = divmod(k - 1, 26)
        name = chr(65 + rest) + name
    return name


def cell(ref, value):
    if value is None or value == "":
        return ""
    if isinstance(value, datetime.date):
        return f'<c r="{ref}" s="1"><v>{(value - datetime.date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, str):
        return f'<c r="{ref}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{ref}"><v>{value!r}</v></c>'


def sheet_xml(rows):
    lines = []
    for r, row in enumerate(rows):
        cells = "".join(cell(f"{column(k)}{r + 1}", v) for k, v in enumerate(row))
        lines.append(f'<row r="{r + 1}">{cells}</row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def write_book(path, sheets):
    """sheets: [(name, rows of cells)]; a date is a number with a date's format, "" no cell."""
    names = [name for name, _ in sheets]
    book = "".join(f'<sheet name="{escape(n)}" sheetId="{k + 1}" r:id="r{k + 1}"/>' for k, n in enumerate(names))
    links = "".join(f'<Relationship Id="r{k + 1}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{k + 1}.xml"/>' for k in range(len(names)))
    links += f'<Relationship Id="styles" Type="{OFFICE}/styles" Target="styles.xml"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        z.writestr("xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{book}</sheets></workbook>')
        z.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>')
        z.writestr("xl/styles.xml", f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>')
        for k, (_, rows) in enumerate(sheets):
            z.writestr(f"xl/worksheets/sheet{k + 1}.xml", sheet_xml(rows))


FLOWS = {"102FIC3201": "Total_Stabilized_Naphtha_Product_Flowrate", "101FIC3001": "Total_Kerosene_Product_Flowrate",
         "104FIC2902": "Jet_Fuel_Product_Train1_Flowrate", "101FIC5303": "Total_Light_Diesel_Product_Flowrate",
         "101FIC4201": "Total_Heavy_Diesel_Product_Flowrate", "101FIC3101": "Total_Atmospheric_Residue_Flowrate",
         "101FIC5802": "Stabilized_Naphtha_to_SGCU_Flowrate", "101FIC3002": "Kerosene_to_DHT_Flowrate",
         "101FIC2001": "Light_Diesel_to_DHT_Flowrate", "101FIC6101": "Heavy_Diesel_to_MHC_Flowrate",
         "101FIC3103": "Atmospheric_Residue_to_RFCC_Flowrate", "101FIC3104": "Atmospheric_Residue_to_Storage_Flowrate",
         "101FIC6302": "Storage_EE1027_Flowrate"}
FEEDS = ["Raw Crude Pump Discharge Flow", "Train A Raw Crude Flow", "Train B Raw Crude Flow",
         "Rich Gas Knockout Drum Liquid to CDU", "Rich Sponge Oil Flash Drum Bottoms to CDU"]
YIELDS = ["Gas & LPG", "Kerosene", "Light Diesel", "Heavy Diesel", "RCO"]
DCS = ["101TI1501", "101PI2207", "102FI3305"]


def days_of(year, month):
    """All days of the month and the next one's first, as the sheets have them."""
    first = datetime.date(year, month, 1)
    after = datetime.date(year + month // 12, month % 12 + 1, 1)
    return [first + datetime.timedelta(k) for k in range((after - first).days + 1)]


def flow(tag, day):
    """What the tag shows that day, in its own month's sheet."""
    return round(100.0 + sum(map(ord, tag)) % 90 + (day.toordinal() * 7 % 31) / 4, 3)


def tags(year, month, second, bogus=False, words=False):
    """A sheet of monitoring tags: S/N, Tag, days; in the second layout S/N, DCS Tag, Tag, days."""
    days = days_of(year, month)
    head = ["S/N", "DCS Tag", "Tag"] if second else ["S/N", "Tag"]
    # The next month's first day is there too, with a value of an unfinished day.
    rows = [["CDU monitoring"], head + days + ([datetime.date(1970, 1, 1)] if bogus else []) + ["Remarks"]]
    series = list(FLOWS) + FEEDS + DCS
    for k, tag in enumerate(series):
        label = [tag, f"flow {k}" if tag in FLOWS else tag] if second else [tag]
        if second and tag in FEEDS:
            label = ["", tag]
        values = [flow(tag, d) if d.month == month else 1.0 for d in days]
        if words and tag == "101TI1501":
            values[3] = "Bad Input"
        rows.append([k + 1] + label + values + ([9999.0] if bogus else []) + ["ok"])
    rows.append(["", "Total"] + ([""] if second else []) + [5.0] * len(days))
    return rows


def blends(ids, per_cent):
    """API, sulphur, crudes, total and yields; two columns that are no blends."""
    scale = 100 if per_cent else 1
    n = len(ids)
    rows = [["Blend properties"], [""] + ids + ["Average", ""]]
    rows += [["API"] + [38.0 + k for k in range(n)] + [40.0], ["Sulphur, ppm"] + [1200.0 + 10 * k for k in range(n)] + [1.0]]
    rows.append(["Crude Oil %"])
    rows.append(["AGB"] + [0.5 * scale] * n + [0.5, 0.5])
    rows.append(["Bonny L"] + [0.3 * scale] * n + [0.3])
    rows.append(["QUI"] + [0.25 * scale if k == 0 else 0.15 * scale for k in range(n)] + [0.2])
    rows.append(["Total"] + [1.0 * scale] * n + [1.0])
    for j, product in enumerate(YIELDS):
        rows.append([product] + [(0.05 * (j + 1) + 0.01 * k) * scale for k in range(n)] + [0.5])
    rows.append(["Losses"] + [0.01] * n)
    return rows


def lab(year, month):
    days = days_of(year, month)[:-1]
    rows = [["Date", "Stream", "Flash Point", "Density @15"]]
    for d in days[::7]:
        rows.append([d, "Kerosene", 44.0, 0.79])
        rows.append([d, "Kerosene", 46.0, "n/a"])
    return rows


def write_plant(folder):
    """Three months: both layouts, an overlap on each first, a day in 1970, text in cells."""
    write_book(f"{folder}/JUN24 plant.xlsx", [("TS Monitoring Tags", tags(2024, 6, False)), ("Blends", blends(["CB01", "CB02"], False)),
                                              ("Lab", lab(2024, 6)), ("Notes", [["nothing"]])])
    write_book(f"{folder}/JUL24 plant.xlsx", [("TS Monitoring Tags", tags(2024, 7, True)), ("Blends JUL24", blends(["CB03"], True))])
    write_book(f"{folder}/AUG24 plant.xlsx", [("TS Monitoring Tags", tags(2024, 8, True, bogus=True, words=True)), ("Blends", blends(["CB04", "CB05", "CB06"], False))])
