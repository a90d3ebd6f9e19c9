#!/usr/bin/env python3
"""From starting the program to the first pixels of a mosaic on the screen, beside SAOImage DS9, interleaved.

    astrolabel bench --ui --keep DIR                        (simulates DIR/mosaic.fits)
    python3 tests/benches/first_pixels.py DIR/mosaic.fits [--program target/debug/astrolabel] [--times 7]

Needs Xvfb, DS9 (Debian: saods9) and python-xlib. Each program is started on an empty screen of 1280 x 800, and the
screen is looked at every few milliseconds until some square of 48 pixels a side shows an image: until more than 60 % of
its neighbouring pixels differ, which neither text nor a window's ground does. The file is read once before, so that
both find it in the system's cache. Prints medians in seconds.
"""
import argparse, os, shutil, statistics, subprocess, tempfile, time
from Xlib import X, display

SIDE = 48
WIDTH, HEIGHT = 1280, 800


def shows_image(raw):
    """Whether some square of a screen of 4 bytes a pixel is full of differing pixels."""
    stride = WIDTH * 4
    for top in range(0, HEIGHT - SIDE, SIDE):
        for left in range(0, WIDTH - SIDE, SIDE):
            differing = rows = 0
            for y in range(top, top + SIDE, 6):
                row = raw[y * stride + left * 4 : y * stride + (left + SIDE) * 4]
                differing += sum(row[i : i + 3] != row[i + 4 : i + 7] for i in range(0, len(row) - 8, 4))
                rows += SIDE - 1
                if y == top + 12 and differing < 0.3 * rows:
                    break
            else:
                if differing > 0.6 * rows:
                    return True
    return False


def first_pixels(number, command, home):
    """Seconds from starting a command to pixels on a screen of its own."""
    name = f":{number}"
    server = subprocess.Popen(
        ["Xvfb", name, "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                eye = display.Display(name)
                break
            except Exception:
                time.sleep(0.02)
        root = eye.screen().root
        env = {**os.environ, "DISPLAY": name, "HOME": home}
        env.pop("WAYLAND_DISPLAY", None)
        start = time.perf_counter()
        program = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while time.perf_counter() - start < 60:
                raw = root.get_image(0, 0, WIDTH, HEIGHT, X.ZPixmap, 0xFFFFFFFF).data
                seen = time.perf_counter()
                if shows_image(raw):
                    return seen - start
            raise SystemExit(f"{command[0]}: no image within a minute")
        finally:
            program.kill()
            program.wait()
            eye.close()
    finally:
        server.kill()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mosaic")
    parser.add_argument("--program", default="target/debug/astrolabel")
    parser.add_argument("--times", type=int, default=7)
    args = parser.parse_args()
    if not shutil.which("ds9"):
        raise SystemExit("ds9 is not here: apt-get install saods9")
    rivals = {
        "ds9 MOSAIC": ["ds9", args.mosaic],
        "ds9 -zscale MOSAIC": ["ds9", "-zscale", args.mosaic],
        "astrolabel MOSAIC": [args.program, args.mosaic],
    }
    with open(args.mosaic, "rb") as file:
        while file.read(1 << 24):
            pass
    times = {name: [] for name in rivals}
    for turn in range(args.times):
        for i, (name, command) in enumerate(rivals.items()):
            with tempfile.TemporaryDirectory() as home:
                times[name].append(first_pixels(70 + i, command, home))
    for name, all_times in times.items():
        print(f"{name:32} {statistics.median(all_times):6.2f} s   ({min(all_times):.2f} to {max(all_times):.2f})")


main()
