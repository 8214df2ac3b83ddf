import { z } from 'zod';
import { type EngineState } from './app-state.ts';
import { memoryNeed, memoryVerdict, type MemoryVerdict } from '../model/memory-need.ts';

/** Gibibytes as Chromium tells them (Device Memory API, rounded); other browsers say nothing. */
const memorySchema = z.object({ deviceMemory: z.number().positive() });

/** Bytes of the machine; null where the browser does not say. */
export function machineMemory(): number | null {
  const said = memorySchema.safeParse(navigator);
  return said.success ? said.data.deviceMemory * 2 ** 30 : null;
}

export interface MemoryCheck {
  /** Bytes that the open pack takes at least. */
  readonly need: number;
  /** Bytes of the machine; null where the browser does not say. */
  readonly offer: number | null;
  readonly verdict: MemoryVerdict;
}

/** The open pack's need beside what the machine has. */
export function checkMemory({ manifest, device }: Extract<EngineState, { kind: 'ready' }>): MemoryCheck {
  const offer = machineMemory();
  const need = memoryNeed(manifest.networkBytes);
  return {
    need: need.peakBytes,
    offer,
    verdict: memoryVerdict(need, { deviceBytes: offer, provider: device.provider }),
  };
}
