#!/usr/bin/env python3
"""What encoders are worth on the halves of real sets that the default encoder has never seen, side by side.

    cargo build && python3 tests/benches/encoder_table.py REAL OUT [--part held|dev] [--encoder NAME]…

REAL holds the sets of real observations; OUT gets the splits (encoder_splits.py), a project a set, and every
figure as JSON. Encoders: those named (`astrolabel_s`, `astrolabel_s+morphometry`, `vit_s14_saliency`,
`efficientnet_lite0`, hand26, fusion by default), of which networks need their weights at hand
(`astrolabel encoders get`). Few-shot: balanced accuracy with 5, 10 and 25 labels a class, mean and standard deviation over
10 draws; isolation forest, the program's own score and 5 marked mergers: ROC AUC. The same objects, draws and protocol for all.
"""
import argparse, json, os, subprocess, sys
from pathlib import Path

PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "debug" / "astrolabel"
CROPS = {"galaxy_zoo_2_sdss": 0.5, "euclid_q1_mergers": 1.0, "first_radio": 0.5, "star_galaxy": 1.0}
# Title, set, classes, condition, rare class; the first four are those that are averaged.
ROWS = [
    ("Galaxy Zoo smooth/disc/edge-on", "galaxy_zoo_2_sdss", "smooth,disc,edge-on", None, None),
    ("Euclid contrast-matched", "euclid_q1_mergers", None, "contrast_matched", "merger"),
    ("FIRST", "first_radio", None, None, None),
    ("star/galaxy", "star_galaxy", None, None, None),
    ("Galaxy Zoo with mergers", "galaxy_zoo_2_sdss", "smooth,disc,edge-on,merger", None, "merger"),
    ("Euclid, all", "euclid_q1_mergers", None, None, "merger"),
]
USUAL = ["astrolabel_s", "astrolabel_s+morphometry", "vit_s14_saliency", "efficientnet_lite0", "hand26", "fusion"]


def run(*words):
    done = subprocess.run([str(PROGRAM), *map(str, words)], capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(map(str, words))}\n{done.stderr}")
    return done.stdout


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("real", type=Path)
    asked.add_argument("out", type=Path)
    asked.add_argument("--part", default="held")
    asked.add_argument("--encoder", action="append")
    a = asked.parse_args()
    encoders = a.encoder or USUAL
    subprocess.run([sys.executable, Path(__file__).with_name("encoder_splits.py"), a.real, a.out / "splits"], check=True,
                   stdout=subprocess.DEVNULL)
    for name, crop in CROPS.items():
        project = a.out / name
        if not project.exists():
            run("import", "-q", a.real / name / "images", "--project", project, *([] if crop == 1 else ["--crop", crop]))
        for encoder in encoders:
            if encoder not in ("hand26", "fusion"):
                network, _, more = encoder.partition("+")
                run("embed", "-q", "--project", project, "--encoder", network, *(["--with-morphometry"] if more else []))
    figures = {}
    for title, name, only, where, rare in ROWS:
        for encoder in encoders:
            words = ["evaluate", "-q", "--project", a.out / name, "--labels", a.out / "splits" / f"{name}.csv", "--held-out", a.part,
                     "--robustness", 0, "--json"]
            words += ["--only", only] if only else []
            words += ["--where", where] if where else []
            words += ["--anomaly", rare] if rare else []
            if encoder == "fusion":
                words += [w for e in encoders if e in ("vit_s14_saliency", "efficientnet_lite0", "hand26") for w in ("--encoder", e)]
            wanted = run_of(a.out / name, encoder)
            found = json.loads(run(*words, "--encoder", wanted))["encoders"]
            figures[title, encoder] = found[-1]
    (a.out / f"figures-{a.part}.json").write_text(json.dumps({f"{t} | {e}": f for (t, e), f in figures.items()}, indent=1))
    table(encoders, figures)


def run_of(project, encoder):
    """The run that `encoder` made in `project`: with the classical numbers appended, or not."""
    if encoder in ("hand26", "fusion"):
        return encoder
    network, _, more = encoder.partition("+")
    for manifest in sorted((project / "embeddings").glob("*/manifest.json"), key=lambda p: -p.stat().st_mtime):
        known = json.loads(manifest.read_text())
        if known["encoder"]["name"].split("+")[0] == network and bool(more) == ("morphometry" in json.dumps(known["encoder"]["settings"])):
            return manifest.parent.name
    sys.exit(f"{project} has no run of {encoder}")


def shots(f, k):
    return next((s["accuracy"] for s in f["few_shot"] if s["shots"] == k), None)


def rare(f, method):
    return next((r["auc"] for r in f["rare"] if r["method"] == method), None)


def show(v):
    return "–" if v is None else f"{v['mean']:.3f} ± {v['spread']:.3f}".replace("0.", ".")


def table(encoders, figures):
    print("| set | encoder | 5 | 10 | 25 | isolation forest | combined score | 5 marked |")
    print("|---|---|---|---|---|---|---|---|")
    for title, *_ in ROWS:
        for encoder in encoders:
            f = figures[title, encoder]
            print(f"| {title} | {encoder} | " + " | ".join(show(v) for v in [*(shots(f, k) for k in (5, 10, 25)), rare(f, "isolation"), rare(f, "combined"), rare(f, "guided5")]) + " |")
    for encoder in encoders:
        means = []
        for k in (5, 10, 25):
            values = [shots(figures[t[0], encoder], k) for t in ROWS[:4]]
            values = [v["mean"] for v in values if v]
            means.append(f"{sum(values) / len(values):.3f}" + ("" if len(values) == 4 else f" ({len(values)} sets)"))
        print(f"| mean of the first four | {encoder} | {' | '.join(means)} | | |")


if __name__ == "__main__":
    main()
