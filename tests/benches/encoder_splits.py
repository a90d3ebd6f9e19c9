#!/usr/bin/env python3
"""Which real images the default encoder may learn from, and on which it is judged.

    encoder_splits.py REAL OUT [STAMPS COUNT]

REAL holds the sets of real observations (a folder each, with labels.csv), OUT gets a table a set with
columns file,label,split and what else the set says. `held` is the half that takes no part in training or
tuning; `dev` a quarter of the rest, on which recipes are tried; `train` the remainder. Halves are told by
the first byte of SHA-256 of SET/KEY (even: held), quarters by the second (0 mod 4: dev); KEY is the file
or, where a set names groups of the same sky, the group. Images of a set without labels that lie within an
arcminute of a held object, and labelled ones within 16", are left out of training (split `near`). Of STAMPS, a folder
that `astrolabel simulate --stamps` made, the first COUNT become OUT/simulated.csv, all of split `train`.
"""
import csv, hashlib, math, os, sys

SETS = ["galaxy_zoo_2_sdss", "euclid_q1_mergers", "first_radio", "star_galaxy"]
UNLABELLED = [("euclid_q1_unlabelled", "euclid_q1_mergers", 60.0)]
NEAR = 16.0


def split(name, key):
    digest = hashlib.sha256(f"{name}/{key}".encode()).digest()
    return "held" if digest[0] % 2 == 0 else "dev" if digest[1] % 4 == 0 else "train"


def near(row, others, arcsec):
    ra, dec = float(row["ra"]), float(row["dec"])
    for o in others:
        d = float(o["dec"]) - dec
        if abs(d) * 3600 < arcsec:
            r = (float(o["ra"]) - ra) * math.cos(math.radians(dec))
            if math.hypot(r, d) * 3600 < arcsec:
                return True
    return False


def main(real, out, stamps=None, count=0):
    real = os.path.abspath(real)
    os.makedirs(out, exist_ok=True)
    held = {}
    for name in SETS:
        rows = list(csv.DictReader(open(f"{real}/{name}/labels.csv")))
        for row in rows:
            row["split"] = split(name, row.get("group") or row["file"])
            row["file"] = f"{real}/{name}/{row['file']}"
        held[name] = [r for r in rows if r["split"] == "held"]
        if "group" in rows[0]:
            for row in rows:
                if row["split"] != "held" and near(row, held[name], NEAR):
                    row["split"] = "near"
        # One image of its kind teaches nothing.
        counts = {}
        for row in rows:
            counts[row["label"]] = counts.get(row["label"], 0) + 1
        rows = [r for r in rows if counts[r["label"]] > 1]
        write(f"{out}/{name}.csv", rows)
    for name, labelled, arcsec in UNLABELLED:
        rows = list(csv.DictReader(open(f"{real}/{name}/positions.csv")))
        rows = [r for r in rows if not near(r, held[labelled], arcsec)]
        for row in rows:
            row["file"] = f"{real}/{name}/{row['file']}"
            row["split"] = "train"
        write(f"{out}/{name}.csv", rows)
    if stamps:
        rows = list(csv.DictReader(open(f"{stamps}/labels.csv")))[:int(count)]
        rows = [{"file": f"{os.path.abspath(stamps)}/{r['file']}", "label": r["label"], "split": "train"} for r in rows]
        write(f"{out}/simulated.csv", rows)


def write(path, rows):
    with open(path, "w", newline="") as f:
        writer = csv.DictWriter(f, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    counts = {}
    for row in rows:
        counts[row["split"]] = counts.get(row["split"], 0) + 1
    print(path, counts)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 5):
        sys.exit(__doc__)
    main(*sys.argv[1:])
