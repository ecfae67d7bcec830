import { PURPOSES, type Purpose } from '../../event/purposes.js';
import type { EventDeclaration, Field, Upcast } from '../model.js';
import { type Place, SNAKE, type YamlFile } from '../yaml.js';
import { closed, type Declared, readFields, readRequired } from './fields.js';

const EVENT_TYPE = /^[a-z][a-z0-9_]{0,62}(?:\.[a-z][a-z0-9_]{0,62}){0,3}$/;
const REQUIRABLE =
  /^(?:reason|corrects|actor\.(?:role|ip|user_agent)|entity\.version|correlation\.(?:correlation_id|job_id|request_id|session_id|span_id|trace_id))$/;

/** What a file says of all its event types, and each type adds to. */
interface Common {
  readonly declared: readonly Declared[];
  readonly required: readonly string[];
  readonly requires: readonly string[];
  readonly entityTypes: readonly string[];
  readonly people: readonly string[];
  readonly consent: Purpose | null;
}

const COMMON = ['details', 'required', 'requires', 'entity_types', 'people', 'consent'] as const;
type CommonPlaces = Record<(typeof COMMON)[number], Place>;

/** The event types of one file of `events/`. */
export function readEvents(pack: string, file: YamlFile): EventDeclaration[] {
  const root = file.root.members('event_type', 'version', 'stream', 'types', 'actions', 'upcast', ...COMMON);
  const shared = {
    pack,
    version: root.version.integer(1),
    stream: root.stream.identifier(),
    upcast: root.upcast.given ? readUpcast(root.upcast) : null,
  };
  const common = add(EMPTY, root);
  const typed = root.types.given || !root.actions.given;
  if (root.types.given && root.actions.given) root.actions.wrong('and types cannot stand in one file');
  if (typed && root.event_type.given) root.event_type.wrong('is not for a file with types');
  const eventType = typed ? '' : root.event_type.matching(EVENT_TYPE, EVENT_TYPE_FORM);
  return (typed ? root.types : root.actions).entries().map(([key, place]) => {
    if (!(typed ? EVENT_TYPE : SNAKE).test(key))
      place.wrong(`must be ${typed ? EVENT_TYPE_FORM : 'in snake_case'}`);
    const members = place.members('description', ...COMMON);
    const own = add(common, members);
    if (own.entityTypes.length === 0) place.wrong('has no entity_types, and neither has the file');
    return {
      ...shared,
      ...place.at,
      named: typed,
      eventType: typed ? key : eventType,
      action: typed ? key.replaceAll('.', '_') : key,
      description: members.description.text(),
      entityTypes: own.entityTypes,
      people: own.people,
      requires: own.requires,
      consent: own.consent,
      details: closed(own.declared, own.required),
      fields: checkSubjects(
        place,
        own.declared.map((d) => d.field),
      ),
    };
  });
}

const EVENT_TYPE_FORM = 'names in snake_case with dots between them';
const EMPTY: Common = {
  declared: [],
  required: [],
  requires: [],
  entityTypes: [],
  people: [],
  consent: null,
};

function add(base: Common, places: CommonPlaces): Common {
  const own = places.details.given ? readFields(places.details) : [];
  for (const { field } of own)
    if (base.declared.some((d) => d.field.name === field.name))
      places.details.wrong(`declares ${field.name} a second time`);
  const declared = [...base.declared, ...own].sort((a, b) => (a.field.name < b.field.name ? -1 : 1));
  const entityTypes = [
    ...base.entityTypes,
    ...(places.entity_types.given ? places.entity_types.items().map((item) => item.identifier()) : []),
  ];
  return {
    declared,
    required: [...base.required, ...(places.required.given ? readRequired(places.required, declared) : [])],
    requires: [...base.requires, ...(places.requires.given ? readRequires(places.requires) : [])],
    entityTypes,
    people: [...base.people, ...(places.people.given ? readPeople(places.people, entityTypes) : [])],
    consent: places.consent.given ? places.consent.oneOf<Purpose>(PURPOSES) : base.consent,
  };
}

const readPeople = (place: Place, entityTypes: readonly string[]): string[] =>
  place.items().map((item) => {
    const name = item.text();
    if (!entityTypes.includes(name)) item.wrong(`names ${name}, which is not among entity_types`);
    return name;
  });

const readRequires = (place: Place): string[] =>
  place.items().map((item) => item.matching(REQUIRABLE, 'a place of the envelope that may be required'));

function readUpcast(place: Place): Upcast {
  const { rename, drop, set } = place.members('rename', 'drop', 'set');
  return {
    rename: new Map(rename.given ? rename.entries().map(([from, to]) => [from, to.text()]) : []),
    drop: new Set(drop.given ? drop.texts() : []),
    set: new Map(set.given ? set.entries().map(([name, value]) => [name, value.value]) : []),
  };
}

/** A value sealed for the person whom another field names needs that field, tokenised. */
function checkSubjects(place: Place, fields: readonly Field[]): readonly Field[] {
  for (const { name, shape } of fields) {
    if (shape.kind !== 'leaf' || shape.strategy.kind !== 'encrypt' || shape.strategy.subject === null)
      continue;
    const subject = shape.strategy.subject;
    const named = fields.find((field) => field.name === subject)?.shape;
    if (named?.kind !== 'leaf' || named.strategy.kind !== 'tokenise')
      place.wrong(`seals ${name} for ${subject}, which is not a tokenised field`);
  }
  return fields;
}
