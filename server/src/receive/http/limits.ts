/** Limits on everything that unpacks, for all receivers. */
export const LIMITS = {
  /** Bytes of a body as sent. */
  body: 64 * 2 ** 20,
  /** Bytes after decompression. */
  unpacked: 64 * 2 ** 20,
  /** No honest log compresses better; a bomb does a thousandfold. Not applied to the first MiB. */
  ratio: 250,
  /** Objects and arrays inside each other. */
  depth: 64,
} as const;
