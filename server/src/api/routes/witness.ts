import type { IncomingMessage } from 'node:http';
import { Failure } from '../../base/errors.js';
import { readBody } from '../../receive/http/body.js';
import type { Witness } from '../../witness/witness.js';
import type { Route, Services } from '../context.js';

/** 63 hashes take 3 KiB, a checkpoint with sixteen ML-DSA-44 cosignatures 53. */
const BODY_LIMIT = 96 * 1_024;

/** c2sp.org/tlog-witness. Public by specification: what counts is the signature of the log on the checkpoint. */
export function witnessRoutes(services: Services): Route[] {
  const witness = (): Witness => {
    if (services.engine.witness === null) throw new Failure('not_found', 'This server is not a witness.');
    return services.engine.witness;
  };
  return [
    {
      method: 'POST',
      url: '/add-checkpoint',
      permission: 'public',
      handle: async (context) => {
        const role = witness();
        // Without a content type and a length there is no parsed body, and nothing to read.
        const { body: parsed, raw } = context.request;
        const body = await readBody((parsed as IncomingMessage | undefined) ?? raw, BODY_LIMIT);
        const answer = await role.addCheckpoint(body);
        return answer.kind === 'cosigned'
          ? context.reply.type('text/plain; charset=utf-8').send(answer.lines)
          : context.reply.code(409).type('text/x.tlog.size').send(`${answer.size}\n`);
      },
    },
    {
      method: 'GET',
      url: '/witness/vkey',
      permission: 'public',
      handle: async (context) => context.reply.type('text/plain; charset=utf-8').send(`${witness().vkey}\n`),
    },
  ];
}
