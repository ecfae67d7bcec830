import { readFileSync, type StatsListener, unwatchFile, watchFile } from 'node:fs';
import { type Response as MmdbRecord, Reader } from 'mmdb-lib';
import { Failure, systemCode } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { KnownRecords } from './known-records.js';
import { countryIn } from './record.js';

/** Milliseconds between two looks at the file. */
const WATCH_MS = 2_000;

/**
 * The operator's database of countries, a MaxMind DB file (maxmind.github.io/MaxMind-DB). It is held in memory, and read
 * again when the file changes. Nothing of an address is kept here, or logged.
 */
export class CountryDatabase {
  readonly #path: string;
  readonly #log: Logger;
  readonly #onChange: StatsListener;
  #reader: Reader<MmdbRecord>;
  #damaged = false;

  private constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
    this.#reader = read(path);
    this.#onChange = (now, before) => {
      if (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino)
        this.#reload();
    };
    watchFile(path, { interval: WATCH_MS, persistent: false }, this.#onChange);
  }

  /** @throws Failure `bad_setting` when the file is not there or not such a database. */
  static open(path: string, log: Logger): CountryDatabase {
    return new CountryDatabase(path, log);
  }

  /** The country of a valid address; null where the database does not know one. */
  of(address: string): string | null {
    // The reader would take the first bits of an IPv6 address for an IPv4 one.
    if (this.#reader.metadata.ipVersion === 4 && address.includes(':')) return null;
    try {
      return countryIn(this.#reader.get(address));
    } catch {
      // A record matters more than its country; the error is not logged, it might quote the address.
      if (!this.#damaged)
        this.#log.error({ room: 'geo' }, 'the GeoIP database is damaged: countries are missing');
      this.#damaged = true;
      return null;
    }
  }

  close(): void {
    unwatchFile(this.#path, this.#onChange);
  }

  /** A file that is half written, broken or gone leaves the one before in use; its next change is the next try. */
  #reload(): void {
    try {
      this.#reader = read(this.#path);
      this.#damaged = false;
      this.#log.info(
        { room: 'geo', built: this.#reader.metadata.buildEpoch },
        'the GeoIP database was read again',
      );
    } catch (error) {
      this.#log.error(
        { room: 'geo', code: error instanceof Failure ? systemCode(error.cause) : '' },
        'the changed GeoIP database cannot be read: the one before stays in use',
      );
    }
  }
}

function read(path: string): Reader<MmdbRecord> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new Failure(
      'bad_setting',
      `The file of geoip_database, ${path}, cannot be read (${systemCode(cause)}).`,
      {
        cause,
      },
    );
  }
  try {
    const reader = new Reader<MmdbRecord>(bytes, { cache: new KnownRecords() });
    const { nodeCount, searchTreeSize } = reader.metadata;
    if (nodeCount > 0 && searchTreeSize < bytes.length) return reader;
  } catch {
    // What the reader says of foreign bytes helps nobody.
  }
  throw new Failure('bad_setting', `The file of geoip_database, ${path}, is not a MaxMind DB (.mmdb) file.`);
}
