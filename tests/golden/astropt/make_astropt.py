#!/usr/bin/env python3
"""Golden vectors of a tiny AstroPT by the published package, patches and spiral by its own dataset's code.

    make_astropt.py      (needs torch, astropt, einops, safetensors; made with astropt 2.0.9, torch 2.15)

Writes aim.json, affine.json (weights from seeds, see ../seeded.py) and expected.safetensors beside itself.
"""
import os, sys
import torch
from safetensors.torch import save_file
from astropt.local_datasets import GalaxyImageDataset
from astropt.model import GPT, GPTConfig, ModalityConfig, ModalityRegistry
import astropt.model

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(here))
import seeded

SIDE, PATCH = 20, 4
registry = ModalityRegistry([ModalityConfig(name="images", input_size=PATCH * PATCH * 3, pos_input_size=1, patch_size=PATCH, embed_pos=True)])
expected = {}

def standardise(patches):
    return (patches - patches.mean(1, keepdim=True)) / (patches.std(1, keepdim=True) + 1e-8)

def tokens(image, spiral=True, norm=standardise):
    data = GalaxyImageDataset(None, transform=dict(images=norm), stochastic=False, spiral=spiral, modality_registry=registry)
    # Its own sorting compares tensors where two ranks are equal, which never happens.
    return data.process_galaxy(image)

def embed(net, images, centre=True, **how):
    x = torch.stack([torch.as_tensor(tokens(i, **how)) for i in images])
    inputs = dict(images=x, images_positions=torch.arange(x.shape[1]).repeat(len(x), 1))
    return net.get_embeddings(inputs, draw_from_centre=centre)["images"].mean(1)

with torch.no_grad():
    image = seeded.spec((2, 3, SIDE, SIDE), 55, 2.0, 128.0)
    x = seeded.values(image)
    for name, first in (("aim", 300), ("affine", 500)):
        net = GPT(GPTConfig(block_size=30, n_layer=3, n_head=2, n_embd=128, n_chan=3, tokeniser=name), registry, master_process=False).eval()
        specs = seeded.fill(net, first, 1.0, [("wpe", lambda s, n: seeded.spec(s, n, 2.0 ** -6)), ("ln_1.weight", lambda s, n: seeded.spec(s, n, 2.0 ** -7, 1.5))])
        if name == "aim":
            # One token of small values, where the norm's epsilon shows.
            for k in ("transformer.wte.images.c_proj.weight", "transformer.wpe.images.wpe.weight"):
                specs[k]["scale"] /= 32
            net.load_state_dict({k: seeded.values(specs[k]) for k in net.state_dict()})
        keep = {k: v for k, v in specs.items() if not k.startswith("lm_head")}
        seeded.save(os.path.join(here, name + ".json"), keep, dict(image=image))
        expected[f"{name}.output"] = embed(net, x)
        expected[f"{name}.all"] = embed(net, x, centre=False)
        expected[f"{name}.mistake.swapped"] = embed(net, x.transpose(2, 3))
        expected[f"{name}.mistake.raster"] = embed(net, x, spiral=False)
        biased = lambda p: (p - p.mean(1, keepdim=True)) / (p.std(1, keepdim=True, unbiased=False) + 1e-8)
        expected[f"{name}.mistake.biased_std"] = embed(net, x, norm=biased)
        true_gelu, true_norm = astropt.model.new_gelu, astropt.model.LayerNorm.forward
        astropt.model.new_gelu = torch.nn.functional.gelu
        expected[f"{name}.mistake.gelu_exact"] = embed(net, x)
        astropt.model.new_gelu = true_gelu
        if name == "aim":
            astropt.model.LayerNorm.forward = lambda s, v: torch.nn.functional.layer_norm(v, s.weight.shape, s.weight, s.bias, 1e-6)
            expected[f"{name}.mistake.epsilon"] = embed(net, x)
            astropt.model.LayerNorm.forward = true_norm
        for k in expected:
            if k.startswith(f"{name}.mistake"): print(k, float((expected[k] - expected[f"{name}.output"]).abs().max()))
save_file({k: v.contiguous() for k, v in expected.items()}, os.path.join(here, "expected.safetensors"))
