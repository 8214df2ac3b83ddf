/**
 * Seeded randomness. Every random choice of the project goes through a generator that the caller passes,
 * so that a seed names one result on every machine.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Integer in [0, count). */
  int(count: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One element; throws a RangeError on an empty list. */
  pick<T>(list: readonly T[]): T;
  /** One element, with the given non-negative weights (same length as the list). */
  weighted<T>(list: readonly T[], weights: readonly number[]): T;
  /** An independent generator, named so that adding a draw elsewhere does not disturb it. */
  fork(label: string): Random;
}

/** 32-bit FNV-1a hash of a string (Fowler, Noll, Vo), as an unsigned integer. */
export function hashString(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** splitmix32: spreads a small seed over the state of the main generator. */
function splitmix32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let value = state;
    value = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
    value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
    return (value ^ (value >>> 15)) >>> 0;
  };
}

/**
 * A generator from an integer seed: sfc32 (Chris Doty-Humphrey, PractRand), seeded by splitmix32.
 * Seeds equal modulo 2^32 give the same numbers.
 */
export function createRandom(seed: number): Random {
  const spread = splitmix32(seed);
  let a = spread() | 0;
  let b = spread() | 0;
  let c = spread() | 0;
  let counter = 1;

  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  }

  // The first outputs still show the seed's structure.
  for (let round = 0; round < 12; round += 1) next();

  function pick<T>(list: readonly T[]): T {
    const value = list[Math.floor(next() * list.length)];
    if (value === undefined) throw new RangeError('Expected a list with at least one element to pick from.');
    return value;
  }

  function weighted<T>(list: readonly T[], weights: readonly number[]): T {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let rest = next() * total;
    for (const [index, value] of list.entries()) {
      rest -= weights[index] ?? 0;
      if (rest < 0) return value;
    }
    return pick(list);
  }

  return {
    next,
    uniform: (low, high) => low + (high - low) * next(),
    int: (count) => Math.floor(next() * count),
    chance: (probability) => next() < probability,
    pick,
    weighted,
    fork: (label) => createRandom(hashString(`${seed}:${label}`)),
  };
}
