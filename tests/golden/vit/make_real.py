#!/usr/bin/env python3
"""Golden vectors of real observations: Pillow and ONNX Runtime from the file to the tokens.

    make_real.py SHARED MODELS     (writes real.safetensors beside itself)

SHARED: the developers' folder of real observations; MODELS: what get_models.py wrote. Per picture
the class token and the mean of the patch tokens after the last block. Pictures are read as they
are, divided by 255, resized by Pillow in f32 (bicubic), standardised with ImageNet's numbers.
Needs: numpy, pillow, onnxruntime.
"""
import glob, json, os, struct, sys
import numpy as np, onnxruntime
from PIL import Image

shared, models = sys.argv[1:]
session = onnxruntime.InferenceSession(os.path.join(models, "vit_s14_saliency.onnx"), providers=["CPUExecutionProvider"])
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
out = {}
for folder in ("galaxy_zoo_2_sdss", "euclid_q1_mergers", "first_radio", "star_galaxy"):
    files = sorted(f for e in ("png", "jpg") for f in glob.glob(os.path.join(shared, "real", folder, "**", "*." + e), recursive=True))
    for path in (files[0], files[len(files) // 2]):
        image = Image.open(path)
        a = np.asarray(image.convert("RGB") if image.mode not in ("L", "RGB") else image).astype("f4") / 255
        planes = [a] * 3 if a.ndim == 2 else list(a.transpose(2, 0, 1))
        x = np.stack([np.asarray(Image.fromarray(p).resize((224, 224), Image.BICUBIC)) if p.shape != (224, 224) else p for p in planes])
        x = ((x - MEAN[:, None, None]) / STD[:, None, None]).astype("f4")[None]
        t = session.run(None, {session.get_inputs()[0].name: x})[0][0].astype("f8")
        out[os.path.relpath(path, shared)] = np.concatenate([t[0], t[1:].mean(0)])
        print(path, image.mode, image.size)

header, at = {}, 0
for name, a in out.items():
    header[name] = dict(dtype="F32", shape=[a.size], data_offsets=[at, at + 4 * a.size])
    at += 4 * a.size
h = json.dumps(header).encode()
h += b" " * (-len(h) % 8)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "real.safetensors"), "wb") as f:
    f.write(struct.pack("<Q", len(h)) + h + b"".join(a.astype("<f4").tobytes() for a in out.values()))
