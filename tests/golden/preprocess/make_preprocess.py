#!/usr/bin/env python3
"""What networks see, by Pillow, torch and numpy from the published facts of each contract.

    make_preprocess.py      (needs torch, Pillow, safetensors; made with Pillow 13.0, torch 2.15)
"""
import os, sys
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(here))
import seeded

expected, inputs = {}, {}

def square(x):
    side = min(x.shape[-2:])
    top, left = (x.shape[-2] - side) // 2, (x.shape[-1] - side) // 2
    return x[..., top:top + side, left:left + side]

def zoomed(plane, size, zoom, filter=Image.BILINEAR):
    """Pillow, which antialiases, on the central 1/zoom of the square."""
    side = plane.shape[0]
    edge = (side - side / zoom) / 2
    return torch.from_numpy(np.array(Image.fromarray(plane.numpy(), "F").resize((size, size), filter, box=(edge, edge, side - edge, side - edge))))

# Zoobot: RGB / 255, fixed zoom 1.2, antialiased bilinear, no mean and deviation.
inputs["zoobot"] = seeded.spec((3, 50, 61), 21, 1.0, 120.0)
x = square(seeded.values(inputs["zoobot"])) / 255
zoobot = torch.stack([zoomed(p, 24, 1.2) for p in x])
expected["zoobot.output"] = zoobot
expected["zoobot_grey.output"] = zoomed(x.mean(0), 24, 1.2)[None]
plain = F.interpolate(torch.stack([p[4:46, 4:46] for p in x])[None], (24, 24), mode="bilinear")[0]
expected["zoobot.mistake.plain_bilinear"] = plain
mean, std = torch.tensor([0.485, 0.456, 0.406])[:, None, None], torch.tensor([0.229, 0.224, 0.225])[:, None, None]
expected["zoobot.mistake.standardised"] = (zoobot - mean) / std
expected["zoobot.mistake.not_zoomed"] = torch.stack([zoomed(p, 24, 1.0) for p in x])
expected["zoobot.mistake.order"] = zoobot.flip(0)
expected["zoobot.mistake.swapped"] = zoobot.transpose(1, 2)
# Plain bilinear by PyTorch, for contracts that want it.
expected["plain.output"] = F.interpolate(x[None], (24, 24), mode="bilinear")[0]

# Zoobot's path for one band of fluxes: percentiles 0 to 99.7, asinh(q x) with q = 1.
inputs["zoobot_flux"] = seeded.spec((1, 30, 30), 22, 1.0, 10.0)
f = seeded.values(inputs["zoobot_flux"])
low, high = np.percentile(f.double().numpy(), [0, 99.7])
expected["zoobot_flux.output"] = torch.asinh(((f.double() - low) / (high - low)).clamp(0, 1)).float()

# AstroCLIP: fluxes g, r, z; gains 6.0, 3.4, 2.2, offset 0.03, Q 20; planes z, r, g; centre crop; axes exchanged.
inputs["astroclip"] = seeded.spec((3, 38, 38), 23, 2.0 ** -8, 0.1)
f = seeded.values(inputs["astroclip"])
f[:, 17:21, 17:21] *= 20
gains = torch.tensor([6.0, 3.4, 2.2])[:, None, None]
def colours(f, m=0.03, q=20.0):
    scaled = f * gains + m
    i = scaled.clamp(min=0).mean(0)
    fi = torch.asinh(q * i) / q ** 0.5
    i = i + (i == 0) * 1e-6
    return (scaled * fi / i).clamp(0, 1).flip(0)
crop = lambda p: p[:, 1:37, 1:37]
expected["astroclip.output"] = crop(colours(f)).transpose(1, 2)
expected["astroclip.mistake.not_swapped"] = crop(colours(f))
expected["astroclip.mistake.order"] = crop(colours(f)).transpose(1, 2).flip(0)
expected["astroclip.mistake.no_offset"] = crop(colours(f, m=0.0)).transpose(1, 2)

# AstroPT: the picture as it is, 0 to 255, axes exchanged.
inputs["astropt"] = seeded.spec((3, 20, 20), 24, 1.0, 128.0)
expected["astropt.output"] = seeded.values(inputs["astropt"]).transpose(1, 2)

seeded.save(os.path.join(here, "inputs.json"), {}, inputs)
save_file({k: v.contiguous() for k, v in expected.items()}, os.path.join(here, "expected.safetensors"))
