import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';
import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';
import { editorSchema, type Editor } from '../model/editor.ts';

/** `#s=` and then the settings: JSON, deflated, base64url. The part after `#` never leaves the browser. */
export const SHARE_PREFIX = '#s=';
const SHARE_VERSION = 1;
/** Settings with four long phrases and a page of prompt stay below 4,000. */
const LONGEST = 16_000;

const headSchema = z.object({ version: z.number() });
const sharedSchema = z.object({ version: z.literal(SHARE_VERSION), editor: editorSchema });

function toBase64Url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (digit) =>
    digit.charCodeAt(0),
  );
}

/** The settings as the last part of a link. Photos are named by hash and file name; their bytes stay here. */
export function settingsToHash(editor: Editor): string {
  return SHARE_PREFIX + toBase64Url(deflateSync(strToU8(JSON.stringify({ version: SHARE_VERSION, editor }))));
}

/** The settings of a link. Throws AppError 'bad-project' for one that is cut, changed, or from a newer version. */
export function settingsFromHash(hash: string): Editor {
  const text = hash.slice(SHARE_PREFIX.length);
  let value: unknown;
  try {
    if (text.length > LONGEST) throw new Error(`${text.length} characters`);
    value = JSON.parse(strFromU8(inflateSync(fromBase64Url(text))));
  } catch (cause) {
    throw new AppError(
      'bad-project',
      'The link’s settings cannot be read: it was cut or changed on its way. Ask for it again. Nothing here was changed.',
      { cause },
    );
  }
  const head = headSchema.safeParse(value);
  const parsed = sharedSchema.safeParse(value);
  if (parsed.success) return parsed.data.editor;
  const newer = head.success && head.data.version > SHARE_VERSION;
  throw new AppError(
    'bad-project',
    newer
      ? 'The link was made by a newer version of this app. Update it and open the link again.'
      : 'The link’s settings are not valid. Ask for it again. Nothing here was changed.',
    { cause: parsed.error },
  );
}
