import { numberIn } from './numbers.ts';

/** "240 kB", "1.3 MB", "12.0 GB" in English: decimal units, as file managers and browsers count. */
export function bytesIn(language: string, bytes: number): string {
  if (bytes < 1e6) return `${numberIn(language, Math.ceil(bytes / 1000))} kB`;
  return bytes < 1e9
    ? `${numberIn(language, bytes / 1e6, 1)} MB`
    : `${numberIn(language, bytes / 1e9, 1)} GB`;
}
