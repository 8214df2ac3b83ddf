"""The benchmark's variants of the LoRA stage, in small."""

from __future__ import annotations

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from training.relationbooth import device as devices
from training.relationbooth.device import choose_device
from training.tests.small_world import RELATION, make_scenes, make_work
from training.toybox.conditions import TextConditions
from training.toybox.config import MAX_TOKENS, PHOTO, PICTURE, Plan
from training.toybox.lora import LoraTraining, lora_file, relation_indices
from training.toybox.photo_sources import SceneCuts
from training.toybox.photos import encode_photos
from training.toybox.relation_word import RelationWord, with_place
from training.toybox.tokenizer import Tokenizers
from training.toybox.variants import FULL, VARIANTS

STAGE = replace(Plan().lora, minutes=60, batch=2)


class VariantsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.addClassCleanup(setattr, devices, "_chosen", None)
        choose_device("cpu")
        cls.work, cls.data = Path(folder.name) / "work", make_scenes(Path(folder.name) / "train")
        make_work(cls.work, cls.data)
        encode_photos(cls.work, cls.data, "train")

    def trained(self, variant: str) -> dict[str, torch.Tensor]:
        LoraTraining(self.work, self.data, "train", variant).train(RELATION, STAGE, max_steps=2)
        return load_file(str(lora_file(self.work, RELATION, variant)))

    def test_every_variant_leaves_a_file_of_its_own(self) -> None:
        full = self.trained(FULL)
        self.assertEqual(lora_file(self.work, RELATION, "no-kml").parts[-3], "relation-loras-no-kml")
        for variant in ("no-kml", "no-relation-data", "local-4"):
            other = self.trained(variant)
            self.assertEqual(full.keys(), other.keys())
            self.assertTrue(any(not torch.equal(full[key], other[key]) for key in full), variant)

    def test_a_word_is_learned_in_both_text_towers_and_the_u_net_stays(self) -> None:
        training = LoraTraining(self.work, self.data, "train", "text-inversion")
        start = {name: word.clone() for name, word in training.word.state().items()}
        before = {name: value.clone() for name, value in training.base.state_dict().items()}
        training.train(RELATION, STAGE, max_steps=2)
        learned = load_file(str(lora_file(self.work, RELATION, "text-inversion")))
        self.assertEqual(learned.keys(), {"text_encoder", "text_encoder_2"})
        for name, word in learned.items():
            self.assertEqual(word.shape, start[name].shape)
            self.assertGreater(float((word - start[name]).abs().max()), 0)
        after = training.base.state_dict()
        self.assertTrue(all(torch.equal(before[k], after[k]) for k in before if ".down." not in k and ".up." not in k))

    def test_the_word_stands_in_front_and_a_full_text_keeps_its_end(self) -> None:
        tokenizers = Tokenizers(self.work)
        ids = tokenizers(["a bear", "bear " * 90])[0]
        longer = with_place(ids)
        self.assertEqual(tuple(longer.shape), (2, MAX_TOKENS))
        self.assertEqual(longer[0, 2:6].tolist(), ids[0, 1:5].tolist())
        self.assertEqual(longer[1, -1], ids[1, -1])
        conditions = TextConditions(self.work)
        word = RelationWord(conditions)
        plain = word.captions(conditions, ["a bear"])
        torch.nn.init.normal_(word.words["text_encoder_2"])
        self.assertGreater(float((word.captions(conditions, ["a bear"])[1] - plain[1]).abs().max().detach()), 1e-3)

    def test_photos_cut_from_the_scene_show_it_with_its_keypoints(self) -> None:
        index = relation_indices(self.data, RELATION)[0]
        cuts, item = SceneCuts(self.data), self.data.objects(index)[0]
        picture, places = cuts.pictures(index)[0], cuts.keypoints(index)[0]
        x0, y0, x1, y1 = (round(v * PICTURE) for v in item["box"])
        expected = self.data.scene(index)[y0:y1, x0:x1].mean(axis=(0, 1))
        np.testing.assert_allclose(picture.mean(axis=(0, 1)), expected, atol=4)
        back = places[0] * (x1 - x0, y1 - y0) + (x0, y0)
        np.testing.assert_allclose(back, np.array(item["keypoints"][0][:2]) * PICTURE, atol=1.5)
        self.assertEqual(picture.shape, (PHOTO, PHOTO, 3))

    def test_the_sweeps_change_one_number(self) -> None:
        weights = [VARIANTS[name].matching_weight for name in ("lambda-1e-2", FULL, "lambda-1e-4")]
        self.assertEqual(weights, [1e-2, 1e-3, 1e-4])
        cells = [VARIANTS[name].grid ** 2 for name in ("local-4", FULL, "local-64")]
        self.assertEqual(cells, [4, 16, 64])


if __name__ == "__main__":
    unittest.main()
