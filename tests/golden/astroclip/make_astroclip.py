#!/usr/bin/env python3
"""Golden vectors of a tiny AstroCLIP image encoder: timm's Vision Transformer as the backbone, the head put together
anew from the published facts (PyTorch's own multi-head attention).

    make_astroclip.py      (needs torch, timm, safetensors; made with timm 1.0.31, torch 2.15)

Writes tiny.json (weights from seeds, see ../seeded.py) and expected.safetensors beside itself.
"""
import os, re, sys
from functools import partial
import torch
from torch import nn
from safetensors.torch import save_file
from timm.models.vision_transformer import VisionTransformer

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(here))
import seeded

WIDTH, PATCH, SIDE = 128, 12, 48

class Attend(nn.Module):
    def __init__(self, eps):
        super().__init__()
        self.query = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.multihead_attn = nn.MultiheadAttention(WIDTH, 4, batch_first=True)
        self.layernorm = nn.LayerNorm(WIDTH, eps=eps)

class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

class Head(nn.Module):
    def __init__(self, eps=1e-5, act=nn.GELU, vit_eps=1e-6):
        super().__init__()
        self.backbone = VisionTransformer(img_size=SIDE, patch_size=PATCH, embed_dim=WIDTH, depth=4, num_heads=2, init_values=1.0,
                                          num_classes=0, norm_layer=partial(nn.LayerNorm, eps=vit_eps), act_layer=act)
        self.cross_attention, self.mlp, self.act = Attend(eps), Perceptron(), act()

    def forward(self, x, extra=False, residual=False):
        b = self.backbone
        x = b._pos_embed(b.patch_embed(x)) if extra else b.patch_embed(x)
        for block in b.blocks: x = block(x)
        x = b.norm(x)
        a = self.cross_attention
        x = a.layernorm(a.multihead_attn(a.query.repeat(len(x), 1, 1), x, x, need_weights=False)[0])[:, 0]
        y = self.mlp.decoder(self.act(self.mlp.encoder(x)))
        return x + y if residual else y

def saved_as(name):
    """As the checkpoint has it: under Lightning's and the model's names, blocks in four chunks."""
    name = re.sub(r"backbone\.blocks\.(\d)\.", lambda m: f"backbone.blocks.{m[1]}.{m[1]}.", name)
    return "state_dict.image_encoder." + name

expected = {}
with torch.no_grad():
    net = Head().eval()
    small = lambda shape, seed: seeded.spec(shape, seed, 2.0 ** -14)
    specs = seeded.fill(net, 700, 1.0, [("out_proj.weight", small), ("out_proj.bias", small), ("query", lambda s, n: seeded.spec(s, n, 2.0 ** -6)),
                                        ("patch_embed", lambda s, n: seeded.spec(s, n, 2.0 ** -13)), ("pos_embed", lambda s, n: seeded.spec(s, n, 2.0 ** -8))])
    image = seeded.spec((2, 3, SIDE, SIDE), 66, 2.0 ** -7, 0.5)
    x = seeded.values(image)
    stored = {saved_as(k): v for k, v in specs.items()}
    stored["state_dict.image_encoder.backbone.mask_token"] = seeded.spec((1, WIDTH), 1, 1.0)
    stored["state_dict.spectrum_encoder.mlp.encoder.weight"] = seeded.spec((4, 4), 1, 1.0)
    seeded.save(os.path.join(here, "tiny.json"), stored, dict(image=image))
    expected["tiny.output"] = net(x)
    expected["tiny.mistake.cls_and_positions"] = net(x, extra=True)
    expected["tiny.mistake.residual"] = net(x, residual=True)
    expected["tiny.mistake.swapped"] = net(x.transpose(2, 3))
    for mistake, how in dict(head_epsilon=dict(eps=1e-6), vit_epsilon=dict(vit_eps=1e-5), gelu_tanh=dict(act=partial(nn.GELU, approximate="tanh"))).items():
        wrong = Head(**how).eval()
        wrong.load_state_dict(net.state_dict())
        expected[f"tiny.mistake.{mistake}"] = wrong(x)
for k in expected: print(k, float((expected[k] - expected["tiny.output"]).abs().max()))
save_file({k: v.contiguous() for k, v in expected.items()}, os.path.join(here, "expected.safetensors"))
