import { ABILITIES, type Role } from '../model.js';
import { type Place, SNAKE, type YamlFile } from '../yaml.js';

/** `roles.yaml`. */
export function readRoles(file: YamlFile): Role[] {
  return file.root.entries().map(([name, place]) => {
    if (!SNAKE.test(name)) place.wrong('must be in snake_case');
    const role = place.members('title', 'description', 'streams', 'can', 'hide', 'rows');
    return {
      ...place.at,
      name,
      title: role.title.text(),
      description: role.description.text(),
      streams: role.streams.texts(),
      can: role.can.items().map((item) => item.oneOf(ABILITIES)),
      hide: role.hide.given ? role.hide.texts() : [],
      rows: new Map(role.rows.given ? role.rows.entries().map(([field, at]) => [field, readRows(at)]) : []),
    };
  });
}

const readRows = (place: Place): 'own' | string[] =>
  place.isList ? place.texts() : place.oneOf<'own'>(['own']);
