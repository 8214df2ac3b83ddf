"""Stage 8: a LoRA that draws in four steps without guidance what the base draws in eight with it.

Progressive distillation (Salimans & Ho 2022) of a guided teacher (Meng et al. 2023), one halving: each of the student's steps
learns to arrive where two of the teacher's do, along paths that the teacher drew from pure noise. RelationLoRAs are in use on
teacher and student alike, so that the file works on top of them. Writes few-steps/pytorch_lora_weights.safetensors.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..relationbooth.device import device
from ..relationbooth.lora import inject_lora, linear_paths, load_lora, lora_state, lora_weights, wrap
from ..relationbooth.precision import mixed_precision
from . import config
from .base import NO_RELATION, coarse_error, load_base, pixel_weights, weighted_error
from .conditions import TextConditions, gather_objects, object_tokens, unet_arguments
from .config import LATENT, Stage
from .data import Scenes
from .loop import Trainer, rank, read_tensors, write_tensors
from .lora import RANK as RELATION_RANK, load_average, lora_file, relation_indices
from .photos import PhotoTokens
from .sample import denoise, guide, sampler

STEPS, TEACHER_STEPS = 4, 8
RANK = 16
SCENES = 512  # a process, unless said otherwise
TEACHER_BATCH = 16


def few_steps_file(work: Path) -> Path:
    return work / "few-steps" / "pytorch_lora_weights.safetensors"


def step_velocity(x: Tensor, arrived: Tensor, sigma: float, next_sigma: float) -> Tensor:
    """The velocity with which one Euler step from `sigma` to `next_sigma` leads from x to `arrived`.

    x and `arrived` [B,C,h,w] in the scheduler's unscaled form, clean + σ·noise.
    """
    clean = (sigma * arrived - next_sigma * x) / (sigma - next_sigma)
    scale = (sigma**2 + 1) ** 0.5
    # v = (α·z − z0)/√(1−ᾱ) with z = x/√(σ²+1), α = 1/√(σ²+1), √(1−ᾱ) = σ/√(σ²+1)
    return (x / scale - clean * scale) / sigma


@dataclass(frozen=True)
class TeacherPath:
    """One scene's way through the teacher: its caption, and latents [STEPS+1,8,32,32] where the student's steps begin and end."""

    scene: int
    relation: str
    caption: str
    places: Tensor


class FewSteps:
    """The frozen base with two layers of LoRAs: one of a relation, exchangeable, and the one that learns."""

    def __init__(self, work: Path, data: Scenes, name: str) -> None:
        self.data = data
        self.text, self.photos = TextConditions(work), PhotoTokens(work, name, len(data))
        self.base = load_base(work)
        paths = linear_paths(self.base.unet)
        self.relation_layers = inject_lora(self.base.unet, RELATION_RANK).to(device()).requires_grad_(False)
        self.layers = wrap(paths, self.base.unet, RANK).to(device())
        found = {meta["relation"] for meta in data.meta}
        files = {relation: lora_file(work, relation) for relation in found - {NO_RELATION}}
        self.loras = {relation: read_tensors(file)[0] for relation, file in files.items() if file.exists()}
        self.relations = sorted({*self.loras, NO_RELATION} & found)
        self.steps = sampler(STEPS)

    def use(self, relation: str, learning: bool) -> None:
        """Switch to a relation's LoRA or none, and the student's on or off."""
        for layer in self.relation_layers.values():
            layer.scale = 0.0 if relation == NO_RELATION else 1.0
        if relation != NO_RELATION:
            load_lora(self.relation_layers, self.loras[relation])
        for layer in self.layers.values():
            layer.scale = 1.0 if learning else 0.0

    @torch.no_grad()
    def conditions(self, scenes: list[int], captions: list[str]) -> tuple[dict, Tensor]:
        """The U-Net's arguments, and the boxes [B,2,4]."""
        context, pooled = self.text.captions(captions)
        objects = gather_objects(self.data, self.photos, scenes, self.text)
        return unet_arguments(context, pooled, object_tokens(objects, self.base.resampler), objects.boxes), objects.boxes

    @torch.no_grad()
    def draw_paths(self, count: int, rng: np.random.Generator) -> list[TeacherPath]:
        """Lets the teacher draw `count` scenes, relation by relation."""
        paths: list[TeacherPath] = []
        while len(paths) < count:
            relation = self.relations[int(rng.integers(len(self.relations)))]
            scenes = rng.choice(relation_indices(self.data, relation), min(TEACHER_BATCH, count - len(paths))).tolist()
            pool = "neutral" if relation == NO_RELATION else "relation"
            captions = [str(rng.choice(self.data.meta[i]["captions"][pool])) for i in scenes]
            self.use(relation, learning=False)
            places = self.teach(scenes, captions, int(rng.integers(2**31)))
            paths += [TeacherPath(i, relation, c, p) for i, c, p in zip(scenes, captions, places, strict=True)]
        return paths

    def teach(self, scenes: list[int], captions: list[str], seed: int) -> Tensor:
        """The teacher's latents [B,STEPS+1,8,32,32] at the student's timesteps, from noise to picture."""
        scheduler = sampler(TEACHER_STEPS)
        noise = torch.randn(len(scenes), 8, LATENT, LATENT, generator=torch.Generator().manual_seed(seed))
        x = noise.to(device()) * scheduler.init_noise_sigma
        places: list[Tensor] = []
        with mixed_precision():
            conditional, boxes = self.conditions(scenes, captions)
            empty, empty_pooled = self.text.captions([""] * len(scenes))
            unconditional = unet_arguments(empty, empty_pooled, None, boxes)

            def velocity(model_input: Tensor, t: Tensor) -> Tensor:
                if scheduler.step_index % (TEACHER_STEPS // STEPS) == 0:
                    places.append(model_input * (float(scheduler.sigmas[scheduler.step_index]) ** 2 + 1) ** 0.5)
                with_conditions = self.base.unet(model_input, t, **conditional).sample.float()
                without = self.base.unet(model_input, t, **unconditional).sample.float()
                return guide(with_conditions, without, config.GUIDANCE, config.GUIDANCE_RESCALE)

            places.append(denoise(scheduler, velocity, x))
        return torch.stack(places, dim=1)

    def loss(self, paths: list[TeacherPath], number: int) -> Tensor:
        """Error of the student's step `number` on paths of one relation, whose LoRA is in use."""
        sigma, next_sigma = self.steps.sigmas[number : number + 2].tolist()
        x = torch.stack([path.places[number] for path in paths])
        target = step_velocity(x, torch.stack([path.places[number + 1] for path in paths]), sigma, next_sigma)
        scenes = [path.scene for path in paths]
        scaled = (x / (sigma**2 + 1) ** 0.5).contiguous(memory_format=torch.channels_last)
        with mixed_precision():
            arguments, boxes = self.conditions(scenes, [path.caption for path in paths])
            velocity = self.base.unet(scaled, self.steps.timesteps[number], **arguments).sample.float()
        weight = pixel_weights(self.data, scenes, boxes)
        return (weighted_error(velocity, target, weight) + coarse_error(velocity, target, weight)).mean()


def train_few_steps(stage: Stage, work: Path, data: Scenes, name: str, scenes: int) -> None:
    """Learns from `scenes` paths a process, which are drawn first and are not charged to the budget."""
    target = few_steps_file(work)
    if target.exists():
        return
    torch.manual_seed(stage.seed)
    student = FewSteps(work, data, name)
    drawn = student.draw_paths(scenes, np.random.default_rng((stage.seed, rank())))
    by_relation: dict[str, list[TeacherPath]] = {}
    for path in drawn:
        by_relation.setdefault(path.relation, []).append(path)
    kinds = list(by_relation)
    shares = np.array([len(by_relation[kind]) for kind in kinds]) / len(drawn)
    learned = lora_weights(student.layers)
    trainer = Trainer("few-steps", learned, stage, work)
    recent: list[Tensor] = []
    while not trainer.done:
        rng = np.random.default_rng((stage.seed, trainer.step, rank()))
        relation = str(rng.choice(kinds, p=shares))
        student.use(relation, learning=True)
        paths = by_relation[relation]
        chosen = [paths[i] for i in rng.integers(0, len(paths), stage.batch).tolist()]
        loss = student.loss(chosen, trainer.step % STEPS)
        trainer.update(loss)
        recent.append(loss.detach())
        if trainer.step % 40 == 0:
            trainer.log.write(step=trainer.step, seconds=trainer.elapsed, loss=torch.stack(recent).mean())
            recent.clear()
        if trainer.due():
            trainer.save()
    trainer.save()
    load_average(learned, trainer.average)
    if rank() == 0:
        write_tensors(target, {k: v.half() for k, v in lora_state(student.layers).items()}, {"rank": RANK, "steps": STEPS})
