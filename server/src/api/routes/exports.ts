import { Readable } from 'node:stream';
import { toRfc3339 } from '../../base/clock.js';
import { Failure } from '../../base/errors.js';
import type { OpenExport } from '../../export/exporter.js';
import { zip } from '../../export/zip.js';
import { scrub } from '../../guard/detect/index.js';
import type { Context, Route, Services } from '../context.js';
import { Fields } from './body.js';
import { asked, recordRead } from './search.js';

/** Exports read the ledger as fast as it goes; more at a time would only make each slower. */
const AT_ONCE = 4;

/**
 * An export needs the permission to read and no other: it holds what the same credential may find by search,
 * page by page, and fetch from the ledger, entry by entry. A permission of its own would keep nothing from anyone.
 */
export function exportRoutes(services: Services): Route[] {
  const running = { count: 0 };
  return [
    {
      method: 'POST',
      url: '/v1/exports',
      permission: 'read',
      handle: (context) => makeExport(services, context, running),
    },
  ];
}

async function makeExport(
  services: Services,
  context: Context,
  running: { count: number },
): Promise<unknown> {
  const fields = await Fields.read(context);
  const ask = asked(services, context, fields);
  fields.end();
  if (running.count >= AT_ONCE)
    throw new Failure(
      'too_many_exports',
      `There are ${AT_ONCE} exports under way; try again when one is done.`,
    );
  running.count += 1;
  try {
    const now = services.clock();
    const { credential, role } = context.principal;
    const opened = await services.engine.exporter.open({
      node: ask.node,
      scope: ask.scope,
      tenant: context.tenant(),
      said: {
        created_at: toRfc3339(now),
        created_by: { credential, role },
        // Whoever gets the export need not learn for whom it was searched.
        query: scrub(ask.query)?.text ?? ask.query,
        from: toRfc3339(ask.scope.from),
        to: toRfc3339(ask.scope.to),
      },
    });
    await recordRead(services, context, 'records_exported', ask, opened.records);
    return send(services, context, opened, toRfc3339(now), () => {
      running.count -= 1;
    });
  } catch (error) {
    running.count -= 1;
    throw error;
  }
}

function send(
  services: Services,
  context: Context,
  opened: OpenExport,
  at: string,
  done: () => void,
): unknown {
  const body = Readable.from(zip(opened.files()), { objectMode: false });
  // The reply has begun: all that can be done is to end it early, and a zip without its end is none.
  body.on('error', (error) => {
    const code = error instanceof Failure ? error.code : error.name;
    services.log.warn({ requestId: context.request.id, code }, 'an export was cut off');
  });
  body.once('close', done);
  const name = `prooflog-export-${at.slice(0, 19).replaceAll(/[-:]/g, '')}Z.zip`;
  return context.reply
    .type('application/zip')
    .header('content-disposition', `attachment; filename="${name}"`)
    .header('x-prooflog-records', opened.records)
    .send(body);
}
