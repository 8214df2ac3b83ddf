"""Train one RelationLoRA for an SDXL + MS-Diffusion model in the official layouts.

    python -m training.relation_lora --base FOLDER --adapter FILE --image-encoder FOLDER --data TRIPLETS --out FILE

--base is a diffusers SDXL folder, --adapter MS-Diffusion's ms_adapter.bin or .safetensors, --image-encoder a transformers
CLIP vision folder (CLIP-ViT-bigG-14 for the published adapter); TRIPLETS is described in training/sdxl/triplets.py.
The defaults are the paper's recipe. FILE is a safetensors RelationLoRA that the app, diffusers and the benchmark load.
Killed? Run the same command again. Several cards: torchrun --nproc-per-node N -m training.relation_lora … --accumulate 8/N.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from .relationbooth.device import choose_device, device, join_processes
from .relationbooth.precision import has_bfloat16
from .sdxl.lora_training import Recipe, RelationTraining
from .sdxl.model import Files
from .sdxl.triplets import read_triplets

PRECISIONS = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "adapter", "image-encoder", "data", "out"):
        found.add_argument(f"--{name}", type=Path, required=True)
    found.add_argument("--local-encoder", type=Path, help="self-distilled vision tower for the local tokens; default: the image encoder")
    found.add_argument("--no-local-tokens", action="store_true")
    found.add_argument("--variant", help="of the base's weight files, for example fp16")
    found.add_argument("--work", type=Path, help="checkpoint and log; default: a folder beside --out")
    found.add_argument("--steps", type=int, default=Recipe.steps)
    found.add_argument("--batch", type=int, default=Recipe.batch, help="samples at once and process")
    found.add_argument("--accumulate", type=int, default=Recipe.accumulate, help="batches a step")
    found.add_argument("--learning-rate", type=float, default=Recipe.learning_rate)
    found.add_argument("--rank", type=int, default=Recipe.rank)
    found.add_argument("--matching-weight", type=float, default=Recipe.matching_weight, help="λ; 0 leaves the keypoint matching loss out")
    found.add_argument("--matching-until", type=int, default=Recipe.matching_until, help="largest timestep of that loss")
    found.add_argument("--scale", type=float, default=Recipe.scale, help="γ of the image branch")
    found.add_argument("--resolution", type=int, help="pixels a side; default: the model's")
    found.add_argument("--seed", type=int, default=Recipe.seed)
    found.add_argument("--precision", choices=PRECISIONS, help="default: bf16 where the device computes it, else fp16 on a card, else fp32")
    found.add_argument("--no-gradient-checkpointing", action="store_true", help="faster, with several times the memory")
    found.add_argument("--device", help="cpu, cuda or cuda:N; default: RELATIONBOOTH_DEVICE, else a card if there is one")
    return found


def precision(name: str | None) -> torch.dtype:
    if name is not None:
        return PRECISIONS[name]
    kind = device().type
    return torch.bfloat16 if has_bfloat16(kind) else torch.float16 if kind == "cuda" else torch.float32


def run(arguments: argparse.Namespace) -> None:
    """Raises ValueError or FileNotFoundError for what the caller can put right."""
    for name in ("steps", "batch", "accumulate", "rank", "learning_rate"):
        if getattr(arguments, name) <= 0:
            raise ValueError(f"--{name.replace('_', '-')} {getattr(arguments, name)}: expected more than 0")
    out: Path = arguments.out
    if out.suffix != ".safetensors":
        raise ValueError(f"--out {out}: expected a name that ends in .safetensors")
    if out.exists():
        raise ValueError(f"{out} exists; remove it or choose another --out")
    choose_device(arguments.device)
    join_processes()
    files = Files(
        arguments.base, arguments.adapter, arguments.image_encoder, arguments.local_encoder, not arguments.no_local_tokens,
        arguments.variant,
    )
    recipe = Recipe(
        arguments.steps, arguments.batch, arguments.accumulate, arguments.learning_rate, arguments.rank,
        arguments.matching_weight, arguments.matching_until, arguments.scale, arguments.resolution, arguments.seed,
        precision(arguments.precision), not arguments.no_gradient_checkpointing,
    )
    training = RelationTraining(files, read_triplets(arguments.data), recipe)
    work = arguments.work or out.with_suffix(".training")
    print(f"{len(training.samples)} samples at {training.side} pixels, {recipe.steps} steps on {device()}; log in {work / 'log'}", flush=True)
    training.train(work, out)


def main() -> None:
    try:
        run(parser().parse_args())
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
