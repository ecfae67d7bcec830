/** Everything an outsider needs to check a Prooflog ledger; no dependencies, Node and browser. */
export { CanonicalError, canonicalize, type Json } from './canonical/canonicalize.js';
export { JsonError, type JsonErrorCode, type JsonOptions, parseStrict } from './canonical/parse.js';
export { concat, equalBytes, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from './hash/bytes.js';
export { EMPTY_ROOT, HASH_SIZE, leafHash, nodeHash, sha256 } from './hash/tree-hash.js';
export {
  consistencyPath,
  type HashReader,
  inclusionPath,
  inclusionPathOfLeafHashes,
  rootOfLeafHashes,
  TreeError,
  treeRoot,
} from './merkle/compute.js';
export { verifySubtreeConsistency, verifySubtreeInclusion } from './merkle/subtree.js';
export { type Consistency, type Inclusion, verifyConsistency, verifyInclusion } from './merkle/verify.js';
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from './note/checkpoint.js';
export { checkPublicKey, type KeyVerdict, verifyEd25519 } from './note/ed25519.js';
export {
  formatNote,
  formatVkey,
  type Note,
  NoteError,
  type NoteSigner,
  noteKeyId,
  parseNote,
  parseVkey,
  signEd25519Note,
  type Vkey,
  verifyNote,
} from './note/note.js';
export { formatTlogProof, parseTlogProof, type TlogProof } from './note/tlog-proof.js';
export { BundleError, decodeBlock, decodeBundle, encodeBundle } from './tile/bundle.js';
export {
  blockPath,
  bundlePath,
  type LedgerPath,
  parsePath,
  partialWidth,
  TILE_WIDTH,
  tilePath,
} from './tile/paths.js';
export { type FileReader, splitHashes, TileError, tileHashes } from './tile/reader.js';
export { checkExtraFile, judgeName, type Kinds, type NameVerdict } from './verify/extra-files.js';
export { eventIdIn, type Finding, type FindingCode } from './verify/findings.js';
export { type LogReport, type LogSource, type VerifyOptions, verifyLog } from './verify/log.js';
export {
  hashOfRecord,
  type RecordProof,
  type RecordVerdict,
  recordBytes,
  type VerdictStep,
  verifyRecordProof,
} from './verify/record.js';
export { type Frontier, START, Walk, type WalkOptions } from './verify/walk.js';
