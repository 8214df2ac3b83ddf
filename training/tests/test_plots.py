from __future__ import annotations

import json
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from training.plots import draw, read_curves


class PlotsTest(unittest.TestCase):
    def curves(self, *lines: dict) -> list:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "base.jsonl"
            log.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
            return read_curves(log)

    def test_every_number_logged_twice_becomes_a_curve(self) -> None:
        found = self.curves({"step": 50, "seconds": 1, "loss": 2.0}, {"step": 100, "seconds": 2, "loss": 1.0, "psnr": 20.0})
        self.assertEqual([(curve.name, curve.points) for curve in found], [("base: loss", [(50, 2.0), (100, 1.0)])])

    def test_the_drawing_is_one_svg_with_a_diagram_each(self) -> None:
        curves = self.curves({"step": 1, "a": 1, "b": 5}, {"step": 2, "a": 1, "b": 7})
        root = ElementTree.fromstring(draw(curves))
        self.assertEqual(len(root.findall("{http://www.w3.org/2000/svg}polyline")), 2)


if __name__ == "__main__":
    unittest.main()
