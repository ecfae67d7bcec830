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
  /** Items of one body of events. Each costs some hundred bytes, a refused one as much again in the reply. */
  items: 2 ** 18,
  /** Objects and lists of one body of JSON: `{}` takes three bytes on the wire and 56 in memory. */
  containers: 2 ** 20,
  /** Values of one body of JSON, by its commas and brackets, for the same reason. */
  values: 2 ** 22,
} as const;
