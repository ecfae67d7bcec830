import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

const { root } = protobuf.parse(readFileSync(new URL('./logs.proto', import.meta.url), 'utf8'));

/** @param {string} name */
function message(name) {
  const type = root.lookupType(`otlp.${name}`);
  return {
    /** @param {object} object */
    encode: (object) => type.encode(type.fromObject(object)).finish(),
    /** @param {Uint8Array} bytes */
    decode: (bytes) => type.toObject(type.decode(bytes), { longs: String, defaults: true }),
  };
}

export const request = message('ExportLogsServiceRequest');
export const response = message('ExportLogsServiceResponse');
export const status = message('Status');
