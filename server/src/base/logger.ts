import pino from 'pino';

/** Own log lines. Values of records never go here: only codes, counts, ids of requests and files. */
export type Logger = pino.Logger;

/** JSON lines on standard error, so that standard output stays free for what a command prints. */
export function createLogger(level: string): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
