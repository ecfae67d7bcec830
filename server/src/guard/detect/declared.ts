export { type Meaning, meaningOf } from './named/names.js';
export { ruleOf } from './named/values.js';
