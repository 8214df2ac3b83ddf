"""The whole chain, resumable: run it again after an interruption and it goes on from the last checkpoint.

    python -m training.run --work WORK --data TRAIN --heldout HELDOUT [--minutes base=120 vae=30] [--relations hugging …]

TRAIN and HELDOUT are folders written by `npm run render-dataset`. Stages: tokenizer, vae, clip, clipself, latents, photos, tokens, base,
decoder, lora, few_steps, export. WORK/export always holds the newest exported model, WORK/sheets the pictures to look at.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import fields, replace
from pathlib import Path

import torch
import torch.distributed as dist

from .export import export
from .relationbooth.device import choose_device, join_processes
from .toybox.base import NO_RELATION, BaseModel, scenes_with, train_base
from .toybox.clip import train_clip
from .toybox.clipself import train_clipself
from .toybox.conditions import TextConditions
from .toybox.config import Plan, Stage
from .toybox.data import Scenes
from .toybox.decoder import train_decoder
from .toybox.few_steps import SCENES, train_few_steps
from .toybox.latents import LatentSpace, encode_dataset
from .toybox.lora import LoraTraining, lora_file, relation_indices
from .toybox.photos import PhotoTokens, encode_photos
from .toybox.loop import Log, rank, read_tensors
from .toybox.sample import sheet_of
from .toybox.tokens import train_tokens
from .toybox.tokenizer import train_tokenizer
from .toybox.vae import load_vae, train_vae
from .toybox.variants import FULL, VARIANTS

SHEET_MINUTES = 6.0
SHEET_CASES = 8
LORA_SHEET_STEPS = 16
# Stages without gradients to share; the other processes wait.
ONE_PROCESS = {"tokenizer", "latents", "photos", "first export", "export"}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--heldout", type=Path, required=True)
    parser.add_argument("--minutes", nargs="*", default=[], metavar="STAGE=MINUTES")
    parser.add_argument("--relations", nargs="*", default=[], metavar="RELATION", help="relations to learn, LoRAs in this order; default: all in the data")
    parser.add_argument("--lora-samples", type=int, default=None, help="scenes a relation; default: all (the paper: 4 to 6)")
    parser.add_argument("--variant", nargs="+", choices=VARIANTS, default=[FULL], help="what the lora stage learns; others than full are for the benchmark")
    parser.add_argument("--keep-texts", action="store_true", help="the clip stage teaches the vision tower alone, so that a base can go on")
    parser.add_argument("--few-step-scenes", type=int, default=SCENES, help="scenes a process that the teacher of the few_steps stage draws")
    parser.add_argument("--lora-sheet-steps", type=int, default=LORA_SHEET_STEPS, help="of the sheets with and without each RelationLoRA")
    parser.add_argument("--stop-after", default="export")
    parser.add_argument("--batch", nargs="*", default=[], metavar="STAGE=SAMPLES", help="samples a step and process, for a card that holds more")
    parser.add_argument("--rate", nargs="*", default=[], metavar="STAGE=RATE", help="peak learning rate, for other batches")
    parser.add_argument("--compile", action="store_true", help="torch.compile the base stage's U-Net")
    parser.add_argument("--device", help="cpu, cuda or cuda:N; default: RELATIONBOOTH_DEVICE, else a card if there is one")
    return parser.parse_args()


def plan_with(arguments: argparse.Namespace) -> Plan:
    """The plan with the command's minutes, batches and rates. Raises ValueError for an unknown stage or a bad number."""
    plan = Plan()
    known = {field.name for field in fields(plan)}
    for option, setting, kind in (("minutes", "minutes", float), ("batch", "batch", int), ("rate", "peak_lr", float)):
        for item in getattr(arguments, option):
            stage, _, text = item.partition("=")
            if stage not in known:
                raise ValueError(f"--{option} {item}: expected one of {sorted(known)}")
            value = kind(text)
            if value <= 0:
                raise ValueError(f"--{option} {item}: expected more than 0")
            plan = replace(plan, **{stage: replace(getattr(plan, stage), **{setting: value})})
    return replace(plan, base=replace(plan.base, compile=arguments.compile))


def finished(work: Path, name: str, stage: Stage) -> bool:
    file = work / "checkpoints" / f"{name}.safetensors"
    if not file.exists():
        return False
    meta = read_tensors(file)[1]
    return bool(meta.get("done")) or float(meta["spent"]) >= 60 * stage.minutes


def sheet_cases(data: Scenes, count: int, relations: list[str]) -> list[int]:
    """`count` scenes of the learned relations, the last two of one object."""
    known = scenes_with(data, relations).tolist()
    pairs = [i for i in known if len(data.objects(i)) == 2]
    return pairs[: count - 2] + [i for i in known if len(data.objects(i)) == 1][:2]


def sheet_maker(work: Path, heldout: Scenes, relations: list[str]):
    """A callback that draws a sheet of held-out cases and exports the averaged weights."""
    text, vae, space = TextConditions(work), load_vae(work), LatentSpace(work)
    photos = PhotoTokens(work, heldout.folder.name, len(heldout))
    cases = sheet_cases(heldout, SHEET_CASES, relations)
    captions = [heldout.meta[i]["captions"]["neutral"][0] for i in cases]
    log = Log(work, "sheets")

    def make(model: BaseModel, step: int) -> None:
        file = work / "sheets" / f"base-{step:06d}.png"
        log.write(step=step, **sheet_of(model, vae, space, heldout, cases, captions, text, photos, file))
        if (work / "checkpoints" / "base.safetensors").exists():
            export(work, work / "export")

    return make


def train_loras(
    work: Path, stage: Stage, data: Scenes, heldout: Scenes, relations: list[str], samples: int | None, variant: str,
    sheet_steps: int,
) -> None:
    found = sorted({meta["relation"] for meta in data.meta} - {NO_RELATION})
    chosen = relations or found
    if all(lora_file(work, relation, variant).exists() for relation in chosen):
        return
    training = LoraTraining(work, data, data.folder.name, variant)
    vae, space, log = load_vae(work), LatentSpace(work), Log(work, "lora-sheets")
    photos = PhotoTokens(work, heldout.folder.name, len(heldout))
    for relation in chosen:
        if lora_file(work, relation, variant).exists():
            continue
        training.use(None)
        for layer in training.layers.values():
            layer.scale = 1.0
        training.train(relation, stage, samples)
        if rank() != 0 or variant != FULL:
            continue
        cases = relation_indices(heldout, relation)[:3]
        captions = [heldout.meta[i]["captions"]["relation"][0] for i in cases]
        for used in (None, relation):
            training.use(used)
            file = work / "sheets" / f"lora-{relation}-{'with' if used else 'without'}.png"
            errors = sheet_of(
                training.base, vae, space, heldout, cases, captions, training.text, photos, file, steps=sheet_steps
            )
            log.write(relation=relation, lora=str(used), **errors)


def main() -> None:
    arguments = parse()
    print(f"device {choose_device(arguments.device)}", flush=True)
    join_processes()
    work: Path = arguments.work
    plan = plan_with(arguments)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    data, heldout = Scenes(arguments.data), Scenes(arguments.heldout)

    def encode_all_photos() -> None:
        for scenes in (data, heldout):
            encode_photos(work, scenes, scenes.folder.name)

    def base_with_sheets() -> None:
        if finished(work, "base", plan.base):
            return
        sheets = sheet_maker(work, heldout, arguments.relations)
        train_base(plan.base, work, data, arguments.data.name, arguments.relations, (SHEET_MINUTES, sheets))

    def train_variants() -> None:
        for variant in arguments.variant:
            chosen = arguments.relations, arguments.lora_samples, variant, arguments.lora_sheet_steps
            train_loras(work, plan.lora, data, heldout, *chosen)

    stages = {
        "tokenizer": lambda: (work / "tokenizer_2").exists() or train_tokenizer(data, work),
        "vae": lambda: finished(work, "vae", plan.vae) or train_vae(plan.vae, work, data, heldout),
        "clip": lambda: finished(work, "clip", plan.clip) or train_clip(plan.clip, work, data, heldout, arguments.keep_texts),
        "clipself": lambda: finished(work, "clipself", plan.clipself) or train_clipself(plan.clipself, work, data),
        "latents": lambda: encode_dataset(work, data, arguments.data.name),
        "photos": encode_all_photos,
        "tokens": lambda: finished(work, "tokens", plan.tokens) or train_tokens(plan.tokens, work, data, arguments.data.name),
        "base": base_with_sheets,
        "first export": lambda: export(work, work / "export"),
        "decoder": lambda: finished(work, "decoder", plan.decoder)
        or train_decoder(plan.decoder, work, data, arguments.data.name, heldout),
        "lora": train_variants,
        "few_steps": lambda: train_few_steps(plan.few_steps, work, data, arguments.data.name, arguments.few_step_scenes),
        "export": lambda: export(work, work / "export"),
    }
    for name, run in stages.items():
        print(f"stage {name}", flush=True)
        if name not in ONE_PROCESS or rank() == 0:
            run()
        if dist.is_initialized():
            dist.barrier()
        if name == arguments.stop_after:
            return


if __name__ == "__main__":
    main()
