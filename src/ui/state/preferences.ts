import { z } from 'zod';
import { DEVICE_PREFERENCES } from '../../workers/protocol.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export const LANGUAGES = ['system', 'en', 'de'] as const;

/** Choices of the person at this browser; they make no picture different, apart from the device. */
export const preferencesSchema = z
  .object({
    theme: z.enum(THEMES).default('system'),
    language: z.enum(LANGUAGES).default('system'),
    device: z.enum(DEVICE_PREFERENCES).default('auto'),
    /** The line that introduces the app was read. */
    welcomed: z.boolean().default(false),
  })
  .readonly();
export type Preferences = z.infer<typeof preferencesSchema>;

export const initialPreferences: Preferences = {
  theme: 'system',
  language: 'system',
  device: 'auto',
  welcomed: false,
};
