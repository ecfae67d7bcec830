/** Everything an outsider needs to check a Prooflog ledger; no dependencies, Node and browser. */
export { CanonicalError, canonicalize, type Json } from './canonical/canonicalize.js';
export { JsonError, type JsonErrorCode, type JsonOptions, parseStrict } from './canonical/parse.js';
export {
  EXPORT_FORMAT,
  logFiles,
  type Manifest,
  type ManifestLog,
  manifestNoteText,
  readManifest,
  tenantOfOrigin,
  tenantVkey,
} from './export/manifest.js';
export {
  formatProofLine,
  linesOf,
  type ProofLine,
  readProofLine,
  type StatedRecord,
} from './export/proof-line.js';
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
export { rootFromSet, type SetLeaf, setPath, setPathOfLeafHashes } from './merkle/set-proof.js';
export { verifySubtreeConsistency, verifySubtreeInclusion } from './merkle/subtree.js';
export { type Consistency, type Inclusion, verifyConsistency, verifyInclusion } from './merkle/verify.js';
export { type Checkpoint, formatCheckpoint, parseCheckpoint } from './note/checkpoint.js';
export {
  ALG_COSIGNATURE_V1,
  ALG_ML_DSA_44,
  type Cosignature,
  canVerifyCosigner,
  cosign,
  cosignedMessage,
  formatCosignerVkey,
  verifyCosignatures,
} from './note/cosignature.js';
export { checkPublicKey, type KeyVerdict, verifyEd25519 } from './note/ed25519.js';
export { parseLogVkey } from './note/log-vkey.js';
export { formatMinimumIndex, type MinimumIndex, parseMinimumIndex } from './note/minimum-index.js';
export {
  ALG_ED25519,
  formatNote,
  formatSignatureLine,
  formatVkey,
  type Note,
  NoteError,
  type NoteSignature,
  type NoteSigner,
  noteKeyId,
  parseNote,
  parseSignatureLines,
  parseVkey,
  signEd25519Note,
  type Vkey,
  verifyNote,
} from './note/note.js';
export { formatTlogProof, parseTlogProof, type TlogProof } from './note/tlog-proof.js';
export { type Trust, trustOf } from './note/trusted.js';
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
export { checkBlock } from './verify/block.js';
export { ERASURE_STREAM, ErasedSubjects, erasedSubject, sealedFor, subjectsOf } from './verify/erasure.js';
export { type ExportFiles, type VerifyExportOptions, verifyExport } from './verify/export/index.js';
export type {
  Counts,
  ExportedLogReport,
  ExportFinding,
  ExportFindingCode,
  ExportReport,
  RecordResult,
  RecordState,
} from './verify/export/report.js';
export { checkExtraFile, judgeName, type Kinds, type NameVerdict } from './verify/extra-files.js';
export { eventIdIn, type Finding, type FindingCode, type ForkEvidence } from './verify/findings.js';
export { type Frontier, rootOfLevels, START } from './verify/frontier.js';
export {
  type LogCounts,
  type LogReport,
  type LogSource,
  type VerifyOptions,
  verifyLog,
} from './verify/log.js';
export {
  hashOfRecord,
  type RecordProof,
  type RecordVerdict,
  recordBytes,
  type VerdictStep,
  verifyRecordProof,
} from './verify/record.js';
export { followRotations } from './verify/rotation.js';
export { Walk, type WalkOptions } from './verify/walk.js';
export {
  type Policy,
  PolicyError,
  type PolicyGroup,
  type PolicyKey,
  type PolicyMember,
  type PolicyWitness,
  parsePolicy,
} from './witness/policy.js';
export { checkQuorum, type QuorumVerdict, type WitnessState } from './witness/quorum.js';
