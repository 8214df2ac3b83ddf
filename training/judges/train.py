"""Train the judges and write their weights.

    python -m training.judges.train --work WORK --data TRAIN --heldout HELDOUT --out tests/judges \
        [--minutes relation=7 character=13 similarity=8] [--chunk-seconds 230]

TRAIN and HELDOUT are folders of `npm run render-dataset`. Budgets are minutes of processor time. A run stops after
`--chunk-seconds` of wall-clock time and goes on where it was when it is started again; when all are trained it
writes <judge>.safetensors (float16, norms folded) and <judge>.json (labels, sizes, held-out accuracy) to --out.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from ..relationbooth.device import choose_device, device, upload
from ..relationbooth.precision import mixed_precision
from ..toybox.config import PICTURE, Stage
from ..toybox.data import Scenes, epoch_indices, pixels
from ..toybox.loop import Log, Trainer, read_tensors, take
from .network import BLOCKS, BOX_SIDES, KEYPOINTS, SIDE, SPREAD, WIDTHS, Judge, folded
from .samples import ATTRIBUTES, MARGIN, CharacterBatch, character_batch, classes, crop, empty_box, relation_batch, shifted, shrink
from .similarity import EMBEDDING, WIDTH, Distilled, character_pictures, distillation_loss, retrieval, view

BATCH = 48
PLACE_WEIGHT = 8.0  # an error of a tenth of the crop then weighs like one wrong attribute
NEAR = 0.1  # a keypoint is found when it is within this share of the box's width and height
AGREEMENT = 0.75  # overlap of two answers to shifted boxes; a judge that repeats the boxes gives 0.41
MINUTES = {"relation": 7.0, "character": 13.0, "similarity": 8.0}
SEEDS = {"relation": 101, "character": 202, "similarity": 303}
PROBE_BOX = (0.25, 0.2, 0.7, 0.85)


def stage_of(judge: str, minutes: float) -> Stage:
    return Stage(minutes=minutes, batch=BATCH, peak_lr=2e-3, warmup_steps=60, flat_until=0.3, seed=SEEDS[judge], checkpoint_seconds=60)


class ProcessorTrainer(Trainer):
    """A stage whose budget is processor time: judges are trained beside other work."""

    def __init__(self, *arguments) -> None:
        self.began = time.process_time()
        super().__init__(*arguments)

    @property
    def elapsed(self) -> float:
        return self.spent + time.process_time() - self.began


def build(judge: str, labels: dict[str, list[str]]) -> Judge | Distilled:
    if judge == "similarity":
        return Distilled()
    if judge == "relation":
        return Judge(3, {"relation": len(labels["relation"])})
    heads = {name: len(labels[name]) for name in ATTRIBUTES} | {"present": 1}
    return Judge(4, heads, KEYPOINTS + BOX_SIDES)


def all_objects(data: Scenes) -> list[tuple[int, int]]:
    return [(i, k) for i in range(len(data)) for k in range(len(data.objects(i)))]


def character_loss(model: Judge, batch: CharacterBatch) -> Tensor:
    with mixed_precision():
        answers, places = model(batch.crops.contiguous(memory_format=torch.channels_last))
    loss = F.binary_cross_entropy_with_logits(answers["present"][:, 0].float(), batch.present)
    for name in ATTRIBUTES:
        loss = loss + F.cross_entropy(answers[name].float(), batch.labels[name], ignore_index=-100)
    miss = ((places - batch.places).abs() * batch.weight).sum() / batch.weight.sum().clamp(min=1)
    return loss + PLACE_WEIGHT * miss


def relation_loss(model: Judge, pictures: Tensor, target: Tensor) -> Tensor:
    with mixed_precision():
        answers, _ = model(pictures.contiguous(memory_format=torch.channels_last))
    return F.cross_entropy(answers["relation"].float(), target, label_smoothing=0.05)


def train(judge: str, minutes: float, work: Path, data: Scenes, labels: dict[str, list[str]], until: float) -> bool:
    """True when the budget is used up."""
    stage = stage_of(judge, minutes)
    torch.manual_seed(stage.seed)
    model = build(judge, labels).to(device(), memory_format=torch.channels_last)
    trainer = ProcessorTrainer(f"judge-{judge}", model, stage, work)
    pairs = all_objects(data)
    recent: list[Tensor] = []
    while not trainer.done and time.monotonic() < until:
        rng = np.random.default_rng((stage.seed, trainer.step))
        if judge == "relation":
            chosen = epoch_indices(len(data), stage.batch, trainer.step, stage.seed).tolist()
            target = upload(np.array([labels["relation"].index(data.meta[i]["relation"]) for i in chosen]))
            loss = relation_loss(model, relation_batch(data, chosen, rng), target)
        elif judge == "similarity":
            chosen = epoch_indices(len(pairs), stage.batch, trainer.step, stage.seed).tolist()
            pictures = character_pictures(data, [pairs[k] for k in chosen], (rng.random(len(chosen)) < 0.5).tolist())
            loss = distillation_loss(model, trainer.averaged(), view(pictures, rng), view(pictures, rng))
        else:
            chosen = epoch_indices(len(pairs), stage.batch, trainer.step, stage.seed).tolist()
            loss = character_loss(model, character_batch(data, [pairs[k] for k in chosen], labels, rng))
        trainer.update(loss)
        recent.append(loss.detach())
        if trainer.step % 50 == 0:
            trainer.log.write(step=trainer.step, seconds=trainer.elapsed, loss=torch.stack(recent).mean())
            recent.clear()
        if trainer.due():
            trainer.save()
    trainer.save()
    return trainer.fraction >= 1


def load(judge: str, work: Path, labels: dict[str, list[str]]) -> Judge:
    """The trained judge in evaluation mode. Live weights: the running statistics belong to them."""
    model = build(judge, labels).to(device())
    model.load_state_dict(take(read_tensors(work / "checkpoints" / f"judge-{judge}.safetensors")[0], "model."))
    return (model.judge if isinstance(model, Distilled) else model).eval()


@torch.no_grad()
def relation_accuracy(model: Judge, data: Scenes, labels: dict[str, list[str]]) -> dict[str, float]:
    """Share of scenes whose relation is named, in all and by the number of objects."""
    right = []
    for part in np.array_split(np.arange(len(data)), -(-len(data) // 64)):
        answers, _ = model(relation_batch(data, part.tolist(), None))
        target = [labels["relation"].index(data.meta[i]["relation"]) for i in part]
        right.append(answers["relation"].argmax(-1).cpu().numpy() == np.array(target))
    found = np.concatenate(right)
    pair = np.array([len(meta["objects"]) == 2 for meta in data.meta])
    return {"all": float(found.mean()), "one object": float(found[~pair].mean()), "two objects": float(found[pair].mean())}


@torch.no_grad()
def character_accuracy(model: Judge, data: Scenes, labels: dict[str, list[str]]) -> dict[str, float]:
    """As the benchmark asks, at four shifted boxes: shares of right attributes, of keypoints near their place, of
    characters found (all present, and the answers agree), and the mean overlap of boxes."""
    rows: dict[str, list[Tensor]] = {}
    pairs = all_objects(data)
    for start in range(0, len(pairs), 64):
        part = pairs[start : start + 64]
        batches = [character_batch(data, part, labels, None, lambda box, k=k: shifted(box)[k]) for k in range(4)]
        found = [model(batch.crops) for batch in batches]
        for name in ATTRIBUTES:
            logs = sum(answers[name].log_softmax(-1) for answers, _ in found)
            rows.setdefault(name, []).append(logs.argmax(-1) == batches[0].labels[name])
        for batch, (_, places) in zip(batches, found, strict=True):
            distance = ((places - batch.places) / batch.size[:, None])[:, :KEYPOINTS].norm(dim=-1)
            rows.setdefault("keypoints", []).append(distance[batch.weight[:, :KEYPOINTS, 0] > 0] < NEAR)
        boxes = [batch.in_box(box_of(places)) for batch, (_, places) in zip(batches, found, strict=True)]
        rows.setdefault("found", []).append(agree(boxes) & present(found))
        target = upload(np.array((0, 0, 1, 1), np.float32)).expand(len(part), 4)
        rows.setdefault("box overlap", []).append(box_overlap(sum(boxes) / len(boxes), target))
    rows["absence"] = [model(absent_batch(data, np.random.default_rng(SEEDS["character"])))[0]["present"][:, 0] <= 0]
    return {name: float(torch.cat(values).float().mean()) for name, values in rows.items()}


def present(found: list[tuple[dict[str, Tensor], Tensor]]) -> Tensor:
    return torch.stack([answers["present"][:, 0] > 0 for answers, _ in found]).all(dim=0)


def agree(boxes: list[Tensor]) -> Tensor:
    """Whether the least overlap of two of the answers [B,4] is enough."""
    overlaps = [box_overlap(a, b) for k, a in enumerate(boxes) for b in boxes[:k]]
    return torch.stack(overlaps).amin(dim=0) > AGREEMENT


def absent_batch(data: Scenes, rng: np.random.Generator, count: int = 256) -> Tensor:
    """Up to `count` crops of held-out backgrounds, as [B,4,96,96]."""
    stack, inside = [], []
    for i in range(len(data)):
        box = empty_box([np.array(item["box"]) for item in data.objects(i)], rng)
        if box is None or len(stack) == count:
            continue
        seen = crop(data.scene(i), box)
        stack.append(np.asarray(seen.picture))
        inside.append(seen.inside)
    return torch.cat((pixels(np.stack(stack)), upload(np.stack(inside))[:, None]), dim=1)


def box_of(places: Tensor) -> Tensor:
    """The four sides [B,4] of positions [B,21,2]."""
    left, top, right, bottom = places[:, KEYPOINTS:].unbind(dim=1)
    return torch.stack((left[:, 0], top[:, 1], right[:, 0], bottom[:, 1]), dim=1)


def box_overlap(a: Tensor, b: Tensor) -> Tensor:
    size = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0)
    area = [(x[:, 2:] - x[:, :2]).clamp(min=0).prod(dim=1) for x in (a, b)]
    return size.prod(dim=1) / (area[0] + area[1] - size.prod(dim=1)).clamp(min=1e-9)


@torch.no_grad()
def probe(judge: str, model: Judge) -> dict[str, dict | list]:
    """Answers to a picture made by a formula, by which another implementation is checked; places in 0..1 of it."""
    y, x, colour = np.indices((PICTURE, PICTURE, 3))
    picture = ((3 * x * (colour + 1) + 5 * y * (3 - colour)) % 256).astype(np.uint8)
    if judge != "character":
        answers, _ = model(pixels(np.asarray(shrink(picture)))[None])
        points = []
    else:
        seen = crop(picture, np.array(PROBE_BOX))
        answers, places = model(torch.cat((pixels(np.asarray(seen.picture)), upload(seen.inside)[None]))[None])
        low, high = np.array(seen.corners[:2]), np.array(seen.corners[2:])
        points = ((low + places[0].cpu().numpy() * (high - low)) / PICTURE).round(5).tolist()
    found = {name: [round(float(value), 4) for value in values[0]] for name, values in answers.items()}
    return {"answers": found, "places": points}


def write(judge: str, model: Judge, labels: dict[str, list[str]], accuracy: dict[str, float], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    halves = {name: value.half().cpu().contiguous() for name, value in folded(model).items()}
    save_file(halves, str(out / f"{judge}.safetensors"), metadata={"format": "pt"})
    config = {
        "side": SIDE,
        "in_channels": model.trunk.down[0].conv.in_channels,
        "widths": WIDTHS,
        "blocks": BLOCKS,
        "maps": model.maps,
        "spread": SPREAD,
        "margin": MARGIN,
        "labels": {name: labels.get(name, ["yes"]) for name in model.heads},
        "heldout_accuracy": {name: round(value, 4) for name, value in accuracy.items()},
        "probe": probe(judge, model),
    }
    (out / f"{judge}.json").write_text(json.dumps(config, indent=2) + "\n", "utf8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("work", "data", "heldout", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--minutes", nargs="*", default=[], metavar="JUDGE=MINUTES")
    parser.add_argument("--chunk-seconds", type=float, default=float("inf"))
    parser.add_argument("--device", help="cpu or cuda; default: a card if there is one")
    arguments = parser.parse_args()
    choose_device(arguments.device)
    until = time.monotonic() + arguments.chunk_seconds
    minutes = MINUTES | {name: float(value) for name, _, value in (item.partition("=") for item in arguments.minutes)}
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    data, heldout = Scenes(arguments.data), Scenes(arguments.heldout)
    labels = classes(data) | {EMBEDDING: [str(number) for number in range(WIDTH)]}
    for judge in MINUTES:
        if not train(judge, minutes[judge], arguments.work, data, labels, until):
            return
    measures = {"relation": relation_accuracy, "character": character_accuracy, "similarity": lambda model, data, _: retrieval(model, data)}
    for judge, measure in measures.items():
        model = load(judge, arguments.work, labels)
        accuracy = measure(model, heldout, labels)
        Log(arguments.work, f"judge-{judge}").write(**{f"heldout {name}": value for name, value in accuracy.items()})
        write(judge, model, labels, accuracy, arguments.out)


if __name__ == "__main__":
    main()
