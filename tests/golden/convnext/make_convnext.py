#!/usr/bin/env python3
"""Golden vectors of tiny ConvNeXts by timm: weights as timm saves them, inputs, outputs, and what
typical mistakes would give, which the test shows to be outside its tolerance.

    make_convnext.py            (needs torch, timm, safetensors; made with timm 1.0.31, torch 2.15)

Writes NAME.safetensors (weights, half precision; timm computed with exactly these values) and
expected.safetensors beside itself.
"""
import os, re
import torch, timm
from functools import partial
from safetensors.torch import save_file
from timm.layers import LayerNorm, LayerNorm2d
from timm.models.convnext import ConvNeXt

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(7)
expected = {}

def model(channels, conv_mlp, **other):
    return ConvNeXt(in_chans=channels, num_classes=0, depths=(1, 1, 2, 1), dims=(8, 8, 12, 16), conv_mlp=conv_mlp, **other).eval()

def shake(net):
    """Values of a size at which every part matters; variances small enough for epsilon to."""
    state = {}
    for name, v in net.state_dict().items():
        if name.endswith("gamma"): v = 0.5 + torch.rand_like(v)
        elif "norm" in name or re.match(r"(stem\.1|stages\.\d\.downsample\.0)", name):
            v = 1 + 0.3 * torch.randn_like(v) if name.endswith("weight") else 0.2 * torch.randn_like(v)
        elif name.startswith("stem.0"): v = 0.01 * torch.randn_like(v)
        elif "conv_dw.weight" in name: v = 0.15 * torch.randn_like(v)
        elif name.endswith("weight"): v = torch.randn_like(v) * 1.5 / v[0].numel() ** 0.5
        else: v = 0.2 * torch.randn_like(v)
        state[name] = v.half().float()
    net.load_state_dict(state)
    return state

def original(name):
    """timm's name as facebookresearch/ConvNeXt has it."""
    name = re.sub(r"^stem\.", "downsample_layers.0.", name)
    name = re.sub(r"stages\.(\d)\.downsample\.", r"downsample_layers.\1.", name)
    name = re.sub(r"stages\.(\d)\.blocks\.", r"stages.\1.", name)
    return name.replace("conv_dw", "dwconv").replace("mlp.fc", "pwconv").replace("head.norm", "norm")

@torch.no_grad()
def case(name, channels, conv_mlp, rename, extra=()):
    net = model(channels, conv_mlp)
    state = shake(net)
    saved = {rename(k): v.half() for k, v in state.items()}
    saved.update(extra)
    save_file(saved, os.path.join(here, name + ".safetensors"))
    x = torch.randn(2, channels, 48, 32).half().float()
    expected[f"{name}.input"] = x
    expected[f"{name}.output"] = net(x)
    # After block 2, the first of the third stage: the mean of its map, without the last norm.
    h = net.stem(x)
    for stage in net.stages[:2]: h = stage(h)
    h = net.stages[2].downsample(h)
    expected[f"{name}.block2"] = net.stages[2].blocks[0](h).mean((2, 3))
    for mistake, other in dict(gelu_tanh=dict(act_layer="gelu_tanh"), epsilon=dict(norm_eps=1e-5)).items():
        wrong = model(channels, conv_mlp, **other)
        wrong.load_state_dict(state)
        expected[f"{name}.mistake.{mistake}"] = wrong(x)
    expected[f"{name}.mistake.swapped"] = net(x.transpose(2, 3))
    expected[f"{name}.mistake.no_norm"] = net.forward_features(x).mean((2, 3))
    for key in [k for k in expected if k.startswith(f"{name}.mistake")]:
        print(key, float((expected[key] - expected[f"{name}.output"]).abs().max()))

case("conv_mlp", 3, True, lambda k: k)
case("linear_grey", 1, False, lambda k: k)
case("original", 3, False, original, {"head.weight": torch.zeros(4, 16).half(), "head.bias": torch.zeros(4).half()})
case("zoobot", 3, True, lambda k: "encoder." + k, {"head.0.weight": torch.zeros(3, 16).half()})
save_file({k: v.contiguous().half() if k.endswith("input") else v.contiguous().float() for k, v in expected.items()}, os.path.join(here, "expected.safetensors"))
