import type { IncomingMessage } from 'node:http';
import { ERRORS, Failure } from '../../base/errors.js';
import { readBody } from '../../receive/http/body.js';
import {
  decodeOtlpLogs,
  encodeLogsResponse,
  encodeStatus,
  type OtlpEncoding,
} from '../../receive/otlp/index.js';
import type { Context, Route, Services } from '../context.js';
import { asFailure } from '../problems.js';

const CONTENT: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

function encodingOf(context: Context): OtlpEncoding {
  const type = (context.request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'application/x-protobuf') return 'protobuf';
  if (type === 'application/json') return 'json';
  throw new Failure('unsupported_media_type', 'OTLP/HTTP takes application/x-protobuf or application/json.', {
    field: 'Content-Type',
  });
}

/**
 * OTLP/HTTP logs. Answers as the OTLP specification has it: 200 with `partial_success` for refused records (the
 * client must not retry), a `Status` in the request's own encoding for errors, 429 and 503 for a retry.
 */
export function otlpRoutes(services: Services): Route[] {
  return [
    {
      method: 'POST',
      url: '/v1/logs',
      permission: 'ingest',
      handle: async (context) => {
        const encoding = encodingOf(context);
        try {
          return await takeLogs(services, context, encoding);
        } catch (error) {
          return sendStatus(context, encoding, asFailure(error));
        }
      },
    },
  ];
}

async function takeLogs(services: Services, context: Context, encoding: OtlpEncoding): Promise<unknown> {
  const logs = decodeOtlpLogs(await readOptionalBody(context), encoding);
  const outcome = await services.engine.pipeline.logs(logs, context.sender());
  services.activity.note(
    context.principal.credential,
    outcome.accepted,
    outcome.eventIds.at(-1),
    outcome.rejected,
  );
  const message = outcome.rejected[0]?.message ?? '';
  const body = encodeLogsResponse({ rejected: outcome.rejected.length, message }, encoding);
  return context.reply.code(200).type(CONTENT[encoding]).send(Buffer.from(body));
}

/** An empty protobuf message is a valid request without records. */
async function readOptionalBody(context: Context): Promise<Buffer> {
  try {
    return await readBody(context.request.body as IncomingMessage);
  } catch (error) {
    if (error instanceof Failure && error.code === 'empty_body') return Buffer.alloc(0);
    throw error;
  }
}

/** google.rpc.Code: 3 invalid argument, 14 unavailable, 13 internal. */
function sendStatus(context: Context, encoding: OtlpEncoding, failure: Failure): unknown {
  const { status, retry } = ERRORS[failure.code];
  const code = retry ? 14 : status < 500 ? 3 : 13;
  // OTLP clients retry 429, 502, 503 and 504 only: a 500 of ours would lose their records.
  const answer = retry && status === 500 ? 503 : status;
  if (retry) void context.reply.header('retry-after', '2');
  return context.reply
    .code(answer)
    .type(CONTENT[encoding])
    .send(Buffer.from(encodeStatus(code, failure.message, encoding)));
}
