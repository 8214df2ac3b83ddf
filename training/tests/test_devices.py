"""Everything a stage computes with lies on one device."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn

from training.judges.samples import character_batch, classes, relation_batch
from training.judges.similarity import character_pictures, distillation_loss, view
from training.judges.train import build, character_loss, relation_loss
from training.relationbooth import device as devices
from training.relationbooth.device import choose_device, upload
from training.tests.one_device import OneDevice
from training.tests.small_world import RELATION, make_scenes, make_work
from training.toybox.base import BaseModel, Noise, base_loss
from training.toybox.clip import Attributes, ClipPair, clip_losses, gather_batch, jitter, load_clip, parameter_groups
from training.toybox.clipself import load_local_encoder, region_cosine, sample_regions
from training.toybox.conditions import TextConditions, gather_objects
from training.toybox.config import PHOTO, Stage
from training.toybox.decoder import NOISE, decoder_loss, latent_crops
from training.toybox.few_steps import STEPS, FewSteps
from training.toybox.latents import LatentSpace, Latents, decode, encode
from training.toybox.lora import LoraTraining
from training.toybox.loop import Trainer
from training.toybox.photos import PhotoTokens, encode_photos
from training.toybox.sample import generate, redraw
from training.toybox.tokenizer import Tokenizers
from training.toybox.tokens import TokenModel, figures, token_loss
from training.toybox.vae import build_training_vae, crops, load_vae, vae_losses

BATCH = 2


class DeviceChoiceTest(unittest.TestCase):
    def tearDown(self) -> None:
        devices._chosen = None

    def test_the_option_goes_before_the_environment(self) -> None:
        with mock.patch.dict(os.environ, {devices.VARIABLE: "meta"}):
            self.assertEqual(choose_device().type, "meta")
            self.assertEqual(choose_device("cpu").type, "cpu")

    @unittest.skipIf(torch.cuda.is_available(), "there is a card")
    def test_a_card_that_is_not_there_is_an_error(self) -> None:
        with self.assertRaisesRegex(ValueError, "no NVIDIA card"):
            choose_device("cuda")


class OneDeviceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.work, cls.data = Path(folder.name) / "work", make_scenes(Path(folder.name) / "train")
        choose_device("cpu")
        make_work(cls.work, cls.data)
        encode_photos(cls.work, cls.data, "train")
        cls.addClassCleanup(setattr, devices, "_chosen", None)

    def setUp(self) -> None:
        choose_device("meta")
        self.rng = np.random.default_rng(0)
        self.indices = np.arange(BATCH)
        self.enterContext(OneDevice())

    def check(self, loss: Tensor, *networks: nn.Module) -> None:
        """The loss and every gradient are on the device."""
        self.assertEqual(loss.device.type, "meta")
        loss.backward()
        gradients = [p.grad for network in networks for p in network.parameters() if p.grad is not None]
        self.assertTrue(gradients and all(gradient.device.type == "meta" for gradient in gradients))

    def test_it_notices_a_tensor_left_on_the_processor(self) -> None:
        with self.assertRaisesRegex(RuntimeError, r"\['cpu', 'meta'\]"):
            upload(np.ones((2, 2), np.float32)) @ torch.ones(2, 2)

    def test_autoencoder(self) -> None:
        for full in (False, True):
            model = build_training_vae()
            self.check(sum(vae_losses(model, *crops(self.data, self.indices, self.rng, full))), model)

    def test_clip_pair(self) -> None:
        attributes = Attributes(self.data)
        model = ClipPair(attributes).to(devices.device())
        pictures, texts, identities = gather_batch(self.data, 4, self.rng)
        ids = Tokenizers(self.work)(texts, trim=True)
        self.check(sum(clip_losses(model, jitter(pictures, self.rng), ids, attributes.targets(identities))), model)

    def test_texts_that_are_kept_are_in_no_group(self) -> None:
        for keep in (False, True):
            model = ClipPair(Attributes(self.data))
            grouped = {p for group in parameter_groups(model, keep) for p in group["params"]}
            learning = {name for name, p in model.named_parameters() if p in grouped}
            kept = {name for name, _ in model.named_parameters() if keep and name.startswith("text")}
            self.assertEqual(learning, {name for name, _ in model.named_parameters()} - kept)
            self.assertEqual({name for name, p in model.named_parameters() if not p.requires_grad}, kept)
            self.assertTrue(any(name.startswith("vision.") for name in learning))

    def test_clipself(self) -> None:
        teacher, student = load_clip(self.work)[0], load_local_encoder(self.work).requires_grad_(True)
        pictures = jitter(gather_batch(self.data, BATCH, self.rng)[0], self.rng)
        regions = sample_regions(self.rng, PHOTO // teacher.config.patch_size)
        self.check(region_cosine(student, teacher, pictures, regions), student)

    def test_object_tokens(self) -> None:
        text, photos = TextConditions(self.work), PhotoTokens(self.work, "train", len(self.data))
        model = TokenModel().to(devices.device())
        objects = gather_objects(self.data, photos, self.indices.tolist(), text, self.rng)
        self.check(token_loss(model, objects, *figures(self.data, self.indices.tolist())), model)

    def test_base(self) -> None:
        model = BaseModel().to(devices.device())
        text, latents = TextConditions(self.work), Latents(self.work, "train", len(self.data))
        photos = PhotoTokens(self.work, "train", len(self.data))
        self.check(base_loss(model, self.data, self.indices, self.rng, text, latents, photos, Noise()), model)

    def test_decoder(self) -> None:
        vae, space, latents = load_vae(self.work), LatentSpace(self.work), Latents(self.work, "train", len(self.data))
        vae.decoder.requires_grad_(True)
        batch = latent_crops(self.data, latents, self.indices, self.rng, full=False)
        self.check(decoder_loss(vae, space, *batch, NOISE), vae.decoder)

    def test_relation_lora(self) -> None:
        training = LoraTraining(self.work, self.data, "train")
        training.reset(0)
        scenes, keypoints = training.prepare(RELATION)
        rows = np.arange(BATCH)
        self.check(sum(training.losses([scenes[r] for r in rows], upload(rows), keypoints, self.rng)), training.layers)

    def test_few_steps(self) -> None:
        student = FewSteps(self.work, self.data, "train")
        paths = student.draw_paths(BATCH, self.rng)
        self.assertEqual(tuple(paths[0].places.shape), (STEPS + 1, 8, 32, 32))
        student.use(paths[0].relation, learning=True)
        self.check(sum(student.loss(paths, number) for number in range(STEPS)), student.layers)

    def test_judges(self) -> None:
        labels = classes(self.data)
        relation, character = (build(name, labels).to(devices.device()) for name in ("relation", "character"))
        distilled = build("similarity", labels).to(devices.device())
        pictures = character_pictures(self.data, [(0, 0), (1, 1)], [True, False])
        teacher = {name: value.detach().clone() for name, value in distilled.state_dict().items()}
        self.check(distillation_loss(distilled, teacher, view(pictures, self.rng), view(pictures, self.rng)), distilled)
        target = upload(np.zeros(BATCH, np.int64))
        self.check(relation_loss(relation, relation_batch(self.data, self.indices.tolist(), self.rng), target), relation)
        self.check(character_loss(character, character_batch(self.data, [(0, 0), (1, 1)], labels, self.rng)), character)

    def test_sampling(self) -> None:
        vae, space = load_vae(self.work), LatentSpace(self.work)
        text, photos = TextConditions(self.work), PhotoTokens(self.work, "train", len(self.data))
        model = BaseModel().to(devices.device())
        latents = generate(model, self.data, [0, 1], ["a bear", "a frog"], text, photos, steps=2)
        latents = redraw(model, self.data, [0, 1], latents, text, photos, 2, seed=0)
        pictures = decode(vae, space.restore(latents))
        self.assertEqual((pictures.device.type, tuple(pictures.shape)), ("meta", (2, 3, 256, 256)))
        self.assertEqual(encode(vae, pictures).device.type, "meta")


class TrainerTest(unittest.TestCase):
    def setUp(self) -> None:
        choose_device("cpu")
        self.addCleanup(setattr, devices, "_chosen", None)
        self.work = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def trainer(self) -> Trainer:
        torch.manual_seed(0)
        return Trainer("toy", nn.Linear(3, 1), Stage(minutes=1, batch=4, peak_lr=0.1, warmup_steps=1), self.work)

    def test_a_step_without_a_finite_gradient_changes_nothing(self) -> None:
        trainer = self.trainer()
        before = {k: v.clone() for k, v in trainer.model.state_dict().items()}
        norm = trainer.update(trainer.model(torch.full((4, 3), float("nan"))).sum())
        self.assertFalse(bool(torch.isfinite(norm)))
        torch.testing.assert_close(dict(trainer.model.state_dict()), before)
        trainer.update(trainer.model(torch.ones(4, 3)).sum())
        self.assertGreater(float((trainer.model.weight - before["weight"]).abs().max().detach()), 0)

    def test_a_resumed_stage_goes_on_as_if_it_had_not_stopped(self) -> None:
        def step(trainer: Trainer) -> None:
            trainer.update(trainer.model(torch.ones(4, 3)).square().mean())

        through = self.trainer()
        step(through)
        through.save()
        step(through)
        resumed = self.trainer()
        step(resumed)
        torch.testing.assert_close(dict(resumed.model.state_dict()), dict(through.model.state_dict()))
        torch.testing.assert_close(resumed.average, through.average)


if __name__ == "__main__":
    unittest.main()
