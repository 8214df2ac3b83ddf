import { z } from 'zod';
import { type EngineState } from './app-state.ts';
import { memoryNeed, memoryVerdict } from '../model/memory-need.ts';

/** Gibibytes as Chromium tells them (Device Memory API, rounded); other browsers say nothing. */
const memorySchema = z.object({ deviceMemory: z.number().positive() });

export interface MemoryCheck {
  /** Bytes that the open pack takes at least. */
  readonly need: number;
  /** Bytes of the machine; null where the browser does not say. */
  readonly offer: number | null;
  readonly verdict: 'fits' | 'tight';
}

/** The open pack's need beside what the machine has. */
export function checkMemory({ manifest, device }: Extract<EngineState, { kind: 'ready' }>): MemoryCheck {
  const said = memorySchema.safeParse(navigator);
  const offer = said.success ? said.data.deviceMemory * 2 ** 30 : null;
  const need = memoryNeed(manifest.networkBytes);
  return { need, offer, verdict: memoryVerdict(need, { deviceBytes: offer, provider: device.provider }) };
}
