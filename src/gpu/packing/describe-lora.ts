import type { RelationLoraFacts } from './plan-pack.ts';

/** All that a folder's name tells of the RelationLoRA in it: "playing_guitar" is about "playing guitar". */
export function describeLoraFolder(name: string): RelationLoraFacts {
  const title = name.replaceAll(/[-_\s]+/g, ' ').trim();
  const id = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return { id, title, description: '', predicates: [title], objects: 2 };
}
