import { describe, expect, it } from 'vitest';
import { bytesIn } from './bytes.ts';
import { numberIn } from './numbers.ts';

describe('numbers', () => {
  it('are written as the language does', () => {
    expect(numberIn('en', 1234.5, 2)).toBe('1,234.50');
    expect(numberIn('de', 1234.5, 2)).toBe('1.234,50');
  });

  it('of bytes have decimal units, kilobytes rounded up', () => {
    const cases: readonly (readonly [string, number, string])[] = [
      ['en', 1, '1 kB'],
      ['en', 359_100, '360 kB'],
      ['en', 1_340_000, '1.3 MB'],
      ['de', 1_340_000, '1,3 MB'],
      ['de', 17_180_000_000, '17,2 GB'],
    ];
    for (const [language, bytes, text] of cases) expect(bytesIn(language, bytes)).toBe(text);
  });
});
