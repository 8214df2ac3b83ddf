/** A file, and its path from the dropped folder's name on; the bare name for one that was dropped by itself. */
export type DroppedFile = readonly [path: string, file: File];

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => {
    entry.file(resolve, reject);
  });
}

async function filesBelow(entry: FileSystemEntry): Promise<readonly DroppedFile[]> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry instanceof FileSystemFileEntry) return [[path, await fileOf(entry)]];
  if (!(entry instanceof FileSystemDirectoryEntry)) return [];
  const reader = entry.createReader();
  const found: DroppedFile[] = [];
  for (;;) {
    // A reader gives a hundred entries at a time, and none when it is done.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (entries.length === 0) return found;
    for (const child of entries) found.push(...(await filesBelow(child)));
  }
}

/** Everything that was dropped, folders with all that is in them. Must be called while the drop is handled. */
export async function droppedFiles(dropped: DataTransfer): Promise<readonly DroppedFile[]> {
  const found = [...dropped.items].map(async (item): Promise<readonly DroppedFile[]> => {
    // Both must be asked for before the first wait: afterwards the items are empty.
    const [entry, file] = [item.webkitGetAsEntry(), item.getAsFile()];
    if (entry !== null) return filesBelow(entry);
    return file === null ? [] : [[file.name, file]];
  });
  return (await Promise.all(found)).flat();
}
