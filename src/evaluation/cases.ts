import { composeScene, RELATIONS, type Relation, type Scene } from '../scenes/index.ts';

/**
 * RelationBench (RelationBooth, arXiv 2410.23280, section 4.1 and appendix 6.2) on the toy world: 25
 * relations, 4 cases each; the full set has 40. All from the held-out split: identities, some places, and
 * in every second case of the full set wordings that training never saw.
 */
export interface BenchCase {
  /** Number and relation, fit for a file name: "0007-hugging". */
  readonly id: string;
  readonly scene: Scene;
  readonly prompt: string;
  /** The picture's seed. */
  readonly seed: number;
}

export interface CaseChoice {
  /** 1,000 cases instead of 100. */
  readonly full: boolean;
  /** Only these relations; none given means all. */
  readonly relations?: readonly string[] | undefined;
  /** At most this many cases; the first 25 have one of each relation. */
  readonly limit?: number | undefined;
}

/** Far from the seeds of training (from 1,000) and of choosing checkpoints (from 500,000). */
const FIRST_SEED = { paper: 700_000, full: 710_000 } as const;
const CASES_PER_RELATION = { paper: 4, full: 40 } as const;

/** The cases in order; relations take turns. The same choice gives the same cases. */
export function benchCases({ full, relations, limit }: CaseChoice): readonly BenchCase[] {
  const kind = full ? 'full' : 'paper';
  const cases = Array.from({ length: CASES_PER_RELATION[kind] }, (_, round) =>
    RELATIONS.map((relation, index) =>
      benchCase(relation, FIRST_SEED[kind], round * RELATIONS.length + index, full),
    ),
  ).flat();
  return cases
    .filter(({ scene }) => relations === undefined || relations.includes(scene.relation))
    .slice(0, limit);
}

function benchCase(relation: Relation, firstSeed: number, number: number, full: boolean): BenchCase {
  const seed = firstSeed + number;
  const scene = composeScene({ seed, split: 'heldout', relations: [relation.id] });
  // The first wording is the benchmark's own; the others are drawn from the held-out ones.
  const wording = full ? number % 2 : 0;
  return {
    id: `${String(number).padStart(4, '0')}-${relation.id}`,
    scene,
    prompt: scene.captions.relation[wording] ?? '',
    seed,
  };
}
