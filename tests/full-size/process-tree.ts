import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/** Ticks of processor time a second that Linux counts in. */
const TICKS = 100;

export interface ProcessUse {
  readonly id: number;
  readonly command: string;
  readonly residentBytes: number;
  readonly cpuSeconds: number;
}

const parentSchema = z.coerce.number().int();

function read(id: number): (ProcessUse & { readonly parent: number }) | undefined {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    // The name, in brackets, may hold anything; state and parent follow it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, 'utf8'));
    return {
      id,
      parent: parentSchema.parse(fields[1]),
      command: readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' '),
      residentBytes: Number(resident?.[1] ?? 0) * 1024,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    };
  } catch {
    // It ended while it was looked at.
    return undefined;
  }
}

/** The processes that descend from this one, as Linux counts them; their memory holds pages that they share. */
export function descendants(root: number = process.pid): readonly ProcessUse[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => read(Number(name)))
    .filter((found) => found !== undefined);
  const known = new Set([root]);
  for (let size = 0; size !== known.size;) {
    size = known.size;
    for (const { id, parent } of all) if (known.has(parent)) known.add(id);
  }
  return all.filter(({ id }) => id !== root && known.has(id));
}
