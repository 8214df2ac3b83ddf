import { deflateSync, strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import { initialEditor, type Editor } from '../model/editor.ts';
import { SHARE_PREFIX, settingsFromHash, settingsToHash } from './share-link.ts';

const editor: Editor = {
  ...initialEditor(),
  prompt: 'ein Bär umarmt – a bear is hugging a rabbit ♥',
  loras: [{ id: 'hugging', weight: 0.8, on: true }],
};

const linkOf = (value: unknown): string =>
  SHARE_PREFIX + Buffer.from(deflateSync(strToU8(JSON.stringify(value)))).toString('base64url');

describe('a share link', () => {
  it('brings the settings back, in letters that no mail program breaks', () => {
    const hash = settingsToHash(editor);
    expect(settingsFromHash(hash)).toEqual(editor);
    expect(hash).toMatch(/^#s=[A-Za-z0-9_-]+$/);
    expect(hash.length).toBeLessThan(900);
  });

  it('that was cut or changed is refused', () => {
    const hash = settingsToHash(editor);
    expect(() => settingsFromHash(hash.slice(0, 60))).toThrow(/cut or changed/);
    expect(() => settingsFromHash('#s=%%%')).toThrow(/cut or changed/);
    expect(() => settingsFromHash(SHARE_PREFIX + 'A'.repeat(20_000))).toThrow(/cut or changed/);
  });

  it('with settings that do not exist, or of a newer version, says so', () => {
    expect(() => settingsFromHash(linkOf({ version: 1, editor: { ...editor, steps: -1 } }))).toThrow(
      /not valid/,
    );
    expect(() => settingsFromHash(linkOf({ version: 2, everything: 'else' }))).toThrow(/newer version/);
  });
});
