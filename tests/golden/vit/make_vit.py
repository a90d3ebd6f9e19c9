#!/usr/bin/env python3
"""Golden tokens and preprocessed pictures for the Vision Transformer's tests.

    make_vit.py                (writes cases.json and expected.safetensors beside itself)

An independent reference in numpy (float64), written from the papers and the published key names;
positions are resized by Pillow (antialiased) and ONNX Runtime (plain cubic), pictures by Pillow.
Weights and inputs aren't stored: both sides make them from the seeds in cases.json (SplitMix64,
multiples of a power of two that half precision and bfloat16 hold exactly).
Needs: numpy, pillow, onnx, onnxruntime.
"""
import json, math, os, struct
import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
M = (1 << 64) - 1


def noise(seed, first, count):
    """Integers -64..63 of SplitMix64's outputs number first.. of a seed."""
    i = np.arange(first + 1, first + count + 1, dtype=np.uint64)
    z = np.uint64(seed) + i * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(57)).astype(np.int64) - 64


class Maker:
    def __init__(self, seed):
        self.seed, self.specs, self.values = seed, {}, {}

    def make(self, name, shape, scale, shift=0.0):
        self.seed += 1
        spec = dict(shape=list(shape), seed=self.seed, first=0, scale=scale, shift=shift)
        self.specs[name] = spec
        self.values[name] = (shift + noise(self.seed, 0, int(np.prod(shape))) * scale).reshape(shape)


W, HIDDEN, DEPTH, PATCH = 128, 96, 2, 14
erf = np.vectorize(math.erf)


def parameters(seed, grid, class_position, registers, swiglu):
    m = Maker(seed)
    # Tokens vary little (0.02): then the layer norm's epsilon shows.
    m.make("cls_token", (1, 1, W), 2.0**-12)
    m.make("pos_embed", (1, grid * grid + class_position, W), 2.0**-11)
    if registers:
        m.make("registers", (1, registers, W), 2.0**-11)
    m.make("patch.weight", (W, 3, PATCH, PATCH), 2.0**-13)
    m.make("patch.bias", (W,), 2.0**-12)
    for b in range(DEPTH):
        n = f"blocks.{b}."
        inner = 2 * HIDDEN if swiglu else HIDDEN
        for norm in ("norm1", "norm2"):
            m.make(n + norm + ".weight", (W,), 2.0**-7, 1.0)
            m.make(n + norm + ".bias", (W,), 2.0**-9)
        for layer, out, inp in (("qkv", 3 * W, W), ("proj", W, W), ("fc1", inner, W), ("fc2", W, HIDDEN)):
            m.make(n + layer + ".weight", (out, inp), 2.0**-8)
            m.make(n + layer + ".bias", (out,), 2.0**-8)
        m.make(n + "ls1", (W,), 2.0**-9, 0.25)
        m.make(n + "ls2", (W,), 2.0**-9, 0.25)
    m.make("norm.weight", (W,), 2.0**-7, 1.0)
    m.make("norm.bias", (W,), 2.0**-9)
    return m


def resize_positions(pos, new, antialias, offset):
    g = pos.shape[0]
    if (g, g) == new:
        return pos
    if antialias:  # Pillow: a = -0.5, widened when shrinking
        planes = [np.asarray(Image.fromarray(pos[:, :, c].astype("f4")).resize((new[1], new[0]), Image.BICUBIC)) for c in range(pos.shape[2])]
        return np.stack(planes, 2).astype("f8")
    import onnx, onnxruntime
    from onnx import helper, TensorProto
    # scales (rows, columns) as PyTorch uses a given scale factor: unrounded, in the coordinates
    scales = helper.make_tensor("s", TensorProto.FLOAT, [4], [1, 1, (new[0] + offset) / g, (new[1] + offset) / g])
    node = helper.make_node("Resize", ["x", "", "s"], ["y"], mode="cubic", cubic_coeff_a=-0.75, coordinate_transformation_mode="half_pixel", nearest_mode="floor")
    io = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in "xy"]
    graph = helper.make_graph([node], "r", io[:1], io[1:], [scales])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    run = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    y = run.run(None, {"x": pos.transpose(2, 0, 1)[None].astype("f4")})[0][0].transpose(1, 2, 0)
    assert y.shape[:2] == new, (y.shape, new)
    return y.astype("f8")


def tokens(p, x, heads, swiglu, antialias, offset, block, eps=1e-6, tanh=False, scale=True):
    B, _, H, Wd = x.shape
    gh, gw = H // PATCH, Wd // PATCH
    w = p["patch.weight"]
    t = np.zeros((B, gh * gw, W))
    for i in range(gh):
        for j in range(gw):
            t[:, i * gw + j] = np.tensordot(x[:, :, i * PATCH:(i + 1) * PATCH, j * PATCH:(j + 1) * PATCH], w, ([1, 2, 3], [1, 2, 3]))
    t += p["patch.bias"]
    pos = p["pos_embed"][0]
    g = math.isqrt(len(pos))
    cls = p["cls_token"][0]
    if g * g != len(pos):
        cls, pos, g = cls + pos[:1], pos[1:], math.isqrt(len(pos) - 1)
    t += resize_positions(pos.reshape(g, g, W), (gh, gw), antialias, offset).reshape(-1, W)
    lead = [cls] + ([p["registers"][0]] if "registers" in p else [])
    t = np.concatenate([np.broadcast_to(np.concatenate(lead), (B, sum(map(len, lead)), W)), t], 1)

    def norm(v, n):
        mean = v.mean(-1, keepdims=True)
        var = ((v - mean) ** 2).mean(-1, keepdims=True)
        return (v - mean) / np.sqrt(var + eps) * p[n + ".weight"] + p[n + ".bias"]

    dense = lambda v, n: v @ p[n + ".weight"].T + p[n + ".bias"]
    for b in range(DEPTH if block is None else block + 1):
        n = f"blocks.{b}."
        q, k, v = np.split(dense(norm(t, n + "norm1"), n + "qkv"), 3, -1)
        d = W // heads
        out = []
        for h in range(heads):
            s = slice(h * d, (h + 1) * d)
            a = q[..., s] @ k[..., s].transpose(0, 2, 1) / math.sqrt(d)
            a = np.exp(a - a.max(-1, keepdims=True))
            out.append(a / a.sum(-1, keepdims=True) @ v[..., s])
        t = t + dense(np.concatenate(out, -1), n + "proj") * (p[n + "ls1"] if scale else 1)
        h = dense(norm(t, n + "norm2"), n + "fc1")
        if swiglu:
            a, c = np.split(h, 2, -1)
            h = a / (1 + np.exp(-a)) * c
        elif tanh:
            h = h / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h**3)))
        else:
            h = h / 2 * (1 + erf(h / math.sqrt(2)))
        t = t + dense(h, n + "fc2") * (p[n + "ls2"] if scale else 1)
    return norm(t, "norm")


def renamed(specs, family, swiglu, prefix, chunked):
    """The names a family gives, with queries, keys and values apart where it keeps them so."""
    out = {}

    def put(name, spec):
        out[prefix + name] = spec

    hf = family == "transformers"
    top = {"cls_token": "embeddings.cls_token", "pos_embed": "embeddings.position_embeddings", "registers": "embeddings.register_tokens",
           "patch.weight": "embeddings.patch_embeddings.projection.weight", "patch.bias": "embeddings.patch_embeddings.projection.bias",
           "norm.weight": "layernorm.weight", "norm.bias": "layernorm.bias"} if hf else {
           "cls_token": "cls_token", "pos_embed": "pos_embed", "registers": "reg_token" if family == "timm" else "register_tokens",
           "patch.weight": "patch_embed.proj.weight", "patch.bias": "patch_embed.proj.bias", "norm.weight": "norm.weight", "norm.bias": "norm.bias"}
    mlp = ("fc1", "fc2") if not swiglu or family == "timm" else ("w12", "w3") if family == "original" else ("weights_in", "weights_out")
    part = {"qkv": "attn.qkv", "proj": "attention.output.dense" if hf else "attn.proj", "fc1": "mlp." + mlp[0], "fc2": "mlp." + mlp[1],
            "ls1": "layer_scale1.lambda1" if hf else "ls1.gamma", "ls2": "layer_scale2.lambda1" if hf else "ls2.gamma", "norm1": "norm1", "norm2": "norm2"}
    for name, spec in specs.items():
        if name in top:
            put(top[name], spec)
            continue
        _, b, layer, *leaf = name.split(".")
        at = f"encoder.layer.{b}." if hf else f"blocks.{b}.{b}." if chunked else f"blocks.{b}."
        leaf = "".join("." + s for s in leaf)
        if hf and layer == "qkv":
            count = int(np.prod(spec["shape"])) // 3
            for i, q in enumerate(("query", "key", "value")):
                put(f"{at}attention.attention.{q}{leaf}", {**spec, "shape": [W] + spec["shape"][1:], "first": i * count})
        else:
            put(at + part[layer] + leaf, spec)
    if family != "timm":
        put("embeddings.mask_token" if hf else "mask_token", dict(shape=[1, W], seed=1, first=0, scale=1.0, shift=0.0))
    return out


def write_safetensors(path, arrays):
    header, at = {}, 0
    for name, a in arrays.items():
        n = a.size * 4
        header[name] = dict(dtype="F32", shape=list(a.shape), data_offsets=[at, at + n])
        at += n
    h = json.dumps(header).encode()
    h += b" " * (-len(h) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(h)) + h)
        for a in arrays.values():
            f.write(np.ascontiguousarray(a, "<f4").tobytes())


# name, family, grid, class position, registers, swiglu, antialias, offset, height, width, block, prefix, chunked
CASES = [
    ("timm", "timm", 5, 1, 0, False, True, 0.0, 56, 56, None, "", False),
    ("timm_reg", "timm", 5, 0, 4, False, True, 0.0, 42, 56, None, "model.", False),
    ("timm_swiglu", "timm", 3, 1, 0, True, True, 0.0, 56, 42, None, "", False),
    ("original", "original", 5, 1, 0, False, False, 0.1, 56, 56, None, "module.", False),
    ("original_reg_chunked", "original", 5, 1, 4, False, True, 0.0, 56, 42, None, "teacher.backbone.", True),
    ("original_swiglu", "original", 3, 1, 0, True, False, 0.1, 56, 42, 0, "", False),
    ("transformers", "transformers", 5, 1, 0, False, False, 0.0, 42, 56, None, "encoder.", False),
    ("transformers_same_grid_block", "transformers", 3, 1, 0, False, False, 0.0, 42, 42, 0, "", False),
    ("transformers_reg", "transformers", 4, 1, 4, False, True, 0.0, 42, 42, None, "dinov2.", False),
    ("transformers_swiglu", "transformers", 3, 1, 0, True, False, 0.0, 42, 42, None, "", False),
]


def vit_cases(expected):
    cases = []
    for number, (name, family, grid, cp, reg, swiglu, aa, off, h, w, block, prefix, chunked) in enumerate(CASES):
        m = parameters(1000 * (number + 1), grid, cp, reg, swiglu)
        x = (noise(7 + number, 0, 2 * 3 * h * w) * 2.0**-5).reshape(2, 3, h, w)
        run = lambda **k: tokens(m.values, k.pop("x", x), 2, swiglu, k.pop("aa", aa), k.pop("off", off), block, **k)
        y = run()
        # Each mistake moves the tokens by far more than the test's tolerance of 2e-5.
        mistakes = dict(eps=run(eps=1e-5), channels=run(x=x[:, ::-1]), scale=run(scale=False))
        if not swiglu:
            mistakes["gelu"] = run(tanh=True)
        if h == w:
            mistakes["transposed"] = run(x=x.transpose(0, 1, 3, 2))
        if (grid, grid) != (h // PATCH, w // PATCH):
            mistakes["antialias"] = run(aa=not aa, off=0.0)
        if off:
            mistakes["offset"] = run(off=0.0)
        sizes = {k: float(np.abs(v - y).max()) for k, v in mistakes.items()}
        print(name, {k: f"{v:.1e}" for k, v in sizes.items()}, "|y| max", f"{np.abs(y).max():.2f}")
        assert min(sizes.values()) > 2e-4, sizes
        expected["tokens." + name] = y
        cases.append(dict(name=name, family=family, input=dict(shape=[2, 3, h, w], seed=7 + number, first=0, scale=2.0**-5, shift=0.0), block=block,
                          tensors=renamed(m.specs, family, swiglu, prefix, chunked),
                          config=dict(width=W, depth=DEPTH, heads=2, patch_px=PATCH, position_grid=grid, registers=reg, class_has_position=bool(cp),
                                      hidden=HIDDEN, swiglu=swiglu, layer_scale=True, position_resize=dict(antialias=aa, offset=off))))
    return cases


MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
# name, bands, height, width, picture, top row first, resample, side, pixels without a value, band without any
PICTURES = [
    ("picture_rgb_down", 3, 41, 37, True, True, "antialiased_bicubic", 14, 0, None),
    ("picture_grey_up", 1, 9, 9, True, True, "antialiased_bilinear", 14, 0, None),
    ("flux_one_band", 1, 30, 30, False, False, "antialiased_bicubic", 14, 5, None),
    ("flux_two_bands", 2, 30, 34, False, False, "antialiased_bilinear", 14, 3, None),
    ("flux_five_bands_missing_first", 5, 21, 21, False, True, "antialiased_bicubic", 14, 2, 0),
]


def picture_cases(expected):
    cases = []
    for number, (name, bands, h, w, picture, top, how, side, holes, gone) in enumerate(PICTURES):
        specs, planes = [], []
        for b in range(bands):
            seed = 90000 + 100 * number + b
            spec = dict(shape=[h, w], seed=seed, first=0, scale=1.0 if picture else 0.5 + b, shift=96.0 if picture else 3.0)
            v = (spec["shift"] + noise(seed, 0, h * w) * spec["scale"])
            # A few very bright pixels, so that percentiles and asinh matter; then the holes.
            bright = [(i * 97 + 13) % (h * w) for i in range(0 if picture else 4)]
            v[bright] *= 40
            dead = [(i * 53 + 5) % (h * w) for i in range(holes)]
            if gone == b:
                dead = list(range(h * w))
            v[dead] = np.nan
            specs.append(dict(values=spec, bright=bright, dead="all" if gone == b else dead))
            planes.append(v.reshape(h, w))
        unit = []
        for v in planes:
            if not top:
                v = v[::-1]
            s = min(h, w)
            l, t = (w - s) // 2, (h - s) // 2
            # The crop is taken in stored rows; turning an odd remainder would move it by one.
            v = (v[::-1] if not top else v)[t:t + s, l:l + s]
            v = v[::-1] if not top else v
            good = v[np.isfinite(v)]
            if not len(good):
                unit.append(None)
                continue
            v = np.where(np.isfinite(v), v, np.median(good))
            if picture:
                v = v / 255
            else:
                lo, hi = np.percentile(good, [0.5, 99.7])
                v = np.arcsinh(np.clip((v - lo) / (hi - lo), 0, 1) / 0.1) / np.arcsinh(10)
            unit.append(v)
        if bands == 1:
            rgb = [unit[0]] * 3
        elif picture:
            rgb = unit[:3]
        elif bands == 2:
            rgb = [unit[1], (unit[0] + unit[1]) / 2, unit[0]]
        else:
            rgb = [unit[-1], unit[bands // 2], unit[0]]
        there = [u for u in rgb if u is not None]
        rgb = [u if u is not None else np.mean(there, 0) for u in rgb]
        f = Image.BICUBIC if how == "antialiased_bicubic" else Image.BILINEAR
        out = np.stack([np.asarray(Image.fromarray(u.astype("f4")).resize((side, side), f)) for u in rgb]).astype("f8")
        expected["picture." + name] = (out - MEAN[:, None, None]) / STD[:, None, None]
        cases.append(dict(name=name, is_picture=picture, top_row_first=top, resample=how, side=side, bands=specs))
    return cases


expected = {}
cases = dict(vit=vit_cases(expected), pictures=picture_cases(expected))
with open(os.path.join(HERE, "cases.json"), "w") as f:
    json.dump(cases, f, separators=(",", ":"))
    f.write("\n")
write_safetensors(os.path.join(HERE, "expected.safetensors"), expected)
