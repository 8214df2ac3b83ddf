/**
 * Weights that stay loaded between pictures: all of a small pack, so that only changed stages run again;
 * of SDXL one stage at a time.
 */
export const DEFAULT_RESIDENT_BYTES = 512 * 1024 * 1024;
