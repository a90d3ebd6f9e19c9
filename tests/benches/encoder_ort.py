#!/usr/bin/env python3
"""Astrolabel's networks against ONNX Runtime, interleaved in one run: images a second, medians.

    cargo build && python3 tests/benches/encoder_ort.py [FOLDER [MODEL [BATCH]]]

Needs torch, timm, onnx and onnxruntime; astropt for AstroPT. Makes ViT-S/14, ConvNeXt-nano and EfficientNet-Lite0 by timm
and AstroPT's 095M by its own package, with random weights, in FOLDER (a temporary one if not given; what is there is used
again), exports them to ONNX, and quantises those with ONNX Runtime's own quantisation, dynamic and static (QDQ, a scale a
channel). AstroPT is asked for the tokens after its middle block, and ONNX Runtime gets its patches ready-made. Rivals take turns, a second or two each, 5 times (or as often as the environment's ROUNDS
says, for unsteady machines); given are medians over the rounds. Both get 2 threads, random images of 224 px and the same weights. Memory is the most a process of its own ever held, in
single precision; of ONNX Runtime's, what Python and its modules held before the network was opened is not counted.
"AVX2" is what each does without AVX-512 and AMX, which are hidden from ONNX Runtime by only_avx2.c where the processor and
a C compiler allow that. numpy's product of two matrices of 2048² in single precision takes turns with them: what a
network reaches of it is what it reaches of the processor, since numpy's own library (OpenBLAS) does nothing else there.
"""
import json, os, re, subprocess, sys, tempfile, time
from pathlib import Path

ROUNDS, SECONDS, THREADS = int(os.environ.get("ROUNDS", 5)), 1, 2
os.environ["OPENBLAS_NUM_THREADS"] = str(THREADS)
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "debug" / "astrolabel"
SGEMM, OURS = "numpy's sgemm", "astrolabel's f32"
MODELS = {"vit_s14": "ViT-S/14", "convnext_nano": "ConvNeXt-nano", "efficientnet_lite0": "EfficientNet-Lite0", "astropt": "AstroPT 095M"}
KINDS = {"f32": "", "int8": ".int8", "static int8": ".static"}


def shape(name, batch):
    """Of ONNX Runtime's input."""
    return (batch, 196, 768) if name == "astropt" else (batch, 3, 224, 224)


def half_of_astropt():
    """The network up to the middle block, on patches that are ready."""
    import torch
    from astropt.model import GPT, GPTConfig, ModalityConfig, ModalityRegistry
    registry = ModalityRegistry([ModalityConfig(name="images", input_size=768, pos_input_size=1, patch_size=16, embed_pos=True)])
    whole = GPT(GPTConfig(block_size=1024, n_layer=12, n_head=12, n_embd=768, n_chan=3), registry, master_process=False).eval()

    class Half(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.whole = whole

        def forward(self, x):
            t = self.whole.transformer
            x = t.wte["images"](x) + t.wpe["images"](torch.arange(196))
            for block in t.h[:7]:
                x = block(x)
            return x.mean(1)

    return whole, Half().eval()


def make(folder):
    import numpy, timm, torch
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process
    from safetensors.torch import save_file
    from timm.models.vision_transformer import VisionTransformer
    torch.manual_seed(0)
    class Images(CalibrationDataReader):
        def __init__(self, name):
            rng = numpy.random.default_rng(1)
            self.left = [{"x": rng.normal(size=shape(name, 2)).astype("f4")} for _ in range(2)]

        def get_next(self):
            return self.left.pop() if self.left else None

    for name in MODELS:
        files = {kind: folder / f"{name}{end}.onnx" for kind, end in KINDS.items()}
        if all(f.exists() for f in files.values()) and (folder / f"{name}.safetensors").exists():
            continue
        if name == "astropt":
            try:
                net, exported = half_of_astropt()
            except ImportError:
                print("AstroPT is left out: no package astropt")
                continue
        else:
            net = exported = (VisionTransformer(img_size=224, patch_size=14, embed_dim=384, depth=12, num_heads=6, num_classes=0, init_values=1.0)
                              if name == "vit_s14" else timm.create_model(name, num_classes=0)).eval()
        with torch.no_grad():
            for key, p in net.named_parameters():
                if p.ndim >= 2:
                    torch.nn.init.normal_(p, std=0.5 if "token" in key or "pos" in key else numpy.prod(p.shape[1:]) ** -0.5)
                elif key.endswith("gamma"):
                    p.fill_(0.5)
        weights = {k: v.contiguous() for k, v in net.state_dict().items() if not k.startswith("lm_head")}
        save_file(weights, str(folder / f"{name}.safetensors"))
        torch.onnx.export(exported, (torch.randn(shape(name, 1)),), str(files["f32"]), input_names=["x"],
                          output_names=["y"], dynamic_axes={"x": {0: "b"}, "y": {0: "b"}}, opset_version=17, dynamo=False)
        quantize_dynamic(str(files["f32"]), str(files["int8"]), weight_type=QuantType.QInt8)
        ready = folder / "ready.onnx"
        quant_pre_process(str(files["f32"]), str(ready), skip_symbolic_shape=True)
        quantize_static(str(ready), str(files["static int8"]), Images(name), quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
        ready.unlink()


def ours(folder, name, batch, extra=()):
    out = subprocess.run([str(PROGRAM), "bench", str(folder / f"{name}.safetensors"), "--threads", str(THREADS), "--batch",
                          str(batch), "--seconds", str(SECONDS), *extra], check=True, capture_output=True, text=True).stdout
    found = {}
    for isa, precision, rate, gflops in re.findall(r"^  (\S+), (\w+).*?: ([\d.]+) images/s, (\d+) GFLOP/s", out, re.M):
        found[f"{isa} {precision}"] = float(rate)
        if precision == "f32" and not extra:
            found[OURS] = float(gflops)
    return found


def sgemm():
    import numpy
    a, b = numpy.random.default_rng(0).random((2, 2048, 2048), "f4")
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        one = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - one)
    return {SGEMM: 2 * 2048**3 / sorted(times)[len(times) // 2] / 1e9}


def memory(folder, name, batch):
    """Most MB of Astrolabel (all of the process) and of ONNX Runtime (beyond Python's own)."""
    command = [str(PROGRAM), "bench", str(folder / f"{name}.safetensors"), "--threads", str(THREADS), "--batch", str(batch),
               "--seconds", "1", "--isa", "avx2"]
    # Asked while it runs: what the system says of an ended child counts what Python held when it was made.
    process, most = subprocess.Popen(command, stdout=subprocess.DEVNULL), 0
    while process.poll() is None:
        try:
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            if PROGRAM.name in lines[0]:
                most = max([most] + [int(l.split()[1]) for l in lines if l.startswith("VmHWM")])
        except OSError:
            pass
        time.sleep(0.01)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    code = f"""
import numpy, onnxruntime
held = lambda key: [int(l.split()[1]) for l in open("/proc/self/status") if l.startswith(key)][0]
options, before = onnxruntime.SessionOptions(), held("VmRSS")
options.intra_op_num_threads = {THREADS}
session = onnxruntime.InferenceSession({str(folder / f"{name}.onnx")!r}, options, providers=["CPUExecutionProvider"])
for _ in range(3):
    session.run(None, {{"x": numpy.zeros({shape(name, batch)}, "f4")}})
print(held("VmHWM") - before)
"""
    other = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    return most / 1024, int(other) / 1024


def theirs(folder, name, batch):
    import numpy, onnxruntime
    found = {}
    for kind, end in KINDS.items():
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        session = onnxruntime.InferenceSession(str(folder / f"{name}{end}.onnx"), options, providers=["CPUExecutionProvider"])
        x = numpy.random.default_rng(0).normal(size=shape(name, batch)).astype("f4")
        session.run(None, {"x": x})
        times, start = [], time.perf_counter()
        while time.perf_counter() - start < SECONDS or len(times) < 3:
            one = time.perf_counter()
            session.run(None, {"x": x})
            times.append(time.perf_counter() - one)
        found[f"ONNX Runtime {kind}"] = batch / sorted(times)[len(times) // 2]
    return found


def library(folder):
    """What hides AVX-512 from ONNX Runtime; None where that can't be done."""
    made = folder / "only_avx2.so"
    source = Path(__file__).with_name("only_avx2.c")
    try:
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(made), str(source)], check=True, capture_output=True)
        subprocess.run(["true"], check=True, capture_output=True, env={**os.environ, "LD_PRELOAD": str(made)})
        return made
    except (OSError, subprocess.CalledProcessError) as why:
        print(f"ONNX Runtime with AVX2 alone can't be measured here: {getattr(why, 'stderr', None) or why}")
        return None


def theirs_avx2(hiding, folder, name, batch):
    out = subprocess.run([sys.executable, __file__, str(folder), name, str(batch), "theirs"], check=True, capture_output=True,
                         text=True, env={**os.environ, "LD_PRELOAD": str(hiding)}).stdout
    return {f"AVX2 {key}": rate for key, rate in json.loads(out).items()}


def main():
    if sys.argv[4:] == ["theirs"]:
        print(json.dumps(theirs(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        folder.mkdir(parents=True, exist_ok=True)
        make(folder)
        hiding = library(folder)
        for name, title in MODELS.items():
            if len(sys.argv) > 2 and sys.argv[2] != name or not (folder / f"{name}.onnx").exists():
                continue
            for batch in [int(b) for b in sys.argv[3:4]] or (8, 1):
                rates = {}
                for _ in range(ROUNDS):
                    rivals = [lambda: theirs(folder, name, batch), lambda: ours(folder, name, batch), sgemm]
                    if hiding:
                        rivals.append(lambda: theirs_avx2(hiding, folder, name, batch))
                    rivals.append(lambda: ours(folder, name, batch, ["--isa", "avx2"]))
                    for rival in rivals:
                        for key, rate in rival().items():
                            rates.setdefault(key, []).append(rate)
                middle = {k: sorted(v)[len(v) // 2] for k, v in rates.items()}
                print(f"{title}, batch {batch}")
                peak, reached = middle.pop(SGEMM), middle.pop(OURS)
                for key, rate in middle.items():
                    base = middle.get("AVX2 ONNX Runtime f32" if key.startswith("AVX2") else "ONNX Runtime f32", middle["ONNX Runtime f32"])
                    print(f"  {key:24} {rate:7.2f} images/s  {rate / base:5.2f}x  (from {min(rates[key]):.2f} to {max(rates[key]):.2f})")
                print(f"  in f32 {reached:.0f} GFLOP/s (at best {max(rates[OURS]):.0f}), {100 * reached / peak:.0f} % of {peak:.0f} (at best {max(rates[SGEMM]):.0f}) of {SGEMM}")
                print("  most memory in f32: %.0f MB, ONNX Runtime %.0f MB" % memory(folder, name, batch))
                sys.stdout.flush()


if __name__ == "__main__":
    main()
