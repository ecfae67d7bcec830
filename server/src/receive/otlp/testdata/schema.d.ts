/** A message type of logs.proto, read and written by protobufjs. */
export interface Message {
  encode(message: object): Uint8Array;
  decode(bytes: Uint8Array): Record<string, unknown>;
}

export const request: Message;
export const response: Message;
export const status: Message;
