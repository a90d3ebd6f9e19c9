#!/usr/bin/env python3
"""Golden vectors of a tiny AION-1 by the published package: codec and encoder, Legacy survey and HSC.

    make_aion.py      (needs polymathic-aion, torch, safetensors; made with polymathic-aion 0.0.2, torch 2.15)

Writes tiny.json (weights from seeds, see ../seeded.py; the codec under `codec.`) and expected.safetensors beside itself.
Only images of 32 px (64 tokens) and 12 codes, so that the files stay small; fluxes go the whole way through the
package's own cropping, clipping, rescaling and padding.
"""
import os, sys
from functools import partial
import torch
from safetensors.torch import save_file
from aion.codecs.image import ImageCodec
from aion.codecs.preprocessing.image import CenterCrop
from aion.fourm import fm
from aion.fourm.encoder_embeddings import ImageTokenEncoderEmbedding
from aion.modalities import HSCImage, LegacySurveyImage
from aion.model import AION

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(here))
import seeded

SIDE, LEVELS, WIDTH = 32, [4, 3], 128
for mod in ("tok_image", "tok_image_hsc"):
    fm.MODALITY_INFO[mod]["encoder_embedding"] = partial(ImageTokenEncoderEmbedding, vocab_size=12, patch_size=4, image_size=(SIDE, SIDE))
CONFIG = dict(domains_in=["tok_image", "tok_image_hsc"], domains_out=[], dim=WIDTH, encoder_depth=2, decoder_depth=1, num_heads=2, mlp_ratio=4.0,
              qkv_bias=False, proj_bias=False, mlp_bias=False, norm_bias=False, act_layer="SiLU", gated_mlp=True, qk_norm=False)
expected = {}
SURVEYS = {"legacy": (LegacySurveyImage, "tok_image", ["DES-G", "DES-R", "DES-I", "DES-Z"]),
           "hsc": (HSCImage, "tok_image_hsc", ["HSC-G", "HSC-R", "HSC-I", "HSC-Z", "HSC-Y"])}

with torch.no_grad():
    codec = ImageCodec(quantizer_levels=LEVELS, hidden_dims=16, num_consecutive=1, embedding_dim=2).eval()
    codec.center_crop = CenterCrop(SIDE)
    net = AION(CONFIG).eval()
    gate = lambda shape, seed: seeded.spec(shape, seed, 2.0 ** -6)
    codec_specs = seeded.fill(codec, 900, 2.0, [("net.4.net", gate), ("pre_quant", lambda s, n: seeded.spec(s, n, 2.0 ** -6))])
    specs = seeded.fill(net, 1200, 1.0, [("mod_emb", lambda s, n: seeded.spec(s, n, 2.0 ** -7)), ("token_emb", lambda s, n: seeded.spec(s, n, 2.0 ** -6)),
                                         ("encoder.0.norm1.weight", lambda s, n: seeded.spec(s, n, 2.0 ** -7, 1.5))])
    stored = {k: v for k, v in specs.items() if not k.startswith("decoder.") and not k.startswith("decoder_norm")}
    # Integers can't be seeded: the test writes them itself.
    stored.update({"codec." + k: v for k, v in codec_specs.items() if k.startswith(("model.conv_in", "model.encoder_layers", "subsample_in", "pre_quant"))})
    inputs = {}
    for s, (name, (kind, token, bands)) in enumerate(SURVEYS.items()):
        peak = 40.0 if name == "hsc" else 2.0 ** -2
        flux = seeded.spec((2, len(bands), SIDE + 6, SIDE + 4), 40 + s, 2.0 ** -4 if name == "legacy" else 1.0)
        inputs[name] = flux
        x = seeded.values(flux)
        # A bright centre that clipping cuts.
        x[:, :, 18:22, 16:20] *= 60.0
        tokens = codec.encode(kind(flux=x.clone(), bands=bands))
        z = codec._encode(kind(flux=x.clone(), bands=bands))
        bounded = codec.quantizer._bound(z.moveaxis(1, -1))
        print(name, "codes", tokens.unique().tolist(), "closest to a tie", float((bounded - bounded.floor() - 0.5).abs().min()))
        expected[f"{name}.codes"] = tokens.float()
        run = lambda t, n=SIDE * SIDE: net.encode({token: t}, num_encoder_tokens=n).mean(1)
        expected[f"{name}.output"] = run(tokens)
        expected[f"{name}.mistake.half_the_tokens"] = run(tokens, 32)
        expected[f"{name}.mistake.swapped"] = run(codec.encode(kind(flux=x.transpose(2, 3).clone(), bands=bands)))
        clamped, codec.clamp = codec.clamp, lambda image, bands: image
        expected[f"{name}.mistake.not_clipped"] = run(codec.encode(kind(flux=x.clone(), bands=bands)))
        if name == "hsc":
            later = lambda image, survey: clamped(image / 10 ** 1.8, bands)
            forward, codec.rescaler.forward = codec.rescaler.forward, later
            expected[f"{name}.mistake.rescaled_first"] = run(codec.encode(kind(flux=x.clone(), bands=bands)))
            codec.rescaler.forward = forward
        codec.clamp = clamped
        emb, enc, mask = [net.embed_inputs({token: tokens}, num_encoder_tokens=999)[i] for i in (0, 1, 2)]
        expected[f"{name}.mistake.no_projection"] = net.forward_encoder(emb + enc, encoder_mask=mask).mean(1)
        for k in expected:
            if k.startswith(f"{name}.mistake"): print(k, float((expected[k] - expected[f"{name}.output"]).abs().max()))
    seeded.save(os.path.join(here, "tiny.json"), stored, inputs)
save_file({k: v.contiguous() for k, v in expected.items()}, os.path.join(here, "expected.safetensors"))
