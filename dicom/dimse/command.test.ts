import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { BadCommand, type Command, decodeCommand, encodeCommand } from './command.ts';

const us = fc.integer({ min: 0, max: 0xffff });
const uids = fc.stringMatching(/^[0-9]{1,5}(\.[0-9]{1,5}){1,6}$/);
const text = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
const tags = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1, maxLength: 4 });
const commands: fc.Arbitrary<Command> = fc.record(
  {
    AffectedSOPClassUID: uids,
    RequestedSOPClassUID: uids,
    CommandField: us,
    MessageID: us,
    MessageIDBeingRespondedTo: us,
    MoveDestination: fc.stringMatching(/^[!-~]{1,16}$/),
    Priority: us,
    CommandDataSetType: us,
    Status: us,
    OffendingElement: tags,
    ErrorComment: text,
    AffectedSOPInstanceUID: uids,
    AttributeIdentifierList: tags,
    NumberOfRemainingSuboperations: us,
    MoveOriginatorMessageID: us,
  },
  { requiredKeys: ['CommandField', 'CommandDataSetType'] },
);
const echo: Command = { CommandField: 0x30, MessageID: 1, CommandDataSetType: 0x0101 };

describe('command sets', () => {
  test('every command reads back as it was written', () => {
    fc.assert(
      fc.property(commands, (command) => {
        const bytes = encodeCommand(command);
        expect(bytes.readUInt32LE(8)).toBe(bytes.length - 12);
        expect(bytes.length % 2).toBe(0);
        expect(decodeCommand(bytes)).toEqual(command);
      }),
    );
  });

  test('elements that we do not know are ignored', () => {
    const unknown = Buffer.from([0, 0, 0x10, 0x51, 4, 0, 0, 0, 1, 2, 3, 4]);
    expect(decodeCommand(Buffer.concat([encodeCommand(echo), unknown]))).toEqual(echo);
  });

  test('a group length that is wrong does no harm', () => {
    const bytes = encodeCommand(echo);
    bytes.writeUInt32LE(7, 8);
    expect(decodeCommand(bytes)).toEqual(echo);
  });

  test('blanks around an AE title mean nothing', () => {
    const move = { ...echo, CommandField: 0x21, MoveDestination: '  STORE SCP ' };
    expect(decodeCommand(encodeCommand(move)).MoveDestination).toBe('STORE SCP');
  });

  test('garbage is refused', () => {
    const whole = encodeCommand(echo);
    expect(() => decodeCommand(Buffer.alloc(60, 0xff))).toThrow(BadCommand);
    expect(() => decodeCommand(Buffer.alloc(0))).toThrow('no Command Field');
    for (let length = 1; length < whole.length; length++)
      expect(() => decodeCommand(whole.subarray(0, length))).toThrow(BadCommand);
  });

  test('random bytes are read or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeCommand(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(BadCommand);
        }
      }),
    );
  });
});
