import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testSigner } from '../../test/signer.js';
import { formatCheckpoint } from '../note/checkpoint.js';
import { cosign, formatCosignerVkey } from '../note/cosignature.js';
import { formatNote, formatVkey, type NoteSigner, parseNote, signEd25519Note } from '../note/note.js';
import { type PolicyError, parsePolicy } from './policy.js';
import { checkQuorum } from './quorum.js';

const log = testSigner('example.com/log', 1);
const LOG = formatVkey(log.name, log.pub);
const cosigners = Array.from({ length: 6 }, (_, i) => testSigner(`witness.example/w${i}`, 10 + i));
const VKEYS = cosigners.map((w) => formatCosignerVkey(w.name, w.pub));
const W = VKEYS.map((vkey, i) => `witness w${i} ${vkey}`);

/** A checkpoint under which the witnesses of these numbers stand. */
async function note(by: readonly number[], size = 5): Promise<string> {
  const signed = parseNote(
    await signEd25519Note(formatCheckpoint({ origin: log.name, size, root: new Uint8Array(32) }), log),
  );
  const more = await Promise.all(by.map((i) => cosign(signed.text, cosigners[i] as NoteSigner, 1_000 + i)));
  return formatNote({ ...signed, signatures: [...signed.signatures, ...more] });
}

const lines = (...text: string[]): string => `${text.join('\n')}\n`;

describe('parsePolicy', () => {
  it('reads the example of the specification', () => {
    const policy = parsePolicy(
      lines(
        '# a comment',
        `log ${LOG} https://log.example/`,
        '',
        `\twitness X1  ${VKEYS[0]} https://w.example/x1 `,
        `witness X2 ${VKEYS[1]}`,
        `witness X3 ${VKEYS[2]}`,
        'group X-witnesses 2 X1 X2 X3',
        ' # another',
        `witness Y1 ${VKEYS[3]}`,
        `witness Y2 ${VKEYS[4]}`,
        `witness Y3 ${VKEYS[5]}`,
        'group Y-witnesses any Y1 Y2 Y3',
        'group X-and-Y all X-witnesses Y-witnesses',
        'quorum X-and-Y',
      ),
    );
    expect(policy.logs).toMatchObject([{ vkey: LOG, url: 'https://log.example/' }]);
    expect(policy.witnesses.map((w) => [w.name, w.url])).toEqual([
      ['X1', 'https://w.example/x1'],
      ...['X2', 'X3', 'Y1', 'Y2', 'Y3'].map((name) => [name, undefined]),
    ]);
    expect(policy.quorum).toMatchObject({
      threshold: 2,
      members: [
        { name: 'X-witnesses', threshold: 2 },
        { name: 'Y-witnesses', threshold: 1 },
      ],
    });
  });

  const w0 = W[0] as string;
  const w1 = W[1] as string;
  const ml = formatVkey('w', new Uint8Array(1312), 6);
  it.each([
    [0, [w0]],
    [1, ['quorum w0', w0]],
    [1, ['group g any g', 'quorum g']],
    [2, [w0, 'group g any h', 'group h any w0', 'quorum g']],
    [2, [w0, 'group g 2 w0', 'quorum g']],
    [2, [w0, 'group g 0 w0', 'quorum g']],
    [2, [w0, 'group g 01 w0', 'quorum g']],
    [2, [w0, 'group g some w0', 'quorum g']],
    [2, [w0, 'group g any', 'quorum g']],
    [2, [w0, 'group g any none', 'quorum g']],
    [2, [w0, 'group g any w0 w0', 'quorum g']],
    [3, [w0, 'group g any w0', 'group h any w0', 'quorum h']],
    [2, [w0, 'group w0 any w0', 'quorum w0']],
    [3, [w0, w1, `witness w2 ${VKEYS[0]}`, 'quorum w0']],
    [2, [w0, w1.replace('w1', 'w0'), 'quorum w0']],
    [1, [`witness none ${VKEYS[0]}`, 'quorum none']],
    [1, [`witness a ${LOG}`, 'quorum a']],
    [1, [`log ${VKEYS[0]}`, 'quorum none']],
    [2, [`log ${LOG}`, `log ${formatVkey('other', log.pub)}`, 'quorum none']],
    [1, [`witness a ${VKEYS[0]} u v`, 'quorum a']],
    [1, [`witness a ${VKEYS[0]?.replace('+', '+0')}`, 'quorum a']],
    [1, [`witness a ${formatCosignerVkey('a', Uint8Array.from([1, ...Array(31).fill(0)]))}`, 'quorum a']],
    [3, [w0, 'quorum w0', 'quorum w0']],
    [2, [w0, 'quorum w0 w0']],
    [1, ['wittness', 'quorum none']],
    [1, ['# \u0007', 'quorum none']],
    [1, ['quorum none\r']],
  ])('names line %i of what it refuses', (line, text) => {
    let error: unknown;
    try {
      parsePolicy(lines(...text));
    } catch (e) {
      error = e;
    }
    expect((error as PolicyError).code).toBe('malformed_policy');
    expect((error as PolicyError).line).toBe(line);
  });

  it('takes names as octets and passes over keys it cannot use', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`witness \u212a ${VKEYS[0]}\nwitness K ${ml}\nwitness `),
      Buffer.from([0xff]),
      Buffer.from(` ${VKEYS[1]}\n# \u00e9\ngroup g 2 \u212a K `),
      Buffer.from([0xff]),
      Buffer.from('\nquorum g\n'),
    ]);
    const policy = parsePolicy(bytes);
    expect(policy.witnesses.map((w) => w.name)).toEqual(['\u212a', 'K', '\u00ff']);
    expect(checkQuorum(await note([0]), policy).quorum).toBe(false);
    expect(checkQuorum(await note([0, 1]), policy).quorum).toBe(true);
  });
});

/** A tree over witnesses 0…5, each at most once, as nested arrays: [threshold, members]. */
type Tree = number | { k: number; members: Tree[] };

const trees: fc.Arbitrary<Tree> = fc
  .tuple(
    fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 1 }),
    fc.array(fc.nat(5), { maxLength: 4 }),
    fc.nat(9),
  )
  .map(([ids, cuts, k]) => {
    let nodes: Tree[] = [...ids];
    for (const cut of cuts) {
      const members = nodes.splice(0, 1 + (cut % nodes.length));
      nodes = [...nodes, { k: 1 + (k % members.length), members }];
    }
    return nodes.length === 1 ? (nodes[0] as Tree) : { k: 1 + (k % nodes.length), members: nodes };
  });

const expected = (tree: Tree, by: ReadonlySet<number>): boolean =>
  typeof tree === 'number' ? by.has(tree) : tree.members.filter((m) => expected(m, by)).length >= tree.k;

function write(tree: Tree, out: string[]): string {
  if (typeof tree === 'number') return `w${tree}`;
  const names = tree.members.map((m) => write(m, out));
  const name = `g${out.length}`;
  out.push(`group ${name} ${tree.k === names.length ? 'all' : tree.k} ${names.join(' ')}`);
  return name;
}

describe('checkQuorum', () => {
  it('agrees with counting by hand, for any nesting and any set of witnesses', async () => {
    await fc.assert(
      fc.asyncProperty(trees, fc.subarray([0, 1, 2, 3, 4, 5]), async (tree, by) => {
        const groups: string[] = [];
        const top = write(tree, groups);
        const policy = parsePolicy(lines(`log ${LOG}`, ...W, ...groups, `quorum ${top}`));
        const verdict = checkQuorum(await note(by), policy);
        expect(verdict.quorum).toBe(expected(tree, new Set(by)));
        expect(verdict.met).toBe(verdict.quorum);
        expect(verdict.witnesses.map((w) => w.time)).toEqual(
          cosigners.map((_, i) => (by.includes(i) ? 1_000 + i : null)),
        );
      }),
      { numRuns: 25 },
    );
  });

  it('wants a log of the policy where it names one, and no witness for "none"', async () => {
    const other = formatVkey('example.com/other', testSigner('', 3).pub);
    const signed = await note([]);
    expect(checkQuorum(signed, parsePolicy(lines(`log ${other}`, 'quorum none')))).toMatchObject({
      log: false,
      quorum: true,
      met: false,
    });
    expect(checkQuorum(signed, parsePolicy(lines(`log ${other}`, `log ${LOG}`, 'quorum none'))).met).toBe(
      true,
    );
    expect(checkQuorum(signed, parsePolicy('quorum none\n')).met).toBe(true);
  });

  it('counts a cosignature for its own checkpoint only', async () => {
    const five = parseNote(await note([0]));
    const six = parseNote(await note([], 6));
    const moved = formatNote({ ...six, signatures: [...six.signatures, ...five.signatures.slice(1)] });
    expect(() => checkQuorum(moved, parsePolicy(lines(W[0] as string, 'quorum w0')))).toThrow(
      'does not hold',
    );
  });
});
