import { type Component, LEVELS, type LogField, type Logs } from '../model.js';
import type { Place, YamlFile } from '../yaml.js';
import { FIELD_NAME, readStrategy } from './fields.js';

const TYPES = ['string', 'number'] as const;

/** `logs.yaml`. */
export function readLogs(file: YamlFile): Logs {
  const { levels, fields, components } = file.root.members('levels', 'fields', 'components');
  const own = fields.given ? fields.entries().map(([name, place]) => readLogField(name, place)) : [];
  return {
    levels: new Map(levels.given ? levels.entries().map(([env, level]) => [env, level.oneOf(LEVELS)]) : []),
    fields: own,
    components: components.given
      ? components.entries().map(([name, place]) => readComponent(name, place))
      : [],
  };
}

function readLogField(name: string, place: Place): LogField {
  if (!FIELD_NAME.test(name)) place.wrong('must be a name of letters, digits and _');
  const members = place.members('type', 'privacy', 'description', 'from');
  const type = members.type.oneOf(TYPES);
  return {
    name,
    type,
    description: members.description.text(),
    strategy: readStrategy(members.privacy, [type]),
    from: [...(members.from.given ? members.from.texts() : []), name],
  };
}

function readComponent(name: string, place: Place): Component {
  const { services, level, category, description, fields } = place.members(
    'services',
    'level',
    'category',
    'description',
    'fields',
  );
  return {
    ...place.at,
    name,
    services: services
      .items()
      .map((item) => item.matching(/^[^*]+\*?$/, 'a service name, * only at its end')),
    level: level.given ? level.oneOf(LEVELS) : null,
    category: category.text(),
    description: description.text(),
    fields: fields.given ? fields.texts() : [],
  };
}
