import type { EventDeclaration, Field, Pack, Shape, Strategy } from './model.js';

const HEAD = `# Events

Everything that the packs declare, written by \`npm run docs\` from \`packs/\`; [what the words mean](formats/pack.md). *Needs* are
places of the envelope that are mandatory besides the usual ones, and consents.
`;

/** All event types of packs with their fields, as Markdown. */
export const eventTable = (packs: Iterable<Pack>): string =>
  [HEAD, ...[...packs].sort((a, b) => (a.name < b.name ? -1 : 1)).map(packSection)].join('\n');

function packSection(pack: Pack): string {
  const files = new Map<string, EventDeclaration[]>();
  for (const event of pack.events) files.set(event.file, [...(files.get(event.file) ?? []), event]);
  return [`## ${pack.name}`, pack.description, ...[...files].map(fileSection), ''].join('\n\n');
}

/** The events that stand in one file share a stream and most of their fields. */
function fileSection([file, events]: [string, readonly EventDeclaration[]]): string {
  const [first, ...others] = events as [EventDeclaration, ...EventDeclaration[]];
  const shared = first.fields.filter((field) =>
    others.every((event) => event.fields.some((other) => other.name === field.name)),
  );
  const name = file.replace(/^events\/|\.yaml$/g, '');
  return [
    `### ${name} (stream \`${first.stream}\`, version ${first.version})`,
    table(
      ['event', 'what', 'needs', 'own fields'],
      events.map((event) => [
        `\`${event.named ? event.eventType : `${event.eventType} · ${event.action}`}\``,
        event.description,
        needs(event),
        event.fields
          .filter((field) => !shared.includes(field) && !shared.some((s) => s.name === field.name))
          .map((field) => `\`${field.name}\` (${kept(field)}): ${field.description}`)
          .join('; '),
      ]),
    ),
    ...(shared.length === 0
      ? []
      : [
          table(
            ['field', 'kept', 'what'],
            shared.map((field) => [`\`${field.name}\``, kept(field), field.description]),
          ),
        ]),
  ].join('\n\n');
}

const needs = ({ requires, consent }: EventDeclaration): string =>
  [...requires.map((place) => `\`${place}\``), ...(consent === null ? [] : [`consent to ${consent}`])].join(
    ', ',
  );

const kept = ({ shape, consent }: Field): string =>
  `${shapeName(shape)}${consent === null ? '' : `, with consent to ${consent}`}`;

function shapeName(shape: Shape): string {
  switch (shape.kind) {
    case 'leaf':
      return strategyName(shape.strategy);
    case 'array':
      return `list: ${shapeName(shape.items)}`;
    case 'object':
      return shape.fields.map((field) => `${field.name}: ${kept(field)}`).join(', ');
  }
}

function strategyName(strategy: Strategy): string {
  switch (strategy.kind) {
    case 'mask':
      return `mask but the last ${strategy.last}`;
    case 'bucket':
      return `bucket ${strategy.bounds.join(', ')}`;
    case 'encrypt':
      return strategy.subject === null ? 'encrypt' : `encrypt for ${strategy.subject}`;
    case 'truncate':
      return 'truncate ip';
    default:
      return strategy.kind;
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
