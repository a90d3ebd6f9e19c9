#!/usr/bin/env python3
"""From pixels to vectors at the size the published networks are used at: preprocessing by Pillow, numpy and torch
from the published facts, networks by timm (AstroCLIP's head put together anew), with tiny widths.

    make_wholepath.py     (needs torch, timm, Pillow, safetensors; made with timm 1.0.31, torch 2.15, Pillow 13.0)

Weights are those of ../convnext, ../efficientnet and ../astroclip, and for DINOv2 and AstroDINO seeded ones in
dinov2.json and astrodino.json; pictures are seeded, in inputs.json.
"""
import importlib.util, json, os, re, sys
from functools import partial
import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from timm.models.convnext import ConvNeXt
from timm.models.vision_transformer import VisionTransformer

here = os.path.dirname(os.path.abspath(__file__))
golden = os.path.dirname(here)
sys.path.insert(0, golden)
import seeded

def script(family):
    """The module that made a family's goldens, without writing them again."""
    path = os.path.join(golden, family, f"make_{family}.py")
    text = open(path).read().split("\nexpected = {}")[0]
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(family, None))
    module.__file__ = path
    exec(compile(text, path, "exec"), module.__dict__)
    return module

def of_seeds(net, family, name, renamed=lambda k: k):
    specs = json.load(open(os.path.join(golden, family, name + ".json")))["tensors"]
    net.load_state_dict({k: seeded.values(specs[renamed(k)]) if v.is_floating_point() else v for k, v in net.state_dict().items()})
    return net.eval()

expected, inputs = {}, {}

def square(x):
    side = min(x.shape[-2:])
    top, left = (x.shape[-2] - side) // 2, (x.shape[-1] - side) // 2
    return x[..., top:top + side, left:left + side]

def sized(planes, size, filter, zoom=1.0):
    side = planes.shape[-1]
    edge = (side - side / zoom) / 2
    box = (edge, edge, side - edge, side - edge)
    return torch.stack([torch.from_numpy(np.array(Image.fromarray(p.numpy(), "F").resize((size, size), filter, box=box))) for p in planes])

def case(name, net, planes, **mistakes):
    expected[f"{name}.output"] = net(planes[None])[0]
    for mistake, other in mistakes.items():
        expected[f"{name}.mistake.{mistake}"] = net(other[None])[0]
        print(name, mistake, float((expected[f"{name}.mistake.{mistake}"] - expected[f"{name}.output"]).abs().max()))

IMAGENET = [torch.tensor(v)[:, None, None] for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
HALF = torch.full((3, 1, 1), 0.5)

with torch.no_grad():
    # A picture of 0 to 255, wider than high.
    inputs["picture"] = seeded.spec((3, 250, 262), 31, 1.0, 100.0)
    picture = square(seeded.values(inputs["picture"])) / 255
    bilinear, bicubic = Image.BILINEAR, Image.BICUBIC

    # Zoobot nano: colour pictures.
    tiny = lambda channels, conv_mlp: ConvNeXt(in_chans=channels, num_classes=0, depths=(1, 1, 2, 1), dims=(8, 8, 12, 16), conv_mlp=conv_mlp).eval()
    state = lambda name: {k: v.float() for k, v in load_file(os.path.join(golden, "convnext", name + ".safetensors")).items()}
    net = tiny(3, True); net.load_state_dict(state("conv_mlp"))
    seen = sized(picture, 224, bilinear, 1.2)
    case("zoobot_convnext_nano", net, seen, not_zoomed=sized(picture, 224, bilinear), standardised=(seen - IMAGENET[0]) / IMAGENET[1],
         order=seen.flip(0), swapped=seen.transpose(1, 2))
    # Zoobot's networks of one plane, on a picture and on fluxes.
    net = tiny(1, False); net.load_state_dict(state("linear_grey"))
    grey = sized(picture.mean(0)[None], 224, bilinear, 1.2)
    case("zoobot_greyscale_convnext_nano", net, grey, upside_down=grey.flip(1))
    inputs["flux"] = seeded.spec((1, 240, 240), 32, 1.0, 10.0)
    f = seeded.values(inputs["flux"]).double()
    low, high = np.percentile(f.numpy(), [0, 99.7])
    unit = ((f - low) / (high - low)).clamp(0, 1)
    case("zoobot_greyscale_convnext_nano.flux", net, sized(torch.asinh(unit).float(), 224, bilinear, 1.2),
         linear=sized(unit.float(), 224, bilinear, 1.2))

    # EfficientNet-Lite: bicubic, a half as mean and deviation.
    net = of_seeds(script("efficientnet").build(), "efficientnet", "timm")
    seen = sized(picture, 224, bicubic)
    case("efficientnet_lite0", net, (seen - HALF) / HALF, imagenet=(seen - IMAGENET[0]) / IMAGENET[1], swapped=((seen - HALF) / HALF).transpose(1, 2))

    # DINOv2: positions of 37 x 37 patches on pictures of 16 x 16.
    vit = dict(embed_dim=128, num_heads=2, init_values=1.0, num_classes=0, norm_layer=partial(torch.nn.LayerNorm, eps=1e-6))
    net = VisionTransformer(img_size=518, patch_size=14, depth=2, dynamic_img_size=True, **vit)
    small = [("patch_embed", lambda s, n: seeded.spec(s, n, 2.0 ** -13)), ("pos_embed", lambda s, n: seeded.spec(s, n, 2.0 ** -8))]
    specs = seeded.fill(net, 900, 1.0, small)
    seeded.save(os.path.join(here, "dinov2.json"), specs, {})
    net.eval()
    seen = (seen - IMAGENET[0]) / IMAGENET[1]
    case("vit_s14_dinov2", net, seen, bilinear=(sized(picture, 224, bilinear) - IMAGENET[0]) / IMAGENET[1], swapped=seen.transpose(1, 2), order=seen.flip(0))

    # AstroCLIP and AstroDINO: fluxes g, r, z of 152 px.
    inputs["fluxes"] = seeded.spec((3, 152, 152), 33, 2.0 ** -8, 0.1)
    f = seeded.values(inputs["fluxes"])
    gains = torch.tensor([6.0, 3.4, 2.2])[:, None, None]
    def colours(f, m=0.03, q=20.0):
        scaled = f * gains + m
        i = scaled.clamp(min=0).mean(0)
        factor = torch.asinh(q * i) / q ** 0.5 / (i + (i == 0) * 1e-6)
        return (scaled * factor).clamp(0, 1).flip(0)[:, 4:148, 4:148].transpose(1, 2)
    seen = colours(f)
    wrong = dict(order=seen.flip(0), not_swapped=seen.transpose(1, 2), no_offset=colours(f, m=0.0), resized=sized(square(f), 144, bilinear) * gains)
    clip = script("astroclip")
    net = of_seeds(clip.Head(), "astroclip", "tiny", clip.saved_as)
    net.backbone.patch_embed.strict_img_size = False
    case("astroclip", net, seen, **wrong)
    net = VisionTransformer(img_size=144, patch_size=12, depth=4, **vit)
    specs = seeded.fill(net, 950, 1.0, small)

    chunked = lambda k: "teacher.backbone." + re.sub(r"^blocks\.(\d)\.", lambda m: f"blocks.{m[1]}.{m[1]}.", k)
    seeded.save(os.path.join(here, "astrodino.json"), {chunked(k): v for k, v in specs.items()}, {})
    case("astrodino", net.eval(), seen, **wrong)

seeded.save(os.path.join(here, "inputs.json"), {}, inputs)
save_file({k: v.contiguous() for k, v in expected.items()}, os.path.join(here, "expected.safetensors"))
