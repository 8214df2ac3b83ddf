"""What every stage's loop shares: wall-clock budget, learning-rate curve, averaged weights, checkpoints, log.

Checkpoints are safetensors with JSON metadata, written to a temporary name and renamed, so that a killed run
resumes from the last complete one.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.distributed as dist
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ..relationbooth.device import device
from .config import Stage
from .muon import Muon, together

ORTHOGONAL = "orthogonal"  # key of optimizer groups for Muon


def rank() -> int:
    """This process's number; it is part of every batch's seed, so that processes see different samples."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def agree(value: float) -> float:
    """Process 0's value in every process, so that all leave a wall-clock loop at the same step."""
    if not dist.is_initialized():
        return value
    shared = torch.tensor([value], dtype=torch.float64, device=device())
    dist.broadcast(shared, 0)
    return float(shared)


class Log:
    """Appends one JSON object a line to `work/log/<stage>.jsonl`."""

    def __init__(self, work: Path, stage: str) -> None:
        (work / "log").mkdir(parents=True, exist_ok=True)
        self.path = work / "log" / f"{stage}.jsonl"

    def write(self, **values: Tensor | float | int | str) -> None:
        """Tensors are read here and no earlier: reading waits for the card."""
        if rank() != 0:
            return
        plain = {k: float(v.detach()) if isinstance(v, Tensor) else v for k, v in values.items()}
        rounded = {k: round(v, 5) if isinstance(v, float) else v for k, v in plain.items()}
        with self.path.open("a", encoding="utf8") as file:
            file.write(json.dumps(rounded) + "\n")


class Trainer:
    """Optimizers, averaged weights and resumption of one stage.

    `model` holds every trained parameter (wrap several networks in an `nn.ModuleDict`), on the device. `groups` are optimizer
    groups whose "lr" is a factor of the stage's learning rate; those with "orthogonal" are Muon's, the others AdamW's.
    """

    def __init__(self, name: str, model: nn.Module, stage: Stage, work: Path, groups: list[dict] | None = None) -> None:
        self.name, self.model, self.stage, self.work = name, model, stage, work
        self.log = Log(work, name)
        self.file = work / "checkpoints" / f"{name}.safetensors"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        trained = [p for p in model.parameters() if p.requires_grad]
        self.groups = groups if groups is not None else [{"params": trained, "lr": 1.0}]
        self.adam = torch.optim.AdamW(
            [{**group, "factor": group["lr"]} for group in self.groups if not group.get(ORTHOGONAL)],
            lr=stage.peak_lr, betas=stage.betas, weight_decay=stage.weight_decay, fused=True,
        )
        matrices = [{**group, "factor": group["lr"]} for group in self.groups if group.get(ORTHOGONAL)]
        self.muon = Muon(matrices, lr=stage.peak_lr, weight_decay=stage.weight_decay) if matrices else None
        self.average = {k: p.detach().clone() for k, p in model.named_parameters() if p.requires_grad}
        self.loss_scale = torch.tensor(stage.loss_scale, device=device())
        self.step, self.spent, self.fraction = 0, 0.0, 0.0
        self.resume()
        torch.manual_seed((stage.seed * 1_000_003 + self.step) * 64 + rank())
        self.clock = time.monotonic()
        self.saved_at = self.clock

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"optimizer": self.adam, "muon": self.muon} if self.muon else {"optimizer": self.adam}

    @property
    def elapsed(self) -> float:
        return self.spent + time.monotonic() - self.clock

    @contextmanager
    def uncharged(self) -> Iterator[None]:
        """Time spent inside does not count against the stage's budget."""
        began = time.monotonic()
        yield
        self.clock += time.monotonic() - began

    @property
    def done(self) -> bool:
        """Call once a step: it also fixes `fraction`, the share of the budget used, for this step."""
        self.fraction = agree(min(self.elapsed / (60 * self.stage.minutes), 1.0))
        return self.fraction >= 1.0

    def learning_rate(self) -> float:
        """Linear warm-up in steps, flat, then cosine in the share of the wall-clock budget."""
        s = self.stage
        late = max(0.0, (self.fraction - s.flat_until) / (1 - s.flat_until))
        curve = s.floor + (1 - s.floor) * 0.5 * (1 + math.cos(math.pi * late))
        return s.peak_lr * min(1.0, (self.step + 1) / s.warmup_steps) * curve

    def update(self, loss: Tensor) -> Tensor:
        """One step from one batch; returns the gradient norm."""
        self.accumulate(loss)
        return self.apply()

    def accumulate(self, loss: Tensor) -> None:
        (loss * self.loss_scale).backward()

    def apply(self) -> Tensor:
        """Clip, step, average. Returns the gradient norm; a non-finite gradient skips the step.

        Nothing here waits for a card.
        """
        gradients = [p.grad for g in self.groups for p in g["params"] if p.grad is not None]
        if dist.is_initialized():
            together(gradients, dist.all_reduce)
        torch._foreach_div_(gradients, self.loss_scale * world_size())
        norm = nn.utils.clip_grad_norm_([p for g in self.groups for p in g["params"]], self.stage.clip)
        self.loss_scale = torch.where(torch.isfinite(norm), self.loss_scale, (self.loss_scale / 2).clamp(min=1))
        rate = self.learning_rate()
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate * group["factor"]
        # The fused kernels look at this themselves, as they do under a GradScaler.
        self.adam.grad_scale, self.adam.found_inf = None, (~torch.isfinite(norm)).float()
        self.adam.step()
        if self.muon:
            self.muon.step(torch.isfinite(norm))
        for optimizer in self.optimizers.values():
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        decay = min(self.stage.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            live = dict(self.model.named_parameters())
            keys = list(self.average)
            torch._foreach_lerp_([self.average[k] for k in keys], [live[k] for k in keys], 1 - decay)
        return norm

    def averaged(self) -> dict[str, Tensor]:
        """The model's state dict with averaged parameters in place of the live ones."""
        return {**self.model.state_dict(), **self.average}

    def due(self) -> bool:
        return time.monotonic() - self.saved_at > self.stage.checkpoint_seconds

    def save(self) -> None:
        self.saved_at = time.monotonic()
        if rank() != 0:
            return
        # A stage that was done stays so under any later budget: the stages after it stand on its weights.
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.items()}
        for name, optimizer in self.optimizers.items():
            for i, state in optimizer.state_dict()["state"].items():
                tensors |= {f"{name}.{i}.{k}": v for k, v in state.items()}
        write_tensors(self.file, tensors, {"step": self.step, "spent": self.elapsed, "done": self.fraction >= 1.0})

    def resume(self) -> None:
        if not self.file.exists():
            return
        tensors, meta = read_tensors(self.file)
        self.model.load_state_dict(take(tensors, "model."))
        # A slim checkpoint holds the averaged weights as the model's own.
        average = take(tensors, "average.") or take(tensors, "model.")
        for k in self.average:
            self.average[k].copy_(average[k])
        for name, optimizer in self.optimizers.items():
            state: dict[int, dict[str, Tensor]] = {}
            for k, v in take(tensors, f"{name}.").items():
                index, field = k.split(".", 1)
                state.setdefault(int(index), {})[field] = v
            if state:
                optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
        self.step, self.spent = int(meta["step"]), float(meta["spent"])


def write_tensors(file: Path, tensors: dict[str, Tensor], meta: dict[str, float | int | str]) -> None:
    """Write safetensors atomically, from any device; `meta` is stored as JSON strings."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".part")
    unique = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    save_file(unique, str(temporary), metadata={k: json.dumps(v) for k, v in meta.items()})
    os.replace(temporary, file)


def read_tensors(file: Path) -> tuple[dict[str, Tensor], dict[str, float | int | str]]:
    with safe_open(str(file), "pt") as opened:
        tensors = {k: opened.get_tensor(k) for k in opened.keys()}
        return tensors, {k: json.loads(v) for k, v in (opened.metadata() or {}).items()}


def take(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The entries under `prefix`, without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def read_averaged(file: Path) -> dict[str, Tensor]:
    """The averaged weights of a whole checkpoint, or the only ones of a slim one."""
    tensors, _ = read_tensors(file)
    return {**take(tensors, "model."), **take(tensors, "average.")}
