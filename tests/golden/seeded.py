"""Weights from seeds, so that golden files hold a line a tensor instead of its values: the names and
shapes are the reference implementation's own, the values those of SplitMix64 (Steele, Lea & Flood
2014), as tests/core/vit/files.rs makes them too."""
import json, math
import numpy as np
import torch

def values(spec):
    """float32 values of a tensor."""
    count = int(np.prod(spec["shape"], dtype=np.int64))
    with np.errstate(over="ignore"):
        steps = (np.arange(count, dtype=np.uint64) + np.uint64(spec["first"] + 1)) * np.uint64(0x9E3779B97F4A7C15)
        z = np.uint64(spec["seed"]) + steps
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    levels = (z >> np.uint64(57)).astype(np.float64) - 64
    return torch.from_numpy((spec["shift"] + levels * spec["scale"]).astype(np.float32).reshape(spec["shape"]))

def spec(shape, seed, scale, shift=0.0):
    return dict(shape=list(shape), seed=seed, first=0, scale=scale, shift=shift)

def power(x):
    """The power of two next to x: products with it are exact."""
    return 2.0 ** round(math.log2(x))

def of_tensor(name, tensor, seed, gain=1.0):
    """Values of a size at which every part matters."""
    shape = tuple(tensor.shape)
    last = name.rsplit(".", 1)[-1]
    if last in ("running_var",) or (len(shape) == 1 and last in ("weight", "gamma")):
        return spec(shape, seed, 2.0 ** -8, 1.0)
    if len(shape) <= 1:
        return spec(shape, seed, 2.0 ** -9)
    fan_in = int(np.prod(shape[1:]))
    return spec(shape, seed, power(gain / (37 * math.sqrt(fan_in))))

def fill(module, first_seed, gain=1.0, rules=()):
    """Gives every floating tensor of a module seeded values; the specs by name."""
    state, specs = {}, {}
    for i, (name, tensor) in enumerate(module.state_dict().items()):
        if not tensor.is_floating_point():
            state[name] = tensor
            continue
        made = of_tensor(name, tensor, first_seed + i, gain)
        for part, rule in rules:
            if part in name: made = rule(tuple(tensor.shape), first_seed + i)
        specs[name] = made
        state[name] = values(made)
    module.load_state_dict(state)
    return specs

def save(path, tensors, inputs):
    with open(path, "w") as f:
        json.dump(dict(tensors=tensors, inputs=inputs), f, indent=0, sort_keys=True)
        f.write("\n")
