"""Complex numbers and variable-length arrays, by astropy: python3 make_columns.py

columns.json: what astropy reads in each column of columns.fits.gz; complex numbers as pairs, empty
arrays as null. groups.json: the pictures in the random groups of groups.fits.gz as astropy reads them.
"""
import gzip, json, os, tempfile, warnings
import numpy as np
from astropy.io import fits

warnings.simplefilter("ignore")
os.chdir(os.path.dirname(os.path.abspath(__file__)))


def save(hdus, name):
    with tempfile.TemporaryDirectory() as folder:
        hdus.writeto(f"{folder}/plain.fits")
        with open(f"{folder}/plain.fits", "rb") as plain, open(name, "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as g:
            g.write(plain.read())


def ragged(*rows, kind):
    return np.array([np.array(r, kind) for r in rows] + [None], dtype=object)[:-1]


rows = 5
c64 = (np.arange(rows) * 1.5 - 2j * np.arange(rows)).astype("c8")
c128 = np.array([1e-300 + 1j, -2.5, 1j * np.pi, complex(np.nan, 3), 1e300 - 1e300j])
vector = (np.arange(rows * 3).reshape(rows, 3) + 0.25j).astype("c8")
columns = [
    fits.Column("id", "J", array=np.arange(rows)),
    fits.Column("vis", "C", unit="Jy", array=c64),
    fits.Column("gain", "M", array=c128),
    fits.Column("jones", "3C", array=vector),
    fits.Column("z", "PE()", unit="km/s", array=ragged([1.5], [], [-2.25], [np.inf], [], kind="f4")),
    fits.Column("mass", "QD()", array=ragged([], [1e-300], [2], [3], [4], kind="f8")),
    fits.Column("count", "PJ()", array=ragged([7], [-3], [], [2**31 - 1], [0], kind="i4")),
    fits.Column("wide", "QK()", array=ragged([2**62], [], [-5], [], [1], kind="i8")),
    fits.Column("phase", "PC()", array=ragged([1 + 2j], [], [3 - 4j], [], [5], kind="c8")),
    fits.Column("comment", "PA()", array=np.array(["a first remark", "", "x", "NGC 1", "the last one"])),
    fits.Column("nothing", "PI()", array=ragged([], [], [], [], [], kind="i2")),
    fits.Column("spectrum", "PE()", array=ragged([1], [1, 2, 3], [], [4, 5], [6], kind="f4")),
    fits.Column("after", "D", array=np.linspace(0, 1, rows)),
]
table = fits.BinTableHDU.from_columns(columns, name="ODD")
save(fits.HDUList([fits.PrimaryHDU(), table]), "columns.fits.gz")


def plain(v):
    if isinstance(v, (complex, np.complexfloating)):
        return [plain(v.real), plain(v.imag)]
    if isinstance(v, (float, np.floating)):
        return str(float(v)) if not np.isfinite(v) else float(v)
    if isinstance(v, (int, np.integer)):
        return int(v)
    return str(v)


expected = {}
with fits.open("columns.fits.gz") as hdus:
    for column in hdus[1].columns:
        data = hdus[1].data[column.name]
        if column.format[0] in "PQ" and column.format[1] != "A":
            if max(len(v) for v in data) > 1:
                continue
            expected[column.name] = [plain(v[0]) if len(v) else None for v in data]
        elif column.format[0] in "PQ":
            expected[column.name] = ["".join(c or " " for c in v) or None for v in data]
        elif np.ndim(data) == 2:
            expected[column.name] = [[plain(x) for x in v] for v in data]
        else:
            expected[column.name] = [plain(v) for v in data]
json.dump(expected, open("columns.json", "w"), indent=0)

rng = np.random.default_rng(3)
pictures = rng.normal(100, 5, (4, 2, 6, 9)).astype("f4")
groups = fits.GroupData(pictures, bitpix=-32, parnames=["U", "V", "DATE"],
                        pardata=[np.arange(4.0) + 1000, np.arange(4.0) + 2000, np.arange(4.0) + 3000])
save(fits.HDUList([fits.GroupsHDU(groups)]), "groups.fits.gz")
with fits.open("groups.fits.gz") as hdus:
    data = np.asarray(hdus[0].data["DATA"], "f8")
    assert data.shape == pictures.shape, data.shape
    planes = data.reshape(-1, *data.shape[-2:])
    json.dump(planes.tolist(), open("groups.json", "w"))
