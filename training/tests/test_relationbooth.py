"""The method's parts by themselves: `python -m unittest discover training/tests -t .` from the repository's root."""

from __future__ import annotations

import unittest

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from training.relationbooth.attention import attach_masked_attention, image_branch_state, object_masks
from training.relationbooth.local_tokens import pool_grid
from training.relationbooth.lora import TARGETS, inject_lora, load_lora, lora_state
from training.relationbooth.losses import (
    KEYPOINTS,
    keypoint_matching_loss,
    predict_clean_from_noise,
    predict_clean_from_velocity,
)
from training.relationbooth.resampler import Resampler, fourier_features

CONTEXT = 24
UNET = {
    "sample_size": 8,
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (16, 32),
    "layers_per_block": 1,
    "attention_head_dim": (1, 2),
    "cross_attention_dim": CONTEXT,
    "norm_num_groups": 8,
    "use_linear_projection": True,
}
BOXES = torch.tensor([[[0.0, 0.0, 0.5, 1.0], [0.5, 0.0, 1.0, 1.0]]])


def tiny_unet() -> UNet2DConditionModel:
    torch.manual_seed(0)
    unet = UNet2DConditionModel(**UNET)
    attach_masked_attention(unet)
    return unet.eval()


@torch.no_grad()
def predict(unet: UNet2DConditionModel, tokens: Tensor | None, boxes: Tensor = BOXES, scale: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    sample = torch.randn(1, 4, 8, 8, generator=generator)
    context = torch.randn(1, 5, CONTEXT, generator=generator)
    image = {} if tokens is None else {"image_tokens": tokens, "masks": object_masks(boxes, [(8, 8), (4, 4)]), "image_scale": scale}
    return unet(sample, 10, encoder_hidden_states=context, cross_attention_kwargs=image or None).sample


class MaskedAttentionTest(unittest.TestCase):
    def setUp(self) -> None:
        self.unet = tiny_unet()
        self.tokens = torch.randn(1, 2, 3, CONTEXT, generator=torch.Generator().manual_seed(2))

    def test_photos_change_the_picture_and_scale_zero_switches_them_off(self) -> None:
        plain = predict(self.unet, None)
        self.assertGreater(float((predict(self.unet, self.tokens) - plain).abs().max()), 1e-3)
        torch.testing.assert_close(predict(self.unet, self.tokens, scale=0.0), plain)

    def test_objects_without_a_box_change_nothing(self) -> None:
        torch.testing.assert_close(predict(self.unet, self.tokens, torch.zeros(1, 2, 4)), predict(self.unet, None))

    def test_the_order_of_objects_does_not_matter(self) -> None:
        torch.testing.assert_close(predict(self.unet, self.tokens.flip(1), BOXES.flip(1)), predict(self.unet, self.tokens))

    def test_a_cell_belongs_to_every_box_that_touches_it(self) -> None:
        masks = object_masks(torch.tensor([[[0.2, 0.0, 0.6, 0.5]]]), [(4, 4)])[16].view(4, 4)
        self.assertEqual(masks.int().tolist(), [[1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])

    def test_the_image_branch_is_saved_in_odd_numbers(self) -> None:
        numbers = {int(name.split(".")[0]) for name in image_branch_state(self.unet)}
        self.assertTrue(numbers and all(number % 2 == 1 for number in numbers))


class LoraTest(unittest.TestCase):
    def test_it_starts_as_the_base_model_and_returns_from_its_file(self) -> None:
        unet = tiny_unet()
        before = predict(unet, None)
        layers = inject_lora(unet, rank=2)
        torch.testing.assert_close(predict(unet, None), before)
        for layer in layers.values():
            torch.nn.init.normal_(layer.up.weight)
        changed, state = predict(unet, None), {name: value.clone() for name, value in lora_state(layers).items()}
        self.assertGreater(float((changed - before).abs().max()), 1e-3)
        for layer in layers.values():
            torch.nn.init.zeros_(layer.up.weight)
        load_lora(layers, state)
        torch.testing.assert_close(predict(unet, None), changed)

    def test_it_changes_the_four_projections_of_cross_attention_and_no_other_weight_learns(self) -> None:
        unet = tiny_unet()
        unet.requires_grad_(False)
        layers = inject_lora(unet, rank=2)
        self.assertTrue(all("attn2" in path and path.replace("/", ".").endswith(TARGETS) for path in layers))
        trained = {name for name, parameter in unet.named_parameters() if parameter.requires_grad}
        self.assertTrue(trained and all(name.endswith(("down.weight", "up.weight")) for name in trained))


class ResamplerTest(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(3)
        self.resampler = Resampler(16, 2, 8, 2, 4, embedding_dim=12, output_dim=20, ff_mult=2, phrase_embeddings_dim=10).eval()
        self.tokens, self.phrases = torch.randn(2, 6, 12), torch.randn(2, 10)
        self.boxes = torch.tensor([[0.1, 0.2, 0.5, 0.9], [0.5, 0.2, 0.9, 0.9]])

    @torch.no_grad()
    def test_photo_phrase_and_box_count_and_the_order_of_photo_tokens_does_not(self) -> None:
        out = self.resampler(self.tokens, self.phrases, self.boxes)
        self.assertEqual(tuple(out.shape), (2, 4, 20))
        torch.testing.assert_close(self.resampler(self.tokens.flip(1), self.phrases, self.boxes), out)
        for other in (
            self.resampler(self.tokens.flip(0), self.phrases, self.boxes),
            self.resampler(self.tokens, self.phrases.flip(0), self.boxes),
            self.resampler(self.tokens, self.phrases, self.boxes.flip(0)),
        ):
            self.assertGreater(float((other - out).abs().max()), 1e-3)

    def test_dropped_grounding_forgets_phrase_and_box(self) -> None:
        drop = torch.tensor([True, True])
        first = self.resampler(self.tokens, self.phrases, self.boxes, drop)
        torch.testing.assert_close(self.resampler(self.tokens, self.phrases.flip(0), self.boxes.flip(0), drop), first)

    def test_fourier_features_are_sine_and_cosine_of_the_corners(self) -> None:
        features = fourier_features(torch.tensor([0.25, 0.25, 0.75, 0.75]))
        self.assertEqual(tuple(features.shape), (64,))
        torch.testing.assert_close(features[:4], torch.tensor([0.25, 0.25, 0.75, 0.75]).sin())
        torch.testing.assert_close(features[4:8], torch.tensor([0.25, 0.25, 0.75, 0.75]).cos())


class KeypointLossTest(unittest.TestCase):
    def setUp(self) -> None:
        generator = torch.Generator().manual_seed(4)
        self.clean = torch.randn(2, 3, 8, 8, generator=generator)
        self.photos = torch.randn(2, 2, 3, 4, 4, generator=generator)
        self.here = torch.rand(2, 2, KEYPOINTS, 2, generator=generator)
        self.there = torch.rand(2, 2, KEYPOINTS, 2, generator=generator)
        self.visible = (torch.rand(2, 2, KEYPOINTS, generator=generator) > 0.4).float()

    def test_it_is_the_mean_squared_distance_at_visible_keypoints(self) -> None:
        found = keypoint_matching_loss(self.clean, self.here, self.photos, self.there, self.visible)
        for sample in range(2):
            distances = []
            for which in range(2):
                for k in range(KEYPOINTS):
                    if self.visible[sample, which, k] == 0:
                        continue
                    x, y = (self.here[sample, which, k] * 8).long().tolist()
                    u, v = (self.there[sample, which, k] * 4).long().tolist()
                    difference = self.photos[sample, which, :, v, u] - self.clean[sample, :, y, x]
                    distances.append(float(difference.square().sum()))
            self.assertAlmostEqual(float(found[sample]), sum(distances) / len(distances), places=4)

    def test_a_scene_without_visible_keypoints_gives_zero(self) -> None:
        found = keypoint_matching_loss(self.clean, self.here, self.photos, self.there, torch.zeros_like(self.visible))
        self.assertEqual(found.tolist(), [0.0, 0.0])

    def test_both_forms_of_equation_5_give_back_the_clean_latents(self) -> None:
        noise, alpha = torch.randn(2, 3, 8, 8), torch.tensor(0.3)
        noisy = alpha.sqrt() * self.clean + (1 - alpha).sqrt() * noise
        velocity = alpha.sqrt() * noise - (1 - alpha).sqrt() * self.clean
        torch.testing.assert_close(predict_clean_from_noise(noisy, noise, alpha), self.clean, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(predict_clean_from_velocity(noisy, velocity, alpha), self.clean, rtol=1e-4, atol=1e-5)


class LocalTokensTest(unittest.TestCase):
    def test_cells_average_unit_vectors_in_reading_order(self) -> None:
        features = torch.randn(1, 64, 5)
        pooled = pool_grid(features)
        self.assertEqual(tuple(pooled.shape), (1, 16, 5))
        unit = torch.nn.functional.normalize(features[0], dim=-1).view(8, 8, 5)
        torch.testing.assert_close(pooled[0, 1], unit[:2, 2:4].reshape(4, 5).mean(dim=0))
        torch.testing.assert_close(pooled[0, 4], unit[2:4, :2].reshape(4, 5).mean(dim=0))


if __name__ == "__main__":
    unittest.main()
