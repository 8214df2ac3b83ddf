"""Muon: directions of one size, one result for any number of processes, and resumption."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as processes
from torch import Tensor, nn

from training.relationbooth import device as devices
from training.relationbooth.device import choose_device
from training.toybox.config import Stage
from training.toybox.loop import ORTHOGONAL, Trainer
from training.toybox.muon import Muon, orthogonalize


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(32, 6))


def groups(model: nn.Module) -> list[dict]:
    by_size = {wide: [p for p in model.parameters() if (p.ndim > 1) == wide] for wide in (False, True)}
    return [{"params": by_size[False], "lr": 1.0}, {"params": by_size[True], "lr": 1.0, ORTHOGONAL: True}]


def train(model: nn.Module, steps: int) -> list[Tensor]:
    muon = Muon([{"params": groups(model)[1]["params"]}], lr=0.01)
    for step in range(steps):
        picture = torch.randn(4, 3, 4, 4, generator=torch.Generator().manual_seed(step))
        model(picture).square().mean().backward()
        muon.step()
        model.zero_grad()
    return [p.detach().clone() for p in model.parameters()]


def work(rank: int, world: int, folder: str) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "RANK": str(rank), "WORLD_SIZE": str(world)}
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=world)
    torch.save(train(network(), 3), f"{folder}/{rank}.pt")
    dist.destroy_process_group()


class MuonTest(unittest.TestCase):
    def setUp(self) -> None:
        choose_device("cpu")
        self.addCleanup(setattr, devices, "_chosen", None)
        self.work = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_singular_values_come_close_to_one_in_the_matrix_s_own_directions(self) -> None:
        for shape in ((24, 40), (40, 24)):
            matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
            result = orthogonalize(matrix).float()
            self.assertEqual(result.shape, matrix.shape)
            values = torch.linalg.svdvals(result)
            self.assertGreater(float(values.min()), 0.3)
            self.assertLess(float(values.max()), 1.3)
            left, _, right = torch.linalg.svd(matrix, full_matrices=False)
            aligned = left.T @ result @ right.T
            self.assertLess(float((aligned - aligned.diag().diag()).abs().max()), 0.15)

    def test_an_update_has_the_size_of_adam_s(self) -> None:
        layer = nn.Linear(64, 256, bias=False)
        before = layer.weight.detach().clone()
        muon = Muon([{"params": [layer.weight]}], lr=0.01)
        layer(torch.randn(8, 64, generator=torch.Generator().manual_seed(2))).square().mean().backward()
        muon.step()
        moved = float((layer.weight.detach() - before).square().mean().sqrt())
        # Eight samples leave at most eight directions of the 64.
        self.assertLess(moved, 0.01 * 0.25)
        self.assertGreater(moved, 0.01 * 0.2 * (8 / 64) ** 0.5 * 0.6)

    def test_two_processes_end_as_one(self) -> None:
        alone = train(network(), 3)
        processes.spawn(work, args=(2, str(self.work)), nprocs=2)
        for rank in range(2):
            torch.testing.assert_close(torch.load(self.work / f"{rank}.pt"), alone)

    def test_a_resumed_stage_goes_on_with_its_momentum(self) -> None:
        def trainer() -> Trainer:
            model = network()
            return Trainer("toy", model, Stage(minutes=1, batch=4, peak_lr=0.1, warmup_steps=1), self.work, groups(model))

        def step(trainer: Trainer) -> None:
            picture = torch.randn(4, 3, 4, 4, generator=torch.Generator().manual_seed(trainer.step))
            trainer.update(trainer.model(picture).square().mean())

        through = trainer()
        step(through)
        through.save()
        step(through)
        resumed = trainer()
        step(resumed)
        torch.testing.assert_close(dict(resumed.model.state_dict()), dict(through.model.state_dict()))

    def test_a_step_without_a_finite_gradient_changes_nothing(self) -> None:
        model = network()
        trainer = Trainer("toy", model, Stage(minutes=1, batch=4, peak_lr=0.1, warmup_steps=1), self.work, groups(model))
        before = {k: v.clone() for k, v in model.state_dict().items()}
        trainer.update(model(torch.full((4, 3, 4, 4), float("nan"))).sum())
        torch.testing.assert_close(dict(model.state_dict()), before)


if __name__ == "__main__":
    unittest.main()
