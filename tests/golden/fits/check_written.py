"""Called by the test `astropy_reads_what_is_written` with the folder of files it wrote."""
import sys, warnings
import numpy as np
from astropy.io import fits
from astropy.table import Table

folder = sys.argv[1]
warnings.simplefilter("error")
# The column of logicals has a missing one on purpose.
warnings.filterwarnings("ignore", message="Column 'flag' contains NULL")
pixels = np.fromfile(f"{folder}/pixels.f32", "<f4").reshape(2, 97, 150)

for name, hdu in (("one.fits", 0), ("set.fits", "SCI"), ("set.fits", "GZIP")):
    with fits.open(f"{folder}/{name}") as hdus:
        hdus.verify("exception")
        data, header = hdus[hdu].data, hdus[hdu].header
        assert data.dtype.itemsize == 4 and data.shape == (97, 150)
        assert np.array_equal(data, pixels[0], equal_nan=True), (name, hdu)
        assert header["CRVAL1"] == 202.46957500000003 and header["CD1_1"] == -7.777777777777778e-5
        assert header["CTYPE1"] == "RA---TAN"
        assert header["ORIGIN"] == ("it's a long story " * 9).rstrip()
        assert "made by a test" in str(header["COMMENT"])
with fits.open(f"{folder}/set.fits") as hdus:
    assert np.allclose(hdus["RICE"].data, pixels[1], rtol=1e-6, atol=0, equal_nan=True)

with fits.open(f"{folder}/table.fits") as hdus:
    hdus.verify("exception")
    assert hdus[1].name == "OBJECTS"
    assert hdus[1].header["TUCD7"] == "pos.eq.ra;meta.main" and hdus[1].header["TCOMM7"] == "right ascension"
t = Table.read(f"{folder}/table.fits", hdu=1)
mask = lambda name: list(np.ma.getmaskarray(t[name]))
assert t["flag"][0] and not t["flag"][2]
assert mask("u8") == [0, 0, 1, 0] and list(t["u8"][[0, 1, 3]]) == [0, 255, 254]
assert mask("i16") == [0, 1, 0, 0] and list(t["i16"][[0, 2, 3]]) == [-32768, 32767, 0]
assert mask("i32") == [0, 0, 1, 0] and list(t["i32"][[0, 1, 3]]) == [-2**31, -2**31 + 1, 7]
assert mask("i64") == [0, 0, 0, 1] and list(t["i64"][[0, 1, 2]]) == [2**63 - 1, -2**63, 0]
assert t["i32"].unit == "pix" and t["ra"].unit == "deg"
assert t["f32"][0] == 1.5 and np.isinf(t["f32"][2])
assert list(t["ra"]) == [202.46957500000003, 0.0, -1e-300, 1e300]
assert [str(s).rstrip() for s in t["name"].filled("")] == ["M 51", "", "a longer name", "x"] if hasattr(t["name"], "filled") else True
assert np.array_equal(np.asarray(t["shape"]), np.arange(12, dtype="f4").reshape(4, 3) * 0.25)
