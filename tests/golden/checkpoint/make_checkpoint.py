#!/usr/bin/env python3
"""Checkpoints as torch.save writes them, in both formats, and their values as safetensors.

    make_checkpoint.py      (needs torch, safetensors; made with torch 2.15)
"""
import argparse, os, pathlib, sys
from collections import OrderedDict
import torch
from safetensors.torch import load_file, save_file

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(3)
base = torch.randn(6, 4)
state = OrderedDict([
    ("plain", torch.randn(2, 3)), ("half", torch.randn(5).half()), ("brain", torch.randn(3, 2).bfloat16()), ("double", torch.randn(4).double()),
    ("turned", base.t()), ("part", base[2:4, 1:3]), ("shared", base), ("row", base[3]), ("parameter", torch.nn.Parameter(torch.randn(3))),
    ("scalar", torch.tensor(7.5)), ("count", torch.tensor(41)), ("empty", torch.zeros(0, 4)), ("steps", torch.tensor([1, -2, 3], dtype=torch.int32)),
])
state._metadata = OrderedDict([("", dict(version=1))])
whole = dict(epoch=3, lr=1e-3, note="a text", state_dict=state, hyper_parameters=argparse.Namespace(depth=2, folder=pathlib.PurePosixPath("x")),
             optimizer_states=[dict(state={0: dict(exp_avg=torch.ones(2))}, param_groups=[dict(lr=0.1, betas=(0.9, 0.999))])])
torch.save(whole, os.path.join(here, "lightning.ckpt"))
torch.save(state, os.path.join(here, "legacy.pth"), _use_new_zipfile_serialization=False)
torch.save(torch.nn.Linear(2, 2), os.path.join(here, "whole_model.pt"))
save_file({k: v.detach().float().contiguous().clone() for k, v in state.items()}, os.path.join(here, "values.safetensors"))
# The tiny Zoobot encoder of ../convnext as Lightning keeps it.
zoobot = load_file(os.path.join(here, "../convnext/zoobot.safetensors"))
torch.save(dict(epoch=1, state_dict=OrderedDict(zoobot)), os.path.join(here, "zoobot.ckpt"))
