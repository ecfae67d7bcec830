export { runVerify, type VerifyIo } from './run-verify.js';
export { directorySource, findLogs, httpSource, type NamedLog, SourceError, serverLogs } from './sources.js';
export { ZipError } from './zip-directory.js';
export { openZip } from './zip-reader.js';
