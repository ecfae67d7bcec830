import { isDeepStrictEqual } from 'node:util';
import { breakingVersions } from './evolution.js';
import type { EventDeclaration, Located, Pack } from './model.js';
import type { Problem } from './yaml.js';

/** Streams that are there without a pack's declaring events for them: those of volume, and the platform's own. */
const GIVEN = ['logs', 'traces', 'metrics', 'access', 'admin', 'security'];

/** What is wrong between the files of a pack, each of which is right by itself. */
export function checkPack(pack: Pack): Problem[] {
  return [
    ...twice(pack),
    ...breakingVersions(pack),
    ...withoutRetention(pack),
    ...sourceTargets(pack),
    ...unknownComponentFields(pack),
    ...unknownNames(pack),
  ];
}

/** What the second of two packs declares otherwise than the first: a record could not say whose it is. */
export function conflicts(first: Pack, second: Pack): Problem[] {
  return second.events.flatMap((event) => {
    const other = first.events.find((e) => key(e) === key(event));
    if (other === undefined || sameDeclaration(other, event)) return [];
    const where = `${first.name}/${other.file}:${other.line}`;
    return [problem(event, `${event.action} of ${event.eventType} is declared otherwise in ${where}.`)];
  });
}

const sameDeclaration = (a: EventDeclaration, b: EventDeclaration): boolean =>
  isDeepStrictEqual(meaning(a), meaning(b));

const meaning = (event: EventDeclaration): unknown => {
  const { stream, details, fields, requires, consent, entityTypes, people, upcast } = event;
  const shapes = fields.map(({ name, shape, consent: own }) => ({ name, shape, own }));
  return { stream, details, shapes, requires, consent, entityTypes, people, upcast };
};

const problem = ({ file, line }: Located, what: string): Problem => ({ file, line, what });

const key = (e: EventDeclaration): string => `${e.eventType}\n${e.action}\n${e.version}`;

function twice(pack: Pack): Problem[] {
  const seen = new Map<string, EventDeclaration>();
  const found: Problem[] = [];
  for (const event of pack.events) {
    const first = seen.get(key(event));
    if (first !== undefined)
      found.push(
        problem(
          event,
          `${event.action} stands in version ${event.version} in ${first.file}:${first.line} already.`,
        ),
      );
    else seen.set(key(event), event);
  }
  return found;
}

function withoutRetention(pack: Pack): Problem[] {
  const kept = new Set(pack.retention.map((rule) => rule.stream));
  return pack.events
    .filter(
      (event, i) => !kept.has(event.stream) && pack.events.findIndex((e) => e.stream === event.stream) === i,
    )
    .map((event) => problem(event, `retention.yaml has no rule for the stream ${event.stream}.`));
}

/** A mapping to a field that no event of the pack has would refuse every record of its source. */
function sourceTargets(pack: Pack): Problem[] {
  const fields = new Set(pack.events.flatMap((event) => event.fields.map((field) => field.name)));
  return pack.sources
    .flatMap((source) => [...source.envelope])
    .filter(([to]) => to.startsWith('metadata.details.') && !fields.has(to.split('.')[2] ?? ''))
    .map(([to, mapping]) => problem(mapping, `${to}: no event of the pack declares this field.`));
}

function unknownComponentFields(pack: Pack): Problem[] {
  const names = new Set(pack.logs?.fields.map((field) => field.name));
  return (pack.logs?.components ?? []).flatMap((component) =>
    component.fields
      .filter((field) => !names.has(field) && !STANDARD.has(field))
      .map((field) =>
        problem(component, `${component.name} names the field ${field}, which is not declared.`),
      ),
  );
}

/** Requirement A-8; they need no declaration. */
const STANDARD = new Set([
  'timestamp',
  'level',
  'message',
  'serviceName',
  'correlationId',
  'userId',
  'threadName',
  'loggerName',
  'requestPath',
  'requestMethod',
  'responseStatus',
  'durationMs',
  'errorType',
  'stackTrace',
  'modelName',
  'modelVersion',
  'generationRequestId',
  'orderId',
  'userAgent',
]);

function unknownNames(pack: Pack): Problem[] {
  const roles = new Set(pack.roles.map((role) => role.name));
  const runbooks = new Set(pack.runbooks.map((runbook) => runbook.name));
  const actions = new Set(pack.events.map((event) => event.action));
  const streams = new Set([...pack.events.map((event) => event.stream), ...GIVEN, '*']);
  const found: Problem[] = [];
  const need = (known: ReadonlySet<string>, name: string, at: Located, what: string): void => {
    if (name !== '' && !known.has(name)) found.push(problem(at, `There is no ${what} ${name}.`));
  };
  for (const detector of pack.detectors) {
    need(runbooks, detector.runbook, detector, 'runbook');
    need(actions, detector.raises ?? '', detector, 'action');
  }
  for (const rule of pack.alerts) {
    need(runbooks, rule.annotations.get('runbook') ?? '', rule, 'runbook');
    need(roles, rule.labels.get('role') ?? '', rule, 'role');
  }
  for (const dashboard of pack.dashboards) {
    for (const role of dashboard.roles) need(roles, role, dashboard, 'role');
    for (const { data } of dashboard.panels)
      if ('search' in data)
        for (const stream of data.search.streams) need(streams, stream, dashboard, 'stream');
  }
  for (const role of pack.roles) for (const stream of role.streams) need(streams, stream, role, 'stream');
  return found;
}
