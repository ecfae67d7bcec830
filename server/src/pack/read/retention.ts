import { parsePeriod, type Retention } from '../retention.js';
import { SNAKE, type YamlFile } from '../yaml.js';

/** `retention.yaml`. */
export function readRetention(file: YamlFile): Retention[] {
  return file.root.entries().map(([stream, place]) => {
    if (!SNAKE.test(stream)) place.wrong('must be in snake_case');
    const { keep, because } = place.members('keep', 'because');
    const period = parsePeriod(keep.text());
    if (period === null && keep.given) keep.wrong('must be a period such as P7Y, P13M or P90D');
    return { stream, keep: period ?? { years: 0, months: 0, days: 1 }, because: because.text() };
  });
}
