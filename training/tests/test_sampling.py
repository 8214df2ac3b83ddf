"""Sampling from the middle of the schedule, and the noise that the autoencoder learns to bear."""

from __future__ import annotations

import unittest

import torch
from torch import Tensor

from training.toybox.few_steps import STEPS, step_velocity
from training.toybox.sample import denoise, sampler
from training.toybox.vae import LATENT_NOISE, disturb


class DenoiseTest(unittest.TestCase):
    def test_a_network_that_knows_the_truth_arrives_at_it_from_any_step(self) -> None:
        torch.manual_seed(0)
        clean = torch.randn(2, 8, 4, 4)
        for first in (0, 3, 7):
            scheduler = sampler(8)
            sigma = scheduler.sigmas[first]
            seen: list[float] = []

            def velocity(model_input: Tensor, t: Tensor, scheduler=scheduler, seen=seen) -> Tensor:
                seen.append(float(t))
                sigma = scheduler.sigmas[scheduler.step_index]
                signal, noise = 1 / (1 + sigma**2).sqrt(), sigma / (1 + sigma**2).sqrt()
                return (signal * model_input - clean) / noise

            x = clean + sigma * torch.randn(clean.shape)
            drawn = denoise(scheduler, velocity, x, first)
            self.assertEqual(seen, scheduler.timesteps[first:].tolist())
            torch.testing.assert_close(drawn, clean, atol=2e-3, rtol=0)


class StepVelocityTest(unittest.TestCase):
    def test_an_euler_step_with_it_arrives(self) -> None:
        """From the schedule's end too, where the noise is 4096 times the signal."""
        torch.manual_seed(0)
        scheduler = sampler(STEPS)
        for number, t in enumerate(scheduler.timesteps):
            sigma, next_sigma = scheduler.sigmas[number : number + 2].tolist()
            x = torch.randn(2, 8, 4, 4) * (1 + sigma)
            arrived = torch.randn(2, 8, 4, 4) * (1 + next_sigma)
            scheduler.scale_model_input(x, t)
            there = scheduler.step(step_velocity(x, arrived, sigma, next_sigma), t, x).prev_sample
            torch.testing.assert_close(there, arrived, atol=2e-3, rtol=1e-3)


class DisturbTest(unittest.TestCase):
    def test_noise_follows_each_channels_deviation(self) -> None:
        torch.manual_seed(0)
        deviation = torch.tensor([1.0, 10.0]).view(1, 2, 1, 1)
        latent = torch.randn(64, 2, 16, 16) * deviation
        added = (disturb(latent) - latent) / deviation
        strengths = added.std(dim=(2, 3))
        self.assertLess(float(strengths.max()), LATENT_NOISE * 1.15)
        self.assertGreater(float(strengths.max()), LATENT_NOISE * 0.8)
        torch.testing.assert_close(strengths[:, 0], strengths[:, 1], atol=0.1, rtol=0.2)

    def test_larger_latents_are_no_way_out(self) -> None:
        """Noise scaled with a latent, gradients included: the decoder's share of signal does not depend on its scale."""
        scale = torch.ones((), requires_grad=True)
        latent = torch.randn(4, 2, 8, 8)
        torch.manual_seed(1)
        disturbed = disturb(latent * scale)
        share = disturbed / disturbed.std()
        share.square().mul(torch.randn_like(share)).sum().backward()
        self.assertLess(abs(float(scale.grad)), 1e-3)
