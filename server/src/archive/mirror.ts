import type { FileReader } from '@prooflog/proof';
import type { LogName } from '../event/stages.js';

/** Another place that has the logs. It is not trusted: whoever uses it holds what it gives against the manifest. */
export interface Mirror {
  readonly kind: 's3' | 'url' | 'directory';
  /** What it has under the name of a file, the likeliest first. */
  candidates(log: LogName, path: string): AsyncIterable<Uint8Array>;
}

/** A place that has each file once. @param reader reads the files of one log; undefined when it has not got the log. */
export function readerMirror(
  kind: 'url' | 'directory',
  reader: (log: LogName) => FileReader | undefined,
): Mirror {
  return {
    kind,
    async *candidates(log, path) {
      const bytes = await reader(log)?.(path);
      if (bytes != null) yield bytes;
    },
  };
}
