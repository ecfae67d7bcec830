import type { Manifest } from '@prooflog/proof';

/** Texts of a query must not become markup. */
const quoted = (text: string): string => `\`${JSON.stringify(text).replaceAll('`', "'")}\``;

/** What whoever gets the zip reads first. */
export function readme(manifest: Omit<Manifest, 'files'>): string {
  const { tenant, created_at, created_by, query, from, to, logs, records } = manifest;
  const evidence = logs.reduce((sum, log) => sum + (log.evidence ?? 0), 0);
  const quarantined = logs.reduce((sum, log) => sum + (log.quarantined ?? 0), 0);
  const rows = logs.map((log) => `| ${log.stream} | ${log.records} | ${log.size} | \`${log.origin}\` |`);
  return `# Records of ${tenant.slug}, with their proofs

${records} records${evidence === 0 ? '' : ` (${evidence} of them are here only to prove that people in the others were erased)`}, exported ${created_at} by ${created_by.credential} (${created_by.role}).

- Query: ${quoted(query)}
- Time range: ${quoted(from)} to ${quoted(to)}

| stream | records here | entries in the log | log |
|---|---|---|---|
${rows.join('\n')}
${quarantined === 0 ? '' : `\n${quarantined} records of these logs are quarantined because of a privacy incident. None of them is here, and whether they\nmatch the query cannot be told.\n`}
## Check it

You need Node 20.19 or later and nothing else; no connection is made. Unpack the zip and run, in its folder:

    node verify.mjs

Exit code 0: every record is verified. 1: something was altered, and it says what. 2: it cannot tell, and it says why.
\`node verify.mjs --help\` lists what else can be asked; \`--json\` gives the state of every record.

**Use your own copy of the keys if you have one.** Without \`--vkey\` the keys in the file \`vkeys\` are used, and whoever
could replace all of this export could have replaced them too. Give one for each log:

    node verify.mjs --vkey '<verifier key of the log, from whom you trust>'

If you kept a checkpoint of a log from earlier, \`--checkpoint FILE\` tells whether its history was changed since, as far
as this export holds enough of that log to say so.

## What it proves, and what it does not

- Every record was in the log, exactly as it stands here and at its place, when the checkpoint was signed.
- It does **not** prove that these are *all* records that match the query. That is the word of whoever made the export,
  except for a log that the verifier calls "the whole log": of that one, none is missing up to its checkpoint.
- It does not prove that a clock was right. The order in the log is proven; the times are what was reported.
- \`verify.mjs\` came with the export. If you do not trust who made it, take the package \`@prooflog/proof\` from elsewhere
  and run \`prooflog-verify\` on this zip.

## What the states mean

- **verified**: in the log, under a checkpoint with a good signature.
- **tampered**: the bytes, the place or the proof are not what was signed, or a record is missing.
- **expired**: the bytes were removed when their time was over; the hash is still proven.
- **erased**: in the log exactly as sealed; a person in it was erased since, which a record in this export proves. Nobody
  can open the values that were sealed for that person, or say who it was.
- **unknown**: nothing is wrong, but there is no key to say that it is right.

## What is inside

- \`records/<stream>.ndjson\`: the sealed bytes of each record, one a line. Do not let an editor change them.
- \`proofs/\`: for each log its checkpoint, the place and hash of each record, and the hashes up to the signed root.
- \`vkeys\`: the verifier keys. \`manifest.json\`: what was asked and the SHA-256 of each file, signed in \`manifest.note\`.

Values that could identify people were replaced before the records were sealed; the records may still be confidential.
`;
}
