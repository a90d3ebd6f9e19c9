#!/usr/bin/env python3
"""Small catalogues and what astropy reads in them, as expected.json: {file: {column: {unit, values}}}.

Needs numpy and astropy. Missing values and NaN are null.
"""
import gzip, json, os, warnings
import numpy as np
from astropy.io import ascii
from astropy.io.votable import from_table, parse_single_table
from astropy.table import MaskedColumn, Table

warnings.simplefilter("ignore")
os.chdir(os.path.dirname(os.path.abspath(__file__)))

def plain(v):
    if v is np.ma.masked: return None
    if isinstance(v, (np.ndarray, np.ma.MaskedArray)): return [plain(x) for x in v]
    if isinstance(v, (bool, np.bool_)): return bool(v)
    if isinstance(v, (int, np.integer)): return int(v)
    if isinstance(v, (float, np.floating)): return None if np.isnan(v) else float(v)
    return str(v)

def facts(t):
    return {c: {"unit": str(t[c].unit or ""), "values": [plain(v) for v in t[c]]} for c in t.colnames}

m = np.array([0, 1, 0, 0], bool)
t = Table({
    "flag": MaskedColumn([True, False, False, True], mask=m),
    "byte": MaskedColumn(np.array([0, 1, 200, 255], "u1"), mask=m),
    "short": MaskedColumn(np.array([-32768, 1, 2, 32767], "i2"), mask=m),
    "int": MaskedColumn(np.array([-2**31, 1, 2, 2**31 - 1], "i4"), mask=m),
    "long": MaskedColumn(np.array([-2**53 - 1, 1, 2, 2**63 - 1], "i8"), mask=m),
    "single": MaskedColumn(np.array([1.5, 0, -3.25e-30, np.nan], "f4"), mask=m, unit="mag"),
    "ra": MaskedColumn([0.1, 0, 359.99999999, np.nan], mask=m, unit="deg", description="Right ascension & more"),
    "name": MaskedColumn(["M 31", "x", 'say "<hi>", ok', "NGC&1"], mask=m),
    "accents": MaskedColumn(["é", "x", "Жук", "日本"], mask=m),
    "vec": np.arange(12, dtype="f4").reshape(4, 3),
    "ivec": np.arange(8, dtype="i2").reshape(4, 2),
})
t["ra"].meta["ucd"] = "pos.eq.ra;meta.main"
expected = {}
for form in ("tabledata", "binary", "binary2"):
    vot = from_table(t)
    vot.get_first_table().format = form
    if form == "binary":
        # BINARY has no mask: missing integers need a value that says so.
        for f in vot.get_first_table().fields:
            if f.datatype in ("unsignedByte", "short", "int", "long") and f.arraysize is None: f.values.null = 77
    name = f"{form}.vot"
    vot.to_xml(name, tabledata_format=form)
    expected[name] = facts(parse_single_table(name).to_table())
    if form == "binary2":
        # The row's mask says that these strings are null; astropy shows what stands behind it.
        for c in ("name", "accents"): expected[name][c]["values"][1] = None
with open("tabledata.vot", "rb") as f, gzip.GzipFile("tabledata_gz.xml.gz", "wb", mtime=0) as g: g.write(f.read())
expected["tabledata_gz.xml.gz"] = expected["tabledata.vot"]

e = t.copy(); e.meta = {"survey": "test: one", "nested": {"a": [1, 2]}, "comments": ["first", "second"]}
for name, d in (("space.ecsv", " "), ("comma.ecsv", ",")):
    e.write(name, format="ascii.ecsv", delimiter=d, overwrite=True)
    expected[name] = facts(Table.read(name, format="ascii.ecsv"))

def text(name, content, **kw):
    with open(name, "wb") as f: f.write(content.encode(kw.pop("encoding", "utf-8")))
    r = ascii.read(name, fill_values=[("", "0"), ("NaN", "0"), ("null", "0"), ("--", "0"), ("N/A", "0")], **kw)
    expected[name] = facts(r)

text("pipe.txt", "a|b|c\n1|x y|2.5\n2|z|null\n", format="basic", delimiter="|")
text("tab.tsv", "a\tb\tc\n1\tx y\t2.5\n2\tz\tN/A\n", format="tab")
text("semicolon.csv", "a;b;c\n1;x,y;2.5\n2;z;3.5\n", format="basic", delimiter=";")
text("space.txt", "id ra dec name\n1  10.5 -3.25 \"NGC 1\"\n2  11.5   --   M2\n", format="basic")
text("commented.txt", "# made with care\n# id ra dec\n1 10.5 -3.25\n2 11.5 4\n", format="commented_header", header_start=1)
text("sextractor.cat", "#   1 NUMBER       Running object number\n#   2 X_IMAGE      Object position along x    [pix]\n#   3 FLUX_APER    Flux vector   [mag]\n#   6 FLAGS        Extraction flags\n  1  12.5 1.0 2.0 3.0 0\n  2  99.25 4.0 5.0 6.5 3\n", format="sextractor")
json.dump(expected, open("expected.json", "w"), indent=0, ensure_ascii=False)
