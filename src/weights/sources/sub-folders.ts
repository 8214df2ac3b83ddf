/** Names of the folders directly below `directory`, from the paths of all files. */
export function subFolders(paths: Iterable<string>, directory: string): readonly string[] {
  const below = `${directory}/`;
  const names = [...paths]
    .filter((path) => path.startsWith(below) && path.slice(below.length).includes('/'))
    .map((path) => path.slice(below.length).split('/')[0] ?? '');
  return [...new Set(names)].sort();
}
