import { fromUtf8, toHex, utf8 } from '../hash/bytes.js';
import { ALG_COSIGNATURE_V1, ALG_ML_DSA_44 } from '../note/cosignature.js';
import { checkPublicKey } from '../note/ed25519.js';
import { ALG_ED25519, NoteError, parseVkey, type Vkey } from '../note/note.js';

/** A policy that cannot be used, and where: `line` counts from 1, 0 for the file as a whole. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code = 'malformed_policy';
  readonly line: number;
  constructor(line: number, message: string) {
    super(line === 0 ? message : `Line ${line} of the policy: ${message}`);
    this.line = line;
  }
}

/** A log, or a witness under the name it has in the file; `url` is whatever stood there. */
export interface PolicyKey {
  readonly vkey: string;
  readonly key: Vkey;
  readonly url?: string;
}

export interface PolicyWitness extends PolicyKey {
  readonly kind: 'witness';
  readonly name: string;
}

export interface PolicyGroup {
  readonly kind: 'group';
  readonly name: string;
  /** How many of the members must have witnessed. */
  readonly threshold: number;
  readonly members: readonly PolicyMember[];
}

export type PolicyMember = PolicyWitness | PolicyGroup;

/** Which logs count, and whose cosignatures are enough (c2sp.org/tlog-policy). */
export interface Policy {
  readonly logs: readonly PolicyKey[];
  readonly witnesses: readonly PolicyWitness[];
  /** Null for `quorum none`. */
  readonly quorum: PolicyMember | null;
}

/** Bytes of Ed25519 and ML-DSA-44 public keys. */
const KEY_SIZES: ReadonlyMap<number, number> = new Map([
  [ALG_ED25519, 32],
  [ALG_COSIGNATURE_V1, 32],
  [ALG_ML_DSA_44, 1312],
]);
const LOG_ALGS = [ALG_ED25519, ALG_ML_DSA_44];
const WITNESS_ALGS = [ALG_COSIGNATURE_V1, ALG_ML_DSA_44];

/** One character per octet: names are opaque octets to the specification, and this maps nothing onto another. */
const octets = (bytes: Uint8Array): string => Array.from(bytes, (b) => String.fromCharCode(b)).join('');
/** The text those octets stand for, where they are UTF-8. */
const readable = (item: string): string => fromUtf8(Uint8Array.from(item, (c) => c.charCodeAt(0))) ?? item;

class Parser {
  readonly #logs: PolicyKey[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #names = new Map<string, PolicyMember>();
  /** Names that are members of a group: each may be one only once. */
  readonly #placed = new Set<string>();
  /** Public keys, apart for logs and witnesses. */
  readonly #keys = new Set<string>();
  #quorum: PolicyMember | null | undefined;
  #line = 0;

  parse(text: string): Policy {
    for (const line of text.split('\n')) {
      this.#line += 1;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification names the octets
      if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(line)) throw this.#wrong('a control character.');
      const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
      if (keyword === undefined || keyword.startsWith('#')) continue;
      this.#take(keyword, items);
    }
    if (this.#quorum === undefined) throw new PolicyError(0, 'The policy has no quorum line.');
    return { logs: this.#logs, witnesses: this.#witnesses, quorum: this.#quorum };
  }

  #wrong(message: string): PolicyError {
    return new PolicyError(this.#line, message);
  }

  #take(keyword: string, items: readonly string[]): void {
    if (keyword === 'log') this.#log(items);
    else if (keyword === 'witness') this.#witness(items);
    else if (keyword === 'group') this.#group(items);
    else if (keyword === 'quorum') this.#setQuorum(items);
    else throw this.#wrong('it must begin with log, witness, group or quorum.');
  }

  #log(items: readonly string[]): void {
    if (items.length < 1 || items.length > 2) throw this.#wrong('a log line reads "log VKEY [URL]".');
    this.#logs.push(this.#key('log', LOG_ALGS, items[0] ?? '', items[1]));
  }

  #witness([name, vkey, url, ...rest]: readonly string[]): void {
    if (name === undefined || vkey === undefined || rest.length > 0)
      throw this.#wrong('a witness line reads "witness NAME VKEY [URL]".');
    const key = this.#key('witness', WITNESS_ALGS, vkey, url);
    const witness: PolicyWitness = { kind: 'witness', name: readable(name), ...key };
    this.#define(name, witness);
    this.#witnesses.push(witness);
  }

  #group([name, threshold, ...members]: readonly string[]): void {
    if (name === undefined || threshold === undefined || members.length === 0)
      throw this.#wrong('a group line reads "group NAME all|any|NUMBER MEMBER…".');
    const found = members.map((member) => this.#member(member));
    const count = threshold === 'any' ? 1 : threshold === 'all' ? members.length : Number(threshold);
    if (!/^(?:any|all|[1-9]\d{0,8})$/.test(threshold) || count > members.length)
      throw this.#wrong(`the threshold is all, any or a number from 1 to ${members.length}.`);
    this.#define(name, { kind: 'group', name: readable(name), threshold: count, members: found });
  }

  /** Only what stands above is known, so a group can never come to contain itself. */
  #member(name: string): PolicyMember {
    const member = this.#names.get(name);
    if (member === undefined) throw this.#wrong(`${readable(name)} is not defined above it.`);
    if (this.#placed.has(name)) throw this.#wrong(`${readable(name)} is a member of a group already.`);
    this.#placed.add(name);
    return member;
  }

  #setQuorum(items: readonly string[]): void {
    const [name = '', ...rest] = items;
    if (name === '' || rest.length > 0) throw this.#wrong('a quorum line reads "quorum NAME".');
    if (this.#quorum !== undefined) throw this.#wrong('there is a quorum line already.');
    const member = name === 'none' ? null : this.#names.get(name);
    if (member === undefined) throw this.#wrong(`${readable(name)} is not defined above it.`);
    this.#quorum = member;
  }

  #define(name: string, member: PolicyMember): void {
    if (name === 'none') throw this.#wrong('the name none has a meaning of its own.');
    if (this.#names.has(name)) throw this.#wrong(`${readable(name)} is defined already.`);
    this.#names.set(name, member);
  }

  #key(role: 'log' | 'witness', algs: readonly number[], text: string, url?: string): PolicyKey {
    const vkey = readable(text);
    const key = this.#parseKey(vkey);
    if (!algs.includes(key.alg) || key.pub.length !== KEY_SIZES.get(key.alg))
      throw this.#wrong(`the verifier key is not one of a ${role}.`);
    // One signature by a key of small order fits every message: such a witness would count for anything.
    if (key.alg !== ALG_ML_DSA_44 && checkPublicKey(key.pub) !== 'ok')
      throw this.#wrong('the public key of the verifier key is not sound.');
    const id = `${role} ${toHex(key.pub)}`;
    if (this.#keys.has(id)) throw this.#wrong(`the same public key stands under another ${role} already.`);
    this.#keys.add(id);
    return { vkey, key, ...(url === undefined ? {} : { url: readable(url) }) };
  }

  #parseKey(vkey: string): Vkey {
    try {
      return parseVkey(vkey);
    } catch (error) {
      if (error instanceof NoteError) throw this.#wrong(error.message);
      throw error;
    }
  }
}

/**
 * Reads a policy file. Its limits are the machine's: a policy is the reader's own, not something that was sent.
 * @throws PolicyError naming the line.
 */
export const parsePolicy = (file: Uint8Array | string): Policy =>
  new Parser().parse(octets(typeof file === 'string' ? utf8(file) : file));
