import { componentSchema, type PackComponent } from '../../weights/pack-manifest.ts';
import { createFolderStore } from '../../weights/node-store.ts';
import { storedComponent } from '../../weights/pack-reader.ts';
import { type PackComponentInput, packComponent } from '../../weights/pack-writer.ts';
import type { WritableStore } from '../../weights/stores.ts';
import type { StoredComponent } from '../../weights/types.ts';

/** What a folder holds beside the shards: the manifest's entry of the network. */
const COMPONENT_FILE = 'component.json';

export interface StoredNetwork {
  readonly component: StoredComponent;
  /** Bytes of all shards. */
  readonly byteLength: number;
}

/** A network in a folder as a pack would hold it, for processes of their own to measure. */
export async function storeNetwork(input: PackComponentInput, folder: string): Promise<StoredNetwork> {
  const store = createFolderStore(folder);
  // Gone until all of it is new.
  await store.removeFile(COMPONENT_FILE);
  const packed = await packComponent(input, store);
  await noteStoredNetwork(packed, store);
  return {
    component: storedComponent(input.name, packed),
    byteLength: shardBytes(packed),
  };
}

/** The last part of storing a network: what its shards, which the store holds already, are. */
export function noteStoredNetwork(component: PackComponent, store: WritableStore): Promise<void> {
  return store.writeFile(COMPONENT_FILE, new TextEncoder().encode(JSON.stringify(component)));
}

/** Whether `storeNetwork` came to its end in this folder. */
export async function hasStoredNetwork(folder: string): Promise<boolean> {
  return (await createFolderStore(folder).byteLength(COMPONENT_FILE)) !== undefined;
}

/** What `storeNetwork` wrote. */
export async function readStoredNetwork(folder: string): Promise<StoredComponent> {
  return storedComponent('unet', await readEntry(folder));
}

async function readEntry(folder: string): Promise<PackComponent> {
  const bytes = await createFolderStore(folder).readFile(COMPONENT_FILE);
  return componentSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

/** Bytes of the shards that `storeNetwork` wrote. */
export async function storedByteLength(folder: string): Promise<number> {
  return shardBytes(await readEntry(folder));
}

const shardBytes = ({ shards }: PackComponent): number =>
  shards.reduce((sum, { byteLength }) => sum + byteLength, 0);
