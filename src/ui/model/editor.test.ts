import { expect, it } from 'vitest';
import { initialEditor, photoHashesOf, photoRefSchema, type PhotoRef } from './editor.ts';

const hash = (digit: string): string => digit.repeat(64);

it('needs the photos it shows, the originals they were made from, and their masks', () => {
  const cut: PhotoRef = {
    sha256: hash('1'),
    name: 'bear.png',
    edit: { original: hash('2'), crop: null, cutOut: { mask: hash('3'), feather: 0 } },
  };
  const plain: PhotoRef = { sha256: hash('4'), name: 'rabbit.png' };
  const start = initialEditor();
  const objects = start.objects.map((object, index) => ({ ...object, photo: index === 0 ? cut : plain }));
  expect(photoHashesOf({ ...start, objects })).toEqual(['1', '2', '3', '4'].map(hash));
  expect(photoHashesOf(start)).toEqual([]);
});

it('reads photos that an earlier version kept, which knew no edits', () => {
  expect(photoRefSchema.parse({ sha256: hash('4'), name: 'rabbit.png' })).toEqual({
    sha256: hash('4'),
    name: 'rabbit.png',
  });
});
