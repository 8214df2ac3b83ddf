"""The trainer for SDXL + MS-Diffusion, on the small random checkpoint of the golden tests."""

from __future__ import annotations

import json
import shutil
import tempfile
import unittest
import warnings
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file

from transformers.utils.logging import disable_progress_bar

from training.relation_lora import parser, run
from training.relationbooth import device as devices
from training.relationbooth.device import choose_device, upload
from training.relationbooth.lora import lora_state
from training.relationbooth.losses import add_noise, predict_clean
from training.sdxl.lora_training import Recipe, RelationTraining
from training.sdxl.model import Files, read_adapter
from training.sdxl.triplets import read_triplets
from training.tests.one_device import OneDevice
from training.tests.small_world import RELATION, make_scenes
from training.toybox.triplets import write_triplets

disable_progress_bar()
TINY = Path(__file__).resolve().parents[2] / "tests" / "golden" / "tiny"
FILES = Files(TINY, TINY / "ms_adapter.safetensors", TINY / "image_encoder", TINY / "local_encoder")
RECIPE = Recipe(steps=2, batch=2, accumulate=2, learning_rate=1e-2, resolution=64, gradient_checkpointing=False)


class TripletsCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.triplets = Path(folder.name) / "triplets"
        choose_device("cpu")
        cls.addClassCleanup(setattr, devices, "_chosen", None)
        write_triplets(make_scenes(Path(folder.name) / "train"), RELATION, cls.triplets, 4)

    def setUp(self) -> None:
        choose_device("cpu")
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))


class TrainingTest(TripletsCase):
    """Opening a model takes longer than training it in small: most tests share one, put back to its start."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.shared = RelationTraining(FILES, read_triplets(cls.triplets), RECIPE)
        cls.start = {name: value.clone() for name, value in cls.shared.weights.state_dict().items()}

    def training(self, **changes) -> RelationTraining:
        self.shared.recipe = replace(RECIPE, **changes)
        self.shared.weights.load_state_dict(self.start)
        self.shared.weights.zero_grad()
        return self.shared

    def test_losses_go_down_on_four_samples(self) -> None:
        training = self.training(steps=16, batch=4, accumulate=1, learning_rate=4e-2)
        self.assertEqual(len(training.samples), 4)

        @torch.no_grad()
        def measured() -> tuple[float, float]:
            rows, times = torch.arange(4), torch.tensor([100, 300, 500, 700])
            noise = torch.randn(training.samples.latents.shape, generator=torch.Generator().manual_seed(7))
            denoise, matching = training.losses(rows, times, noise)
            return float(denoise), float(matching)

        before = measured()
        training.train(self.folder / "work", self.folder / "lora.safetensors")
        after = measured()
        self.assertLess(after[0], 0.97 * before[0])
        self.assertLess(after[1], 0.97 * before[1])

    def test_a_resumed_run_ends_where_an_uninterrupted_one_does(self) -> None:
        self.training().train(self.folder / "through", self.folder / "through.safetensors")
        self.training(steps=1).train(self.folder / "work", self.folder / "half.safetensors")
        self.training().train(self.folder / "work", self.folder / "resumed.safetensors")
        through, half, resumed = (load_file(str(self.folder / f"{name}.safetensors")) for name in ("through", "half", "resumed"))
        torch.testing.assert_close(resumed, through)
        self.assertTrue(any(not torch.equal(half[key], through[key]) for key in half))
        stored = load_file(str(self.folder / "work" / "checkpoints" / "relation-lora.safetensors"))
        self.assertFalse([key for key in stored if ".base." in key])

    def test_it_learns_the_four_projections_of_every_cross_attention_layer_and_nothing_else(self) -> None:
        training = self.training()
        learned = {name for name, parameter in training.unet.named_parameters() if parameter.requires_grad}
        self.assertEqual(len(learned), 2 * len(training.layers))
        self.assertTrue(all(".attn2.to_" in name and "_ip" not in name for name in learned))
        shapes = {tuple(value.shape)[key.endswith("up.weight")] for key, value in lora_state(training.layers).items()}
        self.assertEqual(shapes, {RECIPE.rank})

    def gradients(self, training: RelationTraining) -> list[torch.Tensor]:
        for layer in training.layers.values():
            torch.nn.init.constant_(layer.up.weight, 0.01)
        denoise, matching = training.losses(*training.draw(0, 0))
        (denoise + training.recipe.matching_weight * matching).backward()
        return [parameter.grad.clone() for parameter in training.weights.parameters()]

    def test_checkpointing_gradients_changes_no_gradient(self) -> None:
        plain = self.gradients(self.training())
        training = self.training()
        training.unet.enable_gradient_checkpointing()
        training.unet.train()
        again = self.gradients(training)
        training.unet.disable_gradient_checkpointing()
        training.unet.eval()
        torch.testing.assert_close(again, plain, rtol=1e-3, atol=1e-6)

    def test_keypoint_matching_and_bfloat16_reach_the_gradients(self) -> None:
        plain, without = self.gradients(self.training()), self.gradients(self.training(matching_weight=0.0))
        self.assertGreater(max(float((a - b).abs().max()) for a, b in zip(plain, without, strict=True)), 0)
        half = RelationTraining(FILES, read_triplets(self.triplets), replace(RECIPE, dtype=torch.bfloat16, gradient_checkpointing=True))
        half.weights.load_state_dict(self.start)
        pairs = [(a.flatten(), b.flatten()) for a, b in zip(plain, self.gradients(half), strict=True)]
        joined = [torch.cat(parts) for parts in zip(*pairs, strict=True)]
        self.assertGreater(float(torch.cosine_similarity(*joined, dim=0)), 0.95)

    def test_both_kinds_of_prediction_give_back_the_clean_latents(self) -> None:
        clean, noise, alpha = torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8), torch.tensor(0.4)
        for prediction in ("epsilon", "v_prediction"):
            noisy, target = add_noise(prediction, clean, noise, alpha)
            torch.testing.assert_close(predict_clean(prediction, noisy, target, alpha), clean, rtol=1e-4, atol=1e-5)

    def test_a_velocity_model_is_trained_as_one(self) -> None:
        base = self.folder / "base"
        shutil.copytree(TINY, base)
        config = base / "scheduler" / "scheduler_config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"prediction_type": "v_prediction"}))
        training = RelationTraining(replace(FILES, base=base), read_triplets(self.triplets), RECIPE)
        draw = training.draw(0, 0)
        self.assertNotEqual(*(float(one.losses(*draw)[0].detach()) for one in (training, self.training())))

    def test_a_pickled_adapter_reads_like_the_safetensors_one(self) -> None:
        groups = read_adapter(FILES.adapter)
        file = self.folder / "ms_adapter.bin"
        torch.save({"image_proj": groups[0], "ms_adapter": groups[1], "dummy_image_tokens": torch.zeros(1, 4, 8)}, file)
        torch.testing.assert_close(read_adapter(file), groups)

    def test_everything_lies_on_one_device(self) -> None:
        choose_device("meta")
        with warnings.catch_warnings(action="ignore"):  # nothing is copied to a device without values
            training = RelationTraining(FILES, read_triplets(self.triplets), RECIPE)
        with OneDevice():
            sum(training.losses(*(upload(part) for part in training.draw(0, 0)))).backward()
        self.assertTrue(all(p.grad.device.type == "meta" for p in training.weights.parameters()))


class BadInputTest(TripletsCase):
    def refused(self, words: str, **changes: str) -> None:
        options = {"base": TINY, "adapter": FILES.adapter, "image_encoder": FILES.image_encoder, "data": self.triplets}
        options |= {"out": self.folder / "lora.safetensors", "resolution": 64, "device": "cpu"} | changes
        words_of = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
        with self.assertRaisesRegex((ValueError, FileNotFoundError), words):
            run(parser().parse_args(words_of))

    def copied(self) -> Path:
        data = self.folder / "data"
        shutil.copytree(self.triplets, data)
        return data

    def test_missing_parts_are_named(self) -> None:
        self.refused("no folder unet", base=self.folder)
        self.refused("nowhere.bin: not found", adapter=self.folder / "nowhere.bin")
        self.refused("prompts.json: not found", data=self.folder)
        data = self.copied()
        (data / "videos" / "2" / "concept1.png").unlink()
        self.refused("2/concept1.png: not found", data=data)

    def test_samples_that_cannot_be_used_are_named(self) -> None:
        data = self.copied()
        torch.save(torch.zeros(2, 5, 2), data / "videos" / "0" / "motion_keyposes.pth")
        self.refused(r"motion_keyposes.pth: expected finite numbers \[2,17,2\], got \[2, 5, 2\]", data=data)
        (data / "prompts.json").write_text('{"0": {"prompt": "a hug", "entities": []}}')
        self.refused('sample "0" needs a prompt and one or two entities', data=data)
        (data / "videos" / "1" / "motion.png").write_bytes(b"no picture")
        (data / "prompts.json").write_text('{"1": {"prompt": "a hug", "entities": ["bear", "frog"]}}')
        self.refused("1/motion.png: no picture that can be read", data=data)
        (data / "videos" / "1" / "motion_keyposes.pth").write_bytes(b"no tensor")
        self.refused("motion_keyposes.pth: no file of PyTorch tensors", data=data)

    def test_parts_that_do_not_fit_are_named(self) -> None:
        foreign = self.folder / "lora.bin"
        torch.save({"weights": torch.zeros(2)}, foreign)
        self.refused("groups image_proj and ms_adapter", adapter=foreign)
        self.refused("expected a multiple of 32", resolution=72)
        self.refused("--steps 0: expected more than 0", steps=0)
        existing = self.folder / "there.safetensors"
        existing.touch()
        self.refused("exists; remove it", out=existing)


if __name__ == "__main__":
    unittest.main()
