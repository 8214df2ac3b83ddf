"""What the base stage's two extra losses ask for."""

from __future__ import annotations

import math
import tempfile
import unittest
from pathlib import Path

import torch

from training.tests.small_world import make_scenes
from training.toybox.base import COARSE, INPUT_PERTURBATION, Noise, coarse_error
from training.toybox.pose import GRID, pose_loss, pose_targets

INDICES = [0, 3]


class PoseTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = make_scenes(Path(folder.name) / "train")

    def test_targets_lie_where_the_annotations_say(self) -> None:
        coverage, cells, visible = pose_targets(self.data, INDICES)
        x, y, seen = self.data.objects(3)[1]["keypoints"][5]
        self.assertEqual(cells[1, 1, 5].item(), int(y * GRID) * GRID + int(x * GRID))
        self.assertEqual(visible[1, 1, 5].item(), seen)
        corner = self.data.masks(0).max(axis=0)[:4, :4].mean() / 255
        self.assertAlmostEqual(coverage[0, 0, 0].item(), float(corner), places=5)

    def test_points_outside_the_picture_do_not_count(self) -> None:
        self.data.objects(0)[0]["keypoints"][2] = [1.2, 0.5, 1]
        self.assertEqual(pose_targets(self.data, INDICES)[2][0, 0, 2].item(), 0)

    def test_loss_is_least_for_the_truth(self) -> None:
        coverage, cells, visible = pose_targets(self.data, INDICES)
        nothing = torch.zeros(len(INDICES), 18, GRID, GRID)
        truth = nothing.clone()
        truth[:, 0] = torch.logit(coverage.clamp(1e-3, 1 - 1e-3))
        places = truth[:, 1:].flatten(2)
        places.scatter_(2, cells.transpose(1, 2), 20.0)
        # Two objects share a keypoint's distribution, so the best place's share is a half.
        self.assertAlmostEqual(pose_loss(nothing, coverage, cells, visible).item(), math.log(2) + 1, places=4)
        self.assertLess(pose_loss(truth, coverage, cells, visible).item(), 0.8)


class CoarseErrorTest(unittest.TestCase):
    def test_sees_what_neighbours_share_and_not_what_cancels(self) -> None:
        target, weight = torch.zeros(1, 8, 32, 32), torch.ones(1, 1, 32, 32)
        checks = torch.ones(32, 32)
        checks[::2, ::2] = checks[1::2, 1::2] = -1
        self.assertEqual(coarse_error(checks.expand(1, 8, 32, 32), target, weight).item(), 0)
        self.assertAlmostEqual(coarse_error(target + 1, target, weight).item(), sum(COARSE.values()))


class PerturbationTest(unittest.TestCase):
    def test_adds_a_share_of_the_timestep_s_own_noise(self) -> None:
        noise, timesteps = Noise(), torch.tensor([999, 200])
        added = noise.perturb(torch.zeros(2, 8, 64, 64), timesteps).std(dim=(1, 2, 3))
        expected = INPUT_PERTURBATION * (1 - noise.alpha_bar[timesteps]).sqrt()
        torch.testing.assert_close(added, expected, rtol=0.03, atol=0)


if __name__ == "__main__":
    unittest.main()
