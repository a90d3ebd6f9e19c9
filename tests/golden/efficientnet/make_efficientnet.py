#!/usr/bin/env python3
"""Golden vectors of a tiny EfficientNet-Lite by timm, and of the real Lite0 weights in timm's tf_efficientnet_lite0.

    make_efficientnet.py [efficientnet_lite0.pth]   (needs torch, timm, safetensors; made with timm 1.0.31, torch 2.15)

Writes timm.json, original.json (weights from seeds, see ../seeded.py) and expected.safetensors beside itself.
"""
import os, re, sys
from functools import partial
import torch, timm
from safetensors.torch import save_file
from timm.layers import get_act_layer
from timm.models._efficientnet_builder import decode_arch_def, resolve_bn_args
from timm.models.efficientnet import EfficientNet

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(here))
import seeded

ARCH = [["ds_r1_k3_s1_e1_c8"], ["ir_r2_k3_s2_e2_c12"], ["ir_r1_k5_s2_e2_c16"], ["ir_r2_k3_s2_e2_c20"],
        ["ir_r1_k5_s1_e2_c24"], ["ir_r1_k5_s2_e2_c28"], ["ir_r1_k3_s1_e2_c32"]]

def build(pad="same", eps=1e-3, act="relu6"):
    return EfficientNet(decode_arch_def(ARCH), num_classes=0, num_features=48, stem_size=8, fix_stem=True,
                        pad_type=pad, act_layer=get_act_layer(act), norm_layer=partial(torch.nn.BatchNorm2d, eps=eps),
                        round_chs_fn=lambda c: c).eval()

def original(name, order):
    """timm's name as the package efficientnet_lite_pytorch has it."""
    name = re.sub(r"^bn1\.", "_bn0.", name)
    name = re.sub(r"^bn2\.", "_bn1.", name)
    name = name.replace("conv_stem", "_conv_stem").replace("conv_head", "_conv_head")
    m = re.match(r"blocks\.(\d+)\.(\d+)\.(.*)", name)
    if not m: return name
    rest = m[3]
    if m[1] == "0":
        for a, b in (("conv_dw", "_depthwise_conv"), ("bn1", "_bn1"), ("conv_pw", "_project_conv"), ("bn2", "_bn2")): rest = rest.replace(a, b) if not rest.startswith("_") else rest
    else:
        for a, b in (("conv_pwl", "_project_conv"), ("conv_pw", "_expand_conv"), ("conv_dw", "_depthwise_conv"),
                     ("bn1", "_bn0"), ("bn2", "_bn1"), ("bn3", "_bn2")): rest = rest.replace(a, b) if not rest.startswith("_") else rest
    return f"_blocks.{order[(m[1], m[2])]}.{rest}"

expected = {}
with torch.no_grad():
    net = build()
    var = lambda shape, seed: seeded.spec(shape, seed, 2.0 ** -9, 0.5)
    specs = seeded.fill(net, 100, 1.0, [("running_var", var), ("blocks.1.0.bn1.running_var", lambda s, n: seeded.spec(s, n, 2.0 ** -14, 2.0 ** -7))])
    order = {}
    for k in specs:
        m = re.match(r"blocks\.(\d+)\.(\d+)", k)
        if m: order.setdefault((m[1], m[2]), len(order))
    image = seeded.spec((2, 3, 50, 64), 99, 2.0 ** -5)
    x = seeded.values(image)
    seeded.save(os.path.join(here, "timm.json"), specs, dict(image=image))
    seeded.save(os.path.join(here, "original.json"), {original(k, order): v for k, v in specs.items()}, dict(image=image))
    expected["tiny.output"] = net(x)
    h = net.bn1(net.conv_stem(x))
    for stage in net.blocks[:2]: h = stage(h)
    expected["tiny.block2"] = h.mean((2, 3))
    for mistake, other in dict(padding=dict(pad=""), epsilon=dict(eps=1e-5), relu=dict(act="relu")).items():
        wrong = build(**other)
        wrong.load_state_dict(net.state_dict())
        expected[f"tiny.mistake.{mistake}"] = wrong(x)
    expected["tiny.mistake.swapped"] = net(x.transpose(2, 3))
    if len(sys.argv) > 1:
        saved = torch.load(sys.argv[1], weights_only=True)
        real = timm.create_model("tf_efficientnet_lite0", num_classes=0).eval()
        # Both list their layers in the order of the computation.
        theirs = [v for k, v in saved.items() if not k.startswith("_fc")]
        assert [tuple(v.shape) for v in real.state_dict().values()] == [tuple(v.shape) for v in theirs]
        real.load_state_dict(dict(zip(real.state_dict(), theirs)))
        expected["real.output"] = real(seeded.values(seeded.spec((1, 3, 224, 224), 77, 2.0 ** -6)))
for k in expected:
    if ".mistake." in k: print(k, float((expected[k] - expected["tiny.output"]).abs().max()))
print({k: (tuple(v.shape), float(v.abs().max())) for k, v in expected.items()})
save_file({k: v.contiguous() for k, v in expected.items()}, os.path.join(here, "expected.safetensors"))
