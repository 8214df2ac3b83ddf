/** Addresses of packs, as the page gives them to the engine: a URL, or one of these for an installed pack. */
const INSTALLED = 'installed:';

export function installedPackAddress(id: string): string {
  return INSTALLED + id;
}

/** The id in an address of an installed pack, undefined for a URL. */
export function installedPackId(address: string): string | undefined {
  return address.startsWith(INSTALLED) ? address.slice(INSTALLED.length) : undefined;
}
