export interface ResultCache<T> {
  /** The value of that key, computed if it is not there. A failed computation is forgotten. */
  remember(key: string, compute: () => Promise<T>): Promise<T>;
  clear(): void;
}

/**
 * The last `limit` results of a stage, by a key that names everything they depend on. `release` frees
 * what an evicted value holds; values it is called with must not be in use any more.
 */
export function createResultCache<T>(
  limit: number,
  release: (value: T) => void = () => undefined,
): ResultCache<T> {
  const values = new Map<string, T>();

  function evictOldest(): void {
    for (const [key, value] of values) {
      if (values.size <= limit) return;
      values.delete(key);
      release(value);
    }
  }

  return {
    async remember(key, compute) {
      const known = values.get(key);
      if (known !== undefined) {
        values.delete(key);
        values.set(key, known);
        return known;
      }
      const value = await compute();
      values.set(key, value);
      evictOldest();
      return value;
    },
    clear() {
      const held = [...values.values()];
      values.clear();
      held.forEach(release);
    },
  };
}
