import { z } from 'zod';
import { DEVICE_PREFERENCES } from '../../workers/protocol.ts';
import { store } from './app-state.ts';

/** What a link to the page may ask for: `?pack=toybox&device=wasm`. Anything else in it is left alone. */
const addressSchema = z.object({
  /** Folder of a pack below `models/`. */
  pack: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .optional()
    .catch(undefined),
  device: z.enum(DEVICE_PREFERENCES).optional().catch(undefined),
});

/** Lets the link's wishes win over what the last visit left. */
export function applyAddress(search: string): void {
  const { pack, device } = addressSchema.parse(Object.fromEntries(new URLSearchParams(search)));
  store.setState(({ editor, preferences }) => ({
    editor: pack === undefined ? editor : { ...editor, pack },
    preferences: device === undefined ? preferences : { ...preferences, device },
  }));
}
