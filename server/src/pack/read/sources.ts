import type { Mapping, SourceDeclaration } from '../model.js';
import type { Place, YamlFile } from '../yaml.js';

/** Places of the envelope a foreign value may go to. */
const TARGET =
  /^(?:event_type|event_version|action|occurred_at|result|reason|corrects|tenant\.(?:id|slug)|actor\.(?:type|id|role|ip|user_agent)|entity\.(?:type|id|version)|correlation\.(?:correlation_id|job_id|request_id|session_id|span_id|trace_id)|metadata\.details\.[A-Za-z]\w{0,62}(?:\.[A-Za-z]\w{0,62}){0,4})$/;

/** One file of `sources/`. */
export function readSource(pack: string, file: YamlFile): SourceDeclaration {
  const { name, description, id, envelope } = file.root.members('name', 'description', 'id', 'envelope');
  const mappings = envelope.entries().map(([target, place]): [string, Mapping] => {
    if (!TARGET.test(target)) place.wrong('is not a place of the envelope');
    return [target, readMapping(place)];
  });
  return {
    pack,
    name: name.identifier(),
    description: description.text(),
    id: id.text(),
    envelope: new Map(mappings),
  };
}

function readMapping(place: Place): Mapping {
  if (!place.isMapping) return { ...place.at, from: [place.text()], number: false, epoch: null };
  const { from, values, value, number, epoch, ...rest } = place.members(
    'from',
    'values',
    'default',
    'value',
    'number',
    'epoch',
    'scale',
  );
  if (value.given) {
    if (from.given) from.wrong('and value exclude each other');
    return { ...place.at, value: String(value.value) };
  }
  return {
    ...place.at,
    from: from.isList ? from.texts() : [from.text()],
    ...(values.given ? { values: readValues(values) } : {}),
    ...(rest.default.given ? { default: String(rest.default.value) } : {}),
    number: number.given && number.boolean(),
    ...(rest.scale.given ? { scale: rest.scale.number() } : {}),
    epoch: epoch.given ? MILLISECONDS[epoch.oneOf(['s', 'ms'])] : null,
  };
}

const MILLISECONDS = { s: 1_000, ms: 1 } as const;

const readValues = (place: Place): Record<string, string> =>
  Object.fromEntries(place.entries().map(([key, value]) => [key, String(value.value)]));
