"""Golden statistics of the FITS zoo, by astropy: python3 make_zoo.py ZOO_FOLDER > zoo.json

Per file: every image HDU of at least two axes (first plane: shape, finite pixels, sum, minimum,
maximum, five pixels) and every table (rows; per numeric scalar or vector column the sum of its
finite values and the first one; per text column the first three values).
"""
import json, os, sys, warnings
import numpy as np
from astropy.io import fits

warnings.simplefilter("ignore")


def image(hdu):
    shape = hdu.shape[::-1]
    if len(shape) < 2 or 0 in shape:
        return None
    data = np.asarray(hdu.data)
    plane = data.reshape(-1, *data.shape[-2:])[0].astype(np.float64)
    with np.errstate(over="ignore"):
        plane = plane.astype(np.float32).astype(np.float64)
    finite = plane[np.isfinite(plane)]
    h, w = plane.shape
    spots = [(0, 0), (w - 1, 0), (0, h - 1), (w // 2, h // 2), (w // 3, h // 4)]
    return dict(
        shape=list(shape),
        finite=int(finite.size),
        sum=float(finite.sum()) if finite.size else 0.0,
        abs=float(np.abs(finite).sum()) if finite.size else 0.0,
        min=float(finite.min()) if finite.size else None,
        max=float(finite.max()) if finite.size else None,
        spots=[[x, y, float(plane[y, x]) if np.isfinite(plane[y, x]) else None] for x, y in spots],
    )


def table(hdu):
    columns = []
    for i, column in enumerate(hdu.columns):
        form = column.format
        if "P" in form.upper() or "Q" in form.upper():
            continue
        try:
            data = hdu.data.field(i)
        except Exception:
            continue
        data = np.asarray(data)
        if data.dtype.kind in "biuf" and data.size:
            values = data.astype(np.float64)
            null = column.null
            if isinstance(null, (int, np.integer)) and data.dtype.kind in "iu":
                values[data == null] = np.nan
            values = values.ravel()
            good = values[np.isfinite(values)]
            first = float(values[0]) if np.isfinite(values[0]) else None
            columns.append(dict(i=i, kind="number", sum=float(good.sum()), abs=float(np.abs(good).sum()),
                                count=int(good.size), first=first))
        elif data.dtype.kind in "US" and data.ndim == 1:
            columns.append(dict(i=i, kind="text", first=[str(t) if data.dtype.kind == "U" else t.decode() for t in data[:3]]))
    # With many columns the first and last dozen tell as much.
    if len(columns) > 24:
        columns = columns[:12] + columns[-12:]
    return dict(rows=len(hdu.data) if hdu.data is not None else 0, names=hdu.columns.names[:24], columns=columns)


def main(root):
    golden = {}
    for folder, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.endswith((".bz2", ".xml", ".avro", ".md")):
                continue
            # One of the Roman wavefront files stands for all; they are alike.
            if name.startswith("RST_WIM") and not name.endswith("_SCA_1.fits.gz"):
                continue
            entry = []
            try:
                with fits.open(path, memmap=False) as hdus:
                    for k, hdu in enumerate(hdus[:4]):
                        try:
                            if isinstance(hdu, (fits.BinTableHDU, fits.TableHDU)) and not isinstance(hdu, fits.CompImageHDU):
                                entry.append(dict(hdu=k, table=table(hdu)))
                            elif hdu.is_image and not isinstance(hdu, fits.GroupsHDU) and (got := image(hdu)):
                                entry.append(dict(hdu=k, image=got))
                        except Exception as e:
                            entry.append(dict(hdu=k, error=str(e)[:80]))
            except Exception:
                continue
            golden[os.path.relpath(path, root)] = entry
    # One file per line keeps differences readable.
    lines = (f"{json.dumps(k)}: {json.dumps(v)}" for k, v in golden.items())
    print("{\n" + ",\n".join(lines) + "\n}")


main(sys.argv[1])
